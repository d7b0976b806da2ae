/* The life of a DAHDI span, its D channel and its alarms.
 *
 *   open everything ---> up ---> ENODEV, "removed": down
 *        ^      ---> a sentence that says why: down  |
 *        +---------------- 1, 2, 4, 8, 8 s -----------+
 *
 * The timer of the driver is the pause before the next attempt while it is
 * down, and the look at the line's state while it is up.
 */
#include "dahdi/driver_dahdi.h"

#include "dahdi/dahdi_event.h"
#include "dahdi/dahdi_open.h"
#include "dahdi/dahdi_scan.h"
#include "dahdi/dahdi_tdm.h"
#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/log.h"
#include "gateway/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dahdi/user.h>

#define RETRY_MIN_MS 1000
/* Looking costs little, and calls wait T309 for a card to return. */
#define RETRY_MAX_MS 8000
/* A span that comes and goes is not opened ever faster. */
#define STABLE_MS 5000
/* DAHDI tells when alarms come and when they go, not when one follows another,
 * and its counters not at all. */
#define LINE_EVERY_MS 1000
/* Reads count and are written with the two octets of the FCS (Q.921 2.7), which
 * DAHDI computes. */
#define FCS_BYTES 2
#define READ_BYTES 1024
#define READS_PER_WAKEUP 64
#define WRITE_TRIES 4
/* One spoilt frame a minute is no news on a real line. */
#define COMPLAIN_EVERY_MS 60000

struct dahdi_driver {
	struct driver drv;
	struct loop *loop;
	struct driver_dahdi_config cfg;
	const struct dahdi_kernel *kernel;
	const struct driver_events *events;
	void *ctx;
	unsigned span; /* DAHDI's number of it when it was last up */
	int fd;	       /* the D channel, -1: the span is down */
	struct loop_fd *watch;
	bool removed;	   /* an event said so */
	unsigned attempts; /* failed since it was last stable */
	uint64_t up_since_ms;
	struct timer timer;
	unsigned alarms;	 /* last told */
	unsigned long slips;	 /* as DAHDI last told them */
	char why[DAHDI_WHY_MAX]; /* last reason told */
	struct log_limit spoilt_one, spoilt_more, foreign_limit;
	struct loop_deferred free_later;
};

/* At once and in every state. The struct tdm is the receiver's, who sees for
 * himself that it has gone. */
static void disconnect(struct dahdi_driver *dd)
{
	timer_stop(&dd->timer);
	loop_fd_del(dd->watch);
	dd->watch = NULL;
	if (dd->fd >= 0)
		dd->kernel->close(dd->fd);
	dd->fd = -1;
}

static uint32_t retry_delay_ms(const struct dahdi_driver *dd)
{
	return dd->attempts > 2 ? RETRY_MAX_MS : RETRY_MIN_MS << dd->attempts;
}

static bool is_up(const struct dahdi_driver *dd)
{
	return dd->fd >= 0;
}

static void fail(struct dahdi_driver *dd, const char *why)
{
	bool was_up = is_up(dd);

	disconnect(dd);
	if (was_up && clock_now_ms() - dd->up_since_ms >= STABLE_MS)
		dd->attempts = 0;
	timer_start(loop_timers(dd->loop), &dd->timer, retry_delay_ms(dd));
	dd->attempts++;
	/* The same reason again is no news. */
	if (!was_up && !strcmp(why, dd->why))
		return;
	snprintf(dd->why, sizeof dd->why, "%s", why);
	dd->events->down(dd->ctx, dd->why);
}

/* A read or an ioctl of the D channel has failed. */
static void fail_errno(struct dahdi_driver *dd, int err)
{
	char why[DAHDI_WHY_MAX];

	if (err == ENODEV || err == ENXIO)
		snprintf(why, sizeof why,
			 "DAHDI span %u was removed: the card is gone, or its "
			 "driver was unloaded",
			 dd->span);
	else
		snprintf(why, sizeof why,
			 "the D channel of DAHDI span %u fails: %s; see dmesg",
			 dd->span, strerror(err));
	fail(dd, why);
}

