#!/bin/bash
# takes 40 s
# A call has its channel's echo canceller from answer to end, and only where it
# is wanted: what the exchange sends back is far softer then. A fax loses it by
# its answer tone. Without one the log says what to do, and the call goes on.
. "$(dirname "$0")/../scenario/common.sh"
[ "$DRIVER" = dahdi ] || exit 77
channels=1-15,17-31

# cancellers LINE: system.conf with it for the gateway's span. The channels must
# not be open.
cancellers() {
	grep -v "^echocanceller=.*,$channels\$" /etc/dahdi/system.conf \
		>"$DIR/system.conf"
	echo "$1" >>"$DIR/system.conf"
	dahdi_cfg -c "$DIR/system.conf" -C 1-31
}
leave() {
	local status=$?
	cancellers '' || :
	set +e
	(exit $status)
	cleanup
}
trap leave EXIT

# state N: of the canceller of channel N, "MG2 ACTIVE".
state() {
	sed -n "s/^\t *$1 .*(EC: \([^ ]*\) - \([A-Z]*\)).*/\1 \2/p" \
		/proc/dahdi/1
}
# talk NAME: a talker to the echo; what it heard in the end is
# ECHO_DBM0, the state of the canceller during the call STATE.
talk() {
	RTP=$((RTP_PORT + 2000)) start_call "$1" 101 call -d 6000
	wait_until 5 'the call is answered' active_are 1
	echo "$1: channel 1 $(state 1), channel 2 $(state 2)"
	STATE=$(state 1)
	voice $((RTP_PORT + 1996)) 8 5
	read -r _ SENT_DBM0 < <(tone "$DIR/noise" al 0 1)
	read -r _ ECHO_DBM0 < <(tone "$DIR/heard" al 4 0.5)
	end_call "$1"
	expect_idle
	echo "figure: $1: $SENT_DBM0 dBm0 sent, echo of $ECHO_DBM0 dBm0"
}

# A hybrid's loss, without which an echo is taken for the far end's own voice.
LOSS_DB=12
start_all
# As loud as speech.
sox -R -n -t al -r 8000 -c 1 "$DIR/noise" synth 1 whitenoise vol 0.12
grep -q "no echo canceller on DAHDI channels $channels: add echocanceller=mg2,\
$channels to /etc/dahdi/system.conf" "$DIR/gateway.log" ||
	fail 'the log does not say what to do'
talk without
[ -z "$STATE" ] || fail 'there is a canceller'
stop gateway

modprobe dahdi_echocan_mg2
cancellers "echocanceller=mg2,$channels"
SPAN_SETTINGS='echo hardware tail 128ms' start_gateway
expect_up
[ "$(state 1)" = 'MG2 INACTIVE' ] || fail 'it is in without a call'
talk with
[ "$STATE" = 'MG2 ACTIVE' ] || fail 'it is not in during the call'
[ "$(state 2)" = 'MG2 INACTIVE' ] || fail 'another channel has it'
[ "$(state 1)" = 'MG2 INACTIVE' ] || fail 'it is still in'
awk "BEGIN { exit !($ECHO_DBM0 < $SENT_DBM0 - 32) }" ||
	fail 'the echo is not softer by another 20 dB'
# A modem or fax answers by 2100 Hz, turned over every 450 ms (G.168 7).
cp "$DIR/noise" "$DIR/voice"
for phase in 0 50 0 50; do
	sox -R -n -t al -r 8000 -c 1 - synth 0.45 sine 2100 0 $phase vol 0.12
done >"$DIR/noise"
talk fax
[ "$STATE" = 'MG2 ACTIVE' ] || fail 'it is not in before the tone'
awk "BEGIN { exit !($ECHO_DBM0 > $SENT_DBM0 - 13) }" ||
	fail 'a fax has the canceller'
cp "$DIR/voice" "$DIR/noise"
stop gateway

SPAN_SETTINGS='echo off' start_gateway
expect_up
talk off
[ "$STATE" = 'MG2 INACTIVE' ] || fail 'it is in though it is off'
finish
