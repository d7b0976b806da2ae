/* Where a call goes: wire digits to +E.164, a rule for them, and back. Pure. */
#ifndef TOLLGATE_ROUTE_H
#define TOLLGATE_ROUTE_H

#include "conf/conf.h"
#include "gateway/numbering.h"

#define ROUTE_CORE_MAX NUMBERING_CORE_MAX

struct route_result {
	char called[ROUTE_CORE_MAX];  /* +E.164, or bare digits of a short code
				       */
	char calling[ROUTE_CORE_MAX]; /* "" when there is none */
	char redirecting[ROUTE_CORE_MAX];   /* "" when there is none */
	const struct conf_route_rule *rule; /* NULL: no route */
	/* Exempt from limits and drain, and may have a reserved channel. */
	bool emergency;
	size_t target;	      /* of the rule's targets: what `out` is for */
	struct leg_setup out; /* numbers as that target has them */
};

/* The rule of `route` for a core number: the longest matching prefix, an exact
 * rule before a prefix, "otherwise" last. NULL: none. */
const struct conf_route_rule *route_find(const struct conf_route *route,
					 const char *core);

/* All three steps for a call, to the first target of its rule whose numbering
 * makes a number of this one. 0 with out->rule set; -ENOENT: no route takes the
 * number; -EINVAL: the called number is none, or no target's rule makes one of
 * it. */
int route_call(const struct conf *conf, const struct leg_setup *in,
	       struct route_result *out);

/* Where the call goes now; NULL: the rule rejects. */
const struct conf_target *route_target(const struct route_result *result);

/* Goes on to the rule's next target. 0; -ENOENT: there is none; -EINVAL: its
 * numbering makes no number of it (the one behind it may). */
int route_next(const struct leg_setup *in, struct route_result *result);

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
