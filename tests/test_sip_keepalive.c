#include "sip/sip_leg.h"
#include "tests/fake_sip_called.h"

#define INTERVAL_MS 10000

static char seen[4096]; /* Call-IDs */

static struct sip_peer_info info(void)
{
	struct sip_peer_info i;

	assert_int_equal(sip_agent_peer_count(g.agent), 1);
	sip_agent_peer_info(g.agent, 0, &i);
	return i;
}

/* The agent as it is with a keepalive, its peer the phone. */
static int setup_watching(void **state)
{
	setup(state);
	seen[0] = '\0';
	memcpy(&g.peer.server, &phone.address, sizeof phone.address);
	g.peer.keepalive_ms = INTERVAL_MS;
	g.peer.keepalive_down = 2;
	g.peer.keepalive_up = 1;
	fake_gateway_restart(&g);
	return 0;
}

/* The stack repeats what is not answered, also when nobody waits any more. */
static bool seen_before(void)
{
	const char *id = strstr(phone.got, "\r\nCall-ID: ");
	char line[128];

	assert_non_null(id);
	snprintf(line, sizeof line, "%.*s\n", (int)strcspn(id + 11, "\r"),
		 id + 11);
	if (strstr(seen, line))
		return true;
	assert_true(strlen(seen) + strlen(line) < sizeof seen);
	strcat(seen, line);
	return false;
}

static void expect_options(void)
{
	unsigned before = (unsigned)info().options_sent;

	for (int i = 0; i < 60 && info().options_sent == before; i++)
		fake_jump(&g, 200);
	assert_int_equal(info().options_sent, before + 1);
	do
		fake_expect(&phone, "OPTIONS ");
	while (seen_before());
}

static void respond_options(const char *status)
{
	fake_respond(&phone, status);
	fake_run(&g, 20);
}

static void expect_state(const char *state)
{
	assert_string_equal(info().state, state);
}

static void test_request(void **state)
{
	char line[96];

	(void)state;
	expect_state("unknown");
	expect_options();
	snprintf(line, sizeof line, "OPTIONS sip:127.0.0.1:%u SIP/2.0\r\n",
		 ntohs(phone.address.sin_port));
	assert_true(fake_got(&phone, line));
	assert_true(fake_got(&phone, "\r\nFrom: <sip:127.0.0.1>;tag="));
	snprintf(line, sizeof line, "\r\nTo: <sip:127.0.0.1:%u>\r\n",
		 ntohs(phone.address.sin_port));
	assert_true(fake_got(&phone, line));
	snprintf(line, sizeof line, "\r\nContact: <sip:127.0.0.1:%u>\r\n",
		 g.port);
	assert_true(fake_got(&phone, line));
	assert_true(fake_got(&phone, "\r\nMax-Forwards: 70\r\n"));
	assert_true(fake_got(&phone, "\r\nAllow: " SIP_AGENT_ALLOW "\r\n"));
	respond_options("200 OK");
	expect_state("up");
	assert_in_range(info().rtt_us, 1, 2000000);
	assert_int_equal(sip_agent_dialog_count(g.agent), 0);
}

