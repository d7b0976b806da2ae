#include "dahdi/hunt.h"

#include <errno.h>

static int pick_lowest(const struct hunt_span *spans, size_t span_count,
		       struct hunt_position *position)
{
	for (size_t s = 0; s < span_count; s++) {
		if (!spans[s].idle)
			continue;
		position->span = s;
		position->channel = (unsigned)__builtin_ctz(spans[s].idle);
		return 0;
	}
	return -EBUSY;
}

static int pick_highest(const struct hunt_span *spans, size_t span_count,
			struct hunt_position *position)
{
	for (size_t s = span_count; s-- > 0;) {
		if (!spans[s].idle)
			continue;
		position->span = s;
		position->channel = 31 - (unsigned)__builtin_clz(spans[s].idle);
		return 0;
	}
	return -EBUSY;
}

/* The first after the last choice, around all members and back to it. */
static int pick_next(const struct hunt_span *spans, size_t span_count,
		     struct hunt_position *position)
{
	size_t s = position->span < span_count ? position->span : 0;
	unsigned from = position->channel + 1;

	for (size_t turn = 0; turn <= span_count; turn++) {
		uint32_t idle = spans[s].idle;

		if (from < HUNT_TIMESLOTS && idle >> from << from) {
			idle = idle >> from << from;
			position->span = s;
			position->channel = (unsigned)__builtin_ctz(idle);
			return 0;
		}
		s = (s + 1) % span_count;
		from = 0;
	}
	return -EBUSY;
}

/* The members from the end that is hunted first. */
static size_t member_at(const struct hunt_rule *rule, size_t turn, size_t count)
{
	return rule->end == CONF_HUNT_HIGHEST ? count - 1 - turn : turn;
}

static unsigned channel_at(const struct hunt_rule *rule, unsigned turn)
{
	return rule->end == CONF_HUNT_HIGHEST ? HUNT_TIMESLOTS - 1 - turn
					      : turn;
}

static int pick_least_used(const struct hunt_rule *rule,
			   const struct hunt_span *spans, size_t span_count,
			   struct hunt_position *position)
{
	struct hunt_position within = { 0 };
	size_t best = span_count;

	for (size_t turn = 0; turn < span_count; turn++) {
		size_t s = member_at(rule, turn, span_count);

		if (spans[s].idle &&
		    (best == span_count || spans[s].busy < spans[best].busy))
			best = s;
	}
	if (best == span_count)
		return -EBUSY;
	if (rule->end == CONF_HUNT_HIGHEST)
		pick_highest(&spans[best], 1, &within);
	else
		pick_lowest(&spans[best], 1, &within);
	position->span = best;
	position->channel = within.channel;
	return 0;
}

static int pick_most_idle(const struct hunt_rule *rule,
			  const struct hunt_span *spans, size_t span_count,
			  struct hunt_position *position)
{
	uint64_t oldest = UINT64_MAX;
	int err = -EBUSY;

	for (size_t turn = 0; turn < span_count; turn++) {
		size_t s = member_at(rule, turn, span_count);

		for (unsigned t = 0; t < HUNT_TIMESLOTS; t++) {
			unsigned c = channel_at(rule, t);

			if (!(spans[s].idle >> c & 1) ||
			    spans[s].idle_ms[c] >= oldest)
				continue;
			oldest = spans[s].idle_ms[c];
			position->span = s;
			position->channel = c;
			err = 0;
		}
	}
	return err;
}

unsigned hunt_idle(const struct hunt_span *spans, size_t span_count)
{
	unsigned idle = 0;

	for (size_t s = 0; s < span_count; s++)
		idle += (unsigned)__builtin_popcount(spans[s].idle);
	return idle;
}

struct hunt_rule hunt_rule_of(const struct conf_trunk *trunk, bool emergency)
{
	return (struct hunt_rule){ .order = trunk->hunt,
				   .end = trunk->hunt_end,
				   .reserve = emergency ? 0 : trunk->reserve };
}

int hunt_pick(const struct hunt_rule *rule, const struct hunt_span *spans,
	      size_t span_count, struct hunt_position *position)
{
	if (hunt_idle(spans, span_count) <= rule->reserve)
		return -EBUSY;
	switch (rule->order) {
	case CONF_HUNT_HIGHEST:
		return pick_highest(spans, span_count, position);
	case CONF_HUNT_ROUND_ROBIN:
		return pick_next(spans, span_count, position);
	case CONF_HUNT_LEAST_USED:
		return pick_least_used(rule, spans, span_count, position);
	case CONF_HUNT_MOST_IDLE:
		return pick_most_idle(rule, spans, span_count, position);
	case CONF_HUNT_LOWEST:
	default: return pick_lowest(spans, span_count, position);
	}
}
