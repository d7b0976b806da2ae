#include "dahdi/span_parts.h"

#include "dahdi/pri_event.h"
#include "dahdi/pri_leg.h"
#include "dahdi/pri_options.h"
#include "gateway/clock.h"
#include "gateway/event.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

/* Events in one go; a peer that can make more waits for the next timer. */
#define PUMP_MAX 10000

/* A releasing call can vanish within libpri without an event. */
static void check_legs(struct span *span)
{
	for (size_t i = 0; i < LEGS_MAX; i++)
		if (span->legs[i])
			pri_leg_check(span->legs[i]);
}

static void handle(struct span *span, const pri_event *event)
{
	pri_event_handle(span, event);
	check_legs(span);
}

/* Milliseconds until libpri's next timer, rounded up; -1: none runs. */
static int64_t libpri_next_ms(struct span *span)
{
	const struct timeval *next = pri_schedule_next(span_pri(span));
	uint64_t due_us, now_us = clock_now_ns() / 1000;

	if (!next)
		return -1;
	due_us = (uint64_t)next->tv_sec * 1000000 + (uint64_t)next->tv_usec;
	return due_us > now_us ? (int64_t)((due_us - now_us + 999) / 1000) : 0;
}

void span_pump(struct span *span)
{
	const pri_event *event;
	unsigned left = PUMP_MAX;
	int64_t next_ms;

	/* Within an event: whoever handles it runs the rest. */
	if (span->pumping)
		return;
	span->pumping = true;
	while (left-- && (event = pri_schedule_run(span_pri(span))))
		handle(span, event);
	check_legs(span);
	span->pumping = false;
	next_ms = libpri_next_ms(span);
	if (next_ms < 0)
		timer_stop(&span->libpri_timer);
	else
		timer_start(span->timers, &span->libpri_timer,
			    (uint32_t)next_ms);
}

static void libpri_timer_due(void *arg)
{
	span_pump(arg);
}

/* Lets libpri read what the tap holds for it. */
static void read_frame(struct span *span)
{
	const pri_event *event;

	span->pumping = true;
	while ((event = pri_check_event(span_pri(span))))
		handle(span, event);
	span->pumping = false;
	span_pump(span);
}

/* What was sent may have been lost with the link's old state, and a peer that
 * has started anew knows nothing of the calls; libpri looks at neither. */
static void check_reset(struct span *span)
{
	unsigned resets = q931_tap_resets(span->tap);

	if (span->resets == resets)
		return;
	span->resets = resets;
	span_restart_repeat(span);
	for (size_t i = 0; i < LEGS_MAX; i++)
		if (span->legs[i])
			pri_leg_link_reset(span->legs[i]);
}

static void on_frame(void *ctx, const uint8_t *frame, size_t len)
{
	struct span *span = ctx;

	/* Our own: a user's response that returns is a network's command (Q.921
	 * 3.3.2), which is answered; that would go on for ever, and the link
	 * with it. */
	if (span->present & LINE_LOOPBACK)
		return;
	if (q931_tap_frame_in(span->tap, frame, len) < 0)
		return;
	read_frame(span);
	check_reset(span);
	span_check_settled(span);
}

static void on_up(void *ctx, struct tdm *tdm, enum g711_law law)
{
	struct span *span = ctx;

	if (law != span->conf->law)
		log_event(EVENT_LAW_DIFFERS, span->name,
			  "law=%s the line's law is %s but %s is configured; "
			  "the line's is used",
			  g711_law_name(law), g711_law_name(law),
			  g711_law_name(span->conf->law));
	span->law = law;
	span_dispatch(span, SPAN_DRIVER_UP, NULL);
	if (span->events->tdm_up)
		span->events->tdm_up(span->ctx, span->conf->number, tdm, law);
	else
		tdm->ops->close(tdm);
	q931_tap_link_found(span->tap);
	span_pump(span);
}

static void on_down(void *ctx, const char *why)
{
	struct span *span = ctx;
	bool was_there = span->fsm.state != SPAN_ABSENT;

	span_dispatch(span, SPAN_DRIVER_DOWN, why);
	if (!was_there)
		return;
	if (span->events->tdm_down)
		span->events->tdm_down(span->ctx, span->conf->number);
	q931_tap_link_lost(span->tap);
	read_frame(span);
}

