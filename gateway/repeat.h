/* Events that repeat: what is written, what is counted.
 *
 * A window begins with an event's first line. So many lines are written in it;
 * those after are counted, and when the window is over the last of them is
 * written once, with how many they were. Time comes as a parameter; who shares
 * an object among threads locks it.
 */
#ifndef TOLLGATE_REPEAT_H
#define TOLLGATE_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

#define REPEAT_TEXT_MAX 512

struct repeats;

/* One event, about one object or about whomever. */
struct repeat_key {
	unsigned event;
	uint64_t object; /* a digest of its name */
	unsigned lines;	 /* that are written in a window, 1 or more */
	unsigned window_ms;
};

/* A line that is not written. */
struct repeat_line {
	int level;
	bool wanted; /* by the log's level */
	const char *text;
};

/* What is said at the end of a window: the last of those lines. */
struct repeat_summary {
	unsigned event;
	int level;
	bool wanted;
	unsigned count; /* of lines that were not written */
	char text[REPEAT_TEXT_MAX];
};

/* -ENOMEM. */
int repeats_new(struct repeats **out);
void repeats_free(struct repeats *repeats);

/* Whether to write it now. When none are free, the window that ends soonest is
 * given up, its count in `given_up`; count 0: none was. */
bool repeats_write(struct repeats *repeats, const struct repeat_key *key,
		   uint64_t now_ms, struct repeat_summary *given_up);

/* Keeps the line that repeats_write has just refused, cut when it is long. */
void repeats_keep(struct repeats *repeats, const struct repeat_key *key,
		  const struct repeat_line *line);

/* The next window that is over, with lines that were not written; false when
 * there is none. At UINT64_MAX every window is over. */
bool repeats_due(struct repeats *repeats, uint64_t now_ms,
		 struct repeat_summary *out);

#endif
