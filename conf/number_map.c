#include "conf/number_map.h"

#include "conf/number.h"

#include <stdlib.h>
#include <string.h>

#define SYMBOLS 13 /* # * + 0 to 9, in the order of their codes */
#define NO_SYMBOL SYMBOLS

/* 16 bytes, so that four share a cache line: children of one node are looked
 * at one after the other. */
struct node {
	uint32_t first_child;
	uint32_t prefix, exact; /* value + 1; 0: no such number ends here */
	uint16_t children;	/* bit of a symbol: there is one */
};

struct range {
	uint64_t first, last;
	/* Of all ranges of its subtree: the greatest end, the smallest size. */
	uint64_t greatest, smallest;
	uint32_t value;
};

struct number_map {
	const struct node *nodes; /* the root first */
	const struct range *ranges;
	size_t range_count;
	uint32_t any; /* value + 1 */
};

/* The rows below a node: all of them begin alike, for `depth` symbols. */
struct below {
	uint32_t from, to;
	unsigned depth;
};

static unsigned symbol(char c)
{
	switch (c) {
	case '#': return 0;
	case '*': return 1;
	case '+': return 2;
	default:
		return c >= '0' && c <= '9' ? 3U + (unsigned)(c - '0')
					    : NO_SYMBOL;
	}
}

/* A number as one integer: of one length and sign, in the order of the
 * numbers; of different ones, never between the ends of one range. 0: none
 * that can be in a range. */
static uint64_t key_of(const char *core)
{
	bool plus = *core == '+';
	const char *digits = core + plus;
	uint64_t key = 1;

	if (strlen(digits) > NUMBER_RANGE_DIGITS_MAX)
		return 0;
	for (const char *c = digits; *c; c++) {
		if (*c < '0' || *c > '9')
			return 0;
		key = key * 10 + (uint64_t)(*c - '0');
	}
	return key | (uint64_t)plus << 62;
}

static int compare_rows(const void *a, const void *b)
{
	const struct number_row *x = a, *y = b;

	return number_compare(x->number, y->number);
}

static size_t common(const char *a, const char *b)
{
	size_t len = 0;

	while (a[len] && a[len] == b[len])
		len++;
	return len;
}

/* One for each different beginning, and the root. */
static size_t count_nodes(const struct number_row *rows, size_t count)
{
	size_t nodes = 1;

	for (size_t i = 0; i < count; i++) {
		const char *text = rows[i].number->first;

		nodes += strlen(text) -
			 (i ? common(text, rows[i - 1].number->first) : 0);
	}
	return nodes;
}

/* Takes the rows that end at this node, which sorting has put first. */
static void take_ends(struct node *node, struct below *at,
		      const struct number_row *rows)
{
	while (at->from < at->to) {
		const struct number_row *row = &rows[at->from];

		if (row->number->first[at->depth])
			return;
		if (row->number->form == CONF_NUMBER_EXACT)
			node->exact = row->value + 1;
		else
			node->prefix = row->value + 1;
		at->from++;
	}
}

/* Breadth first: the children of a node follow each other, and those of nodes
 * near the root, which every look-up reads, lie close together. */
static void fill_nodes(struct node *nodes, struct below *below,
		       const struct number_row *rows, size_t count)
{
	uint32_t made = 1;

	below[0] = (struct below){ .to = (uint32_t)count };
	for (uint32_t n = 0; n < made; n++) {
		struct below at = below[n];
		unsigned last = NO_SYMBOL;

		take_ends(&nodes[n], &at, rows);
		nodes[n].first_child = made;
		for (uint32_t r = at.from; r < at.to; r++) {
			unsigned s = symbol(rows[r].number->first[at.depth]);

			if (s != last)
				below[made++] =
					(struct below){ .from = r,
							.depth = at.depth + 1 };
			below[made - 1].to = r + 1;
			nodes[n].children |= (uint16_t)(1U << s);
			last = s;
		}
	}
}

static bool make_trie(struct number_map *map, struct arena *arena,
		      struct number_row *rows, size_t count)
{
	size_t room;
	struct node *nodes;
	struct below *below;

	qsort(rows, count, sizeof *rows, compare_rows);
	room = count_nodes(rows, count);
	nodes = arena_array(arena, room, sizeof *nodes);
	below = calloc(room, sizeof *below);
	if (nodes && below)
		fill_nodes(nodes, below, rows, count);
	map->nodes = nodes;
	free(below);
	return nodes && below;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return (x->last < y->last) - (x->last > y->last);
}

static uint64_t size_of(const struct range *range)
{
	return range->last - range->first;
}

static void note_below(struct range *root, const struct range *below)
{
	if (root->greatest < below->greatest)
		root->greatest = below->greatest;
	if (root->smallest > below->smallest)
		root->smallest = below->smallest;
}

/* The tree is in the order of the array: the root of a part is its middle.
 * NULL for an empty one. */
