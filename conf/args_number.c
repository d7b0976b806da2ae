#include "conf/args_number.h"

#include "conf/number.h"

#include <errno.h>
#include <string.h>

#define E164_DIGITS_MAX 15 /* E.164 section 6 */

int args_number(struct args *args, const char *what, unsigned form,
		char out[CONF_DIGITS_MAX])
{
	const struct token *token = args_take(args, what);
	const char *s;
	size_t len;

	if (!token)
		return -EINVAL;
	s = token->text;
	len = strlen(s);
	if (!len && !(form & NUMBER_MAY_BE_EMPTY))
		return args_error(args, token,
				  "\"\" is not %s: + stands for every "
				  "international number",
				  what);
	/* Bare digits may hold * and #: service codes such as *21#. */
	if (s[0] == '+' ? strspn(s + 1, "0123456789") != len - 1
			: strspn(s, "0123456789*#") != len)
		return args_error(args, token,
				  "\"%s\" is not %s: +E.164 or digits, with "
				  "nothing between them",
				  s, what);
	/* E.164: no country code begins with 0; this is an international
	 * prefix or a trunk prefix that was left in. */
	if (s[0] == '+' && s[1] == '0')
		return args_error(args, token,
				  "\"%s\" is not %s: no country code begins "
				  "with 0",
				  s, what);
	if (s[0] == '+' && len - 1 > E164_DIGITS_MAX)
		return args_error(args, token,
				  "\"%s\" is longer than an E.164 number: %d "
				  "digits",
				  s, E164_DIGITS_MAX);
	if (len >= CONF_DIGITS_MAX)
		return args_error(args, token,
				  "\"%s\" is longer than %d digits", s,
				  CONF_DIGITS_MAX - 1);
	memcpy(out, s, len + 1);
	return 0;
}

/* A range reads like two numbers: the same mistakes are possible in both. */
static int read_ends(struct args *args, size_t first_len,
		     struct conf_number *out)
{
	const struct token *token = args_peek(args);
	struct token *copy = build_alloc(args->build, sizeof *copy);
	struct args part;

	if (!copy)
		return -EINVAL;
	*copy = *token;
	copy->text = token->text + first_len + 2;
	if (args_part(args, first_len, &part) ||
	    args_number(&part, "the first number of a range", 0, out->first))
		return -EINVAL;
	part.tokens = copy;
	part.next = 0;
	return args_number(&part, "the last number of a range", 0, out->last);
}

static int check_range(struct args *args, const struct token *at,
		       const struct conf_number *range)
{
	const char *first = range->first, *last = range->last;

	if (strpbrk(first, "*#") || strpbrk(last, "*#"))
		return args_error(
			args, at,
			"a range is of digits: * and # have no order");
	if ((*first == '+') != (*last == '+'))
		return args_error(args, at,
				  "one end of a range is written with + and "
				  "the other without");
	if (strlen(first) != strlen(last))
		return args_error(args, at,
				  "the ends of a range are of one length: "
				  "\"%s\" has %zu digits and \"%s\" %zu",
				  first, strlen(first) - (*first == '+'), last,
				  strlen(last) - (*last == '+'));
	if (!strcmp(first, "+"))
		return args_error(args, at, "a range has digits");
	if (strlen(first) - (*first == '+') > NUMBER_RANGE_DIGITS_MAX)
		return args_error(args, at,
				  "a range has numbers of %d digits at most",
				  NUMBER_RANGE_DIGITS_MAX);
	if (strcmp(first, last) > 0)
		return args_error(args, at,
				  "the range ends before it begins: write "
				  "%s..%s",
				  last, first);
	return 0;
}

/* Patterns, and ranges with a hyphen, as other products have them. */
static int foreign_form(struct args *args, const struct token *at)
{
	const char *s = at->text, *digits = s + (*s == '+' || *s == '_');
	size_t len = strspn(digits, "0123456789");
	const char *rest = digits + len;

	if (!strcmp(s, "*") || !strcmp(s, "#"))
		return args_error(args, at,
				  "\"%s\" is no pattern: \"otherwise\" stands "
				  "for every other number, + for every "
				  "international one",
				  s);
	if (digits > s && len && *rest && !strstr(rest, "..") &&
	    !rest[strspn(rest, ".*?%!XxNnZz")])
		return args_error(args, at,
				  "\"%s\" is no pattern: +%.*s alone takes "
				  "every number that begins so",
				  s, (int)len, digits);
	if (*s != '_' && len && *rest == '-' &&
	    strlen(rest + 1) == (size_t)(rest - s) &&
	    (*s == '+') == (rest[1] == '+'))
		return args_error(args, at,
				  "a range is written with two dots: %.*s..%s",
				  (int)(rest - s), s, rest + 1);
	return 0;
}

int args_number_set(struct args *args, const char *what,
		    struct conf_number *out)
{
	const struct token *at = args_peek(args);
	const char *dots =
		at && at->kind == TOKEN_WORD ? strstr(at->text, "..") : NULL;

	if (at && at->kind == TOKEN_WORD && foreign_form(args, at))
		return -EINVAL;
	*out = (struct conf_number){ .form = CONF_NUMBER_RANGE };
	if (!dots) {
		if (args_number(args, what, 0, out->first))
			return -EINVAL;
		/* A short code is dialled whole: 110 must not take 1103. */
		out->form = *out->first == '+' ? CONF_NUMBER_PREFIX
					       : CONF_NUMBER_EXACT;
		return 0;
	}
	if (dots == at->text || !dots[2])
		return args_error(args, at,
				  "\"%s\" lacks an end: a range is written "
				  "<first>..<last>, with no blank in it",
				  at->text);
	if (read_ends(args, (size_t)(dots - at->text), out) ||
	    check_range(args, at, out))
		return -EINVAL;
	if (strcmp(out->first, out->last) == 0) {
		out->form = CONF_NUMBER_EXACT;
		out->last[0] = '\0';
	}
	return 0;
}
