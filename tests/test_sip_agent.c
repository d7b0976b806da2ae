#include "tests/fake_sip_call.h"

static struct sip_counters counters(void)
{
	struct sip_counters c;

	sip_agent_counters(g.agent, &c);
	return c;
}

static void invite_as(const char *call_id)
{
	g.leg = NULL;
	invite(&(struct fake_request){ .body = fake_offer,
				       .call_id = call_id });
}

static void answer_and_ack(const char *call_id)
{
	g.leg->ops->answer(g.leg, &(struct leg_number){ 0 });
	fake_expect(&phone, "SIP/2.0 200");
	fake_send(&phone, &(struct fake_request){ .method = "ACK",
						  .in_dialog = true,
						  .call_id = call_id });
	fake_run(&g, 20);
}

/* Who may speak */

static void test_strangers_get_nothing(void **state)
{
	static const char *const methods[] = { "INVITE",  "OPTIONS",  "BYE",
					       "CANCEL",  "REGISTER", "FOO",
					       "MESSAGE", "ACK" };
	struct fake_peer stranger;
	uint64_t before = counters().strangers_dropped;
	unsigned sent = 0;

	(void)state;
	fake_peer_open(&stranger, &g, "127.0.0.9");
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++, sent++)
		fake_send(&stranger,
			  &(struct fake_request){ .method = methods[i],
						  .body = fake_offer });
	fake_send_raw(&stranger, "garbage", 7);
	/* A Via that names a friend does not help. */
	fake_send(&stranger, &(struct fake_request){
				     .extra = "Via: SIP/2.0/UDP 127.0.0.1\r\n",
				     .body = fake_offer });
	fake_expect_silence(&stranger, 150);
	assert_int_equal(g.calls, 0);
	assert_int_equal(counters().strangers_dropped - before, sent + 2);
	assert_int_equal(counters().invites, 0);
	fake_peer_close(&stranger);
	/* The friend is served meanwhile. */
	invite_as("friend");
	assert_string_equal(g.setup.from, "phones");
}

/* Should the filter ever fail, the agent itself knows its peers. */
static void test_peer_gone_from_configuration(void **state)
{
	(void)state;
	g.conf.peer_count = 0;
	fake_send(&phone, &(struct fake_request){ .body = fake_offer });
	fake_expect(&phone, "SIP/2.0 403");
	assert_int_equal(g.calls, 0);
	assert_int_equal(counters().refused_other, 1);
	g.conf.peer_count = 1;
}

/* OPTIONS and other methods */

static void test_options(void **state)
{
	const char *retry;

	(void)state;
	fake_send(&phone, &(struct fake_request){ .method = "OPTIONS" });
	fake_expect(&phone, "SIP/2.0 200");
	assert_true(fake_got(&phone, "\r\nAllow: INVITE, ACK, BYE, CANCEL, "
				     "OPTIONS, PRACK, UPDATE\r\n"));
	assert_true(fake_got(&phone, "\r\nAccept: application/sdp\r\n"));
	assert_true(fake_got(&phone, "\r\nSupported: 100rel, timer\r\n"));
	assert_false(fake_got(&phone, "\r\nRetry-After"));
	g.in_service = false;
	fake_send(&phone, &(struct fake_request){ .method = "OPTIONS",
						  .call_id = "2" });
	fake_expect(&phone, "SIP/2.0 503");
	retry = strstr(phone.got, "\r\nRetry-After: ");
	assert_non_null(retry);
	assert_in_range(atoi(retry + strlen("\r\nRetry-After: ")), 10, 15);
	assert_int_equal(counters().options, 2);
}

static void test_options_in_dialog(void **state)
{
	(void)state;
	invite_as("c");
	answer_and_ack("c");
	fake_send(&phone, &(struct fake_request){ .method = "OPTIONS",
						  .in_dialog = true,
						  .call_id = "c",
						  .cseq = 2 });
	fake_expect(&phone, "SIP/2.0 200");
	assert_string_equal(g.events, "CONFIRMED ");
}

