#include "dahdi/isdn.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"

#include <string.h>

/* A group's channels, over its spans. */
struct group {
	unsigned spans, up;
	unsigned idle, busy, releasing, out, blocked;
	unsigned drained; /* channels that are idle, and get no call */
	json_t *members;
};

static bool is_member(const struct conf_trunk *trunk, unsigned span)
{
	for (size_t i = 0; i < trunk->member_count; i++)
		if (trunk->members[i]->number == span)
			return true;
	return false;
}

static void add_channel(struct group *group, uint8_t view, bool drained)
{
	switch (view) {
	case CHANNEL_VIEW_IDLE:
		group->idle += !drained;
		group->drained += drained;
		break;
	case CHANNEL_VIEW_BUSY: group->busy++; break;
	case CHANNEL_VIEW_RELEASING: group->releasing++; break;
	case CHANNEL_VIEW_OUT: group->out++; break;
	case CHANNEL_VIEW_BLOCKED: group->blocked++; break;
	default: break;
	}
}

static void look_at_spans(const struct gateway *gw,
			  const struct conf_trunk *trunk, struct group *group)
{
	size_t spans = isdn_span_count(gw->isdn);

	*group = (struct group){ .members = json_array() };
	for (size_t i = 0; i < spans; i++) {
		struct span_info span;
		bool drained;

		isdn_span_info(gw->isdn, i, &span);
		if (!is_member(trunk, span.number))
			continue;
		drained = show_span_drained(gw, span.number, trunk);
		group->spans++;
		group->up += span.in_service;
		json_array_append_new(group->members,
				      json_integer(span.number));
		for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
			add_channel(group, span.channel[t], drained);
	}
}

static const char *hunt_name(enum conf_hunt hunt)
{
	switch (hunt) {
	case CONF_HUNT_LOWEST: return "lowest-first";
	case CONF_HUNT_HIGHEST: return "highest-first";
	case CONF_HUNT_LEAST_USED: return "least-used";
	case CONF_HUNT_MOST_IDLE: return "most-idle";
	default: return "round-robin";
	}
}

static const char *direction_name(enum conf_direction direction)
{
	switch (direction) {
	case CONF_DIRECTION_IN: return "in";
	case CONF_DIRECTION_OUT: return "out";
	default: return "both";
	}
}

static json_t *trunk_of(const struct gateway *gw, size_t index)
{
	const struct conf_trunk *trunk = &gw->conf->trunks[index];
	json_t *object = json_object();
	struct stats_row row;
	struct group group;
	bool lost = false;

	look_at_spans(gw, trunk, &group);
	stats_trunk(gw->stats, trunk->name, &row);
	json_put(object, "trunk_group", json_text(trunk->name), &lost);
	json_put(object, "hunt", json_string(hunt_name(trunk->hunt)), &lost);
	json_put(object, "direction",
		 json_string(direction_name(trunk->direction)), &lost);
	json_put(object, "reserve", json_integer(trunk->reserve), &lost);
	json_put(object, "spans", group.members, &lost);
	json_put(object, "spans_up", json_integer(group.up), &lost);
	json_put(object, "idle", json_integer(group.idle), &lost);
	json_put(object, "drained", json_integer(group.drained), &lost);
	json_put(object, "busy", json_integer(group.busy), &lost);
	json_put(object, "releasing", json_integer(group.releasing), &lost);
	json_put(object, "out", json_integer(group.out), &lost);
	json_put(object, "blocked", json_integer(group.blocked), &lost);
	show_drain_of(object, gw, DRAIN_TRUNK, trunk->name, &lost);
	json_put(object, "counts", show_counts(&row), &lost);
	return json_whole(object, lost);
}

json_t *show_trunks(struct gateway *gw, const struct command_line *line)
{
	static const struct show_filter filter = { "TRUNK", "trunk_groups",
						   "trunk_group",
						   "trunk-group" };
	json_t *array = json_array();

	for (size_t i = 0; i < gw->conf->trunk_count; i++)
		json_array_append_new(array, trunk_of(gw, i));
	return show_only(json_pack("{s:o}", "trunk_groups", array), line,
			 &filter);
}
