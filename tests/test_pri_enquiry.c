/* A call that outlived a break of the D channel is asked for at the exchange
 * (Q.931 5.8.9, 5.8.10). */
#include "dahdi/q931_message.h"
#include "tests/fake_network.h"

#include <libpri.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TYPE_AT 8 /* of a message with a call reference of two octets */
#define RR 0x01
#define RNR 0x05
#define KEEP -2

/* What passes, and what becomes of the network's STATUS. */
struct watch {
	unsigned enquiries, statuses; /* of the user */
	unsigned answers;	      /* STATUSes of the network */
	int state;		      /* put in place of theirs */
	unsigned eat;		      /* the first so many */
	bool deaf;		      /* nothing of the network's arrives */
	bool busy;		      /* its RRs are RNRs */
	unsigned notifies;	      /* of the user */
	uint8_t disconnect_cause;     /* of the user */
};

static void set_state(uint8_t *frame, size_t len, uint8_t state)
{
	size_t state_len;
	const uint8_t *at = q931_ie_find(frame + TYPE_AT + 1, len - TYPE_AT - 1,
					 Q931_IE_CALL_STATE, &state_len);

	assert_non_null(at);
	frame[at - frame] = state;
}

static bool watch(void *ctx, unsigned from, uint8_t *frame, size_t *len)
{
	struct watch *w = ctx;
	uint8_t type;

	if (w->deaf && from == 1)
		return false;
	if (w->busy && from == 1 && frame[2] == RR)
		frame[2] = RNR;
	if (*len <= TYPE_AT || frame[2] & 1)
		return true;
	type = frame[TYPE_AT];
	if (from == 0) {
		w->enquiries += type == Q931_STATUS_ENQUIRY;
		w->statuses += type == Q931_STATUS;
		w->notifies += type == Q931_NOTIFY;
		if (type == Q931_DISCONNECT)
			w->disconnect_cause = frame[TYPE_AT + 4] & 0x7f;
		return true;
	}
	if (type != Q931_STATUS)
		return true;
	w->answers++;
	if (w->answers <= w->eat)
		*len = 4; /* Q.921 has it, Q.931 never sees it */
	else if (w->state != KEEP)
		set_state(frame, *len, (uint8_t)w->state);
	return true;
}

static int setup(void **state)
{
	struct fake_lab *lab = malloc(sizeof *lab);

	fake_lab_start(lab, 1);
	*state = lab;
	return 0;
}

static void answer(struct fake_isdn_call *call)
{
	const struct leg_number nobody = { 0 };

	call->leg->ops->answer(call->leg, &nobody);
}

/* A call that is up: of ours, or of the network's. */
static struct fake_isdn_call *call_up(struct fake_lab *lab, bool incoming,
				      struct fake_isdn_call *own)
{
	static struct fake_incoming in;
	const struct fake_network_setup from_network = {
		.called = "5550100",
		.channel = 1,
	};

	memset(&in, 0, sizeof in);
	in.receive = answer;
	lab->incoming = &in;
	fake_lab_spans(lab);
	fake_lab_up(lab);
	lab->network[0]->does = NETWORK_ANSWERS;
	if (incoming)
		fake_network_call(lab->network[0], &from_network);
	else
		fake_isdn_call_start(own, lab, 1);
	fake_lab_run(lab, 100);
	assert_int_equal(incoming ? in.call[0].confirmed : own->answer, 1);
	return incoming ? &in.call[0] : own;
}

static void break_line(struct fake_lab *lab)
{
	fake_driver_down(lab->driver[0], "connection closed");
	fake_lab_run(lab, 2000);
	fake_driver_up(lab->driver[0], G711_ALAW);
}

static const struct outcome {
	const char *what;
	bool incoming;
	int state;	/* that the network tells */
	unsigned eat;	/* answers lost */
	int cause;	/* 0: the call lives on */
	unsigned heard; /* by the network */
	unsigned within_ms, enquiries;
	const char *text;
} outcomes[] = {
	{ "still active", false, KEEP, 0, 0, 0, 1000, 1, NULL },
	{ "still active, theirs", true, KEEP, 0, 0, 0, 1000, 1, NULL },
	{ "one answer lost", false, KEEP, 1, 0, 0, 5000, 2, NULL },
	{ "no answer", false, KEEP, 9, 41, 41, 8500, 2, "T322" },
	{ "no answer, theirs", true, KEEP, 9, 41, 41, 8500, 2, "T322" },
	{ "clearing there", false, 12, 0, 101, 101, 1000, 1,
	  "after a break the exchange had it in state 12" },
	{ "ringing there", true, 7, 0, 101, 101, 1000, 1,
	  "after a break the exchange had it in state 7" },
	{ "not there any more", false, 0, 0, 101, 0, 1000, 1, "Q.931 STATUS" },
	{ "not there any more, theirs", true, 0, 0, 101, 0, 1000, 1,
	  "Q.931 STATUS" },
};

