/* What a word of a command may be, for whoever presses Tab: in `tollgate`
 * itself, and in the shells, which ask with `tollgate complete`. */
#ifndef TOLLGATE_CLI_COMPLETE_H
#define TOLLGATE_CLI_COMPLETE_H

#include "gateway/cli/cli.h"

#define COMPLETE_WORD_MAX 64

struct complete_word {
	char word[COMPLETE_WORD_MAX];
	char help[COMPLETE_WORD_MAX];
};

struct complete_list {
	struct complete_word *words;
	size_t count, room;
	bool file; /* the word may be a file's name */
};

/* Lists what begins with `partial` and may follow the words argv[0..argc-1],
 * options of `tollgate` left out. Names come from the daemon, if it answers
 * within half a second. */
void complete_find(struct complete_list *out, const struct cli *cli, int argc,
		   char *const argv[], const char *partial);
void complete_free(struct complete_list *list);

/* How many letters all words of the list begin with. */
size_t complete_common(const struct complete_list *list);

/* `complete WORDS...`: the last word is the one to complete. */
int complete_run(const struct cli *cli, const struct command_line *line);
/* `completion SHELL`: the shell's script. */
int completion_run(const struct cli *cli, const struct command_line *line);

#endif
