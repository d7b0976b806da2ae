#!/bin/bash
# takes 12 s
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
expect_records 1
is 0 '.calls[-1].bit_errors' ctl show || fail 'bit errors'
bits=$(get '.calls[-1].bits_compared' ctl show)
[ "$bits" -gt 300000 ] || fail "only $bits bits were compared"

# From the caller's own address it is read, refused and counted.
RTP=41000 start_call garbler 101 call -d 2000
wait_until 5 'the call is answered' active_are 1
port=$(tr -d '\r' <"$DIR/garbler.log" |
	awk '/^m=audio/ { port = $2 } END { print port }')
for size in 1 11 12 13 172 1400; do
	head -c $size "$DIR/noise" >"$DIR/packet"
	"$BUILD/tests/tool_udp" "$PHONE:41000" "$GATEWAY:$port" "$DIR/packet" \
		10 20 >/dev/null
done
id=$(get '.calls[0].id' gw show calls)
refused=$(get '.call.media | .rtp_malformed + .rtp_wrong_payload' \
	gw show call "$id")
[ "$refused" -gt 0 ] || fail 'no packet was counted as malformed'
end_call garbler
expect_records 2
finish
