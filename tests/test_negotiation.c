#include "sip/negotiation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ORIGIN "v=0\r\no=bob 1 2 IN IP4 192.0.2.7\r\ns=-\r\n"
#define AT(ip) ORIGIN "c=IN IP4 " ip "\r\nt=0 0\r\n"
#define HERE AT("192.0.2.7")
#define DTMF "a=rtpmap:101 telephone-event/8000\r\n"
#define AUDIO "m=audio 49170 RTP/AVP 8 0 101\r\n" DTMF
#define FIRST HERE AUDIO
#define FIRST_MEDIA "192.0.2.7:49170 49171 alaw 8 101 20 both"

/* Our m-line as the answers below begin. */
#define OURS "m=audio 16384 RTP/AVP "
#define OURS_ALAW OURS "8 101\r\na=rtpmap:8 PCMA/8000\r\n" EVENTS("101")
#define OURS_ULAW OURS "0 101\r\na=rtpmap:0 PCMU/8000\r\n" EVENTS("101")
#define EVENTS(type) \
	"a=rtpmap:" type " telephone-event/8000\r\na=fmtp:" type " 0-15\r\n"
#define BOTH "a=ptime:20\r\na=sendrecv\r\n"

static const struct conf_peer peer = {
	.name = "phones",
	.codecs = { G711_ALAW, G711_ULAW },
	.codec_count = 2,
	.ptime_ms = 20,
};

static struct leg_media_local local_side(void)
{
	struct leg_media_local local = { .prefer = G711_ALAW };
	struct sockaddr_in *in = (void *)&local.address;

	in->sin_family = AF_INET;
	in->sin_port = htons(16384);
	inet_pton(AF_INET, "198.51.100.1", &in->sin_addr);
	return local;
}

static struct sdp_session read_sdp(const char *text)
{
	struct sdp_session s;
	char why[96];

	if (sdp_parse(&s, text, strlen(text), why, sizeof why) < 0)
		fail_msg("%s in %s", why, text);
	return s;
}

/* What holds, in a line: RTP, RTCP port, law, payload types, length, ways. */
static const char *holds(struct negotiation *n)
{
	static const char *const ways[] = { "none", "send", "receive", "both" };
	static char text[160];
	char other[8] = "";
	struct leg_media m;
	char ip[INET6_ADDRSTRLEN];
	const struct sockaddr_in *rtp = (const void *)&m.remote,
				 *rtcp = (const void *)&m.remote_rtcp;

	if (negotiation_media(n, NULL, true, &m) < 0)
		return "nothing";
	inet_ntop(AF_INET, &rtp->sin_addr, ip, sizeof ip);
	if (m.both_laws)
		snprintf(other, sizeof other, "+%u", m.other_payload_type);
	snprintf(text, sizeof text, "%s:%u %u %s %u%s %d %u %s", ip,
		 ntohs(rtp->sin_port), ntohs(rtcp->sin_port),
		 m.law == G711_ALAW ? "alaw" : "ulaw", m.payload_type, other,
		 m.dtmf_payload_type, m.ptime_ms,
		 ways[(m.send ? 1 : 0) + (m.receive ? 2 : 0)]);
	return text;
}

static unsigned long version(const char *sdp)
{
	const char *origin = strstr(sdp, "\r\no=- ");

	assert_non_null(origin);
	return strtoul(strchr(origin + 6, ' '), NULL, 10);
}

static void assert_ends(const char *sdp, const char *end)
{
	size_t len = strlen(sdp), tail = strlen(end);

	if (len < tail || strcmp(sdp + len - tail, end) != 0)
		fail_msg("this ends otherwise than %s: %s", end, sdp);
}

/* A calling leg that has answered `offer`. */
static void begin(struct negotiation *n, const char *offer)
{
	struct leg_media_local local = local_side();
	struct leg_media m;
	char why[96];

	assert_int_equal(negotiation_start(n, &peer, offer, why, sizeof why),
			 0);
	assert_int_equal(negotiation_media(n, &local, false, &m), 0);
	n->sent = true;
}

