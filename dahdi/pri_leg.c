#include "dahdi/pri_leg.h"

#include "dahdi/pri_cause.h"
#include "dahdi/pri_ladder.h"
#include "dahdi/pri_setup.h"
#include "dahdi/span.h"
#include "gateway/log.h"

#include <errno.h>
#include <libpri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Q.931 table 9-2: longer than any exchange takes; the setup goes out whole,
 * so nothing is left to send in overlap sending. */
#define T304_MS 30000
/* libpri's defaults for those that the configuration leaves at 0. */
#define T305_MS 30000
#define T308_MS 4000
#define GUARD_MARGIN_MS 2000

struct pri_leg {
	struct leg leg;
	struct span *span;
	struct channel *channel; /* NULL once handed back */
	unsigned channel_number; /* for the record */
	const struct conf_trunk *trunk;
	struct q931_call *call;
	unsigned reference;
	struct fsm fsm;
	bool agreed; /* the peer's first response fixed the channel */
	struct timer t301, t304, t310, guard;
	struct leg_cause cause; /* the first reason for the end */
};

static struct pri_leg *from_leg(struct leg *leg)
{
	return (struct pri_leg *)leg;
}

static void dispatch(struct pri_leg *leg, enum pri_leg_event event,
		     const void *arg)
{
	fsm_dispatch(&leg->fsm, (uint8_t)event, arg);
}

static void raise_event(struct pri_leg *leg, enum leg_event_type type,
			bool inband)
{
	struct leg_event event = { .type = type, .inband = inband };

	if (type == LEG_DISCONNECT || type == LEG_RELEASED)
		event.cause = leg->cause;
	leg->leg.sink->event(&leg->leg, &event);
}

static void stop_timers(struct pri_leg *leg)
{
	timer_stop(&leg->t301);
	timer_stop(&leg->t304);
	timer_stop(&leg->t310);
	timer_stop(&leg->guard);
}

static void start_timer(struct pri_leg *leg, struct timer *timer, uint32_t ms)
{
	timer_start(span_timers(leg->span), timer, ms);
}

static const struct q931_received *received(const struct pri_leg *leg)
{
	return q931_tap_received(span_tap(leg->span), leg->reference, true);
}

/* The first reason stays: what follows is its consequence. */
static void note_cause(struct pri_leg *leg, const struct leg_cause *cause)
{
	if (!leg->cause.q850)
		leg->cause = *cause;
}

/* The last step, once: the channel is free and RELEASED goes up. */
static void finish(struct pri_leg *leg)
{
	struct channel *channel = leg->channel;

	stop_timers(leg);
	if (leg->call) {
		q931_tap_forget(span_tap(leg->span), leg->reference, true);
		span_leg_remove(leg->span, leg);
		leg->call = NULL;
	}
	leg->channel = NULL;
	if (channel)
		channel_event(channel, CHANNEL_FREE);
	raise_event(leg, LEG_RELEASED, false);
}

void pri_leg_check(struct pri_leg *leg)
{
	int mode;

	switch (leg->fsm.state) {
	case PRI_LEG_U11:
	case PRI_LEG_U12:
	case PRI_LEG_U19: break;
	default: return;
	}
	if (pri_get_crv(span_pri(leg->span), leg->call, &mode) < 0)
		dispatch(leg, PRI_LEG_GONE, NULL);
}

/* As long as libpri may take by itself, and a little: T305, then T308 twice
 * (Q.931 5.3.4). libpri loses a call whose clearing crosses a failure of the
 * link; the channel must not be lost with it. */
static void start_guard(struct pri_leg *leg, bool disconnect)
{
	const struct conf_span *conf = span_conf(leg->span);
	uint32_t t305_ms = conf->t305_ms ? conf->t305_ms : T305_MS;
	uint32_t t308_ms = conf->t308_ms ? conf->t308_ms : T308_MS;

	stop_timers(leg);
	start_timer(leg, &leg->guard,
		    (disconnect ? t305_ms : 0) + 2 * t308_ms + GUARD_MARGIN_MS);
}

/* Clears toward the peer; the state is U11 or U19 already. */
static void hang_up(struct pri_leg *leg, const struct leg_cause *cause)
{
	note_cause(leg, cause);
	start_guard(leg, leg->fsm.state == PRI_LEG_U11);
	channel_event(leg->channel, CHANNEL_CLEAR);
	q931_tap_send_location(span_tap(leg->span), leg->reference, true,
			       cause->location);
	pri_hangup(span_pri(leg->span), leg->call, pri_cause_to_send(cause));
	/* A SETUP that had no answer yet may be withdrawn by RELEASE COMPLETE
	 * (5.3.2): then the call is gone without an event, and the pump or
	 * whoever handles the present event finds that. */
	span_pump(leg->span);
}

