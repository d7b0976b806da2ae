#include "sip/sdp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "v=0\no=alice 2890844526 2890844526 IN IP4 host.anywhere.com\ns=\n"
#define C4 "c=IN IP4 192.0.2.7\n"
#define T0 "t=0 0\n"
#define BODY HEAD C4 T0

/* What every answer of ours begins with in these tests. */
#define OURS "v=0\no=- 77 78 IN IP4 198.51.100.1\ns=-\nc=IN IP4 198.51.100.1\n"

/* "\n" -> "\r\n", so that the tables below can be read. */
static char *crlf(const char *text)
{
	char *out = malloc(2 * strlen(text) + 1), *to = out;

	for (; *text; text++) {
		if (*text == '\n')
			*to++ = '\r';
		*to++ = *text;
	}
	*to = '\0';
	return out;
}

static struct sockaddr_storage address(const char *ip, uint16_t port)
{
	struct sockaddr_storage a = { 0 };
	struct sockaddr_in *in = (void *)&a;
	struct sockaddr_in6 *in6 = (void *)&a;

	if (strchr(ip, ':')) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		assert_int_equal(inet_pton(AF_INET6, ip, &in6->sin6_addr), 1);
	} else {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		assert_int_equal(inet_pton(AF_INET, ip, &in->sin_addr), 1);
	}
	return a;
}

static struct sdp_local local4(void)
{
	return (struct sdp_local){
		.address = address("198.51.100.1", 16384),
		.session_id = 77,
		.session_version = 78,
		.codecs = { G711_ALAW, G711_ULAW },
		.codec_count = 2,
		.ptime_ms = 20,
		.dtmf = true,
		.direction = SDP_SENDRECV,
	};
}

static int parse(struct sdp_session *out, const char *text)
{
	char why[128];

	return sdp_parse(out, text, strlen(text), why, sizeof why);
}

