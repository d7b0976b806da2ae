#include "sip/request.h"
#include "tests/sample_sip.h"

#include <errno.h>

#define FROM "From: <sip:alice@host>;tag=1\r\nCall-ID: 1\r\n"
#define PHONE "Contact: <sip:a@127.0.0.1>\r\n"
#define GOOD FROM PHONE
#define URI "sip:110@127.0.0.1"

static void test_called(void **state)
{
	static const struct {
		const char *uri, *digits, *refusal;
	} cases[] = {
		{ "sip:+49305550100@gw:5060;user=phone", "+49305550100", "" },
		{ "tel:+49-30-5550100;phone-context=+49", "+49305550100", "" },
		{ "sip:gw.example.org", "", "no number in the Request-URI" },
		{ "sip:@gw", "", "no number in the Request-URI" },
		{ "sip:bob@gw", "", "\"bob\" is not a number" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct leg_setup s = { 0 };

		request_called(sample_invite(cases[i].uri, GOOD, ""), &s);
		assert_string_equal(s.called.digits, cases[i].digits);
		assert_int_equal(s.called.present, !*cases[i].refusal);
		assert_int_equal(s.refuse.q850, *cases[i].refusal ? 1 : 0);
		assert_string_equal(s.refuse.text, cases[i].refusal);
	}
}

static void test_check(void **state)
{
	static const struct {
		const char *uri, *lines;
		int status;
	} cases[] = {
		{ URI, GOOD, 0 },
		{ URI, FROM "Contact: <sips:a@h>\r\n", 0 },
		{ URI, FROM "Contact: \"A\" <sip:a@[2001:db8::1]:5>;x=1\r\n",
		  0 },
		{ URI, FROM, 400 },
		{ URI, FROM "Contact: *\r\n", 400 },
		{ URI, FROM "Contact: <tel:+4930>\r\n", 400 },
		{ URI, FROM "Contact: <mailto:a@b>\r\n", 400 },
		{ URI, FROM "Contact: <http://a/>\r\n", 400 },
		{ URI, FROM "Contact: <urn:service:sos>\r\n", 400 },
		{ URI, FROM "Contact: <foo:bar>\r\n", 400 },
		{ URI, FROM "Contact: <sip:a@h>, <tel:1>\r\n", 400 },
		{ URI, FROM "Contact: <tel:1>, <sip:a@h>\r\n", 400 },
		{ URI, GOOD "Record-Route: <sip:h;lr>, <sips:i;lr>\r\n", 0 },
		{ URI, GOOD "Record-Route: <tel:1;lr>\r\n", 400 },
		{ URI, GOOD "Record-Route: <sip:h;lr>, <tel:1;lr>\r\n", 400 },
		{ "sips:110@h", GOOD, 416 },
		{ "foo:110", GOOD, 416 },
		{ "urn:service:sos", GOOD, 416 },
		{ "im:a@h", GOOD, 416 },
		{ URI, GOOD "Max-Forwards: 0\r\n", 483 },
		{ URI, GOOD "Max-Forwards: 1\r\n", 0 },
		/* Contact first: it is what crashes. */
		{ "foo:1", FROM "Max-Forwards: 0\r\nContact: *\r\n", 400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct request_fault fault = { 0 };
		int err = request_check(sample_invite(cases[i].uri,
						      cases[i].lines, ""),
					&fault);

		assert_int_equal(fault.status, cases[i].status);
		assert_int_equal(err, cases[i].status ? -EINVAL : 0);
		assert_int_equal(*fault.why != 0, cases[i].status != 0);
	}
	/* Inside a dialog a missing Contact changes nothing. */
	assert_true(request_target_usable(sample_invite(URI, FROM, ""), false));
	assert_false(request_target_usable(
		sample_invite(URI, FROM "Contact: <tel:1>\r\n", ""), false));
}

#define SDP "v=0\r\no=- 1 1 IN IP4 h\r\n"
#define MULTI GOOD "Content-Type: multipart/mixed;boundary=b1\r\n"

static const struct sdp_case {
	const char *lines, *body, *sdp;
	int status;
} sdp_cases[] = {
	{ GOOD, "", "", 0 },
	{ GOOD, SDP, SDP, 0 },
	{ GOOD "Content-Type: application/sdp\r\n", SDP, SDP, 0 },
	{ GOOD "Content-Type: Application/SDP;charset=utf-8\r\n", SDP, SDP, 0 },
	{ GOOD "Content-Type: text/plain\r\n", "hello", "", 415 },
	{ GOOD "Content-Type: text/plain\r\n"
	       "Content-Disposition: icon;handling=optional\r\n",
	  "hello", "", 0 },
	{ GOOD "Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n",
	  SDP, "", 415 },
	{ GOOD "Content-Type: application/sdp\r\n"
	       "Content-Encoding: identity\r\n",
	  SDP, SDP, 0 },
	{ MULTI,
	  "--b1\r\nContent-Type: application/sdp\r\n\r\n" SDP
	  "\r\n--b1\r\nContent-Type: "
	  "application/isup\r\n\r\n\x01\r\n--b1--\r\n",
	  SDP, 0 },
	{ MULTI,
	  "preamble\r\n--b1\r\nContent-Type: application/isup;version=x\r\n"
	  "Content-Disposition: signal;handling=required\r\n\r\n\x01\x02"
	  "\r\n--b1\r\nX-Other: 1\r\ncontent-type:\t application/sdp; a=b"
	  "\r\n\r\n" SDP "\r\n--b1--",
	  SDP, 0 },
	{ GOOD "Content-Type: multipart/mixed;boundary=\"b1\"\r\n",
	  "--b1\r\nContent-Type: application/sdp\r\n\r\n" SDP "\r\n--b1--", SDP,
	  0 },
	{ MULTI, "--b1\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b1--", "",
	  415 },
	{ MULTI, "--b1\r\nContent-Type: application/sdp\r\n\r\n" SDP, "", 415 },
	{ MULTI, "--b1", "", 415 },
	{ MULTI, "no boundary", "", 415 },
	{ MULTI, "--b1\r\n\r\nno header\r\n--b1--", "", 415 },
	{ MULTI, "--b1\r\n--b1\r\n--b1--\r\n", "", 415 },
	{ MULTI, "--b1\r\nContent-Type:\r\n\r\nx\r\n--b1--\r\n", "", 415 },
	{ GOOD "Content-Type: multipart/mixed\r\n", "--b1\r\n", "", 415 },
	{ GOOD "Content-Type: multipart/mixed;boundary=\"\"\r\n", "--\r\n", "",
	  415 },
	{ GOOD "Content-Type: multipart/mixed;boundary="
	       "1234567890123456789012345678901234567890"
	       "1234567890123456789012345678901\r\n",
	  "--1234", "", 415 },
};

static void test_sdp(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sdp_cases / sizeof *sdp_cases; i++) {
		const struct sdp_case *c = &sdp_cases[i];
		struct request_fault fault = { 0 };
		char out[SDP_TEXT_MAX + 1];
		size_t len;

		request_sdp(sample_invite(URI, c->lines, c->body), out, &len,
			    &fault);
		assert_int_equal(fault.status, c->status);
		assert_string_equal(out, c->sdp);
		assert_int_equal(len, strlen(c->sdp));
	}
}

/* Every prefix of a multipart body, each in memory of its own size. */
static void test_multipart_truncated(void **state)
{
	const char *body =
		"x\r\n--b1\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b1\r\n"
		"Content-Type: application/sdp\r\n\r\n" SDP "\r\n--b1--\r\n";
	const sip_t *sip = sample_invite(URI, MULTI, body);
	sip_payload_t *payload = sip->sip_payload;
	size_t full = payload->pl_len;
	char out[SDP_TEXT_MAX + 1], *data = payload->pl_data;
	unsigned found = 0;

	(void)state;
	for (size_t n = 0; n <= full; n++) {
		struct request_fault fault = { 0 };
		char *exact = malloc(n ? n : 1);
		size_t len;

		memcpy(exact, data, n);
		payload->pl_data = exact;
		payload->pl_len = (unsigned)n;
		found += request_sdp(sip, out, &len, &fault) == 0 && len > 0;
		free(exact);
	}
	payload->pl_data = data;
	assert_string_equal(out, SDP);
	assert_int_equal(found, strlen("--\r\n") + 1);
}

static void test_sdp_bounds(void **state)
{
	const sip_t *sip = sample_invite(URI, GOOD, SDP);
	sip_payload_t *payload = sip->sip_payload;
	char big[SDP_TEXT_MAX + 1], out[SDP_TEXT_MAX + 1];
	struct request_fault fault = { 0 };
	char *data = payload->pl_data;
	size_t len;

	(void)state;
	memset(big, 'a', sizeof big);
	payload->pl_data = big;
	payload->pl_len = SDP_TEXT_MAX;
	assert_int_equal(request_sdp(sip, out, &len, &fault), 0);
	assert_int_equal(len, SDP_TEXT_MAX);
	payload->pl_len = SDP_TEXT_MAX + 1;
	assert_int_equal(request_sdp(sip, out, &len, &fault), -EINVAL);
	assert_int_equal(fault.status, 413);
	big[5] = '\0';
	payload->pl_len = 10;
	assert_int_equal(request_sdp(sip, out, &len, &fault), -EINVAL);
	assert_int_equal(fault.status, 400);
	payload->pl_data = data;
}

static void test_reason(void **state)
{
	static const struct {
		const char *lines;
		uint8_t q850;
	} cases[] = {
		{ GOOD, 16 },
		{ GOOD "Reason: Q.850;cause=17;text=\"busy\"\r\n", 17 },
		{ GOOD "Reason: SIP;cause=200\r\n", 16 },
		{ GOOD "Reason: SIP;cause=200, Q.850;cause=26\r\n", 26 },
		{ GOOD "Reason: SIP;cause=200\r\nReason: Q.850;cause=31\r\n",
		  31 },
		{ GOOD "Reason: Q.850;cause=999\r\n", 16 },
		{ GOOD "Reason: Q.850\r\n", 16 },
	};
	struct leg_cause cause;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cause = request_reason(sample_invite(URI, cases[i].lines, ""),
				       CAUSE_EVENT_BYE);
		assert_int_equal(cause.q850, cases[i].q850);
		assert_int_equal(cause.origin, LEG_ORIGIN_PEER);
		assert_string_equal(cause.text, "SIP BYE");
	}
	cause = request_reason(NULL, CAUSE_EVENT_CANCEL);
	assert_int_equal(cause.q850, 16);
	assert_string_equal(cause.text, "SIP CANCEL");
}

static void test_log_name(void **state)
{
	char name[LEG_NAME_MAX];

	(void)state;
	request_log_name(sample_invite(URI, GOOD, ""), name);
	assert_string_equal(name, "sip=1");
	request_log_name(
		sample_invite(URI,
			      "From: <sip:a@h>;tag=1\r\n"
			      "Call-ID: 0123456789012345678901234567890123456"
			      "789012345678901234567890123456789\r\n",
			      ""),
		name);
	assert_string_equal(name, "sip=01234567890123456789012345678901234567"
				  "890123456789012345678");
	assert_int_equal(strlen(name), LEG_NAME_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_called),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_sdp),
		cmocka_unit_test(test_multipart_truncated),
		cmocka_unit_test(test_sdp_bounds),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_log_name),
	};

	return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
