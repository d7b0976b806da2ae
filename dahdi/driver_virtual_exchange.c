/* Exchange side of virtual spans.
 *
 * A connection is a struct peer. Until its hello it belongs to no span, and is
 * one of PEERS_MAX; a span that grants it keeps it, and its end detaches the
 * gateway. Voice and signalling part at the struct tdm: what the voice thread
 * must know of the line it reads from a struct line, which lives as long as
 * the longer-lived of the two.
 */
#include "dahdi/driver_virtual_exchange.h"

#include "dahdi/virtual_protocol.h"
#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/log.h"
#include "gateway/unix_listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Connections, attached and waiting for their hello. */
#define PEERS_MAX 256
#define BACKLOG 64

/* Blocks of the gateway's that wait to be played. The first is played when two
 * wait (a card's buffer policy "half"), so one late wake-up on either side is
 * not heard at once. */
#define DEPTH_MAX 4
#define DEPTH_START 2
/* About 60 blocks: what a gateway may be late before it loses voice. */
#define TDM_SEND_BUFFER (128 * 1024)
#define DRAIN_MAX 64
/* Ticks that we missed are made up for at this pace: all at once would empty
 * the queue and blame the gateway for our own lateness. */
#define CATCH_UP_NS (2 * NS_PER_MS)
#define TICK_NS (TDM_BLOCK_MS * NS_PER_MS)

/* What the driver tells the thread that carries the voice. Either may go
 * first. */
struct line {
	atomic_uint refs;
	atomic_bool no_signal;
};

struct span_driver {
	struct driver drv;
	struct virtual_exchange *vx;
	unsigned number;
	enum line_type line_type;
	const char *object;
	const struct driver_events *events;
	void *ctx;
	struct peer *peer; /* the gateway that holds the span, or NULL */
	struct virtual_dchannel dchannel;
	struct line *line;
	unsigned alarms;
	bool cut;
	struct loop_deferred free_later;
};

/* A connection: until its hello it belongs to no span. */
struct peer {
	struct virtual_exchange *vx;
	struct peer *prev, *next;
	int fd;
	struct loop_fd *watch;
	struct timer hello;
	struct span_driver *span;
	pid_t pid;
	struct loop_deferred free_later;
};

struct virtual_exchange {
	struct loop *loop;
	struct unix_listen *listener;
	unsigned spans, peers;
	struct peer *first;
	struct span_driver *span[VIRTUAL_SPANS_MAX]; /* by number - 1 */
	uint64_t refused;
	struct loop_deferred free_later;
};

struct exchange_tdm {
	struct tdm tdm; /* fd is the timerfd */
	struct virtual_tdm_end end;
	struct line *line;
	enum g711_law law;
	uint64_t due_ns; /* CLOCK_MONOTONIC: when the next tick is due */
	bool playing;	 /* the gateway's first blocks are here */
	bool gone;	 /* the gateway's end is closed */
	unsigned first, depth;
	struct tdm_block queue[DEPTH_MAX];
};

static void count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static struct line *line_new(bool no_signal)
{
	struct line *line = calloc(1, sizeof *line);

	if (!line)
		return NULL;
	atomic_init(&line->refs, 1);
	atomic_init(&line->no_signal, no_signal);
	return line;
}

static void line_put(struct line *line)
{
	if (line && atomic_fetch_sub(&line->refs, 1) == 1)
		free(line);
}

/* An elastic store as a card has it: the gateway writes when it has read a
 * block, the line reads when its clock says so, and the depth between them
 * takes up how late each is woken. */
static void queue_put(struct exchange_tdm *et, const struct tdm_block *block)
{
	if (et->depth == DEPTH_MAX) {
		et->first = (et->first + 1) % DEPTH_MAX;
		et->depth--;
		count(&et->tdm.counters.overruns);
	}
	et->queue[(et->first + et->depth) % DEPTH_MAX] = *block;
	et->depth++;
	if (et->depth >= DEPTH_START)
		et->playing = true;
}

static void queue_take(struct exchange_tdm *et, struct tdm_block *block)
{
	if (et->playing && et->depth) {
		*block = et->queue[et->first];
		et->first = (et->first + 1) % DEPTH_MAX;
		et->depth--;
		count(&et->tdm.counters.blocks_in);
		return;
	}
	if (et->playing)
		count(&et->tdm.counters.underruns);
	memset(block, g711_idle(et->law), sizeof *block);
}

