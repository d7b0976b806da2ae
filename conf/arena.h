/* Memory that is freed all at once: a configuration is built of thousands of
 * small pieces that live and die together. */
#ifndef TOLLGATE_CONF_ARENA_H
#define TOLLGATE_CONF_ARENA_H

#include <stddef.h>

struct arena;

/* NULL for want of memory. */
struct arena *arena_new(void);

/* `size` zeroed bytes, aligned for any type; NULL for want of memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* A zeroed array; NULL also when count * size overflows. A count of 0 gives
 * an address that must not be read. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* The first `len` bytes of `text` and a NUL. */
char *arena_string(struct arena *arena, const char *text, size_t len);

/* NULL is fine. */
void arena_free(struct arena *arena);

#endif
