#!/bin/bash
# takes 40 s
# An answer that is never acknowledged: BYE after 32 s (RFC 3261 13.3.1.4).
. "$(dirname "$0")/common.sh"
start_all
before=$SECONDS
call 1200 no_ack
took=$((SECONDS - before))
if [ $took -lt 31 ] || [ $took -gt 36 ]; then
	fail "BYE came after $took s, not 32"
fi
expect_records 1
finish