/* The socket is emptied at every tick, so that the queue's depth, not the
 * kernel's buffer, decides what is too late. */
static int drain(struct exchange_tdm *et)
{
	struct virtual_tdm msg;
	int got = 1;

	for (int i = 0; i < DRAIN_MAX && got > 0; i++) {
		got = virtual_tdm_receive(&et->end, &msg);
		if (got > 0)
			queue_put(et, &msg.block);
	}
	return got < 0 ? got : 0;
}

static bool line_dead(const struct exchange_tdm *et)
{
	return atomic_load_explicit(&et->line->no_signal, memory_order_relaxed);
}

/* The timer's clock, which no test can move. */
static uint64_t timer_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static int arm(int timer, uint64_t due_ns)
{
	struct itimerspec at = {
		.it_value.tv_sec = (time_t)(due_ns / NS_PER_S),
		.it_value.tv_nsec = (long)(due_ns % NS_PER_S),
	};

	return timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

/* Every tick is taken, late ones too: the line would have carried it. */
static bool take_tick(struct exchange_tdm *et)
{
	uint64_t ticks, earliest_ns;

	if (read(et->tdm.fd, &ticks, sizeof ticks) != (ssize_t)sizeof ticks)
		return false;
	et->due_ns += TICK_NS;
	earliest_ns = timer_now_ns() + CATCH_UP_NS;
	arm(et->tdm.fd, et->due_ns > earliest_ns ? et->due_ns : earliest_ns);
	return true;
}

static int tdm_read(struct tdm *tdm, struct tdm_block *block)
{
	struct exchange_tdm *et = (struct exchange_tdm *)tdm;

	if (!et->gone && !take_tick(et))
		return 0;
	if (et->gone || drain(et) < 0) {
		et->gone = true;
		return -ENOTCONN;
	}
	queue_take(et, block);
	if (line_dead(et))
		memset(block, g711_idle(et->law), sizeof *block);
	return 1;
}

static int tdm_write(struct tdm *tdm, const struct tdm_block *block)
{
	struct exchange_tdm *et = (struct exchange_tdm *)tdm;
	struct tdm_block idle;

	if (!line_dead(et))
		return virtual_tdm_send(&et->end, 0, block);
	memset(&idle, g711_idle(et->law), sizeof idle);
	return virtual_tdm_send(&et->end, VIRTUAL_TDM_NO_SIGNAL, &idle);
}

static void tdm_close(struct tdm *tdm)
{
	struct exchange_tdm *et = (struct exchange_tdm *)tdm;

	if (tdm->fd >= 0)
		close(tdm->fd);
	if (et->end.fd >= 0)
		close(et->end.fd);
	line_put(et->line);
	free(et);
}

static const struct tdm_ops tdm_ops = { .read = tdm_read,
					.write = tdm_write,
					.close = tdm_close };

/* Takes over `fd` when it succeeds. All spans tick together, as those of one
 * card do, and on whole ticks of CLOCK_MONOTONIC, so that a measuring program
 * knows when a block was on the line. */
static struct tdm *tdm_new(int fd, struct line *line, enum g711_law law)
{
	uint64_t due_ns = (timer_now_ns() / TICK_NS + 2) * TICK_NS;
	struct exchange_tdm *et = calloc(1, sizeof *et);
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (!et || timer < 0 || arm(timer, due_ns) < 0) {
		if (timer >= 0)
			close(timer);
		free(et);
		return NULL;
	}
	et->tdm.ops = &tdm_ops;
	et->tdm.fd = timer;
	et->due_ns = due_ns;
	et->end.fd = fd;
	et->end.counters = &et->tdm.counters;
	atomic_fetch_add(&line->refs, 1);
	et->line = line;
	et->law = law;
	return &et->tdm;
}

static void peer_free(void *arg)
{
	free(arg);
}

static void peer_drop(struct peer *peer)
{
	struct virtual_exchange *vx = peer->vx;

	timer_stop(&peer->hello);
	loop_fd_del(peer->watch);
	close(peer->fd);
	if (peer->span)
		peer->span->peer = NULL;
	if (peer->next)
		peer->next->prev = peer->prev;
	if (peer->prev)
		peer->prev->next = peer->next;
	else
		vx->first = peer->next;
	vx->peers--;
	loop_defer(vx->loop, &peer->free_later, peer_free, peer);
}

/* Ends the gateway's hold of a span. Only a span that was up hears of it. */
static void span_detach(struct span_driver *sd, const char *why)
{
	if (!sd->peer)
		return;
	virtual_dchannel_close(&sd->dchannel);
	line_put(sd->line);
	sd->line = NULL;
	peer_drop(sd->peer);
	sd->events->down(sd->ctx, why);
}

static bool notice_send(struct peer *peer, const struct virtual_notice *notice,
			const int fds[2])
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(2 * sizeof(int))];
	} control = { .buf = "" };
	struct iovec iov = { (void *)(uintptr_t)notice, sizeof *notice };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fds) {
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(2 * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, 2 * sizeof(int));
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof control.buf;
	}
	return sendmsg(peer->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       (ssize_t)sizeof *notice;
}

