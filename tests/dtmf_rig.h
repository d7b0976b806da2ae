/* In-band digits for the tests of media/: a telephone that presses keys and an
 * exchange that hears them. All of it is inline, like media_rig.h. */
#ifndef TOLLGATE_DTMF_RIG_H
#define TOLLGATE_DTMF_RIG_H

#include "media/g711.h"
#include "media/spandsp.h"
#include "media/telephone_event.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BLOCK 80 /* samples: 10 ms */
#define ALL_DIGITS "0123456789*#ABCD"
#define HEARD_DIGITS_MAX 256

/* A telephone. Its tones are made without what is tested here. */
struct keypad {
	const char *digits; /* what is left to press */
	unsigned on, off;   /* samples */
	unsigned at;	    /* sample of the present key, pause before it */
	double low_dbm0, high_dbm0;
};

static inline int16_t dual_tone(int code, unsigned sample, double low_dbm0,
				double high_dbm0)
{
	static const double low[] = { 941, 697, 697, 697, 770, 770, 770, 852,
				      852, 852, 941, 941, 697, 770, 852, 941 };
	static const double high[] = { 1336, 1209, 1336, 1477, 1209, 1336,
				       1477, 1209, 1336, 1477, 1209, 1477,
				       1633, 1633, 1633, 1633 };
	double t = 2 * M_PI * sample / 8000;

	return (int16_t)lround(
		32767 *
		(pow(10, (low_dbm0 - 3.14) / 20) * sin(low[code] * t) +
		 pow(10, (high_dbm0 - 3.14) / 20) * sin(high[code] * t)));
}

/* False once all keys are pressed and the last pause is over. */
static inline bool keypad_block(struct keypad *pad, uint8_t out[BLOCK])
{
	for (unsigned i = 0; i < BLOCK; i++) {
		int16_t linear = 0;

		if (*pad->digits && pad->at >= pad->off)
			linear = dual_tone(telephone_event_code(*pad->digits),
					   pad->at - pad->off, pad->low_dbm0,
					   pad->high_dbm0);
		out[i] = g711_encode_sample(G711_ALAW, linear);
		if (*pad->digits && ++pad->at == pad->off + pad->on) {
			pad->at = 0;
			pad->digits++;
		}
	}
	return *pad->digits;
}

/* An exchange's receiver: spandsp again, to which a digit is two blocks of
 * 12.75 ms, shorter than Q.24 allows a receiver to accept. */
struct receiver {
	dtmf_rx_state_t *rx;
	unsigned samples; /* since the last change */
	char heard[HEARD_DIGITS_MAX];
	unsigned count;
	unsigned duration[HEARD_DIGITS_MAX], pause[HEARD_DIGITS_MAX];
};

static inline void receiver_changed(void *arg, int digit, int level,
				    int duration)
{
	struct receiver *r = arg;

	(void)level;
	if (!digit) {
		r->duration[r->count - 1] = (unsigned)duration;
		return;
	}
	assert_true(r->count < HEARD_DIGITS_MAX - 1);
	r->pause[r->count] = (unsigned)duration;
	r->heard[r->count++] = (char)digit;
}

static inline struct receiver *receiver_new(void)
{
	struct receiver *r = calloc(1, sizeof *r);

	r->rx = dtmf_rx_init(NULL, NULL, NULL);
	dtmf_rx_set_realtime_callback(r->rx, receiver_changed, r);
	return r;
}

static inline void receiver_free(struct receiver *r)
{
	dtmf_rx_free(r->rx);
	free(r);
}

static inline void receiver_hear(struct receiver *r, const uint8_t *samples,
				 size_t count)
{
	int16_t linear[BLOCK];

	while (count) {
		size_t n = count < BLOCK ? count : BLOCK;

		g711_decode_samples(G711_ALAW, linear, samples, n);
		dtmf_rx(r->rx, linear, (int)n);
		samples += n;
		count -= n;
	}
}

#endif
