/* Calls that the exchange makes: the network side of Q.931 5.2. libpri runs
 * T303, T305 and T308; T310 and T301 are the one timer of the call, which after
 * CONNECT is the time that it is held.
 *
 *   SETUP ---> CALL PROCEEDING ---> ALERTING ---> CONNECT ---> DISCONNECT
 *        T303              T310          T301         hold
 */
#include "exchange/exchange_call_common.h"

#include "gateway/clock.h"
#include "gateway/log.h"

#include <errno.h>
#include <libpri.h>
#include <stdio.h>

/* Q.931 table 9-1, network side. */
#define T301_MS 180000
#define T310_MS 40000
#define CAUSE_NO_ANSWER 19
#define CAUSE_TIMER_EXPIRED 102

/* What ends the call unless something comes before. */
static void clear_after(struct exchange_call *call, uint32_t ms, uint8_t cause,
			uint8_t location)
{
	call->plan.cause = cause;
	call->plan.location = location;
	timer_start(call->cfg.timers, &call->step, ms);
}

/* The same before the answer, when the caller may give up earlier. */
static void wait_for_user(struct exchange_call *call, uint32_t ms,
			  uint8_t cause)
{
	uint64_t now_ms = clock_now_ms();

	if (call->give_up_at_ms && call->give_up_at_ms < now_ms + ms)
		clear_after(call,
			    call->give_up_at_ms > now_ms
				    ? (uint32_t)(call->give_up_at_ms - now_ms)
				    : 0,
			    CAUSE_NORMAL_CLEARING, LOCATION_USER);
	else
		clear_after(call, ms, cause, LOCATION_LOCAL_NETWORK);
}

static void note_indicators(struct exchange_call *call)
{
	const struct q931_received *received =
		q931_tap_received(call->cfg.tap, call->record.cref,
				  call->record.to_user);

	if (received)
		call->record.indicators |= received->progress;
}

static void do_proceeding(void *obj, const void *arg)
{
	struct exchange_call *call = obj;

	(void)arg;
	note_indicators(call);
	call->record.proceeding_ms = clock_now_ms();
	wait_for_user(call, T310_MS, CAUSE_TIMER_EXPIRED);
}

/* T310 ends with PROGRESS too; T301 then keeps the call from lasting for
 * ever. */
static void do_progress(void *obj, const void *arg)
{
	struct exchange_call *call = obj;

	(void)arg;
	note_indicators(call);
	if (!call->record.progress_ms)
		call->record.progress_ms = clock_now_ms();
	wait_for_user(call, T301_MS, CAUSE_NO_ANSWER);
}

static void do_alerting(void *obj, const void *arg)
{
	struct exchange_call *call = obj;

	(void)arg;
	note_indicators(call);
	call->record.alerting_ms = clock_now_ms();
	wait_for_user(call, T301_MS, CAUSE_NO_ANSWER);
}

/* libpri has sent CONNECT ACKNOWLEDGE. */
static void do_connect(void *obj, const void *arg)
{
	struct exchange_call *call = obj;

	(void)arg;
	note_indicators(call);
	exchange_call_speak(call);
	clear_after(call, (uint32_t)call->plan.clear_ms, CAUSE_NORMAL_CLEARING,
		    LOCATION_USER);
}

