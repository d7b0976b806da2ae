#include "tests/fake_sip_call.h"

/* Delayed offer */

static void test_delayed_offer(void **state)
{
	struct leg_media m;

	(void)state;
	fake_send(&phone, &(struct fake_request){ 0 });
	wait_for_leg();
	assert_int_equal(g.setup.refuse.q850, 0);
	assert_int_equal(media(&m), 0);
	assert_int_equal(m.kind, LEG_MEDIA_NONE);
	g.leg->ops->alerting(g.leg, true);
	fake_expect(&phone, "SIP/2.0 180");
	assert_false(fake_got(&phone, "v=0"));
	answer();
	assert_true(fake_got(&phone, "m=audio 16384 RTP/AVP 8 0 101\r\n"));
	ack("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
	    "t=0 0\r\nm=audio 40002 RTP/AVP 0\r\n");
	assert_string_equal(g.events, "CONFIRMED ");
	assert_int_equal(media(&m), 0);
	assert_int_equal(m.kind, LEG_MEDIA_RTP);
	assert_int_equal(m.law, G711_ULAW);
	assert_int_equal(
		ntohs(((struct sockaddr_in *)(void *)&m.remote)->sin_port),
		40002);
}

static void test_delayed_offer_unanswered(void **state)
{
	static const char *const answers[] = {
		NULL,
		"rubbish",
		"v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
		"t=0 0\r\nm=audio 0 RTP/AVP 8\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct leg_media m;
		char id[32];

		snprintf(id, sizeof id, "late-%zu", i);
		g.events[0] = '\0';
		fake_send(&phone, &(struct fake_request){ .call_id = id });
		wait_for_leg();
		assert_int_equal(media(&m), 0);
		answer();
		fake_send(&phone, &(struct fake_request){ .method = "ACK",
							  .in_dialog = true,
							  .call_id = id,
							  .body = answers[i] });
		fake_run(&g, 20);
		assert_string_equal(g.events, "CONFIRMED ");
		assert_int_equal(media(&m), -ENOTSUP);
		release(65);
		fake_expect(&phone, "BYE");
		fake_respond(&phone, "200 OK");
		fake_run(&g, 20);
		assert_string_equal(g.events, "CONFIRMED RELEASED ");
	}
}

/* RFC 3262 5: a reliable 18x would have to carry an offer. */
static void test_delayed_offer_and_100rel(void **state)
{
	(void)state;
	invite(&(struct fake_request){ .extra = "Require: 100rel\r\n",
				       .call_id = "required" });
	g.leg->ops->progress(g.leg, true);
	g.leg->ops->alerting(g.leg, true);
	fake_expect_silence(&phone, 30);
	release(16);
	fake_expect(&phone, "SIP/2.0 480");
	fake_run(&g, 20);
	invite(&(struct fake_request){ .extra = "Supported: 100rel\r\n" });
	g.leg->ops->progress(g.leg, true);
	fake_expect(&phone, "SIP/2.0 183");
	assert_false(fake_got(&phone, "RSeq"));
	assert_false(fake_got(&phone, "v=0"));
}

/* 100rel */

static void prack(const char *contact, const char *body)
{
	char rack[64];
	const char *rseq = strstr(phone.got, "\r\nRSeq: ");

	assert_non_null(rseq);
	snprintf(rack, sizeof rack, "RAck: %d 1 INVITE\r\n",
		 atoi(rseq + strlen("\r\nRSeq: ")));
	fake_send(&phone, &(struct fake_request){ .method = "PRACK",
						  .in_dialog = true,
						  .cseq = 2,
						  .contact = contact,
						  .extra = rack,
						  .body = body });
}

/* A PRACK for an INVITE that has had its final response. */
static void prack_late(void)
{
	fake_send(&phone,
		  &(struct fake_request){ .method = "PRACK",
					  .in_dialog = true,
					  .cseq = 9,
					  .extra = "RAck: 1 1 INVITE\r\n" });
	fake_expect(&phone, "SIP/2.0 481");
}

