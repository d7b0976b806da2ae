# Sourced by the tests here that place calls. They are scenarios, see
# tests/scenario/common.sh, for spans that only DAHDI has: ones that can be
# pulled out (see `plug`) and heard on the wire.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../scenario/common.sh"
[ "$DRIVER" = dahdi ] || {
	echo 'no DAHDI spans here'
	exit 77
}
LOG_LEVEL=info RTP_PORTS=16384-17383 LIMIT=280

# Each call's voice at a port of its own; a BYE may take longer than T309.
mkdir "$DIR/sipp"
for xml in call listen answer; do
	sed 's/\[rtp_port\]/[auto_media_port]/; s/\[media_ip\]/[local_ip]/
		s/timeout="60000"/timeout="240000"/' \
		"$SIPP_XML/$xml.xml" >"$DIR/sipp/$xml.xml"
done

# telephones NAME COUNT compare|echo: for so many calls, see tool_rtp_load.c.
declare -A VOICE_AT
VOICE_PORT=30000
telephones() {
	VOICE_AT[$1]=$VOICE_PORT
	VOICE_PORT=$((VOICE_PORT + 4 * $2))
	: >"$DIR/$1.log"
	start "$1" "$BUILD/tests/tool_rtp_load" "$PHONE" "${VOICE_AT[$1]}" \
		"$2" "$3"
}

# they_call NAME COUNT NUMBER XML [SIPP ARGUMENTS...]: the telephones NAME, in
# the background; end_call NAME-calls awaits the end. they_answer NAME COUNT:
# they are called.
they_call() {
	RTP=own SIPP_XML=$DIR/sipp start_call "$1-calls" "$3" "$4" -m "$2" \
		-l "$2" -r 100 -mi "$STRANGER" -mp "${VOICE_AT[$1]}" \
		-max_recv_loops 2000 "${@:5}"
}
they_answer() {
	RTP=own SIPP_XML=$DIR/sipp called_phone "$1-calls" answer -m "$2" \
		-mi "$STRANGER" -mp "${VOICE_AT[$1]}" -max_recv_loops 2000
}

# both_ways NAME compare|echo COUNT NUMBER SECONDS [CTL CALL ARGUMENTS...]: so
# many calls from the telephones NAME-out to a test number and so many from the
# exchange to the telephones NAME-in. Who called hangs up after SECONDS; `ever`:
# nobody does.
both_ways() {
	local name=$1 count=$3 hold=$5 calls xml=call
	[ "$hold" != ever ] || hold=600 xml=listen
	calls=$(get .calls.now gw status)
	telephones "$name-in" "$count" "$2"
	telephones "$name-out" "$count" "$2"
	they_answer "$name-in" "$count"
	ctl call 305550177 --type national --count "$count" --rate 100 \
		--hold "$hold" "${@:6}" >/dev/null
	wait_until 5 "$count calls from the network" \
		active_are $((calls + count))
	they_call "$name-out" "$count" "$4" $xml -d "$hold"000
	wait_until 5 "$count calls to the network" \
		active_are $((calls + 2 * count))
}
end_both() {
	end_call "$1-in-calls"
	end_call "$1-out-calls"
}

# told NAME: what the telephones counted since the last time.
told() {
	local lines
	lines=$(wc -l <"$DIR/$1.log")
	kill -USR1 "${PID[$1]}"
	wait_until 5 'the telephones tell' more_lines "$1" "$lines"
	tail -n 1 "$DIR/$1.log"
}
more_lines() { [ "$(wc -l <"$DIR/$1.log")" -gt "$2" ]; }

# expect_exact COUNT SECONDS NAME...: since begin_exact NAME..., or for SECONDS
# from now on, every octet that these telephones say, COUNT of each name, comes
# back to who said it.
begin_exact() {
	local name
	for name in "$@"; do told "$name" >/dev/null; done
}
expect_exact() {
	local name got
	for name in "${@:3}"; do
		got=$(told "$name")
		echo "$name: $got"
		jq -e ".exact == $1 and .least_octets > 8000 * ($2 - 0.5)" \
			<<<"$got" >/dev/null ||
			fail "not each of $1 heard what it said: $got"
	done
}
expect_exact_for() {
	begin_exact "${@:3}"
	sleep "$2"
	expect_exact "$@"
}

# ends FROM [TO]: how the calls of these records ended, each kind once.
ends() {
	sed -n "$1,${2:-\$}p" "$DIR/calls.jsonl" |
		jq -r '"\(.direction) \(.q850_cause) \(.release_by)"' |
		sort | uniq -c | tr -s ' \n' ' '
}

# lost_blocks SHOW...: of the voice, since the start.
lost_blocks() {
	get '[.spans[].voice | .underruns, .overruns, .slips_in, .slips_out] |
		add' "$@"
}