static void do_clear(void *obj, const void *arg)
{
	hang_up(obj, arg);
}

/* Our own decision to end a call that the other leg does not know of yet. */
static void give_up(struct pri_leg *leg, const struct leg_cause *cause)
{
	hang_up(leg, cause);
	if (leg->fsm.state == PRI_LEG_U11)
		raise_event(leg, LEG_DISCONNECT, false);
}

static void do_withdraw(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	note_cause(leg, arg);
	finish(leg);
}

/* Puts the channel's name in place of the old one, which the call may have
 * prefixed with its own. */
static void rename_channel(struct pri_leg *leg, const char *name)
{
	char *last = strrchr(leg->leg.name, ' ');
	char *at = last ? last + 1 : leg->leg.name;

	snprintf(at, sizeof leg->leg.name - (size_t)(at - leg->leg.name), "%s",
		 name);
}

/* The channel that the first response names holds (Q.931 5.1.2): ours, or when
 * it was only preferred another one that is free. False: the call was given
 * up. */
static bool agree_on_channel(struct pri_leg *leg,
			     const struct pri_leg_message *message)
{
	unsigned number = message->channel;
	struct channel *other;
	struct leg_cause cause;

	if (leg->agreed)
		return true;
	leg->agreed = true;
	if (!number || number == leg->channel->number) {
		channel_event(leg->channel, CHANNEL_CONFIRM);
		return true;
	}
	other = span_channel(leg->span, number);
	if (other && channel_is_idle(other) &&
	    !span_conf(leg->span)->exclusive) {
		log_line(LOG_INFO, leg->leg.name,
			 "the exchange moved the call to channel %u", number);
		channel_event(leg->channel, CHANNEL_FREE);
		leg->channel = other;
		leg->channel_number = number;
		rename_channel(leg, other->name);
		channel_event(other, CHANNEL_SEIZE);
		channel_event(other, CHANNEL_CONFIRM);
		return true;
	}
	cause = pri_cause_own(PRI_CAUSE_REQUESTED_CHAN_UNAVAIL,
			      LEG_ORIGIN_GATEWAY, "");
	snprintf(cause.text, sizeof cause.text,
		 "exchange chose channel %u, which is not free", number);
	log_line(LOG_WARNING, leg->leg.name, "%s", cause.text);
	dispatch(leg, PRI_LEG_CLEAR, &cause);
	if (leg->fsm.state == PRI_LEG_U11)
		raise_event(leg, LEG_DISCONNECT, false);
	return false;
}

static void do_setup_ack(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	if (agree_on_channel(leg, arg))
		start_timer(leg, &leg->t304, T304_MS);
}

static void do_proceeding(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	const struct pri_leg_message *message = arg;

	stop_timers(leg);
	if (!agree_on_channel(leg, message))
		return;
	start_timer(leg, &leg->t310, span_conf(leg->span)->t310_ms);
	raise_event(leg, LEG_PROCEEDING, false);
	if (message->inband && leg->fsm.state == PRI_LEG_U3)
		raise_event(leg, LEG_PROGRESS, true);
}

/* PROGRESS stops T310 (Q.931 table 9-2). T301 takes over, or a call that got
 * an announcement and nothing after it would last for ever. */
static void do_progress(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	const struct pri_leg_message *message = arg;

	if (!agree_on_channel(leg, message))
		return;
	timer_stop(&leg->t304);
	timer_stop(&leg->t310);
	if (!timer_running(&leg->t301))
		start_timer(leg, &leg->t301, span_conf(leg->span)->t301_ms);
	raise_event(leg, LEG_PROGRESS, message->inband);
}

static void do_alerting(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	const struct pri_leg_message *message = arg;

	stop_timers(leg);
	if (!agree_on_channel(leg, message))
		return;
	start_timer(leg, &leg->t301, span_conf(leg->span)->t301_ms);
	raise_event(leg, LEG_ALERTING, message->inband);
}

static void do_connect(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	stop_timers(leg);
	if (agree_on_channel(leg, arg))
		raise_event(leg, LEG_ANSWER, false);
}

