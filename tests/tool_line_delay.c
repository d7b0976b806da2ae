/* How long a gateway takes from RTP to the line of a DAHDI span and back,
 * heard on the line itself: by two spans that are wire taps (see
 * tests/dahdi-vm/spans).
 *
 *   tool_line_delay IP FIRST-PORT COUNT TO-LINE FROM-LINE SECONDS
 *
 * Telephone n is at FIRST-PORT + 4 n and begins to talk, 20 ms packets of
 * A-law, when the first packet comes, to whom that came from; their phases are
 * spread over the 20 ms. TO-LINE is the first channel of the tap that hears
 * what the gateway sends, FROM-LINE that of the one that hears what the
 * exchange sends, which has been called at its echo number. After SECONDS a
 * line of JSON tells the delays.
 *
 * A packet in 25 begins with a mark that names its telephone. The line is a
 * clock: octet n of a tap was on it n / 8000 s after the first, and the read
 * that came soonest after its last octet says when that was. So it does not
 * matter how late all others are.
 *
 *   to the line   packet sent until its first octet is on the line
 *   to RTP        first octet of the packet on the line until it comes
 */
#include "gateway/clock.h"
#include "media/rtp.h"
#include "tests/arrival.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <dahdi/user.h>

#define TIMESLOTS 31
#define D_CHANNEL 16
#define PORT_STEP 4
#define PHONES_MAX 64
#define PAYLOAD 160
#define PAYLOAD_TYPE 8
#define PACKET_NS (20 * NS_PER_MS)
#define OCTET_NS 125000
#define MARK 0x2a
#define NUMBER 0x40 /* the next octet is this + the telephone's number */
#define MARK_PACKETS 25
#define MARKS_MAX 256 /* of a telephone */
/* 2 ms each: small, so that some are read at once; 64 ms of them. */
#define TAP_BYTES 16
#define TAP_BUFFERS 32

struct tap {
	int fd;
	uint64_t octets;
	uint64_t start_ns; /* of octet 0 on the line; the least that was seen */
	uint8_t last;
};

struct mark {
	uint64_t sent_ns, came_ns;
	const struct tap *tap[2];
	uint64_t octet[2]; /* of the line: there and back */
	unsigned at;	   /* octet of the packet it came in */
};

struct phone {
	int fd;
	bool talks;
	struct rtp_header next;
	uint64_t due_ns;
	unsigned sent, marks;
	struct mark mark[MARKS_MAX];
};

static struct phone phones[PHONES_MAX];
static struct tap taps[2][TIMESLOTS];
static uint8_t voice[PAYLOAD];
static unsigned count, overruns;

