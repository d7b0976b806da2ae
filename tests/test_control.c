#include "gateway/control.h"

#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#define BIG_ANSWER (4U << 20)

struct fixture {
	char dir[64], path[100];
	struct loop *loop;
	struct control *control;
	char seen[1024]; /* words of the last command, '|' between them */
	unsigned commands;
	struct control_later *later;
};

static uint64_t skew_ns;

/* Real time that a test can push forward. */
static uint64_t skewed_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec + skew_ns;
}

static char *answer(void *ctx, int argc, char *const argv[])
{
	struct fixture *f = ctx;
	char *big;

	f->commands++;
	f->seen[0] = '\0';
	assert_null(argv[argc]);
	for (int i = 0; i < argc; i++) {
		if (i)
			strcat(f->seen, "|");
		strcat(f->seen, argv[i]);
	}
	if (!strcmp(argv[0], "later")) {
		f->later = control_later(f->control);
		return NULL;
	}
	if (!strcmp(argv[0], "nomemory"))
		return NULL;
	if (strcmp(argv[0], "big") != 0)
		return strdup("{\"ok\": true}");
	big = malloc(BIG_ANSWER + 1);
	assert_non_null(big);
	memset(big, 'x', BIG_ANSWER);
	big[BIG_ANSWER] = '\0';
	return big;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	skew_ns = 0;
	clock_set_source(skewed_clock);
	log_set_level(LOG_CRIT);
	strcpy(f->dir, "/tmp/tollgate-control-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/control.sock", f->dir);
	assert_int_equal(loop_new(&f->loop), 0);
	assert_int_equal(control_new(&f->control, f->loop, f->path, answer, f),
			 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	control_free(f->control);
	loop_free(f->loop);
	unlink(f->path);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	clock_set_source(NULL);
	return 0;
}

static void step(struct fixture *f, int times)
{
	while (times-- > 0)
		loop_step(f->loop, 2);
}

static int dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (void *)&address, sizeof address), 0);
	return fd;
}

static void say(int fd, const void *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

/* Steps the loop until the server closes; what it said before. */
static const char *hear(struct fixture *f, int fd)
{
	static char text[2048];
	size_t len = 0;

	for (int i = 0; i < 500; i++) {
		ssize_t n = recv(fd, text + len, sizeof text - 1 - len, 0);

		if (n == 0) {
			text[len] = '\0';
			return text;
		}
		if (n > 0)
			len += (size_t)n;
		else
			assert_int_equal(errno, EAGAIN);
		loop_step(f->loop, 2);
	}
	fail_msg("the server never closed");
	return NULL;
}

static void line_becomes_words(void **state)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{ "status\n", "status" },
		{ "show call 17\n", "show|call|17" },
		{ "  show \t spans  \n", "show|spans" },
		{ "status\r\n", "status" },
		{ "one\ntwo\n", "one" },
		{ "a b c d e f g h i j k l m n o p q r s t u v w x\n",
		  "a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int fd = dial(f->path);

		say(fd, cases[i].line, strlen(cases[i].line));
		assert_string_equal(hear(f, fd), "{\"ok\": true}");
		assert_string_equal(f->seen, cases[i].words);
		close(fd);
	}
	assert_int_equal(control_refused(f->control), 0);
	assert_int_equal(control_dropped(f->control), 0);
}

static void command_may_come_in_pieces(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f->path);

	for (const char *c = "show calls"; *c; c++) {
		say(fd, c, 1);
		step(f, 1);
		assert_int_equal(f->commands, 0);
	}
	say(fd, "\n", 1);
	assert_string_equal(hear(f, fd), "{\"ok\": true}");
	assert_string_equal(f->seen, "show|calls");
	close(fd);
}

