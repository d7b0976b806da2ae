#!/bin/bash
# takes 5 s
# An offer without G.711 is refused before the network is asked.
. "$(dirname "$0")/common.sh"
start_all
FORMATS='18 9' call 1200
expect_status 488
expect_records 1
expect_record sip_status 488
[ "$(get '.calls | length' ctl show)" = 0 ] || fail 'the exchange was asked'
finish
