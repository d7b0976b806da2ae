#!/bin/bash
# takes 15 s
# SIGTERM lets calls go to their end, and takes no new ones; a second one, or
# the time-out, ends those that are left.
. "$(dirname "$0")/common.sh"
start manager "$BUILD/tests/tool_notify" "$DIR/notify.sock"
wait_until 5 'the service manager listens' test -S "$DIR/notify.sock"
export NOTIFY_SOCKET=$DIR/notify.sock
DRAIN=20s
start_all
told() { grep -qE "^[0-9]+ $1\$" "$DIR/manager.log"; }
said() { grep -q "$1" "$DIR/gateway.log"; }
alive() { kill -0 "${PID[gateway]}" 2>/dev/null; }
state_is() { is "$1" .state gw status; }

# again: the gateway once more, with a record file of its own.
again() {
	unset 'PID[gateway]'
	rm -f "$DIR/calls.jsonl" "$DIR/gateway.log"
	start_gateway
	expect_up
}

# One call ends itself, on both sides.
start_call talk 101 call -d 4000
wait_until 5 'a call' active_are 1
kill -TERM "${PID[gateway]}"
wait_until 5 'it drains' state_is draining
wait_until 2 'STOPPING=1' told STOPPING=1
wait_until 2 'STATUS' told 'STATUS=draining, 1 calls left'
wait_until 3 'it asks for time' told 'EXTEND_TIMEOUT_USEC=15000000'
call 101
expect_status 503
expect_reason 34
expect_retry_after
ctl call 305550177 --type national >/dev/null
wait_until 5 'the network is refused' is 34 '.calls[-1].cause' ctl show
active_are 1 || fail 'the running call ended'
end_call talk
wait_until 5 'it ends when the last call has' eval '! alive'
wait "${PID[gateway]}" || fail "ended with status $?"
jq -es 'map(select(.q850_cause == 16)) | length == 1' "$DIR/calls.jsonl" \
	>/dev/null || fail 'the call did not end by itself'
said 'no new calls, 1 may go on for 20 s' || fail 'not logged'

# A second signal: now, but in order.
again
start_call talk 101 listen
wait_until 5 'a call' active_are 1
kill -TERM "${PID[gateway]}"
wait_until 5 'it drains' state_is draining
stop gateway
end_call talk
expect_message '^BYE ' talk
expect_records 1
[ "$(jq .q850_cause "$DIR/calls.jsonl")" -eq 31 ] || fail 'cause is not 31'

# The time-out.
DRAIN=2s
rm -f "$DIR/calls.jsonl"
start_gateway
expect_up
start_call late 101 listen
wait_until 5 'a call' active_are 1
SECONDS=0
stop gateway
[ $SECONDS -ge 1 ] || fail "did not wait: $SECONDS s"
[ $SECONDS -le 6 ] || fail "waited too long: $SECONDS s"
end_call late
expect_message '^BYE ' late
expect_records 1
wait_until 5 'the exchange has no call' \
	is 0 '[.spans[].busy] | add' ctl show
finish
