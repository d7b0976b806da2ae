/* The command `tollgate` in this process, against a server that answers what a
 * test wants. Include it once. */
#ifndef TOLLGATE_SAMPLE_CLI_H
#define TOLLGATE_SAMPLE_CLI_H

#include "gateway/cli/cli.h"
#include "gateway/cli/field.h"
#include "gateway/cli/render.h"
#include "gateway/control.h"
#include "gateway/log.h"
#include "gateway/version.h"
#include "tests/sample_gateway.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

struct fixture {
	struct sample_gateway s;
	char dir[64], path[100];
	int fd;
	pthread_t server;
	char heard[1024];
	const char *canned; /* NULL: show_command answers */
	char *out, *err;
	size_t out_len, err_len;
};

static char *answer_for(struct fixture *f)
{
	char *words[CONTROL_WORDS_MAX + 1];
	int count;

	if (f->canned)
		return strdup(f->canned);
	count = command_split(f->heard, words, CONTROL_WORDS_MAX);
	return show_command(&f->s.gw, count, words);
}

static void *serve(void *arg)
{
	struct fixture *f = arg;
	int fd;

	while ((fd = accept(f->fd, NULL, NULL)) >= 0) {
		size_t len = 0, sent = 0;
		ssize_t n;
		char *answer;

		while (len < sizeof f->heard - 1 &&
		       (n = read(fd, f->heard + len,
				 sizeof f->heard - 1 - len)) > 0) {
			len += (size_t)n;
			if (f->heard[len - 1] == '\n')
				break;
		}
		f->heard[len] = '\0';
		f->heard[strcspn(f->heard, "\n")] = '\0';
		answer = answer_for(f);
		while (sent < strlen(answer) &&
		       (n = send(fd, answer + sent, strlen(answer) - sent,
				 MSG_NOSIGNAL)) > 0)
			sent += (size_t)n;
		free(answer);
		close(fd);
	}
	return NULL;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	unsetenv("TOLLGATE_CONTROL");
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	log_set_level(LOG_CRIT);
	sample_gateway_fill(&f->s);
	assert_int_equal(cdr_new(&f->s.gw.cdr,
				 &(struct cdr_config){ .path = "",
						       .node = "demo" }),
			 0);
	strcpy(f->dir, "/tmp/tollgate-cli-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/control.sock", f->dir);
	assert_int_equal(loop_new(&f->s.gw.loop), 0);
	/* Only for its counters. */
	assert_int_equal(control_new(&f->s.gw.control, f->s.gw.loop, f->path,
				     show_command, &f->s.gw),
			 0);
	unlink(f->path);
	f->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(address.sun_path, f->path);
	assert_int_equal(bind(f->fd, (void *)&address, sizeof address), 0);
	assert_int_equal(listen(f->fd, 8), 0);
	assert_int_equal(pthread_create(&f->server, NULL, serve, f), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	shutdown(f->fd, SHUT_RDWR);
	pthread_join(f->server, NULL);
	close(f->fd);
	unlink(f->path);
	control_free(f->s.gw.control);
	loop_free(f->s.gw.loop);
	cdr_free(f->s.gw.cdr);
	stats_free(f->s.gw.stats);
	alarm_watch_free(&f->s.gw.alarm_watch);
	assert_int_equal(rmdir(f->dir), 0);
	free(f->out);
	free(f->err);
	free(f);
	clock_set_source(NULL);
	return 0;
}

/* Runs "tollgate LINE" with f->out and f->err as what it prints. */
static int run(struct fixture *f, const char *line)
{
	char copy[2048], *argv[40] = { "tollgate" };
	int argc = 1, status;
	FILE *out, *err;

	free(f->out);
	free(f->err);
	snprintf(copy, sizeof copy, "%s", line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	out = open_memstream(&f->out, &f->out_len);
	err = open_memstream(&f->err, &f->err_len);
	assert_true(out && err);
	status = cli_run(argc, argv, out, err);
	fclose(out);
	fclose(err);
	return status;
}

/* The same with --control. */
static inline int ask_run(struct fixture *f, const char *line)
{
	char whole[2048];

	snprintf(whole, sizeof whole, "--control %s %s", f->path, line);
	return run(f, whole);
}

static inline void fits(const char *text)
{
	size_t column = 0;

	for (; *text; text++) {
		column = *text == '\n' ? 0 : column + 1;
		if (column > SCREEN_COLUMNS)
			fail_msg("beyond column 80: ...%.40s", text - 40);
		if (*text != '\n' && (*text < ' ' || *text > '~'))
			fail_msg("a character of code %d", *text);
	}
}

static inline void prints(struct fixture *f, const char *line,
			  const char *expected)
{
	assert_int_equal(ask_run(f, line), CLI_GOOD);
	assert_string_equal(f->err, "");
	if (strcmp(f->out, expected) != 0) {
		fputs(f->out, stderr);
		fail_msg("tollgate %s printed the above", line);
	}
	fits(f->out);
}

/* A command as it is typed, with arguments that the sample gateway knows.
 * False: it knows none. */
static inline bool sample_typed(char *line, size_t size,
				const struct command *command)
{
	struct command_syntax syntax;
	size_t used;

	command_read_syntax(&syntax, command->usage);
	used = (size_t)snprintf(line, size, "%s", syntax.name);
	for (size_t i = 0; i < syntax.item_count; i++) {
		const struct command_item *item = &syntax.items[i];
		const char *value = "phones";

		if (item->optional)
			continue;
		switch (item->kind) {
		case COMMAND_CALL: value = "16"; break;
		case COMMAND_SPAN: value = "1"; break;
		case COMMAND_CHANNELS: value = "1/5"; break;
		case COMMAND_TRUNK: value = "city"; break;
		case COMMAND_NUMBER: value = "+49305550100"; break;
		case COMMAND_LEVEL: value = "info"; break;
		case COMMAND_COUNT: value = "3"; break;
		case COMMAND_FILE:
		case COMMAND_TIME: return false;
		default: break;
		}
		used += (size_t)snprintf(line + used, size - used, " %s %s",
					 item->keyword, value);
	}
	return true;
}

#endif
