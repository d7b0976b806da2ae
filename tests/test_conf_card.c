/* That the configuration for a first card does what its comments say. */
#include "conf/conf.h"
#include "gateway/log.h"
#include "gateway/route.h"
#include "tests/sample_route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CARD "conf/card.conf"

static struct conf *conf;

static int load(void **state)
{
	(void)state;
	return conf_load(&conf, CARD, stderr);
}

static int unload(void **state)
{
	(void)state;
	conf_free(conf);
	return 0;
}

enum { UNKNOWN, INTERNATIONAL, NATIONAL, SUBSCRIBER = 4 };

static const struct {
	const char *from, *called;
	unsigned type;
	const char *to; /* trunk-group or sip-peer; NULL: it is refused */
	const char *sent;
	unsigned sent_type;
} calls[] = {
	{ "pbx", "5550100", UNKNOWN, "city", "5550100", SUBSCRIBER },
	{ "pbx", "0305550100", UNKNOWN, "city", "5550100", SUBSCRIBER },
	{ "pbx", "089123456", UNKNOWN, "city", "89123456", NATIONAL },
	{ "pbx", "00441632960000", UNKNOWN, "city", "441632960000",
	  INTERNATIONAL },
	{ "pbx", "+49305550100", UNKNOWN, "city", "5550100", SUBSCRIBER },
	{ "pbx", "110", UNKNOWN, "city", "110", UNKNOWN },
	{ "pbx", "112", UNKNOWN, "city", "112", UNKNOWN },
	{ "pbx", "116117", UNKNOWN, NULL, NULL, 0 },
	{ "pbx", "0900123456", UNKNOWN, NULL, NULL, 0 },
	{ "city", "5550123", SUBSCRIBER, "pbx", "+49305550123", INTERNATIONAL },
	{ "city", "305550123", NATIONAL, "pbx", "+49305550123", INTERNATIONAL },
	{ "city", "5550123", UNKNOWN, "pbx", "+49305550123", INTERNATIONAL },
	{ "city", "0305550123", UNKNOWN, "pbx", "+49305550123", INTERNATIONAL },
	{ "city", "5550200", SUBSCRIBER, NULL, NULL, 0 },
};

static void test_calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		struct leg_setup in = { .called = { .present = true } };
		const struct conf_target *target;
		struct route_result out;

		print_message("%s %s\n", calls[i].from, calls[i].called);
		in.called.type = (uint8_t)calls[i].type;
		strcpy(in.called.digits, calls[i].called);
		strcpy(in.from, calls[i].from);
		target = route_call(conf, &in, &sample_moment, &out) < 0
				 ? NULL
				 : route_target(&out);
		assert_int_equal(!target, !calls[i].to);
		if (!target)
			continue;
		assert_string_equal(target->trunk ? target->trunk->name
						  : target->peer->name,
				    calls[i].to);
		assert_string_equal(out.out.called.digits, calls[i].sent);
		assert_int_equal(out.out.called.type, calls[i].sent_type);
	}
}

/* As the service has them; a whole E1 of a card, and ports for every channel.
 */
static void test_places(void **state)
{
	const struct conf_gateway *g = &conf->gateway;

	(void)state;
	assert_string_equal(g->control, "/run/tollgate/control.sock");
	assert_string_equal(g->call_records, "/var/log/tollgate/calls.jsonl");
	assert_int_equal(conf->log.targets, LOG_TO_SYSLOG);
	assert_int_equal(conf->span_count, 1);
	assert_int_equal(conf->spans[0].device, CONF_DEVICE_DAHDI);
	assert_int_equal(conf->spans[0].channels, 0xfffefffe);
	assert_int_equal(conf->spans[0].dchannel, 16);
	assert_true(g->rtp_port_last - g->rtp_port_first + 1 >= 2 * 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
