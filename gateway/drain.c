#include "gateway/drain.h"

#include "gateway/clock.h"
#include "gateway/event.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The command's word, which is the log's key too, and the block's. */
static const struct {
	const char *command, *block;
} kinds[DRAIN_KINDS] = {
	[DRAIN_ALL] = { "all", "all" },
	[DRAIN_SPAN] = { "span", "span" },
	[DRAIN_TRUNK] = { "trunk", "trunk-group" },
	[DRAIN_PEER] = { "peer", "sip-peer" },
};

const char *drain_kind_name(enum drain_kind kind)
{
	return kinds[kind].command;
}

static unsigned long long seconds_since(uint64_t since_ms)
{
	return (clock_now_ms() - since_ms) / 1000;
}

static void start_timeout(struct drain *drain)
{
	timer_stop(&drain->timer);
	drain->deadline_ms = 0;
	if (!drain->timeout_ms)
		return;
	drain->deadline_ms = clock_now_ms() + drain->timeout_ms;
	timer_start(drain->set->timers, &drain->timer, drain->timeout_ms);
}

static void do_begin(void *obj, const void *arg)
{
	struct drain *drain = obj;
	struct drain_set *set = drain->set;

	(void)arg;
	drain->since_ms = clock_now_ms();
	set->ops->changed(set->ctx, drain->kind, drain->name, true);
	start_timeout(drain);
	log_event(
		EVENT_DRAIN_BEGUN, drain->log_name,
		"calls=%u drained by the operator: no new calls, %u running%s",
		drain_calls(drain), drain_calls(drain),
		drain->timeout_ms ? " until the time-out" : "");
}

static void do_again(void *obj, const void *arg)
{
	const struct drain *drain = obj;

	(void)arg;
	start_timeout(obj);
	if (drain->timeout_ms)
		log_event(EVENT_DRAIN_BEGUN, drain->log_name,
			  "drained by the operator with another time-out: %u s",
			  drain->timeout_ms / 1000);
	else
		log_event(EVENT_DRAIN_BEGUN, drain->log_name,
			  "drained by the operator, now without a time-out");
}

static void do_empty(void *obj, const void *arg)
{
	struct drain *drain = obj;

	(void)arg;
	timer_stop(&drain->timer);
	drain->deadline_ms = 0;
	log_event(EVENT_DRAIN_EMPTY, drain->log_name,
		  "dur=%llu drained after %llu s: no call is left",
		  seconds_since(drain->since_ms),
		  seconds_since(drain->since_ms));
}

static void do_called(void *obj, const void *arg)
{
	const struct drain *drain = obj;

	(void)arg;
	log_event(EVENT_DRAIN_EMERGENCY, drain->log_name,
		  "an emergency call has come, though it is drained");
}

static void do_expired(void *obj, const void *arg)
{
	struct drain *drain = obj;
	struct drain_set *set = drain->set;

	(void)arg;
	drain->deadline_ms = 0;
	log_event(EVENT_DRAIN_EXPIRED, drain->log_name,
		  "calls=%u not drained within %u s: %u calls left; all but "
		  "emergency calls are released",
		  drain_calls(drain), drain->timeout_ms / 1000,
		  drain_calls(drain));
	set->ops->release(set->ctx, drain->kind, drain->name);
}

static void do_end(void *obj, const void *arg)
{
	struct drain *drain = obj;
	struct drain_set *set = drain->set;

	(void)arg;
	timer_stop(&drain->timer);
	log_event(EVENT_DRAIN_ENDED, drain->log_name, "takes calls again");
	set->ops->changed(set->ctx, drain->kind, drain->name, false);
}

static const char *const state_names[DRAIN_STATES] = {
	[DRAIN_ACTIVE] = "active",
	[DRAIN_DRAINING] = "draining",
	[DRAIN_DRAINED] = "drained",
};

static const char *const event_names[DRAIN_EVENTS] = {
	[DRAIN_BEGIN] = "BEGIN",   [DRAIN_EMPTY] = "EMPTY",
	[DRAIN_CALLED] = "CALLED", [DRAIN_EXPIRED] = "EXPIRED",
	[DRAIN_END] = "END",
};

static const struct fsm_row rows[] = {
	FSM_ROW(DRAIN_ACTIVE, DRAIN_BEGIN, DRAIN_DRAINING, do_begin),
	FSM_STAY(DRAIN_DRAINING, DRAIN_BEGIN, do_again),
	FSM_IGNORED(DRAIN_DRAINED, DRAIN_BEGIN),

	FSM_ROW(DRAIN_DRAINING, DRAIN_EMPTY, DRAIN_DRAINED, do_empty),
	FSM_NEVER(FSM_ANY, DRAIN_EMPTY),

	FSM_ROW(DRAIN_DRAINED, DRAIN_CALLED, DRAIN_DRAINING, do_called),
	FSM_NEVER(FSM_ANY, DRAIN_CALLED),

	FSM_STAY(DRAIN_DRAINING, DRAIN_EXPIRED, do_expired),
	FSM_NEVER(FSM_ANY, DRAIN_EXPIRED),

	FSM_ROW(DRAIN_DRAINING, DRAIN_END, DRAIN_ACTIVE, do_end),
	FSM_ROW(DRAIN_DRAINED, DRAIN_END, DRAIN_ACTIVE, do_end),
	FSM_NEVER(FSM_ANY, DRAIN_END),
};

