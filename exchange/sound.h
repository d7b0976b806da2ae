/* What a B channel carries, block by block: tones out, echo, the bit-error
 * test. No clock: a block is 10 ms because the line says so. */
#ifndef TOLLGATE_SOUND_H
#define TOLLGATE_SOUND_H

#include "exchange/numbers.h"
#include "exchange/prbs.h"
#include "media/g711.h"

struct sound_tones; /* shared by all calls of an exchange */

/* 0, -ENOMEM. */
int sound_tones_new(struct sound_tones **out, enum g711_law law);
void sound_tones_free(struct sound_tones *tones);

struct sound {
	const struct sound_tones *tones;
	enum test_sound kind;
	unsigned position, elapsed; /* of a tone, in samples */
	struct prbs_sender sender;
	struct prbs_checker checker;
};

/* `tones` must outlive it. Starts silent. */
void sound_init(struct sound *sound, const struct sound_tones *tones);
/* Begins `kind` from its start; the checker's counts stay. */
void sound_start(struct sound *sound, enum test_sound kind);
/* One block: `in` was received, `out` is sent next. Blocks of TDM_BLOCK_BYTES.
 * Echo gives `in` back unchanged. */
void sound_block(struct sound *sound, const uint8_t *in, uint8_t *out);

#endif
