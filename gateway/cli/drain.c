/* drain, which waits until no call is left: on a terminal, or when told to. */
#include "gateway/cli/drain.h"

#include "gateway/cli/field.h"
#include "gateway/control.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASK_EVERY_MS 500

/* The request without what only we understand. */
static void request(const struct command_line *line, char *out, size_t size)
{
	const char *timeout = command_get(line, "timeout");
	const char *name = "";

	for (size_t i = 0; i < line->syntax.item_count; i++)
		if (!*line->syntax.items[i].keyword)
			name = line->value[i];
	snprintf(out, size, "%s%s%s%s%s", line->syntax.name, *name ? " " : "",
		 name, timeout ? " timeout " : "", timeout ? timeout : "");
}

static int show(const struct cli *cli, const char *text, const json_t *answer)
{
	char copy[CONTROL_LINE_MAX + 1], *words[CONTROL_WORDS_MAX + 1];
	int count;

	snprintf(copy, sizeof copy, "%s", text);
	count = command_split(copy, words, CONTROL_WORDS_MAX);
	return cli_show(cli, count, words, answer);
}

/* Its row of `show drains`; NULL: it is there no more. */
static const json_t *row_of(const json_t *answer, const json_t *drain)
{
	const json_t *rows = field_array(answer, "drains");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		if (!strcmp(field_text(row, "kind"),
			    field_text(drain, "kind")) &&
		    !strcmp(field_text(row, "name"), field_text(drain, "name")))
			return row;
	}
	return NULL;
}

static bool is_drained(const json_t *row)
{
	return !strcmp(field_text(row, "state"), "drained");
}

/* One line that is written over on a terminal, and a line a change elsewhere.
 * As JSON only the end is told. */
static void progress(const struct cli *cli, const json_t *row, bool terminal)
{
	long long calls = field_number(row, "calls");
	long long left_ms = field_number(row, "left_ms");
	char then[48] = "";

	if (cli->json)
		return;
	if (field_is_number(row, "left_ms"))
		snprintf(then, sizeof then, ", %lld s until they are released",
			 (left_ms + 999) / 1000);
	fprintf(cli->out, "%s%lld call%s left%s%s", terminal ? "\r" : "", calls,
		plural(calls), then, terminal ? "   \b\b\b" : "\n");
	fflush(cli->out);
}

static int ended(const struct cli *cli, const char *text, const json_t *row,
		 bool terminal)
{
	char done[160];
	json_t *answer;
	int status;

	if (terminal && !cli->json)
		fputs("\r                                                  \r",
		      cli->out);
	snprintf(done, sizeof done, "%.100s is drained: no call is left",
		 field_text(row, "object"));
	answer = json_pack("{s:s, s:O}", "done", done, "drain", row);
	status = show(cli, text, answer);
	json_decref(answer);
	return status;
}

static int watch(const struct cli *cli, const char *text, const json_t *drain,
		 bool terminal)
{
	long long told = -1;
	int status;

	for (;;) {
		json_t *answer = cli_answer(cli, "show drains");
		const json_t *row = row_of(answer, drain);
		bool changed = field_number(row, "calls") != told;

		if (!answer)
			return CLI_UNREACHABLE;
		if (!row || is_drained(row)) {
			if (!row && terminal)
				fputc('\n', cli->out);
			status = row ? ended(cli, text, row, terminal)
				     : cli_refuse(cli, "it was undrained and "
						       "takes calls again");
			json_decref(answer);
			return status;
		}
		told = field_number(row, "calls");
		if (changed || terminal)
			progress(cli, row, terminal);
		json_decref(answer);
		poll(NULL, 0, ASK_EVERY_MS);
	}
}

int drain_run(const struct cli *cli, const struct command_line *line)
{
	bool terminal = !cli->json && isatty(fileno(cli->out));
	bool wait = terminal || command_get(line, "--wait");
	char text[CONTROL_LINE_MAX + 1];
	const json_t *drain;
	json_t *answer;
	int status = CLI_GOOD;

	request(line, text, sizeof text);
	answer = cli_answer(cli, text);
	if (!answer)
		return CLI_UNREACHABLE;
	drain = field_object(answer, "drain");
	wait = wait && drain && !is_drained(drain);
	if (!wait || !cli->json)
		status = show(cli, text, answer);
	if (wait && status == CLI_GOOD) {
		if (terminal)
			fputs("Waiting; ^C ends the waiting, not the drain.\n",
			      cli->out);
		status = watch(cli, text, drain, terminal);
	}
	json_decref(answer);
	return status;
}
