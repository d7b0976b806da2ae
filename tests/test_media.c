/* The real worker between a fake span and real sockets on loopback. A test
 * gives the span its ticks and waits for the answer to each, so time is as fast
 * as the machine and packets of a tick are there when its answer is. */
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

struct rig {
	struct media *media;
	struct fake_tdm *fake;
	uint16_t port_first;
	unsigned ticks, heard_blocks;
	struct tdm_block heard[HEARD_MAX]; /* without the first, idle ones */
};

struct peer {
	int rtp, rtcp;
	struct sockaddr_storage address, rtcp_address;
	unsigned packets;
	struct rtp_header last;
	uint8_t payload[480]; /* of the last packet */
	size_t payload_bytes;
};

/* What is said on a channel: never the idle code, without a short period. */
static uint8_t voice(unsigned channel, unsigned sample)
{
	uint32_t v = (sample + (channel << 20)) * 2654435761u;

	v = v >> 24 ^ v >> 13;
	return (uint8_t)v == 0xd5 ? 0xd4 : (uint8_t)v;
}

static struct sockaddr_storage loopback(uint16_t port)
{
	struct sockaddr_storage out = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&out;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in->sin_port = htons(port);
	return out;
}

static uint16_t port_of(const struct sockaddr_storage *address)
{
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

static int udp_socket(const struct sockaddr_storage *at)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)at,
			      sizeof(struct sockaddr_in)),
			 0);
	return fd;
}

/* `pairs` of ports that nobody has just now. */
static uint16_t free_range(unsigned pairs)
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

static struct rig *rig_new(unsigned pairs)
{
	struct rig *rig = calloc(1, sizeof *rig);
	struct media_config cfg = { .workers = 1,
				    .address = loopback(0),
				    .jitter_buffer_ms = 60 };
	struct tdm *tdm;

	cfg.port_first = rig->port_first = free_range(pairs);
	cfg.port_last = (uint16_t)(cfg.port_first + 2 * pairs - 1);
	assert_int_equal(media_new(&rig->media, loop, &cfg), 0);
	assert_int_equal(fake_tdm_new(&rig->fake, &tdm), 0);
	media_span_attach(rig->media, 1, tdm, G711_ALAW);
	return rig;
}

static void rig_free(struct rig *rig)
{
	media_free(rig->media);
	fake_tdm_free(rig->fake);
	free(rig);
}

static void send_block(struct rig *rig)
{
	struct tdm_block block;

	for (unsigned t = 0; t < TDM_TIMESLOTS; t++)
		for (unsigned i = 0; i < TDM_BLOCK_BYTES; i++)
			block.timeslot[t][i] =
				voice(t + 1, rig->ticks * TDM_BLOCK_BYTES + i);
	assert_int_equal(fake_tdm_send(rig->fake, &block), 0);
	rig->ticks++;
}

static void receive_block(struct rig *rig)
{
	assert_true(rig->heard_blocks < HEARD_MAX);
	assert_true(fake_tdm_receive(rig->fake, &rig->heard[rig->heard_blocks],
				     5000));
	rig->heard_blocks++;
}

static void tick(struct rig *rig)
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

static void ticks(struct rig *rig, unsigned count)
{
	while (count--)
		tick(rig);
}

static uint8_t heard(const struct rig *rig, unsigned timeslot, unsigned sample)
{
	return rig->heard[sample / TDM_BLOCK_BYTES]
		.timeslot[timeslot - 1][sample % TDM_BLOCK_BYTES];
}

static void assert_idle(const struct rig *rig, unsigned timeslot,
			unsigned from_block)
{
	for (unsigned i = from_block * TDM_BLOCK_BYTES;
	     i < rig->heard_blocks * TDM_BLOCK_BYTES; i++)
		if (heard(rig, timeslot, i) != 0xd5)
			fail_msg("timeslot %u: sample %u is not idle", timeslot,
				 i);
}

static uint8_t convert(uint8_t code, enum g711_law by)
{
	g711_convert(&code, 1, G711_ALAW, by);
	g711_convert(&code, 1, by, G711_ALAW);
	return code;
}

/* After some idle, all that is heard is what `channel` said, in order and
 * without a gap, having passed through law `by`. Returns the sample of it that
 * was heard first; `at` is when. */
