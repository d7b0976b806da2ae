/* The log's threads against a syslogd and a reader of stderr that stop. */
#include "gateway/log_sink.h"

#include "gateway/clock.h"
#include "gateway/log_ring.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#define LINES 64

/* A thread that was left behind still reads its path: each test has another. */
static char paths[16][96], *path = paths[0];
static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/tollgate-sink-XXXXXX");
	assert_non_null(mkdtemp(dir));
	path += sizeof *paths;
	snprintf(path, sizeof *paths, "%s/log", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	return 0;
}

static int syslogd(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	err = bind(fd, (struct sockaddr *)&at, sizeof at);
	assert_int_equal(err, 0);
	return fd;
}

/* The next line within 3 s, "" when none comes. */
static const char *received(int fd)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	static char line[LOG_LINE_MAX + 200];
	ssize_t n = 0;

	if (poll(&readable, 1, 3000) > 0)
		n = read(fd, line, sizeof line - 1);
	line[n > 0 ? n : 0] = '\0';
	return line;
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static struct log_sink *sink_to(enum log_target target)
{
	struct log_sink_config cfg = { .target = target,
				       .ident = "tollgated",
				       .socket = path,
				       .lines = LINES };
	struct log_sink *sink;

	assert_int_equal(log_sink_new(&sink, &cfg), 0);
	return sink;
}

static void forms(void **state)
{
	struct log_record record = { .calendar_ns = 1700000000 * NS_PER_S,
				     .level = LOG_WARNING,
				     .text = "TG-1 x" };
	char line[100], want[100];
	size_t len;

	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	len = log_syslog_form("tollgated", &record, line, 100);
	assert_int_equal(len, strlen(line));
	snprintf(want, sizeof want,
		 "<28>Nov 14 22:13:20 tollgated[%d]: warning TG-1 x",
		 (int)getpid());
	assert_string_equal(line, want);
	len = log_stderr_form("tollgated", &record, line, 100);
	assert_int_equal(len, strlen(line));
	assert_string_equal(line, "2023-11-14T22:13:20.000Z tollgated warning "
				  "TG-1 x\n");
	assert_int_equal(log_stderr_form("tollgated", &record, line, 12), 11);
}

static void journal_form(void **state)
{
	static const struct {
		const char *text, *fields;
	} cases[] = {
		{ "TG-3004 call-answered call=17 span=1 msg=\"x\"",
		  "TOLLGATE_EVENT=TG-3004\nTOLLGATE_CALL=17\n" },
		{ "TG-9001 started msg=\"x\"", "TOLLGATE_EVENT=TG-9001\n" },
		{ "TG-2201 sip-refused part=sip msg=\"a call=9 b\"",
		  "TOLLGATE_EVENT=TG-2201\n" },
		{ "call=17 some step", "" },
	};
	struct log_record record = { .level = LOG_WARNING };
	char line[300], want[300];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		strcpy(record.text, cases[i].text);
		len = log_journal_form("tollgated", &record, line, sizeof line);
		snprintf(want, sizeof want,
			 "PRIORITY=4\nSYSLOG_FACILITY=3\n"
			 "SYSLOG_IDENTIFIER=tollgated\nSYSLOG_PID=%d\n"
			 "%sMESSAGE=%s\n",
			 (int)getpid(), cases[i].fields, cases[i].text);
		assert_string_equal(line, want);
		assert_int_equal(len, strlen(line));
	}
}

static void journal_gets_lines(void **state)
{
	int fd = syslogd();
	struct log_sink *sink = sink_to(LOG_TO_JOURNAL);

	(void)state;
	log_sink_put(sink, LOG_ERR, "first");
	assert_non_null(strstr(received(fd), "\nMESSAGE=first\n"));
	log_sink_free(sink, monotonic_ns() + 2 * NS_PER_S);
	close(fd);
}

static void syslogd_gets_lines(void **state)
{
	int fd = syslogd();
	struct log_sink *sink = sink_to(LOG_TO_SYSLOG);

	(void)state;
	log_sink_put(sink, LOG_ERR, "first");
	log_sink_put(sink, LOG_INFO, "second");
	assert_non_null(strstr(received(fd), "]: err first"));
	assert_non_null(strstr(received(fd), "]: info second"));
	log_sink_free(sink, monotonic_ns() + 2 * NS_PER_S);
	close(fd);
}

/* Nobody who logs waits for a syslogd that does not read; when it does again
 * it gets what was kept, and how much was not. */
