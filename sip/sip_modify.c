/* Changes inside a dialog: re-INVITE, UPDATE, PRACK and their ACK
 * (RFC 3261 14.2, RFC 3311 5.2, RFC 3264 8). */
#include "sip/agent.h"
#include "sip/sip_leg.h"

#include "gateway/cause.h"
#include "gateway/clock.h"
#include "gateway/event.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STORM_MS 1000
#define RETRY_MAX_S 10 /* RFC 3261 14.2: at random, up to so many seconds */

static void respond_to(struct sip_leg *leg, int status, const char *phrase,
		       bool sdp)
{
	bool busy = status == 500;
	char retry[16];

	snprintf(retry, sizeof retry, "%d", su_randint(0, RETRY_MAX_S));
	nua_respond(leg->dialog->nh, status, phrase,
		    NUTAG_WITH_THIS(leg->dialog->nua),
		    TAG_IF(status == 200, SIPTAG_CONTACT_STR(leg->contact)),
		    TAG_IF(busy, SIPTAG_RETRY_AFTER_STR(retry)),
		    TAG_IF(status == 415, SIPTAG_ACCEPT_STR("application/sdp")),
		    TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
		    TAG_IF(sdp, SIPTAG_PAYLOAD_STR(leg->media.sdp)), TAG_END());
	sip_leg_ladder_status(leg, LEG_OUT, status, phrase);
}

/* RFC 3261 14.2: the session goes on as if nothing had been asked. */
static void refuse_change(struct sip_leg *leg, const char *method,
			  const struct sdp_session *offer)
{
	enum sdp_mismatch why = sdp_mismatch(offer, &leg->media.local);
	const char *text = sdp_mismatch_text(why);
	char host[64], warning[160] = "";

	sip_agent_count(leg->dialog->agent)->refused_changes++;
	log_event(EVENT_CHANGE_REFUSED, leg->base.name,
		  "%s refused, the call goes on as it was: %s", method,
		  why ? text : "not before the answer");
	if (why) {
		conf_format_address(&leg->advertised, host, sizeof host);
		snprintf(warning, sizeof warning, "%d %s \"%s\"", why, host,
			 text);
	}
	nua_respond(leg->dialog->nh, SIP_488_NOT_ACCEPTABLE,
		    NUTAG_WITH_THIS(leg->dialog->nua),
		    TAG_IF(*warning, SIPTAG_WARNING_STR(warning)), TAG_END());
	sip_leg_ladder_status(leg, LEG_OUT, SIP_488_NOT_ACCEPTABLE);
}

/* Pitfall: a 400 does not undo the target that the stack has already taken
 * from such a Contact. The dialog has to end while it can. */
static void end_poisoned(struct sip_leg *leg)
{
	struct leg_cause cause =
		cause_from_event(CAUSE_EVENT_SIP_PROTOCOL_ERROR);

	strcpy(cause.text, "Contact or Record-Route is no sip: URI");
	log_event(EVENT_ANSWER_UNUSABLE, leg->base.name, "%s: call ended",
		  cause.text);
	sip_leg_abort(leg, &cause);
}

void sip_leg_refreshed(struct sip_leg *leg, const sip_t *response)
{
	if (leg->dialog && !request_target_usable(response, false))
		end_poisoned(leg);
}

/* A peer in a loop, or one that wants us busy: beyond so many in a second they
 * are not even read. */
static bool storm(struct sip_leg *leg)
{
	unsigned slot = leg->modified % SIP_LEG_MODIFY_MAX;
	uint64_t now = clock_now_ms();

	if (leg->modified >= SIP_LEG_MODIFY_MAX &&
	    now - leg->modified_ms[slot] < STORM_MS) {
		sip_agent_count(leg->dialog->agent)->refused_storms++;
		log_event(EVENT_CHANGE_REFUSED, leg->base.name,
			  "more than %d re-INVITEs or UPDATEs in a second: "
			  "refused for now",
			  SIP_LEG_MODIFY_MAX);
		return true;
	}
	leg->modified_ms[slot] = now;
	leg->modified++;
	return false;
}

/* The call may have no way to follow, and end: with the BYE the stack answers
 * what is open by itself. */
static void answer_taken(struct sip_leg *leg, bool changed)
{
	if (changed)
		sip_leg_tell(leg, LEG_MEDIA);
	if (leg->fsm.state <= leg->role->active)
		respond_to(leg, SIP_200_OK, true);
	else
		sip_leg_ladder_status(leg, LEG_OUT, SIP_486_BUSY_HERE);
}

