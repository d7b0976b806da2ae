/* cdr tail, status and rotate. */
#include "tests/sample_cli.h"

#include <signal.h>

static char status_text[400];

static const char *path_of(struct fixture *f)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/calls", f->dir);
	return path;
}

/* The file holds `text`, and the daemon says so. */
static void given(struct fixture *f, const char *format, const char *text)
{
	FILE *file = fopen(path_of(f), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	snprintf(status_text, sizeof status_text,
		 "{\"path\": \"%s\", \"format\": \"%s\", \"written\": 3, "
		 "\"waiting\": 0, \"keep\": 10, \"failures\": 0, "
		 "\"trouble\": null}",
		 path_of(f), format);
	f->canned = status_text;
}

#define RECORD(start, to)                                                \
	"{\"id\":1,\"start_utc\":\"" start "T07:13:43.894Z\","           \
	"\"direction\":\"out\",\"caller\":\"030\",\"caller_core\":null," \
	"\"called\":\"0\",\"called_core\":\"" to "\","                   \
	"\"duration_ms\":62000,\"q850_cause\":16,"                       \
	"\"release_by\":\"caller\"}\n"

#define HEAD                                                       \
	"BEGAN (UTC)    DIR FROM             TO                  " \
	"  FOR CAUSE BY\n"

static void tail(void **state)
{
	struct fixture *f = *state;

	given(f, "json",
	      RECORD("2026-11-18", "+1") "half a record\n" RECORD("2026-11-19",
								  "+2")
		      RECORD("2026-11-20", "+49305550100") "{\"id\":4");
	assert_int_equal(ask_run(f, "cdr tail -n 2"), CLI_GOOD);
	assert_string_equal(f->heard, "cdr status");
	assert_string_equal(f->out, HEAD
			    "11-19 07:13:43 out 030              +2"
			    "               00:01:02    16 caller\n"
			    "11-20 07:13:43 out 030              +49305550100"
			    "     00:01:02    16 caller\n");
	assert_int_equal(ask_run(f, "cdr tail -n 0"), CLI_GOOD);
	assert_string_equal(f->out, "");
	assert_int_equal(ask_run(f, "cdr tail"), CLI_GOOD);
	assert_non_null(strstr(f->out, "11-18 "));
	assert_int_equal(ask_run(f, "--json cdr tail -n 1"), CLI_GOOD);
	assert_string_equal(f->out, RECORD("2026-11-20", "+49305550100"));
	unlink(path_of(f));
}

static void tail_of_csv(void **state)
{
	struct fixture *f = *state;

	given(f, "csv",
	      "id,start_utc,direction,caller,called,duration_ms,q850_cause,"
	      "release_by\n"
	      "1,2026-11-20T07:13:43.894Z,in,\"a,\"\"b\"\"\",110,5000,17,"
	      "callee\n"
	      "2,too few\n"
	      "3,2026-11-20T08:00:00.000Z,in,,112,0,,timer:T303\n");
	assert_int_equal(ask_run(f, "cdr tail"), CLI_GOOD);
	assert_string_equal(f->out,
			    HEAD "11-20 07:13:43 in  a,\"b\"            110"
				 "              00:00:05    17 callee\n"
				 "11-20 08:00:00 in                   112"
				 "              00:00:00     - timer\n");
	assert_int_equal(ask_run(f, "--json cdr tail -n 1"), CLI_GOOD);
	assert_string_equal(
		f->out,
		"{\"id\":\"3\",\"start_utc\":\"2026-11-20T08:00:00.000Z\","
		"\"direction\":\"in\",\"caller\":null,\"called\":\"112\","
		"\"duration_ms\":\"0\",\"q850_cause\":null,"
		"\"release_by\":\"timer:T303\"}\n");
	unlink(path_of(f));
}

#define HOLE (1LL << 36) /* bytes that nobody has the time to read */

/* Only the end of a long file is read, as far back as need be. */
static void tail_of_a_long_file(void **state)
{
	struct fixture *f = *state;
	static const char *const heads[] = { "", "id,start_utc\n" };
	static const char *const rows[] = { "{\"id\":%d}\n", "%d,\n" };
	static const char *const formats[] = { "json", "csv" };

	alarm(20);
	for (int csv = 0; csv < 2; csv++) {
		FILE *file;
		size_t lines = 0;

		given(f, formats[csv], heads[csv]);
		assert_int_equal(truncate(path_of(f), HOLE), 0);
		file = fopen(path_of(f), "a");
		assert_non_null(file);
		putc('\n', file);
		for (int id = 1; id <= 50000; id++)
			fprintf(file, rows[csv], id);
		fclose(file);
		assert_int_equal(ask_run(f, "--json cdr tail -n 1"), CLI_GOOD);
		assert_non_null(strstr(f->out, csv ? "{\"id\":\"50000\","
						   : "{\"id\":50000}\n"));
		assert_int_equal(ask_run(f, "--json cdr tail -n 40000"),
				 CLI_GOOD);
		for (const char *c = f->out; *c; c++)
			lines += *c == '\n';
		assert_int_equal(lines, 40000);
		assert_memory_equal(f->out,
				    csv ? "{\"id\":\"10001\""
					: "{\"id\":10001}",
				    12);
		unlink(path_of(f));
	}
	alarm(0);
}

/* What a timer is called stands in the document, the row keeps its end. */
static void tail_of_a_long_reason(void **state)
{
	struct fixture *f = *state;

	given(f, "json",
	      "{\"start_utc\":\"2026-11-20T07:13:43.894Z\",\"direction\":"
	      "\"in\",\"caller\":\"030\",\"called\":\"110\",\"duration_ms\":"
	      "0,\"q850_cause\":102,\"release_by\":\"timer:no answer to "
	      "INVITE in 2 s\"}\n");
	assert_int_equal(ask_run(f, "cdr tail"), CLI_GOOD);
	assert_string_equal(f->out,
			    HEAD "11-20 07:13:43 in  030              110"
				 "              00:00:00   102 timer\n");
	assert_int_equal(ask_run(f, "--json cdr tail"), CLI_GOOD);
	assert_non_null(strstr(f->out, "\"timer:no answer to INVITE in 2 s\""));
	unlink(path_of(f));
}

static void nothing_to_tail(void **state)
{
	struct fixture *f = *state;

	given(f, "json", "");
	unlink(path_of(f));
	assert_int_equal(ask_run(f, "cdr tail"), CLI_REFUSED);
	assert_non_null(strstr(f->err, "cannot read "));
	assert_non_null(strstr(f->err, "No such file or directory"));
	f->canned = "{\"path\": null}";
	assert_int_equal(ask_run(f, "cdr tail"), CLI_REFUSED);
	assert_string_equal(f->err, "tollgate: no call records are kept: "
				    "call-records is none\n");
	f->canned = "{\"error\": \"not now\"}";
	assert_int_equal(ask_run(f, "cdr tail"), CLI_REFUSED);
	assert_string_equal(f->err, "tollgate: not now\n");
	assert_int_equal(ask_run(f, "cdr tail -n x"), CLI_REFUSED);
	assert_int_equal(run(f, "--control /nonexistent cdr tail"),
			 CLI_UNREACHABLE);
}

static void append(struct fixture *f, const char *text)
{
	FILE *file = fopen(path_of(f), "a");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

struct follower {
	struct fixture *f;
	FILE *out;
	int status;
};

static void *follow(void *arg)
{
	struct follower *follower = arg;
	char *argv[] = { "tollgate", "--json", "--control", follower->f->path,
			 "cdr",	     "tail",   "-n",	    "1",
			 "-f",	     NULL };

	follower->status = cli_run(9, argv, follower->out, stderr);
	fclose(follower->out);
	return NULL;
}

/* Each once, also half a line at first, and over a rotation. */
static void following(void **state)
{
	struct fixture *f = *state;
	struct follower follower = { .f = f };
	char line[1024], old[140];
	pthread_t thread;
	int ends[2];
	FILE *heard;

	signal(SIGPIPE, SIG_IGN);
	alarm(20);
	given(f, "json", RECORD("2026-11-18", "+1"));
	assert_int_equal(pipe(ends), 0);
	heard = fdopen(ends[0], "r");
	follower.out = fdopen(ends[1], "w");
	assert_int_equal(pthread_create(&thread, NULL, follow, &follower), 0);
	assert_non_null(fgets(line, sizeof line, heard));
	assert_non_null(strstr(line, "2026-11-18"));
	append(f, "{\"id\":2,\"start_utc\":");
	usleep(400000);
	append(f, "\"2026-11-19\"}\n");
	assert_non_null(fgets(line, sizeof line, heard));
	assert_string_equal(line, "{\"id\":2,\"start_utc\":\"2026-11-19\"}\n");
	snprintf(old, sizeof old, "%s.old", path_of(f));
	append(f, "{\"id\":3,\"start_utc\":\"just before\"}\n");
	assert_int_equal(rename(path_of(f), old), 0);
	append(f, RECORD("2026-11-20", "+3"));
	assert_non_null(fgets(line, sizeof line, heard));
	assert_non_null(strstr(line, "just before"));
	assert_non_null(fgets(line, sizeof line, heard));
	assert_non_null(strstr(line, "2026-11-20"));
	/* Who reads it has gone. */
	fclose(heard);
	append(f, RECORD("2026-11-21", "+4"));
	pthread_join(thread, NULL);
	alarm(0);
	assert_int_equal(follower.status, CLI_REFUSED);
	unlink(old);
	unlink(path_of(f));
}

static void status_and_rotate(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask_run(f, "cdr status"), CLI_GOOD);
	assert_string_equal(f->out, "No call records are kept: call-records "
				    "is none.\n");
	assert_int_equal(ask_run(f, "cdr rotate"), CLI_REFUSED);
	f->canned = "{\"path\": \"/var/log/calls.csv\", \"format\": \"csv\", "
		    "\"written\": 31204, \"waiting\": 17, \"keep\": 10000, "
		    "\"failures\": 2, \"trouble\": \"No space left on "
		    "device\"}";
	assert_int_equal(ask_run(f, "cdr status"), CLI_GOOD);
	assert_string_equal(
		f->out, "File     /var/log/calls.csv (csv)\n"
			"Written  31204 since the start\n"
			"Waiting  17 in memory, 10000 at most: No space left "
			"on device\n"
			"Lost     2 to the log: too many waited, or the end "
			"came\n");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(tail),
		CASE(tail_of_csv),
		CASE(tail_of_a_long_file),
		CASE(tail_of_a_long_reason),
		CASE(nothing_to_tail),
		CASE(following),
		CASE(status_and_rotate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
