/* Hundreds of telephones that talk and listen: RTP both ways on a range of
 * ports, counted, and the delay through the gateway each way.
 *
 *   tool_rtp_load IP FIRST-PORT COUNT [compare|echo]
 *
 * Telephone n is at FIRST-PORT + 4 n, where SIPp's [auto_media_port] puts the
 * n-th call. It begins to talk, 20 ms packets of G.711, when the first packet
 * comes, to whom that came from; a telephone that is refused falls silent until
 * it is talked to again. On SIGUSR1 a line of JSON tells what happened since
 * the last one; SIGTERM ends it.
 *
 * One thread sweeps a fifth of the sockets every 4 ms, so nothing of it is
 * woken by a packet, which would be charged to who sent it.
 *
 * The delay: a packet a second begins with a mark, a code that is nowhere else.
 * The exchange, called at its echo number, returns it in the block that it
 * writes at the tick at which it plays the one it heard, and ticks on whole
 * 10 ms of CLOCK_MONOTONIC. A packet leaves the gateway just after the tick of
 * its last block, so the place of the mark in it says at which tick it was on
 * the line.
 *
 *   to the line   packet sent until its first sample is on the line
 *   to RTP        first sample of the packet on the line until it comes
 *
 * With `compare` each says a sequence of its own instead and compares what
 * comes back with it, octet by octet; SIGUSR1 lets each begin a new one. With
 * `echo` each returns what it hears, packet by packet.
 */
#include "gateway/clock.h"
#include "media/rtp.h"
#include "tests/arrival.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT_STEP 4
#define SLICES 5
#define SLICE_NS (4 * NS_PER_MS)
#define PAYLOAD 160
#define PAYLOAD_TYPE 8
#define BLOCK 80
#define BLOCK_NS (10 * NS_PER_MS)
#define SAMPLE_NS 125000
#define MARK 0x2a
#define MARK_PACKETS 50
#define LATE_NS (20 * NS_PER_MS)
#define BIN_NS 50000
#define BINS 10000 /* 0.5 s */

enum mode { MODE_DELAY, MODE_COMPARE, MODE_ECHO };

/* Four octets that nothing else sends and that name the telephone and how many
 * sequences it had before, then a sequence that goes on from there: one octet
 * lost, inserted or crossed makes all that follow differ. */
struct sequence {
	uint32_t start, state;
	uint64_t octets;
};

struct stream {
	int fd;
	bool talks;
	struct sequence said, due;
	uint32_t last_octets; /* while the start is looked for */
	bool found;
	uint64_t wrong;
	struct rtp_header next;
	unsigned sent;
	uint64_t mark_ns; /* when the last mark was sent; 0: it came back */

	bool heard;
	uint32_t ssrc;
	uint16_t last_seq;
};

struct window {
	uint64_t start_ns;
	unsigned long long sent, received, lost, refused, late_slices;
	unsigned marks, marks_lost;
	unsigned to_line[BINS], to_rtp[BINS];
};

static enum mode mode;
static struct window window;
static uint8_t voice[PAYLOAD];
static volatile sig_atomic_t told, ended;

static void on_signal(int signo)
{
	if (signo == SIGUSR1)
		told = 1;
	else
		ended = 1;
}

static void sequences_begin(struct stream *streams, unsigned count)
{
	static uint8_t round;

	round++;
	for (unsigned i = 0; i < count; i++) {
		struct sequence from = { .start = 0xa5000000u | i << 8 | round,
					 .state = i << 8 | round };

		streams[i].said = streams[i].due = from;
		streams[i].found = false;
		streams[i].last_octets = 0;
		streams[i].wrong = 0;
	}
}

static uint8_t sequence_next(struct sequence *seq)
{
	if (seq->octets++ < 4)
		return (uint8_t)(seq->start >> (32 - 8 * seq->octets));
	seq->state = seq->state * 1664525 + 1013904223;
	return (uint8_t)(seq->state >> 24);
}

static void compare(struct stream *s, uint8_t octet)
{
	if (s->found) {
		s->wrong += octet != sequence_next(&s->due);
		return;
	}
	s->last_octets = s->last_octets << 8 | octet;
	s->found = s->last_octets == s->due.start;
	s->due.octets = 4;
}

/* The least that one of them has compared is what tells of all. */
static void tell_compared(const struct stream *streams, unsigned count)
{
	uint64_t least = UINT64_MAX, wrong = 0;
	unsigned exact = 0;

	for (const struct stream *s = streams; s < streams + count; s++) {
		uint64_t octets = s->found ? s->due.octets : 0;

		exact += s->found && !s->wrong;
		wrong += s->wrong;
		if (octets < least)
			least = octets;
	}
	printf("{\"exact\":%u,\"wrong_octets\":%ju,\"least_octets\":%ju,"
	       "\"lost\":%llu,\"refused\":%llu,\"late_slices\":%llu}\n",
	       exact, wrong, least, window.lost, window.refused,
	       window.late_slices);
}

