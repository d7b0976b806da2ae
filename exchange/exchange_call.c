/* A call's plan is its test number's: one timer takes it from step to step,
 * and ends with the first clearing of either side.
 *
 *   CALL PROCEEDING ---> ALERTING or ---> CONNECT ---> DISCONNECT
 *                        PROGRESS
 *
 * The exchange waits for the user only in clearing, where libpri runs T305 and
 * T308, and after the loss of the link, where it runs T309.
 */
#include "exchange/exchange_call_common.h"

#include "gateway/cause.h"
#include "gateway/clock.h"
#include "gateway/log.h"

#include <errno.h>
#include <libpri.h>
#include <stdio.h>
#include <stdlib.h>

/* In-band information, or an appropriate pattern, is now available (Q.931
 * 4.5.23). */
#define PROGRESS_INBAND 8

struct pri *exchange_call_pri(const struct exchange_call *call)
{
	return q931_tap_pri(call->cfg.tap);
}

/* The first reason is the reason. */
static void note_end(struct exchange_call *call, const struct clearing *why)
{
	if (call->record.ended_by != CALL_END_NONE)
		return;
	call->record.ended_by = why->ended_by;
	call->record.cause = why->cause;
	call->record.location = why->location;
	call->record.clear_ms = clock_now_ms();
}

/* After PROGRESS, ALERTING and CONNECT: when the plan goes on, if it does. */
static void plan_next(struct exchange_call *call)
{
	bool answered = call->fsm.state == CALL_ACTIVE;
	int32_t delay_ms = answered || call->plan.answer_ms == NEVER
				   ? call->plan.clear_ms
				   : call->plan.answer_ms;

	if (delay_ms != NEVER)
		timer_start(call->cfg.timers, &call->step, (uint32_t)delay_ms);
}

static void start_sound(struct exchange_call *call, enum test_sound sound)
{
	if (sound_start(&call->sound, sound) < 0)
		log_line(LOG_ERR, call->object,
			 "no memory to listen for digits: it is silent");
}

void exchange_call_speak(struct exchange_call *call)
{
	call->record.answer_ms = clock_now_ms();
	call->record.bit_error_test = call->plan.sound == SOUND_BIT_ERROR;
	call->record.readback = call->plan.sound == SOUND_READBACK;
	start_sound(call, call->plan.sound);
}

/* `sound` goes with the next message of `type`. It comes from where the called
 * user is, so does the indicator. */
static void start_inband(struct exchange_call *call, uint8_t type,
			 enum test_sound sound)
{
	start_sound(call, sound);
	q931_tap_send_progress(call->cfg.tap, call->record.cref,
			       call->record.to_user, type, PROGRESS_INBAND,
			       LOCATION_REMOTE_NETWORK);
}

static void send_proceeding(void *obj, const void *arg)
{
	struct exchange_call *call = obj;

	(void)arg;
	call->record.proceeding_ms = clock_now_ms();
	pri_proceeding(exchange_call_pri(call), call->cfg.libpri_call,
		       (int)call->record.channel, 0);
	timer_start(call->cfg.timers, &call->step, 0);
}

static void send_progress(void *obj, const void *arg)
{
	struct exchange_call *call = obj;

	(void)arg;
	call->record.progress_ms = clock_now_ms();
	start_inband(call, Q931_PROGRESS, call->plan.early);
	pri_progress(exchange_call_pri(call), call->cfg.libpri_call, 0, 1);
	plan_next(call);
}

static void send_alerting(void *obj, const void *arg)
{
	struct exchange_call *call = obj;

	(void)arg;
	call->record.alerting_ms = clock_now_ms();
	start_inband(call, Q931_ALERTING, SOUND_RINGBACK);
	pri_acknowledge(exchange_call_pri(call), call->cfg.libpri_call, 0, 0);
	plan_next(call);
}

/* The network is active with its CONNECT and awaits no acknowledgement
 * (Q.931 5.1.8). */
static void send_connect(void *obj, const void *arg)
{
	struct exchange_call *call = obj;

	(void)arg;
	exchange_call_speak(call);
	identity_answer(&call->record.identity, exchange_call_pri(call),
			call->cfg.libpri_call);
	pri_answer(exchange_call_pri(call), call->cfg.libpri_call, 0, 0);
	plan_next(call);
}

