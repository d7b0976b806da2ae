/* A row says when a call alerts, is answered and is cleared, each of which may
 * be never; nothing else in the exchange knows one number from another. Those
 * that are answered at once skip ALERTING, as automatic equipment does.
 */
#include "exchange/numbers.h"

#include <ctype.h>
#include <string.h>

#define BRIEF_ALERT_MS 1000
#define CAUSE_MAX 127

enum delay {
	DELAY_NEVER,
	DELAY_NONE,
	DELAY_SECONDS, /* the N digits */
	DELAY_BRIEF,
};

struct row {
	struct test_number number;
	bool alert;
	enum delay answer, clear;
	enum test_sound sound;
};

static const struct row rows[] = {
	{ { "100", "bit-error test: O.151 2^15-1, counts what comes back" },
	  false,
	  DELAY_NONE,
	  DELAY_NEVER,
	  SOUND_BIT_ERROR },
	{ { "101", "echo" }, false, DELAY_NONE, DELAY_NEVER, SOUND_ECHO },
	{ { "102", "milliwatt: 1004 Hz, 0 dBm0" },
	  false,
	  DELAY_NONE,
	  DELAY_NEVER,
	  SOUND_MILLIWATT },
	{ { "110", "rings for ever" },
	  true,
	  DELAY_NEVER,
	  DELAY_NEVER,
	  SOUND_SILENCE },
	{ { "12NN", "rings, answers after NN s, then echo" },
	  true,
	  DELAY_SECONDS,
	  DELAY_NEVER,
	  SOUND_ECHO },
	{ { "13NN", "answers at once, hangs up after NN s" },
	  false,
	  DELAY_NONE,
	  DELAY_SECONDS,
	  SOUND_SILENCE },
	{ { "14CCC", "refused with Q.850 cause CCC before alerting" },
	  false,
	  DELAY_NEVER,
	  DELAY_NONE,
	  SOUND_SILENCE },
	{ { "15CCC", "rings for 1 s, then refused with cause CCC" },
	  true,
	  DELAY_NEVER,
	  DELAY_BRIEF,
	  SOUND_SILENCE },
};

#define ROWS (sizeof rows / sizeof *rows)

struct parameters {
	unsigned seconds, cause;
	bool has_cause;
};

static bool matches(const char *pattern, const char *digits,
		    struct parameters *out)
{
	*out = (struct parameters){ 0 };
	for (; *pattern; pattern++, digits++) {
		unsigned value = (unsigned)(*digits - '0');

		if (!isdigit((unsigned char)*digits))
			return false;
		if (*pattern == 'N') {
			out->seconds = out->seconds * 10 + value;
		} else if (*pattern == 'C') {
			out->cause = out->cause * 10 + value;
			out->has_cause = true;
		} else if (*pattern != *digits) {
			return false;
		}
	}
	/* A digit too many is another number. */
	if (*digits)
		return false;
	return !out->has_cause || (out->cause >= 1 && out->cause <= CAUSE_MAX);
}

static int32_t delay_ms(enum delay delay, unsigned seconds)
{
	switch (delay) {
	case DELAY_NONE: return 0;
	case DELAY_SECONDS: return (int32_t)seconds * 1000;
	case DELAY_BRIEF: return BRIEF_ALERT_MS;
	case DELAY_NEVER: break;
	}
	return NEVER;
}

/* Hanging up and rejecting are the called user's deeds; everything else is
 * found out by the exchange that serves it, busy included: it knows that its
 * user is busy without asking. */
static uint8_t location_of(uint8_t cause)
{
	if (cause == CAUSE_NORMAL_CLEARING || cause == CAUSE_CALL_REJECTED)
		return LOCATION_USER;
	return LOCATION_REMOTE_NETWORK;
}

static const struct row *find(const char *prefix, const char *called,
			      struct parameters *parameters)
{
	size_t len = strlen(prefix);

	if (strncmp(called, prefix, len))
		return NULL;
	for (size_t i = 0; i < ROWS; i++)
		if (matches(rows[i].number.pattern, called + len, parameters))
			return &rows[i];
	return NULL;
}

void test_plan_make(struct test_plan *out, const char *prefix,
		    const char *called)
{
	struct parameters parameters;
	const struct row *row = find(prefix, called, &parameters);

	*out = (struct test_plan){ .test = "",
				   .answer_ms = NEVER,
				   .cause = CAUSE_UNALLOCATED,
				   .location = LOCATION_REMOTE_NETWORK };
	if (!row)
		return;
	out->test = row->number.pattern;
	out->alert = row->alert;
	out->answer_ms = delay_ms(row->answer, parameters.seconds);
	out->clear_ms = delay_ms(row->clear, parameters.seconds);
	out->cause = parameters.has_cause ? (uint8_t)parameters.cause
					  : CAUSE_NORMAL_CLEARING;
	out->location = location_of(out->cause);
	out->sound = row->sound;
}

const struct test_number *test_number_at(size_t index)
{
	return index < ROWS ? &rows[index].number : NULL;
}
