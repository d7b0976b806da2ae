#!/bin/bash
# takes 165 s
# 30 calls and a line that is dead for 1 s, for 3 s and for 120 s after its
# alarm has come: the short ones cost what was said meanwhile and no more, the
# long one ends the calls when T309 (90 s) has run out (Q.931 5.8.9).
. "$(dirname "$0")/common.sh"
start_all
alarmed() { is '["red"]' '.spans[0].alarms | tojson' gw show spans; }

both_ways talkers compare 15 101 ever --sound echo
expect_exact_for 15 3 talkers-in talkers-out
for seconds in 1 3; do
	line down 1
	wait_until 5 'the alarm' alarmed
	active_are 30 || fail 'the alarm ends calls'
	sleep $seconds
	line up 1
	expect_up
	active_are 30 || fail "calls end after an alarm of $seconds s"
	# A jitter buffer judges its path by 4 s of it, so that one which the
	# break has left off its centre is put right within these.
	sleep 5
	expect_exact_for 15 3 talkers-in talkers-out
done
expect_records 0

line down 1
wait_until 5 'the alarm' alarmed
alarm_s=$SECONDS
end_both talkers
kept_s=$((SECONDS - alarm_s))
echo "figure: alarm of 120 s: calls kept for $kept_s s"
# T309 begins when the D channel goes down: T203 (10 s) and N200 + 1 (4) times
# T200 (1 s) after the alarm has come, at the most.
if [ $kept_s -lt 88 ] || [ $kept_s -gt 107 ]; then
	fail "kept for $kept_s s, not for 90 s"
fi
expect_records 30
[ "$(ends 1)" = ' 15 in 27 span 15 out 27 span ' ] || fail "$(ends 1)"
expect_reason 27 talkers-in-calls
expect_reason 27 talkers-out-calls
sleep $((120 - kept_s))
line up 1
expect_up
expect_idle
both_ways again compare 15 101 8 --sound echo
expect_exact_for 15 4 again-in again-out
end_both again
expect_records 60
[ "$(ends 31)" = ' 15 in 16 caller 15 out 16 caller ' ] || fail "$(ends 31)"
finish
