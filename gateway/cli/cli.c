#include "gateway/cli/cli.h"

#include "gateway/cli/field.h"
#include "gateway/cli/render.h"
#include "gateway/cli/setup.h"
#include "gateway/control.h"
#include "gateway/version.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_CONTROL "/run/tollgate/control.sock"
#define TIMEOUT_MS 5000
#define WORDS 2
#define PREFIX "tollgate: "

struct options {
	const char *control, *output;
	bool json, help, version, virtual_span;
};

static const struct {
	const char *words[WORDS];
	const char *usage, *help;
	void (*render)(struct screen *screen, const json_t *answer);
} commands[] = {
	{ { "status", NULL },
	  "status",
	  "the gateway on one page",
	  render_status },
	{ { "show", "spans" },
	  "show spans",
	  "every span: state, alarms, channels",
	  render_spans },
	{ { "show", "channels" },
	  "show channels",
	  "every B channel and the call on it",
	  render_channels },
	{ { "show", "trunks" },
	  "show trunks",
	  "trunk groups: channels, calls, how many are answered",
	  render_trunks },
	{ { "show", "peers" },
	  "show peers",
	  "sip-peers: state, calls, what their limits refused",
	  render_peers },
	{ { "show", "stats" },
	  "show stats",
	  "calls by quarter of an hour and by cause, voice in all",
	  render_stats },
	{ { "show", "calls" },
	  "show calls",
	  "calls in progress and the last ones",
	  render_calls },
	{ { "show", "call" },
	  "show call ID",
	  "one call: its ladder, legs, media and cause",
	  render_call },
	{ { "audit", NULL },
	  "audit",
	  "count what there is of every call, mend what is left over",
	  render_audit },
	{ { "hangup", NULL }, "hangup ID", "end a call", render_done },
	{ { "help", NULL }, "help", "this list", render_help },
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void usage(FILE *out)
{
	fputs("usage: tollgate [--control PATH] [--json] COMMAND\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-14s %s\n", commands[i].usage,
			commands[i].help);
	/* No command of the gateway's: it is wanted before there is one. */
	fprintf(out, "\n  %-14s %s\n", "setup",
		"write a first configuration for this machine's spans");
	fputs("\n  --control PATH  tollgated's control socket; else "
	      "$TOLLGATE_CONTROL,\n"
	      "                  else " DEFAULT_CONTROL "\n"
	      "  --json          the answer as JSON\n"
	      "  --output FILE   of setup: written there, unless it exists\n"
	      "  --virtual       of setup: for a virtual span, without a card\n"
	      "  --help, --version\n\n"
	      "Exit status: 0 good, 1 refused or unknown, 2 tollgated does not "
	      "answer,\n"
	      "or setup finds no span that can be used.\n",
	      out);
}

/* 0, or -EINVAL after a word on `err`. */
static int parse_options(int argc, char **argv, struct options *opt, FILE *err)
{
	static const struct option longs[] = {
		{ "control", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "output", required_argument, NULL, 'o' },
		{ "virtual", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = getenv("TOLLGATE_CONTROL");
	int c;

	*opt = (struct options){ .control = path && *path ? path
							  : DEFAULT_CONTROL };
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":c:jh", longs, NULL)) != -1) {
		switch (c) {
		case 'c': opt->control = optarg; break;
		case 'j': opt->json = true; break;
		case 'o': opt->output = optarg; break;
		case 'V': opt->virtual_span = true; break;
		case 'h': opt->help = true; break;
		case 'v': opt->version = true; break;
		case ':':
			fprintf(err, "tollgate: %s needs a value\n",
				argv[optind - 1]);
			return -EINVAL;
		default:
			fprintf(err,
				"tollgate: unknown option %s; "
				"'tollgate --help' lists them\n",
				argv[optind - 1]);
			return -EINVAL;
		}
	}
	return 0;
}

/* Joins the words of the command to a request line. 0 or -EINVAL. */
static int join(int argc, char **argv, char line[CONTROL_LINE_MAX + 1])
{
	size_t used = 0;

	for (int i = 0; i < argc; i++) {
		size_t len = strlen(argv[i]);

		for (const char *c = argv[i]; *c; c++)
			if (*c < ' ' || *c > '~')
				return -EINVAL;
		if (used + len + 1 > CONTROL_LINE_MAX)
			return -EINVAL;
		if (i)
			line[used++] = ' ';
		memcpy(line + used, argv[i], len);
		used += len;
	}
	line[used] = '\0';
	return 0;
}

/* The row of `commands` for these words; COMMANDS: there is none. */
static size_t find_command(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		const char *const *words = commands[i].words;

		if (!strcmp(argv[0], words[0]) &&
		    (!words[1] || (argc > 1 && !strcmp(argv[1], words[1]))))
			break;
	}
	return i;
}

