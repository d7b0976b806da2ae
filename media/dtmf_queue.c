#include "media/dtmf_queue.h"

#include <string.h>

#define SAMPLES_PER_MS 8
/* Without a packet for so long the key is up. Senders repeat each 20 to 50 ms,
 * so two in a row may be lost. */
#define QUIET_MAX (150 * SAMPLES_PER_MS)
/* With audio instead it is sooner: a sender that lets voice pass beside its
 * events interrupts it for no longer than this. */
#define AUDIO_MAX (60 * SAMPLES_PER_MS)

/* What a duration can say; then follows a segment (RFC 4733 2.5.1.3). */
#define SEGMENT_MAX 0xffff
#define SEGMENT_LIKELY 0xf000
/* How much of a segment's end may be lost with its last packets. */
#define SEGMENT_GAP_MAX (100 * SAMPLES_PER_MS)

/* Nothing is overtaken by more packets (RFC 3550 A.1's value): what is further
 * behind is ahead, of a press long ago or of numbers that began anew. */
#define MISORDER_MAX 100
/* Long after the last late packet of a press, and long before its sequence
 * numbers come round. */
#define FORGET (30000 * SAMPLES_PER_MS)

static bool is_before(uint16_t seq, uint16_t other)
{
	uint16_t behind = (uint16_t)(other - seq);

	return behind && behind <= MISORDER_MAX;
}

void dtmf_queue_init(struct dtmf_queue *q)
{
	*q = (struct dtmf_queue){ .next_serial = 1, .source_serial = 1 };
}

static struct dtmf_key *find_key(struct dtmf_queue *q, uint32_t serial)
{
	for (unsigned i = q->count; i--;)
		if (q->key[i].serial == serial)
			return &q->key[i];
	return NULL;
}

static void close_newest(struct dtmf_queue *q)
{
	struct dtmf_key *key =
		q->remembered ? find_key(q, q->history[0].serial) : NULL;

	if (key)
		key->closed = true;
}

void dtmf_queue_restart(struct dtmf_queue *q)
{
	close_newest(q);
	q->remembered = 0;
	q->started_any = false;
	q->source_serial = q->next_serial;
}

static struct dtmf_segment *find_segment(struct dtmf_queue *q,
					 const struct dtmf_packet *packet)
{
	for (unsigned i = 0; i < q->remembered; i++)
		if (q->history[i].timestamp == packet->timestamp &&
		    q->history[i].code == packet->event.code)
			return &q->history[i];
	return NULL;
}

/* `at` is 0 for the newest; the oldest is forgotten. */
static struct dtmf_segment *remember(struct dtmf_queue *q, unsigned at,
				     const struct dtmf_packet *packet)
{
	struct dtmf_segment *seg = &q->history[at];

	if (q->remembered < DTMF_HISTORY_MAX)
		q->remembered++;
	memmove(seg + 1, seg, (q->remembered - at - 1) * sizeof *seg);
	*seg = (struct dtmf_segment){
		.timestamp = packet->timestamp,
		.code = packet->event.code,
		.last_seq = packet->seq,
	};
	return seg;
}

/* Takes what the packet says of its press. */
static void update(struct dtmf_queue *q, struct dtmf_segment *seg,
		   const struct dtmf_packet *packet)
{
	uint32_t duration =
		(seg->duration & ~SEGMENT_MAX) | packet->event.duration;
	struct dtmf_key *key;

	if (is_before(packet->seq, seg->last_seq))
		return;
	seg->last_seq = packet->seq;
	if (seg == q->history)
		q->quiet = q->audio = 0;
	if (seg->ended)
		return;
	/* Some senders let the duration of a long press wrap. */
	if (duration + SEGMENT_MAX / 2 < seg->duration)
		duration += SEGMENT_MAX + 1;
	if (duration > seg->duration)
		seg->duration = duration;
	seg->ended = packet->event.end;
	key = find_key(q, seg->serial);
	if (!key)
		return;
	if (key->duration < seg->before + seg->duration)
		key->duration = seg->before + seg->duration;
	key->ended = seg->ended;
	if (seg == q->history)
		key->closed = false;
}

/* Whether the packet, of a timestamp not known, goes on with the newest press:
 * another one of the same key would have begun with a marker, and if that was
 * lost, so would be a sequence number. */
