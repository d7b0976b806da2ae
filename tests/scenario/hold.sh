#!/bin/bash
# takes 22 s
# A caller puts the call on hold in each of the three ways and resumes: while it
# holds nothing is sent to it, before and after it hears itself byte for byte.
. "$(dirname "$0")/common.sh"
start_all
audio='audio 41000 RTP/AVP 8 101'
cat >"$DIR/changes.csv" <<-END
	SEQUENTIAL
	$PHONE;$audio;a=sendrecv
	$PHONE;$audio;a=sendonly
	$PHONE;$audio;a=inactive
	$PHONE;$audio;a=sendrecv
	0.0.0.0;$audio;a=ptime:20
	$PHONE;$audio;a=ptime:20
	end
END
RTP=41000 start_call holder 101 changes -d 3500 -inf changes.csv

answers_are() {
	[ "$(tr -d '\r' <"$DIR/holder.log" | awk '/^SIP.2.0 200/ { n = 1 }
		n && /^CSeq: .* INVITE/ { count++ } /^$/ { n = 0 }
		END { print count + 0 }')" = "$1" ]
}
phase() { wait_until 6 "answer number $1" answers_are "$1"; }

phase 1
expect_echo 41000 8
for n in 2 3; do
	phase $n
	expect_no_voice 41000 8
done
phase 4
expect_echo 41000 8
phase 5
expect_no_voice 41000 8
phase 6
expect_echo 41000 8
end_call holder
expect_message '^a=recvonly$'
expect_message '^a=inactive$'
# One version more for each answer that differs from the one before.
versions=$(tr -d '\r' <"$DIR/holder.log" |
	awk -v gw="$GATEWAY" '$1 == "o=-" && $6 == gw { print $3 - first + 0
		first = first ? first : $3 }' | tail -n +2 | tr '\n' ' ')
[ "$versions" = '1 2 3 4 5 ' ] || fail "versions of the answers: $versions"
expect_records 1
expect_record q850_cause 16
is 0 .sip.refused_changes gw status || fail 'a change was refused'
finish
