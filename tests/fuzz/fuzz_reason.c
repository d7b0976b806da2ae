/* The value of a Reason header: read, written, read again. */
#include "gateway/cause.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

static void check_written(const struct leg_cause *cause)
{
	char value[CAUSE_REASON_MAX];
	struct leg_cause back;

	cause_format_reason(cause, value);
	PROMISED("we read what we write",
		 cause_parse_reason(value, &back) == 0);
	PROMISED("the cause stays", back.q850 == cause->q850);
	PROMISED("the location stays", back.location == cause->location);
}

/* The text came from outside: it must not reach beyond its quotes. */
static void check_text(struct leg_cause cause)
{
	char value[CAUSE_REASON_MAX];
	struct leg_cause back;

	cause.origin = LEG_ORIGIN_GATEWAY;
	cause.told = true;
	check_written(&cause);
	if (!cause.text[0])
		return;
	cause_format_reason(&cause, value);
	cause_parse_reason(value, &back);
	PROMISED("the text stays", strcmp(back.text, cause.text) == 0);
}

static void check_response(const char *value)
{
	static const uint16_t statuses[] = { 0,	  300, 404, 486, 488,
					     503, 603, 699, 700, 65535 };

	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
		struct leg_cause cause =
			cause_from_sip_response(statuses[i], value);
		struct cause_sip sip = cause_to_sip(&cause);

		PROMISED("every failure has a cause",
			 cause.q850 >= 1 && cause.q850 <= 127);
		PROMISED("every cause is a failure",
			 sip.status >= 400 && sip.status < 700 && sip.phrase);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct leg_cause untouched = { .q850 = 99, .text = "before" };
	struct leg_cause cause = untouched;
	char *value = malloc(size + 1);
	int err;

	PROMISED("memory", value);
	if (size)
		memcpy(value, data, size);
	value[size] = '\0';
	err = cause_parse_reason(value, &cause);
	if (err == 0) {
		PROMISED("a cause is one of Q.850's",
			 cause.q850 >= 1 && cause.q850 <= 127);
		PROMISED("a location is one of Q.850's", cause.location < 16);
		PROMISED("the text ends",
			 memchr(cause.text, 0, sizeof cause.text));
		check_written(&cause);
		check_text(cause);
	} else {
		PROMISED("two refusals", err == -ENOENT || err == -EBADMSG);
		PROMISED("a refusal leaves it alone",
			 memcmp(&cause, &untouched, sizeof cause) == 0);
	}
	check_response(value);
	free(value);
	return 0;
}
