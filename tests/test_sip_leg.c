#include "sip/sip_uas.h"
#include "tests/fake_sip_call.h"

/* The table */

/* Rows: states; columns: events in the order of enums sip_leg_event and
 * sip_uas_event. Next state by its letter, '.' ignored, '!' illegal. */
static const char letters[] = "TEAWCDONG";
static const char *const matrix[SIP_UAS_STATES] = {
	/* RELEASE ACK CANCEL BYE TIMEOUT ABORT END PROGRESS ALERTING ANSWER
	 * EXPIRED */
	"N!DDDDGEEAD", /* trying */
	"N!DDDDGeeAD", /* early: small letter, the state stays */
	"WCDDDDG....", /* answered */
	".NNNNNG....", /* wait-ack */
	"N..DDDG....", /* active */
	"N.....O....", /* cleared */
	"G.....!....", /* over */
	"......G....", /* ending */
	"......!....", /* gone */
};

static void test_table(void **state)
{
	char why[128];

	(void)state;
	if (fsm_check(&sip_uas_fsm_desc, why, sizeof why) < 0)
		fail_msg("%s", why);
	for (uint8_t s = 0; s < SIP_UAS_STATES; s++)
		for (uint8_t e = 0; e < SIP_UAS_EVENTS; e++) {
			const struct fsm_row *row =
				fsm_find(&sip_uas_fsm_desc, s, e);
			char want = matrix[s][e], got;

			assert_non_null(row);
			if (row->kind == FSM_IGNORE)
				got = '.';
			else if (row->kind == FSM_ILLEGAL)
				got = '!';
			else if (row->next == FSM_SAME)
				got = (char)(letters[s] | 0x20);
			else
				got = letters[row->next];
			if (got != want)
				fail_msg("state %u event %u: %c, not %c", s, e,
					 got, want);
		}
}

/* Answer */

static void test_we_clear(void **state)
{
	(void)state;
	talk();
	release(16);
	fake_expect(&phone, "BYE sip:alice@127.0.0.1");
	assert_true(fake_got(&phone, "\r\nReason: Q.850;cause=16;"
				     "text=\"Normal call clearing\""));
	assert_true(fake_got(&phone, "\r\nUser-Agent: Tollgate\r\n"));
	assert_string_equal(state_of(g.leg), "ending");
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
	assert_string_equal(g.events, "CONFIRMED RELEASED ");
	assert_int_equal(g.cause.q850, 16);
	assert_string_equal(g.ladder, "<INVITE >100 Trying >200 OK <ACK >BYE "
				      "<200 OK ");
	assert_null(g.leg); /* freed, from its own last event */
}

static void test_peer_clears(void **state)
{
	(void)state;
	talk();
	send_bye("Reason: Q.850;cause=31;text=\"x\"\r\n");
	fake_expect(&phone, "SIP/2.0 200");
	fake_run(&g, 20);
	assert_string_equal(g.events, "CONFIRMED DISCONNECT RELEASED ");
	assert_int_equal(g.cause.q850, 31);
	assert_int_equal(g.cause.origin, LEG_ORIGIN_PEER);
	assert_string_equal(g.cause.text, "SIP BYE");
	assert_string_equal(g.ladder, "<INVITE >100 Trying >200 OK <ACK <BYE "
				      ">200 OK ");
}

static void test_peer_clears_without_reason(void **state)
{
	(void)state;
	talk();
	send_bye(NULL);
	fake_expect(&phone, "SIP/2.0 200");
	fake_run(&g, 20);
	assert_int_equal(g.cause.q850, 16);
}

/* A call may take its time between DISCONNECT and release. */
static void test_peer_clears_release_late(void **state)
{
	(void)state;
	g.release_on_disconnect = false;
	talk();
	send_bye(NULL);
	fake_expect(&phone, "SIP/2.0 200");
	fake_run(&g, 20);
	assert_string_equal(g.events, "CONFIRMED DISCONNECT ");
	assert_string_equal(state_of(g.leg), "over");
	g.leg->ops->progress(g.leg, true);
	g.leg->ops->answer(g.leg, &(struct leg_number){ 0 });
	release(17);
	assert_string_equal(g.events, "CONFIRMED DISCONNECT RELEASED ");
	assert_int_equal(g.cause.q850, 16); /* the first reason stays */
	fake_expect_silence(&phone, 20);
}

