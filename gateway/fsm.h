/* State machines as tables.
 *
 * A machine is an array of rows {state, event, action, next}. Every pair of
 * state and event is decided: by a row of its own, by a row for FSM_ANY state,
 * or by an explicit FSM_IGNORE or FSM_ILLEGAL row. fsm_check proves it, and a
 * test runs fsm_check over every machine. Nothing outside fsm.c writes a state.
 */
#ifndef TOLLGATE_FSM_H
#define TOLLGATE_FSM_H

#include <stddef.h>
#include <stdint.h>

#define FSM_ANY 0xff  /* row.state: any state without a row of its own */
#define FSM_SAME 0xff /* row.next: stay */

/* Runs after the state has changed. `obj` is the machine's owner, `arg` what
 * the event carries. It may dispatch further events on the same machine. */
typedef void (*fsm_action_fn)(void *obj, const void *arg);

enum fsm_kind {
	FSM_DO = 0,
	FSM_IGNORE,  /* expected here, means nothing: logged at debug */
	FSM_ILLEGAL, /* cannot happen here: logged at err and counted */
};

struct fsm_row {
	uint8_t state;
	uint8_t event;
	uint8_t next;
	uint8_t kind;
	fsm_action_fn action;
};

/* The rows of a table: act and go on, act and stay, expected but meaningless,
 * cannot happen. Where names are long, a machine's own macros paste prefixes
 * before these, and do no more. */
#define FSM_ROW(state, event, next, action)        \
	{                                          \
		state, event, next, FSM_DO, action \
	}
#define FSM_STAY(state, event, action) FSM_ROW(state, event, FSM_SAME, action)
#define FSM_IGNORED(state, event)                        \
	{                                                \
		state, event, FSM_SAME, FSM_IGNORE, NULL \
	}
#define FSM_NEVER(state, event)                           \
	{                                                 \
		state, event, FSM_SAME, FSM_ILLEGAL, NULL \
	}

struct fsm_desc {
	const char *name;
	const char *source_file; /* whose log level counts */
	const char *const *state_names;
	const char *const *event_names;
	uint8_t state_count;
	uint8_t event_count;
	const struct fsm_row *rows;
	size_t row_count;
};

/* A description from the arrays themselves. Give those of the names the size
 * of their enum: a name forgotten at the end is then found by fsm_check. */
#define FSM_DESC(text, states, events, table)                                  \
	{                                                                      \
		.name = (text), .source_file = __FILE__,                       \
		.state_names = (states), .event_names = (events),              \
		.state_count = sizeof(states) / sizeof *(states),              \
		.event_count = sizeof(events) / sizeof *(events),              \
		.rows = (table), .row_count = sizeof(table) / sizeof *(table), \
	}

struct fsm {
	const struct fsm_desc *desc;
	uint8_t state;
	const char *object; /* log name of the owner, kept not copied */
	void *owner;
};

/* `object` names the owner in the log ("call=17"), `owner` goes to actions. */
void fsm_init(struct fsm *fsm, const struct fsm_desc *desc, uint8_t start,
	      const char *object, void *owner);

/* Applies `event`: new state, one log line "old -> new on EVENT", the action.
 * Returns 0, or -EPROTO for a pair that is illegal or undecided; the state is
 * then unchanged and fsm_illegal_count has grown. */
int fsm_dispatch(struct fsm *fsm, uint8_t event, const void *arg);

const char *fsm_state_name(const struct fsm *fsm);

/* The row that decides a pair, NULL when none does. */
const struct fsm_row *fsm_find(const struct fsm_desc *desc, uint8_t state,
			       uint8_t event);

/* 0 when every pair is decided exactly once, every next state exists and all
 * have names, else -EINVAL with the first fault in `why`. */
int fsm_check(const struct fsm_desc *desc, char *why, size_t why_size);

/* Illegal and undecided pairs since start, all machines. */
uint64_t fsm_illegal_count(void);

#endif
