#!/bin/bash
# takes 90 s
# 600 short calls, half of them each way, at 20 a second, and again at twice
# that until one is lost or the rate is not held: none may be lost at 20, and
# whatever is, the gateway is whole afterwards.
. "$(dirname "$0")/common.sh"
SPANS=4 WORKERS=2 LOG_LEVEL=notice HUNT=round-robin TRACE=
EACH_WAY=300
start_all

# SIPp may have lost calls of its own: that is in the records too.
over() {
	local pid=${PID[$1]}
	unset "PID[$1]"
	wait "$pid" || true
}

# six_hundred RATE: at so many a second; sets `answered`, and `took_ms` from the
# first to the last of them.
six_hundred() {
	local before LIMIT=$((600 / $1 + 20))
	before=$(records)
	called_phone phone answer -m $EACH_WAY -max_recv_loops 2000
	ctl call 305550177 --type national --span all --count $EACH_WAY \
		--rate $(($1 / 2)) --hold 0.1 >/dev/null
	start_call caller 1200 call -d 100 -m $EACH_WAY -r $(($1 / 2)) \
		-max_recv_loops 2000
	over caller
	over phone
	wait_until 60 'no call is left' calls_are 0
	tail -n +$((before + 1)) "$DIR/calls.jsonl" >"$DIR/these"
	read -r answered took_ms < <(jq -rs 'def ms: (.[:19] + "Z" | fromdate) *
		1000 + (.[20:23] | tonumber);
		map(.start_utc | ms) as $start |
		"\(map(select(.q850_cause == 16 and .answer_utc)) | length
		) \(($start | max) - ($start | min))"' "$DIR/these")
	echo "$1 a second: $answered of 600 answered," \
		"begun in $((took_ms / 1000)).$((took_ms / 100 % 10)) s"
}

highest=
for rate in 20 40 80 160 320; do
	six_hundred $rate
	if [ "$answered" -lt 600 ] || [ $((took_ms * rate)) -gt 630000 ]; then
		break
	fi
	highest=$rate
done
echo "figure: 600 calls, none lost: ${highest:-fewer than 20} a second"
[ -n "$highest" ] || fail "at 20 calls a second $answered of 600 were answered"
finish
