#!/bin/bash
# takes 2 s
# tollgate setup: what it writes brings a gateway up, and calls go through.
# Where there is no DAHDI it says so and writes for a virtual span; on DAHDI it
# writes for all the spans there are, of which one E1 and one T1 are tried.
. "$(dirname "$0")/common.sh"
unset LC_ALL LC_TELEPHONE LANG
setup() { "$BUILD/tollgate" setup "$@" 2>"$DIR/setup.err"; }
expect_said() {
	tr -s ' \n' '  ' <"$DIR/setup.err" |
		grep -F -- "$1" >/dev/null ||
		fail "setup did not say: $1"
}

# edit SPAN: the operator's part of it. Addresses, where sockets and records
# are, and which spans there are.
edit() {
	sed -e "s/\(listen  *\|advertise  *\)[0-9.]*/\1$GATEWAY/" \
		-e "s/\(server  *\)[0-9.]*/\1$PHONE/" \
		-e "s|\(accept-from \).*|\1$NET.0/26|" \
		-e "/listen/a control $DIR/control.sock" \
		-e "/listen/a call-records $DIR/calls.jsonl" \
		-e '/^  \(control\|call-records\) /d' \
		-e "s|run/exchange.sock|$DIR/exchange.sock|" \
		-e "s/^  members .*/  members span $1/" \
		-e "/^span $1 /b" -e '/^span .*}$/d' -e '/^span /,/^}/d' \
		"$DIR/first.conf"
}

# try SPAN: with the exchange at its other end.
try() {
	start_exchange
	edit "$1" >"$DIR/tollgate.conf"
	"$BUILD/tollgated" --check "$DIR/tollgate.conf" ||
		fail 'it is refused once edited'
	start gateway "$BUILD/tollgated" -f "$DIR/tollgate.conf"
	wait_until 10 'gateway runs' gw status
	expect_up
	call 101
	expect_status 200
	call 0305550101
	expect_status 200
	expect_record called_sent 5550101
	expect_record trunk_group pstn
	expect_record span "$1"
}

# It is for machines on which nothing works yet.
! ldd "$BUILD/tollgate" | grep -E 'libpri|sofia|spandsp' ||
	fail 'tollgate needs more than it has to'
if [ "$DRIVER" = virtual ]; then
	[ ! -e /dev/dahdi/ctl ] || { echo 'there is DAHDI here'; exit 77; }
	status=0
	setup --output "$DIR/none.conf" || status=$?
	[ $status -eq 2 ] || fail "exit status $status, not 2"
	[ ! -e "$DIR/none.conf" ] || fail 'something was written'
	expect_said 'DAHDI is not there: there is no /dev/dahdi/ctl.'
	expect_said 'modprobe dahdi'
	expect_said 'tollgate setup --virtual --output FILE'
	(umask 077 && setup --virtual --output "$DIR/first.conf") ||
		fail 'setup --virtual'
	[ "$(stat -c %a "$DIR/first.conf")" = 644 ] ||
		fail 'the daemon may not read what root wrote'
else
	setup >"$DIR/first.conf" || fail 'setup found no span'
	all=$(grep -c ^dynamic= /etc/dahdi/system.conf)
	[ "$(grep -c '^span ' "$DIR/first.conf")" -eq "$all" ] ||
		fail "not all $all spans are in the configuration"
	expect_said 'Span 1 E1 DYN/loc/0:0'
	expect_said '30 B channels (timeslots 1-15 17-31), D channel 16'
	expect_said '23 B channels (timeslots 1-23), D channel 24'
fi
"$BUILD/tollgated" --check "$DIR/first.conf" || fail 'it is refused'
status=0
setup --virtual --output "$DIR/first.conf" || status=$?
[ $status -eq 1 ] || fail "a file that exists: exit status $status, not 1"

try 1
if [ "$DRIVER" = dahdi ]; then
	setup >/dev/null || fail 'setup beside a gateway'
	expect_said 'open in another program'
	spans_up || fail 'setup disturbed the span'
	finish
	unset 'PID[gateway]' 'PID[exchange]'
	LINE=t1
	try "$(dahdi_span 1)"
fi
finish