/* Offers and the exact answer; NULL: nothing in common. */
static const struct answer_case {
	const char *name, *offer, *answer;
} answer_cases[] = {
	{ "A-law alone, by its static type", BODY "m=audio 49170 RTP/AVP 8\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:20\na=sendrecv\n" },
	{ "mu-law alone, named",
	  BODY "m=audio 49170 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n",
	  OURS T0 "m=audio 16384 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n"
		  "a=ptime:20\na=sendrecv\n" },
	{ "our order decides", BODY "m=audio 49170 RTP/AVP 0 8\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:20\na=sendrecv\n" },
	{ "dynamic type, lower case, channels given",
	  BODY "m=audio 49170 RTP/AVP 97\na=rtpmap:97 pcma/8000/1\n",
	  OURS T0 "m=audio 16384 RTP/AVP 97\na=rtpmap:97 PCMA/8000\n"
		  "a=ptime:20\na=sendrecv\n" },
	{ "stereo and wide-band of the same name are not G.711",
	  BODY "m=audio 49170 RTP/AVP 97 98\na=rtpmap:97 PCMA/8000/2\n"
	       "a=rtpmap:98 PCMA/16000\n",
	  NULL },
	{ "an rtpmap overrides a static type",
	  BODY "m=audio 49170 RTP/AVP 8 0\na=rtpmap:8 G729/8000\n",
	  OURS T0 "m=audio 16384 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n"
		  "a=ptime:20\na=sendrecv\n" },
	{ "telephone-event is taken with its number",
	  BODY "m=audio 49170 RTP/AVP 8 96\na=rtpmap:96 telephone-event/8000\n"
	       "a=fmtp:96 0-16\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8 96\na=rtpmap:8 PCMA/8000\n"
		  "a=rtpmap:96 telephone-event/8000\na=fmtp:96 0-15\n"
		  "a=ptime:20\na=sendrecv\n" },
	{ "telephone-event at another clock is not ours",
	  BODY "m=audio 49170 RTP/AVP 8 96\n"
	       "a=rtpmap:96 telephone-event/48000\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:20\na=sendrecv\n" },
	{ "ptime of the peer", BODY "m=audio 49170 RTP/AVP 8\na=ptime:30\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:30\na=sendrecv\n" },
	{ "ptime that we cannot send",
	  BODY "m=audio 49170 RTP/AVP 8\na=ptime:25\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:20\na=sendrecv\n" },
	{ "maxptime binds",
	  BODY "m=audio 49170 RTP/AVP 8\na=ptime:60\na=maxptime:45\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:40\na=sendrecv\n" },
	{ "maxptime under our least",
	  BODY "m=audio 49170 RTP/AVP 8\na=maxptime:5\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:10\na=sendrecv\n" },
	{ "sendonly is answered recvonly",
	  BODY "m=audio 49170 RTP/AVP 8\na=sendonly\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:20\na=recvonly\n" },
	{ "recvonly of the session is answered sendonly",
	  HEAD C4 T0 "a=recvonly\nm=audio 49170 RTP/AVP 8\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:20\na=sendonly\n" },
	{ "the m-line's direction goes before the session's",
	  HEAD C4 T0 "a=inactive\nm=audio 49170 RTP/AVP 8\na=sendrecv\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:20\na=sendrecv\n" },
	{ "inactive", BODY "m=audio 49170 RTP/AVP 8\na=inactive\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:20\na=inactive\n" },
	{ "0.0.0.0 holds",
	  HEAD "c=IN IP4 0.0.0.0\n" T0 "m=audio 49170 RTP/AVP 8\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:20\na=recvonly\n" },
	{ "0.0.0.0 and recvonly: nothing is left",
	  HEAD "c=IN IP4 0.0.0.0\n" T0 "m=audio 49170 RTP/AVP 8\n"
	       "a=recvonly\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:20\na=inactive\n" },
	{ "RFC 3264 10.1: audio and two videos; the video is refused",
	  "v=0\no=alice 2890844526 2890844526 IN IP4 host.anywhere.com\n"
	  "s=\nc=IN IP4 192.0.2.7\nt=0 0\nm=audio 49170 RTP/AVP 0\n"
	  "a=rtpmap:0 PCMU/8000\nm=video 51372 RTP/AVP 31\n"
	  "a=rtpmap:31 H261/90000\nm=video 53000 RTP/AVP 32\n"
	  "a=rtpmap:32 MPV/90000\n",
	  OURS T0 "m=audio 16384 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n"
		  "a=ptime:20\na=sendrecv\nm=video 0 RTP/AVP 31\n"
		  "m=video 0 RTP/AVP 32\n" },
	{ "RFC 3264 10.2: one of N codecs",
	  BODY "m=audio 62986 RTP/AVP 0 4 18\na=rtpmap:0 PCMU/8000\n"
	       "a=rtpmap:4 G723/8000\na=rtpmap:18 G729/8000\na=inactive\n",
	  OURS T0 "m=audio 16384 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n"
		  "a=ptime:20\na=inactive\n" },
	{ "video first keeps its place",
	  BODY "m=video 51372 RTP/AVP 31 34\nm=audio 49170 RTP/AVP 8\n",
	  OURS T0 "m=video 0 RTP/AVP 31 34\nm=audio 16384 RTP/AVP 8\n"
		  "a=rtpmap:8 PCMA/8000\na=ptime:20\na=sendrecv\n" },
	{ "secure audio is refused, plain audio taken",
	  BODY "m=audio 49168 RTP/SAVP 8\na=crypto:1 X inline:Y\n"
	       "m=audio 49170 RTP/AVP 8\n",
	  OURS T0 "m=audio 0 RTP/SAVP 8\nm=audio 16384 RTP/AVP 8\n"
		  "a=rtpmap:8 PCMA/8000\na=ptime:20\na=sendrecv\n" },
	{ "of two audios the first is taken",
	  BODY "m=audio 49168 RTP/AVP 0\nm=audio 49170 RTP/AVP 8\n",
	  OURS T0 "m=audio 16384 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n"
		  "a=ptime:20\na=sendrecv\nm=audio 0 RTP/AVP 8\n" },
	{ "of two audios the one with G.711 is taken",
	  BODY "m=audio 49168 RTP/AVP 18\nm=audio 49170 RTP/AVP 8\n",
	  OURS T0 "m=audio 0 RTP/AVP 18\nm=audio 16384 RTP/AVP 8\n"
		  "a=rtpmap:8 PCMA/8000\na=ptime:20\na=sendrecv\n" },
	{ "fax and a data channel are refused as written",
	  BODY "m=audio 49170 RTP/AVP 8\nm=image 4000 udptl t38\n"
	       "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:20\na=sendrecv\nm=image 0 udptl t38\n"
		  "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\n" },
	{ "the time of the offer is repeated",
	  HEAD C4 "t=2873397496 2873404696\nm=audio 49170 RTP/AVP 8\n",
	  OURS "t=2873397496 2873404696\nm=audio 16384 RTP/AVP 8\n"
	       "a=rtpmap:8 PCMA/8000\na=ptime:20\na=sendrecv\n" },
	{ "no time, or one that is none",
	  HEAD C4 "t=now\nm=audio 49170 RTP/AVP 8\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:20\na=sendrecv\n" },
	{ "number of ports, unknown attributes, bandwidth, empty tail",
	  BODY "b=AS:64\nm=audio 49170/2 RTP/AVP 8\ni=title\nb=TIAS:64000\n"
	       "a=candidate:1 1 UDP 1 10.0.0.1 1 typ host\na=rtcp-mux\n\n\n",
	  OURS T0 "m=audio 16384 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
		  "a=ptime:20\na=sendrecv\n" },
	{ "no G.711", BODY "m=audio 49170 RTP/AVP 18 4\n", NULL },
	{ "no audio", BODY "m=video 51372 RTP/AVP 31\n", NULL },
	{ "no media at all", BODY, NULL },
	{ "audio disabled by port 0", BODY "m=audio 0 RTP/AVP 8\n", NULL },
	{ "multicast",
	  HEAD "c=IN IP4 224.2.1.1/127\n" T0 "m=audio 49170 RTP/AVP 8\n",
	  NULL },
	{ "broadcast",
	  HEAD "c=IN IP4 255.255.255.255\n" T0 "m=audio 49170 RTP/AVP 8\n",
	  NULL },
	{ "a host name as address",
	  HEAD "c=IN IP4 media.example.org\n" T0 "m=audio 49170 RTP/AVP 8\n",
	  NULL },
	{ "no address", HEAD T0 "m=audio 49170 RTP/AVP 8\n", NULL },
	{ "IPv6 where we are IPv4",
	  HEAD "c=IN IP6 2001:db8::9\n" T0 "m=audio 49170 RTP/AVP 8\n", NULL },
	{ "feedback profile", BODY "m=audio 49170 RTP/AVPF 8\n", NULL },
	{ "port 65535 leaves no port for RTCP",
	  BODY "m=audio 65535 RTP/AVP 8\n", NULL },
};

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof answer_cases / sizeof *answer_cases;
	     i++) {
		const struct answer_case *c = &answer_cases[i];
		struct sdp_local local = local4();
		struct sdp_session offer, again;
		struct sdp_agreed agreed;
		char text[SDP_TEXT_MAX], *body = crlf(c->offer), *want;

		print_message("  %s\n", c->name);
		assert_int_equal(parse(&offer, body), 0);
		/* Bare LF says the same. */
		assert_int_equal(parse(&again, c->offer), 0);
		assert_memory_equal(&offer, &again, sizeof offer);
		free(body);
		if (!c->answer) {
			assert_int_equal(sdp_answer(&offer, &local, &agreed,
						    text, sizeof text),
					 -ENOTSUP);
			continue;
		}
		assert_int_equal(sdp_answer(&offer, &local, &agreed, text,
					    sizeof text),
				 0);
		want = crlf(c->answer);
		assert_string_equal(text, want);
		free(want);
		/* We can read what we write. */
		assert_int_equal(parse(&again, text), 0);
		assert_int_equal(again.media_count, offer.media_count);
	}
}