static void test_other_methods(void **state)
{
	static const struct {
		const char *method, *extra, *status;
		bool counted;
	} cases[] = {
		{ "REGISTER", NULL, "SIP/2.0 405", true },
		{ "MESSAGE", NULL, "SIP/2.0 405", true },
		{ "REFER", "Refer-To: <sip:1@h>\r\n", "SIP/2.0 405", false },
		{ "SUBSCRIBE", "Event: message-summary\r\n", "SIP/2.0 405",
		  false },
		{ "PUBLISH", "Event: presence\r\n", "SIP/2.0 405", false },
		{ "NOTIFY", "Event: presence\r\n", "SIP/2.0 405", false },
		{ "INFO", NULL, "SIP/2.0 405", false },
		{ "UPDATE", NULL, "SIP/2.0 481", false },
		{ "PRACK", "RAck: 1 1 INVITE\r\n", "SIP/2.0 481", false },
		{ "BYE", NULL, "SIP/2.0 481", false },
		{ "FOO", NULL, "SIP/2.0 501", false },
	};
	uint64_t refused = 0;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char id[32];

		snprintf(id, sizeof id, "other-%zu", i);
		fake_send(&phone,
			  &(struct fake_request){ .method = cases[i].method,
						  .call_id = id,
						  .extra = cases[i].extra });
		fake_expect(&phone, cases[i].status);
		if (!cases[i].counted)
			continue;
		assert_true(fake_got(&phone, "\r\nAllow: INVITE, ACK, BYE, "
					     "CANCEL, OPTIONS, PRACK, "
					     "UPDATE\r\n"));
		assert_int_equal(counters().refused_other, ++refused);
	}
	assert_int_equal(g.calls, 0);
	assert_int_equal(counters().internal_errors, 0);
}

static void test_other_methods_in_dialog(void **state)
{
	static const char *const methods[] = { "INFO", "MESSAGE", "REFER",
					       "NOTIFY" };

	(void)state;
	invite_as("c");
	answer_and_ack("c");
	for (unsigned i = 0; i < sizeof methods / sizeof *methods; i++) {
		fake_send(&phone, &(struct fake_request){
					  .method = methods[i],
					  .in_dialog = true,
					  .call_id = "c",
					  .cseq = 2 + i,
					  .extra = "Refer-To: <sip:1@h>\r\n"
						   "Event: refer\r\n" });
		fake_expect(&phone, "SIP/2.0 405");
	}
	assert_string_equal(g.events, "CONFIRMED ");
}

/* INVITEs that do not become calls */

static void test_contact_guard(void **state)
{
	static const char *const contacts[] = {
		"",
		"*",
		"<tel:+4930>",
		"tel:+4930",
		"<mailto:a@b>",
		"<http://a/>",
		"<urn:service:sos>",
		"<foo:bar>",
		"<sip:a@127.0.0.1>, <tel:1>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof contacts / sizeof *contacts; i++) {
		char id[32];

		snprintf(id, sizeof id, "contact-%zu", i);
		fake_send(&phone,
			  &(struct fake_request){ .body = fake_offer,
						  .call_id = id,
						  .contact = contacts[i] });
		fake_expect(&phone, "SIP/2.0 400");
	}
	assert_int_equal(g.calls, 0);
	assert_int_equal(counters().refused_contact,
			 sizeof contacts / sizeof *contacts);
	/* The crash came 32 s after. */
	fake_jump(&g, 70000);
	invite_as("alive");
}

static void test_record_route_guard(void **state)
{
	(void)state;
	fake_send(&phone, &(struct fake_request){
				  .body = fake_offer,
				  .extra = "Record-Route: <tel:1;lr>\r\n" });
	fake_expect(&phone, "SIP/2.0 400");
	assert_int_equal(g.calls, 0);
	fake_jump(&g, 70000);
}