static void on_alarm(void *ctx, unsigned alarms)
{
	span_alarms(ctx, alarms);
}

static const struct driver_events driver_events = {
	.up = on_up,
	.down = on_down,
	.alarm = on_alarm,
	.frame = on_frame,
};

static int write_frame(void *ctx, const uint8_t *frame, size_t len)
{
	struct span *span = ctx;

	/* libpri sends its first SABME while it is made. */
	if (!span->driver)
		return -ENOTCONN;
	return span->driver->ops->frame_write(span->driver, frame, len);
}

static void on_seen(void *ctx, const struct q931_seen *seen)
{
	struct span *span = ctx;

	if (!seen->call)
		return;
	for (size_t i = 0; i < LEGS_MAX; i++)
		if (span->legs[i] &&
		    pri_leg_has_reference(span->legs[i], seen->call,
					  seen->ours))
			pri_leg_seen(span->legs[i], seen);
}

void span_leg_add(struct span *span, struct pri_leg *leg)
{
	for (size_t i = 0; i < LEGS_MAX; i++) {
		if (span->legs[i])
			continue;
		span->legs[i] = leg;
		return;
	}
	assert(!"more legs than channels");
}

void span_leg_remove(struct span *span, struct pri_leg *leg)
{
	for (size_t i = 0; i < LEGS_MAX; i++)
		if (span->legs[i] == leg)
			span->legs[i] = NULL;
}

struct pri_leg *span_leg_at(const struct span *span, size_t index)
{
	return span->legs[index];
}

struct pri_leg *span_leg_find(struct span *span, struct q931_call *call)
{
	for (size_t i = 0; call && i < LEGS_MAX; i++)
		if (span->legs[i] && pri_leg_call(span->legs[i]) == call)
			return span->legs[i];
	return NULL;
}

struct q931_call *span_call_at(struct span *span, size_t index)
{
	struct q931_call **call = &span->libpri_calls[index];
	int mode = 0, value = 0;

	if (*call)
		value = pri_get_crv(span_pri(span), *call, &mode);
	/* The global call reference's record may have taken its place. */
	if (value < 0 || (!value && !mode))
		*call = NULL;
	return *call;
}

/* More calls than channels are those being refused. A place that is not found
 * leaves a call out of the audit, no more. */
void span_call_note(struct span *span, struct q931_call *call)
{
	size_t place = SPAN_CALLS_MAX;

	for (size_t i = SPAN_CALLS_MAX; i-- > 0;) {
		if (span->libpri_calls[i] == call)
			return;
		if (!span->libpri_calls[i])
			place = i;
	}
	for (size_t i = 0; place == SPAN_CALLS_MAX && i < SPAN_CALLS_MAX; i++)
		if (!span_call_at(span, i))
			place = i;
	if (place < SPAN_CALLS_MAX)
		span->libpri_calls[place] = call;
}

void span_count_call(struct span *span)
{
	span->calls++;
}

void span_refused(struct span *span, unsigned channel, int cause,
		  const char *why)
{
	span->calls++;
	span->refused++;
	log_event(EVENT_SETUP_REFUSED, span->name,
		  "ch=%u cause=%d refused=%llu SETUP on channel %u refused "
		  "with cause %d: %s (%llu refused since start)",
		  channel, cause, (unsigned long long)span->refused, channel,
		  cause, why, (unsigned long long)span->refused);
}

void span_same_side(struct span *span)
{
	log_event(EVENT_SAME_SIDE, span->name,
		  "the far end speaks as the same side of the D channel as we "
		  "do");
}

bool span_takes_calls(const struct span *span)
{
	return span->events->incoming;
}

void span_incoming(struct span *span, struct leg *leg,
		   const struct leg_setup *setup)
{
	span->events->incoming(span->ctx, leg, setup);
}

const struct conf_trunk *span_trunk(const struct span *span)
{
	return span->trunk;
}