static void put(unsigned *bins, int64_t ns)
{
	int64_t bin = ns / BIN_NS;

	if (bin < 0)
		bin = 0;
	bins[bin < BINS ? bin : BINS - 1]++;
}

static double percentile_ms(const unsigned *bins, unsigned percent)
{
	unsigned long long total = 0, sum = 0;
	unsigned i;

	for (i = 0; i < BINS; i++)
		total += bins[i];
	for (i = 0; i < BINS - 1; i++) {
		sum += bins[i];
		if (sum && sum * 100 >= total * percent)
			break;
	}
	return total ? (i + 0.5) * BIN_NS / 1e6 : 0;
}

static void tell_delay(const struct stream *streams, unsigned count)
{
	double seconds = (double)(clock_now_ns() - window.start_ns) / 1e9;
	unsigned talking = 0;

	for (unsigned i = 0; i < count; i++)
		talking += streams[i].talks;
	printf("{\"talking\":%u,\"sent_per_s\":%.0f,\"received_per_s\":%.0f,"
	       "\"lost\":%llu,"
	       "\"refused\":%llu,\"late_slices\":%llu,\"marks\":%u,"
	       "\"marks_lost\":%u,"
	       "\"to_line_p50_ms\":%.2f,\"to_line_p99_ms\":%.2f,"
	       "\"to_rtp_p50_ms\":%.2f,\"to_rtp_p99_ms\":%.2f}\n",
	       talking, (double)window.sent / seconds,
	       (double)window.received / seconds, window.lost, window.refused,
	       window.late_slices, window.marks, window.marks_lost,
	       percentile_ms(window.to_line, 50),
	       percentile_ms(window.to_line, 99),
	       percentile_ms(window.to_rtp, 50),
	       percentile_ms(window.to_rtp, 99));
}

static void tell(struct stream *streams, unsigned count)
{
	if (mode == MODE_COMPARE)
		tell_compared(streams, count);
	else
		tell_delay(streams, count);
	sequences_begin(streams, count);
	fflush(stdout);
	window = (struct window){ .start_ns = clock_now_ns() };
}

static void heard_mark(struct stream *s, unsigned at, uint64_t came_ns)
{
	uint64_t last_tick_ns = came_ns / BLOCK_NS * BLOCK_NS;
	uint64_t tick_ns =
		at < PAYLOAD - BLOCK ? last_tick_ns - BLOCK_NS : last_tick_ns;
	uint64_t line_ns = tick_ns + at % BLOCK * SAMPLE_NS;

	if (!s->mark_ns)
		return;
	window.marks++;
	put(window.to_line, (int64_t)(line_ns - s->mark_ns));
	/* A block holds the 10 ms before its tick. */
	put(window.to_rtp, (int64_t)(came_ns - (last_tick_ns - 2 * BLOCK_NS)));
	s->mark_ns = 0;
}

static void take(struct stream *s, const uint8_t *datagram, size_t bytes,
		 uint64_t came_ns)
{
	struct rtp_packet packet;
	const uint8_t *mark;
	uint16_t step;

	if (rtp_parse(&packet, datagram, bytes) < 0)
		return;
	window.received++;
	step = (uint16_t)(packet.header.seq - s->last_seq);
	if (s->heard && s->ssrc == packet.header.ssrc && step < 1000)
		window.lost += step - 1u;
	s->heard = true;
	s->ssrc = packet.header.ssrc;
	s->last_seq = packet.header.seq;
	for (size_t i = 0; mode == MODE_COMPARE && i < packet.payload_bytes;
	     i++)
		compare(s, packet.payload[i]);
	mark = mode == MODE_DELAY && packet.payload_bytes == PAYLOAD
		       ? memchr(packet.payload, MARK, PAYLOAD)
		       : NULL;
	if (mark)
		heard_mark(s, (unsigned)(mark - packet.payload), came_ns);
}

static void fall_silent(struct stream *s)
{
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	window.refused++;
	s->talks = s->heard = false;
	s->mark_ns = 0;
	connect(s->fd, &nobody, sizeof nobody);
}

static void begin_to_talk(struct stream *s, const struct sockaddr_in *to)
{
	if (connect(s->fd, (const struct sockaddr *)to, sizeof *to) < 0 ||
	    getrandom(&s->next, sizeof s->next, 0) < 0)
		return;
	s->next.payload_type = PAYLOAD_TYPE;
	s->next.marker = true;
	s->talks = true;
}

