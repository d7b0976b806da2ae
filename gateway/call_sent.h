/* Which numbers a called leg was told, and why those. Pure. */
#ifndef TOLLGATE_CALL_SENT_H
#define TOLLGATE_CALL_SENT_H

#include "gateway/route.h"

#define CALL_SENT_BY_MAX 256

/* A number that is told, not dialled: what became of it. */
struct call_sent_number {
	struct leg_number number;
	enum numbering_verdict verdict;
	/* Whose line says so, "numbering uk (FILE:LINE)"; "": nobody's. */
	char by[CALL_SENT_BY_MAX];
};

/* Filled with zeros: no SETUP or INVITE was sent. */
struct call_sent {
	bool any;
	struct leg_number called;
	struct call_sent_number calling, redirecting;
};

/* What the present target of `route` is sent. It points into nothing, and so
 * outlives the configuration. */
void call_sent_take(struct call_sent *sent, const struct route_result *route);

#endif
