#!/bin/bash
# takes 8 s
# A trunk group that is for calls to the network only, and shares them between
# its spans; a reload makes it take channels by turns, and calls from there too.
. "$(dirname "$0")/common.sh"
SPANS=2 HUNT=least-used TRUNK_SETTINGS='direction out'
ROUTES='route from phones { +49 -> city }'
start_all
is out '.trunk_groups[0].direction' gw show trunks || fail 'direction'

ctl call 305550177 --type national >/dev/null
wait_until 5 'the network is refused' is 63 '.calls[-1].cause' ctl show
expect_records 1
expect_record q850_cause 63
expect_record release_by gateway
expect_record cause_text 'the trunk group has direction out'

# Ten calls, five on each span, from the highest channel down.
start_call ten 101 call -d 3000 -m 10 -r 100 -l 10
wait_until 5 'ten calls' active_are 10
is '5 5' '[.spans[].busy] | map(tostring) | join(" ")' gw show spans ||
	fail 'not five on each span'
is '27 28 29 30 31' '[.channels[] | select(.span == 2 and .call != null) |
	.channel] | map(tostring) | join(" ")' gw show channels ||
	fail 'not from the end'
end_call ten

# Each call on the channel that has been free for the longest.
sed -i 's/least-used/most-idle lowest-first/; s/direction out/direction both/' \
	"$DIR/tollgate.conf"
cat >>"$DIR/tollgate.conf" <<-END
	route from city { +493055501 -> phones }
END
gw reload >/dev/null
for n in {1..5}; do
	call 101
done
[ "$(jq -sr '.[-5:] | map("\(.span)/\(.channel)") | unique | length' \
	"$DIR/calls.jsonl")" = 5 ] || fail 'a channel was taken twice'
expect_record channel 1 12
called_phone phone answer
ctl call 305550177 --type national --hold 1 >/dev/null
end_call phone
expect_records 17
expect_record q850_cause 16
finish
