/* Names of limits: what is limited, in the words of the file, so that it is
 * found again in the next one. */
#include "conf/arena.h"
#include "conf/parse.h"

#include <string.h>

static void name(struct build *build, struct conf_limits *limits,
		 const char *text)
{
	limits->name = arena_string(build->keep, text, strlen(text));
	if (!limits->name)
		build->report.no_memory = true;
}

static size_t count_limited(const struct build *build)
{
	const struct draft *d = build->drafts[BLOCK_ROUTE].first;
	size_t count = build->conf->trunk_count + build->conf->class_count;

	for (; d; d = d->next)
		for (const struct route_line *l = d->lines; l; l = l->next)
			count += l->limits != NULL;
	return count;
}

static void add(struct conf *conf, const struct conf_limits *limits)
{
	if (limits->count)
		conf->limits[conf->limits_count++] = limits;
}

/* The lines of a draft stand the last one first. */
static void add_lines(struct build *build, const struct draft *d)
{
	struct report *report = &build->report;
	size_t first = build->conf->limits_count, last;

	for (const struct route_line *l = d->lines; l; l = l->next) {
		if (!l->limits)
			continue;
		name(build, l->limits,
		     report_text(report, "route %s %s", d->name,
				 l->limits->name));
		add(build->conf, l->limits);
	}
	for (last = build->conf->limits_count; first + 1 < last; first++) {
		const struct conf_limits *swap = build->conf->limits[first];

		build->conf->limits[first] = build->conf->limits[--last];
		build->conf->limits[last] = swap;
	}
}

void build_resolve_limits(struct build *build)
{
	struct report *report = &build->report;
	struct conf *conf = build->conf;

	conf->limits = arena_array(build->keep, count_limited(build),
				   sizeof(struct conf_limits *));
	if (!conf->limits) {
		report->no_memory = true;
		return;
	}
	for (size_t i = 0; i < conf->trunk_count; i++) {
		name(build, &conf->trunks[i].limits,
		     report_text(report, "trunk-group %s",
				 conf->trunks[i].name));
		add(conf, &conf->trunks[i].limits);
	}
	for (size_t i = 0; i < conf->class_count; i++) {
		name(build, &conf->classes[i].limits,
		     report_text(report, "number-class %s",
				 conf->classes[i].name));
		add(conf, &conf->classes[i].limits);
	}
	for (const struct draft *d = build->drafts[BLOCK_ROUTE].first; d;
	     d = d->next)
		add_lines(build, d);
}
