#include "gateway/limit.h"

#include "gateway/call_fsm.h"
#include "gateway/cause.h"

#include <assert.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define SIP_FORBIDDEN 403
#define SLOT_MS 100
/* Those of a whole second and the one that runs. */
#define SLOTS 11
#define MINUTE_MS 60000

struct limit_scope;

struct limit_counter {
	struct limit_scope *scope;
	LIST_ENTRY(limit_counter) of_scope;
	TAILQ_ENTRY(limit_counter) idle;
	char caller[LIMIT_CALLER_MAX];
	bool per_caller; /* one of many; else that of the scope itself */
	bool is_idle;	 /* in one of the lists, see list_of() */
	unsigned calls, talking;
	uint16_t begun[SLOTS];
	uint64_t slot;	     /* of begun[slot % SLOTS] */
	uint64_t charged_ms; /* of `day` */
	uint64_t at_ms;	     /* charged up to here */
	int32_t day;
	unsigned audit_calls, audit_talking;
};

TAILQ_HEAD(idle_list, limit_counter);

struct limit_scope {
	char *name;
	LIST_ENTRY(limit_scope) link;
	struct limit_counter all;
	LIST_HEAD(, limit_counter) callers;
	uint64_t refused[CONF_LIMIT_UNITS][2]; /* [1]: per caller */
	bool kept;			       /* for limit_sweep() */
};

struct limit_table {
	void *scope_tree; /* tsearch(3), by name */
	void *caller_tree;
	LIST_HEAD(, limit_scope) scopes;
	/* Per-caller counters without a call, the longest first: those with
	 * nothing charged, and those with. */
	struct idle_list plain, charged;
	unsigned callers;
	uint64_t forgotten;
};

static int compare_scopes(const void *a, const void *b)
{
	return strcmp(((const struct limit_scope *)a)->name,
		      ((const struct limit_scope *)b)->name);
}

static int compare_callers(const void *a, const void *b)
{
	const struct limit_counter *x = a, *y = b;

	if (x->scope != y->scope)
		return (uintptr_t)x->scope < (uintptr_t)y->scope ? -1 : 1;
	return strcmp(x->caller, y->caller);
}

int limit_table_new(struct limit_table **out)
{
	struct limit_table *table = calloc(1, sizeof *table);

	if (!table)
		return -ENOMEM;
	TAILQ_INIT(&table->plain);
	TAILQ_INIT(&table->charged);
	*out = table;
	return 0;
}

static struct idle_list *list_of(struct limit_table *table,
				 const struct limit_counter *counter)
{
	return counter->charged_ms ? &table->charged : &table->plain;
}

static void leave_idle(struct limit_table *table, struct limit_counter *counter)
{
	if (counter->is_idle)
		TAILQ_REMOVE(list_of(table, counter), counter, idle);
	counter->is_idle = false;
}

static void free_caller(struct limit_table *table,
			struct limit_counter *counter)
{
	leave_idle(table, counter);
	tdelete(counter, &table->caller_tree, compare_callers);
	LIST_REMOVE(counter, of_scope);
	table->callers--;
	free(counter);
}

static void free_scope(struct limit_table *table, struct limit_scope *scope)
{
	while (!LIST_EMPTY(&scope->callers))
		free_caller(table, LIST_FIRST(&scope->callers));
	tdelete(scope, &table->scope_tree, compare_scopes);
	LIST_REMOVE(scope, link);
	free(scope->name);
	free(scope);
}

void limit_table_free(struct limit_table *table)
{
	if (!table)
		return;
	while (!LIST_EMPTY(&table->scopes))
		free_scope(table, LIST_FIRST(&table->scopes));
	free(table);
}

static struct limit_scope *find_scope(const struct limit_table *table,
				      const char *name)
{
	const struct limit_scope key = { .name = (char *)(uintptr_t)name };
	void *found = tfind(&key, &table->scope_tree, compare_scopes);

	return found ? *(struct limit_scope **)found : NULL;
}

static struct limit_scope *scope_of(struct limit_table *table, const char *name)
{
	struct limit_scope *scope = find_scope(table, name);

	if (scope)
		return scope;
	scope = calloc(1, sizeof *scope);
	if (!scope)
		return NULL;
	scope->all.scope = scope;
	scope->name = strdup(name);
	if (!scope->name || !tsearch(scope, &table->scope_tree, compare_scopes))
		goto fail;
	LIST_INSERT_HEAD(&table->scopes, scope, link);
	return scope;
fail:
	free(scope->name);
	free(scope);
	return NULL;
}

/* Brings it up to now: what has passed is charged, a new day is charged with
 * its own part only. */
