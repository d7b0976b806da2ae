/* What the parts of the agent share: agent.c (start, stop, phases), dispatch.c
 * (the stack's events), incoming.c (requests that begin something), dialog.c
 * (what happens to a dialog) and keepalive.c (what we ask of peers). */
#ifndef TOLLGATE_SIP_AGENT_STATE_H
#define TOLLGATE_SIP_AGENT_STATE_H

#include "gateway/log.h"
#include "sip/agent.h"
#include "sip/peer.h"
#include "sip/rate.h"
#include "sip/sip_leg.h"

#define SIP_SOCKETS_MAX 16

/* In this order, a phase may be skipped; only agent.c changes it. */
enum sip_phase {
	SIP_STARTING, /* nobody has the agent yet */
	SIP_SERVING,
	SIP_ENDING_DIALOGS,
	SIP_STOPPING_STACK,
	SIP_STOPPED,
	SIP_LEFT_BEHIND, /* instead of the two before: dialogs remain */
};

TAILQ_HEAD(sip_dialog_list, sip_dialog);

/* A peer, and the OPTIONS that it was asked by last; NULL when that is
 * answered.
 */
struct sip_watched {
	struct sip_agent *agent;
	struct sip_peer *peer;
	nua_handle_t *asked;
	struct rate refusals; /* that it gets through the stack */
	bool storm;	      /* its new calls are dropped by the kernel */
	bool gone;	      /* from the configuration: calls remain */
	/* What the sockets let in for it: its accept-from, and while it has
	 * calls, what that was before. */
	struct conf_network *networks, *next_networks;
	size_t network_count, next_count;
	bool lingers; /* there is more than its accept-from */
};

struct sip_agent {
	struct loop *loop;
	const struct conf *conf;
	const struct leg_sink *sink;
	const struct sip_agent_events *events;
	void *ctx;
	nua_t *nua;
	int udp[SIP_SOCKETS_MAX]; /* Sofia's sockets: its, not ours to close */
	size_t udp_count;
	char contact[96];
	/* in the order of conf->peers, then those gone */
	struct sip_watched **peers;
	size_t peer_count;
	struct sip_dialog_list dialogs;
	struct sip_dialog_list unheard; /* no response to the INVITE yet */
	uint32_t cseq; /* given to the last INVITE of ours; 0: none */
	bool deaf;     /* the stack's log does not tell of responses */
	struct sip_counters counters;
	struct timer storm_timer;
	uint64_t storm_dropped, storm_drops_before;
	enum sip_phase phase;
	struct timer stop_timer;
	struct loop_deferred stopped;
};

/* agent.c */

/* A dialog has left the list: the last one lets a stop go on. */
void sip_agent_dialog_gone(struct sip_agent *agent);

/* The stack's word on our nua_shutdown. */
void sip_agent_stack_down(struct sip_agent *agent, int status);

/* dispatch.c: the callback of the stack. */
void sip_dispatch(nua_event_t event, int status, char const *phrase, nua_t *nua,
		  struct sip_agent *agent, nua_handle_t *nh,
		  struct sip_dialog *d, sip_t const *sip, tagi_t tags[]);

/* dialog.c */

/* Makes a dialog of a handle that the stack has made. From here on the handle
 * is ours until the stack says terminated. 0 or -ENOMEM. */
int sip_dialog_take(struct sip_agent *agent, nua_handle_t *nh,
		    struct sip_dialog **out);

/* The stack has received a response to our INVITE with this CSeq; `ctx` is the
 * agent. */
void sip_dialog_responded(void *ctx, uint32_t cseq);

/* The handle's call state has changed; `d` may be NULL. */
void sip_dialog_state(struct sip_dialog *d, nua_handle_t *nh, int status,
		      const char *phrase, tagi_t const *tags);

/* Any other event of a dialog that asks nothing of us. */
void sip_dialog_event(struct sip_dialog *d, nua_event_t event, int status,
		      const char *phrase, const sip_t *sip);

/* incoming.c; `d` is NULL outside a dialog. */

/* Where the message of this callback came from; family AF_UNSPEC: the stack
 * made it. */
void sip_incoming_source(const struct sip_agent *agent,
			 struct sockaddr_storage *out);

void sip_incoming_invite(struct sip_agent *agent, nua_handle_t *nh,
			 const sip_t *sip);

/* INVITE, UPDATE or PRACK of a dialog that the stack has found. */
void sip_incoming_in_dialog(struct sip_agent *agent, nua_handle_t *nh,
			    struct sip_dialog *d, const char *method,
			    const sip_t *sip);
void sip_incoming_options(struct sip_agent *agent, nua_handle_t *nh,
			  const struct sip_dialog *d);

/* A method that we do not take. */
void sip_incoming_refuse(struct sip_agent *agent, nua_handle_t *nh,
			 const struct sip_dialog *d, const sip_t *sip);

/* Other requests make a handle of their own when they come outside a dialog; it
 * goes with the answer. */
void sip_incoming_drop(nua_handle_t *nh, const struct sip_dialog *d);

/* Refusals a second that a peer gets through the stack. Each keeps 10 KB of it
 * for 5 s when it is acknowledged and for 32 s when not; worse, the stack looks
 * through all that it may have to repeat whenever it repeats one: 20,000 of
 * them took half a processor for as long. */
#define SIP_REFUSALS_PER_S 200

/* storm.c: INVITEs over a peer's limits, more than are worth a 503. */

void sip_storm_init(struct sip_agent *agent);
void sip_storm_stop(struct sip_agent *agent);

/* One more of the peer's is being refused. Where there are too many, the kernel
 * drops its new calls for a second. */
void sip_storm_refused(struct sip_agent *agent, const struct conf_peer *peer);

/* Packets dropped in storms. */
uint64_t sip_storm_dropped(const struct sip_agent *agent);

/* keepalive.c */

void sip_keepalive_start(struct sip_agent *agent);

/* For peers.c: asks a struct sip_watched. */
void sip_keepalive_ask(void *watched);
/* The OPTIONS that is out is for nobody any more. */
void sip_keepalive_forget(struct sip_watched *watched);

/* Asks nobody any more, and forgets whom it has asked. */
void sip_keepalive_stop(struct sip_agent *agent);

/* The stack's word on an OPTIONS of ours. */
void sip_keepalive_response(struct sip_agent *agent, nua_handle_t *nh,
			    int status);

/* peers.c: sip_agent_take, and */

void sip_peers_free(struct sip_agent *agent);

/* What was made of a configured peer, of this or an earlier configuration.
 * NULL: it is configured no more. */
struct sip_watched *sip_agent_watched(const struct sip_agent *agent,
				      const struct conf_peer *conf);
struct sip_peer *sip_agent_peer(const struct sip_agent *agent,
				const struct conf_peer *conf);

/* A call of the peer's is over: the last one takes with it what was kept for
 * it. */
void sip_peers_call_over(struct sip_agent *agent, struct sip_peer *peer);

/* Puts the filter of all peers, as they are now, on the sockets. `next`: as
 * they are about to be. 0 or -errno as of source_filter_attach. */
int sip_peers_filter(struct sip_agent *agent, struct sip_watched *const *peers,
		     size_t count, bool next);

#endif
