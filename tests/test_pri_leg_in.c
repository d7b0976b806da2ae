#include "dahdi/pri_leg.h"
#include "dahdi/pri_leg_in.h"
#include "gateway/fsm.h"
#include "tests/fake_network.h"

#include <errno.h>
#include <libpri.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
	struct fake_lab lab;
	struct fake_incoming in;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	fake_lab_start(&f->lab, 1);
	f->lab.incoming = &f->in;
	strcpy(f->lab.trunk.name, "city");
	f->lab.trunk.hunt = CONF_HUNT_LOWEST;
	fake_lab_spans(&f->lab);
	fake_lab_up(&f->lab);
	*state = f;
	return 0;
}

/* Whatever a test did, no table was broken, no channel is stuck and neither
 * libpri holds a call. */
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

static void assert_idle(struct fixture *f, unsigned channel)
{
	assert_true(channel_is_idle(span_channel(f->lab.span[0], channel)));
}

static const char *state_of(const struct fake_isdn_call *call)
{
	static struct leg_info info;

	call->leg->ops->describe(call->leg, &info);
	return info.state;
}

static void assert_over(struct fake_isdn_call *call, unsigned cause,
			unsigned location)
{
	assert_int_equal(call->released, 1);
	assert_int_equal(call->cause.q850, cause);
	assert_int_equal(call->cause.location, location);
	fake_isdn_call_free(call);
}

/* A SETUP on `channel` that is preferred; the call it made. */
static struct fake_isdn_call *ring(struct fixture *f, unsigned channel,
				   bool exclusive)
{
	const struct fake_network_setup setup = { .called = "5551234",
						  .channel = channel,
						  .exclusive = exclusive };
	unsigned was = f->in.count;

	fake_network_call(f->lab.network[0], &setup);
	fake_lab_run(&f->lab, 50);
	assert_int_equal(f->in.count, was + 1);
	return &f->in.call[was];
}

static void test_answered_call(void **state)
{
	static const char *const ladder[] = {
		"< SETUP ch 5",
		"> CALL PROCEEDING ch 5",
		"> ALERTING",
		"> CONNECT ch 5",
		"< CONNECT ACKNOWLEDGE",
		"> DISCONNECT cause 16",
		"< RELEASE cause 16",
		"> RELEASE COMPLETE cause 16",
	};
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];
	struct fake_isdn_call *call = ring(f, 5, true);
	const struct leg_setup *s = &f->in.setup[0];
	struct leg_media media;
	struct leg_info info;

	assert_string_equal(s->called.digits, "5551234");
	assert_int_equal(s->called.type, 4);
	assert_int_equal(s->called.plan, 1);
	assert_string_equal(s->calling.digits, "301234567");
	assert_int_equal(s->calling.type, 2);
	assert_int_equal(s->calling.plan, 1);
	assert_int_equal(s->calling.presentation, 1);
	assert_int_equal(s->calling.screening, 1);
	assert_true(s->calling.present);
	assert_string_equal(s->from, "city");
	assert_int_equal(s->refuse.q850, 0);

	assert_string_equal(state_of(call), "U9 call proceeding");
	assert_int_equal(network->proceeding, 1);
	assert_int_equal(network->channel, 5);
	assert_string_equal(call->leg->name, "span=1/5");
	assert_int_equal(call->leg->ops->media(call->leg, NULL, &media), 0);
	assert_int_equal(media.kind, LEG_MEDIA_TDM);
	assert_int_equal(media.timeslot, 5);
	assert_int_equal(media.law, G711_ALAW);

	call->leg->ops->alerting(call->leg, false);
	call->leg->ops->alerting(call->leg, false);
	call->leg->ops->proceeding(call->leg);
	fake_lab_run(&f->lab, 50);
	assert_int_equal(network->alerting, 1);
	assert_int_equal(network->indicators, 0);
	assert_string_equal(state_of(call), "U7 call received");

	call->leg->ops->answer(call->leg, &(struct leg_number){ 0 });
	call->leg->ops->answer(call->leg, &(struct leg_number){ 0 });
	assert_string_equal(state_of(call), "U8 connect request");
	assert_int_equal(call->confirmed, 0);
	fake_lab_run(&f->lab, 50);
	assert_int_equal(network->connect, 1);
	assert_int_equal(call->confirmed, 1);
	call->leg->ops->describe(call->leg, &info);
	assert_string_equal(info.state, "U10 active");
	assert_string_equal(info.peer, "city");
	assert_int_equal(info.channel, 5);

	fake_lab_run(&f->lab, 60000);
	fake_isdn_call_release(call, 16, 1);
	fake_lab_run(&f->lab, 1000);
	assert_int_equal(network->heard_cause, 16);
	assert_int_equal(call->ladder_count, sizeof ladder / sizeof ladder[0]);
	for (size_t i = 0; i < call->ladder_count; i++)
		assert_string_equal(call->ladder[i], ladder[i]);
	assert_over(call, 16, 1);
	assert_idle(f, 5);
}