/* A later offer after FIRST. */
static const struct later {
	const char *name, *offer;
	enum sdp_mismatch refused;
	const char *answer; /* how ours ends; NULL: in the words of the first */
	const char *media;  /* NULL: as before */
} later[] = {
	{ "the same again", FIRST, 0, NULL, NULL },
	{ "another o=, other words, a codec less",
	  "v=0\r\no=- 9 9 IN IP4 x\r\ns=moved\r\nc=IN IP4 192.0.2.7\r\n"
	  "t=0 0\r\nb=AS:64\r\nm=audio 49170 RTP/AVP 8 101\r\n" DTMF
	  "a=sendrecv\r\n",
	  0, NULL, NULL },
	{ "the law in use stays, whatever the order",
	  HERE "m=audio 49170 RTP/AVP 0 8 101\r\n" DTMF, 0, NULL, NULL },
	{ "held, and sent music", FIRST "a=sendonly\r\n", 0,
	  OURS_ALAW "a=ptime:20\r\na=recvonly\r\n",
	  "192.0.2.7:49170 49171 alaw 8 101 20 receive" },
	{ "held by the session's line", HERE "a=sendonly\r\n" AUDIO, 0,
	  OURS_ALAW "a=ptime:20\r\na=recvonly\r\n",
	  "192.0.2.7:49170 49171 alaw 8 101 20 receive" },
	{ "only listens", FIRST "a=recvonly\r\n", 0,
	  OURS_ALAW "a=ptime:20\r\na=sendonly\r\n",
	  "192.0.2.7:49170 49171 alaw 8 101 20 send" },
	{ "held, nothing either way", FIRST "a=inactive\r\n", 0,
	  OURS_ALAW "a=ptime:20\r\na=inactive\r\n",
	  "192.0.2.7:49170 49171 alaw 8 101 20 none" },
	{ "held the old way", AT("0.0.0.0") AUDIO, 0,
	  OURS_ALAW "a=ptime:20\r\na=recvonly\r\n",
	  "0.0.0.0:49170 49171 alaw 8 101 20 none" },
	{ "held the old way and the new", AT("0.0.0.0") AUDIO "a=inactive\r\n",
	  0, OURS_ALAW "a=ptime:20\r\na=inactive\r\n",
	  "0.0.0.0:49170 49171 alaw 8 101 20 none" },
	{ "another port", HERE "m=audio 50000 RTP/AVP 8 0 101\r\n" DTMF, 0,
	  NULL, "192.0.2.7:50000 50001 alaw 8 101 20 both" },
	{ "another address", AT("203.0.113.9") AUDIO, 0, NULL,
	  "203.0.113.9:49170 49171 alaw 8 101 20 both" },
	{ "another RTCP port", FIRST "a=rtcp:53020\r\n", 0, NULL,
	  "192.0.2.7:49170 53020 alaw 8 101 20 both" },
	{ "moved and held",
	  AT("203.0.113.9") "m=audio 50000 RTP/AVP 8 101\r\n" DTMF
			    "a=inactive\r\n",
	  0, OURS_ALAW "a=ptime:20\r\na=inactive\r\n",
	  "203.0.113.9:50000 50001 alaw 8 101 20 none" },
	{ "the other law", HERE "m=audio 49170 RTP/AVP 0 101\r\n" DTMF, 0,
	  OURS_ULAW BOTH, "192.0.2.7:49170 49171 ulaw 0 101 20 both" },
	{ "the same law by another number",
	  HERE "m=audio 49170 RTP/AVP 97 101\r\na=rtpmap:97 PCMA/8000\r\n" DTMF,
	  0, OURS "97 101\r\na=rtpmap:97 PCMA/8000\r\n" EVENTS("101") BOTH,
	  "192.0.2.7:49170 49171 alaw 97 101 20 both" },
	{ "telephone-event by another number",
	  HERE "m=audio 49170 RTP/AVP 8 0 96\r\n"
	       "a=rtpmap:96 telephone-event/8000\r\n",
	  0, OURS "8 96\r\na=rtpmap:8 PCMA/8000\r\n" EVENTS("96") BOTH,
	  "192.0.2.7:49170 49171 alaw 8 96 20 both" },
	{ "no telephone-event any more", HERE "m=audio 49170 RTP/AVP 8 0\r\n",
	  0, OURS "8\r\na=rtpmap:8 PCMA/8000\r\n" BOTH,
	  "192.0.2.7:49170 49171 alaw 8 -1 20 both" },
	{ "longer packets", FIRST "a=ptime:40\r\n", 0,
	  OURS_ALAW "a=ptime:40\r\na=sendrecv\r\n",
	  "192.0.2.7:49170 49171 alaw 8 101 40 both" },
	{ "shorter packets at most", FIRST "a=maxptime:10\r\n", 0,
	  OURS_ALAW "a=ptime:10\r\na=sendrecv\r\n",
	  "192.0.2.7:49170 49171 alaw 8 101 10 both" },
	{ "video is added, and refused alone",
	  FIRST "m=video 5000 RTP/AVP 31\r\n", 0,
	  OURS_ALAW BOTH "m=video 0 RTP/AVP 31\r\n", NULL },
	{ "fax is added while audio ends",
	  HERE "m=audio 0 RTP/AVP 8\r\nm=image 4000 udptl t38\r\n",
	  SDP_NO_AUDIO, NULL, NULL },
	{ "video only", HERE "m=video 5000 RTP/AVP 31\r\n", SDP_NO_AUDIO, NULL,
	  NULL },
	{ "no media", HERE, SDP_NO_AUDIO, NULL, NULL },
	{ "audio disabled", HERE "m=audio 0 RTP/AVP 8\r\n", SDP_NO_AUDIO, NULL,
	  NULL },
	{ "no codec in common", HERE "m=audio 49170 RTP/AVP 18 101\r\n" DTMF,
	  SDP_NO_CODEC, NULL, NULL },
	{ "IPv6", ORIGIN "c=IN IP6 2001:db8::7\r\nt=0 0\r\n" AUDIO,
	  SDP_OTHER_NETWORK, NULL, NULL },
	{ "a host name", AT("media.example.org") AUDIO, SDP_OTHER_ADDRESS, NULL,
	  NULL },
	{ "multicast", AT("224.2.1.1/127") AUDIO, SDP_OTHER_ADDRESS, NULL,
	  NULL },
	{ "SRTP", HERE "m=audio 49170 RTP/SAVP 8\r\n", SDP_OTHER_TRANSPORT,
	  NULL, NULL },
	{ "feedback", HERE "m=audio 49170 RTP/AVPF 8\r\n", SDP_OTHER_TRANSPORT,
	  NULL, NULL },
};

