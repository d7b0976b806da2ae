#include "sip/identity.h"
#include "tests/sample_sip.h"

#include <errno.h>

#define FROM(value) "From: " value ";tag=1\r\nCall-ID: 1\r\n"
#define NAME FROM("<sip:alice@h>")
#define NUMBER FROM("\"A\" <sip:+4930123@h>")
#define ANONYMOUS FROM("\"Anonymous\" <sip:anonymous@anonymous.invalid>")
#define PAI(value) "P-Asserted-Identity: " value "\r\n"
#define ID PAI("<sip:+4989777@h>")

static void test_numbers(void **state)
{
	static const struct {
		const char *user, *digits;
		int err;
	} cases[] = {
		{ "110", "110", 0 },
		{ "+49305550100", "+49305550100", 0 },
		{ "%2B49305550100", "+49305550100", 0 },
		{ "%2b4930", "+4930", 0 },
		{ "+49-30-555.01(00)", "+49305550100", 0 },
		{ "030%20555%20", "030555", 0 },
		{ "0305550100;phone-context=+49", "0305550100", 0 },
		{ "0305550100%3Bnpdi=yes", "0305550100", 0 },
		{ "*21*0305#", "*21*0305#", 0 },
		{ "123456789012345678901234567890123456789",
		  "123456789012345678901234567890123456789", 0 },
		{ "1234567890123456789012345678901234567890", "", -EINVAL },
		{ "1-2-3-4-5-6-7-8-9-0-1-2-3-4-5-6-7-8-9-0-1-2-3",
		  "12345678901234567890123", 0 },
		{ NULL, "", -ENOENT },
		{ "", "", -ENOENT },
		{ "+", "", -ENOENT },
		{ ";x=1", "", -ENOENT },
		{ "---", "", -ENOENT },
		{ "bob", "", -EINVAL },
		{ "12a", "", -EINVAL },
		{ "1+2", "", -EINVAL },
		{ "++1", "", -EINVAL },
		{ "12%", "", -EINVAL },
		{ "12%3", "", -EINVAL },
		{ "12%zz", "", -EINVAL },
		{ "12%00", "", -EINVAL },
		{ "12%0A34", "", -EINVAL },
		{ "\xd9\xa1\xd9\xa2", "", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char digits[LEG_DIGITS_MAX] = "untouched";

		assert_int_equal(identity_number(cases[i].user, digits),
				 cases[i].err);
		assert_string_equal(digits, cases[i].digits);
		assert_int_equal(identity_is_number(digits), !cases[i].err);
	}
}

static void test_is_number(void **state)
{
	static const char *const none[] = {
		"",	"+",	  "++1",    "1+",   "1 2", "12;x",
		"12>",	"1\r\nX", "sip:12", "\x80", "1@h", "12A",
		"1\"2", "1,2",	  "1\\2",   "1%0d",
	};
	char full[LEG_DIGITS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		char digits[LEG_DIGITS_MAX] = "";

		strcpy(digits, none[i]);
		assert_false(identity_is_number(digits));
	}
	memset(full, '1', sizeof full); /* no NUL at all */
	assert_false(identity_is_number(full));
	full[LEG_DIGITS_MAX - 1] = '\0';
	assert_true(identity_is_number(full));
}

/* What a number is to be, in one line: "+4930123 presentation screening". */
static void check_number(const char *what, const struct leg_number *n,
			 const char *expected)
{
	char got[LEG_DIGITS_MAX + 32];

	snprintf(got, sizeof got, "%s %u %u", n->present ? n->digits : "-",
		 n->presentation, n->screening);
	if (strcmp(got, expected) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", what, got, expected);
	assert_int_equal(n->present, n->digits[0] != '\0');
}

static const struct calling_case {
	const char *lines;
	const char *trusted, *untrusted; /* NULL: as the trusted one */
	int err;
} calling_cases[] = {
	/* From alone is what the user says. */
	{ NUMBER, "+4930123 0 0", NULL, 0 },
	{ NAME, "- 2 0", NULL, 0 },
	{ FROM("<sip:h>"), "- 2 0", NULL, 0 },
	{ FROM("sip:030123@h"), "030123 0 0", NULL, 0 },
	{ FROM("<sips:+4930123@h>"), "+4930123 0 0", NULL, 0 },
	{ FROM("<tel:+49-30-123>"), "+4930123 0 0", NULL, 0 },
	{ FROM("<tel:123;phone-context=+4930>"), "123 0 0", NULL, 0 },
	{ FROM("<sip:+4930123@h;user=phone>"), "+4930123 0 0", NULL, 0 },
	{ FROM("<sip:+49.30(123)@h;user=ip>"), "+4930123 0 0", NULL, 0 },
	{ FROM("<sip:%2B4930123;npdi@h;user=phone>"), "+4930123 0 0", NULL, 0 },
	{ FROM("<mailto:123@h>"), "- 2 0", NULL, 0 },
	{ FROM("<http://123@h>"), "- 2 0", NULL, 0 },
	{ FROM("<urn:123>"), "- 2 0", NULL, 0 },
	{ FROM("<sip:12345678901234567890123456789012345678901@h>"), "- 2 0",
	  NULL, 0 },
	/* P-Asserted-Identity is the network's word, if the peer is the
	 * network's. */
	{ NUMBER ID, "+4989777 0 3", "+4930123 0 0", 0 },
	{ NAME ID, "+4989777 0 3", "- 2 0", 0 },
	{ NAME PAI("<sips:+4989777@h>"), "+4989777 0 3", "- 2 0", 0 },
	{ NAME PAI("tel:+4989777"), "+4989777 0 3", "- 2 0", 0 },
	{ NAME PAI("\"B\" <sip:bob@h>, <tel:+49-89-777>"), "+4989777 0 3",
	  "- 2 0", 0 },
	{ NAME PAI("<sip:bob@h>") PAI("<tel:+4989777>"), "+4989777 0 3",
	  "- 2 0", 0 },
	{ NAME PAI("<tel:+4989777>, <sip:+491@h>"), "+4989777 0 3", "- 2 0",
	  0 },
	{ NAME PAI("<mailto:1@h>, <tel:+4989777>"), "+4989777 0 3", "- 2 0",
	  0 },
	{ NAME PAI("<sip:bob@h>"), "- 2 0", NULL, 0 },
	{ NUMBER PAI("<sip:bob@h>"), "+4930123 0 0", NULL, 0 },
	{ NUMBER PAI("<sip:+4989777@h"), "+4930123 0 0", NULL, -EBADMSG },
	{ NUMBER PAI("+4989777"), "+4930123 0 0", NULL, 0 },
	{ NUMBER "P-Preferred-Identity: <sip:+4989777@h>\r\n", "+4930123 0 0",
	  NULL, 0 },
	/* Withheld, by Privacy or by an anonymous From. */
	{ NUMBER ID "Privacy: id\r\n", "+4989777 1 3", "+4930123 1 0", 0 },
	{ NUMBER ID "Privacy: ID\r\n", "+4989777 1 3", "+4930123 1 0", 0 },
	{ NUMBER "Privacy: header\r\n", "+4930123 1 0", NULL, 0 },
	{ NUMBER "Privacy: user\r\n", "+4930123 1 0", NULL, 0 },
	{ NUMBER "Privacy: critical\r\n", "+4930123 1 0", NULL, 0 },
	{ NUMBER "Privacy: session;critical;id\r\n", "+4930123 1 0", NULL, 0 },
	{ NUMBER "Privacy: session,id\r\n", "+4930123 1 0", NULL, 0 },
	{ NUMBER "Privacy: session\r\n", "+4930123 0 0", NULL, 0 },
	{ NUMBER "Privacy: none\r\n", "+4930123 0 0", NULL, 0 },
	{ NUMBER "Privacy: idle\r\n", "+4930123 0 0", NULL, 0 },
	{ NUMBER "Privacy: none\r\nPrivacy: id\r\n", "+4930123 1 0", NULL, 0 },
	{ NUMBER "Privacy: none\r\nPrivacy: none\r\n", "+4930123 0 0", NULL,
	  0 },
	{ NUMBER "Privacy: @@\r\n", "+4930123 1 0", NULL, -EBADMSG },
	{ NUMBER "Privacy: \"none\"\r\n", "+4930123 1 0", NULL, -EBADMSG },
	{ NAME "Privacy: id\r\n", "- 1 0", NULL, 0 },
	{ ANONYMOUS, "- 1 0", NULL, 0 },
	{ ANONYMOUS ID, "+4989777 1 3", "- 1 0", 0 },
	{ ANONYMOUS ID "Privacy: id\r\n", "+4989777 1 3", "- 1 0", 0 },
	{ ANONYMOUS ID "Privacy: none\r\n", "+4989777 1 3", "- 1 0", 0 },
	{ FROM("<sip:Anonymous@h>"), "- 1 0", NULL, 0 },
	{ FROM("<sip:%61nonymous@h>"), "- 1 0", NULL, 0 },
	{ FROM("<sip:x@Anonymous.Invalid>"), "- 1 0", NULL, 0 },
	{ FROM("<sip:+4930123@anonymous.invalid>"), "+4930123 1 0", NULL, 0 },
	{ FROM("\"Anonymous\" <sip:+4930123@h>"), "+4930123 0 0", NULL, 0 },
};

static void test_calling(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof calling_cases / sizeof *calling_cases;
	     i++) {
		const struct calling_case *c = &calling_cases[i];
		const sip_t *sip = sample_invite("sip:1@h", c->lines, "");
		struct leg_setup s;

		memset(&s, 0xff, sizeof s);
		assert_int_equal(identity_read_setup(sip, true, &s), c->err);
		check_number(c->lines, &s.calling, c->trusted);
		assert_false(s.redirecting.number.present);
		assert_int_equal(s.redirecting.count, 0);
		memset(&s, 0xff, sizeof s);
		identity_read_setup(sip, false, &s);
		check_number(c->lines, &s.calling,
			     c->untrusted ? c->untrusted : c->trusted);
	}
}

static void test_connected(void **state)
{
	static const struct {
		const char *lines, *trusted, *untrusted;
		int err;
	} cases[] = {
		{ NUMBER, "- 0 0", "- 0 0", 0 },
		{ NUMBER ID, "+4989777 0 3", "- 0 0", 0 },
		{ NUMBER PAI("<sip:bob@h>, <tel:110>"), "110 0 3", "- 0 0", 0 },
		{ NUMBER PAI("<sip:bob@h>"), "- 0 0", "- 0 0", 0 },
		{ NUMBER ID "Privacy: id\r\n", "+4989777 1 3", "- 1 0", 0 },
		{ NUMBER "Privacy: id\r\n", "- 1 0", "- 1 0", 0 },
		{ NUMBER ID "Privacy: none\r\n", "+4989777 0 3", "- 0 0", 0 },
		{ NUMBER ID "Privacy: =\r\n", "+4989777 1 3", "- 1 0",
		  -EBADMSG },
		/* From is of the caller. */
		{ ANONYMOUS ID, "+4989777 0 3", "- 0 0", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const sip_t *sip =
			sample_parse("SIP/2.0 200 OK", cases[i].lines, "");
		struct leg_number n;

		memset(&n, 0xff, sizeof n);
		assert_int_equal(identity_read_connected(sip, true, &n),
				 cases[i].err);
		check_number(cases[i].lines, &n, cases[i].trusted);
		identity_read_connected(sip, false, &n);
		check_number(cases[i].lines, &n, cases[i].untrusted);
	}
}

/* Diversion */

static const struct diversion_case {
	const char *value, *number; /* of a trusted peer */
	unsigned reason, count;
	int err;
} diversion_cases[] = {
	{ "", "- 0 0", 0, 0, 0 },
	{ " ,, ", "- 0 0", 0, 0, 0 },
	{ "<sip:+4930123@h>", "+4930123 0 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;reason=user-busy", "+4930123 0 0", 1, 1, 0 },
	{ "<sip:+4930123@h>;reason=no-answer", "+4930123 0 0", 2, 1, 0 },
	{ "<sip:+4930123@h>;reason=deflection", "+4930123 0 0", 4, 1, 0 },
	{ "<sip:+4930123@h>;reason=out-of-service", "+4930123 0 0", 9, 1, 0 },
	{ "<sip:+4930123@h>;reason=unconditional", "+4930123 0 0", 15, 1, 0 },
	{ "<sip:+4930123@h>;reason=unknown", "+4930123 0 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;reason=follow-me", "+4930123 0 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;reason=user-bus", "+4930123 0 0", 0, 1, 0 },
	{ "<sip:+4930123@h> ; Reason = \"User-Busy\"", "+4930123 0 0", 1, 1,
	  0 },
	{ "<sip:+4930123@h>;reason", "+4930123 0 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;reason=", "+4930123 0 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;limit=2;reason=no-answer;x=\"a,b;c\"",
	  "+4930123 0 0", 2, 1, 0 },
	{ "<sip:+4930123@h>;screen=yes", "+4930123 0 1", 0, 1, 0 },
	{ "<sip:+4930123@h>;screen=no", "+4930123 0 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;privacy=full", "+4930123 1 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;privacy=\"full\"", "+4930123 1 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;privacy=uri", "+4930123 1 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;privacy=whatever", "+4930123 1 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;privacy=name", "+4930123 0 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;privacy=off", "+4930123 0 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;counter=3", "+4930123 0 0", 0, 3, 0 },
	{ "<sip:+4930123@h>;counter=0", "+4930123 0 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;counter=-4", "+4930123 0 0", 0, 1, 0 },
	{ "<sip:+4930123@h>;counter=4294967297", "+4930123 0 0", 0, 99, 0 },
	/* The first is the last that diverted. */
	{ "<sip:+4930123@h>;reason=user-busy, "
	  "<sip:+4930999@h>;reason=deflection"
	  ";counter=2;privacy=full",
	  "+4930123 0 0", 1, 3, 0 },
	{ "<sip:+4930123@h>;counter=60,<sip:1@h>;counter=60", "+4930123 0 0", 0,
	  99, 0 },
	{ "<sip:bob@h>;reason=no-answer,<sip:+4930999@h>", "- 2 0", 2, 2, 0 },
	/* Addresses */
	{ "\"Bob, \\\"B\\\" <x>; y\" <sip:+4930123@h>;reason=user-busy",
	  "+4930123 0 0", 1, 1, 0 },
	{ "Bob Miller <sip:+4930123@h>", "+4930123 0 0", 0, 1, 0 },
	{ "sip:+4930123@h;reason=user-busy", "+4930123 0 0", 1, 1, 0 },
	{ "tel:+4930123", "+4930123 0 0", 0, 1, 0 },
	{ "<TEL:+49-30-123;phone-context=x>", "+4930123 0 0", 0, 1, 0 },
	{ "<sips:%2B4930123;x=y:pass@h:5061;user=phone?a=b>", "+4930123 0 0", 0,
	  1, 0 },
	{ "<sip:123:456@h>", "123 0 0", 0, 1, 0 },
	{ "\t<sip:+4930123@h>\r\n ;reason=user-busy\r\n\t, <sip:1@h>",
	  "+4930123 0 0", 1, 2, 0 },
	{ "<sip:anonymous@anonymous.invalid>", "- 1 0", 0, 1, 0 },
	{ "<sip:bob@h>;privacy=full", "- 1 0", 0, 1, 0 },
	{ "<sip:h>", "- 2 0", 0, 1, 0 },
	{ "<mailto:1@h>", "- 2 0", 0, 1, 0 },
	{ "<+4930123>", "- 2 0", 0, 1, 0 },
	{ "<>", "- 2 0", 0, 1, 0 },
	{ "<sip:+49%0d%0a1@h>", "- 2 0", 0, 1, 0 },
	{ "<sip:1%@h>", "- 2 0", 0, 1, 0 },
	/* Unreadable: diverted, by whom is not known; the rest is not read. */
	{ "<sip:+4930123@h", "- 2 0", 0, 1, -EBADMSG },
	{ "\"Bob <sip:+4930123@h>", "- 2 0", 0, 1, -EBADMSG },
	{ "\"Bob\\", "- 2 0", 0, 1, -EBADMSG },
	{ "\"Bob\"", "- 2 0", 0, 1, -EBADMSG },
	{ "\"Bob\" sip:+4930123@h", "- 2 0", 0, 1, -EBADMSG },
	{ ";reason=user-busy", "- 2 0", 0, 1, -EBADMSG },
	{ "<sip:+4930123@h> reason=user-busy", "- 2 0", 0, 1, -EBADMSG },
	{ "<sip:+4930123@h>;reason=\"user-busy", "- 2 0", 0, 1, -EBADMSG },
	{ "<sip:+4930123@h>;reason=user-busy x", "- 2 0", 0, 1, -EBADMSG },
	{ "<sip:+4930123@h>;reason=user-busy,\"", "+4930123 0 0", 1, 2,
	  -EBADMSG },
};

static void check_redirecting(const char *what,
			      const struct leg_redirecting *by,
			      const char *number, unsigned reason,
			      unsigned count)
{
	check_number(what, &by->number, number);
	if (by->reason != reason || by->count != count)
		fail_msg("%s: reason %u, count %u", what, by->reason,
			 by->count);
}

static void test_diversion(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof diversion_cases / sizeof *diversion_cases;
	     i++) {
		const struct diversion_case *c = &diversion_cases[i];
		struct leg_redirecting by = { .count = 0 };
		char *exact = strdup(c->value);

		assert_int_equal(identity_parse_diversion(exact, true, &by),
				 c->err);
		check_redirecting(c->value, &by, c->number, c->reason,
				  c->count);
		free(exact);
	}
}

/* In whichever way the stack hands the headers over. */
static void test_diversion_headers(void **state)
{
	static const struct {
		const char *lines, *trusted, *untrusted;
		unsigned reason, count;
		int err;
	} cases[] = {
		{ "Diversion: <sip:+4930123@h>;reason=unconditional;"
		  "screen=yes\r\n",
		  "+4930123 0 1", "+4930123 0 0", 15, 1, 0 },
		{ "diversion: <sip:+4930123@h>;reason=user-busy\r\n"
		  "X-Other: <sip:1@h>\r\n"
		  "DIVERSION: <sip:+4930999@h>;counter=4\r\n",
		  "+4930123 0 0", "+4930123 0 0", 1, 5, 0 },
		{ "Diversion: <sip:+4930123@h>,\r\n <sip:+4930999@h>\r\n",
		  "+4930123 0 0", "+4930123 0 0", 0, 2, 0 },
		{ "Diversion:\r\nDiversion: <sip:+4930123@h>\r\n",
		  "+4930123 0 0", "+4930123 0 0", 0, 1, 0 },
		{ "Diversion: <sip:\r\nDiversion: <sip:+4930123@h>\r\n",
		  "- 2 0", "- 2 0", 0, 2, -EBADMSG },
		{ "Diversions: <sip:+4930123@h>\r\n", "- 0 0", "- 0 0", 0, 0,
		  0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char lines[512];
		struct leg_setup s;
		const sip_t *sip;

		snprintf(lines, sizeof lines, "%s%s", NUMBER, cases[i].lines);
		sip = sample_invite("sip:1@h", lines, "");
		memset(&s, 0xff, sizeof s);
		assert_int_equal(identity_read_setup(sip, true, &s),
				 cases[i].err);
		check_redirecting(lines, &s.redirecting, cases[i].trusted,
				  cases[i].reason, cases[i].count);
		identity_read_setup(sip, false, &s);
		check_redirecting(lines, &s.redirecting, cases[i].untrusted,
				  cases[i].reason, cases[i].count);
		check_number(lines, &s.calling, "+4930123 0 0");
	}
}

/* Writing */

#define SIP_NUMBER "<sip:+49891@h>"
#define SIP_ANONYMOUS "\"Anonymous\" <sip:anonymous@anonymous.invalid>"
#define GATEWAY "<sip:h>"

static const struct write_case {
	struct leg_number calling;
	const char *from, *asserted, *privacy; /* asserted to a trusted one */
} write_cases[] = {
	/* the four cases of RFC 4497 9.1.2 */
	{ { .present = false }, GATEWAY, "", NULL },
	{ { .present = false, .presentation = 2 }, GATEWAY, "", NULL },
	{ { .present = false, .presentation = 1 }, SIP_ANONYMOUS, "", "id" },
	{ { .digits = "+49891", .present = true, .presentation = 1 },
	  SIP_ANONYMOUS,
	  SIP_NUMBER,
	  "id" },
	{ { .digits = "+49891", .present = true },
	  SIP_NUMBER,
	  SIP_NUMBER,
	  NULL },
	/* what Q.931 reserves, and the screening that failed */
	{ { .digits = "+49891", .present = true, .presentation = 3 },
	  SIP_ANONYMOUS,
	  SIP_NUMBER,
	  "id" },
	{ { .digits = "+49891", .present = true, .presentation = 2 },
	  GATEWAY,
	  "",
	  NULL },
	{ { .digits = "+49891", .present = true, .screening = 2 },
	  SIP_NUMBER,
	  "",
	  NULL },
	{ { .digits = "+49891", .present = true, .screening = 3 },
	  SIP_NUMBER,
	  SIP_NUMBER,
	  NULL },
	/* digits of any kind */
	{ { .digits = "+49891", .present = false }, GATEWAY, "", NULL },
	{ { .digits = "*12#", .present = true },
	  "<sip:*12%23@h>",
	  "<sip:*12%23@h>",
	  NULL },
	{ { .digits = "", .present = true }, GATEWAY, "", NULL },
	{ { .digits = "+", .present = true }, GATEWAY, "", NULL },
	{ { .digits = "bob", .present = true }, GATEWAY, "", NULL },
	{ { .digits = "1@x>\r\nX: 1", .present = true }, GATEWAY, "", NULL },
	{ { .digits = "1@x>\r\nX: 1", .present = true, .presentation = 1 },
	  SIP_ANONYMOUS,
	  "",
	  "id" },
	{ { .digits = "12\"", .present = true }, GATEWAY, "", NULL },
	{ { .digits = "12,13", .present = true }, GATEWAY, "", NULL },
	{ { .digits = "1;tag=2", .present = true }, GATEWAY, "", NULL },
	{ { .digits = "\xff\x01", .present = true }, GATEWAY, "", NULL },
};

static void check_headers(const struct write_case *c, bool trusted)
{
	struct leg_setup s = { .calling = c->calling };
	struct identity_headers h;
	const char *asserted = trusted ? c->asserted : "";

	memset(&h, 0xff, sizeof h);
	identity_write_setup(&s, trusted, "h", &h);
	assert_string_equal(h.from, c->from);
	assert_string_equal(h.asserted, asserted);
	assert_string_equal(h.privacy ? h.privacy : "none",
			    c->privacy ? c->privacy : "none");
	assert_string_equal(h.diversion, "");
	memset(&h, 0xff, sizeof h);
	identity_write_connected(&c->calling, trusted, "h", &h);
	assert_string_equal(h.from, "");
	assert_string_equal(h.asserted, asserted);
	assert_string_equal(h.privacy ? h.privacy : "none",
			    c->privacy ? c->privacy : "none");
	assert_string_equal(h.diversion, "");
}

static void test_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof write_cases / sizeof *write_cases; i++) {
		check_headers(&write_cases[i], true);
		check_headers(&write_cases[i], false);
	}
}

