#include "gateway/commands.h"

#include "conf/suggest.h"
#include "gateway/event.h"
#include "gateway/log.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 9
#define CALL_DIGITS_MAX 10
#define DURATION_MAX_MS 86400000

static bool is_digits(const char *word)
{
	size_t digits = strspn(word, "0123456789");

	return digits > 0 && digits <= DIGITS_MAX && !word[digits];
}

/* A gateway that runs for years counts beyond nine digits. */
static bool is_call(const char *word)
{
	size_t digits = strspn(word, "0123456789");

	return digits > 0 && digits <= CALL_DIGITS_MAX && !word[digits] &&
	       strtoull(word, NULL, 10) <= UINT_MAX;
}

static bool is_channels(const char *word)
{
	unsigned span, first, last;
	int used = 0;

	if (!isdigit((unsigned char)*word) || strlen(word) > 20)
		return false;
	if (sscanf(word, "%9u/%9u%n", &span, &first, &used) == 2 &&
	    used == (int)strlen(word))
		return true;
	used = 0;
	return sscanf(word, "%9u/%9u-%9u%n", &span, &first, &last, &used) ==
		       3 &&
	       used == (int)strlen(word) && first <= last;
}

static bool is_number(const char *word)
{
	size_t plus = *word == '+';
	size_t digits = strspn(word + plus, "0123456789*#ABCDabcd");

	return digits > 0 && !word[plus + digits];
}

/* 0 when it is no time, or more than a day. */
static uint32_t duration_ms(const char *word)
{
	static const struct {
		const char *name;
		uint32_t ms;
	} units[] = { { "s", 1000 }, { "min", 60000 }, { "h", 3600000 } };
	size_t digits = strspn(word, "0123456789");
	uint64_t ms;

	if (!digits || digits > DIGITS_MAX)
		return 0;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (strcmp(word + digits, units[i].name) != 0)
			continue;
		ms = strtoull(word, NULL, 10) * units[i].ms;
		return ms <= DURATION_MAX_MS ? (uint32_t)ms : 0;
	}
	return 0;
}

static bool is_duration(const char *word)
{
	return duration_ms(word) > 0;
}

static const char *const levels[] = { "err",  "warning", "notice",
				      "info", "debug",	 NULL };
static const char *const states[] = { "setup",	  "proceeding",	  "rerouting",
				      "alerting", "answered",	  "active",
				      "held",	  "announcement", "clearing",
				      NULL };
static const char *const shells[] = { "bash", "zsh", NULL };

static bool is_module(const char *word)
{
	return log_module_parse(word) >= 0;
}

static bool is_event(const char *word)
{
	return event_find(word) != NULL;
}

static const struct {
	const char *name;
	bool (*fits)(const char *word); /* NULL: any word does */
	const char *otherwise;
} command_kinds[] = {
	[COMMAND_FLAG] = { "", NULL, NULL },
	[COMMAND_CALL] = { "ID", is_call,
			   "no call number; 'show calls' lists them" },
	[COMMAND_SPAN] = { "SPAN", is_digits,
			   "no span's number; 'show spans' lists them" },
	[COMMAND_CHANNELS] = { "CHANNELS", is_channels,
			       "no channel; 1/5 is channel 5 of span 1, 1/5-8 "
			       "are four" },
	[COMMAND_TRUNK] = { "TRUNK", NULL, NULL },
	[COMMAND_PEER] = { "PEER", NULL, NULL },
	[COMMAND_SOURCE] = { "SOURCE", NULL, NULL },
	[COMMAND_NUMBER] = { "NUMBER", is_number,
			     "no telephone number: digits, * and #, with or "
			     "without a + before them" },
	[COMMAND_LEVEL] = { "LEVEL", NULL, "no level" },
	[COMMAND_TIME] = { "TIME", NULL, NULL },
	[COMMAND_DURATION] = { "DURATION", is_duration,
			       "no time: 90s, 5min or 2h, a day at most" },
	[COMMAND_COUNT] = { "COUNT", is_digits, "no count" },
	[COMMAND_FILE] = { "FILE", NULL, NULL },
	[COMMAND_SHELL] = { "SHELL", NULL, "no shell with completion" },
	[COMMAND_STATE] = { "STATE", NULL, "no state of a call" },
	[COMMAND_MODULE] = { "MODULE", is_module,
			     "no module; there are gateway, conf, dahdi, media "
			     "and sip" },
	[COMMAND_EVENT] = { "EVENT", is_event,
			    "no event; they are as TG-1203 or span-down, see "
			    "tollgate-events(7)" },
	[COMMAND_COMMAND] = { "COMMAND", NULL, NULL },
	[COMMAND_WORD] = { "", NULL, NULL },
};

