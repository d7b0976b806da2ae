/* What the command `tollgate` makes of calls and their ladders. */
#include "tests/sample_cli.h"

static void calls_text(void **state)
{
	struct fixture *f = *state;

	prints(f, "show calls",
	       "    ID  WAY FROM             TO               SPAN   STATE     "
	       "    TIME\n"
	       "    17  out +493012345       +49305550100     1/5    active    "
	       "    00:00:10\n"
	       "\n"
	       "  LAST  WAY FROM             TO               TALKED   CAUSE\n"
	       "    16  out +493012345       +49305550100     00:00:04 16 "
	       "Normal call clearing\n"
	       "    15  out 03012345         +49305550100     -        3 No "
	       "route to destination\n");
	/* A day takes a column from the cause, and no more. */
	sample_now_ms += 41ULL * 86400 * 1000;
	f->s.over.end_ms = sample_now_ms;
	f->s.refused.cause.q850 = 41;
	assert_int_equal(ask_run(f, "show calls"), CLI_GOOD);
	fits(f->out);
	assert_non_null(strstr(f->out, " 41d 00:00 16 Normal call clearing\n"));
	/* So does a number after years. */
	f->s.refused.id = 4294967295;
	f->s.refused.cause.q850 = 102;
	assert_int_equal(ask_run(f, "show calls"), CLI_GOOD);
	fits(f->out);
	assert_non_null(strstr(f->out, "\n4294967295  out 03012345         "
				       "+49305550100     -        102 Recovery "
				       "on tim..\n"));
	TAILQ_INIT(&f->s.gw.calls);
	TAILQ_INIT(&f->s.gw.history);
	prints(f, "show calls", "No calls in progress.\n");
}

static void call_text(void **state)
{
	struct fixture *f = *state;

	/* By a calendar that was set since. */
	f->s.over.start_utc_ns = 1795154554123 * NS_PER_MS;
	f->s.over.attempts = 2;
	prints(f, "show call 16",
	       "Call 16   over   outgoing\n"
	       "From     +493012345, received as 03012345 (unknown, isdn, "
	       "not screened)\n"
	       "         sent as 12345 (subscriber, isdn, not screened)\n"
	       "To       +49305550100, sent as 5550100 (subscriber, isdn)\n"
	       "         diverted by 030777 (unconditional), answered by "
	       "5550199\n"
	       "Calling  SIP phones  127.0.0.1:5062  Call-ID "
	       "a84b4c76e66710@pc33.example.com\n"
	       "Called   ISDN city  span 1 channel 5  call reference 17\n"
	       "Route    from phones by conf/demo.conf:58 to city, 2 attempts\n"
	       "Began    2026-11-20 06:02:34.123 UTC  (calendar clock set "
	       "since then)\n"
	       "Times    set-up 0.300 s   ringing 1.000 s   talked 4.000 s\n"
	       "Media    alaw 20 ms   jitter 0.0 ms, 1.5 at most\n"
	       "         RTP 500 sent, 498 received, 2 lost, 0 late, 40 ms "
	       "concealed\n"
	       "         digits: 4 to the line, 3 to SIP\n"
	       "End      released by caller: cause 16 Normal call clearing, "
	       "location user (BYE),\n"
	       "         SIP status 200\n"
	       "\n"
	       "      ms   SIP caller       tollgate       exchange\n"
	       "       0   INVITE       ------->|\n"
	       "       1   100 Trying   <-------|\n"
	       "       2                        |------->  SETUP ch 5\n"
	       "      11                        |<-------  CALL PROCEEDING ch "
	       "5\n"
	       "     300                        |<-------  ALERTING\n"
	       "     301   180 Ringing  <-------|\n"
	       "    1300                        |<-------  CONNECT\n"
	       "    1300                   [answered]\n"
	       "    1301                        |------->  CONNECT "
	       "ACKNOWLEDGE\n"
	       "    1301   200 OK       <-------|\n"
	       "    1304   ACK          ------->|\n"
	       "    5300   BYE          ------->|\n");
}

static void call_alive_has_no_end(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask_run(f, "show call 17"), CLI_GOOD);
	fits(f->out);
	assert_non_null(strstr(f->out, "Call 17   active   outgoing\n"));
	assert_non_null(strstr(f->out, "call reference 17  active\n"));
	assert_non_null(strstr(f->out, "alaw 20 ms   path both   jitter"));
	assert_null(strstr(f->out, "End "));
}

