#include "dahdi/channel.h"

#include "gateway/clock.h"

#include <stdio.h>

static const char *const state_names[CHANNEL_STATES] = {
	[CHANNEL_OUT] = "out of service",    [CHANNEL_IDLE] = "idle",
	[CHANNEL_SEIZED] = "seized",	     [CHANNEL_IN_USE] = "in use",
	[CHANNEL_RELEASING] = "releasing",   [CHANNEL_DRAINING] = "draining",
	[CHANNEL_RESTARTING] = "restarting", [CHANNEL_OWED] = "restart owed",
};

static const char *const event_names[CHANNEL_EVENTS] = {
	[CHANNEL_SEIZE] = "SEIZE",     [CHANNEL_CONFIRM] = "CONFIRM",
	[CHANNEL_CLEAR] = "CLEAR",     [CHANNEL_FREE] = "FREE",
	[CHANNEL_RESTART] = "RESTART", [CHANNEL_RESTARTED] = "RESTARTED",
	[CHANNEL_OWE] = "OWE",	       [CHANNEL_GO_OUT] = "OUT",
	[CHANNEL_GO_IN] = "IN",
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

	FSM_ROW(CHANNEL_IDLE, CHANNEL_RESTART, CHANNEL_RESTARTING, NULL),
	FSM_ROW(CHANNEL_SEIZED, CHANNEL_RESTART, CHANNEL_RESTARTING, NULL),
	FSM_ROW(CHANNEL_IN_USE, CHANNEL_RESTART, CHANNEL_RESTARTING, NULL),
	FSM_ROW(CHANNEL_RELEASING, CHANNEL_RESTART, CHANNEL_RESTARTING, NULL),
	FSM_ROW(CHANNEL_DRAINING, CHANNEL_RESTART, CHANNEL_OWED, NULL),
	FSM_ROW(CHANNEL_OWED, CHANNEL_RESTART, CHANNEL_RESTARTING, NULL),
	FSM_NEVER(FSM_ANY, CHANNEL_RESTART),

	FSM_ROW(CHANNEL_RESTARTING, CHANNEL_RESTARTED, CHANNEL_IDLE, NULL),
	FSM_ROW(CHANNEL_OWED, CHANNEL_RESTARTED, CHANNEL_OUT, NULL),
	FSM_IGNORED(FSM_ANY, CHANNEL_RESTARTED),

	FSM_ROW(CHANNEL_OUT, CHANNEL_OWE, CHANNEL_OWED, NULL),
	FSM_NEVER(FSM_ANY, CHANNEL_OWE),

	/* The peer may not have heard it, nor have had time to answer. */
	FSM_ROW(CHANNEL_RESTARTING, CHANNEL_GO_OUT, CHANNEL_OWED, NULL),
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
	channel->since_ms = clock_now_ms();
	channel->restarts = channel->setups = 0;
	channel->blocked = false;
	snprintf(channel->name, sizeof channel->name, "span=%u/%u", span,
		 number);
	fsm_init(&channel->fsm, &channel_fsm_desc, CHANNEL_OUT, channel->name,
		 channel);
}

int channel_event(struct channel *channel, enum channel_event event)
{
	uint8_t old = channel->fsm.state;
	int err = fsm_dispatch(&channel->fsm, event, NULL);

	if (channel->fsm.state != old) {
		channel->since_ms = clock_now_ms();
		channel->restarts = channel->setups = 0;
	}
	return err;
}

bool channel_is_idle(const struct channel *channel)
{
	return channel->fsm.state == CHANNEL_IDLE && !channel->blocked;
}

bool channel_has_call(const struct channel *channel)
{
	switch (channel->fsm.state) {
	case CHANNEL_SEIZED:
	case CHANNEL_IN_USE:
	case CHANNEL_RELEASING:
	case CHANNEL_DRAINING: return true;
	default: return false;
	}
}
