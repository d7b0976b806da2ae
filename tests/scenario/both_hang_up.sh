#!/bin/bash
# takes 8 s
# Both sides hang up in the same moment, give or take 15 ms: each call ends
# once on each leg. 1301 hangs up 1 s after its answer.
. "$(dirname "$0")/common.sh"
start_all
"$BUILD/tests/tool_race" "$PHONE:5070" "$GATEWAY:5060" +493055501301 \
	30 985000 1015000 1 || fail 'a call came to no proper end'
expect_records 30
"$BUILD/tests/tool_race" "$PHONE:5070" "$GATEWAY:5060" +493055501301 \
	30 cross-bye | tee "$DIR/race.log"
grep -q 'both 30,' "$DIR/race.log" || fail 'not every BYE crossed another'
expect_records 60
finish
