#!/bin/bash
# takes 5 s
# As dialled here, as routed, and as the network wants it.
. "$(dirname "$0")/common.sh"
start_all
call 0305550101
expect_status 200
expect_records 1
expect_record called 0305550101
expect_record called_core +49305550101
is 5550101 '.calls[-1].called' ctl show ||
	fail 'the exchange saw another number'
call 00493055501200
expect_status 200
expect_record called_core +493055501200
finish