static void test_both_clear_at_once(void **state)
{
	(void)state;
	talk();
	release(16);
	send_bye(NULL);
	fake_expect(&phone, "BYE");
	fake_respond(&phone, "200 OK");
	fake_run(&g, 50);
	assert_string_equal(g.events, "CONFIRMED RELEASED ");
}

static void test_bye_unanswered(void **state)
{
	(void)state;
	talk();
	release(16);
	fake_expect(&phone, "BYE");
	fake_jump(&g, 31000);
	assert_string_equal(g.events, "CONFIRMED ");
	fake_jump(&g, 2000);
	assert_string_equal(g.events, "CONFIRMED RELEASED ");
}

/* No credentials for whoever challenges our BYE. */
static void test_bye_challenged(void **state)
{
	(void)state;
	talk();
	release(16);
	fake_expect(&phone, "BYE");
	fake_respond(&phone, "407 Proxy Authentication Required\r\n"
			     "Proxy-Authenticate: Digest realm=\"x\", "
			     "nonce=\"y\"");
	fake_run(&g, 20);
	assert_string_equal(g.events, "CONFIRMED RELEASED ");
	fake_expect_silence(&phone, 20);
}

static void test_sdp_is_the_same_everywhere(void **state)
{
	struct leg_media m;
	char first[1024];

	(void)state;
	fake_send(&phone, &(struct fake_request){ .body = fake_offer });
	wait_for_leg();
	assert_int_equal(media(&m), 0);
	assert_int_equal(m.kind, LEG_MEDIA_RTP);
	assert_int_equal(m.law, G711_ALAW);
	assert_int_equal(m.payload_type, 8);
	assert_int_equal(m.dtmf_payload_type, 101);
	assert_int_equal(m.ptime_ms, 20);
	assert_true(m.send && m.receive);
	assert_int_equal(
		ntohs(((struct sockaddr_in *)(void *)&m.remote)->sin_port),
		40000);
	g.leg->ops->proceeding(g.leg); /* RFC 4497 8.3.2: sends nothing */
	fake_expect_silence(&phone, 20);
	g.leg->ops->progress(g.leg, true);
	fake_expect(&phone, "SIP/2.0 183");
	snprintf(first, sizeof first, "%s", strstr(phone.got, "v=0\r\n"));
	assert_non_null(strstr(first, ANSWER));
	assert_true(fake_got(&phone, "Content-Type: application/sdp"));
	g.leg->ops->alerting(g.leg, false);
	fake_expect(&phone, "SIP/2.0 180");
	assert_string_equal(strstr(phone.got, "v=0\r\n"), first);
	/* Another address comes too late. */
	assert_int_equal(g.leg->ops->media(g.leg,
					   &(struct leg_media_local){ 0 }, &m),
			 0);
	assert_int_equal(m.payload_type, 8);
	answer();
	assert_string_equal(strstr(phone.got, "v=0\r\n"), first);
	assert_true(fake_got(&phone, "\r\nContact: <sip:127.0.0.1:"));
	ack(NULL);
	assert_string_equal(g.ladder,
			    "<INVITE >100 Trying >183 Session Progress "
			    ">180 Ringing >200 OK <ACK ");
}

static void test_alerting_without_sound_has_no_sdp(void **state)
{
	(void)state;
	invite_plain();
	g.leg->ops->alerting(g.leg, false);
	fake_expect(&phone, "SIP/2.0 180");
	assert_false(fake_got(&phone, "v=0"));
	assert_string_equal(state_of(g.leg), "early");
	g.leg->ops->alerting(g.leg, true); /* in-band audio begins later */
	fake_expect(&phone, "SIP/2.0 180");
	assert_true(fake_got(&phone, ANSWER));
}