static void reliable_183(void)
{
	invite(&(struct fake_request){ .body = fake_offer,
				       .extra = "Supported: 100rel\r\n" });
	g.leg->ops->progress(g.leg, true);
	fake_expect(&phone, "SIP/2.0 183");
	assert_true(fake_got(&phone, "\r\nRequire: 100rel"));
	assert_true(fake_got(&phone, ANSWER));
}

static void test_reliable_183(void **state)
{
	(void)state;
	reliable_183();
	prack("", NULL);
	fake_expect(&phone, "SIP/2.0 200");
	assert_true(fake_got(&phone, "PRACK"));
	g.leg->ops->alerting(g.leg, true);
	fake_expect(&phone, "SIP/2.0 180");
	assert_false(fake_got(&phone, "v=0"));
	/* The answer stands: it is not sent again. */
	answer();
	assert_false(fake_got(&phone, "v=0"));
	ack(NULL);
	assert_string_equal(g.events, "CONFIRMED ");
}

static void test_answer_waits_for_prack(void **state)
{
	(void)state;
	reliable_183();
	g.leg->ops->answer(g.leg, &(struct leg_number){ 0 });
	fake_expect_no_other(&phone, 50, "SIP/2.0 183");
	prack("", NULL);
	fake_expect(&phone, "SIP/2.0 200");
	if (fake_got(&phone, "PRACK"))
		fake_expect(&phone, "SIP/2.0 200");
	assert_true(fake_got(&phone, "CSeq: 1 INVITE"));
	ack(NULL);
	assert_string_equal(g.events, "CONFIRMED ");
}

/* The peer takes reliable responses only: each of them waits for its PRACK. */
static void test_100rel_required(void **state)
{
	(void)state;
	invite(&(struct fake_request){ .body = fake_offer,
				       .extra = "Require: 100rel\r\n" });
	g.leg->ops->alerting(g.leg, false);
	fake_expect(&phone, "SIP/2.0 180");
	assert_false(fake_got(&phone, "v=0"));
	prack("", NULL);
	fake_expect(&phone, "SIP/2.0 200");
	g.leg->ops->progress(g.leg, true);
	g.leg->ops->alerting(g.leg, true);
	fake_expect(&phone, "SIP/2.0 183");
	assert_true(fake_got(&phone, ANSWER));
	prack("", NULL);
	fake_expect(&phone, "SIP/2.0 180");
	assert_false(fake_got(&phone, "v=0"));
	prack("", NULL);
	fake_expect(&phone, "SIP/2.0 200");
	answer();
	ack(NULL);
	assert_string_equal(g.events, "CONFIRMED ");
}

/* Each way out while a PRACK is awaited. */
static void test_ends_before_prack(void **state)
{
	(void)state;
	reliable_183();
	release(17);
	fake_expect(&phone, "SIP/2.0 486");
	fake_run(&g, 20);
	assert_string_equal(g.events, "RELEASED ");
	prack_late();

	g.events[0] = '\0';
	phone.call_id = "call-2";
	reliable_183();
	send_cancel(NULL);
	fake_expect(&phone, "SIP/2.0 487");
	fake_run(&g, 20);
	assert_string_equal(g.events, "DISCONNECT RELEASED ");

	g.events[0] = '\0';
	phone.call_id = "call-3";
	reliable_183();
	g.leg->ops->answer(g.leg,
			   &(struct leg_number){
				   0 }); /* kept by the stack until the PRACK */
	release(16);
	fake_jump(&g, 40000);
	fake_run(&g, 20);
	assert_string_equal(g.events, "RELEASED ");
	assert_int_equal(g.cause.q850, 16);
}

static void test_no_prack(void **state)
{
	(void)state;
	reliable_183();
	fake_jump(&g, 40000);
	fake_expect(&phone, "SIP/2.0 504");
	fake_run(&g, 20);
	assert_string_equal(g.events, "DISCONNECT RELEASED ");
	assert_int_equal(g.cause.q850, 102);
	assert_string_equal(g.cause.text, "no PRACK");
}

static void test_poisoned_prack(void **state)
{
	(void)state;
	reliable_183();
	prack("<tel:1>", NULL);
	fake_expect(&phone, "SIP/2.0 400");
	fake_run(&g, 50);
	assert_string_equal(g.events, "DISCONNECT RELEASED ");
	fake_jump(&g, 40000);
}

