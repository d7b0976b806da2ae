/* libedit rather than readline: readline is GPL-3. */
#include "gateway/cli/interactive.h"

#include "gateway/cli/complete.h"
#include "gateway/cli/field.h"
#include "gateway/cli/screen.h"
#include "gateway/control.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HISTORY_LINES 1000
#define ASK_MS 1000
#define PROMPT_MAX 40

struct session {
	const struct cli *cli;
	EditLine *el;
	History *history;
	HistEvent event;
	char path[PATH_MAX]; /* of the history, "" for none */
	char prompt[PROMPT_MAX];
};

/* libedit gives its callbacks nothing of ours but this. */
static struct session *session_of(EditLine *el)
{
	void *data = NULL;

	el_get(el, EL_CLIENTDATA, &data);
	return data;
}

static char *prompt(EditLine *el)
{
	return session_of(el)->prompt;
}

/* Ctrl-C: the line is given up. A key and no signal here, for libedit goes on
 * reading after one; while a command runs it is a signal. */
static unsigned char give_up(EditLine *el, int key)
{
	const LineInfo *info = el_line(el);

	(void)key;
	fputs("^C\n", session_of(el)->cli->out);
	fflush(session_of(el)->cli->out);
	el_cursor(el, (int)(info->lastchar - info->cursor));
	info = el_line(el);
	el_deletestr(el, (int)(info->lastchar - info->buffer));
	return CC_REDISPLAY;
}

static void list_words(const struct session *s,
		       const struct complete_list *list)
{
	size_t width = 0, columns, used = 0;
	bool helped = false;

	for (size_t i = 0; i < list->count; i++) {
		size_t len = strlen(list->words[i].word);

		width = len > width ? len : width;
		helped = helped || *list->words[i].help;
	}
	columns = helped ? 1 : SCREEN_COLUMNS / (width + 2);
	columns = columns ? columns : 1;
	putc('\n', s->cli->out);
	for (size_t i = 0; i < list->count; i++) {
		fprintf(s->cli->out, "  %-*s", (int)width, list->words[i].word);
		if (*list->words[i].help)
			fprintf(s->cli->out, "  %.*s",
				(int)(SCREEN_COLUMNS - 5 - width % 64),
				list->words[i].help);
		if (++used % columns == 0 || i + 1 == list->count)
			putc('\n', s->cli->out);
	}
	fflush(s->cli->out);
}

/* Completes as far as it is clear; lists what is left to choose from. */
static unsigned char use_words(struct session *s,
			       const struct complete_list *list, size_t typed)
{
	char more[COMPLETE_WORD_MAX + 1];
	size_t common = complete_common(list);

	if (!list->count)
		return CC_REFRESH_BEEP;
	if (common < typed)
		return CC_REFRESH_BEEP;
	snprintf(more, sizeof more, "%.*s", (int)(common - typed),
		 list->words[0].word + typed);
	/* A span's "1/" goes on with a channel. */
	if (list->count == 1 && list->words[0].word[common - 1] != '/')
		strcat(more, " ");
	if (*more)
		return el_insertstr(s->el, more) < 0 ? CC_ERROR : CC_REFRESH;
	list_words(s, list);
	return CC_REDISPLAY;
}

static unsigned char tab(EditLine *el, int key)
{
	struct session *s = session_of(el);
	const LineInfo *info = el_line(el);
	char line[CONTROL_LINE_MAX + 1], partial[CONTROL_LINE_MAX + 1] = "";
	char *words[CONTROL_WORDS_MAX + 1];
	size_t len = (size_t)(info->cursor - info->buffer);
	struct complete_list list;
	unsigned char result;
	int argc;

	(void)key;
	if (len >= sizeof line)
		return CC_REFRESH_BEEP;
	memcpy(line, info->buffer, len);
	line[len] = '\0';
	argc = command_split(line, words, CONTROL_WORDS_MAX);
	if (argc < 0)
		return CC_REFRESH_BEEP;
	if (argc > 0 && info->cursor[-1] != ' ')
		strcpy(partial, words[--argc]);
	words[argc] = NULL;
	complete_find(&list, s->cli, argc, words, partial);
	result = use_words(s, &list, strlen(partial));
	complete_free(&list);
	return result;
}

/* Telephone numbers are in it: nobody else may read it. */
static void find_history(struct session *s)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int len = 0, fd;

	if (state && *state == '/')
		len = snprintf(s->path, sizeof s->path, "%s/tollgate_history",
			       state);
	else if (home && *home == '/')
		len = snprintf(s->path, sizeof s->path, "%s/.tollgate_history",
			       home);
	if (len <= 0 || len >= (int)sizeof s->path) {
		*s->path = '\0';
		return;
	}
	fd = open(s->path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		*s->path = '\0';
	else
		close(fd);
}

