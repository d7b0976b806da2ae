#!/bin/bash
# takes 15 s
# A trunk group keeps two of its five channels for emergency calls: an ordinary
# call, of either side, gets none of them, 112 does, and 112 does too when a
# limit is used up.
. "$(dirname "$0")/common.sh"
CHANNELS='1-5 d-channel 16'
TRUNK_SETTINGS='reserve 2 channels for emergency
	limit 4 calls'
# 112 is the exchange's echo.
ROUTES='
route from phones {
  112       -> city replace 112 +49305550101 emergency
  +49       -> city max 3 calls
  otherwise -> reject 404
}
route from city { +493055501 -> phones }'
start_all

# Three take all that is not kept.
start_call three 101 call -d 9000 -m 3 -r 100 -l 3
wait_until 5 'three calls' active_are 3
call 1200
expect_status 503
expect_reason 42
expect_record release_by gateway
ctl call 305550177 --type national >/dev/null
wait_until 5 'the network is refused' is 34 '.calls[-1].cause' ctl show
expect_records 2
expect_record q850_cause 34
is 2 '.trunk_groups[0] | .reserve' gw show trunks || fail 'reserve is not shown'
is 2 '.trunk_groups[0].idle' gw show trunks || fail 'two are not free'

start_call help '=112' call -d 3000 -m 2 -r 100 -l 2
wait_until 5 'two calls for help' active_are 5
call '=112'
expect_status 503
expect_reason 34
expect_retry_after
end_call help
call '=112'
expect_status 200
expect_record emergency true
end_call three
expect_record emergency false

# Without the line's limit it is the reserve that stops the fourth.
expect_records 9
sed -i 's/ max 3 calls//; s/limit 4 calls/limit 5 calls/' "$DIR/tollgate.conf"
stop gateway
start gateway "$BUILD/tollgated" -f "$DIR/tollgate.conf"
wait_until 10 'gateway runs' gw status
expect_up
start_call three 101 call -d 3000 -m 3 -r 100 -l 3
wait_until 5 'three calls' active_are 3
call 1200
expect_status 503
expect_reason 34
expect_retry_after
call '=112'
expect_status 200
end_call three
finish
