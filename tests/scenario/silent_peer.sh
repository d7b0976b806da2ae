#!/bin/bash
# takes 14 s
# A peer that never sends RTP, and one that stops, are released after the
# configured time with a reason; the log has asked about the firewall before.
. "$(dirname "$0")/common.sh"
GATEWAY_SETTINGS='rtp-timeout 6s'
start_all

# expect_given_up NAME: by the gateway, on both sides of the call.
expect_given_up() {
	end_call "$1"
	expect_message '^BYE ' "$1"
	expect_reason 41 "$1"
	wait_until 5 'its record' records_are "$2"
	expect_record release_by 'timer:no RTP for 6 s'
	expect_record q850_cause 41
}
RTP=41000 start_call never 102 listen
wait_until 5 'the call is answered' active_are 1
sleep 3
active_are 1 || fail 'given up too early'
expect_given_up never 1

RTP=41000 start_call stops 102 listen
wait_until 5 'the call is answered' active_are 1
"$BUILD/tests/tool_rtp" --local "$PHONE:41000" --payload-type 8 --ptime 20 \
	--echo --seconds 3 >/dev/null
expect_given_up stops 2
grep -q 'no more RTP from the SIP side for 5 s' "$DIR/gateway.log" ||
	fail 'the log does not tell of the silence'
is 2 .calls.silent gw status || fail 'not counted'
finish
