/* A configuration for which memory does not suffice is refused, whatever piece
 * of it finds none. */
#include "conf/conf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned long left; /* allocations until one fails; 0: none does */
static bool ours;

/* In the place of the library's: all of conf/ allocates by it. A sanitizer has
 * one of its own already. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void *__libc_calloc(size_t count, size_t size);

void *calloc(size_t count, size_t size)
{
	ours = true;
	if (left && --left == 0)
		return NULL;
	return __libc_calloc(count, size);
}
#endif

/* A number with more callers than are looked at one by one, ranges, a class,
 * and words with parts of their own. */
static const char text[] =
	"gateway g { listen 127.0.0.1 }\n"
	"sip-peer p { server 10.0.0.1 }\n"
	"sip-peer a { server 10.0.0.2 }\n"
	"span 1 { device virtual x.sock span 1 }\n"
	"trunk-group t { members span 1  numbering n }\n"
	"numbering n { send +49 -> 0 national  receive national \"\" -> +49 }\n"
	"number-class premium { numbers +49900 +49137 }\n"
	"route from p {\n"
	"  +49 caller +411 -> a\n"
	"  +49 caller +412 -> a\n"
	"  +49 caller +413 -> a\n"
	"  +49 caller +414 -> a\n"
	"  +49 caller +415 -> a\n"
	"  +49 caller +416 -> a\n"
	"  +49 caller 100..199 -> a strip 2 max 3 calls\n"
	"  +49 caller 120..129 -> t, a retry-on 34\n"
	"  +4930100..+4930199 -> a weight 1, t weight 2\n"
	"  class premium -> reject 403 \"barred\"\n"
	"  otherwise -> reject 404\n"
	"}\n";

/* 64 KiB are taken at once: more lines than fit into that. */
static char *long_text(void)
{
	char *all = NULL;
	size_t len;
	FILE *out = open_memstream(&all, &len);

	fwrite(text, 1, sizeof text - 1, out);
	fputs("route from t {\n", out);
	for (unsigned i = 0; i < 2000; i++)
		fprintf(out, "+49%u caller +44%u -> p, a retry-on 34\n",
			10000 + i, i);
	fputs("}\n", out);
	fclose(out);
	return all;
}

static void test_every_allocation(void **state)
{
	char *all = long_text();
	FILE *null = fopen("/dev/null", "w");
	unsigned long n = 0;
	struct conf *conf;
	int err;

	(void)state;
	assert_non_null(all);
	assert_non_null(null);
	do {
		left = ++n;
		conf = NULL;
		err = conf_parse(&conf, "t.conf", all, strlen(all), null);
		left = 0;
		if (err)
			assert_null(conf);
		if (err && err != -ENOMEM)
			fail_msg("allocation %lu: %d", n, err);
		conf_free(conf);
	} while (err && n < 10000);
	print_message("%lu allocations\n", n - 1);
	fclose(null);
	free(all);
	if (!ours)
		skip();
	assert_int_equal(err, 0);
	assert_in_range(n, 20, 9999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
