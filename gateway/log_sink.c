#include "gateway/log_sink.h"

#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/log_ring.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A stamp, the name of the program, its number, the level. */
#define FORM_MAX (LOG_LINE_MAX + 256)
/* How often syslogd is looked for, and a stop is noticed meanwhile. */
#define AGAIN_MS 200

/* Whoever comes second frees it: the thread at its end, or who waits for it. */
enum end { RUNNING, ENDED, ABANDONED };

struct log_sink {
	struct log_sink_config cfg;
	struct log_ring *ring;
	pthread_t thread;
	sem_t wake;
	_Atomic bool sleeping;
	_Atomic bool stopping;
	_Atomic int end; /* enum end */
	_Atomic uint64_t lost;
	/* Its thread's own: */
	uint64_t lost_told;
	int fd; /* of its socket, -1: not connected */
	struct log_record record;
	char line[FORM_MAX];
};

size_t log_stderr_form(const char *ident, const struct log_record *record,
		       char *out, size_t size)
{
	char stamp[32];
	int len;

	clock_format_utc(record->calendar_ns, stamp);
	len = snprintf(out, size, "%s %s %-7s %s\n", stamp, ident,
		       log_level_name(record->level), record->text);
	return len < (int)size ? (size_t)len : size - 1;
}

size_t log_syslog_form(const char *ident, const struct log_record *record,
		       char *out, size_t size)
{
	/* Not strftime's, which speak the language of the environment. */
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr",
					  "May", "Jun", "Jul", "Aug",
					  "Sep", "Oct", "Nov", "Dec" };
	time_t s = (time_t)(record->calendar_ns / NS_PER_S);
	struct tm tm;
	int len;

	localtime_r(&s, &tm);
	len = snprintf(out, size, "<%d>%s %2d %02d:%02d:%02d %s[%d]: %s %s",
		       LOG_DAEMON | record->level, months[tm.tm_mon],
		       tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ident,
		       (int)getpid(), log_level_name(record->level),
		       record->text);
	return len < (int)size ? (size_t)len : size - 1;
}

/* " NAME=VALUE" of the line as a field of the journal's. */
static int add_field(char *out, size_t size, const char *name,
		     const char *value)
{
	int len = snprintf(out, size, "%s=%.*s\n", name,
			   (int)strcspn(value, " "), value);

	return len < (int)size ? len : 0;
}

/* Control characters have become '?': a value never goes over its line. */
size_t log_journal_form(const char *ident, const struct log_record *record,
			char *out, size_t size)
{
	/* What stands in quotes may be a peer's words. */
	const char *quote = strchrnul(record->text, '"');
	const char *call = strstr(record->text, " call=");
	int len =
		snprintf(out, size,
			 "PRIORITY=%d\nSYSLOG_FACILITY=%d\n"
			 "SYSLOG_IDENTIFIER=%s\nSYSLOG_PID=%d\n",
			 record->level, LOG_DAEMON >> 3, ident, (int)getpid());

	if (!strncmp(record->text, "TG-", 3))
		len += add_field(out + len, size - (size_t)len,
				 "TOLLGATE_EVENT", record->text);
	if (!strncmp(record->text, "TG-", 3) && call && call < quote)
		len += add_field(out + len, size - (size_t)len, "TOLLGATE_CALL",
				 call + strlen(" call="));
	len += snprintf(out + len, size - (size_t)len, "MESSAGE=%s\n",
			record->text);
	return len < (int)size ? (size_t)len : size - 1;
}

/* The descriptor is others' too and is left as it is: it may not block. */
static bool write_stderr(struct log_sink *sink, const struct log_record *record)
{
	size_t len = log_stderr_form(sink->cfg.ident, record, sink->line,
				     sizeof sink->line);
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(STDERR_FILENO, sink->line + done, len - done);
		struct pollfd room = { .fd = STDERR_FILENO, .events = POLLOUT };

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			poll(&room, 1, AGAIN_MS);
		else if (errno != EINTR)
			return false;
	}
	return true;
}

static int socket_connect(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_usec = AGAIN_MS * 1000 };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	close(fd);
	return -1;
}

static void pause_unless_stopping(const struct log_sink *sink)
{
	if (!atomic_load(&sink->stopping))
		poll(NULL, 0, AGAIN_MS);
}

/* One attempt; false when it is to be made again. */
static bool socket_send(struct log_sink *sink, size_t len)
{
	if (sink->fd < 0)
		sink->fd = socket_connect(sink->cfg.socket);
	if (sink->fd < 0) {
		pause_unless_stopping(sink);
		return false;
	}
	if (send(sink->fd, sink->line, len, MSG_NOSIGNAL) >= 0)
		return true;
	/* It is there and does not read: SO_SNDTIMEO has passed. */
	if (errno == EAGAIN || errno == EINTR)
		return false;
	if (errno == EMSGSIZE)
		return true;
	close(sink->fd);
	sink->fd = -1;
	/* It may be there to connect to, and refuse the next one too. */
	pause_unless_stopping(sink);
	return false;
}

