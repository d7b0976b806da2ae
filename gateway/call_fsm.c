#include "gateway/call_fsm.h"

#include "gateway/call.h"
#include "gateway/cause.h"
#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Q.850 causes of our own decisions. */
enum {
	CAUSE_NO_ROUTE = 3,
	CAUSE_BAD_NUMBER = 28,
	CAUSE_NETWORK_OUT_OF_ORDER = 38,
	CAUSE_TEMPORARY_FAILURE = 41,
	CAUSE_RESOURCE_UNAVAILABLE = 47,
	CAUSE_BEARER_NOT_IMPLEMENTED = 65,
};

static void refuse_with(struct call *call, struct leg_cause cause,
			const char *text)
{
	cause.location = LOCATION_LOCAL_PRIVATE;
	cause.origin = LEG_ORIGIN_GATEWAY;
	snprintf(cause.text, sizeof cause.text, "%s", text);
	fsm_dispatch(&call->fsm, CALL_EV_REFUSE, &cause);
}

static void refuse(struct call *call, uint8_t q850, const char *text)
{
	refuse_with(call, (struct leg_cause){ .q850 = q850 }, text);
}

static bool is_isdn(const struct leg *leg)
{
	return !strcmp(leg->ops->kind, "isdn");
}

static struct leg *isdn_leg(const struct call *call)
{
	return is_isdn(call->a) ? call->a : call->b;
}

static struct leg *sip_leg(const struct call *call)
{
	return is_isdn(call->a) ? call->b : call->a;
}

/* Sound on the way from the called to the calling side, which alone is through
 * before the answer. */
static enum bridge_path backward(const struct call *call)
{
	return is_isdn(call->a) ? BRIDGE_TO_TDM : BRIDGE_TO_RTP;
}

/* Joins the media of both legs over a new bridge. A calling SIP leg answers its
 * offer with that; a called one takes note of where to be answered. Before the
 * first response of the called side nothing of it has been told to the caller,
 * so it may be done again for another channel. 0 or -errno. */
static int connect_media(struct call *call)
{
	struct bridge_config cfg = { .object = call->name };
	struct leg_media_local local = { .prefer = G711_ALAW };
	struct leg *isdn = isdn_leg(call), *sip = sip_leg(call);
	struct leg_media tdm;
	int err = isdn->ops->media(isdn, NULL, &tdm);

	if (err < 0)
		return err;
	bridge_free(call->bridge);
	call->bridge = NULL;
	cfg.span = tdm.span;
	cfg.timeslot = tdm.timeslot;
	cfg.tdm_law = local.prefer = tdm.law;
	err = bridge_new(&call->bridge, call->gateway->media, &cfg);
	if (err < 0)
		return err;
	bridge_local(call->bridge, &local.address);
	return sip->ops->media(sip, &local, &call->rtp_side);
}

static int connect_rtp(struct call *call)
{
	const struct leg_media *m = &call->rtp_side;
	struct bridge_side_rtp rtp = {
		.remote = m->remote,
		.remote_rtcp = m->remote_rtcp,
		.payload_type = m->payload_type,
		.dtmf_payload_type = m->dtmf_payload_type,
		.law = m->law,
		.ptime_ms = m->ptime_ms,
	};

	if (m->kind != LEG_MEDIA_RTP)
		return 0;
	return bridge_rtp(call->bridge, &rtp);
}

/* Asks the SIP leg what it has agreed: a calling one whose offer was delayed to
 * its ACK, or a called one at each answer of its peer, for forks may move it.
 * 0 or -errno. */
static int agree_media(struct call *call)
{
	struct leg_media_local local = { .prefer = G711_ALAW };
	struct leg_media was = call->rtp_side;
	struct leg *sip = sip_leg(call);
	int err;

	bridge_local(call->bridge, &local.address);
	err = sip->ops->media(sip, &local, &call->rtp_side);
	if (err < 0 || !memcmp(&was, &call->rtp_side, sizeof was))
		return err;
	return connect_rtp(call);
}

