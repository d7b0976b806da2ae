#!/bin/bash
# takes 2 s
# not on DAHDI: spans are nothing to it
# Who may do what on which socket: the group commands, others look, and every
# change is in the log with who made it.
. "$(dirname "$0")/common.sh"
status=$DIR/status.sock
GATEWAY_SETTINGS="control-read $status mode 0666"
start_all
look() { "$BUILD/tollgate" --control "$status" "$@"; }

[ "$(stat -c %a "$DIR/control.sock" "$status" | xargs)" = '660 666' ] ||
	fail 'modes'
look status | holds '^test ' || fail 'status is not shown'
look show spans | holds ' up ' || fail 'spans are not shown'
look drain all >"$DIR/refused" 2>&1 && fail 'it may drain'
grep -q 'for looking only' "$DIR/refused" || fail "$(cat "$DIR/refused")"
is active .drain gw status || is null .drain gw status ||
	fail 'it has drained'
grep 'TG-6207 operator-refused' "$DIR/gateway.log" |
	grep -q "uid=$(id -u) gid=$(id -g) pid=[0-9]* command=\"drain all\"" ||
	fail 'the attempt is not told'

# A plan changes nothing.
"$BUILD/tollgate" --control "$status" reload --plan >"$DIR/plan.out" ||
	fail 'no plan for who only looks'
"$BUILD/tollgate" --control "$status" show config --diff >"$DIR/plan.out" ||
	fail 'no difference for who only looks'
"$BUILD/tollgate" --control "$status" reload 2>"$DIR/plan.out" &&
	fail 'it reloads'

gw hangup 4711 && fail 'a call that is not there'
gw drain span 1 >"$DIR/drain.out"
gw undrain span 1 >"$DIR/drain.out"
for line in 'command="hangup 4711" outcome=refused' \
	'command="drain span 1" outcome=done' \
	'command="undrain span 1" outcome=done'; do
	grep 'TG-6206 operator ' "$DIR/gateway.log" | grep "uid=$(id -u) " |
		grep -q "$line" || fail "not told: $line"
done
[ "$(grep -c 'TG-6206' "$DIR/gateway.log")" = 3 ] || fail 'more than changes'

# Another user: what the files let.
if [ "$(id -u)" = 0 ]; then
	chmod 711 "$DIR"
	cp "$BUILD/tollgate" "$DIR/tollgate"
	other() {
		setpriv --reuid 65534 --regid 65534 --clear-groups \
			"$DIR/tollgate" --control "$1" status
	}
	other "$status" | holds '^test ' || fail 'others may not look'
	other "$DIR/control.sock" 2>"$DIR/other.err" &&
		fail 'others may command'
	grep -q 'may not open this socket' "$DIR/other.err" || fail 'why not'
fi
finish
