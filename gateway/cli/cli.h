/* The command `tollgate` without its main, so that a test can run it. */
#ifndef TOLLGATE_CLI_CLI_H
#define TOLLGATE_CLI_CLI_H

#include <jansson.h>
#include <stdio.h>

enum cli_exit {
	CLI_GOOD = 0,
	CLI_REFUSED = 1,     /* wrong usage, or tollgated answered an error */
	CLI_UNREACHABLE = 2, /* no answer from tollgated */
	CLI_NO_SPAN = 2,     /* of setup: none that can be used */
};

/* One command; returns the exit status. */
int cli_run(int argc, char **argv, FILE *out, FILE *err);

/* Prints the answer to the command `argv` as text; as JSON where only a newer
 * tollgated knows the command. */
void cli_render(FILE *out, int argc, char **argv, const json_t *answer);

#endif
