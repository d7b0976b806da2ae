/* Each fault that the audit knows, made by hand, and what is none. */
#include "dahdi/pri_leg_common.h"
#include "dahdi/span.h"
#include "dahdi/span_audit.h"
#include "tests/fake_network.h"

#include <libpri.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EVERY_MS 30000

struct fixture {
	struct fake_lab lab;
	struct fake_incoming in;
	struct span *span;
	struct fake_network *network;
	struct span_audit *audit;
	struct isdn_audit found; /* by the last audit */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	fake_lab_start(&f->lab, 1);
	f->lab.incoming = &f->in;
	fake_lab_spans(&f->lab);
	fake_lab_up(&f->lab);
	f->span = f->lab.span[0];
	f->network = f->lab.network[0];
	f->network->does = NETWORK_ANSWERS;
	f->audit = span_audit_new(f->span);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct span_info info;

	span_describe(f->span, &info);
	assert_int_equal(info.idle, 30);
	assert_true(fake_lab_is_clean(&f->lab));
	assert_int_equal(fsm_illegal_count(), 0);
	span_audit_free(f->audit);
	fake_lab_stop(&f->lab);
	free(f);
	return 0;
}

/* The next of the regular audits; how much it repaired. */
static unsigned audit(struct fixture *f)
{
	fake_lab_run(&f->lab, EVERY_MS);
	memset(&f->found, 0, sizeof f->found);
	span_audit_run(f->audit, &f->found);
	return f->found.repaired;
}

static unsigned faults(const struct fixture *f)
{
	const struct isdn_audit *a = &f->found;

	return a->channel_without_call + a->call_without_channel +
	       a->leg_without_libpri_call + a->stray_references +
	       a->stray_libpri_calls + a->stuck_releasing;
}

/* Seen by one audit, repaired by the next, gone in the third. */
#define ASSERT_REPAIRED(f, counter)                      \
	do {                                             \
		assert_int_equal(audit(f), 0);           \
		assert_int_equal((f)->found.counter, 1); \
		assert_int_equal(faults(f), 1);          \
		assert_int_equal(audit(f), 1);           \
		assert_int_equal((f)->found.counter, 1); \
		assert_int_equal(audit(f), 0);           \
		assert_int_equal(faults(f), 0);          \
	} while (0)

static struct pri_leg *leg_of(struct fake_isdn_call *call)
{
	return (struct pri_leg *)call->leg;
}

/* Every channel in use, both ways and in several phases. */
static void test_nothing_found(void **state)
{
	static const enum fake_network_does does[] = { NETWORK_ANSWERS,
						       NETWORK_ALERTS,
						       NETWORK_PROCEEDS };
	const struct fake_network_setup setup = { .called = "1",
						  .channel = 31 };
	struct fixture *f = *state;
	struct fake_isdn_call calls[29];
	unsigned count = 0;

	for (unsigned n = 1; n < 31; n++) {
		if (n == 16)
			continue;
		f->network->does = does[n % 3];
		fake_isdn_call_start(&calls[count++], &f->lab, n);
		fake_lab_run(&f->lab, 10);
	}
	fake_network_call(f->network, &setup);
	for (unsigned turn = 0; turn < 2; turn++) {
		assert_int_equal(audit(f), 0);
		assert_int_equal(faults(f), 0);
		/* T310 has ended ten of them. */
		assert_int_equal(f->found.legs, turn ? 20 : 30);
		assert_int_equal(f->found.references, turn ? 20 : 30);
		assert_int_equal(f->found.libpri_calls, turn ? 20 : 30);
		fake_lab_run(&f->lab, 1000);
	}
	for (unsigned i = 0; i < count; i++) {
		if (!calls[i].released)
			fake_isdn_call_release(&calls[i], 16, 1);
		fake_lab_run(&f->lab, 100);
		assert_int_equal(calls[i].released, 1);
		fake_isdn_call_free(&calls[i]);
	}
	fake_isdn_call_release(&f->in.call[0], 16, 1);
	fake_lab_run(&f->lab, 100);
	fake_isdn_call_free(&f->in.call[0]);
	assert_int_equal(audit(f), 0);
	assert_int_equal(f->found.legs + f->found.references +
				 f->found.libpri_calls,
			 0);
}

