#include "gateway/clock.h"
#include "sip/source_filter.h"
#include "tests/fake_sip_called.h"

#include <fcntl.h>

static struct sip_peer_info info(void)
{
	struct sip_peer_info i;

	sip_agent_peer_info(g.agent, 0, &i);
	return i;
}

/* INVITE number `n` gets `status`; one that is refused is acknowledged in its
 * transaction (RFC 3261 17.1.1.3). */
static void expect_invite(unsigned n, const char *status)
{
	char id[32], branch[32];

	snprintf(id, sizeof id, "limited-%u", n);
	snprintf(branch, sizeof branch, "z9hG4bK-limited-%u", n);
	fake_send(&phone, &(struct fake_request){ .body = fake_offer,
						  .branch = branch,
						  .call_id = id });
	fake_expect(&phone, status);
	if (!strcmp(status, "SIP/2.0 100"))
		return;
	fake_send(&phone, &(struct fake_request){ .method = "ACK",
						  .in_dialog = true,
						  .branch = branch,
						  .call_id = id });
	fake_run(&g, 5);
}

static void expect_retry_after(void)
{
	const char *retry = strstr(phone.got, "\r\nRetry-After: ");

	assert_non_null(retry);
	assert_in_range(atoi(retry + strlen("\r\nRetry-After: ")), 10, 15);
}

static void end_call(void)
{
	for (int i = 0; i < 50 && !g.leg; i++)
		fake_run(&g, 1);
	release(17);
	fake_expect(&phone, "SIP/2.0 486");
	/* The ACK is of the INVITE's transaction. */
	phone.branch--;
	fake_send(&phone,
		  &(struct fake_request){ .method = "ACK", .in_dialog = true });
	fake_run(&g, 20);
}

static void test_rate(void **state)
{
	(void)state;
	g.peer.limit_rate = 3;
	fake_gateway_restart(&g);
	g.release_at_once = true;
	g.release_cause = (struct leg_cause){ .q850 = 17 };
	for (unsigned i = 0; i < 3; i++)
		expect_invite(i, "SIP/2.0 486");
	for (unsigned i = 3; i < 6; i++) {
		expect_invite(i, "SIP/2.0 503");
		expect_retry_after();
		assert_true(fake_got(&phone, "\r\nAllow: INVITE,"));
		assert_false(fake_got(&phone, "REGISTER"));
	}
	assert_int_equal(g.calls, 3);
	assert_int_equal(info().refused_rate, 3);
	assert_int_equal(info().refused_calls, 0);
	assert_int_equal(info().calls_in, 3);
	fake_jump(&g, 1000);
	expect_invite(6, "SIP/2.0 486");
	assert_int_equal(info().refused_rate, 3);
}

/* A retransmission is no call more. */
static void test_retransmissions_cost_nothing(void **state)
{
	(void)state;
	g.peer.limit_rate = 2;
	fake_gateway_restart(&g);
	for (int i = 0; i < 5; i++) {
		fake_send(&phone,
			  &(struct fake_request){ .body = fake_offer,
						  .branch = "z9hG4bK-same" });
		fake_expect(&phone, "SIP/2.0 100");
	}
	fake_run(&g, 20);
	expect_invite(2, "SIP/2.0 100");
	assert_int_equal(info().refused_rate, 0);
	expect_invite(3, "SIP/2.0 503");
}

/* It is made, refuses itself and is recorded, but takes no call's place: its
 * caller may keep its dialog for 32 s by an ACK that does not come. */
