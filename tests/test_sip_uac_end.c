#include "tests/fake_sip_called.h"

/* CANCEL */

static void test_release_while_ringing(void **state)
{
	(void)state;
	for (int ringing = 0; ringing < 2; ringing++) {
		g.events[0] = g.ladder[0] = '\0';
		call();
		if (ringing)
			respond("180 Ringing", NULL);
		else
			trying();
		release(16);
		assert_string_equal(state_of(g.leg), "cancelled");
		fake_expect(&phone, "CANCEL ");
		assert_true(fake_got(&phone, "\r\nReason: Q.850;cause=16;"));
		fake_respond(&phone, "200 OK");
		fake_run(&g, 20);
		respond("487 Request Terminated", NULL);
		fake_expect(&phone, "ACK ");
		assert_string_equal(g.events, ringing ? "ALERTING RELEASED "
						      : "RELEASED ");
		assert_int_equal(g.cause.q850, 16);
		assert_string_equal(
			g.ladder,
			ringing ? ">INVITE <180 Ringing >CANCEL <200 OK "
				  "<487 Request Terminated "
				: ">INVITE >CANCEL <200 OK "
				  "<487 Request Terminated ");
	}
}

/* RFC 3261 9.1: no CANCEL before a provisional response. */
static void test_release_before_provisional(void **state)
{
	(void)state;
	call();
	release(16);
	assert_string_equal(state_of(g.leg), "cancelled");
	fake_expect_no_other(&phone, 50, "INVITE");
	trying();
	expect_cancel();
	assert_string_equal(g.events, "RELEASED ");
	assert_string_equal(g.ladder, ">INVITE >CANCEL <200 OK "
				      "<487 Request Terminated ");
}

static void test_release_and_no_response(void **state)
{
	(void)state;
	call();
	release(16);
	fake_jump(&g, 33000);
	assert_string_equal(g.events, "RELEASED ");
	assert_int_equal(g.cause.q850, 16);
	fake_expect_no_other(&phone, 10, "INVITE");
}

static void test_release_and_refusal(void **state)
{
	(void)state;
	call();
	release(16);
	respond("486 Busy Here", NULL);
	fake_expect(&phone, "ACK ");
	assert_string_equal(g.events, "RELEASED ");
	assert_int_equal(g.cause.q850, 16);
}

/* The 200 comes before any other response, and after our release. */
static void test_release_then_answer(void **state)
{
	(void)state;
	call();
	release(16);
	respond("200 OK", peer_sdp);
	fake_expect(&phone, "ACK ");
	expect_bye();
	assert_string_equal(g.events, "RELEASED ");
	assert_int_equal(g.cause.q850, 16);
}

/* The 200 is on its way when the CANCEL leaves. */
static void test_cancel_crosses_answer(void **state)
{
	(void)state;
	call();
	respond("180 Ringing", NULL);
	release(16);
	fake_expect(&phone, "CANCEL ");
	fake_respond(&phone, "481 Call/Transaction Does Not Exist");
	respond("200 OK", peer_sdp);
	fake_expect(&phone, "ACK ");
	expect_bye();
	assert_string_equal(g.events, "ALERTING RELEASED ");
}

/* The stack has the 200, we have not: no CANCEL leaves. */
static void test_release_crosses_answer(void **state)
{
	(void)state;
	call();
	respond("180 Ringing", NULL);
	fake_answer(&phone, sent,
		    &(struct fake_response){ .status = "200 OK",
					     .body = peer_sdp });
	loop_step(g.loop, 0);
	release(16);
	fake_expect(&phone, "BYE ");
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
	assert_non_null(strstr(g.events, "RELEASED "));
}

/* A peer that takes the CANCEL and never ends the INVITE (RFC 3261 9.1). */
static void test_cancel_without_end(void **state)
{
	(void)state;
	call();
	respond("180 Ringing", NULL);
	release(16);
	fake_expect(&phone, "CANCEL ");
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
	assert_string_equal(g.events, "ALERTING ");
	fake_jump(&g, 41000);
	assert_string_equal(g.events, "ALERTING RELEASED ");
}