int span_open(struct span *span)
{
	return span->drivers.open(span->drivers.arg, &span->driver, span->conf,
				  span->name, &driver_events, span);
}

void span_shut(struct span *span, const char *why)
{
	struct driver *driver = span->driver;

	if (!driver)
		return;
	span->shutting = true;
	if (span->fsm.state != SPAN_ABSENT)
		on_down(span, why);
	span->shutting = false;
	span->driver = NULL;
	driver->ops->free(driver);
}

int span_new(struct span **out, const struct span_config *cfg)
{
	struct span *span = calloc(1, sizeof *span);
	struct q931_tap_config tap_cfg;
	int err;

	if (!span)
		return -ENOMEM;
	span->own = *cfg->conf;
	span->own.place.file = "";
	span->conf = &span->own;
	span->drivers = *cfg->drivers;
	span->trunk = cfg->trunk;
	span->timers = cfg->timers;
	span->sink = cfg->sink;
	span->events = cfg->events;
	span->ctx = cfg->ctx;
	span->alone = cfg->alone;
	span->alone_arg = cfg->alone_arg;
	span->law = cfg->conf->law;
	span->since_ms = clock_now_ms();
	snprintf(span->name, sizeof span->name, "span=%u", cfg->conf->number);
	fsm_init(&span->fsm, &span_fsm_desc, SPAN_ABSENT, span->name, span);
	timer_init(&span->libpri_timer, "libpri's next", libpri_timer_due,
		   span);
	timer_of(&span->libpri_timer, span->name);
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
		channel_init(&span->channels[n], cfg->conf->number, n);
	span_line_init(span);
	span_restart_init(span);
	tap_cfg = (struct q931_tap_config){
		.network_side = cfg->conf->network_side,
		.enquires = true,
		.line = cfg->conf->line,
		.protocol = cfg->conf->protocol,
		.object = span->name,
		.frame_write = write_frame,
		.seen = on_seen,
		.ctx = span,
	};
	err = q931_tap_new(&span->tap, &tap_cfg);
	if (err < 0)
		goto fail;
	pri_options_apply(span_pri(span), span->conf);
	err = span_open(span);
	if (err < 0)
		goto fail;
	span_pump(span);
	*out = span;
	return 0;
fail:
	span_free(span);
	return err;
}

void span_free(struct span *span)
{
	if (!span)
		return;
	timer_stop(&span->libpri_timer);
	span_line_stop(span);
	span_restart_stop(span);
	if (span->driver)
		span->driver->ops->free(span->driver);
	q931_tap_free(span->tap);
	free(span);
}

const struct conf_span *span_conf(const struct span *span)
{
	return span->conf;
}

const char *span_name(const struct span *span)
{
	return span->name;
}

bool span_dchannel_is_up(const struct span *span)
{
	return span->fsm.state == SPAN_UP || span->fsm.state == SPAN_SETTLING ||
	       span->fsm.state == SPAN_ALARM_UP;
}

bool span_in_service(const struct span *span)
{
	return span->fsm.state == SPAN_UP;
}

bool span_is_drained(const struct span *span)
{
	return span->drained;
}

void span_drain(struct span *span, bool drained)
{
	span->drained = drained;
}

uint32_t span_idle_channels(const struct span *span)
{
	uint32_t idle = 0;

	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
		if (channel_is_idle(&span->channels[n]))
			idle |= 1U << n;
	return idle;
}

void span_hunt(const struct span *span, struct hunt_span *out)
{
	*out = (struct hunt_span){ .idle = span_idle_channels(span) };
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++) {
		const struct channel *channel = &span->channels[n];

		out->idle_ms[n] = channel->since_ms;
		out->blocked |=
			channel->blocked && channel->fsm.state == CHANNEL_IDLE;
		out->busy += channel_has_call(channel);
	}
}

struct channel *span_channel(struct span *span, unsigned number)
{
	if (number < 1 || number > TDM_TIMESLOTS ||
	    !(span->conf->channels & 1U << number))
		return NULL;
	return &span->channels[number];
}