const struct fsm_desc drain_fsm_desc =
	FSM_DESC("drain", state_names, event_names, rows);

const char *drain_state_name(enum drain_state state)
{
	return state_names[state];
}

void drain_init(struct drain_set *set, struct timers *timers,
		const struct drain_ops *ops, void *ctx)
{
	*set = (struct drain_set){ .timers = timers, .ops = ops, .ctx = ctx };
	TAILQ_INIT(&set->list);
}

static void forget(struct drain *drain)
{
	TAILQ_REMOVE(&drain->set->list, drain, link);
	timer_stop(&drain->timer);
	free(drain);
}

void drain_clear(struct drain_set *set)
{
	struct drain *drain;

	while ((drain = TAILQ_FIRST(&set->list)))
		forget(drain);
}

static struct drain *find(const struct drain_set *set, enum drain_kind kind,
			  const char *name)
{
	struct drain *drain;

	TAILQ_FOREACH(drain, &set->list, link)
	if (drain->kind == kind && !strcmp(drain->name, name))
		return drain;
	return NULL;
}

const struct drain *drain_find(const struct drain_set *set,
			       enum drain_kind kind, const char *name)
{
	return find(set, kind, name);
}

enum drain_state drain_state_of(const struct drain_set *set,
				enum drain_kind kind, const char *name)
{
	const struct drain *drain = find(set, kind, name);

	return drain ? (enum drain_state)drain->fsm.state : DRAIN_ACTIVE;
}

unsigned drain_calls(const struct drain *drain)
{
	const struct drain_set *set = drain->set;

	return set->ops->calls(set->ctx, drain->kind, drain->name, UINT_MAX);
}

static void expired(void *arg)
{
	struct drain *drain = arg;

	fsm_dispatch(&drain->fsm, DRAIN_EXPIRED, NULL);
}

static struct drain *drain_new(struct drain_set *set, enum drain_kind kind,
			       const char *name)
{
	struct drain *drain = calloc(1, sizeof *drain);

	if (!drain)
		return NULL;
	drain->set = set;
	drain->kind = kind;
	snprintf(drain->name, sizeof drain->name, "%s", name);
	snprintf(drain->object, sizeof drain->object, "%s%s%s",
		 kinds[kind].block, *name ? " " : "", drain->name);
	snprintf(drain->log_name, sizeof drain->log_name, "%s%s%s",
		 kinds[kind].command, *name ? "=" : "", drain->name);
	timer_init(&drain->timer, "drain", expired, drain);
	timer_of(&drain->timer, drain->log_name);
	fsm_init(&drain->fsm, &drain_fsm_desc, DRAIN_ACTIVE, drain->log_name,
		 drain);
	TAILQ_INSERT_TAIL(&set->list, drain, link);
	return drain;
}

/* As many calls may end in one event as there are, and each asks: the first
 * that is found is enough. */
static void check(struct drain *drain)
{
	const struct drain_set *set = drain->set;
	bool calls = set->ops->calls(set->ctx, drain->kind, drain->name, 1);

	if (drain->fsm.state == DRAIN_DRAINING && !calls)
		fsm_dispatch(&drain->fsm, DRAIN_EMPTY, NULL);
	else if (drain->fsm.state == DRAIN_DRAINED && calls)
		fsm_dispatch(&drain->fsm, DRAIN_CALLED, NULL);
}

void drain_check(struct drain_set *set)
{
	struct drain *drain;

	TAILQ_FOREACH(drain, &set->list, link)
	check(drain);
}

int drain_begin(struct drain_set *set, enum drain_kind kind, const char *name,
		uint32_t timeout_ms, struct drain **out)
{
	struct drain *drain = find(set, kind, name);

	if (!drain) {
		if (!set->ops->exists(set->ctx, kind, name))
			return -ENOENT;
		drain = drain_new(set, kind, name);
	}
	if (!drain)
		return -ENOMEM;
	drain->timeout_ms = timeout_ms;
	fsm_dispatch(&drain->fsm, DRAIN_BEGIN, NULL);
	check(drain);
	if (out)
		*out = drain;
	return 0;
}

int drain_end(struct drain_set *set, enum drain_kind kind, const char *name)
{
	struct drain *drain = find(set, kind, name);

	if (!drain)
		return -ENOENT;
	fsm_dispatch(&drain->fsm, DRAIN_END, NULL);
	forget(drain);
	return 0;
}

void drain_configured(struct drain_set *set)
{
	struct drain *drain, *next;

	for (drain = TAILQ_FIRST(&set->list); drain; drain = next) {
		next = TAILQ_NEXT(drain, link);
		if (set->ops->exists(set->ctx, drain->kind, drain->name))
			continue;
		log_event(EVENT_DRAIN_ENDED, drain->log_name,
			  "was drained and is configured no more");
		/* It may come back by another configuration. */
		set->ops->changed(set->ctx, drain->kind, drain->name, false);
		forget(drain);
	}
}