static void test_answer_needs_room(void **state)
{
	struct sdp_local local = local4();
	struct sdp_session offer;
	struct sdp_agreed agreed;
	char text[SDP_TEXT_MAX];
	size_t full;

	(void)state;
	assert_int_equal(parse(&offer, BODY "m=audio 49170 RTP/AVP 8 101\n"
					    "a=rtpmap:101 "
					    "telephone-event/8000\n"
					    "m=video 4 RTP/AVP 31\n"),
			 0);
	assert_int_equal(sdp_answer(&offer, &local, &agreed, text, sizeof text),
			 0);
	full = strlen(text) + 1;
	for (size_t size = 1; size < full; size++) {
		char *exact = malloc(size);

		assert_int_equal(sdp_answer(&offer, &local, &agreed, exact,
					    size),
				 -ENOSPC);
		free(exact);
	}
	assert_int_equal(sdp_answer(&offer, &local, &agreed, text, full), 0);
}

static void test_our_limits(void **state)
{
	struct sdp_local local = local4();
	struct sdp_session offer;
	struct sdp_agreed agreed;
	char text[SDP_TEXT_MAX];

	(void)state;
	assert_int_equal(parse(&offer, BODY "m=audio 49170 RTP/AVP 8 0 101\n"
					    "a=rtpmap:101 "
					    "telephone-event/8000\n"),
			 0);
	local.codecs[0] = G711_ULAW;
	local.codec_count = 1;
	local.dtmf = false;
	local.direction = SDP_SENDONLY;
	assert_int_equal(sdp_answer(&offer, &local, &agreed, text, sizeof text),
			 0);
	assert_int_equal(agreed.law, G711_ULAW);
	assert_int_equal(agreed.payload_type, 0);
	assert_int_equal(agreed.dtmf_payload_type, -1);
	assert_int_equal(agreed.direction, SDP_SENDONLY);
	assert_non_null(strstr(text, "m=audio 16384 RTP/AVP 0\r\n"));
	assert_non_null(strstr(text, "a=sendonly\r\n"));
}

