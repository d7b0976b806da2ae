/* Reads numbers, see args.h. */
#ifndef TOLLGATE_CONF_ARGS_NUMBER_H
#define TOLLGATE_CONF_ARGS_NUMBER_H

#include "conf/args.h"

enum number_form {
	NUMBER_MAY_BE_EMPTY = 1,
};
/* "+", +E.164 or bare digits. */
int args_number(struct args *args, const char *what, unsigned form,
		char out[CONF_DIGITS_MAX]);

/* Types of number, Q.931's codes, as they are sent. */
extern const struct keyword number_types[];

/* The numbers of one word: "+49" those that begin so, "110" exactly this one,
 * "+4930100..+4930199" a range. Its ends are of one length, in order, and
 * written with a + or without one alike. */
int args_number_set(struct args *args, const char *what,
		    struct conf_number *out);

#endif
