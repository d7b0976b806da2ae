/* What the operator's commands answer, as JSON. */
#ifndef TOLLGATE_SHOW_H
#define TOLLGATE_SHOW_H

#include "gateway/drain.h"

#include <jansson.h>
#include <stdbool.h>

struct call;
struct command_line;
struct conf_limits;
struct conf_trunk;
struct gateway;
struct stats_row;

#define SHOW_RECENT_MAX 10 /* calls that are over in `show calls` */

/* The control_fn of the gateway; `ctx` is a struct gateway. The commands are
 * those of gateway/commands.h. */
char *show_command(void *ctx, int argc, char *const argv[]);

/* The same for the socket that is for looking only. */
char *show_command_read(void *ctx, int argc, char *const argv[]);

/* Whether there is a function for the command of that name, and how many
 * functions there are: for the test that compares them with the table. */
bool show_does(const char *name);
size_t show_function_count(void);

/* Of the array `array` of an answer, what the argument `argument` names by
 * the field `key`. */
struct show_filter {
	const char *argument, *array, *key;
	const char *noun; /* "sip-peer" */
};

/* The answer with that row alone, or without the argument the answer as it is;
 * a refusal when there is no such row. */
json_t *show_only(json_t *answer, const struct command_line *line,
		  const struct show_filter *filter);

/* What every refusal is: {"error": "..."}. */
json_t *show_problem(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/* For show.c: the documents of these commands. NULL for want of memory. */
json_t *show_status(struct gateway *gw, const struct command_line *line);
json_t *show_spans(struct gateway *gw, const struct command_line *line);
json_t *show_channels(struct gateway *gw, const struct command_line *line);
json_t *show_calls(struct gateway *gw, const struct command_line *line);
json_t *show_version(struct gateway *gw, const struct command_line *line);
json_t *show_grid(struct gateway *gw, const struct command_line *line);
json_t *show_trunks(struct gateway *gw, const struct command_line *line);
json_t *show_peers(struct gateway *gw, const struct command_line *line);
json_t *show_limits(struct gateway *gw, const struct command_line *line);
json_t *show_routes(struct gateway *gw, const struct command_line *line);
json_t *show_stats(struct gateway *gw, const struct command_line *line);
json_t *show_alarms(struct gateway *gw, const struct command_line *line);
json_t *show_timers(struct gateway *gw, const struct command_line *line);
json_t *show_drains(struct gateway *gw, const struct command_line *line);
json_t *show_log(struct gateway *gw, const struct command_line *line);
json_t *show_events(struct gateway *gw, const struct command_line *line);
json_t *op_log_level(struct gateway *gw, const struct command_line *line);
json_t *op_drain(struct gateway *gw, const struct command_line *line);
json_t *op_undrain(struct gateway *gw, const struct command_line *line);
json_t *op_block(struct gateway *gw, const struct command_line *line);
json_t *op_restart(struct gateway *gw, const struct command_line *line);
json_t *op_hangup_span(struct gateway *gw, const struct command_line *line);
json_t *show_route_explain(struct gateway *gw, const struct command_line *line);
json_t *show_route_test(struct gateway *gw, const struct command_line *line);
json_t *op_cdr_status(struct gateway *gw, const struct command_line *line);
json_t *op_cdr_rotate(struct gateway *gw, const struct command_line *line);
/* A reload whose report is the answer; flags of gateway/reload.h. */
json_t *op_reload_later(struct gateway *gw, unsigned flags);
json_t *show_config(struct gateway *gw, const struct command_line *line);
json_t *op_reload(struct gateway *gw, const struct command_line *line);
json_t *show_audit(struct gateway *gw, const struct command_line *line);

/* Adds "drain", the state, and "drain_calls", the calls that are left, null
 * when it takes calls. `name` is "" of all. */
void show_drain_of(json_t *object, const struct gateway *gw,
		   enum drain_kind kind, const char *name, bool *lost);
/* Whether a span takes no calls of `trunk` by a drain: of the span, the group
 * or all; NULL: of any group that it is a member of. */
bool show_span_drained(const struct gateway *gw, unsigned span,
		       const struct conf_trunk *trunk);
/* Everything that is drained. */
json_t *show_drain_rows(const struct gateway *gw);

/* Who would call. */
struct show_caller {
	const char *number; /* "": none */
	bool at_trunk;	    /* asks for the limits of a trunk group */
};
/* Rows of `show limits` for one object's, with "caller_used", what this caller
 * uses of one per caller, and "status" and "cause" of a call that is refused
 * when it is used up. */
json_t *show_limits_of(struct gateway *gw, const struct conf_limits *limits,
		       const struct show_caller *caller);

/* The three windows of one row of statistics. */
json_t *show_counts(const struct stats_row *row);

/* For show.c: the documents of `show call ID` and of one row of `show calls`.
 * NULL for want of memory. */
json_t *show_call_whole(const struct call *call);
json_t *show_call_row(const struct call *call);

#endif
