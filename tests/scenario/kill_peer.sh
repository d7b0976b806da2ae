#!/bin/bash
# takes 39 s
# The phones of 60 calls are gone without a BYE: the called one is killed, so
# that its port is closed, the calling one frozen, so that it is silent. No RTP
# releases the calls and frees their channels; a phone that is back is served at
# once, while BYEs that nobody answers are repeated, for 32 s and no longer
# (RFC 3261 17.1.2.2).
. "$(dirname "$0")/common.sh"
SPANS=2 WORKERS=2 GATEWAY_SETTINGS='rtp-timeout 5s'
start_all
sixty_calls gone listen 60
stop gone-in KILL
kill -STOP "${PID[gone-out]}"
sleep 4
active_are 60 || fail 'the calls are not kept for rtp-timeout'
exchange_idle() { is 0 '[.spans[].busy] | add' ctl show; }
wait_until 5 'the channels are free' exchange_idle
released_s=$SECONDS
is 60 '[.calls[] | select(.cause == 41 and .ended_by == "user")] | length' \
	ctl show || fail 'the exchange did not hear cause 41'
expect_records 30

sixty_calls back call 3
end_call back-in
end_call back-out
wait_until 5 'the exchange is idle' exchange_idle
expect_sixty_intact 3
expect_records 90

calls_are 30 || fail 'nobody waits for an answer to BYE'
wait_until 30 'the frozen phone is given up' calls_are 0
waited_s=$((SECONDS - released_s))
if [ $waited_s -lt 31 ] || [ $waited_s -gt 35 ]; then
	fail "BYE was repeated for $waited_s s, not for 32 s"
fi
expect_records 120
jq -r '"\(.direction) \(.q850_cause) \(.release_by)"' "$DIR/calls.jsonl" |
	sort | uniq -c | sed 's/^ *//' >"$DIR/got"
diff - "$DIR/got" <<-'END' || fail 'records are not as expected'
	30 in 16 caller
	30 in 41 timer:no RTP for 5 s
	30 out 16 caller
	30 out 41 timer:no RTP for 5 s
END
is 60 .calls.silent gw status || fail 'the silent calls were not counted'
finish
