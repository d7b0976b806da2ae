/* RTP for scenarios: a sender and recorder, an echo, and a stranger. Prints one
 * line of JSON about what it saw. */
#include "gateway/clock.h"
#include "media/rtp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAM_MAX 2048
#define RECORD_MAX 30000 /* packets: 10 min of 20 ms */
#define SOURCES_MAX 16
#define PAYLOAD_MAX 960
#define DIGITS_MAX 200
#define EVENT_BYTES 4
#define END_BIT 0x80
#define END_PACKETS 3
#define IDLE_ALAW 0xd5

static const char digit_of[] = "0123456789*#ABCD";

struct options {
	struct sockaddr_in local, remote, target;
	bool has_remote, stranger, echo, once, lossy;
	unsigned payload_type, event_type, ptime_ms, key_ms, count;
	double seconds;
	const char *send, *record, *digits;
};

struct recorded {
	uint16_t bytes;
	uint8_t payload[PAYLOAD_MAX];
};

struct seen {
	unsigned packets, malformed, sent, send_errors;
	uint64_t first_seq, last_seq; /* extended, first is lowest */
	uint32_t first_ts, last_ts, ssrc;
	unsigned ssrc_changes;
	bool payload_types[128];
	struct sockaddr_in sources[SOURCES_MAX];
	unsigned source_count;
	/* RFC 4733: presses are told apart by their timestamps alone. */
	char digits[DIGITS_MAX + 1];
	unsigned digit_count, event_packets, event_ends;
	uint32_t event_ts;
	struct recorded *record; /* by extended seq - base */
	uint64_t base_seq;
};

static const char usage[] =
	"usage: tool_rtp --local IP:PORT [--remote IP:PORT] [--payload-type "
	"N]\n"
	"         [--ptime MS] [--send FILE [--once]] [--record FILE]\n"
	"         [--seconds S] [--echo] [--event-type N]\n"
	"         [--digits DIGITS [--key MS] [--lossy]]\n"
	"       tool_rtp --stranger IP:PORT [--local IP:PORT] [--count N]\n"
	"\n"
	"Sends the bytes of FILE as RTP payload, round and round or --once, "
	"to\n"
	"--remote or to where the first packet came from. Records the payload\n"
	"received in sequence order; what is missing is written as zeros of "
	"the\n"
	"size of the packet before. --echo returns each packet as it came.\n"
	"--digits presses keys, MS (default 100) down and up, as RFC 4733 "
	"events\n"
	"of payload type --event-type (default 101), silence between them "
	"without\n"
	"--send; --lossy leaves out every other packet of them and two of "
	"three\n"
	"that end one. Digits received are told as they came.\n"
	"--stranger sends N (default 50) RTP and garbage packets and tells\n"
	"whether anything came back.\n";

static int parse_address(struct sockaddr_in *out, const char *text)
{
	char host[64];
	const char *colon = strrchr(text, ':');
	long port = colon ? strtol(colon + 1, NULL, 10) : -1;

	if (!colon || port < 0 || port > 65535 ||
	    colon - text >= (long)sizeof host)
		return -1;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	out->sin_family = AF_INET;
	out->sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, host, &out->sin_addr) == 1 ? 0 : -1;
}

static int open_socket(const struct sockaddr_in *local)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd >= 0 &&
	    bind(fd, (const struct sockaddr *)local, sizeof *local) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void note_source(struct seen *seen, const struct sockaddr_in *from)
{
	for (unsigned i = 0; i < seen->source_count; i++)
		if (seen->sources[i].sin_port == from->sin_port &&
		    seen->sources[i].sin_addr.s_addr == from->sin_addr.s_addr)
			return;
	if (seen->source_count < SOURCES_MAX)
		seen->sources[seen->source_count++] = *from;
}

