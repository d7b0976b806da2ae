/* What is used of every limit: calls in progress, calls in a second, minutes of
 * conversation in a day, of all callers or of each.
 *
 * A limit's counters are found by the name of what is limited ("trunk-group
 * city") and not by its place in a configuration: they go on over a reload.
 * Each caller has counters of its own, as many callers as LIMIT_CALLERS_MAX;
 * who needs none any more (no call, nothing in this second, no minute today) is
 * forgotten, and when there is no room for one more, the caller whose last call
 * ended first.
 *
 * Calls in a second are counted in tenths: no more than the limit begin in any
 * second, however it is laid, and a tenth of it may pass before the next one
 * can. Minutes are charged as they pass, to the millisecond and from the answer
 * on; a call that runs when they are used up goes on.
 *
 * No clock, no loop. */
#ifndef TOLLGATE_LIMIT_H
#define TOLLGATE_LIMIT_H

#include "conf/conf.h"
#include "gateway/leg.h"

#define LIMIT_CALLERS_MAX 16384
#define LIMIT_CALLER_MAX 40
#define LIMIT_HELD_MAX 32 /* counters: a rule and 15 classes */

struct limit_counter;
struct limit_table;

/* When something happens. */
struct limit_now {
	uint64_t ms;	 /* of a clock that is never set */
	int32_t day;	 /* of the calendar where the minutes are counted */
	uint32_t day_ms; /* since that day began */
};

/* What one call has taken, and gives back once. All zero: nothing. */
struct limit_held {
	struct limit_counter *counter[LIMIT_HELD_MAX];
	unsigned count;
	bool talking;
};

int limit_table_new(struct limit_table **out);
/* NULL is fine. What is held must not be given back after it. */
void limit_table_free(struct limit_table *table);

/* A call of `caller` ("": without a number) begins that `limits` are for: takes
 * from all of them, or from none. 0; -EDQUOT: *full is the one that is used up,
 * and the refusal is counted; -ENOMEM; -ENOSPC: `held` is full. */
int limit_take(struct limit_table *table, const struct conf_limits *limits,
	       const char *caller, const struct limit_now *now,
	       struct limit_held *held, const struct conf_limit **full);

/* The call is answered: its minutes begin. */
void limit_talk(struct limit_held *held, const struct limit_now *now);

/* The call is over. A second time does nothing. */
void limit_give(struct limit_table *table, struct limit_held *held,
		const struct limit_now *now);
/* It came to nothing: as if it had not been taken, in this second too. */
void limit_undo(struct limit_table *table, struct limit_held *held,
		const struct limit_now *now);

/* What is used of `limit`, one of `limits`. */
struct limit_use {
	/* Calls at once, calls in the last second, or whole minutes; of one
	 * per caller, that of the caller who uses most of it. */
	uint32_t used;
	char caller[LIMIT_CALLER_MAX]; /* that one; "" also: none */
	unsigned callers;	       /* that use something of it */
	uint64_t refused;	       /* calls, since the start */
};
void limit_look(struct limit_table *table, const struct conf_limits *limits,
		const struct conf_limit *limit, const struct limit_now *now,
		struct limit_use *out);

/* The same of one caller, for a limit per caller. */
uint32_t limit_used_by(struct limit_table *table,
		       const struct conf_limits *limits,
		       const struct conf_limit *limit, const char *caller,
		       const struct limit_now *now);

/* Who has counters now, and how many were forgotten with minutes of today for
 * want of room. */
unsigned limit_callers(const struct limit_table *table);
uint64_t limit_forgotten(const struct limit_table *table);

/* For the auditor: begin, count what every call holds, and end, which tells how
 * many counters had another number of calls, or of talking ones, and mends
 * them. */
void limit_audit_begin(struct limit_table *table);
void limit_audit_count(const struct limit_held *held);
unsigned limit_audit_end(struct limit_table *table,
			 const struct limit_now *now);

/* After a reload: what is not among `kept` is dropped, unless a call holds it.
 */
void limit_sweep(struct limit_table *table,
		 const struct conf_limits *const *kept, size_t count);

/* "20 calls", "5 calls/s per caller" */
void limit_format(const struct conf_limit *limit, char *out, size_t size);

/* What a call is refused with when `limit` of its rule or of a class is used
 * up; one of a trunk group is as a group without a free channel. */
struct leg_cause limit_cause(const struct conf_limit *limit);

#endif
