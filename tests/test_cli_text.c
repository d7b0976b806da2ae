/* What the command `tollgate` makes of the gateway's answers. */
#include "tests/sample_cli.h"

static void status_text(void **state)
{
	prints(*state, "status",
	       "demo  tollgated " TOLLGATE_VERSION "  up 00:00:15   OK\n"
	       "Spans   1/1 up      Channels  1 busy  29 free  0 blocked\n"
	       "Calls   1 now  (0 in, 1 out)   7 since start   ASR 83 %  "
	       "ACD 4 s\n"
	       "        1 refused: no route\n"
	       "SIP     127.0.0.1:5060   1 peer\n"
	       "        7 INVITE   2 OPTIONS   12 packets of strangers "
	       "dropped\n"
	       "Alarms  none\n");
}

/* Of a group that keeps more than there is, what there is. */
static void status_of_reserved_channels(void **state)
{
	struct fixture *f = *state;
	const unsigned kept[] = { 2, 50 };
	const char *const said[] = {
		"Channels  1 busy  29 free (2 reserved)  0 blocked\n",
		"Channels  1 busy  29 free (29 reserved)  0 blocked\n",
	};

	for (unsigned i = 0; i < 2; i++) {
		sample_trunk.reserve = kept[i];
		assert_int_equal(ask_run(f, "status"), CLI_GOOD);
		if (!strstr(f->out, said[i]))
			fail_msg("%s", f->out);
	}
	sample_trunk.reserve = 0;
}

static void status_of_a_sick_gateway(void **state)
{
	struct fixture *f = *state;

	sample_span_count = 2;
	sample_spans[0].in_service = sample_spans[1].in_service = false;
	strcpy(sample_spans[0].state, "alarm red");
	strcpy(sample_spans[1].state, "no exchange");
	sample_spans[1].channel[3] = CHANNEL_VIEW_RELEASING;
	sample_spans[1].channel[4] = CHANNEL_VIEW_BLOCKED;
	memset(&f->s.gw.counters, 0, sizeof f->s.gw.counters);
	f->s.gw.counters.no_port = 2;
	TAILQ_INIT(&f->s.gw.history);
	f->s.gw.start_ms = sample_now_ms;
	sample_now_ms += (41ULL * 86400 + 3 * 3600 + 12 * 60 + 7) * 1000;
	prints(f, "status",
	       "demo  tollgated " TOLLGATE_VERSION "  up 41d 03:12   DOWN\n"
	       "Spans   0/2 up      Channels  2 busy  56 free  1 releasing  "
	       "1 blocked\n"
	       "Calls   1 now  (0 in, 1 out)   0 since start\n"
	       "        2 refused: no RTP port free\n"
	       "SIP     127.0.0.1:5060   1 peer\n"
	       "        7 INVITE   2 OPTIONS   12 packets of strangers "
	       "dropped\n"
	       "Alarms  span 1 takes no calls: alarm red\n"
	       "        span 2 takes no calls: no exchange\n"
	       "        calls that were refused as no RTP port was free: 2\n");
}

/* It is to be seen at once, however many spans are down. */
static void status_fits_a_screen(void **state)
{
	struct fixture *f = *state;
	json_t *answer, *warnings;
	unsigned lines = 0;

	assert_int_equal(ask_run(f, "--json status"), CLI_GOOD);
	answer = json_loads(f->out, 0, NULL);
	warnings = json_object_get(answer, "warnings");
	for (int i = 0; i < 32; i++)
		json_array_append_new(warnings, json_string("down"));
	f->canned = json_dumps(answer, 0);
	assert_int_equal(ask_run(f, "status"), CLI_GOOD);
	for (const char *c = f->out; *c; c++)
		lines += *c == '\n';
	assert_true(lines <= 22);
	assert_non_null(
		strstr(f->out, "\n        and 23 more: 'show alarms' has "));
	free((char *)f->canned);
	f->canned = NULL;
	json_decref(answer);
}

