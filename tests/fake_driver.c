#include "tests/fake_driver.h"

#include "gateway/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_MAX 256
/* Two ends that never stop answering each other are a fault of the test. */
#define DELIVER_MAX 100000

static uint64_t now_ns;

static uint64_t hand_moved(void)
{
	return now_ns;
}

void fake_time_start(void)
{
	now_ns = 3600 * NS_PER_S;
	clock_set_source(hand_moved);
}

void fake_time_advance(uint64_t ms)
{
	now_ns += ms * NS_PER_MS;
}

struct frame {
	unsigned from;
	size_t len;
	uint8_t octets[DCHANNEL_FRAME_MAX];
};

struct fake_line {
	struct {
		fake_frame_fn fn;
		void *ctx;
	} end[2];
	fake_filter_fn filter;
	void *filter_ctx;
	bool cut;
	unsigned first, count;
	struct frame queue[QUEUE_MAX];
};

struct fake_line *fake_line_new(void)
{
	struct fake_line *line = calloc(1, sizeof *line);

	assert(line);
	return line;
}

void fake_line_free(struct fake_line *line)
{
	free(line);
}

void fake_line_attach(struct fake_line *line, unsigned end, fake_frame_fn fn,
		      void *ctx)
{
	line->end[end].fn = fn;
	line->end[end].ctx = ctx;
}

void fake_line_filter(struct fake_line *line, fake_filter_fn fn, void *ctx)
{
	line->filter = fn;
	line->filter_ctx = ctx;
}

int fake_line_write(struct fake_line *line, unsigned end, const uint8_t *frame,
		    size_t len)
{
	struct frame *f;

	if (line->cut)
		return -ENOTCONN;
	if (line->count == QUEUE_MAX)
		return -EAGAIN;
	assert(len <= DCHANNEL_FRAME_MAX);
	f = &line->queue[(line->first + line->count++) % QUEUE_MAX];
	f->from = end;
	f->len = len;
	memcpy(f->octets, frame, len);
	return 0;
}

void fake_line_cut(struct fake_line *line, bool cut)
{
	line->cut = cut;
	if (cut)
		line->count = 0;
}

static void deliver_one(struct fake_line *line, struct frame *f)
{
	unsigned to = !f->from;

	if (line->filter &&
	    !line->filter(line->filter_ctx, f->from, f->octets, &f->len))
		return;
	if (line->end[to].fn)
		line->end[to].fn(line->end[to].ctx, f->octets, f->len);
}

unsigned fake_line_deliver(struct fake_line *line)
{
	unsigned delivered = 0;

	while (line->count) {
		struct frame f = line->queue[line->first];

		line->first = (line->first + 1) % QUEUE_MAX;
		line->count--;
		deliver_one(line, &f);
		assert(++delivered < DELIVER_MAX);
	}
	return delivered;
}

struct fake_driver {
	struct driver driver;
	struct fake_line *line;
	unsigned end;
	const struct driver_events *events;
	void *ctx;
	bool up;
};

static void frame_arrived(void *arg, const uint8_t *frame, size_t len)
{
	struct fake_driver *fake = arg;

	if (fake->up)
		fake->events->frame(fake->ctx, frame, len);
}

static int driver_write(struct driver *drv, const uint8_t *frame, size_t len)
{
	struct fake_driver *fake = (struct fake_driver *)drv;

	if (!fake->up)
		return -ENOTCONN;
	return fake_line_write(fake->line, fake->end, frame, len);
}

static void driver_free(struct driver *drv)
{
	struct fake_driver *fake = (struct fake_driver *)drv;

	fake_line_attach(fake->line, fake->end, NULL, NULL);
	free(fake);
}

static const struct driver_ops driver_ops = {
	.frame_write = driver_write,
	.free = driver_free,
};

int fake_driver_new(struct driver **out, struct fake_line *line, unsigned end,
		    const struct driver_events *events, void *ctx)
{
	struct fake_driver *fake = calloc(1, sizeof *fake);

	if (!fake)
		return -ENOMEM;
	*fake = (struct fake_driver){
		.driver.ops = &driver_ops,
		.line = line,
		.end = end,
		.events = events,
		.ctx = ctx,
	};
	fake_line_attach(line, end, frame_arrived, fake);
	*out = &fake->driver;
	return 0;
}

static int tdm_read(struct tdm *tdm, struct tdm_block *block)
{
	(void)tdm;
	(void)block;
	return 0;
}

static int tdm_write(struct tdm *tdm, const struct tdm_block *block)
{
	(void)tdm;
	(void)block;
	return 0;
}

static void tdm_close(struct tdm *tdm)
{
	free(tdm);
}

static const struct tdm_ops tdm_ops = {
	.read = tdm_read,
	.write = tdm_write,
	.close = tdm_close,
};

void fake_driver_up(struct driver *drv, enum g711_law law)
{
	struct fake_driver *fake = (struct fake_driver *)drv;
	struct tdm *tdm = calloc(1, sizeof *tdm);

	assert(tdm);
	tdm->ops = &tdm_ops;
	tdm->fd = -1;
	fake->up = true;
	fake->events->up(fake->ctx, tdm, law);
}

void fake_driver_down(struct driver *drv, const char *why)
{
	struct fake_driver *fake = (struct fake_driver *)drv;

	fake->up = false;
	fake->events->down(fake->ctx, why);
}

void fake_driver_alarm(struct driver *drv, unsigned alarms)
{
	struct fake_driver *fake = (struct fake_driver *)drv;

	fake->events->alarm(fake->ctx, alarms);
}
