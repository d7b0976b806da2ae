#!/bin/bash
# takes 40 s
# A pair of DAHDI spans alone: alarms come and go, 60 channels carry every octet
# both ways, and how small the buffers may be.
set -euo pipefail
cd "$(dirname "$0")/../.."
tool=${BUILD:-build}/tests/tool_dahdi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "FAILED: $*"
	exit 1
}
[ -e /dev/dahdi/channel ] || {
	echo 'no pair of DAHDI spans here'
	exit 77
}

# alarms SPAN: its mask of DAHDI_ALARM_*, from user.h: red is 8, yellow 4.
alarms() { "$tool" alarms "$1" | cut -d' ' -f3; }
# expect_alarms MASK: of span 1, within 4 s.
expect_alarms() {
	for _ in {1..80}; do
		[ "$(alarms 1)" != "$1" ] || return 0
		sleep 0.05
	done
	fail "the alarms of span 1 are $(alarms 1), not $1"
}

"$tool" alarms 1 2 | tee "$work/spans"
diff - "$work/spans" <<-END || fail 'the spans are not two of 31 channels'
	1 DYN/loc/0:0 0 31
	2 DYN/loc/0:1 0 31
END

"$tool" watch 1 12 >"$work/events" &
plug out 0
expect_alarms 8
plug in 0
expect_alarms 0
plug out 2
expect_alarms 4
plug in 2
expect_alarms 0
wait
cat "$work/events"
# DAHDI_EVENT_ALARM, DAHDI_EVENT_NOALARM
[ "$(grep -o ' [45]$' "$work/events" | tr -d '\n')" = ' 4 5 4 5' ] ||
	fail 'not each alarm and its end came as events'

"$tool" stream 1 2 10 80 4 || fail '60 channels for 10 s were not clean'

# Octets in a block, blocks. No verdict: what a busy machine holds differs.
for buffers in '160 2' '80 2' '40 4' '40 2' '16 8' '16 4' '16 2'; do
	# shellcheck disable=SC2086 # two numbers
	got=$("$tool" stream 1 2 2 $buffers) || true
	echo "figure: buffers of $buffers: $got"
done