static unsigned assert_heard(const struct rig *rig, unsigned timeslot,
			     unsigned channel, enum g711_law by, unsigned *at)
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

static void peer_open(struct peer *peer)
{
	socklen_t size = sizeof(struct sockaddr_in);

	*peer = (struct peer){ 0 };
	peer->address = peer->rtcp_address = loopback(0);
	peer->rtp = udp_socket(&peer->address);
	peer->rtcp = udp_socket(&peer->address);
	getsockname(peer->rtp, (struct sockaddr *)&peer->address, &size);
	getsockname(peer->rtcp, (struct sockaddr *)&peer->rtcp_address, &size);
}

static void peer_close(struct peer *peer)
{
	close(peer->rtp);
	close(peer->rtcp);
}

static void connect_port(int fd, uint16_t port)
{
	struct sockaddr_storage to = loopback(port);

	assert_int_equal(connect(fd, (struct sockaddr *)&to,
				 sizeof(struct sockaddr_in)),
			 0);
}

/* Takes what came, and returns it when `echo`. Returns how many. */
static unsigned peer_take(struct peer *peer, bool echo)
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
		if (echo)
			assert_int_equal(send(peer->rtp, datagram,
					      (size_t)bytes, 0),
					 bytes);
	}
	return count;
}

/* Packet `n` of 20 ms of what the peer itself says. */
static void peer_say(struct peer *peer, unsigned n, uint8_t payload_type,
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

static struct bridge_side_rtp side(const struct peer *peer, enum g711_law law,
				   unsigned ptime_ms)
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

static struct bridge *make_bridge(struct rig *rig, unsigned timeslot,
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

static struct bridge *make_call(struct rig *rig, unsigned timeslot,
				struct peer *peer, enum g711_law law,
				unsigned ptime_ms)
{
	struct bridge *b = make_bridge(rig, timeslot, peer);
	struct bridge_side_rtp rtp = side(peer, law, ptime_ms);

	assert_int_equal(bridge_rtp(b, &rtp), 0);
	bridge_path(b, BRIDGE_BOTH);
	return b;
}

static struct bridge_stats stats_of(const struct bridge *b)
{
	struct bridge_stats stats;

	bridge_stats(b, &stats);
	return stats;
}

static const struct {
	enum g711_law law;
	unsigned ptime_ms;
} echoes[] = {
	{ G711_ALAW, 20 }, { G711_ALAW, 10 }, { G711_ALAW, 30 },
	{ G711_ALAW, 40 }, { G711_ALAW, 60 }, { G711_ULAW, 20 },
	{ G711_ULAW, 50 },
};

static void test_echo_is_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof echoes / sizeof *echoes; i++) {
		struct rig *rig = rig_new(2);
		struct peer peer;
		struct bridge *b = make_call(rig, 5, &peer, echoes[i].law,
					     echoes[i].ptime_ms);
		unsigned at, said;

		for (int n = 0; n < 300; n++) {
			tick(rig);
			peer_take(&peer, true);
		}
		said = assert_heard(rig, 5, 5, echoes[i].law, &at);
		/* packetised, one tick until it is read, the buffer */
		assert_int_equal(at - said, 8 * (echoes[i].ptime_ms + 60));
		assert_idle(rig, 4, 0);
		assert_int_equal(peer.payload_bytes, 8 * echoes[i].ptime_ms);
		assert_int_equal(stats_of(b).rtp_sent, peer.packets);
		assert_int_equal(stats_of(b).concealed_samples, 0);
		assert_int_equal(stats_of(b).rtp_lost, 0);
		assert_int_equal(stats_of(b).rtp_late, 0);
		assert_int_equal(stats_of(b).buffer_jumps, 0);
		assert_true(stats_of(b).buffer_ms >= 50);
		peer_close(&peer);
		rig_free(rig);
	}
}