static void expect_refused(struct negotiation *n, const struct later *c)
{
	struct sdp_session offer = read_sdp(c->offer);
	char before[SDP_TEXT_MAX];
	bool changed;

	strcpy(before, n->sdp);
	assert_int_equal(sdp_mismatch(&offer, &n->local), c->refused);
	assert_false(negotiation_keeps(n, &offer));
	assert_int_equal(negotiation_offer(n, &offer, &changed), -ENOTSUP);
	assert_string_equal(n->sdp, before);
	assert_string_equal(holds(n), FIRST_MEDIA);
}

static void expect_taken(struct negotiation *n, const struct later *c)
{
	struct sdp_session offer = read_sdp(c->offer);
	char before[SDP_TEXT_MAX], after[SDP_TEXT_MAX];
	bool changed;

	strcpy(before, n->sdp);
	assert_int_equal(sdp_mismatch(&offer, &n->local), SDP_NO_MISMATCH);
	assert_int_equal(negotiation_keeps(n, &offer), !c->media);
	assert_int_equal(negotiation_offer(n, &offer, &changed), 0);
	assert_int_equal(changed, c->media != NULL);
	strcpy(after, n->sdp);
	if (c->answer) {
		assert_ends(after, c->answer);
		assert_int_equal(version(after), version(before) + 1);
	} else {
		assert_string_equal(after, before);
	}
	assert_string_equal(holds(n), c->media ? c->media : FIRST_MEDIA);
	/* A refresh of that: not a byte is another. */
	assert_int_equal(negotiation_offer(n, &offer, &changed), 0);
	assert_false(changed);
	assert_string_equal(n->sdp, after);
	/* And back, if it is not for the law, which stays when it may. */
	offer = read_sdp(HERE "m=audio 49170 RTP/AVP 8 101\r\n" DTMF);
	assert_int_equal(negotiation_offer(n, &offer, &changed), 0);
	assert_int_equal(changed, c->media != NULL);
	assert_string_equal(holds(n), FIRST_MEDIA);
	assert_int_equal(version(n->sdp), version(after) + (c->answer ? 1 : 0));
}

