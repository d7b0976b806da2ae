#include "media/dtmf_in.h"

#include "media/spandsp.h"
#include "media/telephone_event.h"

#include <errno.h>
#include <stdlib.h>

/* spandsp's blocks begin with its state, so their ends are known. */
#define RX_BLOCK 102
#define MAYBE 'x'
/* Sum of the magnitudes of a block at -48 dBm0. spandsp takes no tone below
 * -42 dBm0, and one that strong is over this with a third of the block. */
#define QUIET 4000

struct dtmf_in {
	enum g711_law law;
	dtmf_rx_state_t *rx;
	unsigned filled; /* samples of spandsp's present block */
	int status;	 /* spandsp's, after the last block */
	uint8_t volume;
};

/* Of a change: with the power where a digit began. */
static void changed(void *arg, int digit, int level_dbm0, int duration)
{
	struct dtmf_in *in = arg;

	(void)duration;
	if (!digit)
		return;
	if (level_dbm0 > 0)
		level_dbm0 = 0;
	in->volume = (uint8_t)(level_dbm0 < -63 ? 63 : -level_dbm0);
}

int dtmf_in_new(struct dtmf_in **out, enum g711_law law)
{
	struct dtmf_in *in = calloc(1, sizeof *in);

	if (!in)
		return -ENOMEM;
	in->law = law;
	in->rx = dtmf_rx_init(NULL, NULL, NULL);
	if (!in->rx) {
		dtmf_in_free(in);
		return -ENOMEM;
	}
	dtmf_rx_set_realtime_callback(in->rx, changed, in);
	*out = in;
	return 0;
}

void dtmf_in_free(struct dtmf_in *in)
{
	if (!in)
		return;
	if (in->rx)
		dtmf_rx_free(in->rx);
	free(in);
}

/* Not by a new dtmf_rx_init, which may touch what all detectors share. */
void dtmf_in_restart(struct dtmf_in *in)
{
	static const int16_t silence[2 * RX_BLOCK];

	dtmf_rx_fillin(in->rx, 0);
	dtmf_rx(in->rx, silence, 2 * RX_BLOCK);
	in->filled = 0;
	in->status = 0;
}

static bool is_quiet(const int16_t linear[DTMF_IN_BLOCK])
{
	int sum = 0;

	for (int i = 0; i < DTMF_IN_BLOCK; i++)
		sum += abs(linear[i]);
	return sum < QUIET;
}

/* Half of a call is silence, which need not be analysed while no digit is, or
 * may be, there. spandsp's next block then begins with the next sound. */
static void skip(struct dtmf_in *in)
{
	if (in->filled)
		dtmf_rx_fillin(in->rx, 0);
	in->filled = 0;
}

void dtmf_in_hear(struct dtmf_in *in, const uint8_t block[DTMF_IN_BLOCK],
		  struct dtmf_heard *out)
{
	int16_t linear[DTMF_IN_BLOCK];

	g711_decode_samples(in->law, linear, block, DTMF_IN_BLOCK);
	if (!in->status && is_quiet(linear)) {
		skip(in);
	} else {
		dtmf_rx(in->rx, linear, DTMF_IN_BLOCK);
		in->filled = (in->filled + DTMF_IN_BLOCK) % RX_BLOCK;
		in->status = dtmf_rx_status(in->rx);
	}
	out->maybe = in->status == MAYBE;
	out->code = in->status && !out->maybe
			    ? telephone_event_code((char)in->status)
			    : DTMF_IN_NONE;
	out->volume = in->volume;
	out->age = in->filled;
}