static void spans_text(void **state)
{
	struct fixture *f = *state;

	sample_span_count = 2;
	sample_spans[1].in_service = false;
	strcpy(sample_spans[1].state, "alarm red");
	sample_spans[1].alarms = LINE_RED | LINE_YELLOW;
	sample_spans[1].waiting = 2;
	sample_spans[1].tap.malformed_in = 4;
	sample_spans[1].tap.lost_out = 5;
	sample_spans[1].line.hdlc_errors = 1;
	sample_spans[1].line.crc4_errors = 3;
	sample_spans[1].line.bipolar_violations = 1000000;
	sample_spans[1].line.e_bits = 1000000;
	sample_spans[1].line.irq_misses = 12;
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		sample_spans[1].channel[t] =
			t < 24 ? CHANNEL_VIEW_OUT : CHANNEL_VIEW_NONE;
	sample_spans[1].line_type = LINE_TYPE_T1;
	sample_spans[1].channel[23] = CHANNEL_VIEW_RELEASING;
	prints(f, "show spans",
	       "SPAN  LINE  STATE                   FOR           BUSY  FREE   "
	       "  "
	       "CALLS\n"
	       "   1  E1    up                      00:00:13         1    29   "
	       "     "
	       " 7\n"
	       "      timeslots   ....B ..... ..... -.... ..... ..... .\n"
	       "      D channel   120 frames in, 118 out\n"
	       "      voice       72001 blocks in, 72000 out\n"
	       "   2  T1    alarm red               00:00:13         1    29   "
	       "     "
	       " 7\n"
	       "      alarms      red yellow\n"
	       "      waiting     2 answered calls, for the D channel (T309)\n"
	       "      timeslots   ##### ##### ##### ##### ##r-\n"
	       "      D channel   120 frames in, 118 out, 4 malformed, 5 "
	       "lost\n"
	       "      voice       72002 blocks in, 72000 out, 3 slips\n"
	       "      line        1 spoilt frame, 1000000 bipolar violations, "
	       "3 CRC-4 errors,\n"
	       "                  1000000 E bits, 12 interrupts missed\n"
	       "\n"
	       "Timeslots:  B busy  . free  r releasing  # out  x blocked  - "
	       "no "
	       "B channel\n");
	sample_span_count = 0;
	prints(f, "show spans", "No spans.\n");
}

static void channels_text(void **state)
{
	struct fixture *f = *state;

	sample_span_count = 2;
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		if (t != 16)
			sample_spans[1].channel[t] = CHANNEL_VIEW_BLOCKED;
	sample_spans[0].channel[6] = CHANNEL_VIEW_RELEASING;
	prints(f, "show channels",
	       "CHANNEL   STATE        CALL  WAY FROM             TO           "
	       "    TIME\n"
	       "1/1-4     free\n"
	       "1/5       busy           17  out +493012345       +49305550100 "
	       "    00:00:10\n"
	       "1/6       releasing\n"
	       "1/7-15    free\n"
	       "1/17-31   free\n"
	       "2/1-15    blocked\n"
	       "2/17-31   blocked\n");
	/* The line has let go, the SIP side has not. */
	f->s.alive.b = NULL;
	sample_spans[0].channel[5] = CHANNEL_VIEW_IDLE;
	prints(f, "show channels",
	       "CHANNEL   STATE        CALL  WAY FROM             TO           "
	       "    TIME\n"
	       "1/1-5     free\n"
	       "1/6       releasing\n"
	       "1/7-15    free\n"
	       "1/17-31   free\n"
	       "2/1-15    blocked\n"
	       "2/17-31   blocked\n");
}

static void stats_text(void **state)
{
	prints(*state, "show stats",
	       "CALLS            ENDED   ASR   ACD      IN     OUT  ANSWERED\n"
	       "since start          2  50 %   4 s       0       2         1\n"
	       "last 1 min           2  50 %   4 s       0       2         1\n"
	       "15 min before        0     -     -       0       0         0\n"
	       "\n"
	       "ENDED WITH CAUSE\n"
	       "         1    3 No route to destination\n"
	       "         1   16 Normal call clearing\n"
	       "\n"
	       "VOICE OF THE CALLS THAT ARE OVER\n"
	       "      1000  packets sent\n"
	       "       996  received\n"
	       "         4  lost, 0.400 %\n"
	       "       0.1  s concealed\n"
	       "       1.5  ms jitter at the most\n"
	       "         8  digits to the line, 6 to SIP\n");
}

static void version_text(void **state)
{
	struct fixture *f = *state;

	f->canned = "{\"program\":\"tollgated\",\"version\":\"9.9\",\"node\":"
		    "\"demo\",\"pid\":4711,\"start_utc\":"
		    "\"2026-11-20T06:02:34.123Z\",\"uptime_ms\":15000}";
	prints(f, "show version",
	       "tollgated  9.9  up 00:00:15 since 2026-11-20T06:02:34.123Z\n"
	       "tollgate   " TOLLGATE_VERSION "  not the same\n");
}

static uint32_t seed = 1;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

static json_t *odd_value(void)
{
	static const char *const texts[] = { "", "\x1b[2J\x1b[1;31m", "\n\r\t",
					     "\xc2\x9b[31m", "%s%n%d" };

	switch (random_below(8)) {
	case 0: return json_null();
	case 1: return json_true();
	case 2: return json_integer(INT64_MAX);
	case 3: return json_integer(INT64_MIN);
	case 4: return json_real(-1e300);
	case 5: return json_string(texts[random_below(5)]);
	case 6: return json_array();
	default: return json_object();
	}
}

