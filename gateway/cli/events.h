/* Events, as far as `tollgate` does more than show an answer. */
#ifndef TOLLGATE_CLI_EVENTS_H
#define TOLLGATE_CLI_EVENTS_H

#include "gateway/cli/cli.h"

/* `tollgate events ...`: the last ones, and with --follow those that come,
 * until it is ended. The exit status. */
int events_run(const struct cli *cli, const struct command_line *line);

/* `tollgate help event ...`, which needs no daemon. The exit status. */
int event_help_run(const struct cli *cli, const struct command_line *line);

#endif