static void advance(struct limit_counter *counter, const struct limit_now *now)
{
	uint64_t passed_ms = now->ms - counter->at_ms;

	if (counter->day != now->day) {
		counter->charged_ms = 0;
		counter->day = now->day;
		if (passed_ms > now->day_ms)
			passed_ms = now->day_ms;
	}
	counter->charged_ms += counter->talking * passed_ms;
	counter->at_ms = now->ms;
}

static void enter_slot(struct limit_counter *counter,
		       const struct limit_now *now)
{
	uint64_t slot = now->ms / SLOT_MS;

	if (slot - counter->slot >= SLOTS)
		memset(counter->begun, 0, sizeof counter->begun);
	else
		while (counter->slot < slot)
			counter->begun[++counter->slot % SLOTS] = 0;
	counter->slot = slot;
}

static uint32_t begun(struct limit_counter *counter,
		      const struct limit_now *now)
{
	uint32_t sum = 0;

	enter_slot(counter, now);
	for (unsigned i = 0; i < SLOTS; i++)
		sum += counter->begun[i];
	return sum;
}

/* In the unit of its limit, but minutes in milliseconds. */
static uint64_t used(struct limit_counter *counter, enum conf_limit_unit unit,
		     const struct limit_now *now)
{
	switch (unit) {
	case CONF_LIMIT_CALLS: return counter->calls;
	case CONF_LIMIT_RATE: return begun(counter, now);
	case CONF_LIMIT_MINUTES:
	default: return counter->charged_ms;
	}
}

static bool is_full(struct limit_counter *counter,
		    const struct conf_limit *limit, const struct limit_now *now)
{
	uint64_t most = limit->amount;

	if (limit->unit == CONF_LIMIT_MINUTES)
		most *= MINUTE_MS;
	return used(counter, limit->unit, now) >= most;
}

/* Nothing of what it counts would be missed. It moves from the one list to the
 * other when its day is over. */
static bool is_empty(struct limit_table *table, struct limit_counter *counter,
		     const struct limit_now *now)
{
	if (counter->day != now->day && counter->charged_ms) {
		leave_idle(table, counter);
		advance(counter, now);
		TAILQ_INSERT_HEAD(&table->plain, counter, idle);
		counter->is_idle = true;
	}
	return !counter->charged_ms && !begun(counter, now);
}

/* A little at each call, so that no call pays for many. */
static void tidy(struct limit_table *table, const struct limit_now *now)
{
	struct limit_counter *plain = TAILQ_FIRST(&table->plain);
	struct limit_counter *charged = TAILQ_FIRST(&table->charged);

	if (plain && is_empty(table, plain, now))
		free_caller(table, plain);
	if (charged && is_empty(table, charged, now))
		free_caller(table, charged);
}

/* Room for one more caller; false when every one has a call. */
static bool make_room(struct limit_table *table)
{
	struct limit_counter *oldest = TAILQ_FIRST(&table->plain);

	if (table->callers < LIMIT_CALLERS_MAX)
		return true;
	if (!oldest) {
		oldest = TAILQ_FIRST(&table->charged);
		table->forgotten += oldest != NULL;
	}
	if (oldest)
		free_caller(table, oldest);
	return oldest != NULL;
}

static struct limit_counter *caller_of(struct limit_table *table,
				       struct limit_scope *scope,
				       const char *caller)
{
	struct limit_counter key = { .scope = scope }, *counter;
	void *found;

	snprintf(key.caller, sizeof key.caller, "%s", caller);
	found = tfind(&key, &table->caller_tree, compare_callers);
	if (found)
		return *(struct limit_counter **)found;
	if (!make_room(table))
		return NULL;
	counter = malloc(sizeof *counter);
	if (!counter)
		return NULL;
	*counter = key;
	counter->per_caller = true;
	if (!tsearch(counter, &table->caller_tree, compare_callers)) {
		free(counter);
		return NULL;
	}
	LIST_INSERT_HEAD(&scope->callers, counter, of_scope);
	table->callers++;
	counter->is_idle = true;
	TAILQ_INSERT_TAIL(&table->plain, counter, idle);
	return counter;
}

static void take(struct limit_table *table, struct limit_counter *counter,
		 const struct limit_now *now, struct limit_held *held)
{
	leave_idle(table, counter);
	enter_slot(counter, now);
	counter->begun[counter->slot % SLOTS]++;
	counter->calls++;
	held->counter[held->count++] = counter;
}

/* The counters that `limits` need, [1] that of the caller; NULL: not needed. */
static int counters_for(struct limit_table *table,
			const struct conf_limits *limits, const char *caller,
			const struct limit_now *now,
			struct limit_counter *counter[2])
{
	struct limit_scope *scope = scope_of(table, limits->name);

