#!/bin/bash
# takes 25 s
# A span, a peer and all are drained under calls both ways: the calls stay, new
# ones are refused or go elsewhere, and the time-out releases what is left.
. "$(dirname "$0")/common.sh"
SPANS=2
ROUTES=$(default_routes |
	sed '/from phones/a \ \ +493055501302 -> city emergency')
start_all
drain_is() {
	is "$2" ".drains[] | select(.object == \"$1\") | .state" gw show drains
}
refused_from_network() {
	ctl call 305550177 --type national --span "$1" >/dev/null
	wait_until 5 'the network is refused' \
		is 34 '.calls[-1].cause' ctl show
}

# Span 1 has a call each way.
called_phone in answer
ctl call 305550177 --type national --span 1 --hold 60 >/dev/null
start_call out 101 listen -d 60000
wait_until 5 'two calls' active_are 2
is 2 '.spans[0].busy' gw show spans || fail 'they are not on span 1'
gw drain span 1 >"$DIR/drain.txt"
grep -q '^span 1 is draining: 2 calls left$' "$DIR/drain.txt" ||
	fail "it says: $(cat "$DIR/drain.txt")"
call 1301 listen
expect_status 200
expect_records 1
expect_record span 2
refused_from_network 1
expect_records 2
expect_record release_by gateway
active_are 2 || fail 'a running call has ended'
start waits gw drain span 1 --wait
gw hangup 1 >/dev/null
wait_until 5 'one call less' \
	is 1 '.spans[0].drain_calls' gw show spans
gw hangup 2 >/dev/null
wait_until 5 'it is drained' drain_is 'span 1' drained
end_call waits
grep -q '^span 1 is drained: no call is left$' "$DIR/waits.log" ||
	fail "waiting, it said: $(cat "$DIR/waits.log")"
end_call in
end_call out

# Another configuration is no reason to take calls again.
gw block channel 1/5 >/dev/null
sed -i 's/hunt .*/hunt highest-first/' "$DIR/tollgate.conf"
gw reload >"$DIR/reload.txt" || fail "no reload: $(cat "$DIR/reload.txt")"
is highest-first '.trunk_groups[0].hunt' gw show trunks || fail 'not reloaded'
drain_is 'span 1' drained || fail 'a reload ends the drain'
is 5 '.spans[0].blocked[0]' gw show spans || fail 'a reload unblocks'
gw unblock channel 1/5 >/dev/null
call 1301 listen
expect_record span 2
sed -i 's/hunt .*/hunt lowest-first/' "$DIR/tollgate.conf"
gw reload >/dev/null
gw undrain span 1 >/dev/null
grep -q 'TG-9102 drain-empty span=1 ' "$DIR/gateway.log" ||
	fail 'the log does not say of what span'
call 1301 listen
expect_status 200
expect_record span 1

# On a terminal it waits by itself.
start_call shown 101 listen -d 60000
wait_until 5 'a call' active_are 1
script -qfec "'$BUILD/tollgate' --control '$DIR/control.sock' \
	drain trunk city timeout 2s" "$DIR/screen" >/dev/null
end_call shown
expect_reason 31 shown
for line in 'trunk group city is draining: 1 call left, released after 2 s' \
	'1 call left, 1 s until they are released' \
	'trunk group city is drained: no call is left'; do
	grep -qF "$line" "$DIR/screen" || fail "its screen lacks: $line"
done
gw undrain trunk city >/dev/null

# The peer, from both sides.
gw drain peer phones >/dev/null
call 101
expect_status 503
expect_reason 47
expect_retry_after
ctl call 305550177 --type national >/dev/null
wait_until 5 'the network is refused' is 47 '.calls[-1].cause' ctl show
call x options
expect_message '^SIP/2.0 503'
gw undrain peer phones >/dev/null
call x options
expect_message '^SIP/2.0 200'

# All, and a call that does not end.
start_call stays 101 listen -d 60000
wait_until 5 'a call' active_are 1
gw drain all timeout 5s >/dev/null
call 101
expect_status 503
expect_reason 34
refused_from_network 2
call 1302 listen # an emergency call
expect_status 200
is draining .state gw status || fail 'status does not say so'
call x options
expect_message '^SIP/2.0 503'
end_call stays
expect_message '^BYE ' stays
expect_message '^Reason: Q.850;cause=31' stays
wait_until 5 'it is drained' drain_is 'the gateway' drained
is drained .state gw status || fail 'status does not say so'
gw undrain all >/dev/null
call 1301 listen
expect_status 200
finish
