#include "gateway/clock.h"
#include "gateway/commands.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"

#include <stdio.h>

static json_t *utc(uint64_t ns)
{
	char text[32];

	clock_format_utc(ns, text);
	return json_string(text);
}

static json_t *event_of(const struct alarm_info *info)
{
	char text[16];

	snprintf(text, sizeof text, "TG-%04u", event_info(info->event)->number);
	return json_string(text);
}

static json_t *row_of(const struct alarm *alarm)
{
	struct alarm_info info = alarm_info(alarm->kind);
	uint64_t end_ms = alarm->end_ms ? alarm->end_ms : clock_now_ms();
	uint64_t lasted_ms = end_ms - alarm->begin_ms;
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "alarm", json_string(info.name), &lost);
	json_put(object, "severity",
		 json_string(alarm_severity_name(info.severity)), &lost);
	json_put(object, "object", json_text(alarm->object), &lost);
	json_put(object, "text", json_text(alarm->text), &lost);
	json_put(object, "remedy", json_text(info.remedy), &lost);
	json_put(object, "event", event_of(&info), &lost);
	json_put(object, "begin_utc", utc(alarm->begin_utc_ns), &lost);
	json_put(object, "end_utc",
		 alarm->end_ms
			 ? utc(alarm->begin_utc_ns + lasted_ms * NS_PER_MS)
			 : json_null(),
		 &lost);
	json_put(object, "duration_ms", json_count(lasted_ms), &lost);
	return json_whole(object, lost);
}

static void add_severity(json_t *array, const struct alarms *alarms,
			 unsigned severity)
{
	const struct alarm *alarm;

	TAILQ_FOREACH(alarm, &alarms->now, link)
	if (alarm_info(alarm->kind).severity == severity)
		json_array_append_new(array, row_of(alarm));
}

/* The gravest first, of equals the oldest. */
static json_t *present(const struct alarms *alarms)
{
	json_t *array = json_array();

	for (unsigned s = 0; s < ALARM_SEVERITIES; s++)
		add_severity(array, alarms, s);
	return array;
}

json_t *show_alarms(struct gateway *gw, const struct command_line *line)
{
	const struct alarms *alarms = &gw->alarm_watch.alarms;
	const struct alarm *alarm;
	json_t *object = json_object(), *past;
	bool lost = false;

	alarm_watch_look(&gw->alarm_watch);
	json_put(object, "alarms", present(alarms), &lost);
	json_put(object, "begun", json_count(alarms->begun), &lost);
	if (command_get(line, "--history")) {
		past = json_array();
		TAILQ_FOREACH(alarm, &alarms->past, link)
		json_array_append_new(past, row_of(alarm));
		json_put(object, "history", past, &lost);
	}
	return json_whole(object, lost);
}
