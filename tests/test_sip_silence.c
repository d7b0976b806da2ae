#include "tests/fake_sip_called.h"

#include <sofia-sip/su_log.h>

/* The stack's transactions of an INVITE that nobody answers end by then. */
static void let_stack_end(void)
{
	fake_jump(&g, 33000);
	assert_int_equal(sip_agent_dialog_count(g.agent), 0);
	fake_expect_no_other(&phone, 10, "INVITE");
}

/* INVITEs that were repeated are not taken for new ones. */
static void call_again(void)
{
	fake_run(&g, 5);
	while (recv(phone.fd, phone.got, sizeof phone.got, 0) > 0)
		;
	g.events[0] = '\0';
	call();
}

static void expect_silence(void)
{
	assert_string_equal(g.events, "RELEASED ");
	assert_int_equal(g.cause.q850, 102);
	assert_int_equal(g.cause.origin, LEG_ORIGIN_TIMER);
	assert_int_equal(g.cause.sip_status, 0);
	assert_string_equal(g.cause.text, "no answer to INVITE in 2 s");
	assert_null(g.leg); /* freed, the dialog is not */
	assert_int_equal(sip_agent_dialog_count(g.agent), 1);
}

static struct sip_peer_info info(void)
{
	struct sip_peer_info i;

	sip_agent_peer_info(g.agent, 0, &i);
	return i;
}

static void test_no_response(void **state)
{
	(void)state;
	call();
	fake_jump(&g, 1750);
	assert_string_equal(g.events, "");
	assert_int_equal(info().calls, 1);
	fake_jump(&g, 500);
	expect_silence();
	assert_int_equal(info().calls, 0);
	assert_string_equal(g.ladder, ">INVITE ");
	/* RFC 3261 9.1: no CANCEL, the INVITE may still arrive */
	fake_expect_no_other(&phone, 50, "INVITE");
	let_stack_end();
	assert_string_equal(g.events, "RELEASED ");
}

/* A 100 is enough to wait as long as the call does. */
static void test_trying_is_life(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		call_again();
		fake_jump(&g, i * 750);
		trying();
		fake_jump(&g, 20000);
		assert_string_equal(g.events, "");
		respond("180 Ringing", NULL);
		assert_string_equal(g.events, "ALERTING ");
		respond("486 Busy Here", NULL);
		fake_expect(&phone, "ACK ");
		assert_string_equal(g.events, "ALERTING RELEASED ");
	}
}

static void test_any_response_is_life(void **state)
{
	(void)state;
	call();
	respond("183 Session Progress", NULL);
	fake_jump(&g, 20000);
	assert_string_equal(g.events, "PROGRESS ");
	respond("200 OK", peer_sdp);
	fake_expect(&phone, "ACK ");
	fake_jump(&g, 20000);
	assert_string_equal(g.events, "PROGRESS ANSWER ");
	release(16);
	expect_bye();
}

/* A 100 of another call, or with a branch that is none of ours, is not. */
static void test_other_responses_are_not(void **state)
{
	char other[8192], *branch;

	(void)state;
	call();
	strcpy(other, sent);
	branch = strstr(other, "branch=z9hG4bK");
	assert_non_null(branch);
	branch[strlen("branch=z9hG4bK")] ^= 1;
	fake_answer(&phone, other,
		    &(struct fake_response){
			    .status = "100 Trying", .tag = "", .contact = "" });
	fake_run(&g, 20);
	fake_jump(&g, 2250);
	expect_silence();
	let_stack_end();
}

static void test_several_at_once(void **state)
{
	static char invites[4][8192];
	struct leg *legs[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		call();
		legs[i] = g.leg;
		strcpy(invites[i], sent);
	}
	strcpy(sent, invites[2]);
	trying();
	fake_jump(&g, 2250);
	assert_string_equal(g.events, "RELEASED RELEASED RELEASED ");
	assert_string_equal(state_of(legs[2]), "calling");
	respond("486 Busy Here", NULL);
	fake_expect(&phone, "ACK ");
	assert_string_equal(g.events, "RELEASED RELEASED RELEASED RELEASED ");
	let_stack_end();
}

/* What comes after all, for a call that has gone elsewhere. */

