#!/bin/bash
# takes 6 s
# not on DAHDI: spans are nothing to it
# An operator finds out from the log alone: events with number and keys, in the
# file and by command, as they come, explained without a gateway; and changes
# what is logged while it runs.
. "$(dirname "$0")/common.sh"
LOG_LEVEL=notice
start_all
start follow "$BUILD/tollgate" --control "$DIR/control.sock" --json \
	events --follow
followed() { jq -es "any(.[]; $1)" "$DIR/follow.log" >/dev/null; }
logged() { grep -aE "$1" "$DIR/gateway.log"; }
wait_until 5 'what was before' followed '.event == "TG-9001"'
line down 1
wait_until 10 'the alarm is in the log' \
	logged 'TG-1203 span-down span=1 alarm=[a-z]+ calls=0 msg='
wait_until 5 'the alarm comes' \
	followed '.name == "span-down" and .keys.span == "1"'
gw events 5 | holds 'TG-1203 span-down' || fail 'not among the last events'
gw --control /nowhere help event TG-1203 | holds 'cable' || fail 'no remedy'
line up 1
expect_up

# Level debug of one module, and back.
! logged 'info +TG-3001' || fail 'level notice tells of calls'
gw log level dahdi debug
gw log level gateway info
call 1200 call -d 300
wait_until 5 'the call is told' logged 'info +TG-3005 call-released call=1 '
call +499001234
wait_until 5 'and the line that rejects another' \
	logged 'TG-3002 call-rejected call=2 .* status=403 rule=[^ ]*:[0-9]+ '
logged ' debug .*span=1 ch=1 .*U0' >/dev/null || fail 'no step of a call'
! logged ' debug .*sip ' || fail 'another module tells too'
gw log level notice
call 1200 call -d 300
! logged 'TG-3001 call-start call=3' || fail 'level notice is not taken'
logged 'TG-6102 log-level module=all level=notice' >/dev/null
gw show log | holds '^sip *notice' || fail 'show log'
kill "${PID[follow]}"
unset "PID[follow]"
finish
