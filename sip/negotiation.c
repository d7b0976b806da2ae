#include "sip/negotiation.h"

#include "sip/stack.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* What a later message would make of it. */
struct next {
	struct sdp_local local;
	struct sdp_agreed agreed;
	char text[SDP_TEXT_MAX];
};

int negotiation_start(struct negotiation *n, const struct conf_peer *peer,
		      const char *sdp, char *why, size_t why_size)
{
	negotiation_call(n, peer);
	if (!*sdp)
		return 0;
	n->phase = NEGOTIATION_THEIRS;
	return sdp_parse(&n->from_peer, sdp, strlen(sdp), why, why_size);
}

void negotiation_call(struct negotiation *n, const struct conf_peer *peer)
{
	*n = (struct negotiation){ .peer = peer, .phase = NEGOTIATION_OURS };
}

bool negotiation_ours(const struct negotiation *n)
{
	return n->phase == NEGOTIATION_OURS || n->phase == NEGOTIATION_AGAIN;
}

bool negotiation_possible(const struct negotiation *n, sa_family_t family)
{
	struct sdp_local local = {
		.address.ss_family = family,
		.codecs = { n->peer->codecs[0], n->peer->codecs[1] },
		.codec_count = n->peer->codec_count,
	};

	return n->phase == NEGOTIATION_OURS ||
	       sdp_mismatch(&n->from_peer, &local) == SDP_NO_MISMATCH;
}

static void put_first(struct sdp_local *local, enum g711_law law)
{
	if (local->codec_count == 2 && local->codecs[1] == law) {
		local->codecs[1] = local->codecs[0];
		local->codecs[0] = law;
	}
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
	put_first(l, local->prefer);
}

static int keep_text(struct negotiation *n, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(n->sdp);
	n->sdp = copy;
	return 0;
}

/* Made once and kept: a text that differed between 183 and 200 would be another
 * answer to the same offer (RFC 3264 4). */
static int make_first(struct negotiation *n,
		      const struct leg_media_local *local)
{
	char text[SDP_TEXT_MAX];
	int err;

	make_local(n, local);
	if (n->phase == NEGOTIATION_OURS)
		err = sdp_offer(&n->local, text, sizeof text);
	else
		err = sdp_answer(&n->from_peer, &n->local, &n->agreed, text,
				 sizeof text);
	if (err < 0)
		return -ENOTSUP;
	err = keep_text(n, text);
	if (err == 0 && n->phase == NEGOTIATION_THEIRS)
		n->phase = NEGOTIATION_SETTLED;
	return err;
}

static bool nowhere(const struct sockaddr_storage *a)
{
	const struct sockaddr_in *in = (const void *)a;
	const struct sockaddr_in6 *in6 = (const void *)a;

	if (a->ss_family == AF_INET)
		return in->sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
}

/* What media/ gets; directions turn from ours to its words. A peer that holds
 * by 0.0.0.0 may still send (RFC 3264 8.4), but nobody knows from where, and
 * what comes from anywhere is not taken. */
static void fill(const struct sdp_session *peer,
		 const struct sdp_agreed *agreed, struct leg_media *out)
{
	*out = (struct leg_media){
		.kind = LEG_MEDIA_RTP,
		.law = agreed->law,
		.remote = peer->remote,
		.remote_rtcp = peer->remote_rtcp,
		.payload_type = agreed->payload_type,
		.both_laws = agreed->both_laws,
		.other_payload_type = agreed->other_payload_type,
		.dtmf_payload_type = agreed->dtmf_payload_type,
		.ptime_ms = agreed->ptime_ms,
		.send = (agreed->direction & SDP_SENDONLY) != 0,
		.receive = (agreed->direction & SDP_RECVONLY) != 0 &&
			   !nowhere(&peer->remote),
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
		err = make_first(n, local);
		if (err < 0)
			return err;
	}
	if (n->phase < NEGOTIATION_SETTLED)
		return final ? -ENOTSUP : 0;
	fill(&n->from_peer, &n->agreed, out);
	return 0;
}

/* That the peer may send another law is news, that it may no more is not: our
 * answer to a peer that goes on names one, and nothing has changed. */
static bool same_laws(const struct leg_media *a, const struct leg_media *b)
{
	return a->law == b->law && a->payload_type == b->payload_type &&
	       (!b->both_laws ||
		(a->both_laws &&
		 a->other_payload_type == b->other_payload_type));
}

/* Compares what media/ would get. */
static bool same_media(const struct negotiation *n,
		       const struct sdp_session *peer,
		       const struct sdp_agreed *agreed)
{
	struct leg_media a, b;

	fill(&n->from_peer, &n->agreed, &a);
	fill(peer, agreed, &b);
	return sdp_same_address(&a.remote, &b.remote) &&
	       sdp_same_address(&a.remote_rtcp, &b.remote_rtcp) &&
	       same_laws(&a, &b) &&
	       a.dtmf_payload_type == b.dtmf_payload_type &&
	       a.ptime_ms == b.ptime_ms && a.send == b.send &&
	       a.receive == b.receive;
}