static void test_calls(void **state)
{
	struct leg *leg, *first;

	(void)state;
	memcpy(&g.peer.server, &phone.address, sizeof phone.address);
	g.peer.limit_calls = 1;
	fake_gateway_restart(&g);
	fake_send(&phone, &(struct fake_request){ .body = fake_offer,
						  .branch = "z9hG4bK-1" });
	wait_for_leg();
	first = g.leg;
	expect_invite(1, "SIP/2.0 503");
	expect_retry_after();
	assert_true(fake_got(&phone, "\r\nReason: Q.850;cause=42"));
	assert_true(g.setup.over_limit);
	assert_int_equal(g.setup.refuse.q850, 42);
	assert_int_equal(g.setup.refuse.origin, LEG_ORIGIN_GATEWAY);
	assert_string_equal(g.setup.refuse.text,
			    "the peer is at its limit of 1 calls");
	assert_string_equal(g.setup.called.digits, "+49305550100");
	assert_string_equal(g.events, "RELEASED ");
	fake_send(&phone, &(struct fake_request){ .body = fake_offer,
						  .call_id = "no-ack" });
	fake_expect(&phone, "SIP/2.0 503");
	assert_int_equal(sip_agent_leg_new(g.agent, &g.peer, false, &leg),
			 -EBUSY);
	assert_int_equal(info().refused_calls, 3);
	assert_int_equal(info().calls, 1);
	assert_int_equal(info().calls_in, 1);
	assert_int_equal(g.calls, 3);
	g.leg = first;
	end_call();
	assert_int_equal(info().calls, 0);
	expect_invite(2, "SIP/2.0 100");
	assert_int_equal(info().refused_calls, 3);
	assert_false(g.setup.over_limit);
}

/* A call for help is let through by either limit. */
static void test_emergency(void **state)
{
	(void)state;
	g.peer.limit_calls = 1;
	g.peer.limit_rate = 2;
	fake_gateway_restart(&g);
	fake_send(&phone, &(struct fake_request){ .body = fake_offer,
						  .branch = "z9hG4bK-1" });
	wait_for_leg();
	for (unsigned i = 1; i < 3; i++)
		expect_invite(i, "SIP/2.0 503");
	fake_send(&phone, &(struct fake_request){ .uri = "sip:112@127.0.0.1",
						  .call_id = "help",
						  .branch = "z9hG4bK-help",
						  .body = fake_offer });
	fake_expect(&phone, "SIP/2.0 100");
	fake_run(&g, 20);
	assert_int_equal(g.setup.refuse.q850, 0);
	assert_int_equal(info().calls, 2);
	/* One INVITE over the calls makes a call, one over the rate none. */
	assert_int_equal(info().refused_calls, 1);
	assert_int_equal(info().refused_rate, 1);
	assert_int_equal(g.calls, 3);
}

/* A call that runs is not touched, and its requests are not counted. */
static void test_reinvite_is_not_limited(void **state)
{
	char tag[128];

	(void)state;
	g.peer.limit_rate = 1;
	fake_gateway_restart(&g);
	talk();
	strcpy(tag, phone.to_tag);
	expect_invite(1, "SIP/2.0 503");
	strcpy(phone.to_tag, tag);
	for (unsigned i = 2; i < 6; i++) {
		fake_send(&phone, &(struct fake_request){ .in_dialog = true,
							  .cseq = i,
							  .body = fake_offer });
		fake_expect(&phone, "SIP/2.0 200");
		fake_send(&phone, &(struct fake_request){ .method = "ACK",
							  .in_dialog = true,
							  .cseq = i });
		fake_run(&g, 20);
	}
	assert_int_equal(info().refused_rate, 1);
	assert_int_equal(info().calls, 1);
	assert_string_equal(g.events, "CONFIRMED ");
	release(16);
	expect_bye();
}

/* Refused INVITEs that nobody acknowledges are gone after Timer H. */
static void test_nothing_is_left_of_the_refused(void **state)
{
	(void)state;
	g.peer.limit_rate = 1;
	fake_gateway_restart(&g);
	invite_plain();
	for (unsigned i = 0; i < 20; i++) {
		char id[32];

		snprintf(id, sizeof id, "left-%u", i);
		fake_send(&phone, &(struct fake_request){ .body = fake_offer,
							  .call_id = id });
	}
	fake_run(&g, 50);
	assert_int_equal(info().refused_rate, 20);
	assert_int_equal(info().calls, 1);
	fake_jump(&g, 33000);
	assert_int_equal(sip_agent_dialog_count(g.agent), 1);
}

static struct sip_counters counters(void)
{
	struct sip_counters c;

	sip_agent_counters(g.agent, &c);
	return c;
}

/* Hundreds of responses, repeated, are more than a socket holds. */
static void drain(void)
{
	char message[2048];

	while (recv(phone.fd, message, sizeof message, 0) > 0)
		;
}