/* RFC 3261 13.3.1.1: proxies forget an INVITE after three silent minutes. */
static void test_provisional_is_repeated(void **state)
{
	(void)state;
	invite_plain();
	g.leg->ops->alerting(g.leg, true);
	fake_expect(&phone, "SIP/2.0 180");
	fake_jump(&g, 59000);
	fake_expect_silence(&phone, 20);
	fake_jump(&g, 1500);
	fake_expect(&phone, "SIP/2.0 180");
	assert_true(fake_got(&phone, ANSWER));
	fake_jump(&g, 60000);
	fake_expect(&phone, "SIP/2.0 180");
	answer();
	ack(NULL);
	fake_jump(&g, 70000);
	fake_expect_silence(&phone, 20);
}

static void test_prefers_the_law_without_conversion(void **state)
{
	struct leg_media_local local = local_media();
	struct leg_media m;

	(void)state;
	fake_send(&phone, &(struct fake_request){ .body = fake_offer });
	wait_for_leg();
	local.prefer = G711_ULAW;
	assert_int_equal(g.leg->ops->media(g.leg, &local, &m), 0);
	assert_int_equal(m.law, G711_ULAW);
	/* Nothing sent yet: a second bridge may take its place. */
	local.prefer = G711_ALAW;
	((struct sockaddr_in *)(void *)&local.address)->sin_port = htons(16390);
	assert_int_equal(g.leg->ops->media(g.leg, &local, &m), 0);
	assert_int_equal(m.law, G711_ALAW);
	answer();
	assert_true(fake_got(&phone, "m=audio 16390 RTP/AVP 8 101\r\n"));
	ack(NULL);
}

static void test_answer_without_media_is_refused(void **state)
{
	(void)state;
	fake_send(&phone, &(struct fake_request){ .body = fake_offer });
	wait_for_leg();
	g.leg->ops->answer(g.leg, &(struct leg_number){ 0 });
	fake_expect(&phone, "SIP/2.0 503");
	fake_run(&g, 20);
	assert_string_equal(g.events, "DISCONNECT RELEASED ");
}

/* Refusal */