static void spoilt_frame(struct dahdi_driver *dd,
			 const struct dahdi_event *event)
{
	unsigned long long total = ++dd->drv.line.hdlc_errors;

	if (log_allowed(&dd->spoilt_one, 1, COMPLAIN_EVERY_MS, NULL) ||
	    !log_allowed(&dd->spoilt_more, 1, COMPLAIN_EVERY_MS, NULL))
		return;
	log_event(EVENT_DCHANNEL_SPOILT, dd->cfg.object,
		  "count=%llu D channel frames arrive spoilt: %s (%llu so far)",
		  total, event->name, total);
}

static void foreign_event(struct dahdi_driver *dd,
			  const struct dahdi_event *event)
{
	if (log_allowed(&dd->foreign_limit, 1, COMPLAIN_EVERY_MS, NULL))
		log_line(LOG_DEBUG, dd->cfg.object,
			 "DAHDI tells of \"%s\": nothing to do", event->name);
}

/* Takes what the D channel tells. Nothing is told above from here: libpri may
 * be in the middle of a write. */
static void take_events(struct dahdi_driver *dd)
{
	for (unsigned i = 0; i < DAHDI_EVENTS_MAX; i++) {
		const struct dahdi_event *event =
			dahdi_event_take(dd->kernel, dd->fd);

		switch (event->kind) {
		case DAHDI_KIND_NONE: return;
		case DAHDI_KIND_HDLC: spoilt_frame(dd, event); break;
		case DAHDI_KIND_OVERRUN: dd->drv.line.frames_lost++; break;
		/* Flags fill the pause between frames: that is none. */
		case DAHDI_KIND_UNDERRUN: break;
		case DAHDI_KIND_DATA:
		case DAHDI_KIND_FOREIGN: foreign_event(dd, event); break;
		case DAHDI_KIND_REMOVED:
			dd->removed = true;
			timer_start(loop_timers(dd->loop), &dd->timer, 0);
			return;
		case DAHDI_KIND_LINE:
			timer_start(loop_timers(dd->loop), &dd->timer, 0);
			break;
		}
	}
}

static void frame_came(struct dahdi_driver *dd, const uint8_t *frame,
		       size_t len)
{
	if (len <= FCS_BYTES || len - FCS_BYTES > DCHANNEL_FRAME_MAX) {
		dd->drv.line.frames_odd++;
		return;
	}
	dd->events->frame(dd->ctx, frame, len - FCS_BYTES);
}

static void dchannel_ready(void *arg, unsigned ready)
{
	struct dahdi_driver *dd = arg;
	uint8_t frame[READ_BYTES];

	for (int i = 0; i < READS_PER_WAKEUP && dd->fd >= 0; i++) {
		ssize_t len = dd->kernel->read(dd->fd, frame, sizeof frame);

		if (len >= 0) {
			frame_came(dd, frame, (size_t)len);
		} else if (errno == ELAST) {
			take_events(dd);
		} else if (errno == EAGAIN) {
			break;
		} else if (errno != EINTR) {
			fail_errno(dd, errno);
			return;
		}
	}
	/* Off the loop already: nothing else would tell. */
	if (dd->fd >= 0 && (ready & LOOP_ERR))
		fail_errno(dd, ENODEV);
}

static void take_counters(struct dahdi_driver *dd,
			  const struct dahdi_spaninfo *info)
{
	struct line_counters *line = &dd->drv.line;

	line->bipolar_violations = (uint32_t)info->bpvcount;
	line->crc4_errors = (uint32_t)info->crc4count;
	line->e_bits = (uint32_t)info->ebitcount;
	line->frame_errors = (uint32_t)info->fascount;
	line->errored_seconds = info->errsec;
	line->irq_misses = (uint32_t)info->irqmisses;
}

