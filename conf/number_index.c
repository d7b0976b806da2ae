#include "conf/number_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ANY CONF_TYPE_ANY

/* The rules of one type and plan: [begin, end) of the index. */
struct conf_number_class {
	uint8_t type, plan;
	uint32_t begin, end;
};

/* 0: a prefix, whatever the number's length. */
static size_t length_of(const struct conf_number_rule *rule)
{
	return *rule->last ? strlen(rule->from) : 0;
}

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

/* A rule that sends is found by its number alone: the type is its result. */
static int compare_class(const struct conf_number_rule *a,
			 const struct conf_number_rule *b)
{
	if (a->sends || b->sends)
		return (int)a->sends - (int)b->sends;
	if (a->type != b->type)
		return (int)a->type - (int)b->type;
	return (int)a->plan - (int)b->plan;
}

int number_rule_compare(const struct conf_number_rule *a,
			const struct conf_number_rule *b)
{
	int order = compare_class(a, b);

	if (!order)
		order = compare_sizes(length_of(a), length_of(b));
	if (!order)
		order = strcmp(a->from, b->from);
	return order ? order : strcmp(b->last, a->last);
}

/* Of two that compare so, `a` begins first or is the wider. */
bool number_rule_around(const struct conf_number_rule *a,
			const struct conf_number_rule *b)
{
	if (compare_class(a, b) || length_of(a) != length_of(b))
		return false;
	if (!*a->last)
		return !strncmp(a->from, b->from, strlen(a->from));
	return strcmp(b->last, a->last) <= 0;
}

bool number_rules_clash(const struct conf_number_rule *a,
			const struct conf_number_rule *b)
{
	if (!number_rule_compare(a, b))
		return true;
	return !compare_class(a, b) && length_of(a) &&
	       length_of(a) == length_of(b) && strcmp(b->from, a->last) <= 0 &&
	       strcmp(b->last, a->last) > 0;
}

static int compare_pointers(const void *a, const void *b)
{
	return number_rule_compare(*(const struct conf_number_rule *const *)a,
				   *(const struct conf_number_rule *const *)b);
}

/* Position + 1 of the next wider rule, for each; 0: none is around it. */
static void find_wider(struct conf_number_index *index)
{
	const struct conf_number_rule **rules = index->rules;

	for (size_t i = 1; i < index->count; i++) {
		size_t around = i;

		while (around &&
		       !number_rule_around(rules[around - 1], rules[i]))
			around = index->wider[around - 1];
		index->wider[i] = (uint32_t)around;
	}
}

static void add_class(struct conf_number_index *index, size_t at)
{
	const struct conf_number_rule **rules = index->rules;
	struct conf_number_class *class;

	if (!at || compare_class(rules[at - 1], rules[at])) {
		class = &index->classes[index->class_count++];
		class->type = rules[at]->sends ? ANY : rules[at]->type;
		class->plan = rules[at]->sends ? ANY : rules[at]->plan;
		class->begin = (uint32_t)at;
	}
	index->classes[index->class_count - 1].end = (uint32_t)at + 1;
}

static size_t count_classes(const struct conf_number_index *index)
{
	size_t count = index->count > 0;

	for (size_t i = 1; i < index->count; i++)
		count += compare_class(index->rules[i - 1], index->rules[i]) !=
			 0;
	return count;
}

int number_index_make(struct conf_number_index *out, struct arena *arena,
		      const struct conf_number_rule *rules, size_t count)
{
	struct conf_number_index index = { .count = count };

	if (count >= UINT32_MAX)
		return -ENOMEM;
	index.rules = arena_array(arena, count, sizeof *index.rules);
	index.wider = arena_array(arena, count, sizeof *index.wider);
	if (!index.rules || !index.wider)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		index.rules[i] = &rules[i];
	if (count)
		qsort(index.rules, count, sizeof *index.rules,
		      compare_pointers);
	find_wider(&index);
	index.classes = arena_array(arena, count_classes(&index),
				    sizeof *index.classes);
	if (!index.classes)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		add_class(&index, i);
	*out = index;
	return 0;
}

/* Bare or with a + in front. */
static bool is_digits(const char *number)
{
	number += *number == '+';
	return number[strspn(number, "0123456789")] == '\0';
}

static bool holds(const struct conf_number_rule *rule, const char *number)
{
	if (!*rule->last)
		return !strncmp(number, rule->from, strlen(rule->from));
	if (!strcmp(number, rule->from))
		return true;
	/* Of one length, and digits: texts have the order of numbers. */
	return strcmp(number, rule->from) > 0 &&
	       strcmp(number, rule->last) <= 0 && is_digits(number);
}

/* Position + 1 of the last rule of the class that has this length and begins at
 * `number` or before; 0: there is none. */
static size_t last_before(const struct conf_number_index *index,
			  const struct conf_number_class *class, size_t length,
			  const char *number)
{
	size_t low = class->begin, high = class->end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct conf_number_rule *rule = index->rules[middle];
		int order = compare_sizes(length_of(rule), length);

		if (!order)
			order = strcmp(rule->from, number);
		if (order <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == class->begin || length_of(index->rules[low - 1]) != length)
		return 0;
	return low;
}

static const struct conf_number_rule *
find_of_length(const struct conf_number_index *index,
	       const struct conf_number_class *class, size_t length,
	       const char *number, size_t shorter)
{
	size_t at = last_before(index, class, length, number);

	while (at) {
		const struct conf_number_rule *rule = index->rules[at - 1];

		if (holds(rule, number) && strlen(rule->from) < shorter)
			return rule;
		at = index->wider[at - 1];
	}
	return NULL;
}

static const struct conf_number_rule *
find_in_class(const struct conf_number_index *index,
	      const struct conf_number_class *class, const char *number,
	      size_t shorter)
{
	const struct conf_number_rule *rule = NULL;

	if (shorter == NUMBER_LENGTH_ANY && *number)
		rule = find_of_length(index, class, strlen(number), number,
				      shorter);
	return rule ? rule : find_of_length(index, class, 0, number, shorter);
}

static const struct conf_number_class *
find_class(const struct conf_number_index *index, unsigned type, unsigned plan)
{
	for (size_t i = 0; i < index->class_count; i++)
		if (index->classes[i].type == type &&
		    index->classes[i].plan == plan)
			return &index->classes[i];
	return NULL;
}

const struct conf_number_rule *
number_index_find(const struct conf_number_index *index, unsigned type,
		  unsigned plan, const char *number, size_t shorter)
{
	const unsigned order[][2] = {
		{ type, plan }, { type, ANY }, { ANY, plan }, { ANY, ANY }
	};
	const struct conf_number_rule *rule = NULL;

	for (size_t i = 0; i < 4 && !rule; i++) {
		const struct conf_number_class *class =
			find_class(index, order[i][0], order[i][1]);

		if (class)
			rule = find_in_class(index, class, number, shorter);
	}
	return rule;
}
