#include "gateway/event.h"

#include "gateway/clock.h"
#include "gateway/log.h"
#include "tests/fake_log.h"

#include <ctype.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static uint64_t now_ms = 1000000;

static uint64_t fake_clock(void)
{
	return now_ms * NS_PER_MS;
}

/* Each test begins where no window is open any more. */
static int setup(void **state)
{
	(void)state;
	clock_set_source(fake_clock);
	log_open("tollgated", 0, LOG_INFO);
	event_say_repeats(true);
	now_ms += 1000000;
	log_open("tollgated", LOG_TO_STDERR, LOG_INFO);
	fake_log_start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_log_stop();
	clock_set_source(NULL);
	return 0;
}

static void table_is_whole(void **state)
{
	unsigned last = 1000;

	(void)state;
	for (enum event e = 0; e < EVENT_COUNT; e++) {
		const struct event_info *info = event_info(e);
		const char *name = info->name;
		char number[12];

		assert_in_range(info->number, last + 1, 9999);
		last = info->number;
		for (const char *c = name; *c; c++)
			assert_true(islower(*c) || *c == '-');
		assert_in_range(strlen(name), 3, 24);
		assert_in_range(info->level, LOG_CRIT, LOG_INFO);
		assert_in_range(strlen(info->text), 8, 160);
		assert_true(strlen(info->cause) >= 8);
		assert_int_equal(info->cause[strlen(info->cause) - 1], '.');
		assert_in_range(strlen(info->remedy), 4, 160);
		assert_int_not_equal(info->remedy[strlen(info->remedy) - 1],
				     '.');
		assert_ptr_equal(event_find(name), info);
		snprintf(number, sizeof number, "TG-%04u", info->number);
		assert_ptr_equal(event_find(number), info);
		assert_ptr_equal(event_find(number + 3), info);
	}
	assert_ptr_equal(event_find("tg-1203"), event_info(EVENT_SPAN_DOWN));
	assert_null(event_find(""));
	assert_null(event_find("TG-"));
	assert_null(event_find("TG-1"));
	assert_null(event_find("1203x"));
	assert_null(event_find("span"));
}

/* The text of every source file of the daemon. */
static const char *sources(void)
{
	static const char *const folders[] = { "gateway/*.c", "conf/*.c",
					       "dahdi/*.c", "sip/*.c",
					       "media/*.c" };
	static char all[16 << 20];
	size_t used = 0;

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		glob_t found;

		assert_int_equal(glob(folders[i], 0, NULL, &found), 0);
		for (size_t k = 0; k < found.gl_pathc; k++) {
			FILE *in = fopen(found.gl_pathv[k], "r");

			assert_non_null(in);
			used += fread(all + used, 1, sizeof all - 1 - used, in);
			fclose(in);
		}
		globfree(&found);
	}
	assert_true(used < sizeof all - 1);
	return all;
}

static void every_event_is_written_somewhere(void **state)
{
	static const char *const symbols[] = {
#define EVENT(symbol, ...) "EVENT_" #symbol,
#include "gateway/event_table.def"
#undef EVENT
	};
	const char *all = sources();

	(void)state;
	for (enum event e = 0; e < EVENT_COUNT; e++) {
		size_t len = strlen(symbols[e]);
		const char *at = strstr(all, symbols[e]);

		while (at && (isupper(at[len]) || at[len] == '_'))
			at = strstr(at + 1, symbols[e]);
		if (!at)
			fail_msg("%s is written nowhere", symbols[e]);
	}
}

static void manual_is_up_to_date(void **state)
{
	static char page[256 * 1024];
	FILE *file = fopen("gateway/tollgate-events.7", "r");
	char *want = NULL;
	size_t len;
	FILE *out = open_memstream(&want, &len);

	(void)state;
	assert_non_null(file);
	len = fread(page, 1, sizeof page - 1, file);
	fclose(file);
	event_write_reference(out);
	fclose(out);
	if (!strstr(page, want))
		fail_msg("the manual is not what the table says: run "
			 "tests/tool_event_reference on it");
	for (enum event e = 0; e < EVENT_COUNT; e++)
		assert_non_null(strstr(want, event_info(e)->name));
	free(want);
}

static void lines_have_their_form(void **state)
{
	(void)state;
	log_event(EVENT_CALL_ANSWERED, "call=17 span=1/5", "sip=%s ok %s", "a",
		  "\"now\"");
	assert_true(fake_log_has("info   ", "tollgated info    TG-3004 "
					    "call-answered call=17 span=1 ch=5 "
					    "sip=a msg=\"ok \\\"now\\\"\""));
	/* From warning upwards with the remedy. */
	log_event(EVENT_SPAN_DOWN, "span=1", "alarm=%s calls=%u", "red", 28);
	assert_true(fake_log_has("warning", "TG-1203 span-down span=1 "
					    "alarm=red calls=28 hint=\"check "
					    "cable"));
	log_event_at(LOG_ERR, EVENT_SPAN_DOWN, "span=2", "alarm=red");
	assert_true(fake_log_has("err    ", "TG-1203 span-down span=2 "));
}

