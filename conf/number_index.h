/* Rules by number: the most specific one is found without a look at the others.
 *
 * A prefix, or a range of numbers of one length, is an interval of texts, and
 * two intervals lie one in the other or apart (ranges that overlap only in part
 * are refused). So they are kept sorted by where they begin, each with the next
 * wider one around it: a binary search finds the last that begins before a
 * number, and one of those around it, or itself, is the narrowest that holds
 * the number. Pure.
 */
#ifndef TOLLGATE_CONF_NUMBER_INDEX_H
#define TOLLGATE_CONF_NUMBER_INDEX_H

#include "conf/arena.h"
#include "conf/conf.h"

/* No limit on the length of a prefix. */
#define NUMBER_LENGTH_ANY SIZE_MAX

/* How rules are sorted: by type, plan, length (prefixes first), then by where
 * they begin, the wider ones first. Rules that compare as equal match alike. */
int number_rule_compare(const struct conf_number_rule *a,
			const struct conf_number_rule *b);

/* Whether two rules that are neighbours in this order cannot both be had: they
 * match alike, or their ranges overlap in part. `a` is the one before, or a
 * wider one around it. */
bool number_rules_clash(const struct conf_number_rule *a,
			const struct conf_number_rule *b);

/* Whether `a`, which comes before `b` in this order, holds all numbers of it.
 */
bool number_rule_around(const struct conf_number_rule *a,
			const struct conf_number_rule *b);

/* Fills *out with `count` rules, which must outlive it and of which no two
 * clash; memory is of `arena`. 0 or -ENOMEM. */
int number_index_make(struct conf_number_index *out, struct arena *arena,
		      const struct conf_number_rule *rules, size_t count);

/* The rule for `number` with this type and plan: one for both comes before one
 * for the type, then one for the plan, then one for any; a range before a
 * prefix, the smaller range and the longer prefix first. `shorter` leaves out
 * ranges, and prefixes that are not shorter than this. NULL: none. */
const struct conf_number_rule *
number_index_find(const struct conf_number_index *index, unsigned type,
		  unsigned plan, const char *number, size_t shorter);

#endif
