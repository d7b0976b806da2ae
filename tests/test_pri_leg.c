#include "dahdi/pri_leg.h"
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

static int setup(void **state)
{
	struct fake_lab *lab = malloc(sizeof *lab);

	fake_lab_start(lab, 1);
	fake_lab_spans(lab);
	fake_lab_up(lab);
	*state = lab;
	return 0;
}

/* Whatever a test did, no table was broken, no channel is stuck and libpri has
 * no call that we do not know of. */
static int teardown(void **state)
{
	struct fake_lab *lab = *state;
	struct span_info info;

	span_describe(lab->span[0], &info);
	assert_int_equal(info.busy, 0);
	assert_int_equal(fsm_illegal_count(), 0);
	fake_lab_run(lab, 120000);
	assert_true(fake_lab_is_clean(lab));
	fake_lab_stop(lab);
	free(lab);
	return 0;
}

static void assert_idle(struct fake_lab *lab, unsigned channel)
{
	assert_true(channel_is_idle(span_channel(lab->span[0], channel)));
}

static void assert_over(struct fake_isdn_call *call, unsigned cause,
			unsigned location)
{
	assert_int_equal(call->released, 1);
	assert_int_equal(call->cause.q850, cause);
	assert_int_equal(call->cause.location, location);
	fake_isdn_call_free(call);
}

static void assert_active(struct fake_isdn_call *call, unsigned channel)
{
	struct leg_media media;
	struct leg_info info;

	assert_int_equal(call->leg->ops->media(call->leg, NULL, &media), 0);
	assert_int_equal(media.kind, LEG_MEDIA_TDM);
	assert_int_equal(media.span, 1);
	assert_int_equal(media.timeslot, channel);
	assert_int_equal(media.law, G711_ALAW);
	call->leg->ops->describe(call->leg, &info);
	assert_string_equal(info.state, "U10 active");
	assert_int_equal(info.span, 1);
	assert_int_equal(info.channel, channel);
	assert_int_equal(info.call_reference, 1);
}

static void test_answered_call(void **state)
{
	static const char *const ladder[] = {
		"> SETUP ch 5",		 "< CALL PROCEEDING ch 5",
		"< ALERTING PI 8",	 "< CONNECT ch 5",
		"> CONNECT ACKNOWLEDGE", "> DISCONNECT cause 16",
		"< RELEASE cause 16",	 "> RELEASE COMPLETE cause 16",
	};
	struct fake_lab *lab = *state;
	struct fake_network *network = lab->network[0];
	struct fake_isdn_call call;

	network->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&call, lab, 5);
	fake_lab_run(lab, 1000);
	assert_int_equal(call.proceeding, 1);
	assert_int_equal(call.alerting, 1);
	assert_int_equal(call.inband, 1);
	assert_int_equal(call.answer, 1);
	assert_int_equal(call.disconnect + call.released, 0);
	assert_string_equal(network->called, "5550100");
	assert_int_equal(network->called_plan, 0x41);
	assert_string_equal(network->calling, "301234");
	assert_int_equal(network->calling_plan, 0x21);
	assert_int_equal(network->calling_presentation, 0x23);
	assert_int_equal(network->bearer, PRI_TRANS_CAP_3_1K_AUDIO);
	assert_int_equal(network->layer1, PRI_LAYER_1_ALAW);
	assert_int_equal(network->channel, 5);
	assert_true(network->channel_flexible);
	assert_true(network->complete);

	assert_active(&call, 5);

	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(lab, 1000);
	assert_int_equal(network->heard_cause, 16);
	assert_int_equal(network->heard_location, 1);
	assert_int_equal(call.ladder_count, sizeof ladder / sizeof ladder[0]);
	for (size_t i = 0; i < call.ladder_count; i++)
		assert_string_equal(call.ladder[i], ladder[i]);
	assert_over(&call, 16, 1);
	assert_idle(lab, 5);
}

