#include "gateway/call_fsm.h"

#include "gateway/call.h"
#include "gateway/call_media.h"
#include "gateway/call_way.h"
#include "gateway/cause.h"
#include "gateway/clock.h"
#include "gateway/drain_call.h"
#include "gateway/event.h"
#include "gateway/gateway.h"
#include "gateway/lot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void call_refuse_with(struct call *call, const struct leg_cause *cause)
{
	fsm_dispatch(&call->fsm, CALL_EV_REFUSE, cause);
}

struct leg_cause call_our_cause(struct leg_cause cause, const char *text)
{
	cause.location = LOCATION_LOCAL_PRIVATE;
	cause.origin = LEG_ORIGIN_GATEWAY;
	snprintf(cause.text, sizeof cause.text, "%s", text);
	return cause;
}

static void refuse(struct call *call, uint8_t q850, const char *text)
{
	struct leg_cause cause =
		call_our_cause((struct leg_cause){ .q850 = q850 }, text);

	call_refuse_with(call, &cause);
}

bool call_leg_is_isdn(const struct leg *leg)
{
	return !strcmp(leg->ops->kind, "isdn");
}

/* Every story begins with the numbers, also that of a call which ends here. */
static void log_start(const struct call *call)
{
	const char *calling =
		call->setup.calling.present ? call->setup.calling.digits : "";
	const char *way = call_way_name(&call->route);

	log_event(EVENT_CALL_START, call->name,
		  "source=%s target=%s from=%s to=%s from %s %s to %s via %s",
		  call->setup.from, way, calling, call->setup.called.digits,
		  call->setup.from, *calling ? calling : "(no number)",
		  call->setup.called.digits, way);
}

static void refuse_by_rule(struct call *call)
{
	const struct conf_route_rule *rule = call->route.rule;
	const struct conf_action *action = rule->action;
	struct leg_cause cause = route_rejection(action);
	unsigned status = action->reject_status;

	if (status)
		log_event(EVENT_CALL_REJECTED, call->name,
			  "status=%u rule=%s:%u rejected with %u by the route",
			  status, rule->place.file, rule->place.line, status);
	else
		log_event(EVENT_CALL_REJECTED, call->name,
			  "cause=%u rule=%s:%u rejected with cause %u by the "
			  "route",
			  cause.q850, rule->place.file, rule->place.line,
			  cause.q850);
	trace_add(&call->trace, TRACE_GATEWAY, LEG_OUT, "the route rejects");
	call_refuse_with(call, &cause);
}

static void on_setup(void *obj, const void *arg)
{
	struct call *call = obj;
	const struct route_moment moment = {
		.utc_s = (int64_t)(call->start_utc_ns / NS_PER_S),
		.lot = lot_draw(),
	};
	struct leg_cause why;
	bool rejected;
	int err;

	(void)arg;
	err = route_call(call->conf, &call->setup, &moment, &call->route);
	log_start(call);
	rejected = err == 0 && !route_target(&call->route);
	if (!drain_call_may_begin(call, &why)) {
		call_refuse_with(call, &why);
	} else if (call->setup.over_limit) {
		call->gateway->counters.peer_limit++;
		call_refuse_with(call, &call->setup.refuse);
	} else if (call->setup.refuse.q850 && !rejected) {
		/* A rule's own words, as for calls of data, go before ours. */
		fsm_dispatch(&call->fsm, CALL_EV_REFUSE, &call->setup.refuse);
	} else if (err == -EINVAL) {
		refuse(call, CAUSE_BAD_NUMBER,
		       "the called number is none that can be dialled");
	} else if (err < 0) {
		call->gateway->counters.no_route++;
		refuse(call, CAUSE_NO_ROUTE, "no route takes the number");
	} else if (rejected) {
		refuse_by_rule(call);
	} else if (call_way_spares_reserve(call) && call_limit_begin(call)) {
		call_way_start(call);
	}
}

