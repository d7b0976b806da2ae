/* What the operator's commands answer, as JSON. */
#ifndef TOLLGATE_SHOW_H
#define TOLLGATE_SHOW_H

#include <jansson.h>

struct call;

#define SHOW_RECENT_MAX 10 /* calls that are over in `show calls` */

/* The control_fn of the gateway; `ctx` is a struct gateway. Commands: status;
 * show spans; show calls; show call ID; hangup ID; help. */
char *show_command(void *ctx, int argc, char *const argv[]);

/* For show.c: the documents of `show call ID` and of one row of `show calls`.
 * NULL for want of memory. */
json_t *show_call_whole(const struct call *call);
json_t *show_call_row(const struct call *call);

#endif