/* Targets that are sip: and still unreachable: the BYE fails, nothing else. */
static void test_unreachable_targets(void **state)
{
	static const char *const contacts[] = {
		"<sips:a@127.0.0.1:5061>",
		"<sip:a@127.0.0.1:9;transport=tcp>",
		"<sip:a@127.0.0.1:9;transport=foo>",
		"<sip:a@127.0.0.1:99999>",
		"<sip:a@[::1]:9>",
		"<sip:a@0.0.0.0>",
		"<sip:a@127.0.0.1:9?Foo=bar>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof contacts / sizeof *contacts; i++) {
		char id[32];

		snprintf(id, sizeof id, "target-%zu", i);
		g.leg = NULL;
		g.events[0] = '\0';
		fake_send(&phone,
			  &(struct fake_request){ .call_id = id,
						  .contact = contacts[i] });
		wait_for_leg();
		struct leg_media_local local = { 0 };
		struct leg_media m;

		local.address = g.conf.gateway.listen;
		assert_int_equal(g.leg->ops->media(g.leg, &local, &m), 0);
		g.leg->ops->answer(g.leg, &(struct leg_number){ 0 });
		fake_expect(&phone, "SIP/2.0 200");
		fake_jump(&g, 33000);
		fake_run(&g, 20);
		fake_jump(&g, 33000);
		assert_string_equal(g.events, "DISCONNECT RELEASED ");
		assert_int_equal(g.cause.q850, 102);
	}
}

static void test_bad_requests(void **state)
{
	static const struct {
		struct fake_request r;
		const char *status, *header;
	} cases[] = {
		{ { .uri = "sips:110@127.0.0.1" }, "SIP/2.0 416", NULL },
		{ { .uri = "foo:110" }, "SIP/2.0 416", NULL },
		{ { .uri = "urn:service:sos" }, "SIP/2.0 416", NULL },
		{ { .max_forwards_off = 1 }, "SIP/2.0 483", NULL },
		{ { .extra = "Require: nothing-we-know\r\n" },
		  "SIP/2.0 420",
		  "\r\nUnsupported: nothing-we-know\r\n" },
		{ { .extra = "Require: replaces\r\n" },
		  "SIP/2.0 420",
		  "\r\nUnsupported: replaces\r\n" },
		{ { .body = "hello", .type = "text/plain" },
		  "SIP/2.0 415",
		  "\r\nAccept: application/sdp\r\n" },
		{ { .body = "rubbish" }, "SIP/2.0 400 Bad Session", NULL },
		{ { .body = "v=0\r\nm=audio x\r\n" }, "SIP/2.0 400", NULL },
		{ { .extra = "Session-Expires: 60\r\nSupported: timer\r\n",
		    .body = fake_offer },
		  "SIP/2.0 422",
		  "\r\nMin-SE: 90\r\n" },
		{ { .in_dialog = true, .body = fake_offer },
		  "SIP/2.0 481",
		  NULL },
	};

	(void)state;
	strcpy(phone.to_tag, "unknown");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake_request r = cases[i].r;
		char id[32];

		snprintf(id, sizeof id, "bad-%zu", i);
		r.call_id = id;
		fake_send(&phone, &r);
		fake_expect(&phone, cases[i].status);
		if (cases[i].header && !fake_got(&phone, cases[i].header))
			fail_msg("case %zu: %s", i, phone.got);
	}
	assert_int_equal(g.calls, 0);
	assert_int_equal(counters().internal_errors, 0);
	assert_int_equal(counters().refused_malformed, 5);
}

