/* What the operator's commands answer, as JSON. */
#ifndef TOLLGATE_SHOW_H
#define TOLLGATE_SHOW_H

#include <jansson.h>

struct call;
struct gateway;
struct stats_row;

#define SHOW_RECENT_MAX 10 /* calls that are over in `show calls` */

/* The control_fn of the gateway; `ctx` is a struct gateway. Commands: status;
 * show spans, channels, trunks, peers, calls, stats; show call ID; audit;
 * hangup ID; help. */
char *show_command(void *ctx, int argc, char *const argv[]);

/* For show.c: the documents of these commands. NULL for want of memory. */
json_t *show_status(struct gateway *gw, const char *argument);
json_t *show_spans(struct gateway *gw, const char *argument);
json_t *show_channels(struct gateway *gw, const char *argument);
json_t *show_trunks(struct gateway *gw, const char *argument);
json_t *show_peers(struct gateway *gw, const char *argument);
json_t *show_stats(struct gateway *gw, const char *argument);
json_t *show_audit(struct gateway *gw, const char *argument);

/* The three windows of one row of statistics. */
json_t *show_counts(const struct stats_row *row);

/* For show.c: the documents of `show call ID` and of one row of `show calls`.
 * NULL for want of memory. */
json_t *show_call_whole(const struct call *call);
json_t *show_call_row(const struct call *call);

#endif
