# Sourced by the benchmarks: calls that are held, what they cost, and a table of
# figures. On top of a scenario's gateway, exchange and callers.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../scenario/common.sh"
LOG_LEVEL=notice RTP_PORTS=16384-20479 JITTER_BUFFER=60ms TRACE='' LIMIT=900
VOICE_PORT=30000

# row WHAT FIGURE UNIT BAR REMARK: whether the bar was met stands beside it; a
# bar of calls a second is a least, but for 2 % that the callers' start and end
# cost; all others are a most.
row() {
	local met=
	[ -z "${4:-}" ] || met=$(verdict "$2" "$3" "$4")
	[ "$met" = '' ] || [ "$met" = ok ] || MISSED+=("${1#"${1%%[! ]*}"}")
	line "$1" "$2" "$3" "${4:-}" "$met" "${5:-}"
}
line() { printf '%-44s %8s %-3s %5s %-5s %s\n' "$@"; }
verdict() {
	awk -v figure="$1" -v unit="$2" -v bar="$3" 'BEGIN {
		if (figure !~ /^-?[0-9.]+$/) print "none"
		else if (unit == "/s")
			print (figure < bar * .98 ? "under" : "ok")
		else print (figure > bar ? "over" : "ok") }'
}
MISSED=()
plural() { [ "$1" -eq 1 ] || echo s; }

# CPU time of the gateway's threads so far, in us: signalling, media, others
# (call records). The ticks of /proc/PID/stat are too coarse for work that comes
# in slices of 50 us.
cpu_us() {
	local pid=${PID[gateway]} task name ns signalling=0 media=0 other=0
	for task in "/proc/$pid/task"/*; do
		read -r name <"$task/comm"
		read -r ns _ <"$task/schedstat"
		case ${task##*/}:$name in
		"$pid":*) signalling=$((signalling + ns / 1000)) ;;
		*:media-*) media=$((media + ns / 1000)) ;;
		*) other=$((other + ns / 1000)) ;;
		esac
	done
	echo $signalling $media $other
}

# used SECONDS COUNT BEFORE...: us per second and piece since `cpu_us` told
# BEFORE; sets ALL and SPLIT.
used() {
	local seconds=$1 count=$2 now
	shift 2
	read -r -a now < <(cpu_us)
	read -r ALL SPLIT < <(awk -v a="${now[*]}" -v b="$*" \
		-v n="$((seconds * count))" 'BEGIN {
			split(a, x); split(b, y)
			for (i = 1; i <= 3; i++) sum += d[i] = (x[i] - y[i]) / n
			print int(sum + 0.5), "signalling", r(d[1]) ",",
				"media", r(d[2]) ",", "records", r(d[3]) }
			function r(x) { return sprintf("%.1f", x) }')
}

divide() {
	awk -v a="$1" -v b="$2" -v f="${3:-%.1f}" 'BEGIN { printf f, a / b }'
}

# What the telephones counted since the last time.
telephones() {
	local lines
	lines=$(wc -l <"$DIR/telephones.log")
	kill -USR1 "${PID[telephones]}"
	wait_until 5 'the telephones tell' more_lines "$lines"
	tail -n 1 "$DIR/telephones.log"
}
more_lines() { [ "$(wc -l <"$DIR/telephones.log")" -gt "$1" ]; }

machine() {
	echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)," \
		"$(nproc) CPUs, Linux $(uname -r)," \
		"load $(cut -d' ' -f1-3 /proc/loadavg)"
}

restart() {
	[ -z "${PID[gateway]:-}" ] || stop gateway
	[ -z "${PID[exchange]:-}" ] || stop exchange
	SPANS=$1
	rm -f "$DIR"/*.jsonl
	start_all
}

# start_telephones COUNT [TOOL ARGUMENT...]: those of tool_rtp_load by default.
start_telephones() {
	: >"$DIR/telephones.log"
	start telephones "$BUILD/tests/${2:-tool_rtp_load}" "$PHONE" \
		$VOICE_PORT "$1" "${@:3}"
	TALKING=0
	# SIPp binds a media port of its own, elsewhere.
	sed 's/\[rtp_port\]/[auto_media_port]/; s/\[media_ip\]/[local_ip]/' \
		"$SIPP_XML/call.xml" >"$DIR/call.xml"
}

# talk COUNT: until so many calls are held; RAMP of them a second begin.
talk() {
	local more=$(($1 - TALKING))
	RTP=$VOICE_PORT SIPP_XML=$DIR start_call "held$1" 101 call \
		-m $more -l $more -r "${RAMP:-60}" -d 900000 -mi "$STRANGER" \
		-mp $((VOICE_PORT + 4 * TALKING))
	TALKING=$1
	# To ask while they come would cost more than they do.
	sleep $((more / ${RAMP:-60}))
	wait_until 60 "$1 calls are held" active_are "$1"
	sleep 1
}

without() {
	awk -v all="$1" -v part="$2" 'BEGIN { printf "%.1f", all - part }'
}

end_held() {
	local name
	stop gateway
	[ -z "${PID[telephones]:-}" ] || stop telephones
	for name in "${!PID[@]}"; do
		[[ $name = held* ]] || continue
		kill -KILL "${PID[$name]}" 2>/dev/null || true
		wait "${PID[$name]}" 2>/dev/null || true
		unset "PID[$name]"
	done
}
