#!/bin/bash
# takes 60 s
# The D channel alone fails during 30 calls: the voice goes on, and so do the
# calls when it is back. For longer than T309 they end, and the next are as good
# as any.
. "$(dirname "$0")/common.sh"
TIMERS='t203 1s t309 15s' T309_S=15
start_all
is_down() { is false '.spans[0].in_service' gw show spans; }

both_ways talkers compare 15 101 ever --sound echo
begin_exact talkers-in talkers-out
ctl dchannel down 1
wait_until 20 'the D channel is down' is_down
sleep 5
ctl dchannel up 1
expect_up
sleep 5
active_are 30 || fail 'calls end when the D channel is back'
expect_exact 15 10 talkers-in talkers-out
expect_records 0

ctl dchannel down 1
wait_until 20 'the D channel is down' is_down
down_s=$SECONDS
end_both talkers
kept_s=$((SECONDS - down_s))
# T309 begins when the link cannot be set up anew either: N200 + 1 (4) times
# T200 (1 s) after the gateway said that it is down.
if [ $kept_s -lt 14 ] || [ $kept_s -gt 21 ]; then
	fail "kept for $kept_s s, not for 15 s"
fi
expect_records 30
[ "$(ends 1)" = ' 15 in 27 span 15 out 27 span ' ] || fail "$(ends 1)"
expect_reason 27 talkers-in-calls
expect_reason 27 talkers-out-calls
ctl dchannel up 1
expect_up
both_ways again compare 15 101 8 --sound echo
expect_exact_for 15 4 again-in again-out
end_both again
expect_records 60
[ "$(ends 31)" = ' 15 in 16 caller 15 out 16 caller ' ] || fail "$(ends 31)"
finish