	counter[0] = counter[1] = NULL;
	if (!scope)
		return -ENOMEM;
	for (size_t i = 0; i < limits->count; i++) {
		if (!limits->limit[i].per_caller)
			counter[0] = &scope->all;
		else if (!counter[1])
			counter[1] = caller_of(table, scope, caller);
		if (limits->limit[i].per_caller && !counter[1])
			return -ENOMEM;
	}
	for (int i = 0; i < 2; i++) {
		bool was_idle = counter[i] && counter[i]->is_idle;

		if (!counter[i])
			continue;
		/* What is charged says in which list it is. */
		leave_idle(table, counter[i]);
		advance(counter[i], now);
		if (was_idle)
			TAILQ_INSERT_TAIL(list_of(table, counter[i]),
					  counter[i], idle);
		counter[i]->is_idle = was_idle;
	}
	return 0;
}

int limit_take(struct limit_table *table, const struct conf_limits *limits,
	       const char *caller, const struct limit_now *now,
	       struct limit_held *held, const struct conf_limit **full)
{
	struct limit_counter *counter[2];
	int err;

	if (!limits->count)
		return 0;
	if (held->count + 2 > LIMIT_HELD_MAX)
		return -ENOSPC;
	tidy(table, now);
	err = counters_for(table, limits, caller, now, counter);
	if (err < 0)
		return err;
	for (size_t i = 0; i < limits->count; i++) {
		const struct conf_limit *limit = &limits->limit[i];
		struct limit_counter *of = counter[limit->per_caller];

		if (!is_full(of, limit, now))
			continue;
		of->scope->refused[limit->unit][limit->per_caller]++;
		*full = limit;
		return -EDQUOT;
	}
	for (int i = 0; i < 2; i++)
		if (counter[i])
			take(table, counter[i], now, held);
	return 0;
}

void limit_talk(struct limit_held *held, const struct limit_now *now)
{
	if (held->talking)
		return;
	held->talking = true;
	for (unsigned i = 0; i < held->count; i++) {
		advance(held->counter[i], now);
		held->counter[i]->talking++;
	}
}

static void give(struct limit_table *table, struct limit_counter *counter,
		 bool talking, const struct limit_now *now)
{
	assert(counter->calls > 0 && counter->talking >= talking);
	advance(counter, now);
	counter->calls--;
	counter->talking -= talking;
	if (counter->calls || !counter->per_caller)
		return;
	TAILQ_INSERT_TAIL(list_of(table, counter), counter, idle);
	counter->is_idle = true;
}

void limit_give(struct limit_table *table, struct limit_held *held,
		const struct limit_now *now)
{
	for (unsigned i = 0; i < held->count; i++)
		give(table, held->counter[i], held->talking, now);
	*held = (struct limit_held){ .count = 0 };
}

void limit_undo(struct limit_table *table, struct limit_held *held,
		const struct limit_now *now)
{
	for (unsigned i = 0; i < held->count; i++) {
		struct limit_counter *counter = held->counter[i];
		uint16_t *slot;

		enter_slot(counter, now);
		slot = &counter->begun[counter->slot % SLOTS];
		*slot -= *slot > 0;
	}
	limit_give(table, held, now);
}

/* One that is idle stays in its list: only what is told is brought up to now.
 */
static uint64_t used_by(const struct limit_counter *counter,
			enum conf_limit_unit unit, const struct limit_now *now)
{
	struct limit_counter copy = *counter;

	advance(&copy, now);
	return used(&copy, unit, now);
}

void limit_look(struct limit_table *table, const struct conf_limits *limits,
		const struct conf_limit *limit, const struct limit_now *now,
		struct limit_use *out)
{
	const struct limit_scope *scope = find_scope(table, limits->name);
	const struct limit_counter *counter, *most = NULL;
	uint64_t use, highest = 0;

	*out = (struct limit_use){ .used = 0 };
	if (!scope)
		return;
	out->refused = scope->refused[limit->unit][limit->per_caller];
	if (!limit->per_caller)
		highest = used_by(&scope->all, limit->unit, now);
	else
		LIST_FOREACH(counter, &scope->callers, of_scope)
		{
			use = used_by(counter, limit->unit, now);
			out->callers += use > 0;
			if (use <= highest)
				continue;
			highest = use;
			most = counter;
		}
	if (limit->unit == CONF_LIMIT_MINUTES)
		highest /= MINUTE_MS;
	out->used = (uint32_t)highest;
	if (most)
		memcpy(out->caller, most->caller, sizeof out->caller);
}

