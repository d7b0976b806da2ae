# Sourced by every scenario: a gateway, an exchange and SIP callers on a
# loopback network of the scenario's own, in a directory of its own.
#
#   GATEWAY   127.x.y.1   SIP on port 5060
#   PHONE     127.x.y.2   the callers; the peer "phones" is 127.x.y.0/26
#   STRANGER  127.x.y.77  no peer
#
# A scenario may set the variables of write_conf before start_gateway; before
# start_exchange DELAY_MS and T309_S of the D channels and LOSS_DB of the voice.
# It ends with `finish`, which fails when anything is left over.
#
# TOLLGATE_DRIVER is what carries the spans: virtual, or dahdi, in the VM of
# tests/dahdi-vm. There span N of the gateway is DAHDI's span 2N - 1 and joined
# to span N of the exchange, DAHDI's 2N. With LINE=t1, set before start_exchange,
# all are T1, and those of DAHDI are the pairs behind its E1 ones.
# shellcheck shell=bash disable=SC2034
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
BUILD=$(realpath "${BUILD:-build}")
SIPP_XML=$PWD/tests/scenario/sipp
DIR=$(mktemp -d /tmp/tollgate.XXXXXX)
NET=127.$((1 + $$ / 250 % 250)).$((1 + $$ % 250))
GATEWAY=$NET.1 PHONE=$NET.2 STRANGER=$NET.77
RTP_PORT=40000
DRIVER=${TOLLGATE_DRIVER:-virtual}
declare -A PID

fail() {
	FAILURE="FAILED: $*"
	exit 1
}

# On the way out: end what still runs; after a failure show what it said.
cleanup() {
	local status=$? name file
	trap - EXIT INT TERM
	disown -a # bash tells of killed jobs otherwise
	if [ $status -ne 0 ] && [ $status -ne 77 ]; then
		for file in "$DIR"/*.{log,err,jsonl}; do
			[ -s "$file" ] || continue
			echo "--- ${file##*/}"
			grep -v 'channel: out of service' "$file" |
				tail -n 40 | cut -c1-300
		done
		echo '--- as exchange and gateway stand now'
		ctl show 2>&1 | cut -c1-160 || true
		gw show spans 2>&1 || true
		echo "${FAILURE:-FAILED without a word}"
	fi
	[ -z "${PULLED:-}" ] || put_back >/dev/null 2>&1 || true
	for name in "${!PID[@]}"; do
		kill -KILL "${PID[$name]}" 2>/dev/null || true
	done
	[ -z "${TAPPED:-}" ] || {
		sleep 1 # whoever listened has ended then
		taps off || true
	}
	if [ -n "${KEEP:-}" ]; then echo "kept: $DIR"; else rm -rf "$DIR"; fi
	exit $status
}
trap cleanup EXIT
trap 'FAILURE=${FAILURE:-FAILED: line $LINENO: $BASH_COMMAND}' ERR
trap 'FAILURE="FAILED: stopped"; exit 1' INT TERM

# wait_until SECONDS WHAT COMMAND...: until the command succeeds.
wait_until() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt $end ] || fail "not in time: $what"
		sleep 0.05
	done
}

# start NAME COMMAND...: in the background, output to NAME.log.
start() {
	local name=$1
	shift
	"$@" >>"$DIR/$name.log" 2>&1 </dev/null &
	PID[$name]=$!
}

# stop NAME [SIGNAL]: it must end by itself, with exit status 0.
stop() {
	local pid=${PID[$1]} status=0
	unset "PID[$1]"
	kill -"${2:-TERM}" "$pid" 2>/dev/null || fail "$1 had died"
	timeout 20 tail -s 0.1 --pid="$pid" -f /dev/null >/dev/null || {
		kill -KILL "$pid"
		fail "$1 did not end"
	}
	wait "$pid" || status=$?
	[ "${2:-TERM}" = KILL ] || [ $status -eq 0 ] ||
		fail "$1 ended with status $status"
}

# dahdi_span N: DAHDI's number of its N-th span of the line's kind.
dahdi_span() {
	local before=0
	[ "${LINE:-e1}" = e1 ] || before=$(
		sed '/^dynamic=.*,24,/Q' /etc/dahdi/system.conf | wc -l)
	echo $((before + $1))
}

