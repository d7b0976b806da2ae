/* Identity as it is on the wire, by calls both ways through the agent. */
#include "tests/fake_sip_called.h"

#define ANONYMOUS "\"Anonymous\" <sip:anonymous@anonymous.invalid>"

#define NUMBER(...)                                              \
	{                                                        \
		.digits = "+49891", .present = true, __VA_ARGS__ \
	}

/* The header of `name` in what the phone got, without it a NULL. */
static const char *header(const char *name)
{
	static char value[512];
	char line[64];
	const char *at;

	snprintf(line, sizeof line, "\r\n%s: ", name);
	at = strstr(phone.got, line);
	if (!at)
		return NULL;
	at += strlen(line);
	assert_null(strstr(at, line)); /* once */
	snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
	return value;
}

static void check_header(const char *name, const char *expected)
{
	const char *value = header(name);

	if (!expected && value)
		fail_msg("%s: %s", name, value);
	if (expected && (!value || strcmp(value, expected) != 0))
		fail_msg("%s: %s, not %s", name, value, expected);
}

/* INVITEs of ours */

static void test_invite_sent(void **state)
{
	static const char asserted[] = "<sip:+49891@127.0.0.1>";
	static const struct {
		struct leg_number calling;
		bool trust;
		const char *from, *asserted, *privacy;
	} cases[] = {
		{ NUMBER(.presentation = 0), true, "<sip:+49891@127.0.0.1>;",
		  asserted, NULL },
		{ NUMBER(.presentation = 0), false, "<sip:+49891@127.0.0.1>;",
		  NULL, NULL },
		{ NUMBER(.presentation = 1), true, ANONYMOUS ";", asserted,
		  "id" },
		{ NUMBER(.presentation = 1), false, ANONYMOUS ";", NULL, "id" },
		{ { .presentation = 1 }, true, ANONYMOUS ";", NULL, "id" },
		{ { .presentation = 2 }, true, "<sip:127.0.0.1>;", NULL, NULL },
		{ { .presentation = 2 },
		  false,
		  "<sip:127.0.0.1>;",
		  NULL,
		  NULL },
		{ { .digits = "1>\r\nX-Evil: 1", .present = true },
		  true,
		  "<sip:127.0.0.1>;",
		  NULL,
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct leg_setup setup = usual;

		g.peer.trust = cases[i].trust;
		setup.calling = cases[i].calling;
		call_with(&setup);
		assert_non_null(header("From"));
		assert_int_equal(strncmp(header("From"), cases[i].from,
					 strlen(cases[i].from)),
				 0);
		check_header("P-Asserted-Identity", cases[i].asserted);
		check_header("Privacy", cases[i].privacy);
		check_header("Diversion", NULL);
		assert_int_equal(fake_got(&phone, "49891"),
				 cases[i].asserted ||
					 strstr(cases[i].from, "49891"));
		assert_false(fake_got(&phone, "Evil"));
		respond("486 Busy Here", NULL);
	}
}

static void test_diversion_sent(void **state)
{
	static const struct {
		struct leg_redirecting by;
		bool trust;
		const char *diversion;
	} cases[] = {
		{ { .number = NUMBER(.screening = 1),
		    .reason = 15,
		    .count = 2 },
		  false,
		  "<sip:+49891@127.0.0.1>;reason=unconditional;counter=2"
		  ";privacy=off;screen=yes" },
		{ { .number = NUMBER(.presentation = 1), .reason = 1 },
		  true,
		  "<sip:+49891@127.0.0.1>;reason=user-busy;privacy=full"
		  ";screen=no" },
		{ { .number = NUMBER(.presentation = 1), .reason = 1 },
		  false,
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct leg_setup setup = usual;

		g.peer.trust = cases[i].trust;
		setup.calling.present = false;
		setup.redirecting = cases[i].by;
		call_with(&setup);
		check_header("Diversion", cases[i].diversion);
		assert_true(fake_got(&phone, "\r\nFrom: <sip:127.0.0.1>;"));
		respond("486 Busy Here", NULL);
	}
}

/* What is called is no header of the peer's making either. */
static void test_called_is_a_number(void **state)
{
	static const char *const bad[] = { "1>\r\nX: 1", "bob", "1 2", "+" };
	struct leg_media m;

	(void)state;
	make_leg();
	assert_int_equal(media(&m), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct leg_setup setup = usual;

		strcpy(setup.called.digits, bad[i]);
		assert_int_equal(g.leg->ops->setup(g.leg, &setup), -EINVAL);
	}
	fake_expect_silence(&phone, 20);
	release(16);
	fake_run(&g, 5);
	assert_string_equal(g.events, "RELEASED ");
}

/* Who answers them */

static void check_number(const struct leg_number *n, const char *digits,
			 unsigned presentation, unsigned screening)
{
	assert_string_equal(n->digits, digits);
	assert_int_equal(n->present, *digits != '\0');
	assert_int_equal(n->presentation, presentation);
	assert_int_equal(n->screening, screening);
}

static void test_connected_received(void **state)
{
	static const struct {
		const char *extra;
		bool trust;
		const char *digits;
		uint8_t presentation, screening;
	} cases[] = {
		{ NULL, true, "", 0, 0 },
		{ "P-Asserted-Identity: <sip:+4930777@h>\r\n", true, "+4930777",
		  0, 3 },
		{ "P-Asserted-Identity: <sip:+4930777@h>\r\n", false, "", 0,
		  0 },
		{ "P-Asserted-Identity: <tel:+4930777>\r\nPrivacy: id\r\n",
		  true, "+4930777", 1, 3 },
		{ "P-Asserted-Identity: <tel:+4930777>\r\nPrivacy: id\r\n",
		  false, "", 1, 0 },
		{ "P-Asserted-Identity: <sip:+4930777@h\r\n", true, "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		g.peer.trust = cases[i].trust;
		g.events[0] = '\0';
		call();
		fake_answer(&phone, sent,
			    &(struct fake_response){ .status = "200 OK",
						     .extra = cases[i].extra,
						     .body = peer_sdp });
		fake_expect(&phone, "ACK ");
		assert_string_equal(g.events, "ANSWER ");
		assert_true(g.inband);
		check_number(&g.connected, cases[i].digits,
			     cases[i].presentation, cases[i].screening);
		release(16);
		expect_bye();
	}
}

/* INVITEs of the peer's */

#define DIVERTED                                                      \
	"Diversion: <sip:+4930999@h>;reason=no-answer;screen=yes\r\n" \
	"Diversion: <sip:+4930998@h>;counter=2;privacy=full\r\n"

static void test_invite_received(void **state)
{
	static const struct {
		const char *from, *extra;
		bool trust;
		const char *digits;
		uint8_t presentation, screening;
	} cases[] = {
		{ "<sip:+4930777@h>", NULL, false, "+4930777", 0, 0 },
		{ "<sip:alice@h>", NULL, false, "", 2, 0 },
		{ "<sip:alice@h>", "P-Asserted-Identity: <sip:110@h>\r\n", true,
		  "110", 0, 3 },
		{ "<sip:1@h>", "P-Asserted-Identity: <sip:110@h>\r\n", false,
		  "1", 0, 0 },
		{ ANONYMOUS,
		  "P-Asserted-Identity: <sip:bob@h>, <tel:110>\r\n"
		  "Privacy: id\r\n",
		  true, "110", 1, 3 },
		{ ANONYMOUS, "P-Asserted-Identity: <sip:110@h>\r\n", false, "",
		  1, 0 },
		/* What cannot be read ends no call. */
		{ "<sip:1@h>", "Privacy: @\r\n", true, "1", 1, 0 },
		{ "<sip:1@h>", "Privacy: none\r\nPrivacy: id\r\n", true, "1", 1,
		  0 },
		{ "<sip:1@h>", "P-Asserted-Identity: <sip:2@h\r\n", true, "1",
		  0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char id[16];

		snprintf(id, sizeof id, "call-%zu", i);
		g.peer.trust = cases[i].trust;
		phone.call_id = id;
		invite(&(struct fake_request){ .from = cases[i].from,
					       .extra = cases[i].extra,
					       .body = fake_offer });
		check_number(&g.setup.calling, cases[i].digits,
			     cases[i].presentation, cases[i].screening);
		assert_false(g.setup.redirecting.number.present);
		release(17);
		fake_expect(&phone, "SIP/2.0 486");
		fake_send(&phone, &(struct fake_request){ .method = "ACK",
							  .in_dialog = true });
		fake_run(&g, 20);
	}
}

static void test_diversion_received(void **state)
{
	(void)state;
	for (int trust = 0; trust < 2; trust++) {
		g.peer.trust = trust;
		phone.call_id = trust ? "yes" : "no";
		invite(&(struct fake_request){ .extra = DIVERTED,
					       .body = fake_offer });
		check_number(&g.setup.redirecting.number, "+4930999", 0,
			     (unsigned)trust);
		assert_int_equal(g.setup.redirecting.reason, 2);
		assert_int_equal(g.setup.redirecting.count, 3);
		release(17);
		fake_expect(&phone, "SIP/2.0 486");
		fake_run(&g, 20);
	}
}

static void test_connected_sent(void **state)
{
	static const struct {
		struct leg_number connected;
		bool trust;
		const char *asserted, *privacy;
	} cases[] = {
		{ NUMBER(.presentation = 0), true, "<sip:+49891@127.0.0.1>",
		  NULL },
		{ NUMBER(.presentation = 0), false, NULL, NULL },
		{ NUMBER(.presentation = 1), true, "<sip:+49891@127.0.0.1>",
		  "id" },
		{ NUMBER(.presentation = 1), false, NULL, "id" },
		{ { .present = false }, true, NULL, NULL },
		{ { .digits = "1>\r\nX: 1", .present = true },
		  true,
		  NULL,
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char id[16];

		snprintf(id, sizeof id, "call-%zu", i);
		g.peer.trust = cases[i].trust;
		phone.call_id = id;
		g.events[0] = '\0';
		invite_plain();
		g.leg->ops->alerting(g.leg, false);
		fake_expect(&phone, "SIP/2.0 180");
		check_header("P-Asserted-Identity", NULL);
		g.leg->ops->answer(g.leg, &cases[i].connected);
		fake_expect(&phone, "SIP/2.0 200");
		check_header("P-Asserted-Identity", cases[i].asserted);
		check_header("Privacy", cases[i].privacy);
		assert_int_equal(fake_got(&phone, "49891"),
				 cases[i].asserted != NULL);
		ack(NULL);
		release(16);
		expect_bye();
		assert_string_equal(g.events, "CONFIRMED RELEASED ");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_invite_sent),	       TEST(test_diversion_sent),
		TEST(test_called_is_a_number), TEST(test_connected_received),
		TEST(test_invite_received),    TEST(test_diversion_received),
		TEST(test_connected_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
