/* A configuration: read, and then used as the daemon would, or refused with
 * errors that stand in the file. */
#include "conf/class.h"
#include "conf/conf.h"
#include "conf/diff.h"
#include "conf/hours.h"
#include "conf/number.h"
#include "conf/route_plan.h"
#include "gateway/route_test.h"
#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define NAME "fuzz.conf"
/* Each of the 20 at most has its line, the file's line and the marks. */
#define ERRORS_MAX 20

static unsigned count_lines(const char *text, size_t size)
{
	unsigned lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	return lines;
}

static void check_errors(const char *errors, unsigned lines)
{
	unsigned count = 0;
	const char *at = errors;

	for (; (at = strstr(at, ": error: ")); at++)
		count++;
	PROMISED("a refusal says why", count >= 1);
	for (at = errors; (at = strstr(at, NAME ":")); at++) {
		unsigned line = 0, column = 0;

		if (at != errors && at[-1] != '\n')
			continue;
		if (sscanf(at, NAME ":%u:%u:", &line, &column) < 2)
			continue;
		PROMISED("an error stands in the file",
			 line >= 1 && line <= lines && column >= 1);
	}
	for (const char *c = errors; *c; c++)
		PROMISED("a terminal can show it",
			 (unsigned char)*c >= ' ' || *c == '\n' || *c == '\t');
}

static void check_addresses(const struct conf *conf)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	char text[64];

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	conf_peer_by_address(conf, (const struct sockaddr *)&in);
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &in6.sin6_addr);
	conf_peer_by_address(conf, (const struct sockaddr *)&in6);
	conf_format_address(&conf->gateway.listen, text, sizeof text);
	for (size_t i = 0; i < conf->peer_count; i++) {
		const struct conf_peer *peer = &conf->peers[i];

		PROMISED("a peer is found by its name",
			 conf_peer_find(conf, peer->name) == peer);
		PROMISED("a peer has a codec",
			 peer->codec_count >= 1 && peer->codec_count <= 2);
		conf_format_address(&peer->server, text, sizeof text);
	}
}

static void check_peers(const struct conf *conf)
{
	for (size_t i = 0; i < conf->peer_count; i++) {
		const struct conf_peer *peer = &conf->peers[i];

		PROMISED("who is asked has a server",
			 !peer->keepalive_ms || peer->server.ss_family);
		PROMISED("and so many times at least",
			 !peer->keepalive_ms ||
				 (peer->keepalive_down && peer->keepalive_up));
		PROMISED("limits are bounded",
			 peer->limit_calls <= 10000 &&
				 peer->limit_rate <= 10000);
	}
}

static void check_retry(const struct conf_retry *retry)
{
	PROMISED("a list of failures has one",
		 retry->timeout || retry->status_count || retry->cause[0] ||
			 retry->cause[1]);
	PROMISED("0 is no cause", !(retry->cause[0] & 1));
	PROMISED("statuses have room",
		 retry->status_count <= CONF_RETRY_STATUSES_MAX);
	for (size_t i = 0; i < retry->status_count; i++)
		PROMISED("a status is a failure",
			 retry->status[i] >= 300 && retry->status[i] <= 699);
}

/* Those that share come first, and are not alone. */
static void check_weights(const struct conf_action *action)
{
	size_t shares = 0;

	while (shares < action->target_count && action->weight[shares])
		shares++;
	PROMISED("nobody shares alone", shares != 1);
	for (size_t t = 0; t < CONF_TARGETS_MAX; t++)
		PROMISED("a weight is of a target that shares",
			 t < shares ? action->weight[t] <= 100
				    : !action->weight[t]);
}

static void check_rewrite(const struct conf_rewrite *rewrite)
{
	if (!rewrite)
		return;
	PROMISED("digits are stripped or replaced",
		 !*rewrite->from || (!rewrite->strip && !*rewrite->add));
	PROMISED("strips are bounded", rewrite->strip <= 20);
}

