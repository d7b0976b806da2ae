/* Numberings for tests: written as in a file, or made by hand. */
#ifndef TOLLGATE_SAMPLE_NUMBERING_H
#define TOLLGATE_SAMPLE_NUMBERING_H

#include "conf/number_index.h"
#include "tests/sample_conf.h"

/* A configuration whose one numbering holds `lines`: conf_free it. */
static inline struct conf *numbering_conf(const char *lines)
{
	char *text = NULL, *said;
	struct conf *conf;

	assert_true(asprintf(&text,
			     "gateway g { listen 127.0.0.1 }\n"
			     "numbering n {\n%s\n}\n",
			     lines) > 0);
	conf = parse(text, &said);
	if (!conf)
		print_error("%s\n%s", text, said);
	assert_non_null(conf);
	free(said);
	free(text);
	return conf;
}

/* Makes what a plan made by hand lacks; the arena is to be freed. */
static inline struct arena *numbering_index(struct conf_numbering *plan)
{
	struct arena *arena = arena_new();

	assert_non_null(arena);
	for (size_t i = 0; i < plan->send_count; i++)
		plan->send[i].sends = true;
	assert_int_equal(number_index_make(&plan->receive_index, arena,
					   plan->receive, plan->receive_count),
			 0);
	assert_int_equal(number_index_make(&plan->send_index, arena, plan->send,
					   plan->send_count),
			 0);
	return arena;
}

#endif
