#include "gateway/cdr.h"

#include "gateway/call.h"
#include "gateway/call_record.h"
#include "gateway/cdr_csv.h"
#include "gateway/cdr_file.h"
#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/json_text.h"
#include "gateway/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#define VERSION 1
#define LOG_PART 800 /* a log line holds about a kilobyte */
#define OBJECT "records"
/* The log's time to take, when all ends, what the disk does not. */
#define LAST_CHANCE_MS 5000

struct line {
	STAILQ_ENTRY(line) link;
	unsigned call_id;
	size_t len;
	char text[]; /* JSON with its newline, and NUL */
};

struct cdr {
	char node[CONF_NAME_MAX];
	bool on; /* records are kept */
	unsigned long long seq;
	pthread_t thread;
	bool thread_runs;
	pthread_mutex_t lock;
	pthread_cond_t more, idle;
	/* under `lock` */
	char path[256]; /* "": there never was one */
	bool csv;
	unsigned keep;
	STAILQ_HEAD(, line) queue;
	unsigned waiting; /* queued or being written */
	unsigned long written, failures;
	unsigned flushing;
	bool stopping;
	unsigned last_chance_ms; /* that are left to wait for the log */
	bool taken;		 /* another configuration: try again at once */
	int trouble;		 /* errno while the file takes nothing */
	char rotate_to[CDR_PATH_MAX]; /* "": nobody asked */
	/* the writer's */
	struct cdr_file file;
	uint64_t retry_ms; /* how long to wait after the next failure */
};

/* The record goes into the log instead, in parts that a log line can hold. */
static void log_record(const struct cdr *cdr, const struct line *line,
		       const char *why)
{
	char object[24];
	size_t len = line->len - 1;
	size_t parts = (len + LOG_PART - 1) / LOG_PART;

	snprintf(object, sizeof object, "call=%u", line->call_id);
	for (size_t part = 0; part < parts; part++) {
		size_t left = len - part * LOG_PART;
		char text[LOG_PART + 1];

		snprintf(text, sizeof text, "%.*s",
			 (int)(left < LOG_PART ? left : LOG_PART),
			 line->text + part * LOG_PART);

		log_event(EVENT_RECORD_NOT_WRITTEN, object,
			  "file=%s part=%zu parts=%zu record=%s call record "
			  "not written: %s",
			  cdr->path, part + 1, parts, text, why);
	}
}

/* Nobody will come back for what waits. Under the lock. */
static bool is_last_chance(const struct cdr *cdr)
{
	return cdr->stopping || cdr->flushing;
}

static void begin_last_chance(struct cdr *cdr)
{
	cdr->last_chance_ms = LAST_CHANCE_MS;
	pthread_cond_signal(&cdr->more);
}

static void take_off(struct cdr *cdr, struct line *line)
{
	STAILQ_REMOVE_HEAD(&cdr->queue, link);
	free(line);
	cdr->waiting--;
	if (!cdr->waiting)
		pthread_cond_broadcast(&cdr->idle);
}

/* Until the time of the next try, or until somebody does not want to wait. */
static void wait_for_retry(struct cdr *cdr)
{
	struct timespec until;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &until);
	ns = (uint64_t)until.tv_nsec + cdr->retry_ms * NS_PER_MS;
	until.tv_sec += (time_t)(ns / NS_PER_S);
	until.tv_nsec = (long)(ns % NS_PER_S);
	while (!is_last_chance(cdr) && !*cdr->rotate_to && !cdr->taken)
		if (pthread_cond_timedwait(&cdr->more, &cdr->lock, &until))
			break;
	cdr->taken = false;
	cdr->retry_ms *= 2;
	if (cdr->retry_ms > CDR_RETRY_LAST_MS)
		cdr->retry_ms = CDR_RETRY_LAST_MS;
}

/* Under the lock, as what follows; the log does not wait for anybody, and who
 * gives the last chance has nothing else to do. */
static void failed(struct cdr *cdr, struct line *line, int err)
{
	if (is_last_chance(cdr)) {
		cdr->failures++;
		/* Thousands may wait, more than the log takes at once. */
		log_wait_for_room(&cdr->last_chance_ms);
		log_record(cdr, line, strerror(-err));
		take_off(cdr, line);
		return;
	}
	if (cdr->trouble != -err)
		log_event(EVENT_RECORDS_WAIT, OBJECT,
			  "file=%s waiting=%u keep=%u call records wait in "
			  "memory: %s",
			  cdr->path, cdr->waiting, cdr->keep, strerror(-err));
	cdr->trouble = -err;
	wait_for_retry(cdr);
}

static void succeeded(struct cdr *cdr, struct line *line)
{
	if (cdr->trouble)
		log_event(EVENT_RECORDS_GO_ON, OBJECT,
			  "file=%s waiting=%u call records are written again",
			  cdr->path, cdr->waiting);
	cdr->trouble = 0;
	cdr->retry_ms = CDR_RETRY_FIRST_MS;
	cdr->written++;
	take_off(cdr, line);
}

