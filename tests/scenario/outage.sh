#!/bin/bash
# takes 45 s
# The line fails during 30 calls, 29 answered and one that rings: for 1 s, which
# nobody but the span notices; for 3 s; and for longer than T309, which ends
# them with cause 27. A D channel that is lost and returns ends the one that
# rings alone (Q.931 5.8.9), at the exchange too, which has not noticed; it is
# asked for the others (5.8.10).
. "$(dirname "$0")/common.sh"
SPANS=1 TIMERS='t203 1s t309 12s'
start_all
waiting() { get '.spans[0].waiting' gw show spans; }
span_down() { is false '.spans[0].in_service' gw show spans; }
asked_for() { # COUNT: so many calls, at the exchange
	[ "$(grep 'received STATUS ENQUIRY' "$DIR/exchange.log" |
		grep -o 'call reference [0-9]*' | sort -u | wc -l)" -eq "$1" ]
}

# back SECONDS: the line is, and every call that it had.
back() {
	line up 1
	expect_up
	active_are 29 || fail "an answered call was lost in $1 s"
	calls_are 30 || fail "the ringing call was lost in $1 s"
}
LIMIT=140
start_call answered 1200 listen -m 29 -r 29 -l 29 -max_recv_loops 2000
start_call ringing 110 call
wait_until 10 'all calls are up' active_are 29
wait_until 5 'one rings' calls_are 30

line down 1
wait_until 8 'the span is down' span_down
call 1200
expect_status 503
back 1
line down 1
sleep 3
span_down || fail 'in service without a line'
back 3
expect_records 1 # of the one refused

ctl dchannel down 1
end_call ringing
expect_status 502 ringing
[ "$(waiting)" -eq 29 ] || fail "waiting for T309: $(waiting)"
ctl dchannel up 1
expect_up
active_are 29 || fail 'an answered call was lost with the D channel'
is 29 '.spans[0].busy' ctl show || fail 'the exchange keeps the ringing call'
wait_until 5 'each call was asked for' asked_for 29
call 1200
expect_status 200
sleep 9 # twice T322
active_are 29 || fail 'an answered call was cleared though it was there'

line down 1
end_call answered
expect_message '^BYE ' answered
grep -q '^Reason: Q.850;cause=27' "$DIR/answered.log" ||
	fail 'BYE without cause 27'
expect_records 32
[ "$(tail -n 29 "$DIR/calls.jsonl" |
	jq -r '"\(.q850_cause) \(.release_by)"' | sort -u)" = '27 span' ] ||
	fail 'the calls did not end by T309'
line up 1
expect_up
call 1200
expect_status 200
finish
