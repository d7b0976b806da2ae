#include "tests/fake_dahdi.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <dahdi/user.h>

struct fake_dahdi fake_dahdi;

static int ctl_fd = -1, ctl_wake = -1, proc_fd = -1, proc_wake = -1;
/* Opened, and no channel yet. */
static int free_fd = -1, free_wake = -1;

static int fail_with(int err)
{
	errno = err;
	return -1;
}

static int span_of(const struct fake_channel *channel)
{
	for (int s = 1; s <= FAKE_SPANS; s++)
		if (channel >= fake_dahdi.span[s].channel &&
		    channel <= &fake_dahdi.span[s].channel[FAKE_TIMESLOTS])
			return s;
	return 0;
}

static bool is_removed(const struct fake_channel *channel)
{
	return !fake_dahdi.span[span_of(channel)].there || channel->wake < 0;
}

static struct fake_channel *channel_of_fd(int fd)
{
	for (int s = 1; s <= FAKE_SPANS; s++)
		for (int t = 1; t <= FAKE_TIMESLOTS; t++)
			if (fake_dahdi.span[s].channel[t].fd == fd)
				return &fake_dahdi.span[s].channel[t];
	return NULL;
}

/* NULL when no span has it. */
static struct fake_channel *channel_numbered(int number, int *span, int *slot)
{
	for (int s = 1; s <= FAKE_SPANS; s++) {
		struct fake_span *fs = &fake_dahdi.span[s];

		if (!fs->there || number < fs->first ||
		    number >= fs->first + (int)fs->timeslots)
			continue;
		*span = s;
		*slot = number - fs->first + 1;
		return &fs->channel[*slot];
	}
	return NULL;
}

/* Level-triggered, as poll of a channel is. */
static void update(struct fake_channel *channel)
{
	bool wanted = channel->rx.count || channel->event_count;
	char byte = 0;

	if (channel->fd < 0 || channel->wake < 0 ||
	    wanted == channel->signalled)
		return;
	channel->signalled = wanted;
	if (wanted ? write(channel->wake, &byte, 1) != 1
		   : read(channel->fd, &byte, 1) != 1)
		channel->signalled = !wanted;
}

static int open_pipe(int *fd, int *wake)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	*fd = ends[0];
	*wake = ends[1];
	fake_dahdi.fds_open++;
	return *fd;
}

static int open_proc(unsigned number)
{
	const char *text = number && number <= FAKE_SPANS
				   ? fake_dahdi.span[number].proc
				   : NULL;

	if (!text || open_pipe(&proc_fd, &proc_wake) < 0)
		return fail_with(ENOENT);
	return write(proc_wake, text, strlen(text)) < 0 ? -1 : proc_fd;
}

static int fake_open(const char *path, int flags)
{
	unsigned number;

	(void)flags;
	if (sscanf(path, "/proc/dahdi/%u", &number) == 1)
		return open_proc(number);
	if (!strcmp(path, "/dev/dahdi/ctl")) {
		fake_dahdi.ctl_opens++;
		return fake_dahdi.ctl_errno ? fail_with(fake_dahdi.ctl_errno)
					    : open_pipe(&ctl_fd, &ctl_wake);
	}
	if (fake_dahdi.channel_errno)
		return fail_with(fake_dahdi.channel_errno);
	/* One at a time is not a channel yet. */
	if (strcmp(path, "/dev/dahdi/channel") != 0 || free_fd >= 0)
		return fail_with(ENOENT);
	return open_pipe(&free_fd, &free_wake);
}

static void shut(int *fd, int *wake)
{
	if (*fd >= 0)
		close(*fd);
	if (*wake >= 0)
		close(*wake);
	*fd = *wake = -1;
}

static int fake_close(int fd)
{
	struct fake_channel *channel = channel_of_fd(fd);

	fake_dahdi.fds_open--;
	if (fd == ctl_fd)
		shut(&ctl_fd, &ctl_wake);
	else if (fd == free_fd)
		shut(&free_fd, &free_wake);
	else if (fd == proc_fd)
		shut(&proc_fd, &proc_wake);
	else if (channel)
		shut(&channel->fd, &channel->wake);
	else
		return fail_with(EBADF);
	return 0;
}

static int specify(int number)
{
	int span, slot;
	struct fake_channel *channel = channel_numbered(number, &span, &slot);

	if (!channel)
		return fail_with(EINVAL);
	if (channel->specify_errno)
		return fail_with(channel->specify_errno);
	if (!channel->signalling)
		return fail_with(ENXIO);
	if (channel->fd >= 0)
		return fail_with(EBUSY);
	channel->fd = free_fd;
	channel->wake = free_wake;
	free_fd = free_wake = -1;
	channel->opens++;
	channel->law = DAHDI_LAW_MULAW;
	channel->audio = channel->buffer_events = channel->echo = 0;
	channel->rx.count = channel->tx.count = channel->event_count = 0;
	channel->signalled = false;
	return 0;
}