/* Replaces values here and there, at every depth. */
static void mutate(json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;
	void *next;

	json_array_foreach(json, i, value)
	{
		if (random_below(20) == 0)
			json_array_set_new(json, i, odd_value());
		else
			mutate(value);
	}
	json_object_foreach_safe(json, next, key, value)
	{
		if (random_below(20) == 0)
			json_object_set_new(json, key, odd_value());
		else
			mutate(value);
	}
}

/* What is taken at once, what waits, what needs a restart: a block may have of
 * each. */
static void reload_text(void **state)
{
	struct fixture *f = *state;

	f->canned =
		"{\"file\": \"t.conf\", \"plan\": false, \"taken\": true, "
		"\"changes\": ["
		"{\"block\": \"gateway \\\"g\\\"\", \"change\": \"changed\", "
		"\"takes\": \"restart\", \"file\": \"t.conf\", \"line\": 1, "
		"\"settings_changed\": 2, \"settings\": ["
		"{\"was\": \"listen a\", \"now\": \"listen b\", "
		"\"takes\": \"restart\"}, "
		"{\"was\": null, \"now\": \"retry-after 8s\", "
		"\"takes\": \"at once\"}]}, "
		"{\"block\": \"span 1\", \"change\": \"changed\", "
		"\"takes\": \"idle\", \"file\": \"t.conf\", \"line\": 20, "
		"\"settings_changed\": 1, \"settings\": ["
		"{\"was\": \"channels 1-15\", \"now\": null, "
		"\"takes\": \"idle\"}]}, "
		"{\"block\": \"sip-peer \\\"old\\\"\", \"change\": "
		"\"removed\", \"takes\": \"at once\", \"file\": \"t.conf\", "
		"\"line\": 9, \"settings_changed\": 0, \"settings\": []}], "
		"\"waiting\": [{\"span\": 1, \"calls\": 2, \"removed\": "
		"false}, {\"span\": 3, \"calls\": 1, \"removed\": true}], "
		"\"warnings\": \"\"}";
	prints(f, "reload",
	       "t.conf is good. Taken:\n"
	       "At once\n"
	       "  gateway \"g\" changed  t.conf:1\n"
	       "      + retry-after 8s\n"
	       "  sip-peer \"old\" removed  t.conf:9\n"
	       "When the span has no call\n"
	       "  span 1 changed  t.conf:20\n"
	       "      - channels 1-15\n"
	       "By a restart\n"
	       "  gateway \"g\" changed  t.conf:1\n"
	       "      - listen a\n"
	       "      + listen b\n"
	       "Span 1 has 2 calls: it takes its new settings after the last "
	       "one.\n"
	       "Span 3 has 1 call: it is closed after the last one.\n"
	       "Restart tollgated to take what needs it; until then that is "
	       "as before.\n");
	f->canned = "{\"file\": \"t.conf\", \"plan\": true, \"changes\": "
		    "[], \"waiting\": [], \"warnings\": \"\"}";
	prints(f, "reload --plan", "t.conf is good and is what runs.\n");
	f->canned = NULL;
}

static void audit_text(void **state)
{
	struct fixture *f = *state;

	prints(f, "audit",
	       "Clean: 1 call\n"
	       "\n"
	       "              CALLS   THERE\n"
	       "SIP legs          1       2  dialogs of the SIP stack\n"
	       "ISDN legs         1       1  legs on the spans\n"
	       "references        1       1  kept by the D channels\n"
	       "libpri            1       1  calls of the library\n"
	       "bridges           1       1  of the media workers\n"
	       "\n"
	       "31 descriptors open, 2.3 MB in use, 9.9 MB resident\n"
	       "1 audit since the start: 0 faults, 0 repaired\n");
}

static void audit_of_a_sick_gateway(void **state)
{
	struct fixture *f = *state;

	sample_audit.faults = 4;
	sample_audit.repaired = 2;
	sample_audit.stray_bridges = 1;
	sample_audit.stuck_calls = 1;
	sample_audit.isdn.channel_without_call = 2;
	f->s.gw.audit.runs = 119;
	prints(f, "audit",
	       "4 faults found, 2 repaired\n"
	       "       1  call that did not end\n"
	       "       2  channels busy without a call\n"
	       "       1  media bridge of no call\n"
	       "\n"
	       "              CALLS   THERE\n"
	       "SIP legs          1       2  dialogs of the SIP stack\n"
	       "ISDN legs         1       1  legs on the spans\n"
	       "references        1       1  kept by the D channels\n"
	       "libpri            1       1  calls of the library\n"
	       "bridges           1       1  of the media workers\n"
	       "\n"
	       "31 descriptors open, 2.3 MB in use, 9.9 MB resident\n"
	       "120 audits since the start: 4 faults, 2 repaired\n");
	assert_int_equal(ask_run(f, "--json audit"), CLI_GOOD);
	assert_non_null(strstr(f->out, "\"done\": \"calls: "));
	assert_non_null(strstr(f->out, ", faults: 4, mended: 2\""));
}

