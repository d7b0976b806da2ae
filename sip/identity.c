#include "sip/identity.h"

#include "sip/address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Q.931 4.5.10 */
enum presentation { ALLOWED, RESTRICTED, NOT_AVAILABLE };
enum screening { NOT_SCREENED, PASSED, FAILED, NETWORK_PROVIDED };

#define COUNT_MAX 99 /* two digits (RFC 5806 4) */
#define BLANK " \t\r\n"

#define ANONYMOUS "\"Anonymous\" <sip:anonymous@anonymous.invalid>"

/* Text between two pointers. */
struct piece {
	const char *at;
	size_t len;
};

static bool piece_is(struct piece p, const char *text)
{
	return p.len == strlen(text) && !strncasecmp(p.at, text, p.len);
}

/* Cuts the piece before the first `c`; false when it has none. */
static bool piece_cut(struct piece *p, char c)
{
	const char *found = memchr(p->at, c, p->len);

	if (found)
		p->len = (size_t)(found - p->at);
	return found != NULL;
}

/* Numbers */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The first character of a user part, its length in *used. -1: bad escape. */
static int decode(struct piece p, size_t *used)
{
	int high, low;

	*used = 1;
	if (*p.at != '%')
		return (unsigned char)*p.at;
	*used = p.len < 3 ? p.len : 3;
	high = p.len < 3 ? -1 : hex(p.at[1]);
	low = high < 0 ? -1 : hex(p.at[2]);
	return low < 0 ? -1 : high << 4 | low;
}

/* '+' only leads. */
static bool is_dialled(int c, size_t index)
{
	return (c >= '0' && c <= '9') || c == '*' || c == '#' ||
	       (c == '+' && index == 0);
}

static int number_of(struct piece user, char digits[LEG_DIGITS_MAX])
{
	size_t count = 0, used;

	digits[0] = '\0';
	for (; user.len; user.at += used, user.len -= used) {
		int c = decode(user, &used);

		if (c == ';') /* phone-context and its like (RFC 3966 3) */
			break;
		/* RFC 3966 5.1.1, and the blank that people put in. */
		if (c == '-' || c == '.' || c == '(' || c == ')' || c == ' ')
			continue;
		if (!is_dialled(c, count) || count == LEG_DIGITS_MAX - 1) {
			digits[0] = '\0';
			return -EINVAL;
		}
		digits[count++] = (char)c;
	}
	digits[count] = '\0';
	if (identity_is_number(digits))
		return 0;
	digits[0] = '\0';
	return -ENOENT;
}

int identity_number(const char *user, char digits[LEG_DIGITS_MAX])
{
	return number_of((struct piece){ user, user ? strlen(user) : 0 },
			 digits);
}

bool identity_is_number(const char digits[LEG_DIGITS_MAX])
{
	size_t count = 0;

	while (count < LEG_DIGITS_MAX && digits[count])
		if (!is_dialled(digits[count], count))
			return false;
		else
			count++;
	return count < LEG_DIGITS_MAX && count > (digits[0] == '+');
}

/* Reading: who calls, who answers */

static bool number_of_url(const url_t *url, char digits[LEG_DIGITS_MAX])
{
	return (url->url_type == url_sip || url->url_type == url_sips ||
		url->url_type == url_tel) &&
	       identity_number(url->url_user, digits) == 0;
}

/* RFC 3325 9.1: one SIP and one tel URI, in any order. */
static void read_asserted(const sip_t *sip, struct leg_number *number)
{
	const sip_p_asserted_identity_t *id = sip_p_asserted_identity(sip);

	for (; id && !number->present; id = id->paid_next)
		number->present = number_of_url(id->paid_url, number->digits);
	if (number->present)
		number->screening = NETWORK_PROVIDED;
}

/* RFC 3323 4.2, RFC 3325 9.3. Of the values of Privacy, "session" and "none"
 * leave the number as it is. */
