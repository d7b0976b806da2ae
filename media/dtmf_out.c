#include "media/dtmf_out.h"

#include "media/spandsp.h"

#include <string.h>

#define SAMPLES_PER_MS 8
#define TONE_MIN (DTMF_OUT_TONE_MIN_MS * SAMPLES_PER_MS)
#define TONE_MAX (DTMF_OUT_TONE_MAX_MS * SAMPLES_PER_MS)
#define PAUSE_MIN (DTMF_OUT_PAUSE_MIN_MS * SAMPLES_PER_MS)
/* Each of two equal tones has half of the power. */
#define HALF_DB (-3.01f)

/* Q.23: low and high frequency in Hz, by event code. */
static const float frequency[TELEPHONE_EVENT_DIGITS][2] = {
	{ 941, 1336 }, { 697, 1209 }, { 697, 1336 }, { 697, 1477 },
	{ 770, 1209 }, { 770, 1336 }, { 770, 1477 }, { 852, 1209 },
	{ 852, 1336 }, { 852, 1477 }, { 941, 1209 }, { 941, 1477 },
	{ 697, 1633 }, { 770, 1633 }, { 852, 1633 }, { 941, 1633 },
};

void dtmf_out_init(struct dtmf_out *out, enum g711_law law)
{
	*out = (struct dtmf_out){ .law = law };
}

static uint32_t at_most(uint32_t n, uint32_t limit)
{
	return n < limit ? n : limit;
}

static void begin(struct dtmf_out *out, struct dtmf_queue *queue)
{
	const struct dtmf_key *key = dtmf_queue_first(queue);
	int level = -(int)key->volume;

	if (level > DTMF_OUT_DBM0_MAX)
		level = DTMF_OUT_DBM0_MAX;
	if (level < DTMF_OUT_DBM0_MIN)
		level = DTMF_OUT_DBM0_MIN;
	for (int i = 0; i < 2; i++) {
		out->phase[i] = 0;
		out->rate[i] = dds_phase_rate(frequency[key->code][i]);
	}
	out->scale = dds_scaling_dbm0((float)level + HALF_DB);
	out->playing = true;
	out->played = 0;
	out->begun++;
	dtmf_queue_start(queue);
}

static void end(struct dtmf_out *out, struct dtmf_queue *queue)
{
	out->playing = false;
	out->pause = PAUSE_MIN;
	dtmf_queue_drop(queue);
}

static void tone(struct dtmf_out *out, uint8_t *samples, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		int linear = 0;

		for (int t = 0; t < 2; t++)
			linear += dds_mod(&out->phase[t], out->rate[t],
					  out->scale, 0);
		if (linear > INT16_MAX)
			linear = INT16_MAX;
		if (linear < INT16_MIN)
			linear = INT16_MIN;
		samples[i] = g711_encode_sample(out->law, (int16_t)linear);
	}
	out->played += count;
}

/* How much of the tone is still to be played, as far as is known: one that has
 * not ended goes on at least for what is asked. */
static uint32_t tone_left(const struct dtmf_out *out,
			  const struct dtmf_key *key, uint32_t asked)
{
	uint32_t whole = key->duration;

	if (whole < TONE_MIN)
		whole = TONE_MIN;
	if (!key->ended && !key->closed && whole < out->played + asked)
		whole = out->played + asked;
	whole = at_most(whole, TONE_MAX);
	return whole > out->played ? whole - out->played : 0;
}

/* Samples until the next tone may begin; UINT32_MAX when none is known. */
static uint32_t until_next(const struct dtmf_out *out,
			   const struct dtmf_queue *queue, uint32_t at)
{
	const struct dtmf_key *key = dtmf_queue_first(queue);
	int32_t wait;

	if (!key)
		return UINT32_MAX;
	wait = (int32_t)(key->due - (queue->now + at));
	return wait > (int32_t)out->pause ? (uint32_t)wait : out->pause;
}

/* Between tones there is audio, but silence where a tone is only kept back by
 * the pause: the audio would be of the time of that tone. */
static uint32_t no_tone(struct dtmf_out *out, const struct dtmf_queue *queue,
			uint8_t *samples, uint32_t at, uint32_t count)
{
	const struct dtmf_key *key = dtmf_queue_first(queue);
	uint32_t audio = count;

	if (key && (int32_t)(key->due - (queue->now + at)) < (int32_t)count) {
		int32_t wait = (int32_t)(key->due - (queue->now + at));

		audio = wait > 0 ? (uint32_t)wait : 0;
	}
	memset(samples + audio, g711_idle(out->law), count - audio);
	out->pause -= at_most(out->pause, count);
	return count - audio;
}

size_t dtmf_out_play(struct dtmf_out *out, struct dtmf_queue *queue,
		     uint8_t *samples, size_t size)
{
	uint32_t count = (uint32_t)size, at = 0, replaced = 0;

	while (at < count) {
		uint32_t rest = count - at, n;

		if (out->playing) {
			n = at_most(tone_left(out, dtmf_queue_first(queue),
					      rest),
				    rest);
			tone(out, samples + at, n);
			replaced += n;
			if (n < rest)
				end(out, queue);
		} else {
			n = at_most(until_next(out, queue, at), rest);
			replaced += no_tone(out, queue, samples + at, at, n);
			if (n < rest)
				begin(out, queue);
		}
		at += n;
	}
	dtmf_queue_pass(queue, count);
	return replaced;
}