static void do_disconnect(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	const struct pri_leg_message *message = arg;
	struct leg_cause cause =
		pri_cause_received(received(leg), message->cause);

	stop_timers(leg);
	note_cause(leg, &cause);
	channel_event(leg->channel, CHANNEL_CLEAR);
	raise_event(leg, LEG_DISCONNECT, false);
}

/* Both sides disconnected at once; libpri has answered with RELEASE. */
static void do_collision(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	(void)arg;
	start_guard(leg, false);
	pri_hangup(span_pri(leg->span), leg->call, PRI_CAUSE_NORMAL_CLEARING);
}

/* libpri wants a hang-up after its HANGUP event: that sends the RELEASE
 * COMPLETE that is owed, if any, and destroys the call. */
static void do_release(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	(void)arg;
	pri_hangup(span_pri(leg->span), leg->call, PRI_CAUSE_NORMAL_CLEARING);
	finish(leg);
}

static void do_gone(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	struct leg_cause cause =
		pri_cause_own(PRI_CAUSE_NORMAL_TEMPORARY_FAILURE,
			      LEG_ORIGIN_GATEWAY, "libpri dropped the call");

	(void)arg;
	note_cause(leg, &cause);
	finish(leg);
}

static void do_restart(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	struct leg_cause cause =
		pri_cause_own(PRI_CAUSE_NORMAL_TEMPORARY_FAILURE,
			      LEG_ORIGIN_PEER, "Q.931 RESTART");

	(void)arg;
	note_cause(leg, &cause);
	pri_destroycall(span_pri(leg->span), leg->call);
	finish(leg);
}

static void do_t301(void *obj, const void *arg)
{
	const struct leg_cause cause =
		pri_cause_own(PRI_CAUSE_NO_ANSWER, LEG_ORIGIN_TIMER, "T301");

	(void)arg;
	give_up(obj, &cause);
}

static void do_t304(void *obj, const void *arg)
{
	const struct leg_cause cause =
		pri_cause_own(PRI_CAUSE_RECOVERY_ON_TIMER_EXPIRE,
			      LEG_ORIGIN_TIMER, "T304");

	(void)arg;
	give_up(obj, &cause);
}

static void do_t310(void *obj, const void *arg)
{
	const struct leg_cause cause =
		pri_cause_own(PRI_CAUSE_RECOVERY_ON_TIMER_EXPIRE,
			      LEG_ORIGIN_TIMER, "T310");

	(void)arg;
	give_up(obj, &cause);
}

static void do_guard(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	(void)arg;
	log_line(LOG_WARNING, leg->leg.name,
		 "the exchange never answered our release; the channel is "
		 "taken back");
	pri_destroycall(span_pri(leg->span), leg->call);
	finish(leg);
}

static const char *const state_names[PRI_LEG_STATES] = {
	[PRI_LEG_U0] = "U0 null",
	[PRI_LEG_U1] = "U1 call initiated",
	[PRI_LEG_U2] = "U2 overlap sending",
	[PRI_LEG_U3] = "U3 call proceeding",
	[PRI_LEG_U4] = "U4 call delivered",
	[PRI_LEG_U10] = "U10 active",
	[PRI_LEG_U11] = "U11 disconnect request",
	[PRI_LEG_U12] = "U12 disconnect received",
	[PRI_LEG_U19] = "U19 release request",
	[PRI_LEG_OVER] = "over",
};

static const char *const event_names[PRI_LEG_EVENTS] = {
	[PRI_LEG_SETUP] = "SETUP",	   [PRI_LEG_CLEAR] = "CLEAR",
	[PRI_LEG_SETUP_ACK] = "SETUP_ACK", [PRI_LEG_PROCEEDING] = "PROCEEDING",
	[PRI_LEG_PROGRESS] = "PROGRESS",   [PRI_LEG_ALERTING] = "ALERTING",
	[PRI_LEG_CONNECT] = "CONNECT",	   [PRI_LEG_DISCONNECT] = "DISCONNECT",
	[PRI_LEG_RELEASE] = "RELEASE",	   [PRI_LEG_GONE] = "GONE",
	[PRI_LEG_RESTART] = "RESTART",	   [PRI_LEG_T301] = "T301",
	[PRI_LEG_T304] = "T304",	   [PRI_LEG_T310] = "T310",
	[PRI_LEG_GUARD] = "GUARD",
};

