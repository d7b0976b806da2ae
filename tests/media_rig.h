/* A media engine, a fake span and RTP peers for the tests of media/. The worker
 * is real and so are the sockets, on loopback. A test gives the span its ticks
 * and waits for the answer to each, so it is as fast as the machine, and
 * packets of a tick are there when its answer is.
 *
 * All of it is inline: a shared object would be linked into every test.
 */
#ifndef TOLLGATE_MEDIA_RIG_H
#define TOLLGATE_MEDIA_RIG_H

#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/loop.h"
#include "media/media.h"
#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/wire.h"
#include "tests/fake_tdm.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PT_ALAW 8
#define PT_ULAW 0
#define PT_DTMF 101
#define HEARD_MAX 2400 /* blocks */
#define PRIME_BLOCKS 2
#define PEER_CHANNEL 99 /* what a peer says, where it does not echo */

static struct loop *loop;
static _Atomic uint64_t stopped_ns; /* the time that stands still; 0: it runs */

struct rig {
	struct media *media;
	struct fake_tdm *fake;
	uint16_t port_first;
	unsigned ticks, heard_blocks;
	struct tdm_block heard[HEARD_MAX]; /* without the first, idle ones */
	/* Says something else than the voice on one timeslot. */
	unsigned say_timeslot;
	void (*say)(void *arg, uint8_t block[TDM_BLOCK_BYTES]);
	void *say_arg;
};

struct peer {
	int rtp, rtcp;
	struct sockaddr_storage address, rtcp_address;
	unsigned packets;
	struct rtp_header last;
	uint8_t payload[480]; /* of the last packet */
	size_t payload_bytes;
	void (*each)(void *arg, const struct rtp_packet *packet);
	void *each_arg;
};

/* What is said on a channel: never the idle code, without a short period. */
static inline uint8_t voice(unsigned channel, unsigned sample)
{
	uint32_t v = (sample + (channel << 20)) * 2654435761u;

	v = v >> 24 ^ v >> 13;
	return (uint8_t)v == 0xd5 ? 0xd4 : (uint8_t)v;
}

static inline struct sockaddr_storage loopback(uint16_t port)
{
	struct sockaddr_storage out = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&out;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in->sin_port = htons(port);
	return out;
}

static inline uint16_t port_of(const struct sockaddr_storage *address)
{
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

static inline int udp_socket(const struct sockaddr_storage *at)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)at,
			      sizeof(struct sockaddr_in)),
			 0);
	return fd;
}

/* `pairs` of ports that nobody has just now. */
static inline uint16_t free_range(unsigned pairs)
{
	unsigned base = 20000 + 64 * ((unsigned)getpid() % 500);

	for (;; base += 64) {
		unsigned port = base;

		assert_true(base < 64000);
		for (; port < base + 2 * pairs; port++) {
			struct sockaddr_storage at = loopback((uint16_t)port);
			int fd = socket(AF_INET, SOCK_DGRAM, 0);
			int rc = bind(fd, (struct sockaddr *)&at,
				      sizeof(struct sockaddr_in));

			close(fd);
			if (rc < 0)
				break;
		}
		if (port == base + 2 * pairs)
			return (uint16_t)base;
	}
}

