#include "sip/agent.h"

#include "gateway/event.h"
#include "gateway/log.h"
#include "sip/address.h"
#include "sip/agent_state.h"
#include "sip/sip_uac.h"
#include "sip/source_filter.h"
#include "sip/stack_log.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Let in to be refused here, with a count and the Allow that is true: what
 * phones send to a gateway that they take for their registrar. Any other method
 * the stack refuses by itself (405), uncounted; given the chance it would take
 * a REFER or SUBSCRIBE and send a NOTIFY before we are asked. */
#define REFUSED_METHODS "REGISTER, MESSAGE"
#define STACK_METHODS SIP_AGENT_ALLOW ", " REFUSED_METHODS
/* What the stack leaves to us to answer. */
#define OUR_METHODS "INVITE, OPTIONS, PRACK, UPDATE, " REFUSED_METHODS

#define MIN_SE_S 90	    /* RFC 4028 5 */
#define MESSAGE_MAX 65536   /* longer: 413 */
#define PROCEEDING_MAX 2000 /* transactions before the stack says 503 */
#define TOS_CS3 0x60	    /* where routers look for call signalling */
#define STOP_MS 5000
#define STOP_NOW_STEPS 100
#define CAUSE_NORMAL_UNSPECIFIED 31

struct sip_counters *sip_agent_count(struct sip_agent *agent)
{
	return &agent->counters;
}

static void on_malformed(void *ctx, const char *line)
{
	struct sip_agent *agent = ctx;

	agent->counters.refused_malformed++;
	log_event(EVENT_SIP_MALFORMED, "sip", "malformed message dropped: %s",
		  line);
}

static const struct stack_log_listener stack_listener = {
	.malformed = on_malformed,
	.responded = sip_dialog_responded,
};

/* `stopped` may free the agent, and the stack with it, so it is not told from
 * inside the stack. */
static void tell_stopped(struct sip_agent *agent)
{
	loop_defer(agent->loop, &agent->stopped, agent->events->stopped,
		   agent->ctx);
}

/* The sockets close with the stack: what they dropped is read before. */
static void keep_drops(struct sip_agent *agent)
{
	struct sip_counters now;

	sip_agent_counters(agent, &now);
	agent->counters = now;
	agent->udp_count = 0;
}

static void enter_phase(struct sip_agent *agent, enum sip_phase phase)
{
	enum sip_phase old = agent->phase;

	assert(phase > old);
	agent->phase = phase;
	switch (phase) {
	case SIP_STARTING:
	case SIP_SERVING: break;
	case SIP_ENDING_DIALOGS:
		timer_start(loop_timers(agent->loop), &agent->stop_timer,
			    STOP_MS);
		break;
	case SIP_STOPPING_STACK:
		timer_stop(&agent->stop_timer);
		keep_drops(agent);
		nua_shutdown(agent->nua);
		break;
	case SIP_STOPPED:
		if (old == SIP_STOPPING_STACK)
			tell_stopped(agent);
		break;
	case SIP_LEFT_BEHIND: tell_stopped(agent); break;
	}
}

int sip_agent_leg_new(struct sip_agent *agent, const struct conf_peer *peer,
		      bool emergency, struct leg **out)
{
	struct sip_leg_params params = {
		.loop = agent->loop,
		.gateway = &agent->conf->gateway,
		.peer = peer,
		.sink = agent->sink,
		.contact = agent->contact,
		.remote = peer->server,
	};
	struct sip_leg *leg;
	int err;

	if (peer->server.ss_family == AF_UNSPEC)
		return -EHOSTUNREACH;
	if (agent->phase != SIP_SERVING)
		return -ESHUTDOWN;
	if (!sip_agent_peer(agent, peer))
		return -ENOENT;
	err = sip_peer_available(sip_agent_peer(agent, peer), emergency);
	if (err < 0)
		return err;
	err = sip_uac_new(&leg, &params, agent);
	if (err == 0)
		*out = &leg->base;
	return err;
}

