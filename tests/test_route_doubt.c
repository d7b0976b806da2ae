/* Routes with a doubt are refused, and no others: which rule takes a call is
 * compared with what the words of the manual say, rule by rule. */
#include "conf/hours.h"
#include "conf/number.h"
#include "tests/sample_conf.h"
#include "tests/sample_route.h"

#include <stddef.h>
#include <stdio.h>

#define LINES_MAX 5

static uint32_t state_of_dice = 7;

static unsigned dice(unsigned sides)
{
	state_of_dice = state_of_dice * 1664525 + 1013904223;
	return (state_of_dice >> 16) % sides;
}

#define HEAD                                         \
	"gateway g { listen 127.0.0.1 }\n"           \
	"sip-peer p { server 10.0.0.1 }\n"           \
	"hours am { daily 00:00-12:00  zone UTC }\n" \
	"hours pm { daily 12:00-24:00  zone UTC }\n" \
	"hours noon { daily 11:00-13:00  zone UTC }\n"

static struct conf *with_hours;

static void make_number(struct conf_number *number)
{
	unsigned first = 10 + dice(5);

	*number = (struct conf_number){ .form = CONF_NUMBER_RANGE };
	snprintf(number->first, sizeof number->first, "%u", first);
	snprintf(number->last, sizeof number->last, "%u", first + 1 + dice(4));
	if (dice(2))
		return;
	number->last[0] = '\0';
	number->form = CONF_NUMBER_EXACT;
	if (dice(2))
		return;
	number->form = CONF_NUMBER_PREFIX;
	snprintf(number->first, sizeof number->first, "+%u",
		 dice(2) ? first : 1 + dice(2));
}

/* A third of them are for the numbers of the one before. */
static void make_rule(struct conf_route_rule *rule)
{
	unsigned when = dice(6);
	struct conf_number last = rule[-1].called;

	*rule = (struct conf_route_rule){ .called = last };
	if (dice(3))
		make_number(&rule->called);
	if (dice(2))
		make_number(&rule->caller);
	else if (!dice(3))
		rule->caller.form = CONF_NUMBER_EXACT; /* none */
	rule->presentation = (uint8_t)(dice(2) ? 0 : dice(3));
	rule->bearer = (uint8_t)(dice(2) ? 0 : dice(4));
	rule->when = when < 3 ? &with_hours->hours[when] : NULL;
}

static void write_rule(FILE *out, const struct conf_route_rule *rule)
{
	static const char *const presentations[] = {
		"", " presentation allowed", " presentation restricted"
	};
	static const char *const bearers[] = { "", " bearer speech",
					       " bearer audio",
					       " bearer data" };
	char text[NUMBER_TEXT_MAX];

	fputs(number_text(&rule->called, text), out);
	if (rule->caller.form != CONF_NUMBER_ANY)
		fprintf(out, " caller %s", number_text(&rule->caller, text));
	fputs(presentations[rule->presentation], out);
	fputs(bearers[rule->bearer], out);
	if (rule->when)
		fprintf(out, " when %s", rule->when->name);
	fputs(rule->bearer == CONF_BEARER_DATA ? " -> reject 488\n" : " -> p\n",
	      out);
}

static char *write_routes(const struct conf_route_rule *rules, size_t count)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fputs(HEAD "route from p {\n", out);
	for (size_t i = 0; i < count; i++)
		write_rule(out, &rules[i]);
	fputs("}\n", out);
	fclose(out);
	return text;
}

/* Numbers at and between the ends of all that may be written. */
static const char *const numbers[] = {
	"",   "9",  "10", "11", "12", "13",  "14",  "15",  "16", "17", "18",
	"19", "20", "21", "22", "27", "100", "+10", "+11", "+1", "+2", "+211",
};
#define NUMBERS (sizeof numbers / sizeof *numbers)

static bool takes(const struct conf_route_rule *rule,
		  const struct leg_setup *in, int64_t at)
{
	uint8_t bearer = in->bearer == LEG_BEARER_DATA ? CONF_BEARER_DATA
						       : CONF_BEARER_AUDIO;

	return number_holds(&rule->called, in->called.digits) &&
	       number_holds(&rule->caller, in->calling.digits) &&
	       (!rule->presentation ||
		(rule->presentation == CONF_PRESENTATION_RESTRICTED) ==
			(in->calling.presentation == 1)) &&
	       (!rule->bearer || rule->bearer == bearer) &&
	       (!rule->when || hours_hold(rule->when, at));
}

