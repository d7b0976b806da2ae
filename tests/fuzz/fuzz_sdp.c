/* A body of the peer's: read, answered, agreed with, compared. The input is
 * one body, or two with a NUL between them: the second one then comes in a
 * re-INVITE after the first, and as the answer to one of ours. */
#include "sip/negotiation.h"
#include "sip/sdp.h"
#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define WHY_MAX 160

static const struct our_side {
	int family;
	enum g711_law codecs[2];
	size_t codec_count;
	unsigned ptime_ms;
	bool dtmf;
	enum sdp_direction direction;
} our_sides[] = {
	{ AF_INET, { G711_ALAW, G711_ULAW }, 2, 20, true, SDP_SENDRECV },
	{ AF_INET, { G711_ULAW }, 1, 10, false, SDP_RECVONLY },
	{ AF_INET6, { G711_ULAW, G711_ALAW }, 2, 60, true, SDP_SENDRECV },
	{ AF_INET6, { G711_ALAW }, 1, 30, false, SDP_INACTIVE },
};
#define OUR_SIDES (sizeof our_sides / sizeof our_sides[0])

static struct sdp_local local_of(const struct our_side *side)
{
	struct sdp_local local = {
		.session_id = UINT64_MAX,
		.session_version = UINT64_MAX,
		.codecs = { side->codecs[0], side->codecs[1] },
		.codec_count = side->codec_count,
		.ptime_ms = side->ptime_ms,
		.dtmf = side->dtmf,
		.direction = side->direction,
	};
	struct sockaddr_in *in = (void *)&local.address;
	struct sockaddr_in6 *in6 = (void *)&local.address;

	local.address.ss_family = (sa_family_t)side->family;
	if (side->family == AF_INET) {
		in->sin_port = htons(16384);
		inet_pton(AF_INET, "192.0.2.1", &in->sin_addr);
	} else {
		in6->sin6_port = htons(16384);
		inet_pton(AF_INET6, "2001:db8:1234:5678:9abc:def0:1234:5678",
			  &in6->sin6_addr);
	}
	return local;
}

/* A block of exactly `size` bytes, so that one byte beyond it is seen. */
static char *exactly(const void *data, size_t size)
{
	char *copy = malloc(size ? size : 1);

	PROMISED("memory", copy);
	memcpy(copy, data, size);
	return copy;
}

static bool is_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return len < size;
}

static void check_session(const struct sdp_session *s)
{
	PROMISED("media are bounded", s->media_count <= SDP_MEDIA_MAX);
	PROMISED("audio is one of them",
		 s->audio >= -1 && s->audio < (int)s->media_count);
	PROMISED("two laws at most", s->codec_count <= 2);
	PROMISED("time is text", is_text(s->time, sizeof s->time));
	for (size_t i = 0; i < s->media_count; i++) {
		const struct sdp_media *m = &s->media[i];

		PROMISED("type is text", is_text(m->type, sizeof m->type));
		PROMISED("protocol is text",
			 is_text(m->protocol, sizeof m->protocol));
		PROMISED("formats are text",
			 is_text(m->formats, sizeof m->formats));
	}
	if (s->audio < 0)
		return;
	PROMISED("audio is usable", s->media[s->audio].usable);
	PROMISED("audio has an address",
		 s->remote.ss_family == AF_INET ||
			 s->remote.ss_family == AF_INET6);
	for (size_t i = 0; i < s->codec_count; i++)
		PROMISED("payload types are of 7 bits",
			 s->codec[i].payload_type < 128);
	PROMISED("DTMF has a payload type or none",
		 s->dtmf_payload_type >= -1 && s->dtmf_payload_type < 128);
}

static void check_agreed(const struct sdp_agreed *a,
			 const struct our_side *side)
{
	PROMISED("packets have a length that media/ can send",
		 a->ptime_ms >= 10 && a->ptime_ms <= 60 &&
			 a->ptime_ms % 10 == 0);
	PROMISED("nothing is agreed that we did not want",
		 !(a->direction & ~side->direction));
	PROMISED("no DTMF against our will",
		 side->dtmf || a->dtmf_payload_type == -1);
	PROMISED("voice and DTMF differ",
		 a->dtmf_payload_type != a->payload_type);
	PROMISED("the laws differ, and DTMF from both",
		 !a->both_laws ||
			 (side->codec_count == 2 &&
			  a->other_payload_type != a->payload_type &&
			  a->other_payload_type != a->dtmf_payload_type));
}

