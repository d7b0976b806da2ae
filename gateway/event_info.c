/* The table of events, also for programs that write none. */
#include "gateway/event.h"
#include "gateway/log.h"

#include <stdlib.h>
#include <string.h>

static const struct event_info infos[] = {
#define EVENT(symbol, number, name, level, repeats, text, cause, remedy) \
	{ number, name, level, EVENT_##repeats, text, cause, remedy },
#include "gateway/event_table.def"
#undef EVENT
};

const struct event_info *event_info(enum event event)
{
	return &infos[event];
}

const struct event_info *event_find(const char *name)
{
	const char *digits = strncasecmp(name, "TG-", 3) ? name : name + 3;
	char *end;
	unsigned long number = strtoul(digits, &end, 10);

	for (size_t i = 0; i < EVENT_COUNT; i++)
		if ((end != digits && !*end && infos[i].number == number) ||
		    !strcmp(infos[i].name, name))
			return &infos[i];
	return NULL;
}
