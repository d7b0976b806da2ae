/* Peers whose calls no route takes: each would get 404, which is found only
 * when somebody complains. */
#include "conf/parse.h"

#include "conf/address.h"
#include "conf/settings.h"

#include <stdlib.h>
#include <string.h>

/* A network that was written for a peer. */
struct written {
	const struct draft *peer;
	const struct item *item;
};

/* Both sorted: files with tens of thousands of peers must not take the square
 * of it. */
struct known {
	const char **from; /* what routes are from */
	size_t from_count;
	struct written *networks;
	size_t network_count;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_networks(const void *a, const void *b)
{
	const struct written *x = a, *y = b;

	return network_compare(&x->item->network, &y->item->network);
}

static bool collect_names(struct build *build, struct known *known)
{
	const struct draft_list *routes = &build->drafts[BLOCK_ROUTE];

	known->from =
		build_alloc(build, (routes->count + 1) * sizeof *known->from);
	if (!known->from)
		return false;
	for (const struct draft *d = routes->first; d; d = d->next)
		known->from[known->from_count++] = d->name;
	qsort(known->from, known->from_count, sizeof *known->from,
	      compare_names);
	return true;
}

static bool collect_networks(struct build *build, struct known *known)
{
	const struct draft *d, *first = build->drafts[BLOCK_PEER].first;
	size_t room = 0;

	for (d = first; d; d = d->next)
		room += d->items.count;
	known->networks =
		build_alloc(build, (room + 1) * sizeof *known->networks);
	if (!known->networks)
		return false;
	for (d = first; d; d = d->next)
		for (const struct item *i = d->items.first; i; i = i->next)
			known->networks[known->network_count++] =
				(struct written){ d, i };
	qsort(known->networks, known->network_count, sizeof *known->networks,
	      compare_networks);
	return true;
}

/* The network that would hold the address of `host` if it were not there. */
static const struct written *around(const struct known *known,
				    const struct conf_network *host)
{
	struct item item = { .network = *host };
	const struct written key = { .item = &item }, *found;

	for (unsigned bits = host->prefix_bits - 1u; bits; bits--) {
		item.network.prefix_bits = (uint8_t)bits;
		address_mask(&item.network.address, bits);
		found = bsearch(&key, known->networks, known->network_count,
				sizeof *known->networks, compare_networks);
		if (found)
			return found;
	}
	return NULL;
}

static void not_routed(struct build *build, const struct draft *d)
{
	report_error(&build->report, d->name_at,
		     report_text(&build->report,
				 "(route from %s { otherwise -> <trunk-group> "
				 "})",
				 d->name),
		     "no route takes calls from %s: each would get 404",
		     d->label);
}

/* A peer with nothing but a server may be one that is only called. Where its
 * address is in the network of others, its calls were theirs without it. */
static void check_server(struct build *build, const struct known *known,
			 const struct draft *d)
{
	const struct token *at = setting_seen(d, "server");
	const struct written *other;
	char text[64];

	if (!at || d->broken || !d->items.first)
		return;
	other = around(known, &d->items.first->network);
	if (!other)
		return;
	conf_format_address(&d->items.first->network.address, text,
			    sizeof text);
	report_warning(&build->report, at,
		       report_text(&build->report, "write \"route from %s\"",
				   d->name),
		       "calls from %s are of %s now, not of %s (%s), and no "
		       "route takes them: each would get 404",
		       text, d->label, other->peer->label,
		       report_place(&build->report, other->item->at, at));
}

void build_check_peers(struct build *build)
{
	const struct draft *d = build->drafts[BLOCK_PEER].first;
	struct known known = { .from = NULL };

	if (build->unsure[BLOCK_ROUTE] || !collect_names(build, &known) ||
	    !collect_networks(build, &known))
		return;
	for (; d; d = d->next) {
		if (!*d->name || bsearch(&d->name, known.from, known.from_count,
					 sizeof *known.from, compare_names))
			continue;
		if (setting_seen(d, "accept-from"))
			not_routed(build, d);
		else
			check_server(build, &known, d);
	}
}
