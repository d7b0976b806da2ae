#!/bin/bash
# takes 12 s
# Sixty calls, both ways on two spans, when all is drained: none of them ends
# before the time-out, all do then, each on both sides and with its record.
. "$(dirname "$0")/common.sh"
SPANS=2
LOG_LEVEL=info
start_all
sixty_calls full listen 60
start waits gw drain all timeout 4s --wait
wait_until 5 'it drains' is 60 '.drains[0].calls' gw show drains
sleep 2
active_are 60 || fail 'some have ended before their time'
end_call waits
tail -n 1 "$DIR/waits.log" | grep '^the gateway is drained' >/dev/null ||
	fail "waiting, it said: $(tail -n 1 "$DIR/waits.log")"
expect_records 60
is_31='select(.q850_cause == 31 and .release_by == "operator")'
[ "$(jq -c "$is_31" "$DIR/calls.jsonl" | wc -l)" -eq 60 ] ||
	fail 'not every one was released by the drain'
end_call full-out
end_call full-in
wait_until 5 'the exchange has no call' \
	is 0 '[.spans[].busy] | add' ctl show
gw undrain all >/dev/null
finish