/* Of kinds that have few words. */
static const char *const *const command_lists[] = {
	[COMMAND_LEVEL] = levels,
	[COMMAND_STATE] = states,
	[COMMAND_SHELL] = shells,
	[COMMAND_WORD] = NULL,
};

static enum command_kind kind_of(const char *name)
{
	for (unsigned k = COMMAND_FLAG + 1; k < COMMAND_WORD; k++)
		if (!strcmp(command_kinds[k].name, name))
			return k;
	return COMMAND_WORD;
}

/* A usage, piece by piece. */
struct piece {
	char text[24];
	bool opens, closes; /* its [ ] */
};

static bool next_piece(const char **at, struct piece *out)
{
	size_t len;

	*at += strspn(*at, " ");
	if (!**at)
		return false;
	out->opens = **at == '[';
	*at += out->opens;
	len = strcspn(*at, " ]");
	assert(len > 0 && len < sizeof out->text);
	memcpy(out->text, *at, len);
	out->text[len] = '\0';
	*at += len;
	out->closes = **at == ']';
	*at += out->closes;
	return true;
}

static void take_name(struct command_item *item, const char *text)
{
	size_t len = strlen(text);

	if (len > 3 && !strcmp(text + len - 3, "...")) {
		item->rest = true;
		len -= 3;
	}
	memcpy(item->name, text, len);
	item->kind = kind_of(item->name);
}

static void add_item(struct command_syntax *out, const struct piece *piece,
		     const char **at)
{
	struct command_item *item = &out->items[out->item_count++];
	struct piece value;

	assert(out->item_count <= COMMAND_ITEMS_MAX);
	item->optional = piece->opens;
	if (isupper((unsigned char)*piece->text)) {
		take_name(item, piece->text);
		return;
	}
	strcpy(item->keyword, piece->text);
	if (piece->closes)
		return;
	if (next_piece(at, &value))
		take_name(item, value.text);
}

void command_read_syntax(struct command_syntax *out, const char *usage)
{
	struct piece piece;

	memset(out, 0, sizeof *out);
	while (next_piece(&usage, &piece)) {
		if (out->item_count || piece.opens ||
		    !islower((unsigned char)*piece.text)) {
			add_item(out, &piece, &usage);
			continue;
		}
		assert(out->word_count < COMMAND_WORDS_MAX);
		if (out->word_count)
			strcat(out->name, " ");
		strcat(out->name, piece.text);
		strcpy(out->words[out->word_count++], piece.text);
	}
}

static int fail(char why[COMMAND_WHY_MAX], int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(char why[COMMAND_WHY_MAX], int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, COMMAND_WHY_MAX, fmt, ap);
	va_end(ap);
	return err;
}

/* Whether the first `count` words are these. */
static bool begins(const struct command_syntax *syntax, size_t count,
		   const char *const words[])
{
	if (syntax->word_count < count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(syntax->words[i], words[i]))
			return false;
	return true;
}

/* The words that commands which begin so go on with, each once. */
static void list_next(char *list, size_t size, size_t count,
		      const char *const words[])
{
	char last[24] = "";
	size_t used = 0;

	*list = '\0';
	for (const struct command *c = command_table; c->usage; c++) {
		struct command_syntax syntax;

		command_read_syntax(&syntax, c->usage);
		if (!begins(&syntax, count, words) ||
		    syntax.word_count == count ||
		    !strcmp(syntax.words[count], last))
			continue;
		strcpy(last, syntax.words[count]);
		used += (size_t)snprintf(list + used, size - used, "%s%s",
					 used ? ", " : "", last);
		if (used >= size)
			return;
	}
}

