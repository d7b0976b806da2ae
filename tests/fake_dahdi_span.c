#include "tests/fake_dahdi_span.h"

#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t test_now_ns;

static uint64_t test_clock(void)
{
	return test_now_ns;
}

void dahdi_end(struct dahdi_told *told)
{
	if (told->drv)
		told->drv->ops->free(told->drv);
	told->drv = NULL;
	if (told->tdm)
		told->tdm->ops->close(told->tdm);
	told->tdm = NULL;
}

static void on_up(void *ctx, struct tdm *tdm, enum g711_law law)
{
	struct dahdi_told *told = ctx;

	assert_null(told->tdm);
	told->tdm = tdm;
	told->law = law;
	told->ups++;
	if (told->free_on_up)
		dahdi_end(told);
}

static void on_down(void *ctx, const char *why)
{
	struct dahdi_told *told = ctx;

	snprintf(told->why, sizeof told->why, "%s", why);
	told->downs++;
	if (told->tdm)
		told->tdm->ops->close(told->tdm);
	told->tdm = NULL;
	if (told->free_on_down)
		dahdi_end(told);
}

static void on_alarm(void *ctx, unsigned alarms)
{
	struct dahdi_told *told = ctx;

	told->alarms = alarms;
	told->alarm_calls++;
	if (told->free_on_alarm)
		dahdi_end(told);
}

static void on_frame(void *ctx, const uint8_t *frame, size_t len)
{
	struct dahdi_told *told = ctx;

	assert_true(len >= 1 && len <= sizeof told->frame);
	memcpy(told->frame, frame, len);
	told->frame_len = len;
	told->frames++;
	if (told->free_on_frame)
		dahdi_end(told);
}

const struct driver_events dahdi_told_events = { on_up, on_down, on_alarm,
						 on_frame };

int dahdi_setup(void **state)
{
	struct dahdi_fixture *f = calloc(1, sizeof *f);

	log_set_level(LOG_CRIT);
	test_now_ns = 3600 * NS_PER_S;
	clock_set_source(test_clock);
	fake_dahdi_reset();
	if (!f || loop_new(&f->loop) < 0)
		return -1;
	f->cfg = (struct driver_dahdi_config){ .span = 1,
					       .channels = 0xfffefffeu,
					       .dchannel = DAHDI_D_TIMESLOT,
					       .object = "span=1",
					       .kernel = &fake_dahdi_kernel };
	*state = f;
	return 0;
}

int dahdi_teardown(void **state)
{
	struct dahdi_fixture *f = *state;

	dahdi_end(&f->told);
	loop_free(f->loop);
	clock_set_source(NULL);
	free(f);
	fake_dahdi_end();
	return fake_dahdi.fds_open == 0 ? 0 : -1;
}

void dahdi_run(struct dahdi_fixture *f)
{
	for (int i = 0; i < 6; i++)
		loop_step(f->loop, 0);
}

void dahdi_run_ms(struct dahdi_fixture *f, unsigned ms)
{
	for (unsigned i = 0; i < ms; i += 100) {
		test_now_ns += 100 * NS_PER_MS;
		dahdi_run(f);
	}
}

void dahdi_start(struct dahdi_fixture *f)
{
	assert_int_equal(driver_dahdi_new(&f->told.drv, f->loop, &f->cfg,
					  &dahdi_told_events, &f->told),
			 0);
	assert_int_equal(f->told.ups + f->told.downs, 0);
	dahdi_run(f);
}

void dahdi_start_up(struct dahdi_fixture *f)
{
	dahdi_start(f);
	assert_string_equal(f->told.why, "");
	assert_int_equal(f->told.ups, 1);
}

struct fake_channel *channel(unsigned timeslot)
{
	return &fake_dahdi.span[1].channel[timeslot];
}

struct fake_channel *dchannel(void)
{
	return channel(DAHDI_D_TIMESLOT);
}
