#!/bin/bash
# takes 5 s
# Numbers that no route takes, and one that a route refuses.
. "$(dirname "$0")/common.sh"
start_all
call +15551234567
expect_status 404
expect_records 1
expect_record release_by gateway
call +499001234567
expect_status 403
expect_message 'premium numbers are barred'
expect_records 2
expect_record sip_status 403
call +498001234567
expect_status 606
expect_records 3
[ "$(get '.calls | length' ctl show)" = 0 ] || fail 'the exchange was asked'
finish
