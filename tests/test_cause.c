#include "gateway/cause.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#define FIELDS_MAX 12
#define LOCATIONS 16

/* A row of a csv file, read here without the generator's help. */
struct row {
	char *field[FIELDS_MAX];
	unsigned count;
	unsigned line;
};

enum to_sip_field {
	CAUSE,
	NAME,
	LOCATION_CONDITION,
	DIAGNOSTIC_CONDITION,
	STATUS,
	PHRASE,
	SOURCE,
	RETRY_AFTER,
	NOTES,
	TO_SIP_FIELDS
};

enum to_cause_field {
	SIP_STATUS,
	SIP_PHRASE,
	SIP_CAUSE,
	SIP_CAUSE_NAME,
	SIP_LOCATION,
	SIP_SOURCE,
	SIP_NOTES,
	TO_CAUSE_FIELDS
};

/* Cuts `line` in place; "" within quotes is one quote. */
static void read_row(char *line, struct row *row)
{
	char *from = line, *to = line;

	row->count = 0;
	for (;;) {
		bool quoted = *from == '"';

		assert_in_range(row->count, 0, FIELDS_MAX - 1);
		row->field[row->count++] = to;
		if (quoted)
			from++;
		while (quoted ? !(from[0] == '"' && from[1] != '"')
			      : *from && *from != ',') {
			assert_int_not_equal(*from, '\0');
			if (quoted && *from == '"')
				from++;
			*to++ = *from++;
		}
		if (quoted)
			from++;
		if (*from == '\0')
			break;
		assert_int_equal(*from, ',');
		from++;
		*to++ = '\0';
	}
	*to = '\0';
}

static unsigned each_row(const char *path, unsigned fields,
			 void (*check)(const struct row *row))
{
	FILE *file = fopen(path, "r");
	char line[1024];
	struct row row = { .line = 0 };
	unsigned checked = 0;

	if (!file)
		fail_msg("%s: run this from the top of the source tree", path);
	while (fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = '\0';
		row.line++;
		if (row.line == 1)
			continue;
		read_row(line, &row);
		if (row.count != fields)
			fail_msg("%s:%u: %u fields", path, row.line, row.count);
		check(&row);
		checked++;
	}
	fclose(file);
	return checked;
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static void expect_sip(const struct row *row, struct cause_sip sip)
{
	if (sip.status != atoi(row->field[STATUS]) ||
	    strcmp(sip.phrase, row->field[PHRASE]) != 0 ||
	    sip.retry_after != !strcmp(row->field[RETRY_AFTER], "yes"))
		fail_msg("row %u, %s: %u %s%s", row->line, row->field[CAUSE],
			 sip.status, sip.phrase,
			 sip.retry_after ? ", Retry-After" : "");
}

/* Every location and both kinds of diagnostic that a row is for. */
static void check_to_sip_conditions(const struct row *row,
				    struct leg_cause *cause)
{
	const char *location = row->field[LOCATION_CONDITION];
	const char *diagnostic = row->field[DIAGNOSTIC_CONDITION];
	unsigned checked = 0;

	for (uint8_t l = 0; l < LOCATIONS; l++) {
		if (!strcmp(location, "user (0000)") && l != 0)
			continue;
		if (!strcmp(location, "any other") && l == 0)
			continue;
		cause->location = l;
		if (strcmp(diagnostic, "diagnostic usable as Contact") != 0) {
			expect_sip(row, cause_to_sip(cause));
			checked++;
		}
		if (strcmp(diagnostic, "no usable diagnostic") != 0) {
			expect_sip(row, cause_to_sip_moved(cause));
			checked++;
		}
	}
	assert_true(checked > 0);
}

static void rule_44_is_congestion(const struct row *row)
{
	struct leg_cause cause = { .q850 = 44 };
	struct cause_sip sip = cause_to_sip(&cause);

	assert_string_equal(row->field[STATUS],
			    "none (retry other channel; else 503)");
	assert_true(cause_is_channel_local(44));
	assert_int_equal(sip.status, 503);
	assert_string_equal(sip.phrase, "Service Unavailable");
	assert_true(sip.retry_after);
}

static void rule_t301(const struct row *row)
{
	struct leg_cause cause = { .q850 = 19, .origin = LEG_ORIGIN_TIMER };

	strcpy(cause.text, "T301");
	expect_sip(row, cause_to_sip(&cause));
	strcpy(cause.text, "T301 (180 s)");
	expect_sip(row, cause_to_sip(&cause));
	cause.q850 = 102;
	expect_sip(row, cause_to_sip(&cause));
	/* The network's own expiry arrives as a cause, not as a timer. */
	cause.origin = LEG_ORIGIN_PEER;
	assert_int_equal(cause_to_sip(&cause).status, 504);
}

static void rule_other_timers(const struct row *row)
{
	static const char *const names[] = { "T303", "T310",	"T305",
					     "T308", "T313",	"T3010",
					     "T3",   "Timer H", "" };
	struct leg_cause cause = { .q850 = 102, .origin = LEG_ORIGIN_TIMER };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		strcpy(cause.text, names[i]);
		expect_sip(row, cause_to_sip(&cause));
	}
}

