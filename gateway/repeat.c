#include "gateway/repeat.h"

#include "gateway/log_text.h"

#include <errno.h>
#include <stdlib.h>

#define WINDOWS 256

struct window {
	struct repeat_key key;
	uint64_t start_ms;
	unsigned written; /* 0: the window is free */
	struct repeat_summary summary;
};

struct repeats {
	struct window windows[WINDOWS];
	unsigned waiting; /* windows with lines that were not written */
};

int repeats_new(struct repeats **out)
{
	*out = calloc(1, sizeof **out);
	return *out ? 0 : -ENOMEM;
}

void repeats_free(struct repeats *repeats)
{
	free(repeats);
}

static bool is_over(const struct window *window, uint64_t now_ms)
{
	return now_ms >= window->start_ms &&
	       now_ms - window->start_ms >= window->key.window_ms;
}

static uint64_t end_of(const struct window *window)
{
	return window->start_ms + window->key.window_ms;
}

static struct window *find(struct repeats *repeats,
			   const struct repeat_key *key)
{
	for (int i = 0; i < WINDOWS; i++) {
		struct window *window = &repeats->windows[i];

		if (window->written && window->key.event == key->event &&
		    window->key.object == key->object)
			return window;
	}
	return NULL;
}

static void give(struct repeats *repeats, struct window *window,
		 struct repeat_summary *out)
{
	*out = window->summary;
	if (window->summary.count)
		repeats->waiting--;
	window->summary.count = 0;
	window->written = 0;
}

/* A free window, else the one that ends soonest. */
static struct window *take(struct repeats *repeats)
{
	struct window *best = &repeats->windows[0];

	for (int i = 0; i < WINDOWS; i++) {
		struct window *window = &repeats->windows[i];

		if (!window->written)
			return window;
		if (end_of(window) < end_of(best))
			best = window;
	}
	return best;
}

bool repeats_write(struct repeats *repeats, const struct repeat_key *key,
		   uint64_t now_ms, struct repeat_summary *given_up)
{
	struct window *window = find(repeats, key);

	given_up->count = 0;
	if (window && !is_over(window, now_ms)) {
		if (window->written < key->lines) {
			window->written++;
			return true;
		}
		if (window->summary.count++ == 0)
			repeats->waiting++;
		return false;
	}
	if (!window)
		window = take(repeats);
	if (window->written)
		give(repeats, window, given_up);
	*window = (struct window){ .key = *key,
				   .start_ms = now_ms,
				   .written = 1 };
	return true;
}

void repeats_keep(struct repeats *repeats, const struct repeat_key *key,
		  const struct repeat_line *line)
{
	struct window *window = find(repeats, key);

	if (!window)
		return;
	window->summary.event = key->event;
	window->summary.level = line->level;
	window->summary.wanted = line->wanted;
	log_text_cut(window->summary.text, sizeof window->summary.text,
		     line->text);
}

bool repeats_due(struct repeats *repeats, uint64_t now_ms,
		 struct repeat_summary *out)
{
	if (!repeats->waiting)
		return false;
	for (int i = 0; i < WINDOWS; i++) {
		struct window *window = &repeats->windows[i];

		if (!window->summary.count || !is_over(window, now_ms))
			continue;
		give(repeats, window, out);
		return true;
	}
	return false;
}
