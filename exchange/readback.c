#include "exchange/readback.h"

#include "dahdi/driver.h"
#include "media/spandsp.h"
#include "media/tones.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES_PER_MS 8
#define QUIET (1000 * SAMPLES_PER_MS)
/* Whole blocks, both. */
#define DIGIT_ON (100 * SAMPLES_PER_MS)
#define DIGIT_CYCLE (200 * SAMPLES_PER_MS)

struct readback {
	enum g711_law law;
	const struct dtmf_tones *tones;
	dtmf_rx_state_t *receiver;
	struct readback_digits heard;
	unsigned stored, played; /* digits of heard.text */
	unsigned quiet;		 /* samples since the last digit's end */
	bool playing;
	unsigned elapsed, position; /* samples: of the cycle, of the tone */
};

int readback_new(struct readback **out, enum g711_law law,
		 const struct dtmf_tones *tones)
{
	struct readback *readback = calloc(1, sizeof *readback);

	if (!readback)
		return -ENOMEM;
	readback->law = law;
	readback->tones = tones;
	readback->receiver = dtmf_rx_init(NULL, NULL, NULL);
	if (!readback->receiver) {
		readback_free(readback);
		return -ENOMEM;
	}
	*out = readback;
	return 0;
}

void readback_free(struct readback *readback)
{
	if (!readback)
		return;
	if (readback->receiver)
		dtmf_rx_free(readback->receiver);
	free(readback);
}

static void store(struct readback *readback, char digit)
{
	readback->heard.count++;
	if (readback->stored < READBACK_DIGITS_MAX)
		readback->heard.text[readback->stored++] = digit;
}

static void listen(struct readback *readback, const uint8_t *in)
{
	int16_t linear[TDM_BLOCK_BYTES];
	char digits[8];
	size_t count;
	bool digit_is_on;

	for (unsigned i = 0; i < TDM_BLOCK_BYTES; i++)
		linear[i] = g711_decode_sample(readback->law, in[i]);
	dtmf_rx(readback->receiver, linear, TDM_BLOCK_BYTES);
	digit_is_on = dtmf_rx_status(readback->receiver);
	count = dtmf_rx_get(readback->receiver, digits, sizeof digits - 1);
	for (size_t i = 0; i < count; i++)
		store(readback, digits[i]);
	if (count || digit_is_on)
		readback->quiet = 0;
	else if (readback->quiet < QUIET)
		readback->quiet += TDM_BLOCK_BYTES;
}

static void play(struct readback *readback, uint8_t *out)
{
	char digit = readback->heard.text[readback->played];

	if (readback->elapsed == 0)
		readback->position = 0;
	if (readback->elapsed < DIGIT_ON)
		readback->position = dtmf_tones_play(readback->tones, digit,
						     readback->position, out,
						     TDM_BLOCK_BYTES);
	else
		memset(out, g711_idle(readback->law), TDM_BLOCK_BYTES);
	readback->elapsed += TDM_BLOCK_BYTES;
	if (readback->elapsed < DIGIT_CYCLE)
		return;
	readback->elapsed = 0;
	readback->playing = ++readback->played < readback->stored;
}

void readback_block(struct readback *readback, const uint8_t *in, uint8_t *out)
{
	listen(readback, in);
	if (readback->quiet >= QUIET && readback->played < readback->stored)
		readback->playing = true;
	if (readback->playing)
		play(readback, out);
	else
		memset(out, g711_idle(readback->law), TDM_BLOCK_BYTES);
}

void readback_heard(const struct readback *readback,
		    struct readback_digits *out)
{
	*out = readback ? readback->heard : (struct readback_digits){ 0 };
}