/* Indicator 1 for interworking, 8 for a tone; 8 with ALERTING only when there
 * is one. */
static void test_progress(void **state)
{
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];
	struct fake_isdn_call *call = ring(f, 1, false);

	call->leg->ops->progress(call->leg, false);
	fake_lab_run(&f->lab, 50);
	assert_int_equal(network->progress, 1);
	assert_int_equal(network->indicators, PRI_PROG_CALL_NOT_E2E_ISDN);
	call->leg->ops->progress(call->leg, true);
	fake_lab_run(&f->lab, 50);
	assert_int_equal(network->progress, 2);
	assert_int_equal(network->indicators,
			 PRI_PROG_CALL_NOT_E2E_ISDN |
				 PRI_PROG_INBAND_AVAILABLE);
	network->indicators = 0;
	call->leg->ops->alerting(call->leg, true);
	fake_lab_run(&f->lab, 50);
	assert_int_equal(network->indicators, PRI_PROG_INBAND_AVAILABLE);
	assert_string_equal(call->ladder[2], "> PROGRESS PI 1");
	assert_string_equal(call->ladder[3], "> PROGRESS PI 8");
	assert_string_equal(call->ladder[4], "> ALERTING PI 8");
	fake_network_hangup(network, 16, 0);
	fake_lab_run(&f->lab, 50);
	assert_over(call, 16, 0);
}

static void receive_progress(struct fake_isdn_call *call)
{
	call->leg->ops->progress(call->leg, true);
}

static void receive_alerting(struct fake_isdn_call *call)
{
	call->leg->ops->alerting(call->leg, false);
}

static void receive_answer(struct fake_isdn_call *call)
{
	call->leg->ops->answer(call->leg, &(struct leg_number){ 0 });
}

/* The receiver answers within the handing over: whatever it says first names
 * the channel. */
static void test_first_response(void **state)
{
	static const struct {
		void (*receive)(struct fake_isdn_call *call);
		const char *says, *in_state;
	} rows[] = {
		{ NULL, "> CALL PROCEEDING ch 7", "U9 call proceeding" },
		{ receive_progress, "> CALL PROCEEDING ch 7",
		  "U9 call proceeding" },
		{ receive_alerting, "> CALL PROCEEDING ch 7",
		  "U7 call received" },
		{ receive_answer, "> CONNECT ch 7", "U10 active" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fake_isdn_call *call;

		f->in.receive = rows[i].receive;
		call = ring(f, 7, true);
		assert_string_equal(call->ladder[1], rows[i].says);
		assert_string_equal(state_of(call), rows[i].in_state);
		fake_isdn_call_release(call, 16, 1);
		fake_lab_run(&f->lab, 100);
		assert_over(call, 16, 1);
		assert_idle(f, 7);
	}
}

/* A channel that is taken, one that is no B channel, none left. */
static void test_channel_choice(void **state)
{
	static const struct {
		unsigned channel;
		bool exclusive;
		unsigned gets; /* 0: refused */
		int cause;
	} rows[] = {
		{ 9, false, 9, 0 }, { 9, true, 9, 0 },	 { 5, false, 1, 0 },
		{ 5, true, 0, 44 }, { 16, true, 0, 82 }, { 16, false, 1, 0 },
		{ 0, false, 1, 0 },
	};
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];
	struct fake_isdn_call ours;
	struct span_info info;
	unsigned refused = 0;

	network->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&ours, &f->lab, 5);
	fake_lab_run(&f->lab, 50);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct fake_network_setup setup = {
			.called = "1",
			.channel = rows[i].channel,
			.exclusive = rows[i].exclusive
		};

		f->in.count = 0;
		fake_network_call(network, &setup);
		fake_lab_run(&f->lab, 50);
		assert_int_equal(f->in.count, rows[i].gets ? 1 : 0);
		if (rows[i].gets) {
			assert_int_equal(network->channel, rows[i].gets);
			fake_isdn_call_release(&f->in.call[0], 16, 1);
			fake_lab_run(&f->lab, 50);
			assert_over(&f->in.call[0], 16, 1);
			continue;
		}
		refused++;
		assert_int_equal(network->proceeding, 0);
		assert_int_equal(network->heard_cause, rows[i].cause);
		assert_int_equal(network->heard_location, 1);
	}
	span_describe(f->lab.span[0], &info);
	assert_int_equal(info.refused, refused);
	assert_int_equal(info.calls, 1 + sizeof rows / sizeof rows[0]);
	fake_isdn_call_release(&ours, 16, 1);
	fake_lab_run(&f->lab, 50);
	assert_over(&ours, 16, 1);
}

