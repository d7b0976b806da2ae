#!/bin/bash
# takes 35 s
# The configuration is changed in every way while two calls run: what is wrong
# changes nothing, what is right is there at once, when the span is idle, or
# after a restart, and says so. The calls hear nothing of it.
. "$(dirname "$0")/common.sh"
SPANS=2
CITY='span 1'
start_all
CONF=$DIR/tollgate.conf
said() { grep -q "$1" "$DIR/gateway.log"; }
REPORT=$DIR/report.txt
takes() {
	gw reload >"$REPORT" 2>&1 || fail "reload: $(cat "$REPORT")"
}
reports() {
	grep -qE "$1" "$REPORT" || fail "\"$1\" is not in: $(cat "$REPORT")"
}
# The same as --check says, and nothing is taken.
refuses() {
	local status=0
	gw reload >"$DIR/out.txt" 2>"$REPORT" || status=$?
	[ $status -eq 1 ] || fail "exit status $status of a wrong file"
	[ ! -s "$DIR/out.txt" ] || fail 'a wrong file is reported as taken'
	"$BUILD/tollgated" --check "$CONF" 2>"$DIR/check.txt" &&
		fail '--check likes it'
	diff <(head -n "$(wc -l <"$DIR/check.txt")" "$REPORT") \
		"$DIR/check.txt" || fail 'not what --check prints'
	reports 'nothing is changed'
}

gw reload | holds 'is good and is what runs' || fail 'an unchanged file'
start_call first 101 call -d 9000
start_call second 101 call -d 12000
wait_until 10 'two calls' active_are 2

# Wrong files.
cp "$CONF" "$CONF.good"
echo 'sip-peer new { accept-from nowhere }' >>"$CONF"
refuses
reports 'tollgate.conf:[0-9]+:[0-9]+: error: '
# One event an error, with its remedy.
wait_until 5 'the error in the log' \
	said 'config-error file=.*conf line=.* col=.* msg=".*nowhere.* hint='
errors=$(grep -c ': error: ' "$REPORT")
[ "$(grep -c TG-4001 "$DIR/gateway.log")" -eq "$errors" ] ||
	fail 'not an event an error'
cp "$CONF.good" "$CONF"
echo 'test "t" { from phones to +49301 expect reject 404 }' >>"$CONF"
refuses
mv "$CONF" "$CONF.away"
gw reload 2>"$REPORT" && fail 'a file that is not there is taken'
reports 'cannot be read; nothing is changed'
mv "$CONF.away" "$CONF"
alarms_are() { is "$1" '[.alarms[].alarm] | join(",")' gw show alarms; }
wait_until 5 'the alarm' alarms_are config-refused
wait_until 5 'the error in the log' said config-wrong

# A peer, a trunk group and a route more.
{
	cat "$CONF.good"
	cat <<-END
		sip-peer extra { accept-from $NET.64/26 }
		trunk-group far { members span 2  numbering german-pri }
		route from extra { +44 -> reject 410 }
	END
} >"$CONF"
sed -i 's/^  +49800 .*/  +4930 -> far/' "$CONF"
gw reload --plan >"$REPORT" || fail 'a plan'
reports 'a reload would take:'
reports 'sip-peer "extra" new'
reports '^ *\+ \+4930 -> far'
reports 'Nothing was changed'
gw show trunks | holds far && fail 'a plan was taken'
takes
reports 'trunk-group "far" new'
reports '^ *- \+49800 -> reject 606'
is 2 '.trunk_groups | length' gw show trunks ||
	fail 'the trunk group is not there'
peers_are() { is "$1" '[.peers[].peer] | join(",")' gw show peers; }
peers_are phones,extra || fail 'the peer is not there'
is 2 '.peers[0].calls' gw show peers || fail 'phones has lost its calls'
call 101 call -d 200
is 2 .calls.now gw status || fail 'a call was dropped'
expect_records 1
expect_record trunk_group far
expect_record span 2

