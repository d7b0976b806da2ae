/* Offer and answer of one dialog (RFC 3264): what the peer said, what we said,
 * what holds. */
#ifndef TOLLGATE_SIP_NEGOTIATION_H
#define TOLLGATE_SIP_NEGOTIATION_H

#include "conf/conf.h"
#include "gateway/leg.h"
#include "sip/sdp.h"

struct negotiation {
	const struct conf_peer *peer;
	bool delayed;  /* the offer is ours: we call, or the INVITE had none */
	bool has_peer; /* `from_peer` holds the peer's side */
	bool settled;  /* `agreed` holds the outcome */
	bool sent;     /* our side has gone out and stands */
	struct sdp_session from_peer;
	struct sdp_local local;
	struct sdp_agreed agreed;
	char *sdp; /* our text, the same in every message; NULL: not made */
};

/* Starts with the body of an INVITE, "" when it has none. 0; -EBADMSG: no SDP,
 * `why` says what and where. */
int negotiation_start(struct negotiation *n, const struct conf_peer *peer,
		      const char *sdp, char *why, size_t why_size);

/* Starts for an INVITE of ours, with our offer. */
void negotiation_call(struct negotiation *n, const struct conf_peer *peer);

/* The peer's answer in a response to that INVITE, in place of an earlier one:
 * of several forks each brings its own, and that of the 200 counts. 0;
 * -ENOTSUP: it cannot be used, what held before holds. */
int negotiation_answer(struct negotiation *n, const struct sdp_session *answer);

/* False when no answer to the offer is possible from an address of `family`:
 * no codec that the peer is configured for, or no address we could reach. */
bool negotiation_possible(const struct negotiation *n, sa_family_t family);

/* leg_ops.media: makes our side with `local` unless it has gone out already,
 * and says what holds. `final`: the peer has said all it will. 0 (kind NONE:
 * the peer's answer is still to come), -ENOTSUP, -ENOMEM. */
int negotiation_media(struct negotiation *n,
		      const struct leg_media_local *local, bool final,
		      struct leg_media *out);

/* The SDP of an ACK. False when it changes what holds, which is not
 * followed. */
bool negotiation_ack(struct negotiation *n, const struct sdp_session *answer);

/* A later offer. 0 when it changes nothing: `sdp` answers it, the same text as
 * before unless that was an offer. -ENOTSUP: it changes what holds; -ENOMEM. */
int negotiation_refresh(struct negotiation *n, const struct sdp_session *offer);

void negotiation_free(struct negotiation *n);

#endif
