/* All channels of a span share one clock, but each fills its 10 ms blocks in a
 * phase of its own, from the moment on in which it was opened or flushed. So
 * they are flushed together, at the first read, and the one flushed last is
 * waited on: whenever it has a block, the others have theirs, and one wake-up
 * serves them all.
 */
#include "dahdi/dahdi_tdm.h"

#include "dahdi/dahdi_event.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <dahdi/user.h>

/* A write that found events is tried again when they are taken. */
#define WRITE_TRIES 3

struct bchannel {
	int fd; /* -1: no B channel */
	/* Of a block that came in pieces, or of the next one. */
	unsigned fill;
	uint8_t bytes[2 * TDM_BLOCK_BYTES];
};

struct dahdi_tdm {
	struct tdm tdm; /* fd is the pacer's */
	const struct dahdi_kernel *kernel;
	uint8_t idle;
	uint32_t echo; /* bit t set: timeslot t has a canceller */
	int echo_taps;
	bool aligned;
	bool written; /* before, every channel is in under-run */
	struct bchannel *pacer;
	struct bchannel channel[TDM_TIMESLOTS];
};

static void count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* For the rest of the call. Modems want none (G.168 7), and a fax is better off
 * without; both are known by their answer tone alone. Of a card this may take
 * some ms, once a call. */
static void end_canceller(const struct dahdi_tdm *dt,
			  const struct bchannel *channel)
{
	int off = 0;

	if (dt->echo & UINT32_C(2) << (channel - dt->channel))
		dt->kernel->ioctl(channel->fd, DAHDI_AUDIOMODE, &off);
}

/* Alarms are the driver's, who hears of them on the D channel. */
static int take_events(struct dahdi_tdm *dt, const struct bchannel *channel)
{
	for (unsigned i = 0; i < DAHDI_EVENTS_MAX; i++) {
		const struct dahdi_event *event =
			dahdi_event_take(dt->kernel, channel->fd);

		switch (event->kind) {
		case DAHDI_KIND_NONE: return 0;
		case DAHDI_KIND_REMOVED: return -ENOTCONN;
		case DAHDI_KIND_OVERRUN:
			count(&dt->tdm.counters.overruns);
			break;
		case DAHDI_KIND_UNDERRUN:
			count(&dt->tdm.counters.underruns);
			break;
		case DAHDI_KIND_DATA: end_canceller(dt, channel); break;
		case DAHDI_KIND_LINE:
		case DAHDI_KIND_HDLC:
		case DAHDI_KIND_FOREIGN: break;
		}
	}
	return 0;
}

static int flush(struct dahdi_tdm *dt, struct bchannel *channel, int what)
{
	if (channel->fd < 0)
		return 0;
	channel->fill = 0;
	return dt->kernel->ioctl(channel->fd, DAHDI_FLUSH, &what) < 0
		       ? -ENOTCONN
		       : 0;
}

/* What came before somebody listened is no loss, nor is the silence since. */
static int align(struct dahdi_tdm *dt)
{
	int err = 0;

	for (int i = 0; i < TDM_TIMESLOTS && !err; i++)
		if (&dt->channel[i] != dt->pacer)
			err = flush(dt, &dt->channel[i], DAHDI_FLUSH_ALL);
	if (!err)
		err = flush(dt, dt->pacer, DAHDI_FLUSH_ALL);
	dt->aligned = !err;
	return err;
}

/* What to do about a failed read or write: 0, try again; -EAGAIN, wait;
 * -ENOTCONN. */
static int failed(struct dahdi_tdm *dt, const struct bchannel *channel, int err)
{
	switch (err) {
	case EINTR: return 0;
	case ELAST: return take_events(dt, channel);
	case EAGAIN: return -EAGAIN;
	default: return -ENOTCONN;
	}
}

static void put(struct bchannel *channel, uint8_t out[TDM_BLOCK_BYTES])
{
	memcpy(out, channel->bytes, TDM_BLOCK_BYTES);
	channel->fill -= TDM_BLOCK_BYTES;
	memmove(channel->bytes, channel->bytes + TDM_BLOCK_BYTES,
		channel->fill);
}

/* One block of a channel, in one piece as a rule. A read takes no less than
 * DAHDI has in one buffer: the rest of it would be lost. 1, 0 or -ENOTCONN. */
static int take_block(struct dahdi_tdm *dt, struct bchannel *channel,
		      uint8_t out[TDM_BLOCK_BYTES])
{
	for (unsigned i = 0; i < 2 * TDM_BLOCK_BYTES; i++) {
		ssize_t got = dt->kernel->read(channel->fd,
					       channel->bytes + channel->fill,
					       TDM_BLOCK_BYTES);
		int err;

		if (got > 0) {
			channel->fill += (unsigned)got;
			if (channel->fill < TDM_BLOCK_BYTES)
				continue;
			put(channel, out);
			return 1;
		}
		err = got < 0 ? failed(dt, channel, errno) : -EAGAIN;
		if (err)
			return err == -EAGAIN ? 0 : err;
	}
	return 0;
}

