#include "media/tones.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An 80-sample block is what a span's tick plays; other sizes must come out
 * the same. */
#define BLOCK 80
#define SECOND 8000

static double dbm0(enum g711_law law, double power)
{
	double full = law == G711_ALAW ? 32768.0 : 32636.0;

	return 10 * log10(power / (full * full / 2) + 1e-12) +
	       (law == G711_ALAW ? 3.14 : 3.17);
}

static double total(enum g711_law law, const uint8_t *codes, unsigned count)
{
	double power = 0;

	for (unsigned i = 0; i < count; i++) {
		double x = g711_decode_sample(law, codes[i]);

		power += x * x / count;
	}
	return dbm0(law, power);
}

/* The level of the one line at `hz`. */
static double line(enum g711_law law, const uint8_t *codes, unsigned count,
		   double hz)
{
	double re = 0, im = 0;

	for (unsigned i = 0; i < count; i++) {
		double x = g711_decode_sample(law, codes[i]);

		re += x * cos(2 * M_PI * hz * i / SECOND);
		im += x * sin(2 * M_PI * hz * i / SECOND);
	}
	return dbm0(law, 2 * (re * re + im * im) / count / count);
}

static void assert_level(double got, double want, double within)
{
	if (fabs(got - want) > within)
		fail_msg("%.3f dBm0, wanted %.3f +- %.3f", got, want, within);
}

static uint8_t *record(const struct cadence *cadence, unsigned ms)
{
	uint8_t *codes = malloc(ms * 8);
	unsigned position = 0;

	assert_non_null(codes);
	for (unsigned i = 0; i < ms * 8; i += BLOCK)
		position = cadence_play(cadence, position, codes + i, BLOCK);
	return codes;
}

static bool is_idle(const uint8_t *codes, unsigned count, enum g711_law law)
{
	for (unsigned i = 0; i < count; i++)
		if (codes[i] != g711_idle(law))
			return false;
	return true;
}

/* Durations of sound and pause in ms, from the samples: a pause is 4 ms of idle
 * code. "1000 4000 ..." */
static void on_off(const uint8_t *codes, unsigned ms, enum g711_law law,
		   char *out, size_t size)
{
	unsigned since = 0;
	bool on = !is_idle(codes, 32, law);
	size_t len = 0;

	*out = '\0';
	for (unsigned at = 0; at < ms * 8; at += 8) {
		unsigned look = on ? 32 : 8, left = ms * 8 - at;
		bool now = !is_idle(codes + at, left < look ? left : look, law);

		if (now == on)
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s%u%s",
					len ? " " : "", (at - since) / 8,
					on ? "" : "-");
		if (len >= size)
			return;
		since = at;
		on = now;
	}
}

