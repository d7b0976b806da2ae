#!/bin/bash
# takes 10 s
# Five hundred re-INVITEs in a few seconds: five in a second are answered, the
# rest refused with 500 and Retry-After, and not a byte of the voice is lost.
. "$(dirname "$0")/common.sh"
start_all
COUNT=500
{
	echo SEQUENTIAL
	for ((i = 0; i <= COUNT; i++)); do
		echo "$PHONE;audio 41000 RTP/AVP 8 101;a=ptime:20"
	done
	echo end
} >"$DIR/changes.csv"
RTP=41000 start_call storm 101 changes -d 4 -inf changes.csv
wait_until 5 'the call is answered' active_are 1
expect_echo 41000 8
refused=$(get .sip.refused_storms gw status)
[ "$refused" -gt 100 ] || fail "only $refused were refused while it was heard"
end_call storm
grep -q '^Retry-After: ' "$DIR/storm.log" || fail 'no Retry-After'
refused=$(get .sip.refused_storms gw status)
echo "$refused of $COUNT re-INVITEs refused"
# Five a second pass, for as long as it lasted.
[ "$refused" -gt $((COUNT / 2)) ] || fail 'too few were refused'
[ "$refused" -lt "$COUNT" ] || fail 'not one was answered'
is 0 .sip.refused_changes gw status || fail 'a refresh was taken for a change'
expect_records 1
expect_record q850_cause 16
finish
