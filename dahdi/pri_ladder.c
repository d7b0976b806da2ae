#include "dahdi/pri_ladder.h"

#include "dahdi/q931_message.h"

#include <stdarg.h>
#include <stdio.h>

struct text {
	char *out;
	size_t size, len;
};

static void append(struct text *text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void append(struct text *text, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text->out + text->len, text->size - text->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		text->len += (size_t)n;
	if (text->len >= text->size)
		text->len = text->size - 1;
}

/* The number in octet 3.3, after the DS1 octets of 3.1 and the type of 3.2
 * (Q.931 4.5.13). 0: no single channel is named. */
static unsigned channel_number(const uint8_t *data, size_t len)
{
	size_t at = 1;

	if (len < 3 || (data[0] & 0x03) != 0x01)
		return 0;
	if (data[0] & 0x40) {
		while (at < len && !(data[at] & 0x80))
			at++;
		at++;
	}
	if (at + 1 >= len || data[at] & 0x10)
		return 0;
	return data[at + 1] & 0x7f;
}

static void append_ie(struct text *text, const struct q931_ie *ie)
{
	unsigned channel;

	switch (ie->id) {
	case Q931_IE_CHANNEL:
		channel = channel_number(ie->data, ie->len);
		if (channel)
			append(text, " ch %u", channel);
		break;
	case Q931_IE_CAUSE:
		if (ie->len >= 2 && (ie->data[0] & 0x80))
			append(text, " cause %u", ie->data[1] & 0x7fU);
		else if (ie->len >= 3)
			append(text, " cause %u", ie->data[2] & 0x7fU);
		break;
	case Q931_IE_PROGRESS:
		if (ie->len >= 2)
			append(text, " PI %u", ie->data[1] & 0x7fU);
		break;
	default: break;
	}
}

void pri_ladder_text(const struct q931_seen *seen, char *out, size_t size)
{
	struct text text = { .out = out, .size = size };
	struct q931_walk walk;
	struct q931_ie ie;
	char buf[24];

	append(&text, "%s", q931_message_name(seen->type, buf));
	q931_walk_start(&walk, seen->ies, seen->ies_len);
	while (q931_walk_next(&walk, &ie) > 0)
		if (ie.codeset == 0 && ie.data)
			append_ie(&text, &ie);
}
