#include "gateway/cdr.h"

#include "gateway/call.h"
#include "gateway/call_record.h"
#include "gateway/event.h"
#include "gateway/json_text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION 1
#define LOG_PART 800 /* a log line holds about a kilobyte */

struct line {
	STAILQ_ENTRY(line) link;
	unsigned call_id;
	size_t len;
	char text[]; /* with its newline, and NUL */
};

struct cdr {
	char *path;
	char node[CONF_NAME_MAX];
	unsigned long long seq;
	_Atomic unsigned long failures;
	pthread_t thread;
	bool thread_runs;
	pthread_mutex_t lock;
	pthread_cond_t more, idle;
	/* under `lock` */
	STAILQ_HEAD(, line) queue;
	unsigned waiting; /* queued or being written */
	bool stopping;
	/* the writer's */
	int fd;
	bool torn; /* the last line was cut short */
};

/* The record goes into the log instead, in parts that a log line can hold. */
static void log_record(struct cdr *cdr, const struct line *line,
		       const char *why)
{
	char object[24];
	size_t len = line->len - 1;
	size_t parts = (len + LOG_PART - 1) / LOG_PART;

	cdr->failures++;
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

/* 0 or -errno. */
static int open_file(struct cdr *cdr)
{
	int fd = open(cdr->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
		      0640);

	if (fd < 0)
		return -errno;
	if (cdr->fd >= 0)
		close(cdr->fd);
	cdr->fd = fd;
	cdr->torn = false;
	return 0;
}

/* After log rotation another file, or none, stands at the path. */
static int follow_rename(struct cdr *cdr)
{
	struct stat ours, there;

	if (cdr->fd >= 0 && stat(cdr->path, &there) == 0 &&
	    fstat(cdr->fd, &ours) == 0 && ours.st_dev == there.st_dev &&
	    ours.st_ino == there.st_ino)
		return 0;
	return open_file(cdr);
}

static void write_line(struct cdr *cdr, const struct line *line)
{
	int rc = follow_rename(cdr);
	ssize_t n;

	if (rc < 0) {
		log_record(cdr, line, strerror(-rc));
		return;
	}
	/* A line that a full disk cut short must not swallow the next one. */
	if (cdr->torn && write(cdr->fd, "\n", 1) == 1)
		cdr->torn = false;
	do
		n = write(cdr->fd, line->text, line->len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)line->len)
		return;
	if (n > 0)
		cdr->torn = true;
	log_record(cdr, line, n < 0 ? strerror(errno) : "cut short");
}

static void *writer(void *arg)
{
	struct cdr *cdr = arg;
	struct line *line;

	pthread_mutex_lock(&cdr->lock);
	for (;;) {
		line = STAILQ_FIRST(&cdr->queue);
		if (!line && cdr->stopping)
			break;
		if (!line) {
			pthread_cond_wait(&cdr->more, &cdr->lock);
			continue;
		}
		STAILQ_REMOVE_HEAD(&cdr->queue, link);
		pthread_mutex_unlock(&cdr->lock);
		write_line(cdr, line);
		free(line);
		pthread_mutex_lock(&cdr->lock);
		cdr->waiting--;
		if (!cdr->waiting)
			pthread_cond_broadcast(&cdr->idle);
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

int cdr_new(struct cdr **out, const char *path, const char *node)
{
	struct cdr *cdr = calloc(1, sizeof *cdr);
	int rc = 0;

	if (!cdr)
		return -ENOMEM;
	snprintf(cdr->node, sizeof cdr->node, "%s", node);
	cdr->fd = -1;
	STAILQ_INIT(&cdr->queue);
	pthread_mutex_init(&cdr->lock, NULL);
	pthread_cond_init(&cdr->more, NULL);
	pthread_cond_init(&cdr->idle, NULL);
	if (*path) {
		cdr->path = strdup(path);
		rc = cdr->path ? open_file(cdr) : -ENOMEM;
		if (rc == 0)
			rc = start_writer(cdr);
	}
	if (rc < 0) {
		cdr_free(cdr);
		return rc;
	}
	*out = cdr;
	return 0;
}

void cdr_free(struct cdr *cdr)
{
	if (!cdr)
		return;
	if (cdr->thread_runs) {
		pthread_mutex_lock(&cdr->lock);
		cdr->stopping = true;
		pthread_cond_signal(&cdr->more);
		pthread_mutex_unlock(&cdr->lock);
		pthread_join(cdr->thread, NULL);
	}
	pthread_cond_destroy(&cdr->idle);
	pthread_cond_destroy(&cdr->more);
	pthread_mutex_destroy(&cdr->lock);
	if (cdr->fd >= 0)
		close(cdr->fd);
	free(cdr->path);
	free(cdr);
}

void cdr_flush(struct cdr *cdr)
{
	pthread_mutex_lock(&cdr->lock);
	while (cdr->waiting)
		pthread_cond_wait(&cdr->idle, &cdr->lock);
	pthread_mutex_unlock(&cdr->lock);
}

/* NULL for want of memory. */
static char *make_text(struct cdr *cdr, const struct call *call)
{
	struct leg_info a, b;
	struct bridge_stats media;
	const struct call_view view = { call, &a, &b, &media };
	json_t *object = json_object();
	char *text = NULL;
	bool lost = false;

	call_describe(call, &a, &b, &media);
	json_put(object, "version", json_integer(VERSION), &lost);
	json_put(object, "node", json_text(cdr->node), &lost);
	json_put(object, "seq", json_integer((json_int_t)cdr->seq), &lost);
	json_put(object, "id", json_integer(call->id), &lost);
	call_record_fields(object, &view, &lost);
	if (!lost)
		text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text;
}

static struct line *make_line(struct cdr *cdr, const struct call *call)
{
	char *text = make_text(cdr, call);
	size_t len = text ? strlen(text) : 0;
	struct line *line = text ? malloc(sizeof *line + len + 2) : NULL;

	if (line) {
		line->call_id = call->id;
		line->len = len + 1;
		memcpy(line->text, text, len);
		memcpy(line->text + len, "\n", 2);
	}
	free(text);
	return line;
}

void cdr_write(struct cdr *cdr, const struct call *call)
{
	struct line *line;
	bool full;

	cdr->seq++;
	if (!cdr->path)
		return;
	line = make_line(cdr, call);
	if (!line) {
		cdr->failures++;
		log_event(EVENT_RECORD_LOST, call->name,
			  "call record lost: no memory");
		return;
	}
	pthread_mutex_lock(&cdr->lock);
	full = cdr->waiting >= CDR_QUEUE_MAX;
	if (!full) {
		STAILQ_INSERT_TAIL(&cdr->queue, line, link);
		cdr->waiting++;
		pthread_cond_signal(&cdr->more);
	}
	pthread_mutex_unlock(&cdr->lock);
	if (full) {
		log_record(cdr, line, "the disk does not keep up");
		free(line);
	}
}

unsigned long cdr_failures(const struct cdr *cdr)
{
	return cdr->failures;
}
