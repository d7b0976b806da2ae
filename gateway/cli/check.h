/* check: what tollgated says of a configuration, without tollgated running. */
#ifndef TOLLGATE_CLI_CHECK_H
#define TOLLGATE_CLI_CHECK_H

#include "gateway/cli/cli.h"

int check_run(const struct cli *cli, const struct command_line *line);

/* route test: those of what runs are asked for, those of a file are run by
 * checking it. */
int check_tests_run(const struct cli *cli, const struct command_line *line);

#endif
