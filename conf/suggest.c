#include "conf/suggest.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define WORD_MAX 40
#define FAR 1000 /* no suggestion */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Letters to insert, drop, change or swap with their neighbour (optimal string
 * alignment), case not counting. */
static unsigned distance(const char *a, size_t a_len, const char *b,
			 size_t b_len)
{
	unsigned row[3][WORD_MAX + 1];
	unsigned *before = row[0], *last = row[1], *now = row[2], *spare;

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return FAR;
	for (size_t j = 0; j <= b_len; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		int x = tolower((unsigned char)a[i - 1]);

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			int y = tolower((unsigned char)b[j - 1]);

			now[j] = least(least(last[j], now[j - 1]) + 1,
				       last[j - 1] + (x != y));
			if (i > 1 && j > 1 &&
			    x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				now[j] = least(now[j], before[j - 2] + 1);
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[b_len];
}

/* How far two words are apart; FAR when nobody would take one for the other.
 */
static unsigned apart(const char *word, const char *known, size_t known_len)
{
	size_t word_len = strlen(word);
	size_t shorter = word_len < known_len ? word_len : known_len;
	unsigned steps = distance(word, word_len, known, known_len);
	/* One letter of a short word, three of a long one. */
	unsigned allowed = 1 + (unsigned)least((unsigned)shorter / 4, 2);

	/* Every letter resembles every other. */
	if (shorter < 2)
		return FAR;
	if (steps <= allowed)
		return steps;
	/* "jitter" for "jitter-buffer" */
	if (shorter >= 4 && !strncasecmp(word, known, shorter))
		return allowed + 1;
	return FAR;
}

void suggest_begin(struct suggestion *s, const char *word)
{
	*s = (struct suggestion){ .word = word, .distance = FAR };
}

static void offer(struct suggestion *s, const char *known, size_t len,
		  const char *name, const void *entry)
{
	unsigned steps = apart(s->word, known, len);

	if (steps >= s->distance)
		return;
	s->distance = steps;
	s->best = name;
	s->best_entry = entry;
}

void suggest_offer(struct suggestion *s, const char *name, const char *also,
		   const void *entry)
{
	offer(s, name, strlen(name), name, entry);
	while (also && *also) {
		size_t len = strcspn(also, " ");

		offer(s, also, len, name, entry);
		also += len;
		also += strspn(also, " ");
	}
}