/* Freed in the middle, as a call does that is torn down. */
static void test_freed_while_ringing(void **state)
{
	(void)state;
	for (int answered = 0; answered < 2; answered++) {
		call();
		respond("180 Ringing", NULL);
		g.leg->ops->free(g.leg);
		g.leg = NULL;
		fake_expect(&phone, "CANCEL ");
		fake_respond(&phone, "200 OK");
		if (!answered) {
			respond("487 Request Terminated", NULL);
			fake_expect(&phone, "ACK ");
			continue;
		}
		respond("200 OK", peer_sdp);
		fake_expect(&phone, "ACK ");
		expect_bye();
	}
}

/* The same before anything was heard. */
static void test_freed_while_calling(void **state)
{
	(void)state;
	call();
	g.leg->ops->free(g.leg);
	g.leg = NULL;
	fake_expect_no_other(&phone, 20, "INVITE");
	trying();
	expect_cancel();
	call();
	g.leg->ops->free(g.leg);
	g.leg = NULL;
	respond("200 OK", peer_sdp);
	fake_expect(&phone, "ACK ");
	expect_bye();
}

/* Inside the dialog */

static void test_reinvite(void **state)
{
	(void)state;
	talk_out();
	fake_send(&phone, &(struct fake_request){ .in_dialog = true,
						  .cseq = 2,
						  .body = peer_sdp });
	fake_expect(&phone, "SIP/2.0 200");
	assert_true(fake_got(&phone, "m=audio 16384 RTP/AVP 8 101\r\n"));
	fake_send(&phone, &(struct fake_request){ .method = "ACK",
						  .in_dialog = true,
						  .cseq = 2 });
	fake_run(&g, 20);
	assert_string_equal(g.events, "ANSWER ");
	release(16);
	expect_bye();
}

static void test_reinvite_without_ack(void **state)
{
	(void)state;
	talk_out();
	fake_send(&phone, &(struct fake_request){ .in_dialog = true,
						  .cseq = 2,
						  .body = peer_sdp });
	fake_expect(&phone, "SIP/2.0 200");
	fake_jump(&g, 33000);
	expect_bye();
	assert_string_equal(g.events, "ANSWER DISCONNECT RELEASED ");
	assert_int_equal(g.cause.q850, 102);
}

/* RFC 4028 10: the peer that was to refresh has died. */
static void test_session_timer(void **state)
{
	(void)state;
	call();
	fake_answer(&phone, sent,
		    &(struct fake_response){
			    .status = "200 OK",
			    .extra = "Supported: timer\r\n"
				     "Session-Expires: 90;refresher=uas\r\n",
			    .body = peer_sdp });
	fake_expect(&phone, "ACK ");
	fake_jump(&g, 91000);
	expect_bye();
	assert_non_null(strstr(g.events, "ANSWER "));
	assert_non_null(strstr(g.events, "RELEASED "));
	assert_string_equal(g.cause.text, "session timer");
}

/* A peer that makes us refresh: by UPDATE. */
static void test_session_refresh(void **state)
{
	(void)state;
	call();
	fake_answer(&phone, sent,
		    &(struct fake_response){
			    .status = "200 OK",
			    .extra = "Supported: timer\r\nAllow: UPDATE\r\n"
				     "Session-Expires: 90;refresher=uac\r\n",
			    .body = peer_sdp });
	fake_expect(&phone, "ACK ");
	fake_jump(&g, 51000);
	fake_expect(&phone, "UPDATE ");
	assert_false(fake_got(&phone, "v=0"));
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
	assert_string_equal(g.events, "ANSWER ");
	release(16);
	expect_bye();
}

/* Hostile targets */

static const struct {
	const char *contact, *extra;
} bad_targets[] = {
	{ "<tel:+491>", NULL },
	{ "<mailto:a@b>", NULL },
	{ "<http://127.0.0.1/>", NULL },
	{ "<urn:service:sos>", NULL },
	{ "*", NULL },
	{ NULL, "Record-Route: <tel:+491;lr>\r\n" },
	{ NULL, "Record-Route: <tel:+491>\r\n" },
};