/* Changes inside the dialog */

static void modify(const char *method, unsigned cseq, const char *contact,
		   const char *body)
{
	fake_send(&phone, &(struct fake_request){ .method = method,
						  .in_dialog = true,
						  .cseq = cseq,
						  .contact = contact,
						  .body = body });
}

#define MOVED                                                              \
	"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n" \
	"t=0 0\r\nm=audio 40004 RTP/AVP 8 0 101\r\n"                       \
	"a=rtpmap:101 telephone-event/8000\r\n"
static void ack_cseq(unsigned cseq)
{
	fake_send(&phone, &(struct fake_request){ .method = "ACK",
						  .in_dialog = true,
						  .cseq = cseq });
	fake_run(&g, 10);
}

static void test_refresh(void **state)
{
	char first[1024];

	(void)state;
	invite_plain();
	answer();
	snprintf(first, sizeof first, "%s", strstr(phone.got, "v=0\r\n"));
	ack(NULL);
	modify("INVITE", 2, NULL, fake_offer);
	fake_expect(&phone, "SIP/2.0 200");
	assert_string_equal(strstr(phone.got, "v=0\r\n"), first);
	ack_cseq(2);
	modify("UPDATE", 3, NULL, fake_offer);
	fake_expect(&phone, "SIP/2.0 200");
	assert_string_equal(strstr(phone.got, "v=0\r\n"), first);
	modify("UPDATE", 4, NULL, NULL);
	fake_expect(&phone, "SIP/2.0 200");
	assert_false(fake_got(&phone, "v=0"));
	assert_string_equal(g.events, "CONFIRMED ");
	assert_string_equal(state_of(g.leg), "active");
}

static void test_poisoned_contact(void **state)
{
	static const char *const contacts[] = { "<tel:+4930>", "<mailto:a@b>",
						"<urn:service:sos>",
						"<foo:bar>" };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		const char *method = i % 2 ? "UPDATE" : "INVITE";
		char id[32];

		snprintf(id, sizeof id, "poison-%zu", i);
		g.events[0] = '\0';
		invite(&(struct fake_request){ .body = fake_offer,
					       .call_id = id });
		answer();
		fake_send(&phone, &(struct fake_request){ .method = "ACK",
							  .in_dialog = true,
							  .call_id = id });
		fake_run(&g, 10);
		fake_send(&phone,
			  &(struct fake_request){ .method = method,
						  .in_dialog = true,
						  .call_id = id,
						  .cseq = 2,
						  .contact = contacts[i / 2],
						  .body = fake_offer });
		fake_expect(&phone, "SIP/2.0 400");
		fake_run(&g, 20);
		assert_string_equal(g.events, "CONFIRMED DISCONNECT RELEASED ");
	}
	fake_jump(&g, 70000);
}

static void test_poisoned_before_ack(void **state)
{
	(void)state;
	invite_plain();
	answer();
	modify("UPDATE", 2, "<tel:+4930>", NULL);
	fake_expect(&phone, "SIP/2.0 400");
	fake_run(&g, 20);
	assert_string_equal(g.events, "DISCONNECT RELEASED ");
	fake_jump(&g, 70000);
}

static void test_update_before_answer(void **state)
{
	(void)state;
	invite_plain();
	g.leg->ops->alerting(g.leg, false);
	fake_expect(&phone, "SIP/2.0 180");
	modify("UPDATE", 2, NULL, MOVED);
	fake_expect(&phone, "SIP/2.0 500");
	assert_true(fake_got(&phone, "\r\nRetry-After: "));
	modify("UPDATE", 3, NULL, NULL);
	fake_expect(&phone, "SIP/2.0 200");
	assert_string_equal(g.events, "");
	assert_string_equal(state_of(g.leg), "early");
}

/* Once the answer stands, in a reliable response (RFC 3311 5.1): a refresh is
 * one, a change has to wait for the call to be answered. */
