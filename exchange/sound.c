#include "exchange/sound.h"

#include "dahdi/driver.h"
#include "media/tones.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* 1004 Hz, not 1000: a divisor of the sampling rate would exercise 8 codes of
 * the 256 only (O.133). */
#define MILLIWATT_HZ 1004
#define MILLIWATT_DBM0 0.0
/* Ring-back: E.180 supplement 2, Germany and most of Europe. The level is the
 * middle of what E.180 recommends. A second holds whole periods of it. */
#define RINGBACK_HZ 425
#define RINGBACK_DBM0 -10.0
#define RINGBACK_ON 8000
#define RINGBACK_CYCLE 40000

struct sound_tones {
	enum g711_law law;
	struct tone *milliwatt, *ringback;
};

int sound_tones_new(struct sound_tones **out, enum g711_law law)
{
	struct sound_tones *tones = calloc(1, sizeof *tones);

	if (!tones)
		return -ENOMEM;
	tones->law = law;
	if (tone_new(&tones->milliwatt, law, MILLIWATT_HZ, MILLIWATT_DBM0) <
		    0 ||
	    tone_new(&tones->ringback, law, RINGBACK_HZ, RINGBACK_DBM0) < 0) {
		sound_tones_free(tones);
		return -ENOMEM;
	}
	*out = tones;
	return 0;
}

void sound_tones_free(struct sound_tones *tones)
{
	if (!tones)
		return;
	tone_free(tones->milliwatt);
	tone_free(tones->ringback);
	free(tones);
}

void sound_init(struct sound *sound, const struct sound_tones *tones)
{
	*sound = (struct sound){ .tones = tones };
	prbs_checker_init(&sound->checker);
}

void sound_start(struct sound *sound, enum test_sound kind)
{
	sound->kind = kind;
	sound->position = sound->elapsed = 0;
	prbs_sender_init(&sound->sender);
}

static void ringback(struct sound *sound, uint8_t *out)
{
	const struct sound_tones *tones = sound->tones;

	if (sound->elapsed < RINGBACK_ON)
		sound->position = tone_play(tones->ringback, sound->position,
					    out, TDM_BLOCK_BYTES);
	else
		memset(out, g711_idle(tones->law), TDM_BLOCK_BYTES);
	sound->elapsed = (sound->elapsed + TDM_BLOCK_BYTES) % RINGBACK_CYCLE;
}

void sound_block(struct sound *sound, const uint8_t *in, uint8_t *out)
{
	switch (sound->kind) {
	case SOUND_SILENCE:
		memset(out, g711_idle(sound->tones->law), TDM_BLOCK_BYTES);
		break;
	case SOUND_ECHO: memcpy(out, in, TDM_BLOCK_BYTES); break;
	case SOUND_MILLIWATT:
		sound->position =
			tone_play(sound->tones->milliwatt, sound->position, out,
				  TDM_BLOCK_BYTES);
		break;
	case SOUND_BIT_ERROR:
		prbs_send(&sound->sender, out, TDM_BLOCK_BYTES);
		prbs_check(&sound->checker, in, TDM_BLOCK_BYTES);
		break;
	case SOUND_RINGBACK: ringback(sound, out); break;
	}
}