start_exchange() {
	local n device spans=() words=:${LINE:-e1}${PROTOCOL:+:$PROTOCOL}
	for n in $(seq "${1:-1}"); do
		device=virtual
		[ "$DRIVER" = virtual ] || device=dahdi:$(dahdi_span $((2 * n)))
		spans+=(--span "$device$words")
	done
	start exchange "$BUILD/tollgate-exchange" "${spans[@]}" \
		--delay "${DELAY_MS:-0}" --t309 "${T309_S:-90}" \
		--loss "${LOSS_DB:-0}" \
		--verbose --socket "$DIR/exchange.sock" \
		--control "$DIR/exchange-control.sock"
	wait_until 10 'exchange listens' ctl show --json
}

# The configuration on stdout. A scenario changes it by these variables:
#   RTP_PORTS WORKERS LOG_LEVEL CODECS CHANNELS TIMERS RESTART HUNT
#                     values of settings
#   LINE PROTOCOL     t1; euroisdn or ni2; also for start_exchange
#   SPANS             how many there are
#   CITY              members of the trunk group "city": "span 1, span 2"
#   DRAIN             how long calls may go on when it stops; 0s
#   LOG_TO LOG_SETTINGS  the log's `to`, lines for its block
#   GATEWAY_SETTINGS  lines for the gateway block, such as "rtp-timeout 2s"
#   PEER_SETTINGS     lines for the peer "phones"
#   SPAN_SETTINGS     lines for each span
#   TRUNK_SETTINGS    lines for the trunk group "city"
#   ROUTES            all route blocks, instead of those below
#   EXTRA_CONF        further blocks
write_conf() {
	cat <<-END
		gateway test {
		  listen         $GATEWAY 5060
		  advertise      $GATEWAY
		  rtp-ports      ${RTP_PORTS:-16384-16583}
		  jitter-buffer  ${JITTER_BUFFER:-100ms}  # SIPp's echo is no clock
		  control        $DIR/control.sock
		  call-records   $DIR/calls.jsonl
		  media-workers  ${WORKERS:-1}
		  retry-after    7s
		  drain-timeout  ${DRAIN:-0s}
		  ${GATEWAY_SETTINGS:-}
		}
		log {
		  level ${LOG_LEVEL:-debug}
		  to ${LOG_TO:-stderr}
		  ${LOG_SETTINGS:-}
		}
		sip-peer phones {
		  accept-from $NET.0/26
		  codecs      ${CODECS:-alaw ulaw}
		  ptime       20ms
		  numbering   from-phones
		  server      $PHONE 5061
		  ${PEER_SETTINGS:-}
		}
	END
	local n device members=
	for n in $(seq "${SPANS:-1}"); do
		members+="${members:+, }span $n"
		device="virtual $DIR/exchange.sock span $n"
		[ "$DRIVER" = virtual ] ||
			device="dahdi $(dahdi_span $((2 * n - 1)))"
		cat <<-END
			span $n {
			  device    $device
			  line      ${LINE:-e1}
			  ${PROTOCOL:+protocol $PROTOCOL side user}
			  ${CHANNELS:+channels $CHANNELS}
			  ${SPAN_SETTINGS:-}
			  timers    ${TIMERS:-t310 60s t301 180s}
			  restart   ${RESTART:-first-up}
			}
		END
	done
	cat <<-END
		trunk-group city {
		  members   ${CITY:-$members}
		  hunt      ${HUNT:-lowest-first}
		  ${TRUNK_SETTINGS:-}
		  numbering german-pri
		}
		numbering german-pri {
		  send +4930 -> ""  subscriber    isdn
		  send +49   -> ""  national      isdn
		  send +     -> ""  international isdn
		  receive subscriber    "" -> +4930
		  receive national      "" -> +49
		  receive international "" -> +
		}
		numbering from-phones {
		  receive unknown 00 -> +
		  receive unknown 0  -> +49
		}
		${ROUTES:-$(default_routes)}
		${EXTRA_CONF:-}
	END
}