static bool alarm_send(struct span_driver *sd)
{
	struct virtual_notice notice = { .magic = VIRTUAL_MAGIC,
					 .version = VIRTUAL_VERSION,
					 .type = VIRTUAL_ALARM,
					 .alarms = sd->alarms };

	return notice_send(sd->peer, &notice, NULL);
}

/* Strangers can cause these lines, so they are limited. */
static void log_refusal(struct virtual_exchange *vx, const struct peer *peer,
			const char *why)
{
	vx->refused++;
	log_event(EVENT_GATEWAY_REFUSED, "exchange",
		  "pid=%d refused=%llu process %d refused: %s (%llu refused so "
		  "far)",
		  (int)peer->pid, (unsigned long long)vx->refused,
		  (int)peer->pid, why, (unsigned long long)vx->refused);
}

static void peer_refuse(struct peer *peer, const char *why)
{
	struct virtual_notice notice = { .magic = VIRTUAL_MAGIC,
					 .version = VIRTUAL_VERSION,
					 .type = VIRTUAL_REFUSED };

	snprintf(notice.text, sizeof notice.text, "%s", why);
	log_refusal(peer->vx, peer, why);
	notice_send(peer, &notice, NULL);
	peer_drop(peer);
}

static void dchannel_frame(void *ctx, const uint8_t *frame, size_t len)
{
	struct span_driver *sd = ctx;

	if (sd->cut || sd->alarms & (LINE_RED | LINE_BLUE))
		return;
	sd->events->frame(sd->ctx, frame, len);
}

static void dchannel_gone(void *ctx)
{
	span_detach(ctx, "the gateway has gone");
}

