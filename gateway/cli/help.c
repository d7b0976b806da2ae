#include "gateway/cli/help.h"

#include "gateway/cli/render.h"

#include <stdio.h>
#include <string.h>

#define INDENT 6
#define NAME_WIDTH 10

/* What an argument may be; kinds whose name says it all are left out. */
static const char *const meanings[] = {
	[COMMAND_CALL] = "a call's number, of 'show calls'",
	[COMMAND_SPAN] = "a span's number",
	[COMMAND_CHANNELS] = "channels of a span, as 1/5 or 1/5-8",
	[COMMAND_TRUNK] = "a trunk group",
	[COMMAND_PEER] = "a sip-peer",
	[COMMAND_SOURCE] = "a sip-peer or a trunk group",
	[COMMAND_NUMBER] = "a telephone number, or its digits",
	[COMMAND_TIME] = "as \"2026-12-24 18:00\"",
	[COMMAND_DURATION] = "as 90s, 10min or 2h",
	[COMMAND_EVENT] = "the id or the name of one: TG-1203, span-down",
	[COMMAND_WORD] = NULL,
};

/* The words, and of the arguments what there is room for. */
static void brief(const struct command *command, char out[COMMAND_TEXT_MAX])
{
	struct command_syntax syntax;
	size_t used;

	if (strlen(command->usage) <= RENDER_USAGE_WIDTH) {
		strcpy(out, command->usage);
		return;
	}
	command_read_syntax(&syntax, command->usage);
	used = (size_t)snprintf(out, COMMAND_TEXT_MAX, "%s", syntax.name);
	for (size_t i = 0; i < syntax.item_count; i++) {
		const struct command_item *item = &syntax.items[i];
		size_t len = strlen(item->name);

		if (*item->keyword || item->optional ||
		    used + len + 4 > RENDER_USAGE_WIDTH)
			break;
		used += (size_t)snprintf(out + used, COMMAND_TEXT_MAX - used,
					 " %s", item->name);
	}
	snprintf(out + used, COMMAND_TEXT_MAX - used, " ..");
}

void help_usage(FILE *out)
{
	struct screen screen = { .out = out, .colour = false };

	fputs("usage: tollgate [--control PATH] [--json] [COMMAND]\n\n", out);
	for (const struct command *c = command_table; c->usage; c++) {
		char usage[COMMAND_TEXT_MAX];

		brief(c, usage);
		render_command(&screen, usage, c->help);
	}
	fputs("\n  ..: 'help COMMAND' has the rest. Without a command, on a "
	      "terminal, tollgate\n"
	      "  reads them one after the other; Tab completes.\n\n"
	      "  --control PATH  tollgated's control socket; else "
	      "$TOLLGATE_CONTROL,\n"
	      "                  else " CLI_DEFAULT_CONTROL "\n"
	      "  --json          the answer as JSON\n"
	      "  --help, --version\n\n"
	      "Exit status: 0 good, 1 refused or unknown, 2 tollgated does not "
	      "answer,\n"
	      "or setup finds no span that can be used.\n",
	      out);
}

/* "" when the name says it all. */
static const char *meaning_of(enum command_kind kind,
			      char out[COMMAND_CHOICES_MAX + 10])
{
	char list[COMMAND_CHOICES_MAX];

	snprintf(out, COMMAND_CHOICES_MAX + 10, "one of %s",
		 command_choices_text(kind, list));
	if (command_choices(kind))
		return out;
	return meanings[kind] ? meanings[kind] : "";
}

static void word_line(struct screen *screen, const char *word, const char *help)
{
	screen_put(screen, INK_PLAIN, "%*s%-*s", INDENT, "", NAME_WIDTH, word);
	screen_wrap(screen, INK_PLAIN, INDENT + NAME_WIDTH, help);
}

/* The option or keyword, and the argument behind it. */
static void explain_item(struct screen *screen,
			 const struct command_syntax *syntax,
			 const struct command_item *item)
{
	const char *help = command_word_help(syntax, item->keyword);
	char text[COMMAND_CHOICES_MAX + 10];

	if (help)
		word_line(screen, item->keyword, help);
	if (!*item->name)
		return;
	help = command_word_help(syntax, item->name);
	if (!help)
		help = meaning_of(item->kind, text);
	if (*help)
		word_line(screen, item->name, help);
}

static void explain(struct screen *screen, const struct command *command)
{
	struct command_syntax syntax;

	command_read_syntax(&syntax, command->usage);
	screen_wrap(screen, INK_BOLD, INDENT, command->usage);
	screen_put(screen, INK_PLAIN, "  ");
	screen_wrap(screen, INK_PLAIN, 2, command->help);
	if (command->flags & COMMAND_CHANGES)
		screen_put(screen, INK_PLAIN,
			   "  It changes something: the socket control-read "
			   "does not take it%s.\n",
			   strstr(command->usage, "--plan") ? " without --plan"
							    : "");
	for (size_t i = 0; i < syntax.item_count; i++)
		explain_item(screen, &syntax, &syntax.items[i]);
}

int help_run(const struct cli *cli, const struct command_line *line)
{
	struct screen screen;
	char why[COMMAND_WHY_MAX];
	size_t words = 0, shown = 0;

	while (line->rest[words])
		words++;
	/* The list is here too: it is wanted most when nothing runs. */
	if (!words) {
		help_usage(cli->out);
		return CLI_GOOD;
	}
	screen_open(&screen, cli->out);
	for (const struct command *c = command_table; c->usage; c++) {
		if (!command_begins(c, words, line->rest))
			continue;
		if (shown++)
			screen_put(&screen, INK_PLAIN, "\n");
		explain(&screen, c);
	}
	if (shown)
		return CLI_GOOD;
	command_explain(why, (int)words, line->rest);
	return cli_refuse(cli, why);
}