default_routes() {
	cat <<-END
		route from phones {
		  +49       -> city
		  +49900    -> reject 403 "premium numbers are barred"
		  +49800    -> reject 606
		  otherwise -> reject 404
		}
		route from city {
		  +493055501 -> phones
		}
	END
}

start_gateway() {
	write_conf >"$DIR/tollgate.conf"
	start gateway "$BUILD/tollgated" -f "$DIR/tollgate.conf"
	wait_until 10 'gateway runs' gw status
}

# Exchange and gateway, span up.
start_all() {
	start_exchange "${SPANS:-1}"
	start_gateway
	expect_up
}

gw() { "$BUILD/tollgate" --control "$DIR/control.sock" "$@"; }
ctl() {
	"$BUILD/tollgate-exchange" ctl \
		--control "$DIR/exchange-control.sock" "$@"
}

# line down|up SPAN: its layer 1. On DAHDI that is all lines, which outlive the
# scenario.
line() {
	case $DRIVER:$1 in
	dahdi:down) pull 0 ;;
	dahdi:up) put_back ;;
	*) ctl layer1 "$1" "$2" ;;
	esac
}

# pull SPAN, put_back: one of DAHDI's, see `plug`.
pull() {
	PULLED=$1
	plug out "$1"
}
put_back() {
	plug in "$PULLED"
	PULLED=
}

# with_taps: of DAHDI's spans 1 and 2 until the end, see `taps`; sets TAPS, the
# first channels.
with_taps() {
	TAPPED=yes
	read -r -a TAPS < <(taps on)
}

# COMMAND | holds [OPTION...] PATTERN: as grep -q, but reads to the end. Who is
# left in the middle of its words dies of SIGPIPE, and pipefail counts that.
holds() {
	local text
	text=$(cat)
	grep -q "$@" <<<"$text"
}

# get FILTER COMMAND...: what jq finds in the command's JSON.
get() {
	local filter=$1
	shift
	"$@" --json | jq -r "$filter"
}

# is VALUE FILTER COMMAND...
is() {
	local value=$1
	shift
	[ "$(get "$@")" = "$value" ]
}

# At both ends: the exchange may be a second behind, having asked first and in
# vain, and takes no call before it is answered (Q.921 5.5.1).
spans_up() {
	is true '[.spans[].in_service] | all' gw show spans &&
		is true '[.spans[].dchannel == "up"] | all' ctl show
}
expect_up() { wait_until 20 'every span is in service' spans_up; }
active_are() {
	is "$1" '[.calls[] | select(.state == "active")] | length' gw show calls
}
calls_are() { is "$1" .calls.now gw status; }