static void test_no_channel_left(void **state)
{
	struct fixture *f = *state;
	const struct fake_network_setup setup = { .called = "1", .channel = 1 };
	struct fake_isdn_call ours[31];
	unsigned count = 0;

	f->lab.network[0]->does = NETWORK_PROCEEDS;
	for (unsigned n = 1; n <= 31; n++)
		if (n != 16)
			fake_isdn_call_start(&ours[count++], &f->lab, n);
	fake_lab_run(&f->lab, 50);
	fake_network_call(f->lab.network[0], &setup);
	fake_lab_run(&f->lab, 50);
	assert_int_equal(f->in.count, 0);
	assert_int_equal(f->lab.network[0]->heard_cause, 34);
	for (unsigned i = 0; i < count; i++) {
		fake_isdn_call_release(&ours[i], 16, 1);
		fake_lab_run(&f->lab, 50);
		assert_over(&ours[i], 16, 1);
	}
}

static void test_cannot_be_served(void **state)
{
	static const struct {
		struct fake_network_setup setup;
		unsigned cause;
		enum conf_direction direction;
	} rows[] = {
		{ { .called = "1", .channel = 1, .bearer = 0x08 }, 65, 0 },
		{ { .called = "1", .channel = 1, .bearer = 0x18 }, 65, 0 },
		{ { .called = "1", .channel = 1, .bearer = 0x10 }, 0, 0 },
		{ { .called = "", .channel = 1 }, 28, 0 },
		{ { .called = "1", .channel = 1 }, 63, CONF_DIRECTION_OUT },
		{ { .called = "1", .channel = 1 }, 0, CONF_DIRECTION_IN },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fake_isdn_call *call = &f->in.call[0];

		f->in.count = 0;
		f->lab.trunk.direction = rows[i].direction;
		fake_network_call(f->lab.network[0], &rows[i].setup);
		fake_lab_run(&f->lab, 100);
		assert_int_equal(f->in.count, 1);
		assert_int_equal(f->in.setup[0].refuse.q850, rows[i].cause);
		if (!rows[i].cause)
			fake_isdn_call_release(call, 16, 1);
		fake_lab_run(&f->lab, 100);
		if (rows[i].cause)
			assert_int_equal(f->lab.network[0]->heard_cause,
					 rows[i].cause);
		assert_over(call, rows[i].cause ? rows[i].cause : 16, 1);
		assert_idle(f, 1);
	}
}

/* What is no digit goes no further. */
static void test_number_of_no_digits(void **state)
{
	struct fixture *f = *state;
	const struct fake_network_setup setup = { .called = "1\r\nVia: x\x7f",
						  .channel = 1 };

	fake_network_call(f->lab.network[0], &setup);
	fake_lab_run(&f->lab, 50);
	assert_string_equal(f->in.setup[0].called.digits, "1??Via:?x?");
	fake_isdn_call_release(&f->in.call[0], 28, 1);
	fake_lab_run(&f->lab, 50);
	assert_over(&f->in.call[0], 28, 1);
}

