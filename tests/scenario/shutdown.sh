#!/bin/bash
# takes 8 s
# SIGTERM during calls: every call ends on both sides, with a record.
. "$(dirname "$0")/common.sh"
start_all
start_call answered 101 listen
start_call ringing 110 call
wait_until 5 'two calls' calls_are 2
wait_until 5 'one is answered' active_are 1
stop gateway
end_call answered
end_call ringing
expect_message '^BYE ' answered
expect_records 2
wait_until 5 'the exchange has no call' \
	is 0 '[.spans[].busy] | add' ctl show
finish