static void test_late_answer(void **state)
{
	(void)state;
	call();
	fake_jump(&g, 2250);
	expect_silence();
	respond("200 OK", peer_sdp);
	fake_expect(&phone, "ACK sip:bob@127.0.0.1");
	expect_bye();
	assert_int_equal(sip_agent_dialog_count(g.agent), 0);
	assert_string_equal(g.events, "RELEASED ");
}

static void test_late_ringing(void **state)
{
	static const char *const late[] = { "180 Ringing", "100 Trying" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		call_again();
		fake_jump(&g, 2250);
		expect_silence();
		respond(late[i], NULL);
		fake_expect(&phone, "CANCEL ");
		assert_true(fake_got(&phone, "\r\nReason: Q.850;cause=102;"));
		fake_respond(&phone, "200 OK");
		respond("487 Request Terminated", NULL);
		fake_expect(&phone, "ACK ");
		assert_int_equal(sip_agent_dialog_count(g.agent), 0);
	}
}

/* The CANCEL that the late 180 sets free crosses a 200. */
static void test_late_ringing_and_answer(void **state)
{
	(void)state;
	call();
	fake_jump(&g, 2250);
	respond("180 Ringing", NULL);
	fake_expect(&phone, "CANCEL ");
	fake_respond(&phone, "200 OK");
	respond("200 OK", peer_sdp);
	fake_expect(&phone, "ACK ");
	expect_bye();
	assert_int_equal(sip_agent_dialog_count(g.agent), 0);
}

static void test_late_refusal(void **state)
{
	(void)state;
	call();
	fake_jump(&g, 2250);
	respond("486 Busy Here", NULL);
	fake_expect(&phone, "ACK ");
	assert_int_equal(sip_agent_dialog_count(g.agent), 0);
	assert_string_equal(g.events, "RELEASED ");
}

/* Released or freed before the two seconds are over: told once. */
static void test_released_before(void **state)
{
	(void)state;
	call();
	release(16);
	fake_jump(&g, 2250);
	assert_string_equal(g.events, "");
	assert_string_equal(state_of(g.leg), "cancelled");
	let_stack_end();
	assert_string_equal(g.events, "RELEASED ");
	call();
	g.leg->ops->free(g.leg);
	g.leg = NULL;
	fake_jump(&g, 2250);
	let_stack_end();
	assert_string_equal(g.events, "RELEASED ");
}

/* A stack that tells nothing of responses, as another version may: the first
 * one that reaches us shows it, and no call is given up any more. */
static void test_deaf(void **state)
{
	(void)state;
	su_log_redirect(NULL, NULL, NULL);
	su_log_set_level(NULL, 0);
	call();
	trying();
	respond("180 Ringing", NULL);
	assert_string_equal(g.events, "ALERTING ");
	respond("486 Busy Here", NULL);
	fake_expect(&phone, "ACK ");
	call_again();
	fake_jump(&g, 31000);
	assert_string_equal(g.events, "");
	fake_jump(&g, 2000); /* Timer B (RFC 3261 17.1.1.2) */
	assert_string_equal(g.events, "RELEASED ");
	assert_int_equal(g.cause.q850, 102);
	assert_int_equal(g.cause.origin, LEG_ORIGIN_TIMER);
}

static void test_watched_peer_is_asked(void **state)
{
	(void)state;
	memcpy(&g.peer.server, &phone.address, sizeof phone.address);
	g.peer.keepalive_ms = 60000;
	g.peer.keepalive_down = 1;
	g.peer.keepalive_up = 1;
	fake_gateway_restart(&g);
	fake_jump(&g, 500);
	fake_expect(&phone, "OPTIONS ");
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
	assert_string_equal(info().state, "up");
	call();
	fake_jump(&g, 2250);
	assert_int_equal(info().options_sent, 2);
	fake_jump(&g, 2250);
	assert_string_equal(info().state, "down");
	fake_jump(&g, 33000);
	assert_int_equal(sip_agent_dialog_count(g.agent), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_response),
		TEST(test_trying_is_life),
		TEST(test_any_response_is_life),
		TEST(test_other_responses_are_not),
		TEST(test_several_at_once),
		TEST(test_late_answer),
		TEST(test_late_ringing),
		TEST(test_late_ringing_and_answer),
		TEST(test_late_refusal),
		TEST(test_released_before),
		TEST(test_deaf),
		TEST(test_watched_peer_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
