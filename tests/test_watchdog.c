/* What the service manager is told, as it receives it, on a clock of our own.
 */
#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/log.h"
#include "gateway/watchdog.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define ROUND_MS 1000

static uint64_t now_ms = 1000000;
static uint64_t media_ms; /* when the slowest worker ticked */
static bool media_hangs;
static const char *status_text;
static struct loop *loop;
static struct watchdog *watchdog;
static int manager; /* the service manager's socket */
static char said[256];

static uint64_t source(void)
{
	return now_ms * NS_PER_MS;
}

static uint64_t media_ticked(void *ctx, unsigned *worker)
{
	(void)ctx;
	*worker = 3;
	return (media_hangs ? media_ms : now_ms) * NS_PER_MS;
}

static void status(void *ctx, char *text, size_t size)
{
	(void)ctx;
	snprintf(text, size, "%s", status_text);
}

/* The next thing that it was told; "" when it was told nothing. */
static const char *heard(void)
{
	ssize_t len = recv(manager, said, sizeof said - 1, MSG_DONTWAIT);

	said[len < 0 ? 0 : len] = '\0';
	return said;
}

static void after(uint64_t ms)
{
	now_ms += ms;
	loop_step(loop, 0);
}

static void listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t len = sizeof at;

	strcpy(at.sun_path, path);
	if (*path == '@') {
		at.sun_path[0] = '\0';
		len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				  strlen(path));
	} else {
		unlink(path);
	}
	manager = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_true(manager >= 0);
	assert_int_equal(bind(manager, (const struct sockaddr *)&at, len), 0);
	setenv("NOTIFY_SOCKET", path, 1);
}

static int begin(void)
{
	const struct watchdog_config cfg = { .loop = loop,
					     .media_ticked_ns = media_ticked,
					     .status = status };

	return watchdog_new(&watchdog, &cfg);
}

static int setup(void **state)
{
	static char path[64];

	snprintf(path, sizeof path, "/tmp/tollgate-notify-%d", (int)getpid());
	*state = path;
	clock_set_source(source);
	log_set_level(LOG_CRIT);
	media_hangs = false;
	status_text = "0 calls";
	watchdog = NULL;
	listen_at(path);
	setenv("WATCHDOG_USEC", "8000000", 1);
	unsetenv("WATCHDOG_PID");
	return loop_new(&loop);
}

static int teardown(void **state)
{
	watchdog_free(watchdog);
	loop_free(loop);
	close(manager);
	unlink(*state);
	clock_set_source(NULL);
	return 0;
}

static void assert_begun(void)
{
	status_text = "0 calls";
	assert_int_equal(begin(), 0);
	assert_string_equal(heard(), "READY=1");
	assert_string_equal(heard(), "STATUS=0 calls");
	assert_string_equal(heard(), "");
}

static void test_fed_each_second(void **state)
{
	(void)state;
	assert_begun();
	for (int i = 0; i < 4; i++) {
		after(ROUND_MS - 1);
		assert_string_equal(heard(), "");
		after(1);
		assert_string_equal(heard(), "WATCHDOG=1");
		assert_string_equal(heard(), "");
	}
}

static void test_not_fed_while_a_worker_hangs(void **state)
{
	(void)state;
	assert_begun();
	media_hangs = true;
	media_ms = now_ms;
	after(ROUND_MS);
	assert_string_equal(heard(), "WATCHDOG=1");
	after(ROUND_MS);
	assert_string_equal(heard(), "WATCHDOG=1"); /* two seconds, not more */
	for (int i = 0; i < 2; i++) {
		after(ROUND_MS);
		assert_string_equal(heard(), "");
	}
	media_hangs = false;
	after(ROUND_MS - 500);
	after(500);
	assert_string_equal(heard(), "WATCHDOG=1");
}

/* The process was stopped as a whole: the workers have not ticked either, which
 * is no fault of theirs, and nobody says that all is well. */
static void test_not_fed_when_the_loop_was_held_up(void **state)
{
	(void)state;
	assert_begun();
	after(2001);
	assert_string_equal(heard(), "");
	after(ROUND_MS);
	assert_string_equal(heard(), "WATCHDOG=1");
	after(2000);
	assert_string_equal(heard(), "WATCHDOG=1");
}

static void test_fed_as_often_as_it_asks(void **state)
{
	(void)state;
	setenv("WATCHDOG_USEC", "500000", 1);
	assert_begun();
	after(249);
	assert_string_equal(heard(), "");
	after(1);
	assert_string_equal(heard(), "WATCHDOG=1");
}

static void test_not_asked(void **state)
{
	(void)state;
	unsetenv("WATCHDOG_USEC");
	assert_begun();
	after(ROUND_MS);
	assert_string_equal(heard(), "");
}

/* A shell that systemd started has the watchdog, not who it starts. */
static void test_another_process_is_asked(void **state)
{
	(void)state;
	setenv("WATCHDOG_PID", "1", 1);
	assert_begun();
	after(ROUND_MS);
	assert_string_equal(heard(), "");
}