/* From the first clearing message on nothing is played or compared: what the
 * user sends then is not what it heard. */
static void stop_plan(struct exchange_call *call)
{
	timer_stop(&call->step);
	sound_start(&call->sound, SOUND_SILENCE);
}

/* DISCONNECT; libpri runs T305 and T308. When something is to be heard with it,
 * T306 takes the place of T305 (Q.931 5.3.4.1): libpri does not know it, but
 * both are 30 s and end in RELEASE with the cause of the DISCONNECT. libpri
 * sends RELEASE for the causes 6, 7 and 26, and for 81 RELEASE COMPLETE:
 * nothing comes after that. */
void exchange_call_disconnect(void *obj, const void *arg)
{
	struct exchange_call *call = obj;
	struct clearing why = { call->plan.cause, call->plan.location,
				CALL_END_EXCHANGE };

	(void)arg;
	note_end(call, &why);
	stop_plan(call);
	q931_tap_send_location(call->cfg.tap, call->record.cref,
			       call->record.to_user, call->plan.location);
	q931_tap_send_release_cause(call->cfg.tap, call->record.cref,
				    call->record.to_user, call->plan.cause);
	if (call->plan.announced)
		start_inband(call, Q931_DISCONNECT, SOUND_ANNOUNCEMENT);
	pri_hangup(exchange_call_pri(call), call->cfg.libpri_call,
		   call->plan.cause);
	if (pri_get_crv(exchange_call_pri(call), call->cfg.libpri_call, NULL) <
	    0)
		fsm_dispatch(&call->fsm, CALL_EV_RELEASED, &why);
}

/* Answers a DISCONNECT with RELEASE, a RELEASE with RELEASE COMPLETE: libpri
 * knows which. Q.931 5.3.3: no cause there but after an error; libpri sends the
 * one it is given, so the network repeats the user's. */
void exchange_call_release(void *obj, const void *arg)
{
	struct exchange_call *call = obj;
	const struct clearing *why = arg;

	note_end(call, why);
	stop_plan(call);
	q931_tap_send_location(call->cfg.tap, call->record.cref,
			       call->record.to_user, LOCATION_LOCAL_NETWORK);
	pri_hangup(exchange_call_pri(call), call->cfg.libpri_call, why->cause);
}

/* Nothing of the call is left in libpri: its pointer dies here. */
static void finish(struct exchange_call *call)
{
	char name[16];

	stop_plan(call);
	call->record.end_ms = clock_now_ms();
	call->cfg.libpri_call = NULL;
	q931_tap_forget(call->cfg.tap, call->record.cref, call->record.to_user);
	log_line(LOG_INFO, call->object, "over: cause %u (%s), %llu ms",
		 call->record.cause, cause_name(call->record.cause, name),
		 (unsigned long long)(call->record.end_ms -
				      call->record.setup_ms));
	call->cfg.over(call->cfg.ctx, call);
}

void exchange_call_release_and_finish(void *obj, const void *arg)
{
	exchange_call_release(obj, arg);
	finish(obj);
}

/* A call that libpri has ended by itself before CALL PROCEEDING made it one is
 * not gone with it. */
void exchange_call_finish_released(void *obj, const void *arg)
{
	struct exchange_call *call = obj;
	struct pri *pri = exchange_call_pri(call);

	note_end(call, arg);
	if (!call->record.to_user && !call->record.proceeding_ms &&
	    pri_get_crv(pri, call->cfg.libpri_call, NULL) >= 0)
		pri_destroycall(pri, call->cfg.libpri_call);
	finish(call);
}

/* Q.931 5.5: the restarted channel's call ends without a message. */
void exchange_call_finish_restarted(void *obj, const void *arg)
{
	struct exchange_call *call = obj;

	note_end(call, arg);
	pri_destroycall(exchange_call_pri(call), call->cfg.libpri_call);
	finish(call);
}