static void level_is_obeyed(void **state)
{
	(void)state;
	log_set_module_level(LOG_GATEWAY, LOG_WARNING);
	log_event(EVENT_STARTED, NULL, "not written");
	log_event(EVENT_AUDIT_FAULTS, NULL, "written");
	assert_false(fake_log_has("notice", "not written"));
	assert_true(fake_log_has("warning", "\"written\""));
}

/* 5 of an event about an object, then a count when 10 s are over. */
static void repeats_are_counted(void **state)
{
	char text[40];

	(void)state;
	for (unsigned i = 1; i <= 219; i++)
		log_event(EVENT_PEER_LIMIT, "peer=a", "number %u.", i);
	assert_true(fake_log_has("warning", "number 5."));
	assert_false(fake_log_has("warning", "number 6."));
	/* Another object has a window of its own. */
	log_event(EVENT_PEER_LIMIT, "peer=b", "other");
	assert_true(fake_log_has("warning", "peer=b msg=\"other\""));

	now_ms += 9999;
	event_say_repeats(false);
	assert_false(fake_log_has("warning", "repeated="));
	now_ms += 1;
	event_say_repeats(false);
	assert_true(fake_log_has("warning", "TG-2103 peer-limit peer=a "
					    "msg=\"number 219.\""));
	assert_true(fake_log_has("warning", " repeated=214"));
	snprintf(text, sizeof text, "number %u.", 218u);
	assert_false(fake_log_has("warning", text));
	/* It is said once; and then a new window begins. */
	log_event(EVENT_PEER_LIMIT, "peer=a", "number 220.");
	assert_true(fake_log_has("warning", "number 220."));
}

/* What nobody asked for is said before the next window's first line. */
static void next_window_says_it_too(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 7; i++)
		log_event(EVENT_PEER_LIMIT, "peer=c", "number %u.", i);
	now_ms += 20000;
	log_event(EVENT_PEER_LIMIT, "peer=c", "later.");
	assert_true(fake_log_has("warning", "number 7."));
	assert_true(fake_log_has("warning", "repeated=2"));
	assert_true(fake_log_has("warning", "later."));
}

static void strangers_share_a_window(void **state)
{
	char object[24], text[24];

	(void)state;
	for (unsigned i = 1; i <= 20; i++) {
		snprintf(object, sizeof object, "peer=x%u", i);
		log_event(EVENT_SIP_REFUSED, object, "n%u.", i);
	}
	for (unsigned i = 1; i <= 20; i++) {
		snprintf(text, sizeof text, "\"n%u.\"", i);
		assert_int_equal(fake_log_has("warning", text), i <= 5);
	}
	event_say_repeats(true);
	assert_true(fake_log_has("warning", "repeated=15"));
}

static void rare_ones_come_once_a_minute(void **state)
{
	(void)state;
	log_event(EVENT_SAME_SIDE, "span=1", "first");
	now_ms += 59999;
	log_event(EVENT_SAME_SIDE, "span=1", "second");
	assert_false(fake_log_has("warning", "second"));
	now_ms += 1;
	log_event(EVENT_SAME_SIDE, "span=1", "third");
	assert_true(fake_log_has("warning", "third"));
	assert_true(fake_log_has("warning", "second"));
}

/* Every call has its lines, however many there are. */
static void stories_are_not_counted(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 50; i++)
		log_event(EVENT_CALL_START, "call=1", "number %u.", i);
	assert_true(fake_log_has("info", "number 50."));
}

/* More objects than there are windows: none is written less than it may. */
static void many_objects(void **state)
{
	char object[24];

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		snprintf(object, sizeof object, "peer=m%u", i);
		log_event(EVENT_PEER_LIMIT, object, "x");
	}
	assert_true(fake_log_has("warning", "peer=m0 "));
	assert_true(fake_log_has("warning", "peer=m299 "));
	assert_false(fake_log_has("warning", "repeated="));
}

static bool keep(void *ctx, const struct event_past *past)
{
	char *all = ctx;

	snprintf(all + strlen(all), 200, "%d %.60s\n", past->level, past->text);
	return past->event != EVENT_STOPPING;
}

static void past_events_are_remembered(void **state)
{
	char all[4096] = "";

	(void)state;
	log_set_level(LOG_ERR);
	log_event(EVENT_STOPPING, NULL, "calls=%u", 3u);
	log_event(EVENT_CALL_START, "call=1", "no");
	log_event(EVENT_PEER_UP, "peer=a", "rtt=%s", "12ms");
	event_each_past(keep, all);
	assert_string_equal(all, "5 TG-2101 peer-up peer=a rtt=12ms\n"
				 "5 TG-9002 stopping calls=3\n");
	assert_false(fake_log_has("notice", "peer-up"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_whole),
		cmocka_unit_test(every_event_is_written_somewhere),
		cmocka_unit_test(manual_is_up_to_date),
		CASE(lines_have_their_form),
		CASE(level_is_obeyed),
		CASE(repeats_are_counted),
		CASE(next_window_says_it_too),
		CASE(strangers_share_a_window),
		CASE(rare_ones_come_once_a_minute),
		CASE(stories_are_not_counted),
		CASE(many_objects),
		CASE(past_events_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
