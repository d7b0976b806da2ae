/* Commands one after the other, with history and completion. */
#ifndef TOLLGATE_CLI_INTERACTIVE_H
#define TOLLGATE_CLI_INTERACTIVE_H

#include "gateway/cli/cli.h"

/* Reads commands from the terminal and gives each to `run` until the operator
 * leaves; returns the exit status of the last command. */
int interactive_run(const struct cli *cli,
		    int (*run)(const struct cli *cli, int argc, char **argv));

#endif