/* The gateway's name, so that nobody drains the wrong one. */
static void name_prompt(struct session *s)
{
	char *text = control_ask(s->cli->control, "status", ASK_MS);
	json_t *status = text ? json_loads(text, 0, NULL) : NULL;
	const char *node = field_text(status, "node");

	snprintf(s->prompt, sizeof s->prompt, "%.30s> ",
		 *node ? node : "tollgate");
	for (char *c = s->prompt; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	fprintf(s->cli->out,
		"%s. Tab completes, 'help' lists the commands, "
		"Ctrl-D leaves.\n",
		*node ? "Tollgate"
		      : "tollgated does not answer; 'status' says why");
	json_decref(status);
	free(text);
}

static int open_session(struct session *s)
{
	s->el = el_init("tollgate", stdin, s->cli->out, s->cli->err);
	s->history = history_init();
	if (!s->el || !s->history)
		return -ENOMEM;
	find_history(s);
	history(s->history, &s->event, H_SETSIZE, HISTORY_LINES);
	history(s->history, &s->event, H_SETUNIQUE, 1);
	if (*s->path)
		history(s->history, &s->event, H_LOAD, s->path);
	el_set(s->el, EL_CLIENTDATA, s);
	el_set(s->el, EL_PROMPT, prompt);
	el_set(s->el, EL_EDITOR, "emacs");
	el_set(s->el, EL_HIST, history, s->history);
	el_set(s->el, EL_ADDFN, "tollgate-complete", "Complete a word", tab);
	el_set(s->el, EL_BIND, "^I", "tollgate-complete", NULL);
	el_set(s->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	el_set(s->el, EL_ADDFN, "tollgate-give-up", "Give the line up",
	       give_up);
	el_set(s->el, EL_SETTY, "-d", "-isig", NULL);
	el_set(s->el, EL_BIND, "^C", "tollgate-give-up", NULL);
	/* ~/.editrc */
	el_source(s->el, NULL);
	return 0;
}

static void close_session(struct session *s)
{
	if (s->el)
		el_end(s->el);
	if (s->history)
		history_end(s->history);
}

static bool is_farewell(const char *word)
{
	return !strcmp(word, "exit") || !strcmp(word, "quit");
}

/* In a process of its own: Ctrl-C ends the command, be it one that watches or
 * waits, and not the session. */
static int run_apart(struct session *s, int argc, char **argv,
		     int (*run)(const struct cli *cli, int argc, char **argv))
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, interrupt, quit;
	int status = 0;
	pid_t child;

	fflush(s->cli->out);
	fflush(s->cli->err);
	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	child = fork();
	if (child == 0) {
		sigaction(SIGINT, &interrupt, NULL);
		sigaction(SIGQUIT, &quit, NULL);
		status = run(s->cli, argc, argv);
		fflush(s->cli->out);
		fflush(s->cli->err);
		_exit(status);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	if (child < 0)
		return cli_refuse(s->cli, "no process for a command");
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	putc('\n', s->cli->out);
	return CLI_REFUSED;
}

/* True when the operator leaves. */
static bool obey(struct session *s, const char *typed, int *status,
		 int (*run)(const struct cli *cli, int argc, char **argv))
{
	char line[CONTROL_LINE_MAX + 1], *words[CONTROL_WORDS_MAX + 1];
	char **argv = words;
	int argc;

	/* The half of a command is another one. */
	if (strcspn(typed, "\r\n") > CONTROL_LINE_MAX) {
		*status = cli_refuse(s->cli, "a command is at most 512 "
					     "characters");
		return false;
	}
	snprintf(line, sizeof line, "%.*s", (int)strcspn(typed, "\r\n"), typed);
	if (!line[strspn(line, " \t")])
		return false;
	history(s->history, &s->event, H_ENTER, line);
	if (*s->path)
		history(s->history, &s->event, H_SAVE, s->path);
	argc = command_split(line, words, CONTROL_WORDS_MAX);
	if (argc < 0) {
		*status = cli_refuse(s->cli, "a quote without an end, or too "
					     "many words");
		return false;
	}
	/* As it is typed in a shell. */
	if (argc > 1 && !strcmp(argv[0], "tollgate")) {
		argv++;
		argc--;
	}
	if (argc == 1 && is_farewell(argv[0]))
		return true;
	*status = run_apart(s, argc, argv, run);
	return false;
}

int interactive_run(const struct cli *cli,
		    int (*run)(const struct cli *cli, int argc, char **argv))
{
	struct session s = { .cli = cli };
	int status = CLI_GOOD, count;
	const char *line;

	if (open_session(&s) < 0) {
		close_session(&s);
		return cli_refuse(cli, "no memory to read commands");
	}
	name_prompt(&s);
	for (;;) {
		line = el_gets(s.el, &count);
		if (!line || count <= 0)
			break;
		if (obey(&s, line, &status, run))
			break;
	}
	if (!line)
		putc('\n', cli->out);
	close_session(&s);
	return status;
}
