#!/bin/bash
# takes 4 s
# At level info a call's story is told in one to six lines, every one of which
# names the call.
. "$(dirname "$0")/common.sh"
LOG_LEVEL=info
start_all
before=$(wc -l <"$DIR/gateway.log")
call 1200 call -d 300
expect_status 200
expect_records 1
tail -n +$((before + 1)) "$DIR/gateway.log" | tee "$DIR/story.log"
lines=$(wc -l <"$DIR/story.log")
named=$(grep -c 'call=1\b' "$DIR/story.log")
if [ "$lines" -lt 1 ] || [ "$lines" -gt 6 ]; then
	fail "$lines lines for one call"
fi
[ "$named" -eq "$lines" ] || fail "$named of $lines lines name the call"
finish