static void test_later_offers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
		struct negotiation n;

		print_message("  %s\n", later[i].name);
		begin(&n, FIRST);
		assert_string_equal(holds(&n), FIRST_MEDIA);
		if (later[i].refused)
			expect_refused(&n, &later[i]);
		else
			expect_taken(&n, &later[i]);
		negotiation_free(&n);
	}
}

/* Several in a row: each answer is a version more than the one before, and a
 * refused offer is none. */
static void test_versions(void **state)
{
	static const struct {
		const char *offer;
		int err;
		unsigned step;
	} row[] = {
		{ FIRST "a=sendonly\r\n", 0, 1 },
		{ FIRST "a=sendonly\r\n", 0, 0 },
		{ HERE "m=video 5000 RTP/AVP 31\r\n", -ENOTSUP, 0 },
		{ FIRST "a=sendonly\r\n", 0, 0 },
		{ AT("203.0.113.9") AUDIO "a=sendonly\r\n", 0, 0 },
		{ FIRST, 0, 1 },
		{ HERE "m=audio 49170 RTP/AVP 0\r\n", 0, 1 },
		{ FIRST, 0, 1 }, /* telephone-event again; the law stays */
	};
	struct negotiation n;
	unsigned long was;
	bool changed;

	(void)state;
	begin(&n, FIRST);
	was = version(n.sdp);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct sdp_session offer = read_sdp(row[i].offer);

		assert_int_equal(negotiation_offer(&n, &offer, &changed),
				 row[i].err);
		was += row[i].step;
		assert_int_equal(version(n.sdp), was);
	}
	assert_ends(n.sdp, OURS_ULAW BOTH);
	negotiation_free(&n);
}

/* A re-INVITE without SDP gets all that we can do, what holds first, in the
 * m-lines and by the numbers of before (RFC 3261 14.2, RFC 3264 8). */
static const struct again {
	const char *name, *offer, *ours;
} again[] = {
	{ "both laws", FIRST,
	  OURS
	  "8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n" EVENTS(
		  "101") BOTH },
	{ "held: we hold nobody", FIRST "a=inactive\r\n",
	  OURS
	  "8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n" EVENTS(
		  "101") BOTH },
	{ "the law in use first, the packets in use",
	  HERE "m=audio 49170 RTP/AVP 0\r\na=ptime:30\r\n",
	  OURS
	  "0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n" EVENTS(
		  "101") "a=ptime:30\r\na=sendrecv\r\n" },
	{ "numbers keep their meaning",
	  HERE "m=audio 49170 RTP/AVP 97 98 8\r\na=rtpmap:97 PCMU/8000\r\n"
	       "a=rtpmap:98 PCMA/8000\r\na=rtpmap:8 telephone-event/8000\r\n",
	  OURS "98 97 8\r\na=rtpmap:98 PCMA/8000\r\na=rtpmap:97 "
	       "PCMU/8000\r\n" EVENTS("8") BOTH },
	{ "a number that is taken is not given to another",
	  HERE "m=audio 49170 RTP/AVP 101 0\r\na=rtpmap:101 PCMA/8000\r\n"
	       "a=rtpmap:0 telephone-event/8000\r\n",
	  OURS "101 0\r\na=rtpmap:101 PCMA/8000\r\n" EVENTS("0") BOTH },
	{ "what was refused keeps its place",
	  HERE "m=video 5000 RTP/AVP 31\r\n" AUDIO,
	  "m=video 0 RTP/AVP 31\r\n" OURS
	  "8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n" EVENTS(
		  "101") BOTH },
};

static void test_offer_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof again / sizeof *again; i++) {
		char before[SDP_TEXT_MAX], held[160];
		struct negotiation n;
		bool changed;

		print_message("  %s\n", again[i].name);
		begin(&n, again[i].offer);
		strcpy(before, n.sdp);
		strcpy(held, holds(&n));
		assert_int_equal(negotiation_offer_again(&n), 0);
		assert_ends(n.sdp, again[i].ours);
		assert_int_equal(version(n.sdp),
				 version(before) +
					 (strcmp(n.sdp, before) ? 1 : 0));
		/* Nothing else holds before the ACK, nor without an answer. */
		assert_true(negotiation_ours(&n));
		assert_string_equal(holds(&n), held);
		assert_int_equal(negotiation_ack(&n, NULL, &changed), -ENOENT);
		assert_false(changed);
		assert_false(negotiation_ours(&n));
		assert_string_equal(holds(&n), held);
		negotiation_free(&n);
	}
}

