#include "conf/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_in_range(const struct conf_number *range, const char *core)
{
	/* Of one length and with the same sign in front, texts have the order
	 * of the numbers. What is no digit is greater or less than all. */
	if (strlen(core) != strlen(range->first) ||
	    strcmp(core, range->first) < 0 || strcmp(core, range->last) > 0)
		return false;
	for (const char *c = core + (*core == '+'); *c; c++)
		if (!isdigit((unsigned char)*c))
			return false;
	return true;
}

bool number_holds(const struct conf_number *number, const char *core)
{
	if (number->form == CONF_NUMBER_ANY)
		return true;
	if (!core || !*core)
		return number->form == CONF_NUMBER_EXACT && !*number->first;
	switch (number->form) {
	case CONF_NUMBER_PREFIX:
		return !strncmp(core, number->first, strlen(number->first));
	case CONF_NUMBER_EXACT: return !strcmp(core, number->first);
	case CONF_NUMBER_RANGE: return is_in_range(number, core);
	default: return false;
	}
}

int number_join(const char *front, const char *rest, char *out, size_t size)
{
	size_t front_len = strnlen(front, size - 1);
	size_t rest_len = strnlen(rest, size - front_len);
	bool fits = front_len + rest_len < size;

	if (!fits)
		rest_len = size - front_len - 1;
	memcpy(out, front, front_len);
	memcpy(out + front_len, rest, rest_len);
	out[front_len + rest_len] = '\0';
	return fits && !front[front_len] ? 0 : -EINVAL;
}

const char *number_text(const struct conf_number *number,
			char out[NUMBER_TEXT_MAX])
{
	if (number->form == CONF_NUMBER_ANY)
		snprintf(out, NUMBER_TEXT_MAX, "otherwise");
	else if (number->form == CONF_NUMBER_RANGE)
		snprintf(out, NUMBER_TEXT_MAX, "%s..%s", number->first,
			 number->last);
	else
		snprintf(out, NUMBER_TEXT_MAX, "%s",
			 *number->first ? number->first : "none");
	return out;
}

/* The digits of a range's end, at most NUMBER_RANGE_DIGITS_MAX of them. */
static uint64_t value_of(const char *number)
{
	uint64_t value = 0;

	for (const char *c = number; *c; c++)
		if (isdigit((unsigned char)*c))
			value = value * 10 + (uint64_t)(*c - '0');
	return value;
}

uint64_t number_count(const struct conf_number *number)
{
	switch (number->form) {
	case CONF_NUMBER_EXACT: return 1;
	case CONF_NUMBER_RANGE:
		return value_of(number->last) - value_of(number->first) + 1;
	default: return 0;
	}
}

/* An exact number is a range of one. */
static int kind(const struct conf_number *number)
{
	switch (number->form) {
	case CONF_NUMBER_EXACT:
	case CONF_NUMBER_RANGE: return 0;
	case CONF_NUMBER_PREFIX: return 1;
	default: return 2;
	}
}

int number_specific(const struct conf_number *a, const struct conf_number *b)
{
	size_t len_a = strlen(a->first), len_b = strlen(b->first);
	uint64_t of_a, of_b;

	if (kind(a) != kind(b))
		return kind(a) - kind(b);
	if (kind(a) == 1)
		return (len_a < len_b) - (len_a > len_b);
	if (kind(a) == 2)
		return 0;
	of_a = number_count(a);
	of_b = number_count(b);
	return of_a == of_b ? strcmp(a->first, b->first) : of_a < of_b ? -1 : 1;
}

/* "+493" is the beginning of all, of some or of none of +4930..+4949. */
static bool prefix_meets(const struct conf_number *prefix,
			 const struct conf_number *other)
{
	size_t len = strlen(prefix->first), other_len = strlen(other->first);
	size_t least = len < other_len ? len : other_len;
	const char *last =
		other->form == CONF_NUMBER_RANGE ? other->last : other->first;

	if (other->form == CONF_NUMBER_PREFIX)
		return !strncmp(prefix->first, other->first, least);
	return len <= other_len &&
	       strncmp(other->first, prefix->first, len) <= 0 &&
	       strncmp(last, prefix->first, len) >= 0;
}

bool number_meets(const struct conf_number *a, const struct conf_number *b)
{
	const char *a_last = a->form == CONF_NUMBER_RANGE ? a->last : a->first;
	const char *b_last = b->form == CONF_NUMBER_RANGE ? b->last : b->first;

	if (kind(a) == 2 || kind(b) == 2)
		return true;
	if (kind(a) == 1)
		return prefix_meets(a, b);
	if (kind(b) == 1)
		return prefix_meets(b, a);
	return strlen(a->first) == strlen(b->first) &&
	       strcmp(a->first, b_last) <= 0 && strcmp(b->first, a_last) <= 0;
}

int number_compare(const struct conf_number *a, const struct conf_number *b)
{
	int order = strcmp(a->first, b->first);

	if (!order)
		order = (int)a->form - (int)b->form;
	return order ? order : strcmp(a->last, b->last);
}
