#include "dahdi/isdn.h"
#include "gateway/call_record.h"
#include "gateway/clock.h"
#include "gateway/fsm.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/log.h"
#include "gateway/reload.h"
#include "gateway/show.h"
#include "gateway/version.h"
#include "sip/agent.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What status sums up over all spans. */
struct totals {
	size_t spans, up;
	unsigned channels, idle, busy, releasing, out, blocked;
	unsigned drained; /* idle, and get no call */
};

static void add_span(struct totals *totals, const struct span_info *span,
		     bool drained)
{
	totals->spans++;
	totals->up += span->in_service;
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++) {
		switch (span->channel[t]) {
		case CHANNEL_VIEW_IDLE:
			totals->idle += !drained;
			totals->drained += drained;
			break;
		case CHANNEL_VIEW_BUSY: totals->busy++; break;
		case CHANNEL_VIEW_RELEASING: totals->releasing++; break;
		case CHANNEL_VIEW_OUT: totals->out++; break;
		case CHANNEL_VIEW_BLOCKED: totals->blocked++; break;
		default: continue;
		}
		totals->channels++;
	}
}

static void add_spans(const struct gateway *gw, struct totals *totals)
{
	size_t spans = isdn_span_count(gw->isdn);

	for (size_t i = 0; i < spans; i++) {
		struct span_info span;

		isdn_span_info(gw->isdn, i, &span);
		add_span(totals, &span,
			 show_span_drained(gw, span.number, NULL));
	}
}

/* The text of each alarm, the gravest first, and how many there are of each
 * severity: a screen may have room for a few only. */
static json_t *warnings_of(struct gateway *gw, unsigned counts[])
{
	const struct alarm *alarm;
	json_t *warnings = json_array();

	alarm_watch_look(&gw->alarm_watch);
	for (unsigned s = 0; s < ALARM_SEVERITIES; s++) {
		TAILQ_FOREACH(alarm, &gw->alarm_watch.alarms.now, link)
		{
			if (alarm_info(alarm->kind).severity != s)
				continue;
			counts[s]++;
			json_array_append_new(warnings, json_text(alarm->text));
		}
	}
	return warnings;
}

static json_t *alarms_of(const unsigned counts[])
{
	json_t *object = json_object();
	bool lost = false;

	for (unsigned s = 0; s < ALARM_SEVERITIES; s++)
		json_put(object, alarm_severity_name(s),
			 json_integer(counts[s]), &lost);
	return json_whole(object, lost);
}

static json_t *calls_of(const struct gateway *gw)
{
	const struct gateway_counters *n = &gw->counters;
	json_t *object = json_object();
	uint64_t in = 0;
	bool lost = false;

	for (const struct call *call = TAILQ_FIRST(&gw->calls); call;
	     call = TAILQ_NEXT(call, link)) {
		struct leg_info a, b;
		struct bridge_stats media;
		const struct call_view view = { call, &a, &b, &media };

		call_describe(call, &a, &b, &media);
		in += !strcmp(call_record_direction(&view), "in");
	}
	json_put(object, "now", json_integer(gw->call_count), &lost);
	json_put(object, "in", json_count(in), &lost);
	json_put(object, "out", json_count(gw->call_count - in), &lost);
	json_put(object, "attempts", json_count(n->attempts), &lost);
	json_put(object, "answered", json_count(n->answered), &lost);
	json_put(object, "failed", json_count(n->failed), &lost);
	json_put(object, "retried", json_count(n->retried), &lost);
	json_put(object, "overflowed", json_count(n->overflowed), &lost);
	json_put(object, "rerouted", json_count(n->rerouted), &lost);
	json_put(object, "peer_down", json_count(n->peer_down), &lost);
	json_put(object, "peer_limit", json_count(n->peer_limit), &lost);
	json_put(object, "limited", json_count(n->limited), &lost);
	json_put(object, "drained", json_count(n->drained), &lost);
	json_put(object, "silent", json_count(n->silent), &lost);
	json_put(object, "no_route", json_count(n->no_route), &lost);
	json_put(object, "no_channel", json_count(n->no_channel), &lost);
	json_put(object, "no_port", json_count(n->no_port), &lost);
	json_put(object, "span_down", json_count(n->span_down), &lost);
	return json_whole(object, lost);
}

/* Answer-seizure ratio: of the calls whose outcome is known. */
static json_t *asr_of(const struct gateway *gw)
{
	uint64_t known = gw->counters.answered + gw->counters.failed;

	if (!known)
		return json_null();
	return json_count((gw->counters.answered * 100 + known / 2) / known);
}

/* Average call duration over the history. */
static json_t *acd_of(const struct gateway *gw)
{
	uint64_t talked_ms = 0;
	unsigned answered = 0;

	for (const struct call *call = TAILQ_FIRST(&gw->history); call;
	     call = TAILQ_NEXT(call, link)) {
		if (!call->answer_ms || call->end_ms < call->answer_ms)
			continue;
		talked_ms += call->end_ms - call->answer_ms;
		answered++;
	}
	if (!answered)
		return json_null();
	return json_count((talked_ms / answered + 500) / 1000);
}

