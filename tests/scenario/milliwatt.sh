#!/bin/bash
# takes 8 s
# The milliwatt is 1004 Hz at 0 dBm0, also for a caller who speaks mu-law.
. "$(dirname "$0")/common.sh"
start_all

# measure LAW FORMAT: records and prints frequency and level of a sine of full
# scale less this (0 dBm0 is 3.14 dB below A-law's, 3.17 dB below mu-law's;
# G.711 table 1a and 2a, note 2).
measure() {
	sox -t "$1" -r 8000 -c 1 "$2" -t dat - trim 0.5 3 |
	awk -v overload_db="$3" '!/^;/ {
		sum += $2 * $2; n++
		if (last < 0 && $2 >= 0) {
			at = $1 - $2 / ($2 - last) / 8000
			if (!first) first = at; else cycles++
			final = at
		}
		last = $2
	} END {
		printf "%.2f %.2f\n", cycles / (final - first),
			10 * log(2 * sum / n) / log(10) + overload_db
	}'
}

# milliwatt NAME LAW PAYLOAD-TYPE OVERLOAD-DB
milliwatt() {
	FORMATS=$3 RTP=41000 start_call "$1" 102 call -d 5000
	wait_until 5 'the call is answered' active_are 1
	"$BUILD/tests/tool_rtp" --local "$PHONE:41000" --payload-type "$3" \
		--ptime 20 --record "$DIR/$1.raw" --seconds 4
	end_call "$1"
	expect_message "^m=audio [0-9]+ RTP/AVP $3\$" "$1"
	read -r hz dbm0 < <(measure "$2" "$DIR/$1.raw" "$4")
	echo "$1: $hz Hz, $dbm0 dBm0"
	awk "BEGIN { exit !($hz > 1003 && $hz < 1005 &&
		$dbm0 > -0.2 && $dbm0 < 0.2) }" ||
		fail "$1: $hz Hz at $dbm0 dBm0 is no milliwatt"
}
milliwatt a-law al 8 3.14
milliwatt mu-law ul 0 3.17
expect_records 2
finish
