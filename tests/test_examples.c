/* The example configurations, and calls through them: each carries its own
 * tests, and tests/conf/vectors has more. */
#include "gateway/configuration.h"
#include "tests/conf_dir.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EXAMPLES "conf/example-*.conf"
#define VECTORS "tests/conf/vectors/*.conf"
#define VECTORS_MIN 300

/* How many tests the file has, all of which pass; what is wrong is said. */
static size_t tests_of(const char *path)
{
	struct conf *conf = NULL;
	char *said = NULL;
	size_t size, count;
	FILE *errors = open_memstream(&said, &size);
	int err = configuration_load(&conf, path, errors);

	fclose(errors);
	if (err)
		fail_msg("%s:\n%s", path, said);
	free(said);
	count = conf->test_count;
	print_message("%-36s %zu\n", path, count);
	conf_free(conf);
	return count;
}

static size_t tests_of_all(const char *pattern, size_t files, size_t each)
{
	size_t total = 0;
	glob_t found;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= files);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		size_t count = tests_of(found.gl_pathv[i]);

		assert_true(count >= each);
		total += count;
	}
	globfree(&found);
	return total;
}

static void each_example(void **state)
{
	(void)state;
	tests_of_all(EXAMPLES, 4, 20);
}

/* Those of an example are in the vectors that include it. */
static void enough_vectors(void **state)
{
	(void)state;
	assert_true(tests_of_all(VECTORS, 5, 20) >= VECTORS_MIN);
}

/* That they are run: one that is turned round fails. */
static void a_wrong_one_fails(void **state)
{
	struct conf_dir *dir = *state;
	char text[512], cwd[256];
	struct conf *conf = NULL;
	char *said = NULL;
	size_t size;
	FILE *errors = open_memstream(&said, &size);

	assert_non_null(getcwd(cwd, sizeof cwd));
	snprintf(text, sizeof text,
		 "include %s/conf/example-german-e1.conf\n"
		 "test \"x\" { from pbx to 110 expect reject }\n",
		 cwd);
	assert_true(configuration_load(&conf, conf_dir_put(dir, "x", text),
				       errors) < 0);
	fclose(errors);
	assert_non_null(strstr(said, "test \"x\" fails: expected reject, got "
				     "city, other"));
	free(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_example),
		cmocka_unit_test(enough_vectors),
		cmocka_unit_test_setup_teardown(a_wrong_one_fails, conf_dir_new,
						conf_dir_free),
	};

	return cmocka_run_group_tests_name("examples", tests, NULL, NULL);
}
