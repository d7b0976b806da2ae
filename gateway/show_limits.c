#include "gateway/cause.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"

#include <stdio.h>

/* More than a person reads, and less than an answer may hold. Those that are
 * used or have refused a call come first. */
#define ROWS_MAX 500

struct rows {
	struct gateway *gw;
	struct limit_now now;
	json_t *array;
	unsigned left_out;
};

static const char *unit_name(enum conf_limit_unit unit)
{
	switch (unit) {
	case CONF_LIMIT_CALLS: return "calls";
	case CONF_LIMIT_RATE: return "calls/s";
	case CONF_LIMIT_MINUTES:
	default: return "min/day";
	}
}

static json_t *row_of(const struct conf_limits *limits,
		      const struct conf_limit *limit,
		      const struct limit_use *use)
{
	json_t *object = json_object();
	char text[40], place[300];
	bool lost = false;

	limit_format(limit, text, sizeof text);
	snprintf(place, sizeof place, "%s:%u", limit->place.file,
		 limit->place.line);
	json_put(object, "of", json_text(limits->name), &lost);
	json_put(object, "limit", json_text(text), &lost);
	json_put(object, "most", json_integer(limit->amount), &lost);
	json_put(object, "unit", json_string(unit_name(limit->unit)), &lost);
	json_put(object, "per_caller", json_boolean(limit->per_caller), &lost);
	json_put(object, "used", json_integer(use->used), &lost);
	json_put(object, "callers", json_integer(use->callers), &lost);
	json_put(object, "caller",
		 limit->per_caller && use->used ? json_text(use->caller)
						: json_null(),
		 &lost);
	json_put(object, "refused", json_count(use->refused), &lost);
	json_put(object, "place", json_text(place), &lost);
	return json_whole(object, lost);
}

/* What a call of `caller` would meet. */
static void put_caller(json_t *row, struct gateway *gw,
		       const struct conf_limits *limits,
		       const struct conf_limit *limit,
		       const struct show_caller *caller)
{
	const struct limit_now now =
		limit_clock_now(&gw->limit_clock, gw->conf->gateway.time_zone);
	struct leg_cause cause =
		caller->at_trunk ? cause_from_event(CAUSE_EVENT_NO_CHANNEL)
				 : limit_cause(limit);
	bool lost = false;

	json_put(row, "caller_used",
		 limit->per_caller
			 ? json_integer(limit_used_by(gw->limits, limits, limit,
						      caller->number, &now))
			 : json_null(),
		 &lost);
	json_put(row, "status", json_integer(cause_to_sip(&cause).status),
		 &lost);
	json_put(row, "cause", json_integer(cause.q850), &lost);
}

json_t *show_limits_of(struct gateway *gw, const struct conf_limits *limits,
		       const struct show_caller *caller)
{
	const struct limit_now now =
		limit_clock_now(&gw->limit_clock, gw->conf->gateway.time_zone);
	json_t *array = json_array();

	for (size_t l = 0; l < limits->count; l++) {
		const struct conf_limit *limit = &limits->limit[l];
		struct limit_use use;
		json_t *row;

		limit_look(gw->limits, limits, limit, &now, &use);
		row = row_of(limits, limit, &use);
		if (row)
			put_caller(row, gw, limits, limit, caller);
		json_array_append_new(array, row);
	}
	return array;
}

static void add_rows(struct rows *rows, bool used)
{
	const struct conf *conf = rows->gw->conf;

	for (size_t i = 0; i < conf->limits_count; i++) {
		const struct conf_limits *limits = conf->limits[i];

		for (size_t l = 0; l < limits->count; l++) {
			struct limit_use use;

			limit_look(rows->gw->limits, limits, &limits->limit[l],
				   &rows->now, &use);
			if ((use.used || use.refused) != used)
				continue;
			if (json_array_size(rows->array) >= ROWS_MAX)
				rows->left_out++;
			else
				json_array_append_new(rows->array,
						      row_of(limits,
							     &limits->limit[l],
							     &use));
		}
	}
}

json_t *show_limits(struct gateway *gw, const struct command_line *line)
{
	const char *zone = gw->conf->gateway.time_zone;
	struct rows rows = { .gw = gw,
			     .now = limit_clock_now(&gw->limit_clock, zone),
			     .array = json_array() };

	(void)line;
	add_rows(&rows, true);
	add_rows(&rows, false);
	return json_pack("{s:o, s:i, s:s, s:i, s:i, s:I}", "limits", rows.array,
			 "left_out", (int)rows.left_out, "time_zone",
			 *zone ? zone : "UTC", "callers",
			 (int)limit_callers(gw->limits), "callers_max",
			 LIMIT_CALLERS_MAX, "forgotten",
			 (json_int_t)limit_forgotten(gw->limits));
}
