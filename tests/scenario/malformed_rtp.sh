#!/bin/bash
# takes 14 s
# Garbage and strangers on a call's RTP port: the call goes on, bit-exact.
. "$(dirname "$0")/common.sh"
start_all
start_call talker 100 call -d 6000
wait_until 5 'the call is answered' active_are 1
port=$(tr -d '\r' <"$DIR/talker.log" |
	awk '/^m=audio/ { port = $2 } END { print port }')
head -c 2000 /dev/urandom >"$DIR/noise"
for size in 0 1 11 12 13 172 1400; do
	head -c $size "$DIR/noise" >"$DIR/packet"
	for from in "$STRANGER:0" "$PHONE:0"; do
		for to in "$port" $((port + 1)); do
			"$BUILD/tests/tool_udp" "$from" "$GATEWAY:$to" \
				"$DIR/packet" 10 20 >/dev/null
		done
	done
done
end_call talker
is 0 '.calls[-1].bit_errors' ctl show || fail 'bit errors'
bits=$(get '.calls[-1].bits_compared' ctl show)
[ "$bits" -gt 300000 ] || fail "only $bits bits were compared"

# From the caller's own address it is read, refused and counted.
RTP=41000 start_call garbler 101 call -d 6000
wait_until 5 'the call is answered' active_are 1
port=$(tr -d '\r' <"$DIR/garbler.log" |
	awk '/^m=audio/ { port = $2 } END { print port }')
for size in 1 11 12 13 172 1400; do
	head -c $size "$DIR/noise" >"$DIR/packet"
	"$BUILD/tests/tool_udp" "$PHONE:41000" "$GATEWAY:$port" "$DIR/packet" \
		10 20 >/dev/null
done
# Whole packets of what is not this call's audio: payload type 77, the other
# law, comfort noise, flash, and events that are cut or too long.
odd() {
	printf '\200%b\0\1\0\0\0\1\0\0\0\7%b' "$1" "$2" >"$DIR/packet"
	"$BUILD/tests/tool_udp" "$PHONE:41000" "$GATEWAY:$port" "$DIR/packet" \
		10 20 >/dev/null
}
odd '\115' "$(printf 'x%.0s' {1..160})"
odd '\0' "$(printf 'x%.0s' {1..160})"
odd '\15' '\100'
odd '\145' '\20\12\0\240'
odd '\145' '\5'
odd '\145' "$(printf 'x%.0s' {1..160})"
id=$(get '.calls[0].id' gw show calls)
refused=$(get '.call.media | .rtp_malformed + .rtp_wrong_payload' \
	gw show call "$id")
# Each 20 times: two other payload types, two events of a wrong length, and at
# least the two sizes that are shorter than RTP.
[ "$refused" -ge 120 ] || fail "only $refused packets were counted as refused"
events=$(get .call.media.dtmf_events gw show call "$id")
[ "$events" -ge 60 ] || fail "only $events events were counted"
is 0 .voice.dtmf_to_tdm gw show stats || fail 'a digit nobody pressed'
end_call garbler
expect_records 2
finish
