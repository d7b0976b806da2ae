#include "gateway/log_text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static char out[256];

static const char *line(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

static const char *line(const char *fmt, ...)
{
	struct log_text text;
	va_list ap;

	log_text_init(&text, out, sizeof out);
	va_start(ap, fmt);
	log_text_vformat(&text, fmt, ap);
	va_end(ap);
	return out;
}

static const char *object(const char *name)
{
	struct log_text text;

	log_text_init(&text, out, sizeof out);
	log_text_object(&text, name);
	return out;
}

static void pairs_come_first(void **state)
{
	(void)state;
	assert_string_equal(line("calls=%u alarm=%s no signal, %s", 28, "red",
				 "again"),
			    "calls=28 alarm=red msg=\"no signal, again\"");
	assert_string_equal(line("dur=%u.%us", 3, 4), "dur=3.4s");
	assert_string_equal(line("just words"), "msg=\"just words\"");
	assert_string_equal(line("word a=%d is no pair", 1),
			    "msg=\"word a=1 is no pair\"");
	assert_string_equal(line("rule=%s:%u 100%% sure", "a b.conf", 7),
			    "rule=\"a b.conf:7\" msg=\"100% sure\"");
}

static void values_are_quoted_where_they_must(void **state)
{
	static const struct {
		const char *value, *written;
	} cases[] = {
		{ "red", "v=red" },
		{ "+4930", "v=+4930" },
		{ "", "v=\"\"" },
		{ "a b", "v=\"a b\"" },
		{ "a=b", "v=\"a=b\"" },
		{ "\"", "v=\"\\\"\"" },
		{ "\\", "v=\"\\\\\"" },
		{ "a\" b=\"c", "v=\"a\\\" b=\\\"c\"" },
		{ "a\nb\x1b[2J\x7f", "v=a?b?[2J?" },
		{ "gr\xc3\xbc\xc3\x9f", "v=gr\xc3\xbc\xc3\x9f" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(line("v=%s", cases[i].value),
				    cases[i].written);
	/* A sentence cannot be left either. */
	assert_string_equal(line("he said %s", "x\" call=1 \""),
			    "msg=\"he said x\\\" call=1 \\\"\"");
}

static void every_conversion(void **state)
{
	(void)state;
	assert_string_equal(line("a=%d b=%u c=%x d=%#x", -5, 5u, 255u, 255u),
			    "a=-5 b=5 c=ff d=0xff");
	assert_string_equal(line("a=%ld b=%lu c=%lld d=%llu", -5l, 5ul,
				 INT64_MIN + 0ll, 1ull << 63),
			    "a=-5 b=5 c=-9223372036854775808 "
			    "d=9223372036854775808");
	assert_string_equal(line("a=%zu b=%zd c=%jd", (size_t)7, (ssize_t)-7,
				 (intmax_t)-8),
			    "a=7 b=-7 c=-8");
	assert_string_equal(line("a=%.1f b=%05.2f c=%c", 1.25, 3.14159, 'x'),
			    "a=1.2 b=03.14 c=x");
	assert_string_equal(line("a=%.*s b=%.3s c=%4s d=%-4sx", 2, "abc",
				 "abcdef", "ab", "ab"),
			    "a=ab b=abc c=\"  ab\" d=\"ab  x\"");
	assert_string_equal(line("a=%hu b=%hhu z", (unsigned short)1,
				 (unsigned char)2),
			    "a=1 b=2 msg=\"z\"");
}

static void objects_become_pairs(void **state)
{
	static const struct {
		const char *name, *written;
	} cases[] = {
		{ NULL, "" },
		{ "", "" },
		{ "span=1", "span=1" },
		{ "call=17 sip=a84b span=1/5", "call=17 sip=a84b span=1 ch=5" },
		{ "peer=carrier-a", "peer=carrier-a" },
		{ "audit", "part=audit" },
		{ "sip=a\"b", "sip=\"a\\\"b\"" },
		{ "=x", "part=\"\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(object(cases[i].name), cases[i].written);
}

/* Whether it is words key=value, every quote closed. */
static int parses(const char *at)
{
	while (*at) {
		size_t key = strspn(at, "abcdefghijklmnopqrstuvwxyz_");

		if (!key || at[key] != '=')
			return 0;
		at += key + 1;
		if (*at == '"') {
			for (at++; *at && *at != '"'; at++)
				if (*at == '\\' && !*++at)
					return 0;
			if (*at++ != '"')
				return 0;
		} else {
			at += strcspn(at, " \"=\\");
		}
		if (*at == ' ')
			at++;
		else if (*at)
			return 0;
	}
	return 1;
}

/* However short the room is, quotes are closed and nothing is written after. */
static void what_has_no_room_is_cut(void **state)
{
	static const char whole[] = "call=17 text=\"a \\\"b\\\\\" n=5 "
				    "msg=\"the \\\"end\\\"\"";

	(void)state;
	for (size_t size = 2; size < sizeof whole + 4; size++) {
		char small[sizeof whole + 8];
		struct log_text text;
		va_list none;

		memset(small, 'Z', sizeof small);
		log_text_init(&text, small, size);
		log_text_pair(&text, "call", "17", 0);
		log_text_pair(&text, "text", "a \"b\\", 0);
		memset(&none, 0, sizeof none);
		log_text_vformat(&text, "n=5 the \"end\"", none);
		assert_true(strlen(small) < size);
		assert_int_equal(small[size], 'Z');
		assert_true(parses(small));
		if (size >= sizeof whole + 1)
			assert_string_equal(small, whole);

		memset(small, 'Z', sizeof small);
		log_text_cut(small, size, whole);
		assert_true(strlen(small) < size);
		assert_int_equal(small[size], 'Z');
		assert_true(parses(small));
		if (size > sizeof whole)
			assert_string_equal(small, whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_come_first),
		cmocka_unit_test(values_are_quoted_where_they_must),
		cmocka_unit_test(every_conversion),
		cmocka_unit_test(objects_become_pairs),
		cmocka_unit_test(what_has_no_room_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