/* As many calls as there are channels may wait for one. */
static bool may_give_way(const struct span *span)
{
	unsigned waiting = 0;

	for (size_t i = 0; i < LEGS_MAX; i++)
		waiting += span->legs[i] && !pri_leg_channel(span->legs[i]);
	return waiting < TDM_TIMESLOTS;
}

struct channel *span_claim_channel(struct span *span, unsigned number)
{
	struct channel *channel = span_channel(span, number);

	if (!channel || channel_is_idle(channel))
		return channel;
	if (channel->blocked)
		return NULL;
	for (size_t i = 0; i < LEGS_MAX; i++)
		if (span->legs[i] &&
		    pri_leg_channel(span->legs[i]) == channel &&
		    may_give_way(span) && pri_leg_give_way(span->legs[i]))
			return channel;
	return NULL;
}

int span_block_channel(struct span *span, unsigned number, bool blocked)
{
	struct channel *channel = span_channel(span, number);

	if (!channel)
		return -EINVAL;
	if (channel->blocked == blocked)
		return -EALREADY;
	channel->blocked = blocked;
	if (blocked)
		log_event(EVENT_CHANNEL_BLOCKED, channel->name,
			  "blocked by the operator: no new calls%s",
			  channel_has_call(channel) ? ", the one on it stays"
						    : "");
	else
		log_event(EVENT_CHANNEL_UNBLOCKED, channel->name,
			  "unblocked by the operator");
	return 0;
}

void span_obey_as(struct span *span, const struct span *from)
{
	span->drained = from->drained;
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
		span->channels[n].blocked = from->channels[n].blocked;
}

enum g711_law span_law(const struct span *span)
{
	return span->law;
}

struct pri *span_pri(struct span *span)
{
	return q931_tap_pri(span->tap);
}

struct q931_tap *span_tap(struct span *span)
{
	return span->tap;
}

struct timers *span_timers(struct span *span)
{
	return span->timers;
}

const struct leg_sink *span_sink(struct span *span)
{
	return span->sink;
}

static enum channel_state_view view(const struct channel *channel)
{
	switch (channel->fsm.state) {
	case CHANNEL_SEIZED:
	case CHANNEL_IN_USE:
	case CHANNEL_DRAINING: return CHANNEL_VIEW_BUSY;
	case CHANNEL_RELEASING: return CHANNEL_VIEW_RELEASING;
	default: break;
	}
	if (channel->blocked)
		return CHANNEL_VIEW_BLOCKED;
	return channel->fsm.state == CHANNEL_IDLE ? CHANNEL_VIEW_IDLE
						  : CHANNEL_VIEW_OUT;
}

void span_describe(const struct span *span, struct span_info *out)
{
	*out = (struct span_info){
		.number = span->conf->number,
		.line_type = span->conf->line,
		.protocol = span->conf->protocol,
		.in_service = span_in_service(span),
		.connected = span->fsm.state != SPAN_ABSENT,
		.alarms = span->present,
		.waiting = span_waiting_calls(span),
		.since_ms = span->since_ms,
		.tap = *q931_tap_counters(span->tap),
		.waits = span->waits,
		.calls = span->calls,
		.refused = span->refused,
	};
	if (span->driver)
		out->line = span->driver->line;
	if (span->fsm.state == SPAN_ALARM_DOWN ||
	    span->fsm.state == SPAN_ALARM_UP)
		snprintf(out->state, sizeof out->state, "alarm %s",
			 span_alarm_name(span->alarms));
	else if (span->fsm.state == SPAN_ABSENT &&
		 span->conf->device == CONF_DEVICE_DAHDI)
		snprintf(out->state, sizeof out->state,
			 "not open, see the log");
	else
		snprintf(out->state, sizeof out->state, "%s",
			 fsm_state_name(&span->fsm));
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++) {
		if (!(span->conf->channels & 1U << n))
			continue;
		out->channel[n] = (uint8_t)view(&span->channels[n]);
		out->channels++;
		out->blocked |= (uint32_t)span->channels[n].blocked << n;
		out->idle += out->channel[n] == CHANNEL_VIEW_IDLE;
		out->busy += out->channel[n] == CHANNEL_VIEW_BUSY ||
			     out->channel[n] == CHANNEL_VIEW_RELEASING;
	}
}
