#!/bin/bash
# takes 8 s
# OPTIONS tells the gateway's real state.
. "$(dirname "$0")/common.sh"
start_all
call x options
expect_message '^SIP/2.0 200'
line down 1
wait_until 5 'the span is down' is false '.spans[0].in_service' gw show spans
call x options
expect_message '^SIP/2.0 503'
line up 1
expect_up
call x options
expect_message '^SIP/2.0 200'
finish