int negotiation_answer(struct negotiation *n, const struct sdp_session *answer)
{
	struct sdp_agreed agreed;

	if (!n->sdp || sdp_agree(answer, &n->local, &agreed) < 0)
		return -ENOTSUP;
	n->from_peer = *answer;
	n->agreed = agreed;
	n->phase = NEGOTIATION_SETTLED;
	return 0;
}

/* Our next words: an answer to `offer`, or an offer when that is NULL. */
static int write_next(const struct negotiation *n,
		      const struct sdp_session *offer, struct next *next)
{
	if (offer)
		return sdp_answer(offer, &next->local, &next->agreed,
				  next->text, sizeof next->text);
	return sdp_offer_again(&n->from_peer, &next->local, &n->agreed,
			       next->text, sizeof next->text);
}

/* The codec in use is kept where it can be, whatever the order: a law that
 * changes is a click in the ear and, toward the other law, a loss. The version
 * counts the texts (RFC 3264 8), so that a session refresh gets the very one it
 * had (RFC 4028 7.4). */
static int make_next(const struct negotiation *n,
		     const struct sdp_session *offer, struct next *next)
{
	int err;

	if (n->phase < NEGOTIATION_SETTLED)
		return -ENOTSUP;
	next->local = n->local;
	next->agreed = n->agreed;
	put_first(&next->local, n->agreed.law);
	err = write_next(n, offer, next);
	if (err == 0 && strcmp(next->text, n->sdp) != 0) {
		next->local.session_version++;
		err = write_next(n, offer, next);
	}
	return err < 0 ? -ENOTSUP : 0;
}

int negotiation_offer(struct negotiation *n, const struct sdp_session *offer,
		      bool *changed)
{
	struct next next;
	int err = make_next(n, offer, &next);

	*changed = false;
	if (err == 0)
		err = keep_text(n, next.text);
	if (err < 0)
		return err;
	*changed = !same_media(n, offer, &next.agreed);
	n->from_peer = *offer;
	n->local = next.local;
	n->agreed = next.agreed;
	return 0;
}

bool negotiation_keeps(const struct negotiation *n,
		       const struct sdp_session *offer)
{
	struct next next;

	return make_next(n, offer, &next) == 0 &&
	       same_media(n, offer, &next.agreed);
}

int negotiation_offer_again(struct negotiation *n)
{
	struct next next;
	int err = make_next(n, NULL, &next);

	if (err == 0)
		err = keep_text(n, next.text);
	if (err < 0)
		return err;
	n->local = next.local;
	n->phase = NEGOTIATION_AGAIN;
	return 0;
}

static int answer_again(struct negotiation *n, const struct sdp_session *answer,
			bool *changed)
{
	struct negotiation before = *n;
	int err;

	n->phase = NEGOTIATION_SETTLED;
	if (!answer)
		return -ENOENT;
	err = negotiation_answer(n, answer);
	if (err == 0)
		*changed = !same_media(&before, &n->from_peer, &n->agreed);
	return err;
}

int negotiation_ack(struct negotiation *n, const struct sdp_session *answer,
		    bool *changed)
{
	*changed = false;
	if (n->phase == NEGOTIATION_AGAIN)
		return answer_again(n, answer, changed);
	if (n->phase == NEGOTIATION_OURS)
		return answer ? negotiation_answer(n, answer) : -ENOENT;
	return !answer || negotiation_keeps(n, answer) ? 0 : -ENOTSUP;
}

int negotiation_keep(struct negotiation *n)
{
	struct negotiation *before = malloc(sizeof *before);
	char *text = n->sdp ? strdup(n->sdp) : NULL;

	if (!before || (n->sdp && !text)) {
		free(before);
		free(text);
		return -ENOMEM;
	}
	negotiation_forget(n);
	*before = *n;
	before->sdp = text;
	n->before = before;
	return 0;
}

void negotiation_forget(struct negotiation *n)
{
	if (n->before)
		free(n->before->sdp);
	free(n->before);
	n->before = NULL;
}

bool negotiation_undo(struct negotiation *n)
{
	struct negotiation *before = n->before;
	bool changed;

	if (!before)
		return false;
	changed = before->phase >= NEGOTIATION_SETTLED &&
		  !same_media(before, &n->from_peer, &n->agreed);
	free(n->sdp);
	*n = *before;
	free(before);
	return changed;
}

void negotiation_free(struct negotiation *n)
{
	negotiation_forget(n);
	free(n->sdp);
	n->sdp = NULL;
}