static void note_event(struct seen *seen, const struct rtp_packet *packet)
{
	const uint8_t *event = packet->payload;

	if (!seen->event_packets++ ||
	    packet->header.timestamp != seen->event_ts)
		if (seen->digit_count < DIGITS_MAX)
			seen->digits[seen->digit_count++] =
				event[0] < 16 ? digit_of[event[0]] : '?';
	seen->event_ts = packet->header.timestamp;
	seen->event_ends += event[1] & END_BIT ? 1 : 0;
}

static void note_packet(struct seen *seen, const struct options *opt,
			const struct rtp_packet *packet)
{
	const struct rtp_header *h = &packet->header;
	uint64_t seq;
	int16_t step;

	if (!seen->packets++) {
		/* room for packets that come before the first in order */
		seen->first_seq = seen->last_seq = 0x10000u + h->seq;
		seen->base_seq = seen->first_seq - 64;
		seen->first_ts = h->timestamp;
		seen->ssrc = h->ssrc;
	}
	if (h->ssrc != seen->ssrc)
		seen->ssrc_changes++;
	seen->ssrc = h->ssrc;
	seen->last_ts = h->timestamp;
	seen->payload_types[h->payload_type] = true;
	if (h->payload_type == opt->event_type &&
	    packet->payload_bytes >= EVENT_BYTES)
		note_event(seen, packet);
	step = (int16_t)(h->seq - (uint16_t)seen->last_seq);
	seq = seen->last_seq + (uint64_t)(int64_t)step;
	if (seq > seen->last_seq)
		seen->last_seq = seq;
	if (seq < seen->first_seq)
		seen->first_seq = seq;
	if (seen->record && seq >= seen->base_seq &&
	    seq - seen->base_seq < RECORD_MAX &&
	    packet->payload_bytes <= PAYLOAD_MAX) {
		struct recorded *r = &seen->record[seq - seen->base_seq];

		r->bytes = (uint16_t)packet->payload_bytes;
		memcpy(r->payload, packet->payload, packet->payload_bytes);
	}
}

static void receive_all(int fd, struct options *opt, struct seen *seen)
{
	uint8_t datagram[DATAGRAM_MAX];
	struct sockaddr_in from;
	socklen_t size = sizeof from;
	ssize_t bytes;

	while ((bytes = recvfrom(fd, datagram, sizeof datagram, 0,
				 (struct sockaddr *)&from, &size)) >= 0) {
		struct rtp_packet packet;

		note_source(seen, &from);
		if (rtp_parse(&packet, datagram, (size_t)bytes) < 0) {
			seen->malformed++;
			continue;
		}
		if (!opt->has_remote) {
			opt->remote = from;
			opt->has_remote = true;
		}
		note_packet(seen, opt, &packet);
		if (opt->echo &&
		    sendto(fd, datagram, (size_t)bytes, 0,
			   (struct sockaddr *)&from, sizeof from) == bytes)
			seen->sent++;
		size = sizeof from;
	}
}

struct sender {
	uint8_t *data;
	size_t bytes, at;
	struct rtp_header header;
	bool done;
	const char *key; /* being pressed or next; NULL: none */
	unsigned key_slot, event_packets;
	uint32_t key_ts;
};

static int sender_begin(struct sender *sender, const struct options *opt)
{
	if (getrandom(&sender->header, sizeof sender->header, 0) < 0)
		return -1;
	sender->header.marker = true;
	sender->header.payload_type = (uint8_t)opt->payload_type;
	sender->key = opt->digits;
	return 0;
}

static int sender_open(struct sender *sender, const struct options *opt)
{
	FILE *file;
	long bytes;

	if (!opt->send) {
		sender->data = malloc(1);
		sender->bytes = 1;
		*sender->data = IDLE_ALAW;
		return sender_begin(sender, opt);
	}
	file = fopen(opt->send, "rb");
	if (!file || fseek(file, 0, SEEK_END) < 0 ||
	    (bytes = ftell(file)) <= 0) {
		fprintf(stderr, "tool_rtp: cannot read %s, or it is empty\n",
			opt->send);
		if (file)
			fclose(file);
		return -1;
	}
	rewind(file);
	sender->data = malloc((size_t)bytes);
	sender->bytes = fread(sender->data, 1, (size_t)bytes, file);
	fclose(file);
	return sender_begin(sender, opt);
}

