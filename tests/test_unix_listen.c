#include "gateway/unix_listen.h"

#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#define CONNECTIONS_MAX 64

static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET };
static const int all_types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct fixture {
	char dir[64], path[100];
	struct loop *loop;
	int fd[CONNECTIONS_MAX]; /* accepted */
	unsigned count;
};

static uint64_t skew_ns;

/* Real time that a test can push forward. */
static uint64_t skewed_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec + skew_ns;
}

static void accepted(void *ctx, int fd)
{
	struct fixture *f = ctx;

	assert_true(f->count < CONNECTIONS_MAX);
	f->fd[f->count++] = fd;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	log_open("test", 0, LOG_DEBUG);
	clock_set_source(skewed_clock);
	strcpy(f->dir, "/tmp/tollgate-listen-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/socket", f->dir);
	assert_int_equal(loop_new(&f->loop), 0);
	*state = f;
	return 0;
}

/* Every test leaves the folder empty. */
static int teardown(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < f->count; i++)
		close(f->fd[i]);
	loop_free(f->loop);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	clock_set_source(NULL);
	return 0;
}

static int listen_at(struct fixture *f, const char *path, int type,
		     struct unix_listen **out)
{
	const struct unix_listen_config cfg = { .path = path,
						.type = type,
						.backlog = 32,
						.object = "test",
						.accepted = accepted,
						.ctx = f };

	*out = NULL;
	return unix_listen_new(out, f->loop, &cfg);
}

static struct unix_listen *listening(struct fixture *f, int type)
{
	struct unix_listen *listener;

	assert_int_equal(listen_at(f, f->path, type, &listener), 0);
	return listener;
}

static int refusal(struct fixture *f, const char *path, int type)
{
	struct unix_listen *listener;
	int err = listen_at(f, path, type, &listener);

	assert_null(listener);
	return err;
}

/* A bound socket of somebody else's. */
static int stranger(const char *path, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (void *)&address, sizeof address), 0);
	return fd;
}

static int try_dial(const char *path, int type, int *fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
	assert_true(*fd >= 0);
	strcpy(address.sun_path, path);
	return connect(*fd, (void *)&address, sizeof address) < 0 ? -errno : 0;
}

static int dial(const char *path, int type)
{
	int fd;

	assert_int_equal(try_dial(path, type, &fd), 0);
	return fd;
}

static void step_until(struct fixture *f, unsigned count)
{
	for (int i = 0; i < 200 && f->count < count; i++)
		loop_step(f->loop, 5);
	assert_int_equal(f->count, count);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static unsigned mode(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void connections_are_handed_over(void **state)
{
	struct fixture *f = *state;
	int fd[20];

	for (size_t t = 0; t < COUNT(types); t++) {
		struct unix_listen *listener = listening(f, types[t]);
		unsigned before = f->count;

		/* More than are accepted in one go. */
		for (size_t i = 0; i < COUNT(fd); i++)
			fd[i] = dial(f->path, types[t]);
		step_until(f, before + COUNT(fd));
		for (unsigned i = before; i < f->count; i++) {
			assert_true(fcntl(f->fd[i], F_GETFL) & O_NONBLOCK);
			assert_true(fcntl(f->fd[i], F_GETFD) & FD_CLOEXEC);
		}
		unix_listen_free(listener);
		/* What was accepted lives on. */
		assert_int_equal(send(fd[0], "x", 1, MSG_NOSIGNAL), 1);
		for (size_t i = 0; i < COUNT(fd); i++)
			close(fd[i]);
	}
}

static void dead_socket_is_replaced(void **state)
{
	struct fixture *f = *state;

	for (size_t t = 0; t < COUNT(types); t++)
		for (size_t i = 0; i < COUNT(all_types); i++) {
			unsigned before = f->count;
			struct unix_listen *listener;
			int fd;

			close(stranger(f->path, all_types[i]));
			assert_true(exists(f->path));
			listener = listening(f, types[t]);
			fd = dial(f->path, types[t]);
			step_until(f, before + 1);
			close(fd);
			unix_listen_free(listener);
			assert_false(exists(f->path));
		}
}

static void live_socket_is_left_alone(void **state)
{
	struct fixture *f = *state;

	for (size_t t = 0; t < COUNT(types); t++) {
		unsigned before = f->count;
		struct unix_listen *first = listening(f, types[t]);
		int fd;

		for (size_t i = 0; i < COUNT(types); i++)
			assert_int_equal(refusal(f, f->path, types[i]),
					 i == t ? -EADDRINUSE : -EPROTOTYPE);
		/* It has seen one probe, and still answers. */
		fd = dial(f->path, types[t]);
		step_until(f, before + 2);
		close(fd);
		unix_listen_free(first);
	}
}

static void live_datagram_socket_is_left_alone(void **state)
{
	struct fixture *f = *state;
	int fd = stranger(f->path, SOCK_DGRAM);

	for (size_t t = 0; t < COUNT(types); t++)
		assert_int_equal(refusal(f, f->path, types[t]), -EPROTOTYPE);
	assert_true(exists(f->path));
	close(fd);
	unlink(f->path);
}

/* It may only be busy. */
static void full_queue_is_a_live_socket(void **state)
{
	struct fixture *f = *state;

	for (size_t t = 0; t < COUNT(types); t++) {
		int fd = stranger(f->path, types[t]), waiting[8];
		int err = 0;
		size_t n = 0;

		assert_int_equal(listen(fd, 1), 0);
		while (err == 0 && n < COUNT(waiting))
			err = try_dial(f->path, types[t], &waiting[n++]);
		assert_int_equal(err, -EAGAIN);
		assert_int_equal(refusal(f, f->path, types[t]), -EADDRINUSE);
		assert_true(exists(f->path));
		while (n > 0)
			close(waiting[--n]);
		close(fd);
		unlink(f->path);
	}
}

static void what_is_no_socket_is_left_alone(void **state)
{
	struct fixture *f = *state;
	char text[8] = "", target[100];
	int fd = open(f->path, O_CREAT | O_RDWR, 0600);

	assert_int_equal(write(fd, "content", 7), 7);
	for (size_t t = 0; t < COUNT(types); t++)
		assert_int_equal(refusal(f, f->path, types[t]), -ENOTSOCK);
	assert_int_equal(pread(fd, text, 7, 0), 7);
	assert_string_equal(text, "content");
	assert_int_equal(mode(f->path), 0600);
	close(fd);
	assert_int_equal(unlink(f->path), 0);

	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(refusal(f, f->path, SOCK_STREAM), -ENOTSOCK);
	assert_int_equal(rmdir(f->path), 0);

	/* Nor is a link followed, even to a dead socket. */
	snprintf(target, sizeof target, "%s/target", f->dir);
	close(stranger(target, SOCK_STREAM));
	assert_int_equal(symlink(target, f->path), 0);
	assert_int_equal(refusal(f, f->path, SOCK_STREAM), -ENOTSOCK);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(unlink(target), 0);
}

static void mode_is_the_same_for_any_umask(void **state)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };
	struct fixture *f = *state;

	for (size_t t = 0; t < COUNT(types); t++)
		for (size_t i = 0; i < COUNT(masks); i++) {
			mode_t old = umask(masks[i]);
			struct unix_listen *listener = listening(f, types[t]);

			umask(old);
			assert_int_equal(mode(f->path), 0660);
			unix_listen_free(listener);
		}
}

