#!/bin/bash
# takes 25 s
# Every way the network refuses a call has its SIP status, its Reason and its
# record (RFC 4497 8.4.1 table 1).
. "$(dirname "$0")/common.sh"
start_all

# refused NUMBER STATUS CAUSE: NUMBER is the exchange's 14CCC or 15CCC.
calls=0
refused() {
	call "$1"
	expect_status "$2"
	expect_reason "$3"
	expect_records $((calls += 1))
	expect_record q850_cause "$3"
	expect_record sip_status "$2"
	expect_record release_by callee
}
refused 14001 404 1
expect_no_message '^SIP/2.0 18'
refused 14017 486 17
refused 14034 503 34
expect_retry_after
refused 14003 404 3
refused 14016 480 16
refused 14018 408 18
refused 14021 603 21 # by the user
refused 14022 410 22
refused 14027 502 27
refused 14028 484 28
refused 14031 480 31
refused 14038 503 38
refused 14041 503 41
refused 14042 503 42
refused 14057 403 57
refused 14065 488 65
refused 14079 501 79
refused 14088 503 88
refused 14102 504 102
refused 14127 500 127
refused 15017 486 17
expect_message '^SIP/2.0 180'
refused 999 404 1 # no test number
finish
