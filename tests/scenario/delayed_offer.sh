#!/bin/bash
# takes 12 s
# INVITE without SDP: the offer is ours, in the 200, the answer in the ACK.
. "$(dirname "$0")/common.sh"
start_all
call 100 delayed_offer -d 3000
expect_status 200
expect_records 1
is 0 '.calls[-1].bit_errors' ctl show || fail 'bit errors'
bits=$(get '.calls[-1].bits_compared' ctl show)
[ "$bits" -gt 100000 ] || fail "only $bits bits were compared"

# An answer with both laws: the first is sent, either may come.
FORMATS='0 8 101' RTP=41000 start_call both 101 delayed_offer -d 5000
wait_until 5 'the call is answered' active_are 1
voice 41000 8 2.5
is_voice '[0]' .payload_types
voice 41000 0 1.5
is_voice '[0]' .payload_types
end_call both
is 0 .voice.rtp_wrong_payload gw show stats || fail 'a law was not taken'
finish
