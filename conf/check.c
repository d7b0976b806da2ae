/* What must hold between blocks. */
#include "conf/parse.h"

#include "conf/address.h"
#include "conf/settings.h"

#include <stdlib.h>
#include <string.h>

/* An item, and the draft it is of. */
struct owned {
	const struct draft *draft;
	const struct item *item;
};

/* All items of one kind of block as an array, to be sorted: files with tens of
 * thousands of rules must not take the square of it. */
static struct owned *collect(struct build *build, enum block_kind kind,
			     size_t *count)
{
	const struct draft *d;
	struct owned *all;
	size_t room = 0;

	*count = 0;
	for (d = build->drafts[kind].first; d; d = d->next)
		room += d->items.count;
	all = build_alloc(build, (room + 1) * sizeof *all);
	if (!all)
		return NULL;
	for (d = build->drafts[kind].first; d; d = d->next) {
		const struct item *i;

		for (i = d->items.first; i; i = i->next)
			all[(*count)++] = (struct owned){ d, i };
	}
	return all;
}

static int compare_order(const struct owned *x, const struct owned *y)
{
	if (x->draft->index != y->draft->index)
		return x->draft->index < y->draft->index ? -1 : 1;
	return (x->item->order > y->item->order) -
	       (x->item->order < y->item->order);
}

static int same_network(const struct owned *x, const struct owned *y)
{
	return network_compare(&x->item->network, &y->item->network);
}

static int compare_networks(const void *a, const void *b)
{
	int order = same_network(a, b);

	return order ? order : compare_order(a, b);
}

static const char *other_place(struct build *build, const struct owned *other,
			       const struct owned *one)
{
	return report_place(&build->report, other->item->at, one->item->at);
}

/* Networks within networks are fine, the longest prefix decides. */
static void check_networks(struct build *build)
{
	char text[80];
	size_t count;
	struct owned *all = collect(build, BLOCK_PEER, &count);

	if (!all)
		return;
	qsort(all, count, sizeof *all, compare_networks);
	for (size_t i = 1; i < count; i++) {
		if (same_network(&all[i], &all[i - 1]))
			continue;
		network_format(&all[i].item->network, text, sizeof text);
		report_error(&build->report, all[i].item->at, NULL,
			     "%s is accepted for %s and %s (%s) alike", text,
			     all[i].draft->label, all[i - 1].draft->label,
			     other_place(build, &all[i - 1], &all[i]));
	}
}

/* A call that comes in from a span must have one group, and a span that is
 * named twice would be hunted twice. */
static void check_members(struct build *build)
{
	struct owned owner[SPAN_NUMBER_MAX + 1] = { 0 };
	const struct draft *d = build->drafts[BLOCK_TRUNK].first;

	for (; d; d = d->next)
		for (const struct item *i = d->items.first; i; i = i->next) {
			struct owned *first = &owner[i->span];
			struct owned one = { d, i };

			if (first->item)
				report_error(&build->report, i->at, NULL,
					     "span %u is a member of %s "
					     "already (%s)",
					     i->span, first->draft->label,
					     other_place(build, first, &one));
			else
				*first = one;
		}
}

/* No device at all, which is an error of its own, is nobody's twin. */
static bool same_device(const struct conf_span *a, const struct conf_span *b)
{
	bool given = *a->socket || *a->dahdi_text || a->device_span;

	return given && a->device == b->device && a->dahdi == b->dahdi &&
	       a->device_span == b->device_span &&
	       !strcmp(a->socket, b->socket) &&
	       !strcmp(a->dahdi_text, b->dahdi_text);
}

static const char *device_text(struct report *report,
			       const struct conf_span *span)
{
	if (span->device == CONF_DEVICE_VIRTUAL)
		return report_text(report, "\"%s\" span %u", span->socket,
				   span->device_span);
	if (span->dahdi == CONF_DAHDI_NUMBER)
		return report_text(report, "dahdi %u", span->device_span);
	return report_text(report, "dahdi \"%s\"", span->dahdi_text);
}

static void check_span(struct build *build, const struct draft *d,
		       const struct draft *other)
{
	const struct token *device = setting_seen(d, "device");
	const struct conf_span *span = &d->as.span;

	if (span->number && span->number == other->as.span.number)
		report_error(&build->report, d->name_at, NULL,
			     "%s is defined twice (other: %s)", d->label,
			     report_place(&build->report, other->name_at,
					  d->name_at));
	if (d->broken || other->broken || !same_device(span, &other->as.span))
		return;
	report_error(&build->report, device ? device : d->name_at, NULL,
		     "%s has the device of %s (%s): %s", d->label, other->label,
		     report_place(&build->report, other->name_at, d->name_at),
		     device_text(&build->report, span));
}

