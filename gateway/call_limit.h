/* What a call takes of the limits that concern it, and gives back: those of its
 * rule and of the classes that its number is in from the beginning, those of a
 * trunk group as long as it is sent there. An emergency call takes nothing. For
 * call_*.c only, and the auditor. */
#ifndef TOLLGATE_CALL_LIMIT_H
#define TOLLGATE_CALL_LIMIT_H

#include "gateway/leg.h"
#include "gateway/limit.h"

struct call;
struct gateway;

struct call_limits {
	struct limit_held rule, trunk;
	const struct conf_trunk *of; /* whose `trunk` is; NULL: nobody's */
};

/* The call is routed. False: a limit is used up, and the call was refused. */
bool call_limit_begin(struct call *call);

/* It is to go to `trunk`, or to another channel there. 0; -EDQUOT: a limit of
 * it is used up, or -ENOMEM: `*why` says so. */
int call_limit_trunk(struct call *call, const struct conf_trunk *trunk,
		     struct leg_cause *why);
/* That gave no channel. */
void call_limit_no_channel(struct call *call);
/* It goes on elsewhere. */
void call_limit_leave_trunk(struct call *call);

/* It is answered. */
void call_limit_talk(struct call *call);

/* It is over. */
void call_limit_end(struct call *call);

/* Compares what the calls hold with what is counted: how many counters were
 * wrong, and are mended. */
unsigned call_limit_audit(struct gateway *gw);

#endif
