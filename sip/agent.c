#include "sip/agent.h"

#include "gateway/log.h"
#include "gateway/loop.h"
#include "sip/address.h"
#include "sip/sip_uac.h"
#include "sip/sip_uas.h"
#include "sip/source_filter.h"
#include "sip/stack.h"
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
#define SOCKETS_MAX 16
#define STOP_MS 5000
#define STOP_NOW_STEPS 100
#define CAUSE_NORMAL_UNSPECIFIED 31
#define COMPLAINTS_MAX 10 /* lines a window, over all peers */
#define COMPLAINTS_MS 10000

/* In this order, a phase may be skipped; only enter_phase changes it. */
enum phase {
	PHASE_STARTING, /* nobody has the agent yet */
	PHASE_SERVING,
	PHASE_ENDING_DIALOGS,
	PHASE_STOPPING_STACK,
	PHASE_STOPPED,
	PHASE_LEFT_BEHIND, /* instead of the two before: dialogs remain */
};

TAILQ_HEAD(dialog_list, sip_dialog);

struct sip_agent {
	struct loop *loop;
	const struct conf *conf;
	const struct leg_sink *sink;
	const struct sip_agent_events *events;
	void *ctx;
	nua_t *nua;
	int udp[SOCKETS_MAX]; /* Sofia's sockets: its, not ours to close */
	size_t udp_count;
	char contact[96];
	struct dialog_list dialogs;
	struct sip_counters counters;
	struct log_limit complaints;
	enum phase phase;
	struct timer stop_timer;
	struct loop_deferred stopped;
};

void sip_agent_complain(struct sip_agent *agent, const char *object,
			const char *fmt, ...)
{
	unsigned left_out;
	va_list ap;

	if (!log_allowed(&agent->complaints, COMPLAINTS_MAX, COMPLAINTS_MS,
			 &left_out))
		return;
	if (left_out)
		log_line(LOG_WARNING, "sip",
			 "%u more complaints about peers left out", left_out);
	va_start(ap, fmt);
	log_vline(LOG_WARNING, object, fmt, ap);
	va_end(ap);
}

static void on_malformed(void *ctx, const char *line)
{
	struct sip_agent *agent = ctx;

	agent->counters.refused_malformed++;
	sip_agent_complain(agent, "sip", "malformed message dropped: %s", line);
}

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

static void enter_phase(struct sip_agent *agent, enum phase phase)
{
	enum phase old = agent->phase;

	assert(phase > old);
	agent->phase = phase;
	switch (phase) {
	case PHASE_STARTING:
	case PHASE_SERVING: break;
	case PHASE_ENDING_DIALOGS:
		timer_start(loop_timers(agent->loop), &agent->stop_timer,
			    STOP_MS);
		break;
	case PHASE_STOPPING_STACK:
		timer_stop(&agent->stop_timer);
		keep_drops(agent);
		nua_shutdown(agent->nua);
		break;
	case PHASE_STOPPED:
		if (old == PHASE_STOPPING_STACK)
			tell_stopped(agent);
		break;
	case PHASE_LEFT_BEHIND: tell_stopped(agent); break;
	}
}

/* Dialogs */

/* From here on the handle is ours until the stack says terminated. */
static int dialog_new(struct sip_agent *agent, nua_handle_t *nh,
		      struct sip_dialog **out)
{
	struct sip_dialog *d = calloc(1, sizeof *d);

	if (!d)
		return -ENOMEM;
	*d = (struct sip_dialog){ .agent = agent, .nua = agent->nua, .nh = nh };
	TAILQ_INSERT_TAIL(&agent->dialogs, d, link);
	nua_handle_bind(nh, d);
	*out = d;
	return 0;
}

int sip_dialog_new(struct sip_agent *agent, const char *from, const char *to,
		   struct sip_dialog **out)
{
	nua_handle_t *nh;
	int err;

