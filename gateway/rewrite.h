/* What a route's rule makes of the called number, in the core's form. Pure. */
#ifndef TOLLGATE_REWRITE_H
#define TOLLGATE_REWRITE_H

#include "gateway/numbering.h"

/* Takes digits of `core` off, puts others in front, or replaces its beginning,
 * as `rewrite` (NULL: nothing is done) says. 0; -EINVAL: no number is left, or
 * one that is too long. */
int rewrite_number(const struct conf_rewrite *rewrite, const char *core,
		   char out[NUMBERING_CORE_MAX]);

#endif
