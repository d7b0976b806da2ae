/* Calls counted when they are over: in all, by trunk group, by sip-peer and by
 * cause; since the start, in this quarter of an hour and in the last one (the
 * intervals that telephone networks report by, ITU-T G.826 and RFC 4805). */
#ifndef TOLLGATE_STATS_H
#define TOLLGATE_STATS_H

#include "conf/conf.h"
#include "media/media.h"

struct call;
struct stats;

#define STATS_QUARTER_MS (15 * 60 * 1000)
#define STATS_CAUSES 128

enum stats_window {
	STATS_ALL,
	STATS_QUARTER,	    /* the one that has begun */
	STATS_LAST_QUARTER, /* the one before */
	STATS_WINDOWS
};

struct stats_count {
	uint64_t calls, answered; /* attempts; with an answer */
	uint64_t from_network;	  /* of the calls, those a span brought */
	uint64_t talk_ms;	  /* from answer to release, of all */
};

struct stats_row {
	struct stats_count window[STATS_WINDOWS];
};

/* Counts for the trunk groups and peers of `conf`. 0 or -ENOMEM. */
int stats_new(struct stats **out, const struct conf *conf);
/* Counts for those of another configuration too: whoever has a name that is
 * known goes on counting. 0 or -ENOMEM. */
int stats_take(struct stats *stats, const struct conf *conf);
/* NULL is fine. */
void stats_free(struct stats *stats);

/* Adds a call that is over. */
void stats_call_over(struct stats *stats, const struct call *call);

void stats_total(struct stats *stats, struct stats_row *out);
/* All 0 for a name that was never configured. */
void stats_trunk(struct stats *stats, const char *name, struct stats_row *out);
void stats_peer(struct stats *stats, const char *name, struct stats_row *out);

/* Calls that ended with this Q.850 cause since the start. */
uint64_t stats_cause(const struct stats *stats, uint8_t q850);

/* The voice of all calls that are over, added up; the jitter and the depth of
 * a buffer are of no use in a sum and are 0, but the highest jitter is that. */
void stats_voice(const struct stats *stats, struct bridge_stats *out);

/* Milliseconds of the quarter that has begun. */
uint32_t stats_quarter_ms(const struct stats *stats);

#endif
