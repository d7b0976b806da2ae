/* DISCONNECT with a tone or an announcement (Q.931 5.3.4.1), of calls to the
 * network and from it. */
#include "dahdi/span.h"
#include "gateway/fsm.h"
#include "tests/fake_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PI_INTERWORKING 1
#define PI_INBAND 8

struct fixture {
	struct fake_lab lab;
	struct fake_incoming in;
	struct fake_isdn_call out;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	fake_lab_start(&f->lab, 1);
	f->lab.incoming = &f->in;
	fake_lab_spans(&f->lab);
	fake_lab_up(&f->lab);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct span_info info;

	span_describe(f->lab.span[0], &info);
	assert_int_equal(info.busy, 0);
	assert_int_equal(fsm_illegal_count(), 0);
	fake_lab_run(&f->lab, 120000);
	assert_true(fake_lab_is_clean(&f->lab));
	fake_lab_stop(&f->lab);
	free(f);
	return 0;
}

static void receive_alerting(struct fake_isdn_call *call)
{
	call->leg->ops->alerting(call->leg, false);
}

static void receive_answer(struct fake_isdn_call *call)
{
	call->leg->ops->answer(call->leg, &(struct leg_number){ 0 });
}

/* A call on channel 3 in one of its phases. */
struct phase {
	enum fake_network_does does; /* NETWORK_SILENT: the network calls */
	void (*receive)(struct fake_isdn_call *call);
};

static const struct phase phases[] = {
	{ NETWORK_PROCEEDS, NULL },
	{ NETWORK_PROGRESSES, NULL },
	{ NETWORK_ALERTS, NULL },
	{ NETWORK_ANSWERS, NULL },
	{ NETWORK_SILENT, NULL },
	{ NETWORK_SILENT, receive_alerting },
	{ NETWORK_SILENT, receive_answer },
};

#define PHASES (sizeof phases / sizeof phases[0])

static struct fake_isdn_call *call_in(struct fixture *f,
				      const struct phase *phase)
{
	const struct fake_network_setup from_network = { .called = "5551234",
							 .channel = 3,
							 .exclusive = true };
	struct fake_isdn_call *call = &f->out;

	f->in.count = 0;
	f->in.receive = phase->receive;
	f->lab.network[0]->does = phase->does;
	if (phase->does == NETWORK_SILENT) {
		fake_network_call(f->lab.network[0], &from_network);
		fake_lab_run(&f->lab, 100);
		assert_int_equal(f->in.count, 1);
		call = &f->in.call[0];
	} else {
		fake_isdn_call_start(call, &f->lab, 3);
		fake_lab_run(&f->lab, 100);
	}
	call->answers_release = false;
	call->inband = 0;
	return call;
}

static unsigned channel_view(struct fixture *f)
{
	struct span_info info;

	span_describe(f->lab.span[0], &info);
	return info.channel[3];
}

/* The network has said why and plays it; the channel is as it was. */
static void assert_hears(struct fixture *f, const struct fake_isdn_call *call)
{
	struct leg_media media;

	assert_int_equal(call->disconnect, 1);
	assert_int_equal(call->inband, 1);
	assert_int_equal(call->released, 0);
	assert_int_equal(call->cause.q850, 1);
	assert_int_equal(call->cause.location, 2);
	assert_int_equal(channel_view(f), CHANNEL_VIEW_BUSY);
	assert_int_equal(call->leg->ops->media(call->leg, NULL, &media), 0);
	assert_int_equal(media.timeslot, 3);
}

static void assert_over(struct fixture *f, struct fake_isdn_call *call)
{
	assert_int_equal(call->released, 1);
	assert_int_equal(call->disconnect, 1);
	assert_int_equal(call->cause.q850, 1);
	assert_int_equal(call->cause.location, 2);
	assert_int_equal(call->cause.origin, LEG_ORIGIN_PEER);
	assert_string_equal(call->cause.text, "Q.931 DISCONNECT");
	assert_int_equal(channel_view(f), CHANNEL_VIEW_IDLE);
	fake_isdn_call_free(call);
}

