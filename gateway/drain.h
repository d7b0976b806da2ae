/* What is being emptied of calls, so that it can be worked on.
 *
 * A span, a trunk group, a sip-peer or all of them: what is drained takes no
 * new call in either direction, emergency calls apart, and those that run go
 * to their end or to the time-out. One place for each object, found by its
 * name: the configuration may change under it. Pure bookkeeping; calls are
 * counted and released by drain_ops. */
#ifndef TOLLGATE_DRAIN_H
#define TOLLGATE_DRAIN_H

#include "gateway/fsm.h"
#include "gateway/timer.h"

#include <stdbool.h>
#include <sys/queue.h>

#define DRAIN_NAME_MAX 64

enum drain_kind {
	DRAIN_ALL, /* its name is "" */
	DRAIN_SPAN,
	DRAIN_TRUNK,
	DRAIN_PEER,
	DRAIN_KINDS
};

enum drain_state {
	DRAIN_ACTIVE,	/* takes calls */
	DRAIN_DRAINING, /* takes none, some still run */
	DRAIN_DRAINED,	/* has none */
	DRAIN_STATES
};

enum drain_event {
	DRAIN_BEGIN,
	DRAIN_EMPTY,  /* its last call is over */
	DRAIN_CALLED, /* an emergency call has come */
	DRAIN_EXPIRED,
	DRAIN_END,
	DRAIN_EVENTS
};

struct drain_set;

struct drain {
	TAILQ_ENTRY(drain) link;
	struct drain_set *set;
	enum drain_kind kind;
	char name[DRAIN_NAME_MAX];
	char object[DRAIN_NAME_MAX + 16];  /* "trunk-group city" */
	char log_name[DRAIN_NAME_MAX + 8]; /* "trunk=city", "all" */
	struct fsm fsm;
	struct timer timer;
	uint32_t timeout_ms;		/* 0: none */
	uint64_t since_ms, deadline_ms; /* clock_now_ms() */
};

TAILQ_HEAD(drain_list, drain);

struct drain_ops {
	/* Whether the configuration has it. */
	bool (*exists)(void *ctx, enum drain_kind kind, const char *name);
	/* Calls that concern it now; it need not count on from `enough`. */
	unsigned (*calls)(void *ctx, enum drain_kind kind, const char *name,
			  unsigned enough);
	/* Its time is over: releases those that are no emergency calls. */
	void (*release)(void *ctx, enum drain_kind kind, const char *name);
	/* It takes calls no more, or again. */
	void (*changed)(void *ctx, enum drain_kind kind, const char *name,
			bool drained);
};

/* Embedded in its owner. All zero is an empty one that can be asked. */
struct drain_set {
	struct drain_list list; /* oldest first */
	struct timers *timers;
	const struct drain_ops *ops;
	void *ctx;
};

/* The state table, for the test that walks it. */
extern const struct fsm_desc drain_fsm_desc;

void drain_init(struct drain_set *set, struct timers *timers,
		const struct drain_ops *ops, void *ctx);
/* Forgets all, telling nobody. */
void drain_clear(struct drain_set *set);

/* Begins, or gives what drains already another time-out. `timeout_ms` 0: it
 * waits for ever. 0 with *out, which may be NULL; -ENOENT: not configured;
 * -ENOMEM. */
int drain_begin(struct drain_set *set, enum drain_kind kind, const char *name,
		uint32_t timeout_ms, struct drain **out);
/* Takes calls again. 0; -ENOENT: it was not drained. */
int drain_end(struct drain_set *set, enum drain_kind kind, const char *name);

/* NULL: it takes calls. */
const struct drain *drain_find(const struct drain_set *set,
			       enum drain_kind kind, const char *name);
enum drain_state drain_state_of(const struct drain_set *set,
				enum drain_kind kind, const char *name);
unsigned drain_calls(const struct drain *drain);

/* To be called when a call has begun or ended. */
void drain_check(struct drain_set *set);
/* The configuration is another: what it has no more is forgotten. */
void drain_configured(struct drain_set *set);

/* "all", "span", "trunk", "peer", as the command has them. */
const char *drain_kind_name(enum drain_kind kind);
/* "active", "draining", "drained" */
const char *drain_state_name(enum drain_state state);

#endif