static void rotate(struct cdr *cdr)
{
	char to[CDR_PATH_MAX];
	int err;

	strcpy(to, cdr->rotate_to);
	*cdr->rotate_to = '\0';
	cdr_file_aim(&cdr->file, cdr->path);
	pthread_mutex_unlock(&cdr->lock);
	err = cdr_file_rotate(&cdr->file, to);
	if (err < 0)
		log_event(EVENT_RECORDS_NOT_ROTATED, OBJECT,
			  "file=%s call records are not rotated: %s",
			  cdr->file.path,
			  err == -ENODATA ? "there are none" : strerror(-err));
	else
		log_event(EVENT_RECORDS_ROTATED, OBJECT,
			  "file=%s call records so far are in %s",
			  cdr->file.path, to);
	pthread_mutex_lock(&cdr->lock);
}

/* The line as CSV, made by this thread: it has the time. */
static int write_csv(struct cdr *cdr, const struct line *line)
{
	json_t *record = json_loads(line->text, 0, NULL);
	char *header = record ? cdr_csv_header(record) : NULL;
	char *row = record ? cdr_csv_row(record) : NULL;
	int err = -ENOMEM;

	if (header && row)
		err = cdr_file_write(&cdr->file, header, row, strlen(row));
	free(header);
	free(row);
	json_decref(record);
	return err;
}

static void write_first(struct cdr *cdr, struct line *line)
{
	bool csv = cdr->csv;
	int err;

	cdr_file_aim(&cdr->file, cdr->path);
	pthread_mutex_unlock(&cdr->lock);
	err = csv ? write_csv(cdr, line)
		  : cdr_file_write(&cdr->file, NULL, line->text, line->len);
	pthread_mutex_lock(&cdr->lock);
	if (err < 0)
		failed(cdr, line, err);
	else
		succeeded(cdr, line);
}

static void *writer(void *arg)
{
	struct cdr *cdr = arg;
	struct line *line;

	pthread_mutex_lock(&cdr->lock);
	for (;;) {
		line = STAILQ_FIRST(&cdr->queue);
		if (*cdr->rotate_to)
			rotate(cdr);
		else if (line)
			write_first(cdr, line);
		else if (cdr->stopping)
			break;
		else
			pthread_cond_wait(&cdr->more, &cdr->lock);
	}
	pthread_mutex_unlock(&cdr->lock);
	return NULL;
}

/* Signals are the loop's: the writer blocks them all. */
static int start_writer(struct cdr *cdr)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&cdr->thread, NULL, writer, cdr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	cdr->thread_runs = err == 0;
	return -err;
}

