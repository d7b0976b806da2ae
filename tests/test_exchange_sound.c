#include "dahdi/driver.h"
#include "exchange/sound.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* 50 blocks are 4000 samples: 2 Hz apart, so that 1004 Hz falls on a line. */
#define BLOCKS 50
#define SAMPLES (BLOCKS * TDM_BLOCK_BYTES)

static struct sound_tones *tones[2];

static int setup(void **state)
{
	(void)state;
	return sound_tones_new(&tones[G711_ALAW], G711_ALAW, "de") |
	       sound_tones_new(&tones[G711_ULAW], G711_ULAW, "de");
}

static int teardown(void **state)
{
	(void)state;
	sound_tones_free(tones[G711_ALAW]);
	sound_tones_free(tones[G711_ULAW]);
	return 0;
}

static void play(struct sound *sound, uint8_t *out, unsigned blocks)
{
	uint8_t in[TDM_BLOCK_BYTES] = { 0 };

	for (unsigned i = 0; i < blocks; i++)
		sound_block(sound, in, out + i * TDM_BLOCK_BYTES);
}

/* A full-load sine is +3.14 dBm0 (A) or +3.17 dBm0 (mu). */
static double dbm0(enum g711_law law, double power)
{
	double full = law == G711_ALAW ? 32768.0 : 32636.0;

	return 10 * log10(power / (full * full / 2)) +
	       (law == G711_ALAW ? 3.14 : 3.17);
}

/* Total level, and the level of the one line at `hz`. */
static void measure(enum g711_law law, const uint8_t *codes, double hz,
		    double *total, double *line)
{
	double power = 0, re = 0, im = 0;

	for (unsigned i = 0; i < SAMPLES; i++) {
		double x = g711_decode_sample(law, codes[i]);

		power += x * x / SAMPLES;
		re += x * cos(2 * M_PI * hz * i / 8000);
		im += x * sin(2 * M_PI * hz * i / 8000);
	}
	*total = dbm0(law, power);
	*line = dbm0(law, 2 * (re * re + im * im) / SAMPLES / SAMPLES);
}

static void assert_level(double got, double want, double within)
{
	if (fabs(got - want) > within)
		fail_msg("%.3f dBm0, wanted %.3f +- %.3f", got, want, within);
}

static void test_milliwatt(void **state)
{
	(void)state;
	for (int law = G711_ALAW; law <= G711_ULAW; law++) {
		struct sound sound;
		uint8_t codes[SAMPLES];
		double total, line, next;

		sound_init(&sound, tones[law]);
		sound_start(&sound, SOUND_MILLIWATT);
		play(&sound, codes, BLOCKS);
		measure(law, codes, 1004, &total, &line);
		assert_level(total, 0, 0.1);
		assert_level(line, 0, 0.1);
		/* Nothing at its neighbours: it is 1004 and no jump is in it.
		 */
		measure(law, codes, 1000, &total, &next);
		assert_true(next < -40);
		measure(law, codes, 1008, &total, &next);
		assert_true(next < -40);
		/* Phase-continuous: the second half-second is the first. */
		for (unsigned i = 0; i + 2000 < SAMPLES; i++)
			assert_int_equal(codes[i], codes[i + 2000]);
	}
}

static void test_ringback(void **state)
{
	(void)state;
	for (int law = G711_ALAW; law <= G711_ULAW; law++) {
		struct sound sound;
		uint8_t *codes = malloc(90000);
		uint8_t idle = g711_idle(law);
		double total, line;

		sound_init(&sound, tones[law]);
		sound_start(&sound, SOUND_RINGBACK);
		play(&sound, codes, 90000 / TDM_BLOCK_BYTES);
		measure(law, codes, 425, &total, &line);
		assert_level(total, -10, 0.1);
		for (unsigned i = 8000; i < 40000; i++)
			assert_int_equal(codes[i], idle);
		assert_memory_equal(codes, codes + 40000, 40000);
		assert_memory_equal(codes, codes + 80000, 8000);
		free(codes);
	}
}

/* A whole second: lines of 1 Hz. */
static double level_at(const uint8_t codes[8000], double hz)
{
	double re = 0, im = 0;

	for (unsigned i = 0; i < 8000; i++) {
		double x = g711_decode_sample(G711_ALAW, codes[i]);

		re += x * cos(2 * M_PI * hz * i / 8000);
		im += x * sin(2 * M_PI * hz * i / 8000);
	}
	return dbm0(G711_ALAW, 2 * (re * re + im * im) / 8000 / 8000);
}

