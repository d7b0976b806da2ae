/* Sends a file as one UDP datagram and prints what comes back.
 *
 *   tool_udp LOCAL-IP:PORT REMOTE-IP:PORT FILE WAIT-MS [TIMES]
 *
 * Port 0 is any. Prints "N answers" last; exit status 0 whatever came, 1 when
 * the datagram could not be sent. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool parse_address(const char *text, struct sockaddr_in *out)
{
	char ip[INET_ADDRSTRLEN + 1];
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : sizeof(ip);

	if (len >= sizeof(ip))
		return false;
	memcpy(ip, text, len);
	ip[len] = '\0';
	memset(out, 0, sizeof(*out));
	out->sin_family = AF_INET;
	out->sin_port = htons((uint16_t)atoi(colon + 1));
	return inet_pton(AF_INET, ip, &out->sin_addr) == 1;
}

static int read_file(const char *path, char *buf, size_t size, size_t *len)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		return -errno;
	*len = fread(buf, 1, size, file);
	fclose(file);
	return 0;
}

/* An unreachable port answers by ICMP, which the next call reports: that is
 * silence too. */
static unsigned print_answers(int fd, int wait_ms)
{
	int64_t end = now_ms() + wait_ms;
	unsigned answers = 0;
	char buf[65536];

	for (;;) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		int64_t left = end - now_ms();
		ssize_t got;

		if (left <= 0 || poll(&pfd, 1, (int)left) <= 0)
			return answers;
		got = recv(fd, buf, sizeof(buf), 0);
		if (got < 0)
			continue;
		answers++;
		fwrite(buf, 1, (size_t)got, stdout);
		putchar('\n');
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in local, remote;
	static char message[65507];
	size_t len = 0;
	int fd, times;

	if (argc < 5 || !parse_address(argv[1], &local) ||
	    !parse_address(argv[2], &remote)) {
		fprintf(stderr,
			"usage: %s LOCAL-IP:PORT REMOTE-IP:PORT FILE "
			"WAIT-MS [TIMES]\n",
			argv[0]);
		return 2;
	}
	if (read_file(argv[3], message, sizeof(message), &len) < 0) {
		perror(argv[3]);
		return 1;
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&local, sizeof(local)) < 0 ||
	    connect(fd, (struct sockaddr *)&remote, sizeof(remote)) < 0) {
		perror(argv[1]);
		return 1;
	}
	for (times = argc > 5 ? atoi(argv[5]) : 1; times > 0; times--) {
		if (send(fd, message, len, 0) < 0 && errno != ECONNREFUSED) {
			perror(argv[2]);
			return 1;
		}
	}
	printf("%u answers\n", print_answers(fd, atoi(argv[4])));
	close(fd);
	return 0;
}
