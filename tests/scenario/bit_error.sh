#!/bin/bash
# takes 14 s
# An answered call is bit-exact both ways: the exchange's pseudo-random sequence
# comes back from the caller without one error in 10 s.
. "$(dirname "$0")/common.sh"
start_all
call 100 call -d 10000
expect_status 200
expect_records 1
expect_record q850_cause 16
expect_record release_by caller
expect_record codec alaw
expect_record channel 1

last() { get ".calls[-1].$1" ctl show; }
bits=$(last bits_compared) errors=$(last bit_errors)
losses=$(last sync_losses)
echo "$bits bits compared, $errors errors, $losses synchronisation losses"
# 64 kbit/s for 10 s, less what is in flight while it synchronises.
[ "$bits" -gt $((64000 * 9)) ] || fail "only $bits bits were compared"
[ "$errors" -eq 0 ] || fail "$errors bit errors"
[ "$losses" -eq 0 ] || fail "$losses synchronisation losses"
finish