static void longest_line_passes(void **state)
{
	struct fixture *f = *state;
	char line[CONTROL_LINE_MAX + 2];

	memset(line, 'a', CONTROL_LINE_MAX);
	memcpy(line + CONTROL_LINE_MAX, "\r\n", 2);
	for (int crlf = 0; crlf < 2; crlf++) {
		int fd = dial(f->path);

		say(fd, line, CONTROL_LINE_MAX);
		say(fd, crlf ? "\r\n" : "\n", crlf ? 2 : 1);
		assert_string_equal(hear(f, fd), "{\"ok\": true}");
		assert_int_equal(strlen(f->seen), CONTROL_LINE_MAX);
		close(fd);
	}
}

static void bad_lines_are_refused(void **state)
{
	static const struct {
		const char *line;
		size_t len;
		const char *answer;
	} cases[] = {
		{ "\n", 1, "{\"error\": \"no command; 'help' lists them\"}" },
		{ "  \t \n", 5,
		  "{\"error\": \"no command; 'help' lists them\"}" },
		{ "sta\0tus\n", 8,
		  "{\"error\": \"the command holds characters that are not "
		  "ASCII\"}" },
		{ "\x16\x03\x01\n", 4,
		  "{\"error\": \"the command holds characters that are not "
		  "ASCII\"}" },
		{ "show call \xc3\xa4\n", 13,
		  "{\"error\": \"the command holds characters that are not "
		  "ASCII\"}" },
		{ "statu\x7f\n", 7,
		  "{\"error\": \"the command holds characters that are not "
		  "ASCII\"}" },
		{ "\x1b[2Jstatus\n", 11,
		  "{\"error\": \"the command holds characters that are not "
		  "ASCII\"}" },
		{ "a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 "
		  "5 6 7\n",
		  66, "{\"error\": \"the command has too many words\"}" },
		{ "show \"call\n", 11,
		  "{\"error\": \"a quote of the command has no end\"}" },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		int fd = dial(f->path);

		say(fd, cases[i].line, cases[i].len);
		assert_string_equal(hear(f, fd), cases[i].answer);
		assert_int_equal(control_refused(f->control), i + 1);
		close(fd);
	}
	assert_int_equal(f->commands, 0);
}

static void overlong_line_is_refused(void **state)
{
	struct fixture *f = *state;
	char waste[8000];
	int fd;

	memset(waste, 'a', sizeof waste);
	for (int newline = 0; newline < 2; newline++) {
		size_t len = newline ? sizeof waste : CONTROL_LINE_MAX + 1;

		waste[sizeof waste - 1] = newline ? '\n' : 'a';
		fd = dial(f->path);
		say(fd, waste, len);
		/* End of file after it, not ECONNRESET. */
		assert_string_equal(hear(f, fd), "{\"error\": \"the command is "
						 "too long\"}");
		close(fd);
	}
	assert_int_equal(control_refused(f->control), 2);
	assert_int_equal(f->commands, 0);
}

static void big_answer_goes_in_pieces(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f->path);
	static char piece[65536];
	size_t total = 0;
	ssize_t n = -1;

	say(fd, "big\n", 4);
	for (int i = 0; i < 2000 && n != 0; i++) {
		step(f, 1);
		while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
			total += (size_t)n;
	}
	assert_int_equal(n, 0);
	assert_int_equal(total, BIG_ANSWER);
	assert_int_equal(control_dropped(f->control), 0);
	close(fd);
}

static void slow_clients_are_dropped(void **state)
{
	struct fixture *f = *state;
	int silent = dial(f->path), dripping = dial(f->path),
	    deaf = dial(f->path);

	say(deaf, "big\n", 4);
	step(f, 5);
	/* One byte now and then must not buy more time. */
	for (int s = 0; s < 9; s++) {
		say(dripping, "a", 1);
		skew_ns += NS_PER_S;
		step(f, 2);
	}
	assert_int_equal(control_dropped(f->control), 0);
	skew_ns += 2 * NS_PER_S;
	step(f, 3);
	assert_int_equal(control_dropped(f->control), 3);
	assert_string_equal(hear(f, silent), "");
	close(silent);
	close(dripping);
	close(deaf);
	assert_int_equal(control_refused(f->control), 0);
}

