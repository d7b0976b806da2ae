/* What the operator's commands answer, as JSON. */
#ifndef TOLLGATE_SHOW_H
#define TOLLGATE_SHOW_H

/* The control_fn of the gateway; `ctx` is a struct gateway. Commands: status;
 * show spans; show calls; show call ID; hangup ID. */
char *show_command(void *ctx, int argc, char *const argv[]);

#endif