static const struct fsm_row rows[] = {
	FSM_ROW(PRI_LEG_U0, PRI_LEG_SETUP, PRI_LEG_U1, NULL),
	FSM_NEVER(FSM_ANY, PRI_LEG_SETUP),

	FSM_ROW(PRI_LEG_U0, PRI_LEG_CLEAR, PRI_LEG_OVER, do_withdraw),
	FSM_ROW(PRI_LEG_U1, PRI_LEG_CLEAR, PRI_LEG_U11, do_clear),
	FSM_ROW(PRI_LEG_U2, PRI_LEG_CLEAR, PRI_LEG_U11, do_clear),
	FSM_ROW(PRI_LEG_U3, PRI_LEG_CLEAR, PRI_LEG_U11, do_clear),
	FSM_ROW(PRI_LEG_U4, PRI_LEG_CLEAR, PRI_LEG_U11, do_clear),
	FSM_ROW(PRI_LEG_U10, PRI_LEG_CLEAR, PRI_LEG_U11, do_clear),
	FSM_ROW(PRI_LEG_U12, PRI_LEG_CLEAR, PRI_LEG_U19, do_clear),
	FSM_IGNORED(FSM_ANY, PRI_LEG_CLEAR),

	FSM_ROW(PRI_LEG_U1, PRI_LEG_SETUP_ACK, PRI_LEG_U2, do_setup_ack),
	FSM_IGNORED(FSM_ANY, PRI_LEG_SETUP_ACK),

	FSM_ROW(PRI_LEG_U1, PRI_LEG_PROCEEDING, PRI_LEG_U3, do_proceeding),
	FSM_ROW(PRI_LEG_U2, PRI_LEG_PROCEEDING, PRI_LEG_U3, do_proceeding),
	FSM_IGNORED(FSM_ANY, PRI_LEG_PROCEEDING),

	/* Before CALL PROCEEDING it stops libpri's T303 all the same. */
	FSM_ROW(PRI_LEG_U1, PRI_LEG_PROGRESS, PRI_LEG_U3, do_progress),
	FSM_ROW(PRI_LEG_U2, PRI_LEG_PROGRESS, PRI_LEG_U3, do_progress),
	FSM_STAY(PRI_LEG_U3, PRI_LEG_PROGRESS, do_progress),
	FSM_STAY(PRI_LEG_U4, PRI_LEG_PROGRESS, do_progress),
	FSM_IGNORED(FSM_ANY, PRI_LEG_PROGRESS),

	FSM_ROW(PRI_LEG_U1, PRI_LEG_ALERTING, PRI_LEG_U4, do_alerting),
	FSM_ROW(PRI_LEG_U2, PRI_LEG_ALERTING, PRI_LEG_U4, do_alerting),
	FSM_ROW(PRI_LEG_U3, PRI_LEG_ALERTING, PRI_LEG_U4, do_alerting),
	FSM_IGNORED(FSM_ANY, PRI_LEG_ALERTING),

	FSM_ROW(PRI_LEG_U1, PRI_LEG_CONNECT, PRI_LEG_U10, do_connect),
	FSM_ROW(PRI_LEG_U2, PRI_LEG_CONNECT, PRI_LEG_U10, do_connect),
	FSM_ROW(PRI_LEG_U3, PRI_LEG_CONNECT, PRI_LEG_U10, do_connect),
	FSM_ROW(PRI_LEG_U4, PRI_LEG_CONNECT, PRI_LEG_U10, do_connect),
	FSM_IGNORED(FSM_ANY, PRI_LEG_CONNECT),

	FSM_ROW(PRI_LEG_U1, PRI_LEG_DISCONNECT, PRI_LEG_U12, do_disconnect),
	FSM_ROW(PRI_LEG_U2, PRI_LEG_DISCONNECT, PRI_LEG_U12, do_disconnect),
	FSM_ROW(PRI_LEG_U3, PRI_LEG_DISCONNECT, PRI_LEG_U12, do_disconnect),
	FSM_ROW(PRI_LEG_U4, PRI_LEG_DISCONNECT, PRI_LEG_U12, do_disconnect),
	FSM_ROW(PRI_LEG_U10, PRI_LEG_DISCONNECT, PRI_LEG_U12, do_disconnect),
	FSM_ROW(PRI_LEG_U11, PRI_LEG_DISCONNECT, PRI_LEG_U19, do_collision),
	FSM_IGNORED(FSM_ANY, PRI_LEG_DISCONNECT),

	FSM_IGNORED(PRI_LEG_U0, PRI_LEG_RELEASE),
	FSM_IGNORED(PRI_LEG_OVER, PRI_LEG_RELEASE),
	FSM_ROW(FSM_ANY, PRI_LEG_RELEASE, PRI_LEG_OVER, do_release),

	FSM_IGNORED(PRI_LEG_U0, PRI_LEG_GONE),
	FSM_IGNORED(PRI_LEG_OVER, PRI_LEG_GONE),
	FSM_ROW(FSM_ANY, PRI_LEG_GONE, PRI_LEG_OVER, do_gone),

	/* Of no consequence for a call that has not begun. */
	FSM_IGNORED(PRI_LEG_U0, PRI_LEG_RESTART),
	FSM_IGNORED(PRI_LEG_OVER, PRI_LEG_RESTART),
	FSM_ROW(FSM_ANY, PRI_LEG_RESTART, PRI_LEG_OVER, do_restart),

	FSM_ROW(PRI_LEG_U3, PRI_LEG_T301, PRI_LEG_U11, do_t301),
	FSM_ROW(PRI_LEG_U4, PRI_LEG_T301, PRI_LEG_U11, do_t301),
	FSM_NEVER(FSM_ANY, PRI_LEG_T301),

	FSM_ROW(PRI_LEG_U2, PRI_LEG_T304, PRI_LEG_U11, do_t304),
	FSM_NEVER(FSM_ANY, PRI_LEG_T304),

	FSM_ROW(PRI_LEG_U3, PRI_LEG_T310, PRI_LEG_U11, do_t310),
	FSM_NEVER(FSM_ANY, PRI_LEG_T310),

	FSM_ROW(PRI_LEG_U11, PRI_LEG_GUARD, PRI_LEG_OVER, do_guard),
	FSM_ROW(PRI_LEG_U19, PRI_LEG_GUARD, PRI_LEG_OVER, do_guard),
	FSM_NEVER(FSM_ANY, PRI_LEG_GUARD),
};