static void rule_protocol_error(const struct row *row)
{
	struct leg_cause cause = { .protocol_error = true };

	for (unsigned q850 = 0; q850 < 128; q850++) {
		cause.q850 = (uint8_t)q850;
		expect_sip(row, cause_to_sip(&cause));
	}
	cause.origin = LEG_ORIGIN_TIMER;
	expect_sip(row, cause_to_sip(&cause));
}

/* The audio is heard first (183); what then ends the call is the cause of the
 * PROGRESS, by the table. */
static void rule_progress_with_cause(const struct row *row)
{
	struct leg_cause cause = { .q850 = 1, .location = 2 };

	assert_string_equal(row->field[STATUS], "183 then table");
	assert_int_equal(cause_to_sip(&cause).status, 404);
}

/* No status any more: a BYE, with the cause in its Reason. */
static void rule_answered(const struct row *row)
{
	struct leg_cause cause = { .q850 = 16, .location = 2 };
	char reason[CAUSE_REASON_MAX];

	assert_string_equal(row->field[STATUS], "BYE");
	cause_format_reason(&cause, reason);
	assert_string_equal(reason, "Q.850;cause=16;text=\"Normal call "
				    "clearing\";location=LN");
}

static bool listed[128];

static void check_to_sip_row(const struct row *row)
{
	static const struct {
		const char *cell;
		void (*check)(const struct row *row);
	} rules[] = {
		{ "44", rule_44_is_congestion },
		{ "T301", rule_t301 },
		{ "T303/T310/T305/T308", rule_other_timers },
		{ "PROTOERR", rule_protocol_error },
		{ "PROGRESS+cause", rule_progress_with_cause },
		{ "ANSWERED", rule_answered },
	};
	const char *key = row->field[CAUSE];
	struct leg_cause cause = { .q850 = 0 };
	char buf[16];

	if (is_number(key)) {
		assert_in_range(atoi(key), 1, 127);
		cause.q850 = (uint8_t)atoi(key);
		listed[cause.q850] = true;
		assert_string_equal(cause_name(cause.q850, buf),
				    row->field[NAME]);
	}
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		if (strcmp(rules[i].cell, key) != 0)
			continue;
		rules[i].check(row);
		return;
	}
	if (!is_number(key) || !is_number(row->field[STATUS]))
		fail_msg("row %u, %s: a rule without a test", row->line, key);
	check_to_sip_conditions(row, &cause);
}

