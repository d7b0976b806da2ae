/* The peer changes an answered call: the calling leg and the called one. */
#include "tests/fake_sip_called.h"

#define ORIGIN "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\n"
#define HERE ORIGIN "c=IN IP4 127.0.0.1\r\nt=0 0\r\n"
#define DTMF "a=rtpmap:101 telephone-event/8000\r\n"
#define AUDIO HERE "m=audio 40000 RTP/AVP 8 0 101\r\n" DTMF
#define MOVED HERE "m=audio 40004 RTP/AVP 8 101\r\n" DTMF
#define OTHER_LAW HERE "m=audio 40000 RTP/AVP 0 101\r\n" DTMF
#define VIDEO HERE "m=video 40000 RTP/AVP 31\r\n"

static unsigned cseq; /* of the peer's last request in the dialog */
static char branch[32];

/* A dialog in one of the roles, answered and acknowledged, settled on AUDIO. */
static void begin_uas(void)
{
	talk();
	cseq = 1;
	g.events[0] = '\0';
}

static void begin_uac(void)
{
	call();
	respond("200 OK", AUDIO);
	fake_expect(&phone, "ACK sip:bob@127.0.0.1");
	cseq = 1;
	g.events[0] = '\0';
}

static void (*const begins[])(void) = { begin_uas, begin_uac };
#define ROLES (sizeof begins / sizeof *begins)

static void end(void)
{
	release(16);
	expect_bye();
	g.events[0] = g.ladder[0] = '\0';
	g.leg = NULL;
	phone.call_id = "call-next";
}

static void send_modify(const char *method, const char *body)
{
	fake_send(&phone, &(struct fake_request){ .method = method,
						  .in_dialog = true,
						  .cseq = ++cseq,
						  .body = body });
	snprintf(branch, sizeof branch, "z9hG4bK-%u", phone.branch);
}

static void modify(const char *method, const char *body, const char *expected)
{
	send_modify(method, body);
	fake_expect(&phone, expected);
}

static void send_ack(const char *body)
{
	fake_send(&phone, &(struct fake_request){ .method = "ACK",
						  .in_dialog = true,
						  .cseq = cseq,
						  .body = body });
	fake_run(&g, 10);
}

/* Of a refusal: it has the branch of the INVITE (RFC 3261 17.1.1.3). */
static void ack_refusal(void)
{
	fake_send(&phone, &(struct fake_request){ .method = "ACK",
						  .in_dialog = true,
						  .cseq = cseq,
						  .branch = branch });
	fake_run(&g, 10);
}

static const char *sdp(void)
{
	const char *text = strstr(phone.got, "v=0\r\n");

	assert_non_null(text);
	return text;
}

static unsigned long version(const char *text)
{
	return strtoul(strchr(strstr(text, "o=- ") + 4, ' '), NULL, 10);
}

static struct leg_media now(void)
{
	struct leg_media m;

	assert_int_equal(g.leg->ops->media(g.leg, NULL, &m), 0);
	return m;
}

static uint16_t port_now(void)
{
	struct leg_media m = now();

	return ntohs(((struct sockaddr_in *)(void *)&m.remote)->sin_port);
}

static const struct change {
	const char *offer, *answer;
	uint16_t port;
	enum g711_law law;
	unsigned ptime_ms;
	bool send, receive;
} changes[] = {
	{ AUDIO "a=sendonly\r\n", "a=recvonly\r\n", 40000, G711_ALAW, 20, false,
	  true },
	{ AUDIO "a=inactive\r\n", "a=inactive\r\n", 40000, G711_ALAW, 20, false,
	  false },
	{ AUDIO, "a=sendrecv\r\n", 40000, G711_ALAW, 20, true, true },
	{ ORIGIN
	  "c=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 101\r\n" DTMF,
	  "a=recvonly\r\n", 40000, G711_ALAW, 20, false, false },
	{ MOVED, "a=sendrecv\r\n", 40004, G711_ALAW, 20, true, true },
	{ OTHER_LAW, " RTP/AVP 0 101\r\n", 40000, G711_ULAW, 20, true, true },
	{ HERE "m=audio 40000 RTP/AVP 8 96\r\na=ptime:40\r\n"
	       "a=rtpmap:96 telephone-event/8000\r\n",
	  " RTP/AVP 8 96\r\n", 40000, G711_ALAW, 40, true, true },
};

