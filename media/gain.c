#include "media/gain.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static int16_t scaled(int16_t linear, double factor)
{
	double value = linear * factor;

	if (value > INT16_MAX)
		return INT16_MAX;
	return value < INT16_MIN ? INT16_MIN : (int16_t)lrint(value);
}

int gain_new(struct gain **out, enum g711_law law, int ddb)
{
	double factor = pow(10, ddb / 200.0);
	uint8_t idle = g711_idle(law);
	struct gain *gain;

	*out = NULL;
	if (!ddb)
		return 0;
	gain = malloc(sizeof *gain);
	if (!gain)
		return -ENOMEM;
	for (int code = 0; code < 256; code++) {
		int16_t linear = g711_decode_sample(law, (uint8_t)code);

		gain->table[code] =
			g711_encode_sample(law, scaled(linear, factor));
	}
	gain->table[idle] = idle;
	*out = gain;
	return 0;
}

void gain_apply(const struct gain *gain, uint8_t *samples, size_t count)
{
	for (size_t i = 0; gain && i < count; i++)
		samples[i] = gain->table[samples[i]];
}
