/* A syslogd that can be stopped.
 *
 *   tool_syslogd SOCKET
 *
 * Binds the datagram socket and takes nothing before SIGUSR1, and nothing again
 * after the next one. What it takes goes to stdout, a line each. SIGTERM ends
 * it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static volatile sig_atomic_t reads, ends;

static void on_signal(int signo)
{
	if (signo == SIGUSR1)
		reads = !reads;
	else
		ends = 1;
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	perror(path);
	return -1;
}

static void take(int fd)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	char line[8192];
	ssize_t len;

	if (poll(&readable, 1, 100) <= 0)
		return;
	len = read(fd, line, sizeof line);
	if (len < 0)
		return;
	fwrite(line, 1, (size_t)len, stdout);
	putchar('\n');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? listen_at(argv[1]) : -1;

	if (fd < 0)
		return 1;
	signal(SIGUSR1, on_signal);
	signal(SIGTERM, on_signal);
	while (!ends) {
		if (reads)
			take(fd);
		else
			usleep(20000);
	}
	unlink(argv[1]);
	return 0;
}