static void expect_address(const struct sockaddr_storage *got, const char *ip,
			   uint16_t port)
{
	struct sockaddr_storage want = address(ip, port);

	assert_memory_equal(got, &want, sizeof want);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *offer, *rtp_ip, *rtcp_ip;
		uint16_t rtp, rtcp;
	} cases[] = {
		{ BODY "m=audio 49170 RTP/AVP 8\n", "192.0.2.7", "192.0.2.7",
		  49170, 49171 },
		/* RFC 3605: the port only, then with an address. */
		{ BODY "m=audio 49170 RTP/AVP 8\na=rtcp:53020\n", "192.0.2.7",
		  "192.0.2.7", 49170, 53020 },
		{ BODY "m=audio 49170 RTP/AVP 8\n"
		       "a=rtcp:53020 IN IP4 126.16.64.4\n",
		  "192.0.2.7", "126.16.64.4", 49170, 53020 },
		{ BODY "m=audio 49170 RTP/AVP 8\na=rtcp:0\n", "192.0.2.7",
		  "192.0.2.7", 49170, 49171 },
		{ BODY "m=audio 65535 RTP/AVP 8\na=rtcp:9000\n", "192.0.2.7",
		  "192.0.2.7", 65535, 9000 },
		{ BODY "m=audio 49171 RTP/AVP 8\n", "192.0.2.7", "192.0.2.7",
		  49171, 49172 },
		/* The m-line's own c= goes before the session's. */
		{ BODY "m=audio 49170 RTP/AVP 8\nc=IN IP4 203.0.113.5\n",
		  "203.0.113.5", "203.0.113.5", 49170, 49171 },
		{ HEAD T0 "m=video 1 RTP/AVP 31\nc=IN IP6 2001:db8::10\n"
			  "m=audio 49170 RTP/AVP 8\nc=IN IP4 203.0.113.5\n",
		  "203.0.113.5", "203.0.113.5", 49170, 49171 },
		/* Several are layers, which unicast has not: the first. */
		{ BODY "m=audio 49170 RTP/AVP 8\nc=IN IP4 203.0.113.5\n"
		       "c=IN IP4 203.0.113.6\n",
		  "203.0.113.5", "203.0.113.5", 49170, 49171 },
		{ HEAD "c=IN IP6 2001:db8::9:1\n" T0 "m=audio 6000 RTP/AVP 0\n",
		  "2001:db8::9:1", "2001:db8::9:1", 6000, 6001 },
		{ HEAD "c=IN IP6 2001:db8::9:1\n" T0
		       "m=audio 6000 RTP/AVP 0\na=rtcp:7001 IN IP6 "
		       "2001:db8::9:2\n",
		  "2001:db8::9:1", "2001:db8::9:2", 6000, 7001 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sdp_session s;

		assert_int_equal(parse(&s, cases[i].offer), 0);
		assert_true(s.audio >= 0);
		assert_true(s.media[s.audio].usable);
		expect_address(&s.remote, cases[i].rtp_ip, cases[i].rtp);
		expect_address(&s.remote_rtcp, cases[i].rtcp_ip, cases[i].rtcp);
	}
}