/* Every cause, before and after alerting, arrives with cause and location. */
static void test_refused(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_network *network = lab->network[0];

	for (unsigned cause = 1; cause <= 127; cause++) {
		struct fake_isdn_call call;

		network->does =
			cause % 2 ? NETWORK_REFUSES : NETWORK_REFUSES_ALERTED;
		network->cause = (uint8_t)cause;
		network->location = (uint8_t)(cause % 11);
		fake_isdn_call_start(&call, lab, 1 + cause % 15);
		fake_lab_run(lab, 200);
		assert_int_equal(call.alerting, cause % 2 ? 0 : 1);
		assert_int_equal(call.cause.origin, LEG_ORIGIN_PEER);
		assert_over(&call, cause, cause % 11);
	}
	assert_int_equal(network->rings, 127);
}

/* RELEASE COMPLETE in answer to the SETUP ends the leg in one event. */
static void test_refused_at_once(void **state)
{
	static const uint8_t causes[] = { 1, 34, 44, 82, 88 };
	struct fake_lab *lab = *state;
	struct fake_network *network = lab->network[0];

	network->does = NETWORK_REFUSES_AT_ONCE;
	for (size_t i = 0; i < sizeof causes; i++) {
		struct fake_isdn_call call;

		network->cause = causes[i];
		network->location = 2;
		fake_isdn_call_start(&call, lab, 1);
		fake_lab_run(lab, 100);
		assert_int_equal(call.disconnect, 0);
		assert_string_equal(call.cause.text, "Q.931 RELEASE COMPLETE");
		assert_over(&call, causes[i], 2);
	}
}

static void test_peer_hangs_up(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&call, lab, 31);
	fake_lab_run(lab, 100);
	assert_int_equal(call.answer, 1);
	fake_network_hangup(lab->network[0], 16, 4);
	fake_lab_run(lab, 100);
	assert_int_equal(call.disconnect, 1);
	assert_over(&call, 16, 4);
	assert_idle(lab, 31);
}

/* The release is the call's to give: until then the channel stays. */
static void test_release_waits_for_the_call(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&call, lab, 2);
	call.answers_release = false;
	fake_lab_run(lab, 100);
	fake_network_hangup(lab->network[0], 16, 4);
	fake_lab_run(lab, 5000);
	assert_int_equal(call.disconnect, 1);
	assert_int_equal(call.released, 0);
	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(lab, 100);
	assert_over(&call, 16, 4);
}

static void test_both_hang_up(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&call, lab, 3);
	fake_lab_run(lab, 100);
	fake_network_hangup(lab->network[0], 16, 4);
	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(lab, 5000);
	assert_over(&call, 16, 1);
	assert_idle(lab, 3);
}

/* The caller gives up in each phase; causes that libpri answers with other
 * messages than DISCONNECT included. */
static void test_released_in_each_phase(void **state)
{
	static const enum fake_network_does phases[] = {
		NETWORK_SILENT,	    NETWORK_PROCEEDS, NETWORK_ASKS_DIGITS,
		NETWORK_PROGRESSES, NETWORK_ALERTS,   NETWORK_ANSWERS,
	};
	static const uint8_t causes[] = {
		16, 1, 6, 7, 34, 44, 81, 82, 88, 102
	};
	struct fake_lab *lab = *state;

	for (size_t p = 0; p < sizeof phases / sizeof phases[0]; p++) {
		for (size_t c = 0; c < sizeof causes; c++) {
			struct fake_isdn_call call;

			lab->network[0]->does = phases[p];
			fake_isdn_call_start(&call, lab, 1);
			fake_lab_run(lab, 50);
			fake_isdn_call_release(&call, causes[c], 1);
			fake_isdn_call_release(&call, causes[c], 1);
			fake_lab_run(lab, 1000);
			assert_over(&call, causes[c], 1);
			assert_idle(lab, 1);
		}
	}
}

static void test_released_before_setup(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call = { 0 };
	struct channel *channel = span_channel(lab->span[0], 7);
	struct pri_leg *leg, *other;

	assert_int_equal(pri_leg_new(&leg, lab->span[0], channel, NULL), 0);
	assert_int_equal(pri_leg_new(&other, lab->span[0], channel, NULL),
			 -EBUSY);
	call.leg = pri_leg_leg(leg);
	call.leg->call = (struct call *)&call;
	fake_isdn_call_release(&call, 16, 1);
	assert_over(&call, 16, 1);
	assert_idle(lab, 7);
}

