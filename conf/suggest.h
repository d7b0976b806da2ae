/* "did you mean": the known word nearest to a misspelt one. */
#ifndef TOLLGATE_CONF_SUGGEST_H
#define TOLLGATE_CONF_SUGGEST_H

struct suggestion {
	const char *word;	/* as written */
	const char *best;	/* NULL: nothing is near enough */
	const void *best_entry; /* what was offered with it */
	unsigned distance;
};

void suggest_begin(struct suggestion *s, const char *word);

/* Offers a known word. `also` (may be NULL) lists, separated by blanks, what
 * other products or other people call the same thing. */
void suggest_offer(struct suggestion *s, const char *name, const char *also,
		   const void *entry);

#endif
