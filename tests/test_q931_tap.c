#include "dahdi/q931_message.h"
#include "dahdi/q931_tap.h"
#include "tests/fake_driver.h"

#include <errno.h>
#include <libpri.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEN_MAX 64
#define USER 0
#define NETWORK 1

/* One end: a struct pri behind its tap, and what it told us. */
struct end {
	struct fake_line *line;
	unsigned number;
	struct q931_tap *tap;
	struct pri *pri;
	q931_call *call; /* the last that rang */
	int event_count[32];
	int last_cause;
	struct seen {
		struct q931_seen message;
		uint8_t ies[512];
	} seen[SEEN_MAX];
	unsigned seen_count;
};

struct fixture {
	struct fake_line *line;
	struct end end[2];
};

static int frame_write(void *ctx, const uint8_t *frame, size_t len)
{
	struct end *end = ctx;

	return fake_line_write(end->line, end->number, frame, len);
}

static void message_seen(void *ctx, const struct q931_seen *message)
{
	struct end *end = ctx;
	struct seen *seen = &end->seen[end->seen_count++ % SEEN_MAX];

	seen->message = *message;
	memcpy(seen->ies, message->ies, message->ies_len);
	seen->message.ies = seen->ies;
}

static void handle(struct end *end, const pri_event *event)
{
	end->event_count[event->e % 32]++;
	switch (event->e) {
	case PRI_EVENT_RING: end->call = event->ring.call; break;
	case PRI_EVENT_HANGUP_REQ:
	case PRI_EVENT_HANGUP:
		end->last_cause = event->hangup.cause;
		pri_hangup(end->pri, event->hangup.call, event->hangup.cause);
		break;
	default: break;
	}
}

static void timers(struct end *end)
{
	pri_event *event;

	while ((event = pri_schedule_run(end->pri)))
		handle(end, event);
}

static void frame_arrived(void *ctx, const uint8_t *frame, size_t len)
{
	struct end *end = ctx;
	pri_event *event;

	if (q931_tap_frame_in(end->tap, frame, len) < 0)
		return;
	while ((event = pri_check_event(end->pri)))
		handle(end, event);
	timers(end);
}

static void run(struct fixture *f, unsigned ms)
{
	for (unsigned t = 0; t <= ms; t += 20) {
		timers(&f->end[USER]);
		timers(&f->end[NETWORK]);
		fake_line_deliver(f->line);
		fake_time_advance(20);
	}
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	fake_time_start();
	f->line = fake_line_new();
	for (unsigned i = 0; i < 2; i++) {
		struct end *end = &f->end[i];
		struct q931_tap_config cfg = {
			.network_side = i == NETWORK,
			.object = i == NETWORK ? "network" : "user",
			.frame_write = frame_write,
			.seen = message_seen,
			.ctx = end,
		};

		end->line = f->line;
		end->number = i;
		assert_int_equal(q931_tap_new(&end->tap, &cfg), 0);
		end->pri = q931_tap_pri(end->tap);
		pri_hangup_fix_enable(end->pri, 1);
		fake_line_attach(f->line, i, frame_arrived, end);
	}
	run(f, 3000);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	q931_tap_free(f->end[USER].tap);
	q931_tap_free(f->end[NETWORK].tap);
	fake_line_free(f->line);
	free(f);
	return 0;
}

static void test_link_comes_up(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->end[USER].event_count[PRI_EVENT_DCHAN_UP], 1);
	assert_int_equal(f->end[NETWORK].event_count[PRI_EVENT_DCHAN_UP], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_link_comes_up, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