static void test_ringback_frequency(void **state)
{
	struct sound sound;
	uint8_t codes[8000];

	(void)state;
	sound_init(&sound, tones[G711_ALAW]);
	sound_start(&sound, SOUND_RINGBACK);
	play(&sound, codes, 100);
	assert_level(level_at(codes, 425), -10, 0.1);
	assert_true(level_at(codes, 424) < -40);
	assert_true(level_at(codes, 426) < -40);
}

/* Other countries, other tones. */
static void test_zones(void **state)
{
	struct sound_tones *us, *none;
	struct sound sound;
	uint8_t codes[8000];

	(void)state;
	assert_int_equal(sound_tones_new(&none, G711_ALAW, "xx"), -EINVAL);
	assert_int_equal(sound_tones_new(&none, G711_ALAW, NULL), -EINVAL);
	assert_int_equal(sound_tones_new(&us, G711_ALAW, "us"), 0);
	sound_init(&sound, us);
	assert_int_equal(sound_start(&sound, SOUND_RINGBACK), 0);
	play(&sound, codes, 100);
	assert_level(level_at(codes, 440), -13.01, 0.1);
	assert_level(level_at(codes, 480), -13.01, 0.1);
	assert_true(level_at(codes, 425) < -40);
	sound_free(&sound);
	sound_tones_free(us);
}

/* The special information tone, again and again. */
static void test_announcement(void **state)
{
	static const double hz[] = { 950, 1400, 1800 };
	struct sound sound;
	uint8_t codes[8000 * 4], tone[8000];

	(void)state;
	sound_init(&sound, tones[G711_ALAW]);
	assert_int_equal(sound_start(&sound, SOUND_ANNOUNCEMENT), 0);
	play(&sound, codes, 400);
	for (unsigned i = 0; i < 3; i++) {
		/* 330 ms of a second: 9.63 dB below the tone. */
		memset(tone, g711_idle(G711_ALAW), sizeof tone);
		memcpy(tone, codes + i * 2640, 2640);
		assert_level(level_at(tone, hz[i]), -10 - 9.63, 0.1);
	}
	for (unsigned i = 3 * 2640; i < 3 * 2640 + 8000; i++)
		assert_int_equal(codes[i], g711_idle(G711_ALAW));
	assert_memory_equal(codes, codes + 3 * 2640 + 8000, 3 * 2640);
}

static void test_echo_is_byte_exact(void **state)
{
	struct sound sound;
	uint8_t in[TDM_BLOCK_BYTES], out[TDM_BLOCK_BYTES];

	(void)state;
	sound_init(&sound, tones[G711_ALAW]);
	sound_start(&sound, SOUND_ECHO);
	for (unsigned n = 0; n < 256; n++) {
		for (unsigned i = 0; i < sizeof in; i++)
			in[i] = (uint8_t)(n + i);
		sound_block(&sound, in, out);
		assert_memory_equal(out, in, sizeof in);
	}
}

static void test_silence_is_idle_code(void **state)
{
	(void)state;
	for (int law = G711_ALAW; law <= G711_ULAW; law++) {
		struct sound sound;
		uint8_t out[TDM_BLOCK_BYTES];

		sound_init(&sound, tones[law]);
		play(&sound, out, 1);
		for (unsigned i = 0; i < sizeof out; i++)
			assert_int_equal(out[i], g711_idle(law));
	}
}

static void test_bit_errors_of_a_looped_channel(void **state)
{
	struct sound sound;
	uint8_t line[8][TDM_BLOCK_BYTES];

	(void)state;
	sound_init(&sound, tones[G711_ALAW]);
	sound_start(&sound, SOUND_BIT_ERROR);
	memset(line, g711_idle(G711_ALAW), sizeof line);
	for (unsigned n = 0; n < 1000; n++) {
		uint8_t in[TDM_BLOCK_BYTES];

		memcpy(in, line[n % 8], sizeof in);
		if (n == 500)
			in[17] ^= 0x24;
		sound_block(&sound, in, line[n % 8]);
	}
	assert_true(sound.checker.locked);
	assert_int_equal(sound.checker.bit_errors, 2);
	assert_int_equal(sound.checker.sync_losses, 0);
	assert_int_equal(sound.checker.bits_compared, (992 * 80 - 10) * 8);
	/* What comes after a hang-up is not compared. */
	sound_start(&sound, SOUND_SILENCE);
	play(&sound, line[0], 1);
	assert_int_equal(sound.checker.bits_compared, (992 * 80 - 10) * 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_milliwatt),
		cmocka_unit_test(test_ringback),
		cmocka_unit_test(test_ringback_frequency),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_announcement),
		cmocka_unit_test(test_echo_is_byte_exact),
		cmocka_unit_test(test_silence_is_idle_code),
		cmocka_unit_test(test_bit_errors_of_a_looped_channel),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
