#include "dahdi/isdn_state.h"
#include "gateway/event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often a span that waits is looked at: its settings, or its end, come so
 * much after its last call. */
#define WATCH_MS 200

static unsigned number_of(const struct isdn_span *member)
{
	return span_conf(member->span)->number;
}

struct isdn_span *isdn_span_find(const struct isdn *isdn, unsigned number)
{
	for (size_t i = 0; i < isdn->spans.count; i++)
		if (number_of(isdn->spans.at[i]) == number &&
		    !isdn->spans.at[i]->leaving)
			return isdn->spans.at[i];
	return NULL;
}

const struct conf_trunk *isdn_trunk_of(const struct conf *conf, unsigned span)
{
	for (size_t i = 0; i < conf->trunk_count; i++)
		for (size_t m = 0; m < conf->trunks[i].member_count; m++)
			if (conf->trunks[i].members[m]->number == span)
				return &conf->trunks[i];
	return NULL;
}

/* Hunting */

static struct isdn_position *positions_of(const struct isdn *isdn,
					  const struct conf *conf)
{
	struct isdn_position *new = calloc(conf->trunk_count + 1, sizeof *new);

	for (size_t i = 0; new &&i < conf->trunk_count; i++) {
		const char *name = conf->trunks[i].name;

		snprintf(new[i].trunk, sizeof new[i].trunk, "%s", name);
		for (size_t j = 0; j < isdn->position_count; j++)
			if (!strcmp(isdn->positions[j].trunk, name))
				new[i].at = isdn->positions[j].at;
	}
	return new;
}

struct hunt_position *isdn_position(struct isdn *isdn, const char *trunk)
{
	size_t i = 0;

	while (i < isdn->position_count &&
	       strcmp(isdn->positions[i].trunk, trunk) != 0)
		i++;
	return &isdn->positions[i].at;
}

/* Spans that wait for their calls to end */

static void park(struct isdn_span *member)
{
	struct isdn_spans *from = &member->isdn->spans;
	struct isdn_spans *to = &member->isdn->parked;
	struct isdn_span **more =
		realloc(to->at, (to->count + 1) * sizeof *more);
	size_t i = 0;

	span_close(member->span, "configured no more");
	log_event(EVENT_SPAN_REMOVED, span_name(member->span),
		  "was removed from the configuration, has no calls any more, "
		  "and is closed");
	if (!more)
		return; /* it stays in the list, closed */
	to->at = more;
	to->at[to->count++] = member;
	while (from->at[i] != member)
		i++;
	from->count--;
	memmove(&from->at[i], &from->at[i + 1],
		(from->count - i) * sizeof(struct isdn_span *));
}

static void look(void *arg)
{
	struct isdn_span *member = arg;

	if (!span_is_idle(member->span)) {
		timer_start(member->isdn->cfg.timers, &member->watch, WATCH_MS);
		return;
	}
	if (member->leaving)
		park(member);
	else if (span_change(member->span) < 0)
		timer_start(member->isdn->cfg.timers, &member->watch, WATCH_MS);
}

void isdn_take_stop(struct isdn *isdn)
{
	for (size_t i = 0; i < isdn->spans.count; i++)
		timer_stop(&isdn->spans.at[i]->watch);
}

/* Making */

void isdn_span_free(struct isdn_span *member)
{
	if (!member)
		return;
	timer_stop(&member->watch);
	span_audit_free(member->audit);
	span_free(member->span);
	free(member);
}

static int make_span(struct isdn *isdn, const struct conf_span *conf,
		     const struct conf_trunk *trunk, struct isdn_span **out)
{
	struct isdn_span *member = calloc(1, sizeof *member);
	struct span_config cfg = isdn->cfg;
	int err;

	if (!member)
		return -ENOMEM;
	member->isdn = isdn;
	timer_init(&member->watch, "span", look, member);
	cfg.conf = conf;
	cfg.trunk = trunk;
	err = span_new(&member->span, &cfg);
	if (err == 0) {
		member->audit = span_audit_new(member->span);
		err = member->audit ? 0 : -ENOMEM;
	}
	if (err < 0) {
		isdn_span_free(member);
		return err;
	}
	*out = member;
	return 0;
}

