/* `tollgate-exchange ctl`: asks a running exchange and prints its answer. */
#ifndef TOLLGATE_CTL_H
#define TOLLGATE_CTL_H

#include <stdio.h>

/* Sends the command of `argc` words to the exchange at `control` and prints
 * what it says to `out`, as tables or, after --json among the words, as it
 * came. The program's exit status: 0, 1 refused by the exchange, 2 not asked
 * or not understood. */
int ctl_run(const char *control, int argc, char *const argv[], FILE *out);

/* Prints the answer to "show" as tables. */
void ctl_print_show(const char *json, FILE *out);

#endif