static void test_ipv6_answer(void **state)
{
	struct sdp_local local = local4();
	struct sdp_session offer;
	struct sdp_agreed agreed;
	char text[SDP_TEXT_MAX];
	char *want = crlf("v=0\no=- 77 78 IN IP6 2001:db8::1\ns=-\n"
			  "c=IN IP6 2001:db8::1\n" T0
			  "m=audio 16386 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n"
			  "a=ptime:20\na=sendrecv\n");

	(void)state;
	local.address = address("2001:db8::1", 16386);
	assert_int_equal(parse(&offer, HEAD "c=IN IP6 2001:db8::9\n" T0
					    "m=audio 49170 RTP/AVP 8\n"),
			 0);
	assert_int_equal(sdp_answer(&offer, &local, &agreed, text, sizeof text),
			 0);
	assert_string_equal(text, want);
	free(want);
}

/* Bodies that are not SDP, and the words for it. */
static void test_malformed(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "SDP line 0: no body" },
		{ "hello", "SDP line 1: not of the form x=value" },
		{ "v=1\n", "SDP line 1: not v=0" },
		{ "o=- 1 1 IN IP4 1.2.3.4\n", "SDP line 1: not v=0" },
		{ "v=0\n", "SDP line 1: no o= before the end" },
		{ "v=0\nv=0\n", "SDP line 2: unknown field 'v='" },
		{ HEAD "x=1\n", "SDP line 4: unknown field 'x='" },
		{ HEAD "V=1\n", "SDP line 4: not of the form x=value" },
		{ HEAD "c\n", "SDP line 4: not of the form x=value" },
		{ HEAD "\n" C4, "SDP line 4: not of the form x=value" },
		{ HEAD "c=\n", "SDP line 4: c= is not NETTYPE ADDRTYPE "
			       "ADDRESS" },
		{ HEAD "c=IN IP4\n", "SDP line 4: c= is not NETTYPE ADDRTYPE "
				     "ADDRESS" },
		{ HEAD "t=0\r0\n", "SDP line 4: NUL or bare CR" },
		{ BODY "m=\n", "SDP line 6: m= without a media type of sane "
			       "length" },
		{ BODY "m=audio\n", "SDP line 6: m= without a port number" },
		{ BODY "m=audio x RTP/AVP 8\n",
		  "SDP line 6: m= without a port number" },
		{ BODY "m=audio 65536 RTP/AVP 8\n",
		  "SDP line 6: m= without a port number" },
		{ BODY "m=audio -1 RTP/AVP 8\n",
		  "SDP line 6: m= without a port number" },
		{ BODY "m=audio 99999999999999999999 RTP/AVP 8\n",
		  "SDP line 6: m= without a port number" },
		{ BODY "m=audio 1\n",
		  "SDP line 6: m= without a protocol of sane length" },
		{ BODY "m=audio 1 RTP/AVP\n",
		  "SDP line 6: m= without a format of sane length" },
		{ BODY "m=aaaaaaaaaaaaaaaa 1 RTP/AVP 8\n",
		  "SDP line 6: m= without a media type of sane length" },
		{ BODY "m=audio 1 RTP/AVP 8\x01\n",
		  "SDP line 6: m= with a character that is no text" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sdp_session s;
		char why[128];

		assert_int_equal(sdp_parse(&s, cases[i].text,
					   strlen(cases[i].text), why,
					   sizeof why),
				 -EBADMSG);
		assert_string_equal(why, cases[i].why);
	}
}

