#include "gateway/cli/cli.h"

#include "gateway/cli/cdr.h"
#include "gateway/cli/check.h"
#include "gateway/cli/complete.h"
#include "gateway/cli/drain.h"
#include "gateway/cli/events.h"
#include "gateway/cli/field.h"
#include "gateway/cli/help.h"
#include "gateway/cli/interactive.h"
#include "gateway/cli/monitor.h"
#include "gateway/cli/render.h"
#include "gateway/cli/setup.h"
#include "gateway/control.h"
#include "gateway/version.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS 5000
/* To read and check a number plan of any size. */
#define RELOAD_TIMEOUT_MS 60000
#define PREFIX "tollgate: "

/* The options that stand anywhere; what they leave is the command. */
struct options {
	const char *control;
	bool json, help, version;
	int argc;
	char **argv; /* as long as the whole, ends with NULL */
};

/* The value of an option with one, in its word or the next; NULL: this is
 * another option. */
static const char *option_value(char **argv, int *at, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(argv[*at], name, len) != 0)
		return NULL;
	if (argv[*at][len] == '=')
		return argv[*at] + len + 1;
	if (argv[*at][len])
		return NULL;
	return argv[*at + 1] ? argv[++*at] : "";
}

static bool is_option(const char *word, const char *brief, const char *name)
{
	return !strcmp(word, brief) || !strcmp(word, name);
}

