/* The list of commands, and each of them in full. */
#ifndef TOLLGATE_CLI_HELP_H
#define TOLLGATE_CLI_HELP_H

#include "gateway/cli/cli.h"
#include "gateway/cli/screen.h"

/* Every command in a line, and the options of `tollgate`. */
void help_usage(FILE *out);

/* `help COMMAND...`, or the list. */
int help_run(const struct cli *cli, const struct command_line *line);

#endif