static void test_nul_and_length(void **state)
{
	char text[SDP_TEXT_MAX + 2], why[64];
	struct sdp_session s;
	size_t len = strlen(BODY);

	(void)state;
	memcpy(text, BODY, len);
	text[10] = '\0';
	assert_int_equal(sdp_parse(&s, text, len, why, sizeof why), -EBADMSG);
	assert_string_equal(why, "SDP line 2: NUL or bare CR");

	memset(text, 'a', sizeof text);
	memcpy(text, BODY "a=", len + 2);
	assert_int_equal(sdp_parse(&s, text, SDP_TEXT_MAX, why, sizeof why), 0);
	assert_int_equal(sdp_parse(&s, text, SDP_TEXT_MAX + 1, why, sizeof why),
			 -EBADMSG);
	/* `why` is cut, not overrun. */
	assert_int_equal(sdp_parse(&s, "x", 1, why, 4), -EBADMSG);
	assert_string_equal(why, "SDP");
	assert_int_equal(sdp_parse(&s, "x", 1, NULL, 0), -EBADMSG);
}

/* Each prefix of a full body, in a buffer of exactly its size: never read past
 * the end, never taken for more than it says. */
static void test_truncation(void **state)
{
	char *body = crlf(BODY "a=sendrecv\nm=video 5 RTP/AVP 31\n"
			       "m=audio 49170/2 RTP/AVP 8 0 101\n"
			       "c=IN IP6 2001:db8::9\nb=AS:64\n"
			       "a=rtpmap:101 telephone-event/8000\n"
			       "a=fmtp:101 0-15\na=ptime:20\na=maxptime:60\n"
			       "a=rtcp:53020 IN IP4 126.16.64.4\na=sendonly\n");
	size_t len = strlen(body);
	struct sdp_session s;
	char why[128];

	(void)state;
	for (size_t n = 0; n <= len; n++) {
		char *exact = malloc(n ? n : 1);

		memcpy(exact, body, n);
		sdp_parse(&s, exact, n, why, sizeof why);
		assert_true(s.media_count <= 2);
		assert_true(s.codec_count <= 2);
		free(exact);
	}
	assert_int_equal(s.audio, 1);
	assert_int_equal(s.direction, SDP_SENDONLY);
	assert_int_equal(s.dtmf_payload_type, 101);
	assert_int_equal(s.maxptime_ms, 60);
	/* And each with one byte spoilt. */
	for (size_t n = 0; n < len; n++)
		for (int c = 0; c < 256; c += 5) {
			char *exact = malloc(len);

			memcpy(exact, body, len);
			exact[n] = (char)c;
			sdp_parse(&s, exact, len, why, sizeof why);
			free(exact);
		}
	free(body);
}