/* `end`: 0, or which one of the packets that end it. */
static void send_event(struct sender *sender, int fd, const struct options *opt,
		       unsigned end, struct seen *seen)
{
	uint8_t datagram[RTP_HEADER_BYTES + EVENT_BYTES];
	struct rtp_header header = sender->header;
	uint32_t duration = opt->ptime_ms * 8 * (sender->key_slot + 1);

	if (duration > opt->key_ms * 8)
		duration = opt->key_ms * 8;
	header.payload_type = (uint8_t)opt->event_type;
	header.marker = !sender->key_slot;
	header.timestamp = sender->key_ts;
	sender->header.seq++;
	if (opt->lossy &&
	    (end ? end < END_PACKETS : sender->event_packets++ % 2 == 0))
		return;
	rtp_build_header(datagram, &header);
	datagram[RTP_HEADER_BYTES] =
		(uint8_t)(strchr(digit_of, *sender->key) - digit_of);
	datagram[RTP_HEADER_BYTES + 1] = (uint8_t)((end ? END_BIT : 0) | 10);
	datagram[RTP_HEADER_BYTES + 2] = (uint8_t)(duration >> 8);
	datagram[RTP_HEADER_BYTES + 3] = (uint8_t)duration;
	if (sendto(fd, datagram, sizeof datagram, 0,
		   (const struct sockaddr *)&opt->remote,
		   sizeof opt->remote) < 0)
		seen->send_errors++;
	else
		seen->sent++;
}

/* A key that is down takes the place of audio. False when there is none. */
static bool sender_key(struct sender *sender, int fd, const struct options *opt,
		       struct seen *seen)
{
	unsigned slots = opt->key_ms / opt->ptime_ms;

	if (!sender->key || !*sender->key)
		return false;
	if (!sender->key_slot)
		sender->key_ts = sender->header.timestamp;
	if (sender->key_slot < slots) {
		unsigned end = sender->key_slot == slots - 1;

		do
			send_event(sender, fd, opt, end, seen);
		while (end && ++end <= END_PACKETS);
		sender->header.timestamp += opt->ptime_ms * 8;
		sender->key_slot++;
		return true;
	}
	if (++sender->key_slot == 2 * slots) {
		sender->key_slot = 0;
		sender->key++;
	}
	return false;
}

/* One packet; the last of --once may be short. */
static void sender_send(struct sender *sender, int fd,
			const struct options *opt, struct seen *seen)
{
	uint8_t datagram[RTP_HEADER_BYTES + PAYLOAD_MAX];
	size_t count = 0;

	if (sender_key(sender, fd, opt, seen))
		return;
	rtp_build_header(datagram, &sender->header);
	while (count < opt->ptime_ms * 8 && !sender->done) {
		datagram[RTP_HEADER_BYTES + count++] =
			sender->data[sender->at++];
		if (sender->at < sender->bytes)
			continue;
		sender->at = 0;
		sender->done = opt->once;
	}
	if (sendto(fd, datagram, RTP_HEADER_BYTES + count, 0,
		   (const struct sockaddr *)&opt->remote,
		   sizeof opt->remote) < 0)
		seen->send_errors++;
	else
		seen->sent++;
	sender->header.marker = false;
	sender->header.seq++;
	sender->header.timestamp += (uint32_t)count;
}

static void run(int fd, struct options *opt, struct sender *sender,
		struct seen *seen)
{
	uint64_t now = clock_now_ns(), next = now;
	uint64_t end = now + (uint64_t)(opt->seconds * 1e9);

	while (now < end) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		uint64_t until = end;

