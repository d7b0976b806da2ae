#!/bin/bash
# takes 6 s
# not on DAHDI: spans are nothing to it
# The number plan of the README, as it stands there: good, its tests pass, and
# the mistakes that the text invites to are found where they are.
. "$(dirname "$0")/common.sh"

plan=$DIR/plan.conf
sed -n '/<!-- plan.conf -->/,/^You should see/p' README.md |
	sed -n 's/^    //p; /^$/p' >"$plan"
[ "$("$BUILD/tollgated" --check "$plan")" = \
	"$plan is good, tests that pass: 6" ] || fail 'the plan is not good'

# wrong SED WHAT: with that edit it is refused, and WHAT is said.
wrong() {
	local said
	sed "$1" "$plan" >"$DIR/wrong.conf"
	cmp -s "$plan" "$DIR/wrong.conf" && fail "nothing to edit: $1"
	said=$("$BUILD/tollgated" --check "$DIR/wrong.conf" 2>&1) &&
		fail "taken: $1"
	grep -qF -- "$2" <<<"$said" || fail "$1: $said"
}
wrong 's/rtp-ports/rtp-port/' 'did you mean "rtp-ports"?'
wrong 's/numbering   berlin/numbering   berlim/' 'did you mean "berlin"?'
wrong 's/+49900 /+49    /' 'line 37'
wrong 's/60 min/60 m/' 'min/day'
wrong 's/digits 112/digits 110/' 'expected digits 110'
finish
