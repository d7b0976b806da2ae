/* Offer and answer (RFC 3264, RFC 8866), pure: text in, text out. */
#ifndef TOLLGATE_SDP_H
#define TOLLGATE_SDP_H

#include "media/g711.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define SDP_TEXT_MAX 4096  /* ours, and the longest body we read */
#define SDP_MEDIA_MAX 8	   /* m-lines kept; more: the offer is refused */
#define SDP_FORMATS_MAX 32 /* payload types of an m-line */

enum sdp_direction {
	SDP_INACTIVE = 0,
	SDP_SENDONLY = 1,
	SDP_RECVONLY = 2,
	SDP_SENDRECV = 3
};

/* One m-line of the peer's, enough to answer or refuse it. */
struct sdp_media {
	char type[16];	   /* "audio", "video", "image", ... */
	char protocol[32]; /* "RTP/AVP" */
	char formats[128]; /* the format list as written */
	uint16_t port;	   /* 0: refused or disabled */
	bool usable;	   /* audio over RTP/AVP with a port and an address */
};

/* What an offer or answer says. */
struct sdp_session {
	struct sdp_media media[SDP_MEDIA_MAX];
	size_t media_count;
	char time[64]; /* first t= line: an answer repeats it (RFC 3264 6) */
	int audio;     /* index of the m-line we use, -1: none */
	/* of that m-line */
	struct sockaddr_storage remote, remote_rtcp;
	struct {
		enum g711_law law;
		uint8_t payload_type;
	} codec[2];
	size_t codec_count;	      /* G.711 found, in the peer's order */
	int dtmf_payload_type;	      /* telephone-event/8000, -1: none */
	unsigned ptime_ms;	      /* a=ptime, 0: not said */
	unsigned maxptime_ms;	      /* 0: not said */
	enum sdp_direction direction; /* seen from the peer, 0.0.0.0: inactive
					 or recvonly as RFC 3264 8.4 reads */
};

/* Reads a body; lines may end in CRLF or LF. Of several m-lines the first with
 * G.711 is taken, else the first that is usable. More than SDP_MEDIA_MAX: none
 * is, because an answer needs a line for each. 0; -EBADMSG: not SDP, `why` says
 * what and where. A body with no usable audio is 0 with audio -1 or codec_count
 * 0. */
int sdp_parse(struct sdp_session *out, const char *text, size_t len, char *why,
	      size_t why_size);

/* Our side of an answer. */
struct sdp_local {
	struct sockaddr_storage address;      /* RTP address and port */
	uint64_t session_id, session_version; /* o= line */
	enum g711_law codecs[2];	      /* allowed, most wanted first */
	size_t codec_count;
	unsigned ptime_ms;	      /* when the peer said none */
	bool dtmf;		      /* accept telephone-event */
	enum sdp_direction direction; /* what we are willing to do */
};

/* What was agreed. */
struct sdp_agreed {
	enum g711_law law;
	uint8_t payload_type;
	bool both_laws; /* the peer may send the other one, too */
	uint8_t other_payload_type;
	int dtmf_payload_type;
	unsigned ptime_ms;
	enum sdp_direction direction; /* seen from us */
};

/* Answers `offer`: one codec (the first of ours that it holds), telephone-event
 * when both have it, mirrored direction, every other m-line with port 0
 * (RFC 3264 6). 0 and the text; -ENOTSUP: no codec or no address family in
 * common; -ENOSPC. */
int sdp_answer(const struct sdp_session *offer, const struct sdp_local *local,
	       struct sdp_agreed *agreed, char *text, size_t size);

/* Writes an offer of ours (delayed offer: INVITE without SDP). 0 or -ENOSPC. */
int sdp_offer(const struct sdp_local *local, char *text, size_t size);

/* Writes a later offer of ours, for a session that `peer` was the last word of
 * the peer's about and that `agreed` holds: all that we can do, beginning with
 * what holds, in the peer's m-lines (RFC 3261 14.2, RFC 3264 8). 0 or
 * -ENOSPC. */
int sdp_offer_again(const struct sdp_session *peer,
		    const struct sdp_local *local,
		    const struct sdp_agreed *agreed, char *text, size_t size);

/* Reads the peer's answer to our offer: of several codecs the first is ours to
 * send, and any is the peer's (RFC 3264 7). 0 or -ENOTSUP. */
int sdp_agree(const struct sdp_session *answer, const struct sdp_local *local,
	      struct sdp_agreed *agreed);

/* Same family, address and port. */
bool sdp_same_address(const struct sockaddr_storage *a,
		      const struct sockaddr_storage *b);

/* Why an offer has no answer: the warn-codes of RFC 3261 20.43. */
enum sdp_mismatch {
	SDP_NO_MISMATCH = 0,
	SDP_OTHER_NETWORK = 300,   /* the other address family */
	SDP_OTHER_ADDRESS = 301,   /* a host name, multicast, none */
	SDP_OTHER_TRANSPORT = 302, /* RTP/SAVP, RTP/AVPF */
	SDP_NO_AUDIO = 304,	   /* none, or disabled by port 0 */
	SDP_NO_CODEC = 305,
};

/* SDP_NO_MISMATCH: sdp_answer has an answer. */
enum sdp_mismatch sdp_mismatch(const struct sdp_session *offer,
			       const struct sdp_local *local);

/* In RFC 3261's own words. */
const char *sdp_mismatch_text(enum sdp_mismatch mismatch);

#endif
