#include "dahdi/channel.h"

#include <stdio.h>

static const char *const state_names[] = {
	[CHANNEL_OUT] = "out of service",  [CHANNEL_IDLE] = "idle",
	[CHANNEL_SEIZED] = "seized",	   [CHANNEL_IN_USE] = "in use",
	[CHANNEL_RELEASING] = "releasing", [CHANNEL_DRAINING] = "draining",
};

static const char *const event_names[] = {
	[CHANNEL_SEIZE] = "SEIZE", [CHANNEL_CONFIRM] = "CONFIRM",
	[CHANNEL_CLEAR] = "CLEAR", [CHANNEL_FREE] = "FREE",
	[CHANNEL_GO_OUT] = "OUT",  [CHANNEL_GO_IN] = "IN",
};

#define TO(state, event, next)                   \
	{                                        \
		state, event, next, FSM_DO, NULL \
	}
#define IGNORE(state, event)                             \
	{                                                \
		state, event, FSM_SAME, FSM_IGNORE, NULL \
	}
#define ILLEGAL(state, event)                             \
	{                                                 \
		state, event, FSM_SAME, FSM_ILLEGAL, NULL \
	}

static const struct fsm_row rows[] = {
	TO(CHANNEL_IDLE, CHANNEL_SEIZE, CHANNEL_SEIZED),
	ILLEGAL(FSM_ANY, CHANNEL_SEIZE),

	TO(CHANNEL_SEIZED, CHANNEL_CONFIRM, CHANNEL_IN_USE),
	IGNORE(CHANNEL_IN_USE, CHANNEL_CONFIRM),
	IGNORE(CHANNEL_RELEASING, CHANNEL_CONFIRM),
	IGNORE(CHANNEL_DRAINING, CHANNEL_CONFIRM),
	ILLEGAL(FSM_ANY, CHANNEL_CONFIRM),

	TO(CHANNEL_SEIZED, CHANNEL_CLEAR, CHANNEL_RELEASING),
	TO(CHANNEL_IN_USE, CHANNEL_CLEAR, CHANNEL_RELEASING),
	IGNORE(CHANNEL_RELEASING, CHANNEL_CLEAR),
	IGNORE(CHANNEL_DRAINING, CHANNEL_CLEAR),
	ILLEGAL(FSM_ANY, CHANNEL_CLEAR),

	TO(CHANNEL_SEIZED, CHANNEL_FREE, CHANNEL_IDLE),
	TO(CHANNEL_IN_USE, CHANNEL_FREE, CHANNEL_IDLE),
	TO(CHANNEL_RELEASING, CHANNEL_FREE, CHANNEL_IDLE),
	TO(CHANNEL_DRAINING, CHANNEL_FREE, CHANNEL_OUT),
	ILLEGAL(FSM_ANY, CHANNEL_FREE),

	TO(CHANNEL_IDLE, CHANNEL_GO_OUT, CHANNEL_OUT),
	TO(CHANNEL_SEIZED, CHANNEL_GO_OUT, CHANNEL_DRAINING),
	TO(CHANNEL_IN_USE, CHANNEL_GO_OUT, CHANNEL_DRAINING),
	TO(CHANNEL_RELEASING, CHANNEL_GO_OUT, CHANNEL_DRAINING),
	IGNORE(FSM_ANY, CHANNEL_GO_OUT),

	TO(CHANNEL_OUT, CHANNEL_GO_IN, CHANNEL_IDLE),
	TO(CHANNEL_DRAINING, CHANNEL_GO_IN, CHANNEL_IN_USE),
	IGNORE(FSM_ANY, CHANNEL_GO_IN),
};

const struct fsm_desc channel_fsm_desc = {
	.name = "channel",
	.state_names = state_names,
	.event_names = event_names,
	.state_count = CHANNEL_STATES,
	.event_count = CHANNEL_EVENTS,
	.rows = rows,
	.row_count = sizeof rows / sizeof rows[0],
};

void channel_init(struct channel *channel, unsigned span, unsigned number)
{
	channel->number = number;
	snprintf(channel->name, sizeof channel->name, "span=%u/%u", span,
		 number);
	fsm_init(&channel->fsm, &channel_fsm_desc, CHANNEL_OUT, channel->name,
		 channel);
}

int channel_event(struct channel *channel, enum channel_event event)
{
	return fsm_dispatch(&channel->fsm, event, NULL);
}

bool channel_is_idle(const struct channel *channel)
{
	return channel->fsm.state == CHANNEL_IDLE;
}
