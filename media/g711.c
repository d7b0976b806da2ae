#include "media/g711.h"

#define SIGN 0x80 /* set: positive, in both laws */
#define MAGNITUDE 0x7f
#define ALAW_EVEN_BITS 0x55 /* inverted on the wire */
#define ULAW_BIAS 132	    /* 33 of table 2a's 14-bit scale, in 16 bits */
#define ULAW_CLIP 32635

/* Table 3/G.711: mu-law decoder output value number 0..127 to A-law number
 * 1..128. Not the nearest value everywhere: the table is made so that mu-A-mu
 * and A-mu-A leave bits 1 to 7 alone, which is why 80 goes to 81 here and
 * A-law 80 to 79 below. Common "corrected" copies of the tables lose that. */
static const uint8_t ulaw_to_alaw[128] = {
	1,   1,	  2,   2,   3,	 3,   4,   4,	5,   5,	  6,   6,   7,
	7,   8,	  8,   9,   10,	 11,  12,  13,	14,  15,  16,  17,  18,
	19,  20,  21,  22,  23,	 24,  25,  27,	29,  31,  33,  34,  35,
	36,  37,  38,  39,  40,	 41,  42,  43,	44,  46,  48,  49,  50,
	51,  52,  53,  54,  55,	 56,  57,  58,	59,  60,  61,  62,  64,
	65,  66,  67,  68,  69,	 70,  71,  72,	73,  74,  75,  76,  77,
	78,  79,  81,  82,  83,	 84,  85,  86,	87,  88,  89,  90,  91,
	92,  93,  94,  95,  96,	 97,  98,  99,	100, 101, 102, 103, 104,
	105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117,
	118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128,
};

/* Table 4/G.711: A-law number 1..128 (index is number - 1) to mu-law 0..127. */
static const uint8_t alaw_to_ulaw[128] = {
	1,   3,	  5,   7,   9,	 11,  13,  15,	16,  17,  18,  19,  20,
	21,  22,  23,  24,  25,	 26,  27,  28,	29,  30,  31,  32,  32,
	33,  33,  34,  34,  35,	 35,  36,  37,	38,  39,  40,  41,  42,
	43,  44,  45,  46,  47,	 48,  48,  49,	49,  50,  51,  52,  53,
	54,  55,  56,  57,  58,	 59,  60,  61,	62,  63,  64,  64,  65,
	66,  67,  68,  69,  70,	 71,  72,  73,	74,  75,  76,  77,  78,
	79,  79,  80,  81,  82,	 83,  84,  85,	86,  87,  88,  89,  90,
	91,  92,  93,  94,  95,	 96,  97,  98,	99,  100, 101, 102, 103,
	104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116,
	117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
};

uint8_t g711_idle(enum g711_law law)
{
	return law == G711_ALAW ? 0xd5 : 0xff;
}

const char *g711_law_name(enum g711_law law)
{
	return law == G711_ALAW ? "alaw" : "ulaw";
}

/* A value number is the magnitude of the code, counted from 1 in A-law and
 * inverted in mu-law (tables 1a and 2a, columns 6 and 8). */
static uint8_t to_alaw(uint8_t code)
{
	uint8_t number = ulaw_to_alaw[~code & MAGNITUDE];

	return (uint8_t)((code & SIGN) | ((number - 1) ^ ALAW_EVEN_BITS));
}

static uint8_t to_ulaw(uint8_t code)
{
	uint8_t number = alaw_to_ulaw[(code ^ ALAW_EVEN_BITS) & MAGNITUDE];

	return (uint8_t)((code & SIGN) | (number ^ MAGNITUDE));
}

void g711_convert(uint8_t *samples, size_t count, enum g711_law from,
		  enum g711_law to)
{
	if (from == to)
		return;
	if (to == G711_ALAW)
		for (size_t i = 0; i < count; i++)
			samples[i] = to_alaw(samples[i]);
	else
		for (size_t i = 0; i < count; i++)
			samples[i] = to_ulaw(samples[i]);
}

