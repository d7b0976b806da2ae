#!/bin/bash
# takes 26 s
# Digits as events from SIP are tones on the line and come back as events, from
# the echo at once and from the read-back number after it has heard them: each
# once, in order, though packets of them are lost. Without telephone-event they
# stay in the voice.
. "$(dirname "$0")/common.sh"
start_all
ALL='0123456789*#ABCD'

# dial NUMBER SECONDS TOOL_RTP ARGUMENTS...: presses all digits, and hears them.
dial() {
	local number=$1 seconds=$2 heard
	shift 2
	RTP=41000 start_call "dial-$number" "$number" call -d "${seconds}000"
	wait_until 5 'the call is answered' active_are 1
	"$BUILD/tests/tool_rtp" --local "$PHONE:41000" --digits "$ALL" \
		--seconds $((seconds - 1)) "$@" >"$DIR/heard.json"
	end_call "dial-$number"
	wait_until 5 'the call is over' calls_are 0
	heard=$(jq -r .digits "$DIR/heard.json")
	[ "$heard" = "$ALL" ] || fail "$number $*: sent $ALL, came back $heard"
	# Each event ends three times.
	[ "$(jq .event_ends "$DIR/heard.json")" -eq 48 ] ||
		fail "$(jq .event_ends "$DIR/heard.json") end packets, not 48"
}

dial 101 5 --key 60
dial 101 6 --key 100 --lossy
dial 106 9 --key 80
sent=$(get .voice.dtmf_to_tdm gw show stats)
[ "$sent" -eq 48 ] || fail "$sent digits to the line, not 48"
expect_records 3

# A caller who knows no events gets the tones back, and the bytes they were.
sox -n -c 2 -r 8000 -e a-law -t raw "$DIR/tones.al" \
	synth 1 sine 770 sine 1336 gain -9 remix -
RTP=41000 FORMATS=8 start_call plain 101 call -d 4000
wait_until 5 'the call is answered' active_are 1
"$BUILD/tests/tool_rtp" --local "$PHONE:41000" --send "$DIR/tones.al" --once \
	--record "$DIR/heard.al" --seconds 3 >"$DIR/heard.json"
end_call plain
[ "$(jq -c .payload_types "$DIR/heard.json")" = '[8]' ] || fail 'events came'
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
[[ $(hex "$DIR/heard.al") = *"$(hex "$DIR/tones.al")"* ]] ||
	fail 'the tones came back changed'
finish