/* Opens a way as far as the direction agreed in SDP lets it. */
static void open_path(struct call *call, enum bridge_path path)
{
	const struct leg_media *m = &call->rtp_side;
	unsigned allowed = (m->send ? BRIDGE_TO_RTP : 0) |
			   (m->receive ? BRIDGE_TO_TDM : 0);

	call->path = path & allowed;
	bridge_path(call->bridge, call->path);
}

static void refuse_no_channel(struct call *call, int err)
{
	struct gateway_counters *count = &call->gateway->counters;

	if (err == -ENETDOWN) {
		count->span_down++;
		refuse(call, CAUSE_NETWORK_OUT_OF_ORDER,
		       "no span of the trunk group is in service");
	} else if (err == -EBUSY) {
		count->no_channel++;
		refuse_with(call, cause_from_event(CAUSE_EVENT_NO_CHANNEL),
			    "every channel is taken");
	} else {
		refuse(call, CAUSE_TEMPORARY_FAILURE, strerror(-err));
	}
}

static void refuse_media(struct call *call, int err)
{
	if (err == -ENOTSUP)
		refuse(call, CAUSE_BEARER_NOT_IMPLEMENTED,
		       "no codec in common");
	else
		refuse(call, CAUSE_RESOURCE_UNAVAILABLE, strerror(-err));
}

/* The log names of the call and of its called leg end with what names that leg,
 * the last word of its own: "call=17 sip=... span=1/5", "call=17 span=1/5". */
static void name_by_called_leg(struct call *call)
{
	struct leg *leg = call->b;
	const char *last = strrchr(leg->name, ' ');

	snprintf(call->name, sizeof call->name, "%s %s", call->a->name,
		 last ? last + 1 : leg->name);
	snprintf(leg->name, sizeof leg->name, "call=%u %s", call->id,
		 strrchr(call->name, ' ') + 1);
}

/* An idle called leg by the route's rule; a refused call has none. */
static struct leg *called_leg(struct call *call)
{
	const struct conf_target *target = route_target(&call->route);
	struct leg *leg;
	int err;

	if (target->trunk) {
		err = isdn_leg_new(call->gateway->isdn, target->trunk,
				   &call->tried, &leg);
		if (err == 0)
			return leg;
		refuse_no_channel(call, err);
	} else {
		err = sip_agent_leg_new(call->gateway->sip, target->peer, &leg);
		if (err == 0)
			return leg;
		refuse(call, CAUSE_NO_ROUTE, "the sip-peer has no server");
	}
	return NULL;
}

/* Seizes a channel, or a dialog, and sends SETUP or INVITE on it. */
static void start_called_leg(struct call *call)
{
	struct leg *leg = called_leg(call);
	int err;

	if (!leg)
		return;
	call->b = leg;
	call->attempts++;
	leg->call = call;
	leg->ops->describe(leg, &call->info_b);
	name_by_called_leg(call);
	err = connect_media(call);
	if (err == 0)
		err = connect_rtp(call);
	if (err < 0) {
		refuse_media(call, err);
		return;
	}
	err = leg->ops->setup(leg, &call->route.out);
	if (err < 0)
		refuse(call, CAUSE_TEMPORARY_FAILURE, strerror(-err));
}

static const char *way_name(const struct route_result *route)
{
	const struct conf_target *target = route_target(route);

	if (!route->rule)
		return "no route";
	if (!target)
		return "route reject";
	return target->trunk ? target->trunk->name : target->peer->name;
}

/* Every story begins with the numbers, also that of a call which ends here. */
static void log_start(const struct call *call)
{
	log_line(LOG_INFO, call->name, "from %s %s to %s via %s",
		 call->setup.from,
		 call->setup.calling.present ? call->setup.calling.digits
					     : "(no number)",
		 call->setup.called.digits, way_name(&call->route));
}

static void refuse_by_rule(struct call *call)
{
	const struct conf_route_rule *rule = call->route.rule;

	log_line(LOG_INFO, call->name, "rejected with %u by the route at %s:%u",
		 rule->reject_status, rule->place.file, rule->place.line);
	trace_add(&call->trace, TRACE_GATEWAY, LEG_OUT, "the route rejects");
	refuse_with(call, cause_from_sip(rule->reject_status),
		    rule->reject_text);
}

