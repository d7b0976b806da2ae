/* Gateway side of a virtual span.
 *
 *   connect, hello ---> GRANTED + 2 sockets: up ---> end of file: down
 *        ^        ---> REFUSED, silence, no exchange: down   |
 *        +---------------- 0.2, 1, 2, 4 ... 30 s ------------+
 *
 * The timer of the driver is either the pause before the next attempt or the
 * wait for an answer to the hello, never both.
 */
#include "dahdi/driver.h"
#include "dahdi/virtual_protocol.h"
#include "gateway/clock.h"
#include "gateway/event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* An exchange that is restarted is back within a second: its spans should be
 * too, before anybody's T309 thinks of it. */
#define FIRST_RETRY_MS 200
#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 30000
/* An exchange that grants and falls over again is not asked ever faster. */
#define STABLE_MS 5000
#define NOTICES_PER_WAKEUP 16
#define DESCRIPTORS 2

struct virtual_driver {
	struct driver drv;
	struct loop *loop;
	const struct driver_events *events;
	void *ctx;
	const char *object;
	char *path;
	unsigned number;
	enum line_type line;
	int fd; /* the connection, -1 while there is none */
	struct loop_fd *watch;
	bool up;
	unsigned attempts; /* failed since it was last stable */
	uint64_t up_since_ms;
	struct timer timer; /* retry, or the exchange's answer to our hello */
	struct virtual_dchannel dchannel;
	char why[VIRTUAL_TEXT_MAX + 64]; /* last reason told */
	uint64_t malformed;
	struct loop_deferred free_later;
};

/* The media thread's part; shares nothing with the driver but the peer. */
struct gateway_tdm {
	struct tdm tdm;
	struct virtual_tdm_end end;
};

static int tdm_read(struct tdm *tdm, struct tdm_block *block)
{
	struct gateway_tdm *gt = (struct gateway_tdm *)tdm;
	struct virtual_tdm msg;
	int got = virtual_tdm_receive(&gt->end, &msg);

	if (got <= 0)
		return got;
	*block = msg.block;
	atomic_fetch_add_explicit(&tdm->counters.blocks_in, 1,
				  memory_order_relaxed);
	return 1;
}

static int tdm_write(struct tdm *tdm, const struct tdm_block *block)
{
	return virtual_tdm_send(&((struct gateway_tdm *)tdm)->end, 0, block);
}

static void tdm_close(struct tdm *tdm)
{
	close(tdm->fd);
	free(tdm);
}

static const struct tdm_ops tdm_ops = { .read = tdm_read,
					.write = tdm_write,
					.close = tdm_close };

static struct tdm *tdm_new(int fd)
{
	struct gateway_tdm *gt = calloc(1, sizeof *gt);

	if (!gt)
		return NULL;
	gt->tdm.ops = &tdm_ops;
	gt->tdm.fd = fd;
	gt->end.fd = fd;
	gt->end.counters = &gt->tdm.counters;
	return &gt->tdm;
}

/* At once and in every state: a descriptor at end of file would keep the loop
 * awake. The struct tdm is the receiver's and sees its own end of file. */
static void disconnect(struct virtual_driver *vd)
{
	timer_stop(&vd->timer);
	loop_fd_del(vd->watch);
	vd->watch = NULL;
	if (vd->fd >= 0)
		close(vd->fd);
	vd->fd = -1;
	virtual_dchannel_close(&vd->dchannel);
}

static uint32_t retry_delay_ms(const struct virtual_driver *vd)
{
	unsigned doublings = vd->attempts - 1;

	if (vd->attempts == 0)
		return FIRST_RETRY_MS;
	if (doublings > 4)
		return RETRY_MAX_MS;
	return RETRY_MIN_MS << doublings;
}

static void fail(struct virtual_driver *vd, const char *why)
{
	bool was_up = vd->up;

	disconnect(vd);
	vd->up = false;
	if (was_up && clock_now_ms() - vd->up_since_ms >= STABLE_MS)
		vd->attempts = 0;
	timer_start(loop_timers(vd->loop), &vd->timer, retry_delay_ms(vd));
	vd->attempts++;
	/* The same reason again is no news. */
	if (!was_up && !strcmp(why, vd->why))
		return;
	snprintf(vd->why, sizeof vd->why, "%s", why);
	vd->events->down(vd->ctx, vd->why);
}

