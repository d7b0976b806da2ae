/* Listens for DTMF digits and, a second after the last one, plays back those
 * that it has not played yet: 100 ms each, with pauses of 100 ms. */
#ifndef TOLLGATE_READBACK_H
#define TOLLGATE_READBACK_H

#include "media/g711.h"

#define READBACK_DIGITS_MAX 256

struct readback;
struct dtmf_tones;

/* The digits heard, the first READBACK_DIGITS_MAX of them. */
struct readback_digits {
	char text[READBACK_DIGITS_MAX + 1];
	unsigned count; /* of all */
};

/* `tones` must outlive it. 0, -ENOMEM. */
int readback_new(struct readback **out, enum g711_law law,
		 const struct dtmf_tones *tones);
/* NULL is fine. */
void readback_free(struct readback *readback);

/* One block of TDM_BLOCK_BYTES: `in` was received, `out` is sent next. */
void readback_block(struct readback *readback, const uint8_t *in, uint8_t *out);

/* Also after the last block. NULL has heard nothing. */
void readback_heard(const struct readback *readback,
		    struct readback_digits *out);

#endif
