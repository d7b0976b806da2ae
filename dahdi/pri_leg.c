#include "dahdi/pri_leg_common.h"

#include "dahdi/pri_cause.h"
#include "dahdi/pri_enquiry.h"
#include "dahdi/pri_number.h"
#include "dahdi/pri_setup.h"
#include "dahdi/span.h"
#include "gateway/event.h"

#include <errno.h>
#include <libpri.h>
#include <stdio.h>
#include <string.h>

/* Q.931 table 9-2: longer than any exchange takes; the setup goes out whole,
 * so nothing is left to send in overlap sending. */
#define T304_MS 30000

static void dispatch(struct pri_leg *leg, enum pri_leg_event event,
		     const void *arg)
{
	fsm_dispatch(&leg->fsm, (uint8_t)event, arg);
}

static void check(struct pri_leg *leg)
{
	switch (leg->fsm.state) {
	case PRI_LEG_U11:
	case PRI_LEG_U12:
	case PRI_LEG_U19: break;
	default: return;
	}
	if (pri_leg_is_gone(leg))
		dispatch(leg, PRI_LEG_GONE, NULL);
}

static void do_clear(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	pri_leg_hang_up(leg, arg, leg->fsm.state == PRI_LEG_U11);
}

/* Our own decision to end a call that the other leg does not know of yet. */
static void give_up(struct pri_leg *leg, const struct leg_cause *cause)
{
	pri_leg_hang_up(leg, cause, leg->fsm.state == PRI_LEG_U11);
	if (leg->fsm.state == PRI_LEG_U11)
		pri_leg_raise(leg, LEG_DISCONNECT, false);
}

