#!/bin/bash
# takes 7 s
# What a route's line does with a call: other digits, another caller, and
# refusals by cause or status, as SIP and as the telephone network hear them.
. "$(dirname "$0")/common.sh"
DAY=$(LC_ALL=C date -u -d '3 days' +%a)
ROUTES="hours never { ${DAY,,} 00:00-12:00  zone UTC }"'
route from phones {
  +49     -> city
  +4988   -> city replace +4988 +493055501
  +4977   -> city strip 4 add +49305550
  +4966   -> city caller-as +4930123400
  +49660  -> city replace +49660 +49305550101 caller-as +4930123400
  +4955   -> reject cause 17 "not at his desk"
  +4955   when never -> city
  +4944   bearer audio -> reject 403 "who is there?"
  +4944   -> city
}
route from city {
  +4930777 -> reject cause 34
  +4930778 -> reject 486 "busy"
  +4930    caller +4940100..+4940199 -> reject cause 21 "not wanted"
  +4930    bearer data -> reject cause 58
}'
start_all
last() { get ".calls[-1].$1" ctl show; }
expect_last() {
	[ "$(last "$1")" = "$2" ] ||
		fail "the exchange has $1 $(last "$1"), not $2"
}
call +498801
expect_status 200
expect_last called 5550101
expect_records 1
expect_record called_core +498801
expect_record called_sent 5550101
call +4977101
expect_status 200
expect_last called 5550101
call +49660
expect_status 200
expect_last called 5550101
expect_last calling 123400
expect_record caller_core +49305550199

call +49551
expect_status 486
expect_reason 17
expect_message 'not at his desk'
call +49441
expect_status 403
expect_message 'who is there'
expect_records 5

# from_network CAUSE WORDS...: a call that is refused.
over_are() { is "$1" .calls_over ctl show; }
over=3
from_network() {
	local cause=$1
	shift
	ctl call "$@" >/dev/null
	wait_until 5 'the call is over' over_are $((over += 1))
	expect_last cause "$cause"
}
from_network 34 777 --type subscriber
from_network 17 778 --type subscriber
expect_records 7
expect_record cause_text busy
from_network 21 555 --type subscriber --from 40150
expect_records 8
expect_record cause_text 'not wanted'
from_network 3 555 --type subscriber --from 40250
from_network 58 555 --type subscriber --bearer 64k
finish
