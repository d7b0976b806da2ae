#include "media/g711.h"
#include "media/spandsp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t convert(uint8_t code, enum g711_law from, enum g711_law to)
{
	g711_convert(&code, 1, from, to);
	return code;
}

static uint8_t alaw_code(unsigned number, uint8_t sign)
{
	return (uint8_t)(sign | ((number - 1) ^ 0x55));
}

static uint8_t ulaw_code(unsigned number, uint8_t sign)
{
	return (uint8_t)(sign | (number ^ 0x7f));
}

static bool is_in(unsigned number, const unsigned *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == number)
			return true;
	return false;
}

/* G.711, notes under tables 3 and 4: exactly these value numbers do not
 * survive a double conversion, and then only bit 8 (the lowest) changes. */
static void test_double_conversion(void **state)
{
	static const unsigned ulaw_changed[] = { 0, 2, 4, 6, 8, 10, 12, 14 };
	static const unsigned alaw_changed[] = {
		26, 28, 30, 32, 45, 47, 63, 80
	};

	(void)state;
	for (unsigned sign = 0; sign <= 0x80; sign += 0x80) {
		for (unsigned n = 0; n < 128; n++) {
			uint8_t u = ulaw_code(n, (uint8_t)sign);
			uint8_t back = convert(convert(u, G711_ULAW, G711_ALAW),
					       G711_ALAW, G711_ULAW);

			assert_int_equal(back,
					 is_in(n, ulaw_changed, 8) ? u ^ 1 : u);
		}
		for (unsigned n = 1; n <= 128; n++) {
			uint8_t a = alaw_code(n, (uint8_t)sign);
			uint8_t back = convert(convert(a, G711_ALAW, G711_ULAW),
					       G711_ULAW, G711_ALAW);

			assert_int_equal(back,
					 is_in(n, alaw_changed, 8) ? a ^ 1 : a);
		}
	}
}

static const struct {
	unsigned ulaw, alaw;
} table_3[] = {
	{ 0, 1 },   { 1, 1 },	{ 15, 8 },   { 16, 9 },	  { 32, 25 },
	{ 33, 27 }, { 36, 33 }, { 47, 44 },  { 48, 46 },  { 49, 48 },
	{ 63, 62 }, { 64, 64 }, { 79, 79 },  { 80, 81 },  { 127, 128 },
}, table_4[] = {
	{ 1, 1 },   { 15, 8 },	{ 16, 9 },   { 32, 25 },  { 32, 26 },
	{ 35, 32 }, { 36, 33 }, { 48, 45 },  { 48, 46 },  { 64, 63 },
	{ 64, 64 }, { 79, 79 }, { 79, 80 },  { 80, 81 },  { 127, 128 },
};

static void test_conversion_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof table_3 / sizeof *table_3; i++)
		for (unsigned sign = 0; sign <= 0x80; sign += 0x80)
			assert_int_equal(convert(ulaw_code(table_3[i].ulaw,
							   (uint8_t)sign),
						 G711_ULAW, G711_ALAW),
					 alaw_code(table_3[i].alaw,
						   (uint8_t)sign));
	for (size_t i = 0; i < sizeof table_4 / sizeof *table_4; i++)
		for (unsigned sign = 0; sign <= 0x80; sign += 0x80)
			assert_int_equal(convert(alaw_code(table_4[i].alaw,
							   (uint8_t)sign),
						 G711_ALAW, G711_ULAW),
					 ulaw_code(table_4[i].ulaw,
						   (uint8_t)sign));
}

/* spandsp's tables are the nearest-value variant; they differ from G.711's
 * own around number 80 and nowhere else. */
static void test_conversion_against_spandsp(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		unsigned u = ~code & 0x7f, a = ((code ^ 0x55) & 0x7f) + 1;

		if (u != 80)
			assert_int_equal(convert((uint8_t)code, G711_ULAW,
						 G711_ALAW),
					 ulaw_to_alaw((uint8_t)code));
		if (a != 80)
			assert_int_equal(convert((uint8_t)code, G711_ALAW,
						 G711_ULAW),
					 alaw_to_ulaw((uint8_t)code));
	}
}

static void test_same_law_touches_nothing(void **state)
{
	uint8_t all[256], copy[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = copy[i] = (uint8_t)i;
	g711_convert(all, sizeof all, G711_ALAW, G711_ALAW);
	g711_convert(all, sizeof all, G711_ULAW, G711_ULAW);
	assert_memory_equal(all, copy, sizeof all);
}

static void test_decode(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		assert_int_equal(g711_decode_sample(G711_ALAW, (uint8_t)code),
				 alaw_to_linear((uint8_t)code));
		assert_int_equal(g711_decode_sample(G711_ULAW, (uint8_t)code),
				 ulaw_to_linear((uint8_t)code));
	}
}

static void test_encode(void **state)
{
	(void)state;
	for (int linear = INT16_MIN; linear <= INT16_MAX; linear++) {
		assert_int_equal(g711_encode_sample(G711_ALAW, (int16_t)linear),
				 linear_to_alaw(linear));
		assert_int_equal(g711_encode_sample(G711_ULAW, (int16_t)linear),
				 linear_to_ulaw(linear));
	}
}

static void test_decode_many(void **state)
{
	uint8_t codes[256];
	int16_t linear[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		codes[i] = (uint8_t)i;
	for (int law = G711_ALAW; law <= G711_ULAW; law++) {
		g711_decode_samples(law, linear, codes, 256);
		for (int i = 0; i < 256; i++)
			assert_int_equal(linear[i],
					 g711_decode_sample(law, (uint8_t)i));
	}
}

static void test_decode_encode_round_trip(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 256; code++) {
		uint8_t c = (uint8_t)code;

		assert_int_equal(
			g711_encode_sample(G711_ALAW,
					   g711_decode_sample(G711_ALAW, c)),
			c);
		/* mu-law has two zeros; the negative one comes back positive */
		assert_int_equal(
			g711_encode_sample(G711_ULAW,
					   g711_decode_sample(G711_ULAW, c)),
			c == 0x7f ? 0xff : c);
	}
}

static void test_idle(void **state)
{
	(void)state;
	assert_int_equal(g711_idle(G711_ALAW), 0xd5);
	assert_int_equal(g711_idle(G711_ULAW), 0xff);
	assert_int_equal(g711_decode_sample(G711_ULAW, 0xff), 0);
	assert_int_equal(g711_decode_sample(G711_ALAW, 0xd5), 8);
	assert_int_equal(convert(0xff, G711_ULAW, G711_ALAW), 0xd5);
	assert_int_equal(convert(0xd5, G711_ALAW, G711_ULAW), 0xfe);
	assert_string_equal(g711_law_name(G711_ALAW), "alaw");
	assert_string_equal(g711_law_name(G711_ULAW), "ulaw");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_double_conversion),
		cmocka_unit_test(test_conversion_tables),
		cmocka_unit_test(test_conversion_against_spandsp),
		cmocka_unit_test(test_same_law_touches_nothing),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_many),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_decode_encode_round_trip),
		cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
