/* What a trunk group asks of its channels, held against those it has. */
#include "conf/parse.h"
#include "conf/settings.h"

#include <string.h>

#define PORT_MAX 65535

/* Of all members; 0 when one of them is not known well enough. */
static unsigned channels_of(const struct build *build, const struct draft *d)
{
	const struct conf_trunk *trunk = &build->conf->trunks[d->index];
	const struct draft *span = build->drafts[BLOCK_SPAN].first;
	unsigned channels = 0;

	if (trunk->member_count != d->items.count)
		return 0;
	for (; span; span = span->next)
		if (span->broken)
			return 0;
	for (size_t i = 0; i < trunk->member_count; i++)
		channels += (unsigned)__builtin_popcount(
			trunk->members[i]->channels);
	return channels;
}

static void check_reserve(struct build *build, const struct draft *d,
			  unsigned channels)
{
	if (d->as.trunk.reserve < channels || !d->as.trunk.reserve)
		return;
	report_error(&build->report, setting_seen(d, "reserve"),
		     report_text(&build->report, "at most %u", channels - 1),
		     "%s has %u channels: no call but an emergency call would "
		     "have one",
		     d->label, channels);
}

/* Whether a line with "emergency" leads to it. */
static bool is_called_for_help(const struct build *build,
			       const struct conf_trunk *trunk)
{
	const struct draft *d = build->drafts[BLOCK_ROUTE].first;

	for (; d; d = d->next)
		for (const struct route_line *l = d->lines; l; l = l->next)
			for (size_t t = 0; t < l->action->target_count; t++)
				if (l->action->emergency &&
				    l->action->targets[t].trunk == trunk)
					return true;
	return false;
}

static void check_reserve_used(struct build *build, const struct draft *d)
{
	if (!d->as.trunk.reserve || build->unsure[BLOCK_ROUTE] ||
	    is_called_for_help(build, &build->conf->trunks[d->index]))
		return;
	report_warning(&build->report, setting_seen(d, "reserve"),
		       report_text(&build->report,
				   "(route from <name> { 112 -> %s emergency "
				   "})",
				   d->name),
		       "no line with \"emergency\" leads to %s: the reserved "
		       "channels are nobody's",
		       d->label);
}

static void check_limit(struct build *build, const struct draft *d,
			unsigned channels)
{
	const struct conf_limits *limits = &d->as.trunk.limits;

	for (size_t i = 0; i < limits->count; i++) {
		const struct conf_limit *limit = &limits->limit[i];

		if (limit->unit != CONF_LIMIT_CALLS || limit->per_caller ||
		    limit->amount <= channels)
			continue;
		report_warning(&build->report, setting_seen(d, "limit"), NULL,
			       "%s has %u channels: it never comes to %u calls",
			       d->label, channels, limit->amount);
	}
}

/* Who wrote a route for them expects them to come. */
static void check_routes(struct build *build)
{
	const struct draft *d = build->drafts[BLOCK_ROUTE].first;

	for (; d; d = d->next) {
		const struct conf_trunk *trunk =
			conf_trunk_find(build->conf, d->name);

		if (trunk && trunk->direction == CONF_DIRECTION_OUT)
			report_warning(&build->report, d->name_at, NULL,
				       "no call comes from trunk-group \"%s\": "
				       "its direction is out",
				       trunk->name);
	}
}

/* Its network may call, and nothing says where to. */
static void check_routed(struct build *build, const struct draft *d)
{
	bool in = d->as.trunk.direction == CONF_DIRECTION_IN;

	if (d->as.trunk.direction == CONF_DIRECTION_OUT || d->broken ||
	    build->unsure[BLOCK_ROUTE] || conf_route_find(build->conf, d->name))
		return;
	report_warning(&build->report, d->name_at,
		       report_text(&build->report,
				   in ? "write \"route from %s\""
				      : "write \"route from %s\", or "
					"\"direction out\"",
				   d->name),
		       "no route takes calls from %s: they are refused",
		       d->label);
}

/* A call for each B channel takes a pair of ports. The range that is proposed
 * begins where the present one does, if it can. */
static void check_ports(struct build *build)
{
	const struct draft *d = build->drafts[BLOCK_GATEWAY].first;
	const struct draft *span = build->drafts[BLOCK_SPAN].first;
	const struct token *at = d ? setting_seen(d, "rtp-ports") : NULL;
	unsigned channels = 0, first, pairs;

	for (; span; span = span->next)
		channels +=
			(unsigned)__builtin_popcount(span->as.span.channels);
	if (!d || d->broken || conf_rtp_pairs(&d->as.gateway) >= channels)
		return;
	pairs = conf_rtp_pairs(&d->as.gateway);
	first = d->as.gateway.rtp_port_first;
	if (first + 2 * channels > PORT_MAX + 1)
		first = PORT_MAX + 1 - 2 * channels;
	report_warning(&build->report, at ? at : d->name_at,
		       report_text(&build->report, "(rtp-ports %u-%u)", first,
				   first + 2 * channels - 1),
		       "%u pairs of RTP ports for %u B channels: a call beyond "
		       "%u at a time is refused",
		       pairs, channels, pairs);
}

void build_check_trunks(struct build *build)
{
	const struct draft *d = build->drafts[BLOCK_TRUNK].first;

	for (; d; d = d->next) {
		unsigned channels = channels_of(build, d);

		check_routed(build, d);
		if (!channels)
			continue;
		check_reserve(build, d, channels);
		check_reserve_used(build, d);
		check_limit(build, d, channels);
	}
	check_routes(build);
	check_ports(build);
}
