/* After which failures the next target is tried. */
#include "conf/route_line.h"

#include <errno.h>
#include <limits.h>

static int failed_twice(struct args *args, const struct token *at)
{
	return args_error(args, at, "%s is named twice", at->text);
}

static int add_cause(struct args *args, const struct token *at, unsigned cause,
		     struct conf_retry *retry)
{
	uint64_t bit = UINT64_C(1) << cause % 64;

	if (retry->cause[cause / 64] & bit)
		return failed_twice(args, at);
	retry->cause[cause / 64] |= bit;
	return 0;
}

static int add_status(struct args *args, const struct token *at,
		      unsigned status, struct conf_retry *retry)
{
	for (size_t i = 0; i < retry->status_count; i++)
		if (retry->status[i] == status)
			return failed_twice(args, at);
	if (retry->status_count == CONF_RETRY_STATUSES_MAX)
		return args_error(args, at,
				  "%s is one SIP status too many: a rule has "
				  "%d at most",
				  at->text, CONF_RETRY_STATUSES_MAX);
	retry->status[retry->status_count++] = (uint16_t)status;
	return 0;
}

/* A cause and a status cannot be taken for one another: the causes of Q.850
 * have 7 bits, and a call has not failed below 300. */
static int read_failure(struct args *args, struct conf_retry *retry)
{
	static const struct keyword words[] = {
		{ "timeout", 0, "time-out timer no-answer noanswer", false },
		{ NULL, 0, NULL, false },
	};
	static const char what[] = "a cause, a status or \"timeout\"";
	const struct token *at = args_peek(args);
	unsigned value;

	if (!args_at_number(args)) {
		if (args_keyword(args, what, words, &value))
			return -EINVAL;
		if (retry->timeout)
			return failed_twice(args, at);
		retry->timeout = true;
		return 0;
	}
	if (args_count(args, what, 0, UINT_MAX, &value))
		return -EINVAL;
	if (value >= 1 && value <= 127)
		return add_cause(args, at, value, retry);
	if (value >= 300 && value <= 699)
		return add_status(args, at, value, retry);
	return args_error(args, at,
			  "%s is out of range: causes are 1 to 127, SIP "
			  "statuses 300 to 699",
			  at->text);
}

int apply_retry(struct args *args, struct draft *draft)
{
	struct conf_retry *retry =
		arena_alloc(args->build->keep, sizeof *retry);

	if (!retry) {
		args->build->report.no_memory = true;
		return -EINVAL;
	}
	do {
		if (read_failure(args, retry))
			return -EINVAL;
	} while (args_left(args) && !route_word_find(args_peek(args)));
	draft->lines->retry = retry;
	return 0;
}
