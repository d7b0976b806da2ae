/* A service manager's ear: listens where NOTIFY_SOCKET points and prints what
 * it is told, one line a message, with the time in ms since it began.
 *
 *   tool_notify SOCKET
 *
 * Ends by SIGTERM. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	long long start_ms = now_ms();
	char text[512];
	ssize_t len;
	int fd;

	if (argc != 2 || strlen(argv[1]) >= sizeof at.sun_path) {
		fputs("usage: tool_notify SOCKET\n", stderr);
		return 1;
	}
	strcpy(at.sun_path, argv[1]);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) < 0) {
		perror(argv[1]);
		return 1;
	}
	while ((len = recv(fd, text, sizeof text - 1, 0)) >= 0) {
		text[len] = '\0';
		for (char *c = text; (c = strchr(c, '\n'));)
			*c = ' ';
		printf("%lld %s\n", now_ms() - start_ms, text);
		fflush(stdout);
	}
	perror("recv");
	return 1;
}
