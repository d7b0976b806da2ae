#include "gateway/configuration.h"

#include "gateway/route_back.h"
#include "gateway/route_reach.h"
#include "gateway/route_test.h"
#include "media/tones.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TONES_TEXT_MAX 1024
#define DIRECTORY_MAX 256

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

/* The part of a path that is a directory's; "" when it has none. */
static void directory_of(const char *path, char out[DIRECTORY_MAX])
{
	const char *end = strrchr(path, '/');
	int len = end ? (int)(end - path) : 0;

	snprintf(out, DIRECTORY_MAX, "%.*s", end == path ? 1 : len, path);
}

/* The service's unit makes these when it starts it, so that they need not be
 * there when the first configuration is checked. */
static bool made_at_start(const char *directory)
{
	static const char *const made[] = { "/run/tollgate",
					    "/var/lib/tollgate",
					    "/var/log/tollgate" };

	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		if (!strcmp(directory, made[i]))
			return true;
	return false;
}

static void verify_directory(struct conf_verify *verify, const char *setting,
			     const char *path)
{
	char directory[DIRECTORY_MAX], hint[DIRECTORY_MAX + 64];
	struct stat st;

	directory_of(path, directory);
	if (!*directory || made_at_start(directory) ||
	    stat(directory, &st) == 0 || (errno != ENOENT && errno != ENOTDIR))
		return;
	snprintf(hint, sizeof hint, "(mkdir -p %s%s)", directory,
		 *directory == '/' ? "" : ", in the working directory");
	conf_verify_doubt(verify, setting, hint,
			  "there is no directory \"%s\" for \"%s\"", directory,
			  setting);
}

static void verify_directories(struct conf_verify *verify)
{
	const struct conf_gateway *gw = &verify->conf->gateway;

	verify_directory(verify, "control", gw->control);
	verify_directory(verify, "control-read", gw->control_read);
	verify_directory(verify, "call-records", gw->call_records);
}

static void verify(struct conf_verify *verify)
{
	verify_tones(verify);
	verify_directories(verify);
	route_reach_verify(verify);
	route_back_verify(verify);
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

/* "FILE:LINE:COLUMN: error: " and the text; or what has no place. */
struct told {
	enum event event;
	const char *file, *text;
	int file_len, text_len;
	unsigned line, column; /* 0: none */
};

/* The number before `end`, and the colon that goes before it; NULL: none. */
static const char *number_before(const char *begin, const char *end,
				 unsigned *out)
{
	const char *at = end;

	while (at > begin && at[-1] >= '0' && at[-1] <= '9')
		at--;
	if (at == end || at == begin || at[-1] != ':')
		return NULL;
	*out = (unsigned)strtoul(at, NULL, 10);
	return at - 1;
}

static void read_told(const char *line, size_t len, struct told *out)
{
	static const char error[] = ": error: ", doubt[] = ": warning: ";
	const char *kind = memmem(line, len, error, sizeof error - 1);
	const char *warning = memmem(line, len, doubt, sizeof doubt - 1);
	const char *colon, *end = line + len;

	*out = (struct told){
		EVENT_CONFIG_ERROR, line, line, 0, (int)len, 0, 0
	};
	if (warning && (!kind || warning < kind)) {
		out->event = EVENT_CONFIG_DOUBT;
		kind = warning;
	}
	if (!kind)
		return;
	out->text = kind + (kind == warning ? sizeof doubt : sizeof error) - 1;
	out->text_len = (int)(end - out->text);
	out->file_len = (int)(kind - line);
	colon = number_before(line, kind, &out->column);
	if (colon)
		colon = number_before(line, colon, &out->line);
	if (colon)
		out->file_len = (int)(colon - line);
	else
		out->line = out->column = 0;
}

static void log_told(const struct told *told, const char *remedy, int len)
{
	const char *gap = len ? "  " : "";

	if (told->line)
		log_event(told->event, NULL,
			  "file=%.*s line=%u col=%u %.*s%s%.*s", told->file_len,
			  told->file, told->line, told->column, told->text_len,
			  told->text, gap, len, remedy);
	else if (told->file_len)
		log_event(told->event, NULL, "file=%.*s %.*s", told->file_len,
			  told->file, told->text_len, told->text);
	else
		log_event(told->event, NULL, "%.*s", told->text_len,
			  told->text);
}

/* An error is a line, the line of the file and another with a caret. */
void configuration_log(const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");
		const char *remedy = NULL, *next;
		size_t remedy_len = 0;
		struct told told;

		read_told(text, len, &told);
		text += len + (text[len] == '\n');
		while (*text == ' ') {
			next = text + strcspn(text, "\n");
			remedy = remedy_in(text, (size_t)(next - text));
			remedy_len = remedy ? (size_t)(next - remedy) : 0;
			text = next + (*next == '\n');
		}
		log_told(&told, remedy_len ? remedy : "", (int)remedy_len);
	}
}