/* These become calls, so that there is a record of them. */
static void test_calls_that_cannot_be_served(void **state)
{
	static const struct {
		struct fake_request r;
		uint8_t q850;
		const char *status, *text;
	} cases[] = {
		{ { .body = "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\n"
			    "c=IN IP4 127.0.0.1\r\nt=0 0\r\n"
			    "m=audio 4000 RTP/AVP 18\r\n" },
		  65,
		  "SIP/2.0 488",
		  "no codec or address family in common with the offer" },
		{ { .body = "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\n"
			    "c=IN IP6 ::1\r\nt=0 0\r\n"
			    "m=audio 4000 RTP/AVP 8\r\n" },
		  65,
		  "SIP/2.0 488",
		  "no codec or address family in common with the offer" },
		{ { .uri = "sip:127.0.0.1" },
		  1,
		  "SIP/2.0 404",
		  "no number in the Request-URI" },
		{ { .uri = "sip:bob@127.0.0.1" },
		  1,
		  "SIP/2.0 404",
		  "\"bob\" is not a number" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake_request r = cases[i].r;
		char id[32];

		snprintf(id, sizeof id, "unserved-%zu", i);
		r.call_id = id;
		g.events[0] = '\0';
		fake_send(&phone, &r);
		fake_expect(&phone, cases[i].status);
		fake_run(&g, 20);
		assert_int_equal(g.setup.refuse.q850, cases[i].q850);
		assert_string_equal(g.setup.refuse.text, cases[i].text);
		assert_string_equal(g.events, "RELEASED ");
	}
	assert_int_equal(g.calls, sizeof cases / sizeof *cases);
}

static void test_setup_of_a_call(void **state)
{
	(void)state;
	g.peer.trust = true;
	fake_send(&phone, &(struct fake_request){
				  .uri = "sip:+49-30-5550100;x=y@127.0.0.1",
				  .from = "\"A\" <sip:030123@h>",
				  .body = fake_offer,
				  .extra = "P-Asserted-Identity: "
					   "<tel:+4989777>\r\n"
					   "Privacy: id\r\n" });
	wait_for_leg();
	assert_string_equal(g.setup.from, "phones");
	assert_string_equal(g.setup.called.digits, "+49305550100");
	assert_string_equal(g.setup.calling.digits, "+4989777");
	assert_int_equal(g.setup.calling.presentation, 1);
	assert_int_equal(g.setup.refuse.q850, 0);
	assert_ptr_equal(g.leg->sink != NULL, true);
}

/* A Call-ID may hold what a log must not. */
static void test_log_name(void **state)
{
	(void)state;
	fake_send(&phone,
		  &(struct fake_request){
			  .body = fake_offer,
			  .call_id = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" });
	wait_for_leg();
	assert_int_equal(strlen(g.leg->name), LEG_NAME_MAX - 1);
	assert_memory_equal(g.leg->name, "sip=aaaa", 8);
}

/* Hostile input */

/* The message as it is, cut at every length, and with single bytes spoilt. */
static void test_spoilt_messages(void **state)
{
	static const char good[] =
		"INVITE sip:110@127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-spoilt\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:a@h>;tag=1\r\n"
		"To: <sip:110@h>\r\nCall-ID: spoilt\r\nCSeq: 1 INVITE\r\n"
		"Contact: <sip:a@127.0.0.1:9>\r\n"
		"P-Asserted-Identity: \"x\" <tel:+1>\r\nPrivacy: id\r\n"
		"Reason: Q.850;cause=1\r\nSupported: timer, 100rel\r\n"
		"Session-Expires: 1800;refresher=uac\r\n"
		"Record-Route: <sip:127.0.0.1:9;lr>\r\n"
		"Content-Type: multipart/mixed;boundary=b\r\n"
		"Content-Length: 60\r\n\r\n"
		"--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\no=-\r\n"
		"\r\n--b--\r\n";
	size_t len = sizeof good - 1;
	char text[sizeof good];

	(void)state;
	g.release_at_once = true;
	g.release_cause = (struct leg_cause){ .q850 = 17 };
	for (size_t n = 1; n < len; n += 3) {
		fake_send_raw(&phone, good, n);
		loop_step(g.loop, 0);
	}
	for (size_t at = 0; at < len; at++) {
		memcpy(text, good, sizeof good);
		text[at] = (char)(at * 37);
		fake_send_raw(&phone, text, len);
		loop_step(g.loop, 0);
	}
	fake_run(&g, 50);
	fake_jump(&g, 70000);
	g.release_at_once = false;
	invite_as("alive");
}

/* What the stack drops or refuses before any of it reaches us: counted once a
 * message. */
static void test_malformed_is_counted(void **state)
{
	static const struct {
		const char *message;
		unsigned counted;
	} cases[] = {
		{ "garbage\r\n\r\n", 1 },
		{ "INVITE sip:x SIP/2.0\r\n\r\n", 1 },
		{ "OPTIONS sip:1@h SIP/2.0\r\nVia: foo\r\nFrom: <sip:a@h>;"
		  "tag=1\r\nTo: <sip:b@h>\r\nCall-ID: b1\r\nCSeq: 1 "
		  "OPTIONS\r\n\r\n",
		  1 },
		{ "OPTIONS sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;"
		  "branch=z9hG4bKb2\r\nFrom: @@@\r\nTo: <<<\r\nCall-ID: "
		  "b2\r\nCSeq: hello\r\n\r\n",
		  1 },
		{ "OPTIONS sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;"
		  "branch=z9hG4bKb3\r\nFrom: <sip:a@h>;tag=1\r\nTo: "
		  "<sip:b@h>\r\nCall-ID: b3\r\nCSeq: 1 OPTIONS\r\n\r\n",
		  0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t before = counters().refused_malformed;

		fake_send_raw(&phone, cases[i].message,
			      strlen(cases[i].message));
		fake_run(&g, 50);
		if (counters().refused_malformed - before != cases[i].counted)
			fail_msg("case %zu: %s", i, cases[i].message);
	}
}

static void test_torture(void **state)
{
	static const char *const messages[] = {
		"\r\n\r\n",
		"INVITE",
		"INVITE sip:x SIP/2.0\r\n\r\n",
		"SIP/2.0 200 OK\r\n\r\n",
		/* a response to nothing */
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1"
		"\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\n"
		"Call-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
		/* Content-Length beyond the packet, negative, huge */
		"INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK2"
		"\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 2\r\n"
		"CSeq: 1 INVITE\r\nContact: <sip:a@h>\r\n"
		"Content-Length: 9999\r\n\r\nv=0",
		"INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK3"
		"\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 3\r\n"
		"CSeq: 1 INVITE\r\nContact: <sip:a@h>\r\n"
		"Content-Length: -1\r\n\r\nv=0",
		"INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK4"
		"\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 4\r\n"
		"CSeq: 99999999999 INVITE\r\nContact: <sip:a@h>\r\n"
		"Content-Length: 4294967295\r\n\r\nv=0",
		/* no From, no Call-ID, two of each */
		"OPTIONS sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK5"
		"\r\nTo: <sip:b@h>\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK6"
		"\r\nFrom: <sip:a@h>;tag=1\r\nFrom: <sip:c@h>;tag=3\r\n"
		"To: <sip:b@h>\r\nTo: <sip:d@h>\r\nCall-ID: 6\r\nCall-ID: 7\r\n"
		"CSeq: 1 INVITE\r\nCSeq: 2 INVITE\r\nContact: <sip:a@h>\r\n"
		"Content-Length: 0\r\n\r\n",
		/* the method of CSeq is another */
		"INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK8"
		"\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 8\r\n"
		"CSeq: 1 BYE\r\nContact: <sip:a@h>\r\n\r\n",
		/* an ACK and a CANCEL for nothing */
		"ACK sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK9\r\n"
		"From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\nCall-ID: 9\r\n"
		"CSeq: 1 ACK\r\n\r\n",
		"CANCEL sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa"
		"\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: a\r\n"
		"CSeq: 1 CANCEL\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		fake_send_raw(&phone, messages[i], strlen(messages[i]));
		fake_run(&g, 5);
	}
	fake_send_raw(&phone, "", 0);
	/* STUN on the SIP port: not answered. */
	fake_run(&g, 20);
	while (recv(phone.fd, phone.got, sizeof phone.got, 0) >= 0)
		;
	fake_send_raw(&phone,
		      "\0\1\0\0\x21\x12\xa4\x42"
		      "0123456789ab",
		      20);
	fake_expect_silence(&phone, 50);
	fake_jump(&g, 70000);
	invite_as("alive");
}

/* A burst that fits the socket's buffer is served whole. */
static void test_burst(void **state)
{
	enum { BURST = 40 };
	unsigned busy = 0;

	(void)state;
	g.release_at_once = true;
	g.release_cause = (struct leg_cause){ .q850 = 17 };
	for (int i = 0; i < BURST; i++) {
		char id[32];

		snprintf(id, sizeof id, "burst-%d", i);
		fake_send(&phone, &(struct fake_request){ .body = fake_offer,
							  .call_id = id });
	}
	for (int i = 0; i < BURST; i++) {
		fake_expect(&phone, "SIP/2.0 486");
		busy++;
	}
	assert_int_equal(busy, BURST);
	assert_int_equal(g.calls, BURST);
}

/* Stop */

static void test_stop_with_calls(void **state)
{
	(void)state;
	g.free_on_released = false;
	invite_as("answered");
	answer_and_ack("answered");
	struct leg *answered = g.leg;

	invite_as("ringing");
	struct leg *ringing = g.leg;

	ringing->ops->alerting(ringing, false);
	fake_expect(&phone, "SIP/2.0 180");
	g.events[0] = '\0';
	sip_agent_stop(g.agent);
	sip_agent_stop(g.agent); /* twice is once */
	/* New calls are refused, OPTIONS says so. */
	fake_send(&phone, &(struct fake_request){ .body = fake_offer,
						  .call_id = "new" });
	fake_send(&phone, &(struct fake_request){ .method = "OPTIONS",
						  .call_id = "options" });
	fake_expect(&phone, "BYE");
	assert_true(fake_got(&phone, "Reason: Q.850;cause=31;"));
	struct fake_peer kept = phone;

	fake_expect(&phone, "SIP/2.0 480"); /* the ringing one, cause 31 */
	fake_expect(&phone, "SIP/2.0 503");
	fake_expect(&phone, "SIP/2.0 503");
	assert_false(g.stopped);
	fake_respond(&kept, "200 OK");
	fake_run(&g, 50);
	assert_true(g.stopped);
	assert_string_equal(g.events,
			    "DISCONNECT DISCONNECT RELEASED RELEASED ");
	answered->ops->free(answered);
	ringing->ops->free(ringing);
	sip_agent_free(g.agent);
	loop_free(g.loop);
	g.agent = NULL;
}

/* Kept reachable: it is left behind on purpose, which is no leak. */
static struct sip_agent *volatile left_behind;

/* A peer that answers nothing: five seconds, then we go without. */
static void test_stop_with_a_dead_peer(void **state)
{
	(void)state;
	invite_as("c");
	answer_and_ack("c");
	sip_agent_stop(g.agent);
	fake_expect(&phone, "BYE");
	fake_jump(&g, 4900);
	assert_false(g.stopped);
	fake_jump(&g, 200);
	fake_run(&g, 5);
	assert_true(g.stopped);
	g.leg->ops->free(g.leg);
	sip_agent_free(g.agent);
	left_behind = g.agent;
	loop_free(g.loop);
	g.agent = NULL;
}

static void test_stop_without_calls(void **state)
{
	(void)state;
	sip_agent_stop(g.agent);
	fake_run(&g, 50);
	assert_true(g.stopped);
	sip_agent_free(g.agent);
	loop_free(g.loop);
	g.agent = NULL;
	sip_agent_free(NULL);
}

/* Start */

static void test_address_in_use(void **state)
{
	struct sip_agent *second = NULL;

	(void)state;
	assert_int_equal(sip_agent_new(&second, g.loop, &g.conf, NULL, NULL,
				       NULL),
			 -EADDRINUSE);
	assert_null(second);
}

/* A second agent, on another address, asked by one OPTIONS. */
static void options_at(const char *listen, const char *to, const char *contact)
{
	struct conf_network net = { 0 };
	struct conf_peer peer = { .name = "x",
				  .accept_from = &net,
				  .accept_from_count = 1 };
	struct conf conf = { .peers = &peer, .peer_count = 1 };
	struct sockaddr_storage a = fake_address(listen, 0);
	bool v6 = a.ss_family == AF_INET6;
	socklen_t size =
		v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	int fd = socket(a.ss_family, SOCK_DGRAM, 0);
	struct sip_agent *agent;
	char text[1024], want[64];
	ssize_t n;

	/* A free port of it. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, size) < 0)
		skip(); /* a host without IPv6 */
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	close(fd);
	conf.gateway.listen = a;
	conf.gateway.advertise = fake_address(to, 0);
	net.address = conf.gateway.advertise;
	net.prefix_bits = v6 ? 128 : 32;
	assert_int_equal(sip_agent_new(&agent, g.loop, &conf, NULL,
				       &fake_agent_events, &g),
			 0);
	a = fake_address(to,
			 ntohs(((struct sockaddr_in *)(void *)&a)->sin_port));
	fd = socket(a.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, size), 0);
	snprintf(text, sizeof text,
		 "OPTIONS sip:x SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP h;branch=z9hG4bK1;rport\r\n"
		 "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\n"
		 "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
	assert_true(send(fd, text, strlen(text), 0) > 0);
	for (int i = 0; i < 100; i++) {
		fake_run(&g, 2);
		n = recv(fd, text, sizeof text - 1, 0);
		if (n > 0)
			break;
	}
	assert_true(n > 0);
	text[n] = '\0';
	snprintf(want, sizeof want, "\r\nContact: <sip:%s:%u;", contact,
		 ntohs(((struct sockaddr_in *)(void *)&a)->sin_port));
	assert_memory_equal(text, "SIP/2.0 200", 11);
	assert_non_null(strstr(text, want));
	close(fd);
	sip_agent_stop(agent);
	for (int i = 0; i < 100 && !g.stopped; i++)
		fake_run(&g, 10);
	assert_true(g.stopped);
	g.stopped = false;
	sip_agent_free(agent);
}

/* 0.0.0.0 is one socket for each address of the machine, all filtered. */
static void test_other_addresses(void **state)
{
	(void)state;
	options_at("0.0.0.0", "127.0.0.1", "127.0.0.1");
	options_at("::1", "::1", "[::1]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_ERRORS(test_strangers_get_nothing),
		TEST_ERRORS(test_peer_gone_from_configuration),
		TEST_ERRORS(test_options),
		TEST_ERRORS(test_options_in_dialog),
		TEST_ERRORS(test_other_methods),
		TEST_ERRORS(test_other_methods_in_dialog),
		TEST_ERRORS(test_contact_guard),
		TEST_ERRORS(test_record_route_guard),
		TEST_ERRORS(test_unreachable_targets),
		TEST_ERRORS(test_bad_requests),
		TEST_ERRORS(test_calls_that_cannot_be_served),
		TEST_ERRORS(test_setup_of_a_call),
		TEST_ERRORS(test_log_name),
		TEST_ERRORS(test_spoilt_messages),
		TEST_ERRORS(test_malformed_is_counted),
		TEST_ERRORS(test_torture),
		TEST_ERRORS(test_burst),
		TEST_ERRORS(test_stop_with_calls),
		TEST_ERRORS(test_stop_with_a_dead_peer),
		TEST_ERRORS(test_stop_without_calls),
		TEST_ERRORS(test_address_in_use),
		TEST_ERRORS(test_other_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