static void on_channel_refused(void *obj, const void *arg)
{
	const struct leg_event *event = arg;

	call_way_next_channel(obj, &event->cause);
}

/* The present target is over, and nobody but the log has heard of it. */
static void on_next_target(void *obj, const void *arg)
{
	const struct leg_event *event = arg;

	call_way_next(obj, &event->cause);
}

/* The present target says that it cannot: it is released first, so that its
 * channel is free for whoever comes next. */
static void on_reroute(void *obj, const void *arg)
{
	struct call *call = obj;
	const struct leg_event *event = arg;

	call->cause = event->cause;
	call->b->ops->release(call->b, &event->cause);
}

static void on_rerouted(void *obj, const void *arg)
{
	struct call *call = obj;
	struct leg_cause why = call->cause;

	(void)arg;
	call->cause = (struct leg_cause){ .q850 = 0 };
	call_way_next(call, &why);
}

static void on_proceeding(void *obj, const void *arg)
{
	struct call *call = obj;

	(void)arg;
	if (call_way_follow(call))
		call->a->ops->proceeding(call->a);
}

/* What the called side sends before the answer is to be heard. False: it is not
 * to be understood, and the call was refused. */
static bool open_early(struct call *call)
{
	int err = call_media_agree(call);

	if (err < 0) {
		call_refuse_media(call, err);
		return false;
	}
	call_media_open(call, call_media_backward(call));
	return true;
}

static void on_progress(void *obj, const void *arg)
{
	struct call *call = obj;
	const struct leg_event *event = arg;

	if (!call_way_follow(call))
		return;
	if (event->inband && !open_early(call))
		return;
	call->a->ops->progress(call->a, event->inband);
}

static void on_alerting(void *obj, const void *arg)
{
	struct call *call = obj;
	const struct leg_event *event = arg;

	if (!call_way_follow(call))
		return;
	if (!call->alerting_ms)
		call->alerting_ms = clock_now_ms();
	if (event->inband && !open_early(call))
		return;
	log_event(EVENT_CALL_ALERTING, call->name, "alerting%s",
		  event->inband ? " with in-band audio" : "");
	call->a->ops->alerting(call->a, event->inband);
}

static void on_answer(void *obj, const void *arg)
{
	struct call *call = obj;
	const struct leg_event *event = arg;
	struct leg_number connected;
	int err;

	if (!call_way_follow(call))
		return;
	/* A caller whose offer is delayed agrees with its ACK only. */
	err = call_leg_is_isdn(call->a) ? call_media_agree(call) : 0;
	if (err < 0) {
		call_refuse_media(call, err);
		return;
	}
	call->answer_ms = clock_now_ms();
	call->gateway->counters.answered++;
	call_limit_talk(call);
	log_event(EVENT_CALL_ANSWERED, call->name, "answered");
	call_media_open(call, BRIDGE_BOTH);
	call->connected = event->connected;
	route_connected(call->conf, &call->route, call->setup.from,
			&call->connected, &connected);
	call->a->ops->answer(call->a, &connected);
}

/* With a delayed offer (INVITE without SDP) the caller's answer is in its ACK:
 * only now is there an address to send to. */
static void on_confirmed(void *obj, const void *arg)
{
	struct call *call = obj;
	int err;

	(void)arg;
	if (call->rtp_side.kind == LEG_MEDIA_RTP)
		return;
	err = call_media_agree(call);
	if (err < 0) {
		call_refuse_media(call, err);
		return;
	}
	call_media_open(call, BRIDGE_BOTH);
}

static void on_media(void *obj, const void *arg)
{
	struct call *call = obj;
	int err = call_media_change(call);

	(void)arg;
	if (err < 0)
		call_refuse_media(call, err);
}

static enum call_released_by released_by(const struct leg_cause *cause,
					 enum call_released_by peer)
{
	switch (cause->origin) {
	case LEG_ORIGIN_PEER: return peer;
	case LEG_ORIGIN_TIMER: return CALL_BY_TIMER;
	case LEG_ORIGIN_SPAN: return CALL_BY_SPAN;
	case LEG_ORIGIN_OPERATOR: return CALL_BY_OPERATOR;
	default: return CALL_BY_GATEWAY;
	}
}