static void check_number(const struct conf_number *number)
{
	bool range = number->form == CONF_NUMBER_RANGE;

	PROMISED("only any number has no digits",
		 (number->form == CONF_NUMBER_ANY) == !*number->first);
	PROMISED("only a range has an end", range == !!*number->last);
	PROMISED("a range has an order",
		 !range || (strlen(number->first) == strlen(number->last) &&
			    strcmp(number->first, number->last) < 0));
	if (number->form != CONF_NUMBER_ANY) {
		PROMISED("its first number is in it",
			 number_holds(number, number->first));
		PROMISED("and its last",
			 !range || number_holds(number, number->last));
	}
}

static void check_action(const struct conf_action *action)
{
	PROMISED("a rule sends or rejects",
		 !action->target_count ==
			 (action->reject_status || action->reject_cause));
	PROMISED("by a status or a cause",
		 !action->reject_status || !action->reject_cause);
	check_weights(action);
	check_rewrite(action->rewrite);
	PROMISED("targets have room", action->target_count <= CONF_TARGETS_MAX);
	for (size_t t = 0; t < action->target_count; t++) {
		const struct conf_target *target = &action->targets[t];

		PROMISED("a target is one thing",
			 !target->trunk != !target->peer);
		PROMISED("that can be called",
			 !target->peer || target->peer->server.ss_family);
		for (size_t o = 0; o < t; o++)
			PROMISED("no target twice",
				 target->trunk != action->targets[o].trunk ||
					 target->peer !=
						 action->targets[o].peer);
	}
	if (action->retry) {
		PROMISED("there is a next one", action->target_count > 1);
		check_retry(action->retry);
	}
}

static void check_routes(const struct conf *conf)
{
	for (size_t r = 0; r < conf->route_count; r++)
		for (size_t i = 0; i < conf->routes[r].rule_count; i++) {
			check_action(conf->routes[r].rules[i].action);
			check_number(&conf->routes[r].rules[i].called);
			check_number(&conf->routes[r].rules[i].caller);
		}
}

/* The first number of a rule is its own, or that of a more specific one. */
static void try_rules(const struct conf_route *route)
{
	for (size_t i = 0; i < route->rule_count; i++) {
		const struct conf_route_rule *rule = &route->rules[i], *found;
		struct route_search search;

		route_search_begin(&search, route->plan, rule->called.first,
				   rule->caller.first);
		do {
			found = route_search_next(&search);
			PROMISED("a rule is found by its numbers", found);
			PROMISED("after those that are more specific",
				 found == rule ||
					 route_plan_specific(found, rule) <=
						 0 ||
					 !number_holds(&found->caller,
						       rule->caller.first));
		} while (found != rule);
	}
}

static void check_trunks(const struct conf *conf)
{
	for (size_t i = 0; i < conf->trunk_count; i++) {
		const struct conf_trunk *trunk = &conf->trunks[i];

		PROMISED("a trunk group is found by its name",
			 conf_trunk_find(conf, trunk->name) == trunk);
		PROMISED("a trunk group has spans", trunk->member_count >= 1);
		for (size_t m = 0; m < trunk->member_count; m++)
			PROMISED("of this configuration",
				 trunk->members[m] >= conf->spans &&
					 trunk->members[m] <
						 conf->spans +
							 conf->span_count);
	}
	for (size_t i = 0; i < conf->span_count; i++) {
		const struct conf_span *span = &conf->spans[i];

		PROMISED("span numbers are bounded",
			 span->number >= 1 && span->number <= 128);
		PROMISED("the D channel carries no voice",
			 span->dchannel >= 1 && span->dchannel <= 31 &&
				 !(span->channels & 1U << span->dchannel) &&
				 !(span->channels & 1U));
	}
}

