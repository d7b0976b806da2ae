/* A Q.931 message in the words of the ladder. Pure. */
#ifndef TOLLGATE_PRI_LADDER_H
#define TOLLGATE_PRI_LADDER_H

#include "dahdi/q931_tap.h"

/* "SETUP ch 5", "DISCONNECT cause 17", "PROGRESS PI 8"; cut to `size`. */
void pri_ladder_text(const struct q931_seen *seen, char *out, size_t size);

#endif