static void test_refused(void **state)
{
	static const struct {
		uint8_t q850;
		const char *status, *reason;
		bool retry;
	} cases[] = {
		{ 17, "SIP/2.0 486 Busy Here", "Q.850;cause=17;", false },
		{ 1, "SIP/2.0 404 Not Found", "Q.850;cause=1;", false },
		{ 34, "SIP/2.0 503 Service Unavailable", "Q.850;cause=34;",
		  true },
		{ 16, "SIP/2.0 480 Temporarily Unavailable", "Q.850;cause=16;",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char id[32];
		const char *retry;

		snprintf(id, sizeof id, "refused-%zu", i);
		g.events[0] = '\0';
		invite(&(struct fake_request){ .body = fake_offer,
					       .call_id = id });
		release(cases[i].q850);
		fake_expect(&phone, cases[i].status);
		assert_true(fake_got(&phone, cases[i].reason));
		retry = strstr(phone.got, "\r\nRetry-After: ");
		assert_int_equal(retry != NULL, cases[i].retry);
		if (retry) {
			int after = atoi(retry + strlen("\r\nRetry-After: "));

			assert_in_range(after, 10, 15);
		}
		fake_send(&phone, &(struct fake_request){ .method = "ACK",
							  .in_dialog = true,
							  .call_id = id });
		fake_run(&g, 20);
		assert_string_equal(g.events, "RELEASED ");
		assert_int_equal(g.cause.q850, cases[i].q850);
	}
}

static void test_refused_while_ringing(void **state)
{
	(void)state;
	invite_plain();
	g.leg->ops->alerting(g.leg, false);
	release(17);
	fake_expect(&phone, "SIP/2.0 486");
	fake_run(&g, 20);
	assert_string_equal(g.events, "RELEASED ");
	assert_string_equal(g.ladder,
			    "<INVITE >100 Trying >180 Ringing >486 Busy Here ");
}

/* The call releases inside `incoming`. */
static void test_refused_at_once(void **state)
{
	(void)state;
	g.release_at_once = true;
	g.release_cause = (struct leg_cause){ .q850 = 1 };
	fake_send(&phone, &(struct fake_request){ .body = fake_offer });
	fake_expect(&phone, "SIP/2.0 404");
	fake_run(&g, 20);
	assert_string_equal(g.events, "RELEASED ");
	assert_string_equal(g.ladder, "<INVITE >100 Trying >404 Not Found ");
}

/* CANCEL */

static void test_cancel(void **state)
{
	(void)state;
	for (int ringing = 0; ringing < 2; ringing++) {
		g.events[0] = g.ladder[0] = '\0';
		invite(&(struct fake_request){
			.body = fake_offer,
			.call_id = ringing ? "cancel-2" : "cancel-1" });
		if (ringing) {
			g.leg->ops->alerting(g.leg, false);
			fake_expect(&phone, "SIP/2.0 180");
		}
		/* The branch and Call-ID of that INVITE. */
		char branch[32];

		snprintf(branch, sizeof branch, "z9hG4bK-%u", phone.branch);
		fake_send(&phone,
			  &(struct fake_request){
				  .method = "CANCEL",
				  .branch = branch,
				  .contact = "",
				  .call_id = ringing ? "cancel-2" : "cancel-1",
				  .extra =
					  ringing ? "Reason: Q.850;cause=26\r\n"
						  : NULL });
		fake_expect(&phone, "SIP/2.0 487");
		fake_run(&g, 20);
		assert_string_equal(g.events, "DISCONNECT RELEASED ");
		assert_int_equal(g.cause.q850, ringing ? 26 : 16);
		assert_string_equal(g.cause.text, "SIP CANCEL");
		assert_string_equal(
			g.ladder,
			ringing ? "<INVITE >100 Trying >180 Ringing <CANCEL "
				  ">200 OK >487 Request Terminated "
				: "<INVITE >100 Trying <CANCEL >200 OK "
				  ">487 Request Terminated ");
	}
}

/* The CANCEL is in the socket when we answer: whichever the stack sees first
 * wins, and the call hears exactly one end. */
static void test_cancel_crosses_answer(void **state)
{
	(void)state;
	for (int first = 0; first < 2; first++) {
		char id[32];

		snprintf(id, sizeof id, "race-%d", first);
		g.events[0] = '\0';
		invite(&(struct fake_request){ .body = fake_offer,
					       .call_id = id });
		char branch[32];

		snprintf(branch, sizeof branch, "z9hG4bK-%u", phone.branch);
		if (first)
			g.leg->ops->answer(g.leg, &(struct leg_number){ 0 });
		fake_send(&phone, &(struct fake_request){ .method = "CANCEL",
							  .branch = branch,
							  .contact = "",
							  .call_id = id });
		if (!first) {
			/* One pass: the stack has it, we have not. */
			loop_step(g.loop, 0);
			if (g.leg)
				g.leg->ops->answer(g.leg,
						   &(struct leg_number){ 0 });
		}
		fake_run(&g, 50);
		if (strstr(g.events, "RELEASED")) {
			assert_string_equal(g.events, "DISCONNECT RELEASED ");
			continue;
		}
		/* Answered first: the caller acknowledges and hangs up. */
		fake_expect(&phone, "SIP/2.0 200");
		if (!fake_got(&phone, "CSeq: 1 INVITE"))
			fake_expect(&phone, "SIP/2.0 200");
		fake_send(&phone, &(struct fake_request){ .method = "ACK",
							  .in_dialog = true,
							  .call_id = id });
		fake_send(&phone, &(struct fake_request){ .method = "BYE",
							  .in_dialog = true,
							  .cseq = 2,
							  .call_id = id });
		fake_run(&g, 50);
		assert_string_equal(g.events, "CONFIRMED DISCONNECT RELEASED ");
	}
}

static void test_cancel_crosses_refusal(void **state)
{
	(void)state;
	invite_plain();
	send_cancel(NULL);
	release(17);
	fake_run(&g, 50);
	assert_string_equal(g.events, "RELEASED ");
}

static void test_bye_before_answer(void **state)
{
	(void)state;
	invite_plain();
	g.leg->ops->alerting(g.leg, false);
	fake_expect(&phone, "SIP/2.0 180");
	send_bye(NULL);
	fake_expect(&phone, "SIP/2.0 487");
	fake_run(&g, 20);
	assert_string_equal(g.events, "DISCONNECT RELEASED ");
}

/* ACK */

static void test_no_ack(void **state)
{
	(void)state;
	invite_plain();
	answer();
	fake_jump(&g, 31000);
	assert_string_equal(g.events, "");
	fake_jump(&g, 2000);
	fake_expect(&phone, "BYE");
	assert_string_equal(g.events, "DISCONNECT ");
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
	assert_string_equal(g.events, "DISCONNECT RELEASED ");
	assert_int_equal(g.cause.q850, 102);
	assert_int_equal(g.cause.origin, LEG_ORIGIN_TIMER);
	assert_string_equal(g.cause.text, "no ACK");
}

/* RFC 4497 8.4.1: the BYE waits for the ACK. */
static void test_release_waits_for_ack(void **state)
{
	(void)state;
	invite_plain();
	answer();
	release(16);
	assert_string_equal(state_of(g.leg), "wait-ack");
	fake_expect_no_other(&phone, 100, "SIP/2.0 200");
	ack(NULL);
	fake_expect(&phone, "BYE");
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
	assert_string_equal(g.events, "RELEASED ");
}

static void test_release_and_no_ack(void **state)
{
	(void)state;
	invite_plain();
	answer();
	release(16);
	fake_jump(&g, 33000);
	fake_expect(&phone, "BYE");
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
	assert_string_equal(g.events, "RELEASED ");
	assert_int_equal(g.cause.q850, 16);
}

/* The stack says that no ACK came and then nothing more: the leg is released
 * all the same, and the dialog is let go. */
static void test_stack_never_ends_it(void **state)
{
	(void)state;
	invite_plain();
	answer();
	release(16);
	sip_leg_timeout((struct sip_leg *)(void *)g.leg, false);
	assert_string_equal(state_of(g.leg), "ending");
	fake_jump(&g, 20000);
	ack(NULL); /* ends the stack's own wait for it */
	fake_jump(&g, 19000);
	assert_string_equal(g.events, "");
	fake_jump(&g, 2000);
	assert_string_equal(g.events, "RELEASED ");
	assert_int_equal(g.cause.q850, 16);
	fake_expect(&phone, "BYE"); /* of the handle that was let go */
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
}

static void test_bye_instead_of_ack(void **state)
{
	(void)state;
	invite_plain();
	answer();
	send_bye(NULL);
	fake_run(&g, 50);
	assert_string_equal(g.events, "DISCONNECT RELEASED ");
}

static void test_retransmissions_make_one_call(void **state)
{
	struct fake_request r = { .body = fake_offer,
				  .branch = "z9hG4bK-same" };

	(void)state;
	fake_send(&phone, &r);
	fake_send(&phone, &r);
	wait_for_leg();
	fake_send(&phone, &r);
	fake_run(&g, 50);
	assert_int_equal(g.calls, 1);
	/* The answer is repeated until the ACK, and the ACK may come twice. */
	struct leg_media m;

	assert_int_equal(media(&m), 0);
	answer();
	fake_jump(&g, 600);
	fake_expect(&phone, "SIP/2.0 200");
	ack(NULL);
	ack(NULL);
	assert_string_equal(g.events, "CONFIRMED ");
	assert_int_equal(g.calls, 1);
}

/* Ends of another kind */

/* The call is out of memory, say: it frees its leg without a release. */
static void test_freed_in_every_state(void **state)
{
	static const char *const expect[] = { "SIP/2.0 503", "SIP/2.0 503",
					      "BYE", "BYE" };

	(void)state;
	for (int s = 0; s < 4; s++) {
		char id[32];

		snprintf(id, sizeof id, "free-%d", s);
		g.events[0] = '\0';
		invite(&(struct fake_request){ .body = fake_offer,
					       .call_id = id });
		if (s == 1) {
			g.leg->ops->alerting(g.leg, true);
			fake_expect(&phone, "SIP/2.0 180");
		}
		if (s >= 2)
			answer();
		if (s == 3) {
			fake_send(&phone,
				  &(struct fake_request){ .method = "ACK",
							  .in_dialog = true,
							  .call_id = id });
			fake_run(&g, 20);
			g.events[0] = '\0';
		}
		g.leg->ops->free(g.leg);
		g.leg = NULL;
		fake_expect(&phone, expect[s]);
		if (s >= 2)
			fake_respond(&phone, "200 OK");
		fake_run(&g, 20);
		assert_string_equal(g.events, "");
	}
}

static void test_setup_is_not_built(void **state)
{
	(void)state;
	invite_plain();
	assert_int_equal(g.leg->ops->setup(g.leg, &g.setup), -ENOTSUP);
	assert_string_equal(g.leg->ops->kind, "sip");
}

static void test_describe(void **state)
{
	struct leg_info info;
	char remote[32];

	(void)state;
	invite_plain();
	g.leg->ops->describe(g.leg, &info);
	snprintf(remote, sizeof remote, "127.0.0.1:%u",
		 ntohs(phone.address.sin_port));
	assert_string_equal(info.state, "trying");
	assert_string_equal(info.peer, "phones");
	assert_string_equal(info.sip_call_id, "call-1");
	assert_string_equal(info.sip_remote, remote);
	assert_int_equal(info.sip_status, 0);
	assert_string_equal(g.leg->name, "sip=call-1");
	release(17);
	g.leg->ops->describe(g.leg, &info);
	assert_int_equal(info.sip_status, 486);
}

/* RFC 3261 13.3.1: how long the caller waits. */
static void test_expires(void **state)
{
	(void)state;
	invite(&(struct fake_request){ .body = fake_offer,
				       .extra = "Expires: 20\r\n" });
	g.leg->ops->alerting(g.leg, false);
	fake_expect(&phone, "SIP/2.0 180");
	fake_jump(&g, 19000);
	assert_string_equal(g.events, "");
	fake_jump(&g, 1500);
	fake_expect(&phone, "SIP/2.0 487");
	fake_run(&g, 20);
	assert_string_equal(g.events, "DISCONNECT RELEASED ");
	assert_int_equal(g.cause.q850, 16);
	assert_string_equal(g.cause.text, "Expires");
	/* An answered call has no such end, nor one refused before. */
	g.events[0] = '\0';
	phone.call_id = "answered";
	invite(&(struct fake_request){ .body = fake_offer,
				       .extra = "Expires: 20\r\n" });
	answer();
	ack(NULL);
	fake_jump(&g, 21000);
	assert_string_equal(state_of(g.leg), "active");
	phone.call_id = "refused";
	release(16);
	fake_expect(&phone, "BYE");
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
	invite(&(struct fake_request){ .body = fake_offer,
				       .extra = "Expires: 20\r\n" });
	release(17);
	fake_expect(&phone, "SIP/2.0 486");
	fake_jump(&g, 30000);
	assert_string_equal(g.events, "CONFIRMED RELEASED RELEASED ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		TEST(test_we_clear),
		TEST(test_peer_clears),
		TEST(test_peer_clears_without_reason),
		TEST(test_peer_clears_release_late),
		TEST(test_both_clear_at_once),
		TEST(test_bye_unanswered),
		TEST(test_bye_challenged),
		TEST(test_sdp_is_the_same_everywhere),
		TEST(test_alerting_without_sound_has_no_sdp),
		TEST(test_provisional_is_repeated),
		TEST(test_prefers_the_law_without_conversion),
		TEST(test_answer_without_media_is_refused),
		TEST(test_refused),
		TEST(test_refused_while_ringing),
		TEST(test_refused_at_once),
		TEST(test_cancel),
		TEST(test_cancel_crosses_answer),
		TEST(test_cancel_crosses_refusal),
		TEST(test_bye_before_answer),
		TEST(test_no_ack),
		TEST(test_release_waits_for_ack),
		TEST(test_release_and_no_ack),
		TEST_ERRORS(test_stack_never_ends_it),
		TEST(test_bye_instead_of_ack),
		TEST(test_retransmissions_make_one_call),
		TEST(test_freed_in_every_state),
		TEST(test_setup_is_not_built),
		TEST(test_describe),
		TEST(test_expires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