/* Segment of a magnitude whose lowest segment ends at bit 7. */
static int segment_of(int magnitude)
{
	return 31 - __builtin_clz((unsigned)magnitude | 0xff) - 7;
}

static uint8_t encode_alaw(int linear)
{
	uint8_t sign = linear >= 0 ? SIGN : 0;
	/* The negative decision values are the positive ones mirrored about
	 * zero, not about the code: -1 belongs to the first negative step. */
	int magnitude = linear >= 0 ? linear : -linear - 1;
	int segment = segment_of(magnitude);
	int step = magnitude >> (segment ? segment + 3 : 4) & 0x0f;

	return (uint8_t)((sign | segment << 4 | step) ^ ALAW_EVEN_BITS);
}

static uint8_t encode_ulaw(int linear)
{
	uint8_t sign = linear >= 0 ? SIGN : 0;
	int magnitude = linear >= 0 ? linear : -linear;
	int segment, step;

	if (magnitude > ULAW_CLIP)
		magnitude = ULAW_CLIP;
	magnitude += ULAW_BIAS;
	segment = segment_of(magnitude);
	step = magnitude >> (segment + 3) & 0x0f;
	return (uint8_t)(sign | ((segment << 4 | step) ^ MAGNITUDE));
}

uint8_t g711_encode_sample(enum g711_law law, int16_t linear)
{
	return law == G711_ALAW ? encode_alaw(linear) : encode_ulaw(linear);
}

/* The decoder output values of tables 1a and 2a on the scale of 16-bit linear,
 * computed by the compiler: of a code's segment and step, in the middle. */
#define ALAW_BITS(code) ((code) ^ ALAW_EVEN_BITS)
#define ALAW_SEGMENT(code) (ALAW_BITS(code) >> 4 & 7)
#define ALAW_STEP(code) ((ALAW_BITS(code) & 0x0f) << 4 | 8)
#define ALAW_MAGNITUDE(code)                                  \
	((ALAW_STEP(code) + (ALAW_SEGMENT(code) ? 0x100 : 0)) \
	 << (ALAW_SEGMENT(code) ? ALAW_SEGMENT(code) - 1 : 0))
#define ALAW(code) ((code)&SIGN ? ALAW_MAGNITUDE(code) : -ALAW_MAGNITUDE(code))

#define ULAW_BITS(code) (~(code)&MAGNITUDE)
#define ULAW_MAGNITUDE(code)                            \
	(((((ULAW_BITS(code) & 0x0f) << 3) + ULAW_BIAS) \
	  << (ULAW_BITS(code) >> 4)) -                  \
	 ULAW_BIAS)
#define ULAW(code) ((code)&SIGN ? ULAW_MAGNITUDE(code) : -ULAW_MAGNITUDE(code))

#define OF_4(f, n) f(n), f((n) + 1), f((n) + 2), f((n) + 3)
#define OF_16(f, n) \
	OF_4(f, n), OF_4(f, (n) + 4), OF_4(f, (n) + 8), OF_4(f, (n) + 12)
#define OF_64(f, n) \
	OF_16(f, n), OF_16(f, (n) + 16), OF_16(f, (n) + 32), OF_16(f, (n) + 48)
#define OF_256(f) OF_64(f, 0), OF_64(f, 64), OF_64(f, 128), OF_64(f, 192)

static const int16_t linear_of[][256] = {
	[G711_ALAW] = { OF_256(ALAW) },
	[G711_ULAW] = { OF_256(ULAW) },
};

int16_t g711_decode_sample(enum g711_law law, uint8_t code)
{
	return linear_of[law][code];
}

void g711_decode_samples(enum g711_law law, int16_t *out,
			 const uint8_t *samples, size_t count)
{
	const int16_t *table = linear_of[law];

	for (size_t i = 0; i < count; i++)
		out[i] = table[samples[i]];
}
