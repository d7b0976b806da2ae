/* What a block has without saying so. */
#ifndef TOLLGATE_CONF_DEFAULT_H
#define TOLLGATE_CONF_DEFAULT_H

#include "conf/conf.h"

/* Calls `fn` with each setting that `block` leaves to its default, as it would
 * be written. Of a block that is like another one, which may have it from
 * there, with none. */
void conf_block_defaults(const struct conf_block *block,
			 void (*fn)(void *ctx, const char *text), void *ctx);

#endif
