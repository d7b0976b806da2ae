/* The Reason header: RFC 3326 2, Q.850 causes in responses by RFC 6432, the
 * location parameter by RFC 8606. */
#include "gateway/cause.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define VALUE_MAX 1024
#define LOCATIONS 16
#define LOCATION_RPN 5
#define CAUSE_NORMAL_CLEARING 16

/* By Q.850 location code (RFC 8606 4); the spare and reserved ones too. */
static const char *const location_names[LOCATIONS] = {
	"U",	 "LPN",	  "LN", "TN",	  "RLN",    "RPN",    "LOC-6",	"INTL",
	"LOC-8", "LOC-9", "BI", "LOC-11", "LOC-12", "LOC-13", "LOC-14", "LOC-15"
};

struct word {
	const char *start;
	size_t len;
};

/* One reason-value; -1 stands for a parameter that was not there. */
struct reason {
	int cause, location;
	char text[LEG_TEXT_MAX];
};

const char *cause_location_name(uint8_t location)
{
	return location < LOCATIONS ? location_names[location] : "?";
}

/* What the operator wrote beside a reject rule is meant for the caller; of
 * every other reason the caller gets the cause's name. */
static const char *reason_text(const struct leg_cause *cause, char buf[16])
{
	return cause->told ? cause->text : cause_name(cause->q850, buf);
}

/* As a quoted-string (RFC 3261 25.1). */
static void quote(const char *text, char out[2 * LEG_TEXT_MAX])
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*out++ = '\\';
		*out++ = *text;
	}
	*out = '\0';
}

void cause_format_reason(const struct leg_cause *cause,
			 char out[CAUSE_REASON_MAX])
{
	char buf[16], text[2 * LEG_TEXT_MAX];

	out[0] = '\0';
	if (!cause->q850)
		return;
	quote(reason_text(cause, buf), text);
	snprintf(out, CAUSE_REASON_MAX,
		 "Q.850;cause=%u;text=\"%s\";location=%s", cause->q850, text,
		 location_names[cause->location % LOCATIONS]);
}

static void skip_space(const char **p)
{
	*p += strspn(*p, " \t");
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* At least one character of RFC 3261 25.1 "token", or one of `more`. */
static bool take_word(const char **p, const char *more, struct word *word)
{
	word->start = *p;
	while (**p && (is_alnum(**p) || strchr("-.!%*_+`'~", **p) ||
		       strchr(more, **p)))
		(*p)++;
	word->len = (size_t)(*p - word->start);
	return word->len > 0;
}

static bool word_is(const struct word *word, const char *name)
{
	return word->len == strlen(name) &&
	       !strncasecmp(word->start, name, word->len);
}

/* RFC 3261 25.1 quoted-string; what does not fit is cut, what is no printable
 * character becomes '?'. */
static bool take_quoted(const char **p, char *out, size_t size)
{
	size_t len = 0;

	if (*(*p)++ != '"')
		return false;
	for (; **p != '"'; (*p)++) {
		unsigned char c;

		if (**p == '\\')
			(*p)++;
		else if ((unsigned char)**p < ' ' && **p != '\t')
			return false;
		if (!**p)
			return false;
		c = (unsigned char)**p;
		if (len + 1 < size)
			out[len++] = c < ' ' || c == 0x7f ? '?' : (char)c;
	}
	(*p)++;
	out[len] = '\0';
	return true;
}

/* Its digits as a number, -1 for none; saturates, as only small ones count. */
static int word_number(const struct word *word)
{
	int number = 0;

	for (size_t i = 0; i < word->len; i++) {
		if (word->start[i] < '0' || word->start[i] > '9')
			return -1;
		number = number * 10 + word->start[i] - '0';
		if (number > 1000)
			number = 1000;
	}
	return number;
}

static int word_location(const struct word *word)
{
	for (int i = 0; i < LOCATIONS; i++)
		if (word_is(word, location_names[i]))
			return i;
	return -1;
}

/* What stands after "name=". A value that a known parameter cannot have fails
 * the header, but for an unknown location: it says only where. */
static bool take_value(const char **p, const struct word *name,
		       struct reason *reason)
{
	char waste[2];
	struct word value;
	bool is_text = word_is(name, "text");

	if (**p == '"')
		return !word_is(name, "cause") &&
		       take_quoted(p, is_text ? reason->text : waste,
				   is_text ? sizeof reason->text
					   : sizeof waste);
	if (!take_word(p, "[]:", &value))
		return false;
	if (word_is(name, "cause")) {
		if (reason->cause >= 0)
			return false;
		reason->cause = word_number(&value);
		return reason->cause >= 0;
	}
	if (word_is(name, "location"))
		reason->location = word_location(&value);
	return true;
}

static bool take_parameter(const char **p, struct reason *reason)
{
	struct word name;

	skip_space(p);
	if (!take_word(p, "", &name))
		return false;
	skip_space(p);
	if (**p != '=')
		return !word_is(&name, "cause");
	(*p)++;
	skip_space(p);
	return take_value(p, &name, reason);
}

/* reason-value = protocol *( SEMI reason-params ) */
static bool take_reason(const char **p, struct word *protocol,
			struct reason *reason)
{
	*reason = (struct reason){ .cause = -1, .location = -1 };
	skip_space(p);
	if (!take_word(p, "", protocol))
		return false;
	for (skip_space(p); **p == ';'; skip_space(p)) {
		(*p)++;
		if (!take_parameter(p, reason))
			return false;
	}
	return true;
}

/* The whole value must be sound before any of it is believed. */
static int parse(const char *value, struct reason *q850)
{
	struct word protocol;
	struct reason reason;
	int rc = -ENOENT;

	if (strnlen(value, VALUE_MAX + 1) > VALUE_MAX)
		return -EBADMSG;
	for (;;) {
		if (!take_reason(&value, &protocol, &reason))
			return -EBADMSG;
		if (rc < 0 && word_is(&protocol, "Q.850") &&
		    reason.cause >= 0) {
			*q850 = reason;
			rc = 0;
		}
		if (*value == '\0')
			break;
		if (*value++ != ',')
			return -EBADMSG;
	}
	if (rc == 0 && (q850->cause < 1 || q850->cause > 127))
		return -EBADMSG;
	return rc;
}

int cause_parse_reason(const char *value, struct leg_cause *out)
{
	struct reason reason;
	int rc = parse(value, &reason);

	if (rc < 0)
		return rc;
	*out = (struct leg_cause){
		.q850 = (uint8_t)reason.cause,
		.location = reason.location < 0 ? LOCATION_RPN
						: (uint8_t)reason.location,
		.origin = LEG_ORIGIN_PEER,
	};
	memcpy(out->text, reason.text, sizeof out->text);
	return 0;
}

struct leg_cause cause_from_sip_response(uint16_t status, const char *reason)
{
	struct leg_cause cause = cause_from_sip(status);
	struct reason given;

	/* Many send "normal call clearing" with any failure: it says less than
	 * the status. */
	if (!reason || parse(reason, &given) < 0 ||
	    given.cause == CAUSE_NORMAL_CLEARING)
		return cause;
	cause.q850 = (uint8_t)given.cause;
	if (given.location >= 0)
		cause.location = (uint8_t)given.location;
	return cause;
}