/* DAHDI tells of slips nowhere else, and of none where there were none. Its
 * number begins anew with alarms of some cards. */
static void take_slips(struct dahdi_driver *dd)
{
	static const char label[] = "Timing slips: ";
	char path[32], text[1024], *at;
	unsigned long slips = 0;
	ssize_t len;
	int fd;

	snprintf(path, sizeof path, "/proc/dahdi/%u", dd->span);
	fd = dd->kernel->open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = dd->kernel->read(fd, text, sizeof text - 1);
	dd->kernel->close(fd);
	if (len < 0)
		return;
	text[len] = '\0';
	at = strstr(text, label);
	if (at)
		slips = strtoul(at + strlen(label), NULL, 10);
	dd->drv.line.slips += slips < dd->slips ? slips : slips - dd->slips;
	dd->slips = slips;
}

/* Span 0 is the channel's own. */
static void look_at_line(struct dahdi_driver *dd)
{
	struct dahdi_spaninfo info;
	unsigned alarms;

	memset(&info, 0, sizeof info);
	if (dd->removed ||
	    dd->kernel->ioctl(dd->fd, DAHDI_SPANSTAT, &info) < 0) {
		fail_errno(dd, dd->removed ? ENODEV : errno);
		return;
	}
	timer_start(loop_timers(dd->loop), &dd->timer, LINE_EVERY_MS);
	take_counters(dd, &info);
	take_slips(dd);
	alarms = dahdi_line_alarms(info.alarms);
	if (alarms == dd->alarms)
		return;
	dd->alarms = alarms;
	dd->events->alarm(dd->ctx, alarms);
}

static void close_bchannels(struct dahdi_driver *dd,
			    const struct dahdi_opened *opened)
{
	for (int i = 0; i < TDM_TIMESLOTS; i++)
		if (opened->bchannel[i] >= 0)
			dd->kernel->close(opened->bchannel[i]);
}

/* Watched only now that the channels are specified: on one that is not yet,
 * epoll would never wake. */
static struct tdm *start(struct dahdi_driver *dd,
			 const struct dahdi_opened *opened)
{
	enum g711_law law = line_desc(dd->cfg.line)->law;
	struct tdm *tdm =
		dahdi_tdm_new(dd->kernel, opened, law, dd->cfg.echo_taps);

	if (!tdm) {
		close_bchannels(dd, opened);
		dd->kernel->close(opened->dchannel);
		return NULL;
	}
	if (loop_fd_add(dd->loop, opened->dchannel, LOOP_IN | LOOP_PRI,
			dchannel_ready, dd, &dd->watch) < 0) {
		tdm->ops->close(tdm);
		dd->kernel->close(opened->dchannel);
		return NULL;
	}
	dd->fd = opened->dchannel;
	dd->span = opened->span;
	return tdm;
}

/* DAHDI's numbers of channels, as its configuration has them: "1-15,17-31". */
static void list_channels(char *out, size_t size,
			  const struct dahdi_opened *opened, uint32_t timeslots)
{
	unsigned last;
	size_t used = 0;

	for (unsigned t = 1; t <= TDM_TIMESLOTS; t = last + 1) {
		last = t;
		if (!(timeslots & UINT32_C(1) << t))
			continue;
		while (last < TDM_TIMESLOTS &&
		       timeslots & UINT32_C(1) << (last + 1))
			last++;
		used += (size_t)snprintf(out + used, size - used, "%s%d",
					 used ? "," : "",
					 opened->number[t - 1]);
		if (last > t && used < size)
			used += (size_t)snprintf(out + used, size - used, "-%d",
						 opened->number[last - 1]);
		if (used >= size)
			return;
	}
}

