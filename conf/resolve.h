/* Names to what they name, while a configuration is built. */
#ifndef TOLLGATE_CONF_RESOLVE_H
#define TOLLGATE_CONF_RESOLVE_H

#include "conf/parse.h"

/* Drafts by name. Sorted: a file may have tens of thousands of names. */
struct index {
	struct draft **by_name;
	size_t count;
};

struct draft *index_find(const struct index *index, const char *name);

/* The draft of that name; NULL, reported as "no <what>", when there is none. */
struct draft *look_up(struct build *build, const struct index *index,
		      const struct token *at, const char *what);

/* An array of the configuration's; NULL for want of memory (noted). */
void *keep_array(struct build *build, size_t count, size_t size);

/* Whether a peer or trunk group that is not found may be one that could not be
 * read. */
bool ends_unsure(const struct build *build);

/* Where a rule leads: the peer or trunk group behind `at`. */
void resolve_target(struct build *build, const struct index *ends,
		    const struct token *at, struct conf_target *target);

/* Once everything that routes name has its place. */
void resolve_routes(struct build *build, const struct index *ends,
		    const struct index *hours, const struct index *classes);

#endif