/* Each by re-INVITE in both roles, and by UPDATE. */
static void change_all(const char *method)
{
	bool invite = !strcmp(method, "INVITE");

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		const struct change *c = &changes[i];
		struct leg_media m;

		modify(method, c->offer, "SIP/2.0 200");
		assert_non_null(strstr(sdp(), c->answer));
		assert_true(fake_got(&phone, "\r\nContact: <sip:"));
		/* The call was told before the answer went out. */
		assert_string_equal(g.events, "MEDIA ");
		m = now();
		assert_int_equal(port_now(), c->port);
		assert_int_equal(m.law, c->law);
		assert_int_equal(m.ptime_ms, c->ptime_ms);
		assert_int_equal(m.send, c->send);
		assert_int_equal(m.receive, c->receive);
		if (invite)
			send_ack(NULL);
		assert_string_equal(g.events, "MEDIA ");
		g.events[0] = '\0';
		fake_jump(&g, 1000);
	}
	assert_string_equal(state_of(g.leg), "active");
	end();
}

static void test_changes(void **state)
{
	(void)state;
	for (size_t role = 0; role < ROLES; role++) {
		begins[role]();
		change_all("INVITE");
		begins[role]();
		change_all("UPDATE");
	}
}

static void test_refresh(void **state)
{
	char first[2048];

	(void)state;
	for (size_t role = 0; role < ROLES; role++) {
		begins[role]();
		modify("INVITE", AUDIO "a=sendonly\r\n", "SIP/2.0 200");
		send_ack(NULL);
		snprintf(first, sizeof first, "%s", sdp());
		for (int i = 0; i < 3; i++) {
			const char *method = i % 2 ? "UPDATE" : "INVITE";

			modify(method, AUDIO "a=sendonly\r\n", "SIP/2.0 200");
			assert_string_equal(sdp(), first);
			if (i % 2 == 0)
				send_ack(NULL);
		}
		modify("UPDATE", NULL, "SIP/2.0 200");
		assert_false(fake_got(&phone, "v=0"));
		assert_string_equal(g.events, "MEDIA ");
		end();
	}
}

static const struct refusal {
	const char *method, *body, *status, *header;
} refusals[] = {
	{ "INVITE", VIDEO, "SIP/2.0 488", "\r\nWarning: 304 127.0.0.1:" },
	{ "UPDATE", VIDEO, "SIP/2.0 488", " \"Media type not available\"\r\n" },
	{ "INVITE", HERE "m=audio 40000 RTP/AVP 18\r\n", "SIP/2.0 488",
	  "\r\nWarning: 305 127.0.0.1:" },
	{ "INVITE", ORIGIN "c=IN IP6 ::1\r\nt=0 0\r\nm=audio 4 RTP/AVP 8\r\n",
	  "SIP/2.0 488", "\r\nWarning: 300 127.0.0.1:" },
	{ "INVITE", HERE "m=audio 40000 RTP/SAVP 8\r\n", "SIP/2.0 488",
	  "\r\nWarning: 302 127.0.0.1:" },
	{ "INVITE", HERE "m=audio 0 RTP/AVP 8\r\nm=image 4 udptl t38\r\n",
	  "SIP/2.0 488", "\r\nWarning: 304 127.0.0.1:" },
	{ "INVITE", HERE, "SIP/2.0 488", "\r\nWarning: 304 127.0.0.1:" },
	{ "INVITE", "rubbish", "SIP/2.0 400", "" },
	{ "UPDATE", "rubbish", "SIP/2.0 400", "" },
};

