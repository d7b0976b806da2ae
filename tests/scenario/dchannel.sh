#!/bin/bash
# takes 20 s
# The D channel alone fails: Q.921 notices, calls hear why, and it recovers by
# itself. A call that it left half made ends.
. "$(dirname "$0")/common.sh"
TIMERS='t203 1s t309 3s'
start_all
span_down() { is false '.spans[0].in_service' gw show spans; }
start_call ringing 110 call
wait_until 5 'it rings' is 1 .calls.now gw status
ctl dchannel down 1
wait_until 20 'the D channel is down' span_down
end_call ringing
expect_status 502 ringing # cause 27 (Q.931 5.8.9)
expect_records 1
expect_record release_by span
call 1200
expect_status 503
expect_reason 38
ctl dchannel up 1
expect_up
call 1200
expect_status 200
expect_records 3
finish