static void test_outcomes(void **state)
{
	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
		const struct outcome *o = &outcomes[i];
		struct fake_lab *lab = *state;
		struct watch w = { .state = o->state, .eat = o->eat };
		struct fake_isdn_call own, *call;

		print_message("%s\n", o->what);
		call = call_up(lab, o->incoming, &own);
		fake_line_filter(lab->line[0], watch, &w);
		break_line(lab);
		fake_lab_run(lab, o->within_ms - 600);
		if (o->cause == 41)
			assert_int_equal(call->released, 0);
		fake_lab_run(lab, 600);
		assert_int_equal(w.enquiries, o->enquiries);
		assert_int_equal(w.statuses, 0);
		assert_true(w.answers);
		assert_int_equal(call->released, o->cause != 0);
		assert_int_equal(w.disconnect_cause, o->heard);
		fake_lab_run(lab, 60000);
		if (o->cause) {
			assert_int_equal(call->cause.q850, o->cause);
			assert_string_equal(call->cause.text, o->text);
		} else {
			assert_int_equal(call->released + call->disconnect, 0);
			fake_isdn_call_release(call, 16, 1);
			fake_lab_run(lab, 100);
			assert_int_equal(call->cause.q850, 16);
		}
		assert_int_equal(call->released, 1);
		fake_isdn_call_free(call);
		fake_line_filter(lab->line[0], NULL, NULL);
		fake_lab_run(lab, 60000);
		fake_lab_stop(lab);
		fake_lab_start(lab, 1);
	}
	fake_lab_spans(*state);
}

/* Nobody answers Q.921 for so long that the link is down, but not given up
 * (N200 SABMEs): libpri never learns that it was, and asks nobody. */
static void nearly_lose_link(struct fake_lab *lab, struct watch *w)
{
	w->deaf = true;
	fake_line_filter(lab->line[0], watch, w);
	for (unsigned ms = 0; ms < 20000; ms += 100)
		if (span_dchannel_is_up(lab->span[0]))
			fake_lab_run(lab, 100);
	assert_false(span_dchannel_is_up(lab->span[0]));
	w->deaf = false;
	fake_lab_run(lab, 1500);
	assert_true(span_in_service(lab->span[0]));
}