const struct fsm_desc pri_leg_fsm_desc =
	FSM_DESC("q931", state_names, event_names, rows);

void pri_leg_message(struct pri_leg *leg, enum pri_leg_event event,
		     const struct pri_leg_message *message)
{
	struct leg_cause cause;

	if (event == PRI_LEG_RELEASE) {
		cause = pri_cause_hangup(received(leg), leg->fsm.state,
					 message->cause);
		note_cause(leg, &cause);
	}
	dispatch(leg, event, message);
}

void pri_leg_seen(struct pri_leg *leg, const struct q931_seen *seen)
{
	char text[64];

	if (!leg->leg.sink->message)
		return;
	pri_ladder_text(seen, text, sizeof text);
	leg->leg.sink->message(&leg->leg, seen->dir, text);
}

void pri_leg_restart(struct pri_leg *leg)
{
	dispatch(leg, PRI_LEG_RESTART, NULL);
}

const struct channel *pri_leg_channel(const struct pri_leg *leg)
{
	return leg->channel;
}

struct q931_call *pri_leg_call(const struct pri_leg *leg)
{
	return leg->call;
}

unsigned pri_leg_reference(const struct pri_leg *leg)
{
	return leg->reference;
}

struct leg *pri_leg_leg(struct pri_leg *leg)
{
	return &leg->leg;
}

static void t301_expired(void *arg)
{
	dispatch(arg, PRI_LEG_T301, NULL);
}

static void t304_expired(void *arg)
{
	dispatch(arg, PRI_LEG_T304, NULL);
}

static void t310_expired(void *arg)
{
	dispatch(arg, PRI_LEG_T310, NULL);
}

static void guard_expired(void *arg)
{
	dispatch(arg, PRI_LEG_GUARD, NULL);
}

static int send_setup(struct pri_leg *leg, const struct leg_setup *setup)
{
	struct pri *pri = span_pri(leg->span);
	struct pri_sr *sr =
		pri_setup_new(setup, span_law(leg->span), leg->channel->number,
			      span_conf(leg->span)->exclusive);
	int mode, value, err = -ENOMEM;

	if (!sr)
		return -ENOMEM;
	leg->call = pri_new_call(pri);
	if (!leg->call)
		goto out;
	value = pri_get_crv(pri, leg->call, &mode);
	leg->reference = (unsigned)value << 3 | (unsigned)mode;
	span_leg_add(leg->span, leg);
	if (pri_setup(pri, leg->call, sr)) {
		span_leg_remove(leg->span, leg);
		pri_destroycall(pri, leg->call);
		leg->call = NULL;
		err = -EINVAL;
		goto out;
	}
	err = 0;
out:
	pri_sr_free(sr);
	return err;
}

