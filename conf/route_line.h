/* A route's line in the making: NUMBERS CONDITIONS -> ACTION. */
#ifndef TOLLGATE_CONF_ROUTE_LINE_H
#define TOLLGATE_CONF_ROUTE_LINE_H

#include "conf/args.h"

/* The row of a word; NULL: it is none. */
const struct setting *route_word_find(const struct token *token);

/* Consumes a word, which is `word`, and what follows it. An error when it was
 * said before, unless it may be. */
int route_word_read(struct args *args, struct draft *draft,
		    const struct setting *word);

/* Where the newest line says it; NULL: it does not. */
const struct token *route_word_at(const struct route_line *line,
				  const char *name);

/* A word that stands on the wrong side of the arrow, or is misspelt: reports it
 * and is true. `selects`: it is read left of the arrow. */
bool route_word_misplaced(struct args *args, bool selects);

/* Reads what stands right of the arrow into the newest line. */
int route_action_read(struct args *args, struct draft *draft);

/* Readers of some of the words. */
int apply_reject(struct args *args, struct draft *draft);
int apply_retry(struct args *args, struct draft *draft);
int apply_strip(struct args *args, struct draft *draft);
int apply_add(struct args *args, struct draft *draft);
int apply_replace(struct args *args, struct draft *draft);
int apply_caller_as(struct args *args, struct draft *draft);
int apply_max(struct args *args, struct draft *draft);
int apply_emergency(struct args *args, struct draft *draft);

#endif
