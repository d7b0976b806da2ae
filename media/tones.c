#include "media/tones.h"

#include <ctype.h>
#include <dahdi/tonezone.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_RATE 8000
#define SAMPLES_PER_MS (SAMPLE_RATE / 1000)
/* A sine of the peak below is at the load capacity of its law (G.711 table 5:
 * +3.14 dBm0 A-law, +3.17 dBm0 mu-law): the virtual decision values 4096 and
 * 8159 on the scale of 16-bit linear. */
#define ALAW_PEAK 32768.0
#define ALAW_PEAK_DBM0 3.14
#define ULAW_PEAK 32636.0
#define ULAW_PEAK_DBM0 3.17

/* E.180 has -10 dBm0 as the nominal level and -15..-5 as its limits, the tone
 * measured without its pauses. */
#define CADENCE_DBM0 -10.0
#define MIX_MAX 3
#define SOFT_DB                                                      \
	10.0 /* "425@": the Australian congestion tone's second half \
	      */
#define MODULATION_DEPTH 0.9
#define HOLD_CADENCE "%.24s/200,0/200,%.24s/200,0/4400"

#define SEGMENTS_MAX 64
#define MS_MAX 600000

#define DTMF_LOW_DBM0 -8.0
#define DTMF_HIGH_DBM0 -6.0
#define DTMF_DIGITS 16

struct tone {
	unsigned period;
	uint8_t samples[];
};

/* Sines: their sum, or the second one the envelope of the first. */
struct mix {
	unsigned hz[MIX_MAX]; /* 0: not there */
	double dbm0[MIX_MAX];
	bool modulated;
};

