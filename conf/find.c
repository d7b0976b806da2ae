/* What is found by its name, and how that is made quick. */
#include "conf/parse.h"

#include "conf/route_plan.h"

#include <stdlib.h>
#include <string.h>

static int compare_ends(const void *a, const void *b)
{
	return strcmp(((const struct conf_end *)a)->name,
		      ((const struct conf_end *)b)->name);
}

static int compare_name(const void *name, const void *end)
{
	return strcmp(name, ((const struct conf_end *)end)->name);
}

static struct conf_end *find_end(const struct conf *conf, const char *name)
{
	return bsearch(name, conf->ends, conf->end_count, sizeof *conf->ends,
		       compare_name);
}

static void index_ends(struct build *build)
{
	struct conf *conf = build->conf;
	size_t count = conf->peer_count + conf->trunk_count;
	struct conf_end *end = arena_array(build->keep, count + 1, sizeof *end);

	if (!end) {
		build->report.no_memory = true;
		return;
	}
	conf->ends = end;
	conf->end_count = count;
	for (size_t i = 0; i < conf->peer_count; i++, end++) {
		end->name = conf->peers[i].name;
		end->peer = &conf->peers[i];
	}
	for (size_t i = 0; i < conf->trunk_count; i++, end++) {
		end->name = conf->trunks[i].name;
		end->trunk = &conf->trunks[i];
	}
	qsort(conf->ends, count, sizeof *end, compare_ends);
	for (size_t i = 0; i < conf->route_count; i++) {
		end = find_end(conf, conf->routes[i].from);
		if (end)
			end->route = &conf->routes[i];
	}
}

void build_compile(struct build *build)
{
	struct conf *conf = build->conf;

	index_ends(build);
	for (size_t i = 0; i < conf->route_count; i++) {
		struct conf_route *route = &conf->routes[i];

		route->plan = route_plan_new(build->keep, route->rules,
					     route->rule_count);
		if (!route->plan)
			build->report.no_memory = true;
	}
}

/* Tests put configurations together by hand, which have no index. */
const struct conf_peer *conf_peer_find(const struct conf *conf,
				       const char *name)
{
	const struct conf_end *end;

	if (conf->ends) {
		end = find_end(conf, name);
		return end ? end->peer : NULL;
	}
	for (size_t i = 0; i < conf->peer_count; i++)
		if (!strcmp(conf->peers[i].name, name))
			return &conf->peers[i];
	return NULL;
}

const struct conf_trunk *conf_trunk_find(const struct conf *conf,
					 const char *name)
{
	const struct conf_end *end;

	if (conf->ends) {
		end = find_end(conf, name);
		return end ? end->trunk : NULL;
	}
	for (size_t i = 0; i < conf->trunk_count; i++)
		if (!strcmp(conf->trunks[i].name, name))
			return &conf->trunks[i];
	return NULL;
}

const struct conf_route *conf_route_find(const struct conf *conf,
					 const char *from)
{
	const struct conf_end *end;

	if (conf->ends) {
		end = find_end(conf, from);
		return end ? end->route : NULL;
	}
	for (size_t i = 0; i < conf->route_count; i++)
		if (!strcmp(conf->routes[i].from, from))
			return &conf->routes[i];
	return NULL;
}
