#!/bin/bash
# takes 6 s
# The called side hangs up: BYE with the cause.
. "$(dirname "$0")/common.sh"
start_all
call 1301 listen
expect_status 200
expect_message '^BYE '
expect_reason 16
expect_records 1
expect_record release_by callee
expect_record q850_cause 16
finish
