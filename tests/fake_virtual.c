#include "tests/fake_virtual.h"

#include "gateway/clock.h"
#include "gateway/log.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 3000

static _Atomic uint64_t clock_offset_ns;

/* Real time that a test can move forward. */
static uint64_t test_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec +
	       atomic_load(&clock_offset_ns);
}

void advance_ms(uint64_t ms)
{
	atomic_fetch_add(&clock_offset_ns, ms * NS_PER_MS);
}

static void on_up(void *ctx, struct tdm *tdm, enum g711_law law)
{
	struct seen *seen = ctx;

	assert_null(seen->tdm);
	seen->tdm = tdm;
	seen->law = law;
	seen->ups++;
}

static void on_down(void *ctx, const char *why)
{
	struct seen *seen = ctx;

	snprintf(seen->why, sizeof seen->why, "%s", why);
	seen->downs++;
	if (seen->tdm)
		seen->tdm->ops->close(seen->tdm);
	seen->tdm = NULL;
}

static void on_alarm(void *ctx, unsigned alarms)
{
	struct seen *seen = ctx;

	seen->alarms = alarms;
	seen->alarm_calls++;
}

static void on_frame(void *ctx, const uint8_t *frame, size_t len)
{
	struct seen *seen = ctx;

	assert_true(len >= 1 && len <= sizeof seen->frame);
	memcpy(seen->frame, frame, len);
	seen->frame_len = len;
	seen->frames++;
}

const struct driver_events seen_events = { on_up, on_down, on_alarm, on_frame };

void await(struct fixture *f, const unsigned *counter, unsigned value)
{
	uint64_t end = clock_now_ms() + WAIT_MS;

	while (*counter < value && clock_now_ms() < end)
		loop_step(f->loop, 10);
	assert_int_equal(*counter, value);
}

void settle(struct fixture *f)
{
	for (int i = 0; i < 5; i++)
		loop_step(f->loop, 2);
}

void exchange_start(struct fixture *f, enum line_type line)
{
	assert_int_equal(virtual_exchange_new(&f->vx, f->loop, f->path,
					      VIRTUAL_TEST_SPANS),
			 0);
	assert_int_equal(virtual_exchange_driver_new(&f->exchange.drv, f->vx, 1,
						     line, "exchange span=1",
						     &seen_events,
						     &f->exchange),
			 0);
}

void exchange_stop(struct fixture *f)
{
	if (f->exchange.drv)
		f->exchange.drv->ops->free(f->exchange.drv);
	f->exchange.drv = NULL;
	if (f->exchange.tdm)
		f->exchange.tdm->ops->close(f->exchange.tdm);
	f->exchange.tdm = NULL;
	virtual_exchange_free(f->vx);
	f->vx = NULL;
}

void gateway_start(struct fixture *f, unsigned number)
{
	const struct driver_virtual_config cfg = { .path = f->path,
						   .span = number,
						   .line = f->line,
						   .object = "span=1" };

	assert_int_equal(driver_virtual_new(&f->gateway.drv, f->loop, &cfg,
					    &seen_events, &f->gateway),
			 0);
}

void gateway_stop(struct fixture *f)
{
	if (f->gateway.drv)
		f->gateway.drv->ops->free(f->gateway.drv);
	f->gateway.drv = NULL;
	if (f->gateway.tdm)
		f->gateway.tdm->ops->close(f->gateway.tdm);
	f->gateway.tdm = NULL;
}

void attach(struct fixture *f, enum line_type line)
{
	f->line = line;
	exchange_start(f, line);
	gateway_start(f, 1);
	await(f, &f->gateway.ups, 1);
	assert_int_equal(f->exchange.ups, 1);
}

int virtual_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	log_set_level(LOG_CRIT);
	clock_set_source(test_clock);
	strcpy(f->dir, "/tmp/tollgate-driver-XXXXXX");
	if (!mkdtemp(f->dir) || loop_new(&f->loop) < 0)
		return -1;
	snprintf(f->path, sizeof f->path, "%s/exchange.sock", f->dir);
	*state = f;
	return 0;
}

int virtual_teardown(void **state)
{
	struct fixture *f = *state;

	gateway_stop(f);
	exchange_stop(f);
	loop_free(f->loop);
	unlink(f->path);
	if (rmdir(f->dir) < 0)
		return -1;
	free(f);
	return 0;
}

void tick(struct fixture *f, struct tdm_block *in)
{
	struct pollfd pfd = { .fd = f->exchange.tdm->fd, .events = POLLIN };
	int got = f->exchange.tdm->ops->read(f->exchange.tdm, in);

	while (got == 0) {
		assert_int_equal(poll(&pfd, 1, 1000), 1);
		got = f->exchange.tdm->ops->read(f->exchange.tdm, in);
	}
	assert_int_equal(got, 1);
}