/* A syslogd that is stopped or started anew loses nothing that the ring
 * holds. When we end, it has had its time. */
static bool write_socket(struct log_sink *sink, const struct log_record *record)
{
	size_t (*form)(const char *, const struct log_record *, char *,
		       size_t) = sink->cfg.target == LOG_TO_JOURNAL
					 ? log_journal_form
					 : log_syslog_form;
	size_t len =
		form(sink->cfg.ident, record, sink->line, sizeof sink->line);

	while (!socket_send(sink, len))
		if (atomic_load(&sink->stopping) && sink->fd < 0)
			return false;
	return true;
}

static void write_record(struct log_sink *sink, const struct log_record *record)
{
	bool (*write_to)(struct log_sink *, const struct log_record *) =
		sink->cfg.target == LOG_TO_STDERR ? write_stderr : write_socket;

	if (!write_to(sink, record))
		atomic_fetch_add(&sink->lost, 1);
}

static const char *const target_names[] = {
	[LOG_TO_STDERR] = "stderr",
	[LOG_TO_SYSLOG] = "syslog",
	[LOG_TO_JOURNAL] = "journal",
};

bool log_sink_has_room(const struct log_sink *sink)
{
	return log_ring_used(sink->ring) <= sink->cfg.lines / 2;
}

/* Only when there is room again: before, more of them are being lost. */
static void tell_lost(struct log_sink *sink)
{
	struct log_record *record = &sink->record;
	uint64_t lost = atomic_load(&sink->lost);

	if (lost == sink->lost_told || !log_sink_has_room(sink))
		return;
	record->calendar_ns = clock_calendar_ns();
	record->level = LOG_WARNING;
	event_text(record->text, sizeof record->text, EVENT_LOG_LOST, NULL,
		   "target=%s lost=%llu %llu lines lost",
		   target_names[sink->cfg.target],
		   (unsigned long long)(lost - sink->lost_told),
		   (unsigned long long)(lost - sink->lost_told));
	sink->lost_told = lost;
	write_record(sink, record);
}

static void drain(struct log_sink *sink)
{
	while (log_ring_take(sink->ring, &sink->record) == 0) {
		write_record(sink, &sink->record);
		tell_lost(sink);
	}
	tell_lost(sink);
}

/* Until a line comes, for a second at most. */
static void rest(struct log_sink *sink)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	atomic_store(&sink->sleeping, true);
	if (log_ring_used(sink->ring) == 0)
		sem_clockwait(&sink->wake, CLOCK_MONOTONIC, &until);
	atomic_store(&sink->sleeping, false);
}

static void destroy(struct log_sink *sink)
{
	if (sink->fd >= 0)
		close(sink->fd);
	log_ring_free(sink->ring);
	sem_destroy(&sink->wake);
	free(sink);
}

static void *run(void *arg)
{
	struct log_sink *sink = arg;

	while (!atomic_load(&sink->stopping)) {
		drain(sink);
		rest(sink);
		event_say_repeats(false);
	}
	drain(sink);
	if (atomic_exchange(&sink->end, ENDED) == ABANDONED)
		destroy(sink);
	return NULL;
}

static void wake(struct log_sink *sink)
{
	if (atomic_exchange(&sink->sleeping, false))
		sem_post(&sink->wake);
}

void log_sink_put(struct log_sink *sink, int level, const char *text)
{
	if (log_ring_put(sink->ring, clock_calendar_ns(), level, text) < 0)
		atomic_fetch_add(&sink->lost, 1);
	wake(sink);
}

uint64_t log_sink_lost(const struct log_sink *sink)
{
	return atomic_load(&sink->lost);
}

/* Signals are for the thread that reads them. */
static int start_thread(struct log_sink *sink)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&sink->thread, NULL, run, sink);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

int log_sink_new(struct log_sink **out, const struct log_sink_config *cfg)
{
	struct log_sink *sink = calloc(1, sizeof *sink);
	int err;

	if (!sink)
		return -ENOMEM;
	sink->cfg = *cfg;
	sink->fd = -1;
	sem_init(&sink->wake, 0, 0);
	err = log_ring_new(&sink->ring, cfg->lines);
	if (err == 0)
		err = start_thread(sink);
	if (err < 0) {
		destroy(sink);
		return err;
	}
	*out = sink;
	return 0;
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Not pthread_timedjoin_np, whose clock is the calendar's and may be set. */
void log_sink_free(struct log_sink *sink, uint64_t deadline_ns)
{
	pthread_t thread;

	if (!sink)
		return;
	thread = sink->thread;
	atomic_store(&sink->stopping, true);
	sem_post(&sink->wake);
	while (atomic_load(&sink->end) == RUNNING &&
	       monotonic_ns() < deadline_ns)
		poll(NULL, 0, 1);
	if (atomic_exchange(&sink->end, ABANDONED) == RUNNING) {
		pthread_detach(thread);
		return;
	}
	pthread_join(thread, NULL);
	destroy(sink);
}