uint32_t limit_used_by(struct limit_table *table,
		       const struct conf_limits *limits,
		       const struct conf_limit *limit, const char *caller,
		       const struct limit_now *now)
{
	struct limit_counter key = { .scope = find_scope(table, limits->name) };
	void *found;
	uint64_t use;

	if (!key.scope)
		return 0;
	snprintf(key.caller, sizeof key.caller, "%s", caller);
	found = tfind(&key, &table->caller_tree, compare_callers);
	if (!found)
		return 0;
	use = used_by(*(struct limit_counter **)found, limit->unit, now);
	return (uint32_t)(limit->unit == CONF_LIMIT_MINUTES ? use / MINUTE_MS
							    : use);
}

unsigned limit_callers(const struct limit_table *table)
{
	return table->callers;
}

uint64_t limit_forgotten(const struct limit_table *table)
{
	return table->forgotten;
}

static void for_each(struct limit_table *table,
		     void (*fn)(void *ctx, struct limit_counter *counter),
		     void *ctx)
{
	struct limit_scope *scope;
	struct limit_counter *counter;

	LIST_FOREACH(scope, &table->scopes, link)
	{
		fn(ctx, &scope->all);
		LIST_FOREACH(counter, &scope->callers, of_scope)
		fn(ctx, counter);
	}
}

static void begin_counter(void *ctx, struct limit_counter *counter)
{
	(void)ctx;
	counter->audit_calls = counter->audit_talking = 0;
}

void limit_audit_begin(struct limit_table *table)
{
	for_each(table, begin_counter, NULL);
}

void limit_audit_count(const struct limit_held *held)
{
	for (unsigned i = 0; i < held->count; i++) {
		held->counter[i]->audit_calls++;
		held->counter[i]->audit_talking += held->talking;
	}
}

struct audit_end {
	struct limit_table *table;
	const struct limit_now *now;
	unsigned wrong;
};

static void end_counter(void *ctx, struct limit_counter *counter)
{
	struct audit_end *end = ctx;

	if (counter->calls == counter->audit_calls &&
	    counter->talking == counter->audit_talking)
		return;
	end->wrong++;
	leave_idle(end->table, counter);
	advance(counter, end->now);
	counter->calls = counter->audit_calls;
	counter->talking = counter->audit_talking;
	if (counter->calls || !counter->per_caller)
		return;
	TAILQ_INSERT_TAIL(list_of(end->table, counter), counter, idle);
	counter->is_idle = true;
}

unsigned limit_audit_end(struct limit_table *table, const struct limit_now *now)
{
	struct audit_end end = { .table = table, .now = now };

	for_each(table, end_counter, &end);
	return end.wrong;
}

static bool is_held(const struct limit_scope *scope)
{
	const struct limit_counter *counter;

	if (scope->all.calls)
		return true;
	LIST_FOREACH(counter, &scope->callers, of_scope)
	if (counter->calls)
		return true;
	return false;
}

void limit_sweep(struct limit_table *table,
		 const struct conf_limits *const *kept, size_t count)
{
	struct limit_scope *scope, *next;

	LIST_FOREACH(scope, &table->scopes, link)
	scope->kept = is_held(scope);
	for (size_t i = 0; i < count; i++) {
		scope = find_scope(table, kept[i]->name);
		if (scope)
			scope->kept = true;
	}
	for (scope = LIST_FIRST(&table->scopes); scope; scope = next) {
		next = LIST_NEXT(scope, link);
		if (!scope->kept)
			free_scope(table, scope);
	}
}

void limit_format(const struct conf_limit *limit, char *out, size_t size)
{
	static const char *const units[CONF_LIMIT_UNITS] = {
		[CONF_LIMIT_CALLS] = "calls",
		[CONF_LIMIT_RATE] = "calls/s",
		[CONF_LIMIT_MINUTES] = "min/day",
	};

	snprintf(out, size, "%u %s%s", limit->amount, units[limit->unit],
		 limit->per_caller ? " per caller" : "");
}

/* Calls at once and a second are what there is room for: 42, which makes SIP
 * 503, sends the call on to another gateway, or the caller to try again soon.
 * Minutes of a day, and whatever one caller has used up, are a decision about
 * this caller, which another gateway must not undo: 403, and he is told. */
struct leg_cause limit_cause(const struct conf_limit *limit)
{
	struct leg_cause cause = { .q850 = CAUSE_CONGESTION };

	if (limit->per_caller || limit->unit == CONF_LIMIT_MINUTES) {
		cause = cause_from_sip(SIP_FORBIDDEN);
		cause.told = true;
	}
	return cause;
}
