#!/bin/bash
# takes 12 s
# A call from the telephone network reaches a phone, is bit-exact both ways, and
# ends from the exchange; a busy phone is a busy subscriber there; a number
# without a route is none.
. "$(dirname "$0")/common.sh"
start_all
called_phone phone answer
ctl call 305550177 --type national --from +441632960000 --hold 4 >/dev/null
end_call phone
expect_records 1
expect_record direction in
expect_record called_core +49305550177
expect_record release_by caller
expect_record q850_cause 16
expect_message '^INVITE sip:\+49305550177@' phone
expect_reason 16 phone
last() { get ".calls[-1].$1" ctl show; }
[ "$(last bits_compared)" -gt 200000 ] || fail 'hardly a bit was compared'
[ "$(last bit_errors)" -eq 0 ] || fail "$(last bit_errors) bit errors"
called_phone busy refuse
ctl call 305550178 --type national >/dev/null
end_call busy
expect_records 2
expect_record sip_status 486
wait_until 5 'the exchange heard busy' is 17 '.calls[-1].cause' ctl show
ctl call 899 --type national >/dev/null
expect_records 3
expect_record q850_cause 3
finish
