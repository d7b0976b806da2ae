#!/bin/bash
# takes 10 s
# No exchange at the start: calls hear why, and the span comes up by itself.
. "$(dirname "$0")/common.sh"
start_gateway
call 1200
expect_status 503
expect_reason 38
expect_retry_after
expect_records 1
expect_record q850_cause 38
start_exchange
expect_up
call 1200
expect_status 200
finish
