#include "dahdi/hunt.h"

#include <errno.h>

#define TIMESLOTS_END 32

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

		if (from < TIMESLOTS_END && idle >> from << from) {
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

int hunt_pick(enum conf_hunt order, const struct hunt_span *spans,
	      size_t span_count, struct hunt_position *position)
{
	if (!span_count)
		return -EBUSY;
	switch (order) {
	case CONF_HUNT_HIGHEST:
		return pick_highest(spans, span_count, position);
	case CONF_HUNT_ROUND_ROBIN:
		return pick_next(spans, span_count, position);
	case CONF_HUNT_LOWEST:
	default: return pick_lowest(spans, span_count, position);
	}
}