static void test_refused(void **state)
{
	struct sip_counters counters;
	char first[2048];

	(void)state;
	for (size_t role = 0; role < ROLES; role++) {
		begins[role]();
		modify("UPDATE", AUDIO, "SIP/2.0 200");
		snprintf(first, sizeof first, "%s", sdp());
		for (size_t i = 0; i < sizeof refusals / sizeof *refusals;
		     i++) {
			const struct refusal *r = &refusals[i];

			fake_jump(&g, 1000);
			modify(r->method, r->body, r->status);
			assert_true(fake_got(&phone, r->header));
			if (!strcmp(r->method, "INVITE"))
				ack_refusal();
			assert_int_equal(port_now(), 40000);
		}
		fake_jump(&g, 1000);
		fake_send(&phone, &(struct fake_request){ .method = "UPDATE",
							  .in_dialog = true,
							  .cseq = ++cseq,
							  .type = "text/plain",
							  .body = "hold on" });
		fake_expect(&phone, "SIP/2.0 415");
		assert_true(
			fake_got(&phone, "\r\nAccept: application/sdp\r\n"));
		/* Kept as it was: to the byte and the version. */
		modify("INVITE", AUDIO, "SIP/2.0 200");
		assert_string_equal(sdp(), first);
		send_ack(NULL);
		assert_string_equal(g.events, "");
		assert_string_equal(state_of(g.leg), "active");
		end();
	}
	sip_agent_counters(g.agent, &counters);
	assert_int_equal(counters.refused_changes, 2 * 7);
}

/* Without an offer ours goes out in the 200, and the ACK decides. */
static void test_delayed(void **state)
{
	(void)state;
	for (size_t role = 0; role < ROLES; role++) {
		unsigned long was;

		begins[role]();
		modify("UPDATE", AUDIO, "SIP/2.0 200");
		was = version(sdp());
		modify("INVITE", NULL, "SIP/2.0 200");
		assert_non_null(strstr(sdp(), "m=audio 16384 RTP/AVP 8 0 101"));
		assert_int_equal(version(sdp()), was + 1);
		assert_string_equal(g.events, "");
		assert_int_equal(port_now(), 40000);
		send_ack(HERE "m=audio 40008 RTP/AVP 0\r\n");
		assert_string_equal(g.events, "MEDIA ");
		assert_int_equal(port_now(), 40008);
		assert_int_equal(now().law, G711_ULAW);
		assert_int_equal(now().dtmf_payload_type, -1);
		end();
	}
}

/* An answer that is missing or none leaves what holds. */
static void test_delayed_unanswered(void **state)
{
	static const char *const answers[] = { NULL, "rubbish", VIDEO };

	(void)state;
	for (size_t role = 0; role < ROLES; role++) {
		begins[role]();
		for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
			modify("INVITE", NULL, "SIP/2.0 200");
			send_ack(answers[i]);
			fake_jump(&g, 1000);
		}
		assert_string_equal(g.events, "");
		assert_int_equal(port_now(), 40000);
		/* nothing is left open */
		modify("INVITE", MOVED, "SIP/2.0 200");
		send_ack(NULL);
		assert_string_equal(g.events, "MEDIA ");
		end();
	}
}

/* The answer to our offer comes when the call is being released. */
static void test_delayed_too_long(void **state)
{
	(void)state;
	for (size_t role = 0; role < ROLES; role++) {
		begins[role]();
		modify("INVITE", NULL, "SIP/2.0 200");
		release(16);
		fake_expect(&phone, "BYE ");
		send_ack(MOVED);
		assert_string_equal(g.events, "");
		fake_run(&g, 550);
		expect_bye();
		assert_string_equal(g.events, "RELEASED ");
		g.events[0] = '\0';
		g.leg = NULL;
		phone.call_id = "call-next";
	}
}

/* RFC 3261 14.2, RFC 3311 5.2. */
static void test_one_at_a_time(void **state)
{
	(void)state;
	for (size_t role = 0; role < ROLES; role++) {
		unsigned first;

		begins[role]();
		modify("INVITE", MOVED, "SIP/2.0 200");
		/* the first is not acknowledged yet */
		first = cseq;
		modify("INVITE", AUDIO, "SIP/2.0 500");
		assert_true(fake_got(&phone, "\r\nRetry-After: "));
		ack_refusal();
		cseq = first;
		send_ack(NULL);
		cseq++;
		assert_string_equal(g.events, "MEDIA ");
		assert_int_equal(port_now(), 40004);
		/* our offer is not answered yet */
		fake_jump(&g, 1000);
		modify("INVITE", NULL, "SIP/2.0 200");
		first = cseq;
		modify("UPDATE", AUDIO, "SIP/2.0 491");
		cseq = first;
		send_ack(MOVED);
		cseq++;
		assert_string_equal(g.events, "MEDIA ");
		end();
	}
}