static uint8_t refusal;

static void receive_refusal(struct fake_isdn_call *call)
{
	fake_isdn_call_release(call, refusal, 5);
}

/* Refused within the handing over: every cause arrives, with its location. */
static void test_refused_at_once(void **state)
{
	struct fixture *f = *state;
	struct fake_network *network = f->lab.network[0];

	f->in.receive = receive_refusal;
	for (unsigned cause = 1; cause <= 127; cause++) {
		/* libpri answers these by RELEASE; see pri_cause_to_send. */
		bool changed =
			cause == 6 || cause == 7 || cause == 26 || cause == 81;

		f->in.count = 0;
		refusal = (uint8_t)cause;
		ring(f, 1, true);
		fake_lab_run(&f->lab, 100);
		assert_int_equal(network->heard_cause, changed ? 31 : cause);
		assert_int_equal(network->heard_location, 5);
		assert_over(&f->in.call[0], cause, 5);
		assert_idle(f, 1);
	}
}

/* Either side ends it in each phase. */
static void test_ends_in_each_phase(void **state)
{
	static void (*const receive[])(struct fake_isdn_call * call) = {
		NULL, receive_progress, receive_alerting, receive_answer
	};
	static const uint8_t causes[] = {
		16, 1, 6, 17, 34, 44, 81, 82, 88, 102
	};
	struct fixture *f = *state;

	for (unsigned n = 0; n < 4 * sizeof causes * 3; n++) {
		unsigned who = n % 3;
		uint8_t cause = causes[n / 3 % sizeof causes];
		struct fake_isdn_call *call;

		f->in.count = 0;
		f->in.receive = receive[n / 3 / sizeof causes];
		call = ring(f, 3, true);
		if (who != 1)
			fake_isdn_call_release(call, cause, 1);
		if (who != 0)
			fake_network_hangup(f->lab.network[0], 31, 4);
		fake_lab_run(&f->lab, 1000);
		if (who == 1)
			assert_over(call, 31, 4);
		else
			assert_over(call, cause, 1);
		assert_idle(f, 3);
	}
}

static void test_release_waits_for_the_call(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call *call;

	f->in.receive = receive_answer;
	call = ring(f, 2, true);
	call->answers_release = false;
	fake_network_hangup(f->lab.network[0], 16, 0);
	fake_lab_run(&f->lab, 5000);
	assert_string_equal(state_of(call), "U12 disconnect received");
	assert_int_equal(call->disconnect, 1);
	assert_int_equal(call->released, 0);
	fake_isdn_call_release(call, 16, 1);
	fake_lab_run(&f->lab, 100);
	assert_over(call, 16, 0);
}

/* The network never acknowledges our CONNECT. */
static void test_t313(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call *call;

	pri_connect_ack_enable(f->lab.network[0]->pri, 1);
	f->in.receive = receive_answer;
	call = ring(f, 2, true);
	fake_lab_run(&f->lab, 3500);
	assert_string_equal(state_of(call), "U8 connect request");
	fake_lab_run(&f->lab, 1000);
	assert_int_equal(call->confirmed, 0);
	assert_int_equal(call->disconnect, 1);
	assert_string_equal(call->cause.text, "T313");
	assert_int_equal(call->cause.origin, LEG_ORIGIN_TIMER);
	fake_lab_run(&f->lab, 1000);
	assert_over(call, 102, 1);
	assert_idle(f, 2);
}

static void test_release_never_answered(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call *call;

	f->lab.network[0]->never_releases = true;
	f->in.receive = receive_answer;
	call = ring(f, 2, true);
	fake_isdn_call_release(call, 16, 1);
	fake_lab_run(&f->lab, 35000);
	assert_int_equal(call->released, 0);
	fake_lab_run(&f->lab, 6000);
	assert_over(call, 16, 1);
	assert_int_equal(f->lab.network[0]->restarts, 1);
	assert_idle(f, 2);
}

