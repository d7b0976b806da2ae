/* block, unblock, restart channel and hangup span, as typed and answered. */
#include "tests/sample_cli.h"

static const struct {
	const char *line, *said;
	int status;
} lines[] = {
	{ "block channel 1/4-6",
	  "channels 1/4-6: blocked; calls on them that "
	  "go on: 1\n",
	  CLI_GOOD },
	{ "block channel 1/6", "channel 1/6: blocked already\n", CLI_REFUSED },
	/* what is blocked among them, is no matter, the D channel is told */
	{ "block channel 1/6-17",
	  "channels 1/6-17: blocked, but for 1/16, which is no B channel\n",
	  CLI_GOOD },
	{ "unblock channel 1/1-31",
	  "channels 1/1-31: unblocked, but for 1/16, which is no B channel\n",
	  CLI_GOOD },
	{ "unblock channel 1/1", "channel 1/1: not blocked\n", CLI_REFUSED },
	{ "block channel 1/16",
	  "span 1 has no B channel 16; 'show channels' lists them\n",
	  CLI_REFUSED },
	{ "block channel 1/30-32",
	  "span 1 has no B channel 32; 'show channels' lists them\n",
	  CLI_REFUSED },
	{ "block channel 1/0",
	  "span 1 has no B channel 0; 'show channels' lists them\n",
	  CLI_REFUSED },
	{ "block channel 3/1", "no span 3; 'show spans' lists them\n",
	  CLI_REFUSED },
	{ "restart channel 1/2",
	  "channel 1/2: RESTART sent; in service again when the exchange "
	  "answers\n",
	  CLI_GOOD },
	{ "hangup span 2", "no span 2; 'show spans' lists them\n",
	  CLI_REFUSED },
};

static void one_after_the_other(void **state)
{
	struct fixture *f = *state;

	sample_blocked = 0;
	sample_restart_error = 0;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		bool good = lines[i].status == CLI_GOOD;

		assert_int_equal(ask_run(f, lines[i].line), lines[i].status);
		assert_string_equal(good ? f->out
					 : f->err + strlen("tollgate: "),
				    lines[i].said);
		assert_string_equal(good ? f->err : f->out, "");
	}
}

static void restart_refused(void **state)
{
	struct fixture *f = *state;

	sample_restart_error = -EBUSY;
	assert_int_equal(ask_run(f, "restart channel 1/5"), CLI_REFUSED);
	assert_string_equal(f->err, "tollgate: a call is on channel 1/5: 'show "
				    "channels' tells which; hang it up\n"
				    "          first\n");
	sample_restart_error = -ENETDOWN;
	assert_int_equal(ask_run(f, "restart channel 1/5"), CLI_REFUSED);
	assert_string_equal(f->err, "tollgate: span 1 takes no RESTART: its D "
				    "channel is down\n");
}

/* Those before and behind one with a call are restarted, and it is said. */
static void restart_leaves_calls_alone(void **state)
{
	struct fixture *f = *state;

	sample_restart_error = 0;
	sample_busy_channel = 5;
	prints(f, "restart channel 1/4-6",
	       "channels 1/4-6: RESTART sent; left out, for calls are on them "
	       "or they are out: 1\n");
	sample_busy_channel = 0;
}

/* One that a reload took out has nothing to block, which "blocked already" does
 * not say. */
static void leaving_span(void **state)
{
	struct fixture *f = *state;

	sample_spans[0].leaving = true;
	assert_int_equal(ask_run(f, "block channel 1/5"), CLI_REFUSED);
	assert_string_equal(f->err, "tollgate: span 1 is configured no more: "
				    "it takes no new calls, and closes after\n"
				    "          its last\n");
	sample_spans[0].leaving = false;
}

static void hangs_up_a_span(void **state)
{
	struct fixture *f = *state;

	prints(f, "hangup span 1", "span 1: calls released: 1\n");
	assert_ptr_equal(sample_hung_up, &f->s.alive);
}

/* A blocked channel is another thing than one that is out. */
static void shown(void **state)
{
	struct fixture *f = *state;
	struct span_info *span = &sample_spans[0];

	for (unsigned t = 17; t <= 31; t++)
		span->channel[t] = CHANNEL_VIEW_OUT;
	span->channel[2] = span->channel[3] = CHANNEL_VIEW_BLOCKED;
	span->blocked = 1U << 2 | 1U << 3 | 1U << 5;
	ask_run(f, "show channels");
	fits(f->out);
	assert_non_null(strstr(f->out, "\n1/2-3     blocked\n"));
	assert_non_null(strstr(f->out, "\n1/5       blocking "));
	assert_non_null(strstr(f->out, "\n1/17-31   out\n"));
	ask_run(f, "show spans");
	assert_non_null(
		strstr(f->out, ".xx.B ..... ..... -#### ##### ##### #"));
	ask_run(f, "status");
	assert_non_null(strstr(f->out, "15 out  2 blocked\n"));
}

int main(void)
{
#define IN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		IN(one_after_the_other),
		IN(restart_refused),
		IN(restart_leaves_calls_alone),
		IN(leaving_span),
		IN(hangs_up_a_span),
		IN(shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