/* The last messages of the ladder. */
static void assert_ladder(const struct fake_isdn_call *call, const char *first,
			  const char *second, const char *third)
{
	unsigned n = call->ladder_count;

	assert_true(n >= 3);
	assert_string_equal(call->ladder[n - 3], first);
	assert_string_equal(call->ladder[n - 2], second);
	assert_string_equal(call->ladder[n - 1], third);
}

/* The call has heard enough: nothing was sent before it said so. */
static void test_we_release(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < PHASES; i++) {
		struct fake_isdn_call *call = call_in(f, &phases[i]);

		fake_network_hangup_inband(f->lab.network[0], PI_INBAND, 1, 2);
		fake_lab_run(&f->lab, 25000);
		assert_hears(f, call);
		assert_string_equal(call->ladder[call->ladder_count - 1],
				    "< DISCONNECT cause 1 PI 8");
		fake_isdn_call_release(call, 1, 2);
		assert_int_equal(channel_view(f), CHANNEL_VIEW_RELEASING);
		fake_lab_run(&f->lab, 100);
		assert_ladder(call, "< DISCONNECT cause 1 PI 8",
			      "> RELEASE cause 1",
			      "< RELEASE COMPLETE cause 1");
		assert_over(f, call);
	}
}

/* The network's timer ends it. */
static void test_network_releases(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < PHASES; i++) {
		struct fake_isdn_call *call = call_in(f, &phases[i]);

		fake_network_hangup_inband(f->lab.network[0], PI_INBAND, 1, 2);
		fake_lab_run(&f->lab, 29000);
		assert_hears(f, call);
		fake_lab_run(&f->lab, 2000);
		assert_ladder(call, "< DISCONNECT cause 1 PI 8",
			      "< RELEASE cause 16",
			      "> RELEASE COMPLETE cause 16");
		assert_over(f, call);
	}
}

/* Both at once. */
static void test_releases_cross(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < PHASES; i++) {
		struct fake_isdn_call *call = call_in(f, &phases[i]);

		fake_network_hangup_inband(f->lab.network[0], PI_INBAND, 1, 2);
		fake_lab_run(&f->lab, 1000);
		assert_hears(f, call);
		/* libpri: DISCONNECT was sent, so this is RELEASE. */
		fake_network_hangup(f->lab.network[0], 16, 2);
		fake_isdn_call_release(call, 16, 1);
		fake_lab_run(&f->lab, 10000);
		assert_over(f, call);
	}
}

/* The line goes while it plays: nobody waits for the end of it. */
static void test_line_lost(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < PHASES; i++) {
		struct fake_isdn_call *call = call_in(f, &phases[i]);

		fake_network_hangup_inband(f->lab.network[0], PI_INBAND, 1, 2);
		fake_lab_run(&f->lab, 1000);
		assert_hears(f, call);
		fake_line_cut(f->lab.line[0], true);
		fake_driver_down(f->lab.driver[0], "connection closed");
		fake_lab_run(&f->lab, 100);
		assert_int_equal(call->released, 1);
		fake_line_cut(f->lab.line[0], false);
		fake_driver_up(f->lab.driver[0], G711_ALAW);
		fake_lab_run(&f->lab, 60000);
		assert_over(f, call);
	}
}

/* Neither another indicator nor one of an earlier message makes a tone. */
static void test_no_tone(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < PHASES * 2; i++) {
		struct fake_isdn_call *call = call_in(f, &phases[i / 2]);

		if (i % 2)
			fake_network_hangup(f->lab.network[0], 1, 2);
		else
			fake_network_hangup_inband(f->lab.network[0],
						   PI_INTERWORKING, 1, 2);
		fake_lab_run(&f->lab, 1000);
		assert_int_equal(call->disconnect, 1);
		assert_int_equal(call->inband, 0);
		assert_int_equal(channel_view(f), CHANNEL_VIEW_RELEASING);
		fake_isdn_call_release(call, 16, 1);
		fake_lab_run(&f->lab, 100);
		assert_over(f, call);
	}
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_LAB(test_we_release),     IN_LAB(test_network_releases),
		IN_LAB(test_releases_cross), IN_LAB(test_line_lost),
		IN_LAB(test_no_tone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