static bool same_interface(const struct conf_span *a, const struct conf_span *b)
{
	return a->number == b->number && a->line == b->line &&
	       a->protocol == b->protocol && a->network_side == b->network_side;
}

/* Its number stands for the span in media/ too: two cannot have it. */
static bool is_taken(const struct isdn *isdn, const struct conf_span *conf)
{
	for (size_t i = 0; i < isdn->spans.count; i++)
		if (isdn->spans.at[i]->leaving &&
		    number_of(isdn->spans.at[i]) == conf->number)
			return true;
	return false;
}

/* The parked or leaving span that can become this one. */
static struct isdn_span *old_span(const struct isdn *isdn,
				  const struct conf_span *conf)
{
	for (size_t i = 0; i < isdn->spans.count; i++)
		if (isdn->spans.at[i]->leaving &&
		    same_interface(span_conf(isdn->spans.at[i]->span), conf))
			return isdn->spans.at[i];
	for (size_t i = 0; i < isdn->parked.count; i++)
		if (same_interface(span_conf(isdn->parked.at[i]->span), conf))
			return isdn->parked.at[i];
	return NULL;
}

static bool holds(const struct isdn_spans *list, const struct isdn_span *one)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i] == one)
			return true;
	return false;
}

static void leave_out(struct isdn_spans *list, const struct isdn_span *one)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->at[i] != one)
			list->at[kept++] = list->at[i];
	list->count = kept;
}

/* All that may fail. */
static int list_spans(struct isdn *isdn, const struct conf *conf,
		      struct isdn_spans *list)
{
	for (size_t i = 0; i < conf->span_count; i++) {
		const struct conf_span *span = &conf->spans[i];
		struct isdn_span *member = isdn_span_find(isdn, span->number);
		int err = 0;

		if (!member)
			member = old_span(isdn, span);
		if (!member && is_taken(isdn, span))
			err = -EBUSY;
		else if (!member)
			err = make_span(isdn, span,
					isdn_trunk_of(conf, span->number),
					&member);
		if (err < 0)
			return err;
		list->at[list->count++] = member;
	}
	return 0;
}

static void undo(struct isdn *isdn, struct isdn_spans *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (!holds(&isdn->spans, list->at[i]) &&
		    !holds(&isdn->parked, list->at[i]))
			isdn_span_free(list->at[i]);
	free(list->at);
}

static void watch(struct isdn_span *member)
{
	if (!timer_running(&member->watch))
		timer_start(member->isdn->cfg.timers, &member->watch, 0);
}

static void commit(struct isdn *isdn, const struct conf *conf,
		   struct isdn_spans *list)
{
	struct isdn_spans before = isdn->spans;

	for (size_t i = 0; i < conf->span_count; i++) {
		struct isdn_span *member = list->at[i];

		leave_out(&isdn->parked, member);
		member->leaving = false;
		timer_stop(&member->watch);
		span_take(member->span, &conf->spans[i],
			  isdn_trunk_of(conf, conf->spans[i].number));
		if (span_waits(member->span))
			watch(member);
	}
	for (size_t i = 0; i < before.count; i++) {
		struct isdn_span *member = before.at[i];

		if (holds(list, member))
			continue;
		list->at[list->count++] = member;
		member->leaving = true;
		span_leave(member->span);
		watch(member);
	}
	isdn->spans = *list;
	free(before.at);
}

int isdn_take(struct isdn *isdn, const struct conf *conf)
{
	struct isdn_position *positions = positions_of(isdn, conf);
	struct isdn_spans list = {
		.at = calloc(conf->span_count + isdn->spans.count + 1,
			     sizeof(struct isdn_span *)),
	};
	int err = positions && list.at ? 0 : -ENOMEM;

	if (err == 0)
		err = list_spans(isdn, conf, &list);
	if (err < 0) {
		undo(isdn, &list);
		free(positions);
		return err;
	}
	free(isdn->positions);
	isdn->positions = positions;
	isdn->position_count = conf->trunk_count;
	commit(isdn, conf, &list);
	isdn->conf = conf;
	return 0;
}
