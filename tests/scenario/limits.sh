#!/bin/bash
# takes 12 s
# Limits of a line of a route, of a class of numbers and of a trunk group: what
# is over them is refused as each of them says, all is given back, and the
# operator sees what is used and where it stands.
. "$(dirname "$0")/common.sh"
TRUNK_SETTINGS='limit 5 calls'
EXTRA_CONF='
number-class echo {
  numbers +49305550101
  limit   1 calls per caller
}'
ROUTES='
route from phones {
  112            -> city replace 112 +49305550101 emergency
  +493055501     -> city
  +4930555012    -> city max 2 calls
  +4930555014    -> city max 5 calls/s
  otherwise      -> reject 404
}
route from city { +493055501 -> phones }'
start_all

# limit OF FIELD: of the first limit of that name.
limit() { get "[.limits[] | select(.of == \"$1\")][0].$2" gw show limits; }
limit_is() {
	local got
	got=$(limit "$1" "$2")
	[ "$got" = "$3" ] || fail "$1: $2 is $got, not $3"
}
LINE_2='route phones +4930555012' LINE_5='route phones +4930555014'

# Calls at once of a line.
start_call two 1200 call -d 9000 -m 2 -r 100 -l 2
wait_until 5 'two calls' active_are 2
call 1200
expect_status 503
expect_reason 42
expect_retry_after
expect_record q850_cause 42
limit_is "$LINE_2" used 2
limit_is "$LINE_2" refused 1
line=$(grep -n 'max 2 calls' "$DIR/tollgate.conf" | cut -d: -f1)
limit_is "$LINE_2" place "$DIR/tollgate.conf:$line"

# A reload forgets nothing: there is room for one more, and no other.
sed -i 's/max 2 calls/max 3 calls/' "$DIR/tollgate.conf"
gw reload >/dev/null
start_call third 1200 call -d 6000
wait_until 5 'three calls' active_are 3
limit_is "$LINE_2" used 3
limit_is "$LINE_2" refused 1
call 1200
expect_status 503
limit_is "$LINE_2" limit '3 calls'
limit_is "$LINE_2" refused 2

# Each caller, of a class of numbers.
start_call one 101 call -d 8000
wait_until 5 'four calls' active_are 4
call 101
expect_status 403
expect_reason 21
expect_message 'limit reached: 1 calls per caller'
limit_is 'number-class echo' used 1
limit_is 'number-class echo' caller +49305550199

# The trunk group is full with the fifth.
start_call other 100 call -d 6000
wait_until 5 'five calls' active_are 5
call 100
expect_status 503
expect_reason 34
expect_retry_after
limit_is 'trunk-group city' used 5
limit_is 'trunk-group city' refused 1

# An emergency call minds none of them, and takes nothing of them.
start_call help '=112' call -d 2000
wait_until 5 'the call for help' active_are 6
limit_is 'trunk-group city' used 5
limit_is 'number-class echo' used 1
end_call help
for name in two third one other; do end_call $name; done
wait_until 5 'nothing is used' \
	is 0 '[.limits[] | select(.unit == "calls") | .used] | add' \
	gw show limits

# Calls a second: the exchange refuses five, the gateway the others.
call 14001 refused -m 20 -r 200 -l 20
wait_until 5 'no call is left' calls_are 0
[ "$(jq -s 'map(select(.q850_cause == 1)) | length' \
	"$DIR/calls.jsonl")" = 5 ] || fail 'not five of twenty'
limit_is "$LINE_5" refused 15
sleep 1.2
limit_is "$LINE_5" used 0
call 14001 refused
expect_status 404

gw show limits
grep -c TG-3107 "$DIR/gateway.log" | sed 's/$/ lines of refusals/'
grep -q 'TG-3107 call-limited call=.* limit="trunk-group city" max="5 calls"' \
	"$DIR/gateway.log" || fail 'not in the log'
[ "$(grep -c TG-3107 "$DIR/gateway.log")" -lt 15 ] || fail 'too many lines'
finish
