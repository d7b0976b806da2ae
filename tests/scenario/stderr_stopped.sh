#!/bin/bash
# takes 15 s
# not on DAHDI: spans are nothing to it
# A reader of standard error that reads nothing, as a terminal that is held or a
# pager, costs no call and no bit: calls begin and end, one is bit-exact
# throughout. When it reads again it gets what was kept, and how many lines were
# not; when it never does, the gateway ends all the same.
. "$(dirname "$0")/common.sh"
mkfifo "$DIR/stderr"
exec 9<>"$DIR/stderr" # neither it nor anybody else reads yet
start_held() {
	# shellcheck disable=SC2016 # the words are bash -c's
	start gateway bash -c 'exec "$0" -f "$1" 2>"$2"' \
		"$BUILD/tollgated" "$DIR/tollgate.conf" "$DIR/stderr"
	wait_until 10 'gateway runs' gw status
}
write_conf >"$DIR/tollgate.conf"
start_exchange
start_held
expect_up

calls_past_a_stopped_log

start reader cat "$DIR/stderr"
wait_until 10 'what was lost is said' grep -aq \
	'warning TG-6101 log-lost target=stderr lost=' "$DIR/reader.log"
grep -qa 'TG-9001 started' "$DIR/reader.log" || fail 'the first are not kept'

kill -KILL "${PID[reader]}"
unset "PID[reader]"
call 1200 call -m 20 -r 20 -l 20 -d 300
call 1200 call -m 20 -r 20 -l 20 -d 300
expect_idle
started=$SECONDS
stop gateway
[ $((SECONDS - started)) -le 8 ] || fail 'the end waits for the reader'
finish
