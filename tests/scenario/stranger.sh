#!/bin/bash
# takes 8 s
# Who is no peer hears nothing at all and is counted.
. "$(dirname "$0")/common.sh"
start_all
sed -e "s/@FROM@/$STRANGER:5070/g; s/@TO@/$GATEWAY:5060/g" -e 's/$/\r/' \
	tests/scenario/sipp/options.txt >"$DIR/options"
ask() {
	"$BUILD/tests/tool_udp" "$1:5070" "$GATEWAY:5060" "$DIR/options" 700
}
ask "$PHONE" | holds '^SIP/2.0 200' || fail 'a peer hears nothing'
for request in OPTIONS INVITE BYE REGISTER NONSENSE; do
	sed -i "s/^[A-Z]* sip/$request sip/; s/^CSeq: .*/CSeq: 1 $request\r/" \
		"$DIR/options"
	ask "$STRANGER" | holds -x '0 answers' || fail "$request was answered"
done
dropped=$(get .sip.strangers_dropped gw status)
[ "$dropped" -eq 5 ] || fail "$dropped of 5 packets were counted"
is 0 .calls.now gw status || fail 'a stranger made a call'
[ "$(records)" -eq 0 ] || fail 'a stranger made a record'
finish
