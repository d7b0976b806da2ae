#!/bin/bash
# takes 8 s
# A line that goes and comes, a drain and blocked channels are alarms while they
# last, and history afterwards.
. "$(dirname "$0")/common.sh"
start_all
alarms_are() {
	[ "$(get '[.alarms[].alarm] | join(" ")' gw show alarms)" = "$1" ]
}
wait_until 5 'no alarm' alarms_are ''
gw drain span 1 >/dev/null
gw block channel 1/3-4 >/dev/null
alarms_are 'channels-blocked drained' ||
	alarms_are 'drained channels-blocked' || fail 'not both are alarms'
line down 1
wait_until 5 'the line alarm' is line-alarm '.alarms[0].alarm' gw show alarms
is 1 .alarms.major gw status || fail 'status does not count it'
line up 1
expect_up
gw undrain span 1 >/dev/null
gw unblock channel 1/3-4 >/dev/null
wait_until 5 'no alarm' alarms_are ''
past=$(gw --json show alarms --history | jq -r '[.history[].alarm] | sort |
	unique | join(" ")')
for alarm in channels-blocked drained line-alarm; do
	[[ " $past " = *" $alarm "* ]] || fail "history has: $past"
done
finish
