#!/bin/bash
# takes 6 s
# The caller hangs up, after the number rang and answered, or at once.
. "$(dirname "$0")/common.sh"
start_all
call 1201 call -d 500
expect_status 200
expect_message '^SIP/2.0 180'
expect_records 1
expect_record release_by caller
expect_record q850_cause 16
call 1200 call -d 0
expect_status 200
expect_records 2
expect_record release_by caller
finish