static void fail_errno(struct virtual_driver *vd, int err)
{
	char why[VIRTUAL_TEXT_MAX + 64];
	const char *hint = "is tollgate-exchange running?";

	if (err == EACCES || err == EPERM)
		hint = "this user may not use that socket";
	if (err == ENAMETOOLONG)
		hint = "a socket's path has at most 107 characters";
	snprintf(why, sizeof why, "no exchange on %.100s: %s; %s", vd->path,
		 strerror(err), hint);
	fail(vd, why);
}

static void dchannel_frame(void *ctx, const uint8_t *frame, size_t len)
{
	struct virtual_driver *vd = ctx;

	vd->events->frame(vd->ctx, frame, len);
}

static void dchannel_gone(void *ctx)
{
	fail(ctx, "the exchange has gone");
}

static void close_all(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		close(fds[i]);
}

/* A line of the other kind would be up and carry noise. */
static void wrong_line(struct virtual_driver *vd, uint32_t line)
{
	char why[VIRTUAL_TEXT_MAX + 64];

	if (line >= LINE_TYPES)
		snprintf(why, sizeof why,
			 "span %u of the exchange is of a kind unknown here",
			 vd->number);
	else
		snprintf(why, sizeof why,
			 "span %u of the exchange is %s and 'line' says %s: "
			 "change it there (--span virtual%s) or here",
			 vd->number, line_desc(line)->name,
			 line_desc(vd->line)->name,
			 vd->line == LINE_TYPE_T1 ? ":t1" : "");
	fail(vd, why);
}

static void granted(struct virtual_driver *vd,
		    const struct virtual_notice *notice,
		    const int fds[DESCRIPTORS])
{
	struct tdm *tdm;

	if (notice->line != vd->line) {
		close_all(fds, DESCRIPTORS);
		wrong_line(vd, notice->line);
		return;
	}
	tdm = tdm_new(fds[0]);
	if (!tdm) {
		close_all(fds, DESCRIPTORS);
		fail(vd, "out of memory");
		return;
	}
	if (virtual_dchannel_open(&vd->dchannel, vd->loop, fds[1]) < 0) {
		tdm_close(tdm);
		fail(vd, "out of memory");
		return;
	}
	timer_stop(&vd->timer);
	vd->up = true;
	vd->up_since_ms = clock_now_ms();
	vd->why[0] = 0;
	vd->events->up(vd->ctx, tdm, line_desc(vd->line)->law);
}

static void refused(struct virtual_driver *vd, struct virtual_notice *notice)
{
	char why[VIRTUAL_TEXT_MAX + 64];

	notice->text[sizeof notice->text - 1] = 0;
	snprintf(why, sizeof why, "the exchange refuses: %s", notice->text);
	fail(vd, why);
}

static void malformed(struct virtual_driver *vd, ssize_t len)
{
	if (!vd->malformed++)
		log_event(EVENT_EXCHANGE_NOISE, vd->object,
			  "file=%s %s sends what is no notice of an exchange "
			  "(%zd bytes); further ones are ignored silently",
			  vd->path, vd->path, len);
}

/* Receives one notice and at most DESCRIPTORS descriptors; `*count` says how
 * many are the caller's to close, asked for or not: an exchange that sends them
 * with everything must not fill our table. The kernel drops what finds no room
 * in `control`. */
static ssize_t receive(int fd, struct virtual_notice *notice,
		       int fds[DESCRIPTORS], unsigned *count)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
	} control;
	struct iovec iov = { notice, sizeof *notice };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof control.buf };
	ssize_t len =
		recvmsg(fd, &msg, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);

	*count = 0;
	if (len < 0)
		return len;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c;
	     c = CMSG_NXTHDR(&msg, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(fds, CMSG_DATA(c), n * sizeof(int));
		*count = (unsigned)n;
	}
	return len;
}

static void take_notice(struct virtual_driver *vd,
			struct virtual_notice *notice, ssize_t len,
			const int fds[DESCRIPTORS], unsigned count)
{
	bool whole = len == (ssize_t)sizeof *notice &&
		     notice->magic == VIRTUAL_MAGIC;

	if (whole && notice->type == VIRTUAL_GRANTED && !vd->up &&
	    notice->version == VIRTUAL_VERSION && count == DESCRIPTORS) {
		granted(vd, notice, fds);
		return;
	}
	close_all(fds, count);
	/* A refusal is read in every version, and may grow behind its text. */
	if (len >= 8 + VIRTUAL_TEXT_MAX && notice->magic == VIRTUAL_MAGIC &&
	    notice->type == VIRTUAL_REFUSED && !vd->up)
		refused(vd, notice);
	else if (whole && notice->type == VIRTUAL_ALARM && vd->up)
		vd->events->alarm(vd->ctx, notice->alarms);
	else
		malformed(vd, len);
}