static bool sockets_make(int tdm[2], int dchannel[2])
{
	const int type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
	const int size = TDM_SEND_BUFFER;

	if (socketpair(AF_UNIX, type, 0, tdm) < 0)
		return false;
	if (socketpair(AF_UNIX, type, 0, dchannel) < 0) {
		close(tdm[0]);
		close(tdm[1]);
		return false;
	}
	/* It is only a wish: too large for the system's limit, it is cut. */
	setsockopt(tdm[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	setsockopt(tdm[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	return true;
}

/* Index 0 of each pair stays here, 1 goes to the gateway. */
static void span_attach(struct span_driver *sd, struct peer *peer)
{
	struct virtual_notice notice = { .magic = VIRTUAL_MAGIC,
					 .version = VIRTUAL_VERSION,
					 .type = VIRTUAL_GRANTED,
					 .line = sd->line_type };
	enum g711_law law = line_desc(sd->line_type)->law;
	bool dead = sd->alarms & (LINE_RED | LINE_BLUE);
	int tdm_fd[2], d_fd[2];
	struct tdm *tdm;
	int err;

	if (!sockets_make(tdm_fd, d_fd)) {
		peer_refuse(peer, "the exchange is out of descriptors");
		return;
	}
	sd->line = line_new(dead);
	tdm = sd->line ? tdm_new(tdm_fd[0], sd->line, law) : NULL;
	if (!tdm)
		close(tdm_fd[0]);
	err = virtual_dchannel_open(&sd->dchannel, peer->vx->loop, d_fd[0]);
	if (tdm && !err &&
	    !notice_send(peer, &notice, (int[]){ tdm_fd[1], d_fd[1] }))
		err = -ENOTCONN;
	close(tdm_fd[1]);
	close(d_fd[1]);
	if (!tdm || err) {
		virtual_dchannel_close(&sd->dchannel);
		if (tdm)
			tdm_close(tdm);
		line_put(sd->line);
		sd->line = NULL;
		peer_refuse(peer, "the exchange is out of memory");
		return;
	}
	sd->peer = peer;
	peer->span = sd;
	sd->events->up(sd->ctx, tdm, law);
	if (sd->peer == peer && sd->alarms && !alarm_send(sd))
		span_detach(sd, "the gateway does not read its alarms");
}

static void take_hello(struct peer *peer, const struct virtual_hello *hello,
		       ssize_t len)
{
	struct virtual_exchange *vx = peer->vx;
	struct span_driver *sd;
	char why[VIRTUAL_TEXT_MAX];

	if (len < (ssize_t)sizeof *hello || hello->magic != VIRTUAL_MAGIC) {
		peer_refuse(peer, "that is no hello of a Tollgate gateway");
		return;
	}
	if (hello->version != VIRTUAL_VERSION) {
		snprintf(why, sizeof why,
			 "version differs: the exchange speaks version %d, the "
			 "gateway %u; install both from one release",
			 VIRTUAL_VERSION, hello->version);
		peer_refuse(peer, why);
		return;
	}
	if (hello->span < 1 || hello->span > vx->spans) {
		snprintf(why, sizeof why,
			 "span %u does not exist: this exchange has 1..%u",
			 hello->span, vx->spans);
		peer_refuse(peer, why);
		return;
	}
	sd = vx->span[hello->span - 1];
	if (!sd) {
		snprintf(why, sizeof why, "span %u is not in service here",
			 hello->span);
		peer_refuse(peer, why);
	} else if (sd->peer) {
		snprintf(why, sizeof why,
			 "span %u is already taken by another gateway "
			 "(process %d)",
			 hello->span, (int)sd->peer->pid);
		peer_refuse(peer, why);
	} else {
		timer_stop(&peer->hello);
		span_attach(sd, peer);
	}
}

/* The gateway says nothing after its hello: whatever comes ends it. */
static void peer_lost(struct peer *peer, const char *why)
{
	if (peer->span)
		span_detach(peer->span, why);
	else
		peer_drop(peer);
}

static void peer_ready(void *arg, unsigned ready)
{
	struct peer *peer = arg;
	struct virtual_hello hello = { 0 };
	ssize_t len =
		recv(peer->fd, &hello, sizeof hello, MSG_DONTWAIT | MSG_TRUNC);

	if (len < 0 && (errno == EAGAIN || errno == EINTR) &&
	    !(ready & LOOP_ERR))
		return;
	if (len <= 0)
		peer_lost(peer, "the gateway has gone");
	else if (peer->span)
		peer_lost(peer, "the gateway breaks the protocol: it spoke "
				"after its hello");
	else
		take_hello(peer, &hello, len);
}

static void hello_late(void *arg)
{
	peer_refuse(arg, "no hello came");
}

static int peer_new(struct virtual_exchange *vx, int fd, struct peer **out)
{
	struct peer *peer = calloc(1, sizeof *peer);
	struct ucred who = { 0 };
	socklen_t len = sizeof who;

	if (!peer)
		return -ENOMEM;
	peer->vx = vx;
	peer->fd = fd;
	if (loop_fd_add(vx->loop, fd, LOOP_IN, peer_ready, peer, &peer->watch) <
	    0) {
		free(peer);
		return -ENOMEM;
	}
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len);
	peer->pid = who.pid;
	timer_init(&peer->hello, "hello", hello_late, peer);
	timer_start(loop_timers(vx->loop), &peer->hello, VIRTUAL_HELLO_MS);
	peer->next = vx->first;
	if (vx->first)
		vx->first->prev = peer;
	vx->first = peer;
	vx->peers++;
	*out = peer;
	return 0;
}

static void accepted(void *ctx, int fd)
{
	struct virtual_exchange *vx = ctx;
	struct peer *peer;

	if (peer_new(vx, fd, &peer) < 0) {
		log_event(EVENT_EXCHANGE_NO_MEMORY, "exchange",
			  "no memory for a gateway");
		close(fd);
	} else if (vx->peers > PEERS_MAX) {
		peer_refuse(peer, "too many connections at this exchange");
	}
}

int virtual_exchange_new(struct virtual_exchange **out, struct loop *loop,
			 const char *path, unsigned spans)
{
	struct unix_listen_config cfg = { .path = path,
					  .type = SOCK_SEQPACKET,
					  .backlog = BACKLOG,
					  .object = "exchange",
					  .accepted = accepted };
	struct virtual_exchange *vx;
	int err;

	if (spans < 1 || spans > VIRTUAL_SPANS_MAX)
		return -EINVAL;
	vx = calloc(1, sizeof *vx);
	if (!vx)
		return -ENOMEM;
	vx->loop = loop;
	vx->spans = spans;
	cfg.ctx = vx;
	err = unix_listen_new(&vx->listener, loop, &cfg);
	if (err < 0) {
		virtual_exchange_free(vx);
		return err;
	}
	*out = vx;
	return 0;
}

static void exchange_memory_free(void *arg)
{
	free(arg);
}

void virtual_exchange_free(struct virtual_exchange *vx)
{
	if (!vx)
		return;
	while (vx->first)
		peer_drop(vx->first);
	unix_listen_free(vx->listener);
	loop_defer(vx->loop, &vx->free_later, exchange_memory_free, vx);
}

static int frame_write(struct driver *drv, const uint8_t *frame, size_t len)
{
	struct span_driver *sd = (struct span_driver *)drv;

	if (!sd->peer)
		return -ENOTCONN;
	/* Lost on the line: the sender of a real one would not learn of it. */
	if (sd->cut || sd->alarms & (LINE_RED | LINE_BLUE))
		return 0;
	return virtual_dchannel_send(&sd->dchannel, frame, len);
}

static void driver_memory_free(void *arg)
{
	free(arg);
}

static void driver_free(struct driver *drv)
{
	struct span_driver *sd = (struct span_driver *)drv;

	sd->vx->span[sd->number - 1] = NULL;
	virtual_dchannel_close(&sd->dchannel);
	line_put(sd->line);
	sd->line = NULL;
	if (sd->peer)
		peer_drop(sd->peer);
	loop_defer(sd->vx->loop, &sd->free_later, driver_memory_free, sd);
}

static const struct driver_ops driver_ops = { frame_write, driver_free };

int virtual_exchange_driver_new(struct driver **out,
				struct virtual_exchange *vx, unsigned number,
				enum line_type line, const char *object,
				const struct driver_events *events, void *ctx)
{
	struct span_driver *sd;

	if (number < 1 || number > vx->spans)
		return -EINVAL;
	if (vx->span[number - 1])
		return -EEXIST;
	sd = calloc(1, sizeof *sd);
	if (!sd)
		return -ENOMEM;
	sd->drv.ops = &driver_ops;
	sd->vx = vx;
	sd->number = number;
	sd->line_type = line;
	sd->object = object;
	sd->events = events;
	sd->ctx = ctx;
	sd->dchannel = (struct virtual_dchannel){ .fd = -1,
						  .object = object,
						  .frame = dchannel_frame,
						  .gone = dchannel_gone,
						  .ctx = sd };
	vx->span[number - 1] = sd;
	*out = &sd->drv;
	return 0;
}

void virtual_exchange_alarm(struct driver *drv, unsigned alarms)
{
	struct span_driver *sd = (struct span_driver *)drv;

	sd->alarms = alarms;
	if (!sd->peer)
		return;
	atomic_store_explicit(&sd->line->no_signal,
			      (alarms & (LINE_RED | LINE_BLUE)) != 0,
			      memory_order_relaxed);
	if (!alarm_send(sd))
		span_detach(sd, "the gateway does not read its alarms");
}

void virtual_exchange_cut_dchannel(struct driver *drv, bool cut)
{
	((struct span_driver *)drv)->cut = cut;
}
