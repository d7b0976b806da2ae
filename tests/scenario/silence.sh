#!/bin/bash
# takes 9 s
# A line that is silent sends idle code, octet by octet, both when it was called
# and when it calls; RTP goes on.
. "$(dirname "$0")/common.sh"
start_all

# hear NAME PORT: 2 s of the call are 100 packets, of A-law's idle code only.
hear() {
	local octets noise
	wait_until 5 'the call is answered' active_are 1
	"$BUILD/tests/tool_rtp" --local "$PHONE:$2" --payload-type 8 \
		--ptime 20 --record "$DIR/$1.raw" --seconds 2.2
	octets=$(wc -c <"$DIR/$1.raw")
	noise=$(tr -d '\325' <"$DIR/$1.raw" | wc -c)
	[ "$octets" -ge 16000 ] || fail "$1: $octets octets in 2.2 s"
	[ "$noise" -eq 0 ] || fail "$1: $noise octets are not idle"
}

RTP=41000 start_call caller 107 call -d 3500
hear caller 41000
end_call caller

RTP=41100 called_phone phone answer
ctl call 305550177 --type national --hold 4 --sound silence >/dev/null
hear phone 41100
end_call phone
expect_records 2
finish
