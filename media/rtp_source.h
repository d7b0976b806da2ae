/* What is known of the peer's stream from its headers alone: loss and jitter
 * as RFC 3550 counts them (A.1, A.3, A.8). */
#ifndef TOLLGATE_RTP_SOURCE_H
#define TOLLGATE_RTP_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

struct rtp_source {
	bool started;
	uint32_t ssrc;
	/* Extended sequence numbers: they begin one cycle up, so that one less
	 * than the first is still a number. */
	uint64_t base_seq, max_seq;
	uint32_t bad_seq; /* of the last jump + 1; above 65535: none */
	bool other;	  /* the last packet was of another SSRC: */
	uint32_t other_ssrc;
	uint16_t other_seq; /* + 1 */
	uint64_t received;  /* since the source (re)started */
	uint64_t duplicates;
	uint64_t expected_prior, received_prior; /* at the last report */
	uint64_t lost_before; /* of the sources before this one */
	/* A.8: relative transit time and jitter << 4, in timestamp units */
	bool have_transit;
	uint32_t transit;
	uint32_t jitter_q4;
	uint32_t jitter_max; /* timestamp units */
};

/* The numbers of a reception report block (RFC 3550 6.4.1). */
struct rtp_reception {
	uint8_t fraction_lost;	 /* of 256, since the last report */
	int32_t cumulative_lost; /* 24 bits, signed: duplicates count */
	uint32_t highest_seq;	 /* extended */
	uint32_t jitter;	 /* timestamp units */
};

/* Starts over with `ssrc` at `seq`, the next packet; losses so far are kept. */
void rtp_source_restart(struct rtp_source *src, uint32_t ssrc, uint16_t seq);

/* What comes for a while is not read: it is not lost. The source begins anew
 * with the next packet; losses so far are kept. */
void rtp_source_stop(struct rtp_source *src);

enum rtp_source_verdict {
	RTP_SOURCE_PRESENT,  /* of the stream as it was, or the very first */
	RTP_SOURCE_CHANGED,  /* of another SSRC, which is the source now */
	RTP_SOURCE_UNPROVEN, /* of another SSRC, not to be taken */
};

/* Counts a packet that begins the source, belongs to it, or is of another SSRC:
 * that one becomes the source with its second packet in order, when none of the
 * present source came between them (as A.1 has it for a new one). Two streams
 * that come at once would else be the source in turn. */
enum rtp_source_verdict rtp_source_take(struct rtp_source *src, uint32_t ssrc,
					uint16_t seq);

/* Counts a packet of the present SSRC. One whose number jumped out of any
 * likeness is on probation: when the next packet follows it, the source
 * restarts there (A.1). */
void rtp_source_seq(struct rtp_source *src, uint16_t seq);

/* Says that the packet just counted had come before. */
void rtp_source_duplicate(struct rtp_source *src);

/* `arrival` in timestamp units of any clock. Not for RFC 4733 packets, whose
 * timestamps stand still. */
void rtp_source_jitter(struct rtp_source *src, uint32_t timestamp,
		       uint32_t arrival);

/* Packets that never came, over all SSRCs; a late one counts as come. */
uint64_t rtp_source_lost(const struct rtp_source *src);

/* Fills a report block and begins the next interval (A.3). */
void rtp_source_report(struct rtp_source *src, struct rtp_reception *out);

#endif