static void on_setup(void *obj, const void *arg)
{
	struct call *call = obj;
	int err;

	(void)arg;
	err = route_call(call->gateway->conf, &call->setup, &call->route);
	log_start(call);
	if (call->setup.refuse.q850) {
		fsm_dispatch(&call->fsm, CALL_EV_REFUSE, &call->setup.refuse);
	} else if (err == -EINVAL) {
		refuse(call, CAUSE_BAD_NUMBER,
		       "the called number is none that can be dialled");
	} else if (err < 0) {
		call->gateway->counters.no_route++;
		refuse(call, CAUSE_NO_ROUTE, "no route takes the number");
	} else if (!route_target(&call->route)) {
		refuse_by_rule(call);
	} else if (is_isdn(call->a) == !!route_target(&call->route)->trunk) {
		refuse(call, CAUSE_NO_ROUTE,
		       "the route leads back to where the call came from");
	} else {
		start_called_leg(call);
	}
}

/* The far side refused just this channel: the call goes on over another one
 * (RFC 4497 8.4.1 note 2), at most as often as `tried` has room. */
static void on_channel_refused(void *obj, const void *arg)
{
	struct call *call = obj;
	const struct leg_event *event = arg;
	struct isdn_tried *tried = &call->tried;
	const size_t room = sizeof tried->channel / sizeof tried->channel[0];

	if (tried->count == room) {
		refuse_with(call, cause_from_event(CAUSE_EVENT_NO_CHANNEL),
			    "the far side refused every channel tried");
		return;
	}
	tried->channel[tried->count].span = (uint16_t)call->info_b.span;
	tried->channel[tried->count].channel = (uint8_t)call->info_b.channel;
	tried->count++;
	call->gateway->counters.retried++;
	trace_add(&call->trace, TRACE_GATEWAY, LEG_OUT, "next channel");
	log_line(LOG_WARNING, call->name,
		 "channel refused with cause %u: trying another one",
		 event->cause.q850);
	start_called_leg(call);
}

/* The first response may have named another channel (Q.931 5.1.2.2): the
 * bridge follows before anything is told to the caller. */
static int follow_channel(struct call *call)
{
	struct leg_info was = call->info_b, now;
	int err;

	call->b->ops->describe(call->b, &now);
	call->info_b = now;
	if (was.span == now.span && was.channel == now.channel)
		return 0;
	name_by_called_leg(call);
	err = connect_media(call);
	return err < 0 ? err : connect_rtp(call);
}

static bool first_response(struct call *call)
{
	int err = follow_channel(call);

	if (err < 0)
		refuse_media(call, err);
	return err == 0;
}

static void on_proceeding(void *obj, const void *arg)
{
	struct call *call = obj;

	(void)arg;
	if (first_response(call))
		call->a->ops->proceeding(call->a);
}

/* What the called side sends before the answer is to be heard. False: it is not
 * to be understood, and the call was refused. */
static bool open_early(struct call *call)
{
	int err = agree_media(call);

	if (err < 0) {
		refuse_media(call, err);
		return false;
	}
	open_path(call, backward(call));
	return true;
}

static void on_progress(void *obj, const void *arg)
{
	struct call *call = obj;
	const struct leg_event *event = arg;

	if (!first_response(call))
		return;
	if (event->inband && !open_early(call))
		return;
	call->a->ops->progress(call->a, event->inband);
}

static void on_alerting(void *obj, const void *arg)
{
	struct call *call = obj;
	const struct leg_event *event = arg;

	if (!first_response(call))
		return;
	if (!call->alerting_ms)
		call->alerting_ms = clock_now_ms();
	if (event->inband && !open_early(call))
		return;
	log_line(LOG_INFO, call->name, "alerting%s",
		 event->inband ? " with in-band audio" : "");
	call->a->ops->alerting(call->a, event->inband);
}

