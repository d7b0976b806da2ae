/* What a call does with its bridge: joins the media of its two legs and opens
 * the ways between them. For call_*.c only. */
#ifndef TOLLGATE_CALL_MEDIA_H
#define TOLLGATE_CALL_MEDIA_H

#include "gateway/call.h"

/* Makes a new bridge on the ISDN leg's channel, in place of the old one, and
 * offers it to the SIP leg. Only while nothing of the old one has been told to
 * a peer. 0; -ENOTSUP: no codec in common; or -errno. */
int call_media_join(struct call *call);

/* Asks the SIP leg what holds and points the bridge there. 0; -ENOTSUP: no
 * codec in common; or -errno. */
int call_media_agree(struct call *call);

/* The way from the called to the calling side, which alone is through before
 * the answer. */
enum bridge_path call_media_backward(const struct call *call);

/* Whether what the called side plays can reach the caller by now. */
bool call_media_heard(const struct call *call);

/* Opens ways, as far as the directions agreed in SDP let it. */
void call_media_open(struct call *call, enum bridge_path path);

/* The SIP peer has changed its side of an answered call: hold, resume, another
 * address or codec (RFC 3264 8). 0 or -errno. */
int call_media_change(struct call *call);

/* Refuses the call for what one of these has returned. */
void call_refuse_media(struct call *call, int err);

/* Takes the bridge down and keeps its counters. */
void call_media_end(struct call *call);

/* The SIP side holds the call, by its own SDP: one of the two ways is closed.
 */
bool call_media_held(const struct call *call);

/* Gives the telephone line the tone of a held call where the peer is configured
 * for it, unless it sends music of its own; none when the call is not held. */
void call_media_hold(struct call *call, bool music);

#endif
