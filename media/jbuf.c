#include "media/jbuf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES_PER_MS 8
#define SECOND (1000 * SAMPLES_PER_MS)

/* A reader that stalled, or a network that held packets back, may fill the
 * buffer this much over its delay before the oldest is given up. */
#define BURST_MAX (250 * SAMPLES_PER_MS)
/* Further off than this is another timestamp base, not delay. */
#define JUMP_MIN SECOND
/* This many packets in a row too late, over this time: the path became longer
 * for good. What was held back and comes in one burst is late, but the next is
 * in time again. */
#define LATE_IN_A_ROW 5
#define LATE_TIME (40 * SAMPLES_PER_MS)
/* Drift is judged by the mean of the packets of this long, at least so many. */
#define DRIFT_WINDOW (4 * SECOND)
#define DRIFT_PACKETS_MIN 16
/* How far off a packet counts at most, so that a few stragglers or one stall
 * do not move the mean; half of it, as a mean, recentres. Packets are read
 * every 10 ms, so less would be noise. */
#define DRIFT_OFF_MIN (20 * SAMPLES_PER_MS)
/* Dry for so long: the stream is over until a packet comes. */
#define DRY_MAX SECOND

#define WORD_BITS 64
#define SEEN_WINDOW                                              \
	64 /* sequence numbers that a duplicate is looked for in \
	    */

struct jbuf {
	uint32_t delay;	   /* samples, as is all that follows */
	uint32_t capacity; /* power of two */
	uint8_t idle;

	bool running;
	uint32_t play;	 /* timestamp of the next sample played */
	uint32_t newest; /* timestamp after the newest sample stored */
	uint32_t
		begin; /* stream's first timestamp: nothing is missing before */
	uint32_t dry;

	bool seen_any;
	uint16_t seen_max;
	uint64_t seen; /* bit n: seen_max - n came */

	unsigned late_in_a_row;
	uint32_t late_since; /* `play` at the first of them */
	bool jump_pending;
	uint32_t jump_timestamp;

	/* How much earlier than `delay` packets came in this window. */
	int64_t off_sum;
	int32_t off_max;	     /* of one packet, either way */
	int32_t off_least, off_most; /* without that bound */
	uint32_t off_count;
	uint32_t window; /* samples played in it */

	struct jbuf_counters counters;
	uint8_t *samples;   /* indexed by timestamp */
	uint64_t present[]; /* bit by bit: it is in samples[] */
};

int jbuf_new(struct jbuf **out, unsigned delay_ms, uint8_t idle)
{
	uint32_t capacity = 1, delay;
	struct jbuf *jb;

	if (delay_ms > JBUF_DELAY_MAX_MS)
		return -EINVAL;
	delay = delay_ms * SAMPLES_PER_MS;
	while (capacity < delay + BURST_MAX + JBUF_PACKET_MAX)
		capacity *= 2;
	jb = calloc(1, sizeof *jb + capacity / 8 + capacity);
	if (!jb)
		return -ENOMEM;
	jb->delay = delay;
	jb->off_max = delay > DRIFT_OFF_MIN ? (int32_t)delay : DRIFT_OFF_MIN;
	jb->capacity = capacity;
	jb->idle = idle;
	jb->samples = (uint8_t *)(jb->present + capacity / WORD_BITS);
	*out = jb;
	return 0;
}

void jbuf_free(struct jbuf *jb)
{
	free(jb);
}

const struct jbuf_counters *jbuf_counters(const struct jbuf *jb)
{
	return &jb->counters;
}

uint32_t jbuf_depth(const struct jbuf *jb)
{
	int32_t depth = (int32_t)(jb->newest - jb->play);

	return jb->running && depth > 0 ? (uint32_t)depth : 0;
}

uint32_t jbuf_delay(const struct jbuf *jb)
{
	return jb->delay;
}

uint32_t jbuf_lead(const struct jbuf *jb, uint32_t timestamp)
{
	uint32_t lead = timestamp - jb->play;

	return jb->running && lead <= jb->delay + BURST_MAX ? lead : 0;
}

static void window_begin(struct jbuf *jb)
{
	jb->off_sum = 0;
	jb->off_count = 0;
	jb->off_least = INT32_MAX;
	jb->off_most = INT32_MIN;
	jb->window = 0;
}

void jbuf_restart(struct jbuf *jb)
{
	jb->running = false;
	jb->seen_any = false;
	jb->jump_pending = false;
}

/* Begins to play with `timestamp` one delay from now, from an empty buffer. */
static void begin_at(struct jbuf *jb, uint32_t timestamp)
{
	memset(jb->present, 0, jb->capacity / 8);
	jb->running = true;
	jb->begin = jb->newest = timestamp;
	jb->play = timestamp - jb->delay;
	jb->dry = 0;
	jb->late_in_a_row = 0;
	jb->jump_pending = false;
	window_begin(jb);
}