static void die(const char *what)
{
	fprintf(stderr, "tool_line_delay: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void tap_open(struct tap *tap, int channel)
{
	struct dahdi_bufferinfo info = {
		.txbufpolicy = DAHDI_POLICY_IMMEDIATE,
		.rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
		.numbufs = TAP_BUFFERS,
		.bufsize = TAP_BYTES,
	};
	int on = 1;

	tap->start_ns = UINT64_MAX;
	tap->fd = open("/dev/dahdi/channel", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd < 0)
		die("/dev/dahdi/channel");
	if (ioctl(tap->fd, DAHDI_SPECIFY, &channel) != 0)
		die("DAHDI_SPECIFY");
	if (ioctl(tap->fd, DAHDI_SET_BUFINFO, &info) != 0)
		die("DAHDI_SET_BUFINFO");
	ioctl(tap->fd, DAHDI_BUFFER_EVENTS, &on);
}

/* Opening all takes longer than the first can hold. */
static void taps_flush(void)
{
	int what = DAHDI_FLUSH_ALL;

	for (int way = 0; way < 2; way++)
		for (int t = 0; t < TIMESLOTS; t++)
			if (t + 1 != D_CHANNEL)
				ioctl(taps[way][t].fd, DAHDI_FLUSH, &what);
}

/* The last mark of this telephone that has not been heard on this way. */
static void heard_number(struct tap *tap, int way, unsigned number)
{
	struct mark *mark;

	if (number >= count || !phones[number].marks)
		return;
	mark = &phones[number].mark[phones[number].marks - 1];
	if (mark->tap[way])
		return;
	mark->tap[way] = tap;
	mark->octet[way] = tap->octets - 1;
}

/* Events of the line are of no interest, but octets lost spoil the clock. */
static void take_events(struct tap *tap)
{
	int event;

	while (ioctl(tap->fd, DAHDI_GETEVENT, &event) == 0 &&
	       event != DAHDI_EVENT_NONE)
		overruns += event == DAHDI_EVENT_READ_OVERRUN;
}

static void tap_read(struct tap *tap, int way)
{
	uint8_t in[TAP_BYTES];

	for (;;) {
		ssize_t got = read(tap->fd, in, sizeof in);
		uint64_t start_ns;

		if (got <= 0 && errno != EAGAIN)
			take_events(tap);
		if (got <= 0)
			return;
		for (ssize_t i = 0; i < got; i++) {
			if (tap->last == MARK)
				heard_number(tap, way, in[i] - NUMBER);
			tap->last = in[i];
			tap->octets++;
		}
		start_ns = clock_now_ns() - tap->octets * OCTET_NS;
		if (start_ns < tap->start_ns)
			tap->start_ns = start_ns;
	}
}

static void read_taps(void)
{
	for (int way = 0; way < 2; way++)
		for (int t = 0; t < TIMESLOTS; t++)
			if (t + 1 != D_CHANNEL)
				tap_read(&taps[way][t], way);
}

static void take(struct phone *phone, const uint8_t *datagram, size_t bytes,
		 uint64_t came_ns)
{
	struct mark *mark = &phone->mark[phone->marks - 1];
	struct rtp_packet packet;
	const uint8_t *at;

	if (!phone->marks || mark->came_ns ||
	    rtp_parse(&packet, datagram, bytes) < 0)
		return;
	at = memchr(packet.payload, MARK, packet.payload_bytes);
	if (!at)
		return;
	mark->came_ns = came_ns;
	mark->at = (unsigned)(at - packet.payload);
}

static void begin_to_talk(struct phone *phone, const struct sockaddr_in *to)
{
	unsigned number = (unsigned)(phone - phones);

	if (connect(phone->fd, (const struct sockaddr *)to, sizeof *to) < 0 ||
	    getrandom(&phone->next, sizeof phone->next, 0) < 0)
		die("telephone");
	phone->next.payload_type = PAYLOAD_TYPE;
	phone->talks = true;
	phone->due_ns = (clock_now_ns() / PACKET_NS + 1) * PACKET_NS +
			number * PACKET_NS / count;
}

static void receive_all(struct phone *phone)
{
	uint8_t datagram[2048];
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(sizeof(struct timespec))];
	struct sockaddr_in from;

	for (;;) {
		struct iovec iov = { datagram, sizeof datagram };
		struct msghdr msg = { .msg_name = &from,
				      .msg_namelen = sizeof from,
				      .msg_iov = &iov,
				      .msg_iovlen = 1,
				      .msg_control = control,
				      .msg_controllen = sizeof control };
		ssize_t bytes = recvmsg(phone->fd, &msg, 0);

		if (bytes < 0)
			return;
		if (!phone->talks)
			begin_to_talk(phone, &from);
		take(phone, datagram, (size_t)bytes, arrival_ns(&msg));
	}
}

static void talk(struct phone *phone)
{
	uint8_t datagram[RTP_HEADER_BYTES + PAYLOAD];

	rtp_build_header(datagram, &phone->next);
	memcpy(datagram + RTP_HEADER_BYTES, voice, PAYLOAD);
	if (++phone->sent % MARK_PACKETS == 0 && phone->marks < MARKS_MAX) {
		datagram[RTP_HEADER_BYTES] = MARK;
		datagram[RTP_HEADER_BYTES + 1] =
			(uint8_t)(NUMBER + (phone - phones));
		phone->mark[phone->marks++] =
			(struct mark){ .sent_ns = clock_now_ns() };
	}
	phone->next.seq++;
	phone->next.timestamp += PAYLOAD;
	phone->due_ns += PACKET_NS;
	if (send(phone->fd, datagram, sizeof datagram, 0) < 0)
		die("send");
}

static void run(uint64_t end_ns)
{
	uint64_t now_ns;

	while ((now_ns = clock_now_ns()) < end_ns) {
		struct pollfd tap = { .fd = taps[0][0].fd, .events = POLLIN };

		poll(&tap, 1, 1);
		read_taps();
		for (unsigned n = 0; n < count; n++) {
			receive_all(&phones[n]);
			if (phones[n].talks &&
			    clock_now_ns() >= phones[n].due_ns)
				talk(&phones[n]);
		}
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double line_ns(const struct mark *mark, int way)
{
	return (double)mark->tap[way]->start_ns +
	       (double)mark->octet[way] * OCTET_NS;
}

static void print_delays(const char *name, double *ms, unsigned n)
{
	qsort(ms, n, sizeof *ms, by_value);
	printf("\"%s_p50_ms\":%.2f,\"%s_p99_ms\":%.2f,", name,
	       n ? ms[n / 2] : -1, name, n ? ms[n * 99 / 100] : -1);
}

static void report(void)
{
	static double to_line_ms[PHONES_MAX * MARKS_MAX];
	static double to_rtp_ms[PHONES_MAX * MARKS_MAX];
	unsigned sent = 0, n = 0;

	for (struct phone *p = phones; p < phones + count; p++) {
		sent += p->marks;
		for (struct mark *m = p->mark; m < p->mark + p->marks; m++) {
			if (!m->tap[0] || !m->tap[1] || !m->came_ns)
				continue;
			to_line_ms[n] =
				(line_ns(m, 0) - (double)m->sent_ns) / 1e6;
			to_rtp_ms[n++] = ((double)m->came_ns - line_ns(m, 1) +
					  (double)m->at * OCTET_NS) /
					 1e6;
		}
	}
	putchar('{');
	print_delays("to_line", to_line_ms, n);
	print_delays("to_rtp", to_rtp_ms, n);
	printf("\"marks\":%u,\"came\":%u,\"tap_overruns\":%u}\n", sent, n,
	       overruns);
}

static void open_phone(struct phone *phone, struct sockaddr_in *at)
{
	int one = 1;

	phone->fd =
		socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (phone->fd < 0 ||
	    setsockopt(phone->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one,
		       sizeof one) < 0 ||
	    bind(phone->fd, (struct sockaddr *)at, sizeof *at) < 0)
		die("socket");
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };

	count = argc == 7 ? (unsigned)atoi(argv[3]) : 0;
	if (!count || count > PHONES_MAX ||
	    inet_pton(AF_INET, argv[1], &at.sin_addr) != 1) {
		fputs("usage: tool_line_delay IP FIRST-PORT COUNT TO-LINE "
		      "FROM-LINE SECONDS\n",
		      stderr);
		return 2;
	}
	for (unsigned n = 0; n < count; n++) {
		at.sin_port =
			htons((uint16_t)(atoi(argv[2]) + PORT_STEP * (int)n));
		open_phone(&phones[n], &at);
	}
	for (unsigned i = 0; i < PAYLOAD; i++)
		voice[i] = (uint8_t)(i * 37) == MARK ? 0xd5 : (uint8_t)(i * 37);
	for (int way = 0; way < 2; way++)
		for (int t = 0; t < TIMESLOTS; t++)
			if (t + 1 != D_CHANNEL)
				tap_open(&taps[way][t],
					 atoi(argv[4 + way]) + t);
	taps_flush();
	run(clock_now_ns() + (uint64_t)(atof(argv[6]) * (double)NS_PER_S));
	report();
	return 0;
}
