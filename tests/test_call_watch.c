/* A peer that never sends RTP, or stops, is given up after the configured
 * time. */
#include "call_rig.h"

#include "gateway/call_watch.h"

static struct test_leg *talking(void)
{
	struct test_leg *a;

	packets_heard = 0;
	call_watch_init(&gateway);
	call_watch_start(&gateway);
	a = dial("+49301");
	a->release_at_once = called->release_at_once = true;
	raise_event(called, LEG_ANSWER, false, 0);
	raise_event(a, LEG_CONFIRMED, false, 0);
	return a;
}

static void pass_seconds(unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		now_ms += 1000;
		loop_step(loop, 0);
	}
}

static void assert_given_up(void)
{
	const struct call *call = TAILQ_FIRST(&gateway.history);

	assert_non_null(call);
	assert_int_equal(call->cause.q850, 41);
	assert_int_equal(call->released_by, CALL_BY_TIMER);
	assert_string_equal(call->cause.text, "no RTP for 30 s");
	assert_int_equal(gateway.counters.silent, 1);
	assert_over();
	call_watch_stop(&gateway);
}

static void test_never(void **state)
{
	(void)state;
	talking();
	pass_seconds(30);
	assert_int_equal(the_call()->fsm.state, CALL_ACTIVE);
	pass_seconds(1); /* the first look only takes note */
	assert_given_up();
}

static void test_stops(void **state)
{
	(void)state;
	talking();
	for (unsigned i = 0; i < 100; i++) {
		packets_heard += 50;
		pass_seconds(1);
	}
	pass_seconds(29);
	assert_true(the_call()->hearing.told);
	packets_heard++; /* one is enough, also an RTCP report */
	pass_seconds(30);
	assert_int_equal(the_call()->fsm.state, CALL_ACTIVE);
	pass_seconds(1);
	assert_given_up();
}

/* A peer that holds the call may be silent, and the time begins anew when it
 * resumes. */
static void test_held(void **state)
{
	struct test_leg *a = talking();

	(void)state;
	a->receive = false;
	raise_event(a, LEG_MEDIA, false, 0);
	pass_seconds(1000);
	a->receive = true;
	raise_event(a, LEG_MEDIA, false, 0);
	pass_seconds(29);
	assert_int_equal(the_call()->fsm.state, CALL_ACTIVE);
	pass_seconds(1);
	assert_given_up();
}

/* A peer that holds by sendonly and has no music for the line: a tone takes its
 * place, as long as none comes. */
static void test_held_without_music(void **state)
{
	struct test_leg *a = talking();

	(void)state;
	peer.hold = CONF_HOLD_TONE;
	pass_seconds(1);
	a->send = false;
	raise_event(a, LEG_MEDIA, false, 0);
	assert_int_equal(tone_now, BRIDGE_TONE_NONE);
	pass_seconds(1000);
	assert_int_equal(tone_now, BRIDGE_TONE_HOLD);
	packets_heard += 50;
	pass_seconds(1);
	assert_int_equal(tone_now, BRIDGE_TONE_NONE);
	a->send = true;
	raise_event(a, LEG_MEDIA, false, 0);
	assert_int_equal(tone_now, BRIDGE_TONE_NONE);
	pass_seconds(30);
	assert_given_up();
}

/* While it rings nobody has to talk. */
static void test_not_answered(void **state)
{
	struct test_leg *a = dial("+49301");

	(void)state;
	a->release_at_once = called->release_at_once = true;
	call_watch_init(&gateway);
	call_watch_start(&gateway);
	raise_event(called, LEG_ALERTING, true, 0);
	pass_seconds(100);
	assert_int_equal(the_call()->fsm.state, CALL_ALERTING);
	call_hangup(the_call());
	assert_over();
	call_watch_stop(&gateway);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_never, setup),
		cmocka_unit_test_setup(test_stops, setup),
		cmocka_unit_test_setup(test_held, setup),
		cmocka_unit_test_setup(test_held_without_music, setup),
		cmocka_unit_test_setup(test_not_answered, setup),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