/* Pitfall: nua_shutdown while a call lives aborts the process. */
void sip_agent_dialog_gone(struct sip_agent *agent)
{
	if (agent->phase == SIP_ENDING_DIALOGS && TAILQ_EMPTY(&agent->dialogs))
		enter_phase(agent, SIP_STOPPING_STACK);
}

void sip_agent_stack_down(struct sip_agent *agent, int status)
{
	bool asked = agent->phase == SIP_STARTING ||
		     agent->phase == SIP_STOPPING_STACK;

	if (status >= 200 && asked)
		enter_phase(agent, SIP_STOPPED);
}

/* Stop */

static void stop_due(void *arg)
{
	struct sip_agent *agent = arg;

	log_event(EVENT_DIALOGS_LEFT, "sip",
		  "count=%u dialogs that have not ended in %d s and are left "
		  "behind: %u",
		  sip_agent_dialog_count(agent), STOP_MS / 1000,
		  sip_agent_dialog_count(agent));
	enter_phase(agent, SIP_LEFT_BEHIND);
}

void sip_agent_stop(struct sip_agent *agent)
{
	struct leg_cause cause = { .q850 = CAUSE_NORMAL_UNSPECIFIED,
				   .origin = LEG_ORIGIN_GATEWAY,
				   .text = "gateway stops" };
	struct sip_dialog *d, *next;

	if (agent->phase != SIP_SERVING)
		return;
	enter_phase(agent, SIP_ENDING_DIALOGS);
	sip_keepalive_stop(agent);
	sip_storm_stop(agent);
	for (d = TAILQ_FIRST(&agent->dialogs); d; d = next) {
		next = TAILQ_NEXT(d, link);
		if (d->leg)
			sip_leg_abort(d->leg, &cause);
	}
	sip_agent_dialog_gone(agent);
}

/* A stack that was started and never used: no dialog, nothing to wait for. */
static void stop_now(struct sip_agent *agent)
{
	nua_shutdown(agent->nua);
	for (int i = 0; i < STOP_NOW_STEPS && agent->phase != SIP_STOPPED; i++)
		su_root_step(loop_su_root(agent->loop), 10);
	nua_destroy(agent->nua);
}

void sip_agent_free(struct sip_agent *agent)
{
	if (!agent)
		return;
	timer_stop(&agent->stop_timer);
	/* With dialogs left, the stack can be neither shut down nor destroyed:
	 * it goes with the process, and may still name the agent. */
	if (agent->phase == SIP_LEFT_BEHIND)
		return;
	nua_destroy(agent->nua);
	sip_peers_free(agent);
	stack_log_start(NULL, NULL);
	free(agent);
}

size_t sip_agent_peer_count(const struct sip_agent *agent)
{
	return agent->peer_count;
}

void sip_agent_peer_info(const struct sip_agent *agent, size_t index,
			 struct sip_peer_info *out)
{
	sip_peer_describe(agent->peers[index]->peer, out);
}

unsigned sip_agent_dialog_count(const struct sip_agent *agent)
{
	const struct sip_dialog *d;
	unsigned count = 0;

	TAILQ_FOREACH(d, &agent->dialogs, link) count++;
	return count;
}

void sip_agent_counters(const struct sip_agent *agent, struct sip_counters *out)
{
	*out = agent->counters;
	for (size_t i = 0; i < agent->udp_count; i++)
		out->strangers_dropped += source_filter_drops(agent->udp[i]);
	if (!agent->udp_count)
		return; /* the sum is kept */
	out->storm_dropped = sip_storm_dropped(agent);
	out->strangers_dropped -= out->storm_dropped;
}

/* Start */

