/* Calls and spans that come and go, and settings that cannot be. */
#include "tests/media_rig.h"

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
	assert_int_equal(media_bridge_count(rig->media), 1);
	assert_int_equal(bridge_new(&other, rig->media, &cfg), -EADDRINUSE);
	assert_int_equal(media_bridge_count(rig->media), 1);
	let_time_run();
	bridge_free(b);
	bridge_free(b);
	/* On its way back from the worker: a fault only when it lasts. */
	assert_int_equal(media_bridge_count(rig->media), 0);
	usleep(1000000);
	assert_int_equal(media_bridge_count(rig->media), 1);
	tick(rig);
	freed = rig->heard_blocks;
	peer_take(&peer, false);
	ticks(rig, 20);
	assert_int_equal(peer_take(&peer, false), 0);
	assert_idle(rig, 5, freed);
	/* the port is free again once the loop had its turn */
	step_loop();
	assert_int_equal(media_bridge_count(rig->media), 0);
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

/* 0.0.0.0 is the old way to hold: nobody is sent to, nobody is heard, until an
 * address is named. */
static void test_held_by_address(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_bridge(rig, 5, &peer);
	struct bridge_side_rtp rtp = side(&peer, G711_ALAW, 20), held = rtp;

	(void)state;
	memset(&((struct sockaddr_in *)&held.remote)->sin_addr, 0,
	       sizeof(struct in_addr));
	bridge_path(b, BRIDGE_BOTH);
	for (int hold = 0; hold < 2; hold++) {
		assert_int_equal(bridge_rtp(b, &held), 0);
		ticks(rig, 10);
		peer_take(&peer, false);
		peer.packets = 0;
		for (unsigned n = 0; n < 5; n++)
			peer_say(&peer, n, PT_ALAW, 7);
		ticks(rig, 10);
		assert_int_equal(peer_take(&peer, false), 0);
		assert_int_equal(stats_of(b).rtp_received, 0);

		assert_int_equal(bridge_rtp(b, &rtp), 0);
		ticks(rig, 10);
		assert_int_equal(peer_take(&peer, false), 5);
		/* what came meanwhile was thrown away */
		assert_int_equal(stats_of(b).rtp_received, 0);
		assert_int_equal(stats_of(b).rtp_stranger, 5 + 5 * hold);
	}
	assert_int_equal(stats_of(b).rtp_send_errors, 0);
	peer_close(&peer);
	rig_free(rig);
}

/* A peer that goes on talking while it holds so: what it says then is not
 * heard, but it is not lost on the way either. */
static void test_talks_while_held(void **state)
{
	struct rig *rig = rig_new(2);
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);
	struct bridge_side_rtp rtp = side(&peer, G711_ALAW, 20), held = rtp;
	unsigned n = 0;

	(void)state;
	memset(&((struct sockaddr_in *)&held.remote)->sin_addr, 0,
	       sizeof(struct in_addr));
	for (int phase = 0; phase < 3; phase++) {
		assert_int_equal(bridge_rtp(b, phase == 1 ? &held : &rtp), 0);
		for (unsigned i = 0; i < 50; i++) {
			/* one is lost before the hold */
			if (++n != 20)
				peer_say(&peer, n, PT_ALAW, 7);
			ticks(rig, 2);
		}
	}
	assert_int_equal(stats_of(b).rtp_received, 99);
	assert_int_equal(stats_of(b).rtp_lost, 1);
	assert_int_equal(stats_of(b).rtp_stranger, 50);
	assert_int_equal(stats_of(b).ssrc_changes, 0);
	assert_int_equal(stats_of(b).concealed_samples, 160);
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
	let_time_run();
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
	stop_time();
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

/* A worker that stalls finds the old line's end and the new line in one
 * wake-up: the end must not be taken for the new line's. */