/* The word at place `count` of a command that begins with `words`: `typed`
 * itself, or what it resembles; "" when there is none. */
static void nearest(char out[24], size_t count, const char *const words[],
		    const char *typed)
{
	struct suggestion s;
	char known[24];

	*out = '\0';
	suggest_begin(&s, typed);
	for (const struct command *c = command_table; c->usage; c++) {
		struct command_syntax syntax;
		unsigned before = s.distance;

		command_read_syntax(&syntax, c->usage);
		if (!begins(&syntax, count, words) ||
		    syntax.word_count == count)
			continue;
		strcpy(known, syntax.words[count]);
		suggest_offer(&s, known, NULL, NULL);
		if (s.best && s.distance < before)
			strcpy(out, known);
	}
}

/* Words in quotes, as typed, but not the whole of a long line. */
static void quote(char out[100], size_t count, const char *const words[])
{
	size_t used = 0;

	for (size_t i = 0; i < count && used < 60; i++)
		used += (size_t)snprintf(out + used, 100 - used, "%s%.30s",
					 i ? " " : "", words[i]);
}

static int no_such(int argc, char *const argv[], char why[COMMAND_WHY_MAX])
{
	char found[COMMAND_WORDS_MAX][24], typed[100], meant[100], list[300];
	const char *words[COMMAND_WORDS_MAX] = { NULL };
	bool same = true;
	size_t n = 0;

	while (n < COMMAND_WORDS_MAX && n < (size_t)argc) {
		nearest(found[n], n, words, argv[n]);
		if (!*found[n])
			break;
		same = same && !strcmp(found[n], argv[n]);
		words[n] = found[n];
		n++;
	}
	quote(typed, (size_t)argc < n + 1 ? (size_t)argc : n + 1,
	      (const char *const *)argv);
	quote(meant, n, words);
	list_next(list, sizeof list, n, words);
	if (!n)
		return fail(why, -ENOENT,
			    "unknown command \"%s\"; 'help' lists them", typed);
	if (!same)
		return fail(why, -ENOENT,
			    "unknown command \"%s\"; did you mean \"%s\"?",
			    typed, meant);
	if ((size_t)argc == n)
		return fail(why, -ENOENT, "\"%s\" goes on with: %s", typed,
			    list);
	return fail(why, -ENOENT, "unknown command \"%s\"; there are: %s %s",
		    typed, meant, list);
}

const char *const *command_choices(enum command_kind kind)
{
	return command_lists[kind];
}

const char *command_choices_text(enum command_kind kind,
				 char out[COMMAND_CHOICES_MAX])
{
	const char *const *choices = command_lists[kind];
	size_t used = 0;

	*out = '\0';
	for (size_t i = 0; choices && choices[i]; i++) {
		const char *before = choices[i + 1] ? ", " : " and ";

		used += (size_t)snprintf(out + used, COMMAND_CHOICES_MAX - used,
					 "%s%s", i ? before : "", choices[i]);
		assert(used < COMMAND_CHOICES_MAX);
	}
	return out;
}

static int check_choice(enum command_kind kind, const char *value,
			char why[COMMAND_WHY_MAX])
{
	const char *const *choices = command_lists[kind];
	char list[COMMAND_CHOICES_MAX];

	for (size_t i = 0; choices[i]; i++)
		if (!strcmp(choices[i], value))
			return 0;
	return fail(why, -EINVAL, "\"%.100s\" is %s; there are %s", value,
		    command_kinds[kind].otherwise,
		    command_choices_text(kind, list));
}

static int check_kind(const struct command_item *item, const char *value,
		      char why[COMMAND_WHY_MAX])
{
	bool (*fits)(const char *) = command_kinds[item->kind].fits;

	if (command_lists[item->kind])
		return check_choice(item->kind, value, why);
	if (!fits || fits(value))
		return 0;
	return fail(why, -EINVAL, "\"%.100s\" is %s", value,
		    command_kinds[item->kind].otherwise);
}