static void make_nua(struct sip_agent *agent)
{
	const struct conf_gateway *g = &agent->conf->gateway;
	struct sockaddr_storage advertised = sip_address_advertised(g);
	char seen[64], host[64], url[192];

	conf_format_address(&advertised, seen, sizeof seen);
	sip_address_host(&g->listen, host, sizeof host);
	snprintf(agent->contact, sizeof agent->contact, "<sip:%s>", seen);
	/* Contact and Via show the first address, the socket has maddr. */
	snprintf(url, sizeof url, "sip:%s;maddr=%s;transport=udp", seen, host);
	agent->nua = nua_create(
		loop_su_root(agent->loop), sip_dispatch, agent, NUTAG_URL(url),
		SIPTAG_USER_AGENT_STR("Tollgate"),
		/* Offer and answer are ours: SDP goes through as text. */
		NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOALERT(0), NUTAG_AUTOANSWER(0),
		NUTAG_AUTOACK(0), SIPTAG_ALLOW_STR(STACK_METHODS),
		/* Pitfall: without INVITE in this list the stack answers 200
		 * to every call by itself. */
		NUTAG_APPL_METHOD(NULL), NUTAG_APPL_METHOD(OUR_METHODS),
		SIPTAG_SUPPORTED_STR("100rel, timer"), NUTAG_EARLY_MEDIA(1),
		NUTAG_ONLY183_100REL(1), NUTAG_SESSION_TIMER(0),
		NUTAG_MIN_SE(MIN_SE_S), NUTAG_UPDATE_REFRESH(1),
		NUTAG_MAX_RETRY_AFTER(0), NUTAG_AUTO302(0), NUTAG_AUTO305(0),
		NTATAG_MAXSIZE(MESSAGE_MAX),
		NTATAG_MAX_PROCEEDING(PROCEEDING_MAX),
		/* Pitfall: this build answers STUN on the SIP port; with 0 it
		 * still answers "not implemented", so that the socket filter
		 * drops what is no SIP. */
		TPTAG_STUN_SERVER(0), TPTAG_TOS(TOS_CS3), TAG_END());
}

/* The stack would say only that it did not start, and shares a port that is
 * taken. */
static int probe_address(const struct conf_gateway *g)
{
	socklen_t size = g->listen.ss_family == AF_INET6
				 ? sizeof(struct sockaddr_in6)
				 : sizeof(struct sockaddr_in);
	int fd = socket(g->listen.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0 || bind(fd, (const struct sockaddr *)&g->listen, size) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

/* Pitfall: without the extended message class the headers Privacy and
 * P-Asserted-Identity are unknown, and sending one is error 900. The class is
 * the library's global, and made once. */
static void extend_message_class(void)
{
	const msg_href_t *known = msg_find_hclass(sip_default_mclass(),
						  "P-Asserted-Identity", NULL);

	if (known->hr_class != sip_p_asserted_identity_class)
		sip_update_default_mclass(sip_extend_mclass(NULL));
}

int sip_agent_new(struct sip_agent **out, struct loop *loop,
		  const struct conf *conf, const struct leg_sink *sink,
		  const struct sip_agent_events *events, void *ctx)
{
	struct sip_agent *agent = calloc(1, sizeof *agent);
	char address[64];
	int err, count = 0;

	if (!agent)
		return -ENOMEM;
	*agent = (struct sip_agent){
		.loop = loop, .sink = sink, .events = events, .ctx = ctx
	};
	TAILQ_INIT(&agent->dialogs);
	TAILQ_INIT(&agent->unheard);
	timer_init(&agent->stop_timer, "SIP stop", stop_due, agent);
	stack_log_start(&stack_listener, agent);
	extend_message_class();
	conf_format_address(&conf->gateway.listen, address, sizeof address);
	sip_storm_init(agent);
	err = sip_agent_take(agent, conf);
	if (err == 0)
		err = probe_address(&conf->gateway);
	if (err == 0) {
		make_nua(agent);
		err = agent->nua ? 0 : -EIO;
	}
	if (err == 0) {
		count = source_filter_guard(conf, agent->udp, SIP_SOCKETS_MAX);
		if (count < 0) {
			err = count;
			stop_now(agent);
		}
	}
	if (err < 0) {
		sip_peers_free(agent);
		stack_log_start(NULL, NULL);
		free(agent);
		return err;
	}
	agent->udp_count = (size_t)count;
	enter_phase(agent, SIP_SERVING);
	log_event(EVENT_SIP_LISTENING, "sip", "address=%s listening on %s, UDP",
		  address, address);
	sip_keepalive_start(agent);
	*out = agent;
	return 0;
}
