/* Who calls whom, by which way, and who answered: as the wire had it. */
#ifndef TOLLGATE_IDENTITY_H
#define TOLLGATE_IDENTITY_H

#include "gateway/leg.h"

#include <jansson.h>

struct pri;
struct pri_event_ring;
struct pri_sr;
struct q931_call;

struct call_identity {
	struct leg_number called, calling;
	struct leg_redirecting redirecting;
	struct leg_number connected; /* sent or received */
};

/* As a SETUP told it. */
void identity_received(struct call_identity *out,
		       const struct pri_event_ring *ring);
/* Puts all of it into a SETUP. */
void identity_send(const struct call_identity *identity, struct pri_sr *sr);

/* Who answers a test call: the number that was called. Before pri_answer. */
void identity_answer(struct call_identity *identity, struct pri *pri,
		     struct q931_call *call);

/* Adds "called_number", "calling_number", "redirecting" and "connected" to a
 * call's JSON; null: there was none. */
void identity_report(const struct call_identity *identity, json_t *call);

#endif
