/* What isdn.c (calls) and isdn_take.c (configurations) share. */
#ifndef TOLLGATE_ISDN_STATE_H
#define TOLLGATE_ISDN_STATE_H

#include "dahdi/hunt.h"
#include "dahdi/isdn.h"
#include "dahdi/span.h"
#include "dahdi/span_audit.h"

struct isdn_span {
	struct isdn *isdn;
	struct span *span;
	struct span_audit *audit;
	bool leaving;  /* configured no more */
	bool replaced; /* by one of another line, protocol or side */
	struct timer watch;
};

struct isdn_spans {
	struct isdn_span **at;
	size_t count;
};

/* Where a trunk group's round-robin stopped. */
struct isdn_position {
	char trunk[CONF_NAME_MAX];
	struct hunt_position at;
};

struct isdn {
	const struct conf *conf;
	/* In the order of conf->spans, then those that leave. */
	struct isdn_spans spans;
	/* Closed, and kept: libpri has no pri_free, so a span that comes back
	 * goes on with the struct pri that it had. */
	struct isdn_spans parked;
	struct isdn_position *positions; /* as conf->trunks, then a spare one */
	size_t position_count;
	struct span_config cfg; /* of new spans */
	struct span_drivers drivers;
};

/* NULL: none of this number is configured. */
struct isdn_span *isdn_span_find(const struct isdn *isdn, unsigned number);
void isdn_span_free(struct isdn_span *member);

/* Of a trunk group that is configured no more: a place of no meaning. */
struct hunt_position *isdn_position(struct isdn *isdn, const char *trunk);

/* The group that a span's calls come from: the first that it is a member of.
 * NULL: none. */
const struct conf_trunk *isdn_trunk_of(const struct conf *conf, unsigned span);

/* Waits for nothing any more. */
void isdn_take_stop(struct isdn *isdn);

#endif