# Taken away again: by signal.
cp "$CONF.good" "$CONF"
kill -HUP "${PID[gateway]}"
wait_until 5 'the peer is gone' peers_are phones
wait_until 5 'the log' said 'config-changed .*extra.* is removed, taken at once'
wait_until 5 'one trunk group' is 1 '.trunk_groups | length' \
	gw show trunks

# A span's settings wait for its calls, and it takes new ones.
sed -i '0,/line  *e1/s//line e1\n  channels 1-2 d-channel 16/' "$CONF"
takes
reports 'When the span has no call'
reports 'Span 1 has 2 calls: it takes its new settings after the last one'
channels_are() { is "$1" '.spans[0].channels' gw show spans; }
channels_are 30 || fail 'channels changed under calls'
gw show spans | holds 'waits for its calls' ||
	fail 'show spans does not say so'
end_call first
call 101 call -d 200
sleep 1
channels_are 30 || fail 'channels changed under a call'
end_call second
wait_until 5 'the settings are taken' channels_are 2
wait_until 10 'the span is up again' \
	is true '.spans[0].in_service' gw show spans
call 101 call -d 200

# The same, but with no new calls meanwhile, which go to another span.
start_call third 101 call -d 4000
wait_until 10 'a call' active_are 1
sed -i '0,/channels 1-2/s//channels 1-3/
	s/members .*/members span 1, span 2/' "$CONF"
gw reload --drain >"$REPORT" || fail 'reload --drain'
reports 'Span 1 has 1 call: it takes its new settings after the last one'
call 101 call -d 200
expect_records 6
expect_record span 2
is draining '.spans[0].drain' gw show spans || fail 'span 1 is not drained'
end_call third
wait_until 5 'the settings are taken' channels_are 3
wait_until 5 'it takes calls again' is active '.spans[0].drain' gw show spans
wait_until 10 'the span is up again' \
	is true '.spans[0].in_service' gw show spans

# A span goes with its call, and comes back.
start_call fourth 101 call -d 3000
wait_until 10 'a call' active_are 1
cp "$CONF" "$CONF.two"
sed -i '/^span 1 {/,/^}/d; s/members .*/members span 2/' "$CONF"
takes
reports 'span 1 removed'
reports 'Span 1 has 1 call: it is closed after the last one'
call 101 call -d 200
expect_records 8
expect_record span 2
end_call fourth
spans_are() { is "$1" '[.spans[].span] | join(",")' gw show spans; }
wait_until 5 'span 1 is gone' spans_are 2
cp "$CONF.two" "$CONF"
takes
reports 'span 1 new'
expect_up
call 101 call -d 200
expect_records 10
expect_record span 1

# Another range of ports is that of the next call.
sed -i 's/rtp-ports .*/rtp-ports 20000-20099/' "$CONF"
takes
call 101 call -d 200
grep -qE '^m=audio 200[0-9]{2} ' "$DIR/$LAST.log" || fail 'not of the new range'

# What needs a restart says so each time, and the rest is taken.
sed -i 's/media-workers .*/media-workers 2/
	s/retry-after .*/retry-after 8s/' "$CONF"
takes
reports '^By a restart'
reports '^At once'
reports '\+ retry-after 8s'
takes
reports '\+ media-workers 2'
gw show config >"$REPORT"
reports '^# .*tollgate.conf:[0-9]+$'
reports '^  media-workers 1$'
reports '^  retry-after 8s$'
reports '^  # default: rtp-timeout '
gw show config --diff >"$REPORT"
reports '\+ media-workers 2'
reports 'Nothing was changed'
wait_until 5 'the notice' alarms_are restart-owed
takes
grep -q retry-after "$REPORT" && fail 'retry-after is told again'
is 1 '.configuration | .loaded - .freed' gw status ||
	fail 'configurations are left'
finish