static void test_release_guard(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call *call;

	f->lab.network[0]->never_releases = true;
	f->in.receive = receive_answer;
	call = ring(f, 2, true);
	f->lab.conf[0].t305_ms = 1000;
	fake_lab_configure(&f->lab);
	/* libpri itself waits longer. */
	pri_set_timer(span_pri(f->lab.span[0]), PRI_TIMER_T305, 30000);
	fake_isdn_call_release(call, 16, 1);
	fake_lab_run(&f->lab, 10900);
	assert_int_equal(call->released, 0);
	fake_lab_run(&f->lab, 200);
	assert_over(call, 16, 1);
}

static void test_restart_of_the_channel(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call *hit, *spared;

	hit = ring(f, 4, true);
	f->in.receive = receive_answer;
	spared = ring(f, 5, true);
	fake_network_restart(f->lab.network[0], 4);
	fake_lab_run(&f->lab, 1000);
	assert_string_equal(hit->cause.text, "Q.931 RESTART");
	assert_over(hit, 41, 1);
	assert_idle(f, 4);
	assert_int_equal(spared->released + spared->disconnect, 0);
	fake_isdn_call_release(spared, 16, 1);
	fake_lab_run(&f->lab, 100);
	assert_over(spared, 16, 1);
}

/* The D channel goes while a call is in each phase: an answered one lasts for
 * T309, the others end at once. */