static bool continues(const struct dtmf_segment *newest,
		      const struct dtmf_packet *packet)
{
	uint32_t step = packet->timestamp - newest->timestamp;

	if (packet->event.code != newest->code || packet->marker ||
	    newest->ended || step > SEGMENT_MAX + SEGMENT_GAP_MAX)
		return false;
	if (packet->seq == (uint16_t)(newest->last_seq + 1))
		return true;
	return newest->duration >= SEGMENT_LIKELY && step >= newest->duration &&
	       step - newest->duration <= SEGMENT_GAP_MAX;
}

static enum dtmf_verdict insert(struct dtmf_queue *q, unsigned at,
				struct dtmf_segment *seg,
				const struct dtmf_packet *packet)
{
	struct dtmf_key *key = &q->key[at];

	seg->serial = q->next_serial++;
	if (q->count == DTMF_QUEUE_MAX) {
		update(q, seg, packet);
		return DTMF_DROPPED;
	}
	memmove(key + 1, key, (q->count - at) * sizeof *key);
	q->count++;
	*key = (struct dtmf_key){
		.serial = seg->serial,
		.seq = packet->seq,
		.code = packet->event.code,
		.volume = packet->event.volume,
		.due = q->now + packet->lead,
	};
	update(q, seg, packet);
	return DTMF_NEW;
}

/* A press that is older than the newest one: all of its packets before this one
 * were lost, or overtaken. It goes to its place if that was not played yet: a
 * number with two digits swapped is another number. */
static enum dtmf_verdict put_late(struct dtmf_queue *q,
				  const struct dtmf_packet *packet)
{
	const struct dtmf_segment *oldest = &q->history[q->remembered - 1];
	unsigned at = q->count;
	enum dtmf_verdict verdict;
	struct dtmf_key *key;

	if (q->remembered == DTMF_HISTORY_MAX &&
	    is_before(packet->seq, oldest->last_seq))
		return DTMF_DROPPED;
	if (q->started_any && is_before(packet->seq, q->started_seq)) {
		remember(q, 1, packet); /* of no press: counted once */
		return DTMF_DROPPED;
	}
	while (at && q->key[at - 1].serial >= q->source_serial &&
	       is_before(packet->seq, q->key[at - 1].seq))
		at--;
	verdict = insert(q, at, remember(q, 1, packet), packet);
	key = find_key(q, q->next_serial - 1);
	if (key)
		key->closed = true;
	return verdict;
}

enum dtmf_verdict dtmf_queue_put(struct dtmf_queue *q,
				 const struct dtmf_packet *packet)
{
	struct dtmf_segment *seg;

	if (packet->event.code >= TELEPHONE_EVENT_DIGITS)
		return DTMF_IGNORED;
	seg = find_segment(q, packet);
	/* A beginning after the end is another press, whatever the timestamp
	 * of a sender that does not count on. */
	if (seg && !(seg->ended && packet->marker && !packet->event.end &&
		     is_before(seg->last_seq, packet->seq))) {
		update(q, seg, packet);
		return DTMF_KNOWN;
	}
	if (q->remembered && is_before(packet->seq, q->history[0].last_seq))
		return put_late(q, packet);
	if (q->remembered && continues(q->history, packet)) {
		struct dtmf_segment last = q->history[0];

		seg = remember(q, 0, packet);
		seg->serial = last.serial;
		seg->before = last.before + packet->timestamp - last.timestamp;
		update(q, seg, packet);
		return DTMF_KNOWN;
	}
	close_newest(q);
	return insert(q, q->count, remember(q, 0, packet), packet);
}

void dtmf_queue_audio(struct dtmf_queue *q, uint16_t seq, uint32_t count)
{
	if (!q->count || !q->remembered ||
	    is_before(seq, q->history[0].last_seq))
		return;
	q->audio += count;
	if (q->audio >= AUDIO_MAX)
		close_newest(q);
}

void dtmf_queue_pass(struct dtmf_queue *q, uint32_t samples)
{
	q->now += samples;
	if (!q->remembered)
		return;
	q->quiet += samples;
	if (q->quiet >= QUIET_MAX)
		close_newest(q);
	if (q->quiet >= FORGET && !q->count)
		dtmf_queue_restart(q);
}

const struct dtmf_key *dtmf_queue_first(const struct dtmf_queue *q)
{
	return q->count ? q->key : NULL;
}

void dtmf_queue_start(struct dtmf_queue *q)
{
	if (q->key[0].serial < q->source_serial)
		return;
	q->started_seq = q->key[0].seq;
	q->started_any = true;
}

void dtmf_queue_drop(struct dtmf_queue *q)
{
	q->count--;
	memmove(q->key, q->key + 1, q->count * sizeof *q->key);
}
