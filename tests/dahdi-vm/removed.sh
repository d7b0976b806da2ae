#!/bin/bash
# takes 48 s
# The card is pulled out during 60 calls, 30 on each of two spans: first the
# gateway's of span 1, then the exchange's. The daemon says so, lives, and takes
# it back by itself; the calls of the span wait for it, and those of the other
# span do not lose an octet.
. "$(dirname "$0")/common.sh"
SPANS=2 WORKERS=2
start_all
is_down() { is false '.spans[0].in_service' gw show spans; }

# Span 1 is full then.
both_ways pulled compare 15 101 ever --sound echo --span 1
telephones other 30 compare
they_call other 30 101 listen
wait_until 5 'sixty calls' active_are 60
is '30 30' '[.spans[].busy] | "\(.[0]) \(.[1])"' gw show spans ||
	fail 'not 30 calls on each span'
expect_exact_for 15 3 pulled-in pulled-out

# removed DAHDI-SPAN LOG
removed() {
	begin_exact other
	pull "$1"
	wait_until 5 'the span is down' is_down
	wait_until 5 "the $2 says why" \
		grep "DAHDI span $1 was removed" "$DIR/$2.log"
	is true '.spans[1].in_service' gw show spans ||
		fail 'the other span is down too'
	sleep 5
	put_back
	expect_up
	active_are 60 || fail 'calls end when a card comes back'
	sleep 5 # as alarms.sh says
	expect_exact_for 15 3 pulled-in pulled-out
	expect_exact 30 9 other
}
removed 1 gateway
grep -h 'span=1 ' "$DIR/gateway.log" | tail -n 5
removed 2 exchange
grep -h 'span=1 ' "$DIR/gateway.log" | tail -n 5
expect_records 0
ids=$(get '.calls[].id' gw show calls)
for id in $ids; do gw hangup "$id" >/dev/null; done
end_both pulled
end_call other-calls
expect_records 60
finish
