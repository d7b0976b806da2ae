/* What a configuration changes of another one, and when a reload takes it. */
#ifndef TOLLGATE_CONF_DIFF_H
#define TOLLGATE_CONF_DIFF_H

#include "conf/conf.h"

enum conf_change { CONF_CHANGED, CONF_NEW, CONF_GONE };

/* One of the two may be NULL. The same line in both: its meaning has changed
 * with the block that it names ("like"). */
struct conf_line_change {
	const struct conf_line *was, *now;
	enum conf_effect effect;
};

struct conf_block_change {
	enum conf_change change;
	const struct conf_block *was, *now; /* as in lines */
	/* In order of the text, those gone last; none of a block that is new or
	 * gone. */
	const struct conf_line_change *lines;
	size_t line_count;
	enum conf_effect effect; /* the last of its lines' */
};

/* Calls `fn` for each block in which `now` differs from `before`: by order of
 * labels, blocks that are gone last. How many there are, or -ENOMEM. */
long conf_diff(const struct conf *before, const struct conf *now,
	       void (*fn)(void *ctx, const struct conf_block_change *change),
	       void *ctx);

/* Puts into `now` what of it needs a restart as it is in `before`, which runs:
 * afterwards `now` is what a reload makes of the two, and differs from its file
 * where the restart is still owed. 0 or -ENOMEM. */
int conf_keep_restart(struct conf *now, const struct conf *before);

#endif
