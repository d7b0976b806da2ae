/* Every command of the operator's, in one table: the daemon, the command
 * `tollgate`, its help, its completion and the test of its man page read it. A
 * command's function in the daemon (show.c) and its text in `tollgate`
 * (cli/renderers.c) are joined to it by its words; a test finds what is
 * missing.
 *
 * A command is declared by its usage, which is also what is matched:
 *
 *   show call ID                                   words, then arguments
 *   route explain NUMBER from SOURCE [at TIME]     an argument with its keyword
 *   reload [--plan]                                an option, by itself
 *   cdr tail [-n COUNT]                            an option with a value
 *   log level [MODULE] LEVEL                       an argument may be left out
 *   show calls [WORDS...]                          all that is left
 *
 * The words before the first argument are the command's name, at most
 * COMMAND_WORDS_MAX. An argument's kind is its name in capitals; see
 * command_kinds in commands.c. Options and keywords stand in any order. */
#ifndef TOLLGATE_COMMANDS_H
#define TOLLGATE_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMMAND_WORDS_MAX 3
#define COMMAND_ITEMS_MAX 10
#define COMMAND_TEXT_MAX 80 /* of one word of a usage, of a command's name */
#define COMMAND_WHY_MAX 512
#define COMMAND_CHOICES_MAX 120 /* of all words of a kind that has few */

enum command_flag {
	/* It changes something: not for a read-only socket, and kept in the
	 * audit log. */
	COMMAND_CHANGES = 1,
	/* `tollgate` does it by itself, the daemon does not know it. */
	COMMAND_LOCAL = 2,
};

struct command_syntax;

struct command {
	const char *usage;
	const char *help; /* a line of at most 52 characters */
	unsigned flags;	  /* COMMAND_... */
};

/* What an argument or option is, for `help COMMAND`. */
struct command_word {
	const char *command; /* how its name begins; "": of any command */
	const char *word;    /* a keyword or the name of an argument */
	const char *help;
};

/* command_table.c; the last row's word is NULL. */
extern const struct command_word command_words[];

/* Of the item of a command; NULL: its name says it all. */
const char *command_word_help(const struct command_syntax *syntax,
			      const char *word);

/* command_table.c; the last row's usage is NULL. */
extern const struct command command_table[];

enum command_kind {
	COMMAND_FLAG,	  /* no value: the keyword says it all */
	COMMAND_CALL,	  /* ID: a call's number */
	COMMAND_SPAN,	  /* SPAN */
	COMMAND_CHANNELS, /* CHANNELS: 1/5 or 1/5-8 */
	COMMAND_TRUNK,	  /* TRUNK: a trunk group's name */
	COMMAND_PEER,	  /* PEER: a sip-peer's name */
	COMMAND_SOURCE,	  /* SOURCE: a peer or a trunk group */
	COMMAND_NUMBER,	  /* NUMBER: a telephone number */
	COMMAND_LEVEL,	  /* LEVEL: of the log */
	COMMAND_TIME,	  /* TIME: a date and time, or both in one word */
	COMMAND_DURATION, /* DURATION: 90s, 5min, 2h */
	COMMAND_COUNT,	  /* COUNT */
	COMMAND_FILE,	  /* FILE */
	COMMAND_SHELL,	  /* SHELL: bash or zsh */
	COMMAND_STATE,	  /* STATE: of a call */
	COMMAND_MODULE,	  /* MODULE: of the log */
	COMMAND_EVENT,	  /* EVENT: TG-1203 or its name */
	COMMAND_COMMAND,  /* COMMAND...: words of a command */
	COMMAND_WORD,	  /* any other name */
};

/* A word of a usage, in pieces of the usage. */
struct command_item {
	char keyword[24]; /* "" before an argument by position */
	char name[24];	  /* "" of an option by itself */
	enum command_kind kind;
	bool optional, rest; /* rest: takes all words that are left */
};

struct command_syntax {
	char name[COMMAND_TEXT_MAX]; /* the words, with blanks between */
	char words[COMMAND_WORDS_MAX][24];
	size_t word_count;
	struct command_item items[COMMAND_ITEMS_MAX];
	size_t item_count;
};

/* A command as it was typed. */
struct command_line {
	const struct command *command;
	struct command_syntax syntax;
	const char *value[COMMAND_ITEMS_MAX]; /* as items; NULL: not given */
	char *const *rest; /* where "WORDS..." begin, up to NULL */
};

/* The table's usages are ours: one that cannot be read asserts. */
void command_read_syntax(struct command_syntax *out, const char *usage);

/* The words that an argument of this kind may be, NULL behind the last; NULL:
 * they are not that few. For Tab, the help and the refusal of all others. */
const char *const *command_choices(enum command_kind kind);
/* The same in one line: "err, warning and debug", "" for none. Returns `out`.
 */
const char *command_choices_text(enum command_kind kind,
				 char out[COMMAND_CHOICES_MAX]);

/* What the words mean; argv[argc] must be NULL, and argv must outlive `out`.
 * 0, or -ENOENT (no such command) or -EINVAL (wrong arguments) with a sentence
 * in `why`: what is wrong and what was perhaps meant. out->command is NULL
 * with -ENOENT. */
int command_parse(struct command_line *out, int argc, char *const argv[],
		  char why[COMMAND_WHY_MAX]);

/* Whether a command's first words are these. */
bool command_begins(const struct command *command, size_t count,
		    char *const words[]);

/* Why these words, to which command_begins says no, are no command. */
void command_explain(char why[COMMAND_WHY_MAX], int argc, char *const argv[]);

/* Whether the command changes something, as it was typed: a plan does not. */
bool command_changes(const struct command_line *line);

/* The value of the argument with this keyword, or, of one by position, this
 * name; of an option by itself the option. NULL: not given. */
const char *command_get(const struct command_line *line, const char *what);

/* The number that command_parse has checked (ID, SPAN, COUNT); `otherwise`
 * when it is not given. */
unsigned command_number(const struct command_line *line, const char *what,
			unsigned otherwise);

/* The time that command_parse has checked (DURATION), in milliseconds. */
uint32_t command_duration_ms(const struct command_line *line, const char *what,
			     uint32_t otherwise);

/* Cuts a line into words in place; blanks within "double quotes" belong to a
 * word. words[] gets a NULL behind the last of at most `max`. The count, or
 * -E2BIG: too many, -EINVAL: a quote without its twin. */
int command_split(char *line, char *words[], int max);

/* The other way round: 0, -EMSGSIZE, or -EINVAL when a word has what no
 * command may have, a quote or anything that is not printable ASCII. */
int command_join(char *line, size_t size, int argc, char *const argv[]);

#endif