static void test_setup_that_cannot_go_out(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call = { 0 };
	struct pri_leg *leg;

	assert_int_equal(pri_leg_new(&leg, lab->span[0],
				     span_channel(lab->span[0], 8), NULL),
			 0);
	/* No digits at all: libpri has nothing to send. */
	assert_int_equal(fake_isdn_call_setup(&call, pri_leg_leg(leg), ""),
			 -EINVAL);
	assert_int_equal(call.released, 0);
	fake_isdn_call_free(&call);
	assert_idle(lab, 8);
}

static void test_t301(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ALERTS;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 179000);
	assert_int_equal(call.alerting, 1);
	assert_int_equal(call.disconnect, 0);
	fake_lab_run(lab, 2000);
	assert_int_equal(call.disconnect, 1);
	assert_string_equal(call.cause.text, "T301");
	assert_int_equal(call.cause.origin, LEG_ORIGIN_TIMER);
	assert_int_equal(lab->network[0]->heard_cause, 19);
	assert_over(&call, 19, 1);
}

static void test_t310(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_PROCEEDS;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 59000);
	assert_int_equal(call.proceeding, 1);
	assert_int_equal(call.disconnect, 0);
	fake_lab_run(lab, 2000);
	assert_string_equal(call.cause.text, "T310");
	assert_int_equal(call.cause.origin, LEG_ORIGIN_TIMER);
	assert_int_equal(lab->network[0]->heard_cause, 102);
	assert_over(&call, 102, 1);
}

/* T310 does not run once there is something to hear; T301 does. */
static void test_progress_stops_t310(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_PROGRESSES;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 100);
	assert_int_equal(call.progress, 1);
	assert_int_equal(call.inband, 1);
	fake_lab_run(lab, 170000);
	assert_int_equal(call.disconnect, 0);
	fake_lab_run(lab, 11000);
	assert_string_equal(call.cause.text, "T301");
	assert_over(&call, 19, 1);
}

/* Neither may end a call that was answered. */
static void test_answer_stops_timers(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ALERTS;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 1000);
	fake_network_answer(lab->network[0]);
	fake_lab_run(lab, 400000);
	assert_int_equal(call.answer, 1);
	assert_int_equal(call.disconnect, 0);
	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(lab, 100);
	assert_over(&call, 16, 1);
}

static void test_t303(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_SILENT;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 7500);
	assert_int_equal(call.released, 0);
	assert_int_equal(call.ladder_count, 2); /* SETUP twice */
	fake_lab_run(lab, 1000);
	assert_string_equal(call.cause.text, "T303");
	assert_int_equal(call.cause.origin, LEG_ORIGIN_TIMER);
	assert_over(&call, 102, 1);
	assert_idle(lab, 1);
}

static void test_t304(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ASKS_DIGITS;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 31000);
	assert_string_equal(call.cause.text, "T304");
	assert_over(&call, 102, 1);
}

/* A network that never releases: T305, T308 twice, and the channel is back once
 * it was restarted (Q.931 5.3.3, 5.3.4). */
static void test_release_never_answered(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ANSWERS;
	lab->network[0]->never_releases = true;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 100);
	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(lab, 35000);
	assert_int_equal(call.released, 0);
	fake_lab_run(lab, 6000);
	assert_over(&call, 16, 1);
	assert_int_equal(lab->network[0]->restarts, 1);
	assert_idle(lab, 1);
}

/* The second RELEASE is answered: nothing is to be restarted. */
static void test_release_answered_late(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ANSWERS;
	lab->network[0]->never_releases = true;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 100);
	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(lab, 36000);
	fake_network_hangup(lab->network[0], 16, 2);
	fake_lab_run(lab, 100);
	assert_string_equal(call.ladder[call.ladder_count - 2],
			    "> RELEASE cause 16");
	assert_over(&call, 16, 1);
	assert_int_equal(lab->network[0]->restarts, 0);
	assert_idle(lab, 1);
}

