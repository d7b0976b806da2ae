#include "gateway/log.h"

#include "gateway/clock.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static char path[64];
static int saved_fd;

/* Stderr goes into a file until captured() reads it. */
static void capture(void)
{
	int fd;

	strcpy(path, "/tmp/tollgate-log-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	fflush(stderr);
	saved_fd = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static const char *captured(void)
{
	static char text[16384];
	ssize_t n;
	int fd;

	fflush(stderr);
	dup2(saved_fd, STDERR_FILENO);
	close(saved_fd);
	fd = open(path, O_RDONLY);
	n = read(fd, text, sizeof text - 1);
	close(fd);
	unlink(path);
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

/* What follows the time stamp, whose form is checked. */
static const char *after_stamp(const char *line)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ ";

	for (size_t i = 0; form[i]; i++)
		assert_true(form[i] == 'd' ? line[i] >= '0' && line[i] <= '9'
					   : line[i] == form[i]);
	return line + sizeof form - 1;
}

static int setup(void **state)
{
	(void)state;
	log_open("tollgated", LOG_TO_STDERR, LOG_INFO);
	return 0;
}

static void line_names_its_object(void **state)
{
	static const struct {
		int level;
		const char *object, *text, *line;
	} cases[] = {
		{ LOG_INFO, "call=17 span=1/5", "answered",
		  "tollgated info    call=17 span=1 ch=5 answered\n" },
		{ LOG_WARNING, NULL, "no object",
		  "tollgated warning no object\n" },
		{ LOG_ERR, "", "empty object",
		  "tollgated err     empty "
		  "object\n" },
		{ LOG_NOTICE, "100%s%n", "%d",
		  "tollgated notice  part=100%s%n "
		  "%d\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		capture();
		log_line(cases[i].level, cases[i].object, "%s", cases[i].text);
		assert_string_equal(after_stamp(captured()), cases[i].line);
	}
}

static void levels_are_obeyed(void **state)
{
	(void)state;
	for (int limit = LOG_EMERG; limit <= LOG_DEBUG; limit++) {
		log_set_level(limit);
		for (int level = LOG_EMERG; level <= LOG_DEBUG; level++) {
			capture();
			log_line(level, "x", "text");
			assert_int_equal(*captured() != '\0', level <= limit);
			assert_int_equal(log_wanted(level), level <= limit);
		}
	}
}

/* No peer can forge a line, or speak to the terminal. */
static void control_characters_become_question_marks(void **state)
{
	char text[] = "a\nb\rc\td\x1b[2Je\x7f"
		      "f";

	(void)state;
	capture();
	log_line(LOG_INFO, "sip=x\ny", "%s", text);
	assert_string_equal(after_stamp(captured()),
			    "tollgated info    sip=x?y a?b?c?d?[2Je?f\n");
	capture();
	for (int c = 1; c < ' '; c++)
		log_line(LOG_INFO, NULL, "%c", c);
	for (const char *line = captured(); *line;
	     line = strchr(line, '\n') + 1)
		assert_memory_equal(after_stamp(line), "tollgated info    ?\n",
				    20);
}

static void long_lines_are_cut(void **state)
{
	char text[3000], object[3000];
	const char *line;

	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	memcpy(object, text, sizeof object);
	capture();
	log_line(LOG_INFO, "x", "%s", text);
	line = after_stamp(captured());
	assert_int_equal(strlen(line), strlen("tollgated info    ") + 2047 + 1);
	assert_int_equal(line[strlen(line) - 1], '\n');
	capture();
	log_line(LOG_INFO, object, "%s", text);
	line = after_stamp(captured());
	assert_int_equal(strlen(line), strlen("tollgated info    ") + 2047 + 1);
}

static void no_target_no_line(void **state)
{
	(void)state;
	log_open("tollgated", 0, LOG_DEBUG);
	capture();
	log_line(LOG_ERR, NULL, "nowhere");
	assert_string_equal(captured(), "");
	/* Closed, it is stderr's again: a last word must not be lost. */
	log_close();
	capture();
	log_line(LOG_ERR, NULL, "last word");
	assert_non_null(strstr(captured(), "last word"));
}

/* While a program starts, its errors are shown to whoever started it. */
static void start_errors_reach_stderr(void **state)
{
	(void)state;
	log_open("tollgated", 0, LOG_DEBUG);
	log_starting(true);
	capture();
	log_line(LOG_WARNING, NULL, "not this");
	log_line(LOG_ERR, NULL, "port taken");
	assert_string_equal(after_stamp(captured()),
			    "tollgated err     port taken\n");
	log_starting(false);
	capture();
	log_line(LOG_ERR, NULL, "later");
	assert_string_equal(captured(), "");
	log_close();
}

static void level_names(void **state)
{
	static const struct {
		const char *name;
		int level;
	} cases[] = { { "err", LOG_ERR },
		      { "warning", LOG_WARNING },
		      { "notice", LOG_NOTICE },
		      { "info", LOG_INFO },
		      { "debug", LOG_DEBUG },
		      { "crit", LOG_CRIT },
		      { "error", -1 },
		      { "INFO", -1 },
		      { "", -1 },
		      { "inf", -1 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(log_level_parse(cases[i].name),
				 cases[i].level);
	}
}

static uint64_t now_ms;

static uint64_t fake_clock(void)
{
	return now_ms * NS_PER_MS;
}

static void lines_are_limited(void **state)
{
	enum { WINDOW_MS = 1000, OUT = -1 };
	static const struct {
		unsigned lines;
		uint64_t at_ms[8];
		int left_out[8]; /* told with the line, or OUT: not written */
	} cases[] = {
		/* Also what comes first on a clock that has just begun. */
		{ 1,
		  { 0, 0, 999, 1000, 1001, 1999, 2000, 2001 },
		  { 0, OUT, OUT, 2, OUT, OUT, 2, OUT } },
		/* A window begins with its first line, not on the second. */
		{ 1,
		  { 500, 1499, 1500, 9000, 9999, 10000, 10001, 10999 },
		  { 0, OUT, 1, 0, OUT, 1, OUT, OUT } },
		{ 3,
		  { 7000, 7100, 7200, 7300, 7999, 8000, 8001, 8002 },
		  { 0, 0, 0, OUT, OUT, 2, 0, 0 } },
		/* Fewer than allowed, then more. */
		{ 2,
		  { 100, 1200, 1300, 1400, 2199, 2200, 2200, 2200 },
		  { 0, 0, 0, OUT, OUT, 2, 0, OUT } },
	};

	(void)state;
	clock_set_source(fake_clock);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct log_limit limit = { 0 }, untold = { 0 };

		for (size_t k = 0; k < 8; k++) {
			unsigned left_out = 77;
			bool written;

			now_ms = cases[i].at_ms[k];
			written = log_allowed(&limit, cases[i].lines, WINDOW_MS,
					      &left_out);
			assert_int_equal(written ? (int)left_out : OUT,
					 cases[i].left_out[k]);
			assert_int_equal(log_allowed(&untold, cases[i].lines,
						     WINDOW_MS, NULL),
					 written);
		}
	}
	clock_set_source(NULL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		CASE(line_names_its_object),
		CASE(levels_are_obeyed),
		CASE(control_characters_become_question_marks),
		CASE(long_lines_are_cut),
		CASE(no_target_no_line),
		CASE(start_errors_reach_stderr),
		CASE(level_names),
		CASE(lines_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
