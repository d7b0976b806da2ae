#!/bin/bash
# takes 7 s
# Two peers, two trunk groups of two spans, two media workers: calls both ways
# through all of them at once, as many as there are channels. Each goes the way
# of its own peer and group, its record names them, and no bit is lost.
. "$(dirname "$0")/common.sh"
CARRIER=$NET.130
SPANS=4 CHANNELS=1-8 WORKERS=2 CITY='span 1, span 2'
EXTRA_CONF="
trunk-group suburb {
  members span 3, span 4
  hunt lowest-first
  numbering german-pri
}
sip-peer carrier {
  server $CARRIER 5061
  accept-from $NET.128/26
}"
ROUTES='
route from phones  { otherwise -> city }
route from carrier { otherwise -> suburb }
route from city    { otherwise -> phones }
route from suburb  { otherwise -> carrier }'
start_all
called_phone phones answer -m 8
PHONE=$CARRIER called_phone carrier answer -m 8
for span in 1 2 3 4; do
	ctl call "30555017$span" --type national --span "$span" --count 4 \
		--rate 50 --hold 5 >/dev/null
done
wait_until 5 'calls from the network' active_are 16
# What these leave free: channels 1 to 4 of each span.
start_call from_phones 100 call -d 3000 -m 8 -r 50
PHONE=$CARRIER start_call from_carrier 100 call -d 3000 -m 8 -r 50
wait_until 5 'calls both ways' active_are 32
is '8 8 8 8' '[.spans[].busy | tostring] | join(" ")' gw show spans ||
	fail 'not every channel is busy'
for name in from_phones from_carrier phones carrier; do end_call $name; done
expect_records 32

# What the records say, counted; called numbers name the span of the exchange.
cat >"$DIR/expected" <<-'END'
	4 in city>phones span 1 city +49305550171
	4 in city>phones span 2 city +49305550172
	4 in suburb>carrier span 3 suburb +49305550173
	4 in suburb>carrier span 4 suburb +49305550174
	4 out carrier>carrier span 3 suburb +49305550100
	4 out carrier>carrier span 4 suburb +49305550100
	4 out phones>phones span 1 city +49305550100
	4 out phones>phones span 2 city +49305550100
END
jq -r '"\(.direction) \(.from)>\(.sip_peer) span \(.span) \(.trunk_group) " +
	.called_core' "$DIR/calls.jsonl" |
	sort | uniq -c | sed 's/^ *//' >"$DIR/got"
diff "$DIR/expected" "$DIR/got" || fail 'records are not as expected'
is 32 '[.calls[] | select(.bits_compared > 60000 and .bit_errors == 0)] |
	length' ctl show || fail 'not every call carried voice, bit by bit'
finish
