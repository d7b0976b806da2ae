#include "sip/agent_state.h"

#include "gateway/event.h"
#include "sip/sip_uas.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Inside a callback only: the stack knows which message it is about. */
void sip_incoming_source(const struct sip_agent *agent,
			 struct sockaddr_storage *out)
{
	msg_t *msg = nua_current_request(agent->nua);
	const su_sockaddr_t *su = msg ? msg_addr(msg) : NULL;

	memset(out, 0, sizeof *out);
	if (!su)
		return;
	if (su->su_family == AF_INET)
		memcpy(out, &su->su_sin, sizeof su->su_sin);
	else if (su->su_family == AF_INET6)
		memcpy(out, &su->su_sin6, sizeof su->su_sin6);
}

/* Who sent this: by where it really came from. Via is what the sender says. */
static const struct conf_peer *request_peer(const struct sip_agent *agent,
					    struct sockaddr_storage *from)
{
	sip_incoming_source(agent, from);
	if (from->ss_family == AF_UNSPEC)
		return NULL;
	return conf_peer_by_address(agent->conf, (struct sockaddr *)from);
}

static void complain_of(const char *what, const struct sockaddr_storage *from,
			const char *why)
{
	char address[64];

	conf_format_address(from, address, sizeof address);
	log_event(EVENT_SIP_REFUSED, "sip", "%s from %s refused: %s", what,
		  address, why);
}

void sip_agent_retry_after(uint32_t configured_s, char out[16])
{
	snprintf(out, 16, "%u",
		 configured_s + (unsigned)su_randint(0, (int)configured_s / 2));
}

static void refuse_invite(struct sip_agent *agent, nua_handle_t *nh, int status,
			  const char *phrase)
{
	struct sip_dialog *d;
	char retry[16];

	/* Bound, so that its end is waited for like any other's; if there is
	 * no memory for that, it goes when it is terminated all the same. */
	sip_dialog_take(agent, nh, &d);
	sip_agent_retry_after(agent->conf->gateway.retry_after_s, retry);
	nua_respond(nh, status, phrase, SIPTAG_ALLOW_STR(SIP_AGENT_ALLOW),
		    TAG_IF(status == 415, SIPTAG_ACCEPT_STR("application/sdp")),
		    TAG_IF(status == 415, SIPTAG_ACCEPT_ENCODING_STR("")),
		    TAG_IF(status == 503, SIPTAG_RETRY_AFTER_STR(retry)),
		    TAG_END());
}

static void refuse_fault(struct sip_agent *agent, nua_handle_t *nh,
			 const struct sockaddr_storage *from,
			 const struct request_fault *fault)
{
	complain_of("INVITE", from, fault->why);
	refuse_invite(agent, nh, fault->status, fault->phrase);
}

/* A bad Contact is counted apart: it is an attack or a very broken phone. */
static void count_fault(struct sip_agent *agent, const sip_t *sip)
{
	if (!request_target_usable(sip, true))
		agent->counters.refused_contact++;
	else
		agent->counters.refused_malformed++;
}

/* What is wrong with the message itself is answered here and makes no call;
 * what the gateway cannot serve becomes a call that refuses itself, so that
 * there is a record of it. */
static void make_call(struct sip_agent *agent, nua_handle_t *nh,
		      const sip_t *sip, const struct sip_leg_params *known)
{
	struct sip_leg_params params = *known;
	struct leg_setup setup = { 0 };
	struct request_fault fault = { 0 };
	char sdp[SDP_TEXT_MAX + 1];
	struct sip_dialog *d;
	struct sip_leg *leg;
	size_t len;
	int err;

	if (request_check(sip, &fault) < 0 ||
	    request_sdp(sip, sdp, &len, &fault) < 0) {
		count_fault(agent, sip);
		refuse_fault(agent, nh, &params.remote, &fault);
		return;
	}
	err = sip_dialog_take(agent, nh, &d);
	if (err == 0) {
		params.dialog = d;
		err = sip_uas_new(&leg, &params, sip, sdp, &setup, &fault);
	}
	if (err == -EBADMSG) {
		agent->counters.refused_malformed++;
		complain_of("INVITE", &params.remote, fault.why);
		nua_respond(nh, fault.status, fault.phrase, TAG_END());
		return;
	}
	if (err < 0) {
		nua_respond(nh, SIP_503_SERVICE_UNAVAILABLE, TAG_END());
		return;
	}
	agent->events->incoming(agent->ctx, &leg->base, &setup);
}

