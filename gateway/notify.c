#include "gateway/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define US_PER_MS 1000

struct notify {
	int fd; /* -1: there is no service manager */
	struct sockaddr_un to;
	socklen_t to_len;
	uint32_t watchdog_ms;
};

/* The watchdog may be meant for the process that started us, a shell say. */
static uint32_t watchdog_asked_ms(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	unsigned long long ms;

	if (!us || (pid && *pid && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	ms = strtoull(us, NULL, 10) / US_PER_MS;
	return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

static int connect_to(struct notify *n, const char *path)
{
	size_t len = strlen(path);

	/* "@" stands for the NUL that an abstract address begins with. */
	if ((*path != '/' && *path != '@') || len >= sizeof n->to.sun_path)
		return -EINVAL;
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, path, len);
	if (*path == '@')
		n->to.sun_path[0] = '\0';
	n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return n->fd < 0 ? -errno : 0;
}

int notify_new(struct notify **out)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct notify *n = calloc(1, sizeof *n);
	int err = 0;

	if (!n)
		return -ENOMEM;
	n->fd = -1;
	if (path && *path) {
		n->watchdog_ms = watchdog_asked_ms();
		err = connect_to(n, path);
	}
	if (err < 0) {
		notify_free(n);
		return err;
	}
	*out = n;
	return 0;
}

void notify_free(struct notify *n)
{
	if (!n)
		return;
	if (n->fd >= 0)
		close(n->fd);
	free(n);
}

uint32_t notify_watchdog_ms(const struct notify *n)
{
	return n->watchdog_ms;
}

int notify_send(const struct notify *n, const char *text)
{
	if (n->fd < 0)
		return 0;
	if (sendto(n->fd, text, strlen(text), MSG_NOSIGNAL,
		   (const struct sockaddr *)&n->to, n->to_len) < 0)
		return -errno;
	return 0;
}
