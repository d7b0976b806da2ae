/* What tests of calls through the agent share: one gateway, one telephone, and
 * the steps of a call. Included by the tests themselves. */
#ifndef TOLLGATE_FAKE_SIP_CALL_H
#define TOLLGATE_FAKE_SIP_CALL_H

#include "gateway/fsm.h"
#include "tests/fake_sip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What the agent answers with, for local_media() and fake_offer. */
#define ANSWER                                                           \
	"s=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 16384 RTP/AVP 8 " \
	"101\r\n"                                                        \
	"a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"  \
	"a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"

static struct fake_gateway g;
static struct fake_peer phone;
static uint64_t illegal_before;

static inline int setup(void **state)
{
	(void)state;
	illegal_before = fsm_illegal_count();
	fake_gateway_start(&g);
	fake_peer_open(&phone, &g, "127.0.0.1");
	return 0;
}

static inline int teardown(void **state)
{
	struct sip_counters c;

	(void)state;
	sip_agent_counters(g.agent, &c);
	assert_int_equal(c.internal_errors, 0);
	assert_int_equal(fsm_illegal_count(), illegal_before);
	fake_gateway_stop(&g, &phone);
	fake_peer_close(&phone);
	return 0;
}

/* For tests that bring the stack to an error of its own. */
static inline int teardown_errors(void **state)
{
	(void)state;
	assert_int_equal(fsm_illegal_count(), illegal_before);
	if (g.agent)
		fake_gateway_stop(&g, &phone);
	fake_peer_close(&phone);
	return 0;
}

static inline struct leg_media_local local_media(void)
{
	return (struct leg_media_local){
		.address = fake_address("127.0.0.1", 16384),
		.prefer = G711_ALAW,
	};
}

static inline int media(struct leg_media *out)
{
	struct leg_media_local local = local_media();

	return g.leg->ops->media(g.leg, &local, out);
}

static inline void wait_for_leg(void)
{
	fake_expect(&phone, "SIP/2.0 100");
	for (int i = 0; i < 100 && !g.leg; i++)
		fake_run(&g, 1);
	assert_non_null(g.leg);
}

/* An INVITE that has reached the call, its media negotiated. */
static inline void invite(const struct fake_request *r)
{
	struct leg_media m;

	fake_send(&phone, r);
	wait_for_leg();
	assert_int_equal(media(&m), 0);
}

static inline void invite_plain(void)
{
	invite(&(struct fake_request){ .body = fake_offer });
}

static inline void ack(const char *body)
{
	fake_send(&phone, &(struct fake_request){ .method = "ACK",
						  .in_dialog = true,
						  .body = body });
	fake_run(&g, 20);
}

static inline void answer(void)
{
	g.leg->ops->answer(g.leg, &(struct leg_number){ 0 });
	fake_expect(&phone, "SIP/2.0 200");
}

static inline void talk(void)
{
	invite_plain();
	answer();
	ack(NULL);
	assert_string_equal(g.events, "CONFIRMED ");
}

static inline void release(uint8_t q850)
{
	struct leg_cause cause = { .q850 = q850, .location = 2 };

	g.leg->ops->release(g.leg, &cause);
}

static inline void send_bye(const char *extra)
{
	fake_send(&phone, &(struct fake_request){ .method = "BYE",
						  .in_dialog = true,
						  .cseq = 2,
						  .extra = extra });
}

static inline void send_cancel(const char *extra)
{
	/* The branch of the INVITE (RFC 3261 9.1). */
	char branch[32];

	snprintf(branch, sizeof branch, "z9hG4bK-%u", phone.branch);
	fake_send(&phone, &(struct fake_request){ .method = "CANCEL",
						  .branch = branch,
						  .contact = "",
						  .extra = extra });
}

static inline const char *state_of(const struct leg *leg)
{
	static struct leg_info info;

	leg->ops->describe(leg, &info);
	return info.state;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_ERRORS(name) \
	cmocka_unit_test_setup_teardown(name, setup, teardown_errors)

#endif
