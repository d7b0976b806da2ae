/* The client side of the control socket, apart from the server so that the
 * command `tollgate` links no event loop. */
#include "gateway/control.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX (64U << 20)
#define CONNECT_RETRY_MS 20

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Waits for `events`; false with errno, ETIMEDOUT after the deadline. */
static bool wait_for(int fd, short events, long long deadline_ms)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	long long left_ms;
	int n;

	do {
		left_ms = deadline_ms - now_ms();
		n = poll(&pfd, 1, left_ms > 0 ? (int)left_ms : 0);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0;
}

/* A Unix socket whose queue is full says EAGAIN and cannot be polled for. */
static int connect_until(int fd, const struct sockaddr_un *address,
			 long long deadline_ms)
{
	for (;;) {
		if (connect(fd, (const void *)address, sizeof *address) == 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -1;
		if (now_ms() >= deadline_ms) {
			errno = ETIMEDOUT;
			return -1;
		}
		poll(NULL, 0, CONNECT_RETRY_MS);
	}
}

static int send_line(int fd, const char *line, long long deadline_ms)
{
	char request[CONTROL_LINE_MAX + 1];
	size_t len = strlen(line), sent = 0;

	if (len > CONTROL_LINE_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(request, line, len);
	request[len++] = '\n';
	while (sent < len) {
		ssize_t n = send(fd, request + sent, len - sent, MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		/* A daemon with too many clients says so without reading. */
		else if (errno == EPIPE || errno == ECONNRESET)
			return 0;
		else if (errno != EAGAIN && errno != EINTR)
			return -1;
		else if (!wait_for(fd, POLLOUT, deadline_ms))
			return -1;
	}
	return 0;
}

/* Makes room for at least one more byte and the NUL. */
static bool grow(char **text, size_t *size, size_t len)
{
	char *more;

	if (len + 1 < *size)
		return true;
	if (*size >= ANSWER_MAX) {
		errno = EMSGSIZE;
		return false;
	}
	more = realloc(*text, *size ? *size * 2 : 4096);
	if (!more)
		return false;
	*size = *size ? *size * 2 : 4096;
	*text = more;
	return true;
}

static char *receive(int fd, long long deadline_ms)
{
	char *text = NULL;
	size_t size = 0, len = 0;

	for (;;) {
		ssize_t n;

		if (!grow(&text, &size, len) ||
		    !wait_for(fd, POLLIN, deadline_ms))
			break;
		n = recv(fd, text + len, size - 1 - len, 0);
		if (n > 0) {
			len += (size_t)n;
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			break;
		text[len] = '\0';
		if (len > 0 && !memchr(text, '\0', len))
			return text;
		errno = EPROTO;
		break;
	}
	free(text);
	return NULL;
}

char *control_ask(const char *path, const char *line, int timeout_ms)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	long long deadline_ms = now_ms() + timeout_ms;
	char *answer = NULL;
	int fd, saved;

	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	if (connect_until(fd, &address, deadline_ms) == 0 &&
	    send_line(fd, line, deadline_ms) == 0)
		answer = receive(fd, deadline_ms);
	saved = errno;
	close(fd);
	errno = saved;
	return answer;
}