/* Calls for help are let through, as far as the socket's filter lets them: a
 * storm is dropped before it is read. */
static bool is_emergency(const struct sip_agent *agent,
			 const struct conf_peer *peer, const sip_t *sip)
{
	struct leg_setup setup = { 0 };

	request_called(sip, &setup);
	snprintf(setup.from, sizeof setup.from, "%s", peer->name);
	return setup.called.present &&
	       agent->events->emergency(agent->ctx, &setup);
}

static int admit(struct sip_agent *agent, const struct conf_peer *conf,
		 const sip_t *sip)
{
	struct sip_peer *peer = sip_agent_peer(agent, conf);

	return sip_peer_admit(peer, sip_peer_is_full(peer) &&
					    is_emergency(agent, conf, sip));
}

void sip_incoming_invite(struct sip_agent *agent, nua_handle_t *nh,
			 const sip_t *sip)
{
	struct sip_leg_params params = {
		.loop = agent->loop,
		.gateway = &agent->conf->gateway,
		.sink = agent->sink,
		.contact = agent->contact,
	};
	int err;

	agent->counters.invites++;
	params.peer = request_peer(agent, &params.remote);
	if (!params.peer) { /* the socket filter lets none through */
		agent->counters.refused_other++;
		complain_of("INVITE", &params.remote, "unknown source");
		refuse_invite(agent, nh, SIP_403_FORBIDDEN);
		return;
	}
	if (agent->phase != SIP_SERVING) {
		refuse_invite(agent, nh, SIP_503_SERVICE_UNAVAILABLE);
		return;
	}
	err = admit(agent, params.peer, sip);
	if (err < 0)
		sip_storm_refused(agent, params.peer);
	params.over_limit = err == -EBUSY;
	/* Too many a second make no call: what refuses them is there to cost
	 * less than the calls would, and to leave the records readable. */
	if (err == -EAGAIN)
		refuse_invite(agent, nh, SIP_503_SERVICE_UNAVAILABLE);
	else
		make_call(agent, nh, sip, &params);
}

void sip_incoming_drop(nua_handle_t *nh, const struct sip_dialog *d)
{
	if (!d)
		nua_handle_destroy(nh);
}

void sip_incoming_options(struct sip_agent *agent, nua_handle_t *nh,
			  const struct sip_dialog *d)
{
	struct sockaddr_storage from;
	const struct conf_peer *peer = request_peer(agent, &from);
	bool up = agent->phase == SIP_SERVING &&
		  agent->events->in_service(agent->ctx, peer);
	char retry[16];

	agent->counters.options++;
	sip_agent_retry_after(agent->conf->gateway.retry_after_s, retry);
	if (up)
		nua_respond(nh, SIP_200_OK, NUTAG_WITH_THIS(agent->nua),
			    SIPTAG_ALLOW_STR(SIP_AGENT_ALLOW), TAG_END());
	else
		nua_respond(nh, SIP_503_SERVICE_UNAVAILABLE,
			    NUTAG_WITH_THIS(agent->nua),
			    SIPTAG_ALLOW_STR(SIP_AGENT_ALLOW),
			    SIPTAG_RETRY_AFTER_STR(retry), TAG_END());
	sip_incoming_drop(nh, d);
}

void sip_incoming_refuse(struct sip_agent *agent, nua_handle_t *nh,
			 const struct sip_dialog *d, const sip_t *sip)
{
	struct sockaddr_storage from;

	agent->counters.refused_other++;
	sip_incoming_source(agent, &from);
	complain_of(sip->sip_request->rq_method_name, &from,
		    "not a method of this gateway");
	nua_respond(nh, SIP_405_METHOD_NOT_ALLOWED, NUTAG_WITH_THIS(agent->nua),
		    SIPTAG_ALLOW_STR(SIP_AGENT_ALLOW), TAG_END());
	sip_incoming_drop(nh, d);
}

/* The stack has found the dialog; INVITE, UPDATE and PRACK can all carry an
 * offer and a new target. */
void sip_incoming_in_dialog(struct sip_agent *agent, nua_handle_t *nh,
			    struct sip_dialog *d, const char *method,
			    const sip_t *sip)
{
	if (d && d->leg)
		sip_leg_modify(d->leg, method, sip);
	else /* its call is gone, its end under way */
		nua_respond(nh, SIP_481_NO_CALL, NUTAG_WITH_THIS(agent->nua),
			    TAG_END());
}
