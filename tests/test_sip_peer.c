#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/log.h"
#include "sip/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define INTERVAL_MS 30000

static uint64_t now_ns;
static struct timers timers;
static struct conf_peer conf;
static struct sip_peer *peer;
static unsigned asked;
static uint64_t asked_ms[64];

static uint64_t fake_clock(void)
{
	return now_ns;
}

static void on_ask(void *ctx)
{
	assert_ptr_equal(ctx, &asked);
	asked_ms[asked++ % 64] = clock_now_ms();
}

/* To the next timer that is due, at most `ms` on. */
static void pass(unsigned ms)
{
	uint64_t end = now_ns + ms * NS_PER_MS;
	int next;

	while ((next = timers_next_ms(&timers)) >= 0 &&
	       now_ns + (unsigned)next * NS_PER_MS <= end) {
		now_ns += (unsigned)next * NS_PER_MS;
		timers_run(&timers);
	}
	now_ns = end;
}

static void pass_until_asked(void)
{
	unsigned before = asked;

	for (int i = 0; i < 100000 && asked == before; i++)
		pass(1);
	assert_int_equal(asked, before + 1);
}

static struct sip_peer_info info(void)
{
	struct sip_peer_info i;

	sip_peer_describe(peer, &i);
	return i;
}

static void start_peer(void)
{
	struct sip_peer_params params = {
		.conf = &conf,
		.timers = &timers,
		.ask = on_ask,
		.ctx = &asked,
	};

	assert_int_equal(sip_peer_new(&peer, &params), 0);
	sip_peer_start(peer);
}

static int setup(void **state)
{
	struct sockaddr_in *in = (void *)&conf.server;

	(void)state;
	now_ns = 1000 * NS_PER_S;
	clock_set_source(fake_clock);
	log_set_level(LOG_CRIT);
	asked = 0;
	conf = (struct conf_peer){
		.name = "carrier",
		.keepalive_ms = INTERVAL_MS,
		.keepalive_down = 2,
		.keepalive_up = 1,
	};
	in->sin_family = AF_INET;
	in->sin_port = htons(5060);
	in->sin_addr.s_addr = htonl(0xc6336401); /* 198.51.100.1 */
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sip_peer_free(peer);
	peer = NULL;
	assert_int_equal(timers_next_ms(&timers), -1);
	clock_set_source(NULL);
	return 0;
}

/* The table */

/* START ANSWERED LOST SILENT FAILED RECOVERED MOVED; small letter: the state
 * stays,
 * '.' ignored, '!' illegal. */
static const char letters[] = "NKUD";
static const char *const matrix[SIP_PEER_STATES] = {
	"K!!.!!.", /* not watched */
	"!UkkD!N", /* unknown */
	"!uuuD!N", /* up */
	"!dd.!UN", /* down */
};

static void test_table(void **state)
{
	char why[128];

	(void)state;
	if (fsm_check(&sip_peer_fsm_desc, why, sizeof why) < 0)
		fail_msg("%s", why);
	for (uint8_t s = 0; s < SIP_PEER_STATES; s++)
		for (uint8_t e = 0; e < SIP_PEER_EVENTS; e++) {
			const struct fsm_row *row =
				fsm_find(&sip_peer_fsm_desc, s, e);
			char got;

			assert_non_null(row);
			if (row->kind == FSM_IGNORE)
				got = '.';
			else if (row->kind == FSM_ILLEGAL)
				got = '!';
			else if (row->next == FSM_SAME)
				got = (char)(letters[s] | 0x20);
			else
				got = letters[row->next];
			if (got != matrix[s][e])
				fail_msg("state %u event %u: %c", s, e, got);
		}
}

/* Jitter */

static void test_interval_bounds(void **state)
{
	static const uint32_t intervals[] = { 1,     9,	    10,	    1000,
					      30000, 60000, 3600000 };
	static const uint32_t words[] = { 0, 1, 6000, 6001, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++)
		for (size_t w = 0; w < sizeof words / sizeof *words; w++)
			assert_in_range(sip_peer_interval_ms(intervals[i],
							     words[w]),
					intervals[i] - intervals[i] / 10,
					intervals[i] + intervals[i] / 10);
	assert_int_equal(sip_peer_interval_ms(30000, 0), 27000);
	assert_int_equal(sip_peer_interval_ms(30000, 6000), 33000);
}

