#!/bin/bash
# takes 9 s
# What a service manager is told, from the start to the end, and what SIGHUP
# does. Where all of it stands still nobody says that it lives.
. "$(dirname "$0")/common.sh"
start manager "$BUILD/tests/tool_notify" "$DIR/notify.sock"
wait_until 5 'the service manager listens' test -S "$DIR/notify.sock"
export NOTIFY_SOCKET=$DIR/notify.sock WATCHDOG_USEC=8000000
told() { grep -qE "^[0-9]+ $1\$" "$DIR/manager.log"; }
fed() { grep -c WATCHDOG=1 "$DIR/manager.log" || :; }
start_exchange
write_conf >"$DIR/tollgate.conf"
sed -i 's/hunt .*/&\n  reserve 1 channels for emergency/' "$DIR/tollgate.conf"
start gateway "$BUILD/tollgated" -f "$DIR/tollgate.conf"
wait_until 10 'READY=1' told READY=1
gw status >/dev/null || fail 'ready, but it does not answer'
expect_up
grep -q 'TG-4007 .*the reserved channels are nobody.s' "$DIR/gateway.log" ||
	fail 'the doubt about the configuration is not in the log'
start_call talk 101 call -d 8000
wait_until 10 'STATUS with one call' told 'STATUS=1 calls, 1 of 1 spans up'
[ "$(fed)" -ge 2 ] || fail "fed $(fed) times in 5 s"

kill -STOP "${PID[gateway]}"
sleep 0.5 # what was on its way
before=$(fed)
sleep 3
[ "$(fed)" -eq "$before" ] || fail 'fed while it stood still'
kill -CONT "${PID[gateway]}"
fed_again() { [ "$(fed)" -gt "$before" ]; }
wait_until 5 'fed again' fed_again
grep -q 'signalling was held up for' "$DIR/gateway.log" || fail 'not logged'
! grep -q 'media worker .* hangs' "$DIR/gateway.log" || fail 'worker blamed'

said() { grep -q "$1" "$DIR/gateway.log"; }
kill -HUP "${PID[gateway]}"
wait_until 5 'RELOADING=1' told 'RELOADING=1 MONOTONIC_USEC=[0-9]+'
wait_until 5 'nothing is changed' said 'tollgate.conf is good and is what runs'
sed -i 's/hunt .*/hunt round-robin/' "$DIR/tollgate.conf"
kill -HUP "${PID[gateway]}"
wait_until 5 'the change' said 'city.* is changed, taken at once'
sed -i 's/hunt .*/hunt on/' "$DIR/tollgate.conf"
kill -HUP "${PID[gateway]}"
wait_until 5 'the error' said 'has errors: nothing of it is taken'
wait_until 5 'reloaded' told 'READY=1'
end_call talk
wait_until 5 'the call is over' calls_are 0
stop gateway
told STOPPING=1 || fail 'STOPPING=1 was not told'
[ "$(grep -c READY=1 "$DIR/manager.log")" -eq 4 ] || fail 'READY=1: not 4 times'
finish
