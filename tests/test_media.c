/* What is heard and sent on a call. */
#include "media/tones.h"
#include "tests/media_rig.h"

#include <stdatomic.h>
#include <sys/syscall.h>

static atomic_uint reads;

/* In libc's place: counts what the worker asks of the kernel. */
ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	atomic_fetch_add(&reads, 1);
	return syscall(SYS_recvmsg, fd, msg, flags);
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
	uint8_t big[1500] = { 0x80, PT_ALAW, [11] = 7 };
	struct bridge_stats stats;

	(void)state;
	for (unsigned n = 0; n < 50; n++) {
		/* 3 in the stream that are too long for telephone events, and
		 * 2 of comfort noise, after which nothing is missed */
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
	assert_int_equal(stats.rtp_comfort_noise, 2);
	assert_int_equal(stats.rtp_wrong_payload, 50);
	assert_int_equal(stats.rtp_malformed, 51 + 3);
	assert_int_equal(stats.rtp_received, 101);
	assert_int_equal(stats.rtp_lost, 0);
	assert_int_equal(stats.concealed_samples, 3 * 160);
	peer_close(&peer);
	rig_free(rig);
}

/* Audio as peer_say has it, with all that a header may have besides. */
static void say_dressed(struct peer *peer, unsigned n)
{
	uint8_t datagram[RTP_HEADER_BYTES + 2 * 4 + 3 * 4 + 160 + 4] = { 0 };
	uint8_t *at = datagram + RTP_HEADER_BYTES;
	struct rtp_header header = { .payload_type = PT_ALAW,
				     .seq = (uint16_t)(65530 + n),
				     .timestamp = 0xfffffe00 + 160 * n,
				     .ssrc = 7 };

	rtp_build_header(datagram, &header);
	datagram[0] |= 0x30 | 2; /* padding, extension, two CSRC */
	at += 2 * 4;
	wire_put16(at + 2, 2);
	at += 3 * 4;
	for (unsigned i = 0; i < 160; i++)
		*at++ = voice(PEER_CHANNEL, 160 * n + i);
	at[3] = 4;
	assert_int_equal(send(peer->rtp, datagram, sizeof datagram, 0),
			 sizeof datagram);
}

static void test_dressed_packets_are_heard(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	unsigned at;

	(void)state;
	for (unsigned n = 0; n < 50; n++) {
		say_dressed(&peer, n);
		ticks(rig, 2);
	}
	assert_int_equal(assert_heard(rig, 5, PEER_CHANNEL, G711_ALAW, &at), 0);
	assert_int_equal(stats_of(b).rtp_malformed, 0);
	assert_int_equal(stats_of(b).concealed_samples, 0);
	peer_close(&peer);
	rig_free(rig);
}

/* One odd packet in a running stream: what becomes of it, and that the voice
 * does not. Sequence number 1000 more than the stream's is out of its order. */
static const struct {
	const char *name;
	uint8_t bytes[32];
	size_t size;
	struct bridge_stats counted;
} odd[] = {
	{ "empty datagram", { 0 }, 0, { .rtp_malformed = 1 } },
	{ "a byte", { 0x80 }, 1, { .rtp_malformed = 1 } },
	{ "version 0", { 0x00, PT_ALAW }, 20, { .rtp_malformed = 1 } },
	{ "version 1", { 0x40, PT_ALAW }, 20, { .rtp_malformed = 1 } },
	{ "version 3", { 0xc0, PT_ALAW }, 20, { .rtp_malformed = 1 } },
	{ "CSRC list cut", { 0x8f, PT_ALAW }, 20, { .rtp_malformed = 1 } },
	{ "extension cut",
	  { 0x90, PT_ALAW, [15] = 9 },
	  20,
	  { .rtp_malformed = 1 } },
	{ "padding over all",
	  { 0xa0, PT_ALAW, [19] = 9 },
	  20,
	  { .rtp_malformed = 1 } },
	{ "huge", { 0x80, PT_ALAW }, 12 + 961, { .rtp_malformed = 1 } },
	{ "largest", { 0x80, PT_ALAW }, 65000, { .rtp_malformed = 1 } },
	{ "keep-alive without payload", { 0x80, PT_ALAW }, 12, { 0 } },
	{ "wrong payload type", { 0x80, 77 }, 172, { .rtp_wrong_payload = 1 } },
	{ "the other law", { 0x80, PT_ULAW }, 172, { .rtp_wrong_payload = 1 } },
	{ "comfort noise", { 0x80, 13 }, 13, { .rtp_comfort_noise = 1 } },
	{ "RTCP at the RTP port",
	  { 0x80, 200, 0, 6 },
	  28,
	  { .rtp_wrong_payload = 1 } },
	{ "event without payload",
	  { 0x80, PT_DTMF },
	  12,
	  { .rtp_malformed = 1, .dtmf_events = 1 } },
	{ "event cut",
	  { 0x80, PT_DTMF },
	  15,
	  { .rtp_malformed = 1, .dtmf_events = 1 } },
	{ "huge event",
	  { 0x80, PT_DTMF },
	  172,
	  { .rtp_malformed = 1, .dtmf_events = 1 } },
	{ "flash",
	  { 0x80, PT_DTMF, [12] = 16 },
	  16,
	  { .dtmf_ignored = 1, .dtmf_events = 1 } },
	{ "event 255",
	  { 0x80, PT_DTMF, [12] = 255, 0xbf, 255, 255 },
	  16,
	  { .dtmf_ignored = 1, .dtmf_events = 1 } },
};

