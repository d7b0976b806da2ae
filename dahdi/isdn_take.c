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

static void look(void *arg);

static void watch_on(struct isdn_span *member)
{
	timer_start(member->isdn->cfg.timers, &member->watch, WATCH_MS);
}

static const struct conf_span *configured(const struct conf *conf,
					  unsigned number)
{
	size_t i = 0;

	while (conf->spans[i].number != number)
		i++;
	return &conf->spans[i];
}

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

static struct isdn_span *parked_span(const struct isdn *isdn,
				     const struct conf_span *conf)
{
	for (size_t i = 0; i < isdn->parked.count; i++)
		if (same_interface(span_conf(isdn->parked.at[i]->span), conf))
			return isdn->parked.at[i];
	return NULL;
}

static size_t place_of(const struct isdn_spans *list,
		       const struct isdn_span *one)
{
	size_t i = 0;

	while (i < list->count && list->at[i] != one)
		i++;
	return i;
}

static void leave_out(struct isdn_spans *list, const struct isdn_span *one)
{
	size_t i = place_of(list, one);

	if (i == list->count)
		return;
	list->count--;
	memmove(&list->at[i], &list->at[i + 1],
		(list->count - i) * sizeof(struct isdn_span *));
}

/* Room for one more in the list of those that are closed. */
static int make_room(struct isdn_spans *list)
{
	struct isdn_span **more =
		realloc(list->at, (list->count + 1) * sizeof *more);

	if (!more)
		return -ENOMEM;
	list->at = more;
	return 0;
}

static void park(struct isdn_span *member)
{
	struct isdn *isdn = member->isdn;

	if (make_room(&isdn->parked) < 0) {
		watch_on(member);
		return;
	}
	span_close(member->span, "configured no more");
	span_drain(member->span, false);
	log_event(EVENT_SPAN_REMOVED, span_name(member->span),
		  "was removed from the configuration, has no calls any more, "
		  "and is closed");
	leave_out(&isdn->spans, member);
	isdn->parked.at[isdn->parked.count++] = member;
}

/* Another line, protocol or side is another struct pri, and the first may be
 * wanted again. */
static int replace(struct isdn_span *member)
{
	struct isdn *isdn = member->isdn;
	const struct conf_span *conf =
		configured(isdn->conf, number_of(member));
	const struct conf_trunk *trunk =
		isdn_trunk_of(isdn->conf, conf->number);
	struct isdn_span *other = parked_span(isdn, conf);
	int err = make_room(&isdn->parked);

	if (err < 0)
		return err;
	span_close(member->span, "becomes another kind of line");
	if (other) {
		leave_out(&isdn->parked, other);
		other->leaving = false;
		span_take(other->span, conf, trunk);
		watch_on(other);
	} else {
		err = make_span(isdn, conf, trunk, &other);
	}
	if (err < 0)
		return err;
	span_obey_as(other->span, member->span);
	isdn->spans.at[place_of(&isdn->spans, member)] = other;
	isdn->parked.at[isdn->parked.count++] = member;
	member->replaced = false;
	log_event(EVENT_SPAN_SETTINGS, span_name(other->span),
		  "has no calls and begins anew with its new line, protocol or "
		  "side");
	return 0;
}

static void look(void *arg)
{
	struct isdn_span *member = arg;
	int err = 0;

	if (!span_is_idle(member->span))
		watch_on(member);
	else if (member->leaving)
		park(member);
	else if (member->replaced)
		err = replace(member);
	else
		err = span_change(member->span);
	if (err < 0)
		watch_on(member);
}

void isdn_take_stop(struct isdn *isdn)
{
	for (size_t i = 0; i < isdn->spans.count; i++)
		timer_stop(&isdn->spans.at[i]->watch);
}

/* What becomes this span: that of its number, leaving or not, for it stands for
 * the span in media/ too; or a closed one of its kind. NULL: none. */
static struct isdn_span *old_span(const struct isdn *isdn,
				  const struct conf_span *conf)
{
	for (size_t i = 0; i < isdn->spans.count; i++)
		if (number_of(isdn->spans.at[i]) == conf->number)
			return isdn->spans.at[i];
	return parked_span(isdn, conf);
}

static bool holds(const struct isdn_spans *list, const struct isdn_span *one)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i] == one)
			return true;
	return false;
}

/* All that may fail. */
static int list_spans(struct isdn *isdn, const struct conf *conf,
		      struct isdn_spans *list)
{
	for (size_t i = 0; i < conf->span_count; i++) {
		const struct conf_span *span = &conf->spans[i];
		struct isdn_span *member = old_span(isdn, span);
		int err = 0;

		if (!member)
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

static void take_span(struct isdn_span *member, const struct conf_span *conf,
		      const struct conf_trunk *trunk)
{
	member->leaving = false;
	member->replaced = !same_interface(span_conf(member->span), conf);
	if (member->replaced)
		span_stay(member->span, trunk);
	else
		span_take(member->span, conf, trunk);
	if (member->replaced || span_waits(member->span))
		watch(member);
}

static void commit(struct isdn *isdn, const struct conf *conf,
		   struct isdn_spans *list)
{
	struct isdn_spans before = isdn->spans;

	for (size_t i = 0; i < conf->span_count; i++) {
		struct isdn_span *member = list->at[i];

		leave_out(&isdn->parked, member);
		timer_stop(&member->watch);
		take_span(member, &conf->spans[i],
			  isdn_trunk_of(conf, conf->spans[i].number));
	}
	for (size_t i = 0; i < before.count; i++) {
		struct isdn_span *member = before.at[i];

		if (holds(list, member))
			continue;
		list->at[list->count++] = member;
		member->leaving = true;
		member->replaced = false;
		span_leave(member->span);
		watch(member);
	}
	isdn->spans = *list;
	free(before.at);
}

struct isdn_next {
	const struct conf *conf;
	struct isdn_position *positions;
	struct isdn_spans spans;
};

void isdn_abandon(struct isdn *isdn, struct isdn_next *next)
{
	if (!next)
		return;
	undo(isdn, &next->spans);
	free(next->positions);
	free(next);
}

int isdn_prepare(struct isdn_next **out, struct isdn *isdn,
		 const struct conf *conf)
{
	struct isdn_next *next = calloc(1, sizeof *next);
	int err;

	if (!next)
		return -ENOMEM;
	next->conf = conf;
	next->positions = positions_of(isdn, conf);
	next->spans.at = calloc(conf->span_count + isdn->spans.count + 1,
				sizeof(struct isdn_span *));
	err = next->positions && next->spans.at ? 0 : -ENOMEM;
	if (err == 0)
		err = list_spans(isdn, conf, &next->spans);
	if (err < 0) {
		isdn_abandon(isdn, next);
		return err;
	}
	*out = next;
	return 0;
}

void isdn_take(struct isdn *isdn, struct isdn_next *next)
{
	free(isdn->positions);
	isdn->positions = next->positions;
	isdn->position_count = next->conf->trunk_count;
	commit(isdn, next->conf, &next->spans);
	isdn->conf = next->conf;
	free(next);
}
