#include "sip/sdp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PTIME_STEP_MS 10 /* of what media/ can send */
#define PTIME_MIN_MS 10
#define PTIME_MAX_MS 60

/* Static payload types (RFC 3551 6), and the dynamic one that every telephone
 * expects for telephone-event. */
#define PAYLOAD_ULAW 0
#define PAYLOAD_ALAW 8
#define PAYLOAD_DTMF 101

static const char *const direction_names[] = {
	[SDP_INACTIVE] = "inactive",
	[SDP_SENDONLY] = "sendonly",
	[SDP_RECVONLY] = "recvonly",
	[SDP_SENDRECV] = "sendrecv",
};

/* Appends until it is full, and remembers that it was. */
struct writer {
	char *at;
	size_t left;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void put(struct writer *w,
						      const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->at, w->left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= w->left) {
		w->full = true;
		return;
	}
	w->at += n;
	w->left -= (size_t)n;
}

/* What the peer sends we receive (RFC 3264 6.1): the two bits change places. */
static enum sdp_direction mirror(enum sdp_direction d)
{
	unsigned bits = (unsigned)d;

	return (enum sdp_direction)((bits & SDP_SENDONLY) << 1 |
				    (bits & SDP_RECVONLY) >> 1);
}

/* One length for both ways: what the peer asks to receive if we can send it,
 * else ours. maxptime binds us (RFC 8866 6.5). */
static unsigned agree_ptime(const struct sdp_session *peer, unsigned ours_ms)
{
	unsigned ms = peer->ptime_ms;

	if (ms < PTIME_MIN_MS || ms > PTIME_MAX_MS || ms % PTIME_STEP_MS)
		ms = ours_ms;
	if (peer->maxptime_ms && ms > peer->maxptime_ms)
		ms = peer->maxptime_ms - peer->maxptime_ms % PTIME_STEP_MS;
	return ms < PTIME_MIN_MS ? PTIME_MIN_MS : ms;
}

static void put_head(struct writer *w, const struct sdp_local *local,
		     const char *time)
{
	const struct sockaddr_in *in = (const void *)&local->address;
	const struct sockaddr_in6 *in6 = (const void *)&local->address;
	bool v6 = local->address.ss_family == AF_INET6;
	char address[INET6_ADDRSTRLEN] = "0.0.0.0";

	if (v6)
		inet_ntop(AF_INET6, &in6->sin6_addr, address, sizeof address);
	else
		inet_ntop(AF_INET, &in->sin_addr, address, sizeof address);
	/* No user and no host name in o=: nothing to learn about the inside. */
	put(w, "v=0\r\no=- %" PRIu64 " %" PRIu64 " IN %s %s\r\ns=-\r\n",
	    local->session_id, local->session_version, v6 ? "IP6" : "IP4",
	    address);
	put(w, "c=IN %s %s\r\nt=%s\r\n", v6 ? "IP6" : "IP4", address, time);
}

static unsigned local_port(const struct sdp_local *local)
{
	const struct sockaddr_in *in = (const void *)&local->address;
	const struct sockaddr_in6 *in6 = (const void *)&local->address;

	return ntohs(local->address.ss_family == AF_INET6 ? in6->sin6_port
							  : in->sin_port);
}

static void put_codec(struct writer *w, enum g711_law law, unsigned type)
{
	put(w, "a=rtpmap:%u %s/8000\r\n", type,
	    law == G711_ALAW ? "PCMA" : "PCMU");
}

/* Events 0-15 are the keys; flash and the tones beyond are not carried. */
static void put_tail(struct writer *w, int dtmf, unsigned ptime_ms,
		     enum sdp_direction direction)
{
	if (dtmf >= 0)
		put(w, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n",
		    dtmf, dtmf);
	put(w, "a=ptime:%u\r\na=%s\r\n", ptime_ms, direction_names[direction]);
}

/* With the peer's payload type: an answer repeats the offer's number
 * (RFC 3264 6.1). */
static bool find_codec(const struct sdp_session *peer, enum g711_law law,
		       struct sdp_agreed *out)
{
	for (size_t i = 0; i < peer->codec_count; i++) {
		if (peer->codec[i].law != law)
			continue;
		out->law = law;
		out->payload_type = peer->codec[i].payload_type;
		return true;
	}
	return false;
}

