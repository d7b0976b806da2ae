/* The SIP user agent: stack, transports, peers and dispatch. What gateway/
 * sees of sip/. */
#ifndef TOLLGATE_SIP_AGENT_H
#define TOLLGATE_SIP_AGENT_H

#include "conf/conf.h"
#include "gateway/leg.h"

struct loop;
struct sip_agent;

/* Told to the gateway, in the signalling thread. */
struct sip_agent_events {
	/* An INVITE from a known peer. `leg` is the receiver's from now on: it
	 * must release or progress it. */
	void (*incoming)(void *ctx, struct leg *leg,
			 const struct leg_setup *setup);
	/* Whether it is an emergency call, of which only from and the called
	 * number are known yet: asked where a limit of its peer would refuse
	 * it. */
	bool (*emergency)(void *ctx, const struct leg_setup *setup);
	/* What OPTIONS of `peer`, NULL for none, is answered with: true 200,
	 * false 503. */
	bool (*in_service)(void *ctx, const struct conf_peer *peer);
	/* All dialogs are gone and the stack is down: free the agent. */
	void (*stopped)(void *ctx);
};

struct sip_counters {
	uint64_t invites, options;
	uint64_t strangers_dropped; /* by the socket filter */
	uint64_t storm_dropped;	    /* over a peer's limits, not worth a 503 */
	uint64_t refused_contact;   /* INVITE with an unusable Contact: 400 */
	uint64_t refused_malformed; /* unusable Request-URI, body, ... */
	uint64_t refused_other;	    /* methods we do not take */
	uint64_t refused_changes;   /* re-INVITE, UPDATE: the call kept, 488 */
	uint64_t refused_storms;    /* too many of them: 500 */
	uint64_t internal_errors;   /* statuses over 900 of the stack */
};

/* Opens the socket and starts the stack. 0, -EADDRINUSE, or -errno. `conf`,
 * `sink` and `events` must outlive it. */
int sip_agent_new(struct sip_agent **out, struct loop *loop,
		  const struct conf *conf, const struct leg_sink *sink,
		  const struct sip_agent_events *events, void *ctx);

/* Goes on by another configuration, in place of the one before: peers are
 * added, changed and removed, matched by name, with their counters, and the
 * sockets' filter is swapped. A removed one takes no calls, and those it has go
 * on. The gateway's `listen` and `advertise` must be as before. 0; on failure
 * all is as it was: -E2BIG, more accept-from networks than the kernel's filter
 * holds; -errno. */
int sip_agent_take(struct sip_agent *agent, const struct conf *conf);

/* Makes an idle called leg toward peer->server. The call asks ops->media once,
 * with its own address, and then ops->setup sends the INVITE. 0;
 * -EHOSTUNREACH: the peer has no server; -EHOSTDOWN: it does not answer
 * OPTIONS; -EBUSY: as many calls as its limit, where it is no emergency call;
 * -ENOENT: it was removed from the
 * configuration since; -ESHUTDOWN: the agent stops; -ENOMEM. */
int sip_agent_leg_new(struct sip_agent *agent, const struct conf_peer *peer,
		      bool emergency, struct leg **out);

/* One peer, for show and for the log. */
struct sip_peer_info {
	const struct conf_peer *conf;
	/* "up", "down", "not watched", "unknown"; "removed" from the
	 * configuration, with calls that it still has */
	const char *state;
	uint64_t since_ms; /* clock_now_ms() when the state began */
	uint32_t rtt_us;   /* of the last OPTIONS answered; 0: none yet */
	unsigned calls;	   /* dialogs now, both ways */
	uint64_t calls_in, calls_out;	      /* INVITEs taken, sent */
	uint64_t refused_calls, refused_rate; /* over its limits */
	uint64_t options_sent, options_lost;
};

size_t sip_agent_peer_count(const struct sip_agent *agent);
/* `index` counts from 0 in order of configuration; those removed from it, whose
 * calls are not over, come last. */
void sip_agent_peer_info(const struct sip_agent *agent, size_t index,
			 struct sip_peer_info *out);

/* Dialogs that the stack still has, for the auditor. */
unsigned sip_agent_dialog_count(const struct sip_agent *agent);

/* Stops in the order the stack needs: new INVITEs get 503, every dialog left
 * is ended (BYE or a final status) and waited for (5 s at most), then
 * nua_shutdown; `stopped` follows. */
void sip_agent_stop(struct sip_agent *agent);

/* After `stopped` only. NULL is fine. */
void sip_agent_free(struct sip_agent *agent);

void sip_agent_counters(const struct sip_agent *agent,
			struct sip_counters *out);

#endif
