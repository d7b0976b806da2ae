#!/bin/bash
# takes 45 s
# Figures, no verdict on them: what 30, 60 and 120 calls take on DAHDI spans,
# the delay as wire taps hear it, the smallest buffers. `make bench-dahdi` has
# more.
set -euo pipefail
[ "${TOLLGATE_DRIVER:-virtual}" = dahdi ] || {
	echo 'no DAHDI spans here'
	exit 77
}
. "$(dirname "$0")/../bench/common.sh"
. "$(dirname "$0")/../bench/dahdi.sh"

figure() { echo "figure: $*"; }
delay() { jq -r '"p50 \(.'"$1"'_p50_ms) p99 \(.'"$1"'_p99_ms)"' <<<"$DELAYS"; }

# Instructions are the same ones everywhere, real time is this machine's.
unit=us
[ "${VM_CLOCK:-}" = real ] || unit='us (of 1000 instructions)'
for calls in 30 60 120; do
	hold_calls $calls
	measure $calls 4
	end_held
	figure "gateway's CPU per channel-second, $calls calls $ALL $unit"
	figure "the VM's CPU, $calls calls $BUSY % (us a channel-second:" \
		"$OTHERS)"
	figure "blocks lost in 4 s, $calls calls $LOST"
done
with_taps
line_delays 5
figure "RTP to line, 30 calls, 60 ms jitter buffer $(delay to_line) ms"
figure "line to RTP, 30 calls $(delay to_rtp) ms"
stop exchange
clean_buffers 1 2 2
figure "smallest buffers of 60 channels $BUFFERS of 80 octets, $AHEAD ahead," \
	"$(jq .delay_ms <<<"$CLEAN") ms from end to end"
finish
