/* Whether the peer still has a call that has outlived a break of the link: the
 * status enquiry of Q.931 5.8.10, for legs of both directions.
 *
 * The tap makes the first STATUS ENQUIRY, at once when the link is back; here
 * it is watched over and asked once more. Only for pri_leg*.c.
 */
#ifndef TOLLGATE_PRI_ENQUIRY_H
#define TOLLGATE_PRI_ENQUIRY_H

#include "dahdi/pri_leg_common.h"

void pri_enquiry_init(struct pri_leg *leg);
/* Asks, unless an answer is being waited for. */
void pri_enquiry_start(struct pri_leg *leg);
/* The link is back: libpri has sent its enquiry, or will when there is room for
 * it, or has not noticed the break. Then it is asked when T322 has run. */
void pri_enquiry_expect(struct pri_leg *leg);
/* Within libpri: takes note of an enquiry sent, and of its answer. */
void pri_enquiry_seen(struct pri_leg *leg, const struct q931_seen *seen);
/* Acts on it, outside. */
void pri_enquiry_check(struct pri_leg *leg);
/* The link is down: what was asked is void. */
void pri_enquiry_stop(struct pri_leg *leg);

/* Actions of both tables. */
void pri_enquiry_on_t322(void *leg, const void *arg);
void pri_enquiry_on_differs(void *leg, const void *state);

#endif
