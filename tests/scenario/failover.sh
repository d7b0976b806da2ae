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
# get there.
try() {
	local start
	PHONE=$SECOND called_phone "$1" answer
	start=${EPOCHREALTIME/./}
	ctl call 305550177 --type national --hold 1 >/dev/null
	wait_until 5 "the call is at the second peer ($1)" active_are 1
	MS=$(((${EPOCHREALTIME/./} - start) / 1000))
	end_call "$1"
	echo "$1: at the second peer after $MS ms"
	expect_records "$((++CALLS))"
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