# sipp_command NAME NUMBER XML ARGUMENTS...: SIPP becomes the command that places
# a call, its messages in NAME.log. With RTP set to a port the voice is
# tool_rtp's there; otherwise SIPp echoes it.
sipp_command() {
	local number=$2 xml=$3 port=$((RTP_PORT += 4)) echo=(-rtp_echo)
	LAST=$1
	shift 3
	case $number in
	[+0]*) ;;
	=*) number=${number#=} ;;
	*) number=+49305550$number ;;
	esac
	[ -z "${RTP:-}" ] || port=$RTP echo=()
	[ ${#echo[@]} -eq 0 ] || echo+=(-mp "$port")
	[ -z "${TRACE-yes}" ] || set -- -trace_msg -message_file \
		"$DIR/$LAST.log" -trace_err -error_file "$DIR/$LAST.err" "$@"
	SIPP=(env -C "$DIR" sipp "$GATEWAY:5060" -sf "$SIPP_XML/$xml.xml"
		-s "$number" -m 1 -i "$PHONE" -bind_local -mi "$PHONE"
		-key rtp_port "$port" -key formats "${FORMATS:-8 101}"
		-key ptime "${PTIME:-20}" "${echo[@]}" -nostdin
		-timeout "${LIMIT:-60}" -timeout_error "$@")
}

# call NUMBER [XML [SIPP ARGUMENTS...]]: places a call to a test number, to a
# number beginning with + or 0, or to what stands behind =, and waits until it is
# over.
call() {
	local number=$1 xml=${2:-call}
	shift $(($# > 1 ? 2 : 1))
	sipp_command "call-$number" "$number" "$xml" "$@"
	"${SIPP[@]}" >/dev/null 2>&1 ||
		fail "call to $number: SIPp ended with status $?"
}

# start_call NAME NUMBER [XML [SIPP ARGUMENTS...]]: the same, not waiting.
start_call() {
	local name=$1 number=$2 xml=${3:-call}
	shift $(($# > 2 ? 3 : 2))
	sipp_command "$name" "$number" "$xml" "$@"
	"${SIPP[@]}" >/dev/null 2>&1 </dev/null &
	PID[$name]=$!
}

# called_phone NAME XML [SIPP ARGUMENTS...]: waits at the peer's server address
# for calls from the telephone network, in the background; end_call awaits it.
# RTP as above.
called_phone() {
	local name=$1 xml=$2 port=$((RTP_PORT += 4)) echo=(-rtp_echo)
	shift 2
	[ -z "${RTP:-}" ] || port=$RTP echo=()
	[ ${#echo[@]} -eq 0 ] || echo+=(-mp "$port")
	env -C "$DIR" sipp -sf "$SIPP_XML/$xml.xml" -m 1 -i "$PHONE" -p 5061 \
		-bind_local -mi "$PHONE" -key rtp_port "$port" \
		-key formats "${FORMATS:-8}" "${echo[@]}" -nostdin -timeout "${LIMIT:-60}" -timeout_error \
		-trace_msg -message_file "$DIR/$name.log" -trace_err \
		-error_file "$DIR/$name.err" "$@" >/dev/null 2>&1 </dev/null &
	PID[$name]=$!
	wait_until 5 'the called phone listens' phone_listens
}

# Addresses in /proc/net/udp are the bytes as they lie in memory; 13C5 is 5061.
phone_listens() {
	local a b c d
	IFS=. read -r a b c d <<<"$PHONE"
	grep -qi "$(printf ' %02X%02X%02X%02X:13C5 ' "$d" "$c" "$b" "$a")" \
		/proc/net/udp
}

# sixty_calls NAME XML SECONDS: both spans of two are full, 30 calls each way, in
# the background: NAME-in to a called phone, NAME-out by a caller as in XML, who
# like the exchange holds for so long.
sixty_calls() {
	called_phone "$1-in" answer -m 30 -max_recv_loops 2000
	ctl call 305550177 --type national --span 2 --count 30 --rate 200 \
		--hold "$3" >/dev/null
	wait_until 5 'thirty calls from the network' active_are 30
	start_call "$1-out" 100 "$2" -m 30 -r 200 -l 30 -d "$3"000 \
		-max_recv_loops 2000
	wait_until 5 'sixty calls' active_are 60
}

# Of sixty_calls that were held for SECONDS each heard what it said. SIPp's echo
# of so many is not always in time, which costs some bits.
expect_sixty_intact() {
	is 60 "[.calls[-60:][] | select(.state == \"over\" and
		.bits_compared > $1 * 30000 and
		.bit_errors < .bits_compared / 100)] | length" ctl show ||
		fail 'not every one of sixty calls carried voice'
}

end_call() {
	local status=0 pid=${PID[$1]}
	unset "PID[$1]"
	wait "$pid" || status=$?
	[ $status -eq 0 ] || fail "call $1: SIPp ended with status $status"
}

# noise FILE: a second of bytes that repeat nowhere and that, in either law, come
# back from the other one as they were: of the odd ones only the quietest of
# mu-law and 6B, 79 and 7B of A-law do not (G.711 tables 3, 4).
noise() {
	printf %b "$(awk 'BEGIN { srand(5); for (i = 0; i < 8000; i++)
		printf "\\0%03o", 2 * int(rand() * 53) + 1 + 128 * (rand() < 0.5)
	}')" \
		>"$1"
}

# voice PORT TYPE SECONDS [ADDRESS]: talks to the gateway from there, with noise,
# and listens. What tool_rtp saw is in $DIR/voice.json, what it heard in
# $DIR/heard.
voice() {
	local port
	port=$(tr -d '\r' <"$DIR/$LAST.log" | awk -v gw="$GATEWAY" '
		$1 == "o=-" { ours = $6 == gw }
		ours && /^m=audio/ { port = $2 } END { print port }')
	[ -s "$DIR/noise" ] || noise "$DIR/noise"
	"$BUILD/tests/tool_rtp" --local "${4:-$PHONE}:$1" --payload-type "$2" \
		--remote "$GATEWAY:$port" --ptime "${PTIME:-20}" --seconds "$3" \
		--send "$DIR/noise" --record "$DIR/heard" >"$DIR/voice.json"
}

# expect_echo PORT TYPE [ADDRESS]: what voice sent came back byte for byte and in the same law.
expect_echo() {
	local hex='od -An -v -tx1' sent heard
	voice "$1" "$2" 2.5 "${3:-}"
	is_voice "[$2]" .payload_types
	sent=$($hex "$DIR/noise" | tr -d ' \n')
	heard=$($hex "$DIR/heard" | tr -d ' \n')
	[[ $heard == *"$sent"* ]] ||
		fail "the echo at port $1 is not what was sent"
}

# expect_no_voice PORT TYPE [ADDRESS]: nothing is sent there.
expect_no_voice() {
	voice "$1" "$2" 1.5 "${3:-}"
	is_voice 0 .packets
}

is_voice() {
	local got
	got=$(jq -c "$2" "$DIR/voice.json")
	[ "$got" = "$1" ] || fail "RTP heard: $2 is $got, not $1"
}

# The final status that the INVITE of the last (or named) call got.
final_status() {
	tr -d '\r' <"$DIR/$1.log" | awk '
		/^SIP\/2.0 / { status = $2 }
		/^CSeq: .* INVITE/ && status >= 200 { final = status }
		/^$/ { status = 0 }
		END { print final }'
}

expect_status() {
	local got
	got=$(final_status "${2:-$LAST}")
	[ "$got" = "$1" ] || fail "${2:-$LAST}: status $got, not $1"
}

# expect_message REGEX [NAME], expect_no_message: in what went over the wire. All
# of it is read: with grep -q a long log would fail for want of a reader.
expect_message() {
	tr -d '\r' <"$DIR/${2:-$LAST}.log" | grep -E -- "$1" >/dev/null ||
		fail "${2:-$LAST}: no \"$1\" in its messages"
}
expect_no_message() {
	! tr -d '\r' <"$DIR/${2:-$LAST}.log" | grep -E -- "$1" >/dev/null ||
		fail "${2:-$LAST}: \"$1\" in its messages"
}
expect_reason() { expect_message "^Reason: .*Q\.850 *; *cause=$1(;|\$)" "${2:-}"; }

# tone FILE LAW FROM LENGTH [SOX EFFECT...]: frequency in Hz and level in dBm0 of
# a recording of law-coded octets (LAW al or ul), LENGTH seconds beginning at
# FROM. Full scale is 3.14 dBm0 in A-law, 3.17 dBm0 in mu-law (G.711 tables 1a
# and 2a, note 2).
tone() {
	local overload_db=3.14
	[ "$2" = al ] || overload_db=3.17
	sox -t "$2" -r 8000 -c 1 "$1" -t dat - trim "${@:3}" |
	awk -v overload_db=$overload_db '!/^;/ {
		sum += $2 * $2; n++
		if (last < 0 && $2 >= 0) {
			at = $1 - $2 / ($2 - last) / 8000
			if (!first) first = at; else cycles++
			final = at
		}
		last = $2
	} END {
		hz = final > first ? cycles / (final - first) : 0
		level = sum > 0 ? 10 * log(2 * sum / n) / log(10) : -99
		printf "%.2f %.2f\n", hz, level + overload_db
	}'
}

# expect_tone HZ DBM0 FILE LAW FROM LENGTH: within 1 % and 0.5 dB.
expect_tone() {
	local hz dbm0 want_hz=$1 want_dbm0=$2
	shift 2
	read -r hz dbm0 < <(tone "$@")
	echo "$* s: $hz Hz, $dbm0 dBm0"
	awk "BEGIN { exit !($hz > $want_hz * 0.99 && $hz < $want_hz * 1.01 &&
		$dbm0 > $want_dbm0 - 0.5 && $dbm0 < $want_dbm0 + 0.5) }" ||
		fail "$want_hz Hz at $want_dbm0 dBm0 wanted in $*"
}

# What is configured and up to half more, so that callers come back spread.
expect_retry_after() { expect_message '^Retry-After: ([789]|10)$'; }

records() { sed -n '$=' "$DIR/calls.jsonl" 2>/dev/null | grep . || echo 0; }
records_are() { [ "$(records)" -eq "$1" ]; }

# expect_records COUNT: exactly so many, none comes late.
expect_records() {
	wait_until 5 "$1 call records (now $(records))" records_are "$1"
	jq -es . "$DIR/calls.jsonl" >/dev/null || fail 'a record is no JSON'
}

# expect_record FIELD VALUE [N]: of the last record, or of the N-th. A record is
# written a moment after SIPp has left.
expect_record() {
	local got end=$((SECONDS + 3))
	until
		got=$(sed -n "${3:-\$}p" "$DIR/calls.jsonl" | jq -r ".$1")
		[ "$got" = "$2" ]
	do
		[ $SECONDS -lt $end ] ||
			fail "call record: $1 is $got, not $2"
		sleep 0.05
	done
}

# While whoever reads the log has stopped: calls begin and end, one of them hears
# every bit that it said, and lines are lost, which are counted.
calls_past_a_stopped_log() {
	local lost
	start_call exact 100 call -d 10000
	wait_until 5 'the call is answered' active_are 1
	# At level debug each of these is dozens of lines.
	for _ in 1 2 3; do
		call 1200 call -m 20 -r 20 -l 20 -d 300
	done
	lost=$(get .log_lines_lost gw status)
	echo "$lost lines lost"
	[ "$lost" -gt 0 ] || fail 'the test makes too few lines'
	end_call exact
	expect_status 200 exact
	expect_records 61
	is 0 '.calls[0].bit_errors' ctl show || fail 'bit errors'
	is 0 '.calls[0].sync_losses' ctl show || fail 'synchronisation losses'
	[ "$(get '.calls[0].bits_compared' ctl show)" -gt 400000 ] ||
		fail 'hardly a bit was compared'
}

# Nothing is left of any call, in any part of the gateway, and nothing had to
# be mended for that.
nothing_left() {
	is 0 '.audit | .calls + .sip_legs + .isdn_legs + .span_legs +
		.references + .libpri_calls + .media_bridges' gw audit
}

# No call, no channel busy, no state machine surprised.
expect_idle() {
	wait_until 10 'no call is left' calls_are 0
	wait_until 10 'no channel is busy' \
		is 0 '[.spans[].busy] | add' gw show spans
	wait_until 10 'nothing is left of the calls' nothing_left
	is 0 .audit.faults_since_start gw audit || fail 'the auditor found a fault'
	is 0 .illegal_events gw status || fail 'an illegal state transition'
	is 0 .sip.internal_errors gw status || fail 'the SIP stack failed'
	is 0 .record_failures gw status || fail 'records were not written'
}

# Every line of the log above debug is an event: a number, a name, key=value.
EVENT_FORM='^[0-9T:.-]+Z tollgated (crit|err|warning|notice|info) +'
EVENT_FORM+='TG-[0-9]{4} [a-z-]+( [a-z_]+=("([^"\\]|\\.)*"|[^ "\\=]+))*$'
expect_events() {
	local bad
	bad=$(LC_ALL=C grep -a ' tollgated ' "$DIR/gateway.log" |
		LC_ALL=C grep -avE "$EVENT_FORM" |
		LC_ALL=C grep -avm 1 'Z tollgated debug ') || return 0
	fail "a line of the log is no event: $bad"
}

# The end of every scenario.
finish() {
	[ -z "${PID[gateway]:-}" ] || {
		expect_idle
		stop gateway
	}
	[ ! -e "$DIR/gateway.log" ] || expect_events
	[ -z "${PID[exchange]:-}" ] || stop exchange
}
