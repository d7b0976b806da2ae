#include "exchange/order.h"

#include "dahdi/pri_number.h"

#include <errno.h>
#include <libpri.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_HOLD_MS 5000
#define DEFAULT_RATE 1
#define PRESENTATION_RESTRICTED 1
#define SCREENING_NETWORK 3
#define REASON_MAX 15

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
	{ "bit-error", SOUND_BIT_ERROR }, { "echo", SOUND_ECHO },
	{ "milliwatt", SOUND_MILLIWATT }, { "readback", SOUND_READBACK },
	{ "silence", SOUND_SILENCE },	  { NULL, 0 },
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

static bool parse_code(const char *value, unsigned max, uint8_t *out)
{
	char *end;
	unsigned long code = strtoul(value, &end, 10);

	*out = (uint8_t)code;
	return *value >= '0' && *value <= '9' && !*end && code <= max;
}

/* '+' says that it is international; the wire has no place for it. */
static bool parse_digits(const char *value, uint8_t type,
			 struct leg_number *out)
{
	bool international = *value == '+';

	value += international;
	if (!*value || strlen(value) > PRI_NUMBER_DIGITS_MAX ||
	    value[strspn(value, "0123456789*#")])
		return false;
	strcpy(out->digits, value);
	out->type = international ? PRI_TON_INTERNATIONAL : type;
	out->plan = PRI_NPI_E163_E164;
	out->present = true;
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
	return parse_digits(value, PRI_TON_NATIONAL,
			    &order->call.identity.calling);
}

static bool set_screening(struct order *order, const char *value)
{
	return parse_code(value, SCREENING_NETWORK,
			  &order->call.identity.calling.screening);
}

static bool set_redirecting(struct order *order, const char *value)
{
	order->call.identity.redirecting.count = 1;
	return parse_digits(value, PRI_TON_NATIONAL,
			    &order->call.identity.redirecting.number);
}

static bool set_reason(struct order *order, const char *value)
{
	return parse_code(value, REASON_MAX,
			  &order->call.identity.redirecting.reason);
}

static bool set_type(struct order *order, const char *value)
{
	int type;
	bool found = find_word(types, value, &type);

	if (found)
		order->call.identity.called.type = (uint8_t)type;
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

static bool parse_seconds(const char *value, int32_t *out_ms)
{
	double seconds;

	if (!parse_number(value, 0, ORDER_HOLD_MAX, &seconds))
		return false;
	*out_ms = (int32_t)(seconds * 1000);
	return true;
}

static bool set_hold(struct order *order, const char *value)
{
	return parse_seconds(value, &order->call.hold_ms);
}

static bool set_give_up(struct order *order, const char *value)
{
	return parse_seconds(value, &order->call.give_up_ms);
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
	{ "--screening", set_screening, "0..3 (Q.931 4.5.10)" },
	{ "--redirecting", set_redirecting,
	  "digits, '+' first if international" },
	{ "--redirect-reason", set_reason, "0..15 (Q.931 4.6.7)" },
	{ "--type", set_type, "unknown, international, national, subscriber" },
	{ "--bearer", set_bearer, "speech, 3k1 or 64k" },
	{ "--count", set_count, "1..1000000" },
	{ "--rate", set_rate, "0.01..1000 calls a second" },
	{ "--hold", set_hold, "0..86400 seconds" },
	{ "--give-up", set_give_up, "0..86400 seconds" },
	{ "--sound", set_sound,
	  "bit-error, echo, milliwatt, readback or silence" },
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

/* Options that say something of a number want the number. */
static int check(const struct order *order, char *why, size_t size)
{
	const struct call_identity *identity = &order->call.identity;

	if (!identity->calling.present &&
	    (identity->calling.presentation ||
	     identity->calling.screening != SCREENING_NETWORK)) {
		snprintf(why, size,
			 "--restrict and --screening want --from: without a "
			 "number there is nothing to hide or to vouch for");
		return -EINVAL;
	}
	if (!identity->redirecting.number.present &&
	    identity->redirecting.reason) {
		snprintf(why, size,
			 "--redirect-reason wants --redirecting: the number "
			 "that diverted the call");
		return -EINVAL;
	}
	return 0;
}

int order_parse(struct order *out, int argc, char *const argv[], char *why,
		size_t size)
{
	struct leg_number *calling = &out->call.identity.calling;

	*out = (struct order){ .span = 1, .count = 1, .rate = DEFAULT_RATE };
	out->call.bearer = PRI_TRANS_CAP_SPEECH;
	out->call.sound = SOUND_BIT_ERROR;
	out->call.hold_ms = DEFAULT_HOLD_MS;
	out->call.give_up_ms = NEVER;
	calling->screening = SCREENING_NETWORK;
	if (argc < 1 || !parse_digits(argv[0], PRI_TON_UNKNOWN,
				      &out->call.identity.called)) {
		snprintf(why, size,
			 "call wants a number: digits, '+' first if "
			 "international, %d at most",
			 PRI_NUMBER_DIGITS_MAX);
		return -EINVAL;
	}
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--restrict")) {
			calling->presentation = PRESENTATION_RESTRICTED;
			continue;
		}
		if (set_option(out, argv[i], i + 1 < argc ? argv[i + 1] : NULL,
			       why, size) < 0)
			return -EINVAL;
		i++;
	}
	return check(out, why, size);
}