/* The item whose keyword this is, be it "--timeout=60s". -1: none. */
static int find_keyword(const struct command_line *line, const char *word)
{
	for (size_t i = 0; i < line->syntax.item_count; i++) {
		const char *keyword = line->syntax.items[i].keyword;
		size_t len = strlen(keyword);

		if (len && !strncmp(word, keyword, len) &&
		    (!word[len] || (word[len] == '=' && *word == '-')))
			return (int)i;
	}
	return -1;
}

/* Takes the keyword at argv[*at] and its value. */
static int take_keyword(struct command_line *line, size_t i, int *at,
			char *const argv[], char why[COMMAND_WHY_MAX])
{
	const struct command_item *item = &line->syntax.items[i];
	const char *assigned = strchr(argv[*at], '=');

	if (line->value[i])
		return fail(why, -EINVAL, "%s stands there twice",
			    item->keyword);
	if (item->kind == COMMAND_FLAG) {
		line->value[i] = item->keyword;
		return assigned ? fail(why, -EINVAL, "%s takes no value",
				       item->keyword)
				: 0;
	}
	line->value[i] = assigned ? assigned + 1 : argv[++*at];
	if (!line->value[i])
		return fail(why, -EINVAL, "%s needs a %s: %s", item->keyword,
			    item->name, line->command->usage);
	return check_kind(item, line->value[i], why);
}

static bool by_position(const struct command_item *item)
{
	return !*item->keyword && !item->rest;
}

/* Gives the words without a keyword to the arguments without one: those that
 * must be there come first. */
static int fill(struct command_line *line, size_t given,
		const char *const words[], char why[COMMAND_WHY_MAX])
{
	size_t needed = 0, spare, next = 0;

	for (size_t i = 0; i < line->syntax.item_count; i++)
		needed += by_position(&line->syntax.items[i]) &&
			  !line->syntax.items[i].optional;
	spare = given > needed ? given - needed : 0;
	for (size_t i = 0; i < line->syntax.item_count; i++) {
		const struct command_item *item = &line->syntax.items[i];
		int err;

		if (!by_position(item) || (item->optional && !spare))
			continue;
		spare -= item->optional;
		if (next == given)
			return fail(why, -EINVAL, "%s is missing: %s",
				    item->name, line->command->usage);
		line->value[i] = words[next++];
		err = check_kind(item, line->value[i], why);
		if (err < 0)
			return err;
	}
	if (next < given)
		return fail(why, -EINVAL, "\"%.100s\" is too much: %s",
			    words[next], line->command->usage);
	return 0;
}

static int complete(const struct command_line *line, char why[COMMAND_WHY_MAX])
{
	for (size_t i = 0; i < line->syntax.item_count; i++) {
		const struct command_item *item = &line->syntax.items[i];

		if (item->optional || line->value[i])
			continue;
		if (*item->keyword)
			return fail(why, -EINVAL, "%s %s is missing: %s",
				    item->keyword, item->name,
				    line->command->usage);
		if (item->rest && !*line->rest)
			return fail(why, -EINVAL, "%s is missing: %s",
				    item->name, line->command->usage);
	}
	return 0;
}

static size_t count_positions(const struct command_syntax *syntax, bool *rest)
{
	size_t count = 0;

	*rest = false;
	for (size_t i = 0; i < syntax->item_count; i++) {
		count += by_position(&syntax->items[i]);
		*rest = *rest || syntax->items[i].rest;
	}
	return count;
}

static int parse_arguments(struct command_line *line, int argc,
			   char *const argv[], char why[COMMAND_WHY_MAX])
{
	const char *words[COMMAND_ITEMS_MAX + 1];
	size_t given = 0, places;
	bool rest;
	int err;

	places = count_positions(&line->syntax, &rest);
	line->rest = &argv[argc];
	for (int at = (int)line->syntax.word_count; at < argc; at++) {
		int i = find_keyword(line, argv[at]);

		if (i >= 0) {
			err = take_keyword(line, (size_t)i, &at, argv, why);
			if (err < 0)
				return err;
		} else if (rest && given == places) {
			line->rest = &argv[at];
			break;
		} else if (argv[at][0] == '-' && argv[at][1]) {
			return fail(why, -EINVAL,
				    "unknown option %.60s; it is: %s", argv[at],
				    line->command->usage);
		} else if (given <= COMMAND_ITEMS_MAX) {
			words[given++] = argv[at];
		}
	}
	err = fill(line, given, words, why);
	return err < 0 ? err : complete(line, why);
}