/* libpri itself does not come to an end: the guard does, and what the network
 * still says of the call is answered as of an unknown one. */
static void test_release_guard(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ANSWERS;
	lab->network[0]->never_releases = true;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 100);
	lab->conf[0].t305_ms = 1000;
	fake_lab_configure(lab);
	/* libpri itself waits longer. */
	pri_set_timer(span_pri(lab->span[0]), PRI_TIMER_T305, 30000);
	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(lab, 10900);
	assert_int_equal(call.released, 0);
	fake_lab_run(lab, 200);
	assert_over(&call, 16, 1);
	assert_int_equal(lab->network[0]->restarted, 1);
	assert_idle(lab, 1);
	assert_int_equal(fake_libpri_calls(span_pri(lab->span[0])), 0);
}

/* The channel that the network names instead of the preferred one. */
static void test_channel_moves(void **state)
{
	struct fake_lab *lab = *state;
	struct leg_media media;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ANSWERS;
	lab->network[0]->move_to = 9;
	fake_isdn_call_start(&call, lab, 5);
	/* As its call names it. */
	strcpy(call.leg->name, "call=17 span=1/5");
	fake_lab_run(lab, 100);
	assert_int_equal(call.answer, 1);
	assert_string_equal(call.leg->name, "call=17 span=1/9");
	call.leg->ops->media(call.leg, NULL, &media);
	assert_int_equal(media.timeslot, 9);
	assert_idle(lab, 5);
	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(lab, 100);
	assert_over(&call, 16, 1);
	assert_idle(lab, 9);
}

static void test_channel_cannot_move(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call first, second;

	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&first, lab, 9);
	fake_lab_run(lab, 100);
	lab->network[0]->does = NETWORK_PROCEEDS;
	lab->network[0]->move_to = 9;
	fake_isdn_call_start(&second, lab, 5);
	fake_lab_run(lab, 1000);
	assert_int_equal(second.proceeding, 0);
	assert_int_equal(second.disconnect, 1);
	assert_int_equal(lab->network[0]->heard_cause, 44);
	assert_over(&second, 44, 1);
	assert_idle(lab, 5);
	assert_int_equal(first.disconnect, 0);
	/* Nor to what is no B channel. */
	lab->network[0]->move_to = 16;
	fake_isdn_call_start(&second, lab, 5);
	fake_lab_run(lab, 1000);
	assert_over(&second, 44, 1);
	fake_isdn_call_release(&first, 16, 1);
	fake_lab_run(lab, 100);
	assert_over(&first, 16, 1);
}

static void test_exclusive_channel_stays(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->conf[0].exclusive = true;
	fake_lab_configure(lab);
	lab->network[0]->does = NETWORK_PROCEEDS;
	lab->network[0]->move_to = 9;
	fake_isdn_call_start(&call, lab, 5);
	fake_lab_run(lab, 1000);
	assert_false(lab->network[0]->channel_flexible);
	assert_over(&call, 44, 1);
}

static void test_restart_of_the_channel(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call hit, spared;

	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&hit, lab, 4);
	fake_isdn_call_start(&spared, lab, 5);
	fake_lab_run(lab, 100);
	fake_network_restart(lab->network[0], 4);
	fake_lab_run(lab, 1000);
	assert_string_equal(hit.cause.text, "Q.931 RESTART");
	assert_over(&hit, 41, 1);
	assert_idle(lab, 4);
	assert_int_equal(spared.released + spared.disconnect, 0);
	fake_isdn_call_release(&spared, 16, 1);
	fake_lab_run(lab, 100);
	assert_over(&spared, 16, 1);
}