static void test_rtp_headers(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 1, &peer, G711_ALAW, 20);
	struct rtp_header first;

	(void)state;
	while (!peer.packets) {
		tick(rig);
		peer_take(&peer, false);
	}
	first = peer.last;
	assert_true(first.marker);
	assert_int_equal(first.payload_type, PT_ALAW);
	ticks(rig, 2);
	assert_int_equal(peer_take(&peer, false), 1);
	assert_false(peer.last.marker);
	assert_int_equal(peer.last.timestamp, first.timestamp + 160);

	/* closed: silence, and time goes on */
	first = peer.last;
	bridge_path(b, BRIDGE_CLOSED);
	tick(rig);
	peer_take(&peer, false);
	ticks(rig, 19);
	assert_int_equal(peer_take(&peer, false), 0);
	bridge_path(b, BRIDGE_TO_RTP);
	ticks(rig, 2);
	assert_int_equal(peer_take(&peer, false), 1);
	assert_true(peer.last.marker);
	assert_int_equal(peer.last.timestamp, first.timestamp + 160 + 1600);
	assert_int_equal(peer.last.seq, (uint16_t)(first.seq + 1));
	for (unsigned i = 0; i < 160; i++)
		assert_int_equal(peer.payload[i],
				 voice(1, (rig->ticks - 2) * 80 + i));
	peer_close(&peer);
	rig_free(rig);
}

/* Before the answer the caller hears and is not heard. */
static void test_one_way_paths(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 1, &peer, G711_ALAW, 20);
	unsigned opened, at;

	(void)state;
	bridge_path(b, BRIDGE_TO_RTP);
	for (unsigned n = 0; n < 50; n++) {
		peer_say(&peer, n, PT_ALAW, 7);
		ticks(rig, 2);
	}
	assert_true(peer_take(&peer, false) > 45);
	assert_idle(rig, 1, 0);
	assert_int_equal(stats_of(b).rtp_received, 50);
	assert_int_equal(stats_of(b).concealed_samples, 0);

	/* and is heard at once, in step, when it opens */
	bridge_path(b, BRIDGE_TO_TDM);
	tick(rig);
	peer_take(&peer, false);
	opened = rig->heard_blocks;
	for (unsigned n = 50; n < 100; n++) {
		peer_say(&peer, n, PT_ALAW, 7);
		ticks(rig, 2);
	}
	assert_int_equal(peer_take(&peer, false), 0);
	assert_heard(rig, 1, PEER_CHANNEL, G711_ALAW, &at);
	assert_true(at <= opened * TDM_BLOCK_BYTES);
	assert_int_equal(stats_of(b).concealed_samples, 0);
	peer_close(&peer);
	rig_free(rig);
}