/* What both sides can do but for the codec, seen from us. */
static void agree_rest(const struct sdp_session *peer,
		       const struct sdp_local *local, struct sdp_agreed *out)
{
	out->both_laws = false;
	out->other_payload_type = 0;
	out->dtmf_payload_type = local->dtmf ? peer->dtmf_payload_type : -1;
	out->ptime_ms = agree_ptime(peer, local->ptime_ms);
	out->direction = (enum sdp_direction)(mirror(peer->direction) &
					      local->direction);
}

/* An answer in another address family than the offer's would be legal, and no
 * packet would ever arrive. */
static bool reachable(const struct sdp_session *peer,
		      const struct sdp_local *local)
{
	return peer->audio >= 0 &&
	       peer->remote.ss_family == local->address.ss_family;
}

/* The formats of an m-line of ours, and what they stand for. */
struct formats {
	struct {
		enum g711_law law;
		unsigned type;
	} codec[2];
	size_t count;
	int dtmf;
};

static void put_audio(struct writer *w, const struct sdp_local *local,
		      const struct formats *f, unsigned ptime_ms,
		      enum sdp_direction direction)
{
	put(w, "m=audio %u RTP/AVP", local_port(local));
	for (size_t i = 0; i < f->count; i++)
		put(w, " %u", f->codec[i].type);
	if (f->dtmf >= 0)
		put(w, " %d", f->dtmf);
	put(w, "\r\n");
	for (size_t i = 0; i < f->count; i++)
		put_codec(w, f->codec[i].law, f->codec[i].type);
	put_tail(w, f->dtmf, ptime_ms, direction);
}

static void put_refused(struct writer *w, const struct sdp_media *m)
{
	put(w, "m=%s 0 %s %s\r\n", m->type, m->protocol, m->formats);
}

/* One codec only: with two in the answer the peer might change between them at
 * any packet (RFC 3264 10.2), and a law would change under a call. */
static void put_answer(struct writer *w, const struct sdp_local *local,
		       const struct sdp_agreed *agreed)
{
	struct formats f = { .count = 1, .dtmf = agreed->dtmf_payload_type };

	f.codec[0].law = agreed->law;
	f.codec[0].type = agreed->payload_type;
	put_audio(w, local, &f, agreed->ptime_ms, agreed->direction);
}

int sdp_answer(const struct sdp_session *offer, const struct sdp_local *local,
	       struct sdp_agreed *agreed, char *text, size_t size)
{
	struct writer w = { text, size, false };
	bool found = false;

	for (size_t i = 0; i < local->codec_count && !found; i++)
		found = find_codec(offer, local->codecs[i], agreed);
	if (!found || !reachable(offer, local))
		return -ENOTSUP;
	agree_rest(offer, local, agreed);
	put_head(&w, local, offer->time[0] ? offer->time : "0 0");
	for (size_t i = 0; i < offer->media_count; i++) {
		if ((int)i == offer->audio)
			put_answer(&w, local, agreed);
		else
			put_refused(&w, &offer->media[i]);
	}
	return w.full ? -ENOSPC : 0;
}

static unsigned static_type(enum g711_law law)
{
	return law == G711_ALAW ? PAYLOAD_ALAW : PAYLOAD_ULAW;
}

static void add_codec(struct formats *f, enum g711_law law, unsigned type)
{
	f->codec[f->count].law = law;
	f->codec[f->count++].type = type;
}

int sdp_offer(const struct sdp_local *local, char *text, size_t size)
{
	struct writer w = { text, size, false };
	struct formats f = { .dtmf = local->dtmf ? PAYLOAD_DTMF : -1 };

	for (size_t i = 0; i < local->codec_count; i++)
		add_codec(&f, local->codecs[i], static_type(local->codecs[i]));
	put_head(&w, local, "0 0");
	put_audio(&w, local, &f, local->ptime_ms, local->direction);
	return w.full ? -ENOSPC : 0;
}

static bool type_taken(const struct formats *f, unsigned type)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->codec[i].type == type)
			return true;
	return f->dtmf == (int)type;
}

/* A payload type keeps its meaning for the life of a stream (RFC 3264 8.3.2):
 * what was agreed comes with its number, and the rest with one that is free. */