static void call_that_found_no_route(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask_run(f, "show call 15"), CLI_GOOD);
	fits(f->out);
	assert_null(strstr(f->out, "Called "));
	assert_null(strstr(f->out, "      ms "));
	assert_non_null(strstr(f->out, "Route    from phones by no rule\n"));
	assert_non_null(strstr(f->out, "ringing 0.000 s   not answered\n"));
	assert_non_null(strstr(f->out, "released by gateway: cause 3 No route "
				       "to destination"));
}

/* Whether the caller withheld the number, and who answers for it. */
static void call_of_a_withheld_number(void **state)
{
	static const struct {
		const char *digits, *core;
		uint8_t presentation, screening;
		bool present;
		const char *line;
	} cases[] = {
		{ "03012345", "+493012345", 1, 0, true,
		  "From     +493012345, received as 03012345 (unknown, "
		  "isdn, withheld, not\n         screened)\n" },
		{ "+493012345", "+493012345", 1, 1, true,
		  "From     +493012345 (unknown, isdn, withheld, "
		  "verified and passed)\n" },
		{ "+493012345", "+493012345", 0, 2, true,
		  "From     +493012345 (unknown, isdn, verification "
		  "failed)\n" },
		{ "+493012345", "+493012345", 0, 3, true,
		  "From     +493012345 (unknown, isdn, network)\n" },
		{ "", "", 1, 3, true, "From     (no number, withheld)\n" },
		{ "", "", 0, 0, false, "From     (no number)\n" },
	};
	struct fixture *f = *state;
	struct call *call = &f->s.over;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct leg_number *number = &call->setup.calling;

		strcpy(number->digits, cases[i].digits);
		strcpy(call->route.calling, cases[i].core);
		number->presentation = cases[i].presentation;
		number->screening = cases[i].screening;
		number->present = cases[i].present;
		call->route.out.calling.present = cases[i].present;
		assert_int_equal(ask_run(f, "show call 16"), CLI_GOOD);
		fits(f->out);
		if (!strstr(f->out, cases[i].line)) {
			fputs(f->out, stderr);
			fail_msg("lacks %s", cases[i].line);
		}
	}
}

/* What somebody else was told, and whose line of configuration said so. */
static void call_with_other_numbers_sent(void **state)
{
	static struct conf_numbering uk = {
		.name = "uk",
		.place = { "uk.conf", 2 },
		.caller = { .checked = true, .place = { "uk.conf", 7 } },
		.redirecting = { .checked = true, .place = { "uk.conf", 8 } },
	};
	static const struct conf_trunk trunk = { .name = "bt",
						 .numbering = &uk };
	static const struct conf_rewrite as = { .caller_as = "+44205" };
	static struct conf_action action = {
		.targets = { { .trunk = &trunk } },
		.target_count = 1,
	};
	static const struct conf_route_rule rule = {
		.place = { "uk.conf", 20 },
		.action = &action,
	};
	static const struct {
		enum numbering_verdict verdict;
		bool present, rewritten;
		const char *from, *diverted;
	} cases[] = {
		{ NUMBERING_REPLACED, true, false,
		  "not screened)\n"
		  "         sent as 5550200 (subscriber, isdn, verified and "
		  "passed), replaced by\n"
		  "         numbering uk (uk.conf:7)\n",
		  "(unconditional), sent as 5550299, replaced by\n"
		  "         numbering uk (uk.conf:8), answered by " },
		{ NUMBERING_LEFT_OUT, false, false,
		  "not screened)\n"
		  "         not sent, left out by numbering uk (uk.conf:7)\n",
		  "(unconditional), not sent, left out by numbering uk\n"
		  "         (uk.conf:8), answered by " },
		/* Nothing can be made of it. */
		{ NUMBERING_AS_CAME, false, false,
		  "not screened)\n"
		  "         not sent, left out by numbering uk (uk.conf:2)\n",
		  "not sent, left out by numbering uk\n"
		  "         (uk.conf:2), answered by " },
		{ NUMBERING_ALLOWED, true, true,
		  "not screened)\n"
		  "         sent as 5550200 (subscriber, isdn, verified and "
		  "passed), replaced by\n"
		  "         the route (uk.conf:20)\n",
		  "(unconditional), sent as 5550299, answered by\n" },
	};
	struct fixture *f = *state;
	struct call *call = &f->s.over;
	struct route_result route = call->route;

	route.rule = &rule;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		action.rewrite = cases[i].rewritten ? &as : NULL;
		sample_number(&route.out.calling, "5550200", 4, 1);
		sample_number(&route.out.redirecting.number, "5550299", 4, 1);
		route.out.calling.screening = 1;
		route.out.calling.present = cases[i].present;
		route.out.redirecting.number.present = cases[i].present;
		route.calling_told.verdict = cases[i].verdict;
		route.redirecting_told.verdict = cases[i].verdict;
		call_sent_take(&call->sent, &route);
		assert_int_equal(ask_run(f, "show call 16"), CLI_GOOD);
		fits(f->out);
		if (strstr(f->out, cases[i].from) &&
		    strstr(f->out, cases[i].diverted))
			continue;
		fputs(f->out, stderr);
		fail_msg("lacks %s or %s", cases[i].from, cases[i].diverted);
	}
}

