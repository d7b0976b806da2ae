/* Layers 1 and 2 of a span, kept apart: alarms come from the line, the D
 * channel is up or down by Q.921's word alone.
 */
#include "dahdi/pri_leg.h"
#include "dahdi/span_parts.h"
#include "gateway/clock.h"
#include "gateway/event.h"

#define T200_MS 1000 /* Q.921 5.9.1 */
#define RAI_HOLD_OFF_MS 2500

static void all_channels(struct span *span, enum channel_event event)
{
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
		if (span->conf->channels & 1U << n)
			channel_event(&span->channels[n], event);
}

static unsigned t309_s(const struct span *span)
{
	return (span->conf->t309_ms + 999) / 1000;
}

/* The gravest that is present is the one to tell. */
static const struct {
	unsigned alarm;
	const char *name, *meaning;
} alarm_texts[] = {
	{ LINE_ABSENT, "absent", "no line hardware; check the card" },
	{ LINE_RED, "red",
	  "no signal or framing from the line; check the cable and the far "
	  "end" },
	{ LINE_BLUE, "blue",
	  "the carrier sends all ones: a fault or maintenance on their side" },
	{ LINE_YELLOW, "yellow",
	  "the far end does not hear us; check our transmit pair" },
	{ LINE_LOOPBACK, "loopback",
	  "the line returns what we send: maintenance, here or at the "
	  "carrier" },
	{ LINE_RECOVERING, "recovering",
	  "the line is back, and the card watches it for some seconds" },
};

#define ALARM_TEXTS (sizeof alarm_texts / sizeof *alarm_texts)

const char *span_alarm_name(unsigned alarms)
{
	for (size_t i = 0; i < ALARM_TEXTS; i++)
		if (alarms & alarm_texts[i].alarm)
			return alarm_texts[i].name;
	return "unknown";
}

static const char *alarm_meaning(unsigned alarms)
{
	for (size_t i = 0; i < ALARM_TEXTS; i++)
		if (alarms & alarm_texts[i].alarm)
			return alarm_texts[i].meaning;
	return "the line cannot be used";
}

/* Legs of this span: `active` ones only, which T309 keeps, or all. */
static unsigned count_calls(const struct span *span, bool active)
{
	unsigned count = 0;

	for (size_t i = 0; i < LEGS_MAX; i++)
		count += span->legs[i] &&
			 (!active || pri_leg_is_active(span->legs[i]));
	return count;
}

/* Of what takes the span out of service: no other one has its calls. */
static int loss_level(const struct span *span)
{
	return !span->alone || span->alone(span->alone_arg, span->conf)
		       ? LOG_ERR
		       : LOG_WARNING;
}

static double seconds_since(uint64_t since_ms)
{
	return (double)(clock_now_ms() - since_ms) / 1000;
}

static void do_came(void *obj, const void *arg)
{
	struct span *span = obj;

	(void)arg;
	log_event(EVENT_SPAN_LINE, span->name,
		  "law=%s line is there, %s; waiting for the D channel",
		  g711_law_name(span->law), g711_law_name(span->law));
}

/* What DAHDI's driver says is whole: it names the remedy. */
static void do_still_absent(void *obj, const void *arg)
{
	struct span *span = obj;

	if (span->conf->device == CONF_DEVICE_DAHDI)
		log_event(EVENT_SPAN_NO_LINE, span->name,
			  "no line: %s; retrying by itself", (const char *)arg);
	else
		log_event(EVENT_SPAN_NO_LINE, span->name,
			  "no line: %s; retrying by itself. 'device' of span "
			  "%u says where it is looked for",
			  (const char *)arg, span->conf->number);
}

static void note_d_down(struct span *span)
{
	if (!span->d_down_ms)
		span->d_down_ms = clock_now_ms();
}

static void do_lost(void *obj, const void *arg)
{
	struct span *span = obj;

	all_channels(span, CHANNEL_GO_OUT);
	timer_stop(&span->rai);
	span->alarms = span->present = 0;
	note_d_down(span);
	if (span->shutting) /* by us; who does it says so */
		return;
	log_event_at(loss_level(span), EVENT_SPAN_LINE_LOST, span->name,
		     "calls=%u line lost: %s; retrying. Calls in setup are "
		     "cleared, %u answered ones wait for it, %u s each (T309)",
		     count_calls(span, true), (const char *)arg,
		     count_calls(span, true), t309_s(span));
}

