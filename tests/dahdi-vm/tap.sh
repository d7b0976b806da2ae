#!/bin/bash
# takes 32 s
# Two spans that only listen hear what both ends of a line say from the first
# RESTART on: calls both ways, identities, digits, refusals. An independent
# decoder understands all of it, and nothing that the gateway counts is missing.
. "$(dirname "$0")/common.sh"
CRLF=$'\r\n' PEER_SETTINGS='trust yes'
command -v tshark >/dev/null || { echo 'no tshark here'; exit 77; }

with_taps
start tap "$BUILD/tests/tool_tap" "$DIR/tap.pcap" "$((TAPS[0] + 15))" \
	"$((TAPS[1] + 15))" # the D channels
wait_until 5 'the tap listens' test -e "$DIR/tap.pcap"

start_all
call 1200
expect_status 200
call 110 cancel_ringing -d 1000
for number in 14001 14017 14034 15017 999; do call $number; done
RTP=41000 start_call digits 106 call -d 3000
wait_until 5 'the call is answered' active_are 1
"$BUILD/tests/tool_rtp" --local "$PHONE:41000" --digits 112 --seconds 2
end_call digits
call 1200 identify -key from '<sip:+49301230555@phone.invalid>' \
	-key more "P-Asserted-Identity: \"A\" <sip:alice@h>, \
<tel:+49-30-1230777>${CRLF}Privacy: id${CRLF}Diversion: \
<sip:+49301230999@h>;reason=no-answer;counter=2;privacy=full"
called_phone phone answer_as -key more 'P-Asserted-Identity: <tel:+49301230888>'
ctl call 305550177 --type national --from +441632960000 --restrict \
	--redirecting 301230999 --redirect-reason 15 --hold 1 >/dev/null
end_call phone
ctl call 899 --type national >/dev/null
expect_records 11
expect_idle
said=$(get '.spans[0].d_channel | .messages_in + .messages_out' gw show spans)
finish
stop tap
cp "$DIR/tap.pcap" /vm/out
[ "$(jq .spoilt "$DIR/tap.log")" -eq 0 ] || fail 'frames came spoilt'

decode() {
	tshark -o 'q932.facility_encoding:Dissect facility as ETSI' -n \
		-r "$@" 2>"$DIR/tshark.err" || fail "$(cat "$DIR/tshark.err")"
}
flagged() {
	decode "$1" -Y '_ws.malformed || _ws.expert.severity >= Error || !lapd'
}
decode "$DIR/tap.pcap" -Y q931 -T fields -e _ws.col.Info | sed 's/.*| //' |
	sort | uniq -c | tee "$DIR/kinds"
for kind in RESTART SETUP ALERTING CONNECT DISCONNECT RELEASE; do
	grep -q " $kind\$" "$DIR/kinds" || fail "no $kind was heard"
done
frames=$(decode "$DIR/tap.pcap" | wc -l)
q931=$(decode "$DIR/tap.pcap" -Y q931 | wc -l)
flagged "$DIR/tap.pcap" >"$DIR/flagged"
echo "figure: wire tap: $frames frames of Q.921, $q931 of Q.931," \
	"$(wc -l <"$DIR/flagged") malformed"
[ ! -s "$DIR/flagged" ] || fail "malformed: $(cat "$DIR/flagged")"
# More than it counts are frames that were sent again.
[ "$q931" -ge "$said" ] || fail "the gateway counts $said messages"

# A SETUP from the network whose called number claims to be 32 octets long, and
# is two: this one is seen.
echo '000000 02 01 00 00 08 02 00' \
	'01 05 04 03 80 90 a3 18 03 a9 83 81 70 20 c1 35' |
	text2pcap -q -F pcap -l 177 - "$DIR/spoilt.pcap"
[ "$(flagged "$DIR/spoilt.pcap" | wc -l)" -eq 1 ] ||
	fail 'a malformed frame is not noticed'
