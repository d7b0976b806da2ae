#!/bin/bash
# takes 1 s
# not on DAHDI: spans are nothing to it
# A wrong configuration is explained and nothing is started.
. "$(dirname "$0")/common.sh"
# check STATUS TEXT...: exit status of --check, and of a start.
check() {
	local want=$1 status text
	shift
	for text in --check -f; do
		status=0
		timeout 5 "$BUILD/tollgated" $text "$DIR/bad.conf" \
			>"$DIR/said.log" 2>&1 || status=$?
		[ $status -eq "$want" ] ||
			fail "$text: exit status $status, not $want"
	done
	for text in "$@"; do
		grep -qF -- "$text" "$DIR/said.log" || fail "not said: $text"
	done
}
write_conf >"$DIR/good.conf"
# Which countries have tones is not for conf/ to know, but --check says it.
status=0
GATEWAY_SETTINGS='tones zz' write_conf >"$DIR/tones.conf"
"$BUILD/tollgated" --check "$DIR/tones.conf" >"$DIR/said.log" 2>&1 || status=$?
[ $status -eq 1 ] || fail 'tones of no country are taken'
grep -q '"tones zz": no such country is known; there are:.* de ' \
	"$DIR/said.log" || fail 'no word of the countries there are'
"$BUILD/tollgated" --check "$DIR/good.conf" || fail 'a good one is refused'
# The README's first one is good too; its number plan is tried elsewhere.
sed -n '/^    gateway/,/^[^ ]/{/^[^ ]/q; s/^    //p}' README.md \
	>"$DIR/readme.conf"
[ "$(wc -l <"$DIR/readme.conf")" -gt 30 ] || fail 'README.md has no sample'
"$BUILD/tollgated" --check "$DIR/readme.conf" || fail "README.md's is refused"
sed 's/jitter-buffer/jiter-buffer/' "$DIR/good.conf" >"$DIR/bad.conf"
check 1 "$DIR/bad.conf:5:3: error:" 'jiter-buffer' '^^^^' 'jitter-buffer'
sed 's/members .*/members span 7/' "$DIR/good.conf" >"$DIR/bad.conf"
check 1 "$DIR/bad.conf:" 'span 7'
sed 's/-> city/-> town/' "$DIR/good.conf" >"$DIR/bad.conf"
check 1 'town'
rm "$DIR/bad.conf"
check 2 "$DIR/bad.conf"
[ ! -e "$DIR/control.sock" ] || fail 'something was started'
