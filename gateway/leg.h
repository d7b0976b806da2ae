/* One side of a call, in words that neither SIP nor Q.931 owns.
 *
 * A call is two legs. Each leg is implemented by sip/ or dahdi/, which never
 * include each other: a leg never calls its twin. It raises neutral events to
 * the call through its sink, and the call asks the other leg through leg_ops.
 * The common language of failure is a Q.850 cause with its location.
 *
 * Life of a leg:
 *   calling side:  made by its protocol, handed over by the protocol's
 *                  "incoming" callback; then progress ... answer, CONFIRMED
 *   called side:   made idle by the protocol's leg_new; ops->setup starts it
 *   end, always:   peer clears   -> DISCONNECT, the call answers ops->release
 *                  call clears   -> ops->release
 *                  both          -> RELEASED, exactly once and last; the
 *                                   channel or dialog is free and the call
 *                                   calls ops->free
 * A leg may raise RELEASED without DISCONNECT when the peer's message already
 * ended it (RELEASE COMPLETE, a final SIP status).
 */
#ifndef TOLLGATE_LEG_H
#define TOLLGATE_LEG_H

#include "gateway/loop.h"
#include "media/g711.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define LEG_DIGITS_MAX 40
#define LEG_NAME_MAX 64
#define LEG_TEXT_MAX 96

struct call;
struct leg;

/* Who released, for the log and the call record. */
enum leg_origin {
	LEG_ORIGIN_PEER,    /* the far side's message */
	LEG_ORIGIN_GATEWAY, /* our decision: no route, no channel, shutdown */
	LEG_ORIGIN_TIMER,   /* a protocol timer of ours: text names it */
	LEG_ORIGIN_SPAN,    /* the span or its D channel failed */
	LEG_ORIGIN_OPERATOR,
};

/* Why something ends. */
struct leg_cause {
	uint8_t q850;	  /* Q.850 cause value, 1..127; 0: none given */
	uint8_t location; /* Q.850 location, 0 user ... 10 beyond interworking
			   */
	uint8_t origin;	  /* enum leg_origin */
	bool protocol_error; /* Q.931/SIP protocol error (RFC 4497 8.4.5) */
	bool told; /* the text is the operator's own, for the far side to read
		    */
	uint16_t sip_status;	 /* the SIP status received, 0: not from SIP */
	char text[LEG_TEXT_MAX]; /* original reason: "SIP 486 Busy Here", "T310"
				  */
};

/* A number as the wire had it. Type and plan are Q.931's codes
 * (4.5.8, 4.5.10). */
struct leg_number {
	char digits[LEG_DIGITS_MAX]; /* '+' first where SIP had it */
	uint8_t type;		     /* 0 unknown 1 international 2 national
					4 subscriber */
	uint8_t plan;		     /* 0 unknown 1 ISDN/E.164 9 private */
	uint8_t presentation;	     /* 0 allowed 1 restricted 2 unavailable */
	uint8_t screening; /* 0 user, not screened 1 passed 3 network */
	bool present;
};

/* A call that was diverted on its way here: the last number that diverted it
 * (Q.931 4.6.7, RFC 5806). */
struct leg_redirecting {
	struct leg_number number; /* present: the call was diverted */
	/* 0 unknown 1 busy 2 no answer 4 deflection 9 out of order
	 * 10 by the called equipment 15 unconditional (Q.931 4.6.7) */
	uint8_t reason;
	uint8_t count; /* diversions so far, 0: not told */
};

/* What the caller's device wants to send (Q.931 4.5.5). SIP with G.711 carries
 * what 3.1 kHz audio does. */
enum leg_bearer { LEG_BEARER_AUDIO, LEG_BEARER_SPEECH, LEG_BEARER_DATA };

/* What starts a call. */
struct leg_setup {
	struct leg_number called;
	struct leg_number calling;
	struct leg_redirecting redirecting;
	enum leg_bearer bearer;
	char from[LEG_NAME_MAX]; /* sip-peer or trunk-group it came from */
	/* Set by the calling leg when the attempt cannot be served at all (no
	 * usable codec: cause 65): the call refuses with it and records it. */
	struct leg_cause refuse;
	/* It is the limit of the peer that refuses, which is asked before any
	 * route: no rule's words go before. */
	bool over_limit;
};

/* What media/ needs to know of one side. */
enum leg_media_kind { LEG_MEDIA_NONE, LEG_MEDIA_TDM, LEG_MEDIA_RTP };