static void every_row_of_cause_to_sip(void **state)
{
	char buf[16];

	(void)state;
	memset(listed, 0, sizeof listed);
	assert_int_equal(each_row("gateway/cause_to_sip.csv", TO_SIP_FIELDS,
				  check_to_sip_row),
			 78);
	for (unsigned q850 = 0; q850 < 256; q850++) {
		struct leg_cause cause = { .q850 = (uint8_t)q850 };

		if (q850 < 128 && listed[q850])
			continue;
		assert_int_equal(cause_to_sip(&cause).status, 500);
		assert_string_equal(cause_to_sip(&cause).phrase,
				    "Server Internal Error");
		snprintf(buf, sizeof buf, "cause %u", q850);
		assert_string_equal(cause_name(cause.q850, (char[16]){ 0 }),
				    buf);
	}
}

static void rejected_by_user_is_603_else_403(void **state)
{
	struct leg_cause cause = { .q850 = 21, .location = 0 };

	(void)state;
	assert_int_equal(cause_to_sip(&cause).status, 603);
	for (uint8_t l = 1; l < LOCATIONS; l++) {
		cause.location = l;
		assert_int_equal(cause_to_sip(&cause).status, 403);
	}
}

static void number_changed_with_and_without_diagnostic(void **state)
{
	struct leg_cause cause = { .q850 = 22 };

	(void)state;
	assert_int_equal(cause_to_sip(&cause).status, 410);
	assert_int_equal(cause_to_sip_moved(&cause).status, 301);
}

static void normal_clearing_is_480_by_default(void **state)
{
	struct leg_cause cause = { .q850 = 16 };

	(void)state;
	assert_int_equal(cause_to_sip(&cause).status, 480);
}