static void stopped_syslogd_holds_nobody_up(void **state)
{
	unsigned got = 0, total = 4000, lost = 0;
	int fd = syslogd();
	struct log_sink *sink = sink_to(LOG_TO_SYSLOG);
	uint64_t start = monotonic_ns();
	const char *line;

	(void)state;
	for (unsigned i = 0; i < total; i++)
		log_sink_put(sink, LOG_NOTICE, "line");
	assert_true(monotonic_ns() - start < NS_PER_S);
	assert_true(log_sink_lost(sink) > 0);
	for (line = received(fd); *line; line = received(fd)) {
		const char *told = strstr(line, "lost=");

		if (told)
			lost += (unsigned)atoi(told + 5);
		else
			got++;
		if (told)
			assert_non_null(strstr(line, "TG-6101 log-lost "
						     "target=syslog"));
		if (got + lost == total)
			break;
	}
	assert_int_equal(got + lost, total);
	assert_int_equal(log_sink_lost(sink), lost);
	log_sink_free(sink, monotonic_ns() + 2 * NS_PER_S);
	close(fd);
}

/* One that ends and is started anew is found again. */
static void syslogd_started_anew_is_found(void **state)
{
	struct log_sink *sink = sink_to(LOG_TO_SYSLOG);
	int fd;

	(void)state;
	log_sink_put(sink, LOG_ERR, "early");
	usleep(300000);
	fd = syslogd();
	assert_non_null(strstr(received(fd), "early"));
	close(fd);
	unlink(path);
	log_sink_put(sink, LOG_ERR, "between");
	usleep(300000);
	fd = syslogd();
	assert_non_null(strstr(received(fd), "between"));
	log_sink_free(sink, monotonic_ns() + 2 * NS_PER_S);
	close(fd);
}

/* One that can be connected to and takes nothing costs no processor. */
static void syslogd_that_refuses_is_asked_seldom(void **state)
{
	struct timespec before, after;
	struct log_sink *sink;
	int fd = syslogd();
	double used_s;

	(void)state;
	shutdown(fd, SHUT_RD);
	sink = sink_to(LOG_TO_SYSLOG);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	log_sink_put(sink, LOG_ERR, "refused");
	usleep(500000);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	log_sink_free(sink, monotonic_ns() + 2 * NS_PER_S);
	close(fd);
	used_s = (double)(after.tv_sec - before.tv_sec) +
		 (double)(after.tv_nsec - before.tv_nsec) / NS_PER_S;
	assert_true(used_s < 0.05);
}

static void end_is_not_waited_for_longer(void **state)
{
	int fd = syslogd();
	struct log_sink *sink = sink_to(LOG_TO_SYSLOG);
	uint64_t start = monotonic_ns();

	(void)state;
	for (unsigned i = 0; i < 2000; i++)
		log_sink_put(sink, LOG_ERR, "line");
	log_sink_free(sink, start + NS_PER_S / 2);
	assert_in_range((monotonic_ns() - start) / NS_PER_MS, 400, 1500);
	/* Its thread still has what it uses. Without a reader it would wait for
	 * ever; the end of the socket ends it. */
	close(fd);
	usleep(500000);
}

static void stopped_reader_of_stderr_holds_nobody_up(void **state)
{
	int pipes[2], saved = dup(STDERR_FILENO);
	struct log_sink *sink;
	char text[4096];
	bool told = false;
	uint64_t start;
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], STDERR_FILENO);
	close(pipes[1]);
	sink = sink_to(LOG_TO_STDERR);
	start = monotonic_ns();
	for (unsigned i = 0; i < 4000; i++)
		log_sink_put(sink, LOG_ERR,
			     "a line of some length, for a pipe");
	start = monotonic_ns() - start;
	while (!told && (n = read(pipes[0], text, sizeof text - 1)) > 0) {
		text[n] = '\0';
		told = strstr(text, "log-lost target=stderr");
	}
	log_sink_free(sink, monotonic_ns() + 2 * NS_PER_S);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipes[0]);
	assert_true(told);
	assert_true(start < NS_PER_S);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		CASE(forms),
		CASE(journal_form),
		CASE(journal_gets_lines),
		CASE(syslogd_gets_lines),
		CASE(stopped_syslogd_holds_nobody_up),
		CASE(syslogd_started_anew_is_found),
		CASE(syslogd_that_refuses_is_asked_seldom),
		CASE(end_is_not_waited_for_longer),
		CASE(stopped_reader_of_stderr_holds_nobody_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
