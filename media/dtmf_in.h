/* Finds in-band DTMF in what the B channel says, by spandsp's detector at its
 * own settings.
 *
 * It judges blocks of 12.75 ms and is sure after two that agree. The first of
 * them is told too: it is the last moment at which a sender of RTP can keep the
 * tone to itself. A tone that began one block before that has leaked at most
 * 23 ms, which no receiver takes for a digit (Q.24).
 */
#ifndef TOLLGATE_DTMF_IN_H
#define TOLLGATE_DTMF_IN_H

#include "media/g711.h"

#include <stdbool.h>

#define DTMF_IN_BLOCK 80 /* samples */
#define DTMF_IN_NONE (-1)
/* Samples from the beginning or the end of a tone, as it is estimated, until
 * that is sure: two blocks, and half of what a block may lack of the tone, or
 * hold of it, and still be judged like a whole one. */
#define DTMF_IN_DELAY_BEGIN 244
#define DTMF_IN_DELAY_END 164

struct dtmf_in;

struct dtmf_heard {
	int code;	/* RFC 4733 event of the digit heard, or DTMF_IN_NONE */
	bool maybe;	/* one may have begun: the next block decides */
	uint8_t volume; /* of the digit: its power is -volume dBm0 */
	/* Samples of the input that came after this was sure: the digit began
	 * or the one before ended so many samples, plus the delay above, before
	 * the input's end. */
	unsigned age;
};

/* 0 or -ENOMEM. */
int dtmf_in_new(struct dtmf_in **out, enum g711_law law);
/* NULL is fine. */
void dtmf_in_free(struct dtmf_in *in);

/* Forgets what was heard: the input has a gap before its next sample. */
void dtmf_in_restart(struct dtmf_in *in);

/* Hears a block, contiguous with the one before. */
void dtmf_in_hear(struct dtmf_in *in, const uint8_t block[DTMF_IN_BLOCK],
		  struct dtmf_heard *out);

#endif
