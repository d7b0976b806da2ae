#!/bin/bash
# takes 9 s
# What a caller says to the echo comes back byte for byte.
. "$(dirname "$0")/common.sh"
start_all
# Four seconds of bytes that repeat nowhere.
printf %b "$(awk 'BEGIN { srand(5); for (i = 0; i < 32000; i++)
	printf "\\0%03o", int(rand() * 256) }')" >"$DIR/sent.al"
RTP=41000 start_call talker 101 call -d 8000
wait_until 5 'the call is answered' active_are 1
"$BUILD/tests/tool_rtp" --local "$PHONE:41000" --payload-type 8 --ptime 20 \
	--send "$DIR/sent.al" --record "$DIR/heard.al" --seconds 6
end_call talker

hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
sent=$(hex "$DIR/sent.al") heard=$(hex "$DIR/heard.al")
case $heard in
*"$sent"*) echo "$((${#sent} / 2)) bytes came back as they were sent" ;;
*) fail "${#sent}/2 bytes sent, ${#heard}/2 heard, not the same" ;;
esac
expect_records 1
finish
