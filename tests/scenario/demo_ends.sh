#!/bin/bash
# takes 3 s
# `make run` on a terminal: its hints fit, and both ^C and the terminal's end
# stop the gateway in order and leave nothing behind.
. "$(dirname "$0")/common.sh"
tree=$DIR/tree
mkdir "$tree"
ln -s "$PWD/conf" "$PWD/tests" "$tree"
ln -s "$BUILD" "$tree/build"
mkfifo "$DIR/keys"
ctrl_c=$'\003'

exec 3>&1
# start NAME COMMAND...: with keys that can be pressed.
start() {
	local name=$1
	shift
	"$@" >>"$DIR/$name.log" 2>&1 <"$DIR/keys" &
	PID["$name"]=$!
	exec 7>"$DIR/keys"
}

# Started in the background a shell would ignore ^C for good, hence env.
make_run() {
	SHELL=/bin/bash BUILD=build start demo env --default-signal=INT \
		script -qfec "'$tree/tests/demo.sh' run" "$DIR/screen"
	wait_until 10 'it says what to dial' said
}
said() {
	if grep -q 'is taken by another' "$DIR/screen"; then
		echo 'port 5060 of 127.0.0.1 is in use' >&3
		exit 77
	fi
	grep -q '^\^C ends it' "$DIR/screen"
}
ended() { ! kill -0 "${PID[demo]}" 2>/dev/null; }

# in_order HOW: both programs ended, the gateway after one signal.
in_order() {
	local name log=$tree/run/tollgated.log
	for name in control exchange exchange-control; do
		wait_until 10 "$1 ends it: $name.sock" \
			[ ! -e "$tree/run/$name.sock" ]
	done
	grep -q 'stopping; calls to end' "$log" || fail "$1: not told to stop"
	! grep -E 'stopping at once|Interrupt|Hangup' "$log" ||
		fail "$1: the terminal's signal reached the gateway"
	unset 'PID[demo]'
}

make_run
long=$(tr -d '\r' <"$DIR/screen" | sed 1d | awk 'length > 79')
[ -z "$long" ] || fail "wider than a terminal: $long"
printf %s "$ctrl_c" >&7
wait_until 15 '^C ends it' ended
in_order '^C'

make_run
kill -KILL "${PID[demo]}"
in_order "the terminal's end"