/* The bits of `word` that stand for the samples `from` to `end`, which it holds
 * some of. */
static uint64_t bits_of(uint32_t word, uint32_t from, uint32_t end)
{
	uint32_t first = word * WORD_BITS;
	uint64_t bits = UINT64_MAX;

	if (from > first)
		bits <<= from - first;
	if (end < first + WORD_BITS)
		bits &= UINT64_MAX >> (first + WORD_BITS - end);
	return bits;
}

static void set_present(struct jbuf *jb, uint32_t from, uint32_t count)
{
	uint32_t end = from + count;

	for (uint32_t w = from / WORD_BITS; w * WORD_BITS < end; w++)
		jb->present[w] |= bits_of(w, from, end);
}

static uint32_t count_present(const struct jbuf *jb, uint32_t from,
			      uint32_t count)
{
	uint32_t end = from + count, held = 0;

	for (uint32_t w = from / WORD_BITS; w * WORD_BITS < end; w++)
		held += (uint32_t)__builtin_popcountll(jb->present[w] &
						       bits_of(w, from, end));
	return held;
}

static void clear_present(struct jbuf *jb, uint32_t from, uint32_t count)
{
	uint32_t end = from + count;

	for (uint32_t w = from / WORD_BITS; w * WORD_BITS < end; w++)
		jb->present[w] &= ~bits_of(w, from, end);
}

static bool is_present(const struct jbuf *jb, uint32_t at)
{
	return jb->present[at / WORD_BITS] >> at % WORD_BITS & 1;
}

static void drop_piece(struct jbuf *jb, uint32_t at, uint32_t count)
{
	jb->counters.dropped_samples += count_present(jb, at, count);
	clear_present(jb, at, count);
}

/* Gives up the next `count` samples, unplayed. */
static void drop(struct jbuf *jb, uint32_t count)
{
	uint32_t at = jb->play & (jb->capacity - 1);
	uint32_t first = jb->capacity - at;

	if (first > count)
		first = count;
	drop_piece(jb, at, first);
	drop_piece(jb, 0, count - first);
}

/* Moves playing to `play`, keeping what is stored where it can. */
static void recentre(struct jbuf *jb, uint32_t play)
{
	int32_t ahead = (int32_t)(play - jb->play);
	uint32_t clear = 0;

	if (ahead > 0)
		clear = (uint32_t)ahead;
	else if ((int32_t)(jb->newest - play) > (int32_t)jb->capacity)
		clear = jb->capacity;
	if (clear > jb->capacity)
		clear = jb->capacity;
	drop(jb, clear);
	jb->counters.recentres++;
	jb->play = play;
	if (clear == jb->capacity)
		jb->newest = play;
	jb->late_in_a_row = 0;
	window_begin(jb);
}

static bool is_duplicate(struct jbuf *jb, uint16_t seq)
{
	uint16_t ahead = (uint16_t)(seq - jb->seen_max);
	uint16_t behind = (uint16_t)-ahead;

	if (jb->seen_any && behind < SEEN_WINDOW) {
		bool seen = jb->seen >> behind & 1;

		jb->seen |= 1ULL << behind;
		return seen;
	}
	jb->seen =
		jb->seen_any && ahead < SEEN_WINDOW ? jb->seen << ahead | 1 : 1;
	jb->seen_max = seq;
	jb->seen_any = true;
	return false;
}

/* A timestamp out of any likeness. One such packet alone may be an accident;
 * a marker or a second packet that goes on from it is a new base. */
static bool accept_jump(struct jbuf *jb, const struct jbuf_packet *packet)
{
	uint32_t step = packet->timestamp - jb->jump_timestamp;
	bool follows = jb->jump_pending && step <= JUMP_MIN;

	if (!packet->marker && !follows) {
		jb->jump_pending = true;
		jb->jump_timestamp = packet->timestamp;
		return false;
	}
	jb->counters.resyncs++;
	begin_at(jb, packet->timestamp);
	return true;
}

/* `lead`: how far ahead of its playing a packet came. */
static void note_lead(struct jbuf *jb, int32_t lead)
{
	int32_t off = lead - (int32_t)jb->delay;

	if (off < jb->off_least)
		jb->off_least = off;
	if (off > jb->off_most)
		jb->off_most = off;
	if (off > jb->off_max)
		off = jb->off_max;
	if (off < -jb->off_max)
		off = -jb->off_max;
	jb->off_sum += off;
	jb->off_count++;
	if (lead >= 0) {
		jb->late_in_a_row = 0;
		return;
	}
	jb->counters.late++;
	if (!jb->late_in_a_row++)
		jb->late_since = jb->play;
}