/* The exchange dies while a call is in each phase. */
static void test_exchange_lost(void **state)
{
	static const struct {
		enum fake_network_does does;
		bool releasing;
		unsigned within_ms;
		unsigned cause;
	} cases[] = {
		{ NETWORK_SILENT, false, 100, 27 },
		{ NETWORK_PROCEEDS, false, 100, 27 },
		{ NETWORK_ALERTS, false, 100, 27 },
		{ NETWORK_ANSWERS, false, 10200, 27 },
		{ NETWORK_ALERTS, true, 100, 16 },
		{ NETWORK_ANSWERS, true, 100, 16 },
	};
	struct fake_lab *lab = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fake_isdn_call call;

		lab->network[0]->does = cases[i].does;
		lab->network[0]->never_releases = cases[i].releasing;
		fake_isdn_call_start(&call, lab, 1);
		fake_lab_run(lab, 50);
		if (cases[i].releasing)
			fake_isdn_call_release(&call, 16, 1);
		fake_lab_run(lab, 50);
		fake_line_cut(lab->line[0], true);
		fake_driver_down(lab->driver[0], "connection closed");
		fake_lab_run(lab, cases[i].within_ms);
		assert_int_equal(call.released, 1);
		assert_int_equal(call.cause.q850, cases[i].cause);
		fake_lab_run(lab, 60000);
		fake_isdn_call_free(&call);
		fake_line_cut(lab->line[0], false);
		fake_driver_up(lab->driver[0], G711_ALAW);
		fake_lab_run(lab, 60000);
		assert_idle(lab, 1);
	}
	assert_int_equal(lab->tdm_down, sizeof cases / sizeof cases[0]);
}

/* An active call outlives an outage that is shorter than T309. */
static void test_short_outage(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 100);
	fake_driver_down(lab->driver[0], "connection closed");
	fake_lab_run(lab, 2000);
	fake_driver_up(lab->driver[0], G711_ALAW);
	fake_lab_run(lab, 60000);
	assert_int_equal(call.released + call.disconnect, 0);
	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(lab, 100);
	assert_over(&call, 16, 1);
	assert_idle(lab, 1);
}

/* The exchange comes back within T309 but has forgotten the call: it says so
 * when it is asked for it, and the call ends then, not before. */
static void test_exchange_restarted(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 100);
	fake_driver_down(lab->driver[0], "connection closed");
	fake_lab_run(lab, 1000);
	assert_int_equal(call.released, 0);
	fake_network_free(lab->network[0]);
	lab->network[0] = fake_network_new(lab->line[0]);
	fake_driver_up(lab->driver[0], G711_ALAW);
	fake_lab_run(lab, 8000);
	assert_true(span_in_service(lab->span[0]));
	assert_string_equal(call.cause.text, "Q.931 RELEASE COMPLETE");
	assert_over(&call, 81, 1);
	assert_idle(lab, 1);
}

/* Frames are lost in both directions but the hardware stays: Q.921 finds out,
 * also in the middle of a hang-up. */
static void test_dchannel_lost(void **state)
{
	struct fake_lab *lab = *state;

	for (unsigned releasing = 0; releasing < 2; releasing++) {
		struct fake_isdn_call call;

		lab->network[0]->does = NETWORK_ANSWERS;
		fake_isdn_call_start(&call, lab, 1);
		fake_lab_run(lab, 100);
		fake_line_cut(lab->line[0], true);
		if (releasing)
			fake_isdn_call_release(&call, 16, 1);
		fake_lab_run(lab, 60000);
		assert_over(&call, releasing ? 16 : 27, 1);
		fake_line_cut(lab->line[0], false);
		fake_lab_run(lab, 60000);
		assert_idle(lab, 1);
	}
}

static void test_freed_while_active(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	lab->network[0]->does = NETWORK_ANSWERS;
	fake_isdn_call_start(&call, lab, 1);
	fake_lab_run(lab, 100);
	fake_isdn_call_free(&call);
	fake_lab_run(lab, 1000);
	assert_int_equal(lab->network[0]->heard_cause, 16);
	assert_idle(lab, 1);
}

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