static void read_back(struct sdp_session *out, const char *text)
{
	char why[WHY_MAX] = "";

	PROMISED("we read what we write",
		 sdp_parse(out, text, strlen(text), why, sizeof why) == 0);
	check_session(out);
	PROMISED("what we write has audio",
		 out->audio >= 0 && out->codec_count);
}

/* Our answer as the peer would read it. */
static void check_answer(const struct sdp_session *offer, const char *text,
			 const struct sdp_agreed *agreed)
{
	struct sdp_session back;

	read_back(&back, text);
	PROMISED("an m-line for each of the offer's",
		 back.media_count == offer->media_count);
	PROMISED("voice where it was offered", back.audio == offer->audio);
	PROMISED("one codec", back.codec_count == 1);
	PROMISED("the codec agreed on",
		 back.codec[0].law == agreed->law &&
			 back.codec[0].payload_type == agreed->payload_type);
	PROMISED("the DTMF agreed on",
		 back.dtmf_payload_type == agreed->dtmf_payload_type);
	PROMISED("the direction agreed on",
		 back.direction == agreed->direction);
	PROMISED("the length agreed on", back.ptime_ms == agreed->ptime_ms);
}

static void answer(const struct sdp_session *offer, const struct our_side *side)
{
	struct sdp_local local = local_of(side);
	char *text = malloc(SDP_TEXT_MAX), *small;
	struct sdp_agreed agreed;
	size_t len;
	int err;

	PROMISED("memory", text);
	err = sdp_answer(offer, &local, &agreed, text, SDP_TEXT_MAX);
	PROMISED("every answer has room", err == 0 || err == -ENOTSUP);
	PROMISED("a refusal has a reason",
		 (err == 0) == !sdp_mismatch(offer, &local));
	if (err == 0) {
		check_agreed(&agreed, side);
		check_answer(offer, text, &agreed);
		len = strlen(text);
		small = malloc(len);
		PROMISED("memory", small);
		PROMISED("too small is told",
			 sdp_answer(offer, &local, &agreed, small, len) ==
				 -ENOSPC);
		free(small);
	}
	if (sdp_agree(offer, &local, &agreed) == 0)
		check_agreed(&agreed, side);
	free(text);
}

static bool read_body(struct sdp_session *out, const uint8_t *data, size_t size)
{
	char *text = exactly(data, size), *why = malloc(WHY_MAX);
	int err;

	PROMISED("memory", why);
	why[0] = '\0';
	err = sdp_parse(out, text, size, why, WHY_MAX);
	PROMISED("two results", err == 0 || err == -EBADMSG);
	PROMISED("a refusal says why", err == 0 || *why);
	free(text);
	free(why);
	return err == 0;
}

/* What a dialog has settled, and our last words in it. */
struct settled {
	struct leg_media media;
	char text[SDP_TEXT_MAX];
};

static struct settled settled(struct negotiation *n)
{
	struct settled s = { 0 };

	PROMISED("something holds",
		 negotiation_media(n, NULL, true, &s.media) == 0);
	PROMISED("packets that media/ can send",
		 s.media.ptime_ms >= 10 && s.media.ptime_ms <= 60 &&
			 s.media.ptime_ms % 10 == 0);
	strcpy(s.text, n->sdp);
	return s;
}

/* A law more that may come is a change, a law less is not. */
static bool same_media(const struct leg_media *a, const struct leg_media *b)
{
	if (b->both_laws &&
	    (!a->both_laws || a->other_payload_type != b->other_payload_type))
		return false;
	return sdp_same_address(&a->remote, &b->remote) &&
	       sdp_same_address(&a->remote_rtcp, &b->remote_rtcp) &&
	       a->law == b->law && a->payload_type == b->payload_type &&
	       a->dtmf_payload_type == b->dtmf_payload_type &&
	       a->ptime_ms == b->ptime_ms && a->send == b->send &&
	       a->receive == b->receive;
}

static unsigned long long version(const char *sdp)
{
	const char *origin = strstr(sdp, "\r\no=- ");

	PROMISED("we name ourselves", origin);
	return strtoull(strchr(origin + 6, ' '), NULL, 10);
}

/* RFC 3264 8: the version counts our texts. */
static void check_version(const char *before, const char *after)
{
	PROMISED("another text is the next version, the same none",
		 version(after) ==
			 version(before) + (strcmp(before, after) ? 1 : 0));
}

