#!/bin/bash
# takes 20 s
# A T1 carries mu-law: calls both ways without a bit error, an echo byte for
# byte, and from A-law phones through both tables of G.711 and back, with
# National ISDN and with EuroISDN.
. "$(dirname "$0")/common.sh"
LINE=t1
last() { get ".calls[-1].$1" ctl show; }
expect_intact() {
	local bits errors
	bits=$(last bits_compared) errors=$(last bit_errors)
	echo "$1: $bits bits compared, $errors errors"
	[ "$bits" -gt 150000 ] || fail "$1: only $bits bits were compared"
	[ "$errors" -eq 0 ] || fail "$1: $errors bit errors"
}

start_all
is 23 '.spans[0].channels' gw show spans || fail 'not 23 B channels'
is 24 '.spans[0].timeslots | length' gw show spans || fail 'not 24 timeslots'
is none '.spans[0].timeslots[23]' gw show spans || fail 'no D channel in 24'

FORMATS='0 101' call 100 call -d 4000
expect_records 1
expect_record codec ulaw
expect_record channel 1
expect_intact 'to the exchange'
FORMATS=0 called_phone phone answer
ctl call 305550177 --type national --hold 4 >/dev/null
end_call phone
expect_records 2
expect_record codec ulaw
expect_record channel 23
expect_intact 'from the exchange'

RTP=41000 FORMATS='0 101' start_call talker 101 call -d 4000
wait_until 5 'the call is answered' active_are 1
expect_echo 41000 0
end_call talker
RTP=41100 FORMATS='8 101' start_call alaw 101 call -d 4000
wait_until 5 'the A-law call is answered' active_are 1
expect_echo 41100 8
end_call alaw
expect_records 4
expect_record codec alaw
finish

echo 'EuroISDN on a T1'
PROTOCOL=euroisdn start_all
FORMATS='0 101' call 100 call -d 3000
expect_intact 'EuroISDN'
finish