#define BAD_TARGETS (sizeof bad_targets / sizeof *bad_targets)

/* Sent to such a target, the ACK makes the stack overflow its own. */
static void test_target_is_no_sip_uri(void **state)
{
	(void)state;
	for (size_t i = 0; i < BAD_TARGETS; i++) {
		g.events[0] = '\0';
		call();
		fake_answer(&phone, sent,
			    &(struct fake_response){
				    .status = "200 OK",
				    .contact = bad_targets[i].contact,
				    .extra = bad_targets[i].extra,
				    .body = peer_sdp });
		fake_run(&g, 50);
		fake_jump(&g, 80000);
		assert_string_equal(g.events, "DISCONNECT RELEASED ");
		assert_int_equal(g.cause.q850, 41);
		assert_true(g.cause.protocol_error);
	}
}

static void test_reliable_target_is_no_sip_uri(void **state)
{
	(void)state;
	for (size_t i = 0; i < BAD_TARGETS; i++) {
		char extra[128];

		snprintf(extra, sizeof extra,
			 "Require: 100rel\r\nRSeq: 5\r\n%s",
			 bad_targets[i].extra ? bad_targets[i].extra : "");
		g.events[0] = '\0';
		call();
		fake_answer(&phone, sent,
			    &(struct fake_response){
				    .status = "183 Session Progress",
				    .contact = bad_targets[i].contact,
				    .extra = extra,
				    .body = peer_sdp });
		fake_run(&g, 50);
		expect_cancel();
		fake_jump(&g, 80000);
		assert_string_equal(g.events, "DISCONNECT RELEASED ");
		assert_int_equal(g.cause.q850, 41);
		assert_true(g.cause.protocol_error);
	}
}

/* No request goes to what such an 18x names, so it is no reason to clear, nor
 * to send anything but to the target of the 200. */
static void test_unreliable_target_is_no_sip_uri(void **state)
{
	struct fake_peer target;
	char contact[64];

	(void)state;
	fake_peer_open(&target, &g, "127.0.0.1");
	snprintf(contact, sizeof contact, "<sip:bob@127.0.0.1:%u>",
		 ntohs(target.address.sin_port));
	call();
	fake_answer(&phone, sent,
		    &(struct fake_response){ .status = "180 Ringing",
					     .contact = "<tel:+491>" });
	fake_run(&g, 20);
	fake_answer(&phone, sent,
		    &(struct fake_response){ .status = "200 OK",
					     .contact = contact,
					     .body = peer_sdp });
	fake_expect(&target, "ACK sip:bob@127.0.0.1");
	release(16);
	fake_expect(&target, "BYE ");
	fake_respond(&target, "200 OK");
	fake_run(&g, 20);
	fake_peer_close(&target);
	assert_string_equal(g.events, "ALERTING ANSWER RELEASED ");
}

/* The stack ends the answer of another fork by itself. */
static void test_target_of_second_fork(void **state)
{
	(void)state;
	for (size_t i = 0; i < BAD_TARGETS; i++) {
		g.events[0] = '\0';
		talk_out();
		fake_answer(&phone, sent,
			    &(struct fake_response){
				    .status = "200 OK",
				    .tag = "fork2",
				    .contact = bad_targets[i].contact,
				    .extra = bad_targets[i].extra,
				    .body = peer_sdp });
		fake_run(&g, 50);
		fake_jump(&g, 40000);
		assert_string_equal(g.events, "ANSWER ");
		release(16);
		expect_bye();
	}
}

/* The same when nobody is there to judge the response any more. */
static void test_target_of_freed_leg(void **state)
{
	(void)state;
	for (size_t i = 0; i < BAD_TARGETS; i++) {
		call();
		respond("180 Ringing", NULL);
		g.leg->ops->free(g.leg);
		g.leg = NULL;
		fake_run(&g, 20);
		fake_answer(&phone, sent,
			    &(struct fake_response){
				    .status = "200 OK",
				    .contact = bad_targets[i].contact,
				    .extra = bad_targets[i].extra,
				    .body = peer_sdp });
		fake_run(&g, 50);
		fake_jump(&g, 80000);
	}
}

