/* Writes the reference of all settings: to stdout, or with FILE into the part
 * of the manual page that lies between its two marks. */
#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BEGIN ".\\\" begin: written by tests/tool_conf_reference\n"
#define END ".\\\" end: written by tests/tool_conf_reference\n"
#define PAGE_MAX (256 * 1024)

static int rewrite(const char *path)
{
	static char page[PAGE_MAX];
	FILE *file = fopen(path, "r+");
	char *begin, *end;
	size_t len;

	if (!file) {
		perror(path);
		return 1;
	}
	len = fread(page, 1, sizeof page - 1, file);
	page[len] = '\0';
	begin = strstr(page, BEGIN);
	end = begin ? strstr(begin, END) : NULL;
	if (!end) {
		fprintf(stderr, "%s: the marks are missing\n", path);
		fclose(file);
		return 1;
	}
	rewind(file);
	fwrite(page, 1, (size_t)(begin - page) + strlen(BEGIN), file);
	conf_write_reference(file);
	fputs(end, file);
	fflush(file);
	/* The page may have become shorter. */
	if (ferror(file) || ftruncate(fileno(file), ftell(file))) {
		perror(path);
		fclose(file);
		return 1;
	}
	return fclose(file) ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc > 2) {
		fprintf(stderr, "usage: tool_conf_reference [FILE]\n");
		return 2;
	}
	if (argc == 2)
		return rewrite(argv[1]);
	conf_write_reference(stdout);
	return 0;
}
