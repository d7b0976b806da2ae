/* The tap's view of the link and of the global call reference, against a peer
 * that is nothing but the frames of a test. */
#include "dahdi/q931_tap.h"
#include "tests/fake_driver.h"

#include <errno.h>
#include <libpri.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

struct user {
	struct q931_tap *tap;
	struct pri *pri;
	unsigned rings, restarts;
	unsigned seen; /* messages */
	bool line;     /* what is sent goes, to nobody or to the test */
	unsigned sent;
	uint8_t control[16]; /* of the frames sent */
};

static int frame_write(void *ctx, const uint8_t *frame, size_t len)
{
	struct user *user = ctx;

	if (!user->line)
		return -ENOTCONN;
	assert_true(len >= 3);
	if (user->sent < sizeof user->control)
		user->control[user->sent++] = frame[2];
	return 0;
}

static void message_seen(void *ctx, const struct q931_seen *message)
{
	struct user *user = ctx;

	user->seen += message->dir == LEG_IN;
}

static int setup(void **state)
{
	struct user *user = calloc(1, sizeof *user);
	const struct q931_tap_config cfg = {
		.object = "user",
		.frame_write = frame_write,
		.seen = message_seen,
		.ctx = user,
	};

	fake_time_start();
	assert_int_equal(q931_tap_new(&user->tap, &cfg), 0);
	user->pri = q931_tap_pri(user->tap);
	*state = user;
	return 0;
}

static int teardown(void **state)
{
	struct user *user = *state;

	q931_tap_free(user->tap);
	free(user);
	return 0;
}

static void handle(struct user *user, const pri_event *event)
{
	user->rings += event->e == PRI_EVENT_RING;
	user->restarts += event->e == PRI_EVENT_RESTART;
	if (event->e == PRI_EVENT_HANGUP || event->e == PRI_EVENT_HANGUP_REQ)
		pri_hangup(user->pri, event->hangup.call, event->hangup.cause);
}

static void pump(struct user *user)
{
	const pri_event *event;

	while ((event = pri_check_event(user->pri)))
		handle(user, event);
	while ((event = pri_schedule_run(user->pri)))
		handle(user, event);
}

static void frame(struct user *user, const uint8_t *octets, size_t len)
{
	assert_int_equal(q931_tap_frame_in(user->tap, octets, len), 0);
	pump(user);
}

static void bring_up(struct user *user)
{
	const uint8_t sabme[] = { 0x02, 0x01, 0x7f };
	const uint8_t ua[] = { 0x00, 0x01, 0x73 };

	frame(user, sabme, sizeof sabme);
	frame(user, ua, sizeof ua);
}

static void run(struct user *user, unsigned ms)
{
	for (unsigned t = 0; t < ms; t += 20) {
		fake_time_advance(20);
		pump(user);
	}
}

/* After a loss of any length the peer's SABME finds libpri trying, or pausing
 * after N200 tries: what it takes from then on the tap has seen. */
static void test_link_comes_back(void **state)
{
	static const uint8_t sabme[] = { 0x02, 0x01, 0x7f };
	uint8_t ring[] = { 0x02, 0x01, 0x00, 0x00, 0x08, 0x02, 0x00,
			   0x00, 0x05, 0x04, 0x03, 0x90, 0x90, 0xa3,
			   0x18, 0x03, 0xa1, 0x83, 0x91 };
	struct user *user = *state;
	unsigned all_rings = 0;

	for (unsigned ms = 0; ms <= 6000; ms += 100) {
		q931_tap_link_lost(user->tap);
		pump(user);
		run(user, ms);
		user->seen = user->rings = 0;
		ring[7]++;
		frame(user, sabme, sizeof sabme);
		frame(user, ring, sizeof ring);
		if (!user->rings)
			continue;
		all_rings++;
		assert_int_equal(user->seen, 1);
		assert_non_null(q931_tap_received(user->tap, ring[7], false));
	}
	assert_true(all_rings > 0);
}

