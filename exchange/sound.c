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
/* The special information tone is the one tone that E.180 makes the same
 * everywhere. It stands for the words that follow it elsewhere, so it comes
 * again, also in countries that play it once. */
#define ANNOUNCEMENT "950/330,1400/330,1800/330,0/1000"

struct sound_tones {
	enum g711_law law;
	struct tone *milliwatt;
	struct cadence *ringback, *announcement;
	struct dtmf_tones *digits;
};

int sound_tones_new(struct sound_tones **out, enum g711_law law,
		    const char *zone)
{
	struct sound_tones *tones;

	if (!tone_zone_known(zone))
		return -EINVAL;
	tones = calloc(1, sizeof *tones);
	if (!tones)
		return -ENOMEM;
	tones->law = law;
	if (tone_new(&tones->milliwatt, law, MILLIWATT_HZ, MILLIWATT_DBM0) <
		    0 ||
	    cadence_new(&tones->ringback, law, zone, TONE_RINGBACK) < 0 ||
	    cadence_parse(&tones->announcement, law, ANNOUNCEMENT) < 0 ||
	    dtmf_tones_new(&tones->digits, law) < 0) {
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
	cadence_free(tones->ringback);
	cadence_free(tones->announcement);
	dtmf_tones_free(tones->digits);
	free(tones);
}

void sound_init(struct sound *sound, const struct sound_tones *tones)
{
	*sound = (struct sound){ .tones = tones };
	prbs_checker_init(&sound->checker);
}

void sound_free(struct sound *sound)
{
	readback_free(sound->readback);
	sound->readback = NULL;
}

int sound_start(struct sound *sound, enum test_sound kind)
{
	int err = 0;

	sound->position = 0;
	prbs_sender_init(&sound->sender);
	if (kind == SOUND_READBACK) {
		sound_free(sound);
		err = readback_new(&sound->readback, sound->tones->law,
				   sound->tones->digits);
	}
	sound->kind = err ? SOUND_SILENCE : kind;
	return err;
}

static void play(struct sound *sound, const struct cadence *cadence,
		 uint8_t *out)
{
	sound->position =
		cadence_play(cadence, sound->position, out, TDM_BLOCK_BYTES);
}

void sound_block(struct sound *sound, const uint8_t *in, uint8_t *out)
{
	const struct sound_tones *tones = sound->tones;

	switch (sound->kind) {
	case SOUND_SILENCE:
		memset(out, g711_idle(tones->law), TDM_BLOCK_BYTES);
		break;
	case SOUND_ECHO: memcpy(out, in, TDM_BLOCK_BYTES); break;
	case SOUND_MILLIWATT:
		sound->position = tone_play(tones->milliwatt, sound->position,
					    out, TDM_BLOCK_BYTES);
		break;
	case SOUND_BIT_ERROR:
		prbs_send(&sound->sender, out, TDM_BLOCK_BYTES);
		prbs_check(&sound->checker, in, TDM_BLOCK_BYTES);
		break;
	case SOUND_RINGBACK: play(sound, tones->ringback, out); break;
	case SOUND_ANNOUNCEMENT: play(sound, tones->announcement, out); break;
	case SOUND_READBACK: readback_block(sound->readback, in, out); break;
	}
}
