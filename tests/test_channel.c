#include "dahdi/channel.h"
#include "gateway/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define BAD 0xff

/* What each event makes of each state; the same state: nothing happens. */
static const uint8_t expected[CHANNEL_STATES][CHANNEL_EVENTS] = {
	[CHANNEL_OUT] = { BAD, BAD, BAD, BAD, BAD, CHANNEL_OUT, CHANNEL_OWED,
			  CHANNEL_OUT, CHANNEL_IDLE },
	[CHANNEL_IDLE] = { CHANNEL_SEIZED, BAD, BAD, BAD, CHANNEL_RESTARTING,
			   CHANNEL_IDLE, BAD, CHANNEL_OUT, CHANNEL_IDLE },
	[CHANNEL_SEIZED] = { BAD, CHANNEL_IN_USE, CHANNEL_RELEASING,
			     CHANNEL_IDLE, CHANNEL_RESTARTING, CHANNEL_SEIZED,
			     BAD, CHANNEL_DRAINING, CHANNEL_SEIZED },
	[CHANNEL_IN_USE] = { BAD, CHANNEL_IN_USE, CHANNEL_RELEASING,
			     CHANNEL_IDLE, CHANNEL_RESTARTING, CHANNEL_IN_USE,
			     BAD, CHANNEL_DRAINING, CHANNEL_IN_USE },
	[CHANNEL_RELEASING] = { BAD, CHANNEL_RELEASING, CHANNEL_RELEASING,
				CHANNEL_IDLE, CHANNEL_RESTARTING,
				CHANNEL_RELEASING, BAD, CHANNEL_DRAINING,
				CHANNEL_RELEASING },
	[CHANNEL_DRAINING] = { BAD, CHANNEL_DRAINING, CHANNEL_DRAINING,
			       CHANNEL_OUT, CHANNEL_OWED, CHANNEL_DRAINING, BAD,
			       CHANNEL_DRAINING, CHANNEL_IN_USE },
	[CHANNEL_RESTARTING] = { BAD, BAD, BAD, BAD, BAD, CHANNEL_IDLE, BAD,
				 CHANNEL_OWED, CHANNEL_RESTARTING },
	[CHANNEL_OWED] = { BAD, BAD, BAD, BAD, CHANNEL_RESTARTING, CHANNEL_OUT,
			   BAD, CHANNEL_OWED, CHANNEL_OWED },
};

static void test_table_is_whole(void **state)
{
	char why[128];

	(void)state;
	if (fsm_check(&channel_fsm_desc, why, sizeof why) < 0)
		fail_msg("%s", why);
}

static void test_every_pair(void **state)
{
	(void)state;
	log_set_level(LOG_CRIT);
	for (uint8_t s = 0; s < CHANNEL_STATES; s++) {
		for (uint8_t e = 0; e < CHANNEL_EVENTS; e++) {
			struct channel channel;
			int err;

			channel_init(&channel, 1, 5);
			channel.fsm.state = s;
			err = channel_event(&channel, (enum channel_event)e);
			if (expected[s][e] == BAD) {
				assert_int_equal(err, -EPROTO);
				assert_int_equal(channel.fsm.state, s);
				continue;
			}
			assert_int_equal(err, 0);
			assert_int_equal(channel.fsm.state, expected[s][e]);
		}
	}
}

static void test_only_idle_can_be_seized(void **state)
{
	struct channel channel;

	(void)state;
	channel_init(&channel, 3, 31);
	assert_string_equal(channel.name, "span=3/31");
	for (uint8_t s = 0; s < CHANNEL_STATES; s++) {
		channel.fsm.state = s;
		channel.blocked = false;
		assert_int_equal(channel_is_idle(&channel), s == CHANNEL_IDLE);
		channel.blocked = true;
		assert_false(channel_is_idle(&channel));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_whole),
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_only_idle_can_be_seized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
