#!/bin/bash
# takes 25 s
# A caller moves its voice to another port, another address and the other law,
# and asks for what cannot be: refused with 488, and the call is where it was.
. "$(dirname "$0")/common.sh"
start_all
ELSEWHERE=$NET.3
cat >"$DIR/changes.csv" <<-END
	SEQUENTIAL
	$PHONE;audio 41000 RTP/AVP 8 101;a=ptime:20
	$PHONE;audio 41004 RTP/AVP 8 0 101;a=ptime:20
	$ELSEWHERE;audio 41008 RTP/AVP 0 101;a=ptime:20
	$PHONE;video 41000 RTP/AVP 31;a=ptime:20
	$PHONE;audio 41000 RTP/AVP 18;a=ptime:20
	$PHONE;audio 41000 RTP/SAVP 8;a=ptime:20
	$PHONE;audio 41000 RTP/AVP 8 96;a=ptime:40
	end
END
RTP=41000 start_call mover 101 changes -d 3500 -inf changes.csv

# phase STATUSES: the final responses to the INVITEs so far.
finals() {
	tr -d '\r' <"$DIR/mover.log" | awk '
		/^SIP\/2.0 [2-6]/ { status = $2 }
		/^CSeq: .* INVITE/ && status { printf "%s ", status }
		/^$/ { status = 0 }'
}
finals_are() { [ "$(finals)" = "$1 " ]; }
phase() { wait_until 6 "the responses $*" finals_are "$*"; }

phase 200
expect_echo 41000 8
phase 200 200
expect_echo 41004 8
phase 200 200 200
expect_echo 41008 0 "$ELSEWHERE"
phase 200 200 200 488
expect_echo 41008 0 "$ELSEWHERE"
phase 200 200 200 488 488
expect_no_voice 41000 8
phase 200 200 200 488 488 488
expect_echo 41008 0 "$ELSEWHERE"
phase 200 200 200 488 488 488 200
PTIME=40 expect_echo 41000 8
end_call mover
expect_message '^Warning: 304 .*"Media type not available"$'
expect_message '^Warning: 305 .*"Incompatible media format"$'
expect_message '^Warning: 302 .*"Incompatible transport protocol"$'
expect_message '^m=audio [0-9]* RTP/AVP 8 96$'
expect_message '^a=ptime:40$'
expect_records 1
expect_record q850_cause 16
is 3 .sip.refused_changes gw status || fail 'refusals were not counted'
finish