/* Of one that is refused before a SETUP, and of one that goes out as it came,
 * only what came. */
static void call_with_nothing_else_to_tell(void **state)
{
	struct fixture *f = *state;
	struct call *call = &f->s.over;

	memset(&call->sent, 0, sizeof call->sent);
	assert_int_equal(ask_run(f, "show call 16"), CLI_GOOD);
	assert_null(strstr(f->out, "sent as 12"));
	assert_null(strstr(f->out, "not sent"));
	call->sent.any = true;
	call->sent.calling.number = call->setup.calling;
	call->sent.calling.number.plan = 1;
	call->sent.calling.verdict = NUMBERING_AS_CAME;
	assert_int_equal(ask_run(f, "show call 16"), CLI_GOOD);
	assert_null(strstr(f->out, "sent as 12"));
	assert_null(strstr(f->out, "not sent"));
}

/* The type stands behind the number of the ISDN side. */
static void call_from_the_network(void **state)
{
	struct fixture *f = *state;
	struct call *call = &f->s.over;
	struct leg_info isdn = call->info_b;

	call->info_b = call->info_a;
	call->info_a = isdn;
	sample_number(&call->setup.called, "5550100", 4, 1);
	sample_number(&call->setup.calling, "12345", 4, 1);
	sample_number(&call->sent.called, "+49305550100", 0, 0);
	call->sent.calling.number = (struct leg_number){ 0 };
	sample_number(&call->sent.calling.number, "+493012345", 2, 9);
	assert_int_equal(ask_run(f, "show call 16"), CLI_GOOD);
	assert_non_null(
		strstr(f->out,
		       "From     +493012345, received as 12345 (subscriber, "
		       "isdn, not screened)\n"
		       "         sent as +493012345 (unknown, isdn, not "
		       "screened)\n"
		       "To       +49305550100, received as 5550100 "
		       "(subscriber, isdn), sent as\n"
		       "         +49305550100\n"));
}

static void call_ended_somewhere(void **state)
{
	static const struct {
		uint8_t location; /* Q.850 */
		const char *words;
	} cases[] = {
		{ 0, "user" },
		{ 1, "private network on our side" },
		{ 2, "public network on our side" },
		{ 3, "transit network" },
		{ 4, "public network at the far end" },
		{ 5, "private network at the far end" },
		{ 7, "international network" },
		{ 10, "beyond interworking" },
		{ 6, "LOC-6" },
	};
	struct fixture *f = *state;

	f->s.over.cause.text[0] = '\0';
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char want[80];

		f->s.over.cause.location = cases[i].location;
		assert_int_equal(ask_run(f, "show call 16"), CLI_GOOD);
		fits(f->out);
		/* However it is wrapped. */
		for (char *c; (c = strstr(f->out, "\n         "));)
			memmove(c, c + 9, strlen(c + 9) + 1);
		snprintf(want, sizeof want, ", location %s, SIP status 200\n",
			 cases[i].words);
		assert_non_null(strstr(f->out, want));
	}
	/* A document is for programs: it keeps the letters. */
	f->s.over.cause.location = 4;
	assert_int_equal(ask_run(f, "--json show call 16"), CLI_GOOD);
	assert_non_null(strstr(f->out, "\"location\": \"RLN\""));
}

