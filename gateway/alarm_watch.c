#include "gateway/alarm_watch.h"

#include "conf/class.h"
#include "gateway/clock.h"
#include "gateway/fsm.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "gateway/reload.h"

#include <stdio.h>
#include <string.h>

#define EVERY_MS 1000
/* What was lost once is no alarm for ever. */
#define COUNTER_MS 3600000
#define S_PER_DAY 86400

static void look_at_span(struct alarms *alarms, const struct span_info *span)
{
	unsigned blocked = (unsigned)__builtin_popcount(span->blocked);
	enum alarm_kind kind = ALARM_DCHANNEL;
	char object[24];

	snprintf(object, sizeof object, "span %u", span->number);
	if (blocked)
		alarm_raise(alarms, ALARM_BLOCKED, object,
			    "span %u: channels blocked by the operator: %u",
			    span->number, blocked);
	if (span->in_service)
		return;
	if (!span->connected)
		kind = ALARM_NO_LINE;
	else if (span->alarms)
		kind = ALARM_LINE;
	alarm_raise(alarms, kind, object, "span %u takes no calls: %s",
		    span->number, span->state);
}

static void look_at_media(struct gateway *gw, struct alarms *alarms)
{
	unsigned worker;

	if (watchdog_media_hangs(gw->watchdog, &worker))
		alarm_raise(alarms, ALARM_MEDIA, "media",
			    "media worker %u hangs: its calls hear nothing",
			    worker);
}

static void look_at_spans(struct gateway *gw, struct alarms *alarms)
{
	size_t spans = isdn_span_count(gw->isdn);

	for (size_t i = 0; i < spans; i++) {
		struct span_info span;

		isdn_span_info(gw->isdn, i, &span);
		look_at_span(alarms, &span);
	}
}

static void look_at_peers(struct gateway *gw, struct alarms *alarms)
{
	size_t peers = sip_agent_peer_count(gw->sip);

	for (size_t i = 0; i < peers; i++) {
		struct sip_peer_info peer;
		char object[80];

		sip_agent_peer_info(gw->sip, i, &peer);
		if (strcmp(peer.state, "down") != 0)
			continue;
		snprintf(object, sizeof object, "sip-peer %s", peer.conf->name);
		alarm_raise(alarms, ALARM_PEER, object,
			    "sip-peer %s takes no calls: it does not answer "
			    "OPTIONS",
			    peer.conf->name);
	}
}

static void look_at_drains(struct gateway *gw, struct alarms *alarms)
{
	const struct drain *drain;

	TAILQ_FOREACH(drain, &gw->drains.list, link)
	alarm_raise(alarms, ALARM_DRAIN, drain->object,
		    "%s is %s: no new calls, %u running",
		    drain->kind == DRAIN_ALL ? "the gateway" : drain->object,
		    drain_state_name(drain->fsm.state), drain_calls(drain));
}

static void look_at_classes(struct gateway *gw, struct alarms *alarms)
{
	int32_t today = (int32_t)(clock_calendar_ns() / NS_PER_S / S_PER_DAY);

	for (size_t i = 0; i < gw->conf->class_count; i++) {
		const struct conf_class *class = &gw->conf->classes[i];
		enum class_age age = class_age(class, today);
		char object[80];

		if (age == CLASS_FRESH)
			continue;
		snprintf(object, sizeof object, "number-class %s", class->name);
		if (age == CLASS_OUTDATED)
			alarm_raise(alarms, ALARM_CLASS_OUTDATED, object,
				    "number-class %s is out of date: %.100s",
				    class->name, class->review_file);
		else
			alarm_raise(alarms, ALARM_CLASS_DUE, object,
				    "number-class %s is out of date in %d "
				    "days: %.100s",
				    class->name, class->review_by - today,
				    class->review_file);
	}
}

/* Their new settings are taken when they have no call. */
static unsigned waiting_spans(const struct gateway *gw)
{
	unsigned count = 0;

	for (size_t i = 0; i < isdn_span_count(gw->isdn); i++) {
		struct span_info span;

		isdn_span_info(gw->isdn, i, &span);
		count += span.waits;
	}
	return count;
}