static void clients_that_leave(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f->path);

	/* A look whether we live is no fault. */
	close(fd);
	step(f, 3);
	assert_int_equal(control_dropped(f->control), 0);
	fd = dial(f->path);
	say(fd, "sta", 3);
	step(f, 2);
	close(fd);
	step(f, 3);
	assert_int_equal(control_dropped(f->control), 1);
	fd = dial(f->path);
	say(fd, "big\n", 4);
	step(f, 3);
	close(fd);
	step(f, 3);
	assert_int_equal(control_dropped(f->control), 2);
	/* A whole command is obeyed though nobody waits. */
	f->commands = 0;
	fd = dial(f->path);
	say(fd, "status\n", 7);
	close(fd);
	step(f, 5);
	assert_int_equal(f->commands, 1);
	/* A half-closed one gets its answer. */
	fd = dial(f->path);
	say(fd, "status\n", 7);
	shutdown(fd, SHUT_WR);
	assert_string_equal(hear(f, fd), "{\"ok\": true}");
	close(fd);
}

static void no_memory_for_an_answer(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f->path);

	say(fd, "nomemory\n", 9);
	assert_string_equal(hear(f, fd), "");
	assert_int_equal(control_dropped(f->control), 1);
	close(fd);
}

static void thirty_third_client_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd[CONTROL_CLIENTS_MAX], extra;

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fd[i] = dial(f->path);
		step(f, 2);
	}
	extra = dial(f->path);
	say(extra, "status\n", 7);
	assert_string_equal(hear(f, extra),
			    "{\"error\": \"too many clients at once, try "
			    "again\"}");
	close(extra);
	assert_int_equal(control_refused(f->control), 1);
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		say(fd[i], "status\n", 7);
		assert_string_equal(hear(f, fd[i]), "{\"ok\": true}");
		close(fd[i]);
	}
	extra = dial(f->path);
	say(extra, "status\n", 7);
	assert_string_equal(hear(f, extra), "{\"ok\": true}");
	close(extra);
}

static void random_bytes_do_no_harm(void **state)
{
	struct fixture *f = *state;
	uint32_t seed = 20261120;
	int fd;

	for (int i = 0; i < 400; i++) {
		unsigned char junk[700];
		size_t len;

		fd = dial(f->path);
		for (size_t b = 0; b < sizeof junk; b++) {
			seed = seed * 1664525 + 1013904223;
			junk[b] = (unsigned char)(seed >> 24);
			/* Half of the runs: text that gets far. */
			if (i % 2)
				junk[b] = "show cal1\t\r\n"[junk[b] % 12];
		}
		seed = seed * 1664525 + 1013904223;
		len = 1 + (seed >> 8) % sizeof junk;
		send(fd, junk, len, MSG_NOSIGNAL);
		step(f, 1);
		close(fd);
		step(f, 1);
	}
	step(f, 5);
	skew_ns += 11 * NS_PER_S;
	step(f, 5);
	fd = dial(f->path);
	say(fd, "status\n", 7);
	assert_string_equal(hear(f, fd), "{\"ok\": true}");
	close(fd);
}

static void dead_socket_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[128];
	struct control *second = NULL;
	struct stat st;
	mode_t old;
	int fd, file;

	assert_int_equal(control_new(&second, f->loop, f->path, answer, f),
			 -EADDRINUSE);
	/* The loser must not remove the winner's socket. */
	assert_int_equal(stat(f->path, &st), 0);

	snprintf(path, sizeof path, "%s/dead.sock", f->dir);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (void *)&address, sizeof address), 0);
	close(fd);
	old = umask(0);
	assert_int_equal(control_new(&second, f->loop, path, answer, f), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	control_free(second);
	assert_int_equal(stat(path, &st), -1);
	umask(0777);
	assert_int_equal(control_new(&second, f->loop, path, answer, f), 0);
	umask(old);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	/* Taken over by another since: left alone. */
	unlink(path);
	file = open(path, O_CREAT | O_WRONLY, 0600);
	close(file);
	control_free(second);
	assert_int_equal(stat(path, &st), 0);
	/* A file that is no socket is not ours to remove. */
	assert_int_equal(control_new(&second, f->loop, path, answer, f),
			 -ENOTSOCK);
	assert_int_equal(unlink(path), 0);
}

