/* `tollgate monitor`: spans, channels, calls and alarms as they are now. */
#ifndef TOLLGATE_CLI_MONITOR_H
#define TOLLGATE_CLI_MONITOR_H

#include "gateway/cli/cli.h"

int monitor_run(const struct cli *cli, const struct command_line *line);

#endif
