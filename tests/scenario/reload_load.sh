#!/bin/bash
# takes 40 s
# A thousand reloads, each of which changes something, under sixty calls that
# compare every octet they hear with what they said: none of them has an error
# or a gap, no configuration is left behind, and memory stays what it was.
#
#   RELOADS   how many (1000)
. "$(dirname "$0")/common.sh"
SPANS=2 WORKERS=2 LOG_LEVEL=err LIMIT=140 RELOADS=${RELOADS:-1000}
VOICE_PORT=30000
start_all
CONF=$DIR/tollgate.conf
rss_kb() { awk '/^VmRSS/ { print $2 }' "/proc/${PID[gateway]}/status"; }
# What is loaded and not freed: what runs, and what calls began with.
kept_are() { is "$1" '.configuration | .loaded - .freed' gw status; }

# Three, each of which differs from the others in every kind of block that can
# be taken under calls.
cp "$CONF" "$DIR/0.conf"
{
	sed 's/hunt .*/hunt round-robin/
		s/retry-after .*/retry-after 9s/' "$CONF"
	cat <<-END
		sip-peer one { accept-from $NET.64/28  keepalive never }
		route from one { 110 -> city }
	END
} >"$DIR/1.conf"
{
	sed 's/+49900 .*/+49900 -> reject 410/; s/timers .*/timers t310 50s/
		s/members .*/members span 1/' "$CONF"
	cat <<-END
		sip-peer two { accept-from $NET.80/28  limit 7 calls }
		trunk-group second { members span 2 }
		route from two { +44 -> second, city  otherwise -> reject 404 }
	END
} >"$DIR/2.conf"

# SIPp binds a media port of its own, elsewhere; the telephones are at theirs.
telephones() {
	local lines
	lines=$(wc -l <"$DIR/telephones.log")
	kill -USR1 "${PID[telephones]}"
	wait_until 5 'the telephones tell' more_lines "$lines"
	tail -n 1 "$DIR/telephones.log"
}
more_lines() { [ "$(wc -l <"$DIR/telephones.log")" -gt "$1" ]; }
start telephones "$BUILD/tests/tool_rtp_load" "$PHONE" $VOICE_PORT 60 compare
sed 's/\[rtp_port\]/[auto_media_port]/; s/\[media_ip\]/[local_ip]/' \
	"$SIPP_XML/call.xml" >"$DIR/call.xml"
TRACE='' RTP=$VOICE_PORT SIPP_XML=$DIR start_call sixty 101 call -m 60 -l 60 \
	-r 60 -d 110000 -mi "$STRANGER" -mp $VOICE_PORT
wait_until 10 'sixty calls' active_are 60
sleep 2 # jitter buffers settle
telephones >/dev/null

reload() {
	mv "$DIR/next" "$CONF"
	gw reload >"$DIR/report.txt" 2>&1 || fail "$(cat "$DIR/report.txt")"
}
before=
begun=$(date +%s)
for n in $(seq "$RELOADS"); do
	cp "$DIR/$((n % 3)).conf" "$DIR/next"
	reload
	[ "$n" -ne $((RELOADS / 10)) ] || before=$(rss_kb)
done
after=$(rss_kb)
heard=$(telephones)
echo "$RELOADS reloads in $(($(date +%s) - begun)) s: $heard"
echo "resident $before kB after $((RELOADS / 10)) of them, $after kB at the end"
get '.configuration | "held up for \(.swap_max_us) us at most"' gw status
is "$RELOADS" .configuration.reloads gw status || fail 'reloads are missing'
is 60 .calls.now gw status || fail 'a call was dropped'
jq -e '.exact == 60 and .wrong_octets == 0 and .lost == 0 and
	.least_octets > 4000' <<<"$heard" >/dev/null ||
	fail 'not every call heard all that it said'
kept_are 2 || fail 'there is more than what runs and what the calls began with'
# An instrumented one keeps what is freed for a while.
grep -qa '__[at]san_init' "$BUILD/tollgated" ||
	[ $((after - before)) -lt 1024 ] || fail 'memory has grown'

kill -USR1 "${PID[sixty]}" 2>/dev/null || :
gw hangup span 1 >/dev/null
gw hangup span 2 >/dev/null
wait_until 10 'the calls are over' calls_are 0
kept_are 1 || fail 'a configuration is left behind'
kill -KILL "${PID[sixty]}" 2>/dev/null || :
wait "${PID[sixty]}" 2>/dev/null || :
unset "PID[sixty]"
stop telephones
finish