	if (agent->phase != PHASE_SERVING)
		return -ESHUTDOWN;
	nh = nua_handle(agent->nua, NULL, SIPTAG_FROM_STR(from),
			SIPTAG_TO_STR(to), TAG_END());
	if (!nh)
		return -ENOMEM;
	err = dialog_new(agent, nh, out);
	if (err < 0)
		nua_handle_destroy(nh);
	return err;
}

int sip_agent_leg_new(struct sip_agent *agent, const struct conf_peer *peer,
		      struct leg **out)
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
	if (agent->phase != PHASE_SERVING)
		return -ESHUTDOWN;
	err = sip_uac_new(&leg, &params, agent);
	if (err == 0)
		*out = &leg->base;
	return err;
}

/* Pitfall: nua_shutdown while a call lives aborts the process. */
static void check_stopped(struct sip_agent *agent)
{
	if (agent->phase == PHASE_ENDING_DIALOGS &&
	    TAILQ_EMPTY(&agent->dialogs))
		enter_phase(agent, PHASE_STOPPING_STACK);
}

/* Pitfall: a handle may be destroyed only when its call state is terminated,
 * and unbound before, for events of it may still be queued. */
static void dialog_end(struct sip_dialog *d, int status, const char *phrase)
{
	struct sip_agent *agent = d->agent;
	struct sip_leg *leg = d->leg;

	TAILQ_REMOVE(&agent->dialogs, d, link);
	nua_handle_bind(d->nh, NULL);
	nua_handle_destroy(d->nh);
	free(d);
	if (leg)
		sip_leg_dialog_gone(leg, status, phrase);
	check_stopped(agent);
}

void sip_dialog_abandon(struct sip_dialog *d)
{
	d->agent->counters.internal_errors++;
	dialog_end(d, 408, "not ended by the stack");
}

/* Requests */

/* Inside a callback only: the stack knows which message it is about. */
static void source_address(const struct sip_agent *agent,
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
	source_address(agent, from);
	if (from->ss_family == AF_UNSPEC)
		return NULL;
	return conf_peer_by_address(agent->conf, (struct sockaddr *)from);
}

static void complain_of(struct sip_agent *agent, const char *what,
			const struct sockaddr_storage *from, const char *why)
{
	char address[64];

	conf_format_address(from, address, sizeof address);
	sip_agent_complain(agent, "sip", "%s from %s refused: %s", what,
			   address, why);
}

void sip_agent_retry_after(const struct conf_gateway *gateway, char out[16])
{
	unsigned base = gateway->retry_after_s;

	snprintf(out, 16, "%u", base + (unsigned)su_randint(0, (int)base / 2));
}

static void refuse_invite(struct sip_agent *agent, nua_handle_t *nh, int status,
			  const char *phrase)
{
	struct sip_dialog *d;
	char retry[16];

	/* Bound, so that its end is waited for like any other's; if there is
	 * no memory for that, it goes when it is terminated all the same. */
	dialog_new(agent, nh, &d);
	sip_agent_retry_after(&agent->conf->gateway, retry);
	nua_respond(nh, status, phrase,
		    TAG_IF(status == 415, SIPTAG_ACCEPT_STR("application/sdp")),
		    TAG_IF(status == 415, SIPTAG_ACCEPT_ENCODING_STR("")),
		    TAG_IF(status == 503, SIPTAG_RETRY_AFTER_STR(retry)),
		    TAG_END());
}

static void refuse_fault(struct sip_agent *agent, nua_handle_t *nh,
			 const struct sockaddr_storage *from,
			 const struct request_fault *fault)
{
	complain_of(agent, "INVITE", from, fault->why);
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
	err = dialog_new(agent, nh, &d);
	if (err == 0) {
		params.dialog = d;
		err = sip_uas_new(&leg, &params, sip, sdp, &setup, &fault);
	}
	if (err == -EBADMSG) {
		agent->counters.refused_malformed++;
		complain_of(agent, "INVITE", &params.remote, fault.why);
		nua_respond(nh, fault.status, fault.phrase, TAG_END());
		return;
	}
	if (err < 0) {
		nua_respond(nh, SIP_503_SERVICE_UNAVAILABLE, TAG_END());
		return;
	}
	agent->events->incoming(agent->ctx, &leg->base, &setup);
}