static const struct range *make_tree(struct range *ranges, size_t from,
				     size_t to)
{
	size_t middle = from + (to - from) / 2;
	struct range *root = &ranges[middle];
	const struct range *left, *right;

	if (from == to)
		return NULL;
	root->greatest = root->last;
	root->smallest = size_of(root);
	left = make_tree(ranges, from, middle);
	right = make_tree(ranges, middle + 1, to);
	if (left)
		note_below(root, left);
	if (right)
		note_below(root, right);
	return root;
}

static bool make_ranges(struct number_map *map, struct arena *arena,
			const struct number_row *rows, size_t count)
{
	struct range *ranges = arena_array(arena, count, sizeof *ranges);

	if (!ranges)
		return false;
	for (size_t i = 0; i < count; i++)
		ranges[i] = (struct range){
			.first = key_of(rows[i].number->first),
			.last = key_of(rows[i].number->last),
			.value = rows[i].value,
		};
	qsort(ranges, count, sizeof *ranges, compare_ranges);
	make_tree(ranges, 0, count);
	map->ranges = ranges;
	map->range_count = count;
	return true;
}

static int tree_of(const struct number_row *row)
{
	switch (row->number->form) {
	case CONF_NUMBER_ANY: return 0;
	case CONF_NUMBER_RANGE: return 1;
	default: return 2;
	}
}

static int compare_trees(const void *a, const void *b)
{
	return tree_of(a) - tree_of(b);
}

struct number_map *number_map_new(struct arena *arena, struct number_row *rows,
				  size_t count)
{
	struct number_map *map = arena_alloc(arena, sizeof *map);
	size_t any = 0, ranges = 0;

	if (!map)
		return NULL;
	qsort(rows, count, sizeof *rows, compare_trees);
	for (size_t i = 0; i < count; i++) {
		any += tree_of(&rows[i]) == 0;
		ranges += tree_of(&rows[i]) == 1;
	}
	if (any)
		map->any = rows[0].value + 1;
	if (!make_ranges(map, arena, rows + any, ranges) ||
	    !make_trie(map, arena, rows + any + ranges, count - any - ranges))
		return NULL;
	return map;
}

enum stage { EXACT, RANGES, PREFIXES, ANY, NOTHING };

void number_search_begin(struct number_search *search,
			 const struct number_map *map, const char *core)
{
	const struct node *node = map->nodes;
	const char *c = core;

	search->map = map;
	search->stage = EXACT;
	search->exact = 0;
	search->depth = 0;
	search->size = 0;
	search->given = 0;
	search->key = core && *core && map->range_count ? key_of(core) : 0;
	for (; c && *c; c++) {
		unsigned s = symbol(*c), before;

		if (s == NO_SYMBOL || !(node->children >> s & 1))
			return;
		before = node->children & ((1U << s) - 1);
		node = &map->nodes[node->first_child +
				   (unsigned)__builtin_popcount(before)];
		if (node->prefix)
			search->prefix[search->depth++] = node->prefix - 1;
	}
	search->exact = node->exact;
}

/* The smallest range that holds the number and was not given before; of two the
 * one that begins first. From behind: a range that begins nearer to the number
 * is likely to be the smaller one. */
static void find_smallest(const struct number_search *search, size_t from,
			  size_t to, const struct range **best)
{
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const struct range *root = &search->map->ranges[middle];
		uint64_t size = size_of(root);
		bool given = size < search->size ||
			     (size == search->size && middle < search->given);

		if (root->greatest < search->key ||
		    (*best && root->smallest > size_of(*best)))
			return;
		if (root->first <= search->key) {
			find_smallest(search, middle + 1, to, best);
			if (root->last >= search->key && !given &&
			    (!*best || size <= size_of(*best)))
				*best = root;
		}
		to = middle;
	}
}

static bool next_range(struct number_search *search, uint32_t *value)
{
	const struct range *best = NULL;

	if (!search->key)
		return false;
	find_smallest(search, 0, search->map->range_count, &best);
	if (!best)
		return false;
	search->size = size_of(best);
	search->given = (size_t)(best - search->map->ranges) + 1;
	*value = best->value;
	return true;
}

bool number_search_next(struct number_search *search, uint32_t *value)
{
	switch (search->stage) {
	case EXACT:
		search->stage = RANGES;
		if (search->exact) {
			*value = search->exact - 1;
			return true;
		}
		/* fall through */
	case RANGES:
		if (next_range(search, value))
			return true;
		search->stage = PREFIXES;
		/* fall through */
	case PREFIXES:
		if (search->depth) {
			*value = search->prefix[--search->depth];
			return true;
		}
		search->stage = ANY;
		/* fall through */
	case ANY:
		search->stage = NOTHING;
		if (search->map->any) {
			*value = search->map->any - 1;
			return true;
		}
		/* fall through */
	default: return false;
	}
}
