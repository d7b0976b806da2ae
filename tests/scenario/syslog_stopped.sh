#!/bin/bash
# takes 20 s
# not on DAHDI: spans are nothing to it
# A syslogd that takes nothing costs no call and no bit: calls begin and end,
# one is bit-exact throughout, the gateway ends in time. When it takes lines
# again it gets what was kept, and how many were not.
. "$(dirname "$0")/common.sh"
LOG_TO=syslog LOG_SETTINGS="syslog-socket $DIR/syslog.sock"
start syslogd "$BUILD/tests/tool_syslogd" "$DIR/syslog.sock"
wait_until 5 'syslogd is there' test -S "$DIR/syslog.sock"
start_all

calls_past_a_stopped_log

kill -USR1 "${PID[syslogd]}"
told() {
	grep -aE '^<28>.*: warning TG-6101 log-lost target=syslog lost=' \
		"$DIR/syslogd.log"
}
wait_until 10 'what was lost is said' told
told
told=$(sed -n 's/.*TG-6101 .* lost=\([0-9]*\) .*/\1/p' "$DIR/syslogd.log" |
	awk '{ sum += $1 } END { print sum + 0 }')
[ "$told" -eq "$(get .log_lines_lost gw status)" ] || fail "$told were told"
grep -qa 'TG-9001 started' "$DIR/syslogd.log" || fail 'the first are not kept'

# It stops again, and the gateway ends all the same.
kill -USR1 "${PID[syslogd]}"
sleep 0.3
call 1200 call -m 20 -r 20 -l 20 -d 300
expect_idle
started=$SECONDS
stop gateway
[ $((SECONDS - started)) -le 8 ] || fail 'the end waits for syslogd'
stop syslogd
finish
