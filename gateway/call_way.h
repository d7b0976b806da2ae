/* Where a call goes: the targets of its route, the channels of a trunk group,
 * one after the other until the called side has taken it. For call_*.c only. */
#ifndef TOLLGATE_CALL_WAY_H
#define TOLLGATE_CALL_WAY_H

#include "gateway/call.h"

/* Seizes a channel, or a dialog, of the present target or one behind it, and
 * sends SETUP or INVITE on it. Refuses the call when none can be. */
void call_way_start(struct call *call);

/* The same from the next target on, after `cause` of the present one. */
void call_way_next(struct call *call, const struct leg_cause *cause);

/* A call from the network has been given its channel by the exchange. False: it
 * is one of the last, which the trunk group keeps for emergency calls, and the
 * call was refused. */
bool call_way_spares_reserve(struct call *call);

/* The far side refused just the channel: another one of the same trunk group
 * (RFC 4497 8.4.1 note 2), at most as often as call->tried has room. */
void call_way_next_channel(struct call *call, const struct leg_cause *cause);

/* Whether `cause` from the called leg sends the call to its next target:
 * nothing of this one has been heard by the caller yet, the route says so and
 * has another. */
bool call_way_goes_on(const struct call *call, const struct leg_cause *cause);

/* The first response of the called leg may have named another channel (Q.931
 * 5.1.2.2): the bridge follows before anything is told to the caller. False:
 * it cannot, and the call was refused. */
bool call_way_follow(struct call *call);

/* "city", "pbx", "route reject", "no route" */
const char *call_way_name(const struct route_result *route);

#endif
