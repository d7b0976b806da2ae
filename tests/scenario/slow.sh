#!/bin/bash
# takes 20 s
# A network that is slow to proceed: T303 repeats the SETUP after 4 s and gives
# up after 8 (Q.931 5.1.1).
. "$(dirname "$0")/common.sh"
start_all

# setups COUNT: so many SETUPs reached the exchange since the last time.
setups() {
	local all
	all=$(grep -c 'received SETUP, ' "$DIR/exchange.log")
	[ $((all - seen)) -eq "$1" ] || fail "$((all - seen)) SETUPs, not $1"
	seen=$all
}
seen=0

call 1603 call -d 500
expect_status 200
setups 1
call 1606 call -d 500
expect_status 200
setups 2
expect_records 2
expect_record q850_cause 16
call 1609
setups 2
expect_status 408
expect_reason 102
expect_records 3
expect_record release_by timer:T303
# What proceeds too late is no call any more.
wait_until 5 'the exchange gives up, too' \
	is over '.calls[-1].state' ctl show
is 3 .calls_total ctl show || fail 'a repeated SETUP became a call'
finish
