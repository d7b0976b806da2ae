#!/bin/bash
# takes 15 s
# not on DAHDI: spans are nothing to it
# The operator's command as a person sees it: in a terminal of 80 by 24.
. "$(dirname "$0")/common.sh"
command -v tmux >/dev/null || {
	echo 'no tmux here'
	exit 77
}
SPANS=2
start_all
start_call talker 101 listen
wait_until 5 'the call is answered' active_are 1
id=$(get '.calls[0].id' gw show calls)
node=$(get .node gw status)

tm() { tmux -S "$DIR/tmux" -f /dev/null "$@"; }
# What stands on the screen, also in $DIR/said.log for whoever looks why.
screen() { tm capture-pane -p -t t | tee "$DIR/said.log"; }
shows() { screen | holds -- "$1"; }
hides() { ! shows "$1"; }
see() { wait_until 5 "the screen shows $1" shows "$1"; }
keys() { tm send-keys -t t "$@"; }
# A sign of our own, so that the prompt of the last command is not taken.
calm() {
	keys "echo calm-\$((6*7))" Enter
	see calm-42
	keys clear Enter
	wait_until 5 'an empty screen' hides calm-42
}

mkdir "$DIR/home"
export TOLLGATE_CONTROL=$DIR/control.sock HOME=$DIR/home TERM=xterm-256color
unset NO_COLOR XDG_STATE_HOME
export PATH=$BUILD:$PATH
tm new-session -d -s t -x 80 -y 24 "bash --norc --noprofile"
close() {
	local status=$?
	tm kill-server 2>/dev/null || :
	(exit $status) || cleanup
	cleanup
}
trap close EXIT
keys "PS1='# '" Enter
before=$(tm display-message -p -t t '#{alternate_on}')
[ "$before" = 0 ] || fail 'the alternate screen is on before anything'

# One command after the other: nothing that is wrapped or cut.
mapfile -t commands < <(gw help --json |
	jq -r '.commands[] | select(.local or .changes | not) | .command' |
	sed 's/ \[.*//' | grep -v '[A-Z]')
[ ${#commands[@]} -ge 12 ] || fail "only ${commands[*]} to be seen"
for command in "${commands[@]}"; do
	calm
	keys "tollgate $command | wc -L; echo \"status \${PIPESTATUS[0]}\"" \
		Enter
	see 'status 0'
	widest=$(screen | grep -xE '[0-9]+ *' | tail -n 1)
	[ "$widest" -le 80 ] || fail "$command: $widest columns"
done
calm
keys 'tollgate show chanels; echo "status $?"' Enter
see 'did you mean "show channels"?'
see 'status 1'
calm
keys 'tollgate --control /nonexistent status; echo "status $?"' Enter
see 'status 2'

# Colour, and none.
colours() { tm capture-pane -pe -t t | holds $'\e\\[[0-9;]*3[1-6]m'; }
calm
keys 'tollgate status' Enter
see Alarms
colours || fail 'status has no colour'
calm
keys 'NO_COLOR=1 tollgate status' Enter
see Alarms
! colours || fail 'status has colour in spite of NO_COLOR'

# Interactive: completion of words and names, history, the way out.
calm
keys tollgate Enter
see 'Tab completes'
see "^$node>"
keys 'sh' Tab 'sp' Tab Enter
see 'timeslots '
keys 'show c' Tab
see 'channels  every B channel'
keys C-u 'show call ' Tab
see "> show call $id\$"
keys C-c 'status' Enter
see 'Calls   1 now'
keys C-l Up Up Enter
wait_until 5 'history' shows 'timeslots '
keys 'show calss' Enter
see 'did you mean "show calls"?'
# Not the first half of a line that is too long.
keys "hangup 4$(printf '%600s' '')4" Enter
see 'at most 512'
keys C-l 'exit' Enter
see '^#$'
calm
keys tollgate Enter
see 'Tab completes'
keys Up Up
see '> show calss'
keys C-c C-d
see '^#$'
calm
grep -q 'show' "$HOME/.tollgate_history" || fail 'no history'
[ "$(stat -c %a "$HOME/.tollgate_history")" = 600 ] ||
	fail 'others can read the history'

# The monitor: live, resized, the gateway gone and back, the terminal as it
# was.
calm
keys 'tollgate monitor' Enter
see '^Calls   1 now'
see '^   1  up  *o....'
[ "$(tm display-message -p -t t '#{alternate_on}')" = 1 ] ||
	fail 'monitor is not on the alternate screen'
[ "$(screen | awk 'length > 80' | wc -l)" -eq 0 ] || fail 'monitor: too wide'
tm resize-window -t t -x 60 -y 24
see 'monitor needs 80 columns'
tm resize-window -t t -x 80 -y 24
see '^   2  up '
gw hangup "$id"
end_call talker
see '^Calls   0 now'
ctl layer1 down 2 >/dev/null
see '^   2  alarm red  *#####'
see 'Alarms .*span 2'
ctl layer1 up 2 >/dev/null
stop gateway
see 'NO ANSWER from tollgated'
start_gateway
see "^$node  tollgated "
keys q
wait_until 5 'the screen of before' hides '^Spans '
[ "$(tm display-message -p -t t '#{alternate_on}')" = 0 ] ||
	fail 'the alternate screen stays'
calm
keys 'tollgate monitor' Enter
see '^   2  up '
keys C-c
keys 'echo "status $?"; stty -a | grep -o " -*echo "' Enter
see 'status 0'
screen | holds -x ' echo *' || fail 'the terminal does not echo'
# Killed from elsewhere it restores the terminal too; inside the interactive
# command Ctrl-C ends the monitor alone.
calm
keys 'tollgate' Enter
see 'Tab completes'
keys 'monitor' Enter
see '^   2  up '
keys C-c
see "^$node>"
keys 'monitor' Enter
see '^   2  up '
shell=$(tm display-message -p -t t '#{pane_pid}')
kill -TERM "$(pgrep -P "$(pgrep -P "$shell")")"
wait_until 5 'the screen of before' hides '^Spans '
[ "$(tm display-message -p -t t '#{alternate_on}')" = 0 ] ||
	fail 'SIGTERM leaves the alternate screen'
keys 'status' Enter
see '^Alarms '
keys C-d
see '^#$'
calm
tm kill-server
finish
