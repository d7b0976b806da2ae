#include "media/rtp_source.h"

/* RFC 3550 A.1's values. */
#define MAX_DROPOUT 3000
#define MAX_MISORDER 100

#define CYCLE 0x10000
#define NO_BAD_SEQ CYCLE

/* Transit differences beyond this are a new timestamp base or a step of the
 * clock, not jitter. */
#define JITTER_SANE 8000 /* 1 s */

static uint64_t expected(const struct rtp_source *src)
{
	return src->started ? src->max_seq + 1 - src->base_seq : 0;
}

uint64_t rtp_source_lost(const struct rtp_source *src)
{
	uint64_t due = expected(src), got = src->received - src->duplicates;

	return src->lost_before + (due > got ? due - got : 0);
}

void rtp_source_restart(struct rtp_source *src, uint32_t ssrc, uint16_t seq)
{
	*src = (struct rtp_source){
		.started = true,
		.ssrc = ssrc,
		.base_seq = CYCLE + (uint64_t)seq,
		.max_seq = CYCLE + (uint64_t)seq - 1,
		.bad_seq = NO_BAD_SEQ,
		.lost_before = rtp_source_lost(src),
		.jitter_max = src->jitter_max,
	};
}

void rtp_source_stop(struct rtp_source *src)
{
	src->lost_before = rtp_source_lost(src);
	src->started = false;
}

void rtp_source_seq(struct rtp_source *src, uint16_t seq)
{
	uint16_t ahead = (uint16_t)(seq - src->max_seq);

	src->other = false;
	if (ahead < MAX_DROPOUT) {
		src->max_seq += ahead;
	} else if (ahead <= CYCLE - MAX_MISORDER) {
		if (seq != src->bad_seq) {
			src->bad_seq = (seq + 1) & 0xffff;
			return;
		}
		/* The one on probation is counted with it. */
		rtp_source_restart(src, src->ssrc, (uint16_t)(seq - 1));
		src->max_seq += 2;
		src->received = 1;
	}
	src->bad_seq = NO_BAD_SEQ;
	src->received++;
}

enum rtp_source_verdict rtp_source_take(struct rtp_source *src, uint32_t ssrc,
					uint16_t seq)
{
	enum rtp_source_verdict verdict = RTP_SOURCE_PRESENT;

	if (src->started && src->ssrc != ssrc) {
		if (!src->other || src->other_ssrc != ssrc ||
		    src->other_seq != seq) {
			src->other = true;
			src->other_ssrc = ssrc;
			src->other_seq = (uint16_t)(seq + 1);
			return RTP_SOURCE_UNPROVEN;
		}
		verdict = RTP_SOURCE_CHANGED;
	}
	if (!src->started || verdict == RTP_SOURCE_CHANGED)
		rtp_source_restart(src, ssrc, seq);
	rtp_source_seq(src, seq);
	return verdict;
}

void rtp_source_duplicate(struct rtp_source *src)
{
	src->duplicates++;
}

void rtp_source_jitter(struct rtp_source *src, uint32_t timestamp,
		       uint32_t arrival)
{
	uint32_t transit = arrival - timestamp;
	uint32_t d = transit - src->transit;
	bool first = !src->have_transit;

	src->transit = transit;
	src->have_transit = true;
	if (d > INT32_MAX)
		d = -d;
	if (first || d > JITTER_SANE)
		return;
	src->jitter_q4 += d - ((src->jitter_q4 + 8) >> 4);
	if (src->jitter_q4 >> 4 > src->jitter_max)
		src->jitter_max = src->jitter_q4 >> 4;
}

static int32_t clamp_24_bits(int64_t v)
{
	if (v > 0x7fffff)
		return 0x7fffff;
	return v < -0x800000 ? -0x800000 : (int32_t)v;
}

void rtp_source_report(struct rtp_source *src, struct rtp_reception *out)
{
	uint64_t due = expected(src);
	int64_t interval = (int64_t)(due - src->expected_prior);
	int64_t got = (int64_t)(src->received - src->received_prior);
	int64_t fraction = 0;

	if (interval > 0 && interval > got)
		fraction = ((interval - got) << 8) / interval;
	out->fraction_lost = (uint8_t)(fraction > 255 ? 255 : fraction);
	out->cumulative_lost = clamp_24_bits((int64_t)(due - src->received));
	out->highest_seq = (uint32_t)(src->max_seq - CYCLE);
	out->jitter = src->jitter_q4 >> 4;
	src->expected_prior = due;
	src->received_prior = src->received;
}