static void test_on_and_off(void **state)
{
	/* Pauses have a '-' behind them; what the recording ends in is not
	 * told. */
	static const struct {
		const char *zone;
		enum tone_kind kind;
		unsigned ms;
		const char *want;
	} rows[] = {
		{ "de", TONE_RINGBACK, 10500, "1000 4000- 1000 4000-" },
		{ "de", TONE_BUSY, 2000, "480 480- 480 480-" },
		{ "de", TONE_CONGESTION, 1000, "240 240- 240 240-" },
		{ "de", TONE_DIAL, 3000, "" },
		{ "de", TONE_INFO, 4000, "990 1000- 990 1000-" },
		{ "de", TONE_HOLD, 11000,
		  "200 200- 200 4400- 200 200- 200 4400- 200 200- 200" },
		/* Three beeps once, then dial tone for ever. */
		{ "de", TONE_DIAL_RECALL, 3000, "100 100- 100 100- 100 100-" },
		{ "us", TONE_RINGBACK, 13000, "2000 4000- 2000 4000-" },
		{ "US", TONE_BUSY, 2100, "500 500- 500 500-" },
		/* Three tones once, then silence for ever. */
		{ "us", TONE_INFO, 5000, "990" },
		{ "uk", TONE_RINGBACK, 6300,
		  "400 200- 400 2000- 400 200- 400 2000-" },
		{ "fr", TONE_RINGBACK, 6000, "1500 3500-" },
		/* Its pause is written as 10000 Hz. */
		{ "th", TONE_CALL_WAITING, 2200, "400 400- 800 400-" },
		/* No zone is the default's, and so is an unknown one. */
		{ NULL, TONE_RINGBACK, 7000, "2000 4000-" },
		{ "atlantis", TONE_BUSY, 1200, "500 500-" },
		/* It has none of its own. */
		{ "tr", TONE_RECORD, 16000, "500 15000-" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int law = G711_ALAW; law <= G711_ULAW; law++) {
			struct cadence *cadence;
			char got[256];
			uint8_t *codes;

			assert_int_equal(cadence_new(&cadence, law,
						     rows[i].zone,
						     rows[i].kind),
					 0);
			codes = record(cadence, rows[i].ms);
			on_off(codes, rows[i].ms, law, got, sizeof got);
			assert_string_equal(got, rows[i].want);
			free(codes);
			cadence_free(cadence);
		}
}

static void test_frequencies_and_levels(void **state)
{
	static const struct {
		const char *text;
		struct {
			double hz, dbm0;
		} line[3];
		double total;
	} rows[] = {
		{ "425", { { 425, -10 } }, -10 },
		{ "350+440", { { 350, -13.01 }, { 440, -13.01 } }, -10 },
		{ "425@", { { 425, -20 } }, -20 },
		/* Carrier and side bands of m/2: 20 log(0.9 / 2) = -6.94 dB. */
		{ "400*33",
		  { { 400, -11.48 }, { 367, -18.41 }, { 433, -18.41 } },
		  -10 },
		{ "350+375+400",
		  { { 350, -14.77 }, { 375, -14.77 }, { 400, -14.77 } },
		  -10 },
		{ "1400", { { 1400, -10 } }, -10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int law = G711_ALAW; law <= G711_ULAW; law++) {
			struct cadence *cadence;
			uint8_t *codes;

			assert_int_equal(cadence_parse(&cadence, law,
						       rows[i].text),
					 0);
			codes = record(cadence, 1000);
			assert_level(total(law, codes, SECOND), rows[i].total,
				     0.1);
			for (size_t n = 0; n < 3 && rows[i].line[n].hz; n++)
				assert_level(line(law, codes, SECOND,
						  rows[i].line[n].hz),
					     rows[i].line[n].dbm0, 0.15);
			assert_true(line(law, codes, SECOND,
					 rows[i].line[0].hz + 1) < -40);
			free(codes);
			cadence_free(cadence);
		}
}

static void test_special_information_is_three_tones(void **state)
{
	static const double hz[] = { 950, 1400, 1800 };
	struct cadence *cadence;
	uint8_t *codes;

	(void)state;
	assert_int_equal(cadence_new(&cadence, G711_ALAW, "de", TONE_INFO), 0);
	codes = record(cadence, 2000);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned n = 0; n < 3; n++) {
			double level = line(G711_ALAW, codes + i * 330 * 8,
					    320 * 8, hz[n]);

			if (i == n)
				assert_level(level, -10, 0.2);
			else
				assert_true(level < -35);
		}
	free(codes);
	cadence_free(cadence);
}

static void test_what_is_played_once(void **state)
{
	struct cadence *cadence;
	char got[256];
	uint8_t *codes;

	(void)state;
	/* The loop begins in the middle. */
	assert_int_equal(cadence_parse(&cadence, G711_ALAW,
				       "!425/300,!0/100,425/50,0/150"),
			 0);
	codes = record(cadence, 1020);
	on_off(codes, 1020, G711_ALAW, got, sizeof got);
	assert_string_equal(got, "300 100- 50 150- 50 150- 50 150-");
	free(codes);
	cadence_free(cadence);
	/* As the table has it for one country, without the comma. */
	assert_int_equal(cadence_parse(&cadence, G711_ALAW,
				       "!400/100!0/100,!400/100,!0/100,400"),
			 0);
	codes = record(cadence, 1020);
	on_off(codes, 1020, G711_ALAW, got, sizeof got);
	assert_string_equal(got, "100 100- 100 100-");
	free(codes);
	cadence_free(cadence);
}

/* Samples do not depend on how they are fetched, and the position stays
 * small. */
static void test_any_block_size(void **state)
{
	static const char *const texts[] = { "425/13,0/7", "350+440",
					     "!425/30,!0/11,400*33/41" };
	static uint8_t by_block[SECOND], by_piece[SECOND];

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct cadence *cadence;
		unsigned position = 0, piece = 1;

		assert_int_equal(cadence_parse(&cadence, G711_ULAW, texts[i]),
				 0);
		for (unsigned n = 0; n < SECOND; n += BLOCK)
			position = cadence_play(cadence, position, by_block + n,
						BLOCK);
		position = 0;
		for (unsigned n = 0; n < SECOND; n += piece) {
			piece = piece * 7 % 211;
			if (piece > SECOND - n)
				piece = SECOND - n;
			position = cadence_play(cadence, position, by_piece + n,
						piece);
		}
		assert_memory_equal(by_block, by_piece, SECOND);
		for (unsigned n = 0; n < 10000; n++) {
			position = cadence_play(cadence, position, by_block,
						SECOND);
			assert_true(position <= 2 * SECOND);
		}
		cadence_free(cadence);
	}
}

