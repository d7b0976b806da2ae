/* Files, and what they include. */
#ifndef TOLLGATE_CONF_SOURCE_H
#define TOLLGATE_CONF_SOURCE_H

#include "conf/build.h"

#define SOURCE_DEPTH_MAX 8
#define SOURCE_BYTES_MAX (8u * 1024 * 1024) /* of all files together */

/* Reads `path`. `at` is the name behind the "include" that asks for it, NULL
 * for the first file. 0, or -errno; with `at` it is reported. */
int source_read(struct build *build, const char *path, const struct token *at,
		const struct source **out);

/* A text in memory. NULL for want of memory. */
const struct source *source_text(struct build *build, const char *name,
				 const char *text, size_t len);

/* Calls `each` with every file that "include `at`" stands for, in order of
 * name. 0, or -EINVAL (reported). */
int source_include(struct build *build, const struct token *at,
		   int (*each)(struct build *build, const struct source *source,
			       void *ctx),
		   void *ctx);

#endif