static void sip_failure_keeps_its_status(void **state)
{
	static const struct {
		uint16_t received, sent;
	} cases[] = {
		{ 403, 403 }, { 480, 480 }, { 486, 486 }, { 503, 503 },
		{ 603, 603 }, { 699, 699 }, { 302, 480 }, { 401, 403 },
		{ 407, 403 }, { 200, 480 }, { 700, 480 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct leg_cause cause = cause_from_sip(cases[i].received);
		struct cause_sip sip = cause_to_sip(&cause);

		assert_int_equal(sip.status, cases[i].sent);
		assert_true(*sip.phrase);
	}
}

static void channel_local_causes(void **state)
{
	(void)state;
	for (unsigned q850 = 0; q850 < 256; q850++)
		assert_int_equal(cause_is_channel_local((uint8_t)q850),
				 q850 == 6 || q850 == 44 || q850 == 82);
}

static bool status_listed[700];

static uint8_t expected_location(const struct row *row)
{
	const char *text = row->field[SIP_LOCATION];

	if (strstr(text, "(RPN)") || !*text)
		return 5;
	if (!strcmp(text, "user (U)") || !strcmp(text, "(local)"))
		return 0;
	assert_string_equal(text, "(gateway)");
	return 1;
}

static void check_event_row(const struct row *row, enum cause_event event,
			    uint8_t origin, bool protocol_error)
{
	struct leg_cause cause = cause_from_event(event);

	assert_int_equal(cause.q850, atoi(row->field[SIP_CAUSE]));
	assert_int_equal(cause.location, expected_location(row));
	assert_int_equal(cause.origin, origin);
	assert_int_equal(cause.protocol_error, protocol_error);
	assert_string_equal(cause.text, row->field[SIP_STATUS]);
}

static unsigned events_checked;

static void check_event(const struct row *row)
{
	static const struct {
		const char *cell;
		enum cause_event event;
		uint8_t origin;
		bool protocol_error;
	} rules[] = {
		{ "BYE", CAUSE_EVENT_BYE, LEG_ORIGIN_PEER, false },
		{ "CANCEL", CAUSE_EVENT_CANCEL, LEG_ORIGIN_PEER, false },
		{ "SIP-TIMER", CAUSE_EVENT_SIP_TIMER, LEG_ORIGIN_TIMER, false },
		{ "SIP-PROTOERR", CAUSE_EVENT_SIP_PROTOCOL_ERROR,
		  LEG_ORIGIN_PEER, true },
		{ "NO-CHANNEL", CAUSE_EVENT_NO_CHANNEL, LEG_ORIGIN_GATEWAY,
		  false },
		{ "ADDR-INCOMPLETE", CAUSE_EVENT_ADDRESS_INCOMPLETE,
		  LEG_ORIGIN_GATEWAY, false },
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		if (strcmp(rules[i].cell, row->field[SIP_STATUS]) != 0)
			continue;
		check_event_row(row, rules[i].event, rules[i].origin,
				rules[i].protocol_error);
		events_checked++;
		return;
	}
	fail_msg("row %u, %s: a rule without a test", row->line,
		 row->field[SIP_STATUS]);
}

static void check_to_cause_row(const struct row *row)
{
	struct leg_cause cause;
	const char *cell = row->field[SIP_CAUSE];
	char text[LEG_TEXT_MAX], buf[16];
	int status = atoi(row->field[SIP_STATUS]);

	if (*cell)
		assert_string_equal(cause_name((uint8_t)atoi(cell), buf),
				    row->field[SIP_CAUSE_NAME]);
	if (!is_number(row->field[SIP_STATUS])) {
		check_event(row);
		return;
	}
	assert_in_range(status, 300, 699);
	status_listed[status] = true;
	cause = cause_from_sip((uint16_t)status);
	if (*cell)
		assert_int_equal(cause.q850, atoi(cell));
	else
		assert_true(status < 400 && cause.q850 == 31);
	assert_int_equal(cause.location, expected_location(row));
	assert_int_equal(cause.sip_status, status);
	assert_int_equal(cause.origin, LEG_ORIGIN_PEER);
	assert_false(cause.protocol_error);
	snprintf(text, sizeof text, "SIP %d %s", status,
		 row->field[SIP_PHRASE]);
	assert_string_equal(cause.text, text);
}

static void every_row_of_sip_to_cause(void **state)
{
	(void)state;
	memset(status_listed, 0, sizeof status_listed);
	events_checked = 0;
	assert_int_equal(each_row("gateway/sip_to_cause.csv", TO_CAUSE_FIELDS,
				  check_to_cause_row),
			 74);
	assert_int_equal(events_checked, CAUSE_EVENTS);
	for (uint16_t status = 300; status < 700; status++) {
		struct leg_cause cause = cause_from_sip(status);

		if (status_listed[status])
			continue;
		assert_int_equal(cause.q850, 31);
		assert_int_equal(cause.location, status >= 600 ? 0 : 5);
	}
}

static void redirection_is_31_until_followed(void **state)
{
	static const uint16_t statuses[] = { 300, 301, 302, 305, 380, 399 };

	(void)state;
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		assert_int_equal(cause_from_sip(statuses[i]).q850, 31);
}

static void cancelled_487_is_31(void **state)
{
	(void)state;
	assert_int_equal(cause_from_sip(487).q850, 31);
}

static void not_acceptable_is_65_only_by_warning(void **state)
{
	static const struct {
		uint16_t status, warn_code;
		uint8_t q850, location;
	} cases[] = {
		{ 488, 0, 31, 5 },   { 488, 304, 65, 5 }, { 488, 305, 65, 5 },
		{ 488, 370, 31, 5 }, { 606, 0, 31, 0 },	  { 606, 304, 65, 0 },
		{ 606, 399, 31, 0 }, { 486, 304, 17, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct leg_cause cause =
			cause_from_sip_warning(cases[i].status,
					       cases[i].warn_code);

		assert_int_equal(cause.q850, cases[i].q850);
		assert_int_equal(cause.location, cases[i].location);
	}
	assert_int_equal(cause_from_sip(488).q850, 31);
	assert_int_equal(cause_from_sip(606).q850, 31);
}

static void reason_is_written(void **state)
{
	static const struct {
		uint8_t q850, location;
		const char *value;
	} cases[] = {
		{ 17, 2, "Q.850;cause=17;text=\"User busy\";location=LN" },
		{ 21, 0, "Q.850;cause=21;text=\"Call rejected\";location=U" },
		{ 38, 1,
		  "Q.850;cause=38;text=\"Network out of order\";location=LPN" },
		{ 12, 10, "Q.850;cause=12;text=\"cause 12\";location=BI" },
		{ 62, 15,
		  "Q.850;cause=62;text=\"Inconsistency in designated outgoing "
		  "access information and subscriber class\";location=LOC-15" },
		{ 0, 2, "" },
	};
	char out[CAUSE_REASON_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct leg_cause cause = { .q850 = cases[i].q850,
					   .location = cases[i].location };

		cause_format_reason(&cause, out);
		assert_string_equal(out, cases[i].value);
	}
}

static void reason_of_a_reject_rule(void **state)
{
	struct leg_cause cause = { .q850 = 21,
				   .location = 1,
				   .origin = LEG_ORIGIN_GATEWAY,
				   .told = true,
				   .text = "not \"premium\"" };
	char out[CAUSE_REASON_MAX];

	(void)state;
	cause_format_reason(&cause, out);
	assert_string_equal(out, "Q.850;cause=21;text=\"not \\\"premium\\\"\""
				 ";location=LPN");
	/* our own words about a failure of ours stay in the log */
	cause.told = false;
	cause_format_reason(&cause, out);
	assert_string_equal(out, "Q.850;cause=21;text=\"Call rejected\""
				 ";location=LPN");
}

static void reason_comes_back(void **state)
{
	char out[CAUSE_REASON_MAX], buf[16];

	(void)state;
	for (unsigned q850 = 1; q850 < 128; q850++)
		for (uint8_t l = 0; l < LOCATIONS; l++) {
			struct leg_cause cause = { .q850 = (uint8_t)q850,
						   .location = l };
			struct leg_cause back;

			cause_format_reason(&cause, out);
			assert_int_equal(cause_parse_reason(out, &back), 0);
			assert_int_equal(back.q850, q850);
			assert_int_equal(back.location, l);
			assert_string_equal(back.text,
					    cause_name(cause.q850, buf));
		}
}

static void locations_by_name(void **state)
{
	/* Q.850 2.2.5 codes and RFC 8606 names. */
	static const struct {
		uint8_t code;
		const char *name;
	} cases[] = { { 0, "U" },    { 1, "LPN" }, { 2, "LN" },
		      { 3, "TN" },   { 4, "RLN" }, { 5, "RPN" },
		      { 7, "INTL" }, { 10, "BI" }, { 16, "?" } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(cause_location_name(cases[i].code),
				    cases[i].name);
}

static void reasons_that_are_read(void **state)
{
	static const struct {
		const char *value;
		uint8_t q850, location;
		const char *text;
	} cases[] = {
		{ "Q.850;cause=17", 17, 5, "" },
		{ "Q.850 ;cause=16 ;text=\"Terminated\"", 16, 5, "Terminated" },
		{ "q.850;CAUSE=017;Location=rln", 17, 4, "" },
		{ " \tQ.850 ; cause = 1 ; location = U \t", 1, 0, "" },
		{ "SIP ;cause=600 ;text=\"Busy Everywhere\", Q.850;cause=17",
		  17, 5, "" },
		{ "Q.850;cause=34;location=TN, SIP;cause=503", 34, 3, "" },
		{ "preemption;cause=1;text=\"UA Preemption\",Q.850;cause=8", 8,
		  5, "" },
		{ "Q.850;cause=17,Q.850;cause=18", 17, 5, "" },
		{ "Q.850;text=\"a \\\"b\\\" \\\\ c, d; e\";cause=127", 127, 5,
		  "a \"b\" \\ c, d; e" },
		{ "Q.850;cause=20;text=\"\"", 20, 5, "" },
		{ "Q.850;cause=21;text=busy;flag;host=[::1]:5060", 21, 5, "" },
		{ "Q.850;cause=21;location=MARS", 21, 5, "" },
		{ "Q.850;cause=21;x=\"quoted\"", 21, 5, "" },
		{ "Q.850;cause=21;text=\"\\\x01\\\x7f\"", 21, 5, "??" },
		{ "Q.850;cause=21;text=\"\xc3\xa4\"", 21, 5, "\xc3\xa4" },
		{ "Q.850, Q.850;cause=3", 3, 5, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct leg_cause cause;

		if (cause_parse_reason(cases[i].value, &cause) != 0)
			fail_msg("not read: %s", cases[i].value);
		assert_int_equal(cause.q850, cases[i].q850);
		assert_int_equal(cause.location, cases[i].location);
		assert_string_equal(cause.text, cases[i].text);
		assert_int_equal(cause.origin, LEG_ORIGIN_PEER);
		assert_int_equal(cause.sip_status, 0);
	}
}

static void reasons_that_are_not(void **state)
{
	static const struct {
		const char *value;
		int rc;
	} cases[] = {
		{ "SIP;cause=200;text=\"Call completed elsewhere\"", -ENOENT },
		{ "Q.850", -ENOENT },
		{ "Q.850;text=\"no cause\"", -ENOENT },
		{ "Q.8500;cause=17", -ENOENT },
		{ "Q.85;cause=17", -ENOENT },
		{ "", -EBADMSG },
		{ " ", -EBADMSG },
		{ ",", -EBADMSG },
		{ ";cause=17", -EBADMSG },
		{ "Q.850;cause=", -EBADMSG },
		{ "Q.850;cause", -EBADMSG },
		{ "Q.850;cause=\"17\"", -EBADMSG },
		{ "Q.850;cause=-17", -EBADMSG },
		{ "Q.850;cause=1x", -EBADMSG },
		{ "Q.850;cause=0x11", -EBADMSG },
		{ "Q.850;cause=0", -EBADMSG },
		{ "Q.850;cause=128", -EBADMSG },
		{ "Q.850;cause=273", -EBADMSG },
		{ "Q.850;cause=4294967313", -EBADMSG },
		{ "Q.850;cause=99999999999999999999999999", -EBADMSG },
		{ "Q.850;cause=17;cause=18", -EBADMSG },
		{ "Q.850;;cause=17", -EBADMSG },
		{ "Q.850;cause=17;", -EBADMSG },
		{ "Q.850;cause=17,", -EBADMSG },
		{ "Q.850;cause=17 18", -EBADMSG },
		{ "Q.850 cause=17", -EBADMSG },
		{ "Q.850;cause=17;text=\"open", -EBADMSG },
		{ "Q.850;cause=17;text=\"open\\", -EBADMSG },
		{ "Q.850;cause=17;text=\"a\nb\"", -EBADMSG },
		{ "Q.850;cause=17\r\nX: y", -EBADMSG },
		{ "Q.850;cause=17;=x", -EBADMSG },
		{ "Q.850;cause=17, SIP;cause=x", -EBADMSG },
		{ "Q\xc3.850;cause=17", -EBADMSG },
		{ "\"Q.850\";cause=17", -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct leg_cause cause = { .q850 = 99 };
		int rc = cause_parse_reason(cases[i].value, &cause);

		if (rc != cases[i].rc)
			fail_msg("%d for: %s", rc, cases[i].value);
		assert_int_equal(cause.q850, 99);
	}
}

static void reason_is_bounded(void **state)
{
	char value[1200] = "Q.850;cause=17;text=\"";
	struct leg_cause cause;

	(void)state;
	memset(value + strlen(value), 'a', 900);
	strcat(value, "\"");
	assert_int_equal(cause_parse_reason(value, &cause), 0);
	assert_int_equal(strlen(cause.text), LEG_TEXT_MAX - 1);
	memset(value, ' ', 1100);
	strcpy(value + 1100, "Q.850;cause=17");
	assert_int_equal(cause_parse_reason(value, &cause), -EBADMSG);
}

static uint32_t seed = 850;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

/* Each value in a heap block of its own length, for the sanitizer to see a
 * read beyond it. */
static void reason_survives_junk(void **state)
{
	static const char good[] = "SIP ;cause=600 ;text=\"a \\\" b\", "
				   "Q.850;cause=17;location=LN;x=[::1]";
	static const char alphabet[] = "Q.850;cause=17text\"\\,= \tULN\x01\xff";

	(void)state;
	for (int i = 0; i < 200000; i++) {
		size_t len =
			random_below(2) ? sizeof good - 1 : random_below(40);
		char *value = malloc(len + 1);
		struct leg_cause cause = { .q850 = 99 };
		int rc;

		assert_non_null(value);
		for (size_t b = 0; b < len; b++)
			value[b] = len == sizeof good - 1
					   ? good[b]
					   : alphabet[random_below(
						     sizeof alphabet - 1)];
		for (uint32_t m = random_below(4); m && len; m--)
			value[random_below((uint32_t)len)] =
				alphabet[random_below(sizeof alphabet)];
		value[len] = '\0';
		rc = cause_parse_reason(value, &cause);
		assert_true(rc == 0 || rc == -EBADMSG || rc == -ENOENT);
		assert_in_range(cause.q850, 1, 127);
		assert_true(rc == 0 || cause.q850 == 99);
		assert_in_range(cause.location, 0, 15);
		cause_from_sip_response(486, value);
		free(value);
	}
}

static void reason_wins_over_status(void **state)
{
	static const struct {
		uint16_t status;
		const char *reason;
		uint8_t q850, location;
	} cases[] = {
		{ 503, "Q.850;cause=34;location=LN", 34, 2 },
		{ 503, "Q.850;cause=34", 34, 5 },
		{ 603, "Q.850;cause=19", 19, 0 },
		{ 486, "Q.850;cause=16;text=\"Terminated\"", 17, 5 },
		{ 486, "SIP;cause=600", 17, 5 },
		{ 486, "Q.850;cause=banana", 17, 5 },
		{ 486, "Q.850;cause=200", 17, 5 },
		{ 486, NULL, 17, 5 },
		{ 486, "", 17, 5 },
		{ 499, "Q.850;cause=1", 1, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct leg_cause cause =
			cause_from_sip_response(cases[i].status,
						cases[i].reason);

		assert_int_equal(cause.q850, cases[i].q850);
		assert_int_equal(cause.location, cases[i].location);
		assert_int_equal(cause.sip_status, cases[i].status);
		assert_memory_equal(cause.text, "SIP ", 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_cause_to_sip),
		cmocka_unit_test(rejected_by_user_is_603_else_403),
		cmocka_unit_test(number_changed_with_and_without_diagnostic),
		cmocka_unit_test(normal_clearing_is_480_by_default),
		cmocka_unit_test(sip_failure_keeps_its_status),
		cmocka_unit_test(channel_local_causes),
		cmocka_unit_test(every_row_of_sip_to_cause),
		cmocka_unit_test(redirection_is_31_until_followed),
		cmocka_unit_test(cancelled_487_is_31),
		cmocka_unit_test(not_acceptable_is_65_only_by_warning),
		cmocka_unit_test(reason_is_written),
		cmocka_unit_test(reason_of_a_reject_rule),
		cmocka_unit_test(reason_comes_back),
		cmocka_unit_test(locations_by_name),
		cmocka_unit_test(reasons_that_are_read),
		cmocka_unit_test(reasons_that_are_not),
		cmocka_unit_test(reason_is_bounded),
		cmocka_unit_test(reason_survives_junk),
		cmocka_unit_test(reason_wins_over_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
