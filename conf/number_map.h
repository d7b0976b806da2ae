/* Numbers to values, compiled once and only read from then on.
 *
 * Prefixes and exact numbers make a trie over digits whose nodes lie in one
 * array, the children of each side by side: a look-up touches as many nodes as
 * the longest prefix has digits. Ranges are a sorted array which is searched
 * like a balanced tree, each node of which knows the greatest end and the
 * smallest size below it. Any thread may read. Pure. */
#ifndef TOLLGATE_CONF_NUMBER_MAP_H
#define TOLLGATE_CONF_NUMBER_MAP_H

#include "conf/arena.h"
#include "conf/conf.h"

struct number_map;

struct number_row {
	const struct conf_number *number;
	uint32_t value; /* any but UINT32_MAX */
};

/* Compiles `rows`, which it puts in an order of its own; no two are of the
 * same number. NULL for want of memory. It lives as long as `arena`. */
struct number_map *number_map_new(struct arena *arena, struct number_row *rows,
				  size_t count);

/* A look-up. Not to be looked into. */
struct number_search {
	const struct number_map *map;
	uint64_t key;	/* of the number, as ranges have it; 0: in none */
	uint64_t size;	/* of the range last given */
	size_t given;	/* and its place, plus one */
	uint32_t exact; /* value + 1 */
	unsigned depth; /* prefixes not given yet */
	uint32_t prefix[CONF_DIGITS_MAX + 1]; /* their values */
	uint8_t stage;
};

/* Begins a look-up of `core`; NULL and "" are held by "any number" alone. */
void number_search_begin(struct number_search *search,
			 const struct number_map *map, const char *core);

/* The value of the next number that holds it, from the most specific one to
 * the least (number_specific()). False: there is no other. */
bool number_search_next(struct number_search *search, uint32_t *value);

#endif
