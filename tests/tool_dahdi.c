/* Two DAHDI spans that are joined back to back, without a gateway: do they
 * carry what they are given?
 *
 *   tool_dahdi stream SPAN PEER SECONDS BYTES BUFFERS
 *       sends a sequence of its own on each B channel of both E1 spans and
 *       compares every octet at the other end. BUFFERS blocks of BYTES are
 *       asked of the driver. Prints one object of JSON: exit status 0 when
 *       every octet came in order and no buffer ran empty or over, 1 when not.
 *   tool_dahdi alarms SPAN...
 *       prints each span's number, name, alarms and channels.
 *   tool_dahdi watch SPAN SECONDS
 *       prints the events of its first channel and when they came.
 *   tool_dahdi forget ADDRESS...
 *       takes away the local dynamic spans of these addresses, as if they had
 *       never been made.
 */
#include <dahdi/user.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define TIMESLOTS 31
#define D_CHANNEL 16
#define STREAMS (2 * (TIMESLOTS - 1))
#define MAX_BYTES 1024
#define STAMPS 128 /* more blocks than the driver can hold */

/* The error of a channel with an event to be fetched first (kernel.h). */
#define ELAST 500

/* The octets of a stream: four that nothing else sends and that name its
 * channel, then a sequence that goes on from there. One lost, inserted or
 * crossed makes all that follow differ. */
struct sequence {
	uint32_t start, state;
	uint64_t octets;
};

