#include "media/tones.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define SAMPLE_RATE 8000
/* A sine of the peak below is at the load capacity of its law (G.711 table 5:
 * +3.14 dBm0 A-law, +3.17 dBm0 mu-law): the virtual decision values 4096 and
 * 8159 on the scale of 16-bit linear. */
#define ALAW_PEAK 32768.0
#define ALAW_PEAK_DBM0 3.14
#define ULAW_PEAK 32636.0
#define ULAW_PEAK_DBM0 3.17

struct tone {
	unsigned period;
	uint8_t samples[SAMPLE_RATE];
};

static unsigned greatest_common_divisor(unsigned a, unsigned b)
{
	while (b) {
		unsigned rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static double peak_of(enum g711_law law, double level_dbm0)
{
	if (law == G711_ULAW)
		return ULAW_PEAK * pow(10, (level_dbm0 - ULAW_PEAK_DBM0) / 20);
	return ALAW_PEAK * pow(10, (level_dbm0 - ALAW_PEAK_DBM0) / 20);
}

int tone_new(struct tone **out, enum g711_law law, unsigned frequency_hz,
	     double level_dbm0)
{
	struct tone *tone;
	double peak = peak_of(law, level_dbm0);

	if (frequency_hz < 1 || frequency_hz >= SAMPLE_RATE / 2 ||
	    level_dbm0 > ALAW_PEAK_DBM0)
		return -EINVAL;
	tone = calloc(1, sizeof *tone);
	if (!tone)
		return -ENOMEM;
	tone->period = SAMPLE_RATE /
		       greatest_common_divisor(SAMPLE_RATE, frequency_hz);
	for (unsigned i = 0; i < tone->period; i++) {
		double angle = 2 * M_PI * frequency_hz * i / SAMPLE_RATE;
		long linear = lround(peak * sin(angle));

		if (linear > INT16_MAX)
			linear = INT16_MAX;
		tone->samples[i] = g711_encode_sample(law, (int16_t)linear);
	}
	*out = tone;
	return 0;
}

void tone_free(struct tone *tone)
{
	free(tone);
}

unsigned tone_play(const struct tone *tone, unsigned position, uint8_t *out,
		   size_t count)
{
	unsigned at = position % tone->period;

	for (size_t i = 0; i < count; i++) {
		out[i] = tone->samples[at];
		if (++at == tone->period)
			at = 0;
	}
	return at;
}
