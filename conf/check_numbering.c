/* Rules of a numbering that match alike. */
#include "conf/number_index.h"
#include "conf/parse.h"
#include "conf/settings.h"

#include <stdlib.h>
#include <string.h>

static int compare_items(const void *a, const void *b)
{
	const struct item *x = *(const struct item *const *)a;
	const struct item *y = *(const struct item *const *)b;
	int order = number_rule_compare(&x->number, &y->number);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static void report_clash(struct build *build, const struct item *one,
			 const struct item *other)
{
	const struct item *later = one, *earlier = other;

	if (one->at->source == other->at->source && one->order < other->order) {
		later = other;
		earlier = one;
	}
	report_error(&build->report, later->at, "(remove one of them)",
		     "two rules match \"%s\" equally (other: %s)",
		     one->number.from,
		     report_place(&build->report, earlier->at, later->at));
}

/* `around` has the rules around all[i - 1], that one last. Leaves in it those
 * around all[i], and adds it. Returns how many they are. */
static size_t check_next(struct build *build, struct item **all, size_t i,
			 struct item **around, size_t depth)
{
	while (depth) {
		struct item *outer = around[depth - 1];

		if (number_rules_clash(&outer->number, &all[i]->number)) {
			report_clash(build, all[i], outer);
			return depth;
		}
		if (number_rule_around(&outer->number, &all[i]->number))
			break;
		depth--;
	}
	around[depth++] = all[i];
	return depth;
}

static void check_list(struct build *build, const struct item_list *list)
{
	struct item **all =
		build_alloc(build, 2 * (list->count + 1) * sizeof(void *));
	struct item **around;
	size_t count = 0, depth = 0;

	if (!all || !list->count)
		return;
	around = all + list->count + 1;
	for (struct item *i = list->first; i; i = i->next)
		all[count++] = i;
	qsort(all, count, sizeof(void *), compare_items);
	for (size_t i = 0; i < count; i++)
		depth = check_next(build, all, i, around, depth);
}

/* Nobody could tell what is dialled after one that begins with another: 00 and
 * 0049 make two numbers of 00491. A national one within it, as 8 in 810, is had
 * in some countries, where no area code begins with the rest. */
static void check_prefixes(struct build *build, const struct draft *d)
{
	const struct token *national = setting_seen(d, "national-prefix");
	const char *prefix = d->as.numbering.national_prefix;

	for (const struct item *i = d->prefixes.first; i; i = i->next) {
		size_t len = strlen(i->number.from);

		for (const struct item *j = d->prefixes.first; j; j = j->next)
			if (i != j &&
			    !strncmp(i->number.from, j->number.from, len))
				report_error(&build->report, j->at, NULL,
					     "\"%s\" begins with another "
					     "international prefix, %s",
					     j->number.from, i->number.from);
		if (*prefix && !strncmp(prefix, i->number.from, len))
			report_error(&build->report, national, NULL,
				     "national prefix \"%s\" begins with the "
				     "international prefix %s",
				     prefix, i->number.from);
	}
}

void build_check_numberings(struct build *build)
{
	const struct draft *d = build->drafts[BLOCK_NUMBERING].first;

	for (; d; d = d->next) {
		check_list(build, &d->items);
		check_list(build, &d->send);
		check_list(build, &d->codes);
		check_list(build, &d->callers);
		check_list(build, &d->redirecting);
		check_prefixes(build, d);
	}
}
