#!/bin/bash
# takes 6 s
# INVITE without SDP: the offer is ours, in the 200, the answer in the ACK.
. "$(dirname "$0")/common.sh"
start_all
call 100 delayed_offer -d 3000
expect_status 200
expect_records 1
is 0 '.calls[-1].bit_errors' ctl show || fail 'bit errors'
bits=$(get '.calls[-1].bits_compared' ctl show)
[ "$bits" -gt 100000 ] || fail "only $bits bits were compared"
finish
