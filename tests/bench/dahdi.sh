# Sourced in the VM, after common.sh: what is measured on DAHDI spans.
#
# CPU time is what the scheduler gave a thread; Debian's kernel charges an
# interrupt to whom it interrupts. In the virtual clock of tests/dahdi-vm/run an
# instruction takes 1 ns of a single CPU: 1 us is 1000 instructions, the same
# ones at every run and on every machine.
# shellcheck shell=bash

# What all took so far, in us: the VM's CPUs, the exchange, the callers.
machine_us() {
	awk -v cpus="$(nproc)" '{ printf "%.0f ", ($1 * cpus - $2) * 1e6 }' \
		/proc/uptime
	task_us exchange
	task_us telephones
}
task_us() {
	[ -z "${PID[$1]:-}" ] || cat "/proc/${PID[$1]}/task"/*/schedstat |
		awk '{ ns += $1 } END { printf "%.0f ", ns / 1000 }'
}

# Blocks lost on any channel, either way, since the spans came up.
blocks_lost() {
	get '[.spans[] | .voice | .slips_in + .slips_out + .overruns +
		.underruns] | add' gw show spans
}

# hold_calls COUNT: on as many spans as it takes, the callers talking.
hold_calls() {
	restart $((($1 + 29) / 30))
	start_telephones "$1"
	talk "$1"
	is "$1" .talking telephones_json ||
		echo "only $(jq .talking <"$DIR/told") of $1 callers talk"
}
telephones_json() { telephones | tee "$DIR/told"; }

# idle SECONDS: of the VM with spans and no program; sets IDLE, in us a second.
idle() {
	local before after
	read -r -a before < <(machine_us; echo)
	echo "host: begin 0 $1"
	sleep "$1"
	echo "host: end 0 $1"
	read -r -a after < <(machine_us; echo)
	IDLE=$(((after[0] - before[0]) / $1))
}

# measure COUNT SECONDS: of calls that are held. Sets ALL and SPLIT (us of the
# gateway per channel-second), BUSY (% of the VM's CPUs), OTHERS (us per
# channel-second of exchange, callers and all else) and LOST.
measure() {
	local count=$1 seconds=$2 cpu before after lost
	lost=$(blocks_lost)
	read -r -a before < <(machine_us; echo)
	read -r -a cpu < <(cpu_us)
	echo "host: begin $count $seconds"
	sleep "$seconds"
	echo "host: end $count $seconds"
	used "$seconds" "$count" "${cpu[@]}"
	read -r -a after < <(machine_us; echo)
	LOST=$(($(blocks_lost) - lost))
	read -r BUSY OTHERS < <(awk -v a="${after[*]}" -v b="${before[*]}" \
		-v count="$count" -v seconds="$seconds" -v gateway="$ALL" \
		-v cpus="$(nproc)" 'BEGIN {
			split(a, x); split(b, y)
			for (i = 1; i <= 3; i++) d[i] = (x[i] - y[i]) / seconds
			printf "%.0f exchange %.0f, callers %.0f, rest %.0f\n",
				d[1] / cpus / 1e4, d[2] / count, d[3] / count,
				(d[1] - d[2] - d[3]) / count - gateway }')
}

# clean_buffers SPAN PEER SECONDS: the smallest buffers through which 60
# channels of two spans alone come whole; sets BUFFERS, AHEAD and CLEAN.
clean_buffers() {
	for AHEAD in 0 1 2; do
		for BUFFERS in 2 3 4; do
			CLEAN=$("$BUILD/tests/tool_dahdi_tdm" "$@" $BUFFERS \
				$AHEAD) && return
		done
	done
	BUFFERS=none
}

# line_delays SECONDS: of thirty calls on span 1, with_taps; sets DELAYS.
line_delays() {
	restart 1
	start_telephones 30 tool_line_delay "${TAPS[@]}" "$1"
	talk 30
	wait "${PID[telephones]}"
	unset "PID[telephones]"
	DELAYS=$(cat "$DIR/telephones.log")
	end_held
}
