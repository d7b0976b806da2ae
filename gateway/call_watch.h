/* Watches that answered calls are heard from.
 *
 * A SIP peer that lost its power or its network says no BYE, and the telephone
 * line costs money for as long as it is open. RTP and RTCP alike are signs of
 * life; a peer that holds the call need not give any. */
#ifndef TOLLGATE_CALL_WATCH_H
#define TOLLGATE_CALL_WATCH_H

struct gateway;

void call_watch_init(struct gateway *gw);
/* Starts looking at every call once a second. */
void call_watch_start(struct gateway *gw);
void call_watch_stop(struct gateway *gw);

#endif