/* 0, or -EINVAL after a word on `err`. Other options are a command's. */
static int parse_options(int argc, char **argv, struct options *opt, FILE *err)
{
	for (int at = 1; at < argc; at++) {
		const char *value;

		/* What is to be completed may be an option, or half of one. */
		if (opt->argc && !strcmp(opt->argv[0], "complete")) {
			opt->argv[opt->argc++] = argv[at];
			continue;
		}
		value = option_value(argv, &at, "--control");

		if (!value)
			value = option_value(argv, &at, "-c");
		if (value && !*value) {
			fputs(PREFIX "--control needs a value\n", err);
			return -EINVAL;
		}
		if (value)
			opt->control = value;
		else if (is_option(argv[at], "-j", "--json"))
			opt->json = true;
		else if (is_option(argv[at], "-h", "--help"))
			opt->help = true;
		else if (!strcmp(argv[at], "--version"))
			opt->version = true;
		else
			opt->argv[opt->argc++] = argv[at];
	}
	opt->argv[opt->argc] = NULL;
	if (!opt->argc || *opt->argv[0] != '-')
		return 0;
	fprintf(err,
		PREFIX "unknown option %.60s; 'tollgate --help' lists them\n",
		opt->argv[0]);
	return -EINVAL;
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

int cli_refuse(const struct cli *cli, const char *text)
{
	struct screen screen = { .out = cli->err, .colour = false };
	json_t *document = NULL;

	if (cli->json)
		document = json_pack("{s:s}", "error", text);
	if (document) {
		print_json(cli->out, document);
		json_decref(document);
		return CLI_REFUSED;
	}
	screen_put(&screen, INK_PLAIN, PREFIX);
	screen_wrap(&screen, INK_PLAIN, (int)strlen(PREFIX), text);
	return CLI_REFUSED;
}

/* As JSON where only a newer tollgated knows the command. */
static void render(const struct cli *cli, int argc, char *const argv[],
		   const json_t *answer)
{
	struct command_line line;
	char why[COMMAND_WHY_MAX];
	struct screen screen;
	render_fn *fn = NULL;

	screen_open(&screen, cli->out);
	command_parse(&line, argc, argv, why);
	if (line.command)
		fn = render_find(line.syntax.name);
	if (fn)
		fn(&screen, answer);
	else
		print_json(cli->out, answer);
}

/* Those of a configuration, as `tollgated --check` prints them: their carets
 * are lost when they are wrapped. The daemon has made them harmless; what
 * claims to be one may not have. */
static void put_errors(const struct cli *cli, const char *errors)
{
	for (; *errors; errors++) {
		unsigned char c = (unsigned char)*errors;

		putc(c < ' ' && c != '\n' && c != '\t' ? '?' : c, cli->err);
	}
}

int cli_show(const struct cli *cli, int argc, char *const argv[],
	     const json_t *answer)
{
	bool refused = json_object_get(answer, "error") != NULL;
	const char *error = field_text(answer, "error");

	if (refused && !cli->json)
		put_errors(cli, field_text(answer, "errors"));
	if (cli->json)
		print_json(cli->out, answer);
	else if (refused)
		cli_refuse(cli, *error ? error : "refused, without a reason");
	else
		render(cli, argc, argv, answer);
	if (fflush(cli->out) != 0 || ferror(cli->out)) {
		fprintf(cli->err, PREFIX "cannot write the answer: %s\n",
			strerror(errno));
		return CLI_REFUSED;
	}
	return refused ? CLI_REFUSED : CLI_GOOD;
}

json_t *cli_answer(const struct cli *cli, const char *line)
{
	bool reload = !strncmp(line, "reload", strlen("reload")) ||
		      !strncmp(line, "show config", strlen("show config"));
	char *text = control_ask(cli->control, line,
				 reload ? RELOAD_TIMEOUT_MS : TIMEOUT_MS);
	json_t *answer;

	if (!text) {
		explain_unreachable(cli->err, cli->control, errno);
		return NULL;
	}
	answer = json_loads(text, 0, NULL);
	free(text);
	if (json_is_object(answer))
		return answer;
	json_decref(answer);
	fprintf(cli->err,
		PREFIX "what answers on %s is not tollgated: the answer is no "
		       "JSON object\n",
		cli->control);
	return NULL;
}

int cli_ask(const struct cli *cli, int argc, char *const argv[])
{
	char line[CONTROL_LINE_MAX + 1];
	json_t *answer;
	int status;

	if (command_join(line, sizeof line, argc, argv) < 0)
		return cli_refuse(cli, "a command is at most 512 characters "
				       "of ASCII without quotes");
	answer = cli_answer(cli, line);
	if (!answer)
		return CLI_UNREACHABLE;
	status = cli_show(cli, argc, argv, answer);
	json_decref(answer);
	return status;
}

static int run_setup(const struct cli *cli, const struct command_line *line)
{
	struct setup_options opt = {
		.output = command_get(line, "--output"),
		.virtual_span = command_get(line, "--virtual") != NULL,
		.root = "",
	};

	if (cli->json)
		return cli_refuse(cli, "setup has no JSON: what it writes is a "
				       "configuration");
	return setup_run(&opt, cli->out, cli->err);
}

static const struct {
	const char *name; /* as in command_table */
	int (*fn)(const struct cli *cli, const struct command_line *line);
	bool json; /* it makes the document too */
} functions[] = {
	{ "check", check_run, true },
	{ "route test", check_tests_run, true },
	{ "monitor", monitor_run, true },
	{ "setup", run_setup, true },
	{ "completion", completion_run, true },
	{ "complete", complete_run, true },
	{ "help", help_run, false },
	{ "help event", event_help_run, true },
	{ "events", events_run, true },
	{ "cdr tail", cdr_tail_run, true },
	{ "drain span", drain_run, true },
	{ "drain trunk", drain_run, true },
	{ "drain peer", drain_run, true },
	{ "drain all", drain_run, true },
};

#define FUNCTIONS (sizeof functions / sizeof *functions)

bool cli_does(const char *name)
{
	for (size_t i = 0; i < FUNCTIONS; i++)
		if (!strcmp(functions[i].name, name))
			return true;
	return false;
}

size_t cli_function_count(void)
{
	return FUNCTIONS;
}

/* What is no command here goes to the daemon all the same: it may be newer;
 * arguments are judged here. */
static int run_command(const struct cli *cli, int argc, char *const argv[])
{
	struct command_line line;
	char why[COMMAND_WHY_MAX];
	int err = command_parse(&line, argc, argv, why), status;

	if (err == -EINVAL)
		return cli_refuse(cli, why);
	/* As a document, help is the daemon's. */
	for (size_t i = 0; !err && i < FUNCTIONS; i++)
		if (!strcmp(functions[i].name, line.syntax.name) &&
		    (functions[i].json || !cli->json))
			return functions[i].fn(cli, &line);
	status = cli_ask(cli, argc, argv);
	if (status == CLI_UNREACHABLE && err == -ENOENT && !cli->json)
		cli_refuse(cli, why);
	return status;
}

static int run(const struct cli *cli, int argc, char **argv);

/* The terminal's words are as those of the command line. */
static int run_line(const struct cli *cli, int argc, char **argv)
{
	char *words[CONTROL_WORDS_MAX + 2] = { argv[0] };

	memcpy(words + 1, argv, ((size_t)argc + 1) * sizeof *argv);
	return run(cli, argc + 1, words);
}

/* `show calls --help` is help of show calls, whatever else stands there. */
static int run_help(const struct cli *cli, const struct options *opt)
{
	char *words[COMMAND_WORDS_MAX + 2] = { (char[]){ "help" } };
	struct command_line line;
	char why[COMMAND_WHY_MAX];
	size_t count;

	if (!opt->argc) {
		help_usage(cli->out);
		return CLI_GOOD;
	}
	command_parse(&line, opt->argc, opt->argv, why);
	count = line.command ? line.syntax.word_count : (size_t)opt->argc;
	if (count > COMMAND_WORDS_MAX)
		count = COMMAND_WORDS_MAX;
	memcpy(words + 1, opt->argv, count * sizeof *words);
	return run_command(cli, (int)count + 1, words);
}

static int run_words(struct cli *cli, const struct options *opt)
{
	if (opt->version) {
		fputs("tollgate " TOLLGATE_VERSION "\n", cli->out);
		return CLI_GOOD;
	}
	if (opt->help)
		return run_help(cli, opt);
	if (opt->argc)
		return run_command(cli, opt->argc, opt->argv);
	if (!cli->json && isatty(STDIN_FILENO) && isatty(fileno(cli->out)))
		return interactive_run(cli, run_line);
	help_usage(cli->err);
	return CLI_REFUSED;
}

static int run(const struct cli *given, int argc, char **argv)
{
	struct cli cli = *given;
	struct options opt = {
		.control = cli.control,
		.argv = calloc((size_t)argc + 1, sizeof *opt.argv),
	};
	int status = CLI_REFUSED;

	if (opt.argv && parse_options(argc, argv, &opt, cli.err) == 0) {
		cli.control = opt.control;
		cli.json = opt.json;
		status = run_words(&cli, &opt);
	}
	free(opt.argv);
	return status;
}

int cli_run(int argc, char **argv, FILE *out, FILE *err)
{
	const char *path = getenv("TOLLGATE_CONTROL");
	struct cli cli = { .out = out, .err = err };

	cli.control = path && *path ? path : CLI_DEFAULT_CONTROL;
	return run(&cli, argc, argv);
}
