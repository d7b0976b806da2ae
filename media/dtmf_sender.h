/* What to send for a key press as telephone-event packets, and when (RFC 4733
 * 2.5.1): the first at once, one each 20 ms while it lasts, and its end three
 * times, at the same distance unless the next press comes before. All packets
 * of a press have the timestamp of its beginning; one that lasts longer than a
 * duration can say is continued in segments.
 *
 * No clock, no allocation. Times are RTP timestamps.
 */
#ifndef TOLLGATE_DTMF_SENDER_H
#define TOLLGATE_DTMF_SENDER_H

#include "media/telephone_event.h"

/* A press is reported as no shorter than what a receiver must take (Q.24): it
 * is known to have been a digit. */
#define DTMF_SENDER_MIN 320
#define DTMF_SENDER_INTERVAL 160

struct dtmf_press {
	uint8_t code, volume;
	uint32_t begin;
};

struct dtmf_sender {
	bool active; /* there is, or will be, something to send */
	bool ended;
	bool marker;
	struct dtmf_press press;
	uint32_t segment;  /* where the present one began */
	uint32_t duration; /* of the press, once it has ended */
	unsigned repeats;  /* how often the last packet is still to be sent */
	uint32_t next;	   /* when the next packet is due */
	bool waiting;	   /* `after` comes as soon as this one is out */
	struct dtmf_press after;
};

struct dtmf_to_send {
	bool marker;
	uint32_t timestamp;
	uint8_t payload[TELEPHONE_EVENT_BYTES];
};

/* Sends nothing more. */
void dtmf_sender_reset(struct dtmf_sender *sender);

/* A key is down since `begin`. One that still was is up since then too. Not
 * twice without dtmf_sender_packet in between. */
void dtmf_sender_begin(struct dtmf_sender *sender, uint8_t code, uint8_t volume,
		       uint32_t begin);
/* The key is up since `end`. */
void dtmf_sender_end(struct dtmf_sender *sender, uint32_t end);

/* Whether a key is down. */
bool dtmf_sender_down(const struct dtmf_sender *sender);
/* Whether it has not sent all it has to. */
bool dtmf_sender_active(const struct dtmf_sender *sender);

/* A packet that is due at `now`; `down` is the last moment at which the key is
 * known to be down. Call it until it returns false. */
bool dtmf_sender_packet(struct dtmf_sender *sender, uint32_t now, uint32_t down,
			struct dtmf_to_send *out);

#endif