static void on_answer(void *obj, const void *arg)
{
	struct call *call = obj;
	const struct leg_event *event = arg;
	struct leg_number connected;
	int err;

	if (!first_response(call))
		return;
	/* A caller whose offer is delayed agrees with its ACK only. */
	err = is_isdn(call->a) ? agree_media(call) : 0;
	if (err < 0) {
		refuse_media(call, err);
		return;
	}
	call->answer_ms = clock_now_ms();
	call->gateway->counters.answered++;
	log_line(LOG_INFO, call->name, "answered");
	open_path(call, BRIDGE_BOTH);
	route_connected(call->gateway->conf, &call->route, call->setup.from,
			&event->connected, &connected);
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
	err = agree_media(call);
	if (err < 0) {
		refuse_media(call, err);
		return;
	}
	open_path(call, BRIDGE_BOTH);
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

	log_line(LOG_INFO, call->name,
		 "released by %s: cause %u %s%s%s%s, %s %llu.%01llu s",
		 call_released_by_name(call->released_by), call->cause.q850,
		 cause_name(call->cause.q850, name),
		 call->cause.text[0] ? " (" : "", call->cause.text,
		 call->cause.text[0] ? ")" : "",
		 call->answer_ms ? "talked" : "not answered after",
		 (unsigned long long)(call->end_ms - from_ms) / 1000,
		 (unsigned long long)(call->end_ms - from_ms) / 100 % 10);
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
	if (call->bridge)
		bridge_stats(call->bridge, &call->media);
	bridge_free(call->bridge);
	call->bridge = NULL;
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

static void on_over(void *obj, const void *arg)
{
	struct call *call = obj;

	(void)arg;
	gateway_call_over(call->gateway, call);
}

static const char *const state_names[CALL_STATES] = {
	"IDLE",	  "SETUP",    "PROCEEDING", "ALERTING",	  "ANSWERED",
	"ACTIVE", "CLEARING", "CLEARING-A", "CLEARING-B", "OVER",
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
	"B-RELEASED",
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
	DO(SETUP, B_RELEASED, CLEARING_A, on_b_ends),

	DO(PROCEEDING, REFUSE, CLEARING, on_refuse),
	DO(PROCEEDING, HANGUP, CLEARING, on_refuse),
	DO(PROCEEDING, A_DISCONNECT, CLEARING, on_a_ends),
	DO(PROCEEDING, A_RELEASED, CLEARING_B, on_a_ends),
	IGNORE(PROCEEDING, B_PROCEEDING),
	STAY(PROCEEDING, B_PROGRESS, on_progress),
	DO(PROCEEDING, B_ALERTING, ALERTING, on_alerting),
	DO(PROCEEDING, B_ANSWER, ANSWERED, on_answer),
	DO(PROCEEDING, B_DISCONNECT, CLEARING, on_b_ends),
	DO(PROCEEDING, B_RELEASED, CLEARING_A, on_b_ends),

	DO(ALERTING, REFUSE, CLEARING, on_refuse),
	DO(ALERTING, HANGUP, CLEARING, on_refuse),
	DO(ALERTING, A_DISCONNECT, CLEARING, on_a_ends),
	DO(ALERTING, A_RELEASED, CLEARING_B, on_a_ends),
	IGNORE(ALERTING, B_PROCEEDING),
	STAY(ALERTING, B_PROGRESS, on_progress),
	IGNORE(ALERTING, B_ALERTING),
	DO(ALERTING, B_ANSWER, ANSWERED, on_answer),
	DO(ALERTING, B_DISCONNECT, CLEARING, on_b_ends),
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
	DO(CLEARING, B_RELEASED, CLEARING_A, NULL),

	IGNORE(CLEARING_A, REFUSE),
	IGNORE(CLEARING_A, HANGUP),
	IGNORE(CLEARING_A, A_CONFIRMED),
	IGNORE(CLEARING_A, A_DISCONNECT),
	DO(CLEARING_A, A_RELEASED, OVER, on_over),

	IGNORE(CLEARING_B, REFUSE),
	IGNORE(CLEARING_B, HANGUP),
	IGNORE(CLEARING_B, B_PROCEEDING),
	IGNORE(CLEARING_B, B_PROGRESS),
	IGNORE(CLEARING_B, B_ALERTING),
	IGNORE(CLEARING_B, B_ANSWER),
	IGNORE(CLEARING_B, B_DISCONNECT),
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
	NEVER(B_RELEASED),
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
