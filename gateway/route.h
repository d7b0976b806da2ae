/* Where a call goes: wire digits to +E.164, a rule for them, and back. Pure. */
#ifndef TOLLGATE_ROUTE_H
#define TOLLGATE_ROUTE_H

#include "conf/conf.h"
#include "gateway/numbering_told.h"

#define ROUTE_CORE_MAX NUMBERING_CORE_MAX

/* What a call's routing depends on besides the call. */
struct route_moment {
	int64_t utc_s; /* calendar time, seconds since 1970 */
	uint32_t lot;  /* what the call drew among targets that share */
};

struct route_result {
	char called[ROUTE_CORE_MAX];  /* +E.164, or bare digits of a short code
				       */
	char calling[ROUTE_CORE_MAX]; /* "" when there is none */
	char redirecting[ROUTE_CORE_MAX];   /* "" when there is none */
	const struct conf_route_rule *rule; /* NULL: no route */
	/* Exempt from limits and drain, and may have a reserved channel. */
	bool emergency;
	/* The rule's targets in the order in which this call tries them, and
	 * the place in it of the one that `out` is for. */
	uint8_t order[CONF_TARGETS_MAX];
	size_t target;
	/* The called number as the rule's strip, add or replace leave it. */
	char rewritten[ROUTE_CORE_MAX];
	struct leg_setup out; /* numbers as that target has them */
	/* What made out.called of the core's number; NULL: no rule of the
	 * target's numbering did. */
	const struct conf_number_rule *sent_by;
	/* And what became of the numbers that are told. */
	struct numbering_told calling_told, redirecting_told;
};

/* Why a rule whose called number it is was taken, or not. */
enum route_verdict {
	ROUTE_CHOSEN,
	ROUTE_OTHER_CALLER,
	ROUTE_OTHER_PRESENTATION,
	ROUTE_OTHER_BEARER,
	ROUTE_NOT_NOW,	     /* its hours do not hold */
	ROUTE_LESS_SPECIFIC, /* it fits, but so did another one before */
};

#define ROUTE_STEPS_MAX 64

/* How a call was routed, step by step: for whoever wants it explained. */
struct route_trace {
	const struct conf_route *route; /* NULL: none is from there */
	/* What made the core's number of the called one; NULL: no rule did. */
	const struct conf_number_rule *received_by;
	/* The rules that were looked at, the most specific first. Of a number
	 * that has many callers, those of other callers are not among them. */
	struct {
		const struct conf_route_rule *rule;
		enum route_verdict verdict;
	} steps[ROUTE_STEPS_MAX];
	size_t step_count;
	bool more; /* there was no room for others */
};

/* All three steps for a call, to the first target of its rule whose numbering
 * makes a number of this one. Targets that share are in the order that the lot
 * has given them. 0 with out->rule set; -ENOENT: no route takes the
 * number; -EINVAL: the called number is none, or no target's rule makes one of
 * it, or the rule leaves none. */
int route_call(const struct conf *conf, const struct leg_setup *in,
	       const struct route_moment *moment, struct route_result *out);

/* The same, and tells how. */
int route_call_traced(const struct conf *conf, const struct leg_setup *in,
		      const struct route_moment *moment,
		      struct route_result *out, struct route_trace *trace);

/* Where the call goes now; NULL: the rule rejects. */
const struct conf_target *route_target(const struct route_result *result);

/* Goes on to the rule's next target. 0; -ENOENT: there is none; -EINVAL: its
 * numbering makes no number of it (the one behind it may). */
int route_next(const struct leg_setup *in, struct route_result *result);

/* Why a rule that rejects does so: by its status or its cause, and with its
 * text for the caller. It is ours. */
struct leg_cause route_rejection(const struct conf_action *action);

/* Whether the next target is to be tried after a failure with `cause`: as the
 * rule's retry-on says; without one, after a time-out, a failed span, and what
 * says that the way there is blocked rather than the number. */
bool route_retries(const struct conf_route_rule *rule,
		   const struct leg_cause *cause);

/* A number that the called side has told, as the calling side `from` is to hear
 * it: by the receive rules of the one and the send rules of the other. One that
 * cannot be read is not present in *out. */
void route_connected(const struct conf *conf, const struct route_result *result,
		     const char *from, const struct leg_number *in,
		     struct leg_number *out);

#endif
