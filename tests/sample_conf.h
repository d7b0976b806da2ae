/* For the tests of conf: a text parsed, with what was said of it. */
#ifndef TOLLGATE_SAMPLE_CONF_H
#define TOLLGATE_SAMPLE_CONF_H

#include "conf/conf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The configuration, or NULL with what was said in *said (free it). */
static inline struct conf *parse(const char *text, char **said)
{
	struct conf *conf = NULL;
	size_t len;
	FILE *errors = open_memstream(said, &len);
	int err = conf_parse(&conf, "t.conf", text, strlen(text), errors);

	fclose(errors);
	assert_int_equal(err, conf ? 0 : -EINVAL);
	assert_true(conf ? **said == '\0' : **said != '\0');
	return conf;
}

#endif
