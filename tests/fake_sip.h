/* A SIP peer that writes its messages by hand, and a call that notes what its
 * leg tells it: the agent under test stands between the two.
 *
 * The clock is the real one plus what the test has jumped, so that 32 s of
 * retransmissions pass in no time while sockets stay real. */
#ifndef TOLLGATE_FAKE_SIP_H
#define TOLLGATE_FAKE_SIP_H

#include "conf/conf.h"
#include "gateway/leg.h"
#include "gateway/loop.h"
#include "sip/agent.h"

#include <netinet/in.h>

#define FAKE_NOTES_MAX 8192

/* The gateway's side. */
struct fake_gateway {
	struct loop *loop;
	struct sip_agent *agent;
	struct conf conf;
	struct conf_peer peer;
	struct conf_network network;
	uint16_t port;
	bool in_service, stopped;
	/* How the call answers events by itself. */
	bool release_on_disconnect, free_on_released, release_at_once,
		release_on_media;
	struct leg_cause release_cause;
	/* of the last INVITE */
	struct leg *leg;
	struct leg_setup setup;
	unsigned calls;
	struct leg_cause cause; /* of the last DISCONNECT or RELEASED */
	bool inband;		/* of the last ALERTING, PROGRESS or ANSWER */
	struct leg_number connected; /* of the last ANSWER */
	char events[FAKE_NOTES_MAX]; /* "DISCONNECT RELEASED " */
	char ladder[FAKE_NOTES_MAX]; /* "<INVITE >100 Trying " */
};

/* Starts an agent on a free loopback port that knows 127.0.0.0/29 as "phones".
 */
void fake_gateway_start(struct fake_gateway *g);

/* Stops the agent, which has no calls, and starts one by the configuration as
 * the test has changed it. */
void fake_gateway_restart(struct fake_gateway *g);

/* Lets the loop run for `ms` of real time. */
void fake_run(struct fake_gateway *g, int ms);

/* Moves the clock by `ms` in steps that no timer is jumped over by. */
void fake_jump(struct fake_gateway *g, unsigned ms);

struct fake_peer {
	struct fake_gateway *gateway;
	int fd;
	struct sockaddr_in address;
	char got[8192]; /* the last message received */
	char to_tag[128];
	unsigned branch;
	const char *call_id; /* of requests that name none */
};

void fake_peer_open(struct fake_peer *p, struct fake_gateway *g,
		    const char *ip);
void fake_peer_close(struct fake_peer *p);

/* A request; NULL fields have the defaults of a good phone. */
struct fake_request {
	const char *method;  /* INVITE */
	const char *uri;     /* sip:+49305550100@127.0.0.1 */
	const char *from;    /* <sip:alice@127.0.0.1> */
	const char *contact; /* "" leaves it out */
	const char *call_id; /* that of the peer, else call-1 */
	const char *branch;  /* a new one each time */
	const char *extra;   /* header lines with CRLF */
	const char *body;
	const char *type;	   /* application/sdp */
	unsigned cseq;		   /* 1 */
	bool in_dialog;		   /* To with the tag of the last response */
	unsigned max_forwards_off; /* 1: Max-Forwards: 0 */
};
void fake_send(struct fake_peer *p, const struct fake_request *r);
void fake_send_raw(struct fake_peer *p, const void *data, size_t len);

/* Runs until a message that begins with `start` arrives; others are passed
 * over. Fails the test after two seconds. */
void fake_expect(struct fake_peer *p, const char *start);
/* Fails when anything arrives within `ms`. */
void fake_expect_silence(struct fake_peer *p, int ms);
/* The same, but for messages that begin with `except`. */
void fake_expect_no_other(struct fake_peer *p, int ms, const char *except);
/* Answers the request in `got` (a BYE of ours). */
void fake_respond(struct fake_peer *p, const char *status);

/* A response to `request` (the text of an INVITE of ours); NULL fields have the
 * defaults of a good phone. */
struct fake_response {
	const char *status;  /* "200 OK" */
	const char *tag;     /* of To: from1, as in requests; "": none */
	const char *contact; /* "" leaves it out */
	const char *extra;   /* header lines with CRLF */
	const char *body;
};
void fake_answer(struct fake_peer *p, const char *request,
		 const struct fake_response *r);

/* True when `got` holds `text`. */
bool fake_got(const struct fake_peer *p, const char *text);

/* Stops the agent, `p` answering each BYE, awaits `stopped` and frees all. */
void fake_gateway_stop(struct fake_gateway *g, struct fake_peer *p);

extern const struct sip_agent_events fake_agent_events; /* ctx: the gateway */

struct sockaddr_storage fake_address(const char *ip, uint16_t port);

/* Offer with A-law, mu-law and telephone-event at 127.0.0.1:40000. */
extern const char fake_offer[];

#endif
