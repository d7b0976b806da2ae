#!/bin/bash
# takes 9 s
# One media worker of two hangs: the service manager is not told any more that
# all is well, the log says who it is; when it goes on, so does all.
. "$(dirname "$0")/common.sh"
start manager "$BUILD/tests/tool_notify" "$DIR/notify.sock"
wait_until 5 'the service manager listens' test -S "$DIR/notify.sock"
export NOTIFY_SOCKET=$DIR/notify.sock WATCHDOG_USEC=8000000
fed() { grep -c WATCHDOG=1 "$DIR/manager.log" || :; }
said() { grep -q "$1" "$DIR/gateway.log"; }
WORKERS=2 start_all
status=0
"$BUILD/tests/tool_freeze" "${PID[gateway]}" media-1 0 || status=$?
[ $status -ne 77 ] || { echo 'skipped: no ptrace here'; exit 77; }
start freeze "$BUILD/tests/tool_freeze" "${PID[gateway]}" media-1 6
wait_until 6 'the log' said 'media worker 1 hangs'
is media-hangs '.alarms[0].alarm' gw show alarms || fail 'it is no alarm'
before=$(fed)
sleep 2
[ "$(fed)" -eq "$before" ] || fail 'fed while a worker hung'
gw status >/dev/null || fail 'signalling does not go on'
wait_until 6 'the log' said 'every media worker ticks again'
fed_again() { [ "$(fed)" -gt "$before" ]; }
wait_until 5 'fed again' fed_again
call 101
finish