/* An end that was alone has called into the void, and would call again up to
 * T200 later: under what the other end, up since its own SABME was answered,
 * sends meanwhile. Two SABMEs that cross are no such case. */
static void test_sabme_that_nobody_heard(void **state)
{
	static const uint8_t sabme[] = { 0x02, 0x01, 0x7f };
	static const uint8_t ua[] = { 0x00, 0x01, 0x73 };
	static const struct {
		unsigned age_ms, answers;
	} cases[] = { { 0, 1 }, { 80, 1 }, { 100, 2 }, { 900, 2 } };
	struct user *user = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		user->line = false;
		q931_tap_link_lost(user->tap);
		pump(user);
		user->line = true;
		q931_tap_link_found(user->tap);
		user->sent = 0;
		for (int ms = 0; ms < 5000 && !user->sent; ms += 20)
			run(user, 20);
		assert_int_equal(user->sent, 1);
		assert_int_equal(user->control[0], 0x7f);
		run(user, cases[i].age_ms);
		frame(user, sabme, sizeof sabme);
		assert_int_equal(user->sent, 1 + cases[i].answers);
		assert_int_equal(user->control[1], 0x73);
		if (cases[i].answers == 2)
			assert_int_equal(user->control[2], 0x7f);
		frame(user, ua, sizeof ua);
		/* It is up, and sends no third one. */
		user->sent = 0;
		run(user, 3000);
		for (unsigned n = 0; n < user->sent; n++)
			assert_int_not_equal(user->control[n], 0x7f);
	}
}

/* No call is on the global call reference, whatever the message (Q.931 5.8.3.2
 * f), and a restart still is. */
static void test_global_reference(void **state)
{
	static const uint8_t ring[] = { 0x02, 0x01, 0x00, 0x00, 0x08,
					0x02, 0x00, 0x00, 0x05, 0x04,
					0x03, 0x90, 0x90, 0xa3, 0x18,
					0x03, 0xa1, 0x83, 0x91 };
	static const uint8_t restart[] = { 0x02, 0x01, 0x02, 0x00, 0x08, 0x02,
					   0x00, 0x00, 0x46, 0x79, 0x01, 0x87 };
	struct user *user = *state;

	bring_up(user);
	frame(user, ring, sizeof ring);
	assert_int_equal(user->rings, 0);
	assert_int_equal(user->seen, 0);
	assert_int_equal(q931_tap_counters(user->tap)->malformed_in, 1);
	frame(user, restart, sizeof restart);
	assert_int_equal(user->restarts, 1);
	assert_int_equal(q931_tap_counters(user->tap)->malformed_in, 1);
}

/* Our RESTART ACKNOWLEDGE is on its way until the peer's N(R) covers it. */
static void test_flushed(void **state)
{
	static const uint8_t restart[] = { 0x02, 0x01, 0x00, 0x00, 0x08, 0x02,
					   0x00, 0x00, 0x46, 0x79, 0x01, 0x87 };
	static const uint8_t rr0[] = { 0x00, 0x01, 0x01, 0x00 };
	static const uint8_t rr1[] = { 0x00, 0x01, 0x01, 0x02 };
	struct user *user = *state;

	assert_true(q931_tap_flushed(user->tap));
	bring_up(user);
	assert_true(q931_tap_flushed(user->tap));
	frame(user, restart, sizeof restart);
	assert_false(q931_tap_flushed(user->tap));
	frame(user, rr0, sizeof rr0);
	assert_false(q931_tap_flushed(user->tap));
	frame(user, rr1, sizeof rr1);
	assert_true(q931_tap_flushed(user->tap));
	frame(user, restart, sizeof restart);
	q931_tap_link_lost(user->tap);
	pump(user);
	assert_true(q931_tap_flushed(user->tap));
}

#define ON_LINK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_LINK(test_link_comes_back),
		ON_LINK(test_sabme_that_nobody_heard),
		ON_LINK(test_global_reference),
		ON_LINK(test_flushed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
