/* That the sample configuration does what its comments say. */
#include "conf/conf.h"
#include "gateway/configuration.h"
#include "gateway/route.h"
#include "tests/sample_route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#define SAMPLE "conf/tollgate.conf.sample"

static int load(void **state)
{
	struct conf *conf = NULL;

	/* Its tests are run too. */
	if (configuration_load(&conf, SAMPLE, stderr) < 0)
		return -1;
	*state = conf;
	return 0;
}

static int unload(void **state)
{
	conf_free(*state);
	return 0;
}

static struct leg_setup dialled(const char *from, const char *digits)
{
	struct leg_setup in = { .called = { .present = true } };

	snprintf(in.called.digits, sizeof in.called.digits, "%s", digits);
	snprintf(in.from, sizeof in.from, "%s", from);
	return in;
}

/* As in the comment of pbx-numbers, from either server. */
static const struct {
	const char *dialled, *core;
	const char *sent; /* NULL: not to the city */
} numbers[] = {
	{ "0049305550100", "+49305550100", "5550100" },
	{ "00441632960000", "+441632960000", "441632960000" },
	{ "0305550100", "+49305550100", "5550100" },
	{ "089123456", "+4989123456", "89123456" },
	{ "5550100", "+49305550100", "5550100" },
	{ "+49305550100", "+49305550100", "5550100" },
	{ "110", "110", "110" },
	{ "112", "112", "112" },
	{ "116117", "116117", NULL },
	{ "0900123456", "+49900123456", NULL },
};

static void people_dial(void **state)
{
	static const char *const peers[] = { "pbx", "pbx-standby" };
	const struct conf *conf = *state;

	for (size_t i = 0; i < 2 * sizeof numbers / sizeof *numbers; i++) {
		const char *from = peers[i % 2], *sent = numbers[i / 2].sent;
		const struct conf_numbering *plan =
			conf_peer_find(conf, from)->numbering;
		struct leg_setup in = dialled(from, numbers[i / 2].dialled);
		struct route_result out;
		const struct conf_target *target;
		char core[ROUTE_CORE_MAX];
		int err;

		assert_int_equal(numbering_receive(plan, &in.called, core,
						   NULL),
				 0);
		assert_string_equal(core, numbers[i / 2].core);
		err = route_call(conf, &in, &sample_moment, &out);
		target = err < 0 ? NULL : route_target(&out);
		if (!sent) {
			assert_null(target);
			continue;
		}
		assert_non_null(target);
		assert_string_equal(target->trunk->name, "city");
		assert_string_equal(out.out.called.digits, sent);
	}
}

/* Its server is accepted without accept-from. */
static void the_standby_may_call(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	const struct conf_peer *peer;

	inet_pton(AF_INET, "192.0.2.21", &address.sin_addr);
	peer = conf_peer_by_address(*state, (struct sockaddr *)&address);
	assert_non_null(peer);
	assert_string_equal(peer->name, "pbx-standby");
}

/* systemd removes /run/tollgate with the gateway: what another program listens
 * on cannot be there. */
static void the_exchange_outlives_the_gateway(void **state)
{
	const struct conf *conf = *state;

	for (size_t i = 0; i < conf->span_count; i++)
		assert_string_equal(conf->spans[i].socket,
				    "/var/lib/tollgate/exchange.sock");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, load, unload)
	const struct CMUnitTest tests[] = {
		CASE(people_dial),
		CASE(the_standby_may_call),
		CASE(the_exchange_outlives_the_gateway),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