static void test_strangers_get_nothing(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer, stranger;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	struct sockaddr_storage local;
	unsigned at;

	(void)state;
	bridge_local(b, &local);
	peer_open(&stranger);
	connect_port(stranger.rtp, port_of(&local));
	connect_port(stranger.rtcp, (uint16_t)(port_of(&local) + 1));
	for (unsigned n = 0; n < 200; n++) {
		peer_say(&stranger, n, PT_ALAW, 13);
		/* an answer by ICMP would make the next of these fail */
		assert_int_equal(send(stranger.rtp, "junk", 4, 0), 4);
		assert_int_equal(send(stranger.rtcp, "junk", 4, 0), 4);
		tick(rig);
		peer_take(&peer, true);
	}
	tick(rig);
	assert_int_equal(peer_take(&stranger, false), 0);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(recv(stranger.rtcp, &at, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_heard(rig, 5, 5, G711_ALAW, &at);
	assert_int_equal(stats_of(b).rtp_stranger, 600);
	assert_int_equal(stats_of(b).rtp_received, peer.packets);
	assert_int_equal(stats_of(b).rtp_malformed, 0);
	assert_int_equal(stats_of(b).ssrc_changes, 0);
	peer_close(&stranger);
	peer_close(&peer);
	rig_free(rig);
}

/* What came before SDP named the peer is nobody's, even from his address. */
static void test_early_packets_are_flushed(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_bridge(rig, 5, &peer);
	struct bridge_side_rtp rtp = side(&peer, G711_ALAW, 20);

	(void)state;
	bridge_path(b, BRIDGE_BOTH);
	for (unsigned n = 0; n < 10; n++) {
		peer_say(&peer, n, PT_ALAW, 13);
		tick(rig);
	}
	assert_int_equal(peer_take(&peer, false), 0);
	assert_int_equal(bridge_rtp(b, &rtp), 0);
	ticks(rig, 30);
	assert_idle(rig, 5, 0);
	assert_int_equal(stats_of(b).rtp_received, 0);
	assert_int_equal(stats_of(b).rtp_stranger, 10);
	assert_true(peer_take(&peer, false) > 0);
	peer_close(&peer);
	rig_free(rig);
}

static void test_what_is_not_audio(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	uint8_t big[1500] = { 0x80, PT_ALAW };
	struct bridge_stats stats;

	(void)state;
	for (unsigned n = 0; n < 50; n++) {
		/* 3 telephone events and 2 of comfort noise in the stream */
		if (n >= 20 && n < 23)
			peer_say(&peer, n, PT_DTMF, 7);
		else if (n >= 30 && n < 32)
			peer_say(&peer, n, 13, 7);
		else
			peer_say(&peer, n, PT_ALAW, 7);
		peer_say(&peer, 1000 + 7 * n, 77, 99);
		assert_int_equal(send(peer.rtp, "junk", 4, 0), 4);
		ticks(rig, 2);
	}
	assert_int_equal(send(peer.rtp, big, sizeof big, 0), sizeof big);
	ticks(rig, 2);
	stats = stats_of(b);
	assert_int_equal(stats.dtmf_events, 3);
	assert_int_equal(stats.rtp_wrong_payload, 52);
	assert_int_equal(stats.rtp_malformed, 51);
	assert_int_equal(stats.rtp_received, 101);
	assert_int_equal(stats.rtp_lost, 0);
	assert_int_equal(stats.concealed_samples, 5 * 160);
	peer_close(&peer);
	rig_free(rig);
}

static void test_loss_and_duplicates_are_counted(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	struct bridge_stats stats;

	(void)state;
	for (unsigned n = 0; n < 100; n++) {
		if (n % 10 != 3)
			peer_say(&peer, n, PT_ALAW, n < 50 ? 7 : 8);
		if (n % 10 == 5)
			peer_say(&peer, n, PT_ALAW, n < 50 ? 7 : 8);
		ticks(rig, 2);
	}
	stats = stats_of(b);
	assert_int_equal(stats.rtp_lost, 10);
	assert_int_equal(stats.rtp_duplicate, 10);
	assert_int_equal(stats.ssrc_changes, 1);
	assert_true(stats.concealed_samples >= 9 * 160);
	peer_close(&peer);
	rig_free(rig);
}

/* The worker is not scheduled for 50 ms: blocks and packets wait, and none of
 * the sound is lost. */
static void test_stall_loses_nothing(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	struct media_span_stats span;
	unsigned n = 0, at;

	(void)state;
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 5; i++) {
			peer_say(&peer, n++, PT_ALAW, 7);
			ticks(rig, 2);
		}
		peer_say(&peer, n++, PT_ALAW, 7);
		fake_tdm_stall(rig->fake, 50);
		send_block(rig);
		usleep(10000);
		for (int i = 0; i < 2; i++)
			peer_say(&peer, n++, PT_ALAW, 7);
		for (int i = 0; i < 5; i++)
			send_block(rig);
		for (int i = 0; i < 6; i++)
			receive_block(rig);
	}
	media_span_stats(rig->media, 1, &span);
	assert_true(span.late_ticks >= 10);
	assert_int_equal(span.slips_out, 0);
	assert_heard(rig, 5, PEER_CHANNEL, G711_ALAW, &at);
	assert_int_equal(stats_of(b).concealed_samples, 0);
	assert_int_equal(stats_of(b).buffer_jumps, 0);
	assert_int_equal(stats_of(b).rtp_late, 0);
	/* peer_take sees that the sequence numbers have no gap */
	peer_take(&peer, false);
	assert_int_equal(stats_of(b).rtp_sent, peer.packets);
	assert_in_range(peer.packets, rig->ticks / 2 - 1, rig->ticks / 2);
	peer_close(&peer);
	rig_free(rig);
}

static void test_thirty_calls(void **state)
{
	struct rig *rig = rig_new(31);
	struct peer peers[TDM_TIMESLOTS + 1];
	struct bridge *bridges[TDM_TIMESLOTS + 1];
	unsigned at;

	(void)state;
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		if (t != 16)
			bridges[t] = make_call(rig, t, &peers[t], G711_ALAW,
					       10 + 10 * (t % 6));
	for (int n = 0; n < 300; n++) {
		tick(rig);
		for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
			if (t != 16)
				peer_take(&peers[t], true);
	}
	assert_idle(rig, 16, 0);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++) {
		if (t == 16)
			continue;
		assert_heard(rig, t, t, G711_ALAW, &at);
		assert_int_equal(stats_of(bridges[t]).concealed_samples, 0);
		peer_close(&peers[t]);
	}
	rig_free(rig); /* bridges and all */
}

