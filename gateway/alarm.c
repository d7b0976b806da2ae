#include "gateway/alarm.h"

#include "gateway/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the remedy is NULL it is the event's. */
static const struct alarm_info infos[ALARM_KINDS] = {
	[ALARM_MEDIA] = { "media-hangs", ALARM_MAJOR, EVENT_MEDIA_HANGS, NULL },
	[ALARM_NO_LINE] = { "no-line", ALARM_MAJOR, EVENT_SPAN_NO_LINE, NULL },
	[ALARM_LINE] = { "line-alarm", ALARM_MAJOR, EVENT_SPAN_DOWN, NULL },
	[ALARM_DCHANNEL] = { "d-channel-down", ALARM_MAJOR, EVENT_DCHANNEL_DOWN,
			     NULL },
	[ALARM_BLOCKED] = { "channels-blocked", ALARM_MINOR,
			    EVENT_CHANNEL_BLOCKED,
			    "'tollgate unblock channel' returns them" },
	[ALARM_PEER] = { "peer-down", ALARM_MAJOR, EVENT_PEER_DOWN, NULL },
	[ALARM_DRAIN] = { "drained", ALARM_MINOR, EVENT_DRAIN_BEGUN,
			  "'tollgate undrain' returns it" },
	[ALARM_CLASS_OUTDATED] = { "class-outdated", ALARM_MINOR,
				   EVENT_CLASS_OUTDATED, NULL },
	[ALARM_CLASS_DUE] = { "class-due", ALARM_NOTICE, EVENT_CLASS_OUTDATED,
			      NULL },
	[ALARM_CONFIG] = { "config-refused", ALARM_MINOR, EVENT_CONFIG_WRONG,
			   "tollgate reload says what is wrong" },
	[ALARM_RESTART] = { "restart-owed", ALARM_NOTICE, EVENT_CONFIG_CHANGED,
			    "tollgate show config --diff says for what" },
	[ALARM_WAITS] = { "span-waits", ALARM_NOTICE, EVENT_CONFIG_CHANGED,
			  "tollgate drain span hurries it" },
	[ALARM_PORTS] = { "no-rtp-port", ALARM_MAJOR, EVENT_MEDIA_NO_PORT,
			  NULL },
	[ALARM_RECORDS_WAIT] = { "records-wait", ALARM_MAJOR,
				 EVENT_RECORDS_WAIT, NULL },
	[ALARM_RECORDS] = { "records-not-written", ALARM_MAJOR,
			    EVENT_RECORD_NOT_WRITTEN, NULL },
	[ALARM_LOG] = { "log-lost", ALARM_MINOR, EVENT_LOG_LOST, NULL },
	[ALARM_STEPS] = { "illegal-steps", ALARM_MINOR, EVENT_ILLEGAL_STEP,
			  NULL },
	[ALARM_AUDIT] = { "audit-faults", ALARM_MINOR, EVENT_AUDIT_FAULTS,
			  NULL },
};

struct alarm_info alarm_info(enum alarm_kind kind)
{
	struct alarm_info info = infos[kind];

	if (!info.remedy)
		info.remedy = event_info(info.event)->remedy;
	if (!strncmp(info.remedy, "none", 4))
		info.remedy = NULL;
	return info;
}

const char *alarm_severity_name(enum alarm_severity severity)
{
	static const char *const names[ALARM_SEVERITIES] = {
		[ALARM_MAJOR] = "major",
		[ALARM_MINOR] = "minor",
		[ALARM_NOTICE] = "notice",
	};

	return names[severity];
}

void alarm_init(struct alarms *alarms)
{
	*alarms = (struct alarms){ .begun = 0 };
	TAILQ_INIT(&alarms->now);
	TAILQ_INIT(&alarms->past);
}

static void free_list(struct alarm_list *list)
{
	struct alarm *alarm;

	while ((alarm = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, alarm, link);
		free(alarm);
	}
}

void alarm_free(struct alarms *alarms)
{
	free_list(&alarms->now);
	free_list(&alarms->past);
}

static struct alarm *find(const struct alarms *alarms, enum alarm_kind kind,
			  const char *object)
{
	struct alarm *alarm;

	TAILQ_FOREACH(alarm, &alarms->now, link)
	if (alarm->kind == kind && !strcmp(alarm->object, object))
		return alarm;
	return NULL;
}

static struct alarm *begin(struct alarms *alarms, enum alarm_kind kind,
			   const char *object)
{
	struct alarm *alarm = calloc(1, sizeof *alarm);

	if (!alarm)
		return NULL;
	alarm->kind = kind;
	snprintf(alarm->object, sizeof alarm->object, "%s", object);
	alarm->begin_ms = clock_now_ms();
	alarm->begin_utc_ns = clock_calendar_ns();
	TAILQ_INSERT_TAIL(&alarms->now, alarm, link);
	alarms->begun++;
	return alarm;
}

void alarm_raise(struct alarms *alarms, enum alarm_kind kind,
		 const char *object, const char *fmt, ...)
{
	struct alarm *alarm = find(alarms, kind, object);
	va_list ap;

	if (!alarm)
		alarm = begin(alarms, kind, object);
	if (!alarm)
		return;
	alarm->raised = true;
	va_start(ap, fmt);
	vsnprintf(alarm->text, sizeof alarm->text, fmt, ap);
	va_end(ap);
}

static void end(struct alarms *alarms, struct alarm *alarm)
{
	struct alarm *oldest;

	alarm->end_ms = clock_now_ms();
	TAILQ_REMOVE(&alarms->now, alarm, link);
	TAILQ_INSERT_HEAD(&alarms->past, alarm, link);
	if (++alarms->past_count <= ALARM_PAST_MAX)
		return;
	oldest = TAILQ_LAST(&alarms->past, alarm_list);
	TAILQ_REMOVE(&alarms->past, oldest, link);
	alarms->past_count--;
	free(oldest);
}

void alarm_end_round(struct alarms *alarms)
{
	struct alarm *alarm, *next;

	for (alarm = TAILQ_FIRST(&alarms->now); alarm; alarm = next) {
		next = TAILQ_NEXT(alarm, link);
		if (!alarm->raised)
			end(alarms, alarm);
		alarm->raised = false;
	}
}