struct leg_media {
	enum leg_media_kind kind;
	/* TDM */
	unsigned span;
	unsigned timeslot; /* 1..31 */
	/* Gains in tenths of a dB: from the timeslot and into it. */
	int receive_ddb, transmit_ddb;
	bool echo; /* with an echo canceller, if there is one */
	/* law of the timeslot, or of the RTP payload */
	enum g711_law law;
	/* RTP, as negotiated */
	struct sockaddr_storage remote;	     /* RTP address that SDP named */
	struct sockaddr_storage remote_rtcp; /* RFC 3605 or port + 1 */
	uint8_t payload_type;
	/* The peer may send the other law as well, from packet to packet. */
	bool both_laws;
	uint8_t other_payload_type;
	int dtmf_payload_type; /* RFC 4733, -1: none */
	unsigned ptime_ms;     /* of what we send, 10..60 */
	bool send, receive;    /* seen from the gateway */
};

/* What the call tells an RTP leg about its other side. */
struct leg_media_local {
	struct sockaddr_storage address; /* our RTP address and port */
	enum g711_law prefer;		 /* law that needs no conversion */
};

enum leg_event_type {
	LEG_PROCEEDING, /* called side took the number (Q.931 CALL PROCEEDING)
			 */
	LEG_PROGRESS,	/* CALL PROGRESS, or in-band audio before ALERTING */
	LEG_ALERTING,
	LEG_ANSWER,
	LEG_CONFIRMED, /* calling side has our answer (ACK, CONNECT ACK) */
	/* The peer of an answered RTP leg has changed its media (hold, resume,
	 * another address or codec): media() tells what holds from now on. The
	 * leg has found it possible and answers it when this returns. */
	LEG_MEDIA,
	LEG_DISCONNECT, /* peer clears; release() is awaited */
	LEG_RELEASED,	/* last event: nothing of the leg is left */
	LEG_EVENT_TYPES
};

struct leg_event {
	enum leg_event_type type;
	/* PROGRESS, ALERTING: audio to be heard (PI 1 or 8). DISCONNECT: a tone
	 * or announcement says why (PI 8), as long as release() waits. */
	bool inband;
	struct leg_cause cause; /* DISCONNECT, RELEASED */
	/* ANSWER: who answered, as the wire had it; present or not. */
	struct leg_number connected;
};

enum leg_direction { LEG_IN, LEG_OUT }; /* seen from the gateway */

/* What the call gives each leg. */
struct leg_sink {
	/* May release the other leg, or defer the freeing of this one; the leg
	 * stays valid until its caller has returned to the loop. */
	void (*event)(struct leg *leg, const struct leg_event *event);
	/* A message for the ladder: "SETUP ch 5", "180 Ringing". */
	void (*message)(struct leg *leg, enum leg_direction dir,
			const char *text);
};

/* For show calls and call records. */
struct leg_info {
	char state[24];
	char peer[LEG_NAME_MAX]; /* sip-peer or trunk-group name */
	char sip_call_id[128];	 /* SIP only */
	char sip_remote[64];	 /* "127.0.0.1:5060" */
	unsigned span, channel;	 /* ISDN only */
	unsigned call_reference; /* ISDN only */
	uint16_t sip_status;	 /* last final status sent or received */
};

struct leg_ops {
	const char *kind; /* "sip", "isdn" */
	/* The calling leg has its call now: it tells the ladder the messages
	 * that came before. NULL for a kind that only is called. */
	void (*begin)(struct leg *leg);
	/* Starts an idle called leg. 0 or -errno (then nothing was sent and no
	 * event follows). */
	int (*setup)(struct leg *leg, const struct leg_setup *setup);
	/* To the calling side. Repeats and late calls do nothing. */
	void (*proceeding)(struct leg *leg);
	void (*progress)(struct leg *leg, bool inband);
	void (*alerting)(struct leg *leg, bool inband);
	/* `connected` is who answered, already in this side's numbers; not
	 * present: not known. */
	void (*answer)(struct leg *leg, const struct leg_number *connected);
	/* Ends the leg in whatever phase it is, or acknowledges the peer's
	 * DISCONNECT; RELEASED follows, perhaps before this returns. */
	void (*release)(struct leg *leg, const struct leg_cause *cause);
	/* Fills in this side's media. An RTP leg negotiates with `local`; a
	 * TDM leg ignores it (NULL). -ENOTSUP: no codec in common. */
	int (*media)(struct leg *leg, const struct leg_media_local *local,
		     struct leg_media *out);
	void (*describe)(const struct leg *leg, struct leg_info *info);
	/* Frees it in any state without a further event; NULL is not allowed.
	 */
	void (*free)(struct leg *leg);
};

/* Embedded first in the protocol's own leg. */
struct leg {
	const struct leg_ops *ops;
	const struct leg_sink *sink;
	struct call *call;
	struct loop_deferred retire; /* the call's, to free it after RELEASED */
	char name[LEG_NAME_MAX]; /* log name: "sip=a84b4c76" or "span=1/5" */
};

#endif