/* What it says does not matter, only that it is not 503. */
static void test_any_response(void **state)
{
	static const struct {
		const char *status;
		bool alive;
	} cases[] = {
		{ "404 Not Found", true },
		{ "405 Method Not Allowed", true },
		{ "501 Not Implemented", true },
		{ "483 Too Many Hops", true },
		{ "302 Moved Temporarily", true },
		{ "401 Unauthorized", true },
		{ "407 Proxy Authentication Required", true },
		{ "408 Request Timeout", true },
		{ "500 Server Internal Error", true },
		{ "603 Decline", true },
		{ "503 Service Unavailable", false },
		{ "200 OK", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t lost = info().options_lost;

		expect_options();
		respond_options(cases[i].status);
		assert_int_equal(info().options_lost, lost + !cases[i].alive);
		/* once more, as a retransmission */
		respond_options(cases[i].status);
	}
	expect_state("up");
}

static void test_challenge(void **state)
{
	(void)state;
	expect_options();
	fake_answer(&phone, phone.got,
		    &(struct fake_response){
			    .status = "401 Unauthorized",
			    .extra = "WWW-Authenticate: Digest realm=\"x\", "
				     "nonce=\"y\"\r\n" });
	fake_run(&g, 20);
	expect_state("up");
}

static void test_provisional_is_not_enough(void **state)
{
	(void)state;
	expect_options();
	respond_options("100 Trying");
	respond_options("183 Session Progress");
	expect_state("unknown");
	fake_jump(&g, 2000);
	assert_int_equal(info().options_lost, 1);
}

static void test_down_and_up(void **state)
{
	struct leg *leg;

	(void)state;
	expect_options();
	respond_options("200 OK");
	expect_options();
	fake_jump(&g, 2250);
	expect_state("up");
	expect_options();
	fake_jump(&g, 2250);
	expect_state("down");
	assert_int_equal(sip_agent_leg_new(g.agent, &g.peer, false, &leg),
			 -EHOSTDOWN);
	/* too late, and it stays down; the next one tells */
	respond_options("200 OK");
	expect_state("down");
	expect_options();
	respond_options("200 OK");
	expect_state("up");
	call();
	respond("486 Busy Here", NULL);
}

/* Answers to what is forgotten, in every number. */
static void test_late_answers(void **state)
{
	char old[3][8192];

	(void)state;
	for (int i = 0; i < 3; i++) {
		expect_options();
		strcpy(old[i], phone.got);
	}
	expect_state("down");
	for (int n = 0; n < 3; n++)
		for (int i = 0; i < 3; i++) {
			strcpy(phone.got, old[i]);
			respond_options(n ? "404 Not Found" : "200 OK");
		}
	fake_jump(&g, 40000);
	for (int i = 0; i < 3; i++) {
		strcpy(phone.got, old[i]);
		respond_options("200 OK");
	}
	expect_state("down");
}

/* Nobody at the port: the network says so. */
static void test_unreachable(void **state)
{
	(void)state;
	fake_peer_close(&phone);
	for (int i = 0; i < 200 && info().options_lost < 1; i++)
		fake_run(&g, 10);
	assert_int_equal(info().options_lost, 1);
	for (int i = 0; i < 200 && info().options_lost < 2; i++)
		fake_jump(&g, 250);
	expect_state("down");
	fake_peer_open(&phone, &g, "127.0.0.1");
}

/* The stack has an OPTIONS under way, and others that were forgotten. */
static void test_stop_while_asked(void **state)
{
	(void)state;
	expect_options();
	expect_options();
	expect_options(); /* the teardown stops the agent, which must not wait
			   */
}

static void test_counts_calls(void **state)
{
	(void)state;
	talk_out();
	assert_int_equal(info().calls, 1);
	assert_int_equal(info().calls_out, 1);
	assert_int_equal(sip_agent_dialog_count(g.agent), 1);
	release(16);
	expect_bye();
	assert_int_equal(info().calls, 0);
	assert_int_equal(sip_agent_dialog_count(g.agent), 0);
	g.events[0] = '\0';
	phone.call_id = NULL;
	talk();
	assert_int_equal(info().calls, 1);
	assert_int_equal(info().calls_in, 1);
	send_bye(NULL);
	fake_expect(&phone, "SIP/2.0 200");
	fake_run(&g, 20);
	assert_int_equal(info().calls, 0);
}

#define WATCHING(name) \
	cmocka_unit_test_setup_teardown(name, setup_watching, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCHING(test_request),
		WATCHING(test_any_response),
		WATCHING(test_challenge),
		WATCHING(test_provisional_is_not_enough),
		WATCHING(test_down_and_up),
		WATCHING(test_late_answers),
		WATCHING(test_unreachable),
		WATCHING(test_stop_while_asked),
		TEST(test_counts_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