static void log_released(const struct call *call)
{
	char name[16];
	uint64_t from_ms = call->answer_ms ? call->answer_ms : call->start_ms;
	unsigned long long ms = call->end_ms - from_ms;
	unsigned long long talked_ms = call->answer_ms ? ms : 0;
	const char *by = call_released_by_name(call->released_by);

	log_event(EVENT_CALL_RELEASED, call->name,
		  "cause=%u by=%s dur=%llu.%llu released by %s: cause %u "
		  "%s%s%s%s, %s %llu.%llu s",
		  call->cause.q850, by, talked_ms / 1000, talked_ms / 100 % 10,
		  by, call->cause.q850, cause_name(call->cause.q850, name),
		  call->cause.text[0] ? " (" : "", call->cause.text,
		  call->cause.text[0] ? ")" : "",
		  call->answer_ms ? "talked" : "not answered after", ms / 1000,
		  ms / 100 % 10);
}

/* The first reason to end is the call's; what the other leg says later is an
 * echo of it. The bridge goes here: nothing is heard past this point. */
static void end_call(struct call *call, const struct leg_cause *cause,
		     enum call_released_by peer)
{
	call->cause = *cause;
	call->released_by = released_by(cause, peer);
	call->end_ms = clock_now_ms();
	/* What no message on either wire explains: "T310", "operator". */
	if (cause->origin != LEG_ORIGIN_PEER && cause->text[0])
		trace_add(&call->trace, TRACE_GATEWAY, LEG_OUT, cause->text);
	if (!call->answer_ms)
		call->gateway->counters.failed++;
	log_released(call);
	timer_stop(&call->announcement);
	call_limit_end(call);
	call_media_end(call);
}

/* A leg may be gone by the time its turn comes: releasing one can release the
 * other in the same breath. */
static void release_both(struct call *call)
{
	if (call->b)
		call->b->ops->release(call->b, &call->cause);
	if (call->a)
		call->a->ops->release(call->a, &call->cause);
}

static void on_refuse(void *obj, const void *arg)
{
	struct call *call = obj;
	const struct leg_cause *cause = arg;

	end_call(call, cause, CALL_BY_GATEWAY);
	if (call->b) {
		release_both(call);
		return;
	}
	/* No called leg was there to be released: the state that waits for
	 * both moves on as if it had been. */
	fsm_dispatch(&call->fsm, CALL_EV_B_RELEASED, NULL);
	call->a->ops->release(call->a, &call->cause);
}

static void on_a_ends(void *obj, const void *arg)
{
	struct call *call = obj;
	const struct leg_event *event = arg;

	end_call(call, &event->cause, CALL_BY_CALLER);
	release_both(call);
}

static void on_b_ends(void *obj, const void *arg)
{
	struct call *call = obj;
	const struct leg_event *event = arg;

	end_call(call, &event->cause, CALL_BY_CALLEE);
	release_both(call);
}

/* The called network has cleared and says why in a tone or an announcement: the
 * caller hears it until one of the three has enough (RFC 4497 8.3.3, Q.931
 * 5.4). An answered call ends at once instead: the caller would pay for it. So
 * does one whose caller has not told yet where to send audio: it would wait in
 * silence. */
static void on_announcement(void *obj, const void *arg)
{
	struct call *call = obj;
	const struct leg_event *event = arg;

	call->cause = event->cause;
	if (call_media_agree(call) < 0 || !call_media_heard(call)) {
		fsm_dispatch(&call->fsm, CALL_EV_ANNOUNCED, NULL);
		return;
	}
	call_media_open(call, call_media_backward(call));
	timer_start(loop_timers(call->gateway->loop), &call->announcement,
		    CALL_ANNOUNCEMENT_MS);
	trace_add(&call->trace, TRACE_GATEWAY, LEG_OUT, "announcement");
	log_event(EVENT_CALL_ANNOUNCED, call->name,
		  "the called network announces why");
	call->a->ops->progress(call->a, true);
}

