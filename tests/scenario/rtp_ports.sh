#!/bin/bash
# takes 10 s
# A range of RTP ports with fewer pairs than channels: told when the file is
# read, and when a call finds none, in words, by an event, an alarm and a count.
. "$(dirname "$0")/common.sh"
RTP_PORTS=17600-17603
write_conf >"$DIR/few.conf"
"$BUILD/tollgated" --check "$DIR/few.conf" >"$DIR/said.log" 2>&1
for words in '2 pairs of RTP ports for 30 B channels' \
	'(rtp-ports 17600-17659)'; do
	grep -qF "$words" "$DIR/said.log" ||
		fail "too few ports: not told of $words"
done
start_all

start_call two 1200 call -d 9000 -m 2 -r 100 -l 2
wait_until 5 'two calls' active_are 2
call 1200
expect_status 503
expect_reason 47
expect_record q850_cause 47
expect_record cause_text \
	'no RTP port is free (rtp-ports 17600-17603: all 2 are used)'
grep -q 'TG-5009 media-no-port .*hint=' "$DIR/gateway.log" ||
	fail 'it is not in the log'
[ "$(get .calls.no_port gw status)" = 1 ] || fail 'it is not counted'
[ "$(get '[.alarms[].alarm] | index("no-rtp-port")' gw show alarms)" = 0 ] ||
	fail 'there is no alarm'
end_call two
finish
