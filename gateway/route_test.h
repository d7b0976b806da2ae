/* The tests that a configuration has: `test "NAME" { }`. Pure. */
#ifndef TOLLGATE_ROUTE_TEST_H
#define TOLLGATE_ROUTE_TEST_H

#include "conf/conf.h"
#include "gateway/route_text.h"

struct route_test {
	const struct conf_test *test;
	bool passed;
	char expected[ROUTE_TEXT_MAX]; /* "city" */
	char got[ROUTE_TEXT_MAX];      /* "reject 403" */
	/* What made it so; NULL: no line did. */
	const struct conf_place *decided;
	char rule[ROUTE_TEXT_MAX]; /* in words; "" without one */
};

/* The call that the test tells of. */
void route_test_setup(const struct conf_test *test, struct leg_setup *out);

void route_test_run(const struct conf *conf, const struct conf_test *test,
		    struct route_test *out);

/* For conf_load_verified(): a test that fails is an error. */
void route_test_verify(struct conf_verify *verify);

#endif
