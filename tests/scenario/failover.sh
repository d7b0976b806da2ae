#!/bin/bash
# takes 8 s
# A route with two peers. The first is dead: the call is at the second within
# 3 s. It answers 503, or its port is closed: at once. It is busy: that is the
# answer, and the second hears nothing.
. "$(dirname "$0")/common.sh"
SECOND=$NET.130
EXTRA_CONF="
sip-peer second {
  server $SECOND 5061
  accept-from $NET.128/26
}"
ROUTES='
route from phones { otherwise -> city }
route from second { otherwise -> city }
route from city   { otherwise -> phones, second }'
start_all

# try NAME: a call that the second peer answers; sets MS, how long it took to
# ring there.
try() {
	PHONE=$SECOND called_phone "$1" answer
	ctl call 305550177 --type national --hold 1 >/dev/null
	end_call "$1"
	expect_records "$((++CALLS))"
	MS=$(jq -s '.[-1].setup_ms' "$DIR/calls.jsonl")
	echo "$1: at the second peer after $MS ms"
	expect_record sip_peer second
}
CALLS=0
# A peer that swallows everything: its socket is there, and never read.
called_phone deaf answer
kill -STOP "${PID[deaf]}"
try dead
[ "$MS" -ge 1900 ] || fail 'given up too early'
[ "$MS" -le 3000 ] || fail 'not within 3 s'
kill -KILL "${PID[deaf]}"
unset "PID[deaf]"
try closed
[ "$MS" -le 1000 ] || fail 'not at once'
called_phone full unavailable
try unavailable
end_call full
[ "$MS" -le 1000 ] || fail 'not at once'

called_phone busy refuse
ctl call 305550178 --type national >/dev/null
end_call busy
expect_records 4
expect_record sip_status 486
expect_record sip_peer phones
finish
