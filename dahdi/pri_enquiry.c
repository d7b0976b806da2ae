#include "dahdi/pri_enquiry.h"

#include "dahdi/pri_cause.h"
#include "dahdi/q931_message.h"
#include "dahdi/span.h"
#include "gateway/event.h"

#include <libpri.h>
#include <stdio.h>

#define T322_MS 4000 /* Q.931 table 9-2 */
#define ENQUIRIES 2
#define STATE_ACTIVE 10
#define STATE_NONE 0xff
#define NOTIFY_ANY 0 /* a NOTIFY is what the tap makes the enquiry of */

static void enquire(struct pri_leg *leg)
{
	leg->enquiries++;
	q931_tap_send_enquiry(span_tap(leg->span), leg->reference, leg->ours);
	pri_notify(span_pri(leg->span), leg->call, (int)leg->channel_number,
		   NOTIFY_ANY);
	/* Not when it is seen to go out: Q.921 may hold it back for long. */
	pri_leg_start_timer(leg, &leg->t322, T322_MS);
	span_pump(leg->span);
}

/* How often to ask is ours to say (Q.931 5.8.10): the link is up and has
 * delivered the first one, so the second is for a peer that was busy. Without
 * any, libpri has asked nobody. */
static void t322_expired(void *arg)
{
	struct pri_leg *leg = arg;

	if (leg->enquiries < ENQUIRIES)
		enquire(leg);
	else
		fsm_dispatch(&leg->fsm, leg->side->t322_event, NULL);
}

void pri_enquiry_start(struct pri_leg *leg)
{
	if (!timer_running(&leg->t322))
		enquire(leg);
}

void pri_enquiry_expect(struct pri_leg *leg)
{
	if (!timer_running(&leg->t322))
		pri_leg_start_timer(leg, &leg->t322, T322_MS);
}

void pri_enquiry_init(struct pri_leg *leg)
{
	timer_init(&leg->t322, "T322", t322_expired, leg);
	timer_of(&leg->t322, leg->leg.name);
	leg->peer_state = STATE_NONE;
}

/* 5.8.10 wants an answer to have cause 30 or 97. Whatever its cause is, a
 * STATUS that comes now names the state of the call, which is all that was
 * asked for. */
void pri_enquiry_seen(struct pri_leg *leg, const struct q931_seen *seen)
{
	const uint8_t *state;
	size_t len;

	if (!pri_leg_is_active(leg))
		return;
	if (seen->dir == LEG_OUT && seen->type == Q931_STATUS_ENQUIRY) {
		if (!leg->enquiries)
			leg->enquiries = 1;
		pri_enquiry_expect(leg);
	}
	if (seen->dir != LEG_IN || seen->type != Q931_STATUS ||
	    !timer_running(&leg->t322))
		return;
	state = q931_ie_find(seen->ies, seen->ies_len, Q931_IE_CALL_STATE,
			     &len);
	if (!state || !len)
		return;
	pri_enquiry_stop(leg);
	leg->peer_state = state[0] & 0x3f;
}

/* Which states do not fit is ours to say too (5.8.11), but for null, on which
 * libpri itself ends the call. The link keeps order: a peer that has begun to
 * clear would have said that before it answered. */
void pri_enquiry_check(struct pri_leg *leg)
{
	uint8_t state = leg->peer_state;

	leg->peer_state = STATE_NONE;
	if (state != STATE_NONE && state != STATE_ACTIVE)
		fsm_dispatch(&leg->fsm, leg->side->differs_event, &state);
}

void pri_enquiry_stop(struct pri_leg *leg)
{
	timer_stop(&leg->t322);
	leg->enquiries = 0;
	leg->peer_state = STATE_NONE;
}

/* The call may have ended within the hang-up. */
static void give_up(struct pri_leg *leg, const struct leg_cause *cause)
{
	pri_leg_hang_up(leg, cause, true);
	if (leg->call)
		pri_leg_raise(leg, LEG_DISCONNECT, false);
}

void pri_enquiry_on_t322(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	const struct leg_cause cause =
		pri_cause_own(PRI_CAUSE_NORMAL_TEMPORARY_FAILURE,
			      LEG_ORIGIN_TIMER, "T322");

	(void)arg;
	log_event(EVENT_CALL_UNKNOWN_THERE, leg->leg.name,
		  "the D channel is back, but the exchange does not say "
		  "whether it still has this call; it is cleared");
	give_up(leg, &cause);
}

void pri_enquiry_on_differs(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	const uint8_t *state = arg;
	struct leg_cause cause =
		pri_cause_own(PRI_CAUSE_WRONG_CALL_STATE, LEG_ORIGIN_SPAN, "");

	snprintf(cause.text, sizeof cause.text,
		 "after a break the exchange had it in state %u", *state);
	log_event(EVENT_CALL_UNKNOWN_THERE, leg->leg.name,
		  "%s, not active; it is cleared", cause.text);
	give_up(leg, &cause);
}
