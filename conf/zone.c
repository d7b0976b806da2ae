#include "conf/zone.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_LEN 64
#define PATH_LEN_MAX 512

const char *zone_directory(void)
{
	const char *dir = getenv("TZDIR");

	return dir && *dir ? dir : "/usr/share/zoneinfo";
}

/* A name is a path below the directory, and must not lead out of it. */
static bool is_name(const char *name)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_+-/";

	return *name && *name != '/' && strlen(name) < NAME_MAX_LEN &&
	       !name[strspn(name, letters)];
}

/* RFC 8536 3.1: every such file begins so, and tzdata's tables do not. */
static bool is_zone_file(const char *path)
{
	char magic[4];
	FILE *file = fopen(path, "re");
	bool is;

	if (!file)
		return false;
	is = fread(magic, 1, sizeof magic, file) == sizeof magic &&
	     !memcmp(magic, "TZif", sizeof magic);
	fclose(file);
	return is;
}

int zone_check(const char *name)
{
	char path[PATH_LEN_MAX];
	int len;

	if (!strcmp(name, "UTC"))
		return 0;
	if (access(zone_directory(), R_OK | X_OK))
		return -ENODEV;
	len = snprintf(path, sizeof path, "%s/%s", zone_directory(), name);
	if (!is_name(name) || len >= (int)sizeof path || !is_zone_file(path))
		return -ENOENT;
	return 0;
}

/* Zones have the lines "Z <name> ..." and "L <zone> <other name>"; the rest
 * are rules. */
static const char *name_on(char *line)
{
	char *rest, *word = strtok_r(line, " \n", &rest);

	if (!word || word[1] || !strchr("ZL", *word))
		return NULL;
	if (*word == 'L' && !strtok_r(NULL, " \n", &rest))
		return NULL;
	return strtok_r(NULL, " \n", &rest);
}

void zone_suggest(struct suggestion *s, struct report *report)
{
	char path[PATH_LEN_MAX], line[256];
	FILE *file;

	suggest_offer(s, "UTC", "GMT Z universal", NULL);
	snprintf(path, sizeof path, "%s/tzdata.zi", zone_directory());
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof line, file)) {
		const char *name = name_on(line);
		const char *city = name ? strrchr(name, '/') : NULL;

		if (!name)
			continue;
		suggest_offer(s, report_text(report, "%s", name),
			      city ? report_text(report, "%s", city + 1) : NULL,
			      NULL);
	}
	fclose(file);
}
