/* The test number that plays digits back: what it hears and when it speaks. */
#include "dahdi/driver.h"
#include "exchange/sound.h"
#include "media/tones.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BLOCK_MS 10
#define RUN_MS_MAX 120000
#define KEYS "123A456B789C*0#D"

struct rig {
	enum g711_law law;
	struct sound_tones *shared;
	struct dtmf_tones *keys; /* the caller's telephone */
	struct sound sound;
	uint8_t *spoken; /* what the exchange sent, from the first block on */
	unsigned ms;
};

static int rig_new(void **state, enum g711_law law)
{
	struct rig *rig = calloc(1, sizeof *rig);

	rig->law = law;
	rig->spoken = malloc(RUN_MS_MAX * 8);
	*state = rig;
	if (sound_tones_new(&rig->shared, law, "de") < 0 ||
	    dtmf_tones_new(&rig->keys, law) < 0)
		return -1;
	sound_init(&rig->sound, rig->shared);
	return sound_start(&rig->sound, SOUND_READBACK);
}

static int setup_alaw(void **state)
{
	return rig_new(state, G711_ALAW);
}

static int setup_ulaw(void **state)
{
	return rig_new(state, G711_ULAW);
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	sound_free(&rig->sound);
	sound_tones_free(rig->shared);
	dtmf_tones_free(rig->keys);
	free(rig->spoken);
	free(rig);
	return 0;
}

/* '\0': the caller says nothing. */
static void press(struct rig *rig, char key, unsigned ms)
{
	unsigned position = 0;

	for (unsigned i = 0; i < ms; i += BLOCK_MS) {
		uint8_t in[TDM_BLOCK_BYTES];

		position = dtmf_tones_play(rig->keys, key, position, in,
					   sizeof in);
		assert_true(rig->ms < RUN_MS_MAX);
		sound_block(&rig->sound, in, rig->spoken + rig->ms * 8);
		rig->ms += BLOCK_MS;
	}
}

static void dial(struct rig *rig, const char *keys, unsigned on_ms,
		 unsigned off_ms)
{
	for (; *keys; keys++) {
		press(rig, *keys, on_ms);
		press(rig, '\0', off_ms);
	}
}

static void assert_heard(const struct rig *rig, const char *want)
{
	struct readback_digits heard;

	readback_heard(rig->sound.readback, &heard);
	assert_string_equal(heard.text, want);
	assert_int_equal(heard.count, strlen(want));
}

static double level(const struct rig *rig, unsigned at_ms, unsigned ms,
		    double hz)
{
	double full = rig->law == G711_ALAW ? 32768.0 : 32636.0;
	double re = 0, im = 0, count = ms * 8;

	for (unsigned i = 0; i < ms * 8; i++) {
		double x = g711_decode_sample(rig->law,
					      rig->spoken[at_ms * 8 + i]);

		re += x * cos(2 * M_PI * hz * i / 8000) / count;
		im += x * sin(2 * M_PI * hz * i / 8000) / count;
	}
	return 20 * log10(2 * sqrt(re * re + im * im) / full + 1e-9) +
	       (rig->law == G711_ALAW ? 3.14 : 3.17);
}

static bool is_quiet(const struct rig *rig, unsigned at_ms, unsigned ms)
{
	for (unsigned i = 0; i < ms * 8; i++)
		if (rig->spoken[at_ms * 8 + i] != g711_idle(rig->law))
			return false;
	return true;
}

/* The digit that is spoken in these 100 ms: 10 Hz and more lie between the
 * lines that can be told apart, the groups are 73 Hz and more. */
static char spoken(const struct rig *rig, unsigned at_ms)
{
	static const double low[] = { 697, 770, 852, 941 };
	static const double high[] = { 1209, 1336, 1477, 1633 };
	char digit = '?';

	for (unsigned i = 0; i < 16; i++)
		if (level(rig, at_ms, 100, low[i / 4]) > -9 &&
		    level(rig, at_ms, 100, high[i % 4]) > -7) {
			assert_int_equal(digit, '?');
			digit = KEYS[i];
		}
	return digit;
}

/* The first block that is not idle, from `from_ms` on. */
static unsigned next_sound(const struct rig *rig, unsigned from_ms)
{
	while (from_ms < rig->ms && is_quiet(rig, from_ms, BLOCK_MS))
		from_ms += BLOCK_MS;
	return from_ms;
}

/* 100 ms each, 100 ms apart, nothing after them. */
static unsigned assert_spoken(const struct rig *rig, unsigned at_ms,
			      const char *want)
{
	for (; *want; want++) {
		assert_int_equal(spoken(rig, at_ms), *want);
		assert_false(is_quiet(rig, at_ms + 90, 10));
		assert_true(is_quiet(rig, at_ms + 100, 100));
		at_ms += 200;
	}
	return at_ms;
}

