#include "conf/class.h"

#include "conf/number.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return number_compare(a, b);
}

void class_sort(struct conf_class *class)
{
	struct conf_number *n = class->numbers;
	size_t kept = 0;

	qsort(n, class->number_count, sizeof *n, compare);
	for (size_t i = 0; i < class->number_count; i++)
		if (!kept || number_compare(&n[kept - 1], &n[i]))
			n[kept++] = n[i];
	class->number_count = kept;
}

static bool has(const struct conf_class *class, const struct conf_number *key)
{
	return bsearch(key, class->numbers, class->number_count,
		       sizeof *class->numbers, compare);
}

/* The number itself, then each of its prefixes. Ranges are few. One that is
 * longer than all that can be written here has prefixes too: exchanges pass
 * over digits that are too many, which must not be a way around a limit. */
bool class_holds(const struct conf_class *class, const char *core)
{
	struct conf_number key = { .form = CONF_NUMBER_EXACT };
	size_t len = strnlen(core, sizeof key.first - 1);

	if (!len)
		return false;
	memcpy(key.first, core, len);
	if (!core[len] && has(class, &key))
		return true;
	key.form = CONF_NUMBER_PREFIX;
	for (; len; key.first[--len] = '\0')
		if (has(class, &key))
			return true;
	for (size_t i = 0; i < class->number_count; i++)
		if (class->numbers[i].form == CONF_NUMBER_RANGE &&
		    number_holds(&class->numbers[i], core))
			return true;
	return false;
}

enum class_age class_age(const struct conf_class *class, int32_t today)
{
	if (!class->review_by)
		return CLASS_FRESH;
	if (today > class->review_by)
		return CLASS_OUTDATED;
	return class->review_by - today <= CLASS_NOTICE_DAYS ? CLASS_DUE
							     : CLASS_FRESH;
}
