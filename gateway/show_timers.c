#include "gateway/commands.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"

#include <stdlib.h>

static int by_time(const void *a, const void *b)
{
	const struct timer *const *first = a, *const *second = b;

	if ((*first)->due_ns == (*second)->due_ns)
		return 0;
	return (*first)->due_ns < (*second)->due_ns ? -1 : 1;
}

static json_t *row_of(const struct timer *timer)
{
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "timer", json_text(timer->name), &lost);
	json_put(object, "object", json_text(timer->object), &lost);
	json_put(object, "left_ms", json_count(timer_left_ms(timer)), &lost);
	return json_whole(object, lost);
}

json_t *show_timers(struct gateway *gw, const struct command_line *line)
{
	const struct timers *queue = loop_timers(gw->loop);
	const struct timer **sorted, *timer;
	json_t *array;
	size_t count = 0, i = 0;

	(void)line;
	for (timer = timers_first(queue); timer; timer = timers_after(timer))
		count++;
	sorted = calloc(count + 1, sizeof *sorted);
	if (!sorted)
		return NULL;
	for (timer = timers_first(queue); timer; timer = timers_after(timer))
		sorted[i++] = timer;
	qsort(sorted, count, sizeof *sorted, by_time);
	array = json_array();
	for (i = 0; i < count; i++)
		json_array_append_new(array, row_of(sorted[i]));
	free(sorted);
	return json_pack("{s:o}", "timers", array);
}