/* An offer for the call that is being made is ours, and unanswered. */
static void test_before_the_answer(void **state)
{
	(void)state;
	call();
	cseq = 1;
	respond("180 Ringing", NULL);
	modify("INVITE", MOVED, "SIP/2.0 491");
	ack_refusal();
	modify("UPDATE", MOVED, "SIP/2.0 491");
	assert_string_equal(g.events, "ALERTING ");
	respond("200 OK", AUDIO);
	fake_expect(&phone, "ACK ");
	assert_int_equal(port_now(), 40000);
	end();
}

/* UPDATE may come before the ACK of the answer (RFC 3311 5.1). */
static void test_update_before_ack(void **state)
{
	(void)state;
	invite_plain();
	answer();
	cseq = 1;
	modify("UPDATE", MOVED, "SIP/2.0 200");
	assert_string_equal(g.events, "MEDIA ");
	ack(NULL);
	assert_string_equal(g.events, "MEDIA CONFIRMED ");
	assert_int_equal(port_now(), 40004);
	end();
}

/* What answered the INVITE was an offer: it had codecs that the peer did not
 * take. An answer to the peer's own offer may not (RFC 3264 6). */
static void test_offer_after_delayed_offer(void **state)
{
	static const char theirs[] = HERE "m=audio 40002 RTP/AVP 0\r\n";
	struct leg_media m;
	char first[1024];
	unsigned long was;

	(void)state;
	fake_send(&phone, &(struct fake_request){ 0 });
	wait_for_leg();
	assert_int_equal(media(&m), 0);
	answer();
	was = version(sdp());
	ack(theirs);
	assert_string_equal(g.events, "CONFIRMED ");
	cseq = 1;
	modify("INVITE", theirs, "SIP/2.0 200");
	assert_non_null(strstr(sdp(), "\r\nm=audio 16384 RTP/AVP 0\r\n"));
	assert_int_equal(version(sdp()), was + 1);
	snprintf(first, sizeof first, "%s", sdp());
	send_ack(NULL);
	modify("UPDATE", theirs, "SIP/2.0 200");
	assert_string_equal(sdp(), first);
	assert_string_equal(g.events, "CONFIRMED ");
	end();
}

/* The sixth in a second is not even read, and the media stays. */
static void test_storm(void **state)
{
	struct sip_counters counters;

	(void)state;
	for (size_t role = 0; role < ROLES; role++) {
		begins[role]();
		for (int i = 0; i < 5; i++) {
			modify(i % 2 ? "UPDATE" : "INVITE", AUDIO,
			       "SIP/2.0 200");
			if (i % 2 == 0)
				send_ack(NULL);
		}
		for (int i = 0; i < 3; i++) {
			modify("INVITE", MOVED, "SIP/2.0 500");
			assert_true(fake_got(&phone, "\r\nRetry-After: "));
			ack_refusal();
		}
		modify("UPDATE", NULL, "SIP/2.0 500");
		assert_string_equal(g.events, "");
		assert_int_equal(port_now(), 40000);
		fake_jump(&g, 1000);
		modify("INVITE", MOVED, "SIP/2.0 200");
		send_ack(NULL);
		assert_string_equal(g.events, "MEDIA ");
		end();
	}
	sip_agent_counters(g.agent, &counters);
	assert_int_equal(counters.refused_storms, 2 * 4);
}

/* A poisoned target ends the call, a storm or not. */
static void test_poisoned(void **state)
{
	(void)state;
	for (size_t role = 0; role < ROLES; role++) {
		begins[role]();
		for (int i = 0; i < 6; i++)
			modify("UPDATE", AUDIO,
			       i < 5 ? "SIP/2.0 200" : "SIP/2.0 500");
		fake_send(&phone,
			  &(struct fake_request){ .in_dialog = true,
						  .cseq = ++cseq,
						  .contact = "<tel:+4930>",
						  .body = MOVED });
		fake_expect(&phone, "SIP/2.0 400");
		fake_run(&g, 50);
		assert_string_equal(g.events, "DISCONNECT RELEASED ");
		g.events[0] = '\0';
		g.leg = NULL;
		phone.call_id = "call-next";
		fake_jump(&g, 70000);
	}
}