static void log_alarm(const struct span *span, int level)
{
	const char *name = span_alarm_name(span->alarms),
		   *meaning = alarm_meaning(span->alarms);
	unsigned calls = count_calls(span, false);

	if (span_dchannel_is_up(span))
		log_event_at(level, EVENT_SPAN_DOWN, span->name,
			     "alarm=%s calls=%u alarm %s: %s. No new calls; %u "
			     "running ones stay while the D channel lives",
			     name, calls, name, meaning, calls);
	else
		log_event_at(level, EVENT_SPAN_DOWN, span->name,
			     "alarm=%s calls=%u alarm %s: %s. No new calls, "
			     "and the D channel is down",
			     name, calls, name, meaning);
}

/* Another one, or without a D channel. */
static void do_alarm(void *obj, const void *arg)
{
	(void)arg;
	log_alarm(obj, LOG_WARNING);
}

static void do_alarm_in_service(void *obj, const void *arg)
{
	struct span *span = obj;

	(void)arg;
	all_channels(span, CHANNEL_GO_OUT);
	log_alarm(span, loss_level(span));
}

static void log_alarm_over(const struct span *span, unsigned alarms,
			   const char *next)
{
	log_event(EVENT_SPAN_ALARM_OVER, span->name,
		  "alarm=%s dur=%.1f calls=%u alarm %s over after %.1f s, %u "
		  "calls kept; %s",
		  span_alarm_name(alarms), seconds_since(span->alarm_ms),
		  count_calls(span, false), span_alarm_name(alarms),
		  seconds_since(span->alarm_ms), count_calls(span, false),
		  next);
}

static void do_alarm_over(void *obj, const void *arg)
{
	log_alarm_over(obj, *(const unsigned *)arg,
		       "waiting for the D channel");
}

/* Calls of the exchange are served at once, ours wait. A peer that asked for
 * the link before we were there, and has not repeated that yet, would reset it
 * under our SETUP; it does so within its T200. One that is ready says so by any
 * frame: the answer to a SABME of its own that we have seen, to a RESTART or to
 * a STATUS ENQUIRY. Only a peer that has never anything to say costs T200. */
static void do_settle(void *obj, const void *arg)
{
	struct span *span = obj;

	(void)arg;
	timer_start(span->timers, &span->settling,
		    span->conf->t200_ms ? span->conf->t200_ms : T200_MS);
	span_restart_owed(span);
	all_channels(span, CHANNEL_GO_IN);
}

static void do_alarm_over_settle(void *obj, const void *arg)
{
	log_alarm_over(obj, *(const unsigned *)arg, "the D channel is up");
	do_settle(obj, NULL);
}

static void do_in_service(void *obj, const void *arg)
{
	struct span *span = obj;
	unsigned pending = span_restarts_pending(span),
		 channels = (unsigned)__builtin_popcount(span->conf->channels) -
			    pending;

	(void)arg;
	if (pending)
		log_event(
			EVENT_RESTART_AWAITED, span->name,
			"channels=%u %u channels wait for the exchange to "
			"acknowledge their RESTART, and carry no calls before",
			pending, pending);
	if (span->d_down_ms)
		log_event(
			EVENT_DCHANNEL_UP, span->name,
			"dur=%.1f channels=%u calls=%u D channel up after %.1f "
			"s: in service with %u B channels, %u calls kept",
			seconds_since(span->d_down_ms), channels,
			count_calls(span, true), seconds_since(span->d_down_ms),
			channels, count_calls(span, true));
	else
		log_event(EVENT_DCHANNEL_UP, span->name,
			  "channels=%u D channel up: in service with %u B "
			  "channels",
			  channels, channels);
	span->d_down_ms = 0;
}