static unsigned greatest_common_divisor(unsigned a, unsigned b)
{
	while (b) {
		unsigned rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static double peak_of(enum g711_law law, double level_dbm0)
{
	if (law == G711_ULAW)
		return ULAW_PEAK * pow(10, (level_dbm0 - ULAW_PEAK_DBM0) / 20);
	return ALAW_PEAK * pow(10, (level_dbm0 - ALAW_PEAK_DBM0) / 20);
}

static double sine(unsigned hz, unsigned sample)
{
	return sin(2 * M_PI * hz * sample / SAMPLE_RATE);
}

/* Modulated, the level is that of the whole: the power of carrier and side
 * bands. */
static double modulated(const struct mix *mix, double peak, unsigned i)
{
	return peak * sine(mix->hz[0], i) *
	       (1 + MODULATION_DEPTH * sine(mix->hz[1], i)) /
	       sqrt(1 + MODULATION_DEPTH * MODULATION_DEPTH / 2);
}

static int16_t sample_of(const struct mix *mix, const double peak[MIX_MAX],
			 unsigned i)
{
	double sum = 0;

	if (mix->modulated)
		sum = modulated(mix, peak[0], i);
	else
		for (unsigned n = 0; n < MIX_MAX; n++)
			sum += peak[n] * sine(mix->hz[n], i);
	if (sum > INT16_MAX)
		return INT16_MAX;
	return sum < INT16_MIN ? INT16_MIN : (int16_t)lround(sum);
}

static struct tone *render(enum g711_law law, const struct mix *mix)
{
	unsigned divisor = SAMPLE_RATE;
	double peak[MIX_MAX];
	struct tone *tone;

	for (unsigned n = 0; n < MIX_MAX; n++) {
		divisor = greatest_common_divisor(divisor, mix->hz[n]);
		peak[n] = peak_of(law, mix->dbm0[n]);
	}
	tone = malloc(sizeof *tone + SAMPLE_RATE / divisor);
	if (!tone)
		return NULL;
	tone->period = SAMPLE_RATE / divisor;
	for (unsigned i = 0; i < tone->period; i++)
		tone->samples[i] =
			g711_encode_sample(law, sample_of(mix, peak, i));
	return tone;
}

int tone_new(struct tone **out, enum g711_law law, unsigned frequency_hz,
	     double level_dbm0)
{
	struct mix mix = { .hz = { frequency_hz }, .dbm0 = { level_dbm0 } };

	if (frequency_hz < 1 || frequency_hz >= SAMPLE_RATE / 2 ||
	    level_dbm0 > ALAW_PEAK_DBM0)
		return -EINVAL;
	*out = render(law, &mix);
	return *out ? 0 : -ENOMEM;
}

void tone_free(struct tone *tone)
{
	free(tone);
}

unsigned tone_play(const struct tone *tone, unsigned position, uint8_t *out,
		   size_t count)
{
	unsigned at = position % tone->period;

	for (size_t i = 0; i < count; i++) {
		out[i] = tone->samples[at];
		if (++at == tone->period)
			at = 0;
	}
	return at;
}

struct segment {
	struct tone *tone;	/* NULL: a pause */
	unsigned start, length; /* samples; length 0: for ever */
};

struct cadence {
	enum g711_law law;
	unsigned count;
	unsigned again; /* the segment that follows the last one */
	struct segment segment[SEGMENTS_MAX];
};

static bool read_number(const char **at, unsigned long max, unsigned *out)
{
	char *end;
	unsigned long value;

	if (!isdigit((unsigned char)**at))
		return false;
	value = strtoul(*at, &end, 10);
	*at = end;
	*out = (unsigned)value;
	return value <= max;
}

/* "f", "f@", "f*f", "f+f", "f+f+f". */
static bool read_mix(const char **at, struct mix *out)
{
	double level = CADENCE_DBM0;
	unsigned count = 1;

	*out = (struct mix){ .modulated = false };
	if (!read_number(at, UINT16_MAX, &out->hz[0]))
		return false;
	if (**at == '@') {
		level -= SOFT_DB;
		++*at;
	}
	while (!out->modulated && (**at == '+' || **at == '*')) {
		out->modulated = *(*at)++ == '*';
		if (count == (out->modulated ? 2 : MIX_MAX) ||
		    !read_number(at, UINT16_MAX, &out->hz[count++]))
			return false;
	}
	if (!out->modulated)
		level -= 10 * log10(count);
	for (unsigned n = 0; n < MIX_MAX; n++)
		out->dbm0[n] = level;
	return true;
}

/* Beyond half the sampling rate there is no tone. One zone has "10000/400"
 * where its network has a pause. */
static bool is_audible(const struct mix *mix)
{
	for (unsigned n = 0; n < MIX_MAX; n++)
		if (mix->hz[n] >= SAMPLE_RATE / 2)
			return false;
	return mix->hz[0];
}

static int add_segment(struct cadence *cadence, const struct mix *mix,
		       unsigned ms)
{
	struct segment *segment = &cadence->segment[cadence->count];

	if (cadence->count == SEGMENTS_MAX)
		return -EINVAL;
	*segment = (struct segment){ .length = ms * SAMPLES_PER_MS };
	if (cadence->count)
		segment->start = segment[-1].start + segment[-1].length;
	if (is_audible(mix)) {
		segment->tone = render(cadence->law, mix);
		if (!segment->tone)
			return -ENOMEM;
	}
	cadence->count++;
	return 0;
}

/* Some zones forget the comma before a "!". */
static int read_segments(struct cadence *cadence, const char *at)
{
	static const struct mix pause;
	bool repeats = false;
	int err = 0;

	while (*at && !err) {
		bool once = *at == '!';
		unsigned ms = 0;
		struct mix mix;

		at += once;
		if (!read_mix(&at, &mix))
			return -EINVAL;
		if (*at == '/') {
			at++;
			if (!read_number(&at, MS_MAX, &ms))
				return -EINVAL;
		}
		if (!once && !repeats)
			cadence->again = cadence->count;
		repeats = repeats || !once;
		err = add_segment(cadence, &mix, ms);
		if (*at == ',')
			at++;
		else if (*at && *at != '!')
			return -EINVAL;
	}
	if (err || repeats)
		return err;
	/* Silence after what is played once. */
	cadence->again = cadence->count;
	return add_segment(cadence, &pause, 0);
}

int cadence_parse(struct cadence **out, enum g711_law law,
		  const char *description)
{
	struct cadence *cadence = calloc(1, sizeof *cadence);
	int err;

	if (!cadence)
		return -ENOMEM;
	cadence->law = law;
	err = read_segments(cadence, description);
	if (err < 0) {
		cadence_free(cadence);
		return err;
	}
	*out = cadence;
	return 0;
}

void cadence_free(struct cadence *cadence)
{
	if (!cadence)
		return;
	for (unsigned i = 0; i < cadence->count; i++)
		tone_free(cadence->segment[i].tone);
	free(cadence);
}

/* The segment that `position` is in; behind the last one it becomes the begin
 * of the first that is repeated. */
static const struct segment *seek(const struct cadence *cadence,
				  unsigned *position)
{
	for (unsigned i = 0; i < cadence->count; i++) {
		const struct segment *segment = &cadence->segment[i];

		if (!segment->length ||
		    *position - segment->start < segment->length)
			return segment;
	}
	*position = cadence->segment[cadence->again].start;
	return &cadence->segment[cadence->again];
}

/* A segment for ever begins anew with each period. */
static unsigned fold(const struct segment *segment, unsigned in)
{
	if (segment->length)
		return in;
	return segment->tone ? in % segment->tone->period : 0;
}

unsigned cadence_play(const struct cadence *cadence, unsigned position,
		      uint8_t *out, size_t count)
{
	while (count) {
		const struct segment *segment = seek(cadence, &position);
		unsigned in = fold(segment, position - segment->start);
		size_t part = count;

		if (segment->length && segment->length - in < part)
			part = segment->length - in;
		if (segment->tone)
			tone_play(segment->tone, in, out, part);
		else
			memset(out, g711_idle(cadence->law), part);
		position = segment->start + in + (unsigned)part;
		out += part;
		count -= part;
	}
	return position;
}

/* libtonezone's own numbers, its entries are in no order. */
static const int library_kind[TONE_KINDS] = {
	[TONE_DIAL] = DAHDI_TONE_DIALTONE,
	[TONE_BUSY] = DAHDI_TONE_BUSY,
	[TONE_RINGBACK] = DAHDI_TONE_RINGTONE,
	[TONE_CONGESTION] = DAHDI_TONE_CONGESTION,
	[TONE_CALL_WAITING] = DAHDI_TONE_CALLWAIT,
	[TONE_DIAL_RECALL] = DAHDI_TONE_DIALRECALL,
	[TONE_RECORD] = DAHDI_TONE_RECORDTONE,
	[TONE_INFO] = DAHDI_TONE_INFO,
	[TONE_STUTTER] = DAHDI_TONE_STUTTER,
	[TONE_HOLD] = DAHDI_TONE_CALLWAIT,
};

static const struct tone_zone *find_zone(const char *zone)
{
	return zone ? tone_zone_find((char *)(uintptr_t)zone) : NULL;
}

bool tone_zone_known(const char *zone)
{
	return find_zone(zone);
}

const char *tone_zone_name(unsigned index)
{
	for (unsigned i = 0; builtin_zones[i].zone >= 0; i++)
		if (i == index)
			return builtin_zones[i].country;
	return NULL;
}

static const char *find_tone(const struct tone_zone *zone, enum tone_kind kind)
{
	for (unsigned i = 0; zone && i < DAHDI_TONE_MAX; i++)
		if (zone->tones[i].toneid == library_kind[kind] &&
		    *zone->tones[i].data)
			return zone->tones[i].data;
	return NULL;
}

/* The frequencies of the first segment, without its time. */
static int hold_new(struct cadence **out, enum g711_law law,
		    const char *waiting)
{
	char beep[24], text[128];

	waiting += *waiting == '!';
	snprintf(beep, sizeof beep, "%.*s", (int)strcspn(waiting, "/,!"),
		 waiting);
	snprintf(text, sizeof text, HOLD_CADENCE, beep, beep);
	return cadence_parse(out, law, text);
}

int cadence_new(struct cadence **out, enum g711_law law, const char *zone,
		enum tone_kind kind)
{
	const char *text = find_tone(find_zone(zone), kind);

	if (!text)
		text = find_tone(find_zone(TONE_ZONE_DEFAULT), kind);
	if (!text)
		return -EINVAL;
	return kind == TONE_HOLD ? hold_new(out, law, text)
				 : cadence_parse(out, law, text);
}

struct dtmf_tones {
	enum g711_law law;
	struct tone *digit[DTMF_DIGITS];
};

/* Q.23 table 1: a row for each low frequency. */
static const char dtmf_keys[DTMF_DIGITS + 1] = "123A456B789C*0#D";
static const unsigned dtmf_low_hz[] = { 697, 770, 852, 941 };
static const unsigned dtmf_high_hz[] = { 1209, 1336, 1477, 1633 };

int dtmf_tones_new(struct dtmf_tones **out, enum g711_law law)
{
	struct dtmf_tones *tones = calloc(1, sizeof *tones);

	if (!tones)
		return -ENOMEM;
	tones->law = law;
	for (unsigned i = 0; i < DTMF_DIGITS; i++) {
		struct mix mix = {
			.hz = { dtmf_low_hz[i / 4], dtmf_high_hz[i % 4] },
			.dbm0 = { DTMF_LOW_DBM0, DTMF_HIGH_DBM0 },
		};

		tones->digit[i] = render(law, &mix);
		if (!tones->digit[i]) {
			dtmf_tones_free(tones);
			return -ENOMEM;
		}
	}
	*out = tones;
	return 0;
}

void dtmf_tones_free(struct dtmf_tones *tones)
{
	for (unsigned i = 0; tones && i < DTMF_DIGITS; i++)
		tone_free(tones->digit[i]);
	free(tones);
}

unsigned dtmf_tones_play(const struct dtmf_tones *tones, char digit,
			 unsigned position, uint8_t *out, size_t count)
{
	const char *key = digit ? strchr(dtmf_keys, digit) : NULL;

	if (key)
		return tone_play(tones->digit[key - dtmf_keys], position, out,
				 count);
	memset(out, g711_idle(tones->law), count);
	return position;
}
