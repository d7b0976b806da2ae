/* Prefixes, exact numbers and ranges: what they hold, which is the more
 * specific, and how they are read. */
#include "conf/number.h"

#include "tests/sample_conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ANY                             \
	{                               \
		.form = CONF_NUMBER_ANY \
	}
#define PREFIX(a)                                      \
	{                                              \
		.form = CONF_NUMBER_PREFIX, .first = a \
	}
#define EXACT(a)                                      \
	{                                             \
		.form = CONF_NUMBER_EXACT, .first = a \
	}
#define RANGE(a, b)                                              \
	{                                                        \
		.form = CONF_NUMBER_RANGE, .first = a, .last = b \
	}

static const struct {
	struct conf_number number;
	const char *core;
	bool held;
} held[] = {
	{ ANY, "+49", true },
	{ ANY, "", true },
	{ ANY, NULL, true },
	{ PREFIX("+"), "+1", true },
	{ PREFIX("+"), "110", false },
	{ PREFIX("+"), "", false },
	{ PREFIX("+49"), "+49", true },
	{ PREFIX("+49"), "+4930", true },
	{ PREFIX("+49"), "+4", false },
	{ PREFIX("+49"), NULL, false },
	{ EXACT("110"), "110", true },
	{ EXACT("110"), "1100", false },
	{ EXACT("110"), "11", false },
	{ EXACT("110"), "", false },
	{ EXACT(""), "", true },
	{ EXACT(""), NULL, true },
	{ EXACT(""), "110", false },
	{ EXACT(""), "+49", false },
	{ RANGE("+4930100", "+4930199"), "", false },
	{ RANGE("+4930100", "+4930199"), "+4930100", true },
	{ RANGE("+4930100", "+4930199"), "+4930150", true },
	{ RANGE("+4930100", "+4930199"), "+4930199", true },
	{ RANGE("+4930100", "+4930199"), "+4930099", false },
	{ RANGE("+4930100", "+4930199"), "+4930200", false },
	{ RANGE("+4930100", "+4930199"), "+49301500", false },
	{ RANGE("+4930100", "+4930199"), "+493015", false },
	{ RANGE("+4930100", "+4930199"), "4930150", false },
	{ RANGE("+4930100", "+4930199"), NULL, false },
	{ RANGE("100", "299"), "1#0", false },
	{ RANGE("100", "299"), "2*0", false },
	{ RANGE("100", "299"), "200", true },
	{ RANGE("100", "299"), "+00", false },
};

static void test_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof held / sizeof *held; i++)
		if (number_holds(&held[i].number, held[i].core) != held[i].held)
			fail_msg("vector %zu", i);
}

/* From the most specific to the least; those of one step are equal. */
static const struct {
	struct conf_number number;
	int step;
} steps[] = {
	{ EXACT(""), -1 },
	{ EXACT("110"), 0 },
	{ RANGE("+4930100", "+4930109"), 1 },
	{ RANGE("+4930105", "+4930114"), 2 },
	{ RANGE("+4930100", "+4930199"), 3 },
	{ RANGE("+000000000000000001", "+999999999999999999"), 4 },
	{ PREFIX("+4930100"), 5 },
	{ PREFIX("+4930101"), 5 },
	{ PREFIX("+49"), 6 },
	{ PREFIX("+"), 7 },
	{ ANY, 8 },
};

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void test_specific(void **state)
{
	const size_t count = sizeof steps / sizeof *steps;

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
			if (sign(number_specific(&steps[i].number,
						 &steps[j].number)) !=
			    sign(steps[i].step - steps[j].step))
				fail_msg("vectors %zu and %zu", i, j);
}

static void test_text(void **state)
{
	char text[NUMBER_TEXT_MAX];

	(void)state;
	assert_string_equal(number_text(&steps[0].number, text), "none");
	assert_string_equal(number_text(&steps[1].number, text), "110");
	assert_string_equal(number_text(&steps[2].number, text),
			    "+4930100..+4930109");
	assert_string_equal(number_text(&steps[8].number, text), "+49");
	assert_string_equal(number_text(&steps[10].number, text), "otherwise");
}

