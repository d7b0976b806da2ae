#!/bin/bash
# takes 62 s
# 2,000 short calls, both ways mixed, 80 a second on 4 spans, of which they take
# a quarter: none is lost, and when all are over every channel, descriptor, call
# reference and byte is where it was.
. "$(dirname "$0")/common.sh"
SPANS=4 HUNT=round-robin WORKERS=2 LOG_LEVEL=notice RTP_PORTS=16384-17383
EACH_WAY=1000 RATE=40 LIMIT=120
start_all
audit() { get ".audit | $1" gw audit; }
cpu_us() {
	awk '{ ns += $1 } END { printf "%d", ns / 1000 }' \
		"/proc/${PID[gateway]}/task"/*/schedstat
}

# The gateway remembers 200 calls. These fill that, and leave nothing in the SIP
# stack: no route takes them.
ctl call 899 --type national --span all --count 250 --rate 200 >/dev/null
wait_until 10 '250 calls without a route' records_are 250
expect_idle
descriptors=$(audit .descriptors) heap=$(audit .heap_bytes)

TRACE='' used=$(cpu_us)
called_phone phone answer -m $EACH_WAY -max_recv_loops 2000
ctl call 305550177 --type national --span all --count $EACH_WAY \
	--rate $RATE --hold 0.1 >/dev/null
start_call caller 1200 call -d 100 -m $EACH_WAY -r $RATE -max_recv_loops 2000
end_call caller
wait_until 60 'the exchange has made its calls' is 0 .calls_to_make ctl show
wait_until 60 'no call is left' calls_are 0
echo "$((($(cpu_us) - used) / 2 / EACH_WAY)) us of CPU a call"
sed 1,250d "$DIR/calls.jsonl" |
	jq -r '"\(.direction) \(.q850_cause) \(.answer_utc != null)"' |
	sort | uniq -c | sed 's/^ *//' >"$DIR/got"
not_made=$(grep -c 'not made' "$DIR/exchange.log" || true)
diff - "$DIR/got" <<-END || fail "calls are lost; $not_made found no channel"
	$EACH_WAY in 16 true
	$EACH_WAY out 16 true
END
end_call phone
jq -es '(map(.id) | unique | length) == length and
	(map(.seq) | sort) == [range(1; length + 1)]' "$DIR/calls.jsonl" \
	>/dev/null || fail 'the records are not one for each call'
expect_idle
wait_until 5 'the exchange is idle' is 0 '[.spans[].busy] | add' ctl show

# Finished transactions stay in the SIP stack for 64 times T1 (RFC 3261 17),
# about 15 KB a call. What stays after that are tables as long as they have ever
# been, 130 B a call; what a call loses comes on top.
dialogs_are() { is "$1" .audit.dialogs gw audit; }
heap_is_back() {
	grown=$(($(audit .heap_bytes) - heap))
	[ $grown -lt $((2 * EACH_WAY * 200)) ]
}
wait_until 5 'no dialog is left' dialogs_are 0
sleep 30
wait_until 15 'the heap is back, but for 200 bytes a call' heap_is_back
echo "the heap has grown by $grown bytes"
[ "$(audit .descriptors)" = "$descriptors" ] ||
	fail "$(audit .descriptors) descriptors are open, not $descriptors"
finish
