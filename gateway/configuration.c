#include "gateway/configuration.h"

#include "gateway/route_test.h"
#include "media/tones.h"

#include <errno.h>
#include <string.h>

/* Which countries there are is for libtonezone to say, not for conf/. */
static int check_tones(const struct conf *conf, const char *file, FILE *errors)
{
	const char *name = conf->gateway.tones;

	if (tone_zone_known(name))
		return 0;
	fprintf(errors,
		"%s: error: \"tones %s\": no such country is known; there "
		"are:",
		file, name);
	for (unsigned i = 0; (name = tone_zone_name(i)); i++)
		fprintf(errors, " %s", name);
	fputc('\n', errors);
	return -EINVAL;
}

int configuration_load(struct conf **out, const char *file, FILE *errors)
{
	int err = conf_load_verified(out, file, errors, route_test_verify);

	if (err == 0)
		err = check_tones(*out, file, errors);
	if (err == 0)
		return 0;
	conf_free(*out);
	*out = NULL;
	return err;
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
