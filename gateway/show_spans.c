#include "dahdi/isdn.h"
#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"
#include "media/media.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *alarms_of(unsigned alarms)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = { { LINE_RED, "red" },
		      { LINE_YELLOW, "yellow" },
		      { LINE_BLUE, "blue" },
		      { LINE_LOOPBACK, "loopback" },
		      { LINE_RECOVERING, "recovering" },
		      { LINE_ABSENT, "absent" } };
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (alarms & names[i].bit)
			json_array_append_new(array,
					      json_string(names[i].name));
	return array;
}

static json_t *timeslot_name(uint8_t view)
{
	static const char *const names[] = {
		[CHANNEL_VIEW_NONE] = "none",
		[CHANNEL_VIEW_IDLE] = "idle",
		[CHANNEL_VIEW_BUSY] = "busy",
		[CHANNEL_VIEW_RELEASING] = "releasing",
		[CHANNEL_VIEW_OUT] = "out",
		[CHANNEL_VIEW_BLOCKED] = "blocked",
	};

	return json_string(view < sizeof names / sizeof *names ? names[view]
							       : "none");
}

static json_t *timeslots_of(const struct span_info *span)
{
	json_t *array = json_array();

	for (unsigned t = 1; t <= line_desc(span->line_type)->timeslots; t++)
		json_array_append_new(array, timeslot_name(span->channel[t]));
	return array;
}

/* The operator's, whether a call is on them yet or not. */
static json_t *blocked_of(const struct span_info *span)
{
	json_t *array = json_array();

	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		if (span->blocked >> t & 1)
			json_array_append_new(array, json_integer(t));
	return array;
}

static json_t *tap_of(const struct q931_tap_counters *tap)
{
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "frames_in", json_count(tap->frames_in), &lost);
	json_put(object, "frames_out", json_count(tap->frames_out), &lost);
	json_put(object, "messages_in", json_count(tap->messages_in), &lost);
	json_put(object, "messages_out", json_count(tap->messages_out), &lost);
	json_put(object, "malformed_in", json_count(tap->malformed_in), &lost);
	json_put(object, "lost_out", json_count(tap->lost_out), &lost);
	json_put(object, "store_full", json_count(tap->store_full), &lost);
	return json_whole(object, lost);
}

static json_t *line_of(const struct line_counters *line)
{
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "hdlc_errors", json_count(line->hdlc_errors), &lost);
	json_put(object, "frames_lost", json_count(line->frames_lost), &lost);
	json_put(object, "frames_odd", json_count(line->frames_odd), &lost);
	json_put(object, "bipolar_violations",
		 json_count(line->bipolar_violations), &lost);
	json_put(object, "crc4_errors", json_count(line->crc4_errors), &lost);
	json_put(object, "e_bits", json_count(line->e_bits), &lost);
	json_put(object, "frame_errors", json_count(line->frame_errors), &lost);
	json_put(object, "errored_seconds", json_count(line->errored_seconds),
		 &lost);
	json_put(object, "irq_misses", json_count(line->irq_misses), &lost);
	json_put(object, "slips", json_count(line->slips), &lost);
	return json_whole(object, lost);
}

static json_t *voice_of(const struct gateway *gw, unsigned span)
{
	struct media_span_stats n;
	json_t *object = json_object();
	bool lost = false;

	memset(&n, 0, sizeof n);
	media_span_stats(gw->media, span, &n);
	json_put(object, "attached", json_boolean(n.attached), &lost);
	json_put(object, "blocks_in", json_count(n.blocks_in), &lost);
	json_put(object, "blocks_out", json_count(n.blocks_out), &lost);
	json_put(object, "slips_in", json_count(n.slips_in), &lost);
	json_put(object, "slips_out", json_count(n.slips_out), &lost);
	json_put(object, "overruns", json_count(n.overruns), &lost);
	json_put(object, "underruns", json_count(n.underruns), &lost);
	json_put(object, "malformed", json_count(n.malformed), &lost);
	json_put(object, "late_ticks", json_count(n.late_ticks), &lost);
	return json_whole(object, lost);
}