static const struct fsm_row rows[] = {
	FSM_ROW(CALL_PRESENT, CALL_EV_PROCEED, CALL_PROCEEDING, do_proceeding),
	FSM_IGNORED(FSM_ANY, CALL_EV_PROCEED),

	FSM_ROW(CALL_PRESENT, CALL_EV_PROGRESS, CALL_PROGRESS, do_progress),
	FSM_ROW(CALL_PROCEEDING, CALL_EV_PROGRESS, CALL_PROGRESS, do_progress),
	FSM_STAY(CALL_PROGRESS, CALL_EV_PROGRESS, do_progress),
	FSM_STAY(CALL_ALERTING, CALL_EV_PROGRESS, do_progress),
	FSM_IGNORED(FSM_ANY, CALL_EV_PROGRESS),

	FSM_ROW(CALL_PRESENT, CALL_EV_ALERT, CALL_ALERTING, do_alerting),
	FSM_ROW(CALL_PROCEEDING, CALL_EV_ALERT, CALL_ALERTING, do_alerting),
	FSM_ROW(CALL_PROGRESS, CALL_EV_ALERT, CALL_ALERTING, do_alerting),
	FSM_IGNORED(FSM_ANY, CALL_EV_ALERT),

	FSM_ROW(CALL_PRESENT, CALL_EV_ANSWER, CALL_ACTIVE, do_connect),
	FSM_ROW(CALL_PROCEEDING, CALL_EV_ANSWER, CALL_ACTIVE, do_connect),
	FSM_ROW(CALL_PROGRESS, CALL_EV_ANSWER, CALL_ACTIVE, do_connect),
	FSM_ROW(CALL_ALERTING, CALL_EV_ANSWER, CALL_ACTIVE, do_connect),
	FSM_IGNORED(FSM_ANY, CALL_EV_ANSWER),

	FSM_ROW(CALL_PRESENT, CALL_EV_CLEAR, CALL_CLEARING,
		exchange_call_disconnect),
	FSM_ROW(CALL_PROCEEDING, CALL_EV_CLEAR, CALL_CLEARING,
		exchange_call_disconnect),
	FSM_ROW(CALL_PROGRESS, CALL_EV_CLEAR, CALL_CLEARING,
		exchange_call_disconnect),
	FSM_ROW(CALL_ALERTING, CALL_EV_CLEAR, CALL_CLEARING,
		exchange_call_disconnect),
	FSM_ROW(CALL_ACTIVE, CALL_EV_CLEAR, CALL_CLEARING,
		exchange_call_disconnect),
	/* The user's first answer, for a channel that it cannot have, has
	 * crossed a clearing. */
	FSM_IGNORED(CALL_CLEARING, CALL_EV_CLEAR),
	FSM_IGNORED(CALL_RELEASING, CALL_EV_CLEAR),
	FSM_NEVER(FSM_ANY, CALL_EV_CLEAR),

	/* Clear collision, Q.931 5.3.5, is CALL_CLEARING's. */
	FSM_IGNORED(CALL_RELEASING, CALL_EV_DISCONNECT),
	FSM_NEVER(CALL_OVER, CALL_EV_DISCONNECT),
	FSM_ROW(FSM_ANY, CALL_EV_DISCONNECT, CALL_RELEASING,
		exchange_call_release),

	FSM_NEVER(CALL_OVER, CALL_EV_RELEASE),
	FSM_ROW(FSM_ANY, CALL_EV_RELEASE, CALL_OVER,
		exchange_call_release_and_finish),
	FSM_NEVER(CALL_OVER, CALL_EV_RELEASED),
	FSM_ROW(FSM_ANY, CALL_EV_RELEASED, CALL_OVER,
		exchange_call_finish_released),
	FSM_NEVER(CALL_OVER, CALL_EV_RESTART),
	FSM_ROW(FSM_ANY, CALL_EV_RESTART, CALL_OVER,
		exchange_call_finish_restarted),
};

static const char *const state_names[CALL_STATES] = {
	[CALL_PRESENT] = "setup sent",	[CALL_PROCEEDING] = "proceeding",
	[CALL_PROGRESS] = "progress",	[CALL_ALERTING] = "alerting",
	[CALL_ACTIVE] = "active",	[CALL_CLEARING] = "clearing",
	[CALL_RELEASING] = "releasing", [CALL_OVER] = "over",
};

static const char *const event_names[CALL_EVENTS] = {
	[CALL_EV_PROCEED] = "PROCEEDING", [CALL_EV_PROGRESS] = "PROGRESS",
	[CALL_EV_ALERT] = "ALERTING",	  [CALL_EV_ANSWER] = "CONNECT",
	[CALL_EV_CLEAR] = "CLEAR",	  [CALL_EV_DISCONNECT] = "DISCONNECT",
	[CALL_EV_RELEASE] = "RELEASE",	  [CALL_EV_RELEASED] = "RELEASED",
	[CALL_EV_RESTART] = "RESTART",
};