static void send_odd(struct peer *peer, size_t i, uint16_t seq,
		     uint32_t timestamp)
{
	static uint8_t datagram[65000];

	memset(datagram, 0, sizeof datagram);
	memcpy(datagram, odd[i].bytes, sizeof odd[i].bytes);
	if (odd[i].size >= RTP_HEADER_BYTES && datagram[1] != 200) {
		wire_put16(datagram + 2, seq);
		wire_put32(datagram + 4, timestamp);
		wire_put32(datagram + 8, 7);
	}
	assert_int_equal(send(peer->rtp, datagram, odd[i].size, 0),
			 (ssize_t)odd[i].size);
}

static void test_odd_packets_are_counted(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	unsigned n = 0, at;

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		const struct bridge_stats *want = &odd[i].counted;
		struct bridge_stats before, now;

		for (int k = 0; k < 5; k++) {
			peer_say(&peer, n++, PT_ALAW, 7);
			ticks(rig, 2);
		}
		before = stats_of(b);
		send_odd(&peer, i, (uint16_t)(65530 + n - 1),
			 0xfffffe00 + 160 * n);
		peer_say(&peer, n++, PT_ALAW, 7);
		ticks(rig, 2);
		now = stats_of(b);
		if (now.rtp_malformed - before.rtp_malformed !=
			    want->rtp_malformed ||
		    now.rtp_wrong_payload - before.rtp_wrong_payload !=
			    want->rtp_wrong_payload ||
		    now.rtp_comfort_noise - before.rtp_comfort_noise !=
			    want->rtp_comfort_noise ||
		    now.dtmf_events - before.dtmf_events != want->dtmf_events ||
		    now.dtmf_ignored - before.dtmf_ignored !=
			    want->dtmf_ignored)
			fail_msg("%s: counted wrong", odd[i].name);
	}
	assert_int_equal(assert_heard(rig, 5, PEER_CHANNEL, G711_ALAW, &at), 0);
	assert_int_equal(stats_of(b).concealed_samples, 0);
	assert_int_equal(stats_of(b).ssrc_changes, 0);
	assert_int_equal(stats_of(b).buffer_jumps, 0);
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

/* Packet `n` of what the peer says, in mu-law. */
static void peer_say_ulaw(struct peer *peer, unsigned n)
{
	uint8_t datagram[RTP_HEADER_BYTES + 160];
	struct rtp_header header = { .payload_type = PT_ULAW,
				     .seq = (uint16_t)(65530 + n),
				     .timestamp = 0xfffffe00 + 160 * n,
				     .ssrc = 7 };

	rtp_build_header(datagram, &header);
	for (unsigned i = 0; i < 160; i++)
		datagram[RTP_HEADER_BYTES + i] =
			voice(PEER_CHANNEL, 160 * n + i);
	g711_convert(datagram + RTP_HEADER_BYTES, 160, G711_ALAW, G711_ULAW);
	assert_int_equal(send(peer->rtp, datagram, sizeof datagram, 0),
			 sizeof datagram);
}

static void assert_both_laws_heard(const struct rig *rig)
{
	unsigned first = 0;

	while (heard(rig, 5, first) == 0xd5)
		first++;
	for (unsigned i = 0; i < 40 * 160; i++)
		assert_int_equal(heard(rig, 5, first + i),
				 convert(voice(PEER_CHANNEL, i),
					 i / 160 % 2 ? G711_ULAW : G711_ALAW));
}

/* A peer that answered with both laws changes between them from packet to
 * packet; one that agreed on one does not. */