/* The ladder alone. */
static void ladder_is(struct fixture *f, const char *rows, const char *calling,
		      const char *called, const char *expected)
{
	char document[8192];
	const char *ladder;

	snprintf(document, sizeof document,
		 "{\"call\": {\"calling_leg\": {\"kind\": \"%s\"}, "
		 "\"called_leg\": {\"kind\": \"%s\"}, \"ladder\": [%s], "
		 "\"direction\": \"%s\", \"ladder_dropped\": 3}}",
		 calling, called, rows, strcmp(called, "isdn") ? "in" : "out");
	f->canned = document;
	assert_int_equal(ask_run(f, "show call 1"), CLI_GOOD);
	f->canned = NULL;
	fits(f->out);
	ladder = strstr(f->out, "      ms   ");
	assert_non_null(ladder);
	if (strcmp(ladder, expected) != 0) {
		fputs(ladder, stderr);
		fail_msg("the ladder above");
	}
}

#define ROW(ms, side, direction, text)        \
	"{\"ms\": " #ms ", \"side\": \"" side \
	"\", \"direction\": \"" direction "\", \"text\": \"" text "\"}"

static void ladder_of_an_incoming_call(void **state)
{
	ladder_is(*state,
		  ROW(0, "calling", "in",
		      "SETUP ch 1") "," ROW(1, "called", "out",
					    "INVITE") "," ROW(9, "called", "in",
							      "486 Busy "
							      "Here"),
		  "isdn", "sip",
		  "      ms   SIP callee         tollgate       exchange\n"
		  "       0                          |<-------  SETUP ch 1\n"
		  "       1   INVITE         <-------|\n"
		  "       9   486 Busy Here  ------->|\n"
		  "     ...   3 more not kept\n");
}

/* It never reached a SIP leg; the columns are those of an incoming call. */
static void ladder_of_a_refused_incoming_call(void **state)
{
	ladder_is(*state,
		  ROW(0, "calling", "in",
		      "SETUP ch 1") "," ROW(0, "calling", "out",
					    "RELEASE COMPLETE cause 1"),
		  "isdn", "none",
		  "      ms   SIP callee      tollgate       exchange\n"
		  "       0                       |<-------  SETUP ch 1\n"
		  "       0                       |------->  "
		  "RELEASE COMPLETE cause 1\n"
		  "     ...   3 more not kept\n");
}

static void ladder_between_two_spans(void **state)
{
	ladder_is(*state,
		  ROW(0, "calling", "in",
		      "SETUP ch 1") "," ROW(1, "called", "out", "SETUP ch 2"),
		  "isdn", "isdn",
		  "      ms   exchange        tollgate       exchange\n"
		  "       0   SETUP ch 1  ------->|\n"
		  "       1                       |------->  SETUP ch 2\n"
		  "     ...   3 more not kept\n");
}

static void ladder_of_long_texts_fits(void **state)
{
#define LONG "abcdefghijklmnopqrstuvwxyz0123456789abc"
	ladder_is(
		*state,
		ROW(0, "calling", "in",
		    LONG) "," ROW(1, "called", "out",
				  LONG) "," ROW(2, "gateway", "in",
						LONG LONG LONG),
		"sip", "isdn",
		"      ms   SIP caller            tollgate       "
		"exchange\n"
		"       0   abcdefghijklmn..  ------->|\n"
		"       1                             |------->  "
		"abcdefghijklmnopqrstuvwxyz0123..\n"
		"       2   [abcdefghijklmnopqrstuvwxyz0123456789abcabcdefghij"
		"klmnopqrstuvwxyz..]\n"
		"     ...   3 more not kept\n");
	ladder_is(*state,
		  ROW(0, "calling", "in", LONG) "," ROW(1, "called", "out",
							"SETUP"),
		  "sip", "isdn",
		  "      ms   SIP caller                                   "
		  "tollgate       exchange\n"
		  "       0   " LONG "  ------->|\n"
		  "       1                                                "
		  "    |------->  SETUP\n"
		  "     ...   3 more not kept\n");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(calls_text),
		CASE(call_text),
		CASE(call_alive_has_no_end),
		CASE(call_that_found_no_route),
		CASE(call_of_a_withheld_number),
		CASE(call_with_other_numbers_sent),
		CASE(call_with_nothing_else_to_tell),
		CASE(call_from_the_network),
		CASE(call_ended_somewhere),
		CASE(ladder_of_an_incoming_call),
		CASE(ladder_of_a_refused_incoming_call),
		CASE(ladder_between_two_spans),
		CASE(ladder_of_long_texts_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
