/* tollgate-exchange: a telephone exchange in software.
 *
 * Two programs in one: the exchange, and `ctl`, which asks a running one.
 * Standard output says what is served, standard error is the log.
 */
#include "exchange/ctl.h"
#include "exchange/exchange.h"
#include "exchange/numbers.h"
#include "gateway/log.h"
#include "gateway/loop.h"
#include "gateway/version.h"
#include "media/tones.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SOCKET "run/exchange.sock"
#define DEFAULT_CONTROL "run/exchange-control.sock"
#define DEFAULT_PREFIX "5550"
#define DEFAULT_TONES "de"
/* Below a gateway's media workers, above everything ordinary. */
#define REALTIME_PRIORITY 5

enum status { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

struct options {
	struct exchange_config exchange;
	bool verbose;
	int spans_by; /* OPT_SPANS or OPT_SPAN, whichever came */
};

static void print_numbers(const char *prefix, FILE *out)
{
	const struct test_number *number;

	for (size_t i = 0; (number = test_number_at(i)); i++)
		fprintf(out, "  %s%-*s  %s\n", prefix,
			(int)(10 - strlen(prefix) % 10), number->pattern,
			number->help);
	fprintf(out, "  any other number: refused with cause 1\n");
}

static void print_help(void)
{
	printf("usage: tollgate-exchange [OPTION]...\n"
	       "       tollgate-exchange ctl [--control PATH] COMMAND\n\n"
	       "A telephone exchange in software: the network side of "
	       "E1 and T1 spans,\nwith test numbers.\n\n"
	       "  --socket PATH    gateways attach here (" DEFAULT_SOCKET ")\n"
	       "  --control PATH   control socket (" DEFAULT_CONTROL ")\n"
	       "  --spans N        1..%d virtual spans (1), E1\n"
	       "  --span SPAN      one span more: virtual, or dahdi:N, DAHDI's "
	       "span N;\n"
	       "                   behind it :t1 (else e1), :euroisdn or "
	       ":ni2 (as usual\n"
	       "                   on that line): virtual:t1, "
	       "dahdi:2:t1:euroisdn\n"
	       "  --prefix DIGITS  of the test numbers (" DEFAULT_PREFIX ")\n"
	       "  --tones ZONE     ring-back tone as in this country "
	       "(" DEFAULT_TONES ")\n"
	       "  --delay MS       of each frame of a D channel, 0..%d (0)\n"
	       "  --t309 S         answered calls outlive their D channel, "
	       "1..%d (90)\n"
	       "  --loss DB        of all that callers hear, 0..%d (0)\n"
	       "  --verbose        every message and state in the log\n"
	       "  --help, --version\n\n"
	       "Commands: show [--json], layer1 down|up SPAN, dchannel "
	       "down|up SPAN, and\n"
	       "call NUMBER: the exchange calls the gateway\n"
	       "  --span N|all     on which span, or on all in turn (1)\n"
	       "  --from CLI       calling number, '+' first if "
	       "international\n"
	       "  --restrict       its presentation is restricted\n"
	       "  --screening N    who vouches for it, 0..3 (3, network)\n"
	       "  --redirecting D  number that diverted the call\n"
	       "  --redirect-reason N  why, 0..15 (0, unknown)\n"
	       "  --type TYPE      of NUMBER: unknown, international, "
	       "national, subscriber\n"
	       "  --bearer BEARER  speech, 3k1 or 64k (speech)\n"
	       "  --count N        so many calls (1)\n"
	       "  --rate R         so many a second (1)\n"
	       "  --hold S         seconds from answer to hang-up (5)\n"
	       "  --give-up S      seconds to wait for an answer (T310, "
	       "T301)\n"
	       "  --sound SOUND    bit-error, echo, milliwatt, readback or "
	       "silence (bit-error)\n\n"
	       "Test numbers:\n",
	       EXCHANGE_SPANS_MAX, EXCHANGE_DELAY_MAX_MS, EXCHANGE_T309_MAX_S,
	       EXCHANGE_LOSS_MAX_DB);
	print_numbers(DEFAULT_PREFIX, stdout);
}

static int usage(const char *option, const char *value, const char *wanted)
{
	fprintf(stderr,
		"tollgate-exchange: --%s %s: it must be %s; --help lists all "
		"options\n",
		option, value, wanted);
	return STATUS_USAGE;
}

static bool parse_count(const char *value, unsigned min, unsigned max,
			unsigned *out)
{
	char *end;
	unsigned long count = strtoul(value, &end, 10);

	if (!*value || *end || count < min || count > max)
		return false;
	*out = (unsigned)count;
	return true;
}

enum option_id {
	OPT_SOCKET = 1,
	OPT_CONTROL,
	OPT_SPANS,
	OPT_SPAN,
	OPT_PREFIX,
	OPT_TONES,
	OPT_DELAY,
	OPT_T309,
	OPT_LOSS,
	OPT_VERBOSE,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "spans", required_argument, NULL, OPT_SPANS },
	{ "span", required_argument, NULL, OPT_SPAN },
	{ "prefix", required_argument, NULL, OPT_PREFIX },
	{ "tones", required_argument, NULL, OPT_TONES },
	{ "delay", required_argument, NULL, OPT_DELAY },
	{ "t309", required_argument, NULL, OPT_T309 },
	{ "loss", required_argument, NULL, OPT_LOSS },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static int parse_tones(const char *value, const char **out)
{
	const char *zone;

	if (tone_zone_known(value)) {
		*out = value;
		return STATUS_OK;
	}
	fprintf(stderr,
		"tollgate-exchange: --tones %s: no such zone; there "
		"are",
		value);
	for (unsigned i = 0; (zone = tone_zone_name(i)); i++)
		fprintf(stderr, " %s", zone);
	fprintf(stderr, "\n");
	return STATUS_USAGE;
}

/* "virtual", "dahdi:2", each with ":WORD"... behind it. */
static bool parse_line(const char *value, struct exchange_line *line)
{
	char text[40], *rest = text, *word;
	int protocol = -1;
	unsigned dahdi = 0;

	if (strlen(value) >= sizeof text)
		return false;
	strcpy(text, value);
	*line = (struct exchange_line){ 0 };
	word = strsep(&rest, ":");
	if (!strcmp(word, "dahdi")) {
		word = strsep(&rest, ":");
		if (!word || !parse_count(word, 1, EXCHANGE_SPANS_MAX, &dahdi))
			return false;
		line->dahdi = (uint8_t)dahdi;
	} else if (strcmp(word, "virtual") != 0) {
		return false;
	}
	while ((word = strsep(&rest, ":"))) {
		if (!strcmp(word, "e1"))
			line->type = LINE_TYPE_E1;
		else if (!strcmp(word, "t1"))
			line->type = LINE_TYPE_T1;
		else if (!strcmp(word, "euroisdn"))
			protocol = LINE_EUROISDN;
		else if (!strcmp(word, "ni2"))
			protocol = LINE_NI2;
		else
			return false;
	}
	line->protocol = protocol < 0 ? line_desc(line->type)->protocol
				      : (enum line_protocol)protocol;
	return true;
}

/* Spans are all of one kind, or listed. */
static int parse_spans(int option, const char *value, struct options *options)
{
	struct exchange_config *cfg = &options->exchange;

	if (options->spans_by && options->spans_by != option) {
		fprintf(stderr, "tollgate-exchange: --spans N and --span SPAN "
				"exclude each other: list every span\n");
		return STATUS_USAGE;
	}
	options->spans_by = option;
	if (option == OPT_SPANS)
		return parse_count(value, 1, EXCHANGE_SPANS_MAX, &cfg->spans)
			       ? STATUS_OK
			       : usage("spans", value, "1..128");
	if (cfg->spans == EXCHANGE_SPANS_MAX ||
	    !parse_line(value, &cfg->line[cfg->spans]))
		return usage("span", value,
			     "virtual or dahdi:1..128, with :t1, :e1, :ni2 or "
			     ":euroisdn behind it; 128 of them at most");
	cfg->spans++;
	return STATUS_OK;
}

static int parse_option(int option, struct options *options)
{
	struct exchange_config *cfg = &options->exchange;

	switch (option) {
	case OPT_SOCKET: cfg->socket = optarg; return STATUS_OK;
	case OPT_CONTROL: cfg->control = optarg; return STATUS_OK;
	case OPT_VERBOSE: options->verbose = true; return STATUS_OK;
	case OPT_TONES: return parse_tones(optarg, &cfg->tones);
	case OPT_SPANS:
	case OPT_SPAN: return parse_spans(option, optarg, options);
	case OPT_DELAY:
		if (!parse_count(optarg, 0, EXCHANGE_DELAY_MAX_MS,
				 &cfg->delay_ms))
			return usage("delay", optarg, "0..500 ms");
		return STATUS_OK;
	case OPT_T309:
		if (!parse_count(optarg, 1, EXCHANGE_T309_MAX_S, &cfg->t309_s))
			return usage("t309", optarg, "1..300 s");
		return STATUS_OK;
	case OPT_LOSS:
		if (!parse_count(optarg, 0, EXCHANGE_LOSS_MAX_DB,
				 &cfg->loss_db))
			return usage("loss", optarg, "0..24 dB");
		return STATUS_OK;
	case OPT_PREFIX:
		if (strlen(optarg) > EXCHANGE_PREFIX_MAX ||
		    strspn(optarg, "0123456789") != strlen(optarg))
			return usage("prefix", optarg, "at most 20 digits");
		cfg->prefix = optarg;
		return STATUS_OK;
	case OPT_HELP: print_help(); exit(STATUS_OK);
	case OPT_VERSION:
		printf("tollgate-exchange " TOLLGATE_VERSION "\n");
		exit(STATUS_OK);
	default:
		fprintf(stderr, "tollgate-exchange: --help lists all "
				"options\n");
		return STATUS_USAGE;
	}
}

/* '+': options end with the first word, so that a command keeps its own. */
static int parse_options(int argc, char *argv[], struct options *options)
{
	int option, status = STATUS_OK;

	while (status == STATUS_OK &&
	       (option = getopt_long(argc, argv, "+", long_options, NULL)) !=
		       -1)
		status = parse_option(option, options);
	return status;
}

/* What failed, and what to do about it where that is known. */
static int complain(const char *what, int err)
{
	const char *remedy = "";

	if (err == -EADDRINUSE)
		remedy = "; another exchange answers there";
	if (err == -EPROTOTYPE)
		remedy = "; another program's socket answers there";
	if (err == -ENOENT)
		remedy = "; make its directory first";
	if (err == -ENOTSOCK)
		remedy = "; a file that is no socket stands there";
	fprintf(stderr, "tollgate-exchange: %s: %s%s\n", what, strerror(-err),
		remedy);
	return STATUS_FAILED;
}

/* The clock of every gateway behind it: it should not wait for a compiler. */
static void take_realtime(void)
{
	struct sched_param param = { .sched_priority = REALTIME_PRIORITY };

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) < 0)
		log_line(LOG_INFO, NULL,
			 "ordinary scheduling (%s): ticks may be late on a "
			 "busy machine",
			 strerror(errno));
}

