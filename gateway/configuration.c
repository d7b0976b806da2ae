#include "gateway/configuration.h"

#include "gateway/route_reach.h"
#include "gateway/route_test.h"
#include "media/tones.h"

#include <stdio.h>
#include <string.h>

#define TONES_TEXT_MAX 1024

/* Which countries there are is for libtonezone to say, not for conf/. */
static void verify_tones(struct conf_verify *verify)
{
	const char *tones = verify->conf->gateway.tones, *name;
	char known[TONES_TEXT_MAX] = "";
	size_t len = 0;

	if (tone_zone_known(tones))
		return;
	for (unsigned i = 0; (name = tone_zone_name(i)); i++)
		if (len + strlen(name) + 2 < sizeof known)
			len += (size_t)sprintf(known + len, " %s", name);
	conf_verify_wrong(verify, "tones", NULL,
			  "\"tones %s\": no such country is known; there "
			  "are:%s",
			  tones, known);
}

static void verify(struct conf_verify *verify)
{
	verify_tones(verify);
	route_reach_verify(verify);
	route_test_verify(verify);
}

int configuration_load(struct conf **out, const char *file, FILE *errors)
{
	return conf_load_verified(out, file, errors, verify);
}

/* What stands behind the caret under an excerpt: the remedy. */
static const char *remedy_in(const char *line, size_t len)
{
	size_t at = len;

	while (at > 0 && line[at - 1] != '^')
		at--;
	if (!at || line[0] != ' ')
		return NULL;
	return line + at + strspn(line + at, " ");
}

/* An error is a line, the line of the file and another with a caret. */
void configuration_log(enum event event, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");
		const char *error = text, *remedy = NULL, *next;
		size_t remedy_len = 0;

		text += len + (text[len] == '\n');
		while (*text == ' ') {
			next = text + strcspn(text, "\n");
			remedy = remedy_in(text, (size_t)(next - text));
			remedy_len = remedy ? (size_t)(next - remedy) : 0;
			text = next + (*next == '\n');
		}
		log_event(event, NULL, "%.*s%s%.*s", (int)len, error,
			  remedy_len ? "  " : "", (int)remedy_len,
			  remedy_len ? remedy : "");
	}
}
