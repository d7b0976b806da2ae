#!/bin/bash
# takes 18 s
# The gateway is killed with 60 calls up and started again: it is in service
# within seconds, restarts every channel (cause 41) or, asked before that, tells
# the exchange that it knows none of the calls which that still has (cause 101),
# and callers who hang up later that there is no such dialog; the next 60 calls
# are as good as any. Twice: the second time it stays away until the exchange
# has given the calls up (T309, cause 27).
. "$(dirname "$0")/common.sh"
SPANS=2 WORKERS=2 T309_S=6
exchange_idle() { is 0 '[.spans[].busy] | add' ctl show; }
exchange_heard() { # "CAUSE BY" ...: of all of the last 60 calls, nothing else
	local heard
	heard=$(get '.calls[-60:][] | "\(.cause) \(.ended_by)"' ctl show |
		sort -u)
	grep -vxF "$(printf '%s\n' "$@")" <<<"$heard" || return 0
	fail "the exchange heard: $heard"
}
start_all
sixty_calls gone call 5
stop gateway KILL
start_gateway
wait_until 5 'the spans are in service' spans_up
wait_until 5 'the exchange is idle' exchange_idle
exchange_heard '41 restart' '101 user'
stop gone-in KILL

sixty_calls back call 3
end_call back-in
end_call back-out
expect_records 60
wait_until 5 'the exchange is idle' exchange_idle
expect_sixty_intact 3
wait "${PID[gone-out]}" || true # SIPp takes 481 for a failure
unset "PID[gone-out]"
[ "$(grep -c '^SIP/2.0 481 ' "$DIR/gone-out.log")" -ge 30 ] ||
	fail 'not every BYE was answered with 481'
expect_idle

sixty_calls gone listen 60
stop gateway KILL
stop gone-in KILL
stop gone-out KILL
wait_until 40 'the exchange is idle' exchange_idle
exchange_heard '27 link lost'
start_gateway
wait_until 5 'the spans are in service' spans_up
sixty_calls new call 3
end_call new-in
end_call new-out
expect_records 120
wait_until 5 'the exchange is idle' exchange_idle
expect_sixty_intact 3
finish