const struct fsm_desc exchange_origin_desc =
	FSM_DESC("exchange origin", state_names, event_names, rows);

/* The call may be gone after it. */
static void step_due(void *arg)
{
	struct exchange_call *call = arg;
	void (*acted)(void *ctx) = call->cfg.acted;
	void *ctx = call->cfg.ctx;

	fsm_dispatch(&call->fsm, CALL_EV_CLEAR, NULL);
	acted(ctx);
}

static struct pri_sr *make_setup(const struct call_order *order,
				 enum g711_law law, unsigned channel)
{
	struct pri_sr *sr = pri_sr_new();

	if (!sr)
		return NULL;
	pri_sr_set_channel(sr, (int)channel, 0, 0);
	pri_sr_set_bearer(sr, order->bearer,
			  order->bearer == PRI_TRANS_CAP_DIGITAL ? -1
			  : law == G711_ALAW ? PRI_LAYER_1_ALAW
					     : PRI_LAYER_1_ULAW);
	identity_send(&order->identity, sr);
	return sr;
}

static int send_setup(struct exchange_call *call,
		      const struct call_order *order)
{
	struct pri *pri = exchange_call_pri(call);
	struct pri_sr *sr =
		make_setup(order, call->cfg.law, call->record.channel);
	int mode = 0, value, err = 0;

	if (!sr)
		return -ENOMEM;
	call->cfg.libpri_call = pri_new_call(pri);
	if (!call->cfg.libpri_call) {
		err = -ENOMEM;
	} else if (pri_setup(pri, call->cfg.libpri_call, sr)) {
		pri_destroycall(pri, call->cfg.libpri_call);
		err = -EIO;
	} else {
		value = pri_get_crv(pri, call->cfg.libpri_call, &mode);
		call->record.cref = (unsigned)value << 3 | (unsigned)mode;
	}
	pri_sr_free(sr);
	return err;
}

int exchange_call_originate(struct exchange_call **out,
			    const struct exchange_call_config *cfg,
			    const struct call_order *order)
{
	struct exchange_call *call =
		exchange_call_alloc(cfg, &exchange_origin_desc, CALL_PRESENT,
				    step_due);
	int err;

	if (!call)
		return -ENOMEM;
	call->plan = (struct test_plan){ .test = "",
					 .clear_ms = order->hold_ms,
					 .sound = order->sound };
	err = send_setup(call, order);
	if (err < 0) {
		exchange_call_free(call);
		return err;
	}
	log_line(LOG_INFO, call->object, "SETUP to the user, from %s to %s",
		 *order->identity.calling.digits
			 ? order->identity.calling.digits
			 : "no number",
		 order->identity.called.digits);
	if (order->give_up_ms != NEVER) {
		call->give_up_at_ms =
			clock_now_ms() + (uint64_t)order->give_up_ms;
		clear_after(call, (uint32_t)order->give_up_ms,
			    CAUSE_NORMAL_CLEARING, LOCATION_USER);
	}
	*out = call;
	return 0;
}

void exchange_call_answered(struct exchange_call *call, uint8_t event)
{
	if (call->record.to_user)
		fsm_dispatch(&call->fsm, event, NULL);
}

void exchange_call_connected(struct exchange_call *call,
			     const struct leg_number *connected)
{
	call->record.identity.connected = *connected;
}

bool exchange_call_fixes_channel(struct exchange_call *call)
{
	bool fixed = call->channel_fixed || !call->record.to_user;

	call->channel_fixed = true;
	return !fixed;
}

void exchange_call_move(struct exchange_call *call, unsigned channel)
{
	log_line(LOG_INFO, call->object, "the user moves it to channel %u",
		 channel);
	call->record.channel = channel;
	exchange_call_name(call);
}

void exchange_call_reject_channel(struct exchange_call *call)
{
	call->plan.cause = CAUSE_CHANNEL_NOT_AVAILABLE;
	call->plan.location = LOCATION_LOCAL_NETWORK;
	fsm_dispatch(&call->fsm, CALL_EV_CLEAR, NULL);
}
