#!/bin/bash
# takes 34 s
# It rings for ever, so T301 ends it (Q.931 9.2, RFC 4497 8.4.5).
. "$(dirname "$0")/common.sh"
TIMERS='t310 60s t301 30s'
start_all
before=$SECONDS
start_call rings 110
wait_until 5 'T301 is shown' is call=1 '.timers[] | select(.timer == "T301") |
	.object | split(" ")[0]' gw show timers
end_call rings
took=$((SECONDS - before))
[ $took -ge 29 ] || fail "it took only $took s"
expect_message '^SIP/2.0 180'
expect_status 480
expect_records 1
expect_record release_by timer:T301
finish