#define BY(...) .number = { .digits = "+49891", .present = true, __VA_ARGS__ }

static const struct write_diversion_case {
	struct leg_redirecting by;
	const char *trusted, *untrusted; /* NULL: the same */
} write_diversion_cases[] = {
	{ { .reason = 15, .count = 1 }, "", NULL },
	{ { BY(.presentation = 0), .reason = 15, .count = 1 },
	  "reason=unconditional;counter=1;privacy=off;screen=no",
	  NULL },
	{ { BY(.screening = 1), .reason = 1 },
	  "reason=user-busy;privacy=off;screen=yes",
	  NULL },
	{ { BY(.screening = 3), .reason = 2, .count = 2 },
	  "reason=no-answer;counter=2;privacy=off;screen=yes",
	  NULL },
	{ { BY(.screening = 2), .reason = 4, .count = 99 },
	  "reason=deflection;counter=99;privacy=off;screen=no",
	  NULL },
	{ { BY(.screening = 0), .reason = 9, .count = 255 },
	  "reason=out-of-service;counter=99;privacy=off;screen=no",
	  NULL },
	{ { BY(.screening = 0), .reason = 10 },
	  "reason=deflection;privacy=off;screen=no",
	  NULL },
	{ { BY(.screening = 0), .reason = 0 },
	  "reason=unknown;privacy=off;screen=no",
	  NULL },
	{ { BY(.screening = 0), .reason = 200 },
	  "reason=unknown;privacy=off;screen=no",
	  NULL },
	{ { BY(.presentation = 1), .reason = 15 },
	  "reason=unconditional;privacy=full;screen=no",
	  "" },
	{ { BY(.presentation = 3), .reason = 15 },
	  "reason=unconditional;privacy=full;screen=no",
	  "" },
	{ { BY(.presentation = 2), .reason = 15 }, "", NULL },
	{ { .number = { .digits = "1>\r\nX: 1", .present = true } }, "", NULL },
};

