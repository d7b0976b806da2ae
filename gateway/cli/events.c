#include "gateway/cli/events.h"

#include "gateway/cli/field.h"
#include "gateway/cli/render.h"
#include "gateway/event.h"
#include "gateway/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVERY_S 1
/* What is asked for each time: more than that come in no second. */
#define ASKED "256"

/* Leaves of an answer what came after event `last`, whose number is then the
 * latest. */
static void only_new(json_t *answer, long long *last)
{
	json_t *array = json_object_get(answer, "events");
	size_t i = 0;

	while (i < json_array_size(array)) {
		long long number =
			field_number(json_array_get(array, i), "number");

		if (number > *last) {
			*last = number;
			i++;
		} else {
			json_array_remove(array, i);
		}
	}
}

/* As JSON a line each: who reads it takes them as they come. */
static void print_new(const struct cli *cli, const json_t *answer)
{
	const json_t *array = field_array(answer, "events");
	struct screen screen;

	screen_open(&screen, cli->out);
	if (!cli->json && json_array_size(array))
		render_events(&screen, answer);
	for (size_t i = 0; cli->json && i < json_array_size(array); i++) {
		json_dumpf(json_array_get(array, i), cli->out,
			   JSON_COMPACT | JSON_ENSURE_ASCII);
		putc('\n', cli->out);
	}
	fflush(cli->out);
}

/* A gateway that was started anew counts from 1 again. */
static bool is_behind(const json_t *answer, long long last)
{
	const json_t *array = field_array(answer, "events");
	size_t count = json_array_size(array);

	return count == 0 ||
	       field_number(json_array_get(array, count - 1), "number") < last;
}

static int follow(const struct cli *cli, json_t *answer)
{
	long long last = 0;

	for (;;) {
		if (is_behind(answer, last))
			last = 0;
		only_new(answer, &last);
		print_new(cli, answer);
		json_decref(answer);
		if (ferror(cli->out))
			return CLI_REFUSED;
		sleep(EVERY_S);
		answer = cli_answer(cli, "events " ASKED);
		if (!answer)
			return CLI_UNREACHABLE;
	}
}

int events_run(const struct cli *cli, const struct command_line *line)
{
	const char *count = command_get(line, "COUNT");
	char words[32];
	char *argv[] = { (char[]){ "events" }, NULL };
	json_t *answer;
	int status;

	snprintf(words, sizeof words, "events %.9s", count ? count : "");
	answer = cli_answer(cli, words);
	if (!answer)
		return CLI_UNREACHABLE;
	if (command_get(line, "--follow") && !json_object_get(answer, "error"))
		return follow(cli, answer);
	status = cli_show(cli, 1, argv, answer);
	json_decref(answer);
	return status;
}

int event_help_run(const struct cli *cli, const struct command_line *line)
{
	const struct event_info *info = event_find(command_get(line, "EVENT"));
	char *argv[] = { (char[]){ "help" }, (char[]){ "event" },
			 (char *)info->name, NULL };
	char number[16];
	json_t *answer;
	int status;

	snprintf(number, sizeof number, "TG-%04u", info->number);
	answer = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "event", number,
			   "name", info->name, "level",
			   log_level_name(info->level), "text", info->text,
			   "cause", info->cause, "remedy", info->remedy);
	if (!answer)
		return cli_refuse(cli, "no memory");
	status = cli_show(cli, 3, argv, answer);
	json_decref(answer);
	return status;
}
