/* What the tools that write references into manual pages share. */
#ifndef TOLLGATE_REWRITE_REFERENCE_H
#define TOLLGATE_REWRITE_REFERENCE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE_MAX (256 * 1024)

/* Writes with `fn` between the page's two marks ".\" begin: written by TOOL"
 * and ".\" end: ...". 0, or 1 having said why. */
static int rewrite_reference(const char *path, const char *tool,
			     void (*fn)(FILE *out))
{
	static char page[PAGE_MAX];
	FILE *file = fopen(path, "r+");
	char begin_mark[80], end_mark[80], *begin, *end;
	size_t len;

	if (!file) {
		perror(path);
		return 1;
	}
	snprintf(begin_mark, sizeof begin_mark,
		 ".\\\" begin: written by tests/%s\n", tool);
	snprintf(end_mark, sizeof end_mark, ".\\\" end: written by tests/%s\n",
		 tool);
	len = fread(page, 1, sizeof page - 1, file);
	page[len] = '\0';
	begin = strstr(page, begin_mark);
	end = begin ? strstr(begin, end_mark) : NULL;
	if (!end) {
		fprintf(stderr, "%s: the marks are missing\n", path);
		fclose(file);
		return 1;
	}
	rewind(file);
	fwrite(page, 1, (size_t)(begin - page) + strlen(begin_mark), file);
	fn(file);
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

/* The whole of such a tool: to stdout, or with FILE into the page. */
static int reference_tool(int argc, char **argv, const char *tool,
			  void (*fn)(FILE *out))
{
	if (argc > 2) {
		fprintf(stderr, "usage: %s [FILE]\n", tool);
		return 2;
	}
	if (argc == 2)
		return rewrite_reference(argv[1], tool, fn);
	fn(stdout);
	return 0;
}

#endif
