/* Levels between line and RTP, both ways. */
#include "tests/media_rig.h"

#include <math.h>

#define TIMESLOT 5

struct levels {
	double line, rtp, back; /* sums of squares */
	unsigned packets;
};

/* Half scale, so that nothing is clipped. */
static void say(void *arg, uint8_t block[TDM_BLOCK_BYTES])
{
	struct levels *levels = arg;

	for (unsigned i = 0; i < TDM_BLOCK_BYTES; i++) {
		double linear = 8000 * sin(i * 2 * M_PI / 10);

		block[i] = g711_encode_sample(G711_ALAW, (int16_t)linear);
		linear = g711_decode_sample(G711_ALAW, block[i]);
		levels->line = linear * linear + (i ? levels->line : 0);
	}
}

static void hear(void *arg, const struct rtp_packet *packet)
{
	struct levels *levels = arg;

	levels->rtp = 0;
	for (unsigned i = 0; i < TDM_BLOCK_BYTES; i++) {
		double linear =
			g711_decode_sample(G711_ULAW, packet->payload[i]);

		levels->rtp += linear * linear;
	}
}

static double db(double a, double b)
{
	return 10 * log10(a / b);
}

static struct bridge *gained_call(struct rig *rig, struct peer *peer,
				  int receive_ddb, int transmit_ddb)
{
	const struct bridge_config cfg = { .object = "call=1",
					   .span = 1,
					   .timeslot = TIMESLOT,
					   .tdm_law = G711_ALAW,
					   .receive_ddb = receive_ddb,
					   .transmit_ddb = transmit_ddb };
	struct bridge_side_rtp rtp;
	struct sockaddr_storage local;
	struct bridge *b;

	assert_int_equal(bridge_new(&b, rig->media, &cfg), 0);
	bridge_local(b, &local);
	peer_open(peer);
	connect_port(peer->rtp, port_of(&local));
	connect_port(peer->rtcp, (uint16_t)(port_of(&local) + 1));
	rtp = side(peer, G711_ULAW, 20);
	assert_int_equal(bridge_rtp(b, &rtp), 0);
	return b;
}

/* Through both gains and both laws, echoed by the peer. */
static void test_levels_each_way(void **state)
{
	static const struct {
		int receive_ddb, transmit_ddb;
	} rows[] = { { 0, 0 }, { -60, 0 }, { 0, -35 }, { 40, -120 } };

	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		struct rig *rig = rig_new(1);
		struct levels levels = { 0 };
		struct peer peer;
		struct bridge *b = gained_call(rig, &peer, rows[r].receive_ddb,
					       rows[r].transmit_ddb);

		rig->say_timeslot = TIMESLOT;
		rig->say = say;
		rig->say_arg = peer.each_arg = &levels;
		peer.each = hear;
		/* Nothing is open: the line hears idle, not a louder idle. */
		ticks(rig, 5);
		assert_idle(rig, TIMESLOT, 0);
		bridge_path(b, BRIDGE_BOTH);
		for (int n = 0; n < 40; n++) {
			tick(rig);
			peer_take(&peer, true);
		}
		for (unsigned i = 0; i < TDM_BLOCK_BYTES; i++) {
			double linear =
				g711_decode_sample(G711_ALAW,
						   heard(rig, TIMESLOT,
							 (rig->heard_blocks -
							  1) * TDM_BLOCK_BYTES +
								 i));

			levels.back += linear * linear;
		}
		assert_true(fabs(db(levels.rtp, levels.line) -
				 rows[r].receive_ddb / 10.0) < 0.2);
		assert_true(fabs(db(levels.back, levels.rtp) -
				 rows[r].transmit_ddb / 10.0) < 0.2);
		peer_close(&peer);
		rig_free(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels_each_way),
	};

	return cmocka_run_group_tests(tests, open_loop, close_loop);
}