/* A call without a number has no other one. */
static void test_none_meets(void **state)
{
	const struct conf_number *none = &steps[0].number;

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		const struct conf_number *other = &steps[i].number;
		bool meets = other == none || other->form == CONF_NUMBER_ANY;

		assert_int_equal(number_meets(none, other), meets);
		assert_int_equal(number_meets(other, none), meets);
	}
}

static void test_join(void **state)
{
	static const struct {
		const char *front, *rest, *out;
		int err;
	} vectors[] = {
		{ "", "", "", 0 },
		{ "+49", "", "+49", 0 },
		{ "+4", "567", "+4567", 0 },
		{ "", "12345", "12345", 0 },
		{ "12345", "", "12345", 0 },
		{ "", "123456", "12345", -EINVAL },
		{ "123456", "", "12345", -EINVAL },
		{ "123", "456", "12345", -EINVAL },
		{ "123456", "7", "12345", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		char out[6 + 1] = "??????";

		assert_int_equal(number_join(vectors[i].front, vectors[i].rest,
					     out, 6),
				 vectors[i].err);
		assert_string_equal(out, vectors[i].out);
	}
}

static const struct {
	const char *word;
	struct conf_number number;
	const char *error; /* NULL: none */
} words[] = {
	{ "+", PREFIX("+"), NULL },
	{ "+49", PREFIX("+49"), NULL },
	{ "*21#", EXACT("*21#"), NULL },
	{ "+4930100..+4930199", RANGE("+4930100", "+4930199"), NULL },
	{ "100..199", RANGE("100", "199"), NULL },
	{ "+4930..+4930", EXACT("+4930"), NULL },
	{ "000..000", EXACT("000"), NULL },
	{ "+4930100..", ANY,
	  "\"+4930100..\" lacks an end: a range is written <first>..<last>" },
	{ "..199", ANY, "\"..199\" lacks an end" },
	{ "+4930100..+49301990", ANY,
	  "the ends of a range are of one length: \"+4930100\" has 7 digits "
	  "and \"+49301990\" 8" },
	{ "+4930199..+4930100", ANY,
	  "the range ends before it begins: write +4930100..+4930199" },
	{ "+4930100..4930199", ANY,
	  "one end of a range is written with + and the other without" },
	{ "100..1#9", ANY, "a range is of digits: * and # have no order" },
	{ "+..+", ANY, "a range has digits" },
	{ "1000000000000000000..2000000000000000000", ANY,
	  "a range has numbers of 18 digits at most" },
	{ "+0100..+0199", ANY,
	  "\"+0100\" is not the first number of a range: no country code "
	  "begins with 0" },
	{ "100..1x9", ANY, "\"1x9\" is not the last number of a range" },
	{ "100..199..299", ANY,
	  "\"199..299\" is not the last number of a range" },
};

static void check_word(size_t i)
{
	char text[512], *said;
	const struct conf_number *got;
	struct conf *conf;

	snprintf(text, sizeof text,
		 "gateway g { listen 127.0.0.1 }\n"
		 "sip-peer p { accept-from 10.0.0.1 }\n"
		 "route from p {\n%s -> reject 404\n}\n",
		 words[i].word);
	conf = parse(text, &said);
	if (words[i].error) {
		if (conf || !strstr(said, words[i].error) ||
		    strncmp(said, "t.conf:4:1: ", 12) != 0)
			fail_msg("%s: %s", words[i].word, said);
	} else {
		if (!conf)
			fail_msg("%s: %s", words[i].word, said);
		got = &conf->routes[0].rules[0].called;
		assert_int_equal(got->form, words[i].number.form);
		assert_string_equal(got->first, words[i].number.first);
		assert_string_equal(got->last, words[i].number.last);
	}
	conf_free(conf);
	free(said);
}

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		check_word(i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holds), cmocka_unit_test(test_specific),
		cmocka_unit_test(test_text),  cmocka_unit_test(test_join),
		cmocka_unit_test(test_words), cmocka_unit_test(test_none_meets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