static bool asks_privacy(const sip_privacy_t *privacy)
{
	static const char *const hiding[] = { "id", "user", "header",
					      "critical" };
	const msg_param_t *value = privacy ? privacy->priv_values : NULL;

	for (; value && *value; value++)
		for (size_t i = 0; i < sizeof hiding / sizeof *hiding; i++)
			if (!strcasecmp(*value, hiding[i]))
				return true;
	return false;
}

/* Pitfall: in its list of errors the stack has headers that it could not parse
 * and, as what they are, those that came once more than they may. */
static bool is_parse_error(const sip_error_t *error, const char *name)
{
	return error->er_common->h_class == sip_error_class && error->er_name &&
	       !strcasecmp(error->er_name, name);
}

/* A caller who asked for something that we cannot read may have asked to be
 * withheld. */
static bool wants_privacy(const sip_t *sip)
{
	const sip_error_t *error = sip->sip_error;

	if (asks_privacy(sip_privacy(sip)))
		return true;
	for (; error; error = error->er_next)
		if (is_parse_error(error, "Privacy") ||
		    (error->er_common->h_class == sip_privacy_class &&
		     asks_privacy((const sip_privacy_t *)(const void *)error)))
			return true;
	return false;
}

static bool is_unreadable(const sip_t *sip)
{
	const sip_error_t *error = sip->sip_error;

	for (; error; error = error->er_next)
		if (is_parse_error(error, "Privacy") ||
		    is_parse_error(error, "P-Asserted-Identity"))
			return true;
	return false;
}

/* RFC 3323 4.1.1.3 */
static bool is_anonymous(const sip_from_t *from)
{
	const url_t *url = from->a_url;

	return (url->url_user && !strcasecmp(url->url_user, "anonymous")) ||
	       (url->url_host &&
		!strcasecmp(url->url_host, "anonymous.invalid"));
}

static void set_presentation(struct leg_number *number, bool withheld)
{
	if (withheld)
		number->presentation = RESTRICTED;
	else
		number->presentation =
			number->present ? ALLOWED : NOT_AVAILABLE;
}

static int read_diversion(const sip_t *sip, bool trusted,
			  struct leg_redirecting *out)
{
	const sip_unknown_t *header = sip->sip_unknown;
	int err = 0;

	for (; header; header = header->un_next)
		if (header->un_name && header->un_value &&
		    !strcasecmp(header->un_name, "Diversion") &&
		    identity_parse_diversion(header->un_value, trusted, out))
			err = -EBADMSG;
	return err;
}

int identity_read_setup(const sip_t *sip, bool trusted, struct leg_setup *setup)
{
	struct leg_number *calling = &setup->calling;
	const sip_from_t *from = sip->sip_from;
	int err;

	*calling = (struct leg_number){ 0 };
	setup->redirecting = (struct leg_redirecting){ 0 };
	if (trusted)
		read_asserted(sip, calling);
	if (!calling->present && from)
		calling->present = number_of_url(from->a_url, calling->digits);
	set_presentation(calling,
			 wants_privacy(sip) || (from && is_anonymous(from)));
	err = read_diversion(sip, trusted, &setup->redirecting);
	return is_unreadable(sip) ? -EBADMSG : err;
}

int identity_read_connected(const sip_t *sip, bool trusted,
			    struct leg_number *connected)
{
	*connected = (struct leg_number){ 0 };
	if (trusted)
		read_asserted(sip, connected);
	if (wants_privacy(sip))
		connected->presentation = RESTRICTED;
	return is_unreadable(sip) ? -EBADMSG : 0;
}

/* Reading: Diversion. The stack does not know the header and leaves us its
 * text. */

/* Q.931's reason of a redirecting number. Of RFC 5806's others (away, follow-me
 * ...) the telephone network has no idea. */
static const struct reason {
	const char *name;
	uint8_t code;
} reasons[] = {
	{ "unknown", 0 },	 { "user-busy", 1 },   { "no-answer", 2 },
	{ "deflection", 4 },	 { "deflection", 10 }, { "out-of-service", 9 },
	{ "unconditional", 15 },
};

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, BLANK);
}

