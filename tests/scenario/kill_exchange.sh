#!/bin/bash
# takes 22 s
# The exchange is killed with 60 calls up. One that is back before T309 knows
# none of them and says so when asked: cause 81. One that is not is waited for
# as long as configured: cause 27. Each time the next 60 calls are as good as
# any. On a line nobody tells that the exchange is gone: Q.921 notices after
# T203, then asks N200 times for an answer and as often for a new link.
. "$(dirname "$0")/common.sh"
SPANS=2 WORKERS=2 TIMERS='t203 2s t309 8s'
notice_s=0
[ "$DRIVER" = virtual ] || notice_s=10

# ends FROM TO: how the calls of these records ended, each kind once.
ends() {
	sed -n "$1,$2p" "$DIR/calls.jsonl" |
		jq -r '"\(.direction) \(.q850_cause) \(.release_by)"' |
		sort | uniq -c | tr -s ' \n' ' '
}
start_all
sixty_calls forgotten listen 60
stop exchange KILL
sleep 1
active_are 60 || fail 'the calls are not kept until T309'
start_exchange 2
end_call forgotten-in
end_call forgotten-out
expect_records 60
[ "$(ends 1 60)" = ' 30 in 81 caller 30 out 81 callee ' ] ||
	fail "$(ends 1 60)"
expect_idle
expect_up

sixty_calls lost listen 60
killed_s=$SECONDS
stop exchange KILL
end_call lost-in
end_call lost-out
kept_s=$((SECONDS - killed_s))
if [ $kept_s -lt 8 ] || [ $kept_s -gt $((11 + notice_s)) ]; then
	fail "kept for $kept_s s, not for 8 s and $notice_s at most to notice"
fi
expect_records 120
[ "$(ends 61 120)" = ' 30 in 27 span 30 out 27 span ' ] ||
	fail "$(ends 61 120)"
expect_reason 27 lost-in
expect_reason 27 lost-out
expect_idle

start_exchange 2
expect_up
sixty_calls new call 3
end_call new-in
end_call new-out
expect_records 180
[ "$(ends 121 180)" = ' 30 in 16 caller 30 out 16 caller ' ] ||
	fail "$(ends 121 180)"
expect_idle
expect_sixty_intact 3
finish