static void log_d_down(struct span *span, int level)
{
	const char *why = q931_tap_released(span->tap)
				  ? "the far end has ended the link (DISC)"
			  : span->alarms
				  ? "the line carries nothing"
				  : "the far end does not answer Q.921; check "
				    "the exchange";

	note_d_down(span);
	log_event_at(level, EVENT_DCHANNEL_DOWN, span->name,
		     "calls=%u D channel down: %s. Calls in setup are cleared, "
		     "%u answered ones wait for it, %u s each (T309)",
		     count_calls(span, true), why, count_calls(span, true),
		     t309_s(span));
}

static void do_d_down(void *obj, const void *arg)
{
	struct span *span = obj;

	(void)arg;
	all_channels(span, CHANNEL_GO_OUT);
	log_d_down(span, loss_level(span));
}

/* It was out of service before. */
static void do_d_down_in_alarm(void *obj, const void *arg)
{
	(void)arg;
	log_d_down(obj, LOG_WARNING);
}

static const char *const state_names[SPAN_STATES] = {
	[SPAN_ABSENT] = "no exchange",
	[SPAN_DOWN] = "D channel down",
	[SPAN_ALARM_DOWN] = "alarm, D channel down",
	[SPAN_ALARM_UP] = "alarm, D channel up",
	[SPAN_SETTLING] = "D channel coming up",
	[SPAN_UP] = "up",
};

static const char *const event_names[SPAN_EVENTS] = {
	[SPAN_DRIVER_UP] = "DRIVER_UP",
	[SPAN_DRIVER_DOWN] = "DRIVER_DOWN",
	[SPAN_ALARM] = "ALARM",
	[SPAN_ALARM_CLEAR] = "ALARM_CLEAR",
	[SPAN_DCHANNEL_UP] = "DCHANNEL_UP",
	[SPAN_DCHANNEL_DOWN] = "DCHANNEL_DOWN",
	[SPAN_SETTLED] = "SETTLED",
};

static const struct fsm_row rows[] = {
	FSM_ROW(SPAN_ABSENT, SPAN_DRIVER_UP, SPAN_DOWN, do_came),
	FSM_NEVER(FSM_ANY, SPAN_DRIVER_UP),

	FSM_STAY(SPAN_ABSENT, SPAN_DRIVER_DOWN, do_still_absent),
	FSM_ROW(FSM_ANY, SPAN_DRIVER_DOWN, SPAN_ABSENT, do_lost),

	FSM_ROW(SPAN_DOWN, SPAN_ALARM, SPAN_ALARM_DOWN, do_alarm),
	FSM_ROW(SPAN_UP, SPAN_ALARM, SPAN_ALARM_UP, do_alarm_in_service),
	FSM_ROW(SPAN_SETTLING, SPAN_ALARM, SPAN_ALARM_UP, do_alarm_in_service),
	FSM_STAY(SPAN_ALARM_DOWN, SPAN_ALARM, do_alarm),
	FSM_STAY(SPAN_ALARM_UP, SPAN_ALARM, do_alarm),
	FSM_IGNORED(SPAN_ABSENT, SPAN_ALARM),

	FSM_ROW(SPAN_ALARM_DOWN, SPAN_ALARM_CLEAR, SPAN_DOWN, do_alarm_over),
	FSM_ROW(SPAN_ALARM_UP, SPAN_ALARM_CLEAR, SPAN_SETTLING,
		do_alarm_over_settle),
	FSM_IGNORED(FSM_ANY, SPAN_ALARM_CLEAR),

	FSM_ROW(SPAN_DOWN, SPAN_DCHANNEL_UP, SPAN_SETTLING, do_settle),
	FSM_ROW(SPAN_ALARM_DOWN, SPAN_DCHANNEL_UP, SPAN_ALARM_UP, NULL),
	FSM_IGNORED(SPAN_ALARM_UP, SPAN_DCHANNEL_UP),
	FSM_IGNORED(SPAN_SETTLING, SPAN_DCHANNEL_UP),
	FSM_IGNORED(SPAN_UP, SPAN_DCHANNEL_UP),
	FSM_NEVER(SPAN_ABSENT, SPAN_DCHANNEL_UP),

	FSM_ROW(SPAN_SETTLING, SPAN_DCHANNEL_DOWN, SPAN_DOWN, do_d_down),
	FSM_ROW(SPAN_UP, SPAN_DCHANNEL_DOWN, SPAN_DOWN, do_d_down),
	FSM_ROW(SPAN_ALARM_UP, SPAN_DCHANNEL_DOWN, SPAN_ALARM_DOWN,
		do_d_down_in_alarm),
	FSM_IGNORED(FSM_ANY, SPAN_DCHANNEL_DOWN),

	FSM_ROW(SPAN_SETTLING, SPAN_SETTLED, SPAN_UP, do_in_service),
	FSM_NEVER(FSM_ANY, SPAN_SETTLED),
};