static void explain_unreachable(FILE *err, const char *path, int error)
{
	fprintf(err, "tollgate: no answer from tollgated on %s: %s\n", path,
		strerror(error));
	switch (error) {
	case EACCES:
	case EPERM:
		fputs("You may not open this socket: be root or in its "
		      "group.\n",
		      err);
		break;
	case ETIMEDOUT:
	case EPROTO:
		fputs("It runs but does not answer: see its log.\n", err);
		break;
	default:
		fputs("Is tollgated running? If it has another control "
		      "socket, name it with\n"
		      "--control PATH or in TOLLGATE_CONTROL (setting "
		      "\"control\" of its configuration).\n",
		      err);
	}
}

static void print_json(FILE *out, const json_t *answer)
{
	json_dumpf(answer, out, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putc('\n', out);
}

void cli_render(FILE *out, int argc, char **argv, const json_t *answer)
{
	struct screen screen;
	size_t row;

	screen_open(&screen, out);
	row = find_command(argc, argv);
	if (row < COMMANDS)
		commands[row].render(&screen, answer);
	else /* Only a newer tollgated knows it. */
		print_json(out, answer);
}

void render_done(struct screen *screen, const json_t *answer)
{
	screen_put(screen, INK_PLAIN, "%.200s\n", field_text(answer, "done"));
}

void render_help(struct screen *screen, const json_t *answer)
{
	const json_t *list = field_array(answer, "commands");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		screen_put(screen, INK_PLAIN, "  %-14.40s %.60s\n",
			   field_text(row, "command"), field_text(row, "help"));
	}
}

static void print_refusal(FILE *err, const char *text)
{
	struct screen screen = { .out = err, .colour = false };

	screen_put(&screen, INK_PLAIN, PREFIX);
	screen_wrap(&screen, INK_PLAIN, (int)strlen(PREFIX),
		    *text ? text : "refused, without a reason");
}

static int show_answer(const struct options *opt, int argc, char **argv,
		       const json_t *answer, FILE *out, FILE *err)
{
	bool refused = json_object_get(answer, "error") != NULL;

	if (opt->json)
		print_json(out, answer);
	else if (refused)
		print_refusal(err, field_text(answer, "error"));
	else
		cli_render(out, argc, argv, answer);
	if (fflush(out) != 0 || ferror(out)) {
		fprintf(err, "tollgate: cannot write the answer: %s\n",
			strerror(errno));
		return CLI_REFUSED;
	}
	return refused ? CLI_REFUSED : CLI_GOOD;
}

static int ask(const struct options *opt, int argc, char **argv, FILE *out,
	       FILE *err)
{
	char line[CONTROL_LINE_MAX + 1];
	char *text;
	json_t *answer;
	int status;

	if (join(argc, argv, line) < 0) {
		fputs("tollgate: a command is at most 512 characters of "
		      "ASCII\n",
		      err);
		return CLI_REFUSED;
	}
	text = control_ask(opt->control, line, TIMEOUT_MS);
	if (!text) {
		if (find_command(argc, argv) == COMMANDS)
			fprintf(err,
				"tollgate: \"%.40s\" is no command known "
				"here; see 'tollgate help'\n",
				line);
		explain_unreachable(err, opt->control, errno);
		return CLI_UNREACHABLE;
	}
	answer = json_loads(text, 0, NULL);
	free(text);
	if (!json_is_object(answer)) {
		json_decref(answer);
		fprintf(err,
			"tollgate: what answers on %s is not tollgated: the "
			"answer is no JSON object\n",
			opt->control);
		return CLI_UNREACHABLE;
	}
	status = show_answer(opt, argc, argv, answer, out, err);
	json_decref(answer);
	return status;
}

/* The options of one command go with no other: who types them elsewhere means
 * something that would not happen. 0, or -EINVAL after a word on `err`. */
static int check_setup(const struct options *opt, int argc, char **argv,
		       FILE *err)
{
	bool setup = argc > 0 && !strcmp(argv[0], "setup");

	if (setup && argc == 1 && !opt->json)
		return 0;
	if (setup)
		fprintf(err, "tollgate: setup takes only --output FILE and "
			     "--virtual\n");
	else if (opt->output || opt->virtual_span)
		fprintf(err, "tollgate: --%s is an option of setup\n",
			opt->output ? "output" : "virtual");
	else
		return 0;
	return -EINVAL;
}

int cli_run(int argc, char **argv, FILE *out, FILE *err)
{
	struct options opt;

	if (parse_options(argc, argv, &opt, err) < 0)
		return CLI_REFUSED;
	if (opt.version) {
		fputs("tollgate " TOLLGATE_VERSION "\n", out);
		return CLI_GOOD;
	}
	/* The list is here too: it is wanted most when nothing runs. */
	if (opt.help || (optind + 1 == argc && !strcmp(argv[optind], "help") &&
			 !opt.json)) {
		usage(out);
		return CLI_GOOD;
	}
	if (check_setup(&opt, argc - optind, argv + optind, err) < 0)
		return CLI_REFUSED;
	if (optind == argc) {
		usage(err);
		return CLI_REFUSED;
	}
	if (!strcmp(argv[optind], "setup"))
		return setup_run(
			&(struct setup_options){ .output = opt.output,
						 .virtual_span =
							 opt.virtual_span,
						 .root = "" },
			out, err);
	return ask(&opt, argc - optind, argv + optind, out, err);
}
