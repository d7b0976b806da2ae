#!/bin/bash
# takes 10 s
# CANCEL against the answer: 50 calls to a number that answers at once, given
# up 0 to 30 ms after 100 Trying, and 30 around the answer after 1 s of ringing.
. "$(dirname "$0")/common.sh"
start_all
"$BUILD/tests/tool_race" "$PHONE:5070" "$GATEWAY:5060" +493055501200 \
	50 0 30000 7 || fail 'a call came to no proper end'
expect_records 50
"$BUILD/tests/tool_race" "$PHONE:5070" "$GATEWAY:5060" +493055501201 \
	30 985000 1015000 8 || fail 'a call came to no proper end'
expect_records 80
"$BUILD/tests/tool_race" "$PHONE:5070" "$GATEWAY:5060" +493055501200 \
	30 cross-cancel | tee "$DIR/race.log"
grep -q 'answer crossed CANCEL 30,' "$DIR/race.log" ||
	fail 'not every CANCEL crossed the answer'
expect_records 110
finish