static void bad_paths(void **state)
{
	struct fixture *f = *state;
	struct control *control;
	char path[200];

	memset(path, 'a', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	assert_int_equal(control_new(&control, f->loop, path, answer, f),
			 -ENAMETOOLONG);
	assert_null(control_ask(path, "status", 100));
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(control_new(&control, f->loop, "", answer, f),
			 -ENOENT);
	assert_int_equal(control_new(&control, f->loop, "/nonexistent/x",
				     answer, f),
			 -ENOENT);
	control_free(NULL);
}

/* Out of descriptors the loop must not spin, and serve again later. */
static void out_of_descriptors(void **state)
{
	struct fixture *f = *state;
	struct rlimit old, none;
	int fd = dial(f->path), before, steps = 0;

	say(fd, "status\n", 7);
	before = dup(fd);
	close(before);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = (rlim_t)before;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	step(f, 1);
	for (uint64_t end = clock_now_ms() + 50; clock_now_ms() < end; steps++)
		loop_step(f->loop, 20);
	assert_true(steps < 10);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(f->commands, 0);
	skew_ns += 2 * NS_PER_S;
	assert_string_equal(hear(f, fd), "{\"ok\": true}");
	close(fd);
}

struct asked {
	const char *path, *line;
	int timeout_ms;
	char *answer;
	int err;
	_Atomic bool done;
};

static void *ask_thread(void *arg)
{
	struct asked *a = arg;

	a->answer = control_ask(a->path, a->line, a->timeout_ms);
	a->err = errno;
	a->done = true;
	return NULL;
}

static void ask(struct fixture *f, struct asked *a)
{
	pthread_t thread;

	a->done = false;
	assert_int_equal(pthread_create(&thread, NULL, ask_thread, a), 0);
	for (int i = 0; i < 5000 && !a->done; i++)
		loop_step(f->loop, 2);
	pthread_join(thread, NULL);
}

static void asking(void **state)
{
	struct fixture *f = *state;
	struct asked a = { f->path, "show spans", 5000, NULL, 0, false };
	char line[CONTROL_LINE_MAX + 2];

	ask(f, &a);
	assert_string_equal(a.answer, "{\"ok\": true}");
	free(a.answer);
	assert_string_equal(f->seen, "show|spans");
	a.line = "big";
	ask(f, &a);
	assert_int_equal(strlen(a.answer), BIG_ANSWER);
	free(a.answer);
	a.line = "nomemory";
	ask(f, &a);
	assert_null(a.answer);
	assert_int_equal(a.err, EPROTO);
	memset(line, 'a', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	assert_null(control_ask(f->path, line, 100));
	assert_int_equal(errno, EMSGSIZE);
}

static void asking_nobody(void **state)
{
	struct fixture *f = *state;
	uint64_t before = clock_now_ms();

	/* Nobody steps the loop: connected, never answered. */
	assert_null(control_ask(f->path, "status", 50));
	assert_int_equal(errno, ETIMEDOUT);
	assert_in_range(clock_now_ms() - before, 50, 2000);
	assert_null(control_ask("/nonexistent/socket", "status", 50));
	assert_int_equal(errno, ENOENT);
	control_free(f->control);
	f->control = NULL;
	assert_null(control_ask(f->path, "status", 50));
	assert_int_equal(errno, ENOENT);
}

/* Its answer takes longer than a client has, and others are served. */
static void answer_comes_later(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f->path), other;

	say(fd, "later\n", 6);
	for (int i = 0; i < 500 && !f->later; i++)
		step(f, 1);
	assert_non_null(f->later);
	skew_ns += 2 * CONTROL_CLIENT_MS * NS_PER_MS;
	step(f, 5);
	other = dial(f->path);
	say(other, "status\n", 7);
	assert_string_equal(hear(f, other), "{\"ok\": true}");
	close(other);
	control_answer(f->later, strdup("{\"done\": 1}"));
	assert_string_equal(hear(f, fd), "{\"done\": 1}");
	close(fd);
	assert_int_equal(control_dropped(f->control), 0);
}

static void client_of_a_late_answer_leaves(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f->path);

	say(fd, "later\n", 6);
	for (int i = 0; i < 500 && !f->later; i++)
		step(f, 1);
	close(fd);
	step(f, 20);
	assert_int_equal(control_dropped(f->control), 1);
	control_answer(f->later, strdup("{}"));
	/* No memory for it, and none at all. */
	f->later = NULL;
	fd = dial(f->path);
	say(fd, "later\n", 6);
	for (int i = 0; i < 500 && !f->later; i++)
		step(f, 1);
	control_answer(f->later, NULL);
	assert_string_equal(hear(f, fd), "");
	close(fd);
	control_answer(NULL, NULL);
}

