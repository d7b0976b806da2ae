#!/bin/bash
# takes 8 s
# The milliwatt is 1004 Hz at 0 dBm0, also for a caller who speaks mu-law.
. "$(dirname "$0")/common.sh"
start_all

# milliwatt NAME LAW PAYLOAD-TYPE
milliwatt() {
	FORMATS=$3 RTP=41000 start_call "$1" 102 call -d 5000
	wait_until 5 'the call is answered' active_are 1
	"$BUILD/tests/tool_rtp" --local "$PHONE:41000" --payload-type "$3" \
		--ptime 20 --record "$DIR/$1.raw" --seconds 4
	end_call "$1"
	expect_message "^m=audio [0-9]+ RTP/AVP $3\$" "$1"
	read -r hz dbm0 < <(tone "$DIR/$1.raw" "$2" 0.5 3)
	echo "$1: $hz Hz, $dbm0 dBm0"
	awk "BEGIN { exit !($hz > 1003 && $hz < 1005 &&
		$dbm0 > -0.2 && $dbm0 < 0.2) }" ||
		fail "$1: $hz Hz at $dbm0 dBm0 is no milliwatt"
}
milliwatt a-law al 8
milliwatt mu-law ul 0
expect_records 2
finish