/* After a removal each kernel call takes 5 ms: the first is the last. */
static int tdm_read(struct tdm *tdm, struct tdm_block *block)
{
	struct dahdi_tdm *dt = (struct dahdi_tdm *)tdm;
	int got;

	if (!dt->aligned)
		return align(dt);
	got = take_block(dt, dt->pacer,
			 block->timeslot[dt->pacer - dt->channel]);
	if (got <= 0)
		return got;
	for (int i = 0; i < TDM_TIMESLOTS; i++) {
		struct bchannel *channel = &dt->channel[i];

		if (channel == dt->pacer)
			continue;
		got = channel->fd < 0
			      ? 0
			      : take_block(dt, channel, block->timeslot[i]);
		if (got < 0)
			return got;
		if (got)
			continue;
		memset(block->timeslot[i], dt->idle, TDM_BLOCK_BYTES);
		/* It comes a block later from now on, and so never again. */
		if (channel->fd >= 0)
			count(&tdm->counters.slips_in);
	}
	count(&tdm->counters.blocks_in);
	return 1;
}

static int write_block(struct dahdi_tdm *dt, struct bchannel *channel,
		       const uint8_t block[TDM_BLOCK_BYTES])
{
	for (int i = 0; i < WRITE_TRIES; i++) {
		ssize_t put_len =
			dt->kernel->write(channel->fd, block, TDM_BLOCK_BYTES);
		int err;

		if (put_len == TDM_BLOCK_BYTES)
			return 0;
		if (put_len >= 0) {
			count(&dt->tdm.counters.malformed);
			return 0;
		}
		err = failed(dt, channel, errno);
		if (err)
			return err;
	}
	return -EAGAIN;
}

static int tdm_write(struct tdm *tdm, const struct tdm_block *block)
{
	struct dahdi_tdm *dt = (struct dahdi_tdm *)tdm;

	for (int i = 0; i < TDM_TIMESLOTS; i++) {
		struct bchannel *channel = &dt->channel[i];
		int err = 0;

		if (channel->fd < 0)
			continue;
		if (!dt->written)
			err = flush(dt, channel, DAHDI_FLUSH_EVENT);
		if (!err)
			err = write_block(dt, channel, block->timeslot[i]);
		if (err == -EAGAIN)
			count(&tdm->counters.slips_out);
		else if (err)
			return err;
	}
	dt->written = true;
	count(&tdm->counters.blocks_out);
	return 0;
}

/* The channel keeps BUFFER_EVENTS when it is closed, and the next program may
 * not expect that a write fails for want of the last one. */
static void tdm_close(struct tdm *tdm)
{
	struct dahdi_tdm *dt = (struct dahdi_tdm *)tdm;
	bool there = true;

	for (int i = 0; i < TDM_TIMESLOTS; i++) {
		int off = 0;

		if (dt->channel[i].fd < 0)
			continue;
		if (there)
			there = !dt->kernel->ioctl(dt->channel[i].fd,
						   DAHDI_BUFFER_EVENTS, &off);
		dt->kernel->close(dt->channel[i].fd);
	}
	free(dt);
}

/* A canceller works in audio mode alone, and whoever runs dahdi_cfg ends that
 * mode under us: it is said for each call. Leaving it takes the canceller out.
 */
static int tdm_echo(struct tdm *tdm, unsigned timeslot, bool on)
{
	struct dahdi_tdm *dt = (struct dahdi_tdm *)tdm;
	int fd = dt->channel[timeslot - 1].fd, audio = on;

	if (!(dt->echo & UINT32_C(1) << timeslot))
		return 0;
	if (dt->kernel->ioctl(fd, DAHDI_AUDIOMODE, &audio) < 0 ||
	    (on && dt->kernel->ioctl(fd, DAHDI_ECHOCANCEL, &dt->echo_taps) < 0))
		return -errno;
	return 0;
}

static const struct tdm_ops tdm_ops = { tdm_read, tdm_write, tdm_close,
					tdm_echo };

struct tdm *dahdi_tdm_new(const struct dahdi_kernel *kernel,
			  const struct dahdi_opened *opened, enum g711_law law,
			  unsigned echo_taps)
{
	struct dahdi_tdm *dt = calloc(1, sizeof *dt);

	if (!dt)
		return NULL;
	dt->tdm.ops = &tdm_ops;
	dt->kernel = kernel;
	dt->idle = g711_idle(law);
	dt->echo = opened->echo;
	dt->echo_taps = (int)echo_taps;
	for (int i = 0; i < TDM_TIMESLOTS; i++) {
		dt->channel[i].fd = opened->bchannel[i];
		if (opened->bchannel[i] >= 0)
			dt->pacer = &dt->channel[i];
	}
	dt->tdm.fd = dt->pacer->fd;
	return &dt->tdm;
}
