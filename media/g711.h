/* G.711 companding laws and the table that turns one into the other. */
#ifndef TOLLGATE_G711_H
#define TOLLGATE_G711_H

#include <stddef.h>
#include <stdint.h>

enum g711_law {
	G711_ALAW, /* PCMA, RTP payload type 8, E1 spans */
	G711_ULAW, /* PCMU, RTP payload type 0, T1 spans */
};

/* Idle code of a law: the value a quiet channel carries (A-law 0xD5, mu-law
 * 0xFF; G.711 tables 1a and 2a, even bits inverted for A-law). */
uint8_t g711_idle(enum g711_law law);

/* "alaw" / "ulaw". */
const char *g711_law_name(enum g711_law law);

/* Converts `count` samples in place by the tables of G.711 (mu to A: table 3,
 * A to mu: table 4). Same law: nothing is touched. */
void g711_convert(uint8_t *samples, size_t count, enum g711_law from,
		  enum g711_law to);

/* One sample to and from 16-bit linear, for tones and measurements. (spandsp
 * exports g711_encode and g711_decode: those names are taken.) */
uint8_t g711_encode_sample(enum g711_law law, int16_t linear);
int16_t g711_decode_sample(enum g711_law law, uint8_t code);
void g711_decode_samples(enum g711_law law, int16_t *out,
			 const uint8_t *samples, size_t count);

#endif