static void check_diversion(const struct write_diversion_case *c, bool trusted)
{
	struct leg_setup s = { .redirecting = c->by };
	const char *want = trusted || !c->untrusted ? c->trusted : c->untrusted;
	struct identity_headers h;
	char line[256] = "";

	if (*want)
		snprintf(line, sizeof line, "Diversion: " SIP_NUMBER ";%s",
			 want);
	identity_write_setup(&s, trusted, "h", &h);
	assert_string_equal(h.diversion, line);
	assert_string_equal(h.from, GATEWAY);
}

static void test_write_diversion(void **state)
{
	size_t count =
		sizeof write_diversion_cases / sizeof *write_diversion_cases;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		check_diversion(&write_diversion_cases[i], true);
		check_diversion(&write_diversion_cases[i], false);
	}
}

/* Every byte that a network can send, at every place of a number: nothing but
 * digits, '*', '#' and '+' comes through. */
static void test_no_injection(void **state)
{
	(void)state;
	for (unsigned byte = 1; byte < 256; byte++)
		for (size_t at = 0; at < 4; at++) {
			struct leg_number n = { .digits = "1234",
						.present = true };
			bool good = (byte >= '0' && byte <= '9') ||
				    byte == '*' || byte == '#' ||
				    (byte == '+' && at == 0);
			struct leg_setup s;
			struct identity_headers h;

			n.digits[at] = (char)byte;
			s = (struct leg_setup){ .calling = n,
						.redirecting.number = n };
			identity_write_setup(&s, true, "h", &h);
			assert_int_equal(strcmp(h.from, GATEWAY) != 0, good);
			assert_int_equal(*h.asserted != '\0', good);
			assert_int_equal(*h.diversion != '\0', good);
			assert_null(strpbrk(h.from, "\r\n"));
		}
}

