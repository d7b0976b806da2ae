/* A row says when a call proceeds, alerts, is answered and is cleared, each of
 * which may be never, and what is heard meanwhile; nothing else in the exchange
 * knows one number from another. Those that are answered at once skip ALERTING,
 * as automatic equipment does.
 */
#include "exchange/numbers.h"

#include <ctype.h>
#include <string.h>

#define BRIEF_MS 1000
#define EARLY_MS 3000
#define CAUSE_MAX 127

enum delay {
	DELAY_NEVER,
	DELAY_NONE,
	DELAY_SECONDS, /* the N digits */
	DELAY_MS,      /* the M digits */
	DELAY_BRIEF,   /* of ringing */
	DELAY_EARLY,   /* of sound before the answer */
};

struct row {
	struct test_number number;
	bool slow; /* CALL PROCEEDING after the N digits */
	enum test_sound early;
	bool alert;
	enum delay answer, clear;
	uint8_t cause; /* 0: the C digits, or normal clearing */
	bool announced;
	enum test_sound sound;
};

static const struct row rows[] = {
	{ .number = { "100",
		      "bit-error test: O.151 2^15-1, counts what comes back" },
	  .answer = DELAY_NONE,
	  .sound = SOUND_BIT_ERROR },
	{ .number = { "101", "echo" },
	  .answer = DELAY_NONE,
	  .sound = SOUND_ECHO },
	{ .number = { "102", "milliwatt: 1004 Hz, 0 dBm0" },
	  .answer = DELAY_NONE,
	  .sound = SOUND_MILLIWATT },
	{ .number = { "103", "ring-back tone by PROGRESS for 3 s, then "
			     "answers, then echo" },
	  .early = SOUND_RINGBACK,
	  .answer = DELAY_EARLY,
	  .sound = SOUND_ECHO },
	{ .number = { "104", "announcement by PROGRESS for 3 s, then refused "
			     "with cause 1" },
	  .early = SOUND_ANNOUNCEMENT,
	  .clear = DELAY_EARLY,
	  .cause = CAUSE_UNALLOCATED },
	{ .number = { "105", "refused with cause 1, announcement until the "
			     "caller releases" },
	  .clear = DELAY_NONE,
	  .cause = CAUSE_UNALLOCATED,
	  .announced = true },
	{ .number = { "106", "DTMF: plays the digits back 1 s after the last "
			     "one was heard" },
	  .answer = DELAY_NONE,
	  .sound = SOUND_READBACK },
	{ .number = { "107", "silence: answers, sends the idle code for ever" },
	  .answer = DELAY_NONE },
	{ .number = { "110", "rings for ever" }, .alert = true },
	{ .number = { "12NN", "rings, answers after NN s, then echo" },
	  .alert = true,
	  .answer = DELAY_SECONDS,
	  .sound = SOUND_ECHO },
	{ .number = { "13NN", "answers at once, hangs up after NN s" },
	  .answer = DELAY_NONE,
	  .clear = DELAY_SECONDS },
	{ .number = { "14CCC", "refused with Q.850 cause CCC before alerting" },
	  .clear = DELAY_NONE },
	{ .number = { "15CCC", "rings for 1 s, then refused with cause CCC" },
	  .alert = true,
	  .clear = DELAY_BRIEF },
	{ .number = { "16NN", "slow: CALL PROCEEDING after NN s, then answers, "
			      "then echo" },
	  .slow = true,
	  .answer = DELAY_NONE,
	  .sound = SOUND_ECHO },
	{ .number = { "17MMM", "answers at once, hangs up after MMM ms" },
	  .answer = DELAY_NONE,
	  .clear = DELAY_MS },
};

#define ROWS (sizeof rows / sizeof *rows)

struct parameters {
	unsigned seconds, ms, cause;
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
		} else if (*pattern == 'M') {
			out->ms = out->ms * 10 + value;
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

static int32_t delay_ms(enum delay delay, const struct parameters *digits)
{
	switch (delay) {
	case DELAY_NONE: return 0;
	case DELAY_SECONDS: return (int32_t)digits->seconds * 1000;
	case DELAY_MS: return (int32_t)digits->ms;
	case DELAY_BRIEF: return BRIEF_MS;
	case DELAY_EARLY: return EARLY_MS;
	case DELAY_NEVER: break;
	}
	return NEVER;
}

static uint8_t cause_of(const struct row *row, const struct parameters *digits)
{
	if (row->cause)
		return row->cause;
	return digits->has_cause ? (uint8_t)digits->cause
				 : CAUSE_NORMAL_CLEARING;
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
	struct parameters digits;
	const struct row *row = find(prefix, called, &digits);

	*out = (struct test_plan){ .test = "",
				   .answer_ms = NEVER,
				   .cause = CAUSE_UNALLOCATED,
				   .location = LOCATION_REMOTE_NETWORK };
	if (!row)
		return;
	out->test = row->number.pattern;
	if (row->slow)
		out->proceeding_ms = delay_ms(DELAY_SECONDS, &digits);
	out->early = row->early;
	out->alert = row->alert;
	out->answer_ms = delay_ms(row->answer, &digits);
	out->clear_ms = delay_ms(row->clear, &digits);
	out->cause = cause_of(row, &digits);
	out->location = location_of(out->cause);
	out->announced = row->announced;
	out->sound = row->sound;
}

const struct test_number *test_number_at(size_t index)
{
	return index < ROWS ? &rows[index].number : NULL;
}
