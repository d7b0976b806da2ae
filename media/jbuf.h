/* Playout of one RTP stream: packets in as they come, samples out as the
 * B channel takes them.
 *
 * This one keeps a fixed delay: a sample is played `delay` after the packet
 * that began the stream would have been. Samples have their place by RTP
 * timestamp, so any packet size, reorder and overlap come out right, and what
 * arrived is passed on byte for byte. What did not arrive is played as the
 * idle code of the law and counted.
 *
 * Nothing stretches or squeezes sound here. Clocks that drift apart, and paths
 * that change for good, are met by recentring: one jump back to `delay` when
 * the packets of some seconds were early or late by half of it on average, or
 * when several in a row came too late. A talk-spurt that begins on a dry buffer
 * recentres for nothing.
 *
 * No clock, no thread, no allocation after jbuf_new.
 */
#ifndef TOLLGATE_JBUF_H
#define TOLLGATE_JBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JBUF_PACKET_MAX 960 /* samples: 120 ms */
#define JBUF_DELAY_MAX_MS 1000

struct jbuf;

struct jbuf_packet {
	const uint8_t *samples;
	size_t count; /* at most JBUF_PACKET_MAX; 0 is a keep-alive */
	uint32_t timestamp;
	uint16_t seq;
	bool marker;
	/* When it came, in samples of the local clock. A fixed delay needs the
	 * order of puts and gets only; an adaptive one needs this. */
	uint32_t arrival;
};

enum jbuf_verdict {
	JBUF_STORED,
	JBUF_LATE,	/* all of it was past its time */
	JBUF_DUPLICATE, /* this sequence number was here already */
	JBUF_REFUSED,	/* too long, or a timestamp out of any likeness */
};

struct jbuf_counters {
	uint64_t late; /* packets that were wholly or partly past their time */
	uint64_t duplicate;
	uint64_t refused;
	uint64_t resyncs;	  /* began anew: timestamps jumped */
	uint64_t recentres;	  /* drift, lateness, overflow */
	uint64_t dropped_samples; /* skipped by these, unplayed */
};

/* `idle` is what is played for want of a sample. 0, -EINVAL when the delay is
 * over JBUF_DELAY_MAX_MS, or -ENOMEM. */
int jbuf_new(struct jbuf **out, unsigned delay_ms, uint8_t idle);
/* NULL is fine. */
void jbuf_free(struct jbuf *jb);

/* Another stream begins with the next packet (SSRC changed). */
void jbuf_restart(struct jbuf *jb);

enum jbuf_verdict jbuf_put(struct jbuf *jb, const struct jbuf_packet *packet);

/* Takes the next `count` samples. Returns how many of them are concealed: the
 * stream runs and they are missing. Before it runs, and after 1 s without a
 * packet, idle is played and nothing is missing. */
size_t jbuf_get(struct jbuf *jb, uint8_t *out, size_t count);

/* Samples until one of `timestamp` is played; 0 when that is past, out of any
 * likeness, or nothing runs. */
uint32_t jbuf_lead(const struct jbuf *jb, uint32_t timestamp);
/* The fixed delay, in samples. */
uint32_t jbuf_delay(const struct jbuf *jb);
/* Samples between the next one played and the newest one stored. */
uint32_t jbuf_depth(const struct jbuf *jb);
const struct jbuf_counters *jbuf_counters(const struct jbuf *jb);

#endif
