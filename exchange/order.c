#include "exchange/order.h"

#include <errno.h>
#include <libpri.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_HOLD_MS 5000
#define DEFAULT_RATE 1

struct word {
	const char *word;
	int value;
};

static const struct word types[] = {
	{ "unknown", PRI_TON_UNKNOWN },
	{ "international", PRI_TON_INTERNATIONAL },
	{ "national", PRI_TON_NATIONAL },
	{ "subscriber", PRI_TON_SUBSCRIBER },
	{ NULL, 0 },
};

static const struct word bearers[] = {
	{ "speech", PRI_TRANS_CAP_SPEECH },
	{ "3k1", PRI_TRANS_CAP_3_1K_AUDIO },
	{ "64k", PRI_TRANS_CAP_DIGITAL },
	{ NULL, 0 },
};

static const struct word sounds[] = {
	{ "bit-error", SOUND_BIT_ERROR },
	{ "echo", SOUND_ECHO },
	{ "milliwatt", SOUND_MILLIWATT },
	{ NULL, 0 },
};

static bool find_word(const struct word *words, const char *value, int *out)
{
	for (; words->word; words++)
		if (!strcmp(words->word, value)) {
			*out = words->value;
			return true;
		}
	return false;
}

static bool parse_number(const char *value, double min, double max, double *out)
{
	char *end;

	*out = strtod(value, &end);
	return *value && !*end && isfinite(*out) && *out >= min && *out <= max;
}

static bool parse_count(const char *value, unsigned max, unsigned *out)
{
	char *end;
	unsigned long number = strtoul(value, &end, 10);

	*out = (unsigned)number;
	return *value >= '0' && *value <= '9' && !*end && number >= 1 &&
	       number <= max;
}

/* '+' says that it is international; the wire has no place for it. */
static bool parse_digits(const char *value, char out[CALL_DIGITS_MAX],
			 uint8_t *type)
{
	if (*value == '+') {
		*type = PRI_TON_INTERNATIONAL;
		value++;
	}
	if (!*value || strlen(value) >= CALL_DIGITS_MAX ||
	    value[strspn(value, "0123456789*#")])
		return false;
	strcpy(out, value);
	return true;
}

static bool set_span(struct order *order, const char *value)
{
	order->span = 0;
	return !strcmp(value, "all") ||
	       parse_count(value, UINT16_MAX, &order->span);
}

static bool set_from(struct order *order, const char *value)
{
	order->call.calling_type = PRI_TON_NATIONAL;
	return parse_digits(value, order->call.calling,
			    &order->call.calling_type);
}

static bool set_type(struct order *order, const char *value)
{
	int type;
	bool found = find_word(types, value, &type);

	if (found)
		order->call.called_type = (uint8_t)type;
	return found;
}

static bool set_bearer(struct order *order, const char *value)
{
	return find_word(bearers, value, &order->call.bearer);
}

static bool set_count(struct order *order, const char *value)
{
	return parse_count(value, ORDER_CALLS_MAX, &order->count);
}

static bool set_rate(struct order *order, const char *value)
{
	return parse_number(value, 0.01, ORDER_RATE_MAX, &order->rate);
}

static bool set_hold(struct order *order, const char *value)
{
	double seconds;

	if (!parse_number(value, 0, ORDER_HOLD_MAX, &seconds))
		return false;
	order->call.hold_ms = (int32_t)(seconds * 1000);
	return true;
}

static bool set_sound(struct order *order, const char *value)
{
	int sound;
	bool found = find_word(sounds, value, &sound);

	if (found)
		order->call.sound = (enum test_sound)sound;
	return found;
}

static const struct {
	const char *name;
	bool (*set)(struct order *order, const char *value);
	const char *wanted;
} options[] = {
	{ "--span", set_span, "the number of a span, or all" },
	{ "--from", set_from, "digits, '+' first if international" },
	{ "--type", set_type, "unknown, international, national, subscriber" },
	{ "--bearer", set_bearer, "speech, 3k1 or 64k" },
	{ "--count", set_count, "1..1000000" },
	{ "--rate", set_rate, "0.01..1000 calls a second" },
	{ "--hold", set_hold, "0..86400 seconds" },
	{ "--sound", set_sound, "bit-error, echo or milliwatt" },
};

#define OPTIONS (sizeof options / sizeof *options)

static int set_option(struct order *order, const char *name, const char *value,
		      char *why, size_t size)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		if (strcmp(options[i].name, name))
			continue;
		if (value && options[i].set(order, value))
			return 0;
		snprintf(why, size, "%s %.40s: it must be %s", name,
			 value ? value : "", options[i].wanted);
		return -EINVAL;
	}
	snprintf(why, size, "\"%.40s\" is no option of call", name);
	return -EINVAL;
}

int order_parse(struct order *out, int argc, char *const argv[], char *why,
		size_t size)
{
	*out = (struct order){ .span = 1, .count = 1, .rate = DEFAULT_RATE };
	out->call.bearer = PRI_TRANS_CAP_SPEECH;
	out->call.sound = SOUND_BIT_ERROR;
	out->call.hold_ms = DEFAULT_HOLD_MS;
	if (argc < 1 ||
	    !parse_digits(argv[0], out->call.called, &out->call.called_type)) {
		snprintf(why, size,
			 "call wants a number: digits, '+' first if "
			 "international");
		return -EINVAL;
	}
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--restrict")) {
			out->call.restricted = true;
			continue;
		}
		if (set_option(out, argv[i], i + 1 < argc ? argv[i + 1] : NULL,
			       why, size) < 0)
			return -EINVAL;
		i++;
	}
	if (out->call.restricted && !*out->call.calling) {
		snprintf(why, size,
			 "--restrict wants --from: without a number "
			 "there is nothing to hide");
		return -EINVAL;
	}
	return 0;
}
