#include "tests/fake_log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TEXT_MAX 65536

static int file = -1, saved = -1;

void fake_log_start(void)
{
	int err;

	assert(file < 0);
	file = memfd_create("log", 0);
	saved = dup(STDERR_FILENO);
	err = dup2(file, STDERR_FILENO);
	assert(err == STDERR_FILENO);
}

void fake_log_stop(void)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(file);
	file = saved = -1;
}

bool fake_log_has(const char *level, const char *text)
{
	char *log = calloc(1, TEXT_MAX), *line, *rest, name[16];
	bool found = false;

	assert(log && file >= 0);
	if (pread(file, log, TEXT_MAX - 1, 0) < 0)
		*log = '\0';
	snprintf(name, sizeof name, " %s ", level);
	for (line = strtok_r(log, "\n", &rest); line && !found;
	     line = strtok_r(NULL, "\n", &rest))
		found = strstr(line, name) && strstr(line, text);
	free(log);
	return found;
}
