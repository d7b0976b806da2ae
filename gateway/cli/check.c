/* tollgated --check itself, so that both always say the same. */
#include "gateway/cli/check.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_FILE "/etc/tollgate/tollgate.conf"
#define EXIT_NOT_RUN 127
#define TEXT_MAX (256 * 1024)

/* Where `make install` puts it, seen from this program; where `make` does. */
static const char *const places[] = { "/../sbin/tollgated", "/tollgated" };

/* The daemon that belongs to this program, else whichever PATH finds. */
static void find_daemon(char out[PATH_MAX])
{
	char dir[PATH_MAX - 32];
	ssize_t len = readlink("/proc/self/exe", dir, sizeof dir - 1);
	char *slash;

	dir[len > 0 ? len : 0] = '\0';
	slash = strrchr(dir, '/');
	for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++) {
		*slash = '\0';
		snprintf(out, PATH_MAX, "%s%s", dir, places[i]);
		if (!access(out, X_OK))
			return;
	}
	strcpy(out, "tollgated");
}

static void run_daemon(const char *daemon, const char *file, int out)
{
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	signal(SIGPIPE, SIG_DFL);
	execlp(daemon, daemon, "--check", file, (char *)NULL);
	_exit(EXIT_NOT_RUN);
}

/* All that it says (free it), and its exit status; NULL with errno. */
static char *ask_daemon(const char *daemon, const char *file, int *status)
{
	char *text = calloc(1, TEXT_MAX + 1);
	size_t len = 0;
	ssize_t got = 1;
	int pipes[2];
	pid_t child;

	if (!text || pipe(pipes) < 0) {
		free(text);
		return NULL;
	}
	child = fork();
	if (child == 0)
		run_daemon(daemon, file, pipes[1]);
	close(pipes[1]);
	while (child > 0 && len < TEXT_MAX && got != 0) {
		got = read(pipes[0], text + len, TEXT_MAX - len);
		if (got < 0 && errno != EINTR)
			break;
		len += got > 0 ? (size_t)got : 0;
	}
	close(pipes[0]);
	if (child > 0 && waitpid(child, status, 0) == child)
		return text;
	free(text);
	return NULL;
}

static json_t *lines_of(char *text)
{
	json_t *array = json_array();
	char *rest, *line = strtok_r(text, "\n", &rest);

	for (; line; line = strtok_r(NULL, "\n", &rest))
		json_array_append_new(array, json_string(line));
	return array;
}

static void print_json(const struct cli *cli, const char *file, char *text,
		       int status)
{
	json_t *document = json_pack("{s:s, s:b, s:b, s:o}", "file", file,
				     "good", status == 0, "readable",
				     status != 2, "said", lines_of(text));

	json_dumpf(document, cli->out, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putc('\n', cli->out);
	json_decref(document);
}

int check_run(const struct cli *cli, const struct command_line *line)
{
	const char *file = command_get(line, "FILE");
	char daemon[PATH_MAX];
	int status = 0;
	char *text;

	if (!file)
		file = DEFAULT_FILE;
	find_daemon(daemon);
	fflush(cli->out);
	text = ask_daemon(daemon, file, &status);
	status = text && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_NOT_RUN;
	if (status == EXIT_NOT_RUN) {
		free(text);
		return cli_refuse(cli, "tollgated is not found beside this "
				       "program, nor in PATH: it is what "
				       "checks");
	}
	if (cli->json)
		print_json(cli, file, text, status);
	else
		fputs(text, status ? cli->err : cli->out);
	free(text);
	return status;
}

int check_tests_run(const struct cli *cli, const struct command_line *line)
{
	char *words[] = { "route", "test", NULL };

	if (command_get(line, "FILE"))
		return check_run(cli, line);
	return cli_ask(cli, 2, words);
}