static void test_either_law(void **state)
{
	(void)state;
	for (int both = 0; both < 2; both++) {
		struct rig *rig = rig_new(2);
		struct peer peer;
		struct bridge *b = make_bridge(rig, 5, &peer);
		struct bridge_side_rtp rtp = side(&peer, G711_ALAW, 20);

		rtp.both_laws = both;
		rtp.other_payload_type = PT_ULAW;
		assert_int_equal(bridge_rtp(b, &rtp), 0);
		bridge_path(b, BRIDGE_BOTH);
		for (unsigned n = 0; n < 50; n++) {
			if (n % 2)
				peer_say_ulaw(&peer, n);
			else
				peer_say(&peer, n, PT_ALAW, 7);
			ticks(rig, 2);
		}
		if (both)
			assert_both_laws_heard(rig);
		assert_int_equal(stats_of(b).rtp_wrong_payload, both ? 0 : 25);
		assert_int_equal(stats_of(b).rtp_lost, 0);
		assert_int_equal(peer_take(&peer, false), 50);
		assert_int_equal(peer.last.payload_type, PT_ALAW);
		peer_close(&peer);
		rig_free(rig);
	}
}

/* Two streams at once, packet by packet: the first is heard, whole, until it is
 * over. */
static void test_second_stream(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	unsigned n = 0, at;

	(void)state;
	for (; n < 50; n++) {
		peer_say(&peer, n, PT_ALAW, 7);
		peer_say(&peer, 5000 + n, PT_ALAW, 8);
		ticks(rig, 2);
	}
	assert_int_equal(assert_heard(rig, 5, PEER_CHANNEL, G711_ALAW, &at), 0);
	assert_int_equal(stats_of(b).concealed_samples, 0);
	assert_int_equal(stats_of(b).ssrc_changes, 0);
	assert_int_equal(stats_of(b).rtp_other_source, 50);
	assert_int_equal(stats_of(b).rtp_lost, 0);
	rig->heard_blocks = 0;
	for (; n < 100; n++) {
		peer_say(&peer, 5000 + n, PT_ALAW, 8);
		ticks(rig, 2);
	}
	assert_int_equal(stats_of(b).ssrc_changes, 1);
	assert_int_equal(stats_of(b).rtp_other_source, 50);
	/* The delay of the second stream, and what was left of the first. */
	for (unsigned i = 0; i < 80; i++)
		assert_int_equal(heard(rig, 5, 7200 + i),
				 voice(PEER_CHANNEL,
				       160 * (5051 + 44) - 480 + i));
	peer_close(&peer);
	rig_free(rig);
}

/* The packet and what shows that there is no other, once in two ticks; RTCP ten
 * times a second. */
static void test_stream_in_step_costs_two_reads(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	unsigned before, at;

	(void)state;
	peer_say(&peer, 0, PT_ALAW, 7);
	ticks(rig, 2);
	before = atomic_load(&reads);
	for (unsigned n = 1; n <= 100; n++) {
		peer_say(&peer, n, PT_ALAW, 7);
		ticks(rig, 2);
	}
	assert_in_range(atomic_load(&reads) - before, 200, 240);
	assert_heard(rig, 5, PEER_CHANNEL, G711_ALAW, &at);
	assert_int_equal(stats_of(b).concealed_samples, 0);
	peer_close(&peer);
	rig_free(rig);
}

/* The worker is not scheduled for a while: blocks and packets wait, and none of
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
		fake_tdm_hold(rig->fake);
		send_block(rig);
		for (int i = 0; i < 2; i++)
			peer_say(&peer, n++, PT_ALAW, 7);
		for (int i = 0; i < 5; i++)
			send_block(rig);
		fake_tdm_release(rig->fake);
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

static void tick_both(struct rig *rig, struct fake_tdm *other)
{
	struct tdm_block block = { 0 };

	assert_int_equal(fake_tdm_send(other, &block), 0);
	assert_true(fake_tdm_receive(other, &block, 5000));
	tick(rig);
}

/* After a longer pause the first span whose block is read must not carry the
 * calls of the second, whose blocks are there too. */
static void test_pause_with_two_spans(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct tdm_block block = { 0 };
	struct fake_tdm *other;
	struct tdm *tdm;
	uint32_t before;

	(void)state;
	make_call(rig, 5, &peer, G711_ALAW, 20);
	assert_int_equal(fake_tdm_new(&other, &tdm), 0);
	media_span_attach(rig->media, 2, tdm, G711_ALAW);
	for (int i = 0; i < 10; i++)
		tick_both(rig, other);
	peer_take(&peer, false);
	before = peer.last.timestamp;
	fake_tdm_hold(rig->fake);
	send_block(rig);
	usleep(20000); /* the worker is held in there by now */
	atomic_fetch_add(&stopped_ns, 150 * NS_PER_MS);
	assert_int_equal(fake_tdm_send(other, &block), 0);
	fake_tdm_release(rig->fake);
	receive_block(rig);
	while (fake_tdm_receive(other, &block, 50))
		;
	for (int i = 0; i < 9; i++)
		tick_both(rig, other);
	assert_int_equal(peer_take(&peer, false), 5);
	assert_int_equal(peer.last.timestamp - before, 5 * 160);
	peer_close(&peer);
	rig_free(rig);
	fake_tdm_free(other);
}