static void step_loop(void)
{
	for (int i = 0; i < 20; i++)
		loop_step(loop, 5);
}

static void test_free_while_streaming(void **state)
{
	struct rig *rig = rig_new(1);
	struct bridge_config cfg = { .span = 1,
				     .timeslot = 6,
				     .tdm_law = G711_ALAW };
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20), *other;
	unsigned freed;

	(void)state;
	for (int n = 0; n < 60; n++) {
		tick(rig);
		peer_take(&peer, true);
	}
	assert_int_equal(bridge_new(&other, rig->media, &cfg), -EADDRINUSE);
	bridge_free(b);
	bridge_free(b);
	tick(rig);
	freed = rig->heard_blocks;
	peer_take(&peer, false);
	ticks(rig, 20);
	assert_int_equal(peer_take(&peer, false), 0);
	assert_idle(rig, 5, freed);
	/* the port is free again once the loop had its turn */
	step_loop();
	assert_int_equal(bridge_new(&other, rig->media, &cfg), 0);
	bridge_free(other);
	bridge_free(NULL);
	step_loop();
	peer_close(&peer);
	rig_free(rig);
}

/* The next call may have the channel before the last one's bridge is gone. */
static void test_channel_taken_over(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer old_peer, peer;
	struct bridge *old = make_call(rig, 5, &old_peer, G711_ALAW, 20);
	unsigned at;

	(void)state;
	ticks(rig, 10);
	make_call(rig, 5, &peer, G711_ALAW, 20);
	ticks(rig, 2);
	peer_take(&old_peer, false);
	bridge_free(old);
	for (int n = 0; n < 100; n++) {
		tick(rig);
		peer_take(&peer, true);
	}
	assert_int_equal(peer_take(&old_peer, false), 0);
	assert_heard(rig, 5, 5, G711_ALAW, &at);
	step_loop();
	peer_close(&old_peer);
	peer_close(&peer);
	rig_free(rig);
}

static void test_ports(void **state)
{
	struct rig *rig = rig_new(3);
	struct bridge_config cfg = { .span = 1,
				     .timeslot = 1,
				     .tdm_law = G711_ALAW };
	struct bridge *b[3];
	struct sockaddr_storage first, taken;
	uint16_t pair = rig->port_first;
	int foreign;

	(void)state;
	assert_int_equal(bridge_new(&b[0], rig->media, &cfg), 0);
	bridge_local(b[0], &first);
	if (pair == port_of(&first))
		pair += 2;
	/* somebody else has the RTCP port of another pair */
	taken = loopback((uint16_t)(pair + 1));
	foreign = udp_socket(&taken);
	cfg.timeslot = 2;
	assert_int_equal(bridge_new(&b[1], rig->media, &cfg), 0);
	cfg.timeslot = 3;
	assert_int_equal(bridge_new(&b[2], rig->media, &cfg), -EADDRINUSE);
	close(foreign);
	assert_int_equal(bridge_new(&b[2], rig->media, &cfg), 0);
	assert_int_equal(bridge_new(&b[0], rig->media, &cfg), -EADDRINUSE);
	rig_free(rig);
}