static void with_offer(struct sip_leg *leg, const char *method,
		       const struct sdp_session *offer)
{
	struct negotiation *n = &leg->media;
	bool changed;
	int err;

	/* RFC 3311 5.2: ours is out; theirs is not answered yet. */
	if (negotiation_ours(n)) {
		respond_to(leg, SIP_491_REQUEST_PENDING, false);
		return;
	}
	if (!n->sent) {
		respond_to(leg, SIP_500_INTERNAL_SERVER_ERROR, false);
		return;
	}
	if (leg->fsm.state < leg->role->answered &&
	    !negotiation_keeps(n, offer))
		err = -ENOTSUP;
	else
		err = negotiation_offer(n, offer, &changed);
	if (err == 0)
		answer_taken(leg, changed);
	else if (err == -ENOTSUP)
		refuse_change(leg, method, offer);
	else
		respond_to(leg, SIP_500_INTERNAL_SERVER_ERROR, false);
}

/* RFC 3261 14.2: a re-INVITE without an offer asks for ours. Before anything
 * holds there is only the one that is out. */
static void without_offer(struct sip_leg *leg, bool invite)
{
	struct negotiation *n = &leg->media;

	if (!invite)
		respond_to(leg, SIP_200_OK, false);
	else if (n->phase != NEGOTIATION_SETTLED)
		respond_to(leg, SIP_491_REQUEST_PENDING, false);
	else if (negotiation_offer_again(n) < 0)
		respond_to(leg, SIP_500_INTERNAL_SERVER_ERROR, false);
	else
		respond_to(leg, SIP_200_OK, true);
}

void sip_leg_modify(struct sip_leg *leg, const char *method, const sip_t *sip)
{
	sip_method_t kind = sip->sip_request->rq_method;
	struct request_fault fault;
	struct sdp_session offer;
	int err;

	sip_leg_ladder(leg, LEG_IN, method);
	if (!request_target_usable(sip, false)) {
		respond_to(leg, 400, "Bad Contact Header", false);
		end_poisoned(leg);
		return;
	}
	if (leg->fsm.state > leg->role->active) {
		respond_to(leg, SIP_481_NO_CALL, false);
		return;
	}
	negotiation_forget(&leg->media);
	/* A PRACK comes once for each 18x of ours. */
	if (kind != sip_method_prack && storm(leg)) {
		respond_to(leg, SIP_500_INTERNAL_SERVER_ERROR, false);
		return;
	}
	if (kind == sip_method_invite && negotiation_keep(&leg->media) < 0) {
		respond_to(leg, SIP_500_INTERNAL_SERVER_ERROR, false);
		return;
	}
	err = sip_leg_read_sdp(leg, sip, &offer, &fault);
	if (err == -ENOENT)
		without_offer(leg, kind == sip_method_invite);
	else if (err < 0)
		respond_to(leg, fault.status, fault.phrase, false);
	else
		with_offer(leg, method, &offer);
}

/* Only what was open is closed by an ACK; a call that has just been answered
 * hears of it as CONFIRMED. */
static void read_ack(struct sip_leg *leg, const sip_t *ack)
{
	struct request_fault fault;
	struct sdp_session answer;
	bool changed = false;
	int err = ack ? sip_leg_read_sdp(leg, ack, &answer, &fault) : -ENOENT;

	negotiation_forget(&leg->media);
	err = negotiation_ack(&leg->media, err == 0 ? &answer : NULL, &changed);
	if (err == -ENOENT)
		log_event(EVENT_ANSWER_UNUSABLE, leg->base.name,
			  "the ACK has no answer to our offer");
	else if (err < 0)
		log_event(EVENT_ANSWER_UNUSABLE, leg->base.name,
			  "the SDP of the ACK is not followed");
	if (changed && leg->fsm.state == leg->role->active)
		sip_leg_tell(leg, LEG_MEDIA);
}

/* Pitfall: a CANCEL that waits behind its re-INVITE is taken by the stack
 * before our answer, which it throws away for a 487: nothing of what we have
 * agreed to holds (RFC 3261 14.1). */
void sip_leg_change_cancelled(struct sip_leg *leg)
{
	bool changed = negotiation_undo(&leg->media);

	sip_leg_ladder_status(leg, LEG_OUT, SIP_487_REQUEST_TERMINATED);
	if (changed)
		sip_leg_tell(leg, LEG_MEDIA);
}

void sip_leg_ack(struct sip_leg *leg, const sip_t *ack)
{
	sip_leg_ladder(leg, LEG_IN, "ACK");
	if (leg->dialog)
		read_ack(leg, ack);
	sip_leg_dispatch(leg, SIP_LEG_ACK, &leg->cause);
}
