#include "conf/args.h"

#include "conf/address.h"
#include "conf/suggest.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

static int fail(struct args *args, const struct token *at, const char *hint,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* An error with a hint of its own. */
static int fail(struct args *args, const struct token *at, const char *hint,
		const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_verror(&args->build->report, at, hint, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int args_error(struct args *args, const struct token *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_verror(&args->build->report, at,
		      setting_usage(&args->build->report, args->setting), fmt,
		      ap);
	va_end(ap);
	return -EINVAL;
}

bool args_left(const struct args *args)
{
	return args->next < args->count;
}

const struct token *args_peek(const struct args *args)
{
	return args_left(args) ? &args->tokens[args->next] : NULL;
}

bool args_at_number(const struct args *args)
{
	const struct token *token = args_peek(args);

	return token && isdigit((unsigned char)token->text[0]);
}

/* What is missing has no place of its own: the word before it has. */
static const struct token *last(const struct args *args)
{
	return &args->tokens[args->next ? args->next - 1 : 0];
}

const struct token *args_take(struct args *args, const char *what)
{
	const struct token *token = args_peek(args);

	if (!token) {
		args_error(args, last(args), "%s is missing after \"%s\"", what,
			   last(args)->text);
		return NULL;
	}
	/* An arrow is no value: "receive unknown -> +49" lacks its prefix. */
	if (token->kind == TOKEN_ARROW) {
		args_error(args, token, "%s is missing before \"->\"", what);
		return NULL;
	}
	args->next++;
	return token;
}

int args_part(struct args *args, size_t len, struct args *part)
{
	const struct token *token = args_peek(args);
	struct token *copy = build_alloc(args->build, sizeof *copy);

	if (!copy)
		return -EINVAL;
	*copy = *token;
	copy->text = report_text(&args->build->report, "%.*s", (int)len,
				 token->text);
	*part = *args;
	part->tokens = copy;
	part->next = 0;
	part->count = 1;
	args->next++;
	return 0;
}

bool args_word(struct args *args, const char *word)
{
	const struct token *token = args_peek(args);

	/* "none" in quotes is a file of that name. */
	if (!token || token->kind != TOKEN_WORD || strcmp(token->text, word))
		return false;
	args->next++;
	return true;
}

int args_expect(struct args *args, const char *word)
{
	const struct token *token = args_peek(args);

	if (args_word(args, word))
		return 0;
	if (!token)
		return args_error(args, last(args),
				  "\"%s\" is missing after \"%s\"", word,
				  last(args)->text);
	return args_error(args, token, "\"%s\" stands where \"%s\" belongs",
			  token->text, word);
}

int args_arrow(struct args *args)
{
	const struct token *token = args_peek(args);

	if (token && token->kind == TOKEN_ARROW) {
		args->next++;
		return 0;
	}
	if (!token)
		return args_error(args, last(args),
				  "\"->\" is missing after \"%s\"",
				  last(args)->text);
	return args_error(args, token, "\"%s\" stands where \"->\" belongs",
			  token->text);
}

int args_end(struct args *args)
{
	const struct token *token = args_peek(args);

	const struct setting *other;

	if (!token)
		return 0;
	other = args->desc ? setting_find(args->desc, token->text) : NULL;
	if (other && *other->name && token->kind == TOKEN_WORD)
		return args_error(args, token,
				  "\"%s\" begins another setting: each stands "
				  "on a line of its own",
				  token->text);
	return args_error(args, token, "\"%s\" is too much here", token->text);
}

static const struct keyword *keyword_get(const struct keyword *table,
					 const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

static int keyword_unknown(struct args *args, const struct token *token,
			   const char *what, const struct keyword *table)
{
	const char *usage = setting_usage(&args->build->report, args->setting);
	struct suggestion s;

	suggest_begin(&s, token->text);
	/* What cannot be served is no help to whoever misspelt it. */
	for (; table->name; table++)
		if (!table->later)
			suggest_offer(&s, table->name, table->also, NULL);
	if (s.best)
		usage = report_text(&args->build->report,
				    "did you mean \"%s\"?  %s", s.best, usage);
	return fail(args, token, usage, "\"%s\" is not %s", token->text, what);
}

int args_keyword(struct args *args, const char *what,
		 const struct keyword *table, unsigned *out)
{
	const struct token *token = args_take(args, what);
	const struct keyword *keyword;

	if (!token)
		return -EINVAL;
	keyword = keyword_get(table, token->text);
	if (!keyword)
		return keyword_unknown(args, token, what, table);
	if (keyword->later)
		return args_error(args, token, "\"%s\" is not supported yet",
				  token->text);
	*out = keyword->value;
	return 0;
}

/* Decimal digits at *text, which moves past them. False when there are none
 * or too many. */
static bool read_digits(const char **text, unsigned *out)
{
	unsigned long value = 0;
	const char *s = *text;

	for (; isdigit((unsigned char)*s); s++) {
		value = value * 10 + (unsigned long)(*s - '0');
		if (value > UINT_MAX / 2)
			return false;
	}
	if (s == *text)
		return false;
	*text = s;
	*out = (unsigned)value;
	return true;
}

int args_count(struct args *args, const char *what, unsigned min, unsigned max,
	       unsigned *out)
{
	const struct token *token = args_take(args, what);
	const char *s;

	if (!token)
		return -EINVAL;
	s = token->text;
	if (!read_digits(&s, out) || *s)
		return args_error(args, token, "\"%s\" is not %s", token->text,
				  what);
	if (*out < min || *out > max)
		return args_error(args, token, "%s is out of range: %u to %u",
				  token->text, min, max);
	return 0;
}

int args_time(struct args *args, unsigned min_ms, unsigned max_ms,
	      unsigned *out_ms)
{
	static const struct {
		const char *name;
		unsigned ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "min", 60000 } };
	const struct token *token = args_take(args, "a time");
	struct report *report = &args->build->report;
	unsigned value;
	const char *s;

	if (!token)
		return -EINVAL;
	s = token->text;
	if (!read_digits(&s, &value))
		return args_error(args, token,
				  "\"%s\" is not a time: times are written "
				  "60ms, 10s or 2min",
				  token->text);
	/* A bare number would mean seconds to one reader and milliseconds to
	 * the next. */
	if (!*s)
		return args_error(args, token,
				  "\"%s\" lacks its unit: write %sms or %ss",
				  token->text, token->text, token->text);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (strcmp(s, units[i].name))
			continue;
		/* Compared in the unit as written: value * ms may overflow. */
		if (value < (min_ms + units[i].ms - 1) / units[i].ms ||
		    value > max_ms / units[i].ms)
			return args_error(args, token,
					  "%s is out of range: %s to %s",
					  token->text,
					  format_time(report, min_ms),
					  format_time(report, max_ms));
		*out_ms = value * units[i].ms;
		return 0;
	}
	return args_error(args, token,
			  "\"%s\" is not a unit of time: ms, s and min are", s);
}

int args_level(struct args *args, int max_ddb, int *out_ddb)
{
	const struct token *token = args_take(args, "a level");
	unsigned whole, tenths = 0;
	const char *s;

	if (!token)
		return -EINVAL;
	s = token->text + (*token->text == '-' || *token->text == '+');
	if (!read_digits(&s, &whole))
		return args_error(args, token,
				  "\"%s\" is not a level: levels are written "
				  "-3dB, 0dB or 2.5dB",
				  token->text);
	if (*s == '.' && isdigit((unsigned char)s[1])) {
		tenths = (unsigned)(s[1] - '0');
		s += 2;
	}
	if (strcmp(s, "dB") != 0)
		return args_error(args, token,
				  "\"%s\" is not written in dB with one "
				  "decimal at most, as in -3dB or 2.5dB",
				  token->text);
	if (whole > (unsigned)max_ddb / 10 ||
	    whole * 10 + tenths > (unsigned)max_ddb)
		return args_error(args, token,
				  "%s is out of range: -%udB to %udB",
				  token->text, (unsigned)max_ddb / 10,
				  (unsigned)max_ddb / 10);
	*out_ddb = (int)(whole * 10 + tenths);
	if (*token->text == '-')
		*out_ddb = -*out_ddb;
	return 0;
}

int args_range(struct args *args, const char *what, unsigned min, unsigned max,
	       unsigned out[2])
{
	const struct token *token = args_take(args, what);
	const char *s;

	if (!token)
		return -EINVAL;
	s = token->text;
	if (!read_digits(&s, &out[0]))
		return args_error(args, token, "\"%s\" is not %s", token->text,
				  what);
	out[1] = out[0];
	if (*s == '-') {
		s++;
		if (!read_digits(&s, &out[1]))
			s = "-";
	}
	if (*s)
		return args_error(args, token, "\"%s\" is not %s", token->text,
				  what);
	if (out[0] < min || out[1] > max || out[0] > max)
		return args_error(args, token, "%s is out of range: %u to %u",
				  token->text, min, max);
	if (out[1] < out[0])
		return args_error(args, token, "%s ends before it begins",
				  token->text);
	return 0;
}

int args_path(struct args *args, const char *what, char *out, size_t size)
{
	const struct token *token = args_take(args, what);
	size_t len;

	if (!token)
		return -EINVAL;
	len = strlen(token->text);
	if (len == 0 || token->text[len - 1] == '/')
		return args_error(args, token, "\"%s\" names no file",
				  token->text);
	if (len >= size)
		return args_error(args, token,
				  "a path of %zu bytes is too long: at most "
				  "%zu",
				  len, size - 1);
	memcpy(out, token->text, len + 1);
	return 0;
}

int args_name(struct args *args, const char *what, const struct token **out)
{
	const struct token *token = args_take(args, what);
	const char *s;

	*out = NULL;
	if (!token)
		return -EINVAL;
	s = token->text;
	if (!isascii((unsigned char)*s) || !isalpha((unsigned char)*s))
		return args_error(args, token,
				  "\"%s\" is not %s: it begins with a letter",
				  s, what);
	s += strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		       "0123456789._-");
	if (*s)
		return args_error(args, token,
				  "\"%s\" is not %s: letters, digits, '.', "
				  "'_' and '-' make one",
				  token->text, what);
	if (strlen(token->text) >= CONF_NAME_MAX)
		return args_error(args, token,
				  "\"%s\" is longer than %d letters",
				  token->text, CONF_NAME_MAX - 1);
	*out = token;
	return 0;
}

/* Says what is wrong with what is no address. The mistakes that people bring
 * along are host:port and a host name. */
static int not_an_address(struct args *args, const struct token *token)
{
	struct sockaddr_storage address;
	const char *colon = strrchr(token->text, ':');
	const char *host;

	if (colon && colon > token->text && isdigit((unsigned char)colon[1])) {
		host = report_text(&args->build->report, "%.*s",
				   (int)(colon - token->text), token->text);
		if (!address_parse(host, &address))
			return args_error(args, token,
					  "\"%s\" is not an address: write the "
					  "port as a word of its own, %s %s",
					  token->text, host, colon + 1);
	}
	if (strspn(token->text, "0123456789.") == strlen(token->text) ||
	    colon || !isalnum((unsigned char)token->text[0]))
		return args_error(args, token, "\"%s\" is not an address",
				  token->text);
	return args_error(args, token,
			  "\"%s\" is not an address: host names are not "
			  "supported yet",
			  token->text);
}

int args_address(struct args *args, struct sockaddr_storage *out)
{
	const struct token *token = args_take(args, "an address");
	struct sockaddr_storage address;

	if (!token)
		return -EINVAL;
	if (address_parse(token->text, &address))
		return not_an_address(args, token);
	if (address_is_mapped(&address))
		return args_error(args, token,
				  "\"%s\" is an IPv4 address in disguise: "
				  "write it as IPv4",
				  token->text);
	*out = address;
	return 0;
}

int args_network(struct args *args, struct conf_network *out)
{
	const struct token *token = args_peek(args);
	const char *slash = token ? strchr(token->text, '/') : NULL;
	struct args host;
	const char *s;
	char text[80];
	unsigned bits;

	if (!slash) {
		if (args_address(args, &out->address))
			return -EINVAL;
		out->prefix_bits = (uint8_t)address_bits(&out->address);
		return 0;
	}
	if (args_part(args, (size_t)(slash - token->text), &host) ||
	    args_address(&host, &out->address))
		return -EINVAL;
	s = slash + 1;
	if (!read_digits(&s, &bits) || *s || bits > address_bits(&out->address))
		return args_error(args, token,
				  "\"%s\" is not a network: the length of its "
				  "prefix is 1 to %u",
				  token->text, address_bits(&out->address));
	out->prefix_bits = (uint8_t)bits;
	/* 192.0.2.77/24 was meant as one of two things: the host or its
	 * network. Guessing would let strangers in. */
	if (!address_mask(&out->address, bits))
		return 0;
	network_format(out, text, sizeof text);
	return args_error(args, token,
			  "\"%s\" has bits set after its prefix: write %s",
			  token->text, text);
}
