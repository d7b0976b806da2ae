#!/bin/bash
# takes 8 s
# Digits dialled in the voice reach the far end, each once, and what it plays
# back comes through: 100 ms each, at the frequencies of Q.23.
. "$(dirname "$0")/common.sh"
start_all

low=(941 697 697 697 770 770 770 852 852 852)
high=(1336 1209 1336 1477 1209 1336 1477 1209 1336 1477)
dialled=112358

silence() { sox -n -r 8000 -c 1 -e a-law -t raw - trim 0 "$1"; }
{
	silence 1
	for ((i = 0; i < ${#dialled}; i++)); do
		digit=${dialled:i:1}
		sox -n -r 8000 -c 1 -e a-law -t raw - synth 0.08 \
			sine "${low[digit]}" sine "${high[digit]}" \
			remix 1,2 gain -5 pad 0 0.08
	done
	silence 10
} >"$DIR/dialled.raw"

# No telephone-event: the tones stay in the voice.
FORMATS=8 RTP=41000 start_call caller 106 call -d 7000
wait_until 5 'the call is answered' active_are 1
"$BUILD/tests/tool_rtp" --local "$PHONE:41000" --payload-type 8 --ptime 20 \
	--send "$DIR/dialled.raw" --record "$DIR/heard.raw" --seconds 5.5
is "$dialled" '.calls[-1].dtmf' ctl show ||
	fail "the exchange heard $(get '.calls[-1].dtmf' ctl show)"
# From the first sound on.
sox -t al -r 8000 -c 1 "$DIR/heard.raw" -t al "$DIR/played.raw" \
	silence 1 0.01 1%
from=0
for ((i = 0; i < ${#dialled}; i++)); do
	digit=${dialled:i:1}
	expect_tone "${low[digit]}" -8 "$DIR/played.raw" al \
		"$from" 0.1 sinc -1050 trim 0.02 0.06
	expect_tone "${high[digit]}" -6 "$DIR/played.raw" al \
		"$from" 0.1 sinc 1050 trim 0.02 0.06
	from=$(awk "BEGIN { print $from + 0.2 }")
done
end_call caller
expect_records 1
finish