static void test_descriptions_that_are_wrong(void **state)
{
	static const char *const texts[] = {
		"x",  "425/", "425,,0",	     "425+",	  "425 /3",
		"!",  "-425", "425/9999999", "70000",	  "425//5",
		"/5", "425*", "425/5;0",     "425*25+50", "425+25*50",
	};
	struct cadence *cadence = NULL;
	char many[400] = "425";

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (cadence_parse(&cadence, G711_ALAW, texts[i]) != -EINVAL)
			fail_msg("\"%s\" was taken", texts[i]);
	for (unsigned i = 0; i < 64; i++)
		strcat(many, ",1/1");
	assert_int_equal(cadence_parse(&cadence, G711_ALAW, many), -EINVAL);
}

/* Whatever the library's table has comes out as sound within E.180's limits.
 */
static void test_every_tone_of_every_zone(void **state)
{
	const char *zone;
	unsigned zones = 0;

	(void)state;
	for (; (zone = tone_zone_name(zones)); zones++) {
		assert_true(tone_zone_known(zone));
		for (int kind = 0; kind < TONE_KINDS; kind++) {
			struct cadence *cadence;
			uint8_t codes[BLOCK * 4];

			if (cadence_new(&cadence, G711_ALAW, zone, kind))
				fail_msg("zone %s, tone %d", zone, kind);
			cadence_play(cadence, 0, codes, sizeof codes);
			assert_level(total(G711_ALAW, codes, sizeof codes), -10,
				     5);
			cadence_free(cadence);
		}
	}
	assert_in_range(zones, 20, 200);
	assert_false(tone_zone_known("atlantis"));
	assert_false(tone_zone_known(""));
	assert_false(tone_zone_known(NULL));
}

static void test_digits(void **state)
{
	static const char keys[] = "123A456B789C*0#D";
	static const double low[] = { 697, 770, 852, 941 };
	static const double high[] = { 1209, 1336, 1477, 1633 };

	(void)state;
	for (int law = G711_ALAW; law <= G711_ULAW; law++) {
		struct dtmf_tones *tones;
		uint8_t codes[SECOND];

		assert_int_equal(dtmf_tones_new(&tones, law), 0);
		for (unsigned i = 0; i < 16; i++) {
			dtmf_tones_play(tones, keys[i], 0, codes, SECOND);
			for (unsigned n = 0; n < 4; n++) {
				double l = line(law, codes, SECOND, low[n]);
				double h = line(law, codes, SECOND, high[n]);

				if (n == i / 4)
					assert_level(l, -8, 0.1);
				else
					assert_true(l < -40);
				if (n == i % 4)
					assert_level(h, -6, 0.1);
				else
					assert_true(h < -40);
			}
		}
		assert_int_equal(dtmf_tones_play(tones, 'x', 7, codes, 8), 7);
		assert_true(is_idle(codes, 8, law));
		dtmf_tones_play(tones, '\0', 0, codes, 8);
		assert_true(is_idle(codes, 8, law));
		dtmf_tones_free(tones);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_on_and_off),
		cmocka_unit_test(test_frequencies_and_levels),
		cmocka_unit_test(test_special_information_is_three_tones),
		cmocka_unit_test(test_what_is_played_once),
		cmocka_unit_test(test_any_block_size),
		cmocka_unit_test(test_descriptions_that_are_wrong),
		cmocka_unit_test(test_every_tone_of_every_zone),
		cmocka_unit_test(test_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
