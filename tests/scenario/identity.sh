#!/bin/bash
# takes 5 s
# Who calls, who has diverted and who answers, from SIP to the telephone network
# and back: all of it to and from a trusted peer; another one is believed its
# From, and hears of a withheld number only that it is withheld.
. "$(dirname "$0")/common.sh"
CRLF=$'\r\n'

# told NUMBER FIELDS: what the exchange has in the last call's .NUMBER.
told() {
	is "$2" ".calls[-1].$1 | if . then [.digits, .presentation, .screening,
		.reason, .count] | map(select(. != null)) | join(\" \")
		else \"none\" end" ctl show ||
		fail "$1 is $(get ".calls[-1].$1 | tojson" ctl show), not $2"
}

from_sip() {
	call 1200 identify -key from '<sip:+49301230555@phone.invalid>' \
		-key more "P-Asserted-Identity: \"A\" <sip:alice@h>, \
<tel:+49-30-1230777>${CRLF}Privacy: id${CRLF}Diversion: \
<sip:+49301230999@h>;reason=no-answer;counter=2;privacy=full,<sip:bob@h>"
	cp "$DIR/call-1200.log" "$DIR/$1.log"
	told redirecting '1230999 1 0 2 3'
}

to_sip() {
	called_phone "$1" answer_as \
		-key more 'P-Asserted-Identity: <tel:+49301230888>'
	ctl call 305550177 --type national --from +441632960000 --restrict \
		--redirecting 301230999 --redirect-reason 15 --hold 1 >/dev/null
	end_call "$1"
	expect_message '^From: .* <sip:anonymous@anonymous.invalid>;' "$1"
	expect_message '^Privacy: id$' "$1"
	expect_message "^Diversion: <sip:\+49301230999@.*;reason=uncon" "$1"
}

PEER_SETTINGS='trust yes'
start_all
from_sip trusted
told calling_number '1230777 1 3'
expect_message "^P-Asserted-Identity: <sip:\+493055501200@$GATEWAY>$" trusted
call 1200 identify -key from '<sip:anonymous@anonymous.invalid>' \
	-key more 'Privacy: id'
told calling_number ' 1 0'
to_sip trusted-phone
expect_message "^P-Asserted-Identity: <sip:\+441632960000@$GATEWAY>$" \
	trusted-phone
told connected '1230888 0 3'

stop gateway
PEER_SETTINGS='trust no' start_gateway
expect_up
from_sip stranger
told calling_number '1230555 1 0'
expect_no_message '^P-Asserted-Identity: .*55501200' stranger
to_sip stranger-phone
expect_no_message 441632960000 stranger-phone
told connected none
finish
