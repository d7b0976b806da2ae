#include "tests/fake_tdm.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct fake_tdm {
	int fd;
	struct fake_line *line; /* gone once media has closed it */
};

struct fake_line {
	struct tdm tdm;
	_Atomic bool held;
};

static void count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static int fake_read(struct tdm *tdm, struct tdm_block *block)
{
	struct fake_line *line = (struct fake_line *)tdm;
	ssize_t bytes;

	while (atomic_load(&line->held))
		usleep(1000);
	bytes = recv(tdm->fd, block, sizeof *block, 0);
	if (bytes == sizeof *block) {
		count(&tdm->counters.blocks_in);
		return 1;
	}
	return bytes < 0 && errno == EAGAIN ? 0 : -ENOTCONN;
}

static int fake_write(struct tdm *tdm, const struct tdm_block *block)
{
	if (send(tdm->fd, block, sizeof *block, MSG_NOSIGNAL) > 0) {
		count(&tdm->counters.blocks_out);
		return 0;
	}
	count(&tdm->counters.slips_out);
	return -errno;
}

static void fake_close(struct tdm *tdm)
{
	close(tdm->fd);
	free(tdm);
}

static const struct tdm_ops ops = {
	.read = fake_read,
	.write = fake_write,
	.close = fake_close,
};

int fake_tdm_new(struct fake_tdm **out, struct tdm **tdm)
{
	struct fake_tdm *fake = calloc(1, sizeof *fake);
	struct fake_line *line = calloc(1, sizeof *line);
	int pair[2];

	if (!fake || !line ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       0, pair) < 0) {
		free(fake);
		free(line);
		return -ENOMEM;
	}
	fake->fd = pair[0];
	fake->line = line;
	line->tdm.fd = pair[1];
	line->tdm.ops = &ops;
	*out = fake;
	*tdm = &line->tdm;
	return 0;
}

void fake_tdm_free(struct fake_tdm *fake)
{
	if (!fake)
		return;
	close(fake->fd);
	free(fake);
}

void fake_tdm_hold(struct fake_tdm *fake)
{
	atomic_store(&fake->line->held, true);
}

void fake_tdm_release(struct fake_tdm *fake)
{
	atomic_store(&fake->line->held, false);
}

int fake_tdm_send(struct fake_tdm *fake, const struct tdm_block *block)
{
	return send(fake->fd, block, sizeof *block, MSG_NOSIGNAL) < 0 ? -errno
								      : 0;
}

bool fake_tdm_receive(struct fake_tdm *fake, struct tdm_block *block,
		      int timeout_ms)
{
	struct pollfd pfd = { .fd = fake->fd, .events = POLLIN };

	return poll(&pfd, 1, timeout_ms) == 1 &&
	       recv(fake->fd, block, sizeof *block, 0) == sizeof *block;
}

bool fake_tdm_is_closed(struct fake_tdm *fake)
{
	struct tdm_block block;
	ssize_t bytes;

	do
		bytes = recv(fake->fd, &block, sizeof block, 0);
	while (bytes > 0);
	return bytes == 0 || errno != EAGAIN;
}