static void bad_paths_are_refused(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un address;
	struct unix_listen *listener;
	char path[300];
	size_t len = strlen(f->dir);

	snprintf(path, sizeof path, "%s/missing/socket", f->dir);
	assert_int_equal(refusal(f, path, SOCK_STREAM), -ENOENT);
	assert_int_equal(refusal(f, "", SOCK_STREAM), -ENOENT);

	/* The longest that fits, and one more. */
	memset(path, 'a', sizeof path);
	memcpy(path, f->dir, len);
	path[len] = '/';
	path[sizeof address.sun_path] = '\0';
	assert_int_equal(refusal(f, path, SOCK_STREAM), -ENAMETOOLONG);
	path[sizeof address.sun_path - 1] = '\0';
	assert_int_equal(listen_at(f, path, SOCK_STREAM, &listener), 0);
	assert_true(exists(path));
	unix_listen_free(listener);
	assert_false(exists(path));
	unix_listen_free(NULL);
}

static void only_our_own_file_is_removed(void **state)
{
	struct fixture *f = *state;
	struct unix_listen *first = listening(f, SOCK_STREAM), *second;
	int fd;

	/* Removed by hand, and started again: the first one's end must not
	 * take the second one's socket away. */
	assert_int_equal(unlink(f->path), 0);
	second = listening(f, SOCK_STREAM);
	unix_listen_free(first);
	fd = dial(f->path, SOCK_STREAM);
	step_until(f, 1);
	close(fd);

	assert_int_equal(unlink(f->path), 0);
	close(open(f->path, O_CREAT | O_WRONLY, 0600));
	unix_listen_free(second);
	assert_true(exists(f->path));
	assert_int_equal(unlink(f->path), 0);

	first = listening(f, SOCK_STREAM);
	assert_int_equal(unlink(f->path), 0);
	unix_listen_free(first);
}

static void no_descriptors_no_spin(void **state)
{
	struct fixture *f = *state;
	struct unix_listen *listener = listening(f, SOCK_SEQPACKET);
	int fd = dial(f->path, SOCK_SEQPACKET), next = dup(fd), steps = 0;
	struct rlimit old, none;

	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	loop_step(f->loop, 2);
	for (uint64_t end = clock_now_ms() + 50; clock_now_ms() < end; steps++)
		loop_step(f->loop, 20);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true(steps < 10);
	assert_int_equal(f->count, 0);
	skew_ns += 2 * NS_PER_S;
	step_until(f, 1);
	close(fd);
	unix_listen_free(listener);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(connections_are_handed_over),
		CASE(dead_socket_is_replaced),
		CASE(live_socket_is_left_alone),
		CASE(live_datagram_socket_is_left_alone),
		CASE(full_queue_is_a_live_socket),
		CASE(what_is_no_socket_is_left_alone),
		CASE(mode_is_the_same_for_any_umask),
		CASE(bad_paths_are_refused),
		CASE(only_our_own_file_is_removed),
		CASE(no_descriptors_no_spin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