static inline uint64_t rig_clock(void)
{
	uint64_t at_ns = atomic_load(&stopped_ns);
	struct timespec ts;

	if (at_ns)
		return at_ns;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* Where a test needs more than ticks to pass. */
static inline void let_time_run(void)
{
	atomic_store(&stopped_ns, 0);
}

static inline void stop_time(void)
{
	let_time_run();
	atomic_store(&stopped_ns, rig_clock());
}

/* Time stands still at first: a test that this machine leaves waiting for
 * 100 ms would have a span that does not tick any more. */
static inline struct rig *rig_new(unsigned pairs)
{
	struct rig *rig = calloc(1, sizeof *rig);
	struct media_config cfg = { .workers = 1,
				    .address = loopback(0),
				    .jitter_buffer_ms = 60 };
	struct tdm *tdm;

	stop_time();
	cfg.port_first = rig->port_first = free_range(pairs);
	cfg.port_last = (uint16_t)(cfg.port_first + 2 * pairs - 1);
	assert_int_equal(media_new(&rig->media, loop, &cfg), 0);
	assert_int_equal(fake_tdm_new(&rig->fake, &tdm), 0);
	media_span_attach(rig->media, 1, tdm, G711_ALAW);
	return rig;
}

static inline void rig_free(struct rig *rig)
{
	media_free(rig->media);
	fake_tdm_free(rig->fake);
	free(rig);
	let_time_run();
}

static inline void send_block(struct rig *rig)
{
	struct tdm_block block;

	for (unsigned t = 0; t < TDM_TIMESLOTS; t++)
		for (unsigned i = 0; i < TDM_BLOCK_BYTES; i++)
			block.timeslot[t][i] =
				voice(t + 1, rig->ticks * TDM_BLOCK_BYTES + i);
	if (rig->say)
		rig->say(rig->say_arg, block.timeslot[rig->say_timeslot - 1]);
	assert_int_equal(fake_tdm_send(rig->fake, &block), 0);
	rig->ticks++;
}

static inline void receive_block(struct rig *rig)
{
	assert_true(rig->heard_blocks < HEARD_MAX);
	assert_true(fake_tdm_receive(rig->fake, &rig->heard[rig->heard_blocks],
				     5000));
	rig->heard_blocks++;
}

static inline void tick(struct rig *rig)
{
	struct tdm_block idle;

	send_block(rig);
	for (int i = 0; rig->ticks == 1 && i < PRIME_BLOCKS; i++) {
		assert_true(fake_tdm_receive(rig->fake, &idle, 5000));
		for (size_t k = 0; k < sizeof idle; k++)
			assert_int_equal(((uint8_t *)&idle)[k], 0xd5);
	}
	receive_block(rig);
}

static inline void ticks(struct rig *rig, unsigned count)
{
	while (count--)
		tick(rig);
}

static inline uint8_t heard(const struct rig *rig, unsigned timeslot,
			    unsigned sample)
{
	return rig->heard[sample / TDM_BLOCK_BYTES]
		.timeslot[timeslot - 1][sample % TDM_BLOCK_BYTES];
}

static inline void assert_idle(const struct rig *rig, unsigned timeslot,
			       unsigned from_block)
{
	for (unsigned i = from_block * TDM_BLOCK_BYTES;
	     i < rig->heard_blocks * TDM_BLOCK_BYTES; i++)
		if (heard(rig, timeslot, i) != 0xd5)
			fail_msg("timeslot %u: sample %u is not idle", timeslot,
				 i);
}

static inline uint8_t convert(uint8_t code, enum g711_law by)
{
	g711_convert(&code, 1, G711_ALAW, by);
	g711_convert(&code, 1, by, G711_ALAW);
	return code;
}

/* After some idle, all that is heard is what `channel` said, in order and
 * without a gap, having passed through law `by`. Returns the sample of it that
 * was heard first; `at` is when. */
static inline unsigned assert_heard(const struct rig *rig, unsigned timeslot,
				    unsigned channel, enum g711_law by,
				    unsigned *at)
{
	unsigned end = rig->heard_blocks * TDM_BLOCK_BYTES, first = 0, said;

	while (first < end && heard(rig, timeslot, first) == 0xd5)
		first++;
	if (first + 800 > end)
		fail_msg("timeslot %u: nothing heard", timeslot);
	for (said = 0; said < end; said += 8) {
		unsigned i = 0;

		while (i < 160 && heard(rig, timeslot, first + i) ==
					  convert(voice(channel, said + i), by))
			i++;
		if (i == 160)
			break;
	}
	for (unsigned i = 0; first + i < end; i++)
		if (heard(rig, timeslot, first + i) !=
		    convert(voice(channel, said + i), by))
			fail_msg("timeslot %u: sample %u heard wrong", timeslot,
				 first + i);
	*at = first;
	return said;
}

static inline void peer_open(struct peer *peer)
{
	socklen_t size = sizeof(struct sockaddr_in);

	*peer = (struct peer){ 0 };
	peer->address = peer->rtcp_address = loopback(0);
	peer->rtp = udp_socket(&peer->address);
	peer->rtcp = udp_socket(&peer->address);
	getsockname(peer->rtp, (struct sockaddr *)&peer->address, &size);
	getsockname(peer->rtcp, (struct sockaddr *)&peer->rtcp_address, &size);
}

static inline void peer_close(struct peer *peer)
{
	close(peer->rtp);
	close(peer->rtcp);
}

static inline void connect_port(int fd, uint16_t port)
{
	struct sockaddr_storage to = loopback(port);

	assert_int_equal(connect(fd, (struct sockaddr *)&to,
				 sizeof(struct sockaddr_in)),
			 0);
}

/* Takes what came, and returns it when `echo`. Returns how many. */
static inline unsigned peer_take(struct peer *peer, bool echo)
{
	uint8_t datagram[1500];
	unsigned count = 0;
	ssize_t bytes;

	while ((bytes = recv(peer->rtp, datagram, sizeof datagram, 0)) > 0) {
		struct rtp_packet packet;

		assert_int_equal(rtp_parse(&packet, datagram, (size_t)bytes),
				 0);
		if (peer->packets) {
			assert_int_equal(packet.header.seq,
					 (uint16_t)(peer->last.seq + 1));
			assert_int_equal(packet.header.ssrc, peer->last.ssrc);
		}
		peer->last = packet.header;
		peer->payload_bytes = packet.payload_bytes;
		memcpy(peer->payload, packet.payload, packet.payload_bytes);
		peer->packets++;
		count++;
		if (peer->each)
			peer->each(peer->each_arg, &packet);
		if (echo)
			assert_int_equal(send(peer->rtp, datagram,
					      (size_t)bytes, 0),
					 bytes);
	}
	return count;
}

/* Packet `n` of 20 ms of what the peer itself says. */
static inline void peer_say(struct peer *peer, unsigned n, uint8_t payload_type,
			    uint32_t ssrc)
{
	uint8_t datagram[RTP_HEADER_BYTES + 160];
	struct rtp_header header = { .payload_type = payload_type,
				     .seq = (uint16_t)(65530 + n),
				     .timestamp = 0xfffffe00 + 160 * n,
				     .ssrc = ssrc };

	rtp_build_header(datagram, &header);
	for (unsigned i = 0; i < 160; i++)
		datagram[RTP_HEADER_BYTES + i] =
			voice(PEER_CHANNEL, 160 * n + i);
	assert_int_equal(send(peer->rtp, datagram, sizeof datagram, 0),
			 sizeof datagram);
}

static inline struct bridge_side_rtp side(const struct peer *peer,
					  enum g711_law law, unsigned ptime_ms)
{
	return (struct bridge_side_rtp){
		.remote = peer->address,
		.remote_rtcp = peer->rtcp_address,
		.payload_type = law == G711_ALAW ? PT_ALAW : PT_ULAW,
		.dtmf_payload_type = PT_DTMF,
		.law = law,
		.ptime_ms = ptime_ms,
	};
}

static inline struct bridge *make_bridge(struct rig *rig, unsigned timeslot,
					 struct peer *peer)
{
	struct bridge_config cfg = { .object = "call=1",
				     .span = 1,
				     .timeslot = timeslot,
				     .tdm_law = G711_ALAW };
	struct sockaddr_storage local;
	struct bridge *b;

	assert_int_equal(bridge_new(&b, rig->media, &cfg), 0);
	bridge_local(b, &local);
	assert_int_equal(port_of(&local) % 2, 0);
	peer_open(peer);
	connect_port(peer->rtp, port_of(&local));
	connect_port(peer->rtcp, (uint16_t)(port_of(&local) + 1));
	return b;
}

static inline struct bridge *make_call(struct rig *rig, unsigned timeslot,
				       struct peer *peer, enum g711_law law,
				       unsigned ptime_ms)
{
	struct bridge *b = make_bridge(rig, timeslot, peer);
	struct bridge_side_rtp rtp = side(peer, law, ptime_ms);

	assert_int_equal(bridge_rtp(b, &rtp), 0);
	bridge_path(b, BRIDGE_BOTH);
	return b;
}

static inline struct bridge_stats stats_of(const struct bridge *b)
{
	struct bridge_stats stats;

	bridge_stats(b, &stats);
	return stats;
}

static inline void step_loop(void)
{
	for (int i = 0; i < 20; i++)
		loop_step(loop, 5);
}

static inline int open_loop(void **state)
{
	(void)state;
	log_set_level(LOG_CRIT);
	clock_set_source(rig_clock);
	return loop_new(&loop);
}

static inline int close_loop(void **state)
{
	(void)state;
	loop_free(loop);
	clock_set_source(NULL);
	return 0;
}

#endif