/* The longest number at the longest address. */
static void test_longest(void **state)
{
	static const char host[] =
		"[1111:2222:3333:4444:5555:6666:111.122.133.144]";
	struct leg_setup s = { .calling.present = true,
			       .redirecting.number.present = true,
			       .redirecting.reason = 15,
			       .redirecting.count = 255 };
	struct leg_redirecting back = { .count = 0 };
	struct identity_headers h;

	(void)state;
	memset(s.calling.digits, '#', LEG_DIGITS_MAX - 1);
	memset(s.redirecting.number.digits, '#', LEG_DIGITS_MAX - 1);
	identity_write_setup(&s, true, host, &h);
	assert_non_null(strstr(h.from, host));
	assert_string_equal(h.asserted, h.from);
	assert_int_equal(h.from[strlen(h.from) - 1], '>');
	assert_int_equal(identity_parse_diversion(strchr(h.diversion, ' '),
						  true, &back),
			 0);
	assert_string_equal(back.number.digits, s.redirecting.number.digits);
	assert_int_equal(back.count, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_is_number),
		cmocka_unit_test(test_calling),
		cmocka_unit_test(test_connected),
		cmocka_unit_test(test_diversion),
		cmocka_unit_test(test_diversion_headers),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_diversion),
		cmocka_unit_test(test_no_injection),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