static void test_update_of_early_media(void **state)
{
	(void)state;
	reliable_183();
	prack("", NULL);
	fake_expect(&phone, "SIP/2.0 200");
	modify("UPDATE", 3, NULL, MOVED);
	fake_expect(&phone, "SIP/2.0 488");
	modify("UPDATE", 4, NULL, fake_offer);
	fake_expect(&phone, "SIP/2.0 200");
	assert_true(fake_got(&phone, ANSWER));
	assert_string_equal(g.events, "");
	answer();
	ack(NULL);
	assert_string_equal(g.events, "CONFIRMED ");
}

/* Session timer */

static void test_session_timer(void **state)
{
	(void)state;
	invite(&(struct fake_request){ .body = fake_offer,
				       .extra = "Supported: timer\r\n" });
	answer();
	assert_true(fake_got(&phone, "\r\nSession-Expires: 1800;"
				     "refresher=uac\r\n"));
	ack(NULL);
	fake_jump(&g, 1000000);
	modify("UPDATE", 2, NULL, NULL);
	fake_expect(&phone, "SIP/2.0 200");
	fake_jump(&g, 1000000);
	assert_string_equal(g.events, "CONFIRMED ");
	fake_jump(&g, 900000);
	fake_expect(&phone, "BYE");
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
	assert_string_equal(g.events, "CONFIRMED RELEASED ");
	assert_int_equal(g.cause.q850, 102);
	assert_string_equal(g.cause.text, "session timer");
}

/* We refresh by UPDATE, without SDP; never by a re-INVITE without SDP. */
static void test_we_refresh_by_update(void **state)
{
	(void)state;
	invite(&(struct fake_request){
		.body = fake_offer,
		.extra = "Supported: timer\r\nAllow: INVITE, UPDATE\r\n"
			 "Session-Expires: 600;refresher=uas\r\n" });
	answer();
	assert_true(fake_got(&phone, "\r\nSession-Expires: 600;"
				     "refresher=uas\r\n"));
	ack(NULL);
	fake_jump(&g, 320000);
	fake_expect(&phone, "UPDATE");
	assert_false(fake_got(&phone, "v=0"));
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
	assert_string_equal(g.events, "CONFIRMED ");
}

/* The answer to our refresh moves the target too, to where no BYE and no
 * further refresh could be sent. */
static void test_poisoned_refresh(void **state)
{
	(void)state;
	invite(&(struct fake_request){
		.body = fake_offer,
		.extra = "Supported: timer\r\nAllow: INVITE, UPDATE\r\n"
			 "Session-Expires: 600;refresher=uas\r\n" });
	answer();
	ack(NULL);
	fake_jump(&g, 320000);
	fake_expect(&phone, "UPDATE");
	fake_respond(&phone, "200 OK\r\nContact: <tel:+4930>");
	fake_run(&g, 20);
	assert_string_equal(g.events, "CONFIRMED DISCONNECT RELEASED ");
	assert_int_equal(g.cause.q850, 41);
}

static void test_no_timer_without_update(void **state)
{
	(void)state;
	invite(&(struct fake_request){
		.body = fake_offer,
		.extra = "Supported: timer\r\n"
			 "Session-Expires: 600;refresher=uas\r\n" });
	answer();
	assert_false(fake_got(&phone, "Session-Expires"));
	ack(NULL);
	fake_jump(&g, 700000);
	fake_expect_silence(&phone, 20);
	assert_string_equal(g.events, "CONFIRMED ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_delayed_offer),
		TEST(test_delayed_offer_unanswered),
		TEST(test_delayed_offer_and_100rel),
		TEST(test_reliable_183),
		TEST(test_answer_waits_for_prack),
		TEST(test_100rel_required),
		TEST(test_ends_before_prack),
		TEST(test_no_prack),
		TEST(test_poisoned_prack),
		TEST(test_refresh),
		TEST_ERRORS(test_poisoned_contact),
		TEST_ERRORS(test_poisoned_before_ack),
		TEST(test_update_before_answer),
		TEST(test_update_of_early_media),
		TEST(test_session_timer),
		TEST(test_we_refresh_by_update),
		TEST_ERRORS(test_poisoned_refresh),
		TEST(test_no_timer_without_update),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
