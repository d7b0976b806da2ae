#include "dahdi/channel.h"

#include <stdio.h>

static const char *const state_names[CHANNEL_STATES] = {
	[CHANNEL_OUT] = "out of service",  [CHANNEL_IDLE] = "idle",
	[CHANNEL_SEIZED] = "seized",	   [CHANNEL_IN_USE] = "in use",
	[CHANNEL_RELEASING] = "releasing", [CHANNEL_DRAINING] = "draining",
};

static const char *const event_names[CHANNEL_EVENTS] = {
	[CHANNEL_SEIZE] = "SEIZE", [CHANNEL_CONFIRM] = "CONFIRM",
	[CHANNEL_CLEAR] = "CLEAR", [CHANNEL_FREE] = "FREE",
	[CHANNEL_GO_OUT] = "OUT",  [CHANNEL_GO_IN] = "IN",
};

static const struct fsm_row rows[] = {
	FSM_ROW(CHANNEL_IDLE, CHANNEL_SEIZE, CHANNEL_SEIZED, NULL),
	FSM_NEVER(FSM_ANY, CHANNEL_SEIZE),

	FSM_ROW(CHANNEL_SEIZED, CHANNEL_CONFIRM, CHANNEL_IN_USE, NULL),
	FSM_IGNORED(CHANNEL_IN_USE, CHANNEL_CONFIRM),
	FSM_IGNORED(CHANNEL_RELEASING, CHANNEL_CONFIRM),
	FSM_IGNORED(CHANNEL_DRAINING, CHANNEL_CONFIRM),
	FSM_NEVER(FSM_ANY, CHANNEL_CONFIRM),

	FSM_ROW(CHANNEL_SEIZED, CHANNEL_CLEAR, CHANNEL_RELEASING, NULL),
	FSM_ROW(CHANNEL_IN_USE, CHANNEL_CLEAR, CHANNEL_RELEASING, NULL),
	FSM_IGNORED(CHANNEL_RELEASING, CHANNEL_CLEAR),
	FSM_IGNORED(CHANNEL_DRAINING, CHANNEL_CLEAR),
	FSM_NEVER(FSM_ANY, CHANNEL_CLEAR),

	FSM_ROW(CHANNEL_SEIZED, CHANNEL_FREE, CHANNEL_IDLE, NULL),
	FSM_ROW(CHANNEL_IN_USE, CHANNEL_FREE, CHANNEL_IDLE, NULL),
	FSM_ROW(CHANNEL_RELEASING, CHANNEL_FREE, CHANNEL_IDLE, NULL),
	FSM_ROW(CHANNEL_DRAINING, CHANNEL_FREE, CHANNEL_OUT, NULL),
	FSM_NEVER(FSM_ANY, CHANNEL_FREE),

	FSM_ROW(CHANNEL_IDLE, CHANNEL_GO_OUT, CHANNEL_OUT, NULL),
	FSM_ROW(CHANNEL_SEIZED, CHANNEL_GO_OUT, CHANNEL_DRAINING, NULL),
	FSM_ROW(CHANNEL_IN_USE, CHANNEL_GO_OUT, CHANNEL_DRAINING, NULL),
	FSM_ROW(CHANNEL_RELEASING, CHANNEL_GO_OUT, CHANNEL_DRAINING, NULL),
	FSM_IGNORED(FSM_ANY, CHANNEL_GO_OUT),

	FSM_ROW(CHANNEL_OUT, CHANNEL_GO_IN, CHANNEL_IDLE, NULL),
	FSM_ROW(CHANNEL_DRAINING, CHANNEL_GO_IN, CHANNEL_IN_USE, NULL),
	FSM_IGNORED(FSM_ANY, CHANNEL_GO_IN),
};

const struct fsm_desc channel_fsm_desc =
	FSM_DESC("channel", state_names, event_names, rows);

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
