/* What the command `tollgate` tells of where calls go: trunk groups, sip-peers,
 * and what limits them. */
#include "tests/sample_cli.h"

static void trunks_text(void **state)
{
	sample_span_count = 2;
	sample_spans[1].in_service = false;
	prints(*state, "show trunks",
	       "TRUNK GROUP       SPANS      BUSY  FREE  BLOCKED     ENDED   "
	       "ASR   ACD\n"
	       "city              1/2 up        2    58        0         1 100 "
	       "%   4 s\n"
	       "                  span 1-2, highest-first\n");
	sample_spans[1].in_service = true;
	sample_trunk.hunt = CONF_HUNT_LEAST_USED;
	sample_trunk.direction = CONF_DIRECTION_OUT;
	sample_trunk.reserve = 2;
	prints(*state, "show trunks",
	       "TRUNK GROUP       SPANS      BUSY  FREE  BLOCKED     ENDED   "
	       "ASR   ACD\n"
	       "city              2/2 up        2    58        0         1 100 "
	       "%   4 s\n"
	       "                  span 1-2, least-used, out only, 2 for "
	       "emergency\n");
	/* A name that is cut does not run into what follows. */
	strcpy(sample_trunk.name, "a-group-of-a-long-name");
	assert_int_equal(ask_run(*state, "show trunks"), CLI_GOOD);
	assert_non_null(strstr(((struct fixture *)*state)->out,
			       "\na-group-of-a-lo.. 2/2 up "));
	strcpy(sample_trunk.name, "city");
	sample_trunk.direction = CONF_DIRECTION_BOTH;
	sample_trunk.reserve = 0;
}

static void peers_text(void **state)
{
	sample_peer_count = 2;
	sample_peers[1].state = "down";
	sample_peers[1].rtt_us = 12345;
	sample_peers[1].calls = 119;
	sample_peers[1].refused_calls = 3;
	sample_peers[1].refused_rate = 1204;
	sample_peers[1].options_lost = 2;
	sample_peer_confs[1].limit_calls = 120;
	sample_address(&sample_peer_confs[1].server, "198.51.100.10");
	prints(*state, "show peers",
	       "PEER              STATE        FOR             RTT     NOW    "
	       "ENDED   ASR   ACD\n"
	       "phones            not watched  00:00:15          -       1     "
	       "    2  50 %   4 s\n"
	       "                  only calls us\n"
	       "carrier-a         down         00:00:15    12.3 ms 119/120     "
	       "    0     -     -\n"
	       "                  198.51.100.10:5060, 2 OPTIONS lost\n"
	       "                  3 refused over its calls, 1204 over its "
	       "rate\n");
}

static void limits_text(void **state)
{
	struct fixture *f = *state;
	static const struct limit_now now = { .ms = 1000 };
	static const char *const callers[] = { "+49301", "+49302", "+49301" };
	struct conf_limits *group = &sample_trunk.limits;
	struct limit_held held[3] = { { .count = 0 } };
	const struct conf_limit *full;

	f->s.conf.limits_count = 0;
	prints(*state, "show limits",
	       "Nothing is limited but sip-peers: 'show peers'.\n");
	f->s.conf.limits_count = 2;
	prints(*state, "show limits",
	       "LIMIT OF                           AT MOST                   "
	       "    USED  REFUSED\n"
	       "trunk-group city                   3 calls                   "
	       "       0        0\n"
	       "  tollgate.conf:41\n"
	       "route phones +49900                60 min/day per caller     "
	       "       0        0\n"
	       "  tollgate.conf:58\n");
	group->limit[group->count++] = (struct conf_limit){
		{ "tollgate.conf", 42 }, CONF_LIMIT_CALLS, true, 2
	};
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(limit_take(sample_limits, group, callers[i],
					    &now, &held[i], &full),
				 0);
	assert_int_equal(limit_take(sample_limits, group, "+49301", &now,
				    &held[0], &full),
			 -EDQUOT);
	prints(*state, "show limits",
	       "LIMIT OF                           AT MOST                   "
	       "    USED  REFUSED\n"
	       "trunk-group city                   3 calls                   "
	       "       3        1\n"
	       "  tollgate.conf:41\n"
	       "trunk-group city                   2 calls per caller        "
	       "       2        0\n"
	       "  tollgate.conf:42, +49301 most of 2 callers\n"
	       "route phones +49900                60 min/day per caller     "
	       "       0        0\n"
	       "  tollgate.conf:58\n");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(trunks_text),
		CASE(peers_text),
		CASE(limits_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