static void do_withdraw(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	pri_leg_note_cause(leg, arg);
	pri_leg_finish(leg);
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
	if (leg->channel && (!number || number == leg->channel->number)) {
		channel_event(leg->channel, CHANNEL_CONFIRM);
		return true;
	}
	other = span_conf(leg->span)->exclusive
			? NULL
			: span_claim_channel(leg->span, number);
	if (other) {
		log_event(EVENT_CALL_MOVED, leg->leg.name,
			  "to_ch=%u the exchange moved the call to channel %u",
			  number, number);
		pri_leg_channel_event(leg, CHANNEL_FREE);
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
	log_event(EVENT_CALL_CHANNEL_BAD, leg->leg.name, "%s", cause.text);
	dispatch(leg, PRI_LEG_CLEAR, &cause);
	if (leg->fsm.state == PRI_LEG_U11)
		pri_leg_raise(leg, LEG_DISCONNECT, false);
	return false;
}

bool pri_leg_give_way(struct pri_leg *leg)
{
	if (!leg->ours || !leg->call || leg->agreed || !leg->channel ||
	    leg->channel->fsm.state == CHANNEL_DRAINING)
		return false;
	log_event(EVENT_CALL_GLARE, leg->leg.name,
		  "gives way to a call from the exchange on the same channel");
	channel_event(leg->channel, CHANNEL_FREE);
	leg->channel = NULL;
	return true;
}

static void do_setup_ack(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;

	if (agree_on_channel(leg, arg))
		pri_leg_start_timer(leg, &leg->t304, T304_MS);
}

static void do_proceeding(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	const struct pri_leg_message *message = arg;

	pri_leg_stop_timers(leg);
	if (!agree_on_channel(leg, message))
		return;
	pri_leg_start_timer(leg, &leg->t310, span_conf(leg->span)->t310_ms);
	pri_leg_raise(leg, LEG_PROCEEDING, false);
	if (message->inband && leg->fsm.state == PRI_LEG_U3)
		pri_leg_raise(leg, LEG_PROGRESS, true);
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
		pri_leg_start_timer(leg, &leg->t301,
				    span_conf(leg->span)->t301_ms);
	pri_leg_raise(leg, LEG_PROGRESS, message->inband);
}

static void do_alerting(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	const struct pri_leg_message *message = arg;

	pri_leg_stop_timers(leg);
	if (!agree_on_channel(leg, message))
		return;
	pri_leg_start_timer(leg, &leg->t301, span_conf(leg->span)->t301_ms);
	pri_leg_raise(leg, LEG_ALERTING, message->inband);
}

static void do_connect(void *obj, const void *arg)
{
	struct pri_leg *leg = obj;
	const struct pri_leg_message *message = arg;
	const struct leg_event event = { .type = LEG_ANSWER,
					 .connected = message->connected };

	pri_leg_stop_timers(leg);
	if (agree_on_channel(leg, message))
		leg->leg.sink->event(&leg->leg, &event);
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
	[PRI_LEG_T322] = "T322",	   [PRI_LEG_DIFFERS] = "DIFFERS",
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

	FSM_ROW(PRI_LEG_U1, PRI_LEG_DISCONNECT, PRI_LEG_U12,
		pri_leg_on_disconnect),
	FSM_ROW(PRI_LEG_U2, PRI_LEG_DISCONNECT, PRI_LEG_U12,
		pri_leg_on_disconnect),
	FSM_ROW(PRI_LEG_U3, PRI_LEG_DISCONNECT, PRI_LEG_U12,
		pri_leg_on_disconnect),
	FSM_ROW(PRI_LEG_U4, PRI_LEG_DISCONNECT, PRI_LEG_U12,
		pri_leg_on_disconnect),
	FSM_ROW(PRI_LEG_U10, PRI_LEG_DISCONNECT, PRI_LEG_U12,
		pri_leg_on_disconnect),
	FSM_ROW(PRI_LEG_U11, PRI_LEG_DISCONNECT, PRI_LEG_U19,
		pri_leg_on_collision),
	FSM_IGNORED(FSM_ANY, PRI_LEG_DISCONNECT),

	FSM_IGNORED(PRI_LEG_U0, PRI_LEG_RELEASE),
	FSM_IGNORED(PRI_LEG_OVER, PRI_LEG_RELEASE),
	FSM_ROW(FSM_ANY, PRI_LEG_RELEASE, PRI_LEG_OVER, pri_leg_on_release),

	FSM_IGNORED(PRI_LEG_U0, PRI_LEG_GONE),
	FSM_IGNORED(PRI_LEG_OVER, PRI_LEG_GONE),
	FSM_ROW(FSM_ANY, PRI_LEG_GONE, PRI_LEG_OVER, pri_leg_on_gone),

	/* Of no consequence for a call that has not begun. */
	FSM_IGNORED(PRI_LEG_U0, PRI_LEG_RESTART),
	FSM_IGNORED(PRI_LEG_OVER, PRI_LEG_RESTART),
	FSM_ROW(FSM_ANY, PRI_LEG_RESTART, PRI_LEG_OVER, pri_leg_on_restart),

	FSM_ROW(PRI_LEG_U3, PRI_LEG_T301, PRI_LEG_U11, do_t301),
	FSM_ROW(PRI_LEG_U4, PRI_LEG_T301, PRI_LEG_U11, do_t301),
	FSM_NEVER(FSM_ANY, PRI_LEG_T301),

	FSM_ROW(PRI_LEG_U2, PRI_LEG_T304, PRI_LEG_U11, do_t304),
	FSM_NEVER(FSM_ANY, PRI_LEG_T304),

	FSM_ROW(PRI_LEG_U3, PRI_LEG_T310, PRI_LEG_U11, do_t310),
	FSM_NEVER(FSM_ANY, PRI_LEG_T310),

	FSM_ROW(PRI_LEG_U10, PRI_LEG_T322, PRI_LEG_U11, pri_enquiry_on_t322),
	FSM_NEVER(FSM_ANY, PRI_LEG_T322),

	/* Clearing goes on (Q.931 5.8.10). */
	FSM_ROW(PRI_LEG_U10, PRI_LEG_DIFFERS, PRI_LEG_U11,
		pri_enquiry_on_differs),
	FSM_IGNORED(FSM_ANY, PRI_LEG_DIFFERS),

	FSM_ROW(PRI_LEG_U11, PRI_LEG_GUARD, PRI_LEG_OVER, pri_leg_on_guard),
	FSM_ROW(PRI_LEG_U19, PRI_LEG_GUARD, PRI_LEG_OVER, pri_leg_on_guard),
	FSM_NEVER(FSM_ANY, PRI_LEG_GUARD),
};

const struct fsm_desc pri_leg_fsm_desc =
	FSM_DESC("q931", state_names, event_names, rows);

static void on_message(struct pri_leg *leg, enum pri_leg_event event,
		       const struct pri_leg_message *message)
{
	struct leg_cause cause;

	if (event == PRI_LEG_RELEASE) {
		cause = pri_cause_hangup(pri_leg_received(leg), leg->fsm.state,
					 message->cause);
		/* Its channel went to a call of the exchange's, and this span
		 * has no other: another span may. */
		if (!leg->channel && leg->fsm.state == PRI_LEG_U1 &&
		    cause.q850 == PRI_CAUSE_NORMAL_CIRCUIT_CONGESTION)
			cause.q850 = PRI_CAUSE_REQUESTED_CHAN_UNAVAIL;
		pri_leg_note_cause(leg, &cause);
	}
	dispatch(leg, event, message);
}

static void on_restart(struct pri_leg *leg)
{
	dispatch(leg, PRI_LEG_RESTART, NULL);
}

static const struct pri_leg_side side = {
	.message = on_message,
	.restart = on_restart,
	.check = check,
	.active_state = PRI_LEG_U10,
	.guard_event = PRI_LEG_GUARD,
	.t322_event = PRI_LEG_T322,
	.differs_event = PRI_LEG_DIFFERS,
};

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
	span_call_note(leg->span, leg->call);
	if (pri_setup(pri, leg->call, sr)) {
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
	struct pri_leg *leg = pri_leg_of(base);
	size_t digits;
	int err;

	if (leg->fsm.state != PRI_LEG_U0)
		return -EALREADY;
	if (!span_in_service(leg->span))
		return -ENETDOWN;
	/* Nothing of Q.931's would tell the exchange whom to call. */
	digits = strlen(setup->called.digits + (*setup->called.digits == '+'));
	if (!digits || digits > PRI_NUMBER_DIGITS_MAX)
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

static void op_no_answer(struct leg *base, const struct leg_number *connected)
{
	(void)base;
	(void)connected;
}

static void op_release(struct leg *base, const struct leg_cause *cause)
{
	dispatch(pri_leg_of(base), PRI_LEG_CLEAR, cause);
}

static const struct leg_ops ops = {
	.kind = "isdn",
	.setup = op_setup,
	.proceeding = op_nothing,
	.progress = op_nothing_inband,
	.alerting = op_nothing_inband,
	.answer = op_no_answer,
	.release = op_release,
	.media = pri_leg_op_media,
	.describe = pri_leg_op_describe,
	.free = pri_leg_op_free,
};

int pri_leg_new(struct pri_leg **out, struct span *span,
		struct channel *channel, const struct conf_trunk *trunk)
{
	struct pri_leg *leg;

	if (!channel_is_idle(channel))
		return -EBUSY;
	leg = pri_leg_alloc(&side, &ops, span, channel, trunk);
	if (!leg)
		return -ENOMEM;
	leg->ours = true;
	fsm_init(&leg->fsm, &pri_leg_fsm_desc, PRI_LEG_U0, leg->leg.name, leg);
	timer_init(&leg->t301, "T301", t301_expired, leg);
	timer_of(&leg->t301, leg->leg.name);
	timer_init(&leg->t304, "T304", t304_expired, leg);
	timer_of(&leg->t304, leg->leg.name);
	timer_init(&leg->t310, "T310", t310_expired, leg);
	timer_of(&leg->t310, leg->leg.name);
	*out = leg;
	return 0;
}
