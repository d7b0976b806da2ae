#!/bin/bash
# takes 37 s
# Why a call fails is heard before it is over: announced by PROGRESS before the
# DISCONNECT, or with the DISCONNECT itself, which then ends nothing until the
# caller gives up or the network ends it (RFC 4497 8.3.3, Q.931 5.3.4.1).
. "$(dirname "$0")/common.sh"
start_all

# hear NAME SECONDS: the special information tone, as early media.
hear() {
	"$BUILD/tests/tool_rtp" --local "$PHONE:41000" --payload-type 8 \
		--ptime 20 --record "$DIR/$1.raw" --seconds "$2"
	active_are 0 || fail "$1 was answered"
	expect_tone 950 -10 "$DIR/$1.raw" al 0.05 0.15
	expect_tone 1400 -10 "$DIR/$1.raw" al 0.38 0.15
	expect_tone 1800 -10 "$DIR/$1.raw" al 0.70 0.15
}

RTP=41000 start_call before 104
hear before 2
end_call before
expect_message '^SIP/2.0 183' before
expect_status 404 before
expect_reason 1 before
expect_records 1
expect_record release_by callee

RTP=41000 start_call given-up 105 cancel_early -d 3000
hear given-up 2
expect_records 1
end_call given-up
expect_status 487 given-up
expect_records 2
expect_record q850_cause 1

before=$SECONDS
RTP=41000 start_call ended 105
hear ended 20
expect_records 2
# It came again and again: each 1.99 s.
expect_tone 950 -10 "$DIR/ended.raw" al 17.96 0.15
end_call ended
took=$((SECONDS - before))
[ $took -ge 28 ] || fail "T306 took $took s, not 30"
expect_message '^SIP/2.0 183' ended
expect_status 404 ended
expect_reason 1 ended
expect_records 3
finish
