/* What a block leaves to its defaults. */
#include "conf/default.h"
#include "sample_conf.h"

#include <stdio.h>
#include <string.h>

#define TEXT                                                        \
	"gateway g {\n listen 127.0.0.1 5060\n retry-after 5s\n}\n" \
	"span 1 { device virtual a.sock span 1 }\n"                 \
	"span 2 { like span 1  device virtual a.sock span 2 }\n"

static char found[2048];

static void note(void *ctx, const char *text)
{
	size_t used = strlen(found);

	assert_ptr_equal(ctx, found);
	snprintf(found + used, sizeof found - used, "%s;", text);
}

static void defaults_of(const struct conf *conf, const char *label)
{
	*found = '\0';
	for (size_t i = 0; i < conf->block_count; i++)
		if (!strcmp(conf->blocks[i].label, label))
			conf_block_defaults(&conf->blocks[i], note, found);
}

static void test_defaults(void **state)
{
	char *said = NULL;
	struct conf *conf = parse(TEXT, &said);

	(void)state;
	if (!conf)
		fail_msg("%s", said);
	free(said);
	defaults_of(conf, "gateway \"g\"");
	assert_non_null(strstr(found, "rtp-ports 16384-32767;"));
	assert_null(strstr(found, "retry-after"));
	assert_null(strstr(found, "listen"));
	defaults_of(conf, "span 1");
	assert_non_null(strstr(found, "line e1;"));
	assert_null(strstr(found, "device"));
	/* It may have them from span 1. */
	defaults_of(conf, "span 2");
	assert_string_equal(found, "");
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