static const struct fsm_row rows[] = {
	FSM_ROW(CALL_PRESENT, CALL_EV_PROCEED, CALL_PROCEEDING,
		send_proceeding),
	FSM_ROW(CALL_PROCEEDING, CALL_EV_PROGRESS, CALL_PROGRESS,
		send_progress),
	FSM_ROW(CALL_PROCEEDING, CALL_EV_ALERT, CALL_ALERTING, send_alerting),
	FSM_ROW(CALL_PROCEEDING, CALL_EV_ANSWER, CALL_ACTIVE, send_connect),
	FSM_ROW(CALL_PROGRESS, CALL_EV_ANSWER, CALL_ACTIVE, send_connect),
	FSM_ROW(CALL_ALERTING, CALL_EV_ANSWER, CALL_ACTIVE, send_connect),
	FSM_ROW(CALL_PROCEEDING, CALL_EV_CLEAR, CALL_CLEARING,
		exchange_call_disconnect),
	FSM_ROW(CALL_PROGRESS, CALL_EV_CLEAR, CALL_CLEARING,
		exchange_call_disconnect),
	FSM_ROW(CALL_ALERTING, CALL_EV_CLEAR, CALL_CLEARING,
		exchange_call_disconnect),
	FSM_ROW(CALL_ACTIVE, CALL_EV_CLEAR, CALL_CLEARING,
		exchange_call_disconnect),
	/* The plan ends where clearing begins, and alerts once. */
	FSM_NEVER(FSM_ANY, CALL_EV_PROCEED),
	FSM_NEVER(FSM_ANY, CALL_EV_PROGRESS),
	FSM_NEVER(FSM_ANY, CALL_EV_ALERT),
	FSM_NEVER(FSM_ANY, CALL_EV_ANSWER),
	FSM_NEVER(FSM_ANY, CALL_EV_CLEAR),

	/* Clear collision, Q.931 5.3.5, is CALL_CLEARING's. */
	FSM_ROW(FSM_ANY, CALL_EV_DISCONNECT, CALL_RELEASING,
		exchange_call_release),
	FSM_IGNORED(CALL_RELEASING, CALL_EV_DISCONNECT),
	FSM_NEVER(CALL_OVER, CALL_EV_DISCONNECT),

	FSM_ROW(FSM_ANY, CALL_EV_RELEASE, CALL_OVER,
		exchange_call_release_and_finish),
	FSM_NEVER(CALL_OVER, CALL_EV_RELEASE),
	FSM_ROW(FSM_ANY, CALL_EV_RELEASED, CALL_OVER,
		exchange_call_finish_released),
	FSM_NEVER(CALL_OVER, CALL_EV_RELEASED),
	FSM_ROW(FSM_ANY, CALL_EV_RESTART, CALL_OVER,
		exchange_call_finish_restarted),
	FSM_NEVER(CALL_OVER, CALL_EV_RESTART),
};

static const char *const state_names[CALL_STATES] = {
	"initiated", "proceeding", "progress",	"alerting",
	"active",    "clearing",   "releasing", "over",
};

static const char *const event_names[CALL_EVENTS] = {
	"PROCEED",    "PROGRESS", "ALERT",    "ANSWER",	 "CLEAR",
	"DISCONNECT", "RELEASE",  "RELEASED", "RESTART",
};

const struct fsm_desc exchange_call_desc =
	FSM_DESC("exchange call", state_names, event_names, rows);

static uint8_t next_event(const struct exchange_call *call)
{
	const struct test_plan *plan = &call->plan;

	if (call->fsm.state == CALL_PRESENT)
		return CALL_EV_PROCEED;
	if (call->fsm.state == CALL_PROCEEDING && plan->early)
		return CALL_EV_PROGRESS;
	if (call->fsm.state == CALL_PROCEEDING && plan->alert)
		return CALL_EV_ALERT;
	return call->fsm.state < CALL_ACTIVE && plan->answer_ms != NEVER
		       ? CALL_EV_ANSWER
		       : CALL_EV_CLEAR;
}

static void step_due(void *arg)
{
	struct exchange_call *call = arg;
	void (*acted)(void *ctx) = call->cfg.acted;
	void *ctx = call->cfg.ctx;

	fsm_dispatch(&call->fsm, next_event(call), NULL);
	acted(ctx);
}