static void test_refused_settings(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_bridge(rig, 5, &peer), *none;
	struct bridge_side_rtp good = side(&peer, G711_ALAW, 20), bad;
	struct bridge_config cfg = { .span = 1, .timeslot = 32 };
	struct media_config config = { .workers = 0 };
	struct media *media;

	(void)state;
	bad = good;
	bad.ptime_ms = 0;
	assert_int_equal(bridge_rtp(b, &bad), -EINVAL);
	bad.ptime_ms = 70;
	assert_int_equal(bridge_rtp(b, &bad), -EINVAL);
	bad.ptime_ms = 25;
	assert_int_equal(bridge_rtp(b, &bad), -EINVAL);
	bad = good;
	bad.remote = loopback(0);
	assert_int_equal(bridge_rtp(b, &bad), -EINVAL);
	((struct sockaddr_in *)&bad.remote)->sin_port = 1;
	((struct sockaddr_in *)&bad.remote)->sin_addr.s_addr = 0;
	assert_int_equal(bridge_rtp(b, &bad), -EINVAL);
	bad.remote.ss_family = AF_UNSPEC;
	assert_int_equal(bridge_rtp(b, &bad), -EAFNOSUPPORT);
	bad.remote.ss_family = AF_INET6;
	((struct sockaddr_in6 *)&bad.remote)->sin6_addr = in6addr_loopback;
	assert_true(bridge_rtp(b, &bad) < 0);
	/* no RTCP is no fault */
	good.remote_rtcp.ss_family = AF_UNSPEC;
	assert_int_equal(bridge_rtp(b, &good), 0);
	assert_int_equal(bridge_new(&none, rig->media, &cfg), -EINVAL);
	cfg = (struct bridge_config){ .span = 129, .timeslot = 1 };
	assert_int_equal(bridge_new(&none, rig->media, &cfg), -EINVAL);
	assert_int_equal(media_new(&media, loop, &config), -EINVAL);
	config = (struct media_config){ .workers = 1,
					.address = loopback(0),
					.port_first = 2,
					.port_last = 1 };
	assert_int_equal(media_new(&media, loop, &config), -EINVAL);
	media_free(NULL);
	peer_close(&peer);
	rig_free(rig);
}

/* Nobody at the peer's port: errors are counted, and the stream is there when
 * he comes. */
static void test_refused_by_peer(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	unsigned packets;

	(void)state;
	ticks(rig, 10);
	peer_take(&peer, false);
	close(peer.rtp);
	ticks(rig, 40);
	assert_true(stats_of(b).rtp_send_errors > 5);
	packets = (unsigned)stats_of(b).rtp_sent;
	peer.rtp = udp_socket(&peer.address);
	peer.packets = 0;
	ticks(rig, 40);
	assert_int_equal(peer_take(&peer, false), 20);
	assert_int_equal(stats_of(b).rtp_sent, packets + 20);
	peer_close(&peer);
	rig_free(rig);
}

/* The peer moves by a new offer: the old address is a stranger from then on. */
static void test_peer_moves(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer, next;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	struct bridge_side_rtp rtp;
	struct sockaddr_storage local;

	(void)state;
	ticks(rig, 20);
	peer_take(&peer, false);
	bridge_local(b, &local);
	peer_open(&next);
	connect_port(next.rtp, port_of(&local));
	connect_port(next.rtcp, (uint16_t)(port_of(&local) + 1));
	rtp = side(&next, G711_ULAW, 40);
	assert_int_equal(bridge_rtp(b, &rtp), 0);
	tick(rig);
	peer_take(&peer, false);
	for (unsigned n = 0; n < 10; n++) {
		peer_say(&peer, n, PT_ALAW, 7);
		peer_say(&next, n, PT_ULAW, 8);
		ticks(rig, 2);
	}
	assert_int_equal(peer_take(&peer, false), 0);
	assert_true(peer_take(&next, false) >= 4);
	assert_int_equal(next.last.payload_type, PT_ULAW);
	assert_int_equal(next.payload_bytes, 320);
	assert_int_equal(stats_of(b).rtp_received, 10);
	assert_int_equal(stats_of(b).rtp_stranger, 10);
	peer_close(&peer);
	peer_close(&next);
	rig_free(rig);
}

static void send_sender_report(struct peer *peer)
{
	struct rtcp_report report = {
		.ssrc = 7,
		.is_sender = true,
		.sender = { .ntp = 0x1111222233334444 },
	};
	uint8_t bytes[RTCP_REPORT_MAX];
	size_t len = rtcp_build(bytes, &report, "peer");

	assert_int_equal(send(peer->rtcp, bytes, len, 0), len);
}

static size_t take_report(struct rig *rig, struct peer *peer,
			  struct rtcp_report *report, unsigned *n)
{
	uint8_t bytes[500];
	ssize_t len = -1;

	for (int i = 0; i < 760 && len < 0; i++) {
		if (i % 2 == 0)
			peer_say(peer, (*n)++, PT_ALAW, 7);
		tick(rig);
		peer_take(peer, false);
		len = recv(peer->rtcp, bytes, sizeof bytes, 0);
	}
	assert_true(len > 0);
	assert_int_equal(rtcp_parse(report, bytes, (size_t)len, 7), 0);
	return (size_t)len;
}