static void take_invite(struct sip_agent *agent, nua_handle_t *nh,
			const sip_t *sip)
{
	struct sip_leg_params params = {
		.loop = agent->loop,
		.gateway = &agent->conf->gateway,
		.sink = agent->sink,
		.contact = agent->contact,
	};

	agent->counters.invites++;
	params.peer = request_peer(agent, &params.remote);
	if (!params.peer) { /* the socket filter lets none through */
		agent->counters.refused_other++;
		complain_of(agent, "INVITE", &params.remote, "unknown source");
		refuse_invite(agent, nh, SIP_403_FORBIDDEN);
	} else if (agent->phase != PHASE_SERVING) {
		refuse_invite(agent, nh, SIP_503_SERVICE_UNAVAILABLE);
	} else {
		make_call(agent, nh, sip, &params);
	}
}

/* Other requests make a handle of their own when they come outside a dialog;
 * it goes with the answer. */
static void drop_handle(nua_handle_t *nh, const struct sip_dialog *d)
{
	if (!d)
		nua_handle_destroy(nh);
}

static void answer_options(struct sip_agent *agent, nua_handle_t *nh,
			   const struct sip_dialog *d)
{
	bool up = agent->phase == PHASE_SERVING &&
		  agent->events->in_service(agent->ctx);
	char retry[16];

	agent->counters.options++;
	sip_agent_retry_after(&agent->conf->gateway, retry);
	if (up)
		nua_respond(nh, SIP_200_OK, NUTAG_WITH_THIS(agent->nua),
			    SIPTAG_ALLOW_STR(SIP_AGENT_ALLOW), TAG_END());
	else
		nua_respond(nh, SIP_503_SERVICE_UNAVAILABLE,
			    NUTAG_WITH_THIS(agent->nua),
			    SIPTAG_ALLOW_STR(SIP_AGENT_ALLOW),
			    SIPTAG_RETRY_AFTER_STR(retry), TAG_END());
	drop_handle(nh, d);
}

static void refuse_method(struct sip_agent *agent, nua_handle_t *nh,
			  const struct sip_dialog *d, const sip_t *sip)
{
	struct sockaddr_storage from;

	agent->counters.refused_other++;
	source_address(agent, &from);
	complain_of(agent, sip->sip_request->rq_method_name, &from,
		    "not a method of this gateway");
	nua_respond(nh, SIP_405_METHOD_NOT_ALLOWED, NUTAG_WITH_THIS(agent->nua),
		    SIPTAG_ALLOW_STR(SIP_AGENT_ALLOW), TAG_END());
	drop_handle(nh, d);
}

/* The stack has found the dialog; INVITE, UPDATE and PRACK can all carry an
 * offer and a new target. */
static void in_dialog(struct sip_agent *agent, nua_handle_t *nh,
		      struct sip_dialog *d, const char *method,
		      const sip_t *sip)
{
	if (d && d->leg)
		sip_leg_modify(d->leg, method, sip);
	else /* its call is gone, its end under way */
		nua_respond(nh, SIP_481_NO_CALL, NUTAG_WITH_THIS(agent->nua),
			    TAG_END());
}

/* The dialog's stack state: only "terminated" tells us something that no other
 * event does. */
static void state_changed(struct sip_dialog *d, nua_handle_t *nh, int status,
			  const char *phrase, tagi_t const *tags)
{
	int state = nua_callstate_init;

	tl_gets(tags, NUTAG_CALLSTATE_REF(state), TAG_END());
	if (state != nua_callstate_terminated)
		return;
	if (d)
		dialog_end(d, status, phrase);
	else
		nua_handle_destroy(nh);
}

/* No credentials for whoever challenges us; the stack would wait for them for
 * ever. */
static void check_challenge(struct sip_dialog *d, int status,
			    const char *phrase)
{
	if (status == 401 || status == 407)
		dialog_end(d, status, phrase);
}

