/* Tones as law-coded samples: steady ones, those of the telephone networks of
 * the world with their cadences, and the digits of a push-button telephone.
 *
 * Every frequency is a whole number of Hz, so each tone repeats after at most
 * 8000 samples: it is computed once and played from a table, the same octets
 * every time. Making one allocates and computes; playing does neither. Made,
 * it never changes: one may serve any number of players in any threads, each
 * of which keeps its own position.
 */
#ifndef TOLLGATE_TONES_H
#define TOLLGATE_TONES_H

#include "media/g711.h"

#include <stdbool.h>

struct tone;
struct cadence;
struct dtmf_tones;

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

/* Names as in E.180 and E.182. */
enum tone_kind {
	TONE_DIAL,
	TONE_BUSY,
	TONE_RINGBACK,
	TONE_CONGESTION,
	TONE_CALL_WAITING,
	TONE_DIAL_RECALL,
	TONE_RECORD,
	TONE_INFO, /* special information tone */
	TONE_STUTTER,
	TONE_HOLD, /* no zone has one: two short beeps at the frequency of
		      the zone's call waiting tone, each 5 s */
	TONE_KINDS
};

#define TONE_ZONE_DEFAULT "us"

/* Is there a zone of that name: mostly the two letters of a country ("de",
 * "uk"), in any case of the letters. */
bool tone_zone_known(const char *zone);
/* The names of all zones: row `index`, NULL behind the last. */
const char *tone_zone_name(unsigned index);

/* Makes the tone `kind` of `zone`; NULL or a zone that is not known sounds like
 * TONE_ZONE_DEFAULT, and so does a tone that the zone has not got. The level is
 * -10 dBm0 in total, the nominal one of E.180. 0, -EINVAL or -ENOMEM. */
int cadence_new(struct cadence **out, enum g711_law law, const char *zone,
		enum tone_kind kind);
/* The same of a description in libtonezone's own words, for tests and for what
 * no zone has: segments "f", "f+f" and "f+f+f" (sum), "f*f" (the first
 * modulated by the second), "f@" (10 dB lower), each with "/ms" behind it or
 * for ever without,
 * "!" before those that are played once; they are parted by commas. */
int cadence_parse(struct cadence **out, enum g711_law law,
		  const char *description);
/* NULL is fine. */
void cadence_free(struct cadence *cadence);

/* Writes `count` samples from `position` on, idle code in the pauses, and
 * returns the position behind them. A cadence begins at position 0; what it
 * returns stays small, however long it plays. */
unsigned cadence_play(const struct cadence *cadence, unsigned position,
		      uint8_t *out, size_t count);

/* Makes the 16 digits of Q.23: low group at -8 dBm0, high group at -6 (Q.24
 * allows the high one to be up to 4 dB above the low one). 128 kbyte.
 * 0 or -ENOMEM. */
int dtmf_tones_new(struct dtmf_tones **out, enum g711_law law);
/* NULL is fine. */
void dtmf_tones_free(struct dtmf_tones *tones);

/* Writes `count` samples of `digit` (0-9 A-D * #) from `position` on, as
 * tone_play does; idle code for what is no digit. How long a digit is and the
 * pause behind it are the player's: receivers want 40 ms of each at least,
 * 100 ms of each are customary (Q.24). */
unsigned dtmf_tones_play(const struct dtmf_tones *tones, char digit,
			 unsigned position, uint8_t *out, size_t count);

#endif