static void test_rtcp(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	struct rtcp_report report;
	unsigned n = 0;

	(void)state;
	take_report(rig, &peer, &report, &n);
	assert_true(report.is_sender);
	assert_int_equal(report.ssrc, peer.last.ssrc);
	assert_int_equal(report.sender.packets, peer.packets);
	assert_int_equal(report.sender.octets, 160 * peer.packets);
	assert_in_range(report.sender.rtp_timestamp - peer.last.timestamp, 160,
			320);
	assert_int_equal(rtcp_ntp(clock_calendar_ns()) >> 36,
			 report.sender.ntp >> 36);
	assert_true(report.has_block);
	assert_int_equal(report.block.reception.cumulative_lost, 0);
	assert_int_equal(report.block.reception.highest_seq, 65530 + n - 1);
	assert_int_equal(report.block.last_sr, 0);

	send_sender_report(&peer);
	assert_int_equal(send(peer.rtcp, "junk", 4, 0), 4);
	take_report(rig, &peer, &report, &n);
	assert_int_equal(report.block.last_sr, 0x22223333);
	assert_true(report.block.delay_since_sr > 0);
	assert_true(report.block.delay_since_sr < 60 << 16);
	assert_int_equal(stats_of(b).rtcp_received, 1);
	assert_int_equal(stats_of(b).rtcp_malformed, 1);
	assert_int_equal(stats_of(b).rtcp_sent, 2);
	peer_close(&peer);
	rig_free(rig);
}

/* Waits for the worker's own timer, at most 2 s. */
static bool received_reaches(const struct bridge *b, uint64_t packets)
{
	for (int i = 0; i < 200; i++) {
		if (stats_of(b).rtp_received == packets)
			return true;
		usleep(10000);
	}
	return false;
}

/* The exchange goes and comes back: calls send nothing meanwhile, their sockets
 * do not fill, and sound is there again with the span. */
static void test_span_gone_and_back(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	struct media_span_stats span;
	struct tdm *tdm;
	clock_t cpu;
	unsigned at;

	(void)state;
	for (int n = 0; n < 20; n++) {
		tick(rig);
		peer_take(&peer, true);
	}
	fake_tdm_free(rig->fake);
	usleep(20000);
	peer_take(&peer, false);
	assert_true(received_reaches(b, stats_of(b).rtp_received));
	for (unsigned n = 0; n < 10; n++)
		peer_say(&peer, n, PT_ALAW, 7);
	assert_true(received_reaches(b, 20));
	assert_int_equal(peer_take(&peer, false), 0);
	/* what these said is over before the span is back; and nobody spins
	 * on the descriptor that hung up */
	cpu = clock();
	usleep(400000);
	assert_true(clock() - cpu < CLOCKS_PER_SEC / 5);

	media_span_stats(rig->media, 1, &span);
	assert_true(span.attached);
	media_span_detach(rig->media, 1);
	media_span_detach(rig->media, 1);
	media_span_stats(rig->media, 1, &span);
	assert_false(span.attached);
	step_loop();
	media_span_stats(rig->media, 1, &span);
	assert_int_equal(span.blocks_in, 20);

	assert_int_equal(fake_tdm_new(&rig->fake, &tdm), 0);
	media_span_attach(rig->media, 1, tdm, G711_ALAW);
	rig->ticks = rig->heard_blocks = 0;
	for (int n = 0; n < 200; n++) {
		tick(rig);
		peer_take(&peer, true);
	}
	assert_heard(rig, 5, 5, G711_ALAW, &at);
	media_span_stats(rig->media, 1, &span);
	assert_int_equal(span.blocks_in, 220);
	peer_close(&peer);
	rig_free(rig);
}