static void look_at_configuration(struct gateway *gw, struct alarms *alarms)
{
	unsigned waiting = waiting_spans(gw);
	struct reload_counters reload;

	if (waiting)
		alarm_raise(alarms, ALARM_WAITS, "spans",
			    "spans that take their new settings when they have "
			    "no call: %u",
			    waiting);
	reload_counters(gw->reload, &reload);
	if (reload.wrong)
		alarm_raise(alarms, ALARM_CONFIG, "configuration",
			    "%.120s was refused when it was last read: what "
			    "runs is older",
			    reload_file(gw->reload));
	if (reload.restart)
		alarm_raise(alarms, ALARM_RESTART, "restart",
			    "blocks of the configuration that a restart has to "
			    "take: %u",
			    reload.restart);
}

static void look_at_records(struct gateway *gw, struct alarms *alarms)
{
	struct cdr_status now;

	cdr_status(gw->cdr, &now);
	if (now.trouble)
		alarm_raise(alarms, ALARM_RECORDS_WAIT, "call records",
			    "call records cannot be written: %s; %u of %u that "
			    "may wait in memory do",
			    strerror(now.trouble), now.waiting, now.keep);
}

static bool grows(struct alarm_counter *counter, uint64_t count)
{
	uint64_t now_ms = clock_now_ms();

	if (count != counter->count)
		*counter = (struct alarm_counter){ count, now_ms };
	return count && now_ms - counter->grown_ms < COUNTER_MS;
}

static void look_at_counters(struct alarm_watch *watch)
{
	struct gateway *gw = watch->gateway;
	struct alarms *alarms = &watch->alarms;
	unsigned faults = gw->audit.last.faults;

	if (grows(&watch->ports, gw->counters.no_port))
		alarm_raise(alarms, ALARM_PORTS, "rtp-ports",
			    "calls that were refused as no RTP port was free: "
			    "%llu",
			    (unsigned long long)watch->ports.count);
	if (grows(&watch->records, cdr_failures(gw->cdr)))
		alarm_raise(alarms, ALARM_RECORDS, "call records",
			    "call records in the log that are not in their "
			    "file: %llu",
			    (unsigned long long)watch->records.count);
	if (grows(&watch->log, log_lost()))
		alarm_raise(alarms, ALARM_LOG, "log",
			    "lines of the log that were not written: %llu",
			    (unsigned long long)watch->log.count);
	if (grows(&watch->steps, fsm_illegal_count()))
		alarm_raise(alarms, ALARM_STEPS, "gateway",
			    "events in a state that cannot take them: %llu; "
			    "see the log, please report",
			    (unsigned long long)watch->steps.count);
	if (faults)
		alarm_raise(alarms, ALARM_AUDIT, "gateway",
			    "faults that the last audit found: %u; see the "
			    "log, please report",
			    faults);
}

void alarm_watch_look(struct alarm_watch *watch)
{
	struct gateway *gw = watch->gateway;

	look_at_media(gw, &watch->alarms);
	look_at_spans(gw, &watch->alarms);
	look_at_peers(gw, &watch->alarms);
	look_at_drains(gw, &watch->alarms);
	look_at_classes(gw, &watch->alarms);
	look_at_configuration(gw, &watch->alarms);
	look_at_records(gw, &watch->alarms);
	look_at_counters(watch);
	alarm_end_round(&watch->alarms);
}

static void due(void *arg)
{
	struct alarm_watch *watch = arg;

	timer_start(loop_timers(watch->gateway->loop), &watch->timer, EVERY_MS);
	alarm_watch_look(watch);
}

void alarm_watch_init(struct alarm_watch *watch, struct gateway *gw)
{
	*watch = (struct alarm_watch){ .gateway = gw };
	alarm_init(&watch->alarms);
	timer_init(&watch->timer, "alarms", due, watch);
}

/* What comes up within the first second is no alarm. */
void alarm_watch_start(struct alarm_watch *watch)
{
	timer_start(loop_timers(watch->gateway->loop), &watch->timer, EVERY_MS);
}

/* Not before it was started. */
void alarm_watch_soon(struct alarm_watch *watch)
{
	if (timer_running(&watch->timer))
		timer_start(loop_timers(watch->gateway->loop), &watch->timer,
			    0);
}

void alarm_watch_free(struct alarm_watch *watch)
{
	timer_stop(&watch->timer);
	alarm_free(&watch->alarms);
}