static int span_stat(struct dahdi_spaninfo *info, int own)
{
	int number = info->spanno ? info->spanno : own;
	const struct fake_span *fs =
		&fake_dahdi.span[number % (FAKE_SPANS + 1)];

	if (fake_dahdi.spanstat_errno)
		return fail_with(fake_dahdi.spanstat_errno);
	if (number < 1 || number > FAKE_SPANS || !fs->there)
		return fail_with(EINVAL);
	memset(info, 0, sizeof *info);
	info->spanno = number;
	info->alarms = fs->alarms;
	info->lineconfig = fs->lineconfig;
	info->bpvcount = fs->bpv;
	info->crc4count = fs->crc4;
	info->totalchans = (int)fs->timeslots;
	for (unsigned t = 1; t <= fs->timeslots; t++)
		info->numchans += fs->channel[t].signalling != 0;
	memcpy(info->location, fs->location, sizeof info->location);
	memcpy(info->name, fs->name, sizeof info->name);
	memcpy(info->desc, fs->description, sizeof info->desc);
	strcpy(info->spantype, *fs->type	     ? fs->type
			       : fs->timeslots == 24 ? "T1"
						     : "E1");
	info->syncsrc = fs->sync_source;
	info->linecompat = fs->analogue ? 0 : DAHDI_CONFIG_CCS;
	return 0;
}

static void fill_params(struct dahdi_params *params,
			const struct fake_channel *channel, int span, int slot)
{
	memset(params, 0, sizeof *params);
	params->channo = fake_dahdi.span[span].first + slot - 1;
	params->spanno = span;
	params->chanpos = slot;
	params->sigtype = channel->signalling;
	params->curlaw = channel->law;
}

static int ctl_ioctl(unsigned long request, void *arg)
{
	struct dahdi_params *params = arg;
	struct fake_channel *channel;
	int span, slot;

	if (request == DAHDI_SPANSTAT)
		return span_stat(arg, 0);
	if (request != DAHDI_GET_PARAMS)
		return fail_with(ENOTTY);
	channel = channel_numbered(params->channo, &span, &slot);
	if (!channel)
		return fail_with(EINVAL);
	fill_params(params, channel, span, slot);
	return 0;
}

static int get_event(struct fake_channel *channel, int *event)
{
	*event = DAHDI_EVENT_NONE;
	if (!channel->event_count)
		return 0;
	*event = channel->event[0];
	channel->events_taken++;
	if (channel->endless_events)
		return 0;
	channel->event_count--;
	memmove(channel->event, channel->event + 1,
		channel->event_count * sizeof *channel->event);
	return 0;
}

static int flush(struct fake_channel *channel, int what)
{
	channel->flushes++;
	channel->flush_order = ++fake_dahdi.flush_count;
	channel->flushed_what = (unsigned)what;
	if (what & DAHDI_FLUSH_READ)
		channel->rx.count = 0;
	if (what & DAHDI_FLUSH_WRITE)
		channel->tx.count = 0;
	if (what & DAHDI_FLUSH_EVENT)
		channel->event_count = 0;
	return 0;
}

static int set_buffers(struct fake_channel *channel,
		       const struct dahdi_bufferinfo *info)
{
	if (info->bufsize < 16 || info->bufsize * info->numbufs > 32768)
		return fail_with(EINVAL);
	channel->numbufs = info->numbufs;
	channel->bufsize = info->bufsize;
	channel->policy = info->txbufpolicy;
	return 0;
}

/* Without a canceller to put in it succeeds all the same, as in DAHDI. */
static int echocancel(struct fake_channel *channel, int taps)
{
	if (!channel->audio)
		return fail_with(EINVAL);
	channel->echo = channel->canceller ? taps : 0;
	channel->echoes += taps != 0;
	return 0;
}

static int train(struct fake_channel *channel)
{
	channel->trainings++;
	return channel->echo ? 0 : fail_with(EINVAL);
}

static int channel_ioctl(struct fake_channel *channel, unsigned long request,
			 void *arg)
{
	int span = span_of(channel);
	int slot = (int)(channel - fake_dahdi.span[span].channel);
	int *value = arg;

	if (is_removed(channel)) {
		if (request == DAHDI_GETEVENT)
			*value = DAHDI_EVENT_REMOVED;
		return fail_with(ENODEV);
	}
	if (channel->ioctl_errno &&
	    (!channel->ioctl_fails || channel->ioctl_fails == request))
		return fail_with(channel->ioctl_errno);
	switch (request) {
	case DAHDI_SPANSTAT: return span_stat(arg, span);
	case DAHDI_GET_PARAMS: fill_params(arg, channel, span, slot); break;
	case DAHDI_SETLAW:
		if (!channel->law_fixed)
			channel->law = *value;
		break;
	case DAHDI_AUDIOMODE:
		channel->audio = *value;
		if (!*value)
			channel->echo = 0;
		break;
	case DAHDI_ECHOCANCEL: return echocancel(channel, *value);
	case DAHDI_ECHOTRAIN: return train(channel);
	case DAHDI_BUFFER_EVENTS: channel->buffer_events = *value; break;
	case DAHDI_SET_BUFINFO: return set_buffers(channel, arg);
	case DAHDI_GETEVENT: get_event(channel, value); break;
	case DAHDI_FLUSH: flush(channel, *value); break;
	default: return fail_with(ENOTTY);
	}
	update(channel);
	return 0;
}

