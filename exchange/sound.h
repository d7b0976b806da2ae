/* What a B channel carries, block by block: tones out, echo, digits, the
 * bit-error test. No clock: a block is 10 ms because the line says so. */
#ifndef TOLLGATE_SOUND_H
#define TOLLGATE_SOUND_H

#include "exchange/numbers.h"
#include "exchange/prbs.h"
#include "exchange/readback.h"
#include "media/g711.h"

struct sound_tones; /* shared by all calls of an exchange */

/* `zone` names the country whose ring-back tone it is. 0, -EINVAL for one that
 * is not known, -ENOMEM. */
int sound_tones_new(struct sound_tones **out, enum g711_law law,
		    const char *zone);
void sound_tones_free(struct sound_tones *tones);

struct sound {
	const struct sound_tones *tones;
	enum test_sound kind;
	unsigned position;	   /* of a tone, in samples */
	struct readback *readback; /* since SOUND_READBACK began */
	struct prbs_sender sender;
	struct prbs_checker checker;
};

/* `tones` must outlive it. Starts silent. */
void sound_init(struct sound *sound, const struct sound_tones *tones);
void sound_free(struct sound *sound);
/* Begins `kind` from its start; what the checker counted and what digits were
 * heard stays. 0, or -ENOMEM and it is silent. */
int sound_start(struct sound *sound, enum test_sound kind);
/* One block: `in` was received, `out` is sent next. Blocks of TDM_BLOCK_BYTES.
 * Echo gives `in` back unchanged. */
void sound_block(struct sound *sound, const uint8_t *in, uint8_t *out);

#endif
