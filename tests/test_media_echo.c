/* When a call has its channel's echo canceller. */
#include "tests/media_rig.h"

#define SLOT 5

/* What the span's driver was told: 1 in, 0 out, -1 nothing. */
static int told[TDM_TIMESLOTS + 1];
static unsigned times;
static int answer;

static int echo(struct tdm *tdm, unsigned timeslot, bool on)
{
	(void)tdm;
	told[timeslot] = on;
	times++;
	return answer;
}

/* The rig's span, with cancellers. */
static struct tdm *with_echo(struct tdm *tdm)
{
	static struct tdm_ops ops;

	ops = *tdm->ops;
	ops.echo = echo;
	tdm->ops = &ops;
	return tdm;
}

static struct rig *echo_rig(void)
{
	struct rig *rig = rig_new(3);
	struct tdm *tdm;

	fake_tdm_free(rig->fake);
	assert_int_equal(fake_tdm_new(&rig->fake, &tdm), 0);
	media_span_attach(rig->media, 1, with_echo(tdm), G711_ALAW);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		told[t] = -1;
	times = 0;
	answer = 0;
	return rig;
}

static struct bridge *echo_bridge(struct rig *rig, bool wanted)
{
	const struct bridge_config cfg = { .object = "call=1",
					   .span = 1,
					   .timeslot = SLOT,
					   .tdm_law = G711_ALAW,
					   .echo = wanted };
	struct bridge *b;

	assert_int_equal(bridge_new(&b, rig->media, &cfg), 0);
	return b;
}

static void test_from_answer_to_end(void **state)
{
	struct rig *rig = echo_rig();
	struct bridge *b = echo_bridge(rig, true);

	(void)state;
	bridge_path(b, BRIDGE_TO_RTP);
	bridge_path(b, BRIDGE_TO_TDM);
	assert_int_equal(told[SLOT], -1);
	bridge_path(b, BRIDGE_BOTH);
	assert_int_equal(told[SLOT], 1);
	/* What it has learnt must not be lost by a hold. */
	bridge_path(b, BRIDGE_CLOSED);
	bridge_path(b, BRIDGE_BOTH);
	assert_int_equal(times, 1);
	bridge_free(b);
	assert_int_equal(told[SLOT], 0);
	assert_int_equal(times, 2);
	rig_free(rig);
}

static void test_off_is_never_told(void **state)
{
	struct rig *rig = echo_rig();
	struct bridge *b = echo_bridge(rig, false);

	(void)state;
	bridge_path(b, BRIDGE_BOTH);
	bridge_free(b);
	/* One that never had an answer has none to take out. */
	b = echo_bridge(rig, true);
	bridge_free(b);
	assert_int_equal(times, 0);
	rig_free(rig);
}

static void test_next_call_keeps_its_own(void **state)
{
	struct rig *rig = echo_rig();
	struct bridge *before = echo_bridge(rig, true);
	struct bridge *after = echo_bridge(rig, true);

	(void)state;
	bridge_path(before, BRIDGE_BOTH);
	bridge_path(after, BRIDGE_BOTH);
	bridge_free(before);
	assert_int_equal(told[SLOT], 1);
	bridge_free(after);
	assert_int_equal(told[SLOT], 0);
	rig_free(rig);
}

static void test_line_that_comes_back(void **state)
{
	struct rig *rig = echo_rig();
	struct bridge *b = echo_bridge(rig, true);
	struct tdm *tdm;

	(void)state;
	bridge_path(b, BRIDGE_BOTH);
	media_span_detach(rig->media, 1);
	fake_tdm_free(rig->fake);
	assert_int_equal(times, 1);
	assert_int_equal(fake_tdm_new(&rig->fake, &tdm), 0);
	media_span_attach(rig->media, 1, with_echo(tdm), G711_ALAW);
	assert_int_equal(times, 2);
	assert_int_equal(told[SLOT], 1);
	/* Without a line there is nobody to tell. */
	media_span_detach(rig->media, 1);
	bridge_free(b);
	assert_int_equal(times, 2);
	rig_free(rig);
}

static void test_one_that_does_not_begin(void **state)
{
	struct rig *rig = echo_rig();
	struct bridge *b = echo_bridge(rig, true);

	(void)state;
	answer = -ENOMEM;
	bridge_path(b, BRIDGE_BOTH);
	assert_int_equal(times, 1);
	bridge_free(b);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_answer_to_end),
		cmocka_unit_test(test_off_is_never_told),
		cmocka_unit_test(test_next_call_keeps_its_own),
		cmocka_unit_test(test_line_that_comes_back),
		cmocka_unit_test(test_one_that_does_not_begin),
	};

	return cmocka_run_group_tests(tests, open_loop, close_loop);
}