/* Beyond a quoted string, its text in *inside; NULL when it does not end. */
static const char *skip_quoted(const char *at, struct piece *inside)
{
	const char *start = ++at;

	for (; *at != '"'; at++)
		if (!*at || (*at == '\\' && !*++at))
			return NULL;
	*inside = (struct piece){ start, (size_t)(at - start) };
	return at + 1;
}

/* A token or quoted string. */
static const char *read_word(const char *at, struct piece *word)
{
	if (*at == '"')
		return skip_quoted(at, word);
	*word = (struct piece){ at, strcspn(at, BLANK "=;,\"") };
	return at + word->len;
}

/* name-addr or addr-spec; what stands before "<" is a name for people. Without
 * brackets, parameters are the header's (RFC 3261 20). */
static const char *read_address(const char *at, struct piece *uri)
{
	const char *end;

	if (*at == '"') {
		at = skip_quoted(at, uri);
		at = at ? skip_blanks(at) : NULL;
		if (!at || *at != '<')
			return NULL;
	}
	end = at + strcspn(at, "<,;\"");
	if (*end == '<') {
		at = end + 1;
		end = strchr(at, '>');
		if (!end)
			return NULL;
		*uri = (struct piece){ at, (size_t)(end - at) };
		return end + 1;
	}
	*uri = (struct piece){ at, strcspn(at, BLANK ",;\"") };
	return uri->len ? at + uri->len : NULL;
}

static void read_uri(struct piece uri, struct leg_number *number)
{
	struct piece scheme = uri;
	bool tel;

	if (!piece_cut(&scheme, ':'))
		return;
	uri.at += scheme.len + 1;
	uri.len -= scheme.len + 1;
	tel = piece_is(scheme, "tel");
	if (!tel && !piece_is(scheme, "sip") && !piece_is(scheme, "sips"))
		return;
	if (!tel && !piece_cut(&uri, '@'))
		return;
	if (!tel)
		piece_cut(&uri, ':'); /* a password */
	number->present = number_of(uri, number->digits) == 0;
	if (piece_is(uri, "anonymous"))
		number->presentation = RESTRICTED;
}

static unsigned read_count(struct piece value)
{
	unsigned count = 0;

	for (; value.len && count <= COUNT_MAX; value.at++, value.len--) {
		if (*value.at < '0' || *value.at > '9')
			return 1;
		count = 10 * count + (unsigned)(*value.at - '0');
	}
	return count ? count : 1;
}

/* One value of the header. */
struct diversion {
	struct leg_number number;
	uint8_t reason;
	unsigned count;
};

static void take_parameter(struct piece name, struct piece value, bool trusted,
			   struct diversion *d)
{
	if (piece_is(name, "counter"))
		d->count = read_count(value);
	else if (piece_is(name, "screen") && trusted && piece_is(value, "yes"))
		d->number.screening = PASSED;
	/* "name" hides what we do not pass on. */
	else if (piece_is(name, "privacy") && !piece_is(value, "off") &&
		 !piece_is(value, "name"))
		d->number.presentation = RESTRICTED;
	if (!piece_is(name, "reason"))
		return;
	for (size_t i = sizeof reasons / sizeof *reasons; i-- > 0;)
		if (piece_is(value, reasons[i].name))
			d->reason = reasons[i].code;
}

static const char *read_parameter(const char *at, bool trusted,
				  struct diversion *d)
{
	struct piece name, value = { "", 0 };

	at = read_word(skip_blanks(at), &name);
	at = at ? skip_blanks(at) : NULL;
	if (at && *at == '=') {
		at = read_word(skip_blanks(at + 1), &value);
		at = at ? skip_blanks(at) : NULL;
	}
	if (at)
		take_parameter(name, value, trusted, d);
	return at;
}

/* Up to the comma or the end behind it; NULL when it cannot be read. */
static const char *read_value(const char *at, bool trusted, struct diversion *d)
{
	struct piece uri;

	*d = (struct diversion){ .count = 1 };
	at = read_address(at, &uri);
	if (!at)
		return NULL;
	read_uri(uri, &d->number);
	at = skip_blanks(at);
	while (at && *at == ';')
		at = read_parameter(at + 1, trusted, d);
	return at && (!*at || *at == ',') ? at : NULL;
}

