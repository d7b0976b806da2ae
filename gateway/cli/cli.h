/* The command `tollgate` without its main, so that a test can run it. */
#ifndef TOLLGATE_CLI_CLI_H
#define TOLLGATE_CLI_CLI_H

#include "gateway/commands.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define CLI_DEFAULT_CONTROL "/run/tollgate/control.sock"

enum cli_exit {
	CLI_GOOD = 0,
	CLI_REFUSED = 1,     /* wrong usage, or tollgated answered an error */
	CLI_UNREACHABLE = 2, /* no answer from tollgated */
	CLI_NO_SPAN = 2,     /* of setup: none that can be used */
};

/* What every command is run with. */
struct cli {
	const char *control; /* path of the socket */
	bool json;
	FILE *out, *err;
};

/* One command; returns the exit status. */
int cli_run(int argc, char **argv, FILE *out, FILE *err);

/* Asks the daemon and shows its answer; the exit status. */
int cli_ask(const struct cli *cli, int argc, char *const argv[]);

/* The daemon's answer to a line of words, an object, errors of the daemon's
 * being some too. NULL after a word on cli->err. */
json_t *cli_answer(const struct cli *cli, const char *line);

/* Shows an answer as cli_ask does; the exit status. */
int cli_show(const struct cli *cli, int argc, char *const argv[],
	     const json_t *answer);

/* "tollgate: TEXT" on cli->err, or, as JSON, the document of a refusal.
 * Returns CLI_REFUSED. */
int cli_refuse(const struct cli *cli, const char *text);

/* Whether there is a function for a command that `tollgate` does itself, and
 * how many there are: for the test that compares them with the table. */
bool cli_does(const char *name);
size_t cli_function_count(void);

#endif