/* INVITEs until the kernel drops the first of them; how many: 200, and on a
 * slow machine 200 a second for the time that they took. */
static unsigned begin_storm(void)
{
	uint64_t begin_ms = clock_now_ms();
	unsigned n = 0;

	while (n < 2000 && !counters().storm_dropped) {
		char id[32];

		snprintf(id, sizeof id, "storm-%u", n++);
		fake_send(&phone, &(struct fake_request){ .body = fake_offer,
							  .call_id = id });
		fake_run(&g, 0);
		drain();
	}
	assert_in_range(n, 200, 210 + (clock_now_ms() - begin_ms) / 5);
	return n;
}

/* Refused by hundreds: new calls are dropped for a second by the kernel, what
 * is inside a dialog goes on, and then they get a 503 again. */
static void test_storm(void **state)
{
	char tag[128], uri[64];
	unsigned n;

	(void)state;
	g.peer.limit_rate = 1;
	fake_gateway_restart(&g);
	talk();
	strcpy(tag, phone.to_tag);
	n = begin_storm();
	assert_int_equal(info().refused_rate + counters().storm_dropped, n);
	strcpy(phone.to_tag, tag);
	snprintf(uri, sizeof uri, "sip:127.0.0.1:%u", g.port);
	fake_send(&phone, &(struct fake_request){ .in_dialog = true,
						  .uri = uri,
						  .cseq = 2,
						  .body = fake_offer });
	fake_expect(&phone, "SIP/2.0 200");
	fake_send(&phone, &(struct fake_request){ .method = "ACK",
						  .in_dialog = true,
						  .cseq = 2 });
	fake_send(&phone, &(struct fake_request){ .method = "OPTIONS",
						  .call_id = "o" });
	fake_expect(&phone, "SIP/2.0 200");
	assert_int_equal(counters().storm_dropped, 1);
	assert_int_equal(counters().strangers_dropped, 0);
	fake_jump(&g, 1250);
	drain();
	expect_invite(1000, "SIP/2.0 100"); /* one a second */
	expect_invite(1001, "SIP/2.0 503");
	assert_int_equal(counters().storm_dropped, 1);
	strcpy(phone.to_tag, tag);
	assert_int_equal(g.calls, 2);
}

/* A kernel without memory does not leave the peer unheard for ever. */
static void test_storm_filter_stays(void **state)
{
	struct sockaddr_storage at;
	int fd, kept, nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	g.peer.limit_rate = 1;
	fake_gateway_restart(&g);
	begin_storm();
	at = fake_address("127.0.0.1", g.port);
	assert_int_equal(source_filter_find_sockets(&at, SOCK_DGRAM, &fd, 1),
			 1);
	kept = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	assert_int_equal(dup2(nothing, fd), fd); /* takes no filter */
	fake_jump(&g, 1500);
	assert_int_equal(dup2(kept, fd), fd);
	close(kept);
	close(nothing);
	fake_send(&phone, &(struct fake_request){ .body = fake_offer,
						  .call_id = "unheard" });
	fake_run(&g, 20);
	assert_int_equal(g.calls, 1);
	fake_jump(&g, 1000);
	fake_send(&phone, &(struct fake_request){ .body = fake_offer,
						  .call_id = "heard" });
	fake_run(&g, 20);
	assert_int_equal(g.calls, 2);
}

/* Its timer goes with the agent. */
static void test_stop_in_a_storm(void **state)
{
	(void)state;
	g.peer.limit_rate = 1;
	g.release_at_once = true;
	g.release_cause = (struct leg_cause){ .q850 = 17 };
	fake_gateway_restart(&g);
	begin_storm();
	fake_gateway_restart(&g);
	assert_int_equal(counters().storm_dropped, 0);
	fake_jump(&g, 1500);
	drain();
	expect_invite(1000, "SIP/2.0 486");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rate),
		TEST(test_retransmissions_cost_nothing),
		TEST(test_calls),
		TEST(test_emergency),
		TEST(test_reinvite_is_not_limited),
		TEST(test_storm),
		TEST(test_storm_filter_stays),
		TEST(test_stop_in_a_storm),
		TEST(test_nothing_is_left_of_the_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
