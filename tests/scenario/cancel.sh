#!/bin/bash
# takes 10 s
# The caller gives up: before the network said anything (its D channel is cut),
# and while it rings.
. "$(dirname "$0")/common.sh"
start_all
call 110 cancel_ringing -d 1000
expect_status 487
expect_records 1
expect_record release_by caller
expect_record q850_cause 16
expect_record answer_utc null

ctl dchannel down 1
call 110 cancel -d 300
expect_status 487
expect_no_message '^SIP/2.0 18'
wait_until 20 'Q.921 gives up' records_are 2
expect_record release_by caller
ctl dchannel up 1
expect_up
finish