/* No reason to refuse the line: its calls may have echo, no more. */
static void look_for_cancellers(const struct dahdi_driver *dd,
				const struct dahdi_opened *opened)
{
	uint32_t missing = dd->cfg.channels & ~opened->echo;
	char channels[160] = "";

	if (!dd->cfg.echo_taps || !missing)
		return;
	list_channels(channels, sizeof channels, opened, missing);
	log_event(EVENT_NO_ECHO_CANCELLER, dd->cfg.object,
		  "channels=%s no echo canceller on DAHDI channels %s: add "
		  "echocanceller=mg2,%s to /etc/dahdi/system.conf and run "
		  "dahdi_cfg, then restart Tollgate; or say 'echo off'",
		  channels, channels, channels);
}

static void open_span(struct dahdi_driver *dd)
{
	struct dahdi_opened opened;
	char why[DAHDI_WHY_MAX];
	struct tdm *tdm;

	if (dahdi_open(&opened, &dd->cfg, dd->kernel, why) < 0) {
		fail(dd, why);
		return;
	}
	tdm = start(dd, &opened);
	if (!tdm) {
		fail(dd, "out of memory");
		return;
	}
	look_for_cancellers(dd, &opened);
	dd->removed = false;
	dd->up_since_ms = clock_now_ms();
	dd->why[0] = 0;
	dd->alarms = 0;
	dd->events->up(dd->ctx, tdm, line_desc(dd->cfg.line)->law);
	if (is_up(dd))
		look_at_line(dd);
}

static void timer_fired(void *arg)
{
	struct dahdi_driver *dd = arg;

	if (is_up(dd))
		look_at_line(dd);
	else
		open_span(dd);
}

static int frame_write(struct driver *drv, const uint8_t *frame, size_t len)
{
	struct dahdi_driver *dd = (struct dahdi_driver *)drv;
	uint8_t with_fcs[DCHANNEL_FRAME_MAX + FCS_BYTES] = { 0 };

	if (dd->fd < 0)
		return -ENOTCONN;
	if (len == 0 || len > DCHANNEL_FRAME_MAX)
		return -EMSGSIZE;
	memcpy(with_fcs, frame, len);
	for (int i = 0; i < WRITE_TRIES; i++) {
		ssize_t put =
			dd->kernel->write(dd->fd, with_fcs, len + FCS_BYTES);

		if (put == (ssize_t)(len + FCS_BYTES))
			return 0;
		if (put >= 0 || errno == EAGAIN)
			return -EAGAIN;
		if (errno == ELAST) {
			take_events(dd);
		} else if (errno != EINTR) {
			/* The loop says why, once libpri is done. */
			timer_start(loop_timers(dd->loop), &dd->timer, 0);
			return -ENOTCONN;
		}
	}
	return -EAGAIN;
}

static void free_memory(void *arg)
{
	free(arg);
}

/* It may be asked from inside one of our own callbacks. */
static void driver_free(struct driver *drv)
{
	struct dahdi_driver *dd = (struct dahdi_driver *)drv;

	disconnect(dd);
	loop_defer(dd->loop, &dd->free_later, free_memory, dd);
}

static const struct driver_ops ops = { frame_write, driver_free };

int driver_dahdi_new(struct driver **out, struct loop *loop,
		     const struct driver_dahdi_config *cfg,
		     const struct driver_events *events, void *ctx)
{
	struct dahdi_driver *dd = calloc(1, sizeof *dd);

	if (!dd)
		return -ENOMEM;
	dd->drv.ops = &ops;
	dd->loop = loop;
	dd->cfg = *cfg;
	dd->kernel = cfg->kernel ? cfg->kernel : &dahdi_kernel;
	dd->events = events;
	dd->ctx = ctx;
	dd->fd = -1;
	timer_init(&dd->timer, "DAHDI", timer_fired, dd);
	timer_of(&dd->timer, cfg->object);
	/* From the loop: nobody expects `down` before this has returned. */
	timer_start(loop_timers(loop), &dd->timer, 0);
	*out = &dd->drv;
	return 0;
}
