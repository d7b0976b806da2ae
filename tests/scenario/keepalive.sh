#!/bin/bash
# takes 8 s
# A peer that is asked by OPTIONS: never heard, up, down when it has stopped,
# up again; each change is a line with a remedy, and a call to a peer that is
# down is refused at once.
. "$(dirname "$0")/common.sh"
PEER_SETTINGS='keepalive options every 1s down-after 2 up-after 1'
start_all
state_is() { is "$1" '.peers[0].state' gw show peers; }
said() { grep -qE "peer=phones .*msg=\"$1" "$DIR/gateway.log"; }
wait_until 5 'down, never heard' state_is down
said 'down: .* 2 OPTIONS to .*; never heard since the start\.' ||
	fail 'no line for down'

called_phone phone options_answer -m 3
wait_until 5 'up' state_is up
said 'up again after [0-9]+ s, [0-9.]+ ms"$' || fail 'no line for up again'
get .peers[0].rtt_ms gw show peers | holds '^[0-9]' || fail 'no rtt'
end_call phone
wait_until 5 'down' state_is down
said 'down: nobody there \(ICMP\) at 2 OPTIONS to .*; it was up for .*server' ||
	fail 'no line for down'

# Network out of order, at once, and no INVITE was sent.
ctl call 305550177 --type national >/dev/null
expect_records 1
expect_record q850_cause 38
! grep -q 'sent INVITE' "$DIR/gateway.log" || fail 'an INVITE was sent'

called_phone again options_answer -m 3
wait_until 5 'up again' state_is up
end_call again
[ "$(get '.peers[0].options_lost' gw show peers)" -ge 4 ] || fail 'not counted'
finish