static void test_attach_crosses_hangup(void **state)
{
	struct rig *rig = rig_new(2);
	struct tdm_block block = { 0 };
	struct fake_tdm *old, *fresh;
	struct tdm *tdm;

	(void)state;
	assert_int_equal(fake_tdm_new(&old, &tdm), 0);
	media_span_attach(rig->media, 2, tdm, G711_ALAW);
	assert_int_equal(fake_tdm_send(old, &block), 0);
	assert_true(fake_tdm_receive(old, &block, 5000));
	ticks(rig, 5);
	fake_tdm_hold(rig->fake);
	send_block(rig);
	fake_tdm_free(old);
	assert_int_equal(fake_tdm_new(&fresh, &tdm), 0);
	media_span_attach(rig->media, 2, tdm, G711_ALAW);
	fake_tdm_release(rig->fake);
	receive_block(rig);
	usleep(20000);
	assert_int_equal(fake_tdm_send(fresh, &block), 0);
	assert_true(fake_tdm_receive(fresh, &block, 2000));
	fake_tdm_free(fresh);
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

static uint64_t behind_ms(const struct media *media, unsigned *worker)
{
	uint64_t ticked_ns = media_ticked_ns(media, worker);
	uint64_t now_ns = clock_now_ns();

	return ticked_ns < now_ns ? (now_ns - ticked_ns) / NS_PER_MS : 0;
}

/* Each worker shows that it lives, with nothing to do too, and one that hangs
 * in a driver is the one that is named. */
static void test_workers_show_that_they_live(void **state)
{
	struct media_config cfg = { .workers = 3,
				    .address = loopback(0),
				    .jitter_buffer_ms = 60 };
	struct tdm_block block = { 0 };
	struct fake_tdm *fake[2];
	struct media *media;
	struct tdm *tdm;
	uint64_t longest_ms = 0;
	unsigned worker;

	(void)state;
	cfg.port_first = free_range(1);
	cfg.port_last = cfg.port_first + 1;
	assert_int_equal(media_new(&media, loop, &cfg), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(fake_tdm_new(&fake[i], &tdm), 0);
		media_span_attach(media, i + 1, tdm, G711_ALAW);
	}
	for (int i = 0; i < 15; i++) {
		usleep(100000);
		if (behind_ms(media, &worker) > longest_ms)
			longest_ms = behind_ms(media, &worker);
	}
	/* A half is what they promise; this machine may be busy. */
	assert_in_range(longest_ms, 0, 1500);

	fake_tdm_hold(fake[1]);
	assert_int_equal(fake_tdm_send(fake[1], &block), 0);
	for (int i = 0; i < 50 && behind_ms(media, &worker) < 2000; i++)
		usleep(100000);
	assert_true(behind_ms(media, &worker) >= 2000);
	assert_int_equal(worker, 1);
	fake_tdm_release(fake[1]);
	for (int i = 0; i < 50 && behind_ms(media, &worker) > 1500; i++)
		usleep(100000);
	assert_in_range(behind_ms(media, &worker), 0, 1500);
	media_free(media);
	fake_tdm_free(fake[0]);
	fake_tdm_free(fake[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thirty_calls),
		cmocka_unit_test(test_free_while_streaming),
		cmocka_unit_test(test_channel_taken_over),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_refused_settings),
		cmocka_unit_test(test_held_by_address),
		cmocka_unit_test(test_talks_while_held),
		cmocka_unit_test(test_refused_by_peer),
		cmocka_unit_test(test_peer_moves),
		cmocka_unit_test(test_rtcp),
		cmocka_unit_test(test_span_gone_and_back),
		cmocka_unit_test(test_attach_replaces),
		cmocka_unit_test(test_attach_crosses_hangup),
		cmocka_unit_test(test_tickless_beside_ticking),
		cmocka_unit_test(test_churn),
		cmocka_unit_test(test_workers_show_that_they_live),
	};

	return cmocka_run_group_tests(tests, open_loop, close_loop);
}