static void test_many_lines_and_formats(void **state)
{
	char text[SDP_TEXT_MAX];
	struct sdp_session s;
	size_t used;

	(void)state;
	strcpy(text, BODY);
	for (int i = 0; i < SDP_MEDIA_MAX; i++)
		strcat(text, "m=audio 4000 RTP/AVP 8\n");
	assert_int_equal(parse(&s, text), 0);
	assert_int_equal(s.audio, 0);
	strcat(text, "m=audio 4000 RTP/AVP 8\n");
	assert_int_equal(parse(&s, text), 0);
	assert_int_equal(s.audio, -1);
	assert_int_equal(s.codec_count, 0);

	/* Payload types past the limit are not seen, the kept text is cut at
	 * a whole one. */
	strcpy(text, BODY "m=audio 4000 RTP/AVP");
	for (int i = 0; i < SDP_FORMATS_MAX; i++)
		strcat(text, " 127");
	strcat(text, " 8\n");
	assert_int_equal(parse(&s, text), 0);
	assert_int_equal(s.codec_count, 0);
	used = strlen(s.media[0].formats);
	assert_int_equal(used, 127);
	assert_string_equal(s.media[0].formats + used - 4, " 127");
	/* A single format that is too long cannot be cut. */
	strcpy(text, BODY "m=x 1 y ");
	memset(text + strlen(BODY) + 8, '1', 300);
	text[strlen(BODY) + 308] = '\0';
	assert_int_equal(parse(&s, text), -EBADMSG);
}

static void test_offer(void **state)
{
	struct sdp_local local = local4();
	char text[SDP_TEXT_MAX];
	char *want = crlf(OURS T0 "m=audio 16384 RTP/AVP 8 0 101\n"
				  "a=rtpmap:8 PCMA/8000\na=rtpmap:0 PCMU/8000\n"
				  "a=rtpmap:101 telephone-event/8000\n"
				  "a=fmtp:101 0-15\na=ptime:20\na=sendrecv\n");

	(void)state;
	assert_int_equal(sdp_offer(&local, text, sizeof text), 0);
	assert_string_equal(text, want);
	assert_int_equal(sdp_offer(&local, text, strlen(want)), -ENOSPC);
	assert_int_equal(sdp_offer(&local, text, strlen(want) + 1), 0);
	free(want);
}

static void test_agree(void **state)
{
	struct sdp_local local = local4();
	struct sdp_session answer;
	struct sdp_agreed agreed;

	(void)state;
	/* The answerer's order decides, and its payload types. */
	assert_int_equal(parse(&answer,
			       BODY "m=audio 49170 RTP/AVP 0 8 97\n"
				    "a=rtpmap:97 telephone-event/8000\n"
				    "a=ptime:40\na=recvonly\n"),
			 0);
	assert_int_equal(sdp_agree(&answer, &local, &agreed), 0);
	assert_int_equal(agreed.law, G711_ULAW);
	assert_int_equal(agreed.payload_type, 0);
	assert_int_equal(agreed.dtmf_payload_type, 97);
	assert_int_equal(agreed.ptime_ms, 40);
	assert_int_equal(agreed.direction, SDP_SENDONLY);
	/* It may send the other one all the same. */
	assert_true(agreed.both_laws);
	assert_int_equal(agreed.other_payload_type, 8);

	local.codecs[0] = G711_ALAW;
	local.codec_count = 1;
	assert_int_equal(sdp_agree(&answer, &local, &agreed), 0);
	assert_int_equal(agreed.law, G711_ALAW);
	assert_false(agreed.both_laws);

	assert_int_equal(parse(&answer, BODY "m=audio 0 RTP/AVP 8\n"), 0);
	assert_int_equal(sdp_agree(&answer, &local, &agreed), -ENOTSUP);
	assert_int_equal(parse(&answer, BODY "m=audio 4 RTP/AVP 18\n"), 0);
	assert_int_equal(sdp_agree(&answer, &local, &agreed), -ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_answer_needs_room),
		cmocka_unit_test(test_our_limits),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_ipv6_answer),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_nul_and_length),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_many_lines_and_formats),
		cmocka_unit_test(test_offer),
		cmocka_unit_test(test_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
