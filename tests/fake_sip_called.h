/* What tests of calls that go out through the agent share: the steps of a call,
 * the peer's side among them. Included by the tests themselves. */
#ifndef TOLLGATE_FAKE_SIP_CALLED_H
#define TOLLGATE_FAKE_SIP_CALLED_H

#include "tests/fake_sip_call.h"

static char sent[8192]; /* our INVITE */
static char call_id[64];

#define PEER_SDP(port, formats)                                            \
	"v=0\r\no=- 7 7 IN IP4 127.0.0.1\r\ns=-\r\n"                       \
	"c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " port " RTP/AVP " formats \
	"\r\na=rtpmap:101 telephone-event/8000\r\n"

static const char peer_sdp[] = PEER_SDP("41000", "8 101");

static inline struct leg *make_leg(void)
{
	struct leg *leg;

	memcpy(&g.peer.server, &phone.address, sizeof phone.address);
	assert_int_equal(sip_agent_leg_new(g.agent, &g.peer, false, &leg), 0);
	leg->call = (struct call *)(void *)&g;
	g.leg = leg;
	return leg;
}

static inline void keep_invite(void)
{
	const char *tag, *id;

	fake_expect(&phone, "INVITE ");
	snprintf(sent, sizeof sent, "%s", phone.got);
	tag = strstr(sent, "\r\nFrom: ");
	assert_non_null(tag);
	tag = strstr(tag, ";tag=");
	assert_non_null(tag);
	snprintf(phone.to_tag, sizeof phone.to_tag, "%.*s",
		 (int)strcspn(tag + 5, ";\r\n"), tag + 5);
	id = strstr(sent, "\r\nCall-ID: ");
	assert_non_null(id);
	snprintf(call_id, sizeof call_id, "%.*s", (int)strcspn(id + 11, "\r"),
		 id + 11);
	phone.call_id = call_id;
}

static const struct leg_setup usual = {
	.called = { .digits = "+4930123", .present = true },
	.calling = { .digits = "+49891", .present = true },
};

static inline void call_with(const struct leg_setup *setup)
{
	struct leg_media m;

	make_leg();
	assert_int_equal(media(&m), 0);
	assert_int_equal(m.kind, LEG_MEDIA_NONE);
	assert_int_equal(g.leg->ops->setup(g.leg, setup), 0);
	keep_invite();
}

static inline void call(void)
{
	call_with(&usual);
}

static inline void respond(const char *status, const char *body)
{
	fake_answer(&phone, sent,
		    &(struct fake_response){ .status = status, .body = body });
	fake_run(&g, 20);
}

static inline void respond_tag(const char *status, const char *tag,
			       const char *body)
{
	fake_answer(&phone, sent,
		    &(struct fake_response){
			    .status = status, .tag = tag, .body = body });
	fake_run(&g, 20);
}

static inline void trying(void)
{
	fake_answer(&phone, sent,
		    &(struct fake_response){
			    .status = "100 Trying", .tag = "", .contact = "" });
	fake_run(&g, 20);
}

static inline void talk_out(void)
{
	call();
	respond("200 OK", peer_sdp);
	fake_expect(&phone, "ACK sip:bob@127.0.0.1");
	assert_string_equal(g.events, "ANSWER ");
}

/* The peer's side of an end by CANCEL. */
static inline void expect_cancel(void)
{
	fake_expect(&phone, "CANCEL ");
	fake_respond(&phone, "200 OK");
	respond("487 Request Terminated", NULL);
	fake_expect(&phone, "ACK ");
}

static inline void expect_bye(void)
{
	fake_expect(&phone, "BYE ");
	fake_respond(&phone, "200 OK");
	fake_run(&g, 20);
}

#endif