/* Something unexpected happens to a call at a random moment. */
static void disturb(struct fake_lab *lab, struct fake_isdn_call *call,
		    unsigned what)
{
	struct fake_network *network = lab->network[0];

	switch (what % 8) {
	case 0: fake_isdn_call_release(call, 16, 1); break;
	case 1: fake_network_hangup(network, 31, 2); break;
	case 2: fake_network_restart(network, 1 + what / 8 % 15); break;
	case 3:
		fake_driver_down(lab->driver[0], "disturbed");
		fake_lab_run(lab, what / 8 % 3000);
		fake_driver_up(lab->driver[0], G711_ALAW);
		break;
	case 4:
		fake_line_cut(lab->line[0], true);
		fake_lab_run(lab, what / 8 % 3000);
		fake_line_cut(lab->line[0], false);
		break;
	case 5:
		fake_network_hangup(network, 17, 2);
		fake_isdn_call_release(call, 16, 1);
		break;
	default: break;
	}
}

static bool lossy(void *ctx, unsigned from, uint8_t *frame, size_t *len)
{
	unsigned *seed = ctx;

	(void)from;
	(void)frame;
	(void)len;
	return next_random(seed) % 16 != 0;
}

/* Whatever order things happen in, each leg is released once and its channel
 * is idle after it. One frame in sixteen is lost on top of it. */
static void test_random_sequences(void **state)
{
	struct fake_lab *lab = *state;
	static unsigned loss; /* the line loses frames in the teardown too */
	unsigned seed = 1;

	loss = 2;
	fake_line_filter(lab->line[0], lossy, &loss);
	for (unsigned i = 0; i < 2000; i++) {
		struct fake_isdn_call call;

		for (unsigned n = 0; n < 20; n++) {
			if (span_in_service(lab->span[0]))
				break;
			fake_lab_run(lab, 1000);
		}
		assert_true(span_in_service(lab->span[0]));
		lab->network[0]->does =
			next_random(&seed) % (NETWORK_REFUSES_ALERTED + 1);
		lab->network[0]->cause = 17;
		lab->network[0]->never_releases = next_random(&seed) % 16 == 0;
		lab->network[0]->move_to = next_random(&seed) % 4 ? 0 : 20;
		fake_isdn_call_start(&call, lab, 1 + i % 15);
		fake_lab_run(lab, next_random(&seed) % 200);
		if (!call.released)
			disturb(lab, &call, next_random(&seed));
		fake_lab_run(lab, next_random(&seed) % 500);
		if (!call.released)
			fake_isdn_call_release(&call, 16, 1);
		for (unsigned n = 0; n < 60 && !call.released; n++)
			fake_lab_run(lab, 1000);
		assert_int_equal(call.released, 1);
		fake_isdn_call_free(&call);
		assert_int_equal(fsm_illegal_count(), 0);
	}
}

static void test_table_is_whole(void **state)
{
	char why[128];

	(void)state;
	if (fsm_check(&pri_leg_fsm_desc, why, sizeof why) < 0)
		fail_msg("%s", why);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_whole),
		IN_LAB(test_answered_call),
		IN_LAB(test_refused),
		IN_LAB(test_refused_at_once),
		IN_LAB(test_peer_hangs_up),
		IN_LAB(test_release_waits_for_the_call),
		IN_LAB(test_both_hang_up),
		IN_LAB(test_released_in_each_phase),
		IN_LAB(test_released_before_setup),
		IN_LAB(test_setup_that_cannot_go_out),
		IN_LAB(test_t301),
		IN_LAB(test_t303),
		IN_LAB(test_t304),
		IN_LAB(test_t310),
		IN_LAB(test_progress_stops_t310),
		IN_LAB(test_answer_stops_timers),
		IN_LAB(test_release_never_answered),
		IN_LAB(test_release_answered_late),
		IN_LAB(test_release_guard),
		IN_LAB(test_channel_moves),
		IN_LAB(test_channel_cannot_move),
		IN_LAB(test_exclusive_channel_stays),
		IN_LAB(test_restart_of_the_channel),
		IN_LAB(test_exchange_lost),
		IN_LAB(test_short_outage),
		IN_LAB(test_exchange_restarted),
		IN_LAB(test_dchannel_lost),
		IN_LAB(test_freed_while_active),
		IN_LAB(test_random_sequences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
