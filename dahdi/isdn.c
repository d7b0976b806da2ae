#include "dahdi/isdn_state.h"

#include "dahdi/driver_dahdi.h"
#include "dahdi/pri_leg.h"
#include "gateway/loop.h"

#include <errno.h>
#include <stdlib.h>

static int open_dahdi(struct loop *loop, struct driver **out,
		      const struct conf_span *conf, const char *object,
		      const struct driver_events *events, void *ctx)
{
	struct driver_dahdi_config cfg = {
		.span = conf->device_span,
		.channels = conf->channels,
		.dchannel = conf->dchannel,
		.line = conf->line,
		.echo_taps = conf->echo_taps,
		.object = object,
	};

	if (conf->dahdi == CONF_DAHDI_LOCATION)
		cfg.location = conf->dahdi_text;
	if (conf->dahdi == CONF_DAHDI_DESCRIPTION)
		cfg.description = conf->dahdi_text;
	return driver_dahdi_new(out, loop, &cfg, events, ctx);
}

static int open_virtual(struct loop *loop, struct driver **out,
			const struct conf_span *conf, const char *object,
			const struct driver_events *events, void *ctx)
{
	const struct driver_virtual_config cfg = {
		.path = conf->socket,
		.span = conf->device_span,
		.line = conf->line,
		.object = object,
	};

	return driver_virtual_new(out, loop, &cfg, events, ctx);
}

static int open_driver(void *arg, struct driver **out,
		       const struct conf_span *conf, const char *object,
		       const struct driver_events *events, void *ctx)
{
	switch (conf->device) {
	case CONF_DEVICE_VIRTUAL:
		return open_virtual(arg, out, conf, object, events, ctx);
	case CONF_DEVICE_DAHDI:
		return open_dahdi(arg, out, conf, object, events, ctx);
	default: return -ENODEV;
	}
}

/* NULL: no span of this number is configured. */
static struct span *span_numbered(const struct isdn *isdn, unsigned number)
{
	const struct isdn_span *member = isdn_span_find(isdn, number);

	return member ? member->span : NULL;
}

/* Of a trunk group of this configuration or an earlier one. */
static struct span *span_of(const struct isdn *isdn,
			    const struct conf_span *conf)
{
	return span_numbered(isdn, conf->number);
}

/* It is out of service itself. The others of its trunk group may not have been
 * made yet. */
static bool is_alone(void *arg, const struct conf_span *conf)
{
	const struct isdn *isdn = arg;
	const struct conf_trunk *trunk =
		isdn->conf ? isdn_trunk_of(isdn->conf, conf->number) : NULL;

	for (size_t i = 0; trunk && i < trunk->member_count; i++) {
		const struct span *other = span_of(isdn, trunk->members[i]);

		if (other && span_in_service(other))
			return false;
	}
	return true;
}

int isdn_new(struct isdn **out, struct loop *loop, const struct conf *conf,
	     const struct leg_sink *sink, const struct isdn_events *events,
	     void *ctx)
{
	const struct span_drivers drivers = { .open = open_driver,
					      .arg = loop };

	return isdn_new_over(out, loop, conf, sink, events, ctx, &drivers);
}

int isdn_new_over(struct isdn **out, struct loop *loop, const struct conf *conf,
		  const struct leg_sink *sink, const struct isdn_events *events,
		  void *ctx, const struct span_drivers *drivers)
{
	struct isdn *isdn = calloc(1, sizeof *isdn);
	struct isdn_next *first;
	int err;

	if (!isdn)
		return -ENOMEM;
	isdn->drivers = *drivers;
	isdn->cfg = (struct span_config){
		.timers = loop_timers(loop),
		.sink = sink,
		.events = events,
		.ctx = ctx,
		.drivers = &isdn->drivers,
		.alone = is_alone,
		.alone_arg = isdn,
	};
	err = isdn_prepare(&first, isdn, conf);
	if (err < 0) {
		isdn_free(isdn);
		return err;
	}
	isdn_take(isdn, first);
	*out = isdn;
	return 0;
}

static void free_spans(struct isdn_spans *spans)
{
	for (size_t i = 0; i < spans->count; i++)
		isdn_span_free(spans->at[i]);
	free(spans->at);
}

void isdn_free(struct isdn *isdn)
{
	if (!isdn)
		return;
	isdn_take_stop(isdn);
	free_spans(&isdn->spans);
	free_spans(&isdn->parked);
	free(isdn->positions);
	free(isdn);
}

static uint32_t without_tried(uint32_t idle, unsigned span,
			      const struct isdn_tried *tried)
{
	for (unsigned i = 0; tried && i < tried->count; i++)
		if (tried->channel[i].span == span)
			idle &= ~(1U << (tried->channel[i].channel & 31));
	return idle;
}

/* 0 or, when no member span takes the call, as isdn_leg_new. */
static int look_at_members(const struct isdn *isdn,
			   const struct conf_trunk *trunk, bool drained_too,
			   struct hunt_span *members)
{
	bool in_service = false, drained = false;