/* Pitfall: where the stack cannot send an ACK to the target that it has taken
 * from a response, it tries a BYE for every BYE that fails until its stack
 * overflows. Such a dialog talks to where the response came from, as long as
 * it takes to end it. */
static void guard_target(struct sip_dialog *d, const sip_t *sip,
			 const struct sockaddr_storage *from)
{
	char address[64], url[72];

	if (request_target_usable(sip, false))
		return;
	d->agent->counters.refused_contact++;
	conf_format_address(from, address, sizeof address);
	snprintf(url, sizeof url, "sip:%s", address);
	nua_set_hparams(d->nh, NUTAG_PROXY(url), TAG_END());
}

static void invite_answered(struct sip_dialog *d, int status,
			    const char *phrase, const sip_t *sip)
{
	struct sockaddr_storage from;

	source_address(d->agent, &from);
	/* What the stack says in the peer's place came from nowhere. */
	if (from.ss_family == AF_UNSPEC)
		sip = NULL;
	/* What the stack takes a target from: an unreliable 18x is not. */
	if (sip && status < 300 && (status >= 200 || sip->sip_rseq))
		guard_target(d, sip, &from);
	if (d->leg) {
		sip_leg_response(d->leg, status, phrase, sip);
	} else if (status >= 200 && status < 300) {
		/* Its leg was freed, and the CANCEL came too late. */
		nua_ack(d->nh, TAG_END());
		nua_bye(d->nh, TAG_END());
	}
	check_challenge(d, status, phrase);
}

static void bye_answered(struct sip_dialog *d, int status, const char *phrase,
			 const sip_t *sip)
{
	if (status < 200)
		return;
	if (d->leg)
		sip_leg_bye_answered(d->leg, sip);
	check_challenge(d, status, phrase);
}

/* Pitfall: statuses of 900 and more are the stack's own failures, not
 * responses. */
static void count_internal(struct sip_agent *agent, nua_event_t event,
			   int status, const char *phrase)
{
	if (status < 900)
		return;
	agent->counters.internal_errors++;
	sip_agent_complain(agent, "sip", "stack error %d in %s: %s", status,
			   nua_event_name(event), phrase);
}

static void leg_event(struct sip_dialog *d, nua_event_t event, int status,
		      const char *phrase, const sip_t *sip)
{
	struct sockaddr_storage from;

	switch (event) {
	case nua_i_ack:
		if (d->leg)
			sip_leg_ack(d->leg, sip);
		break;
	case nua_i_cancel:
		if (d->leg)
			sip_leg_cancel(d->leg, sip);
		break;
	case nua_i_bye:
		if (d->leg)
			sip_leg_bye(d->leg, sip);
		break;
	case nua_r_invite: invite_answered(d, status, phrase, sip); break;
	case nua_r_cancel:
		source_address(d->agent, &from);
		if (d->leg && sip && from.ss_family != AF_UNSPEC)
			sip_leg_cancel_answered(d->leg, sip);
		break;
	case nua_r_bye: bye_answered(d, status, phrase, sip); break;
	case nua_r_update:
		if (d->leg && sip)
			sip_leg_refreshed(d->leg, sip);
		break;
	case nua_i_error:
		/* 500 is an answer of ours that a CANCEL or BYE has overtaken.
		 */
		if (d->leg && (status == 408 || status == 504))
			sip_leg_timeout(d->leg,
					status == 504 ||
						strstr(phrase, "PRACK"));
		break;
	default: break;
	}
}

static void shutdown_progress(struct sip_agent *agent, int status)
{
	bool asked = agent->phase == PHASE_STARTING ||
		     agent->phase == PHASE_STOPPING_STACK;

	if (status >= 200 && asked)
		enter_phase(agent, PHASE_STOPPED);
}

static void dispatch(nua_event_t event, int status, char const *phrase,
		     nua_t *nua, struct sip_agent *agent, nua_handle_t *nh,
		     struct sip_dialog *d, sip_t const *sip, tagi_t tags[])
{
	(void)nua;
	count_internal(agent, event, status, phrase);
	/* From 200 on the stack has answered by itself. */
	bool open = sip && sip->sip_request && status < 200;