int command_parse(struct command_line *out, int argc, char *const argv[],
		  char why[COMMAND_WHY_MAX])
{
	*out = (struct command_line){ .command = NULL };
	for (const struct command *c = command_table; c->usage; c++) {
		struct command_syntax syntax;

		command_read_syntax(&syntax, c->usage);
		/* "hangup span" rather than "hangup". */
		if (syntax.word_count > (size_t)argc ||
		    syntax.word_count <= out->syntax.word_count ||
		    !begins(&syntax, syntax.word_count,
			    (const char *const *)argv))
			continue;
		out->command = c;
		out->syntax = syntax;
	}
	if (!out->command)
		return no_such(argc, argv, why);
	return parse_arguments(out, argc, argv, why);
}

bool command_begins(const struct command *command, size_t count,
		    char *const words[])
{
	struct command_syntax syntax;

	command_read_syntax(&syntax, command->usage);
	return begins(&syntax, count, (const char *const *)words);
}

void command_explain(char why[COMMAND_WHY_MAX], int argc, char *const argv[])
{
	no_such(argc, argv, why);
}

const char *command_get(const struct command_line *line, const char *what)
{
	for (size_t i = 0; i < line->syntax.item_count; i++) {
		const struct command_item *item = &line->syntax.items[i];

		if (!strcmp(*item->keyword ? item->keyword : item->name, what))
			return line->value[i];
	}
	return NULL;
}

const char *command_word_help(const struct command_syntax *syntax,
			      const char *word)
{
	for (const struct command_word *w = command_words; w->word; w++)
		if (!strcmp(w->word, word) &&
		    !strncmp(syntax->name, w->command, strlen(w->command)))
			return w->help;
	return NULL;
}

bool command_changes(const struct command_line *line)
{
	return line->command->flags & COMMAND_CHANGES &&
	       !command_get(line, "--plan");
}

unsigned command_number(const struct command_line *line, const char *what,
			unsigned otherwise)
{
	const char *value = command_get(line, what);

	return value ? (unsigned)strtoul(value, NULL, 10) : otherwise;
}

uint32_t command_duration_ms(const struct command_line *line, const char *what,
			     uint32_t otherwise)
{
	const char *value = command_get(line, what);

	return value ? duration_ms(value) : otherwise;
}

int command_split(char *line, char *words[], int max)
{
	int count = 0;

	for (;;) {
		char stop = ' ';

		line += strspn(line, " \t");
		if (!*line)
			break;
		if (count == max)
			return -E2BIG;
		if (*line == '"') {
			stop = '"';
			line++;
		}
		words[count++] = line;
		line += stop == '"' ? strcspn(line, "\"")
				    : strcspn(line, " \t");
		if (!*line && stop == '"')
			return -EINVAL;
		if (*line)
			*line++ = '\0';
	}
	words[count] = NULL;
	return count;
}

int command_join(char *line, size_t size, int argc, char *const argv[])
{
	size_t used = 0;

	*line = '\0';
	for (int i = 0; i < argc; i++) {
		const char *quotes =
			strchr(argv[i], ' ') || !*argv[i] ? "\"" : "";
		int n;

		for (const char *c = argv[i]; *c; c++)
			if (*c < ' ' || *c > '~' || *c == '"')
				return -EINVAL;
		n = snprintf(line + used, size - used, "%s%s%s%s", i ? " " : "",
			     quotes, argv[i], quotes);
		if (n < 0 || (size_t)n >= size - used)
			return -EMSGSIZE;
		used += (size_t)n;
	}
	return 0;
}