/* Spans are 128 at most, or there are errors that end this soon. */
static void check_spans(struct build *build)
{
	const struct draft *d = build->drafts[BLOCK_SPAN].first;

	for (; d; d = d->next)
		for (const struct draft *o = build->drafts[BLOCK_SPAN].first;
		     o != d && !report_full(&build->report); o = o->next)
			check_span(build, d, o);
}

/* The daemon would remove the exchange's socket to put its own there. */
static void check_path(struct build *build, const struct draft *gateway,
		       const char *name, const char *path)
{
	const struct draft *d = build->drafts[BLOCK_SPAN].first;
	const struct token *at = setting_seen(gateway, name);

	if (!at)
		at = gateway->name_at;
	for (; d && *path; d = d->next) {
		if (strcmp(d->as.span.socket, path))
			continue;
		report_error(&build->report, at, NULL,
			     "\"%s\" of the gateway is the socket of %s (%s): "
			     "\"%s\"",
			     name, d->label,
			     report_place(&build->report, d->name_at, at),
			     path);
		return;
	}
}

static void check_paths(struct build *build)
{
	const struct draft *d = build->drafts[BLOCK_GATEWAY].first;
	const struct token *at;

	if (!d)
		return;
	at = setting_seen(d, "call-records");
	check_path(build, d, "control", d->as.gateway.control);
	if (*d->as.gateway.control_read)
		check_path(build, d, "control-read",
			   d->as.gateway.control_read);
	if (!strcmp(d->as.gateway.control, d->as.gateway.control_read))
		report_error(&build->report, setting_seen(d, "control-read"),
			     NULL,
			     "\"control-read\" and \"control\" have the same "
			     "path, \"%s\"",
			     d->as.gateway.control);
	check_path(build, d, "call-records", d->as.gateway.call_records);
	if (!strcmp(d->as.gateway.control, d->as.gateway.call_records))
		report_error(&build->report, at ? at : d->name_at, NULL,
			     "\"call-records\" and \"control\" have the same "
			     "path, \"%s\"",
			     d->as.gateway.control);
}

static bool is_loopback(const struct sockaddr_storage *address)
{
	struct conf_network net = { .prefix_bits = 8 };

	if (address_parse("127.0.0.0", &net.address) == 0 &&
	    network_holds(&net, (const struct sockaddr *)address))
		return true;
	net.prefix_bits = 128;
	return address_parse("::1", &net.address) == 0 &&
	       network_holds(&net, (const struct sockaddr *)address);
}

static bool same_address(const struct sockaddr_storage *a,
			 const struct sockaddr_storage *b)
{
	const struct conf_network net = { .address = *a,
					  .prefix_bits =
						  (uint8_t)address_bits(a) };

	return network_holds(&net, (const struct sockaddr *)b);
}

/* Whether it is this gateway that gets what is sent there. */
static bool is_own(const struct conf_gateway *gw,
		   const struct sockaddr_storage *server)
{
	if (address_port(server) != address_port(&gw->listen))
		return false;
	if (same_address(&gw->listen, server) ||
	    (gw->advertise.ss_family != AF_UNSPEC &&
	     same_address(&gw->advertise, server)))
		return true;
	return address_is_any(&gw->listen) && is_loopback(server);
}

/* A call to it would come back, and be a new one. */
static void check_servers(struct build *build)
{
	const struct draft *gw = build->drafts[BLOCK_GATEWAY].first;
	const struct draft *d = build->drafts[BLOCK_PEER].first;

	for (; gw && !gw->broken && d; d = d->next) {
		const struct token *at = setting_seen(d, "server");
		const struct token *listen = setting_seen(gw, "listen");
		char text[64];

		if (!at || !listen || d->broken ||
		    !is_own(&gw->as.gateway, &d->as.peer.server))
			continue;
		conf_format_address(&d->as.peer.server, text, sizeof text);
		report_error(&build->report, at, NULL,
			     "%s is where this gateway itself listens (%s): "
			     "%s cannot be there",
			     text, report_place(&build->report, listen, at),
			     d->label);
	}
}

void build_check(struct build *build)
{
	check_networks(build);
	build_check_routes(build);
	build_check_numberings(build);
	check_members(build);
	check_spans(build);
	check_paths(build);
	check_servers(build);
	build_check_peers(build);
	build_check_trunks(build);
}