/* Stop */

static void test_stop_while_ringing(void **state)
{
	struct leg *leg;

	(void)state;
	call();
	respond("180 Ringing", NULL);
	sip_agent_stop(g.agent);
	fake_expect(&phone, "CANCEL ");
	assert_int_equal(sip_agent_leg_new(g.agent, &g.peer, false, &leg),
			 -ESHUTDOWN);
	fake_respond(&phone, "200 OK");
	respond("487 Request Terminated", NULL);
	fake_expect(&phone, "ACK ");
	assert_string_equal(g.events, "ALERTING DISCONNECT RELEASED ");
	assert_int_equal(g.cause.q850, 31);
	fake_run(&g, 50);
	assert_true(g.stopped);
}

/* Nothing was heard of it: no CANCEL may go, and the wait is bounded. */
static void test_stop_while_calling(void **state)
{
	(void)state;
	call();
	sip_agent_stop(g.agent);
	assert_string_equal(g.events, "DISCONNECT ");
	fake_expect_no_other(&phone, 20, "INVITE");
	trying();
	expect_cancel();
	assert_string_equal(g.events, "DISCONNECT RELEASED ");
	fake_run(&g, 50);
	assert_true(g.stopped);
}

static void test_stop_while_talking(void **state)
{
	(void)state;
	talk_out();
	sip_agent_stop(g.agent);
	expect_bye();
	assert_string_equal(g.events, "ANSWER DISCONNECT RELEASED ");
	fake_run(&g, 50);
	assert_true(g.stopped);
}

/* Idle legs hold nothing that the stop would wait for. */
static void test_stop_with_idle_leg(void **state)
{
	struct leg_media m;

	(void)state;
	make_leg();
	assert_int_equal(media(&m), 0);
	sip_agent_stop(g.agent);
	assert_int_equal(g.leg->ops->setup(g.leg, &usual), -ESHUTDOWN);
	g.leg->ops->free(g.leg);
	fake_run(&g, 50);
	assert_true(g.stopped);
}

static void test_describe(void **state)
{
	struct leg_info info;

	(void)state;
	call();
	respond("180 Ringing", NULL);
	g.leg->ops->describe(g.leg, &info);
	assert_string_equal(info.state, "early");
	assert_string_equal(info.peer, "phones");
	assert_string_equal(info.sip_call_id, call_id);
	assert_int_equal(strncmp(info.sip_remote, "127.0.0.1:", 10), 0);
	assert_int_equal(info.sip_status, 0);
	g.free_on_released = false;
	respond("486 Busy Here", NULL);
	g.leg->ops->describe(g.leg, &info);
	assert_int_equal(info.sip_status, 486);
	g.leg->ops->free(g.leg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_release_while_ringing),
		TEST(test_release_before_provisional),
		TEST(test_release_and_no_response),
		TEST(test_release_and_refusal),
		TEST(test_release_then_answer),
		TEST(test_cancel_crosses_answer),
		TEST(test_release_crosses_answer),
		TEST(test_cancel_without_end),
		TEST(test_freed_while_ringing),
		TEST(test_freed_while_calling),
		TEST(test_reinvite),
		TEST(test_reinvite_without_ack),
		TEST(test_session_timer),
		TEST(test_session_refresh),
		TEST_ERRORS(test_target_is_no_sip_uri),
		TEST_ERRORS(test_reliable_target_is_no_sip_uri),
		TEST(test_unreliable_target_is_no_sip_uri),
		TEST_ERRORS(test_target_of_second_fork),
		TEST_ERRORS(test_target_of_freed_leg),
		TEST(test_stop_while_ringing),
		TEST(test_stop_while_calling),
		TEST(test_stop_while_talking),
		TEST(test_stop_with_idle_leg),
		TEST(test_describe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
