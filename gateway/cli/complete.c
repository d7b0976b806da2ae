#include "gateway/cli/complete.h"

#include "gateway/cli/field.h"
#include "gateway/control.h"
#include "gateway/event.h"
#include "gateway/log.h"

#include <stdlib.h>
#include <string.h>

#define ASK_MS 500
#define NAMES_MAX 200

static void offer(struct complete_list *out, const char *partial,
		  const char *word, const char *help)
{
	struct complete_word *more;

	if (strncmp(word, partial, strlen(partial)) != 0 ||
	    strlen(word) >= COMPLETE_WORD_MAX)
		return;
	for (size_t i = 0; i < out->count; i++)
		if (!strcmp(out->words[i].word, word))
			return;
	if (out->count == out->room) {
		size_t room = out->room ? out->room * 2 : 32;

		more = realloc(out->words, room * sizeof *more);
		if (!more)
			return;
		out->words = more;
		out->room = room;
	}
	more = &out->words[out->count++];
	snprintf(more->word, sizeof more->word, "%s", word);
	snprintf(more->help, sizeof more->help, "%s", help);
}

/* A name of the daemon's; what no terminal should see is no name. */
static void offer_name(struct complete_list *out, const char *partial,
		       const json_t *row, const char *key, const char *after)
{
	const json_t *value = json_object_get(row, key);
	char word[COMPLETE_WORD_MAX];

	if (json_is_integer(value))
		snprintf(word, sizeof word, "%lld%s",
			 (long long)json_integer_value(value), after);
	else if (json_is_string(value))
		snprintf(word, sizeof word, "%.60s%s", json_string_value(value),
			 after);
	else
		return;
	for (const char *c = word; *c; c++)
		if (*c <= ' ' || *c > '~')
			return;
	offer(out, partial, word, "");
}

/* Names that the daemon's answer to a command has. */
static const struct names {
	enum command_kind kind;
	const char *command, *array, *key, *after;
} names[] = {
	{ COMMAND_CALL, "show calls", "calls", "id", "" },
	{ COMMAND_CALL, "show calls", "recent", "id", "" },
	{ COMMAND_SPAN, "show spans", "spans", "span", "" },
	{ COMMAND_CHANNELS, "show spans", "spans", "span", "/" },
	{ COMMAND_TRUNK, "show trunks", "trunk_groups", "trunk_group", "" },
	{ COMMAND_PEER, "show peers", "peers", "peer", "" },
	{ COMMAND_SOURCE, "show peers", "peers", "peer", "" },
	{ COMMAND_SOURCE, "show trunks", "trunk_groups", "trunk_group", "" },
};

static void offer_names(struct complete_list *out, const struct cli *cli,
			const struct names *of, const char *partial)
{
	char *text = control_ask(cli->control, of->command, ASK_MS);
	json_t *answer = text ? json_loads(text, 0, NULL) : NULL;
	const json_t *array = field_array(answer, of->array);

	for (size_t i = 0; i < json_array_size(array) && i < NAMES_MAX; i++)
		offer_name(out, partial, json_array_get(array, i), of->key,
			   of->after);
	json_decref(answer);
	free(text);
}

static void offer_choices(struct complete_list *out, enum command_kind kind,
			  const char *partial)
{
	const char *const *choices = command_choices(kind);

	for (size_t i = 0; choices && choices[i]; i++)
		offer(out, partial, choices[i], "");
}

/* Arguments of one command only, by their names. */
static void offer_named(struct complete_list *out, const char *name,
			const char *partial)
{
	static const char *const words[][2] = {
		{ "SHOWN", "allowed" },	     { "SHOWN", "restricted" },
		{ "BEARER", "speech" },	     { "BEARER", "audio" },
		{ "BEARER", "data" },	     { "TYPE", "unknown" },
		{ "TYPE", "subscriber" },    { "TYPE", "national" },
		{ "TYPE", "international" }, { "TYPE", "network" },
		{ "TYPE", "abbreviated" },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i][0], name))
			offer(out, partial, words[i][1], "");
}

static void offer_events(struct complete_list *out, const char *partial)
{
	for (enum event e = 0; e < EVENT_COUNT; e++) {
		const struct event_info *info = event_info(e);
		char number[16];

		snprintf(number, sizeof number, "TG-%04u", info->number);
		offer(out, partial, number, info->name);
	}
}

static void offer_modules(struct complete_list *out, const char *partial)
{
	for (int i = 0; i < LOG_MODULES; i++)
		offer(out, partial, log_module_name(i), "");
}

static void offer_command_words(struct complete_list *out, int argc,
				char *const argv[], const char *partial)
{
	size_t typed = (size_t)argc;

	for (const struct command *c = command_table; c->usage; c++) {
		struct command_syntax syntax;
		size_t same = 0;

		command_read_syntax(&syntax, c->usage);
		while (same < typed && same < syntax.word_count &&
		       !strcmp(syntax.words[same], argv[same]))
			same++;
		if (same < typed || syntax.word_count == typed)
			continue;
		/* Of several that go on from here the help is none's. */
		offer(out, partial, syntax.words[typed],
		      syntax.word_count == typed + 1 ? c->help : "");
	}
}

static void offer_kind(struct complete_list *out, const struct cli *cli,
		       const struct command_item *item, const char *partial)
{
	offer_choices(out, item->kind, partial);
	if (item->kind == COMMAND_WORD)
		offer_named(out, item->name, partial);
	if (item->kind == COMMAND_EVENT)
		offer_events(out, partial);
	if (item->kind == COMMAND_MODULE)
		offer_modules(out, partial);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].kind == item->kind)
			offer_names(out, cli, &names[i], partial);
	out->file = out->file || item->kind == COMMAND_FILE;
}

