/* A configuration lives as long as its last user, and no longer. */
#include "gateway/running_conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct running_conf_count count;

static struct conf *parse(const char *name)
{
	char text[200];
	struct conf *conf;

	snprintf(text, sizeof text,
		 "gateway %s {\n listen 127.0.0.1 5060\n"
		 " control run/c.sock\n}\n",
		 name);
	assert_int_equal(conf_parse(&conf, "test", text, strlen(text), stderr),
			 0);
	return conf;
}

static struct running_conf *start(const char *name)
{
	struct running_conf *running;

	assert_int_equal(running_conf_new(&running, parse(name), &count), 0);
	return running;
}

static int setup(void **state)
{
	(void)state;
	count = (struct running_conf_count){ 0 };
	return 0;
}

static void test_one_use(void **state)
{
	struct running_conf *running = start("a");

	(void)state;
	assert_string_equal(running_conf_get(running)->gateway.name, "a");
	assert_int_equal(count.made, 1);
	assert_int_equal(count.freed, 0);
	running_conf_release(running);
	assert_int_equal(count.freed, 1);
}

/* Reloaded a hundred times, a call of each: they end in another order. */
static void test_calls_keep_theirs(void **state)
{
	enum { RELOADS = 100 };
	struct running_conf *call[RELOADS], *running = NULL;
	char name[16];

	(void)state;
	for (int i = 0; i < RELOADS; i++) {
		running_conf_release(running);
		snprintf(name, sizeof name, "g%d", i);
		running = start(name);
		call[i] = running_conf_use(running);
	}
	assert_int_equal(count.made, RELOADS);
	assert_int_equal(count.freed, 0);
	for (int i = 0; i < RELOADS; i++) {
		int at = i * 37 % RELOADS;

		snprintf(name, sizeof name, "g%d", at);
		assert_string_equal(running_conf_get(call[at])->gateway.name,
				    name);
		running_conf_release(call[at]);
		/* The one that runs stays without a call. */
		assert_int_equal(
			running_conf_get(running)->gateway.listen.ss_family,
			AF_INET);
	}
	assert_int_equal(count.freed, RELOADS - 1);
	running_conf_release(running);
	assert_int_equal(count.freed, RELOADS);
}

static void test_none(void **state)
{
	(void)state;
	assert_null(running_conf_use(NULL));
	assert_null(running_conf_get(NULL));
	running_conf_release(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_use, setup),
		cmocka_unit_test_setup(test_calls_keep_theirs, setup),
		cmocka_unit_test_setup(test_none, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