static void test_intervals_differ(void **state)
{
	uint64_t least = UINT64_MAX, most = 0;

	(void)state;
	start_peer();
	pass(500);
	assert_int_equal(asked, 1);
	for (unsigned i = 1; i < 40; i++) {
		uint64_t gap;

		sip_peer_answered(peer);
		pass_until_asked();
		gap = asked_ms[i] - asked_ms[i - 1];
		assert_in_range(gap, 27000, 33000);
		least = gap < least ? gap : least;
		most = gap > most ? gap : most;
	}
	assert_true(most - least > 1500); /* of 6000 that are possible */
}

/* States */

/* 'a' answered, 'l' lost by time, 'u' 503, 'n' unreachable, 's' an INVITE was
 * lost; then the state: N K U D. */
static void test_sequences(void **state)
{
	static const struct {
		uint32_t down, up;
		const char *steps, *states;
	} cases[] = {
		{ 2, 1, "alall", "UUUUD" }, { 2, 1, "llla", "KDDU" },
		{ 1, 1, "ala", "UDU" },	    { 3, 2, "alllala", "UUUDDDD" },
		{ 3, 2, "lllaa", "KKDDU" }, { 2, 2, "auu", "UUD" },
		{ 2, 1, "anl", "UUD" },	    { 2, 3, "a", "U" },
		{ 2, 1, "asl", "UUU" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		conf.keepalive_down = cases[i].down;
		conf.keepalive_up = cases[i].up;
		asked = 0;
		start_peer();
		for (size_t k = 0; cases[i].steps[k]; k++) {
			const char *name;

			if (cases[i].steps[k] != 's')
				pass_until_asked();
			switch (cases[i].steps[k]) {
			case 'a': sip_peer_answered(peer); break;
			case 'l': pass(SIP_PEER_TIMEOUT_MS); break;
			case 'u':
				sip_peer_lost(peer, SIP_PEER_UNAVAILABLE);
				break;
			case 'n':
				sip_peer_lost(peer, SIP_PEER_UNREACHABLE);
				break;
			case 's':
				/* asked at once, and again on schedule */
				sip_peer_silent(peer);
				sip_peer_silent(peer);
				assert_int_equal(asked, 2);
				sip_peer_answered(peer);
				break;
			}
			name = cases[i].states[k] == 'K'   ? "unknown"
			       : cases[i].states[k] == 'U' ? "up"
							   : "down";
			if (strcmp(info().state, name))
				fail_msg("case %zu step %zu: %s", i, k,
					 info().state);
			assert_int_equal(sip_peer_available(peer, false),
					 *name == 'd' ? -EHOSTDOWN : 0);
		}
		sip_peer_free(peer);
	}
	peer = NULL;
}

static void test_lost_after_two_seconds(void **state)
{
	(void)state;
	start_peer();
	pass_until_asked();
	pass(SIP_PEER_TIMEOUT_MS - 1);
	assert_int_equal(info().options_lost, 0);
	pass(1);
	assert_int_equal(info().options_lost, 1);
	sip_peer_answered(peer); /* too late: counts for nothing */
	sip_peer_lost(peer, SIP_PEER_UNREACHABLE);
	assert_int_equal(info().options_lost, 1);
	assert_string_equal(info().state, "unknown");
	/* the next one goes out as if nothing had happened */
	pass_until_asked();
	assert_in_range(asked_ms[1] - asked_ms[0], 27000, 33000);
}

/* Where it asks every second, the wait must end before the next question. */
static void test_short_interval(void **state)
{
	(void)state;
	conf.keepalive_ms = 1000;
	start_peer();
	pass_until_asked();
	pass(499);
	assert_int_equal(info().options_lost, 0);
	pass(1);
	assert_int_equal(info().options_lost, 1);
}

static void test_round_trip(void **state)
{
	struct sip_peer_info i;

	(void)state;
	start_peer();
	pass_until_asked();
	pass(100);
	now_ns += 12345 * 1000;
	sip_peer_answered(peer);
	i = info();
	assert_int_equal(i.rtt_us, 112345);
	assert_int_equal(i.since_ms, clock_now_ms());
	assert_int_equal(i.options_sent, 1);
	assert_ptr_equal(i.conf, &conf);
}

static void test_not_watched(void **state)
{
	(void)state;
	conf.keepalive_ms = 0;
	start_peer();
	pass(10 * INTERVAL_MS);
	sip_peer_silent(peer);
	assert_int_equal(asked, 0);
	assert_string_equal(info().state, "not watched");
	assert_int_equal(sip_peer_available(peer, false), 0);
	sip_peer_free(peer);
	/* nowhere to ask */
	conf.keepalive_ms = INTERVAL_MS;
	conf.server.ss_family = AF_UNSPEC;
	start_peer();
	pass(10 * INTERVAL_MS);
	assert_int_equal(asked, 0);
	assert_string_equal(info().state, "not watched");
}

static void test_stop(void **state)
{
	(void)state;
	start_peer();
	pass_until_asked();
	sip_peer_stop(peer);
	pass(10 * INTERVAL_MS);
	assert_int_equal(asked, 1);
	assert_int_equal(info().options_lost, 0);
}

/* Log lines */

static FILE *lines;
static int true_stderr;

static void catch_log(void)
{
	event_say_repeats(true);
	lines = tmpfile();
	assert_non_null(lines);
	true_stderr = dup(STDERR_FILENO);
	dup2(fileno(lines), STDERR_FILENO);
	log_set_level(LOG_NOTICE);
}

static void caught_log(char *text, size_t size)
{
	ssize_t n;

	dup2(true_stderr, STDERR_FILENO);
	close(true_stderr);
	log_set_level(LOG_CRIT);
	n = pread(fileno(lines), text, size - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	fclose(lines);
}

static void expect_line(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("no \"%s\" in:\n%s", line, text);
}

static void test_log(void **state)
{
	char text[4096];

	(void)state;
	catch_log();
	start_peer();
	pass_until_asked();
	now_ns += 1200 * 1000;
	sip_peer_answered(peer);
	now_ns += 3601 * NS_PER_S;
	timers_run(&timers); /* overdue */
	pass(SIP_PEER_TIMEOUT_MS);
	pass_until_asked();
	pass(SIP_PEER_TIMEOUT_MS);
	pass_until_asked();
	now_ns += 12 * NS_PER_MS;
	sip_peer_answered(peer);
	caught_log(text, sizeof text);
	expect_line(text, "TG-2101 peer-up peer=carrier rtt=\"1.2 ms\" "
			  "msg=\"up, 1.2 ms\"\n");
	expect_line(text, "TG-2102 peer-down peer=carrier "
			  "server=198.51.100.1:5060 unanswered=2 "
			  "msg=\"down: no answer to 2 OPTIONS to "
			  "198.51.100.1:5060; it was up for 1 h 0 min. ");
	expect_line(text, "msg=\"up again after ");
	expect_line(text, " s, 12 ms\"\n");
}

/* Limits */

static void test_limit_calls(void **state)
{
	(void)state;
	conf.limit_calls = 2;
	start_peer();
	assert_int_equal(sip_peer_admit(peer, false), 0);
	sip_peer_call_begins(peer, true);
	assert_int_equal(sip_peer_available(peer, false), 0);
	sip_peer_call_begins(peer, false);
	assert_int_equal(sip_peer_admit(peer, false), -EBUSY);
	assert_int_equal(sip_peer_available(peer, false), -EBUSY);
	assert_int_equal(info().refused_calls, 2);
	assert_int_equal(info().calls, 2);
	sip_peer_call_ends(peer);
	assert_int_equal(sip_peer_admit(peer, false), 0);
	assert_int_equal(info().calls, 1);
	assert_int_equal(info().calls_in, 1);
	assert_int_equal(info().calls_out, 1);
}

/* It goes over both limits, and counts for those behind it. */
static void test_limit_emergency(void **state)
{
	(void)state;
	conf.limit_calls = 1;
	conf.limit_rate = 2;
	start_peer();
	assert_false(sip_peer_is_full(peer));
	assert_int_equal(sip_peer_admit(peer, false), 0);
	assert_false(sip_peer_is_full(peer));
	sip_peer_call_begins(peer, true);
	assert_true(sip_peer_is_full(peer));
	assert_int_equal(sip_peer_admit(peer, true), 0);
	sip_peer_call_begins(peer, true);
	assert_int_equal(sip_peer_available(peer, true), 0);
	sip_peer_call_ends(peer);
	sip_peer_call_ends(peer);
	assert_true(sip_peer_is_full(peer));
	assert_int_equal(sip_peer_admit(peer, true), 0);
	assert_int_equal(sip_peer_admit(peer, false), -EAGAIN);
	assert_int_equal(info().refused_rate, 1);
	assert_int_equal(info().refused_calls, 0);
}

static void test_limit_rate(void **state)
{
	char text[4096];
	const char *line;
	unsigned n = 0;

	(void)state;
	conf.limit_rate = 10;
	start_peer();
	catch_log();
	for (int i = 0; i < 100; i++)
		assert_int_equal(sip_peer_admit(peer, false),
				 i < 10 ? 0 : -EAGAIN);
	assert_int_equal(sip_peer_available(peer, false),
			 0); /* its own INVITEs */
	pass(100);
	assert_int_equal(sip_peer_admit(peer, false), 0);
	assert_int_equal(sip_peer_admit(peer, false), -EAGAIN);
	pass(10000);
	for (int i = 0; i < 12; i++)
		sip_peer_admit(peer, false);
	caught_log(text, sizeof text);
	assert_int_equal(info().refused_rate, 93);
	assert_int_equal(info().refused_calls, 0);
	for (line = text; (line = strstr(line, "refused:")); line++)
		n++;
	assert_int_equal(n, 8);
	expect_line(text, "TG-2103 peer-limit peer=carrier limit=10 "
			  "msg=\"call refused: more calls a second than its "
			  "limit, 10\" hint=\"");
	expect_line(text, " repeated=86\n");
}

/* Another configuration */

static void test_take_limits(void **state)
{
	struct conf_peer other;

	(void)state;
	conf.limit_calls = 1;
	start_peer();
	pass_until_asked();
	sip_peer_answered(peer);
	sip_peer_call_begins(peer, true);
	assert_int_equal(sip_peer_admit(peer, false), -EBUSY);
	other = conf;
	other.limit_calls = 2;
	other.limit_rate = 1;
	assert_false(sip_peer_take(peer, &other));
	assert_string_equal(info().state, "up");
	assert_int_equal(sip_peer_admit(peer, false), 0);
	assert_int_equal(sip_peer_admit(peer, false), -EAGAIN);
	assert_int_equal(info().calls, 1);
	assert_int_equal(info().calls_in, 1);
	assert_int_equal(info().refused_calls, 1);
	assert_int_equal(info().options_sent, 1);
}

static void test_take_server(void **state)
{
	struct conf_peer other;

	(void)state;
	start_peer();
	pass_until_asked();
	sip_peer_answered(peer);
	other = conf;
	((struct sockaddr_in *)(void *)&other.server)->sin_port = htons(5070);
	assert_true(sip_peer_take(peer, &other));
	assert_string_equal(info().state, "unknown");
	/* At once, and an answer of the one before is none of its. */
	pass_until_asked();
	assert_int_equal(asked, 2);
}

/* Not in an hour, when it is every second from now on. */
static void test_take_interval(void **state)
{
	struct conf_peer other;

	(void)state;
	conf.keepalive_ms = 3600000;
	start_peer();
	pass_until_asked();
	sip_peer_answered(peer);
	other = conf;
	other.keepalive_ms = 1000;
	assert_false(sip_peer_take(peer, &other));
	pass(1100);
	assert_int_equal(asked, 2);
	sip_peer_answered(peer);
	assert_string_equal(info().state, "up");
}

static void test_leave_and_return(void **state)
{
	struct conf_peer gone, back;

	(void)state;
	gone = back = conf;
	start_peer();
	assert_false(sip_peer_take(peer, &gone));
	pass_until_asked();
	sip_peer_call_begins(peer, false);
	sip_peer_leave(peer);
	memset(&gone, 0xff, sizeof gone);
	assert_string_equal(info().state, "removed");
	assert_string_equal(sip_peer_name(peer), "carrier");
	pass(120000);
	assert_int_equal(asked, 1);
	assert_true(sip_peer_take(peer, &back));
	pass_until_asked();
	assert_int_equal(info().calls, 1);
	sip_peer_call_ends(peer);
	assert_int_equal(sip_peer_calls(peer), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_table),
		TEST(test_interval_bounds),
		TEST(test_intervals_differ),
		TEST(test_sequences),
		TEST(test_lost_after_two_seconds),
		TEST(test_short_interval),
		TEST(test_round_trip),
		TEST(test_not_watched),
		TEST(test_stop),
		TEST(test_log),
		TEST(test_limit_calls),
		TEST(test_limit_rate),
		TEST(test_limit_emergency),
		TEST(test_take_limits),
		TEST(test_take_server),
		TEST(test_take_interval),
		TEST(test_leave_and_return),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
