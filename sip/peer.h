/* One configured SIP peer as it is now: whether it answers, how many calls it
 * has, what it was refused.
 *
 * It is asked by OPTIONS at the interval of its keepalive setting, up or down.
 * Any final response shows that it lives, 404, 405 and 501 among them: it has
 * read the request. Two things do not: a 503, by which it says itself that it
 * takes no calls (RFC 3261 21.5.4), and what the stack says in its place. An
 * OPTIONS is lost when nothing came in 2 s; the stack would wait 32 s. */
#ifndef TOLLGATE_SIP_PEER_H
#define TOLLGATE_SIP_PEER_H

#include "gateway/fsm.h"
#include "gateway/timer.h"
#include "sip/agent.h"

struct sip_peer;

enum sip_peer_state {
	SIP_PEER_NOT_WATCHED, /* no keepalive, or no server: taken as up */
	SIP_PEER_UNKNOWN,     /* asked, nothing known yet: taken as up */
	SIP_PEER_UP,
	SIP_PEER_DOWN,
	SIP_PEER_STATES
};

enum sip_peer_event {
	SIP_PEER_START,
	SIP_PEER_ANSWERED,  /* an OPTIONS */
	SIP_PEER_LOST,	    /* an OPTIONS */
	SIP_PEER_SILENT,    /* an INVITE that nothing has answered */
	SIP_PEER_FAILED,    /* as many lost in a row as make it down */
	SIP_PEER_RECOVERED, /* as many answered in a row as make it up */
	SIP_PEER_MOVED,	    /* another server, or it is watched no more */
	SIP_PEER_EVENTS
};

/* The state table, for the test that walks it. */
extern const struct fsm_desc sip_peer_fsm_desc;

/* Why an OPTIONS is lost. */
enum sip_peer_loss {
	SIP_PEER_NO_ANSWER,
	SIP_PEER_UNAVAILABLE, /* it says 503 */
	SIP_PEER_UNREACHABLE, /* the network says that nobody is there */
};

/* Sends an OPTIONS to it: exactly one of sip_peer_answered and sip_peer_lost is
 * to follow, or nothing for SIP_PEER_TIMEOUT_MS. */
typedef void (*sip_peer_ask_fn)(void *ctx);

#define SIP_PEER_TIMEOUT_MS 2000

/* What a peer is made of. */
struct sip_peer_params {
	const struct conf_peer *conf; /* kept, until another one is taken */
	struct timers *timers;
	sip_peer_ask_fn ask;
	void *ctx; /* for `ask` */
};

/* 0 or -ENOMEM. */
int sip_peer_new(struct sip_peer **out, const struct sip_peer_params *params);

/* NULL is fine. */
void sip_peer_free(struct sip_peer *peer);

/* Begins to ask, where it is configured. */
void sip_peer_start(struct sip_peer *peer);

/* Goes on by another configuration of the same name. True: the question that
 * is out is of no use any more, and another will be asked. */
bool sip_peer_take(struct sip_peer *peer, const struct conf_peer *conf);

/* It is configured no more, and stays for its calls only. */
void sip_peer_leave(struct sip_peer *peer);

/* How many calls it has. */
unsigned sip_peer_calls(const struct sip_peer *peer);
const char *sip_peer_name(const struct sip_peer *peer);

/* Asks no more; the state stays as it is. */
void sip_peer_stop(struct sip_peer *peer);

/* What became of the last OPTIONS. Ignored when it is lost already. */
void sip_peer_answered(struct sip_peer *peer);
void sip_peer_lost(struct sip_peer *peer, enum sip_peer_loss why);

/* An INVITE of ours got no response at all: a watched peer is asked at once. */
void sip_peer_silent(struct sip_peer *peer);

/* The interval before the next OPTIONS: `ms` and up to a tenth more or less by
 * `random`, so that peers, and gateways, do not ask in step. Pure. */
uint32_t sip_peer_interval_ms(uint32_t ms, uint32_t random);

/* Whether its limits refuse the next call that comes. */
bool sip_peer_is_full(const struct sip_peer *peer);

/* Whether one more call may come from it now: 0; -EAGAIN: too many INVITEs a
 * second; -EBUSY: too many calls. A refusal is counted and logged. An emergency
 * call always may, and counts. */
int sip_peer_admit(struct sip_peer *peer, bool emergency);

/* Whether one may go to it: 0; -EHOSTDOWN; -EBUSY, counted and logged. */
int sip_peer_available(struct sip_peer *peer, bool emergency);

/* A call of its has begun, or ended. */
void sip_peer_call_begins(struct sip_peer *peer, bool incoming);
void sip_peer_call_ends(struct sip_peer *peer);

void sip_peer_describe(const struct sip_peer *peer, struct sip_peer_info *out);

#endif