static void test_channel_without_call(void **state)
{
	static const struct {
		enum channel_event events[3];
		unsigned count, restarts;
	} rows[] = {
		{ { CHANNEL_SEIZE }, 1, 0 },
		{ { CHANNEL_SEIZE, CHANNEL_CONFIRM }, 2, 0 },
		{ { CHANNEL_SEIZE, CHANNEL_CLEAR }, 2, 1 },
		{ { CHANNEL_SEIZE, CHANNEL_CONFIRM, CHANNEL_GO_OUT }, 3, 0 },
	};
	struct fixture *f = *state;
	struct channel *channel = span_channel(f->span, 7);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (unsigned n = 0; n < rows[i].count; n++)
			channel_event(channel, rows[i].events[n]);
		ASSERT_REPAIRED(f, channel_without_call);
		assert_int_equal(f->network->restarts, rows[i].restarts);
		f->network->restarts = 0;
		if (rows[i].count < 3)
			assert_true(channel_is_idle(channel));
	}
	assert_int_equal(channel->fsm.state, CHANNEL_OUT);
	channel_event(channel, CHANNEL_GO_IN);
}

/* Two faults of a moment each are not one that lasts. */
static void test_passing_faults(void **state)
{
	struct fixture *f = *state;
	struct channel *channel = span_channel(f->span, 7);

	for (unsigned turn = 0; turn < 5; turn++) {
		channel_event(channel, CHANNEL_SEIZE);
		q931_tap_send_location(span_tap(f->span), 100 + turn, true, 1);
		assert_int_equal(audit(f), 0);
		assert_int_equal(f->found.channel_without_call, 1);
		assert_int_equal(f->found.stray_references, 1);
		channel_event(channel, CHANNEL_FREE);
		q931_tap_forget(span_tap(f->span), 100 + turn, true);
	}
}

static void test_leg_without_libpri_call(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call;

	fake_isdn_call_start(&call, &f->lab, 3);
	fake_lab_run(&f->lab, 100);
	pri_destroycall(span_pri(f->span), pri_leg_call(leg_of(&call)));
	ASSERT_REPAIRED(f, leg_without_libpri_call);
	assert_int_equal(call.released, 1);
	assert_int_equal(call.cause.q850, 41);
	fake_isdn_call_free(&call);
	fake_network_hangup(f->network, 16, 2);
	fake_lab_run(&f->lab, 100);
}

static void test_call_without_channel(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call;

	fake_isdn_call_start(&call, &f->lab, 3);
	fake_lab_run(&f->lab, 100);
	channel_event(span_channel(f->span, 3), CHANNEL_FREE);
	ASSERT_REPAIRED(f, call_without_channel);
	assert_int_equal(call.released, 1);
	assert_string_equal(call.cause.text, "audit: no channel");
	assert_int_equal(f->network->heard_cause, 41);
	fake_isdn_call_free(&call);
}

static void test_stray_reference(void **state)
{
	struct fixture *f = *state;

	q931_tap_send_location(span_tap(f->span), 77, true, 1);
	ASSERT_REPAIRED(f, stray_references);
	q931_tap_send_location(span_tap(f->span), 77, false, 1);
	ASSERT_REPAIRED(f, stray_references);
}

/* The leg is lost with all that it knew. */
static void lose_leg(struct fixture *f, struct fake_isdn_call *call)
{
	struct pri_leg *leg = leg_of(call);

	span_leg_remove(f->span, leg);
	free(leg);
}

static void test_stray_libpri_call(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call;

	fake_isdn_call_start(&call, &f->lab, 3);
	fake_lab_run(&f->lab, 100);
	lose_leg(f, &call);
	assert_int_equal(audit(f), 0);
	assert_int_equal(f->found.stray_libpri_calls, 1);
	assert_int_equal(f->found.channel_without_call, 1);
	assert_int_equal(audit(f), 2);
	fake_lab_run(&f->lab, 100);
	assert_int_equal(f->network->heard_cause, 41);
	assert_int_equal(fake_libpri_calls(span_pri(f->span)), 0);
	assert_int_equal(audit(f), 0);
	assert_int_equal(faults(f), 0);
}

/* And the network does not answer its clearing. */
static void test_stray_libpri_call_stays(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call;

	fake_isdn_call_start(&call, &f->lab, 3);
	fake_lab_run(&f->lab, 100);
	lose_leg(f, &call);
	f->network->never_releases = true;
	assert_int_equal(audit(f), 0);
	assert_int_equal(audit(f), 2);
	assert_int_equal(audit(f), 1);
	assert_int_equal(f->found.stray_libpri_calls, 1);
	assert_int_equal(fake_libpri_calls(span_pri(f->span)), 0);
	assert_int_equal(audit(f), 0);
	assert_int_equal(faults(f), 0);
}