/* Contact moves the dialog (RFC 3261 12.2.2): our BYE goes there. */
static void test_target(void **state)
{
	(void)state;
	for (size_t role = 0; role < ROLES; role++) {
		struct fake_peer other;
		char contact[64];

		begins[role]();
		fake_peer_open(&other, &g, "127.0.0.2");
		snprintf(contact, sizeof contact, "<sip:carol@127.0.0.2:%u>",
			 ntohs(other.address.sin_port));
		fake_send(&phone, &(struct fake_request){ .in_dialog = true,
							  .cseq = ++cseq,
							  .contact = contact,
							  .body = AUDIO });
		fake_expect(&phone, "SIP/2.0 200");
		send_ack(NULL);
		release(16);
		fake_expect(&other, "BYE sip:carol@127.0.0.2:");
		fake_respond(&other, "200 OK");
		fake_run(&g, 20);
		assert_string_equal(g.events, "RELEASED ");
		g.events[0] = '\0';
		g.leg = NULL;
		phone.call_id = "call-next";
		fake_peer_close(&other);
	}
}

/* The call cannot follow and ends, within the event. */
static void test_call_ends_in_the_change(void **state)
{
	(void)state;
	for (size_t role = 0; role < ROLES; role++) {
		begins[role]();
		g.release_on_media = true;
		modify("INVITE", MOVED, "SIP/2.0 486");
		assert_non_null(strstr(g.ladder, "<INVITE >BYE >486 Busy "
						 "Here "));
		ack_refusal();
		g.ladder[0] = '\0';
		g.release_on_media = false;
		fake_jump(&g, 1000);
		expect_bye();
		assert_string_equal(g.events, "MEDIA RELEASED ");
		g.events[0] = '\0';
		g.leg = NULL;
		phone.call_id = "call-next";
	}
}

/* Both in one packet's time, so that the stack has both before we see one. */
static void modify_and_cancel(const char *body)
{
	send_modify("INVITE", body);
	fake_send(&phone, &(struct fake_request){ .method = "CANCEL",
						  .in_dialog = true,
						  .cseq = cseq,
						  .branch = branch,
						  .contact = "" });
	fake_expect(&phone, "SIP/2.0 487");
	ack_refusal();
	fake_jump(&g, 1000);
}

/* What was answered by a 487 does not hold, and leaves nothing open. */
static void test_cancelled(void **state)
{
	(void)state;
	for (size_t role = 0; role < ROLES; role++) {
		char first[2048];

		begins[role]();
		modify("INVITE", AUDIO, "SIP/2.0 200");
		snprintf(first, sizeof first, "%s", sdp());
		send_ack(NULL);
		modify_and_cancel(MOVED "a=sendonly\r\n");
		assert_string_equal(g.events, "MEDIA MEDIA ");
		assert_int_equal(port_now(), 40000);
		assert_true(now().send);
		modify_and_cancel(NULL);
		modify_and_cancel(VIDEO);
		assert_string_equal(g.events, "MEDIA MEDIA ");
		assert_non_null(strstr(g.ladder, "<CANCEL >200 OK >487 "));
		modify("UPDATE", AUDIO, "SIP/2.0 200");
		assert_string_equal(sdp(), first);
		assert_string_equal(state_of(g.leg), "active");
		end();
	}
}

/* Hanging up crosses a change. */
static void test_after_the_end(void **state)
{
	(void)state;
	for (size_t role = 0; role < ROLES; role++) {
		begins[role]();
		release(16);
		fake_expect(&phone, "BYE");
		send_modify("UPDATE", MOVED);
		fake_expect(&phone, "SIP/2.0 481");
		fake_run(&g, 550);
		expect_bye();
		assert_string_equal(g.events, "RELEASED ");
		g.events[0] = '\0';
		g.leg = NULL;
		phone.call_id = "call-next";
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_changes),
		TEST(test_refresh),
		TEST(test_refused),
		TEST(test_delayed),
		TEST(test_delayed_unanswered),
		TEST(test_delayed_too_long),
		TEST(test_one_at_a_time),
		TEST(test_before_the_answer),
		TEST(test_update_before_ack),
		TEST(test_offer_after_delayed_offer),
		TEST(test_storm),
		TEST_ERRORS(test_poisoned),
		TEST(test_target),
		TEST(test_call_ends_in_the_change),
		TEST(test_cancelled),
		TEST(test_after_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
