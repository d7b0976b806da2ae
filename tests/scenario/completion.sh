#!/bin/bash
# takes 4 s
# not on DAHDI: spans are nothing to it
# Tab in bash and zsh, by the scripts that are installed.
. "$(dirname "$0")/common.sh"
start_all
start_call talker 101 listen
wait_until 5 'the call is answered' active_are 1
id=$(get '.calls[0].id' gw show calls)
export TOLLGATE_CONTROL=$DIR/control.sock
mkdir "$DIR/bin"
ln -s "$BUILD/tollgate" "$DIR/bin/tollgate"
PATH=$DIR/bin:$PATH

tollgate completion bash >"$DIR/complete.bash"
# shellcheck source=/dev/null
. "$DIR/complete.bash"
complete -p tollgate | holds -- '-F _tollgate' || fail 'bash: not registered'
# offers WORDS... = EXPECTED: what Tab gives at the last of the words.
offers() {
	local words=() expected
	while [ "$1" != = ]; do words+=("$1") && shift; done
	expected=$2
	COMP_WORDS=(tollgate "${words[@]}")
	COMP_CWORD=${#words[@]}
	_tollgate || true # compopt works for readline only
	[ "${COMPREPLY[*]}" = "$expected" ] ||
		fail "bash: ${words[*]} -> ${COMPREPLY[*]}, not $expected"
}
offers stat = status
offers show sp = spans
offers hangup '' = "span $id"
offers --json show call '' = "$id"
offers --control /nonexistent show call '' = ''
offers setup --output "$DIR/complete.b" = "$DIR/complete.bash"
offers xyzzy '' = ''

if command -v zsh >/dev/null; then
	tollgate completion zsh >"$DIR/_tollgate"
	zsh -n "$DIR/_tollgate" || fail 'zsh: does not parse'
	# What _describe is given: word:help.
	zsh -f -c 'compdef() { defined="$*" }
		_describe() { said=("${(@P)3}") }
		source $1
		[[ $defined = "_tollgate tollgate" ]] || print not registered
		words=(tollgate show s) CURRENT=3
		_tollgate
		print -l $said' zsh "$DIR/_tollgate" >"$DIR/said.log"
	grep -qx 'spans:every span: state, alarms, channels' "$DIR/said.log" ||
		fail 'zsh: no spans'
	! grep -q '^calls\|registered' "$DIR/said.log" || fail 'zsh: calls'
else
	echo 'not tried: no zsh here'
fi
gw hangup "$id"
end_call talker
finish
