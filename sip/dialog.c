#include "sip/agent_state.h"

#include "gateway/event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pitfall: the stack counts the CSeq that it is given on before it sends, and
 * sends what follows with those after it. So each INVITE gets a range. */
#define CSEQ_STEP 16
#define CSEQ_MAX 0x3fffffff /* RFC 3261 8.1.1.5: below 2^31 */

/* From here on the handle is ours until the stack says terminated. */
int sip_dialog_take(struct sip_agent *agent, nua_handle_t *nh,
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

int sip_dialog_new(struct sip_agent *agent, struct sip_leg *leg,
		   const char *from, const char *to)
{
	struct sip_dialog *d;
	nua_handle_t *nh;
	int err;

	if (agent->phase != SIP_SERVING)
		return -ESHUTDOWN;
	nh = nua_handle(agent->nua, NULL, SIPTAG_FROM_STR(from),
			SIPTAG_TO_STR(to), TAG_END());
	if (!nh)
		return -ENOMEM;
	err = sip_dialog_take(agent, nh, &d);
	if (err < 0)
		nua_handle_destroy(nh);
	else
		sip_dialog_join(d, leg, false);
	return err;
}

void sip_dialog_tie(struct sip_dialog *d, struct sip_leg *leg)
{
	d->leg = leg;
	leg->dialog = d;
}

void sip_dialog_join(struct sip_dialog *d, struct sip_leg *leg, bool incoming)
{
	sip_dialog_tie(d, leg);
	d->peer = sip_agent_peer(d->agent, leg->peer);
	if (d->peer)
		sip_peer_call_begins(d->peer, incoming);
}

void sip_dialog_leave(struct sip_dialog *d)
{
	struct sip_peer *peer = d->peer;

	d->peer = NULL;
	d->leg = NULL;
	if (!peer)
		return;
	sip_peer_call_ends(peer);
	sip_peers_call_over(d->agent, peer);
}

/* The stack is not asked to end it: the leg knows how. */
static void silence_due(void *arg)
{
	struct sip_dialog *d = arg;

	if (d->leg && !d->agent->deaf)
		sip_leg_silent(d->leg);
}

uint32_t sip_dialog_listen(struct sip_dialog *d, uint32_t patience_ms)
{
	struct sip_agent *agent = d->agent;

	if (!agent->cseq || agent->cseq > CSEQ_MAX)
		agent->cseq = CSEQ_STEP * (uint32_t)su_randint(1, 0xffff);
	agent->cseq += CSEQ_STEP;
	d->cseq = agent->cseq;
	TAILQ_INSERT_TAIL(&agent->unheard, d, unheard_link);
	timer_init(&d->silence, "INVITE", silence_due, d);
	timer_start(loop_timers(agent->loop), &d->silence, patience_ms);
	return d->cseq;
}

static void heard(struct sip_dialog *d)
{
	if (!d->cseq)
		return;
	TAILQ_REMOVE(&d->agent->unheard, d, unheard_link);
	timer_stop(&d->silence);
	d->cseq = 0;
}

void sip_dialog_responded(void *ctx, uint32_t cseq)
{
	struct sip_agent *agent = ctx;
	struct sip_dialog *d;

	/* As long as INVITEs of this moment have no answer: short. */
	TAILQ_FOREACH(d, &agent->unheard, unheard_link)
	if (d->cseq == cseq - cseq % CSEQ_STEP)
		break;
	if (d)
		heard(d);
}

/* A response has reached us that its log did not tell of: another stack than
 * the one this was made for. A call that rings must not be taken for lost. */
static void check_hearing(struct sip_dialog *d)
{
	if (!d->cseq)
		return;
	if (!d->agent->deaf)
		log_event(EVENT_SIP_STACK_DEAF, "sip",
			  "the SIP stack's log does not tell of responses: "
			  "INVITEs without any wait 32 s, not 2 s, for the "
			  "next target");
	d->agent->deaf = true;
	heard(d);
}

void sip_dialog_give_up(struct sip_dialog *d)
{
	if (d->peer)
		sip_peer_silent(d->peer);
	d->leg->dialog = NULL;
	sip_dialog_leave(d);
}

/* Pitfall: a handle may be destroyed only when its call state is terminated,
 * and unbound before, for events of it may still be queued. */
static void dialog_end(struct sip_dialog *d, int status, const char *phrase)
{
	struct sip_agent *agent = d->agent;
	struct sip_leg *leg = d->leg;

	sip_dialog_leave(d);
	heard(d);
	TAILQ_REMOVE(&agent->dialogs, d, link);
	nua_handle_bind(d->nh, NULL);
	nua_handle_destroy(d->nh);
	free(d);
	if (leg)
		sip_leg_dialog_gone(leg, status, phrase);
	sip_agent_dialog_gone(agent);
}

void sip_dialog_abandon(struct sip_dialog *d)
{
	d->agent->counters.internal_errors++;
	dialog_end(d, 408, "not ended by the stack");
}

/* The dialog's stack state: only "terminated" tells us something that no other
 * event does. */
void sip_dialog_state(struct sip_dialog *d, nua_handle_t *nh, int status,
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

	sip_incoming_source(d->agent, &from);
	/* What the stack says in the peer's place came from nowhere. */
	if (from.ss_family == AF_UNSPEC)
		sip = NULL;
	else
		check_hearing(d);
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
	struct sockaddr_storage from;

	if (status < 200)
		return;
	/* What the stack says for a peer that is gone came from nowhere. */
	sip_incoming_source(d->agent, &from);
	if (from.ss_family == AF_UNSPEC)
		sip = NULL;
	if (d->leg)
		sip_leg_bye_answered(d->leg, sip);
	check_challenge(d, status, phrase);
}

void sip_dialog_event(struct sip_dialog *d, nua_event_t event, int status,
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
		sip_incoming_source(d->agent, &from);
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
