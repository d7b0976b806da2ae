#!/bin/bash
# takes 20 s
# The line fails. For less than T309 the answered call is kept (Q.931 5.8.9)
# and new ones hear why; for longer, the call is cleared.
. "$(dirname "$0")/common.sh"
TIMERS='t203 1s t309 5s'
start_all
span_down() { is false '.spans[0].in_service' gw show spans; }
start_call kept 1200 call -d 6000
wait_until 5 'the call is answered' active_are 1
line down 1
wait_until 5 'the span is down' span_down
call 1200
expect_status 503
expect_reason 38
expect_records 1
line up 1
expect_up
active_are 1 || fail 'the answered call was lost'
call 1200
expect_status 200
end_call kept
expect_records 3
expect_record release_by caller 3

start_call lost 1200 listen
wait_until 5 'the call is answered' active_are 1
line down 1
end_call lost
expect_message '^BYE ' lost
expect_records 4
line up 1
expect_up
call 1200
expect_status 200
finish