static const struct command_item *
find_keyword(const struct command_syntax *syntax, const char *word)
{
	for (size_t i = 0; i < syntax->item_count; i++)
		if (*syntax->items[i].keyword &&
		    !strcmp(syntax->items[i].keyword, word))
			return &syntax->items[i];
	return NULL;
}

static bool typed_before(const char *word, int argc, char *const argv[])
{
	for (int i = 0; i < argc; i++)
		if (!strcmp(argv[i], word))
			return true;
	return false;
}

/* Whether an argument must be typed before anything else makes sense. */
static bool waits(const struct command_syntax *syntax, size_t given)
{
	size_t needed = 0;

	for (size_t i = 0; i < syntax->item_count; i++)
		needed += !*syntax->items[i].keyword &&
			  !syntax->items[i].optional;
	return given < needed;
}

/* What may stand behind a command's words and the arguments argv. */
static void offer_arguments(struct complete_list *out, const struct cli *cli,
			    const struct command_syntax *syntax, int argc,
			    char *const argv[], const char *partial)
{
	const struct command_item *item = NULL;
	size_t given = 0, place = 0;
	bool waiting;

	for (int i = 0; i < argc; i++) {
		item = find_keyword(syntax, argv[i]);
		given += !item;
		if (item && item->kind != COMMAND_FLAG && ++i == argc) {
			offer_kind(out, cli, item, partial);
			return;
		}
	}
	waiting = !*partial && waits(syntax, given);
	for (size_t i = 0; i < syntax->item_count; i++) {
		item = &syntax->items[i];
		if (*item->keyword && !waiting &&
		    !typed_before(item->keyword, argc, argv))
			offer(out, partial, item->keyword, "");
		else if (!*item->keyword && item->kind == COMMAND_COMMAND)
			offer_command_words(out, argc, argv, partial);
		/* One that may be left out, and so the next one too. */
		else if (!*item->keyword &&
			 (place++ == given || (item->rest && place <= given))) {
			offer_kind(out, cli, item, partial);
			given += item->optional && !item->rest;
		}
	}
}

void complete_find(struct complete_list *out, const struct cli *cli, int argc,
		   char *const argv[], const char *partial)
{
	struct command_syntax best = { .word_count = 0 };

	*out = (struct complete_list){ .words = NULL };
	offer_command_words(out, argc, argv, partial);
	for (const struct command *c = command_table; c->usage; c++) {
		struct command_syntax syntax;
		size_t same = 0;

		command_read_syntax(&syntax, c->usage);
		while (same < (size_t)argc && same < syntax.word_count &&
		       !strcmp(syntax.words[same], argv[same]))
			same++;
		if (same == syntax.word_count && same > best.word_count)
			best = syntax;
	}
	if (best.word_count)
		offer_arguments(out, cli, &best, argc - (int)best.word_count,
				argv + best.word_count, partial);
	if (*partial != '-')
		return;
	offer(out, partial, "--json", "the answer as JSON");
	offer(out, partial, "--control", "the control socket");
	offer(out, partial, "--help", "the list of commands");
	offer(out, partial, "--version", "the version");
}

void complete_free(struct complete_list *list)
{
	free(list->words);
	*list = (struct complete_list){ .words = NULL };
}

size_t complete_common(const struct complete_list *list)
{
	size_t common = list->count ? strlen(list->words[0].word) : 0;

	for (size_t i = 1; i < list->count; i++) {
		size_t same = 0;

		while (same < common &&
		       list->words[i].word[same] == list->words[0].word[same])
			same++;
		common = same;
	}
	return common;
}

/* Drops the options that stand anywhere; the control socket's is obeyed. True
 * when what is left to complete is the value of --control. */
static bool drop_options(struct cli *cli, int *argc, char *argv[])
{
	int kept = 0;

	for (int i = 0; i < *argc; i++) {
		if (!strcmp(argv[i], "--control") || !strcmp(argv[i], "-c")) {
			/* bash makes three words of --control=PATH. */
			i += i + 1 < *argc && !strcmp(argv[i + 1], "=");
			if (++i == *argc)
				return true;
			cli->control = argv[i];
		} else if (!strncmp(argv[i], "--control=", 10)) {
			cli->control = argv[i] + 10;
		} else if (strcmp(argv[i], "--json") != 0 &&
			   strcmp(argv[i], "-j") != 0) {
			argv[kept++] = argv[i];
		}
	}
	*argc = kept;
	return false;
}

int complete_run(const struct cli *cli, const struct command_line *line)
{
	struct cli own = *cli;
	struct complete_list list = { .words = NULL };
	char *words[CONTROL_WORDS_MAX];
	int argc = 0;

	while (line->rest[argc] && argc < CONTROL_WORDS_MAX) {
		words[argc] = line->rest[argc];
		argc++;
	}
	if (argc > 0) {
		const char *partial = words[--argc];

		list.file = drop_options(&own, &argc, words);
		if (!list.file)
			complete_find(&list, &own, argc, words, partial);
	}
	if (list.file)
		fputs(":file\n", cli->out);
	for (size_t i = 0; i < list.count; i++)
		fprintf(cli->out, "%s\t%s\n", list.words[i].word,
			list.words[i].help);
	complete_free(&list);
	return CLI_GOOD;
}
