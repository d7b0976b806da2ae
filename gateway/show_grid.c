/* Spans by channels, a letter each: little enough to be asked every second. */
#include "dahdi/isdn.h"
#include "gateway/call_record.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPANS_MAX 129

/* The letters of the calls, [span][channel], 0 for none. */
typedef char call_letters[SPANS_MAX][TDM_TIMESLOTS + 1];

static void note_call(call_letters *letters, const struct call *call)
{
	struct leg_info a, b;
	struct bridge_stats media;
	const struct call_view view = { call, &a, &b, &media };
	const struct leg_info *isdn[2] = { &a, &b };
	const void *legs[2] = { call->a, call->b };
	char letter;

	call_describe(call, &a, &b, &media);
	letter = strcmp(call_record_direction(&view), "in") ? 'o' : 'i';
	if (!call->answer_ms)
		letter = 'a';
	/* One whose leg has let go has the channel no more. */
	for (size_t i = 0; i < 2; i++)
		if (legs[i] && isdn[i]->span && isdn[i]->span < SPANS_MAX &&
		    isdn[i]->channel <= TDM_TIMESLOTS)
			(*letters)[isdn[i]->span][isdn[i]->channel] = letter;
}

static char letter_of(const struct span_info *span, unsigned timeslot,
		      char call, bool drained)
{
	switch (span->channel[timeslot]) {
	case CHANNEL_VIEW_NONE: return '-';
	case CHANNEL_VIEW_BUSY: return call ? call : 'B';
	case CHANNEL_VIEW_RELEASING: return 'r';
	case CHANNEL_VIEW_IDLE:
		if (!span->in_service)
			return '#';
		return drained ? 'd' : '.';
	case CHANNEL_VIEW_BLOCKED: return 'x';
	default: return '#';
	}
}

static json_t *span_of(const struct gateway *gw, const struct span_info *span,
		       call_letters *letters)
{
	unsigned slots = line_desc(span->line_type)->timeslots;
	bool drained = show_span_drained(gw, span->number, NULL), lost = false;
	char grid[TDM_TIMESLOTS + 1];
	json_t *object = json_object();

	for (unsigned t = 1; t <= slots; t++)
		grid[t - 1] = letter_of(span, t,
					span->number < SPANS_MAX
						? (*letters)[span->number][t]
						: 0,
					drained);
	grid[slots] = '\0';
	json_put(object, "span", json_integer(span->number), &lost);
	json_put(object, "state", json_text(span->state), &lost);
	json_put(object, "in_service", json_boolean(span->in_service), &lost);
	json_put(object, "drained", json_boolean(drained), &lost);
	json_put(object, "busy", json_integer(span->busy), &lost);
	json_put(object, "grid", json_text(grid), &lost);
	return json_whole(object, lost);
}

json_t *show_grid(struct gateway *gw, const struct command_line *line)
{
	call_letters *letters = calloc(1, sizeof *letters);
	json_t *array = json_array();
	size_t spans = isdn_span_count(gw->isdn);
	const struct call *call;

	(void)line;
	if (!letters) {
		json_decref(array);
		return NULL;
	}
	TAILQ_FOREACH(call, &gw->calls, link)
	note_call(letters, call);
	for (size_t i = 0; i < spans; i++) {
		struct span_info span;

		isdn_span_info(gw->isdn, i, &span);
		json_array_append_new(array, span_of(gw, &span, letters));
	}
	free(letters);
	return json_pack("{s:o}", "spans", array);
}