	switch (event) {
	case nua_i_invite:
		if (open && d)
			in_dialog(agent, nh, d, "INVITE", sip);
		else if (open)
			take_invite(agent, nh, sip);
		break;
	case nua_i_update:
		if (open)
			in_dialog(agent, nh, d, "UPDATE", sip);
		break;
	case nua_i_prack:
		if (open)
			in_dialog(agent, nh, d, "PRACK", sip);
		break;
	case nua_i_options:
		if (open)
			answer_options(agent, nh, d);
		break;
	case nua_i_register:
	case nua_i_message:
		if (open)
			refuse_method(agent, nh, d, sip);
		else
			drop_handle(nh, d);
		break;
	case nua_i_state: state_changed(d, nh, status, phrase, tags); break;
	case nua_r_shutdown: shutdown_progress(agent, status); break;
	default:
		if (d)
			leg_event(d, event, status, phrase, sip);
		break;
	}
}

/* Stop */

static void stop_due(void *arg)
{
	struct sip_agent *agent = arg;
	unsigned left = 0;
	struct sip_dialog *d;

	TAILQ_FOREACH(d, &agent->dialogs, link) left++;
	log_line(LOG_WARNING, "sip",
		 "%u dialogs have not ended in %d s: left behind", left,
		 STOP_MS / 1000);
	enter_phase(agent, PHASE_LEFT_BEHIND);
}

void sip_agent_stop(struct sip_agent *agent)
{
	struct leg_cause cause = { .q850 = CAUSE_NORMAL_UNSPECIFIED,
				   .origin = LEG_ORIGIN_GATEWAY,
				   .text = "gateway stops" };
	struct sip_dialog *d, *next;

	if (agent->phase != PHASE_SERVING)
		return;
	enter_phase(agent, PHASE_ENDING_DIALOGS);
	for (d = TAILQ_FIRST(&agent->dialogs); d; d = next) {
		next = TAILQ_NEXT(d, link);
		if (d->leg)
			sip_leg_abort(d->leg, &cause);
	}
	check_stopped(agent);
}

/* A stack that was started and never used: no dialog, nothing to wait for. */
static void stop_now(struct sip_agent *agent)
{
	nua_shutdown(agent->nua);
	for (int i = 0; i < STOP_NOW_STEPS && agent->phase != PHASE_STOPPED;
	     i++)
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
	if (agent->phase == PHASE_LEFT_BEHIND)
		return;
	nua_destroy(agent->nua);
	stack_log_start(NULL, NULL);
	free(agent);
}

void sip_agent_counters(const struct sip_agent *agent, struct sip_counters *out)
{
	*out = agent->counters;
	for (size_t i = 0; i < agent->udp_count; i++)
		out->strangers_dropped += source_filter_drops(agent->udp[i]);
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
		loop_su_root(agent->loop), dispatch, agent, NUTAG_URL(url),
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
	*agent = (struct sip_agent){ .loop = loop,
				     .conf = conf,
				     .sink = sink,
				     .events = events,
				     .ctx = ctx };
	TAILQ_INIT(&agent->dialogs);
	timer_init(&agent->stop_timer, "SIP stop", stop_due, agent);
	stack_log_start(on_malformed, agent);
	extend_message_class();
	conf_format_address(&conf->gateway.listen, address, sizeof address);
	err = probe_address(&conf->gateway);
	if (err == 0) {
		make_nua(agent);
		err = agent->nua ? 0 : -EIO;
	}
	if (err == 0) {
		count = source_filter_guard(conf, agent->udp, SOCKETS_MAX);
		if (count < 0) {
			err = count;
			stop_now(agent);
		}
	}
	if (err < 0) {
		stack_log_start(NULL, NULL);
		free(agent);
		return err;
	}
	agent->udp_count = (size_t)count;
	enter_phase(agent, PHASE_SERVING);
	log_line(LOG_NOTICE, "sip", "listening on %s, UDP", address);
	*out = agent;
	return 0;
}
