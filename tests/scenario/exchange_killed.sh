#!/bin/bash
# takes 20 s
# The exchange dies during calls and comes back: the calls end with a record
# each, the span comes up by itself, the next call succeeds.
. "$(dirname "$0")/common.sh"
TIMERS='t309 2s' # how long the answered call is kept
start_all
start_call answered 1200 listen
start_call ringing 110 call
wait_until 5 'two calls' calls_are 2
wait_until 5 'one is answered' active_are 1
stop exchange KILL
end_call answered
end_call ringing
expect_message '^BYE ' answered
expect_status 502 ringing
expect_reason 27 ringing # Q.931 5.8.9
expect_records 2
expect_record release_by span 1
expect_record release_by span 2
expect_idle

call 1200
expect_status 503
expect_reason 38
expect_records 3
start_exchange
expect_up
call 1200
expect_status 200
finish
