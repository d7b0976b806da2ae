#!/bin/bash
# takes 10 s
# Thirty channels, thirty calls; the next one hears that all are taken.
. "$(dirname "$0")/common.sh"
start_all
start_call thirty 100 call -d 6000 -m 30 -r 100 -l 30
wait_until 5 'thirty calls' active_are 30
is 30 '.spans[0].busy' gw show spans || fail 'not every channel is busy'
call 100
expect_status 503
expect_reason 34
expect_retry_after
end_call thirty
expect_records 31
expect_record q850_cause 34 1
expect_record release_by gateway 1
[ "$(get '[.calls[].bit_errors] | add' ctl show)" = 0 ] || fail 'bit errors'
call 1200
expect_status 200
finish
