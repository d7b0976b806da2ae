#!/bin/bash
# takes 9 s
# INVITEs beyond the limits of a known peer get 503 with Retry-After: those
# beyond its calls a second before a call or a record is made, those beyond its
# calls at once with a record each. A call that runs does not lose a bit, and
# every INVITE is accounted for.
. "$(dirname "$0")/common.sh"
LOG_LEVEL=info PEER_SETTINGS='limit 2 calls 20 calls/s'
start_all
start_call running 100 call -d 8000
wait_until 5 'the call runs' active_are 1

peer() { get ".peers[0].$1" gw show peers; }
SECONDS=0
call +4412345 refused -m 1000 -r 500 -l 2000
retries=$(grep -cE '^Retry-After: ([789]|10).?$' "$DIR/$LAST.log")
[ "$retries" -ge $(($(peer refused_rate))) ] || fail "$retries Retry-After"
# A second call is within the limit, a third is not.
start_call second 110 cancel_ringing -d 2000
wait_until 5 'two calls' calls_are 2
refused=$(peer refused_calls)
call +4412345 refused
expect_status 503
expect_reason 42
expect_retry_after
[ "$(peer refused_calls)" -eq $((refused + 1)) ] || fail 'not counted'
expect_record q850_cause 42
expect_record release_by gateway
expect_record sip_status 503
grep -q 'cause 42 .*(the peer is at its limit of 2 calls)' \
	"$DIR/gateway.log" || fail 'not in the log'
end_call second
end_call running

sent=$((1000 + 3)) # the storm, two calls, and one more
taken=$(peer calls_in) full=$(peer refused_calls) fast=$(peer refused_rate)
echo "$taken taken, $full refused over the calls, $fast over the rate"
[ $((taken + full + fast)) -eq $sent ] || fail "$sent INVITEs were sent"
# 20 a second, and a burst of as many.
[ $((taken + full)) -le $((20 * (SECONDS + 1))) ] ||
	fail 'more taken than the limit'
expect_records $((taken + full))
[ "$(get .calls.peer_limit gw status)" = "$full" ] ||
	fail "the gateway did not count $full"
[ "$(grep -c 'TG-2103 peer-limit peer=phones' "$DIR/gateway.log")" -le 12 ] ||
	fail 'more than five lines and a count in 10 s'
[ "$(get '.calls[0].bit_errors' ctl show)" = 0 ] || fail 'the call lost bits'
[ "$(get '.calls[0].bits_compared' ctl show)" -gt 400000 ] ||
	fail 'hardly a bit was compared'
finish