/* One that nobody heard of can only be told. */
static void test_unknown_libpri_call(void **state)
{
	struct fixture *f = *state;
	q931_call *call = pri_new_call(span_pri(f->span));

	for (unsigned turn = 0; turn < 3; turn++) {
		assert_int_equal(audit(f), 0);
		assert_int_equal(f->found.stray_libpri_calls, 1);
		assert_int_equal(faults(f), 1);
	}
	pri_destroycall(span_pri(f->span), call);
}

/* The call forgets to answer a DISCONNECT. */
static void test_release_forgotten(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call;

	pri_set_timer(f->network->pri, PRI_TIMER_T305, 600000);
	fake_isdn_call_start(&call, &f->lab, 3);
	call.answers_release = false;
	fake_lab_run(&f->lab, 100);
	fake_network_hangup(f->network, 16, 2);
	fake_lab_run(&f->lab, 20000);
	assert_int_equal(audit(f), 0);
	assert_int_equal(faults(f), 0);
	ASSERT_REPAIRED(f, stuck_releasing);
	assert_int_equal(call.released, 1);
	assert_int_equal(call.cause.q850, 16);
	fake_isdn_call_free(&call);
	assert_int_equal(f->network->restarts, 0);
}

/* While it listens to an announcement it is not stuck. */
static void test_announcement_is_no_fault(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call;

	pri_set_timer(f->network->pri, PRI_TIMER_T305, 600000);
	fake_isdn_call_start(&call, &f->lab, 3);
	call.answers_release = false;
	fake_lab_run(&f->lab, 100);
	fake_network_hangup_inband(f->network, 8, 1, 2);
	for (unsigned turn = 0; turn < 6; turn++) {
		assert_int_equal(audit(f), 0);
		assert_int_equal(faults(f), 0);
	}
	fake_isdn_call_release(&call, 16, 1);
	fake_lab_run(&f->lab, 100);
	fake_isdn_call_free(&call);
}

/* Neither libpri's timers nor our guard end a release. */
static void test_release_without_timers(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call;

	pri_set_timer(span_pri(f->span), PRI_TIMER_T305, 600000);
	f->network->never_releases = true;
	fake_isdn_call_start(&call, &f->lab, 3);
	fake_lab_run(&f->lab, 100);
	fake_isdn_call_release(&call, 16, 1);
	timer_stop(&leg_of(&call)->guard);
	fake_lab_run(&f->lab, 35000);
	ASSERT_REPAIRED(f, stuck_releasing);
	assert_int_equal(call.released, 1);
	fake_isdn_call_free(&call);
	assert_int_equal(f->network->restarts, 1);
}

/* A guard that runs for longer than a minute is none of the audit's. */
static void test_long_timers(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call;

	pri_set_timer(span_pri(f->span), PRI_TIMER_T305, 200000);
	f->lab.conf[0].t305_ms = 200000;
	fake_lab_configure(&f->lab);
	f->network->never_releases = true;
	fake_isdn_call_start(&call, &f->lab, 3);
	fake_lab_run(&f->lab, 100);
	fake_isdn_call_release(&call, 16, 1);
	for (unsigned turn = 0; turn < 6; turn++) {
		assert_int_equal(audit(f), 0);
		assert_int_equal(faults(f), 0);
	}
	fake_lab_run(&f->lab, 60000);
	assert_int_equal(call.released, 1);
	fake_isdn_call_free(&call);
}

/* What the network says of calls that are over is kept for no longer than to
 * the next audit, and is no fault. */
static void test_late_messages(void **state)
{
	struct fixture *f = *state;
	struct fake_isdn_call call;

	fake_isdn_call_start(&call, &f->lab, 3);
	fake_lab_run(&f->lab, 100);
	span_restart(f->span, 3);
	fake_isdn_call_free(&call);
	fake_network_hangup(f->network, 16, 2);
	assert_int_equal(audit(f), 0);
	assert_int_equal(faults(f), 0);
	assert_int_equal(f->found.references, 0);
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_LAB(test_nothing_found),
		IN_LAB(test_channel_without_call),
		IN_LAB(test_passing_faults),
		IN_LAB(test_leg_without_libpri_call),
		IN_LAB(test_call_without_channel),
		IN_LAB(test_stray_reference),
		IN_LAB(test_stray_libpri_call),
		IN_LAB(test_stray_libpri_call_stays),
		IN_LAB(test_unknown_libpri_call),
		IN_LAB(test_release_forgotten),
		IN_LAB(test_announcement_is_no_fault),
		IN_LAB(test_release_without_timers),
		IN_LAB(test_long_timers),
		IN_LAB(test_late_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
