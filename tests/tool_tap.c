/* Writes what two D channels carry into a capture file, as a wire tap does that
 * only listens: one DAHDI channel hears what the user side of a line sends, the
 * other one what the network side sends.
 *
 *   tool_tap FILE USER-CHANNEL NETWORK-CHANNEL
 *
 * The file is libpcap's, of link type LINUX_LAPD: each frame begins with a
 * header that says who sent it, which Q.921 needs to tell commands from
 * responses. SIGTERM ends it; then it prints how many frames came from each
 * and how many of them were spoilt on the wire.
 */
#include <arpa/inet.h>
#include <dahdi/user.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define ENDS 2
#define FCS_BYTES 2
#define FRAME_MAX 1024
#define BUFFERS 32
#define LINKTYPE_LINUX_LAPD 177
#define ARPHRD_LAPD 8445
#define ETH_P_LAPD 0x0030
/* We, who send the frame, are who the address says. */
#define PACKET_OUTGOING 4
#define LOOK_EVERY_MS 200

/* The error of a channel with an event to be fetched first (kernel.h). */
#define ELAST 500

struct end {
	int fd;
	bool network;
	unsigned long long frames, spoilt;
};

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	int32_t zone;
	uint32_t accuracy, length_max, link_type;
};

struct record_header {
	uint32_t seconds, microseconds, length, length_on_wire;
};

/* As of a Linux "cooked" socket; the address' first octet is 1 for what the
 * network sends. */
struct lapd_header {
	uint16_t packet_type, hardware, address_length;
	uint8_t address[8];
	uint16_t protocol;
};

static volatile sig_atomic_t ended;

static void on_signal(int signo)
{
	(void)signo;
	ended = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "tool_tap: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int open_channel(int channel)
{
	int fd = open("/dev/dahdi/channel", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct dahdi_bufferinfo buffers = {
		.txbufpolicy = DAHDI_POLICY_IMMEDIATE,
		.rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
		.numbufs = BUFFERS,
		.bufsize = FRAME_MAX,
	};

	if (fd < 0)
		die("/dev/dahdi/channel");
	if (ioctl(fd, DAHDI_SPECIFY, &channel) < 0)
		die("DAHDI_SPECIFY");
	if (ioctl(fd, DAHDI_SET_BUFINFO, &buffers) < 0)
		die("DAHDI_SET_BUFINFO");
	return fd;
}

static void put(FILE *file, const void *what, size_t bytes)
{
	if (fwrite(what, bytes, 1, file) != 1)
		die("cannot write");
}

static void put_file_header(FILE *file)
{
	struct file_header header = {
		.magic = 0xa1b2c3d4,
		.major = 2,
		.minor = 4,
		.length_max = sizeof(struct lapd_header) + FRAME_MAX,
		.link_type = LINKTYPE_LINUX_LAPD,
	};

	put(file, &header, sizeof header);
}

static void put_frame(FILE *file, const struct end *end, const uint8_t *frame,
		      size_t bytes)
{
	struct lapd_header lapd = {
		.packet_type = htons(PACKET_OUTGOING),
		.hardware = htons(ARPHRD_LAPD),
		.address_length = htons(1),
		.address = { end->network },
		.protocol = htons(ETH_P_LAPD),
	};
	struct record_header record;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	record = (struct record_header){
		.seconds = (uint32_t)now.tv_sec,
		.microseconds = (uint32_t)(now.tv_nsec / 1000),
		.length = (uint32_t)(sizeof lapd + bytes),
		.length_on_wire = (uint32_t)(sizeof lapd + bytes),
	};
	put(file, &record, sizeof record);
	put(file, &lapd, sizeof lapd);
	put(file, frame, bytes);
}

/* A line that nobody has opened yet is all ones, which is no frame cut short.
 * Nobody writes here: to run out of octets is normal. */
static void take_events(struct end *end)
{
	int event = DAHDI_EVENT_NONE;

	while (ioctl(end->fd, DAHDI_GETEVENT, &event) == 0 &&
	       event != DAHDI_EVENT_NONE)
		if (end->frames && (event == DAHDI_EVENT_ABORT ||
				    event == DAHDI_EVENT_BADFCS ||
				    event == DAHDI_EVENT_OVERRUN ||
				    event == DAHDI_EVENT_READ_OVERRUN))
			end->spoilt++;
}

static void take(struct end *end, FILE *file)
{
	uint8_t frame[FRAME_MAX];

	for (;;) {
		ssize_t bytes = read(end->fd, frame, sizeof frame);

		if (bytes > FCS_BYTES) {
			put_frame(file, end, frame, (size_t)bytes - FCS_BYTES);
			end->frames++;
		} else if (bytes >= 0) {
			end->spoilt++;
		} else if (errno == ELAST) {
			take_events(end);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR) {
			die("read");
		}
	}
}

static void run(struct end ends[ENDS], FILE *file)
{
	while (!ended) {
		struct pollfd fds[ENDS];

		for (int i = 0; i < ENDS; i++)
			fds[i] = (struct pollfd){ .fd = ends[i].fd,
						  .events = POLLIN | POLLPRI };
		if (poll(fds, ENDS, LOOK_EVERY_MS) < 0 && errno != EINTR)
			die("poll");
		for (int i = 0; i < ENDS; i++)
			take(&ends[i], file);
	}
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct end ends[ENDS];
	FILE *file;

	if (argc != 4) {
		fputs("usage: tool_tap FILE USER-CHANNEL NETWORK-CHANNEL\n",
		      stderr);
		return 2;
	}
	sigaction(SIGTERM, &act, NULL);
	for (int i = 0; i < ENDS; i++)
		ends[i] = (struct end){ .fd = open_channel(atoi(argv[2 + i])),
					.network = i == 1 };
	file = fopen(argv[1], "wb");
	if (!file)
		die(argv[1]);
	put_file_header(file);
	run(ends, file);
	if (fclose(file) != 0)
		die("cannot write");
	printf("{\"from_user\":%llu,\"from_network\":%llu,\"spoilt\":%llu}\n",
	       ends[0].frames, ends[1].frames, ends[0].spoilt + ends[1].spoilt);
	return 0;
}