int identity_parse_diversion(const char *value, bool trusted,
			     struct leg_redirecting *out)
{
	const char *at = value + strspn(value, "," BLANK);
	struct diversion d;

	while (*at) {
		at = read_value(at, trusted, &d);
		if (!at)
			d = (struct diversion){ .count = 1 };
		if (out->count == 0) {
			out->number = d.number;
			out->reason = d.reason;
			set_presentation(&out->number,
					 d.number.presentation == RESTRICTED);
		}
		d.count += out->count;
		out->count =
			(uint8_t)(d.count < COUNT_MAX ? d.count : COUNT_MAX);
		if (!at)
			return -EBADMSG;
		at += strspn(at, "," BLANK);
	}
	return 0;
}

/* Writing */

static bool is_withheld(const struct leg_number *number)
{
	/* The value that Q.931 reserves is no permission. */
	return number->presentation != ALLOWED &&
	       number->presentation != NOT_AVAILABLE;
}

static bool is_known(const struct leg_number *number)
{
	return number->present && number->presentation != NOT_AVAILABLE &&
	       identity_is_number(number->digits);
}

static void write_uri(const struct leg_number *number, const char *host,
		      char out[IDENTITY_URI_MAX])
{
	char user[3 * LEG_DIGITS_MAX + 1];

	sip_address_user(number->digits, user, sizeof user);
	snprintf(out, IDENTITY_URI_MAX, "<sip:%s@%s>", user, host);
}

/* A number that the telephone network has checked and found wrong is asserted
 * to nobody. */
static void write_asserted(const struct leg_number *number, bool trusted,
			   const char *host, struct identity_headers *out)
{
	if (trusted && is_known(number) && number->screening != FAILED)
		write_uri(number, host, out->asserted);
	if (is_withheld(number))
		out->privacy = "id";
}

static void write_from(const struct leg_number *number, const char *host,
		       struct identity_headers *out)
{
	if (is_withheld(number))
		snprintf(out->from, sizeof out->from, "%s", ANONYMOUS);
	else if (is_known(number))
		write_uri(number, host, out->from);
	else
		snprintf(out->from, sizeof out->from, "<sip:%s>", host);
}

static const char *reason_name(uint8_t code)
{
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].code == code)
			return reasons[i].name;
	return "unknown";
}

static void write_diversion(const struct leg_redirecting *by, bool trusted,
			    const char *host, struct identity_headers *out)
{
	bool withheld = is_withheld(&by->number);
	bool screened = by->number.screening == PASSED ||
			by->number.screening == NETWORK_PROVIDED;
	unsigned count = by->count < COUNT_MAX ? by->count : COUNT_MAX;
	char uri[IDENTITY_URI_MAX], counter[16] = "";

	if (!is_known(&by->number) || (withheld && !trusted))
		return;
	write_uri(&by->number, host, uri);
	if (count)
		snprintf(counter, sizeof counter, ";counter=%u", count);
	snprintf(out->diversion, sizeof out->diversion,
		 "Diversion: %s;reason=%s%s;privacy=%s;screen=%s", uri,
		 reason_name(by->reason), counter, withheld ? "full" : "off",
		 screened ? "yes" : "no");
}

void identity_write_setup(const struct leg_setup *setup, bool trusted,
			  const char *host, struct identity_headers *out)
{
	*out = (struct identity_headers){ .privacy = NULL };
	write_from(&setup->calling, host, out);
	write_asserted(&setup->calling, trusted, host, out);
	write_diversion(&setup->redirecting, trusted, host, out);
}

void identity_write_connected(const struct leg_number *connected, bool trusted,
			      const char *host, struct identity_headers *out)
{
	*out = (struct identity_headers){ .privacy = NULL };
	write_asserted(connected, trusted, host, out);
}
