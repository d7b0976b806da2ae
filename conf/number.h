/* Numbers as routes, classes and policies speak of them: in the core's form,
 * +E.164 or the bare digits of a short code. Pure. */
#ifndef TOLLGATE_CONF_NUMBER_H
#define TOLLGATE_CONF_NUMBER_H

#include "conf/conf.h"

/* Digits of a range's ends: as many as its size can be counted in. */
#define NUMBER_RANGE_DIGITS_MAX 18

/* Room for number_text(). */
#define NUMBER_TEXT_MAX (2 * CONF_DIGITS_MAX + 2)

/* Whether `core` (NULL or "": there is no number) is one of them. */
bool number_holds(const struct conf_number *number, const char *core);

/* As it is written: "+49", "110", "+4930100..+4930199", "otherwise",
 * "none". */
const char *number_text(const struct conf_number *number,
			char out[NUMBER_TEXT_MAX]);

/* Writes `front` and `rest`, one behind the other. 0; -EINVAL: that is too
 * long, and what fits is written. For the way of each call, which has no time
 * for printf. */
int number_join(const char *front, const char *rest, char *out, size_t size);

/* An order of all of them, for sorting: 0 when they are the same. */
int number_compare(const struct conf_number *a, const struct conf_number *b);

/* Which of two is the more specific: an exact number or a range before a
 * prefix, the smaller range before the bigger one (of two that are as big,
 * that which begins first), the longer prefix before the shorter one, any
 * number last. Negative: `a` is; positive: `b` is; 0: as
 * specific as the other, which need not be equal. */
int number_specific(const struct conf_number *a, const struct conf_number *b);

/* Whether there are numbers that both hold. */
bool number_meets(const struct conf_number *a, const struct conf_number *b);

/* How many numbers a range holds, 1 for an exact one; 0 for the others, which
 * have no end. */
uint64_t number_count(const struct conf_number *number);

#endif
