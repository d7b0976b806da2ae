/* Everything that can be wrong with a span is found here, before it is up, and
 * said in a sentence of its own: whoever reads it installs a card, perhaps for
 * the first time.
 */
#include "dahdi/dahdi_open.h"

#include "dahdi/dahdi_scan.h"
#include "dahdi/driver_dahdi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <dahdi/user.h>

#define CHANNEL_PATH "/dev/dahdi/channel"
#define CONF_PATH "/etc/dahdi/system.conf"

/* Blocks that wait, either way. Media is ahead by three when it has written:
 * four leave it room for one more after a stall, and bound the delay that a
 * stall leaves behind. */
#define B_BUFFERS 4
/* As many frames as DAHDI has buffer space for. */
#define D_BUFFERS 32
#define D_BUFFER_BYTES 1024

struct opening {
	const struct driver_dahdi_config *cfg;
	const struct dahdi_kernel *kernel;
	struct dahdi_opened *out;
	char *why;
	int ctl;
	struct dahdi_spaninfo info;
	struct dahdi_timeslot channel[TDM_TIMESLOTS]; /* by timeslot - 1 */
};

static int refuse(struct opening *op, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(struct opening *op, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(op->why, DAHDI_WHY_MAX, fmt, ap);
	va_end(ap);
	return err;
}

/* A device of DAHDI's; both are made by udev when the module comes. */
static int open_device(struct opening *op, const char *path, int flags)
{
	int fd = op->kernel->open(path, O_RDWR | O_CLOEXEC | flags);
	int err = errno;

	if (fd >= 0)
		return fd;
	switch (err) {
	case ENOENT:
		return refuse(op, -err,
			      "there is no %s: the DAHDI module is not loaded "
			      "(modprobe dahdi, then the card's own module)",
			      path);
	case ENXIO:
	case ENODEV:
		return refuse(op, -err,
			      "no driver answers behind %s: load the DAHDI "
			      "module anew (modprobe dahdi)",
			      path);
	case EACCES:
	case EPERM:
		return refuse(
			op, -err,
			"this user may not open %s (ls -l %s): a udev rule, "
			"61-tollgate-dahdi.rules, gives it to group tollgate "
			"(udevadm trigger --subsystem-match=dahdi)",
			path, path);
	default:
		return refuse(op, -err, "%s does not open: %s", path,
			      strerror(err));
	}
}

static bool span_stat(struct opening *op, unsigned number)
{
	memset(&op->info, 0, sizeof op->info);
	op->info.spanno = (int)number;
	return op->kernel->ioctl(op->ctl, DAHDI_SPANSTAT, &op->info) == 0;
}

/* The text of a fixed-length field of DAHDI's is `text`. */
static bool is_text(const char *field, size_t size, const char *text)
{
	return strlen(text) < size && !strncmp(field, text, size);
}

/* Whether this is the span that is looked for; `nth` counts those at its
 * location. */
static bool is_asked(const struct opening *op, unsigned *nth)
{
	const struct driver_dahdi_config *cfg = op->cfg;
	const struct dahdi_spaninfo *info = &op->info;

	if (cfg->description)
		return is_text(info->desc, sizeof info->desc,
			       cfg->description) ||
		       is_text(info->name, sizeof info->name, cfg->description);
	if (!cfg->location)
		return info->spanno == (int)cfg->span;
	return is_text(info->location, sizeof info->location, cfg->location) &&
	       ++*nth == cfg->span;
}

static int no_such_span(struct opening *op, const char *list, unsigned nth)
{
	const struct driver_dahdi_config *cfg = op->cfg;

	if (!*list)
		return refuse(op, -ENODEV,
			      "DAHDI has no span at all: the card's module is "
			      "not loaded, or its spans are not assigned "
			      "(dahdi_hardware, dahdi_span_assignments)");
	if (cfg->description)
		return refuse(op, -ENODEV,
			      "no span of DAHDI's has the description \"%s\": "
			      "dahdi_scan prints what they have",
			      cfg->description);
	if (cfg->location)
		return refuse(op, -ENODEV,
			      "DAHDI has %u spans at location \"%s\", and "
			      "number %u there is asked for: dahdi_scan prints "
			      "where they are",
			      nth, cfg->location, cfg->span);
	return refuse(op, -ENODEV,
		      "DAHDI has no span %u, only%s: dahdi_scan prints which "
		      "is which",
		      cfg->span, list);
}

/* Before its channels are looked at: those of the wrong line are wrong too, and
 * what would be said of them would mislead. */
static int check_line(struct opening *op)
{
	enum line_type wanted = op->cfg->line,
		       type = dahdi_line_type(&op->info);
	const char *mode = wanted == LINE_TYPE_T1 ? "t1" : "e1";

	if (type == wanted || type == LINE_TYPES)
		return 0;
	return refuse(op, -EINVAL,
		      "DAHDI span %u (%s) is %s and 'line' says %s: set the "
		      "card to %s (default_linemode=%s among its module's "
		      "options, or a jumper), or 'line' to what the carrier "
		      "delivers",
		      op->out->span, op->info.spantype, line_desc(type)->name,
		      line_desc(wanted)->name, line_desc(wanted)->name, mode);
}

static int find_span(struct opening *op)
{
	char list[64] = "";
	size_t used = 0;
	unsigned nth = 0;

	for (unsigned n = 1; n <= DAHDI_MAX_SPANS && !op->out->span; n++) {
		if (!span_stat(op, n))
			continue;
		if (is_asked(op, &nth))
			op->out->span = n;
		if (used < sizeof list - 5)
			used += (size_t)snprintf(list + used,
						 sizeof list - used, " %u", n);
	}
	if (!op->out->span)
		return no_such_span(op, list, nth);
	op->info.spantype[sizeof op->info.spantype - 1] = 0;
	if (dahdi_is_going(&op->info))
		return refuse(op, -ENODEV,
			      "DAHDI span %u is being taken away: its driver "
			      "is unloaded, or it gets another number",
			      op->out->span);
	if (!op->info.numchans)
		return refuse(op, -ENODEV,
			      "DAHDI span %u is not configured: describe it "
			      "in " CONF_PATH
			      " (dahdi_genconf system) and run dahdi_cfg",
			      op->out->span);
	return check_line(op);
}

static int check_there(struct opening *op, unsigned timeslot)
{
	const struct driver_dahdi_config *cfg = op->cfg;

	if (!op->channel[timeslot - 1].number)
		return refuse(op, -ENODEV,
			      "DAHDI span %u (%s) has %d timeslots, and %u is "
			      "asked for: set 'channels' to what the line has",
			      op->out->span, op->info.spantype,
			      op->info.totalchans, timeslot);
	if (!op->channel[timeslot - 1].signalling)
		return refuse(op, -ENODEV,
			      "DAHDI channel %d (span %u, timeslot %u) is not "
			      "configured: add %s=%d to " CONF_PATH
			      " and run dahdi_cfg",
			      op->channel[timeslot - 1].number, op->out->span,
			      timeslot,
			      timeslot == cfg->dchannel ? "dchan" : "bchan",
			      op->channel[timeslot - 1].number);
	return 0;
}

static int check_channels(struct opening *op)
{
	const struct driver_dahdi_config *cfg = op->cfg;
	int err = check_there(op, cfg->dchannel);

	for (unsigned t = 1; t <= TDM_TIMESLOTS && !err; t++)
		if (cfg->channels & UINT32_C(1) << t)
			err = check_there(op, t);
	if (err)
		return err;
	if (dahdi_use(&op->channel[cfg->dchannel - 1]) != DAHDI_USE_D)
		return refuse(op, -EINVAL,
			      "DAHDI channel %d (span %u, timeslot %u) carries "
			      "no HDLC, so it is no D channel: it must be "
			      "dchan=%d in " CONF_PATH "; then run dahdi_cfg",
			      op->channel[cfg->dchannel - 1].number,
			      op->out->span, cfg->dchannel,
			      op->channel[cfg->dchannel - 1].number);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		if ((cfg->channels & UINT32_C(1) << t) &&
		    dahdi_use(&op->channel[t - 1]) != DAHDI_USE_B)
			return refuse(op, -EINVAL,
				      "DAHDI channel %d (span %u, timeslot %u) "
				      "is no B channel: it must be bchan=%d "
				      "in " CONF_PATH "; then run dahdi_cfg",
				      op->channel[t - 1].number, op->out->span,
				      t, op->channel[t - 1].number);
	return 0;
}

static int open_channel(struct opening *op, unsigned timeslot)
{
	int number = op->channel[timeslot - 1].number;
	int fd = open_device(op, CHANNEL_PATH, O_NONBLOCK), err;

	if (fd < 0 || !op->kernel->ioctl(fd, DAHDI_SPECIFY, &number))
		return fd;
	err = errno;
	op->kernel->close(fd);
	if (err == EBUSY)
		return refuse(op, -err,
			      "DAHDI channel %d (span %u, timeslot %u) is open "
			      "in another program: stop it, be it Asterisk or "
			      "a second Tollgate (fuser -v " CHANNEL_PATH
			      ", of package psmisc, tells)",
			      number, op->out->span, timeslot);
	return refuse(op, -err,
		      "DAHDI channel %d (span %u, timeslot %u) does not open: "
		      "%s; see dmesg, then run dahdi_cfg",
		      number, op->out->span, timeslot, strerror(err));
}

/* `what` is for people. */
static int set(struct opening *op, int fd, unsigned timeslot,
	       unsigned long request, void *arg, const char *what)
{
	int err;

	if (!op->kernel->ioctl(fd, request, arg))
		return 0;
	err = errno;
	return refuse(op, -err,
		      "DAHDI channel %d (span %u, timeslot %u) refuses its %s: "
		      "%s; see dmesg",
		      op->channel[timeslot - 1].number, op->out->span, timeslot,
		      what, strerror(err));
}

static int set_buffers(struct opening *op, int fd, unsigned timeslot, int count,
		       int bytes)
{
	struct dahdi_bufferinfo buffers = {
		.txbufpolicy = DAHDI_POLICY_IMMEDIATE,
		.rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
		.numbufs = count,
		.bufsize = bytes,
	};
	int on = 1;
	int err = set(op, fd, timeslot, DAHDI_SET_BUFINFO, &buffers, "buffers");

	/* The flag outlives whoever set it: it is what we say, not what the
	 * program before us left. */
	return err ? err
		   : set(op, fd, timeslot, DAHDI_BUFFER_EVENTS, &on,
			 "buffer events");
}

/* Drivers may take SETLAW for a wish: a line of the wrong law is noise. */
static int set_law(struct opening *op, int fd, unsigned timeslot)
{
	bool alaw = line_desc(op->cfg->line)->law == G711_ALAW;
	int law = alaw ? DAHDI_LAW_ALAW : DAHDI_LAW_MULAW;
	struct dahdi_params params = { 0 };
	int err = set(op, fd, timeslot, DAHDI_SETLAW, &law, "law");

	if (!err)
		err = set(op, fd, timeslot, DAHDI_GET_PARAMS, &params,
			  "parameters");
	if (err || params.curlaw == law)
		return err;
	return refuse(op, -EINVAL,
		      "DAHDI channel %d (span %u, timeslot %u) does not take "
		      "%s, the law of every %s: the card is set to the other "
		      "one (module options, jumper)",
		      op->channel[timeslot - 1].number, op->out->span, timeslot,
		      alaw ? "A-law" : "mu-law",
		      line_desc(op->cfg->line)->name);
}

/* DAHDI_ECHOCANCEL succeeds also where there is no canceller to put in; only
 * training it tells, which is begun and given up at once: for its first part it
 * sends nothing. */
static bool has_canceller(struct opening *op, int fd)
{
	int taps = (int)op->cfg->echo_taps, training_ms = 500, off = 0;
	bool has = taps && !op->kernel->ioctl(fd, DAHDI_ECHOCANCEL, &taps) &&
		   !op->kernel->ioctl(fd, DAHDI_ECHOTRAIN, &training_ms);

	if (taps)
		op->kernel->ioctl(fd, DAHDI_ECHOCANCEL, &off);
	return has;
}

static int open_dchannel(struct opening *op)
{
	unsigned timeslot = op->cfg->dchannel;
	int fd = open_channel(op, timeslot);

	if (fd < 0)
		return fd;
	op->out->dchannel = fd;
	return set_buffers(op, fd, timeslot, D_BUFFERS, D_BUFFER_BYTES);
}

/* In audio mode DAHDI takes every sample apart, which costs as much again as
 * moving it and which only a canceller needs: dahdi_tdm turns it on with that.
 * What is lost without is an idle fill of the line's law, heard when we are
 * late and at no other time. */
static int open_bchannel(struct opening *op, unsigned timeslot)
{
	int fd = open_channel(op, timeslot), on = 1, off = 0;
	int err;

	if (fd < 0)
		return fd;
	op->out->bchannel[timeslot - 1] = fd;
	op->out->number[timeslot - 1] = op->channel[timeslot - 1].number;
	err = set(op, fd, timeslot, DAHDI_AUDIOMODE, &on, "audio mode");
	if (!err)
		err = set_law(op, fd, timeslot);
	if (!err && has_canceller(op, fd))
		op->out->echo |= UINT32_C(1) << timeslot;
	if (!err)
		err = set(op, fd, timeslot, DAHDI_AUDIOMODE, &off,
			  "clear mode");
	return err ? err
		   : set_buffers(op, fd, timeslot, B_BUFFERS, TDM_BLOCK_BYTES);
}

static int open_all(struct opening *op)
{
	int err = open_dchannel(op);

	for (unsigned t = 1; t <= TDM_TIMESLOTS && !err; t++)
		if (op->cfg->channels & UINT32_C(1) << t)
			err = open_bchannel(op, t);
	return err;
}

static void close_all(struct opening *op)
{
	if (op->out->dchannel >= 0)
		op->kernel->close(op->out->dchannel);
	for (int i = 0; i < TDM_TIMESLOTS; i++)
		if (op->out->bchannel[i] >= 0)
			op->kernel->close(op->out->bchannel[i]);
}

int dahdi_open(struct dahdi_opened *out, const struct driver_dahdi_config *cfg,
	       const struct dahdi_kernel *kernel, char why[DAHDI_WHY_MAX])
{
	struct opening op = {
		.cfg = cfg, .kernel = kernel, .out = out, .why = why
	};
	int err;

	out->span = 0;
	out->dchannel = -1;
	out->echo = 0;
	for (int i = 0; i < TDM_TIMESLOTS; i++)
		out->bchannel[i] = -1;
	op.ctl = open_device(&op, DAHDI_CTL_PATH, 0);
	if (op.ctl < 0)
		return op.ctl;
	err = find_span(&op);
	if (!err) {
		/* To ask there disturbs no channel that is open. */
		dahdi_scan_timeslots(kernel, op.ctl, out->span, op.channel);
		err = check_channels(&op);
	}
	/* Left open, it would keep the module from being unloaded. */
	kernel->close(op.ctl);
	if (!err)
		err = open_all(&op);
	if (err)
		close_all(&op);
	return err;
}