static void say_what_is_served(const struct exchange_config *cfg)
{
	unsigned dahdi = 0, t1 = 0;

	for (unsigned i = 0; i < cfg->spans; i++) {
		dahdi += cfg->line[i].dahdi != 0;
		t1 += cfg->line[i].type == LINE_TYPE_T1;
	}
	printf("tollgate-exchange: %u span%s (%s, network side) "
	       "on %s,\ncontrol on %s. Test numbers:\n",
	       cfg->spans, cfg->spans == 1 ? "" : "s",
	       !t1		  ? "E1"
	       : t1 == cfg->spans ? "T1"
				  : "E1 and T1",
	       dahdi == cfg->spans ? "DAHDI"
	       : dahdi		   ? "DAHDI and virtual lines"
				   : cfg->socket,
	       cfg->control);
	print_numbers(cfg->prefix, stdout);
	fflush(stdout);
}

static void stop(void *arg, int signo)
{
	log_line(LOG_NOTICE, NULL, "ends on %s", strsignal(signo));
	loop_stop(arg);
}

static int serve(const struct options *options)
{
	struct loop *loop;
	struct exchange *exchange = NULL;
	const char *what = "the event loop";
	int err = loop_new(&loop);

	if (err < 0)
		return complain(what, err);
	/* A signal ends the loop, not the program: the sockets are removed and
	 * gateways see the line go. */
	err = loop_signal(loop, SIGINT, stop, loop);
	if (!err)
		err = loop_signal(loop, SIGTERM, stop, loop);
	if (!err)
		err = exchange_new(&exchange, loop, &options->exchange, &what);
	if (!err) {
		take_realtime();
		say_what_is_served(&options->exchange);
		loop_run(loop);
	}
	exchange_free(exchange);
	loop_free(loop);
	return err < 0 ? complain(what, err) : STATUS_OK;
}

int main(int argc, char *argv[])
{
	struct options options = {
		.exchange = { .socket = DEFAULT_SOCKET,
			      .control = DEFAULT_CONTROL,
			      .prefix = DEFAULT_PREFIX,
			      .tones = DEFAULT_TONES },
	};
	bool ctl = argc > 1 && !strcmp(argv[1], "ctl");
	int status;

	status = parse_options(argc - ctl, argv + ctl, &options);
	if (status != STATUS_OK)
		return status;
	if (!options.spans_by)
		options.exchange.spans = 1;
	if (ctl)
		return ctl_run(options.exchange.control, argc - 1 - optind,
			       argv + 1 + optind, stdout);
	if (optind < argc) {
		fprintf(stderr,
			"tollgate-exchange: \"%s\" is no option; the only "
			"command is ctl, as the first word\n",
			argv[optind]);
		return STATUS_USAGE;
	}
	log_open("tollgate-exchange", LOG_TO_STDERR,
		 options.verbose ? LOG_DEBUG : LOG_INFO);
	signal(SIGPIPE, SIG_IGN);
	return serve(&options);
}