/* Prints whatever it is; nothing but text may come of it. */
static void render_odd(render_fn *fn, const json_t *document)
{
	struct screen screen;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	screen_open(&screen, out);
	fn(&screen, document);
	fclose(out);
	fits(text);
	free(text);
}

static void odd_documents_do_no_harm(void **state)
{
	struct fixture *f = *state;
	unsigned changed = 0;

	for (const struct command *c = command_table; c->usage; c++) {
		struct command_syntax syntax;
		char line[200], words[220];
		json_t *good = json_object();
		render_fn *fn;

		command_read_syntax(&syntax, c->usage);
		fn = render_find(syntax.name);
		if (fn)
			render_odd(fn, good);
		json_decref(good);
		snprintf(words, sizeof words, "--json %s",
			 sample_typed(line, sizeof line, c) ? line : "");
		if (c->flags || ask_run(f, words) != CLI_GOOD)
			continue;
		changed++;
		good = json_loads(f->out, 0, NULL);
		for (int i = 0; i < 1000; i++) {
			json_t *bad = json_deep_copy(good);

			mutate(bad);
			render_odd(fn, bad);
			json_decref(bad);
		}
		json_decref(good);
	}
	assert_true(changed > 10);
}

static void peers_words_cannot_reach_the_terminal(void **state)
{
	struct fixture *f = *state;

	strcpy(f->s.over.cause.text, "SIP 486 \x1b]0;owned\x07\xc2\x9b");
	strcpy(f->s.over.info_a.sip_call_id, "\x1b[2J");
	assert_int_equal(ask_run(f, "show call 16"), CLI_GOOD);
	fits(f->out);
	assert_non_null(strstr(f->out, " ?]0;owned?"));
	f->canned = "{\"error\": \"\\u001b[2J\"}";
	assert_int_equal(ask_run(f, "status"), CLI_REFUSED);
	assert_string_equal(f->err, "tollgate: ?[2J\n");
	assert_int_equal(ask_run(f, "--json status"), CLI_REFUSED);
	assert_null(strchr(f->out, '\x1b'));
}

/* `status` on a pseudo-terminal: whether it is coloured. */
static bool coloured(struct fixture *f)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	char *argv[] = { "tollgate", "--control", f->path, "status", NULL };
	char text[4096];
	FILE *out;
	ssize_t n;

	if (master < 0)
		skip(); /* a bare chroot without /dev/pts */
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	out = fdopen(slave, "w");
	assert_int_equal(cli_run(4, argv, out, stderr), CLI_GOOD);
	fclose(out);
	n = read(master, text, sizeof text - 1);
	assert_true(n > 0);
	close(master);
	text[n] = '\0';
	return strstr(text, "\x1b[1;32mOK") != NULL;
}

static void colour_only_on_a_terminal(void **state)
{
	struct fixture *f = *state;

	assert_true(coloured(f));
	setenv("NO_COLOR", "1", 1);
	assert_false(coloured(f));
	setenv("NO_COLOR", "", 1);
	assert_true(coloured(f));
	setenv("TERM", "dumb", 1);
	assert_false(coloured(f));
	setenv("TERM", "xterm", 1);
	/* Into a pipe or file: golden texts above. */
}

static void durations(void **state)
{
	static const struct {
		long long ms;
		const char *text;
	} cases[] = {
		{ 0, "00:00:00" },
		{ -5, "00:00:00" },
		{ 999, "00:00:00" },
		{ 1000, "00:00:01" },
		{ 86399999, "23:59:59" },
		{ 86400000, "1d 00:00" },
		{ 99999LL * 86400000 + 86399999, "99999d 23:59" },
		{ 100000LL * 86400000, ">99999d" },
		{ INT64_MAX, ">99999d" },
		{ INT64_MIN, "00:00:00" },
	};
	char text[DURATION_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		format_duration(cases[i].ms, text);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(status_text),
		CASE(status_of_reserved_channels),
		CASE(status_of_a_sick_gateway),
		CASE(status_fits_a_screen),
		CASE(spans_text),
		CASE(channels_text),
		CASE(stats_text),
		CASE(reload_text),
		CASE(audit_text),
		CASE(audit_of_a_sick_gateway),
		CASE(version_text),
		CASE(odd_documents_do_no_harm),
		CASE(peers_words_cannot_reach_the_terminal),
		CASE(colour_only_on_a_terminal),
		CASE(durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
