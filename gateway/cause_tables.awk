# cause_tables.awk cause_to_sip.csv sip_to_cause.csv: writes the tables that
# cause.c includes. A cell it does not understand stops the build: a mistyped
# table must not become a silent default. POSIX awk, no extensions.

function fail(text) {
	printf "%s:%d: %s\n", FILENAME, FNR, text >"/dev/stderr"
	failed = 1
	exit 1
}

# Cuts a CSV line (RFC 4180, a record is one line) into field[1..]; returns
# their number.
function split_csv(line, count, c, i, quoted, text) {
	count = 1
	text = ""
	quoted = 0
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (quoted && c == "\"" && substr(line, i + 1, 1) == "\"") {
			text = text c
			i++
		} else if (c == "\"") {
			quoted = !quoted
		} else if (c == "," && !quoted) {
			field[count++] = text
			text = ""
		} else {
			text = text c
		}
	}
	field[count] = text
	if (quoted)
		fail("a quote is not closed")
	return count
}

function literal(text) {
	if (text ~ /\\/)
		fail("a backslash has no place in a name")
	gsub(/"/, "\\\"", text)
	return "\"" text "\""
}

function condition(location, diagnostic) {
	if (location == "" && diagnostic == "")
		return "ALWAYS"
	if (location == "user (0000)" && diagnostic == "")
		return "IF_USER"
	if (location == "any other" && diagnostic == "")
		return "IF_NOT_USER"
	if (location == "" && diagnostic == "diagnostic usable as Contact")
		return "IF_DIAGNOSTIC"
	if (location == "" && diagnostic == "no usable diagnostic")
		return "IF_NO_DIAGNOSTIC"
	fail("unknown condition")
}

# Statuses that are no number are rules of cause.c; 0 stands for them.
function status(text) {
	if (text ~ /^[3-6][0-9][0-9]$/)
		return text
	if (text == "BYE" || text == "183 then table" || text ~ /^none \(/)
		return 0
	fail("\"" text "\" is neither a status nor a known rule")
}

# Q.850 location codes.
function location(text) {
	if (text == "" || text ~ /\(RPN\)/)
		return 5
	if (text ~ /\(U\)/ || text == "(local)")
		return 0
	if (text == "(gateway)")
		return 1
	fail("unknown location \"" text "\"")
}

function cause_row(key) {
	if (field[8] != "" && field[8] != "yes")
		fail("retry_after is \"yes\" or empty")
	return sprintf("\t{ %s, %s, %s, %s, %s, %s },\n", key,
		       condition(field[3], field[4]), status(field[5]),
		       field[8] == "yes" ? "true" : "false",
		       literal(field[2]), literal(field[6]))
}

function status_row(key) {
	if (field[3] !~ /^[0-9]*$/ || field[3] + 0 > 127)
		fail("\"" field[3] "\" is no Q.850 cause")
	# 3xx have no cause until redirection is followed: 31.
	return sprintf("\t{ %s, %s, %s, %s },\n", key,
		       field[3] == "" ? 31 : field[3], location(field[5]),
		       literal(field[2]))
}

FNR == 1 {
	table++
	expected = split_csv($0)
	if (table == 1 && $0 !~ /^cause,name,location_condition,/)
		fail("is not cause_to_sip.csv")
	if (table == 2 && $0 !~ /^sip_status,sip_phrase,cause,/)
		fail("is not sip_to_cause.csv")
	next
}

{
	if (split_csv($0) != expected)
		fail("has not " expected " fields")
	key = table " " field[1] condition(table == 1 ? field[3] : "",
					   table == 1 ? field[4] : "")
	if (key in seen)
		fail("a second row for " field[1])
	seen[key] = 1
	numeric = field[1] ~ /^[0-9]+$/
	if (table == 1 && numeric)
		causes = causes cause_row(field[1])
	else if (table == 1)
		cause_events = cause_events cause_row(literal(field[1]))
	else if (numeric)
		statuses = statuses status_row(field[1])
	else
		status_events = status_events status_row(literal(field[1]))
}

END {
	if (failed || table != 2)
		exit 1
	print "/* Made by cause_tables.awk. */"
	print "static const struct cause_row cause_rows[] = {\n" causes "};"
	print "static const struct cause_event_row cause_event_rows[] = {\n" \
		cause_events "};"
	print "static const struct status_row status_rows[] = {\n" \
		statuses "};"
	print "static const struct status_event_row status_event_rows[] = " \
		"{\n" status_events "};"
}