/* Another offer of the peer's on what has been settled. */
static void offer_later(struct negotiation *n, const struct sdp_session *offer)
{
	struct settled before = settled(n), after;
	bool keeps = negotiation_keeps(n, offer), changed, again;
	int err = negotiation_offer(n, offer, &changed);

	after = settled(n);
	if (err < 0) {
		PROMISED("a refused offer has a reason",
			 err == -ENOTSUP && sdp_mismatch(offer, &n->local));
		PROMISED("a refused offer changes nothing",
			 !keeps && !changed && !strcmp(before.text, n->sdp) &&
				 same_media(&before.media, &after.media));
		return;
	}
	PROMISED("what was foreseen", changed == !keeps);
	PROMISED("a change is told",
		 changed == !same_media(&before.media, &after.media));
	PROMISED("the law in use is kept where it can be",
		 after.media.law == before.media.law ||
			 offer->codec_count == 1);
	check_version(before.text, after.text);
	check_answer(offer, n->sdp, &n->agreed);
	PROMISED("a refresh is taken",
		 negotiation_offer(n, offer, &again) == 0);
	PROMISED("a refresh changes nothing",
		 !again && !strcmp(after.text, n->sdp));
}

/* And an offer of ours on the same, answered by `answer` or not at all. */
static void offer_again(struct negotiation *n, const struct sdp_session *answer)
{
	struct settled before = settled(n), after;
	size_t lines = n->from_peer.media_count;
	struct sdp_session back;
	bool changed;
	int err;

	PROMISED("we can always offer", negotiation_offer_again(n) == 0);
	check_version(before.text, n->sdp);
	read_back(&back, n->sdp);
	PROMISED("an m-line for each of the peer's", back.media_count == lines);
	PROMISED("what holds comes first",
		 back.codec[0].law == before.media.law &&
			 back.codec[0].payload_type ==
				 before.media.payload_type);
	PROMISED("numbers have one meaning",
		 back.codec_count < 2 || back.codec[0].payload_type !=
						 back.codec[1].payload_type);
	err = negotiation_ack(n, answer, &changed);
	after = settled(n);
	PROMISED("nothing is open", !negotiation_ours(n));
	PROMISED("a change is told",
		 changed == !same_media(&before.media, &after.media));
	PROMISED("what cannot be used changes nothing", err == 0 || !changed);
}

static void re_invite(const struct sdp_session *first,
		      const struct our_side *side, const uint8_t *data,
		      size_t size)
{
	struct conf_peer peer = {
		.codecs = { side->codecs[0], side->codecs[1] },
		.codec_count = side->codec_count,
		.ptime_ms = side->ptime_ms,
	};
	struct leg_media_local local = { .prefer = G711_ULAW };
	struct negotiation n = { .peer = &peer,
				 .phase = NEGOTIATION_THEIRS,
				 .from_peer = *first };
	struct leg_media m;
	struct sdp_session next;

	local.address = local_of(side).address;
	if (!read_body(&next, data, size))
		return;
	check_session(&next);
	if (negotiation_media(&n, &local, false, &m) == 0) {
		n.sent = true;
		offer_later(&n, &next);
		offer_again(&n, &next);
		offer_later(&n, first);
		offer_again(&n, NULL);
	}
	negotiation_free(&n);
}

static void offers(void)
{
	static bool done;

	if (done)
		return;
	for (size_t i = 0; i < OUR_SIDES; i++) {
		struct sdp_local local = local_of(&our_sides[i]);
		struct sdp_session back;
		char text[SDP_TEXT_MAX];

		PROMISED("every offer has room",
			 sdp_offer(&local, text, sizeof text) == 0);
		read_back(&back, text);
	}
	done = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *split = size ? memchr(data, 0, size) : NULL;
	size_t first = split ? (size_t)(split - data) : size;
	struct sdp_session session;

	offers();
	/* A NUL within a body is a body, too. */
	if (split && read_body(&session, data, size))
		check_session(&session);
	if (!read_body(&session, data, first))
		return 0;
	check_session(&session);
	for (size_t i = 0; i < OUR_SIDES; i++)
		answer(&session, &our_sides[i]);
	for (size_t i = 0; split && i < OUR_SIDES; i++)
		re_invite(&session, &our_sides[i], split + 1, size - first - 1);
	return 0;
}