static void test_we_are_asked_by_number(void **state)
{
	char pid[16];

	(void)state;
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_begun();
	after(ROUND_MS);
	assert_string_equal(heard(), "WATCHDOG=1");
}

static void test_status_when_it_changes(void **state)
{
	(void)state;
	unsetenv("WATCHDOG_USEC");
	assert_begun();
	for (int i = 0; i < 10; i++)
		after(ROUND_MS);
	assert_string_equal(heard(), "");
	status_text = "1 calls";
	for (int i = 0; i < 4; i++)
		after(ROUND_MS);
	assert_string_equal(heard(), "");
	after(ROUND_MS);
	assert_string_equal(heard(), "STATUS=1 calls");
	after(5 * ROUND_MS);
	assert_string_equal(heard(), "");
}

static void test_reload_and_stop(void **state)
{
	char reloading[80];

	(void)state;
	assert_begun();
	watchdog_reloading(watchdog);
	snprintf(reloading, sizeof reloading,
		 "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)now_ms * 1000);
	assert_string_equal(heard(), reloading);
	watchdog_reloaded(watchdog);
	assert_string_equal(heard(), "READY=1");
	status_text = "stopping, 2 calls";
	watchdog_stopping(watchdog);
	assert_string_equal(heard(), "STOPPING=1");
	assert_string_equal(heard(), "STATUS=stopping, 2 calls");
	after(ROUND_MS);
	assert_string_equal(heard(), "EXTEND_TIMEOUT_USEC=15000000");
	assert_string_equal(heard(), "WATCHDOG=1");
}

/* It hangs: we must not. What it has to know it is told when it reads again. */
static void test_manager_does_not_read(void **state)
{
	unsigned sent = 0;

	(void)state;
	assert_begun();
	for (int i = 0; i < 1000; i++)
		after(ROUND_MS);
	watchdog_stopping(watchdog);
	while (*heard()) {
		assert_string_equal(said, "WATCHDOG=1");
		sent++;
	}
	assert_in_range(sent, 1, 900);
	after(ROUND_MS);
	assert_string_equal(heard(), "STOPPING=1");
	assert_string_equal(heard(), "EXTEND_TIMEOUT_USEC=15000000");
	assert_string_equal(heard(), "WATCHDOG=1");
}

/* What goes to standard error meanwhile: its length. */
static long logged(void (*fn)(void))
{
	int before = dup(2);
	FILE *file = tmpfile();
	long size;

	event_say_repeats(true);
	log_set_level(LOG_WARNING);
	dup2(fileno(file), 2);
	fn();
	dup2(before, 2);
	close(before);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	fclose(file);
	return size;
}

static void ten_rounds(void)
{
	for (int i = 0; i < 10; i++) {
		status_text = i % 2 ? "odd" : "even";
		after(ROUND_MS);
	}
}

/* start-stop-daemon listens only for READY=1; systemd is missed. */
static void test_manager_is_gone(void **state)
{
	unsetenv("WATCHDOG_USEC");
	assert_begun();
	close(manager);
	assert_int_equal(logged(ten_rounds), 0);
	unlink(*state);
	assert_int_equal(logged(ten_rounds), 0);
	watchdog_free(watchdog);

	setenv("WATCHDOG_USEC", "8000000", 1);
	listen_at(*state);
	log_set_level(LOG_CRIT);
	assert_begun();
	close(manager);
	manager = -1;
	assert_in_range(logged(ten_rounds), 1, 400); /* one line */
}

static void test_abstract_address(void **state)
{
	char path[64];

	(void)state;
	close(manager);
	snprintf(path, sizeof path, "@tollgate-notify-%d", (int)getpid());
	listen_at(path);
	assert_begun();
}

static void test_no_manager(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(begin(), 0);
	after(ROUND_MS);
	watchdog_reloading(watchdog);
	watchdog_reloaded(watchdog);
	watchdog_stopping(watchdog);
	assert_string_equal(heard(), "");
}

static void test_no_address(void **state)
{
	char path[200];

	(void)state;
	setenv("NOTIFY_SOCKET", "notify", 1);
	assert_int_equal(begin(), -EINVAL);
	memset(path, '/', sizeof path);
	path[sizeof path - 1] = '\0';
	setenv("NOTIFY_SOCKET", path, 1);
	assert_int_equal(begin(), -EINVAL);
	/* Before the gateway has one, and after it. */
	watchdog_reloading(NULL);
	watchdog_reloaded(NULL);
	watchdog_stopping(NULL);
	watchdog_free(NULL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_fed_each_second),
		CASE(test_not_fed_while_a_worker_hangs),
		CASE(test_not_fed_when_the_loop_was_held_up),
		CASE(test_fed_as_often_as_it_asks),
		CASE(test_not_asked),
		CASE(test_another_process_is_asked),
		CASE(test_we_are_asked_by_number),
		CASE(test_status_when_it_changes),
		CASE(test_reload_and_stop),
		CASE(test_manager_does_not_read),
		CASE(test_manager_is_gone),
		CASE(test_abstract_address),
		CASE(test_no_manager),
		CASE(test_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