static int op_setup(struct leg *base, const struct leg_setup *setup)
{
	struct pri_leg *leg = from_leg(base);
	int err;

	if (leg->fsm.state != PRI_LEG_U0)
		return -EALREADY;
	if (!span_in_service(leg->span))
		return -ENETDOWN;
	/* Nothing of Q.931's would tell the exchange whom to call. */
	if (!setup->called.digits[strspn(setup->called.digits, "+")])
		return -EINVAL;
	err = send_setup(leg, setup);
	if (err < 0)
		return err;
	span_count_call(leg->span);
	dispatch(leg, PRI_LEG_SETUP, NULL);
	span_pump(leg->span);
	return 0;
}

/* A called leg has no calling side to tell. */
static void op_nothing(struct leg *base)
{
	(void)base;
}

static void op_nothing_inband(struct leg *base, bool inband)
{
	(void)base;
	(void)inband;
}

static void op_release(struct leg *base, const struct leg_cause *cause)
{
	dispatch(from_leg(base), PRI_LEG_CLEAR, cause);
}

static int op_media(struct leg *base, const struct leg_media_local *local,
		    struct leg_media *out)
{
	struct pri_leg *leg = from_leg(base);

	(void)local;
	if (!leg->channel)
		return -ENOTCONN;
	*out = (struct leg_media){
		.kind = LEG_MEDIA_TDM,
		.span = span_conf(leg->span)->number,
		.timeslot = leg->channel->number,
		.law = span_law(leg->span),
		.dtmf_payload_type = -1,
		.send = true,
		.receive = true,
	};
	return 0;
}

static void op_describe(const struct leg *base, struct leg_info *info)
{
	const struct pri_leg *leg = (const struct pri_leg *)base;

	*info = (struct leg_info){
		.span = span_conf(leg->span)->number,
		.channel = leg->channel_number,
		.call_reference = leg->reference,
	};
	snprintf(info->state, sizeof info->state, "%s",
		 fsm_state_name(&leg->fsm));
	if (leg->trunk)
		snprintf(info->peer, sizeof info->peer, "%s", leg->trunk->name);
}

/* A leg that is not over takes its libpri call along; the peer is told, and
 * what it answers finds no leg and is tidied up in pri_event.c. */
static void op_free(struct leg *base)
{
	struct pri_leg *leg = from_leg(base);
	struct span *span = leg->span;

	stop_timers(leg);
	if (leg->call) {
		struct q931_call *call = leg->call;

		q931_tap_forget(span_tap(span), leg->reference, true);
		span_leg_remove(span, leg);
		leg->call = NULL;
		pri_hangup(span_pri(span), call, PRI_CAUSE_NORMAL_CLEARING);
		span_pump(span);
	}
	if (leg->channel)
		channel_event(leg->channel, CHANNEL_FREE);
	free(leg);
}

static const struct leg_ops ops = {
	.kind = "isdn",
	.setup = op_setup,
	.proceeding = op_nothing,
	.progress = op_nothing_inband,
	.alerting = op_nothing_inband,
	.answer = op_nothing,
	.release = op_release,
	.media = op_media,
	.describe = op_describe,
	.free = op_free,
};

int pri_leg_new(struct pri_leg **out, struct span *span,
		struct channel *channel, const struct conf_trunk *trunk)
{
	struct pri_leg *leg;

	if (!channel_is_idle(channel))
		return -EBUSY;
	leg = calloc(1, sizeof *leg);
	if (!leg)
		return -ENOMEM;
	leg->leg.ops = &ops;
	leg->leg.sink = span_sink(span);
	snprintf(leg->leg.name, sizeof leg->leg.name, "%s", channel->name);
	leg->span = span;
	leg->trunk = trunk;
	leg->channel = channel;
	leg->channel_number = channel->number;
	fsm_init(&leg->fsm, &pri_leg_fsm_desc, PRI_LEG_U0, leg->leg.name, leg);
	timer_init(&leg->t301, "T301", t301_expired, leg);
	timer_init(&leg->t304, "T304", t304_expired, leg);
	timer_init(&leg->t310, "T310", t310_expired, leg);
	timer_init(&leg->guard, "release guard", guard_expired, leg);
	channel_event(channel, CHANNEL_SEIZE);
	*out = leg;
	return 0;
}
