#!/bin/bash
# takes 8 s
# Calls from the network that no route takes, or that are no voice: each is
# cleared with its cause and has its record; a hundred of them leave nothing.
. "$(dirname "$0")/common.sh"
start_all

# from_network WORDS...: makes a call and waits until it is over.
over_are() { is "$1" .calls_over ctl show; }
calls=0
from_network() {
	ctl call "$@" >/dev/null
	wait_until 5 'the call is over' over_are $((calls += 1))
	expect_records $calls
}
expect_last() {
	local got
	got=$(get ".calls[-1].$1" ctl show)
	[ "$got" = "$2" ] || fail "the exchange has $1 $got, not $2"
}
from_network 99912345 --type subscriber --from 301234567 --restrict
expect_last direction out
expect_last cause 3
expect_last location 1
expect_last channel 31
expect_record q850_cause 3
expect_record release_by gateway
expect_record direction in
expect_record from city
expect_record called_core +493099912345
expect_record caller 301234567
expect_record caller_ton national
expect_record clir true
expect_record channel 31
gw show call 1 >"$DIR/show.txt"
grep -q 'SETUP ch 31' "$DIR/show.txt" || fail 'the ladder has no SETUP'

from_network 99912345 --bearer 64k
expect_last cause 65
expect_record q850_cause 65

ctl call 99912345 --type subscriber --count 100 --rate 50 >/dev/null
wait_until 20 'all calls are over' over_are $((calls += 100))
expect_records $calls
is 64 '[.calls[] | select(.cause == 3)] | length' ctl show ||
	fail 'another cause than 3'
is 0 '[.spans[].busy] | add' ctl show || fail 'the exchange has calls left'
finish