static void try_calls(const struct conf *conf)
{
	static const char *const numbers[] = {
		"+49305550100", "110", "00441", "0", "+", "*21#"
	};

	const struct route_moment moment = { .utc_s = 1795176000 };
	struct route_trace trace;

	for (size_t r = 0; r < conf->route_count; r++) {
		PROMISED("a route is found by its name",
			 conf_route_find(conf, conf->routes[r].from) ==
				 &conf->routes[r]);
		try_rules(&conf->routes[r]);
	}
	for (size_t r = 0; r < conf->route_count; r++)
		for (size_t n = 0; n < sizeof numbers / sizeof numbers[0];
		     n++) {
			struct leg_setup setup = { .called.present = true };
			struct route_result result;
			int err;

			snprintf(setup.from, sizeof setup.from, "%s",
				 conf->routes[r].from);
			snprintf(setup.called.digits,
				 sizeof setup.called.digits, "%s", numbers[n]);
			err = route_call_traced(conf, &setup, &moment, &result,
						&trace);
			PROMISED("a call has a rule or none",
				 err == 0 ? !!result.rule
					  : err == -ENOENT || err == -EINVAL);
			/* To the last target, and not further. */
			for (size_t t = 0; !err || err == -EINVAL; t++) {
				if (!result.rule)
					break;
				PROMISED("targets end", t <= CONF_TARGETS_MAX);
				err = route_next(&setup, &result);
			}
		}
}

static void check_hours(const struct conf *conf)
{
	static const int64_t moments[] = { 0, 1774746000, 1774749600,
					   4102444800 };

	for (size_t i = 0; i < conf->hours_count; i++) {
		const struct conf_hours *hours = &conf->hours[i];

		PROMISED("hours have a zone", hours->zone);
		for (size_t m = 0; m < sizeof moments / sizeof *moments; m++)
			hours_hold(hours, moments[m]);
		PROMISED("they overlap themselves",
			 hours_may_overlap(hours, hours));
		hours_may_overlap(hours, &conf->hours[0]);
	}
}

static void check_classes(const struct conf *conf)
{
	for (size_t i = 0; i < conf->class_count; i++) {
		const struct conf_class *class = &conf->classes[i];

		PROMISED("a class has numbers", class->number_count);
		for (size_t n = 0; n < class->number_count; n++)
			PROMISED("which are in it",
				 class_holds(class, class->numbers[n].first));
		class_holds(class, "");
	}
}

static void run_tests(const struct conf *conf)
{
	for (size_t i = 0; i < conf->test_count; i++) {
		const struct conf_test *test = &conf->tests[i];
		struct route_test run;

		PROMISED("a test calls from somewhere to somewhere",
			 *test->from && *test->to.digits);
		route_test_run(conf, test, &run);
		PROMISED("what fails is told",
			 run.passed || (*run.expected && *run.got));
	}
}

static void never(void *ctx, const struct conf_block_change *change)
{
	(void)ctx;
	(void)change;
}

/* The same text again differs in nothing, also not after what needs a restart
 * was taken from it. */
static void reload(const struct conf *conf, const char *text, size_t size)
{
	struct conf *twin = NULL;
	char *said = NULL;
	size_t said_len;
	FILE *stream = open_memstream(&said, &said_len);

	PROMISED("memory", stream);
	PROMISED("the same again",
		 !conf_parse(&twin, NAME, text, size, stream));
	fclose(stream);
	free(said);
	PROMISED("no difference", !conf_diff(conf, twin, never, NULL));
	PROMISED("memory to keep", !conf_keep_restart(twin, conf));
	PROMISED("no difference after", !conf_diff(conf, twin, never, NULL));
	conf_free(twin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1), *errors = NULL;
	size_t errors_len = 0;
	FILE *stream = open_memstream(&errors, &errors_len);
	struct conf *conf = NULL;
	int err;

	PROMISED("memory", text && stream);
	memcpy(text, data, size);
	err = conf_parse(&conf, NAME, text, size, stream);
	fclose(stream);
	PROMISED("two results", err == 0 || err == -EINVAL);
	PROMISED("one or the other", (err == 0) == !!conf);
	if (conf) {
		check_addresses(conf);
		check_peers(conf);
		check_trunks(conf);
		check_routes(conf);
		try_calls(conf);
		check_hours(conf);
		check_classes(conf);
		run_tests(conf);
		reload(conf, text, size);
	} else {
		check_errors(errors, count_lines(text, size));
	}
	conf_free(conf);
	free(errors);
	free(text);
	return 0;
}
