#include "gateway/cli/cdr.h"

#include "gateway/cli/field.h"
#include "gateway/cli/records.h"
#include "gateway/cli/screen.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT_DEFAULT 10
#define COUNT_MAX 100000
#define LOOK_EVERY_MS 300
#define BYTES_FIRST 65536 /* of the file's end, some sixty records */

/* A file that is read to its end, and on when it has grown. */
struct tail {
	const struct cli *cli;
	const char *path;
	struct records *records;
	FILE *file;
	bool headed;
};

static void show_head(struct tail *tail, struct screen *screen)
{
	if (tail->headed)
		return;
	tail->headed = true;
	screen_put(screen, INK_BOLD, "%-14s %-3s %-16s %-16s %8s %5s %s\n",
		   "BEGAN (UTC)", "DIR", "FROM", "TO", "FOR", "CAUSE", "BY");
}

static const char *either(const json_t *record, const char *key,
			  const char *other)
{
	const char *text = field_text(record, key);

	return *text ? text : field_text(record, other);
}

/* CSV has texts only. */
static long long number_of(const json_t *record, const char *key)
{
	return field_is_number(record, key)
		       ? field_number(record, key)
		       : strtoll(field_text(record, key), NULL, 10);
}

static void show_record(struct tail *tail, const json_t *record)
{
	struct screen screen;
	char when[20], duration[DURATION_MAX], cause[12] = "-";
	const char *by = field_text(record, "release_by");
	long long q850 = number_of(record, "q850_cause");

	if (tail->cli->json) {
		json_dumpf(record, tail->cli->out,
			   JSON_COMPACT | JSON_ENSURE_ASCII);
		putc('\n', tail->cli->out);
		return;
	}
	screen_open(&screen, tail->cli->out);
	show_head(tail, &screen);
	/* Without its year: 11-20 07:13:43 */
	snprintf(when, sizeof when, "%.19s", field_text(record, "start_utc"));
	if (strlen(when) == 19) {
		memmove(when, when + 5, 15);
		when[5] = ' ';
	}
	format_duration(number_of(record, "duration_ms"), duration);
	if (q850)
		snprintf(cause, sizeof cause, "%lld", q850);
	screen_put(&screen, INK_PLAIN, "%-14.14s %-3.3s ", when,
		   field_text(record, "direction"));
	screen_cell(&screen, INK_PLAIN, 16,
		    either(record, "caller_core", "caller"));
	screen_put(&screen, INK_PLAIN, " ");
	screen_cell(&screen, INK_PLAIN, 16,
		    either(record, "called_core", "called"));
	/* Without what a timer is called: that may be a sentence. */
	screen_put(&screen, INK_PLAIN, " %8s %5s %.*s\n", duration, cause,
		   (int)strcspn(by, ":"), by);
}

static int unreadable(const struct tail *tail, int error)
{
	char text[400];

	snprintf(text, sizeof text, "cannot read %.256s: %s%s", tail->path,
		 strerror(error),
		 error == EACCES ? ": be root or in the group of the file"
				 : "");
	return cli_refuse(tail->cli, text);
}

/* Goes to the file's last `bytes`, behind the line that they begin in; false:
 * it is not as long, and is read from its start. */
static bool go_to_end(struct tail *tail, off_t bytes)
{
	struct stat file;

	records_begin(tail->records);
	rewind(tail->file);
	if (fstat(fileno(tail->file), &file) < 0 || file.st_size <= bytes)
		return false;
	records_read_header(tail->records, tail->file);
	if (fseeko(tail->file, -bytes, SEEK_END) < 0)
		return false;
	records_skip_line(tail->records);
	return true;
}

/* Keeps the latest `room` of all that are left; how many those were. */
static size_t read_on(struct tail *tail, json_t *last[], size_t room)
{
	size_t total = 0;
	json_t *record;

	while ((record = records_next(tail->records, tail->file))) {
		json_decref(last[total % room]);
		last[total++ % room] = record;
	}
	return total;
}

/* The last `count` records; what is no record is passed over. A day's file may
 * have a gigabyte: it is read from as far back as they are found. */
static int show_last(struct tail *tail, unsigned count)
{
	json_t **last = calloc(count + 1, sizeof *last);
	off_t bytes = BYTES_FIRST;
	size_t total;
	bool within;

	if (!last)
		return unreadable(tail, ENOMEM);
	do {
		within = go_to_end(tail, bytes);
		total = read_on(tail, last, count + 1);
		bytes *= 4;
	} while (within && total < count);
	for (size_t i = total > count ? total - count : 0; i < total; i++)
		show_record(tail, last[i % (count + 1)]);
	for (size_t i = 0; i <= count; i++)
		json_decref(last[i]);
	free(last);
	return CLI_GOOD;
}

static void show_rest(struct tail *tail)
{
	json_t *record;

	while ((record = records_next(tail->records, tail->file))) {
		show_record(tail, record);
		json_decref(record);
	}
	clearerr(tail->file);
}

/* After a rotation another file has the name; what came into the old one
 * before that is shown first. */
static void follow_rename(struct tail *tail)
{
	struct stat ours, there;
	FILE *file;

	if (fstat(fileno(tail->file), &ours) < 0 ||
	    stat(tail->path, &there) < 0 ||
	    (ours.st_dev == there.st_dev && ours.st_ino == there.st_ino))
		return;
	file = fopen(tail->path, "re");
	if (!file)
		return;
	show_rest(tail);
	fclose(tail->file);
	tail->file = file;
	records_begin(tail->records);
}

/* Until the reader of our output is gone, or ^C. */
static int follow(struct tail *tail)
{
	for (;;) {
		show_rest(tail);
		if (fflush(tail->cli->out) != 0 || ferror(tail->cli->out))
			return CLI_REFUSED;
		poll(NULL, 0, LOOK_EVERY_MS);
		follow_rename(tail);
	}
}

static int run(struct tail *tail, const json_t *status,
	       const struct command_line *line)
{
	unsigned count = command_number(line, "-n", COUNT_DEFAULT);
	int result;

	tail->path = field_text(status, "path");
	if (!*tail->path)
		return cli_refuse(tail->cli, "no call records are kept: "
					     "call-records is none");
	if (count > COUNT_MAX)
		return cli_refuse(tail->cli,
				  "at most 100000 records are shown");
	tail->file = fopen(tail->path, "re");
	if (!tail->file)
		return unreadable(tail, errno);
	tail->records =
		records_new(!strcmp(field_text(status, "format"), "csv"));
	result = tail->records ? show_last(tail, count)
			       : unreadable(tail, ENOMEM);
	if (result == CLI_GOOD && command_get(line, "-f"))
		result = follow(tail);
	records_free(tail->records);
	fclose(tail->file);
	return result;
}

int cdr_tail_run(const struct cli *cli, const struct command_line *line)
{
	struct tail tail = { .cli = cli };
	json_t *status = cli_answer(cli, "cdr status");
	int result;

	if (!status)
		return CLI_UNREACHABLE;
	if (json_object_get(status, "error"))
		result = cli_refuse(cli, field_text(status, "error"));
	else
		result = run(&tail, status, line);
	json_decref(status);
	return result;
}
