#include "gateway/configuration.h"

#include "conf/diff.h"
#include "gateway/event.h"
#include "gateway/log.h"
#include "gateway/route_test.h"
#include "media/tones.h"

#include <errno.h>
#include <stdlib.h>
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

static void log_lines(int level, char *text)
{
	char *rest, *line = strtok_r(text, "\n", &rest);

	for (; line; line = strtok_r(NULL, "\n", &rest))
		log_event(level == LOG_ERR ? EVENT_CONFIG_ERROR
					   : EVENT_CONFIG_DOUBT,
			  NULL, "%s", line);
}

static void log_change(void *ctx, const struct conf_block_change *c)
{
	const struct conf_block *block = c->now ? c->now : c->was;
	static const char *const words[] = {
		[CONF_CHANGED] = "is changed",
		[CONF_NEW] = "is new",
		[CONF_GONE] = "is gone",
	};

	(void)ctx;
	log_event(EVENT_CONFIG_CHANGED, NULL,
		  "block=%s place=%s:%u %s %s: restart to take it",
		  block->label, block->place.file, block->place.line,
		  block->label, words[c->change]);
}

static int compare(const struct conf *running, const char *file, FILE *errors)
{
	struct conf *conf;
	long changes;
	int err = configuration_load(&conf, file, errors);

	if (err < 0)
		return err;
	changes = conf_diff(running, conf, log_change, NULL);
	if (changes > 0)
		log_event(EVENT_CONFIG_GOOD, NULL,
			  "file=%s changes=%ld %s is good; blocks that differ "
			  "from what runs: %ld; none of them is taken before a "
			  "restart",
			  file, changes, file, changes);
	else
		log_event(EVENT_CONFIG_GOOD, NULL,
			  "file=%s changes=0 %s is good and is what runs", file,
			  file);
	conf_free(conf);
	return 0;
}

void configuration_review(const struct conf *running, const char *file)
{
	char *text = NULL;
	size_t size;
	FILE *errors = open_memstream(&text, &size);
	int err;

	if (!errors) {
		log_event(EVENT_CONFIG_UNREADABLE, NULL,
			  "file=%s %s is not read again: %s", file, file,
			  strerror(errno));
		return;
	}
	err = compare(running, file, errors);
	if (fclose(errors) == 0 && *text)
		log_lines(err < 0 ? LOG_ERR : LOG_WARNING, text);
	if (err < 0)
		log_event(EVENT_CONFIG_WRONG, NULL,
			  "file=%s %s has errors: it would not start with "
			  "them; what runs stays as it is",
			  file, file);
	free(text);
}