static void receive_all(struct stream *s)
{
	uint8_t datagram[2048];
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(sizeof(struct timespec))];
	struct sockaddr_in from;
	ssize_t bytes;

	for (;;) {
		struct iovec iov = { datagram, sizeof datagram };
		struct msghdr msg = { .msg_name = &from,
				      .msg_namelen = sizeof from,
				      .msg_iov = &iov,
				      .msg_iovlen = 1,
				      .msg_control = control,
				      .msg_controllen = sizeof control };

		bytes = recvmsg(s->fd, &msg, 0);
		if (bytes < 0 && errno == ECONNREFUSED) {
			fall_silent(s);
			continue;
		}
		if (bytes < 0)
			return;
		if (!s->talks)
			begin_to_talk(s, &from);
		take(s, datagram, (size_t)bytes, arrival_ns(&msg));
		if (mode == MODE_ECHO &&
		    send(s->fd, datagram, (size_t)bytes, 0) == bytes)
			window.sent++;
	}
}

static void talk(struct stream *s)
{
	uint8_t datagram[RTP_HEADER_BYTES + PAYLOAD];
	uint64_t now_ns = clock_now_ns();

	rtp_build_header(datagram, &s->next);
	memcpy(datagram + RTP_HEADER_BYTES, voice, PAYLOAD);
	for (unsigned i = 0; mode == MODE_COMPARE && i < PAYLOAD; i++)
		datagram[RTP_HEADER_BYTES + i] = sequence_next(&s->said);
	if (mode == MODE_DELAY && ++s->sent % MARK_PACKETS == 0) {
		window.marks_lost += s->mark_ns != 0;
		datagram[RTP_HEADER_BYTES] = MARK;
		s->mark_ns = now_ns;
	}
	s->next.marker = false;
	s->next.seq++;
	s->next.timestamp += PAYLOAD;
	if (send(s->fd, datagram, sizeof datagram, 0) == sizeof datagram)
		window.sent++;
	else if (errno == ECONNREFUSED)
		fall_silent(s);
}

static void run(struct stream *streams, unsigned count)
{
	uint64_t due_ns = clock_now_ns();

	window.start_ns = due_ns;
	for (unsigned slice = 0; !ended; slice = (slice + 1) % SLICES) {
		struct timespec at;

		due_ns += SLICE_NS;
		at.tv_sec = (time_t)(due_ns / NS_PER_S);
		at.tv_nsec = (long)(due_ns % NS_PER_S);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		window.late_slices += clock_now_ns() > due_ns + LATE_NS;
		for (unsigned i = slice; i < count; i += SLICES) {
			receive_all(&streams[i]);
			if (streams[i].talks && mode != MODE_ECHO)
				talk(&streams[i]);
		}
		if (told) {
			told = 0;
			tell(streams, count);
		}
	}
}

static bool open_stream(struct stream *s, struct sockaddr_in *at)
{
	int one = 1;

	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return s->fd >= 0 &&
	       setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one,
			  sizeof one) == 0 &&
	       bind(s->fd, (struct sockaddr *)at, sizeof *at) == 0;
}

static bool parse_mode(const char *word)
{
	if (!word)
		return true;
	mode = strcmp(word, "echo") == 0 ? MODE_ECHO : MODE_COMPARE;
	return mode == MODE_ECHO || strcmp(word, "compare") == 0;
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_signal };
	struct sockaddr_in at = { .sin_family = AF_INET };
	unsigned count = argc == 4 || argc == 5 ? (unsigned)atoi(argv[3]) : 0;
	struct stream *streams = calloc(count + 1, sizeof *streams);
	struct rlimit files;

	if (!count || !streams || !parse_mode(argv[4]) ||
	    inet_pton(AF_INET, argv[1], &at.sin_addr) != 1) {
		fputs("usage: tool_rtp_load IP FIRST-PORT COUNT "
		      "[compare|echo]\n",
		      stderr);
		return 2;
	}
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	for (unsigned i = 0; i < count; i++) {
		at.sin_port =
			htons((uint16_t)(atoi(argv[2]) + PORT_STEP * (int)i));
		if (!open_stream(&streams[i], &at)) {
			fprintf(stderr, "tool_rtp_load: port %u: %s\n",
				ntohs(at.sin_port), strerror(errno));
			return 1;
		}
	}
	for (unsigned i = 0; i < PAYLOAD; i++)
		voice[i] = (uint8_t)(i * 37) == MARK ? 0xd5 : (uint8_t)(i * 37);
	sequences_begin(streams, count);
	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	run(streams, count);
	free(streams);
	return 0;
}