static json_t *span_of(const struct gateway *gw, const struct span_info *span)
{
	json_t *object = json_object();
	char name[16];
	bool lost = false;

	json_put(object, "span", json_integer(span->number), &lost);
	json_put(object, "type", json_text(line_desc(span->line_type)->name),
		 &lost);
	json_put(object, "protocol",
		 json_text(line_protocol_name(span->protocol)), &lost);
	json_put(object, "state", json_text(span->state), &lost);
	json_put(object, "in_service", json_boolean(span->in_service), &lost);
	json_put(object, "waits", json_boolean(span->waits), &lost);
	json_put(object, "leaving", json_boolean(span->leaving), &lost);
	json_put(object, "connected", json_boolean(span->connected), &lost);
	json_put(object, "alarms", alarms_of(span->alarms), &lost);
	json_put(object, "state_ms",
		 json_count(clock_now_ms() - span->since_ms), &lost);
	json_put(object, "channels", json_integer(span->channels), &lost);
	json_put(object, "idle", json_integer(span->idle), &lost);
	json_put(object, "busy", json_integer(span->busy), &lost);
	json_put(object, "waiting", json_integer(span->waiting), &lost);
	snprintf(name, sizeof name, "%u", span->number);
	show_drain_of(object, gw, DRAIN_SPAN, name, &lost);
	json_put(object, "calls", json_count(span->calls), &lost);
	json_put(object, "refused", json_count(span->refused), &lost);
	json_put(object, "blocked", blocked_of(span), &lost);
	json_put(object, "timeslots", timeslots_of(span), &lost);
	json_put(object, "d_channel", tap_of(&span->tap), &lost);
	json_put(object, "line", line_of(&span->line), &lost);
	json_put(object, "voice", voice_of(gw, span->number), &lost);
	return json_whole(object, lost);
}

json_t *show_spans(struct gateway *gw, const struct command_line *line)
{
	static const struct show_filter filter = { "SPAN", "spans", "span",
						   "span" };
	json_t *array = json_array();
	size_t spans = isdn_span_count(gw->isdn);

	for (size_t i = 0; i < spans; i++) {
		struct span_info span;

		isdn_span_info(gw->isdn, i, &span);
		if (json_array_append_new(array, span_of(gw, &span)) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return show_only(json_pack("{s:o}", "spans", array), line, &filter);
}

/* Which call has a channel: [span][timeslot]. */
#define SPANS_MAX 129
typedef const struct call *call_table[SPANS_MAX][TDM_TIMESLOTS + 1];

/* A call whose leg on the span has let go has its channel no more. */
static void note_call(call_table *table, const struct call *call)
{
	struct leg_info a, b;
	struct bridge_stats media;
	const struct leg_info *isdn;

	call_describe(call, &a, &b, &media);
	isdn = a.span ? &a : &b;
	if (!(a.span ? call->a : call->b))
		return;
	if (isdn->span < SPANS_MAX && isdn->channel <= TDM_TIMESLOTS)
		(*table)[isdn->span][isdn->channel] = call;
}

static json_t *channel_of(const struct span_info *span, unsigned timeslot,
			  const struct call *call)
{
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "span", json_integer(span->number), &lost);
	json_put(object, "channel", json_integer(timeslot), &lost);
	json_put(object, "state", timeslot_name(span->channel[timeslot]),
		 &lost);
	json_put(object, "blocked", json_boolean(span->blocked >> timeslot & 1),
		 &lost);
	json_put(object, "call", call ? show_call_row(call) : json_null(),
		 &lost);
	return json_whole(object, lost);
}

json_t *show_channels(struct gateway *gw, const struct command_line *line)
{
	static const struct show_filter filter = { "SPAN", "channels", "span",
						   "span" };
	call_table *table = calloc(1, sizeof *table);
	json_t *array = json_array();
	size_t spans = isdn_span_count(gw->isdn);
	const struct call *call;

	if (!table) {
		json_decref(array);
		return NULL;
	}
	TAILQ_FOREACH(call, &gw->calls, link)
	note_call(table, call);
	for (size_t i = 0; i < spans; i++) {
		struct span_info span;

		isdn_span_info(gw->isdn, i, &span);
		for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
			if (span.channel[t] != CHANNEL_VIEW_NONE &&
			    span.number < SPANS_MAX)
				json_array_append_new(
					array,
					channel_of(&span, t,
						   (*table)[span.number][t]));
	}
	free(table);
	return show_only(json_pack("{s:o}", "channels", array), line, &filter);
}