static json_t *sip_of(const struct gateway *gw)
{
	struct sip_counters n;
	json_t *object = json_object();
	char listen[64];
	bool lost = false;

	sip_agent_counters(gw->sip, &n);
	conf_format_address(&gw->conf->gateway.listen, listen, sizeof listen);
	json_put(object, "listen", json_text(listen), &lost);
	json_put(object, "peers", json_count(gw->conf->peer_count), &lost);
	json_put(object, "invites", json_count(n.invites), &lost);
	json_put(object, "options", json_count(n.options), &lost);
	json_put(object, "strangers_dropped", json_count(n.strangers_dropped),
		 &lost);
	json_put(object, "storm_dropped", json_count(n.storm_dropped), &lost);
	json_put(object, "refused_contact", json_count(n.refused_contact),
		 &lost);
	json_put(object, "refused_malformed", json_count(n.refused_malformed),
		 &lost);
	json_put(object, "refused_other", json_count(n.refused_other), &lost);
	json_put(object, "refused_changes", json_count(n.refused_changes),
		 &lost);
	json_put(object, "refused_storms", json_count(n.refused_storms), &lost);
	json_put(object, "internal_errors", json_count(n.internal_errors),
		 &lost);
	return json_whole(object, lost);
}

/* Of the idle ones, those that only an emergency call is given. */
static unsigned reserved(const struct gateway *gw)
{
	unsigned sum = 0;

	for (size_t i = 0; i < gw->conf->trunk_count; i++) {
		const struct conf_trunk *trunk = &gw->conf->trunks[i];
		unsigned idle = isdn_idle_channels(gw->isdn, trunk, false);

		sum += idle < trunk->reserve ? idle : trunk->reserve;
	}
	return sum;
}

static json_t *channels_of(const struct gateway *gw,
			   const struct totals *totals)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "total",
			 (int)totals->channels, "idle", (int)totals->idle,
			 "drained", (int)totals->drained, "busy",
			 (int)totals->busy, "releasing", (int)totals->releasing,
			 "out", (int)totals->out, "blocked",
			 (int)totals->blocked, "reserved", (int)reserved(gw));
}

static const char *overall(const struct gateway *gw,
			   const struct totals *totals, const unsigned alarms[])
{
	const struct drain *all = drain_find(&gw->drains, DRAIN_ALL, "");

	if (gw->phase == GATEWAY_DRAINING)
		return "draining";
	if (gw->phase != GATEWAY_RUNNING)
		return "stopping";
	if (all)
		return drain_state_name(all->fsm.state);
	if (totals->up == 0)
		return "down";
	return alarms[ALARM_MAJOR] || alarms[ALARM_MINOR] ? "degraded" : "ok";
}

json_t *show_version(struct gateway *gw, const struct command_line *line)
{
	uint64_t up_ms = clock_now_ms() - gw->start_ms;
	char since[32];
	json_t *object = json_object();
	bool lost = false;

	(void)line;
	clock_format_utc(clock_calendar_ns() - up_ms * 1000000, since);
	json_put(object, "node", json_text(gw->conf->gateway.name), &lost);
	json_put(object, "program", json_string("tollgated"), &lost);
	json_put(object, "version", json_string(TOLLGATE_VERSION), &lost);
	json_put(object, "pid", json_integer(getpid()), &lost);
	json_put(object, "start_utc", json_text(since), &lost);
	json_put(object, "uptime_ms", json_count(up_ms), &lost);
	return json_whole(object, lost);
}

static json_t *configuration_of(const struct gateway *gw)
{
	struct reload_counters n;
	json_t *object = json_object();
	bool lost = false;

	reload_counters(gw->reload, &n);
	json_put(object, "file", json_text(reload_file(gw->reload)), &lost);
	json_put(object, "reloads", json_count(n.taken), &lost);
	json_put(object, "refused", json_count(n.refused), &lost);
	json_put(object, "loaded", json_count(gw->confs.made), &lost);
	json_put(object, "freed", json_count(gw->confs.freed), &lost);
	json_put(object, "read_ms", json_integer(n.read_ms), &lost);
	json_put(object, "swap_us", json_integer(n.swap_us), &lost);
	json_put(object, "swap_max_us", json_integer(n.swap_max_us), &lost);
	return json_whole(object, lost);
}

json_t *show_status(struct gateway *gw, const struct command_line *line)
{
	struct totals totals = { .spans = 0 };
	unsigned alarms[ALARM_SEVERITIES] = { 0 };
	json_t *warnings = warnings_of(gw, alarms);
	json_t *object = json_object();
	bool lost = false;

	(void)line;
	add_spans(gw, &totals);
	json_put(object, "node", json_text(gw->conf->gateway.name), &lost);
	json_put(object, "program", json_string("tollgated"), &lost);
	json_put(object, "version", json_string(TOLLGATE_VERSION), &lost);
	json_put(object, "uptime_ms", json_count(clock_now_ms() - gw->start_ms),
		 &lost);
	json_put(object, "state", json_string(overall(gw, &totals, alarms)),
		 &lost);
	json_put(object, "spans",
		 json_pack("{s:i, s:i}", "total", (int)totals.spans, "up",
			   (int)totals.up),
		 &lost);
	json_put(object, "channels", channels_of(gw, &totals), &lost);
	json_put(object, "calls", calls_of(gw), &lost);
	json_put(object, "asr_percent", asr_of(gw), &lost);
	json_put(object, "acd_s", acd_of(gw), &lost);
	json_put(object, "sip", sip_of(gw), &lost);
	json_put(object, "configuration", configuration_of(gw), &lost);
	json_put(object, "control",
		 json_pack("{s:I, s:I}", "refused",
			   (json_int_t)control_refused(gw->control), "dropped",
			   (json_int_t)control_dropped(gw->control)),
		 &lost);
	json_put(object, "log_lines_lost", json_count(log_lost()), &lost);
	json_put(object, "record_failures", json_count(cdr_failures(gw->cdr)),
		 &lost);
	json_put(object, "illegal_events", json_count(fsm_illegal_count()),
		 &lost);
	json_put(object, "drains", show_drain_rows(gw), &lost);
	json_put(object, "alarms", alarms_of(alarms), &lost);
	json_put(object, "warnings", warnings, &lost);
	return json_whole(object, lost);
}