		if (sender && !sender->done && opt->has_remote) {
			if (now >= next) {
				sender_send(sender, fd, opt, seen);
				next += opt->ptime_ms * NS_PER_MS;
			}
			until = next < end ? next : end;
		} else {
			next = now;
		}
		if (until > now)
			poll(&pfd, 1,
			     (int)((until - now + NS_PER_MS - 1) / NS_PER_MS));
		receive_all(fd, opt, seen);
		now = clock_now_ns();
	}
}

static int write_record(const struct options *opt, const struct seen *seen)
{
	static const uint8_t nothing[PAYLOAD_MAX];
	FILE *file = fopen(opt->record, "wb");
	uint16_t bytes = (uint16_t)(opt->ptime_ms * 8);

	if (!file) {
		fprintf(stderr, "tool_rtp: cannot write %s: %s\n", opt->record,
			strerror(errno));
		return -1;
	}
	for (uint64_t seq = seen->first_seq;
	     seen->packets && seq <= seen->last_seq; seq++) {
		const struct recorded *r;

		if (seq < seen->base_seq || seq - seen->base_seq >= RECORD_MAX)
			continue;
		r = &seen->record[seq - seen->base_seq];
		if (r->bytes)
			bytes = r->bytes;
		fwrite(r->bytes ? r->payload : nothing, 1, bytes, file);
	}
	return fclose(file);
}

static json_t *address_json(const struct sockaddr_in *address)
{
	char host[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &address->sin_addr, host, sizeof host);
	return json_sprintf("%s:%u", host, ntohs(address->sin_port));
}