const struct fsm_desc span_fsm_desc =
	FSM_DESC("span", state_names, event_names, rows);

static void tell_changed(const struct span *span)
{
	if (span->events->changed)
		span->events->changed(span->ctx, span->conf->number);
}

void span_dispatch(struct span *span, enum span_event event, const void *arg)
{
	uint8_t old = span->fsm.state;

	fsm_dispatch(&span->fsm, (uint8_t)event, arg);
	if (span->fsm.state == old)
		return;
	span->since_ms = clock_now_ms();
	tell_changed(span);
	if (span->fsm.state != SPAN_SETTLING)
		timer_stop(&span->settling);
}

static void settling_over(void *arg)
{
	span_dispatch(arg, SPAN_SETTLED, NULL);
}

void span_check_settled(struct span *span)
{
	if (span->fsm.state == SPAN_SETTLING && q931_tap_peer_up(span->tap) &&
	    !span_restarts_pending(span))
		span_dispatch(span, SPAN_SETTLED, NULL);
}

void span_dchannel(struct span *span, bool up)
{
	for (size_t i = 0; i < LEGS_MAX; i++)
		if (span->legs[i] && up)
			pri_leg_link_up(span->legs[i]);
		else if (span->legs[i])
			pri_leg_link_lost(span->legs[i]);
	span_dispatch(span, up ? SPAN_DCHANNEL_UP : SPAN_DCHANNEL_DOWN, NULL);
}

static void act_on_alarms(struct span *span)
{
	unsigned old = span->alarms;

	timer_stop(&span->rai);
	if (old == span->present)
		return;
	span->alarms = span->present;
	span_dispatch(span, span->alarms ? SPAN_ALARM : SPAN_ALARM_CLEAR, &old);
	span_check_settled(span);
	span_pump(span);
}

static void rai_held(void *arg)
{
	act_on_alarms(arg);
}

/* A remote alarm is an echo of what the far end hears, and comes and goes with
 * any short trouble of its side: alone it counts only when it stays. */
void span_alarms(struct span *span, unsigned alarms)
{
	unsigned old = span->present;

	if (alarms == old || span->fsm.state == SPAN_ABSENT)
		return;
	span->present = alarms;
	if (!old)
		span->alarm_ms = clock_now_ms();
	if (alarms == LINE_YELLOW && !span->alarms) {
		if (!timer_running(&span->rai))
			timer_start(span->timers, &span->rai, RAI_HOLD_OFF_MS);
		return;
	}
	if (!alarms && !span->alarms)
		log_event(EVENT_SPAN_ALARM_SHORT, span->name,
			  "alarm=%s dur=%.1f alarm %s for %.1f s: too short to "
			  "act on",
			  span_alarm_name(old), seconds_since(span->alarm_ms),
			  span_alarm_name(old), seconds_since(span->alarm_ms));
	act_on_alarms(span);
}

unsigned span_waiting_calls(const struct span *span)
{
	return span_dchannel_is_up(span) ? 0 : count_calls(span, true);
}

void span_line_init(struct span *span)
{
	timer_init(&span->settling, "T200", settling_over, span);
	timer_of(&span->settling, span->name);
	timer_init(&span->rai, "RAI hold-off", rai_held, span);
	timer_of(&span->rai, span->name);
}

void span_line_stop(struct span *span)
{
	timer_stop(&span->settling);
	timer_stop(&span->rai);
}
