#include "conf/resolve.h"

#include "conf/address.h"
#include "conf/class.h"
#include "conf/hours.h"
#include "conf/settings.h"
#include "conf/suggest.h"

#include <stdlib.h>
#include <string.h>

static int compare_drafts(const void *a, const void *b)
{
	const struct draft *x = *(struct draft *const *)a;
	const struct draft *y = *(struct draft *const *)b;
	int order = strcmp(x->name, y->name);

	if (order)
		return order;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

/* All drafts of two kinds (the same one twice: of one).
 * sip-peers and trunk-groups share one index, as they share one space of names:
 * "-> city" and "from city" do not say which they mean. */
static struct index index_drafts(struct build *build, enum block_kind first,
				 enum block_kind second)
{
	size_t room = build->drafts[first].count + build->drafts[second].count;
	struct index index = { 0 };

	index.by_name = build_alloc(build, (room + 1) * sizeof(struct draft *));
	if (!index.by_name)
		return index;
	for (size_t kind = first;; kind = second) {
		struct draft *draft = build->drafts[kind].first;

		for (; draft; draft = draft->next)
			if (*draft->name)
				index.by_name[index.count++] = draft;
		if (kind == second)
			break;
	}
	qsort(index.by_name, index.count, sizeof *index.by_name,
	      compare_drafts);
	return index;
}

static void report_twice(struct build *build, const struct draft *draft,
			 const struct draft *other)
{
	if (draft->kind == other->kind)
		report_error(&build->report, draft->name_at, NULL,
			     "%s is defined twice (other: %s)", draft->label,
			     report_place(&build->report, other->name_at,
					  draft->name_at));
	else
		report_error(&build->report, draft->name_at, NULL,
			     "%s has the name of %s (%s): a route could mean "
			     "either",
			     draft->label, other->label,
			     report_place(&build->report, other->name_at,
					  draft->name_at));
}

static void check_names(struct build *build, const struct index *index)
{
	for (size_t i = 1; i < index->count; i++)
		if (!strcmp(index->by_name[i]->name,
			    index->by_name[i - 1]->name))
			report_twice(build, index->by_name[i],
				     index->by_name[i - 1]);
}

static int compare_name(const void *name, const void *draft)
{
	return strcmp(name, (*(struct draft *const *)draft)->name);
}

struct draft *index_find(const struct index *index, const char *name)
{
	struct draft **found = bsearch(name, index->by_name, index->count,
				       sizeof *index->by_name, compare_name);

	return found ? *found : NULL;
}

#define NAMES_LISTED 6

/* What there is, for whoever is nowhere near one of them. */
static const char *names_hint(struct build *build, const struct index *index,
			      const char *what)
{
	struct report *report = &build->report;
	const char *names = "";
	size_t listed = 0;

	if (!index->count)
		return report_text(report, "(define it: there is no %s at all)",
				   what);
	for (; listed < index->count && listed < NAMES_LISTED; listed++)
		names = report_text(report, "%s%s%s", names, listed ? ", " : "",
				    index->by_name[listed]->name);
	return report_text(report, "(defined: %s%s)", names,
			   listed < index->count ? " ..." : "");
}

struct draft *look_up(struct build *build, const struct index *index,
		      const struct token *at, const char *what)
{
	struct draft *found = index_find(index, at->text);
	struct report *report = &build->report;
	const struct draft *near;
	struct suggestion s;
	const char *hint = NULL;

	if (found)
		return found;
	suggest_begin(&s, at->text);
	for (size_t i = 0; i < index->count; i++)
		suggest_offer(&s, index->by_name[i]->name, NULL,
			      index->by_name[i]);
	near = s.best_entry;
	if (near)
		hint = report_text(report, "did you mean \"%s\"?  (%s, %s)",
				   near->name, near->desc->open.name,
				   report_place(report, near->name_at, at));
	else
		hint = names_hint(build, index, what);
	report_error(report, at, hint, "there is no %s \"%s\"", what, at->text);
	return NULL;
}

void *keep_array(struct build *build, size_t count, size_t size)
{
	void *array = arena_array(build->keep, count, size);

	if (!array)
		build->report.no_memory = true;
	return array;
}

/* gateway and log: at most one of each, the gateway at least. */
static void resolve_single(struct build *build)
{
	const struct draft *gateway = build->drafts[BLOCK_GATEWAY].first;
	const struct draft *log = build->drafts[BLOCK_LOG].first;
	struct conf *conf = build->conf;

	for (int kind = BLOCK_GATEWAY; kind <= BLOCK_LOG; kind++) {
		const struct draft *first = build->drafts[kind].first;

		for (struct draft *d = first ? first->next : NULL; d;
		     d = d->next)
			report_error(&build->report, d->keyword, NULL,
				     "there can be only one block \"%s\" "
				     "(other: %s)",
				     block_descs[kind]->open.name,
				     report_place(&build->report,
						  first->keyword, d->keyword));
	}
	if (gateway) {
		conf->gateway = gateway->as.gateway;
		strcpy(conf->gateway.name, gateway->name);
	} else if (!build->unsure[BLOCK_GATEWAY]) {
		report_error(&build->report, NULL, NULL,
			     "there is no gateway block: write "
			     "gateway <name> { listen <address> }");
	}
	if (!log) {
		struct draft *none = build_draft(build, BLOCK_LOG, NULL);

		if (!none || settings_default(build, none))
			return;
		log = none;
	}
	conf->log = log->as.log;
}

/* The arrays of struct conf are filled in the order of the drafts, so that
 * draft->index is the place of each in its array. */
static void resolve_numberings(struct build *build)
{
	struct conf *conf = build->conf;
	struct conf_numbering *numbering;
	size_t count = build->drafts[BLOCK_NUMBERING].count;
	struct draft *d = build->drafts[BLOCK_NUMBERING].first;

	numbering = keep_array(build, count, sizeof *numbering);
	if (!numbering)
		return;
	conf->numberings = numbering;
	conf->numbering_count = count;
	for (; d; d = d->next, numbering++)
		build_numbering(build, d, numbering);
}

/* NULL also where a numbering of that name may be among what could not be
 * read. */
static const struct conf_numbering *find_numbering(struct build *build,
						   const struct index *index,
						   const struct draft *user)
{
	const struct draft *found;

	if (!user->numbering)
		return NULL;
	if (build->unsure[BLOCK_NUMBERING] &&
	    !index_find(index, user->numbering->text))
		return NULL;
	found = look_up(build, index, user->numbering, "numbering");
	return found ? &build->conf->numberings[found->index] : NULL;
}

static void resolve_peers(struct build *build, const struct index *numberings)
{
	struct conf *conf = build->conf;
	size_t count = build->drafts[BLOCK_PEER].count;
	struct draft *d = build->drafts[BLOCK_PEER].first;
	struct conf_peer *peer = keep_array(build, count, sizeof *peer);

	if (!peer)
		return;
	conf->peers = peer;
	conf->peer_count = count;
	for (; d; d = d->next, peer++) {
		struct conf_network *network;

		*peer = d->as.peer;
		strcpy(peer->name, d->name);
		peer->place = build_place(d->keyword);
		peer->numbering = find_numbering(build, numberings, d);
		network = keep_array(build, d->items.count, sizeof *network);
		peer->accept_from = network;
		for (struct item *i = d->items.first; i && network; i = i->next)
			*network++ = i->network;
		peer->accept_from_count = d->items.count;
	}
}

static void resolve_spans(struct build *build)
{
	struct conf *conf = build->conf;
	size_t count = build->drafts[BLOCK_SPAN].count;
	struct draft *d = build->drafts[BLOCK_SPAN].first;
	struct conf_span *span = keep_array(build, count, sizeof *span);

	if (!span)
		return;
	conf->spans = span;
	conf->span_count = count;
	for (; d; d = d->next, span++) {
		*span = d->as.span;
		span->place = build_place(d->keyword);
	}
}

/* A search: spans are 128 at most. */
static const struct conf_span *find_span(const struct conf *conf,
					 unsigned number)
{
	for (size_t i = 0; i < conf->span_count; i++)
		if (conf->spans[i].number == number)
			return &conf->spans[i];
	return NULL;
}

static void resolve_members(struct build *build, struct draft *d,
			    struct conf_trunk *trunk)
{
	trunk->members =
		keep_array(build, d->items.count, sizeof *trunk->members);
	if (!trunk->members)
		return;
	for (struct item *i = d->items.first; i; i = i->next) {
		const struct conf_span *span = find_span(build->conf, i->span);

		if (!span && !build->unsure[BLOCK_SPAN])
			report_error(&build->report, i->at, NULL,
				     "there is no span %u", i->span);
		if (span)
			trunk->members[trunk->member_count++] = span;
	}
}

static void resolve_trunks(struct build *build, const struct index *numberings)
{
	struct conf *conf = build->conf;
	size_t count = build->drafts[BLOCK_TRUNK].count;
	struct draft *d = build->drafts[BLOCK_TRUNK].first;
	struct conf_trunk *trunk = keep_array(build, count, sizeof *trunk);

	if (!trunk)
		return;
	conf->trunks = trunk;
	conf->trunk_count = count;
	for (; d; d = d->next, trunk++) {
		*trunk = d->as.trunk;
		strcpy(trunk->name, d->name);
		trunk->place = build_place(d->keyword);
		trunk->numbering = find_numbering(build, numberings, d);
		resolve_members(build, d, trunk);
	}
}

static void resolve_hours(struct build *build)
{
	struct conf *conf = build->conf;
	size_t count = build->drafts[BLOCK_HOURS].count;
	struct draft *d = build->drafts[BLOCK_HOURS].first;
	struct conf_hours *hours = keep_array(build, count, sizeof *hours);

	if (!hours)
		return;
	conf->hours = hours;
	conf->hours_count = count;
	for (; d; d = d->next, hours++) {
		*hours = d->as.hours;
		strcpy(hours->name, d->name);
		hours->place = build_place(d->keyword);
		hours->week_count = d->items.count;
		hours->week =
			keep_array(build, d->items.count, sizeof *hours->week);
		hours->date_count = d->send.count;
		hours->dates =
			keep_array(build, d->send.count, sizeof *hours->dates);
		if (!hours->week || !hours->dates)
			return;
		for (struct item *i = d->items.first; i; i = i->next)
			hours->week[i->order] = i->week;
		for (struct item *i = d->send.first; i; i = i->next)
			hours->dates[i->order] = i->date;
		if (!d->broken && hours_take_zone(hours))
			report_error(&build->report, setting_seen(d, "zone"),
				     NULL, "time zone \"%s\" cannot be read",
				     hours->zone_name);
	}
}

/* Numbers that stand in a class twice are one; two files may overlap. */
static void resolve_classes(struct build *build)
{
	struct conf *conf = build->conf;
	size_t count = build->drafts[BLOCK_CLASS].count;
	struct draft *d = build->drafts[BLOCK_CLASS].first;
	struct conf_class *class = keep_array(build, count, sizeof *class);

	if (!class)
		return;
	conf->classes = class;
	conf->class_count = count;
	for (; d; d = d->next, class ++) {
		*class = d->as.class;
		strcpy(class->name, d->name);
		class->place = build_place(d->keyword);
		class->numbers = keep_array(build, d->items.count,
					    sizeof *class->numbers);
		if (!class->numbers)
			return;
		for (struct item *i = d->items.first; i; i = i->next)
			class->numbers[class->number_count++] = i->member;
		class_sort(class);
	}
}

static void resolve_moment(struct build *build, const struct draft *d,
			   struct conf_test *test)
{
	const char *zone = hours_common_zone(build->conf);

	if (!test->timed || d->broken)
		return;
	if (!*test->at_zone && !zone)
		report_error(&build->report, setting_seen(d, "at"),
			     "(at \"<date> <time>\" <zone>)",
			     "the hours are in several time zones: say which "
			     "one this is");
	else if (!*test->at_zone)
		strcpy(test->at_zone, zone);
	if (*test->at_zone &&
	    hours_zone_time(test->at_zone, test->at_utc_s, &test->at_utc_s) < 0)
		report_error(&build->report, setting_seen(d, "at"), NULL,
			     "time zone \"%s\" cannot be read", test->at_zone);
}

static void resolve_tests(struct build *build, const struct index *ends)
{
	struct conf *conf = build->conf;
	size_t count = build->drafts[BLOCK_TEST].count;
	struct draft *d = build->drafts[BLOCK_TEST].first;
	struct conf_test *test = keep_array(build, count, sizeof *test);

	if (!test)
		return;
	conf->tests = test;
	conf->test_count = count;
	for (; d && !report_full(&build->report); d = d->next, test++) {
		const struct item *from = d->items.first;
		struct conf_target *target = test->targets;

		*test = d->as.test;
		strcpy(test->name, d->name);
		test->place = build_place(d->keyword);
		if (setting_seen(d, "expect"))
			test->place = build_place(setting_seen(d, "expect"));
		resolve_moment(build, d, test);
		if (from && !ends_unsure(build) &&
		    look_up(build, ends, from->at, "sip-peer or trunk-group"))
			strcpy(test->from, from->at->text);
		for (struct item *i = d->send.first; i; i = i->next)
			resolve_target(build, ends, i->at, target++);
	}
}

static int compare_blocks(const void *a, const void *b)
{
	const struct conf_block *x = a, *y = b;

	return strcmp(x->label, y->label);
}

static void resolve_block(struct build *build, const struct draft *d,
			  struct conf_block *block)
{
	size_t at = 0;

	block->label = arena_string(build->keep, d->label, strlen(d->label));
	block->kind = d->desc->open.name;
	block->place = build_place(d->keyword);
	block->digest = d->digest;
	block->lines = keep_array(build, d->text_count, sizeof *block->lines);
	if (!block->label || !block->lines) {
		build->report.no_memory = true;
		return;
	}
	for (const struct draft_line *l = d->texts; l; l = l->next)
		block->lines[at++] = l->line;
	block->line_count = at;
}

static void resolve_blocks(struct build *build)
{
	struct conf_block *block;
	size_t count = 0;

	for (int kind = 0; kind < BLOCK_KINDS; kind++)
		count += build->drafts[kind].count;
	block = keep_array(build, count, sizeof *block);
	if (!block)
		return;
	build->conf->blocks = block;
	for (int kind = 0; kind < BLOCK_KINDS; kind++) {
		const struct draft *d = build->drafts[kind].first;

		for (; d; d = d->next) {
			/* A log block that stands nowhere has no place. */
			if (!d->keyword)
				continue;
			resolve_block(build, d, block++);
			if (build->report.no_memory)
				return;
		}
	}
	build->conf->block_count = (size_t)(block - build->conf->blocks);
	qsort(build->conf->blocks, build->conf->block_count, sizeof *block,
	      compare_blocks);
}

/* What is pointed to comes before what points to it. */
void build_resolve(struct build *build)
{
	struct index numberings =
		index_drafts(build, BLOCK_NUMBERING, BLOCK_NUMBERING);
	struct index ends = index_drafts(build, BLOCK_PEER, BLOCK_TRUNK);
	struct index routes = index_drafts(build, BLOCK_ROUTE, BLOCK_ROUTE);
	struct index hours = index_drafts(build, BLOCK_HOURS, BLOCK_HOURS);
	struct index tests = index_drafts(build, BLOCK_TEST, BLOCK_TEST);
	struct index classes = index_drafts(build, BLOCK_CLASS, BLOCK_CLASS);

	if (report_full(&build->report))
		return;
	resolve_single(build);
	check_names(build, &numberings);
	check_names(build, &ends);
	check_names(build, &routes);
	check_names(build, &hours);
	check_names(build, &classes);
	check_names(build, &tests);
	resolve_numberings(build);
	resolve_hours(build);
	resolve_classes(build);
	resolve_peers(build, &numberings);
	resolve_spans(build);
	if (report_full(&build->report))
		return;
	resolve_trunks(build, &numberings);
	resolve_routes(build, &ends, &hours, &classes);
	resolve_tests(build, &ends);
	resolve_blocks(build);
	build_resolve_limits(build);
}
