#include "media/gain.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct gain *gain_of(enum g711_law law, int ddb)
{
	struct gain *gain;

	assert_int_equal(gain_new(&gain, law, ddb), 0);
	return gain;
}

static void test_no_table_at_0_db(void **state)
{
	uint8_t all[256];

	(void)state;
	for (int law = G711_ALAW; law <= G711_ULAW; law++)
		assert_null(gain_of(law, 0));
	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	gain_apply(NULL, all, sizeof all);
	for (int i = 0; i < 256; i++)
		assert_int_equal(all[i], i);
}

/* Half a step of the law is 1/32 of its value at the most, or 8. */
static void check_code(enum g711_law law, uint8_t in, uint8_t out, int ddb)
{
	double want = g711_decode_sample(law, in) * pow(10, ddb / 200.0);
	double got = g711_decode_sample(law, out);
	double most = fabs((double)g711_decode_sample(law, 0x80));

	if (law == G711_ALAW)
		most = fabs((double)g711_decode_sample(law, 0xaa));
	want = fmax(fmin(want, most), -most);
	if (fabs(got - want) > fabs(got) / 31 + 8)
		fail_msg("law %d, %d ddB: code %02x becomes %02x", law, ddb, in,
			 out);
}

static void test_every_code(void **state)
{
	static const int levels[] = { -240, -60, -30, -1, 1, 25, 60, 240 };

	(void)state;
	for (int law = G711_ALAW; law <= G711_ULAW; law++)
		for (size_t n = 0; n < sizeof levels / sizeof *levels; n++) {
			struct gain *gain = gain_of(law, levels[n]);
			uint8_t idle = g711_idle(law);

			for (int i = 0; i < 256; i++) {
				uint8_t code = (uint8_t)i;

				gain_apply(gain, &code, 1);
				if (i == idle)
					assert_int_equal(code, idle);
				else
					check_code(law, (uint8_t)i, code,
						   levels[n]);
			}
			free(gain);
		}
}

/* 6 dB is a factor of two to one in 500: a power of two in either law moves
 * the segment and keeps the step. */
static void test_known_codes(void **state)
{
	static const struct {
		enum g711_law law;
		int ddb;
		uint8_t in, out;
	} rows[] = {
		{ G711_ALAW, -60, 0x80, 0x90 }, /* segment 5, A-law's 0x55 */
		{ G711_ALAW, 60, 0x90, 0x80 },
		{ G711_ALAW, 60, 0xaa, 0xaa }, /* the loudest */
		{ G711_ALAW, 240, 0x2a, 0x2a },
		{ G711_ALAW, 240, 0xd5, 0xd5 }, /* idle */
		{ G711_ULAW, 240, 0x80, 0x80 },
		{ G711_ULAW, 240, 0x00, 0x00 },
		{ G711_ULAW, 60, 0xff, 0xff },
		{ G711_ULAW, -60, 0x7f, 0xff }, /* the other zero */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct gain *gain = gain_of(rows[i].law, rows[i].ddb);
		uint8_t code = rows[i].in;

		gain_apply(gain, &code, 1);
		if (code != rows[i].out)
			fail_msg("row %zu: %02x becomes %02x", i, rows[i].in,
				 code);
		free(gain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_table_at_0_db),
		cmocka_unit_test(test_every_code),
		cmocka_unit_test(test_known_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