/* Whoever ends an announcement, the call had failed before, for the reason that
 * was announced. */
static void on_announced(void *obj, const void *arg)
{
	struct call *call = obj;
	struct leg_cause cause = call->cause;

	(void)arg;
	end_call(call, &cause, CALL_BY_CALLEE);
	release_both(call);
}

static void on_over(void *obj, const void *arg)
{
	struct call *call = obj;

	(void)arg;
	gateway_call_over(call->gateway, call);
}

static const char *const state_names[CALL_STATES] = {
	"IDLE",	    "SETUP",	  "PROCEEDING", "REROUTING",
	"ALERTING", "ANSWERED",	  "ACTIVE",	"ANNOUNCEMENT",
	"CLEARING", "CLEARING-A", "CLEARING-B", "OVER",
};

static const char *const event_names[CALL_EVENTS] = {
	"SETUP",
	"REFUSE",
	"HANGUP",
	"A-CONFIRMED",
	"A-DISCONNECT",
	"A-RELEASED",
	"B-PROCEEDING",
	"B-PROGRESS",
	"B-ALERTING",
	"B-ANSWER",
	"B-CHANNEL-REFUSED",
	"B-DISCONNECT",
	"B-ANNOUNCES",
	"B-GIVES-UP",
	"B-RELEASED",
	"B-FAILED",
	"MEDIA",
	"ANNOUNCED",
};

#define DO(s, e, n, f) FSM_ROW(CALL_##s, CALL_EV_##e, CALL_##n, f)
#define STAY(s, e, f) FSM_STAY(CALL_##s, CALL_EV_##e, f)
#define IGNORE(s, e) FSM_IGNORED(CALL_##s, CALL_EV_##e)
#define NEVER(e) FSM_NEVER(FSM_ANY, CALL_EV_##e)

