#!/bin/bash
# takes 30 s
# Four spans on which both sides want more calls than there are channels, for
# 20 s, 25 calls a second over each D channel, which takes its time: what finds
# no channel is refused with cause 34 or 44 and counted, every other call is
# answered, and afterwards each channel carries a call.
. "$(dirname "$0")/common.sh"
SPANS=4 WORKERS=2 LOG_LEVEL=info RTP_PORTS=16384-17383 DELAY_MS=4
start_all
exchange_idle() { is 0 '[.spans[].busy] | add' ctl show; }
exchange_up() { is true '[.spans[].dchannel == "up"] | all' ctl show; }
wait_until 5 'the exchange has its D channels' exchange_up
TRACE=
called_phone phone answer -m 100000 -max_recv_loops 2000
ctl call 305550177 --type national --span all --count 1000 --rate 50 \
	--hold 1.4 >/dev/null
start_call caller 1200 call -d 1400 -m 1000 -r 50 -max_recv_loops 2000

# Once a second, how many of the 120 are busy.
busy=0
for _ in {1..17}; do
	sleep 1
	now=$(get '[.spans[].busy] | add' gw show spans)
	busy=$((busy + now))
done
echo "$((busy / 17)) channels busy on average"
[ $((busy / 17)) -ge 90 ] || fail 'the spans were not full'
end_call caller
wait_until 10 'the exchange has made its calls' is 0 .calls_to_make ctl show
expect_idle
kill "${PID[phone]}" && unset "PID[phone]"
wait_until 5 'the exchange is idle' exchange_idle

jq -r '"\(.direction) \(.q850_cause)"' "$DIR/calls.jsonl" | sort | uniq -c
jq -es 'all(.q850_cause == 16 or .q850_cause == 34 or .q850_cause == 44)' \
	"$DIR/calls.jsonl" >/dev/null || fail 'a call ended for another cause'
jq -es '(map(select(.direction == "out")) | length) == 1000' \
	"$DIR/calls.jsonl" >/dev/null || fail 'a call has no record'
# None at all is luck, and grep's status 1.
echo "$(grep -c 'gives way' "$DIR/gateway.log" || :) met on a channel"

# Every channel is good for a call, and hears what it said. SIPp's echo of 120
# calls is not always in time, which costs a few bits.
start_call all 100 call -m 120 -r 100 -l 120 -d 3000
wait_until 5 'a call on each channel' active_are 120
end_call all
wait_until 5 'the exchange is idle' exchange_idle
is 64 '[.calls[] | select(.bits_compared > 100000 and
	.bit_errors < .bits_compared / 100)] | length' ctl show ||
	fail 'not every channel carries voice'
finish