void exchange_call_name(struct exchange_call *call)
{
	snprintf(call->object, sizeof call->object, "span=%u/%u call=%u",
		 call->record.span, call->record.channel, call->record.id);
}

struct exchange_call *
exchange_call_alloc(const struct exchange_call_config *cfg,
		    const struct fsm_desc *desc, uint8_t state,
		    void (*due)(void *call))
{
	struct exchange_call *call = calloc(1, sizeof *call);

	if (!call)
		return NULL;
	call->cfg = *cfg;
	call->record = *cfg->record;
	exchange_call_name(call);
	fsm_init(&call->fsm, desc, state, call->object, call);
	timer_init(&call->step, "plan", due, call);
	sound_init(&call->sound, cfg->tones);
	return call;
}

static const char *digits_or_none(const struct leg_number *number)
{
	return number->present ? number->digits : "no number";
}

int exchange_call_new(struct exchange_call **out,
		      const struct exchange_call_config *cfg)
{
	struct exchange_call *call =
		exchange_call_alloc(cfg, &exchange_call_desc, CALL_PRESENT,
				    step_due);

	if (!call)
		return -ENOMEM;
	call->plan = *cfg->plan;
	log_line(LOG_INFO, call->object, "SETUP from %s to %s: %s",
		 digits_or_none(&call->record.identity.calling),
		 digits_or_none(&call->record.identity.called),
		 *call->plan.test ? call->plan.test : "no test number");
	if (call->plan.proceeding_ms)
		timer_start(cfg->timers, &call->step,
			    (uint32_t)call->plan.proceeding_ms);
	else
		fsm_dispatch(&call->fsm, CALL_EV_PROCEED, NULL);
	*out = call;
	return 0;
}

void exchange_call_free(struct exchange_call *call)
{
	if (!call)
		return;
	timer_stop(&call->step);
	sound_free(&call->sound);
	free(call);
}

static void free_deferred(void *arg)
{
	exchange_call_free(arg);
}

void exchange_call_retire(struct exchange_call *call, struct loop *loop)
{
	loop_defer(loop, &call->free_later, free_deferred, call);
}

bool exchange_call_is(const struct exchange_call *call,
		      const struct q931_call *libpri_call)
{
	return call->cfg.libpri_call == libpri_call;
}

void exchange_call_message(struct exchange_call *call,
			   enum exchange_call_event event, int cause,
			   bool link_down)
{
	const struct q931_received *received =
		q931_tap_received(call->cfg.tap, call->record.cref,
				  call->record.to_user);
	struct clearing why = {
		.cause = cause > 0 && cause <= 127 ? (uint8_t)cause
						   : CAUSE_NORMAL_CLEARING,
		.location = LOCATION_USER,
		.ended_by = CALL_END_USER,
	};

	/* libpri's API does not tell the location, the tap knows it. */
	if (call->record.to_user && !received) {
		/* T303: the user never answered our SETUP. */
		why.location = LOCATION_LOCAL_NETWORK;
		why.ended_by = CALL_END_EXCHANGE;
	}
	if (link_down) {
		why.location = LOCATION_LOCAL_NETWORK;
		why.ended_by = CALL_END_LINK;
	} else if (received && received->cause) {
		why.location = received->cause_location;
	}
	fsm_dispatch(&call->fsm, event, &why);
}

void exchange_call_restart(struct exchange_call *call)
{
	struct clearing why = { CAUSE_TEMPORARY_FAILURE, LOCATION_USER,
				CALL_END_RESTART };

	fsm_dispatch(&call->fsm, CALL_EV_RESTART, &why);
}

void exchange_call_voice(struct exchange_call *call, const uint8_t *in,
			 uint8_t *out)
{
	sound_block(&call->sound, in, out);
}

void exchange_call_record(const struct exchange_call *call,
			  struct call_record *out)
{
	*out = call->record;
	out->state = call->fsm.state;
	out->bits = call->sound.checker;
	readback_heard(call->sound.readback, &out->dtmf);
}