/* Blocks `from`..`from` + `count` are the tone from its beginning. */
static void assert_hold(const struct rig *rig, unsigned from, unsigned count)
{
	struct cadence *hold;
	unsigned position = 0;

	assert_int_equal(cadence_new(&hold, G711_ALAW, NULL, TONE_HOLD), 0);
	for (unsigned n = from; n < from + count; n++) {
		uint8_t expected[TDM_BLOCK_BYTES];

		position =
			cadence_play(hold, position, expected, sizeof expected);
		assert_memory_equal(rig->heard[n].timeslot[4], expected,
				    sizeof expected);
	}
	cadence_free(hold);
}

/* The telephone line hears the tone whatever the peer sends, and whichever ways
 * are open; then the peer again, from where he is. */
static void test_hold_tone(void **state)
{
	static const enum bridge_path paths[] = { BRIDGE_CLOSED, BRIDGE_TO_RTP,
						  BRIDGE_BOTH };
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	unsigned n = 0;

	(void)state;
	while (n < 10) {
		peer_say(&peer, n++, PT_ALAW, 7);
		ticks(rig, 2);
	}
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		unsigned from = rig->heard_blocks;

		bridge_path(b, paths[i]);
		bridge_tone(b, BRIDGE_TONE_HOLD);
		for (int k = 0; k < 60; k++) {
			peer_say(&peer, n++, PT_ALAW, 7);
			ticks(rig, 2);
		}
		assert_hold(rig, from, 120);
		bridge_tone(b, BRIDGE_TONE_NONE);
		peer_say(&peer, n++, PT_ALAW, 7);
		ticks(rig, 2);
	}
	rig->heard_blocks = 0;
	for (int k = 0; k < 20; k++) {
		peer_say(&peer, n++, PT_ALAW, 7);
		ticks(rig, 2);
	}
	for (unsigned i = 0; i < 40 * TDM_BLOCK_BYTES; i++)
		assert_int_equal(heard(rig, 5, i),
				 voice(PEER_CHANNEL, 160 * (n - 20) - 480 + i));
	assert_int_equal(stats_of(b).concealed_samples, 0);
	peer_close(&peer);
	rig_free(rig);
}

/* A digit is heard all the same. */
static void test_hold_tone_and_digit(void **state)
{
	static const uint8_t key[] = {
		0x80, 0x80 | PT_DTMF, 0, 1,   0, 0, 0, 1, 0, 0, 0, 7,
		5,    0x8a,	      3, 0x20
	};
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	struct bridge_stats stats;

	(void)state;
	bridge_tone(b, BRIDGE_TONE_HOLD);
	ticks(rig, 80);
	assert_hold(rig, 0, 80);
	assert_int_equal(send(peer.rtp, key, sizeof key, 0), sizeof key);
	ticks(rig, 20);
	stats = stats_of(b);
	assert_int_equal(stats.dtmf_to_tdm, 1);
	/* 100 ms of it, in the pause of the hold tone. */
	for (unsigned i = 0; i < 20; i++) {
		const uint8_t *block = rig->heard[80 + i].timeslot[4];
		bool silent = true;

		for (unsigned k = 0; k < TDM_BLOCK_BYTES; k++)
			silent = silent && block[k] == 0xd5;
		assert_int_equal(silent, i >= 10);
	}
	peer_close(&peer);
	rig_free(rig);
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
		cmocka_unit_test(test_dressed_packets_are_heard),
		cmocka_unit_test(test_odd_packets_are_counted),
		cmocka_unit_test(test_loss_and_duplicates_are_counted),
		cmocka_unit_test(test_either_law),
		cmocka_unit_test(test_second_stream),
		cmocka_unit_test(test_stream_in_step_costs_two_reads),
		cmocka_unit_test(test_stall_loses_nothing),
		cmocka_unit_test(test_pause_with_two_spans),
		cmocka_unit_test(test_hold_tone),
		cmocka_unit_test(test_hold_tone_and_digit),
	};

	return cmocka_run_group_tests(tests, open_loop, close_loop);
}