static void test_attach_replaces(void **state)
{
	struct rig *rig = rig_new(2);
	struct fake_tdm *old = rig->fake;
	struct tdm *tdm;
	struct media_span_stats span;

	(void)state;
	ticks(rig, 5);
	assert_false(fake_tdm_is_closed(old));
	assert_int_equal(fake_tdm_new(&rig->fake, &tdm), 0);
	media_span_attach(rig->media, 1, tdm, G711_ALAW);
	rig->ticks = 0;
	ticks(rig, 5);
	step_loop();
	assert_true(fake_tdm_is_closed(old));
	fake_tdm_free(old);
	/* no such span: closed at once */
	assert_int_equal(fake_tdm_new(&old, &tdm), 0);
	media_span_attach(rig->media, 1000, tdm, G711_ALAW);
	assert_true(fake_tdm_is_closed(old));
	fake_tdm_free(old);
	media_span_detach(rig->media, 1000);
	media_span_stats(rig->media, 1000, &span);
	assert_false(span.attached);
	rig_free(rig);
}

/* One span of the worker ticks, the other does not: its calls are carried by
 * the ticks of the first. */
static void test_tickless_beside_ticking(void **state)
{
	struct rig *rig = rig_new(2);
	struct bridge_config cfg = { .span = 2,
				     .timeslot = 1,
				     .tdm_law = G711_ALAW };
	struct bridge_side_rtp rtp;
	struct sockaddr_storage local;
	struct peer peer;
	struct bridge *b;

	(void)state;
	assert_int_equal(bridge_new(&b, rig->media, &cfg), 0);
	bridge_local(b, &local);
	peer_open(&peer);
	connect_port(peer.rtp, port_of(&local));
	rtp = side(&peer, G711_ALAW, 20);
	assert_int_equal(bridge_rtp(b, &rtp), 0);
	bridge_path(b, BRIDGE_BOTH);
	for (unsigned n = 0; n < 50; n++) {
		peer_say(&peer, n, PT_ALAW, 7);
		ticks(rig, 2);
	}
	tick(rig);
	assert_true(stats_of(b).rtp_received >= 49);
	assert_true(received_reaches(b, 50));
	assert_int_equal(peer_take(&peer, false), 0);
	peer_close(&peer);
	rig_free(rig);
}

/* Calls begin and end at random while sound flows: nothing is lost of the one
 * that stays, nothing leaks (a sanitizer tells). */
static void test_churn(void **state)
{
	struct rig *rig = rig_new(31);
	struct peer stays, peers[TDM_TIMESLOTS + 1];
	struct bridge *b[TDM_TIMESLOTS + 1] = { NULL };
	uint32_t random = 5;
	unsigned at;

	(void)state;
	make_call(rig, 31, &stays, G711_ALAW, 20);
	for (int n = 0; n < 1000; n++) {
		unsigned t = 1 + (random >> 16) % 30;

		random = random * 1664525 + 1013904223;
		if (b[t]) {
			bridge_free(b[t]);
			b[t] = NULL;
			peer_close(&peers[t]);
		} else {
			b[t] = make_call(rig, t, &peers[t], G711_ULAW, 20);
		}
		tick(rig);
		peer_take(&stays, true);
		loop_step(loop, 0);
	}
	for (unsigned t = 1; t <= 30; t++)
		if (b[t])
			peer_close(&peers[t]);
	assert_heard(rig, 31, 31, G711_ALAW, &at);
	peer_close(&stays);
	rig_free(rig);
}

static int open_loop(void **state)
{
	(void)state;
	log_set_level(LOG_CRIT);
	return loop_new(&loop);
}

static int close_loop(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo_is_exact),
		cmocka_unit_test(test_rtp_headers),
		cmocka_unit_test(test_one_way_paths),
		cmocka_unit_test(test_strangers_get_nothing),
		cmocka_unit_test(test_early_packets_are_flushed),
		cmocka_unit_test(test_what_is_not_audio),
		cmocka_unit_test(test_loss_and_duplicates_are_counted),
		cmocka_unit_test(test_stall_loses_nothing),
		cmocka_unit_test(test_thirty_calls),
		cmocka_unit_test(test_free_while_streaming),
		cmocka_unit_test(test_channel_taken_over),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_refused_settings),
		cmocka_unit_test(test_refused_by_peer),
		cmocka_unit_test(test_peer_moves),
		cmocka_unit_test(test_rtcp),
		cmocka_unit_test(test_span_gone_and_back),
		cmocka_unit_test(test_attach_replaces),
		cmocka_unit_test(test_tickless_beside_ticking),
		cmocka_unit_test(test_churn),
	};

	return cmocka_run_group_tests(tests, open_loop, close_loop);
}
