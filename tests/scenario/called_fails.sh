#!/bin/bash
# takes 4 s
# A called SIP side that fails: the telephone network hears the cause of the
# table (RFC 4497 8.4.4), that of a Q.850 Reason before it; a redirection is not
# followed.
. "$(dirname "$0")/common.sh"
start_all
over_are() { is "$1" .calls_over ctl show; }
calls=0

# fails CAUSE STATUS [HEADER]
fails() {
	sed "s/486 Busy Here/$2/; s/\[last_CSeq:\]/&${3:+\\n      $3}/" \
		"$SIPP_XML/refuse.xml" >"$DIR/refuse.xml"
	SIPP_XML=$DIR called_phone "phone$calls" refuse
	ctl call 5550170 --type subscriber --from 301234567 >/dev/null
	wait_until 10 "the call is over: $2" over_are $((calls += 1))
	end_call "phone$((calls - 1))"
	local got
	got=$(get '.calls[-1].cause' ctl show)
	[ "$got" = "$1" ] || fail "$2 ${3:-}: cause $got, not $1"
	expect_records $calls
	expect_record q850_cause "$1"
	expect_record sip_status "${2%% *}"
	expect_record release_by callee
}
fails 31 '302 Moved Temporarily' "Contact: <sip:+491234@$PHONE:5999>"
fails 1 '404 Not Found'
fails 17 '486 Busy Here'
fails 18 '480 Temporarily Unavailable'
fails 65 '488 Not Acceptable Here' 'Warning: 304 x "Media type not available"'
fails 31 '488 Not Acceptable Here'
fails 21 '603 Decline'
fails 41 '503 Service Unavailable' 'Retry-After: 5'
fails 34 '503 Service Unavailable' 'Reason: Q.850;cause=34'
fails 31 '499 Unheard Of'
is 0 .calls.rerouted gw status || fail 'another target was tried'
finish