static void test_exchange_lost(void **state)
{
	static const struct {
		void (*receive)(struct fake_isdn_call *call);
		unsigned within_ms;
		bool releasing;
		unsigned cause;
	} rows[] = {
		{ NULL, 100, false, 27 },
		{ receive_alerting, 100, false, 27 },
		{ receive_answer, 10200, false, 27 },
		{ receive_alerting, 100, true, 16 },
		{ receive_answer, 100, true, 16 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fake_isdn_call *call;

		f->in.count = 0;
		f->in.receive = rows[i].receive;
		f->lab.network[0]->never_releases = rows[i].releasing;
		call = ring(f, 1, true);
		if (rows[i].releasing)
			fake_isdn_call_release(call, 16, 1);
		fake_lab_run(&f->lab, 50);
		fake_line_cut(f->lab.line[0], true);
		fake_driver_down(f->lab.driver[0], "connection closed");
		if (!rows[i].releasing && rows[i].receive == receive_answer) {
			fake_lab_run(&f->lab, 9000);
			assert_int_equal(call->released, 0);
		}
		fake_lab_run(&f->lab, rows[i].within_ms);
		fake_lab_run(&f->lab, 60000);
		assert_over(call, rows[i].cause, 1);
		fake_line_cut(f->lab.line[0], false);
		fake_driver_up(f->lab.driver[0], G711_ALAW);
		fake_lab_run(&f->lab, 60000);
		assert_idle(f, 1);
	}
}

static void receive_free(struct fake_isdn_call *call)
{
	fake_isdn_call_free(call);
}

/* Freed while it lives, also before anything was said to the network. */
static void test_freed(void **state)
{
	struct fixture *f = *state;

	f->in.receive = receive_free;
	ring(f, 1, true);
	fake_lab_run(&f->lab, 1000);
	assert_int_equal(f->lab.network[0]->heard_cause, 16);
	assert_idle(f, 1);
	f->in.receive = receive_answer;
	fake_isdn_call_free(ring(f, 1, true));
	fake_lab_run(&f->lab, 1000);
	assert_int_equal(f->lab.network[0]->heard_cause, 16);
	assert_idle(f, 1);
}

static void test_is_no_called_leg(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call *call = ring(f, 1, true);

	assert_int_equal(fake_isdn_call_setup(call, call->leg, "1"), -EALREADY);
	fake_isdn_call_release(call, 16, 1);
	fake_lab_run(&f->lab, 100);
	assert_over(call, 16, 1);
}

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

static bool lossy(void *ctx, unsigned from, uint8_t *frame, size_t *len)
{
	unsigned *seed = ctx;

	(void)from;
	(void)frame;
	(void)len;
	return next_random(seed) % 16 != 0;
}

/* One step of either side, or of the line. */
static void disturb(struct fixture *f, struct fake_isdn_call *call,
		    unsigned what)
{
	struct fake_network *network = f->lab.network[0];

	switch (what % 10) {
	case 0: fake_isdn_call_release(call, 17, 1); break;
	case 1: fake_network_hangup(network, 31, 2); break;
	case 2: fake_network_restart(network, 1 + what / 10 % 15); break;
	case 3:
		fake_driver_down(f->lab.driver[0], "disturbed");
		fake_lab_run(&f->lab, what / 10 % 3000);
		fake_driver_up(f->lab.driver[0], G711_ALAW);
		break;
	case 4:
		fake_line_cut(f->lab.line[0], true);
		fake_lab_run(&f->lab, what / 10 % 3000);
		fake_line_cut(f->lab.line[0], false);
		break;
	case 5:
		fake_network_hangup(network, 17, 2);
		fake_isdn_call_release(call, 16, 1);
		break;
	case 6: call->leg->ops->progress(call->leg, what / 10 % 2); break;
	case 7: call->leg->ops->alerting(call->leg, what / 10 % 2); break;
	default:
		call->leg->ops->answer(call->leg, &(struct leg_number){ 0 });
		break;
	}
}

static void end(struct fixture *f, struct fake_isdn_call *call)
{
	if (!call->released)
		fake_isdn_call_release(call, 16, 1);
	for (unsigned n = 0; n < 60 && !call->released; n++)
		fake_lab_run(&f->lab, 1000);
	assert_int_equal(call->released, 1);
	fake_isdn_call_free(call);
}

/* Whatever order things happen in, each leg is released once and its channel
 * is idle after it. One frame in sixteen is lost on top of it. */
static void test_random_sequences(void **state)
{
	struct fixture *f = *state;
	static unsigned loss; /* the line loses frames in the teardown too */
	unsigned seed = 3, taken = 0;

	loss = 2;
	fake_line_filter(f->lab.line[0], lossy, &loss);
	for (unsigned i = 0; i < 1500; i++) {
		const struct fake_network_setup setup = { .called = "1",
							  .channel = 1 + i % 15,
							  .exclusive = i % 2 };
		struct fake_isdn_call *call = &f->in.call[0];

		for (unsigned n = 0; n < 20 && !span_in_service(f->lab.span[0]);
		     n++)
			fake_lab_run(&f->lab, 1000);
		assert_true(span_in_service(f->lab.span[0]));
		f->in.count = 0;
		f->lab.network[0]->never_releases =
			next_random(&seed) % 16 == 0;
		fake_network_call(f->lab.network[0], &setup);
		/* Until T303 has given up: none may come later. */
		for (unsigned n = 0; n < 15 && !f->in.count; n++)
			fake_lab_run(&f->lab, 1000);
		if (!f->in.count)
			continue;
		taken++;
		for (unsigned step = 0; step < 4 && !call->released; step++) {
			disturb(f, call, next_random(&seed));
			fake_lab_run(&f->lab, next_random(&seed) % 500);
		}
		/* Two libpris that disagree settle it. A SETUP that is repeated
		 * after the end of its call makes another one. */
		fake_lab_run(&f->lab, 10000);
		for (unsigned n = 0; n < f->in.count; n++)
			end(f, &f->in.call[n]);
		assert_int_equal(fsm_illegal_count(), 0);
	}
	assert_true(taken > 1000);
}

static void test_table_is_whole(void **state)
{
	char why[128];

	(void)state;
	if (fsm_check(&pri_leg_in_fsm_desc, why, sizeof why) < 0)
		fail_msg("%s", why);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_whole),
		IN_LAB(test_answered_call),
		IN_LAB(test_progress),
		IN_LAB(test_first_response),
		IN_LAB(test_channel_choice),
		IN_LAB(test_no_channel_left),
		IN_LAB(test_cannot_be_served),
		IN_LAB(test_number_of_no_digits),
		IN_LAB(test_refused_at_once),
		IN_LAB(test_ends_in_each_phase),
		IN_LAB(test_release_waits_for_the_call),
		IN_LAB(test_t313),
		IN_LAB(test_release_never_answered),
		IN_LAB(test_release_guard),
		IN_LAB(test_restart_of_the_channel),
		IN_LAB(test_exchange_lost),
		IN_LAB(test_freed),
		IN_LAB(test_is_no_called_leg),
		IN_LAB(test_random_sequences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