static void test_all_digits(void **state)
{
	struct rig *rig = *state;
	unsigned begins, ends, dialled_ms;

	press(rig, '\0', 300);
	dial(rig, KEYS, 100, 100);
	dialled_ms = rig->ms;
	press(rig, '\0', 6000);
	assert_heard(rig, KEYS);
	begins = next_sound(rig, 0);
	/* A second of silence; 100 ms of it had passed. The detector works in
	 * blocks of 12.75 ms and looks at two. */
	assert_in_range(begins - dialled_ms, 880, 960);
	ends = assert_spoken(rig, begins, KEYS);
	/* They are not played twice. */
	assert_int_equal(next_sound(rig, ends), rig->ms);
}

/* Those of Q.24, short ones, and what a finger does. */
static void test_durations(void **state)
{
	struct rig *rig = *state;

	dial(rig, "1122", 40, 40);
	dial(rig, "334", 50, 50);
	dial(rig, "5", 3000, 200);
	dial(rig, "6", 100, 900);
	dial(rig, "7", 100, 100);
	assert_heard(rig, "1122334567");
	/* Nothing was said meanwhile, also while 5 was held. */
	assert_int_equal(next_sound(rig, 0), rig->ms);
	press(rig, '\0', 3500);
	assert_spoken(rig, next_sound(rig, 0), "1122334567");
}

static void test_in_two_goes(void **state)
{
	struct rig *rig = *state;
	unsigned first, second;

	dial(rig, "12", 100, 100);
	press(rig, '\0', 1700);
	first = next_sound(rig, 0);
	assert_spoken(rig, first, "12");
	second = rig->ms;
	dial(rig, "34", 100, 100);
	press(rig, '\0', 2000);
	assert_heard(rig, "1234");
	assert_spoken(rig, next_sound(rig, second), "34");
}

/* Dialled while it speaks: it goes on with what it has. */
static void test_while_it_speaks(void **state)
{
	struct rig *rig = *state;
	unsigned first;

	dial(rig, "1234", 100, 100);
	press(rig, '\0', 1000);
	first = next_sound(rig, 0);
	assert_true(first < rig->ms);
	dial(rig, "56", 80, 80);
	press(rig, '\0', 3000);
	assert_heard(rig, "123456");
	assert_spoken(rig, first, "123456");
}

static void test_no_digit_in_silence_and_tones(void **state)
{
	struct rig *rig = *state;
	struct tone *tone;
	unsigned position = 0;

	press(rig, '\0', 3000);
	assert_int_equal(tone_new(&tone, rig->law, 941, -6), 0);
	for (unsigned i = 0; i < 100; i++) {
		uint8_t in[TDM_BLOCK_BYTES];

		position = tone_play(tone, position, in, sizeof in);
		sound_block(&rig->sound, in, rig->spoken + rig->ms * 8);
		rig->ms += BLOCK_MS;
	}
	tone_free(tone);
	press(rig, '\0', 2000);
	assert_heard(rig, "");
	assert_int_equal(next_sound(rig, 0), rig->ms);
}

/* More than there is room for: counted, and no more is played. */
static void test_too_many(void **state)
{
	struct rig *rig = *state;
	struct readback_digits heard;

	for (unsigned i = 0; i < 30; i++)
		dial(rig, "0123456789", 50, 50);
	press(rig, '\0', 60000);
	readback_heard(rig->sound.readback, &heard);
	assert_int_equal(heard.count, 300);
	assert_int_equal(strlen(heard.text), READBACK_DIGITS_MAX);
	assert_int_equal(next_sound(rig, rig->ms - 5000), rig->ms);
}

/* After the call: silent, and the digits are still told. */
static void test_what_was_heard_stays(void **state)
{
	struct rig *rig = *state;
	struct readback_digits heard;
	unsigned over;

	dial(rig, "42", 100, 100);
	assert_int_equal(sound_start(&rig->sound, SOUND_SILENCE), 0);
	over = rig->ms;
	dial(rig, "7", 100, 100);
	press(rig, '\0', 2000);
	assert_heard(rig, "42");
	assert_int_equal(next_sound(rig, over), rig->ms);
	sound_free(&rig->sound);
	readback_heard(NULL, &heard);
	assert_string_equal(heard.text, "");
}

int main(void)
{
#define T(name)                                                      \
	cmocka_unit_test_setup_teardown(name, setup_alaw, teardown), \
		cmocka_unit_test_setup_teardown(name, setup_ulaw, teardown)
	const struct CMUnitTest tests[] = {
		T(test_all_digits),
		T(test_durations),
		T(test_in_two_goes),
		T(test_while_it_speaks),
		T(test_no_digit_in_silence_and_tones),
		T(test_too_many),
		T(test_what_was_heard_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