static void test_answer_to_offer_again(void **state)
{
	static const struct {
		const char *answer;
		int err;
		const char *media;
	} cases[] = {
		/* both laws: the first is sent, either may come */
		{ FIRST, 0, "192.0.2.7:49170 49171 alaw 8+0 101 20 both" },
		{ HERE "m=audio 49170 RTP/AVP 8 101\r\n" DTMF, 0, NULL },
		{ FIRST "a=sendonly\r\n", 0,
		  "192.0.2.7:49170 49171 alaw 8+0 101 20 receive" },
		{ AT("203.0.113.9") "m=audio 6000 RTP/AVP 0\r\n", 0,
		  "203.0.113.9:6000 6001 ulaw 0 -1 20 both" },
		{ HERE "m=audio 49170 RTP/AVP 0 8 101\r\n" DTMF, 0,
		  "192.0.2.7:49170 49171 ulaw 0+8 101 20 both" },
		{ HERE "m=audio 0 RTP/AVP 8\r\n", -ENOTSUP, NULL },
		{ HERE "m=audio 49170 RTP/AVP 18\r\n", -ENOTSUP, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sdp_session answer = read_sdp(cases[i].answer);
		struct negotiation n;
		bool changed;

		begin(&n, FIRST);
		assert_int_equal(negotiation_offer_again(&n), 0);
		assert_int_equal(negotiation_ack(&n, &answer, &changed),
				 cases[i].err);
		assert_int_equal(changed, cases[i].media != NULL);
		assert_string_equal(holds(&n), cases[i].media ? cases[i].media
							      : FIRST_MEDIA);
		assert_false(negotiation_ours(&n));
		negotiation_free(&n);
	}
}

/* RFC 3264 4: no second negotiation by an ACK that nobody asked. */
static void test_ack_moves_nothing(void **state)
{
	struct sdp_session same = read_sdp(FIRST);
	struct sdp_session moved = read_sdp(AT("203.0.113.9") AUDIO);
	struct negotiation n;
	bool changed;

	(void)state;
	begin(&n, FIRST);
	assert_int_equal(negotiation_ack(&n, NULL, &changed), 0);
	assert_int_equal(negotiation_ack(&n, &same, &changed), 0);
	assert_int_equal(negotiation_ack(&n, &moved, &changed), -ENOTSUP);
	assert_false(changed);
	assert_string_equal(holds(&n), FIRST_MEDIA);
	negotiation_free(&n);
}

static void test_delayed_offer(void **state)
{
	struct sdp_session none = read_sdp(HERE "m=audio 0 RTP/AVP 8\r\n");
	struct sdp_session answer = read_sdp(FIRST);
	struct negotiation n;
	bool changed;

	(void)state;
	begin(&n, "");
	assert_true(negotiation_ours(&n));
	assert_string_equal(holds(&n), "nothing");
	/* Nothing is settled that could be changed or offered again. */
	assert_int_equal(negotiation_offer(&n, &answer, &changed), -ENOTSUP);
	assert_int_equal(negotiation_offer_again(&n), -ENOTSUP);
	assert_int_equal(negotiation_ack(&n, NULL, &changed), -ENOENT);
	assert_int_equal(negotiation_ack(&n, &none, &changed), -ENOTSUP);
	assert_string_equal(holds(&n), "nothing");
	assert_int_equal(negotiation_ack(&n, &answer, &changed), 0);
	assert_string_equal(holds(&n),
			    "192.0.2.7:49170 49171 alaw 8+0 101 20 both");
	negotiation_free(&n);
}

/* A called leg: the peer's first word was an answer, and ours, the offer, had
 * more in it than an answer may (RFC 3264 6). */
static void test_offer_after_our_offer(void **state)
{
	struct sdp_session answer =
		read_sdp(HERE "m=audio 49170 RTP/AVP 0 96\r\n"
			      "a=rtpmap:96 telephone-event/8000\r\n");
	struct sdp_session both = read_sdp(FIRST);
	struct leg_media_local local = local_side();
	struct negotiation n;
	struct leg_media m;
	unsigned long was;
	bool changed;

	(void)state;
	negotiation_call(&n, &peer);
	assert_int_equal(negotiation_media(&n, &local, false, &m), 0);
	assert_int_equal(m.kind, LEG_MEDIA_NONE);
	n.sent = true;
	was = version(n.sdp);
	assert_int_equal(negotiation_answer(&n, &answer), 0);
	assert_string_equal(holds(&n),
			    "192.0.2.7:49170 49171 ulaw 0 96 20 both");
	assert_int_equal(negotiation_offer(&n, &answer, &changed), 0);
	assert_false(changed);
	assert_ends(n.sdp,
		    OURS "0 96\r\na=rtpmap:0 PCMU/8000\r\n" EVENTS("96") BOTH);
	assert_int_equal(version(n.sdp), was + 1);
	assert_int_equal(negotiation_offer(&n, &both, &changed), 0);
	assert_true(changed);
	assert_string_equal(holds(&n),
			    "192.0.2.7:49170 49171 ulaw 0 101 20 both");
	assert_int_equal(version(n.sdp), was + 2);
	negotiation_free(&n);
}

/* Another channel before anything was sent is another first answer, not a later
 * one; after that it comes too late. */
static void test_second_address(void **state)
{
	struct leg_media_local local = local_side();
	struct negotiation n;
	struct leg_media m;
	unsigned long was;

	(void)state;
	begin(&n, FIRST);
	n.sent = false;
	was = version(n.sdp);
	((struct sockaddr_in *)(void *)&local.address)->sin_port = htons(16390);
	assert_int_equal(negotiation_media(&n, &local, false, &m), 0);
	assert_non_null(strstr(n.sdp, "m=audio 16390 "));
	assert_int_equal(version(n.sdp), was);
	n.sent = true;
	((struct sockaddr_in *)(void *)&local.address)->sin_port = htons(16392);
	assert_int_equal(negotiation_media(&n, &local, false, &m), 0);
	assert_non_null(strstr(n.sdp, "m=audio 16390 "));
	negotiation_free(&n);
}

/* Back to what was kept, once; what was kept last counts. */
static void test_undo(void **state)
{
	struct sdp_session held = read_sdp(FIRST "a=sendonly\r\n"),
			   same = read_sdp(FIRST);
	struct negotiation n;
	char first[1024];
	bool changed;

	(void)state;
	begin(&n, FIRST);
	snprintf(first, sizeof first, "%s", n.sdp);
	assert_false(negotiation_undo(&n));
	for (int i = 0; i < 2; i++)
		assert_int_equal(negotiation_keep(&n), 0);
	assert_int_equal(negotiation_offer(&n, &held, &changed), 0);
	assert_true(negotiation_undo(&n));
	assert_false(negotiation_undo(&n));
	assert_string_equal(holds(&n), FIRST_MEDIA);
	assert_string_equal(n.sdp, first);
	assert_int_equal(negotiation_keep(&n), 0);
	assert_int_equal(negotiation_offer(&n, &same, &changed), 0);
	assert_false(negotiation_undo(&n));
	assert_int_equal(negotiation_keep(&n), 0);
	assert_int_equal(negotiation_offer_again(&n), 0);
	assert_false(negotiation_undo(&n));
	assert_int_equal(n.phase, NEGOTIATION_SETTLED);
	assert_int_equal(negotiation_keep(&n), 0);
	assert_int_equal(negotiation_offer(&n, &held, &changed), 0);
	negotiation_forget(&n);
	assert_false(negotiation_undo(&n));
	assert_int_equal(negotiation_keep(&n), 0);
	negotiation_free(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_later_offers),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_offer_again),
		cmocka_unit_test(test_answer_to_offer_again),
		cmocka_unit_test(test_ack_moves_nothing),
		cmocka_unit_test(test_delayed_offer),
		cmocka_unit_test(test_offer_after_our_offer),
		cmocka_unit_test(test_second_address),
		cmocka_unit_test(test_undo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
