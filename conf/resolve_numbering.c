/* Numberings of the drafts, with the rules that follow from their country. */
#include "conf/number_index.h"
#include "conf/parse.h"
#include "conf/settings.h"

#include <stdio.h>
#include <string.h>

enum { UNKNOWN = 0, INTERNATIONAL, NATIONAL, NETWORK, SUBSCRIBER, SHORT = 6 };
#define ISDN 1

/* Types in which a short number may come: an exchange that says "national" or
 * "international" means something else. */
static const uint8_t short_types[] = { UNKNOWN, NETWORK, SUBSCRIBER, SHORT };
#define SHORT_TYPES (sizeof short_types / sizeof *short_types)

/* What else can follow, at most: see the functions below. */
#define RECEIVED_MAX 6
#define SENT_MAX 3

/* An array of rules that is filled one by one. */
struct rules {
	struct conf_number_rule *rule;
	size_t count;
};

static int make_index(struct build *build, struct conf_number_index *index,
		      const struct rules *rules)
{
	int err = number_index_make(index, build->keep, rules->rule,
				    rules->count);

	if (err)
		build->report.no_memory = true;
	return err;
}

static bool make_room(struct build *build, struct rules *rules, size_t room)
{
	*rules = (struct rules){ 0 };
	rules->rule = arena_array(build->keep, room, sizeof *rules->rule);
	if (!rules->rule)
		build->report.no_memory = true;
	return rules->rule != NULL;
}

/* The next of them: `to` and `area` are put in place of `from`. */
static void add(struct rules *rules, const struct conf_number_rule *like,
		const char *from, const char *to, const char *area)
{
	struct conf_number_rule *rule = &rules->rule[rules->count++];

	*rule = *like;
	rule->usual = true;
	snprintf(rule->from, sizeof rule->from, "%s", from);
	snprintf(rule->to, sizeof rule->to, "%s%s", to, area);
}

static struct conf_number_rule of_type(const struct token *at, uint8_t type)
{
	return (struct conf_number_rule){ .place = build_place(at),
					  .type = type,
					  .plan = CONF_TYPE_ANY };
}

static void receive_shorts(struct rules *out, const struct draft *d)
{
	for (const struct item *i = d->codes.first; i; i = i->next)
		for (size_t t = 0; t < SHORT_TYPES; t++) {
			struct conf_number_rule like =
				of_type(i->at, short_types[t]);

			strcpy(like.last, i->number.last);
			add(out, &like, i->number.from, i->number.from, "");
		}
}

/* With the plain country code: types, then what people dial. Where numbers have
 * area codes and ours is not told, a number without one is nobody's. */
static void receive_usual(struct rules *out, const struct draft *d)
{
	const struct conf_numbering *n = &d->as.numbering;
	const struct token *at = setting_seen(d, "country");
	char country[sizeof n->country + 1];
	struct conf_number_rule like;

	receive_shorts(out, d);
	if (!*n->country)
		return;
	snprintf(country, sizeof country, "+%s", n->country);
	like = of_type(at, NATIONAL);
	add(out, &like, "", country, "");
	like = of_type(at, INTERNATIONAL);
	add(out, &like, "", "+", "");
	if (*n->area || n->area_none) {
		at = setting_seen(d, "area");
		like = of_type(at, SUBSCRIBER);
		add(out, &like, "", country, n->area);
		like = of_type(at, UNKNOWN);
		add(out, &like, "", country, n->area);
	}
	if (*n->national_prefix) {
		like = of_type(setting_seen(d, "national-prefix"), UNKNOWN);
		add(out, &like, n->national_prefix, country, "");
	}
	for (const struct item *i = d->prefixes.first; i; i = i->next) {
		like = of_type(i->at, UNKNOWN);
		add(out, &like, i->number.from, "+", "");
	}
}

static void send_shorts(struct rules *out, const struct draft *d)
{
	for (const struct item *i = d->codes.first; i; i = i->next) {
		struct conf_number_rule like = of_type(i->at, UNKNOWN);

		like.sends = true;
		like.plan = ISDN;
		strcpy(like.last, i->number.last);
		add(out, &like, i->number.from, i->number.from, "");
	}
}

static void send_usual(struct rules *out, const struct draft *d)
{
	const struct conf_numbering *n = &d->as.numbering;
	bool typed = n->send_as == CONF_SEND_TYPED;
	const struct item *abroad = d->prefixes.first;
	char country[CONF_DIGITS_MAX + 1], area[2 * CONF_DIGITS_MAX];
	struct conf_number_rule like;

	send_shorts(out, d);
	if (!*n->country)
		return;
	like = of_type(setting_seen(d, "country"), INTERNATIONAL);
	like.sends = true;
	like.plan = ISDN;
	if (n->send_as == CONF_SEND_E164) {
		add(out, &like, "+", "", "");
		return;
	}
	snprintf(country, sizeof country, "+%s", n->country);
	snprintf(area, sizeof area, "%s%s", country, n->area);
	like.type = typed ? INTERNATIONAL : UNKNOWN;
	add(out, &like, "+", typed || !abroad ? "" : abroad->number.from, "");
	like.type = typed ? NATIONAL : UNKNOWN;
	add(out, &like, country, typed ? "" : n->national_prefix, "");
	like.type = typed ? SUBSCRIBER : UNKNOWN;
	if (*n->area)
		add(out, &like, area, "", "");
}

static void resolve_usual(struct build *build, const struct draft *d,
			  struct conf_numbering *numbering)
{
	struct rules received, sent;

	if (!make_room(build, &received,
		       SHORT_TYPES * d->codes.count + RECEIVED_MAX +
			       d->prefixes.count) ||
	    !make_room(build, &sent, d->codes.count + SENT_MAX))
		return;
	receive_usual(&received, d);
	send_usual(&sent, d);
	make_index(build, &numbering->receive_usual, &received);
	make_index(build, &numbering->send_usual, &sent);
}

static struct conf_number_rule *keep_rules(struct build *build,
					   const struct item_list *list,
					   struct conf_number_index *index)
{
	struct rules rules;

	if (!make_room(build, &rules, list->count))
		return NULL;
	for (const struct item *i = list->first; i; i = i->next)
		rules.rule[rules.count++] = i->number;
	make_index(build, index, &rules);
	return rules.rule;
}

void build_numbering(struct build *build, const struct draft *d,
		     struct conf_numbering *numbering)
{
	*numbering = d->as.numbering;
	strcpy(numbering->name, d->name);
	numbering->place = build_place(d->keyword);
	numbering->receive =
		keep_rules(build, &d->items, &numbering->receive_index);
	numbering->receive_count = d->items.count;
	numbering->send = keep_rules(build, &d->send, &numbering->send_index);
	numbering->send_count = d->send.count;
	keep_rules(build, &d->callers, &numbering->caller.allowed);
	keep_rules(build, &d->redirecting, &numbering->redirecting.allowed);
	resolve_usual(build, d, numbering);
}
