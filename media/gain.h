/* Louder or softer, without leaving the law: a table of 256 codes.
 *
 * DAHDI has such tables too (DAHDI_SETGAINS) and applies them in software as
 * well, so they are no faster, only for cards, and lost when the channel leaves
 * its audio mode. Ours work alike on every span. 0 dB has no table: what
 * nothing needs to touch stays bit-exact.
 */
#ifndef TOLLGATE_GAIN_H
#define TOLLGATE_GAIN_H

#include "media/g711.h"

#include <stddef.h>

#define GAIN_MAX_DDB 240 /* either way, tenths of a dB */

struct gain {
	uint8_t table[256];
};

/* A table for codes of `law`, owned by the caller (free). 0 and NULL for 0 dB;
 * -ENOMEM. What is too loud is clipped at the law's largest code; the idle code
 * stays what it is, for silence has no level. */
int gain_new(struct gain **out, enum g711_law law, int ddb);

/* Nothing happens when `gain` is NULL. */
void gain_apply(const struct gain *gain, uint8_t *samples, size_t count);

#endif
