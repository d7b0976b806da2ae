/* cdr tail: the last call records of the file, and those that come. */
#ifndef TOLLGATE_CLI_CDR_H
#define TOLLGATE_CLI_CDR_H

#include "gateway/cli/cli.h"

/* Asks the daemon for the file and reads it. The exit status. */
int cdr_tail_run(const struct cli *cli, const struct command_line *line);

#endif
