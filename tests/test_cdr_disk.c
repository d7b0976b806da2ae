/* Call records while the disk is full, in another format, elsewhere. */
#include "gateway/cdr.h"
#include "gateway/cdr_csv.h"
#include "gateway/log.h"
#include "tests/sample_call.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KEEP 40
#define MANY 6000

struct fixture {
	char dir[64], path[100];
	struct cdr *cdr;
	struct call call;
};

static void start(struct fixture *f, const char *name, bool csv)
{
	const struct cdr_config cfg = { .path = f->path,
					.node = "demo, \"main\"",
					.csv = csv,
					.keep = KEEP };

	snprintf(f->path, sizeof f->path, "%s/%s", f->dir, name);
	if (f->cdr)
		cdr_take(f->cdr, &cfg);
	else
		assert_int_equal(cdr_new(&f->cdr, &cfg), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	strcpy(f->dir, "/tmp/tollgate-cdr-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	sample_call(&f->call, 17);
	sample_end(&f->call, 2000);
	/* A log that is a file would meet the limit of files too. */
	log_open("test", 0, LOG_ERR);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[100];

	cdr_free(f->cdr);
	snprintf(command, sizeof command, "rm -r %s", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	clock_set_source(NULL);
	return 0;
}

static void write_records(struct fixture *f, unsigned first, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		f->call.id = first + i;
		cdr_write(f->cdr, &f->call);
	}
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static struct cdr_status status(struct fixture *f)
{
	struct cdr_status now;

	cdr_status(f->cdr, &now);
	return now;
}

/* Bounded: the writer tries again after 0.1, 0.3, 0.7 s. */
static void wait_until_written(struct fixture *f)
{
	for (int i = 0; i < 500 && status(f).waiting; i++)
		usleep(10000);
	assert_int_equal(status(f).waiting, 0);
}

static void wait_for_trouble(struct fixture *f)
{
	for (int i = 0; i < 500 && !status(f).trouble; i++)
		usleep(10000);
	assert_true(status(f).trouble);
}

/* The file has the calls `first` up to `last`, once and in order; "" of CSV is
 * its header. */
static void check_file(const char *path, unsigned first, unsigned last)
{
	FILE *file = fopen(path, "r");
	char line[8192];
	unsigned id = first;

	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		json_t *json = json_loads(line, 0, NULL);

		assert_non_null(json);
		assert_int_equal(json_integer_value(
					 json_object_get(json, "id")),
				 id);
		json_decref(json);
		id++;
	}
	fclose(file);
	assert_int_equal(id, last + 1);
}

/* Cut short, taken back, kept, and written once there is room. */
static void full_disk_loses_nothing(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	start(f, "calls.jsonl", false);
	write_records(f, 1, 1);
	cdr_flush(f->cdr);
	assert_int_equal(stat(f->path, &st), 0);
	limit_files((rlim_t)st.st_size * 5 / 2);
	write_records(f, 2, 19);
	wait_for_trouble(f);
	assert_int_equal(status(f).trouble, ENOSPC);
	assert_int_equal(status(f).written, 2);
	assert_int_equal(status(f).waiting, 18);
	assert_int_equal(status(f).keep, KEEP);
	/* Only whole lines are there meanwhile. */
	check_file(f->path, 1, 2);
	limit_files(RLIM_INFINITY);
	wait_until_written(f);
	assert_int_equal(status(f).trouble, 0);
	assert_int_equal(status(f).failures, 0);
	assert_int_equal(status(f).written, 20);
	check_file(f->path, 1, 20);
}

/* All that waits when it ends goes to the log, which holds less than that. */
static void end_with_many_waiting(void **state)
{
	const struct cdr_config cfg = { .path = "/dev/full",
					.node = "n",
					.keep = MANY };
	struct fixture *f = *state;
	int out, saved = dup(STDERR_FILENO);
	char line[4096], path[100];
	unsigned found = 0;
	uint64_t lost;
	FILE *file;

	snprintf(path, sizeof path, "%s/log", f->dir);
	out = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_true(out >= 0);
	dup2(out, STDERR_FILENO);
	log_open("test", LOG_TO_STDERR, LOG_ERR);
	assert_int_equal(log_start_writers("/nowhere"), 0);
	assert_int_equal(cdr_new(&f->cdr, &cfg), 0);
	write_records(f, 1, MANY);
	cdr_free(f->cdr);
	f->cdr = NULL;
	lost = log_lost();
	log_close();
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_int_equal(lost, 0);
	file = fdopen(out, "r");
	assert_non_null(file);
	rewind(file);
	while (fgets(line, sizeof line, file))
		found += strstr(line, " part=1 ") != NULL;
	fclose(file);
	assert_int_equal(found, MANY);
}

/* Beyond the bound the newest are logged and counted, those before stay. */
static void bound_of_waiting(void **state)
{
	struct fixture *f = *state;

	start(f, "calls.jsonl", false);
	limit_files(0);
	write_records(f, 1, KEEP + 5);
	assert_int_equal(status(f).waiting, KEEP);
	assert_int_equal(status(f).failures, 5);
	assert_int_equal(cdr_failures(f->cdr), 5);
	limit_files(RLIM_INFINITY);
	wait_until_written(f);
	check_file(f->path, 1, KEEP);
}

/* At the end nothing is waited for: what cannot be written is logged. */
static void end_with_a_full_disk(void **state)
{
	struct fixture *f = *state;
	uint64_t began;

	start(f, "calls.jsonl", false);
	limit_files(0);
	write_records(f, 1, 10);
	wait_for_trouble(f);
	began = clock_now_ms();
	cdr_free(f->cdr);
	f->cdr = NULL;
	assert_true(clock_now_ms() - began < 1000);
	limit_files(RLIM_INFINITY);
	start(f, "calls.jsonl", false);
	write_records(f, 11, 1);
	cdr_flush(f->cdr);
	check_file(f->path, 11, 11);
}

/* Another file, as after a reload, takes what waits for the old one. */
static void waiting_records_move(void **state)
{
	struct fixture *f = *state;

	start(f, "first.jsonl", false);
	write_records(f, 1, 3);
	cdr_flush(f->cdr);
	limit_files(0);
	write_records(f, 4, 5);
	wait_for_trouble(f);
	limit_files(RLIM_INFINITY);
	start(f, "second.jsonl", false);
	wait_until_written(f);
	check_file(f->path, 4, 8);
	write_records(f, 9, 1);
	cdr_flush(f->cdr);
	check_file(f->path, 4, 9);
	assert_string_equal(status(f).path, f->path);
	/* None, and back. */
	start(f, "", false);
	cdr_take(f->cdr, &(struct cdr_config){ .path = "", .node = "" });
	write_records(f, 10, 1);
	assert_int_equal(status(f).waiting, 0);
	assert_string_equal(status(f).path, "");
}

static char *read_line(FILE *file)
{
	static char line[8192];

	assert_non_null(fgets(line, sizeof line, file));
	assert_non_null(strchr(line, '\n'));
	return line;
}

static void csv(void **state)
{
	struct fixture *f = *state;
	FILE *file;
	char *line;

	start(f, "calls.csv", true);
	strcpy(f->call.info_a.sip_call_id, "a,\"b\"\r\nc");
	write_records(f, 17, 2);
	cdr_flush(f->cdr);
	file = fopen(f->path, "r");
	line = read_line(file);
	assert_int_equal(strncmp(line, "version,node,seq,id,", 20), 0);
	assert_non_null(strstr(line, ",clock_stepped"));
	line = read_line(file);
	assert_int_equal(strncmp(line, "1,\"demo, \"\"main\"\"\",1,17,", 24),
			 0);
	assert_non_null(strstr(line, ",\"a,\"\"b\"\"??c\","));
	line = read_line(file);
	assert_non_null(strstr(line, ",2,18,"));
	assert_null(fgets(line, 80, file));
	fclose(file);
	/* Appended to, it has one header. */
	cdr_free(f->cdr);
	f->cdr = NULL;
	start(f, "calls.csv", true);
	write_records(f, 19, 1);
	cdr_flush(f->cdr);
	file = fopen(f->path, "r");
	for (int i = 0; i < 3; i++)
		read_line(file);
	assert_non_null(strstr(read_line(file), ",1,19,"));
	fclose(file);
}

/* Fields have the order of JSON and null is empty. */
static void csv_values(void **state)
{
	json_t *record =
		json_pack("{s:i, s:n, s:b, s:b, s:f, s:s, s:s}", "a", -1, "b",
			  "c", 1, "d", 0, "e", 1.5, "f", "", "g", "x\ty");
	char *header = cdr_csv_header(record), *row = cdr_csv_row(record);

	(void)state;
	assert_string_equal(header, "a,b,c,d,e,f,g\n");
	assert_string_equal(row, "-1,,true,false,1.5,,x?y\n");
	free(header);
	free(row);
	json_decref(record);
}

static void rotation(void **state)
{
	struct fixture *f = *state;
	char to[CDR_PATH_MAX], copy[sizeof f->path];
	struct stat st;

	start(f, "calls.csv", true);
	/* Nothing is there to be renamed. */
	assert_int_equal(cdr_rotate(f->cdr, to), 0);
	write_records(f, 1, 3);
	cdr_flush(f->cdr);
	assert_int_not_equal(stat(to, &st), 0);
	assert_int_equal(cdr_rotate(f->cdr, to), 0);
	assert_int_equal(strncmp(to, f->path, strlen(f->path)), 0);
	for (int i = 0; i < 300 && stat(to, &st); i++)
		usleep(10000);
	assert_int_equal(stat(to, &st), 0);
	write_records(f, 4, 1);
	cdr_flush(f->cdr);
	/* The new one has its header too. */
	assert_int_equal(stat(f->path, &st), 0);
	strcpy(copy, f->path);
	{
		FILE *file = fopen(copy, "r");

		assert_int_equal(strncmp(read_line(file), "version,", 8), 0);
		assert_non_null(strstr(read_line(file), ",4,4,"));
		fclose(file);
	}
	cdr_free(f->cdr);
	f->cdr = NULL;
	assert_int_equal(cdr_new(&f->cdr, &(struct cdr_config){ .path = "",
								.node = "n" }),
			 0);
	assert_int_equal(cdr_rotate(f->cdr, to), -ENOENT);
}

/* No file has lines of both. */
static void another_format(void **state)
{
	struct fixture *f = *state;
	glob_t found;
	char pattern[sizeof f->path + 2];
	FILE *file;

	start(f, "calls", false);
	write_records(f, 1, 2);
	cdr_flush(f->cdr);
	start(f, "calls", true);
	write_records(f, 3, 1);
	cdr_flush(f->cdr);
	file = fopen(f->path, "r");
	assert_int_equal(strncmp(read_line(file), "version,", 8), 0);
	assert_non_null(strstr(read_line(file), ",3,3,"));
	fclose(file);
	snprintf(pattern, sizeof pattern, "%s.*", f->path);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	check_file(found.gl_pathv[0], 1, 2);
	globfree(&found);
}

/* Calls without records are none that are missing. */
static void switched_off(void **state)
{
	const struct cdr_config none = { .path = "", .node = "n" };
	struct fixture *f = *state;
	FILE *file;

	start(f, "calls.csv", true);
	cdr_take(f->cdr, &none);
	write_records(f, 1, 5);
	start(f, "calls.csv", true);
	write_records(f, 6, 1);
	cdr_flush(f->cdr);
	file = fopen(f->path, "r");
	read_line(file);
	assert_non_null(strstr(read_line(file), ",1,6,"));
	fclose(file);
}

/* Where a piece cannot be taken back it is at least ended. */
static void no_regular_file(void **state)
{
	struct fixture *f = *state;
	int ends[2];
	char read_end[64], text[4096];
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	snprintf(read_end, sizeof read_end, "/dev/fd/%d", ends[1]);
	assert_int_equal(cdr_new(&f->cdr,
				 &(struct cdr_config){ .path = read_end,
						       .node = "n",
						       .csv = true,
						       .keep = 9 }),
			 0);
	write_records(f, 1, 2);
	cdr_flush(f->cdr);
	n = read(ends[0], text, sizeof text - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_int_equal(strncmp(text, "version,", 8), 0);
	assert_null(strstr(text + 8, "version,"));
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(full_disk_loses_nothing),
		CASE(bound_of_waiting),
		CASE(end_with_a_full_disk),
		CASE(end_with_many_waiting),
		CASE(waiting_records_move),
		CASE(csv),
		CASE(csv_values),
		CASE(rotation),
		CASE(another_format),
		CASE(switched_off),
		CASE(no_regular_file),
	};

	/* Beyond RLIMIT_FSIZE a write fails instead of ending the process. */
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