struct stream {
	int fd;
	struct stream *peer;
	struct sequence out, in;
	uint32_t last_octets; /* while the start is looked for */
	bool found;
	uint64_t wrong;
	uint64_t underruns, overruns, other_events;
	uint64_t written_us[STAMPS]; /* when each block was */
	uint64_t delay_us, delay_max_us, blocks;
};

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void die(const char *what)
{
	fprintf(stderr, "tool_dahdi: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void sequence_init(struct sequence *seq, unsigned channel)
{
	*seq = (struct sequence){ .start = 0xa55a0000u | channel,
				  .state = channel };
}

static uint8_t sequence_next(struct sequence *seq)
{
	if (seq->octets++ < 4)
		return (uint8_t)(seq->start >> (32 - 8 * seq->octets));
	seq->state = seq->state * 1664525 + 1013904223;
	return (uint8_t)(seq->state >> 24);
}

/* Asks by number, on the control device. */
static int first_channel(unsigned span)
{
	int fd = open("/dev/dahdi/ctl", O_RDWR | O_CLOEXEC);
	struct dahdi_params params;

	if (fd < 0)
		die("/dev/dahdi/ctl");
	for (int channel = 1; channel < DAHDI_MAX_CHANNELS; channel++) {
		memset(&params, 0, sizeof(params));
		params.channo = channel;
		if (ioctl(fd, DAHDI_GET_PARAMS, &params) != 0)
			continue;
		if (params.spanno == (int)span && params.chanpos == 1) {
			close(fd);
			return channel;
		}
	}
	fprintf(stderr, "tool_dahdi: span %u has no channel\n", span);
	exit(2);
}

static int channel_open(int channel)
{
	int fd = open("/dev/dahdi/channel", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		die("/dev/dahdi/channel");
	if (ioctl(fd, DAHDI_SPECIFY, &channel) != 0)
		die("DAHDI_SPECIFY");
	return fd;
}

static void stream_open(struct stream *stream, int channel, int bytes,
			int buffers)
{
	int on = 1, off = 0, law = DAHDI_LAW_ALAW;
	struct dahdi_bufferinfo info = {
		.txbufpolicy = DAHDI_POLICY_IMMEDIATE,
		.rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
		.numbufs = buffers,
		.bufsize = bytes,
	};

	stream->fd = channel_open(channel);
	/* The flag outlives the last to open the channel. */
	ioctl(stream->fd, DAHDI_BUFFER_EVENTS, &off);
	if (ioctl(stream->fd, DAHDI_AUDIOMODE, &on) != 0)
		die("DAHDI_AUDIOMODE");
	if (ioctl(stream->fd, DAHDI_SETLAW, &law) != 0)
		die("DAHDI_SETLAW");
	if (ioctl(stream->fd, DAHDI_SET_BUFINFO, &info) != 0)
		die("DAHDI_SET_BUFINFO");
	sequence_init(&stream->out, (unsigned)channel);
}

static void take_events(struct stream *stream)
{
	int event;

	while (ioctl(stream->fd, DAHDI_GETEVENT, &event) == 0 &&
	       event != DAHDI_EVENT_NONE) {
		if (event == DAHDI_EVENT_WRITE_UNDERRUN)
			stream->underruns++;
		else if (event == DAHDI_EVENT_READ_OVERRUN)
			stream->overruns++;
		else
			stream->other_events++;
	}
}

/* Whether the call is to be repeated: an event was in its way. */
static bool again(struct stream *stream, const char *what)
{
	if (errno == EAGAIN)
		return false;
	if (errno != ELAST)
		die(what);
	take_events(stream);
	return true;
}

static void send_block(struct stream *stream, size_t bytes)
{
	struct sequence after = stream->out;
	uint64_t block = after.octets / bytes;
	uint8_t out[MAX_BYTES];

	for (size_t i = 0; i < bytes; i++)
		out[i] = sequence_next(&after);
	for (;;) {
		ssize_t wrote = write(stream->fd, out, bytes);

		if (wrote == (ssize_t)bytes)
			break;
		if (wrote < 0 && !again(stream, "write"))
			return;
	}
	stream->written_us[block % STAMPS] = now_us();
	stream->out = after;
}

static void fill(struct stream *stream, size_t bytes)
{
	uint64_t before;

	do {
		before = stream->out.octets;
		send_block(stream, bytes);
	} while (stream->out.octets != before);
}

static void check(struct stream *stream, uint8_t octet, size_t bytes)
{
	uint64_t delay_us, block;

	if (!stream->found) {
		stream->last_octets = stream->last_octets << 8 | octet;
		stream->found = stream->last_octets == stream->in.start;
		stream->in.octets = 4;
		return;
	}
	stream->wrong += octet != sequence_next(&stream->in);
	if (stream->in.octets % bytes != 0)
		return;
	block = stream->in.octets / bytes - 1;
	delay_us = now_us() - stream->peer->written_us[block % STAMPS];
	stream->delay_us += delay_us;
	stream->blocks++;
	if (delay_us > stream->delay_max_us)
		stream->delay_max_us = delay_us;
}

static void drain(struct stream *stream, size_t bytes)
{
	uint8_t in[MAX_BYTES];

	for (;;) {
		ssize_t got = read(stream->fd, in, sizeof(in));

		if (got < 0 && !again(stream, "read"))
			return;
		for (ssize_t i = 0; i < got; i++)
			check(stream, in[i], bytes);
	}
}

static void open_all(struct stream *streams, const char *const *spans,
		     int bytes, int buffers)
{
	for (int side = 0; side < 2; side++) {
		int channel = first_channel((unsigned)atoi(spans[side]));
		struct stream *stream = streams + side * STREAMS / 2;

		for (int slot = 1; slot <= TIMESLOTS; slot++, channel++) {
			if (slot == D_CHANNEL)
				continue;
			stream_open(stream++, channel, bytes, buffers);
		}
	}
	for (int i = 0; i < STREAMS; i++) {
		struct stream *peer = &streams[(i + STREAMS / 2) % STREAMS];

		streams[i].peer = peer;
		sequence_init(&streams[i].in, peer->out.start & 0xffff);
	}
}

/* While all were opened the first received idle octets and lost some. */
static void start_all(struct stream *streams, size_t bytes)
{
	int on = 1;

	for (int i = 0; i < STREAMS; i++)
		drain(&streams[i], bytes);
	for (int i = 0; i < STREAMS; i++) {
		fill(&streams[i], bytes);
		if (ioctl(streams[i].fd, DAHDI_BUFFER_EVENTS, &on) != 0)
			die("DAHDI_BUFFER_EVENTS");
	}
}

static int report(const struct stream *streams, uint64_t took_us)
{
	uint64_t octets = 0, wrong = 0, under = 0, over = 0, other = 0;
	uint64_t delay_us = 0, delay_max_us = 0, blocks = 0, cpu_us;
	unsigned found = 0;
	struct rusage use;
	bool clean;

	for (const struct stream *s = streams; s < streams + STREAMS; s++) {
		found += s->found;
		octets += s->found ? s->in.octets : 0;
		wrong += s->wrong;
		under += s->underruns;
		over += s->overruns;
		other += s->other_events;
		delay_us += s->delay_us;
		blocks += s->blocks;
		if (s->delay_max_us > delay_max_us)
			delay_max_us = s->delay_max_us;
	}
	getrusage(RUSAGE_SELF, &use);
	cpu_us = (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) *
			 1000000 +
		 (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
	clean = found == STREAMS && wrong + under + over == 0;
	printf("{\"channels\": %u, \"octets\": %ju, \"wrong\": %ju, "
	       "\"underruns\": %ju, \"overruns\": %ju, \"other_events\": %ju, "
	       "\"delay_ms\": %.2f, \"delay_max_ms\": %.2f, "
	       "\"cpu_us_per_channel_s\": %.1f, \"clean\": %s}\n",
	       found, octets, wrong, under, over, other,
	       blocks ? (double)delay_us / (double)blocks / 1000 : 0,
	       (double)delay_max_us / 1000,
	       (double)cpu_us * 1000000 / (double)took_us / STREAMS,
	       clean ? "true" : "false");
	return clean ? 0 : 1;
}

static int stream(char **arg)
{
	static struct stream streams[STREAMS];
	const char *const spans[2] = { arg[0], arg[1] };
	int bytes = atoi(arg[3]), buffers = atoi(arg[4]);
	uint64_t start, end;

	if (bytes < 8 || bytes > MAX_BYTES)
		return 2;
	open_all(streams, spans, bytes, buffers);
	start = now_us();
	end = start + (uint64_t)(atof(arg[2]) * 1e6);
	start_all(streams, (size_t)bytes);
	while (now_us() < end) {
		struct pollfd fds[STREAMS];

		for (int i = 0; i < STREAMS; i++)
			fds[i] = (struct pollfd){
				.fd = streams[i].fd,
				.events = POLLIN | POLLOUT | POLLPRI,
			};
		if (poll(fds, STREAMS, 100) < 0)
			die("poll");
		for (int i = 0; i < STREAMS; i++) {
			if (fds[i].revents & POLLPRI)
				take_events(&streams[i]);
			if (fds[i].revents & POLLOUT)
				fill(&streams[i], (size_t)bytes);
			if (fds[i].revents & POLLIN)
				drain(&streams[i], (size_t)bytes);
		}
	}
	return report(streams, now_us() - start);
}

static int alarms(char **spans)
{
	int fd = open("/dev/dahdi/ctl", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/dahdi/ctl");
	for (; *spans; spans++) {
		struct dahdi_spaninfo info = { .spanno = atoi(*spans) };

		if (ioctl(fd, DAHDI_SPANSTAT, &info) != 0)
			die("DAHDI_SPANSTAT");
		printf("%d %s %d %d\n", info.spanno, info.name, info.alarms,
		       info.numchans);
	}
	close(fd);
	return 0;
}

static int watch(const char *span, double seconds)
{
	int fd = channel_open(first_channel((unsigned)atoi(span)));
	uint64_t start = now_us(), now = start;

	while (now - start < (uint64_t)(seconds * 1e6)) {
		struct pollfd pfd = { .fd = fd, .events = POLLPRI };
		int event = DAHDI_EVENT_NONE;

		poll(&pfd, 1, 20);
		now = now_us();
		if (pfd.revents & POLLPRI)
			ioctl(fd, DAHDI_GETEVENT, &event);
		if (event != DAHDI_EVENT_NONE)
			printf("%.2f event %d\n", (double)(now - start) / 1e6,
			       event);
		if (pfd.revents & (POLLERR | POLLHUP)) {
			printf("%.2f gone\n", (double)(now - start) / 1e6);
			break;
		}
		fflush(stdout);
	}
	close(fd);
	return 0;
}

static int forget(char **addresses)
{
	int fd = open("/dev/dahdi/ctl", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/dahdi/ctl");
	for (; *addresses; addresses++) {
		struct dahdi_dynamic_span span = { .driver = "loc" };

		snprintf(span.addr, sizeof(span.addr), "%s", *addresses);
		if (ioctl(fd, DAHDI_DYNAMIC_DESTROY, &span) != 0)
			die("DAHDI_DYNAMIC_DESTROY");
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "stream") == 0)
		return stream(argv + 2);
	if (argc > 2 && strcmp(argv[1], "alarms") == 0)
		return alarms(argv + 2);
	if (argc == 4 && strcmp(argv[1], "watch") == 0)
		return watch(argv[2], atof(argv[3]));
	if (argc > 2 && strcmp(argv[1], "forget") == 0)
		return forget(argv + 2);
	fprintf(stderr,
		"usage: %s stream SPAN PEER SECONDS BYTES BUFFERS\n"
		"       %s alarms SPAN...\n"
		"       %s watch SPAN SECONDS\n"
		"       %s forget ADDRESS...\n",
		argv[0], argv[0], argv[0], argv[0]);
	return 2;
}
