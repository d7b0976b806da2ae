#!/bin/bash
# demo.sh demo|run: an exchange and a gateway on a virtual E1, in run/.
#
# demo places one call with SIPp to the exchange's bit-error test and shows
# what went over each wire, what the exchange measured, and the call record;
# exit status 0 only if all of it is right. run stays up and says what to dial.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-demo}
BUILD=${BUILD:-build}
RUN=run
ADDRESS=127.0.0.1 SIP_PORT=5060
PHONE_PORT=5070 PHONE_RTP=16600
HOLD_MS=8000
pids=()
bold='' plain=''
[ ! -t 1 ] || [ -n "${NO_COLOR:-}" ] || bold=$'\e[1m' plain=$'\e[0m'

title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
fail() {
	printf '\nFAILED: %s\n' "$*" >&2
	printf 'Logs: %s\n' $RUN/*.log >&2
	exit 1
}

cleanup() {
	local status=$?
	trap - EXIT
	trap '' INT TERM HUP
	# The gateway first, so that the exchange sees its calls end.
	local i
	for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
		kill "${pids[i]}" 2>/dev/null || continue
		timeout 10 tail -s 0.1 --pid="${pids[i]}" -f /dev/null \
			>/dev/null || kill -KILL "${pids[i]}" || true
	done
	wait
	exit $status
}
trap cleanup EXIT
trap 'echo; exit $([ "$mode" = run ] || echo 130)' INT TERM HUP

# Addresses in /proc/net/udp are the bytes as they lie in memory.
port_free() {
	local port holder
	port=$(printf '%04X' "$2")
	holder=$(awk -v port="$port" 'split($2, at, ":") && at[2] == port &&
		(at[1] == "0100007F" || at[1] ~ /^0+$/)' \
		/proc/net/udp /proc/net/udp6 2>/dev/null)
	[ -z "$holder" ] && return
	echo "UDP port $2 on $ADDRESS ($1) is taken by another program." >&2
	echo "Is another demo running, or a SIP server?" >&2
	exit 1
}

# start NAME COMMAND...: in a session of its own. The terminal's ^C and hang-up
# come to this script alone, which ends the programs in order; from both of
# them the gateway would think that it is to stop at once.
start() {
	local name=$1
	shift
	setsid "$@" >"$RUN/$name.log" 2>&1 </dev/null &
	pids+=($!)
}

# await SECONDS WHAT COMMAND...: until it succeeds and all programs live.
await() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000)) what=$2 pid
	shift 2
	until "$@" >/dev/null 2>&1; do
		for pid in "${pids[@]}"; do
			kill -0 "$pid" 2>/dev/null || {
				tail -n 5 $RUN/exchange.log $RUN/tollgated.log
				fail "a program ended, waiting for: $what"
			}
		done
		[ ${EPOCHREALTIME/./} -lt $end ] || fail "not in time: $what"
		sleep 0.05
	done
}

gw() { "$BUILD/tollgate" --control $RUN/control.sock "$@"; }
ctl() {
	"$BUILD/tollgate-exchange" ctl \
		--control $RUN/exchange-control.sock "$@"
}
spans_up() {
	[ "$(gw show spans --json |
		jq '[.spans[].in_service] | length > 0 and all')" = true ]
}

start_both() {
	port_free SIP $SIP_PORT
	mkdir -p $RUN
	# The last run's logs stay until the next: they may be why it ended.
	local log
	for log in "$RUN"/*.log; do
		[ ! -e "$log" ] || mv "$log" "$log.1"
	done
	start exchange "$BUILD/tollgate-exchange" --spans 1 \
		--socket $RUN/exchange.sock \
		--control $RUN/exchange-control.sock
	await 5 'the exchange listens' ctl show
	start tollgated "$BUILD/tollgated" -f conf/demo.conf
	await 10 'span 1 is in service' spans_up
	echo "tollgate-exchange and tollgated run, span 1 is up" \
		"(virtual E1, EuroISDN)."
}

place_call() {
	port_free 'the caller' $PHONE_PORT
	port_free "the caller's RTP" $PHONE_RTP
	title "SIPp calls sip:+49305550100@$ADDRESS and echoes what it hears" \
		"for $((HOLD_MS / 1000)) s ..."
	sipp $ADDRESS:$SIP_PORT -sf tests/scenario/sipp/call.xml \
		-s +49305550100 -m 1 -i $ADDRESS -p $PHONE_PORT -bind_local \
		-mi $ADDRESS -mp $PHONE_RTP -key rtp_port $PHONE_RTP \
		-key formats '8 101' -key ptime 20 -rtp_echo -d $HOLD_MS \
		-nostdin -timeout 20 -timeout_error -trace_msg \
		-message_file $RUN/sipp-messages.log -trace_err \
		-error_file $RUN/sipp-errors.log >$RUN/sipp.log 2>&1 ||
		fail "SIPp ended with status $?"
}

# expect WHAT FILTER JSON: the filter must say true.
expect() {
	[ "$(jq "$2" <<<"$3")" = true ] || fail "$1. It is: $3"
}

show_call() {
	local result record
	result=$(ctl show --json | jq -c '.calls[-1]')
	record=$(tail -n 1 $RUN/calls.jsonl)

	title 'The ladder'
	gw show call "$(jq .id <<<"$record")" ||
		fail 'the gateway does not know the call'

	title 'The bit-error test, as the exchange counted it'
	jq -r '"\(.bits_compared) bits compared, \(.bit_errors) errors, " +
		"\(.sync_losses) losses of synchronisation"' <<<"$result"

	title "The call record ($RUN/calls.jsonl)"
	jq . <<<"$record"

	expect 'the exchange compared no bits' '.bits_compared > 400000' \
		"$result"
	expect 'there are bit errors' '.bit_errors == 0' "$result"
	expect 'the sequence was lost' '.sync_losses == 0' "$result"
	expect 'the record is of another call' \
		'.called == "+49305550100" and .release_by == "caller" and
		.q850_cause == 16 and .answer_utc != null' "$record"
	expect 'the caller got another answer' '.sip_status == 200' "$record"
	title 'All of it is right.'
}

say_what_to_dial() {
	local call="$BUILD/tollgate-exchange ctl call 5550200"
	cat <<-END

		Dial from any SIP phone on this machine (no registration, UDP,
		G.711), for example

		    sip:+49305550101@$ADDRESS:$SIP_PORT

		+49305550100    bit-error test (send back what you hear)
		+49305550101    echo
		+49305550102    milliwatt: 1004 Hz at 0 dBm0
		+49305550103    ring-back tone before the answer, then echo
		+49305550104    announcement, then refused
		+49305550105    refused, then an announcement
		+49305550106    plays back the digits that you dial
		+49305550107    silence
		+49305550110    rings for ever
		+4930555012NN   rings, answers after NN s, echo
		+4930555013NN   answers, hangs up after NN s
		+4930555014CCC  refused with Q.850 cause CCC (14017: busy)
		+4930555015CCC  rings for 1 s, then refused with cause CCC
		+4930555016NN   proceeds after NN s, answers, echo
		+4930555017MMM  answers, hangs up after MMM ms

		To be called, let a phone listen on port $PHONE_PORT and type

		    $call --type subscriber --from 30123456

		In another terminal:

		    export TOLLGATE_CONTROL=$RUN/control.sock
		    $BUILD/tollgate monitor
		    $BUILD/tollgate show calls
		    $BUILD/tollgate             reads commands; try Tab
		    $BUILD/tollgate-exchange ctl show
		    tail -f $RUN/tollgated.log

		^C ends it.
	END
}

start_both
if [ "$mode" = run ]; then
	say_what_to_dial
	ended=
	wait -n -p ended "${pids[@]}" 2>/dev/null || true
	name=tollgated
	[ "$ended" != "${pids[0]}" ] || name=tollgate-exchange
	fail "$name has ended"
fi
place_call
show_call
