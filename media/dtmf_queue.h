/* Key presses out of a peer's telephone-event packets (RFC 4733 2.5.2), in the
 * order in which they were pressed, each once, for a player that takes them
 * when their time has come.
 *
 * A press is known by the RTP timestamp of its packets. So a packet that comes
 * again, an end packet sent three times, and one that overtook another say
 * nothing new, and a press whose beginning or whose end packets are lost is one
 * all the same. A press whose end never comes is closed by the next one, by
 * audio, or by time.
 *
 * No clock, no allocation. All times are samples.
 */
#ifndef TOLLGATE_DTMF_QUEUE_H
#define TOLLGATE_DTMF_QUEUE_H

#include "media/telephone_event.h"

#define DTMF_QUEUE_MAX 32  /* presses that wait */
#define DTMF_HISTORY_MAX 8 /* timestamps that are remembered */

struct dtmf_key {
	uint32_t serial; /* counts presses; never that of another one here */
	uint16_t seq;	 /* of its first packet */
	uint8_t code;	 /* below TELEPHONE_EVENT_DIGITS */
	uint8_t volume;
	uint32_t due; /* on the queue's own clock */
	uint32_t duration;
	bool ended;  /* the duration is the whole */
	bool closed; /* nothing more is expected, but may come */
};

struct dtmf_packet {
	struct telephone_event event;
	uint16_t seq;
	uint32_t timestamp;
	bool marker;
	/* How far in the future audio of this timestamp will be played; 0 when
	 * that is past or not known. */
	uint32_t lead;
};

/* One timestamp of the peer's and its press; a long one has several. */
struct dtmf_segment {
	uint32_t timestamp;
	uint32_t before; /* duration of the segments before this one */
	uint32_t duration;
	uint32_t serial;
	uint16_t last_seq;
	uint8_t code;
	bool ended;
};

struct dtmf_queue {
	uint32_t now;		/* samples that have passed */
	uint32_t next_serial;	/* the first is 1 */
	uint32_t source_serial; /* the first of the present SSRC */
	uint16_t started_seq;	/* of the newest press that was played */
	bool started_any;
	struct dtmf_segment history[DTMF_HISTORY_MAX]; /* newest first */
	unsigned remembered;
	uint32_t quiet; /* since the last packet of the newest press */
	uint32_t audio; /* received since then */
	struct dtmf_key key[DTMF_QUEUE_MAX]; /* oldest first */
	unsigned count;
};

enum dtmf_verdict {
	DTMF_NEW,     /* a press that was not known */
	DTMF_KNOWN,   /* more about one that was */
	DTMF_IGNORED, /* not a digit */
	DTMF_DROPPED, /* no room, or a later press was played already */
};

void dtmf_queue_init(struct dtmf_queue *queue);

/* Another stream begins (SSRC changed): its timestamps and sequence numbers say
 * nothing about what is queued, which stays. */
void dtmf_queue_restart(struct dtmf_queue *queue);

enum dtmf_verdict dtmf_queue_put(struct dtmf_queue *queue,
				 const struct dtmf_packet *packet);

/* The peer sent audio: `count` samples, in packet `seq`. */
void dtmf_queue_audio(struct dtmf_queue *queue, uint16_t seq, uint32_t count);

void dtmf_queue_pass(struct dtmf_queue *queue, uint32_t samples);

/* The oldest press, whether due or not; NULL: none. Not after the next put. */
const struct dtmf_key *dtmf_queue_first(const struct dtmf_queue *queue);
/* It begins to be played: nothing comes before it any more. */
void dtmf_queue_start(struct dtmf_queue *queue);
/* It has been played. */
void dtmf_queue_drop(struct dtmf_queue *queue);

#endif