static struct formats offer_again(const struct sdp_session *peer,
				  const struct sdp_local *local,
				  const struct sdp_agreed *agreed)
{
	struct formats f = { .dtmf = agreed->dtmf_payload_type };
	struct sdp_agreed known;

	add_codec(&f, agreed->law, agreed->payload_type);
	for (size_t i = 0; i < local->codec_count; i++) {
		enum g711_law law = local->codecs[i];
		unsigned type = find_codec(peer, law, &known)
					? known.payload_type
					: static_type(law);

		if (law != agreed->law && !type_taken(&f, type))
			add_codec(&f, law, type);
	}
	if (f.dtmf < 0 && local->dtmf && !type_taken(&f, PAYLOAD_DTMF))
		f.dtmf = PAYLOAD_DTMF;
	return f;
}

int sdp_offer_again(const struct sdp_session *peer,
		    const struct sdp_local *local,
		    const struct sdp_agreed *agreed, char *text, size_t size)
{
	struct writer w = { text, size, false };
	struct formats f = offer_again(peer, local, agreed);

	put_head(&w, local, "0 0");
	for (size_t i = 0; i < peer->media_count; i++)
		if ((int)i == peer->audio)
			put_audio(&w, local, &f, agreed->ptime_ms,
				  local->direction);
		else
			put_refused(&w, &peer->media[i]);
	return w.full ? -ENOSPC : 0;
}

static bool is_allowed(const struct sdp_local *local, enum g711_law law)
{
	for (size_t i = 0; i < local->codec_count; i++)
		if (local->codecs[i] == law)
			return true;
	return false;
}

int sdp_agree(const struct sdp_session *answer, const struct sdp_local *local,
	      struct sdp_agreed *agreed)
{
	unsigned found = 0;

	if (!reachable(answer, local))
		return -ENOTSUP;
	agree_rest(answer, local, agreed);
	for (size_t i = 0; i < answer->codec_count; i++) {
		if (!is_allowed(local, answer->codec[i].law))
			continue;
		if (found++) {
			agreed->both_laws = true;
			agreed->other_payload_type =
				answer->codec[i].payload_type;
		} else {
			agreed->law = answer->codec[i].law;
			agreed->payload_type = answer->codec[i].payload_type;
		}
	}
	return found ? 0 : -ENOTSUP;
}

bool sdp_same_address(const struct sockaddr_storage *a,
		      const struct sockaddr_storage *b)
{
	const struct sockaddr_in *a4 = (const void *)a, *b4 = (const void *)b;
	const struct sockaddr_in6 *a6 = (const void *)a, *b6 = (const void *)b;

	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET)
		return a4->sin_port == b4->sin_port &&
		       a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	return a6->sin6_port == b6->sin6_port &&
	       IN6_ARE_ADDR_EQUAL(&a6->sin6_addr, &b6->sin6_addr);
}

static bool codec_in_common(const struct sdp_session *offer,
			    const struct sdp_local *local)
{
	struct sdp_agreed found;

	for (size_t i = 0; i < local->codec_count; i++)
		if (find_codec(offer, local->codecs[i], &found))
			return true;
	return false;
}

enum sdp_mismatch sdp_mismatch(const struct sdp_session *offer,
			       const struct sdp_local *local)
{
	if (offer->audio >= 0) {
		if (!reachable(offer, local))
			return SDP_OTHER_NETWORK;
		return codec_in_common(offer, local) ? SDP_NO_MISMATCH
						     : SDP_NO_CODEC;
	}
	for (size_t i = 0; i < offer->media_count; i++) {
		const struct sdp_media *m = &offer->media[i];

		if (strcmp(m->type, "audio") != 0 || m->port == 0)
			continue;
		return strcmp(m->protocol, "RTP/AVP") != 0 ? SDP_OTHER_TRANSPORT
							   : SDP_OTHER_ADDRESS;
	}
	return SDP_NO_AUDIO;
}

const char *sdp_mismatch_text(enum sdp_mismatch mismatch)
{
	switch (mismatch) {
	case SDP_NO_MISMATCH: break;
	case SDP_OTHER_NETWORK: return "Incompatible network protocol";
	case SDP_OTHER_ADDRESS: return "Incompatible network address formats";
	case SDP_OTHER_TRANSPORT: return "Incompatible transport protocol";
	case SDP_NO_AUDIO: return "Media type not available";
	case SDP_NO_CODEC: return "Incompatible media format";
	}
	return "Not acceptable";
}
