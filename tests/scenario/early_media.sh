#!/bin/bash
# takes 6 s
# The ring-back tone of the network is heard before the answer, because PROGRESS
# told of it (RFC 4497 8.3.3): 183 with SDP, then the tone, then 200.
. "$(dirname "$0")/common.sh"
start_all
RTP=41000 start_call caller 103 call -d 2000
"$BUILD/tests/tool_rtp" --local "$PHONE:41000" --payload-type 8 --ptime 20 \
	--record "$DIR/early.raw" --seconds 2.5
active_are 0 || fail 'it was answered while the tone was recorded'
expect_tone 425 -10 "$DIR/early.raw" al 0.2 0.6
# 1 s on, 4 s off.
silence=$(head -c 14400 "$DIR/early.raw" | tail -c 2400 | tr -d '\325' | wc -c)
[ "$silence" -eq 0 ] || fail "$silence octets of its pause are not idle"
end_call caller
expect_status 200
progress=$(grep -n '^SIP/2.0 183' "$DIR/caller.log" | cut -d: -f1 | head -n 1)
answer=$(grep -n '^SIP/2.0 200' "$DIR/caller.log" | cut -d: -f1 | head -n 1)
[ "${progress:-99999}" -lt "$answer" ] || fail 'no 183 before the answer'
sed -n "$progress,${answer}p" "$DIR/caller.log" | holds '^m=audio' ||
	fail 'the 183 has no SDP'
expect_no_message '^SIP/2.0 180'
expect_records 1
expect_record sip_status 200
finish
