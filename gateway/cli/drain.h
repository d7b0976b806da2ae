#ifndef TOLLGATE_CLI_DRAIN_H
#define TOLLGATE_CLI_DRAIN_H

#include "gateway/cli/cli.h"

/* `tollgate drain ...`: asks for it and, on a terminal or with --wait, shows
 * how many calls are left until none is. The exit status. */
int drain_run(const struct cli *cli, const struct command_line *line);

#endif
