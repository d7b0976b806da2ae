#!/bin/bash
# takes 2 s
# not on DAHDI: spans are nothing to it
# What route explain foretells is what the call then does, by the same line and
# with the same digits. It knows what is drained and which limit is reached; the
# tests of the configuration are run by command; and a file that they refuse is
# neither started nor taken by check.
. "$(dirname "$0")/common.sh"
ROUTES='
hours day   { daily 08:00-18:00  zone Europe/Berlin }
number-class premium { numbers +49900  limit 5 calls }
route from phones {
  110          -> city emergency
  +49          -> city max 7 calls
  +4930 caller +49999 -> reject 403 "not you"
  +44 when day -> city
  +44          -> reject 480
  class premium -> reject 403 "barred"
}
route from city { +4930555 -> phones }
test "Berlin"  {
  from phones  to 0305550101  expect city digits 5550101 subscriber
}
test "premium" { from phones to 0900123 expect reject 403 }
test "London"  {
  from phones  to 00442079460000  at "2026-07-01 19:00"  expect reject 480
}'
start_all
explain() { gw --json route explain "$@" >"$DIR/explain.json"; }
says() {
	local got
	got=$(jq -r "$1" "$DIR/explain.json")
	[ "$got" = "$2" ] || fail "explained: $1 is $got, not $2"
}

explain 0305550101 from phones
says .chosen.rule +49
says '.rules[0].verdict' 'other caller'
says '.targets[0].called.digits' 5550101
says '.targets[0].called.type' subscriber
says '.targets[0].available' true
says '.limits[0].used' 0
rule=$(jq -r .chosen.place "$DIR/explain.json")
call 0305550101
expect_status 200
expect_records 1
expect_record route_rule "$rule"
is 5550101 '.calls[-1].called' ctl show || fail 'other digits were sent'

explain 0305550101 from phones caller +49999 at 2026-07-01T12:00
says .reject.status 403
says .reject.text 'not you'
explain 00442079460000 from phones at '2026-07-01 17:59'
says .chosen.rule '+44 when day'
says .at 'Wed 2026-07-01 17:59 +0200'
explain 00442079460000 from phones at '2026-07-01 18:00'
says '.rules[0].verdict' 'not now'
says .reject.status 480
explain 0900123 from phones
says '.limits[0].of' 'number-class premium'
explain 5550177 from city type subscriber
says '.targets[0].target' phones
says .called.core +49305550177

# An emergency call goes through what is drained.
gw drain trunk city >/dev/null
explain 0305550101 from phones
says '.targets[0].available' false
jq -r '.targets[0].state' "$DIR/explain.json" | holds drained ||
	fail 'drained, and not said'
explain 110 from phones
says '.targets[0].available' true
says .emergency true
gw undrain trunk city >/dev/null

# Nor does a drained span count, and a source or all refuse at once.
gw drain span 1 >/dev/null
explain 0305550101 from phones
says '.targets[0].available' false
says '.targets[0].state' \
	'0 of 1 spans take calls (span 1 drained), 0 channels free'
is 0 '.trunk_groups[0].idle' gw show trunks || fail 'show trunks counts it'
is 30 '.trunk_groups[0].drained' gw show trunks || fail 'and not as drained'
is 0 .channels.idle gw status || fail 'status counts it'
explain 5550177 from city type subscriber
says .drained 'every span of it is drained'
explain 110 from phones
says '.targets[0].available' true
says '.targets[0].state' '1 of 1 spans up, 30 channels free'
gw undrain span 1 >/dev/null
gw drain peer phones >/dev/null
explain 0305550101 from phones
says .drained 'sip-peer phones is drained'
gw route explain 110 from phones | tail -n 1 |
	grep -q '^Taken now: .* does not concern an emergency call$' ||
	fail 'an emergency call seems to be refused'
gw drain all >/dev/null
gw route explain 0305550101 from phones | tail -n 1 |
	grep -qx 'Refused now: the gateway is drained' || fail 'all, not told'
gw undrain all >/dev/null
gw undrain peer phones >/dev/null
explain 0305550101 from phones
says .drained null
says '.targets[0].state' '1 of 1 spans up, 30 channels free'

gw route explain 0305550101 from phones caller 030123 >"$DIR/text"
[ "$(expand "$DIR/text" | awk 'length > 80' | wc -l)" = 0 ] ||
	fail 'wider than a terminal'
! gw route explain 1 from nobody 2>"$DIR/text" || fail 'nobody may call'
grep -q 'no sip-peer or trunk-group "nobody"' "$DIR/text" || fail 'not told'
! gw route explain 1 from phones at noon 2>"$DIR/text" || fail 'noon'
! gw route explain 1 from phones type wide 2>"$DIR/text" || fail 'type'

gw route test | tail -n 1 | holds -x '3 passed, 0 failed' || fail 'tests'
"$BUILD/tollgate" check "$DIR/tollgate.conf" |
	grep -qx "$DIR/tollgate.conf is good, tests that pass: 3" ||
	fail 'check finds it bad'
sed 's/expect reject 480/expect city/' "$DIR/tollgate.conf" >"$DIR/bad.conf"
status=0
"$BUILD/tollgate" --json check "$DIR/bad.conf" >"$DIR/text" || status=$?
[ $status = 1 ] || fail "check exits $status"
jq -r '.said[0]' "$DIR/text" |
	grep -q 'test "London" fails: expected city, got reject 480' ||
	fail 'check does not say what fails'
! gw route test "$DIR/bad.conf" 2>"$DIR/text" || fail 'tests that pass'
grep -q 'test "London" fails' "$DIR/text" || fail 'not told what fails'
gw route test "$DIR/tollgate.conf" | holds 'tests that pass: 3' ||
	fail 'the tests of a file'
status=0
"$BUILD/tollgate" check "$DIR/none.conf" 2>/dev/null || status=$?
[ $status = 2 ] || fail "check of no file exits $status"
status=0
timeout 5 "$BUILD/tollgated" -f "$DIR/bad.conf" 2>"$DIR/text" || status=$?
[ $status = 1 ] || fail 'it starts with a test that fails'
finish
