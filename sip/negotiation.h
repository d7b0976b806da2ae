/* Offer and answer of one dialog (RFC 3264): what the peer said, what we said,
 * what holds. A later offer is judged before anything changes, so that one that
 * is refused leaves all as it was. */
#ifndef TOLLGATE_SIP_NEGOTIATION_H
#define TOLLGATE_SIP_NEGOTIATION_H

#include "conf/conf.h"
#include "gateway/leg.h"
#include "sip/sdp.h"

/* Whose turn it is. From SETTLED on something holds. */
enum negotiation_phase {
	NEGOTIATION_THEIRS,  /* the peer's offer waits for our answer */
	NEGOTIATION_OURS,    /* our offer waits, or is still to be made */
	NEGOTIATION_SETTLED, /* nothing is open */
	NEGOTIATION_AGAIN,   /* the same, but for a later offer of ours */
};

struct negotiation {
	const struct conf_peer *peer;
	enum negotiation_phase phase;
	bool sent; /* our first SDP has gone out, and its address stands */
	struct sdp_session from_peer; /* the last that was taken */
	struct sdp_local local;
	struct sdp_agreed agreed;
	char *sdp; /* our last: the same text in every message until it has to
		      change; NULL: none yet */
	struct negotiation *before; /* what negotiation_undo goes back to */
};

/* Starts with the body of an INVITE, "" when it has none. 0; -EBADMSG: no SDP,
 * `why` says what and where. */
int negotiation_start(struct negotiation *n, const struct conf_peer *peer,
		      const char *sdp, char *why, size_t why_size);

/* Starts for an INVITE of ours, with our offer. */
void negotiation_call(struct negotiation *n, const struct conf_peer *peer);

/* True while an offer of ours waits for its answer. */
bool negotiation_ours(const struct negotiation *n);

/* False when no answer to the first offer is possible from an address of
 * `family`: no codec that the peer is configured for, or no address we could
 * reach. */
bool negotiation_possible(const struct negotiation *n, sa_family_t family);

/* leg_ops.media: makes our side with `local` unless it has gone out already,
 * and says what holds. `final`: the peer has said all it will. 0 (kind NONE:
 * the peer's answer is still to come), -ENOTSUP, -ENOMEM. */
int negotiation_media(struct negotiation *n,
		      const struct leg_media_local *local, bool final,
		      struct leg_media *out);

/* The peer's answer in a response to our INVITE, in place of an earlier one:
 * of several forks each brings its own, and that of the 200 counts. 0;
 * -ENOTSUP: it cannot be used, what held before holds. */
int negotiation_answer(struct negotiation *n, const struct sdp_session *answer);

/* An ACK of the peer's with `answer`, NULL when it has no SDP. 0, `changed`
 * when what holds has changed; -ENOENT: our offer had no answer; -ENOTSUP: it
 * has one that cannot be used, or moves media that nobody offered to move. What
 * held before then holds, if anything did. */
int negotiation_ack(struct negotiation *n, const struct sdp_session *answer,
		    bool *changed);

/* A later offer of the peer's. 0: `sdp` answers it, in the same words and
 * version as before where nothing in it had to change (RFC 3264 8), `changed`
 * when something else holds now; -ENOTSUP, -ENOMEM: all is as it was. */
int negotiation_offer(struct negotiation *n, const struct sdp_session *offer,
		      bool *changed);

/* True when taking `offer` would change nothing of what holds. */
bool negotiation_keeps(const struct negotiation *n,
		       const struct sdp_session *offer);

/* Makes `sdp` a later offer of ours, for a re-INVITE without one: what holds
 * stays until negotiation_ack. 0, -ENOTSUP, -ENOMEM. */
int negotiation_offer_again(struct negotiation *n);

/* Keeps how it is now for negotiation_undo, in place of what was kept before. 0
 * or -ENOMEM. */
int negotiation_keep(struct negotiation *n);

/* What was kept is needed no more. */
void negotiation_forget(struct negotiation *n);

/* What has been taken or offered since negotiation_keep does not hold: all is
 * as it was then. True when media is; false also when nothing was kept. */
bool negotiation_undo(struct negotiation *n);

void negotiation_free(struct negotiation *n);

#endif
