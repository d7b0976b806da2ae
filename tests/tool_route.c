/* What a big number plan costs: a configuration with a route of so many rules
 * is read, and calls are looked up in it.
 *
 *   tool_route RULES [SEED]    figures as one line of JSON
 *   tool_route RULES SEED -    the configuration itself
 *
 * Of 20 lines 12 are prefixes of several countries, 3 are ranges, one of them
 * around others, 3 exact numbers and 2 have a caller; one number has a
 * hundredth of all lines, each for another caller. Calls are for numbers out of
 * those lines, and every tenth for one out of none. CPU time is told, so that a
 * busy machine may measure too. */
#include "conf/conf.h"
#include "conf/route_plan.h"
#include "gateway/route.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CALLS 65536
#define ROUNDS 16

static uint64_t dice_state;

static uint32_t dice(uint32_t sides)
{
	dice_state = dice_state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(dice_state >> 33) % sides;
}

/* Each number below 10^digits once, in no order. */
static unsigned mixed(unsigned i, unsigned digits)
{
	uint64_t all = 1;

	while (digits--)
		all *= 10;
	return (unsigned)((uint64_t)i * 7368787 % all);
}

static void write_prefix(FILE *out, unsigned i)
{
	static const struct {
		const char *country;
		int digits;
	} plans[] = { { "+49", 6 }, { "+44", 7 }, { "+33", 6 }, { "+1", 7 } };
	size_t p = i % 4;

	fprintf(out, "%s%0*u", plans[p].country, plans[p].digits,
		mixed(i / 4, (unsigned)plans[p].digits));
}

/* A range around the two before it, for one caller; of ten of these the first
 * is one around them all. */
static void write_around(FILE *out, unsigned i)
{
	bool all = i / 20 % 10 == 0;
	unsigned first = (i - 2) * 90, groups = all ? 9 : 0;

	fprintf(out, "+4930%07u..+4930%07u", first,
		first + groups * 20 * 90 + 179);
	if (!all)
		fprintf(out, " caller +43%06u", mixed(i, 6));
	fputs(" -> b\n", out);
}

static void write_line(FILE *out, unsigned i)
{
	unsigned kind = i % 20;

	if (i % 100 == 99) {
		fprintf(out, "+39 caller +41%07u -> b, a\n", mixed(i, 7));
	} else if (kind < 12) {
		write_prefix(out, i / 20 * 12 + kind);
		fputs(i % 3 ? " -> a, b retry-on 34 503\n"
			    : " -> reject 403 \"barred\"\n",
		      out);
	} else if (kind == 14) {
		write_around(out, i);
	} else if (kind < 14) {
		fprintf(out, "+4930%07u..+4930%07u -> b\n", i * 90,
			i * 90 + 17 + i % 50);
	} else if (kind < 18) {
		fprintf(out, "+4989%08u..+4989%08u -> a add 00\n", i * 97,
			i * 97);
	} else {
		write_prefix(out, i / 20 * 12 + i % 12);
		fprintf(out, " caller +43%06u -> b, a\n", mixed(i, 6));
	}
}

static char *write_plan(unsigned rules, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	fputs("gateway g { listen 127.0.0.1 }\n"
	      "sip-peer p { accept-from 10.0.0.1 }\n"
	      "sip-peer a { server 10.0.0.2 }\n"
	      "sip-peer b { server 10.0.0.3 }\n"
	      "route from p {\n",
	      out);
	for (unsigned i = 0; i < rules; i++)
		write_line(out, i);
	fputs("otherwise -> reject 404\n}\n", out);
	fclose(out);
	return text;
}

struct dialled {
	char called[40], caller[40];
};

/* A number of some line, with a few digits more behind a prefix. */
static void dial(const struct conf_route *route, struct dialled *call)
{
	const struct conf_route_rule *rule =
		&route->rules[dice((uint32_t)route->rule_count - 1)];
	const struct conf_number *number = &rule->called;
	size_t len = strlen(number->first);

	snprintf(call->called, sizeof call->called, "%s",
		 dice(2) && *number->last ? number->last : number->first);
	if (number->form == CONF_NUMBER_PREFIX)
		snprintf(call->called + len, sizeof call->called - len, "%04u",
			 dice(10000));
	if (!dice(10))
		snprintf(call->called, sizeof call->called, "+%u%u",
			 1 + dice(999999), dice(99999));
	snprintf(call->caller, sizeof call->caller, "%s",
		 *rule->caller.first ? rule->caller.first : "+493055501");
}

static double cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static double look_up(const struct conf_route *route,
		      const struct dialled *calls)
{
	double began = cpu_ns();
	size_t found = 0;

	for (size_t round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < CALLS; i++) {
			struct route_search search;

			route_search_begin(&search, route->plan,
					   calls[i].called, calls[i].caller);
			found += route_search_next(&search) != NULL;
		}
	if (found != (size_t)ROUNDS * CALLS)
		abort();
	return (cpu_ns() - began) / ROUNDS / CALLS;
}

/* With the numbers read and made for both sides. */
static double route_all(const struct conf *conf, const struct dialled *calls)
{
	const struct route_moment moment = { .utc_s = 1795176000 };
	struct leg_setup in = { .from = "p" };
	struct route_result out;
	double began = cpu_ns();

	in.called.present = in.calling.present = true;
	for (size_t i = 0; i < CALLS; i++) {
		strcpy(in.called.digits, calls[i].called);
		strcpy(in.calling.digits, calls[i].caller);
		if (route_call(conf, &in, &moment, &out) < 0)
			abort();
	}
	return (cpu_ns() - began) / CALLS;
}

static void measure(unsigned rules, const char *text, size_t len)
{
	static struct dialled calls[CALLS];
	double load_ns = cpu_ns(), look_up_ns, call_ns;
	struct conf *conf;

	if (conf_parse(&conf, "plan", text, len, stderr) < 0)
		exit(1);
	load_ns = cpu_ns() - load_ns;
	for (size_t i = 0; i < CALLS; i++)
		dial(&conf->routes[0], &calls[i]);
	look_up_ns = look_up(&conf->routes[0], calls);
	call_ns = route_all(conf, calls);
	printf("{\"rules\":%u,\"load_ms\":%.0f,\"look_up_us\":%.3f,"
	       "\"route_us\":%.3f,\"memory_kb\":%zu}\n",
	       rules, load_ns / 1e6, look_up_ns / 1e3, call_ns / 1e3,
	       (mallinfo2().uordblks + mallinfo2().hblkhd - len) / 1024);
	conf_free(conf);
}

int main(int argc, char **argv)
{
	unsigned rules = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	size_t len;
	char *text;

	if (rules == 0 || rules > 1000000 || argc > 4) {
		fputs("usage: tool_route RULES [SEED [-]]\n", stderr);
		return 1;
	}
	dice_state = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	text = write_plan(rules, &len);
	if (argc > 3)
		fwrite(text, 1, len, stdout);
	else
		measure(rules, text, len);
	free(text);
	return 0;
}