static void print_seen(const struct seen *seen)
{
	json_t *types = json_array(), *sources = json_array(), *all;
	uint64_t due = seen->packets ? seen->last_seq - seen->first_seq + 1 : 0;

	for (int i = 0; i < 128; i++)
		if (seen->payload_types[i])
			json_array_append_new(types, json_integer(i));
	for (unsigned i = 0; i < seen->source_count; i++)
		json_array_append_new(sources, address_json(&seen->sources[i]));
	all = json_pack(
		"{s:i s:i s:i s:i s:I s:I s:I s:I s:i s:o s:o s:s s:i "
		"s:i}",
		"sent", seen->sent, "send_errors", seen->send_errors, "packets",
		seen->packets, "malformed", seen->malformed, "lost",
		(json_int_t)(due > seen->packets ? due - seen->packets : 0),
		"first_timestamp", (json_int_t)seen->first_ts, "last_timestamp",
		(json_int_t)seen->last_ts, "ssrc", (json_int_t)seen->ssrc,
		"ssrc_changes", seen->ssrc_changes, "payload_types", types,
		"sources", sources, "digits", seen->digits, "event_packets",
		seen->event_packets, "event_ends", seen->event_ends);
	json_dumpf(all, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(all);
}

/* Returns 0 when nothing at all came back. */
static int run_stranger(const struct options *opt)
{
	int fd = open_socket(&opt->local);
	unsigned answers = 0, refusals = 0;
	uint8_t datagram[RTP_HEADER_BYTES + 160];

	if (fd < 0 || connect(fd, (const struct sockaddr *)&opt->target,
			      sizeof opt->target) < 0) {
		fprintf(stderr, "tool_rtp: socket: %s\n", strerror(errno));
		return 2;
	}
	for (unsigned i = 0; i < opt->count; i++) {
		struct rtp_header header = {
			.payload_type = (uint8_t)opt->payload_type,
			.seq = (uint16_t)i,
			.timestamp = i * 160,
			.ssrc = 0x57a46e4,
		};

		if (getrandom(datagram, sizeof datagram, 0) < 0)
			return 2;
		if (i % 2 == 0)
			rtp_build_header(datagram, &header);
		if (send(fd, datagram, sizeof datagram, 0) < 0)
			refusals++;
		usleep(5000);
		while (recv(fd, datagram, sizeof datagram, 0) >= 0)
			answers++;
		if (errno != EAGAIN)
			refusals++;
	}
	usleep(200000);
	while (recv(fd, datagram, sizeof datagram, 0) >= 0)
		answers++;
	printf("{\"sent\":%u,\"answers\":%u,\"icmp_refusals\":%u}\n",
	       opt->count, answers, refusals);
	close(fd);
	return answers || refusals ? 1 : 0;
}

static int run_peer(struct options *opt)
{
	struct seen seen = { 0 };
	struct sender sender = { 0 };
	int fd = open_socket(&opt->local), rc = 0;

	if (fd < 0) {
		fprintf(stderr, "tool_rtp: cannot bind: %s\n", strerror(errno));
		return 2;
	}
	if ((opt->send || opt->digits) && sender_open(&sender, opt) < 0)
		return 2;
	if (opt->record)
		seen.record = calloc(RECORD_MAX, sizeof *seen.record);
	run(fd, opt, opt->send || opt->digits ? &sender : NULL, &seen);
	if (opt->record && write_record(opt, &seen) < 0)
		rc = 2;
	print_seen(&seen);
	free(seen.record);
	free(sender.data);
	close(fd);
	return rc;
}

static int parse_options(struct options *opt, int argc, char **argv)
{
	static const struct option names[] = {
		{ "local", 1, NULL, 'l' },
		{ "remote", 1, NULL, 'r' },
		{ "stranger", 1, NULL, 'x' },
		{ "payload-type", 1, NULL, 'p' },
		{ "ptime", 1, NULL, 't' },
		{ "send", 1, NULL, 's' },
		{ "record", 1, NULL, 'w' },
		{ "seconds", 1, NULL, 'd' },
		{ "count", 1, NULL, 'n' },
		{ "echo", 0, NULL, 'e' },
		{ "once", 0, NULL, 'o' },
		{ "digits", 1, NULL, 'g' },
		{ "key", 1, NULL, 'k' },
		{ "lossy", 0, NULL, 'y' },
		{ "event-type", 1, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int c, bad = 0;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 'l': bad |= parse_address(&opt->local, optarg); break;
		case 'r':
			bad |= parse_address(&opt->remote, optarg);
			opt->has_remote = true;
			break;
		case 'x':
			bad |= parse_address(&opt->target, optarg);
			opt->stranger = true;
			break;
		case 'p': opt->payload_type = (unsigned)atoi(optarg); break;
		case 't': opt->ptime_ms = (unsigned)atoi(optarg); break;
		case 's': opt->send = optarg; break;
		case 'w': opt->record = optarg; break;
		case 'd': opt->seconds = atof(optarg); break;
		case 'n': opt->count = (unsigned)atoi(optarg); break;
		case 'e': opt->echo = true; break;
		case 'o': opt->once = true; break;
		case 'g':
			opt->digits = optarg;
			bad |= optarg[strspn(optarg, digit_of)] != '\0';
			break;
		case 'k': opt->key_ms = (unsigned)atoi(optarg); break;
		case 'y': opt->lossy = true; break;
		case 'v': opt->event_type = (unsigned)atoi(optarg); break;
		default: bad = 1;
		}
	}
	if (bad || optind < argc || opt->payload_type > 127 || !opt->ptime_ms ||
	    opt->ptime_ms * 8 > PAYLOAD_MAX || opt->event_type > 127 ||
	    opt->key_ms < opt->ptime_ms)
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct options opt = {
		.payload_type = 8,
		.event_type = 101,
		.ptime_ms = 20,
		.key_ms = 100,
		.seconds = 5,
		.count = 50,
	};

	opt.local.sin_family = AF_INET;
	if (parse_options(&opt, argc, argv) < 0) {
		fputs(usage, stderr);
		return 2;
	}
	return opt.stranger ? run_stranger(&opt) : run_peer(&opt);
}
