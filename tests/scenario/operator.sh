#!/bin/bash
# takes 8 s
# The operator's commands, for people and as JSON.
. "$(dirname "$0")/common.sh"
start_all
start_call talker 101 listen
wait_until 5 'the call is answered' active_are 1
id=$(get '.calls[0].id' gw show calls)
for command in status 'show spans' 'show channels' 'show trunks' 'show peers' \
	'show stats' 'show calls' "show call $id" audit help; do
	# shellcheck disable=SC2086 # words
	gw $command >"$DIR/said.log" || fail "$command failed"
	[ -s "$DIR/said.log" ] || fail "$command says nothing"
	# shellcheck disable=SC2086
	gw $command --json | jq -e . >/dev/null || fail "$command: no JSON"
done
is "$id" '[.channels[] | select(.state == "busy") | .call.id] | join(" ")' \
	gw show channels || fail 'the channel does not show its call'
is 1 '.trunk_groups[0].busy' gw show trunks || fail 'trunks: no busy channel'
is 1 '.peers[0].calls' gw show peers || fail 'peers: no call'
is '1 1 1 1' '.audit | "\(.sip_legs) \(.span_legs) \(.references) " +
	"\(.media_bridges)"' gw audit || fail 'the audit counts otherwise'
gw show call "$id" | tee "$DIR/ladder.log"
for message in INVITE SETUP CONNECT '200 OK' ACK; do
	grep -q "$message" "$DIR/ladder.log" || fail "no $message in the ladder"
done
gw hangup "$id"
end_call talker
expect_records 1
expect_record release_by operator
expect_record q850_cause 16
gw show call "$id" | holds BYE || fail 'no BYE in the ladder'
is 1 .calls.since_start.answered gw show stats || fail 'stats: no call'
! gw hangup 4711 2>/dev/null || fail 'a call that never was is hung up'
! gw show nonsense 2>/dev/null || fail 'nonsense is shown'
finish
! gw status 2>"$DIR/said.log" || fail 'a gateway that has ended answers'
[ -s "$DIR/said.log" ] || fail 'no word about a gateway that does not run'
