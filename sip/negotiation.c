#include "sip/negotiation.h"

#include "sip/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int negotiation_start(struct negotiation *n, const struct conf_peer *peer,
		      const char *sdp, char *why, size_t why_size)
{
	*n = (struct negotiation){ .peer = peer, .delayed = !*sdp };
	if (n->delayed)
		return 0;
	n->has_peer = true;
	return sdp_parse(&n->from_peer, sdp, strlen(sdp), why, why_size);
}

void negotiation_call(struct negotiation *n, const struct conf_peer *peer)
{
	*n = (struct negotiation){ .peer = peer, .delayed = true };
}

int negotiation_answer(struct negotiation *n, const struct sdp_session *answer)
{
	struct sdp_agreed agreed;

	if (sdp_agree(answer, &n->local, &agreed) < 0)
		return -ENOTSUP;
	n->from_peer = *answer;
	n->agreed = agreed;
	n->has_peer = n->settled = true;
	return 0;
}

bool negotiation_possible(const struct negotiation *n, sa_family_t family)
{
	if (n->delayed)
		return true;
	/* There is no relay between IPv4 and IPv6 here. */
	if (n->from_peer.audio < 0 || n->from_peer.remote.ss_family != family)
		return false;
	for (size_t i = 0; i < n->from_peer.codec_count; i++)
		for (size_t j = 0; j < n->peer->codec_count; j++)
			if (n->from_peer.codec[i].law == n->peer->codecs[j])
				return true;
	return false;
}

/* The codecs that the peer is configured for, the one that needs no conversion
 * first, so that the voice passes bit for bit where it can. */
static void make_local(struct negotiation *n,
		       const struct leg_media_local *local)
{
	struct sdp_local *l = &n->local;

	/* Random, and small: o= numbers go through 32-bit parsers out there. */
	if (!l->session_id)
		l->session_id = l->session_version =
			(uint64_t)su_randint(1, 0x7fffffff);
	l->address = local->address;
	l->ptime_ms = n->peer->ptime_ms;
	l->dtmf = true;
	l->direction = SDP_SENDRECV;
	l->codec_count = n->peer->codec_count;
	for (size_t i = 0; i < l->codec_count; i++)
		l->codecs[i] = n->peer->codecs[i];
	if (l->codec_count == 2 && l->codecs[1] == local->prefer) {
		l->codecs[1] = l->codecs[0];
		l->codecs[0] = local->prefer;
	}
}

/* Made once and kept: a text that differed between 183 and 200 would be another
 * answer to the same offer (RFC 3264 4). */
static int make_sdp(struct negotiation *n, const struct leg_media_local *local)
{
	char text[SDP_TEXT_MAX];
	char *copy;
	int err;

	make_local(n, local);
	if (n->delayed)
		err = sdp_offer(&n->local, text, sizeof text);
	else
		err = sdp_answer(&n->from_peer, &n->local, &n->agreed, text,
				 sizeof text);
	if (err < 0)
		return -ENOTSUP;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	free(n->sdp);
	n->sdp = copy;
	n->settled = !n->delayed;
	return 0;
}

/* What media/ gets; directions turn from ours to its words. */
static void fill(const struct negotiation *n, struct leg_media *out)
{
	*out = (struct leg_media){
		.kind = LEG_MEDIA_RTP,
		.law = n->agreed.law,
		.remote = n->from_peer.remote,
		.remote_rtcp = n->from_peer.remote_rtcp,
		.payload_type = n->agreed.payload_type,
		.dtmf_payload_type = n->agreed.dtmf_payload_type,
		.ptime_ms = n->agreed.ptime_ms,
		.send = (n->agreed.direction & SDP_SENDONLY) != 0,
		.receive = (n->agreed.direction & SDP_RECVONLY) != 0,
	};
}

/* A second bridge, for another channel, may still take the first one's place
 * while nothing has been sent; afterwards the peer sends to what it was told,
 * and another address comes too late. */
int negotiation_media(struct negotiation *n,
		      const struct leg_media_local *local, bool final,
		      struct leg_media *out)
{
	int err;

	*out = (struct leg_media){ .kind = LEG_MEDIA_NONE,
				   .dtmf_payload_type = -1 };
	if (local && !n->sent &&
	    (!n->sdp ||
	     !sdp_same_address(&n->local.address, &local->address))) {
		err = make_sdp(n, local);
		if (err < 0)
			return err;
	}
	/* Ours was the offer, and the ACK has brought the answer. */
	if (!n->settled && n->has_peer && n->sdp) {
		err = sdp_agree(&n->from_peer, &n->local, &n->agreed);
		if (err < 0)
			return err;
		n->settled = true;
	}
	if (n->settled)
		fill(n, out);
	return n->settled || !final ? 0 : -ENOTSUP;
}

static bool is_refresh(const struct negotiation *n,
		       const struct sdp_session *offer)
{
	return n->settled && n->sdp &&
	       sdp_unchanged(&n->from_peer, offer, &n->agreed);
}

bool negotiation_ack(struct negotiation *n, const struct sdp_session *answer)
{
	if (n->delayed && !n->has_peer) {
		n->from_peer = *answer;
		n->has_peer = true;
		return true;
	}
	return !n->settled || is_refresh(n, answer);
}

/* What we said was an offer, with more in it than the peer took. An answer may
 * hold only what was offered (RFC 3264 6), and a changed text is the next
 * version (8). */
static int make_answer(struct negotiation *n, const struct sdp_session *offer)
{
	struct sdp_local local = n->local;
	struct sdp_agreed same;
	char text[SDP_TEXT_MAX];
	char *copy;

	local.session_version++;
	local.codecs[0] = n->agreed.law;
	local.codec_count = 1;
	local.dtmf = n->agreed.dtmf_payload_type >= 0;
	if (sdp_answer(offer, &local, &same, text, sizeof text) < 0)
		return -ENOTSUP;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	free(n->sdp);
	n->sdp = copy;
	n->local = local;
	n->delayed = false;
	return 0;
}

int negotiation_refresh(struct negotiation *n, const struct sdp_session *offer)
{
	if (!is_refresh(n, offer))
		return -ENOTSUP;
	return n->delayed ? make_answer(n, offer) : 0;
}

void negotiation_free(struct negotiation *n)
{
	free(n->sdp);
	n->sdp = NULL;
}