/* Puts the playing point where this packet can be stored, if it can. */
static bool place(struct jbuf *jb, const struct jbuf_packet *packet)
{
	int32_t lead = (int32_t)(packet->timestamp - jb->play);

	if (!jb->running || (packet->marker && jb->dry)) {
		begin_at(jb, packet->timestamp);
		return true;
	}
	if (lead < -JUMP_MIN || lead > (int32_t)jb->delay + JUMP_MIN)
		return accept_jump(jb, packet);
	jb->jump_pending = false;
	if (lead > (int32_t)jb->delay + BURST_MAX) {
		recentre(jb, packet->timestamp - jb->delay);
		return true;
	}
	note_lead(jb, lead);
	if (jb->late_in_a_row >= LATE_IN_A_ROW &&
	    jb->play - jb->late_since >= LATE_TIME)
		recentre(jb, packet->timestamp - jb->delay);
	return true;
}

static void store(struct jbuf *jb, uint32_t timestamp, const uint8_t *samples,
		  uint32_t count)
{
	uint32_t at = timestamp & (jb->capacity - 1);
	uint32_t first = jb->capacity - at;

	if (first > count)
		first = count;
	memcpy(jb->samples + at, samples, first);
	set_present(jb, at, first);
	memcpy(jb->samples, samples + first, count - first);
	set_present(jb, 0, count - first);
	if ((int32_t)(timestamp + count - jb->newest) > 0)
		jb->newest = timestamp + count;
}

enum jbuf_verdict jbuf_put(struct jbuf *jb, const struct jbuf_packet *packet)
{
	int32_t lead;
	uint32_t past;

	if (packet->count > JBUF_PACKET_MAX) {
		jb->counters.refused++;
		return JBUF_REFUSED;
	}
	if (!packet->count)
		return JBUF_STORED;
	if (is_duplicate(jb, packet->seq)) {
		jb->counters.duplicate++;
		return JBUF_DUPLICATE;
	}
	if (!place(jb, packet)) {
		jb->counters.refused++;
		return JBUF_REFUSED;
	}
	lead = (int32_t)(packet->timestamp - jb->play);
	past = lead < 0 ? (uint32_t)-lead : 0;
	if (past >= packet->count)
		return JBUF_LATE;
	store(jb, packet->timestamp + past, packet->samples + past,
	      (uint32_t)packet->count - past);
	return JBUF_STORED;
}

/* Takes what lies in one piece. Returns how many samples are missing. */
static size_t take(struct jbuf *jb, uint8_t *out, uint32_t at, uint32_t count)
{
	uint32_t missing = count - count_present(jb, at, count);

	memcpy(out, jb->samples + at, count);
	for (uint32_t i = 0; missing && i < count; i++)
		if (!is_present(jb, at + i))
			out[i] = jb->idle;
	clear_present(jb, at, count);
	return missing;
}

static void judge_drift(struct jbuf *jb, uint32_t count)
{
	int32_t off;

	jb->window += count;
	if (jb->window < DRIFT_WINDOW)
		return;
	if (jb->off_count >= DRIFT_PACKETS_MIN) {
		off = (int32_t)(jb->off_sum / jb->off_count);
		/* When even the least early packet was earlier than that mean
		 * of bounded figures, all of it can go at once. */
		if (off > jb->off_max / 2)
			off = off > jb->off_least ? off : jb->off_least;
		else if (off < -jb->off_max / 2)
			off = off < jb->off_most ? off : jb->off_most;
		else
			off = 0;
		if (off)
			recentre(jb, jb->play + (uint32_t)off);
	}
	window_begin(jb);
}

size_t jbuf_get(struct jbuf *jb, uint8_t *out, size_t count)
{
	uint32_t at = jb->play & (jb->capacity - 1);
	uint32_t first = jb->capacity - at, early;
	size_t missing;

	if (!jb->running) {
		memset(out, jb->idle, count);
		return 0;
	}
	if (first > count)
		first = (uint32_t)count;
	missing = take(jb, out, at, first);
	missing += take(jb, out + first, 0, (uint32_t)count - first);
	/* What is played before the stream's first sample is not missing. */
	early = jb->begin - jb->play;
	if (early <= jb->delay)
		missing -= early < missing ? early : missing;
	jb->play += (uint32_t)count;
	jb->dry = jbuf_depth(jb) ? 0 : jb->dry + (uint32_t)count;
	if (jb->dry >= DRY_MAX)
		jb->running = false;
	else
		judge_drift(jb, (uint32_t)count);
	return missing;
}
