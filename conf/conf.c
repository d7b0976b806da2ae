#include "conf/conf.h"

#include "conf/address.h"
#include "conf/hours.h"
#include "conf/parse.h"
#include "conf/settings.h"
#include "conf/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int build_init(struct build *build)
{
	*build = (struct build){ .keep = arena_new(), .scratch = arena_new() };
	if (build->keep && build->scratch)
		build->conf = arena_alloc(build->keep, sizeof *build->conf);
	if (!build->conf)
		return -ENOMEM;
	build->report.arena = build->scratch;
	return 0;
}

/* Everything after the reading of the first file. */
static int build_run(struct build *build, const struct source *source,
		     FILE *errors, conf_verify_fn verify)
{
	struct report *report = &build->report;

	/* Each step goes on after errors of the one before, and stays silent
	 * where they would make it guess. */
	build_parse(build, source);
	if (!report_full(report))
		build_resolve(build);
	if (!report_full(report))
		build_check(build);
	if (!report->errors)
		build_compile(build);
	if (!report->errors && !report_full(report))
		build_check_behind(build);
	if (verify && !report->errors && !report_full(report))
		verify(&(struct conf_verify){ build->conf, build });
	if (report->no_memory) {
		fprintf(errors, "%s: error: not enough memory\n", source->name);
		return -ENOMEM;
	}
	report_write(report, source->name, errors);
	return report->errors ? -EINVAL : 0;
}

/* What is not the arena's. */
static void release(struct conf *conf)
{
	for (size_t i = 0; i < conf->hours_count; i++)
		hours_release(&conf->hours[i]);
}

/* The tokens and texts go in any case; what was kept goes with an error. */
static int build_end(struct build *build, int err, struct conf **out)
{
	*out = NULL;
	arena_free(build->scratch);
	if (err) {
		if (build->conf)
			release(build->conf);
		arena_free(build->keep);
		return err;
	}
	build->conf->arena = build->keep;
	*out = build->conf;
	return 0;
}

int conf_load_verified(struct conf **out, const char *path, FILE *errors,
		       conf_verify_fn verify)
{
	const struct source *source;
	struct build build;
	int err = build_init(&build);

	build.may_include = true;
	if (!err)
		err = source_read(&build, path, NULL, &source);
	if (err)
		fprintf(errors, "%s: error: cannot be read: %s\n", path,
			strerror(-err));
	else
		err = build_run(&build, source, errors, verify);
	return build_end(&build, err, out);
}

int conf_load(struct conf **out, const char *path, FILE *errors)
{
	return conf_load_verified(out, path, errors, NULL);
}

void conf_verify_failed(struct conf_verify *verify,
			const struct conf_test *test, const char *hint,
			const char *fmt, ...)
{
	struct build *build = verify->build;
	const struct draft *d = build->drafts[BLOCK_TEST].first;
	va_list ap;

	while (d->index != (size_t)(test - verify->conf->tests))
		d = d->next;
	va_start(ap, fmt);
	report_verror(&build->report, setting_seen(d, "expect"), hint, fmt, ap);
	va_end(ap);
}

/* The gateway's own block is there, or there was an error before. */
static const struct token *gateway_setting(const struct build *build,
					   const char *setting)
{
	const struct draft *d = build->drafts[BLOCK_GATEWAY].first;
	const struct token *at = setting_seen(d, setting);

	return at ? at : d->name_at;
}

void conf_verify_wrong(struct conf_verify *verify, const char *setting,
		       const char *hint, const char *fmt, ...)
{
	struct build *build = verify->build;
	va_list ap;

	va_start(ap, fmt);
	report_verror(&build->report, gateway_setting(build, setting), hint,
		      fmt, ap);
	va_end(ap);
}

void conf_verify_doubt(struct conf_verify *verify, const char *setting,
		       const char *hint, const char *fmt, ...)
{
	struct build *build = verify->build;
	va_list ap;

	va_start(ap, fmt);
	report_vwarning(&build->report, gateway_setting(build, setting), hint,
			fmt, ap);
	va_end(ap);
}

/* What the rule was read from. */
static const struct item *item_of(const struct conf_verify *verify,
				  const struct conf_route *route,
				  const struct conf_route_rule *rule)
{
	const struct build *build = verify->build;
	const struct draft *d = build->drafts[BLOCK_ROUTE].first;

	for (const struct conf_route *r = verify->conf->routes; r != route; r++)
		d = d->next;
	return d->rule_item[rule - route->rules];
}

void conf_verify_line(struct conf_verify *verify,
		      const struct conf_route *route,
		      const struct conf_route_rule *rule, const char *hint,
		      const char *fmt, ...)
{
	struct build *build = verify->build;
	va_list ap;

	va_start(ap, fmt);
	report_vwarning(&build->report, item_of(verify, route, rule)->at, hint,
			fmt, ap);
	va_end(ap);
}

void conf_verify_target(struct conf_verify *verify,
			const struct conf_route *route,
			const struct conf_route_rule *rule, size_t target,
			const char *hint, const char *fmt, ...)
{
	const struct route_line *line =
		item_of(verify, route, rule)->route.line;
	struct build *build = verify->build;
	va_list ap;

	va_start(ap, fmt);
	report_vwarning(&build->report, line->targets[target], hint, fmt, ap);
	va_end(ap);
}

int conf_parse(struct conf **out, const char *name, const char *text,
	       size_t len, FILE *errors)
{
	const struct source *source;
	struct build build;
	int err = build_init(&build);

	if (!err) {
		source = source_text(&build, name, text, len);
		err = source ? build_run(&build, source, errors, NULL)
			     : -ENOMEM;
	}
	return build_end(&build, err, out);
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	release(conf);
	arena_free(conf->arena);
}

const struct conf_peer *conf_peer_by_address(const struct conf *conf,
					     const struct sockaddr *address)
{
	/* Once for each dialog: a search through all networks is cheaper than
	 * a tree would be to keep right. */
	const struct conf_peer *best = NULL;
	unsigned best_bits = 0;

	for (size_t p = 0; p < conf->peer_count; p++) {
		const struct conf_peer *peer = &conf->peers[p];

		for (size_t n = 0; n < peer->accept_from_count; n++) {
			const struct conf_network *net = &peer->accept_from[n];

			if (net->prefix_bits > best_bits &&
			    network_holds(net, address)) {
				best = peer;
				best_bits = net->prefix_bits;
			}
		}
	}
	return best;
}

unsigned conf_rtp_pairs(const struct conf_gateway *gateway)
{
	return (gateway->rtp_port_last - gateway->rtp_port_first + 1u) / 2;
}
