#!/bin/bash
# takes 6 s
# What the telephone network is told of callers: those on the list, the main
# number for all others, a wish to withhold it honoured, overridden or made
# for them; and an emergency call shows its number.
. "$(dirname "$0")/common.sh"
ROUTES=$(
	cat <<-END
		route from phones {
		  +49 -> city
		  +493055501201 -> city emergency
		}
		route from city { otherwise -> reject 404 }
	END
)

# with LINES: the trunk group's numbering is a city's habits and these.
with() {
	POLICY=$*
	[ -z "${PID[gateway]:-}" ] || stop gateway
	start_gateway
	expect_up
}
eval "plain_$(declare -f write_conf)"
write_conf() {
	plain_write_conf | awk -v lines="$POLICY" '
		/^numbering german-pri/ {
			print; print "country 49\narea 30\n" lines
			print "}"; skip = 1; next
		}
		/^}/ { if (skip) { skip = 0; next } }
		!skip'
}

# from NUMBER [PRIVACY] [CALLED]: calls; told FIELDS: what the network heard.
from() {
	call "${3:-1200}" identify -key from "<sip:$1@phone.invalid>" \
		-key more "X-Nothing: 1${2:+$'\r\n'Privacy: $2}"
}
told() {
	is "$1" '.calls[-1].calling_number | if . then [.digits,
		.presentation, .screening] | join(" ") else "none" end' \
		ctl show ||
		fail "told $(get '.calls[-1].calling_number | tojson' \
			ctl show), not $1"
}

POLICY='caller allow +49301230 otherwise +49301230000'
start_all
from +49301230555
told '1230555 0 1'
from +441632960000
told '1230000 0 1'
expect_record caller +441632960000
expect_record caller_ton unknown
expect_record caller_sent 1230000
expect_record caller_sent_ton subscriber
expect_record caller_sent_screening 1
expect_record caller_told replaced
gw show call 2 >"$DIR/show.txt"
grep -q 'sent as 1230000 (subscriber, isdn, verified and passed),' \
	"$DIR/show.txt" || fail 'show call does not tell what was sent'
from +441632960000 id
told '1230000 1 1'

with 'caller allow +49301230 otherwise none
clir override'
from +441632960000
told none
from +49301230555 id
told '1230555 0 1'

with 'clir always
redirecting allow +49301230 otherwise drop'
from +49301230555
told '1230555 1 0'
call 1200 identify -key from '<sip:+49301230555@phone.invalid>' \
	-key more 'Diversion: <sip:+441632960000@h>;reason=no-answer'
is null '.calls[-1].redirecting' ctl show || fail 'the diversion is told'
from +49301230555 id 1201
told '1230555 0 0'
finish
