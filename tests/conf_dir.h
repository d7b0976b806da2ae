/* Configurations in files of a directory that goes with the test. */
#ifndef TOLLGATE_TESTS_CONF_DIR_H
#define TOLLGATE_TESTS_CONF_DIR_H

#include "conf/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONF_DIR_FILES_MAX 16

struct conf_dir {
	char path[32];
	char files[CONF_DIR_FILES_MAX][64];
	size_t count;
};

static inline int conf_dir_new(void **state)
{
	struct conf_dir *dir = calloc(1, sizeof *dir);

	if (!dir)
		return -1;
	strcpy(dir->path, "/tmp/tollgate-conf-XXXXXX");
	*state = dir;
	return mkdtemp(dir->path) ? 0 : -1;
}

static inline int conf_dir_free(void **state)
{
	struct conf_dir *dir = *state;

	while (dir->count)
		unlink(dir->files[--dir->count]);
	rmdir(dir->path);
	free(dir);
	return 0;
}

/* The path of the new or overwritten file, which lives as long as `dir`. */
static inline const char *conf_dir_put(struct conf_dir *dir, const char *name,
				       const char *text)
{
	char path[64];
	size_t i = 0;
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", dir->path, name);
	while (i < dir->count && strcmp(dir->files[i], path) != 0)
		i++;
	if (i == CONF_DIR_FILES_MAX)
		abort();
	if (i == dir->count)
		strcpy(dir->files[dir->count++], path);
	file = fopen(path, "w");
	if (!file)
		abort();
	fputs(text, file);
	fclose(file);
	return dir->files[i];
}

/* Takes the directory out of what was said. */
static inline void conf_dir_strip(const struct conf_dir *dir, char *said)
{
	size_t len = strlen(dir->path) + 1;
	char *at;

	while ((at = strstr(said, dir->path)))
		memmove(at, at + len, strlen(at + len) + 1);
}

#endif
