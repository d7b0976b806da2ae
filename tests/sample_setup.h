/* For the tests of `tollgate setup`: a machine in a directory, DAHDI as
 * fake_dahdi plays it, and what was said. Include it once. */
#ifndef TOLLGATE_SAMPLE_SETUP_H
#define TOLLGATE_SAMPLE_SETUP_H

#include "conf/conf.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/setup.h"
#include "gateway/cli/setup_country.h"
#include "tests/fake_dahdi.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>
#include <dahdi/user.h>

struct fixture {
	char root[64];
	struct setup_machine machine;
	char *text; /* what was written last */
	size_t len;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	strcpy(f->root, "/tmp/tollgate-setup-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	unsetenv("LC_ALL");
	unsetenv("LC_TELEPHONE");
	unsetenv("LANG");
	setenv("NO_COLOR", "1", 1);
	fake_dahdi_reset();
	fake_dahdi.span[2].there = false;
	*state = f;
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int kind,
			struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(fake_dahdi.fds_open, 0);
	fake_dahdi_end();
	assert_int_equal(nftw(f->root, remove_entry, 8, FTW_DEPTH | FTW_PHYS),
			 0);
	free(f->text);
	free(f);
	return 0;
}

static struct dahdi_scan *scan(void)
{
	struct dahdi_scan *out = NULL;

	assert_int_equal(dahdi_scan_new(&out, &fake_dahdi_kernel), 0);
	return out;
}

/* Between these two, what is printed comes to f->text. */
static FILE *begin(struct fixture *f)
{
	free(f->text);
	f->text = NULL;
	return open_memstream(&f->text, &f->len);
}

/* No line is longer than a terminal's, unless it is one to be typed. */
static void check_width(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len > 80 && strncmp(text, "    ", 4) != 0)
			fail_msg("%zu columns: %.*s", len, (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void end(struct fixture *f, FILE *file)
{
	fclose(file);
	check_width(f->text);
	for (const char *c = f->text; *c; c++)
		assert_true((*c >= ' ' && *c <= '~') || *c == '\n');
}

/* `text` anywhere in what was said, however it was wrapped; the marks of
 * comments do not count. */
static bool said(const struct fixture *f, const char *text)
{
	char *flat = strdup(f->text);
	size_t to = 0;
	bool found;

	for (const char *c = f->text; *c; c++) {
		char one = *c == '\n' || *c == '#' ? ' ' : *c;

		if (one != ' ' || !to || flat[to - 1] != ' ')
			flat[to++] = one;
	}
	flat[to] = '\0';
	found = strstr(flat, text) != NULL;
	free(flat);
	return found;
}

#define assert_said(f, what)                                                 \
	do {                                                                 \
		if (!said(f, what))                                          \
			fail_msg("not said: %s\nbut:\n%s", what, (f)->text); \
	} while (0)

#define T(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

#endif
