/* What operators have changed, in the log: who, what, and how it ended. */
#ifndef TOLLGATE_CONTROL_LOG_H
#define TOLLGATE_CONTROL_LOG_H

#include "gateway/control.h"

#include <jansson.h>

/* A command of `control`, within its control_fn, that changes something, and
 * its answer (NULL: it comes later, or there is no memory for one). */
void control_log_change(const struct control *control, int argc,
			char *const argv[], const json_t *answer);

/* One that came on a socket for looking only. */
void control_log_refusal(const struct control *control, int argc,
			 char *const argv[]);

#endif