/* By halves: neither lies within the other. */
static bool overlap(const struct conf_number *a, const struct conf_number *b)
{
	return a->form == CONF_NUMBER_RANGE && b->form == CONF_NUMBER_RANGE &&
	       strlen(a->first) == strlen(b->first) &&
	       strcmp(a->first, b->last) <= 0 &&
	       strcmp(b->first, a->last) <= 0 &&
	       (strcmp(a->first, b->first) < 0) ==
		       (strcmp(a->last, b->last) < 0) &&
	       strcmp(a->first, b->first) != 0 && strcmp(a->last, b->last) != 0;
}

static bool same_size(const struct conf_number *a, const struct conf_number *b)
{
	return number_count(a) == number_count(b);
}

/* The most specific rule of those that take the call: there is but one. */
static const struct conf_route_rule *
best(const struct conf_route *route, const struct leg_setup *in, int64_t at)
{
	const struct conf_route_rule *found = NULL;

	for (size_t i = 0; i < route->rule_count; i++) {
		const struct conf_route_rule *rule = &route->rules[i];

		if (!takes(rule, in, at))
			continue;
		if (found && (!route_plan_specific(rule, found) ||
			      (overlap(&rule->called, &found->called) &&
			       same_size(&rule->called, &found->called))))
			fail_msg("%u and %u", rule->place.line,
				 found->place.line);
		if (!found || route_plan_specific(rule, found) < 0)
			found = rule;
	}
	return found;
}

static void call(const struct conf *conf, size_t called, size_t caller,
		 unsigned way)
{
	const struct route_moment moment = {
		.utc_s = 1795176000 + (way & 4 ? 1800 : -1800)
	};
	struct leg_setup in = { .from = "p" };
	struct route_result out;
	int err;

	strcpy(in.called.digits, numbers[called]);
	strcpy(in.calling.digits, numbers[caller]);
	in.called.present = true;
	in.calling.present = *numbers[caller] != '\0';
	in.calling.presentation = way & 1;
	in.bearer = way & 2 ? LEG_BEARER_DATA : LEG_BEARER_AUDIO;
	err = route_call(conf, &in, &moment, &out);
	assert_true(err == 0 || err == -ENOENT);
	assert_ptr_equal(out.rule, best(conf->routes, &in, moment.utc_s));
}

static void calls(const struct conf *conf)
{
	for (size_t called = 1; called < NUMBERS; called++)
		for (size_t caller = 0; caller < NUMBERS; caller++)
			call(conf, called, caller, dice(8));
}

/* As the manual has it, pair by pair. */
static bool doubt(const struct conf_route_rule *a,
		  const struct conf_route_rule *b)
{
	bool rest = a->presentation == b->presentation &&
		    a->bearer == b->bearer && !a->when == !b->when;
	bool called = !number_compare(&a->called, &b->called);
	bool caller = !number_compare(&a->caller, &b->caller);

	if ((a->when && b->when && !hours_may_overlap(a->when, b->when)) ||
	    (a->presentation && b->presentation &&
	     a->presentation != b->presentation) ||
	    (a->bearer && b->bearer && a->bearer != b->bearer))
		return false;
	if (overlap(&a->called, &b->called) &&
	    number_meets(&a->caller, &b->caller) &&
	    ((caller && rest) || same_size(&a->called, &b->called)))
		return true;
	if (called && overlap(&a->caller, &b->caller) &&
	    (rest || same_size(&a->caller, &b->caller)))
		return true;
	return called && caller && rest;
}

static bool any_doubt(const struct conf_route_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (doubt(&rules[i], &rules[j]))
				return true;
	return false;
}

static void test_random_routes(void **state)
{
	struct conf_route_rule before[LINES_MAX + 1] = {
		{ .called.form = CONF_NUMBER_ANY }
	};
	struct conf_route_rule *rules = before + 1;
	unsigned good = 0, bad = 0;

	(void)state;
	for (unsigned n = 0; n < 8000; n++) {
		size_t count = 2 + dice(LINES_MAX - 1);
		struct conf *conf;
		char *text, *said;

		for (size_t i = 0; i < count; i++)
			make_rule(&rules[i]);
		text = write_routes(rules, count);
		conf = parse(text, &said);
		if (!conf != any_doubt(rules, count))
			fail_msg("%s%s", text, said);
		if (conf)
			calls(conf);
		*(conf ? &good : &bad) += 1;
		conf_free(conf);
		free(text);
		free(said);
	}
	print_message("%u routes without a doubt, %u with one\n", good, bad);
	assert_true(good > 500 && bad > 500);
}

static int read_hours(void **state)
{
	char *said;

	(void)state;
	with_hours = parse(HEAD "route from p { + -> p }\n", &said);
	free(said);
	return with_hours ? 0 : -1;
}

static int free_hours(void **state)
{
	(void)state;
	conf_free(with_hours);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_routes),
	};

	return cmocka_run_group_tests(tests, read_hours, free_hours);
}
