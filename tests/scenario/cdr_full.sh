#!/bin/bash
# takes 6 s
# not on DAHDI: spans are nothing to it
# The disk of the call records is full: they wait, and are all there, once and
# in order, when it has room again. The disk is a memory file system that only
# the gateway sees.
. "$(dirname "$0")/common.sh"
unshare -Urm true 2>/dev/null || {
	echo 'no name spaces here'
	exit 77
}

disk=$DIR/disk
mkdir "$disk"
write_conf | sed "s|call-records .*|call-records $disk/calls.csv|" \
	>"$DIR/tollgate.conf"
start gateway unshare -Urm sh -c "mount -t tmpfs -o size=64k none $disk &&
	exec $BUILD/tollgated -f $DIR/tollgate.conf"
wait_until 10 'gateway runs' gw status
# As the gateway sees it; calls_of prints the numbers of the calls.
inside=/proc/${PID[gateway]}/root$disk
calls_of() { cut -d, -f4 "$@" | grep -v id | tr '\n' ' '; }
records() { is "$1" .written gw cdr status; }
refused() {
	local left=$1
	while [ $((left--)) -gt 0 ]; do
		call +15551234567
		expect_status 404
	done
}

refused 2
wait_until 5 'two records' records 2
dd if=/dev/zero of="$inside/filler" bs=1k 2>/dev/null || true
refused 12
wait_until 5 'the disk is full' \
	is 'No space left on device' .trouble gw cdr status
waiting=$(get .waiting gw cdr status)
[ "$waiting" -gt 0 ] || fail 'nothing waits'
is 0 .failures gw cdr status || fail 'a record was given up'
gw cdr status | holds 'No space left' || fail 'the operator is not told'
alarm='[.alarms[].alarm] | any(. == "records-wait")'
is true "$alarm" gw show alarms || fail 'no alarm'
grep -q 'TG-6004 records-wait' "$DIR/gateway.log" || fail 'the log is silent'
# Whole lines only.
[ "$(awk -F, '{ print NF }' "$inside/calls.csv" | sort -u | wc -l)" = 1 ] ||
	fail 'half a line'

rm "$inside/filler"
wait_until 15 'all are written' records 14
is 0 .waiting gw cdr status || fail 'one still waits'
is false "$alarm" gw show alarms || fail 'the alarm stays'
[ "$(calls_of "$inside/calls.csv")" = "$(seq -s ' ' 14) " ] ||
	fail "not each once and in order: $(calls_of "$inside/calls.csv")"
grep -q 'TG-6005 records-go-on' "$DIR/gateway.log" || fail 'no word of the end'

# Rotated by the command, then by the signal; it is read back over the two.
gw cdr rotate | holds "$disk/calls.csv.20" || fail 'rotate: no name'
refused 1
wait_until 5 'a new file' test -s "$inside/calls.csv"
[ "$(calls_of "$inside/calls.csv")" = '15 ' ] || fail 'not a new file'
kill -USR1 "${PID[gateway]}"
three() { [ "$(find "$inside" -name 'calls.csv*' | wc -l)" = 3 ]; }
wait_until 5 'three files' three
refused 1
wait_until 5 'the last record' records 16
[ "$(calls_of "$inside/calls.csv")" = '16 ' ] || fail 'not the third file'
[ "$(calls_of "$inside"/calls.csv* | tr ' ' '\n' | sort -n | xargs)" = \
	"$(seq -s ' ' 16)" ] || fail 'not each record once'
nsenter -U -m --preserve-credentials -t "${PID[gateway]}" \
	"$BUILD/tollgate" --control "$DIR/control.sock" cdr tail -n 1 |
	grep -q '15551234567' || fail 'tail shows nothing'
stop gateway
finish