static void test_nearly_lost(void **state)
{
	static const struct {
		int state;
		unsigned eat, released, enquiries;
	} rows[] = {
		{ KEEP, 0, 0, 1 },
		{ KEEP, 9, 1, 2 },
		{ 0, 0, 1, 1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fake_lab *lab = *state;
		struct watch w = { .state = rows[i].state, .eat = rows[i].eat };
		struct fake_isdn_call own, *call = call_up(lab, false, &own);

		nearly_lose_link(lab, &w);
		assert_int_equal(call->released, 0);
		fake_lab_run(lab, 60000);
		assert_int_equal(w.enquiries, rows[i].enquiries);
		assert_int_equal(call->released, rows[i].released);
		fake_isdn_call_release(call, 16, 1);
		fake_lab_run(lab, 60000);
		assert_int_equal(call->released, 1);
		fake_isdn_call_free(call);
		fake_lab_stop(lab);
		fake_lab_start(lab, 1);
	}
	fake_lab_spans(*state);
}

/* What waits until the exchange can take it is an enquiry, however many. */
static void test_held_back(void **state)
{
	static const uint8_t busy[] = { 0x02, 0x01, RNR, 0 };
	struct fake_lab *lab = *state;
	struct watch w = { .state = KEEP };
	struct fake_isdn_call own, *call = call_up(lab, false, &own);

	nearly_lose_link(lab, &w);
	w.busy = true;
	fake_line_write(lab->line[0], 1, busy, sizeof busy);
	fake_lab_run(lab, 8000);
	assert_int_equal(w.enquiries, 0);
	w.busy = false;
	fake_lab_run(lab, 2000);
	assert_int_equal(w.enquiries, 2);
	assert_int_equal(w.notifies, 0);
	fake_lab_run(lab, 60000);
	assert_int_equal(call->released + call->disconnect, 0);
	fake_isdn_call_release(call, 16, 1);
	fake_lab_run(lab, 100);
	fake_isdn_call_free(call);
}

/* A second break comes before the answer: its T322 is void, T309 decides, and
 * the next return asks anew, twice if it must. */
static void test_second_break(void **state)
{
	struct fake_lab *lab = *state;
	struct watch w = { .state = KEEP, .eat = 3 };
	struct fake_isdn_call own, *call = call_up(lab, false, &own);

	fake_line_filter(lab->line[0], watch, &w);
	break_line(lab);
	fake_lab_run(lab, 5000);
	assert_int_equal(w.enquiries, 2);
	fake_driver_down(lab->driver[0], "connection closed");
	fake_lab_run(lab, 6000);
	assert_int_equal(call->released + call->disconnect, 0);
	fake_driver_up(lab->driver[0], G711_ALAW);
	fake_lab_run(lab, 3900);
	assert_int_equal(w.enquiries, 3);
	fake_lab_run(lab, 60000);
	assert_int_equal(w.enquiries, 4);
	assert_int_equal(w.answers, 4);
	assert_int_equal(call->released + call->disconnect, 0);
	fake_isdn_call_release(call, 16, 1);
	fake_lab_run(lab, 100);
	fake_isdn_call_free(call);
}

/* The caller hangs up before the answer: clearing continues (5.8.10). */
static void test_cleared_meanwhile(void **state)
{
	struct fake_lab *lab = *state;
	struct watch w = { .state = 12, .eat = 1 };
	struct fake_isdn_call own, *call = call_up(lab, false, &own);

	fake_line_filter(lab->line[0], watch, &w);
	break_line(lab);
	fake_lab_run(lab, 2000);
	assert_int_equal(w.enquiries, 1);
	fake_isdn_call_release(call, 16, 1);
	fake_lab_run(lab, 60000);
	assert_int_equal(w.enquiries, 1);
	assert_int_equal(call->released, 1);
	assert_int_equal(call->cause.q850, 16);
	fake_isdn_call_free(call);
}

/* The exchange starts anew so fast that nobody misses the link: its SABME is
 * all that tells. */
static void test_network_starts_anew(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call own, *call = call_up(lab, false, &own);

	fake_lab_run(lab, 1000);
	fake_network_free(lab->network[0]);
	lab->network[0] = fake_network_new(lab->line[0]);
	fake_lab_run(lab, 1000);
	assert_true(span_in_service(lab->span[0]));
	assert_int_equal(call->released, 1);
	assert_int_equal(call->cause.q850, 81);
	fake_isdn_call_free(call);
}

/* The network has not noticed a break: what we cleared for it is still there,
 * ringing, or answered where our T309 was the shorter one. Its channel is used
 * again only after RESTART. */
static void test_network_missed_it(void **state)
{
	struct fake_lab *lab = *state;
	struct fake_isdn_call call;

	fake_lab_spans(lab);
	fake_lab_up(lab);
	pri_set_timer(lab->network[0]->pri, PRI_TIMER_T309, 90000);
	for (unsigned answered = 0; answered < 2; answered++) {
		lab->network[0]->does =
			answered ? NETWORK_ANSWERS : NETWORK_ALERTS;
		lab->network[0]->restarts = 0;
		fake_isdn_call_start(&call, lab, 3);
		fake_lab_run(lab, 100);
		fake_driver_down(lab->driver[0], "connection closed");
		fake_lab_run(lab, answered ? 11000 : 1000);
		assert_int_equal(call.released, 1);
		assert_int_equal(call.cause.q850, 27);
		fake_isdn_call_free(&call);
		fake_driver_up(lab->driver[0], G711_ALAW);
		fake_lab_run(lab, 2000);
		assert_true(span_in_service(lab->span[0]));
		assert_int_equal(lab->network[0]->restarts, 1);
		assert_int_equal(lab->network[0]->restarted, 3);
		assert_int_equal(span_idle_channels(lab->span[0]), 0xfffefffe);
	}
}

#define IN_LAB(test) \
	cmocka_unit_test_setup_teardown(test, setup, fake_lab_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_LAB(test_outcomes),
		IN_LAB(test_nearly_lost),
		IN_LAB(test_held_back),
		IN_LAB(test_second_break),
		IN_LAB(test_cleared_meanwhile),
		IN_LAB(test_network_starts_anew),
		IN_LAB(test_network_missed_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
