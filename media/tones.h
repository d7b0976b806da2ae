/* Steady tones as law-coded samples.
 *
 * A tone of a whole frequency in Hz repeats after at most 8000 samples, so it
 * is computed once and played from a table: phase-continuous for ever and the
 * same octets every time. Its maker may be any thread, its players too.
 */
#ifndef TOLLGATE_TONES_H
#define TOLLGATE_TONES_H

#include "media/g711.h"

struct tone;

/* Makes a tone of `frequency_hz` (1..3999) at `level_dbm0` (at most 3.14, the
 * load capacity of A-law). 0, -EINVAL or -ENOMEM. */
int tone_new(struct tone **out, enum g711_law law, unsigned frequency_hz,
	     double level_dbm0);
/* NULL is fine. */
void tone_free(struct tone *tone);

/* Writes `count` samples from `position` of the tone on and returns the
 * position behind them; a tone begins, with phase 0, at position 0. */
unsigned tone_play(const struct tone *tone, unsigned position, uint8_t *out,
		   size_t count);

#endif