static int fake_ioctl(int fd, unsigned long request, void *arg)
{
	struct fake_channel *channel = channel_of_fd(fd);

	if (fd == ctl_fd)
		return ctl_ioctl(request, arg);
	if (fd == free_fd)
		return request == DAHDI_SPECIFY ? specify(*(int *)arg)
						: fail_with(ENOSYS);
	return channel ? channel_ioctl(channel, request, arg)
		       : fail_with(EBADF);
}

static ssize_t fake_read(int fd, void *buf, size_t len)
{
	struct fake_channel *channel = channel_of_fd(fd);
	struct fake_message *first;

	if (fd == proc_fd)
		return read(fd, buf, len);
	if (!channel)
		return fail_with(EBADF);
	channel->reads++;
	if (is_removed(channel))
		return fail_with(ENODEV);
	if (channel->read_errno)
		return fail_with(channel->read_errno);
	if (channel->event_count)
		return fail_with(ELAST);
	if (!channel->rx.count)
		return fail_with(EAGAIN);
	/* What does not fit is lost with its buffer, as in DAHDI. */
	first = &channel->rx.message[0];
	if (len > first->len)
		len = first->len;
	memcpy(buf, first->bytes, len);
	channel->rx.count--;
	memmove(first, first + 1, channel->rx.count * sizeof *first);
	update(channel);
	return (ssize_t)len;
}

static ssize_t fake_write(int fd, const void *buf, size_t len)
{
	struct fake_channel *channel = channel_of_fd(fd);
	struct fake_message *next;

	if (!channel)
		return fail_with(EBADF);
	channel->writes++;
	if (is_removed(channel))
		return fail_with(ENODEV);
	if (channel->write_errno)
		return fail_with(channel->write_errno);
	if (channel->event_count)
		return fail_with(ELAST);
	if (channel->tx.count >= channel->tx_room)
		return fail_with(EAGAIN);
	if (len > (size_t)channel->bufsize)
		len = (size_t)channel->bufsize;
	next = &channel->tx.message[channel->tx.count++];
	memcpy(next->bytes, buf, len);
	next->len = len;
	return (ssize_t)len;
}

const struct dahdi_kernel fake_dahdi_kernel = { fake_open, fake_close,
						fake_ioctl, fake_read,
						fake_write };

void fake_dahdi_event(struct fake_channel *channel, int event)
{
	if (channel->event_count == DAHDI_MAX_EVENTSIZE)
		return;
	channel->event[channel->event_count++] = event;
	update(channel);
}

void fake_dahdi_receive(struct fake_channel *channel, const void *bytes,
			size_t len)
{
	struct fake_message *next;

	if (channel->rx.count == FAKE_QUEUE || len > FAKE_BYTES)
		return;
	next = &channel->rx.message[channel->rx.count++];
	memcpy(next->bytes, bytes, len);
	next->len = len;
	update(channel);
}

void fake_dahdi_remove(unsigned span)
{
	struct fake_span *fs = &fake_dahdi.span[span];

	fs->there = false;
	for (int t = 1; t <= FAKE_TIMESLOTS; t++) {
		if (fs->channel[t].wake >= 0)
			close(fs->channel[t].wake);
		fs->channel[t].wake = -1;
	}
}

void fake_dahdi_return(unsigned span)
{
	fake_dahdi.span[span].there = true;
}

void fake_dahdi_reset(void)
{
	memset(&fake_dahdi, 0, sizeof fake_dahdi);
	ctl_fd = ctl_wake = free_fd = free_wake = proc_fd = proc_wake = -1;
	for (int s = 1; s <= FAKE_SPANS; s++) {
		struct fake_span *fs = &fake_dahdi.span[s];

		fs->there = s <= 2;
		fs->timeslots = FAKE_TIMESLOTS;
		fs->first = (s - 1) * FAKE_TIMESLOTS + 1;
		for (int t = 0; t <= FAKE_TIMESLOTS; t++) {
			fs->channel[t].fd = fs->channel[t].wake = -1;
			fs->channel[t].tx_room = 4;
			fs->channel[t].signalling = DAHDI_SIG_CLEAR;
		}
		fs->channel[16].signalling = DAHDI_SIG_HDLCFCS;
		fs->channel[16].tx_room = FAKE_QUEUE;
	}
}

void fake_dahdi_end(void)
{
	shut(&ctl_fd, &ctl_wake);
	shut(&free_fd, &free_wake);
	shut(&proc_fd, &proc_wake);
	for (int s = 1; s <= FAKE_SPANS; s++)
		for (int t = 1; t <= FAKE_TIMESLOTS; t++)
			shut(&fake_dahdi.span[s].channel[t].fd,
			     &fake_dahdi.span[s].channel[t].wake);
}
