#!/bin/bash
# takes 12 s
# Torn, hostile and senseless packets: the gateway lives, and the next call
# succeeds.
. "$(dirname "$0")/common.sh"
start_all
for file in tests/scenario/torture/*; do
	sed "s/@FROM@/$PHONE:5070/g; s/@TO@/$GATEWAY:5060/g" "$file" |
		sed 's/$/\r/' >"$DIR/packet"
	"$BUILD/tests/tool_udp" "$PHONE:5070" "$GATEWAY:5060" "$DIR/packet" \
		150 >>"$DIR/answers.log"
done
# A good one, cut short everywhere.
sed "s/@FROM@/$PHONE:5070/g; s/@TO@/$GATEWAY:5060/g; s/$/\r/" \
	tests/scenario/sipp/options.txt >"$DIR/packet"
for size in $(seq 1 11 "$(stat -c %s "$DIR/packet")"); do
	head -c "$size" "$DIR/packet" >"$DIR/torn"
	"$BUILD/tests/tool_udp" "$PHONE:5070" "$GATEWAY:5060" "$DIR/torn" 5 \
		>/dev/null
done
head -c 65000 /dev/urandom >"$DIR/packet"
for size in 0 1 2 3 4 16 100 1500 9000 65000; do
	head -c $size "$DIR/packet" >"$DIR/noise"
	"$BUILD/tests/tool_udp" "$PHONE:5070" "$GATEWAY:5060" "$DIR/noise" \
		20 5 >/dev/null
done
[ "$(get .sip.refused_malformed gw status)" -gt 20 ] ||
	fail 'malformed messages were not counted'
grep -q 'malformed message dropped' "$DIR/gateway.log" ||
	fail 'malformed messages were not logged'
kill -0 "${PID[gateway]}" || fail 'the gateway died'
wait_until 40 'what the packets began is over' calls_are 0
call 1200
expect_status 200
finish
