#!/bin/bash
# takes 6 s
# A repeated INVITE makes no second call.
. "$(dirname "$0")/common.sh"
start_all
call 1201 twice -d 200
expect_records 1
[ "$(get '.calls | length' ctl show)" = 1 ] || fail 'the exchange saw two calls'
finish
