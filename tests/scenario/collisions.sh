#!/bin/bash
# takes 50 s
# 2,000 calls that both sides begin, answer, give up or end in the same moment,
# of all the kinds that tool_collide knows, on spans whose channels both sides
# hunt from the same end and whose D channels take their time. Each ends once on
# each leg, and nothing is left of any. SEED repeats a run, as far as three
# processes can.
. "$(dirname "$0")/common.sh"
SPANS=2 HUNT=highest-first DELAY_MS=4
# On a line the octets of both ends' queues come on top.
way_ms=$DELAY_MS && [ "$DRIVER" = virtual ] || way_ms=16
SEED=${SEED:-$RANDOM} && echo "SEED=$SEED"
start_all
exchange_up() { is true '[.spans[].dchannel == "up"] | all' ctl show; }
wait_until 5 'the exchange has its D channels' exchange_up
start collide "$BUILD/tests/tool_collide" "$PHONE:5061" "$GATEWAY:5060" \
	+49305550 1298 702 "$SEED" "$way_ms" \
	"${PID[gateway]}" "${PID[exchange]}"
wait_until 5 'the tool listens' phone_listens
# The kinds of incoming calls by their last digits, as the tool has them.
while read -r digit how; do
	# shellcheck disable=SC2086 # options
	ctl call "30555018$digit" --type national --span all --count 117 \
		--rate 2.5 $how >/dev/null
done <<-'END'
	0 --give-up 0.1 --hold 0.1
	1 --give-up 0.05
	2 --give-up 0.1
	3 --hold 0.1
	4 --hold 0.1
	5 --hold 0.5
END
end_call collide
cat "$DIR/collide.log"
expect_records 2000
[ "$(jq -s 'map(.id) | unique | length' "$DIR/calls.jsonl")" = 2000 ] ||
	fail 'a call has two records'
jq -s 'map(.q850_cause) | unique' -c "$DIR/calls.jsonl" |
	grep -qx '\[16,17,26,81\]' || fail 'a call ended for another cause'
expect_idle
wait_until 5 'the exchange is idle' is 0 '[.spans[].busy] | add' ctl show
is 2000 .calls_over ctl show || fail 'the exchange has other calls'

# crossed WHAT REGEX: so many calls whose messages, as the exchange saw them on
# one call reference (> it sent, < it received), match.
grep -oE 'span=. (sent|received) [A-Z ]+, call reference .*' \
	"$DIR/exchange.log" | sed 's/ sent /,>/; s/ received /,</' |
	awk -F, '{ s[$1 $3] = s[$1 $3] $2 ";" }
		END { for (k in s) print s[k] }' >"$DIR/ladders"
crossed() {
	local count
	count=$(grep -cE "$2" "$DIR/ladders" || true)
	printf '%-28s %5d\n' "$1" "$count"
	[ "$count" -ge 20 ] || fail "hardly a collision: $1"
}
crossed 'DISCONNECT and DISCONNECT' '>DISCONNECT;<DISCONNECT'
crossed 'RELEASE and RELEASE' '>RELEASE;<RELEASE;|>RELEASE;<STATUS;<RELEASE;'
crossed 'CONNECT and DISCONNECT' '>CONNECT;<DISCONNECT'
crossed 'DISCONNECT and CONNECT' '>DISCONNECT;<CONNECT'
glare=$(grep -c 'gives way' "$DIR/gateway.log")
echo "SETUP and SETUP on a channel  $glare"
[ "$glare" -ge 20 ] || fail 'hardly a SETUP met another on its channel'
finish
