#include "sip/sip_uac.h"
#include "tests/fake_sip_called.h"

/* The table */

/* Rows: states; columns: events in the order of enums sip_leg_event and
 * sip_uac_event. Next state by its letter, '.' ignored, '!' illegal. */
static const char letters[] = "ICEXADONG";
static const char *const matrix[SIP_UAC_STATES] = {
	/* RELEASE ACK CANCEL BYE TIMEOUT ABORT END
	 * SETUP PROVISIONAL ANSWER UNUSABLE FAILURE SILENCE */
	"G.....!C.....", /* idle */
	"X..D.XG!EADNG", /* calling */
	"X..D.XG!eADN.", /* early: small letter, the state stays */
	"...N..G!.NNN.", /* cancelled */
	"N..DDDG!.....", /* active */
	"N.....O!.....", /* cleared */
	"G.....!!.....", /* over */
	"......G!.....", /* ending */
	"......!!.....", /* gone */
};

static void test_table(void **state)
{
	char why[128];

	(void)state;
	if (fsm_check(&sip_uac_fsm_desc, why, sizeof why) < 0)
		fail_msg("%s", why);
	for (uint8_t s = 0; s < SIP_UAC_STATES; s++)
		for (uint8_t e = 0; e < SIP_UAC_EVENTS; e++) {
			const struct fsm_row *row =
				fsm_find(&sip_uac_fsm_desc, s, e);
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

/* Set-up */

static void test_peer_without_server(void **state)
{
	struct leg *leg;

	(void)state;
	assert_int_equal(sip_agent_leg_new(g.agent, &g.peer, false, &leg),
			 -EHOSTUNREACH);
}

static void test_invite(void **state)
{
	char contact[64], target[64];

	(void)state;
	call();
	snprintf(target, sizeof target, "INVITE sip:+4930123@127.0.0.1:%u SIP",
		 ntohs(phone.address.sin_port));
	snprintf(contact, sizeof contact, "\r\nContact: <sip:127.0.0.1:%u>\r\n",
		 g.port);
	assert_true(fake_got(&phone, target));
	assert_true(fake_got(&phone, contact));
	assert_true(fake_got(&phone, "\r\nFrom: <sip:+49891@127.0.0.1>;tag="));
	assert_true(fake_got(&phone, "\r\nTo: <sip:+4930123@127.0.0.1:"));
	assert_true(fake_got(&phone, "\r\nAllow: " SIP_AGENT_ALLOW "\r\n"));
	assert_true(fake_got(&phone, "\r\nSupported: timer\r\n"));
	assert_true(fake_got(&phone, "\r\nUser-Agent: Tollgate\r\n"));
	assert_true(
		fake_got(&phone, "\r\nSession-Expires: 1800;refresher=uas"));
	assert_false(fake_got(&phone, "Privacy"));
	assert_non_null(strstr(phone.got, "m=audio 16384 RTP/AVP 8 0 101\r\n"));
	assert_int_equal(strlen(call_id), 32);
	assert_null(strchr(call_id, '@'));
	assert_string_equal(g.ladder, ">INVITE ");
	assert_string_equal(state_of(g.leg), "calling");
	assert_int_equal(g.leg->ops->setup(g.leg, &usual), -EALREADY);
	respond("486 Busy Here", NULL);
}

static void test_setup_wants_media_and_number(void **state)
{
	struct leg_setup nobody = usual;
	struct leg_media m;

	(void)state;
	make_leg();
	assert_int_equal(g.leg->ops->setup(g.leg, &usual), -EINVAL);
	assert_int_equal(media(&m), 0);
	nobody.called.digits[0] = '\0';
	assert_int_equal(g.leg->ops->setup(g.leg, &nobody), -EINVAL);
	release(16);
	fake_run(&g, 5);
	assert_string_equal(g.events, "RELEASED ");
	fake_expect_silence(&phone, 20);
}

static void test_prefers_the_law(void **state)
{
	struct leg_media_local local = local_media();
	struct leg_media m;

	(void)state;
	make_leg();
	local.prefer = G711_ULAW;
	assert_int_equal(g.leg->ops->media(g.leg, &local, &m), 0);
	assert_int_equal(g.leg->ops->setup(g.leg, &usual), 0);
	keep_invite();
	assert_true(fake_got(&phone, "RTP/AVP 0 8 101\r\n"));
	respond("486 Busy Here", NULL);
}

/* Progress and answer */

static void test_answered_and_we_clear(void **state)
{
	struct leg_media m;

	(void)state;
	call();
	trying();
	assert_string_equal(g.events, "");
	respond("180 Ringing", NULL);
	assert_string_equal(g.events, "ALERTING ");
	assert_false(g.inband);
	assert_int_equal(media(&m), 0);
	assert_int_equal(m.kind, LEG_MEDIA_NONE);
	respond("200 OK", peer_sdp);
	fake_expect(&phone, "ACK sip:bob@127.0.0.1");
	assert_string_equal(g.events, "ALERTING ANSWER ");
	assert_true(g.inband);
	assert_int_equal(media(&m), 0);
	assert_int_equal(m.kind, LEG_MEDIA_RTP);
	assert_int_equal(m.law, G711_ALAW);
	assert_int_equal(m.dtmf_payload_type, 101);
	assert_true(m.send && m.receive);
	assert_int_equal(
		ntohs(((struct sockaddr_in *)(void *)&m.remote)->sin_port),
		41000);
	assert_string_equal(state_of(g.leg), "active");
	release(16);
	fake_expect(&phone, "BYE sip:bob@127.0.0.1");
	assert_true(fake_got(&phone, "\r\nReason: Q.850;cause=16;"));
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
	assert_string_equal(g.events, "ALERTING ANSWER RELEASED ");
	assert_string_equal(g.ladder, ">INVITE <180 Ringing "
				      "<200 OK >ACK >BYE <200 OK ");
	assert_null(g.leg);
}

static void test_peer_clears(void **state)
{
	(void)state;
	talk_out();
	send_bye("Reason: Q.850;cause=31;text=\"x\"\r\n");
	fake_expect(&phone, "SIP/2.0 200");
	fake_run(&g, 20);
	assert_string_equal(g.events, "ANSWER DISCONNECT RELEASED ");
	assert_int_equal(g.cause.q850, 31);
	assert_string_equal(g.ladder, ">INVITE <200 OK >ACK <BYE >200 OK ");
}

static void test_both_clear_at_once(void **state)
{
	(void)state;
	talk_out();
	release(16);
	send_bye(NULL);
	expect_bye();
	fake_run(&g, 50);
	assert_string_equal(g.events, "ANSWER RELEASED ");
}

static void test_early_media(void **state)
{
	struct leg_media m;

	(void)state;
	call();
	respond("183 Session Progress", peer_sdp);
	assert_string_equal(g.events, "PROGRESS ");
	assert_true(g.inband);
	assert_int_equal(media(&m), 0);
	assert_int_equal(m.kind, LEG_MEDIA_RTP);
	respond("180 Ringing", NULL);
	assert_string_equal(g.events, "PROGRESS ALERTING ");
	assert_false(g.inband);
	respond("200 OK", NULL); /* RFC 3261 13.2.1: the first answer holds */
	fake_expect(&phone, "ACK ");
	assert_string_equal(g.events, "PROGRESS ALERTING ANSWER ");
	assert_int_equal(media(&m), 0);
	assert_int_equal(m.law, G711_ALAW);
	release(16);
	expect_bye();
}

static void test_progress_without_sdp(void **state)
{
	(void)state;
	call();
	respond("181 Call Is Being Forwarded", NULL);
	respond("182 Queued", NULL);
	respond("183 Session Progress", NULL);
	assert_string_equal(g.events, "PROGRESS PROGRESS PROGRESS ");
	assert_false(g.inband);
	respond("486 Busy Here", NULL);
}

/* Not asked for, and acknowledged all the same. */
static void test_reliable_provisional(void **state)
{
	struct leg_media m;

	(void)state;
	call();
	fake_answer(&phone, sent,
		    &(struct fake_response){
			    .status = "183 Session Progress",
			    .extra = "Require: 100rel\r\nRSeq: 5\r\n",
			    .body = peer_sdp });
	fake_expect(&phone, "PRACK sip:bob@127.0.0.1");
	assert_true(fake_got(&phone, "\r\nRAck: 5 "));
	fake_respond(&phone, "200 OK");
	respond("200 OK", NULL);
	fake_expect(&phone, "ACK ");
	assert_string_equal(g.events, "PROGRESS ANSWER ");
	assert_int_equal(media(&m), 0);
	assert_int_equal(m.kind, LEG_MEDIA_RTP);
	release(16);
	expect_bye();
	assert_string_equal(g.events, "PROGRESS ANSWER RELEASED ");
}

static void test_answer_with_mulaw_only(void **state)
{
	struct leg_media m;

	(void)state;
	call();
	respond("200 OK", PEER_SDP("41002", "0"));
	fake_expect(&phone, "ACK ");
	assert_int_equal(media(&m), 0);
	assert_int_equal(m.law, G711_ULAW);
	assert_int_equal(m.dtmf_payload_type, -1);
	release(16);
	expect_bye();
}

static void test_unusable_answers(void **state)
{
	static const struct {
		const char *sdp, *contact;
		uint8_t cause;
	} cases[] = {
		{ PEER_SDP("41000", "18"), NULL, 65 },
		{ PEER_SDP("0", "8"), NULL, 65 },
		{ "v=0\r\nx", NULL, 65 },
		{ NULL, NULL, 65 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		g.events[0] = '\0';
		call();
		fake_answer(&phone, sent,
			    &(struct fake_response){ .status = "200 OK",
						     .contact =
							     cases[i].contact,
						     .body = cases[i].sdp });
		fake_expect(&phone, "ACK ");
		expect_bye();
		assert_string_equal(g.events, "DISCONNECT RELEASED ");
		assert_int_equal(g.cause.q850, cases[i].cause);
		assert_int_equal(g.cause.origin, LEG_ORIGIN_PEER);
	}
}

/* An early answer that cannot be used is no early media, and the 200 has its
 * chance. */
static void test_unusable_early_answer(void **state)
{
	(void)state;
	call();
	respond("183 Session Progress", PEER_SDP("41000", "18"));
	assert_string_equal(g.events, "PROGRESS ");
	assert_false(g.inband);
	respond("200 OK", peer_sdp);
	fake_expect(&phone, "ACK ");
	release(16);
	expect_bye();
}

/* The 200 is lost to nobody: each repetition gets its ACK. */
static void test_answer_repeated(void **state)
{
	(void)state;
	talk_out();
	respond("200 OK", peer_sdp);
	fake_expect(&phone, "ACK sip:bob@127.0.0.1");
	respond("180 Ringing", NULL); /* late */
	fake_expect_silence(&phone, 20);
	assert_string_equal(g.events, "ANSWER ");
	release(16);
	expect_bye();
}

/* Two forks answer: the first is the call, the other hears ACK and BYE. */
static void test_forked_answers(void **state)
{
	char to[64];

	(void)state;
	talk_out();
	respond_tag("200 OK", "fork2", PEER_SDP("42000", "8"));
	fake_expect(&phone, "ACK ");
	snprintf(to, sizeof to, ";tag=fork2\r\n");
	assert_true(fake_got(&phone, to));
	fake_expect(&phone, "BYE ");
	assert_true(fake_got(&phone, to));
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
	assert_string_equal(g.events, "ANSWER ");
	release(16);
	expect_bye();
	assert_string_equal(g.events, "ANSWER RELEASED ");
}

static void test_forked_early_media(void **state)
{
	struct leg_media m;

	(void)state;
	call();
	respond_tag("183 Session Progress", "fork1", PEER_SDP("41000", "8"));
	respond_tag("183 Session Progress", "fork2", PEER_SDP("42000", "8"));
	respond_tag("200 OK", "from1", PEER_SDP("43000", "0"));
	fake_expect(&phone, "ACK ");
	assert_int_equal(media(&m), 0);
	assert_int_equal(m.law, G711_ULAW);
	assert_int_equal(
		ntohs(((struct sockaddr_in *)(void *)&m.remote)->sin_port),
		43000);
	release(16);
	expect_bye();
}

/* Failure */

static void test_failures(void **state)
{
	static const struct {
		const char *status, *extra;
		uint8_t cause;
	} cases[] = {
		{ "486 Busy Here", NULL, 17 },
		{ "486 Busy Here", "Reason: Q.850;cause=34\r\n", 34 },
		{ "486 Busy Here",
		  "Reason: SIP;cause=486\r\nReason: Q.850;cause=21\r\n", 21 },
		{ "486 Busy Here", "Reason: Q.850;cause=16\r\n", 17 },
		{ "486 Busy Here", "Retry-After: 1\r\n", 17 },
		{ "404 Not Found", NULL, 1 },
		{ "302 Moved Temporarily", NULL, 31 },
		{ "503 Service Unavailable", "Retry-After: 1\r\n", 41 },
		{ "603 Decline", NULL, 21 },
		{ "488 Not Acceptable Here",
		  "Warning: 304 x \"media type\"\r\n", 65 },
		{ "488 Not Acceptable Here", NULL, 31 },
		{ "401 Unauthorized",
		  "WWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n", 21 },
		{ "407 Proxy Authentication Required",
		  "Proxy-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n",
		  21 },
		{ "401 Unauthorized", NULL, 21 },
		{ "407 Proxy Authentication Required", NULL, 21 },
		{ "408 Request Timeout", NULL, 102 },
		{ "422 Session Interval Too Small", "Min-SE: 3600\r\n", 31 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[96];

		g.events[0] = g.ladder[0] = '\0';
		call();
		fake_answer(&phone, sent,
			    &(struct fake_response){ .status = cases[i].status,
						     .extra = cases[i].extra });
		fake_expect(&phone, "ACK ");
		fake_run(&g, 20);
		if (strcmp(g.events, "RELEASED ") != 0)
			fail_msg("%s: %s", cases[i].status, g.events);
		if (g.cause.q850 != cases[i].cause)
			fail_msg("%s, %s: cause %u", cases[i].status,
				 cases[i].extra, g.cause.q850);
		snprintf(text, sizeof text, "SIP %s", cases[i].status);
		assert_string_equal(g.cause.text, text);
		assert_int_equal(g.cause.sip_status, atoi(cases[i].status));
		snprintf(text, sizeof text, ">INVITE <%s ", cases[i].status);
		assert_string_equal(g.ladder, text);
		fake_jump(&g, 2000);
		fake_expect_no_other(&phone, 10, "ACK");
	}
}

static void test_busy_after_ringing(void **state)
{
	(void)state;
	call();
	respond("180 Ringing", NULL);
	respond("486 Busy Here", NULL);
	fake_expect(&phone, "ACK ");
	assert_string_equal(g.events, "ALERTING RELEASED ");
	assert_int_equal(g.cause.q850, 17);
}

static void test_nobody_listens(void **state)
{
	struct leg_media m;

	(void)state;
	make_leg();
	/* A port that nobody has: the kernel answers with ICMP. */
	g.peer.server = fake_address("127.0.0.7", 9);
	g.leg->ops->free(g.leg);
	assert_int_equal(sip_agent_leg_new(g.agent, &g.peer, false, &g.leg), 0);
	assert_int_equal(media(&m), 0);
	assert_int_equal(g.leg->ops->setup(g.leg, &usual), 0);
	fake_run(&g, 50);
	fake_jump(&g, 33000);
	assert_string_equal(g.events, "RELEASED ");
	assert_int_equal(g.cause.q850, 41);
	assert_string_equal(g.cause.text, "nobody there at 127.0.0.7:9 (ICMP)");
	assert_int_equal(g.cause.sip_status, 0); /* nobody sent it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		TEST(test_peer_without_server),
		TEST(test_invite),
		TEST(test_setup_wants_media_and_number),
		TEST(test_prefers_the_law),
		TEST(test_answered_and_we_clear),
		TEST(test_peer_clears),
		TEST(test_both_clear_at_once),
		TEST(test_early_media),
		TEST(test_progress_without_sdp),
		TEST(test_reliable_provisional),
		TEST(test_answer_with_mulaw_only),
		TEST(test_unusable_answers),
		TEST(test_unusable_early_answer),
		TEST(test_answer_repeated),
		TEST(test_forked_answers),
		TEST(test_forked_early_media),
		TEST(test_failures),
		TEST(test_busy_after_ringing),
		TEST(test_nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
