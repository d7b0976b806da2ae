#!/bin/bash
# takes 8 s
# Blocked channels carry no new calls, of either side; the call on one stays,
# and the line may go and come. A channel is restarted, a span is emptied.
. "$(dirname "$0")/common.sh"
RESTART=never
start_all
state_is() {
	is "$2" ".channels[] | select(.channel == $1) | .state" gw show channels
}

start_call talk 101 listen -d 60000
wait_until 5 'a call' active_are 1
state_is 1 busy || fail 'it is not on channel 1'
gw block channel 1/1-3 >"$DIR/block.txt"
grep -q 'calls on them that go on: 1$' "$DIR/block.txt" ||
	fail "it says: $(cat "$DIR/block.txt")"
call 1301 listen
expect_status 200
expect_records 1
expect_record channel 4
active_are 1 || fail 'the running call ended'
gw show channels >"$DIR/channels.txt"
grep -q '^1/2-3 *blocked$' "$DIR/channels.txt" || fail 'not shown as blocked'
grep -q '^1/1 *blocking ' "$DIR/channels.txt" || fail 'not shown as blocking'

# All that are free: the caller hears 503, the record why.
gw block channel 1/1-31 >/dev/null
call 100
expect_status 503
expect_record cause_text 'all free channels are blocked by the operator'
gw unblock channel 1/4-31 >/dev/null

# The network prefers the highest one, and is offered another.
gw block channel 1/31 >/dev/null
called_phone in answer
ctl call 305550177 --type national --hold 1 >/dev/null
end_call in
is 4 '.calls[-1].channel' ctl show || fail 'it has the blocked channel'
gw unblock channel 1/31 >/dev/null

gw hangup span 1 >"$DIR/hangup.txt"
grep -q 'calls released: 1$' "$DIR/hangup.txt" || fail 'no call was released'
end_call talk
wait_until 5 'it is blocked' state_is 1 blocked

line down 1
wait_until 5 'the span is down' is false '.spans[0].in_service' gw show spans
state_is 4 out || fail 'channel 4 is not out'
line up 1
expect_up
state_is 2 blocked || fail 'it is blocked no more'
gw unblock channel 1/1-3 >/dev/null
state_is 2 idle || fail 'it is blocked still'

gw restart channel 1/2 >/dev/null
wait_until 5 'it is idle again' state_is 2 idle
grep -q 'RESTART sent' "$DIR/gateway.log" || fail 'no RESTART'
finish
