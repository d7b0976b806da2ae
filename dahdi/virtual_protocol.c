#include "dahdi/virtual_protocol.h"

#include "gateway/event.h"
#include "gateway/log.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bounds the work of one wake-up: a peer that floods gets its turn, no more. */
#define MESSAGES_PER_CALL 64

int virtual_address(struct sockaddr_un *addr, const char *path)
{
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof addr->sun_path)
		return -ENAMETOOLONG;
	strcpy(addr->sun_path, path);
	return 0;
}

static void count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* ENOBUFS: the kernel's memory, not the peer's queue; waiting helps too. */
static bool is_full(int err)
{
	return err == EAGAIN || err == EWOULDBLOCK || err == ENOBUFS;
}

int virtual_tdm_send(struct virtual_tdm_end *end, uint32_t flags,
		     const struct tdm_block *block)
{
	struct virtual_tdm msg = { .sequence = end->out_sequence++,
				   .flags = flags,
				   .block = *block };

	if (send(end->fd, &msg, sizeof msg, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)sizeof msg) {
		count(&end->counters->blocks_out, 1);
		return 0;
	}
	if (!is_full(errno) && errno != EINTR)
		return -ENOTCONN;
	count(&end->counters->slips_out, 1);
	return 0;
}

/* A gap is seen with the first block behind it. The numbers wrap after 497
 * days; the arithmetic does not mind. */
static void check_sequence(struct virtual_tdm_end *end, uint32_t sequence)
{
	uint32_t gap = sequence - end->in_sequence;

	/* A step back is no loss of 2^32 blocks but one fault of the peer. */
	if (end->in_started && gap)
		count(&end->counters->slips_in, gap > INT32_MAX ? 1 : gap);
	end->in_started = true;
	end->in_sequence = sequence + 1;
}

int virtual_tdm_receive(struct virtual_tdm_end *end, struct virtual_tdm *msg)
{
	for (int i = 0; i < MESSAGES_PER_CALL; i++) {
		ssize_t len = recv(end->fd, msg, sizeof *msg,
				   MSG_DONTWAIT | MSG_TRUNC);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return is_full(errno) ? 0 : -ENOTCONN;
		if (len == 0) /* end of file, or as good as it */
			return -ENOTCONN;
		if (len == (ssize_t)sizeof *msg) {
			check_sequence(end, msg->sequence);
			return 1;
		}
		count(&end->counters->malformed, 1);
	}
	return 0;
}

static void drop_oversize(struct virtual_dchannel *dc, ssize_t len)
{
	dc->oversize++;
	log_event(EVENT_DCHANNEL_TOO_LONG, dc->object,
		  "bytes=%zd count=%llu D-channel frame of %zd bytes dropped: "
		  "%d is the longest allowed (%llu dropped so far)",
		  len, (unsigned long long)dc->oversize, len,
		  DCHANNEL_FRAME_MAX, (unsigned long long)dc->oversize);
}

static void dchannel_lost(struct virtual_dchannel *dc)
{
	virtual_dchannel_close(dc);
	dc->gone(dc->ctx);
}

static void dchannel_ready(void *arg, unsigned ready)
{
	struct virtual_dchannel *dc = arg;
	uint8_t frame[DCHANNEL_FRAME_MAX];

	for (int i = 0; i < MESSAGES_PER_CALL && dc->fd >= 0; i++) {
		ssize_t len = recv(dc->fd, frame, sizeof frame,
				   MSG_DONTWAIT | MSG_TRUNC);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && is_full(errno))
			break;
		if (len <= 0) {
			dchannel_lost(dc);
			return;
		}
		if (len > (ssize_t)sizeof frame)
			drop_oversize(dc, len);
		else
			dc->frame(dc->ctx, frame, (size_t)len);
	}
	/* Off the loop already: what is still unread will never be told. */
	if (dc->fd >= 0 && (ready & LOOP_ERR))
		dchannel_lost(dc);
}

int virtual_dchannel_open(struct virtual_dchannel *dc, struct loop *loop,
			  int fd)
{
	int err =
		loop_fd_add(loop, fd, LOOP_IN, dchannel_ready, dc, &dc->watch);

	if (err < 0) {
		close(fd);
		dc->fd = -1;
		return err;
	}
	dc->fd = fd;
	return 0;
}

void virtual_dchannel_close(struct virtual_dchannel *dc)
{
	loop_fd_del(dc->watch);
	dc->watch = NULL;
	if (dc->fd >= 0)
		close(dc->fd);
	dc->fd = -1;
}

int virtual_dchannel_send(struct virtual_dchannel *dc, const uint8_t *frame,
			  size_t len)
{
	if (dc->fd < 0)
		return -ENOTCONN;
	if (len == 0 || len > DCHANNEL_FRAME_MAX)
		return -EMSGSIZE;
	if (send(dc->fd, frame, len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)len)
		return 0;
	return is_full(errno) || errno == EINTR ? -EAGAIN : -ENOTCONN;
}