	for (size_t i = 0; i < trunk->member_count; i++) {
		const struct span *span = span_of(isdn, trunk->members[i]);

		members[i] = (struct hunt_span){ 0 };
		if (!span || !span_in_service(span))
			continue;
		if (span_is_drained(span) && !drained_too) {
			drained = true;
			continue;
		}
		in_service = true;
		span_hunt(span, &members[i]);
	}
	if (in_service)
		return 0;
	return drained ? -ESHUTDOWN : -ENETDOWN;
}

static bool any_blocked(const struct hunt_span *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (members[i].blocked)
			return true;
	return false;
}

static int hunt_among(struct isdn *isdn, const struct conf_trunk *trunk,
		      const struct isdn_wish *wish, bool drained_too,
		      struct hunt_span *members,
		      struct hunt_position **position)
{
	struct hunt_rule rule = hunt_rule_of(trunk, wish->emergency);
	int err = look_at_members(isdn, trunk, drained_too, members);

	if (err < 0)
		return err;
	if (!hunt_idle(members, trunk->member_count) &&
	    any_blocked(members, trunk->member_count))
		return -EACCES;
	for (size_t i = 0; i < trunk->member_count; i++)
		members[i].idle =
			without_tried(members[i].idle,
				      trunk->members[i]->number, wish->tried);
	*position = isdn_position(isdn, trunk->name);
	return hunt_pick(&rule, members, trunk->member_count, *position);
}

/* An emergency call takes a channel of a drained span where there is no other:
 * somebody may be about to pull its cable. */
static int hunt(struct isdn *isdn, const struct conf_trunk *trunk,
		const struct isdn_wish *wish, struct hunt_span *members,
		struct hunt_position **position)
{
	int err = hunt_among(isdn, trunk, wish, false, members, position);

	if (err < 0 && wish->emergency)
		err = hunt_among(isdn, trunk, wish, true, members, position);
	return err;
}

int isdn_leg_new(struct isdn *isdn, const struct conf_trunk *trunk,
		 const struct isdn_wish *wish, struct leg **out)
{
	struct hunt_span *members =
		calloc(trunk->member_count + 1, sizeof *members);
	struct hunt_position *position;
	struct pri_leg *leg;
	struct span *span;
	int err;

	if (!members)
		return -ENOMEM;
	err = hunt(isdn, trunk, wish, members, &position);
	free(members);
	if (err < 0)
		return err;
	span = span_of(isdn, trunk->members[position->span]);
	err = pri_leg_new(&leg, span, span_channel(span, position->channel),
			  trunk);
	if (err < 0)
		return err;
	*out = pri_leg_leg(leg);
	return 0;
}

unsigned isdn_idle_channels(const struct isdn *isdn,
			    const struct conf_trunk *trunk, bool drained_too)
{
	unsigned idle = 0;

	for (size_t i = 0; i < trunk->member_count; i++) {
		const struct span *span = span_of(isdn, trunk->members[i]);

		if (span && span_in_service(span) &&
		    (drained_too || !span_is_drained(span)))
			idle += (unsigned)__builtin_popcount(
				span_idle_channels(span));
	}
	return idle;
}

size_t isdn_span_count(const struct isdn *isdn)
{
	return isdn->spans.count;
}

void isdn_span_info(const struct isdn *isdn, size_t index,
		    struct span_info *out)
{
	span_describe(isdn->spans.at[index]->span, out);
	out->leaving = isdn->spans.at[index]->leaving;
	out->waits = out->waits || isdn->spans.at[index]->replaced;
}

void isdn_audit(struct isdn *isdn, struct isdn_audit *out)
{
	*out = (struct isdn_audit){ 0 };
	for (size_t i = 0; i < isdn->spans.count; i++)
		span_audit_run(isdn->spans.at[i]->audit, out);
}

bool isdn_flushed(const struct isdn *isdn)
{
	for (size_t i = 0; i < isdn->spans.count; i++)
		if (!q931_tap_flushed(span_tap(isdn->spans.at[i]->span)))
			return false;
	return true;
}

bool isdn_in_service(const struct isdn *isdn)
{
	for (size_t i = 0; i < isdn->spans.count; i++)
		if (span_in_service(isdn->spans.at[i]->span) &&
		    !span_is_drained(isdn->spans.at[i]->span))
			return true;
	return false;
}

int isdn_block(struct isdn *isdn, unsigned number, unsigned channel,
	       bool blocked)
{
	struct span *span = span_numbered(isdn, number);

	return span ? span_block_channel(span, channel, blocked) : -ENODEV;
}

int isdn_restart(struct isdn *isdn, unsigned number, unsigned channel)
{
	struct span *span = span_numbered(isdn, number);

	return span ? span_restart_by_hand(span, channel) : -ENODEV;
}

void isdn_drain(struct isdn *isdn, unsigned number, bool drained)
{
	struct span *span = span_numbered(isdn, number);

	if (span)
		span_drain(span, drained);
}