/* The daemon ends while it is being made. */
static void late_answer_outlives_control(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f->path);

	say(fd, "later\n", 6);
	for (int i = 0; i < 500 && !f->later; i++)
		step(f, 1);
	control_free(f->control);
	f->control = NULL;
	control_answer(f->later, strdup("{}"));
	assert_string_equal(hear(f, fd), "");
	close(fd);
}

/* Who asks is known while the answer is made, and not after. */
static char *answer_who(void *ctx, int argc, char *const argv[])
{
	struct fixture *f = ctx;
	struct control_peer peer;
	char *text = NULL;

	(void)argc;
	(void)argv;
	assert_true(control_peer(f->control, &peer));
	assert_true(asprintf(&text, "{\"who\": \"%u %u %d\"}",
			     (unsigned)peer.uid, (unsigned)peer.gid,
			     (int)peer.pid) > 0);
	return text;
}

static void peer_is_known(void **state)
{
	struct fixture *f = *state;
	struct control_config cfg = { .path = f->path,
				      .mode = 0600,
				      .has_group = true,
				      .group = getegid(),
				      .fn = answer_who,
				      .ctx = f };
	struct asked a = { f->path, "who", 5000, NULL, 0, false };
	struct control_peer nobody;
	char want[80];
	struct stat st;

	control_free(f->control);
	assert_int_equal(control_open(&f->control, f->loop, &cfg), 0);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_gid, getegid());
	ask(f, &a);
	snprintf(want, sizeof want, "{\"who\": \"%u %u %d\"}",
		 (unsigned)getuid(), (unsigned)getgid(), (int)getpid());
	assert_string_equal(a.answer, want);
	free(a.answer);
	assert_false(control_peer(f->control, &nobody));
	assert_false(control_peer(NULL, &nobody));
	/* Modes are as they are said, whatever the umask. */
	control_free(f->control);
	cfg.mode = 0666;
	umask(077);
	assert_int_equal(control_open(&f->control, f->loop, &cfg), 0);
	umask(022);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(line_becomes_words),
		CASE(command_may_come_in_pieces),
		CASE(longest_line_passes),
		CASE(bad_lines_are_refused),
		CASE(overlong_line_is_refused),
		CASE(big_answer_goes_in_pieces),
		CASE(slow_clients_are_dropped),
		CASE(clients_that_leave),
		CASE(no_memory_for_an_answer),
		CASE(thirty_third_client_is_refused),
		CASE(random_bytes_do_no_harm),
		CASE(dead_socket_is_replaced),
		CASE(bad_paths),
		CASE(out_of_descriptors),
		CASE(asking),
		CASE(peer_is_known),
		CASE(asking_nobody),
		CASE(answer_comes_later),
		CASE(client_of_a_late_answer_leaves),
		CASE(late_answer_outlives_control),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
