/* The agent takes another configuration while calls run. */
#include "tests/fake_sip_call.h"

/* As many as are taken in a test: the one before runs until the next one is
 * taken. */
#define TAKES_MAX 4

static struct conf confs[TAKES_MAX];
static struct conf_peer sets[TAKES_MAX][3], *peers;
static struct conf_network networks[TAKES_MAX][3];
static unsigned takes;

static void network(int index, const char *ip, uint8_t bits)
{
	struct conf_network *at = &networks[takes % TAKES_MAX][index];

	at->address = fake_address(ip, 0);
	at->prefix_bits = bits;
	peers = sets[takes % TAKES_MAX];
	peers[index].accept_from = at;
}

/* A configuration of these peers, and of the networks set before. */
static int take(size_t count, const char *const names[])
{
	struct conf *next = &confs[takes++ % TAKES_MAX];

	*next = g.conf;
	next->peers = peers;
	next->peer_count = count;
	for (size_t i = 0; i < count; i++) {
		struct conf_network *from = peers[i].accept_from;

		peers[i] = g.peer;
		peers[i].accept_from = from;
		snprintf(peers[i].name, sizeof peers[i].name, "%s", names[i]);
	}
	return sip_agent_take(g.agent, next);
}

static struct sip_peer_info info(size_t index)
{
	struct sip_peer_info i;

	assert_true(index < sip_agent_peer_count(g.agent));
	sip_agent_peer_info(g.agent, index, &i);
	return i;
}

static void expect_call_from(const char *ip, const char *id, const char *status)
{
	struct fake_peer other;

	fake_peer_open(&other, &g, ip);
	fake_send(&other,
		  &(struct fake_request){ .body = fake_offer, .call_id = id });
	if (*status)
		fake_expect(&other, status);
	else
		fake_expect_silence(&other, 100);
	if (!strcmp(status, "SIP/2.0 486"))
		fake_send(&other, &(struct fake_request){ .method = "ACK",
							  .call_id = id,
							  .branch = "z9hG4bK-1",
							  .in_dialog = true });
	fake_run(&g, 20);
	fake_peer_close(&other);
}

static void hang_up(void)
{
	send_bye(NULL);
	fake_expect(&phone, "SIP/2.0 200");
	fake_run(&g, 50);
}

/* A second peer is there from one moment to the next, the first keeps its
 * counters and its call. */
static void test_peer_is_added(void **state)
{
	(void)state;
	talk();
	expect_call_from("127.0.0.20", "early", "");
	network(0, "127.0.0.0", 29);
	network(1, "127.0.0.16", 28);
	assert_int_equal(take(2, (const char *[]){ "phones", "new" }), 0);
	assert_int_equal(sip_agent_peer_count(g.agent), 2);
	assert_int_equal(info(0).calls, 1);
	assert_int_equal(info(0).calls_in, 1);
	assert_int_equal(info(1).calls_in, 0);
	g.release_at_once = true;
	g.release_cause = (struct leg_cause){ .q850 = 17 };
	expect_call_from("127.0.0.20", "late", "SIP/2.0 486");
	assert_int_equal(info(1).calls_in, 1);
	hang_up();
	assert_int_equal(info(0).calls, 0);
}

/* Its call goes on and ends by its BYE, which the filter lets through until
 * then; new ones are refused, and then not even heard. */
static void test_peer_is_removed(void **state)
{
	(void)state;
	talk();
	network(0, "127.0.0.16", 28);
	assert_int_equal(take(1, (const char *[]){ "new" }), 0);
	assert_int_equal(sip_agent_peer_count(g.agent), 2);
	assert_string_equal(info(0).conf->name, "new");
	assert_string_equal(info(1).conf->name, "phones");
	assert_string_equal(info(1).state, "removed");
	expect_call_from("127.0.0.3", "refused", "SIP/2.0 403");
	assert_int_equal(info(1).calls, 1);
	phone.call_id = "call-1";
	hang_up();
	assert_int_equal(sip_agent_peer_count(g.agent), 1);
	expect_call_from("127.0.0.3", "unheard", "");
	network(0, "127.0.0.0", 29);
	assert_int_equal(take(1, (const char *[]){ "phones" }), 0);
	assert_int_equal(info(0).calls_in, 0);
}

/* It moves, and a call from where it was is still heard. */
static void test_network_changes(void **state)
{
	(void)state;
	talk();
	network(0, "127.0.0.16", 28);
	assert_int_equal(take(1, (const char *[]){ "phones" }), 0);
	assert_int_equal(sip_agent_peer_count(g.agent), 1);
	assert_int_equal(info(0).calls, 1);
	hang_up();
	assert_int_equal(info(0).calls, 0);
	expect_call_from("127.0.0.3", "unheard", "");
	network(0, "127.0.0.0", 29);
	assert_int_equal(take(1, (const char *[]){ "phones" }), 0);
}

/* It goes and comes back within a call. */
static void test_peer_returns(void **state)
{
	(void)state;
	talk();
	network(0, "127.0.0.16", 28);
	assert_int_equal(take(1, (const char *[]){ "new" }), 0);
	network(0, "127.0.0.0", 29);
	assert_int_equal(take(1, (const char *[]){ "phones" }), 0);
	assert_int_equal(sip_agent_peer_count(g.agent), 1);
	assert_int_equal(info(0).calls, 1);
	assert_int_equal(info(0).calls_in, 1);
	assert_string_equal(info(0).state, "not watched");
	hang_up();
	assert_int_equal(info(0).calls, 0);
	assert_int_equal(sip_agent_peer_count(g.agent), 1);
}

/* More networks than the kernel's filter holds: all is as it was. */
static void test_too_many_networks(void **state)
{
	enum { MANY = 3000 };
	static struct conf_network many[MANY];
	struct conf next = g.conf;

	(void)state;
	talk();
	network(0, "127.0.0.0", 29);
	for (int i = 0; i < MANY; i++) {
		char ip[32];

		snprintf(ip, sizeof ip, "10.%d.%d.1", i / 200, i % 200);
		many[i].address = fake_address(ip, 0);
		many[i].prefix_bits = 32;
	}
	next.peers = peers;
	next.peer_count = 2;
	peers[0] = peers[1] = g.peer;
	snprintf(peers[1].name, sizeof peers[1].name, "many");
	peers[1].accept_from = many;
	peers[1].accept_from_count = MANY;
	assert_int_equal(sip_agent_take(g.agent, &next), -E2BIG);
	assert_int_equal(sip_agent_peer_count(g.agent), 1);
	assert_int_equal(info(0).calls, 1);
	hang_up();
	g.release_at_once = true;
	g.release_cause = (struct leg_cause){ .q850 = 17 };
	expect_call_from("127.0.0.3", "as-ever", "SIP/2.0 486");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_peer_is_added),     TEST(test_peer_is_removed),
		TEST(test_network_changes),   TEST(test_peer_returns),
		TEST(test_too_many_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