static void connection_ready(void *arg, unsigned ready)
{
	struct virtual_driver *vd = arg;
	struct virtual_notice notice;
	int fds[DESCRIPTORS];
	unsigned count;

	for (int i = 0; i < NOTICES_PER_WAKEUP && vd->fd >= 0; i++) {
		ssize_t len = receive(vd->fd, &notice, fds, &count);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN)
			break;
		if (len <= 0) {
			close_all(fds, count);
			fail(vd, "the exchange has gone");
			return;
		}
		take_notice(vd, &notice, len, fds, count);
	}
	if (vd->fd >= 0 && (ready & LOOP_ERR))
		fail(vd, "the exchange has gone");
}

static void connect_now(struct virtual_driver *vd)
{
	struct virtual_hello hello = { VIRTUAL_MAGIC, VIRTUAL_VERSION,
				       (uint16_t)vd->number };
	struct sockaddr_un addr;
	int err = virtual_address(&addr, vd->path);

	if (err < 0) {
		fail_errno(vd, -err);
		return;
	}
	vd->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0);
	/* A Unix socket connects at once or, with a full backlog, not at all:
	 * EAGAIN then, and no event would follow. */
	if (vd->fd < 0 ||
	    connect(vd->fd, (struct sockaddr *)&addr, sizeof addr) < 0 ||
	    send(vd->fd, &hello, sizeof hello, MSG_DONTWAIT | MSG_NOSIGNAL) <
		    0) {
		fail_errno(vd, errno);
		return;
	}
	if (loop_fd_add(vd->loop, vd->fd, LOOP_IN, connection_ready, vd,
			&vd->watch) < 0) {
		fail(vd, "out of memory");
		return;
	}
	timer_start(loop_timers(vd->loop), &vd->timer, VIRTUAL_HELLO_MS);
}

static void timer_fired(void *arg)
{
	struct virtual_driver *vd = arg;

	if (vd->fd < 0)
		connect_now(vd);
	else
		fail(vd, "the exchange does not answer: it accepts "
			 "connections but says nothing");
}

static int frame_write(struct driver *drv, const uint8_t *frame, size_t len)
{
	return virtual_dchannel_send(&((struct virtual_driver *)drv)->dchannel,
				     frame, len);
}

static void free_memory(void *arg)
{
	struct virtual_driver *vd = arg;

	free(vd->path);
	free(vd);
}

/* It may be asked from inside one of our own callbacks. */
static void driver_free(struct driver *drv)
{
	struct virtual_driver *vd = (struct virtual_driver *)drv;

	disconnect(vd);
	loop_defer(vd->loop, &vd->free_later, free_memory, vd);
}

static const struct driver_ops ops = { frame_write, driver_free };

int driver_virtual_new(struct driver **out, struct loop *loop,
		       const struct driver_virtual_config *cfg,
		       const struct driver_events *events, void *ctx)
{
	struct virtual_driver *vd = calloc(1, sizeof *vd);

	if (!vd)
		return -ENOMEM;
	vd->path = strdup(cfg->path);
	if (!vd->path) {
		free(vd);
		return -ENOMEM;
	}
	vd->drv.ops = &ops;
	vd->loop = loop;
	vd->events = events;
	vd->ctx = ctx;
	vd->object = cfg->object;
	vd->number = cfg->span;
	vd->line = cfg->line;
	vd->fd = -1;
	vd->dchannel = (struct virtual_dchannel){ .fd = -1,
						  .object = cfg->object,
						  .frame = dchannel_frame,
						  .gone = dchannel_gone,
						  .ctx = vd };
	timer_init(&vd->timer, "exchange", timer_fired, vd);
	timer_of(&vd->timer, cfg->object);
	/* From the loop: nobody expects `down` before this has returned. */
	timer_start(loop_timers(loop), &vd->timer, 0);
	*out = &vd->drv;
	return 0;
}
