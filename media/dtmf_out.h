/* Plays key presses to the B channel as in-band tones (Q.23), in place of the
 * audio, for as long as the keys were held.
 *
 * A press begins at the sample where audio of its timestamp would be played,
 * so what of the tone the sender left in its audio joins up with ours and is
 * one digit to who listens. However short a press was, its tone and the pause
 * after it last long enough for any receiver (Q.24); so presses faster than
 * that wait for each other.
 */
#ifndef TOLLGATE_DTMF_OUT_H
#define TOLLGATE_DTMF_OUT_H

#include "media/dtmf_queue.h"
#include "media/g711.h"

/* Q.24 has receivers take 40 ms of tone and of pause in most networks. */
#define DTMF_OUT_TONE_MIN_MS 40
#define DTMF_OUT_PAUSE_MIN_MS 40
/* A key on which something lies. */
#define DTMF_OUT_TONE_MAX_MS 20000
/* Levels that are played as the volume asks. A dual tone at the upper bound
 * still fits into the law; at the lower one every receiver hears it (Q.24). */
#define DTMF_OUT_DBM0_MAX (-3)
#define DTMF_OUT_DBM0_MIN (-22)

struct dtmf_out {
	enum g711_law law;
	bool playing;
	uint32_t played; /* samples of this tone */
	uint32_t pause;	 /* samples until another may begin */
	uint32_t phase[2];
	int32_t rate[2];
	int16_t scale;
	uint64_t begun; /* tones, ever */
};

void dtmf_out_init(struct dtmf_out *out, enum g711_law law);

/* Puts what is due of the queue over `samples`, whose time passes for the queue
 * too. Returns how many samples were replaced. */
size_t dtmf_out_play(struct dtmf_out *out, struct dtmf_queue *queue,
		     uint8_t *samples, size_t count);

#endif