/* Steps of the calendar do not change when the file is tried again. */
static void init_conditions(struct cdr *cdr)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&cdr->more, &monotonic);
	pthread_cond_init(&cdr->idle, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static void configure(struct cdr *cdr, const struct cdr_config *cfg)
{
	cdr->on = *cfg->path != '\0';
	/* What waits goes where it was to go. */
	if (cdr->on) {
		snprintf(cdr->path, sizeof cdr->path, "%s", cfg->path);
		cdr->csv = cfg->csv;
	}
	cdr->keep = cfg->keep;
	snprintf(cdr->node, sizeof cdr->node, "%s", cfg->node);
}

int cdr_new(struct cdr **out, const struct cdr_config *cfg)
{
	struct cdr *cdr = calloc(1, sizeof *cdr);
	int rc = 0;

	if (!cdr)
		return -ENOMEM;
	configure(cdr, cfg);
	cdr->retry_ms = CDR_RETRY_FIRST_MS;
	cdr_file_init(&cdr->file);
	STAILQ_INIT(&cdr->queue);
	pthread_mutex_init(&cdr->lock, NULL);
	init_conditions(cdr);
	if (cdr->on) {
		cdr_file_aim(&cdr->file, cdr->path);
		rc = cdr_file_open(&cdr->file);
	}
	if (rc == 0)
		rc = start_writer(cdr);
	if (rc < 0) {
		cdr_free(cdr);
		return rc;
	}
	*out = cdr;
	return 0;
}

/* The path with the time behind it: 2026-11-20T06:02:34.123Z without its
 * punctuation. */
static void name_rotated(const struct cdr *cdr, char to[CDR_PATH_MAX])
{
	char when[32], *from, *out = when;

	clock_format_utc(clock_calendar_ns(), when);
	for (from = when; *from; from++)
		if (*from != '-' && *from != ':' && *from != '.')
			*out++ = *from;
	*out = '\0';
	snprintf(to, CDR_PATH_MAX, "%s.%s", cdr->path, when);
}

void cdr_take(struct cdr *cdr, const struct cdr_config *cfg)
{
	pthread_mutex_lock(&cdr->lock);
	if (cfg->csv != cdr->csv && !strcmp(cfg->path, cdr->path))
		name_rotated(cdr, cdr->rotate_to);
	configure(cdr, cfg);
	cdr->retry_ms = CDR_RETRY_FIRST_MS;
	cdr->taken = true;
	pthread_cond_signal(&cdr->more);
	pthread_mutex_unlock(&cdr->lock);
}

void cdr_free(struct cdr *cdr)
{
	if (!cdr)
		return;
	if (cdr->thread_runs) {
		pthread_mutex_lock(&cdr->lock);
		cdr->stopping = true;
		begin_last_chance(cdr);
		pthread_mutex_unlock(&cdr->lock);
		pthread_join(cdr->thread, NULL);
	}
	pthread_cond_destroy(&cdr->idle);
	pthread_cond_destroy(&cdr->more);
	pthread_mutex_destroy(&cdr->lock);
	cdr_file_close(&cdr->file);
	free(cdr);
}

void cdr_flush(struct cdr *cdr)
{
	pthread_mutex_lock(&cdr->lock);
	cdr->flushing++;
	begin_last_chance(cdr);
	while (cdr->waiting)
		pthread_cond_wait(&cdr->idle, &cdr->lock);
	cdr->flushing--;
	pthread_mutex_unlock(&cdr->lock);
}

/* NULL for want of memory. */
static json_t *make_record(struct cdr *cdr, const struct call *call)
{
	struct leg_info a, b;
	struct bridge_stats media;
	const struct call_view view = { call, &a, &b, &media };
	json_t *object = json_object();
	bool lost = false;

	call_describe(call, &a, &b, &media);
	json_put(object, "version", json_integer(VERSION), &lost);
	json_put(object, "node", json_text(cdr->node), &lost);
	json_put(object, "seq", json_integer((json_int_t)cdr->seq), &lost);
	json_put(object, "id", json_integer(call->id), &lost);
	call_record_fields(object, &view, &lost);
	return json_whole(object, lost);
}

static struct line *make_line(struct cdr *cdr, const struct call *call)
{
	json_t *record = make_record(cdr, call);
	char *text = record ? json_dumps(record, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;
	struct line *line = text ? malloc(sizeof *line + len + 2) : NULL;

	if (line) {
		line->call_id = call->id;
		line->len = len + 1;
		memcpy(line->text, text, len);
		memcpy(line->text + len, "\n", 2);
	}
	free(text);
	json_decref(record);
	return line;
}

static void lose(struct cdr *cdr, const struct call *call)
{
	pthread_mutex_lock(&cdr->lock);
	cdr->failures++;
	pthread_mutex_unlock(&cdr->lock);
	log_event(EVENT_RECORD_LOST, call->name, "call record lost: no memory");
}

void cdr_write(struct cdr *cdr, const struct call *call)
{
	struct line *line;
	bool full;

	if (!cdr->on)
		return;
	cdr->seq++;
	line = make_line(cdr, call);
	if (!line) {
		lose(cdr, call);
		return;
	}
	pthread_mutex_lock(&cdr->lock);
	full = cdr->waiting >= cdr->keep;
	if (full) {
		cdr->failures++;
	} else {
		STAILQ_INSERT_TAIL(&cdr->queue, line, link);
		cdr->waiting++;
		pthread_cond_signal(&cdr->more);
	}
	pthread_mutex_unlock(&cdr->lock);
	if (full) {
		log_record(cdr, line, "too many wait for the disk");
		free(line);
	}
}

int cdr_rotate(struct cdr *cdr, char to[CDR_PATH_MAX])
{
	if (!cdr->on)
		return -ENOENT;
	name_rotated(cdr, to);
	pthread_mutex_lock(&cdr->lock);
	strcpy(cdr->rotate_to, to);
	pthread_cond_signal(&cdr->more);
	pthread_mutex_unlock(&cdr->lock);
	return 0;
}

static void absolute(const char *path, char out[CDR_PATH_MAX])
{
	char folder[CDR_PATH_MAX / 2 - 1];

	if (*path == '/' || !getcwd(folder, sizeof folder))
		snprintf(out, CDR_PATH_MAX, "%s", path);
	else
		snprintf(out, CDR_PATH_MAX, "%s/%s", folder, path);
}

void cdr_status(struct cdr *cdr, struct cdr_status *out)
{
	*out = (struct cdr_status){ .csv = cdr->csv, .keep = cdr->keep };
	if (cdr->on)
		absolute(cdr->path, out->path);
	pthread_mutex_lock(&cdr->lock);
	out->waiting = cdr->waiting;
	out->written = cdr->written;
	out->failures = cdr->failures;
	out->trouble = cdr->trouble;
	pthread_mutex_unlock(&cdr->lock);
}

unsigned long cdr_failures(const struct cdr *cdr)
{
	struct cdr_status now;

	cdr_status((struct cdr *)cdr, &now);
	return now.failures;
}
