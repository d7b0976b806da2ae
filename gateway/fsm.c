#include "gateway/fsm.h"

#include "gateway/event.h"
#include "gateway/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

static uint64_t illegal_count;

void fsm_init(struct fsm *fsm, const struct fsm_desc *desc, uint8_t start,
	      const char *object, void *owner)
{
	assert(start < desc->state_count);
	*fsm = (struct fsm){
		.desc = desc, .state = start, .object = object, .owner = owner
	};
}

const struct fsm_row *fsm_find(const struct fsm_desc *desc, uint8_t state,
			       uint8_t event)
{
	const struct fsm_row *any = NULL;

	for (size_t i = 0; i < desc->row_count; i++) {
		const struct fsm_row *row = &desc->rows[i];

		if (row->event != event)
			continue;
		if (row->state == state)
			return row;
		if (row->state == FSM_ANY)
			any = row;
	}
	return any;
}

int fsm_dispatch(struct fsm *fsm, uint8_t event, const void *arg)
{
	const struct fsm_desc *desc = fsm->desc;
	const struct fsm_row *row = fsm_find(desc, fsm->state, event);
	uint8_t old = fsm->state;

	assert(event < desc->event_count);
	if (!row || row->kind == FSM_ILLEGAL) {
		illegal_count++;
		log_event(EVENT_ILLEGAL_STEP, fsm->object,
			  "%s: %s cannot take %s", desc->name,
			  desc->state_names[old], desc->event_names[event]);
		return -EPROTO;
	}
	if (row->next != FSM_SAME)
		fsm->state = row->next;
	log_line_in(desc->source_file, LOG_DEBUG, fsm->object,
		    "%s: %s -> %s on %s%s", desc->name, desc->state_names[old],
		    desc->state_names[fsm->state], desc->event_names[event],
		    row->kind == FSM_IGNORE ? " (ignored)" : "");
	if (row->action)
		row->action(fsm->owner, arg);
	return 0;
}

const char *fsm_state_name(const struct fsm *fsm)
{
	return fsm->desc->state_names[fsm->state];
}

static size_t count_rows(const struct fsm_desc *desc, uint8_t state,
			 uint8_t event)
{
	size_t count = 0;

	for (size_t i = 0; i < desc->row_count; i++)
		if (desc->rows[i].state == state &&
		    desc->rows[i].event == event)
			count++;
	return count;
}

static int check_row(const struct fsm_desc *desc, const struct fsm_row *row,
		     char *why, size_t why_size)
{
	if ((row->state != FSM_ANY && row->state >= desc->state_count) ||
	    row->event >= desc->event_count ||
	    (row->next != FSM_SAME && row->next >= desc->state_count)) {
		snprintf(why, why_size, "%s: row %zu is out of range",
			 desc->name, (size_t)(row - desc->rows));
		return -EINVAL;
	}
	if (row->kind != FSM_DO && (row->action || row->next != FSM_SAME)) {
		snprintf(why, why_size, "%s: row %zu ignores yet acts",
			 desc->name, (size_t)(row - desc->rows));
		return -EINVAL;
	}
	return 0;
}

/* The first place without a name, `count` when each has one. */
static uint8_t nameless(const char *const *names, uint8_t count)
{
	uint8_t i = 0;

	while (i < count && names[i])
		i++;
	return i;
}

static int check_names(const struct fsm_desc *desc, char *why, size_t why_size)
{
	uint8_t state = nameless(desc->state_names, desc->state_count);
	uint8_t event = nameless(desc->event_names, desc->event_count);

	if (state < desc->state_count)
		snprintf(why, why_size, "%s: state %u has no name", desc->name,
			 state);
	else if (event < desc->event_count)
		snprintf(why, why_size, "%s: event %u has no name", desc->name,
			 event);
	else
		return 0;
	return -EINVAL;
}

int fsm_check(const struct fsm_desc *desc, char *why, size_t why_size)
{
	if (check_names(desc, why, why_size) < 0)
		return -EINVAL;
	for (size_t i = 0; i < desc->row_count; i++)
		if (check_row(desc, &desc->rows[i], why, why_size) < 0)
			return -EINVAL;
	for (uint8_t e = 0; e < desc->event_count; e++) {
		size_t any = count_rows(desc, FSM_ANY, e);

		for (uint8_t s = 0; s < desc->state_count; s++) {
			size_t own = count_rows(desc, s, e);

			if (own <= 1 && any <= 1 && own + any > 0)
				continue;
			snprintf(why, why_size, "%s: %s on %s is %s",
				 desc->name, desc->state_names[s],
				 desc->event_names[e],
				 own + any ? "decided twice" : "undecided");
			return -EINVAL;
		}
	}
	return 0;
}

uint64_t fsm_illegal_count(void)
{
	return illegal_count;
}
