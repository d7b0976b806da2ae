/* Numbers from the wire to the core's form and back. */
#include "gateway/numbering.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { UNKNOWN = 0, INTERNATIONAL = 1, NATIONAL = 2, SUBSCRIBER = 4 };
#define ANY 0xff

static struct conf_number_rule receive_rules[] = {
	{ .type = SUBSCRIBER, .plan = ANY, .from = "", .to = "+4930" },
	{ .type = NATIONAL, .plan = ANY, .from = "", .to = "+49" },
	{ .type = INTERNATIONAL, .plan = ANY, .from = "", .to = "+" },
	{ .type = UNKNOWN, .plan = ANY, .from = "0", .to = "+49" },
	{ .type = UNKNOWN, .plan = ANY, .from = "00", .to = "+" },
	{ .type = ANY, .plan = ANY, .from = "9", .to = "+1" },
};

static struct conf_number_rule send_rules[] = {
	{ .from = "+", .to = "", .type = INTERNATIONAL, .plan = 1 },
	{ .from = "+4930", .to = "", .type = SUBSCRIBER, .plan = 1 },
	{ .from = "+49", .to = "", .type = NATIONAL, .plan = 1 },
	{ .from = "+4940", .to = "040", .type = UNKNOWN, .plan = 0 },
};

static const struct conf_numbering plan = {
	.name = "german-pri",
	.receive = receive_rules,
	.receive_count = sizeof receive_rules / sizeof receive_rules[0],
	.send = send_rules,
	.send_count = sizeof send_rules / sizeof send_rules[0],
};

static struct leg_number number(uint8_t type, const char *digits)
{
	struct leg_number n = { .type = type, .present = true };

	snprintf(n.digits, sizeof n.digits, "%s", digits);
	return n;
}

static const struct {
	uint8_t type;
	const char *digits;
	const char *core; /* NULL: not a number */
} receive_vectors[] = {
	{ SUBSCRIBER, "5550100", "+49305550100" },
	{ NATIONAL, "305550100", "+49305550100" },
	{ INTERNATIONAL, "441632960000", "+441632960000" },
	{ UNKNOWN, "00441632960000", "+441632960000" },
	{ UNKNOWN, "0305550100", "+49305550100" },
	{ UNKNOWN, "110", "110" },
	{ UNKNOWN, "+49305550100", "+49305550100" },
	{ SUBSCRIBER, "+441632960000", "+441632960000" },
	/* the rule for the type beats the one for any type */
	{ NATIONAL, "9123", "+499123" },
	{ UNKNOWN, "9123", "+1123" },
	{ UNKNOWN, "*21#", "*21#" },
	{ UNKNOWN, "", NULL },
	{ UNKNOWN, "+", NULL },
	{ UNKNOWN, "12a4", NULL },
	{ UNKNOWN, "12+4", NULL },
	/* 36 digits fit, with the prefix in front they do not */
	{ SUBSCRIBER, "123456789012345678901234567890123456", NULL },
};

static void test_receive(void **state)
{
	(void)state;
	for (size_t i = 0;
	     i < sizeof receive_vectors / sizeof receive_vectors[0]; i++) {
		struct leg_number in = number(receive_vectors[i].type,
					      receive_vectors[i].digits);
		char core[NUMBERING_CORE_MAX] = "";
		int err = numbering_receive(&plan, &in, core, NULL);

		if (!receive_vectors[i].core) {
			assert_int_equal(err, -EINVAL);
			continue;
		}
		assert_int_equal(err, 0);
		assert_string_equal(core, receive_vectors[i].core);
	}
}

static void test_receive_without_plan(void **state)
{
	struct leg_number in = number(INTERNATIONAL, "441632960000");
	char core[NUMBERING_CORE_MAX];

	(void)state;
	assert_int_equal(numbering_receive(NULL, &in, core, NULL), 0);
	assert_string_equal(core, "+441632960000");
	in = number(NATIONAL, "1632960000");
	assert_int_equal(numbering_receive(NULL, &in, core, NULL), 0);
	assert_string_equal(core, "1632960000");
	in.present = false;
	assert_int_equal(numbering_receive(NULL, &in, core, NULL), -EINVAL);
}

static const struct {
	const char *core, *digits;
	uint8_t type, plan;
} send_vectors[] = {
	{ "+49305550100", "5550100", SUBSCRIBER, 1 },
	{ "+49891234", "891234", NATIONAL, 1 },
	{ "+441632960000", "441632960000", INTERNATIONAL, 1 },
	{ "+4940123", "040123", UNKNOWN, 0 },
	{ "110", "110", UNKNOWN, 1 },
};

static void test_send(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof send_vectors / sizeof send_vectors[0];
	     i++) {
		struct leg_number out = { .present = false };

		assert_int_equal(numbering_send(&plan, send_vectors[i].core,
						&out, NULL),
				 0);
		assert_true(out.present);
		assert_string_equal(out.digits, send_vectors[i].digits);
		assert_int_equal(out.type, send_vectors[i].type);
		assert_int_equal(out.plan, send_vectors[i].plan);
	}
}

/* Never sent as it is: that would be somebody else's number. */
static void test_send_what_no_rule_makes(void **state)
{
	static const char *const cores[] = {
		"+4930", /* nothing behind the area code */
		"+490000000000000000000000000000000000000",
	};
	static struct conf_number_rule longer[] = {
		{ .from = "+4930", .to = "" },
		{ .from = "+49", .to = "01033001049" },
	};
	const struct conf_numbering odd = { .send = longer, .send_count = 2 };

	(void)state;
	for (size_t i = 0; i < sizeof cores / sizeof cores[0]; i++) {
		struct leg_number out = { .present = true };

		assert_int_equal(numbering_send(&odd, cores[i], &out, NULL),
				 -EINVAL);
		assert_false(out.present);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receive),
		cmocka_unit_test(test_receive_without_plan),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_send_what_no_rule_makes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