static const struct fsm_row rows[] = {
	DO(IDLE, SETUP, SETUP, on_setup),

	/* SETUP sent: the first response decides (Q.931 5.1.1, 5.1.5) */
	DO(SETUP, REFUSE, CLEARING, on_refuse),
	DO(SETUP, HANGUP, CLEARING, on_refuse),
	DO(SETUP, A_DISCONNECT, CLEARING, on_a_ends),
	DO(SETUP, A_RELEASED, CLEARING_B, on_a_ends),
	DO(SETUP, B_PROCEEDING, PROCEEDING, on_proceeding),
	DO(SETUP, B_PROGRESS, PROCEEDING, on_progress),
	DO(SETUP, B_ALERTING, ALERTING, on_alerting),
	DO(SETUP, B_ANSWER, ANSWERED, on_answer),
	STAY(SETUP, B_CHANNEL_REFUSED, on_channel_refused),
	DO(SETUP, B_DISCONNECT, CLEARING, on_b_ends),
	DO(SETUP, B_ANNOUNCES, ANNOUNCEMENT, on_announcement),
	DO(SETUP, B_GIVES_UP, REROUTING, on_reroute),
	DO(SETUP, B_RELEASED, CLEARING_A, on_b_ends),
	STAY(SETUP, B_FAILED, on_next_target),

	DO(PROCEEDING, REFUSE, CLEARING, on_refuse),
	DO(PROCEEDING, HANGUP, CLEARING, on_refuse),
	DO(PROCEEDING, A_DISCONNECT, CLEARING, on_a_ends),
	DO(PROCEEDING, A_RELEASED, CLEARING_B, on_a_ends),
	IGNORE(PROCEEDING, B_PROCEEDING),
	STAY(PROCEEDING, B_PROGRESS, on_progress),
	DO(PROCEEDING, B_ALERTING, ALERTING, on_alerting),
	DO(PROCEEDING, B_ANSWER, ANSWERED, on_answer),
	DO(PROCEEDING, B_DISCONNECT, CLEARING, on_b_ends),
	DO(PROCEEDING, B_ANNOUNCES, ANNOUNCEMENT, on_announcement),
	DO(PROCEEDING, B_GIVES_UP, REROUTING, on_reroute),
	DO(PROCEEDING, B_RELEASED, CLEARING_A, on_b_ends),
	DO(PROCEEDING, B_FAILED, SETUP, on_next_target),

	/* What the target that is left says now is of no interest. */
	DO(REROUTING, HANGUP, CLEARING, on_refuse),
	DO(REROUTING, A_DISCONNECT, CLEARING, on_a_ends),
	DO(REROUTING, A_RELEASED, CLEARING_B, on_a_ends),
	IGNORE(REROUTING, B_PROCEEDING),
	IGNORE(REROUTING, B_PROGRESS),
	IGNORE(REROUTING, B_ALERTING),
	IGNORE(REROUTING, B_ANSWER),
	IGNORE(REROUTING, B_DISCONNECT),
	IGNORE(REROUTING, B_ANNOUNCES),
	DO(REROUTING, B_RELEASED, SETUP, on_rerouted),

	DO(ALERTING, REFUSE, CLEARING, on_refuse),
	DO(ALERTING, HANGUP, CLEARING, on_refuse),
	DO(ALERTING, A_DISCONNECT, CLEARING, on_a_ends),
	DO(ALERTING, A_RELEASED, CLEARING_B, on_a_ends),
	IGNORE(ALERTING, B_PROCEEDING),
	STAY(ALERTING, B_PROGRESS, on_progress),
	IGNORE(ALERTING, B_ALERTING),
	DO(ALERTING, B_ANSWER, ANSWERED, on_answer),
	DO(ALERTING, B_DISCONNECT, CLEARING, on_b_ends),
	DO(ALERTING, B_ANNOUNCES, ANNOUNCEMENT, on_announcement),
	DO(ALERTING, B_RELEASED, CLEARING_A, on_b_ends),

	/* 200 sent: waiting for ACK */
	DO(ANSWERED, REFUSE, CLEARING, on_refuse),
	DO(ANSWERED, HANGUP, CLEARING, on_refuse),
	DO(ANSWERED, A_CONFIRMED, ACTIVE, on_confirmed),
	DO(ANSWERED, A_DISCONNECT, CLEARING, on_a_ends),
	DO(ANSWERED, A_RELEASED, CLEARING_B, on_a_ends),
	IGNORE(ANSWERED, B_PROCEEDING),
	IGNORE(ANSWERED, B_PROGRESS),
	IGNORE(ANSWERED, B_ALERTING),
	IGNORE(ANSWERED, B_ANSWER),
	DO(ANSWERED, B_DISCONNECT, CLEARING, on_b_ends),
	DO(ANSWERED, B_RELEASED, CLEARING_A, on_b_ends),
	STAY(ANSWERED, MEDIA, on_media),

	DO(ACTIVE, REFUSE, CLEARING, on_refuse),
	DO(ACTIVE, HANGUP, CLEARING, on_refuse),
	IGNORE(ACTIVE, A_CONFIRMED),
	DO(ACTIVE, A_DISCONNECT, CLEARING, on_a_ends),
	DO(ACTIVE, A_RELEASED, CLEARING_B, on_a_ends),
	IGNORE(ACTIVE, B_PROCEEDING),
	IGNORE(ACTIVE, B_PROGRESS),
	IGNORE(ACTIVE, B_ALERTING),
	IGNORE(ACTIVE, B_ANSWER),
	DO(ACTIVE, B_DISCONNECT, CLEARING, on_b_ends),
	DO(ACTIVE, B_RELEASED, CLEARING_A, on_b_ends),
	STAY(ACTIVE, MEDIA, on_media),

	/* The called network has cleared, and waits for our RELEASE. */
	DO(ANNOUNCEMENT, REFUSE, CLEARING, on_refuse),
	DO(ANNOUNCEMENT, HANGUP, CLEARING, on_refuse),
	DO(ANNOUNCEMENT, A_DISCONNECT, CLEARING, on_announced),
	DO(ANNOUNCEMENT, A_RELEASED, CLEARING_B, on_announced),
	IGNORE(ANNOUNCEMENT, B_PROCEEDING),
	IGNORE(ANNOUNCEMENT, B_PROGRESS),
	IGNORE(ANNOUNCEMENT, B_ALERTING),
	IGNORE(ANNOUNCEMENT, B_ANSWER),
	IGNORE(ANNOUNCEMENT, B_DISCONNECT),
	IGNORE(ANNOUNCEMENT, B_ANNOUNCES),
	DO(ANNOUNCEMENT, B_RELEASED, CLEARING_A, on_announced),
	DO(ANNOUNCEMENT, ANNOUNCED, CLEARING, on_announced),

	/* Both legs were asked to release. What the peers still say crossed
	 * that on the wire; the legs resolve collisions themselves. */
	IGNORE(CLEARING, REFUSE),
	IGNORE(CLEARING, HANGUP),
	IGNORE(CLEARING, A_CONFIRMED),
	IGNORE(CLEARING, A_DISCONNECT),
	DO(CLEARING, A_RELEASED, CLEARING_B, NULL),
	IGNORE(CLEARING, B_PROCEEDING),
	IGNORE(CLEARING, B_PROGRESS),
	IGNORE(CLEARING, B_ALERTING),
	IGNORE(CLEARING, B_ANSWER),
	IGNORE(CLEARING, B_DISCONNECT),
	IGNORE(CLEARING, B_ANNOUNCES),
	IGNORE(CLEARING, MEDIA),
	DO(CLEARING, B_RELEASED, CLEARING_A, NULL),

	IGNORE(CLEARING_A, REFUSE),
	IGNORE(CLEARING_A, HANGUP),
	IGNORE(CLEARING_A, A_CONFIRMED),
	IGNORE(CLEARING_A, A_DISCONNECT),
	IGNORE(CLEARING_A, MEDIA),
	DO(CLEARING_A, A_RELEASED, OVER, on_over),

	IGNORE(CLEARING_B, REFUSE),
	IGNORE(CLEARING_B, HANGUP),
	IGNORE(CLEARING_B, B_PROCEEDING),
	IGNORE(CLEARING_B, B_PROGRESS),
	IGNORE(CLEARING_B, B_ALERTING),
	IGNORE(CLEARING_B, B_ANSWER),
	IGNORE(CLEARING_B, B_DISCONNECT),
	IGNORE(CLEARING_B, B_ANNOUNCES),
	IGNORE(CLEARING_B, MEDIA),
	DO(CLEARING_B, B_RELEASED, OVER, on_over),

	IGNORE(OVER, HANGUP),

	/* Every pair not named above: a leg that speaks before it was asked,
	 * or after its RELEASED. */
	NEVER(SETUP),
	NEVER(REFUSE),
	NEVER(HANGUP),
	NEVER(A_CONFIRMED),
	NEVER(A_DISCONNECT),
	NEVER(A_RELEASED),
	NEVER(B_PROCEEDING),
	NEVER(B_PROGRESS),
	NEVER(B_ALERTING),
	NEVER(B_ANSWER),
	NEVER(B_CHANNEL_REFUSED),
	NEVER(B_DISCONNECT),
	NEVER(B_ANNOUNCES),
	NEVER(B_GIVES_UP),
	NEVER(B_RELEASED),
	NEVER(B_FAILED),
	NEVER(MEDIA),
	NEVER(ANNOUNCED),
};

const struct fsm_desc call_fsm_desc = {
	.name = "call",
	.state_names = state_names,
	.event_names = event_names,
	.state_count = CALL_STATES,
	.event_count = CALL_EVENTS,
	.rows = rows,
	.row_count = sizeof rows / sizeof rows[0],
};
