#include "gateway/reload.h"

#include "conf/diff.h"
#include "gateway/clock.h"
#include "gateway/configuration.h"
#include "gateway/event.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

/* Signalling and voice come first. */
#define READER_NICE 10
#define DRAIN_LOOK_MS 500

/* What the thread works on; nobody else touches it until it wakes the loop. */
struct job {
	const char *file;
	const struct conf *before;
	struct conf *conf;
	char *said; /* errors or warnings, as --check prints them */
	size_t said_len;
	json_t *changes;
	int err;
	uint64_t ns;
	int wake;
};

struct reload {
	struct gateway *gw;
	const char *file;
	bool busy, again;
	pthread_t thread;
	int wake;
	struct loop_fd *watch;
	struct job job;
	struct running_conf *before; /* kept while the thread reads it */
	unsigned flags;
	struct control_later *later;
	struct reload_counters counters;
	struct timer drain_look;
	bool drained[SPAN_NUMBER_MAX + 1]; /* by us, until they have changed */
};

/* The thread */

static void read_file(struct job *job)
{
	FILE *errors = open_memstream(&job->said, &job->said_len);

	if (!errors) {
		job->err = -errno;
		return;
	}
	job->err = configuration_load(&job->conf, job->file, errors);
	fclose(errors);
	if (job->err < 0)
		return;
	job->changes = reload_changes(job->before, job->conf);
	if (!job->changes || conf_keep_restart(job->conf, job->before) < 0)
		job->err = -ENOMEM;
}

static void *reader(void *arg)
{
	struct job *job = arg;
	uint64_t begun_ns = clock_now_ns(), one = 1;

	/* On Linux of this thread alone. */
	setpriority(PRIO_PROCESS, 0, READER_NICE);
	read_file(job);
	job->ns = clock_now_ns() - begun_ns;
	if (write(job->wake, &one, sizeof one) < 0)
		abort(); /* an eventfd takes it */
	return NULL;
}

/* Signals are the loop's. */
static int start_thread(struct reload *reload)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&reload->thread, NULL, reader, &reload->job);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

static void clear_job(struct reload *reload)
{
	conf_free(reload->job.conf);
	free(reload->job.said);
	json_decref(reload->job.changes);
	reload->job = (struct job){ .err = 0 };
	running_conf_release(reload->before);
	reload->before = NULL;
	reload->later = NULL;
	reload->busy = false;
}

/* Taking it */

static int take_media(struct gateway *gw, const struct conf_gateway *c)
{
	return media_take(gw->media, c->jitter_buffer_ms, c->rtp_port_first,
			  c->rtp_port_last);
}

/* Each takes all or nothing. SIP is the last that may fail, so that nothing
 * needs to be taken back that holds on to `conf`. */
static int take_parts(struct gateway *gw, const struct conf *conf)
{
	struct isdn_next *next = NULL;
	int err = stats_take(gw->stats, conf);

	if (err == 0)
		err = isdn_prepare(&next, gw->isdn, conf);
	if (err == 0)
		err = take_media(gw, &conf->gateway);
	if (err == 0) {
		err = sip_agent_take(gw->sip, conf);
		if (err < 0)
			take_media(gw, &gw->conf->gateway);
	}
	if (err < 0) {
		isdn_abandon(gw->isdn, next);
		return err;
	}
	isdn_take(gw->isdn, next);
	return 0;
}

static void take_records(struct cdr *cdr, const struct conf_gateway *now,
			 const struct conf_gateway *before)
{
	const struct cdr_config cfg = { .path = now->call_records,
					.node = now->name,
					.csv = now->call_records_csv,
					.keep = now->call_records_keep };

	if (strcmp(now->call_records, before->call_records) != 0 ||
	    strcmp(now->name, before->name) != 0 ||
	    now->call_records_csv != before->call_records_csv ||
	    now->call_records_keep != before->call_records_keep)
		cdr_take(cdr, &cfg);
}

static void take_settings(struct gateway *gw, const struct conf *before)
{
	const struct conf *now = gw->conf;

	take_records(gw->cdr, &now->gateway, &before->gateway);
	/* Else it may have been set by hand since. */
	if (now->log.level != before->log.level)
		log_set_level(now->log.level);
	drain_configured(&gw->drains);
	limit_sweep(gw->limits, now->limits, now->limits_count);
}

/* 0, or all is as it was. */
static int take(struct reload *reload)
{
	struct gateway *gw = reload->gw;
	struct running_conf *running, *old = gw->running;
	struct conf *conf = reload->job.conf;
	int err;

	reload->job.conf = NULL;
	err = running_conf_new(&running, conf, &gw->confs);
	if (err < 0)
		return err;
	err = take_parts(gw, conf);
	if (err < 0) {
		running_conf_release(running);
		return err;
	}
	gw->running = running;
	gw->conf = conf;
	take_settings(gw, running_conf_get(old));
	running_conf_release(old);
	return 0;
}

/* --drain */

static void look_at_drained(void *arg)
{
	struct reload *reload = arg;
	struct gateway *gw = reload->gw;
	bool more = false;

	for (size_t i = 0; i < isdn_span_count(gw->isdn); i++) {
		struct span_info span;
		char name[16];

		isdn_span_info(gw->isdn, i, &span);
		if (!reload->drained[span.number])
			continue;
		if (span.waits) {
			more = true;
			continue;
		}
		reload->drained[span.number] = false;
		snprintf(name, sizeof name, "%u", span.number);
		drain_end(&gw->drains, DRAIN_SPAN, name);
	}
	if (more)
		timer_start(loop_timers(gw->loop), &reload->drain_look,
			    DRAIN_LOOK_MS);
}

/* Those that wait, as rows of the report. */
static json_t *waiting_spans(struct reload *reload, bool drain)
{
	struct gateway *gw = reload->gw;
	json_t *array = json_array();

	for (size_t i = 0; i < isdn_span_count(gw->isdn); i++) {
		struct span_info span;
		char name[16];

		isdn_span_info(gw->isdn, i, &span);
		if (!(span.waits || span.leaving) || !span.busy)
			continue;
		snprintf(name, sizeof name, "%u", span.number);
		if (drain && span.waits &&
		    !drain_find(&gw->drains, DRAIN_SPAN, name))
			reload->drained[span.number] =
				drain_begin(&gw->drains, DRAIN_SPAN, name, 0,
					    NULL) == 0;
		json_array_append_new(array,
				      json_pack("{s:i, s:i, s:b}", "span",
						(int)span.number, "calls",
						(int)span.busy, "removed",
						(int)span.leaving));
	}
	if (drain)
		timer_start(loop_timers(gw->loop), &reload->drain_look,
			    DRAIN_LOOK_MS);
	return array;
}

/* Reports */

static json_t *report_wrong(struct reload *reload)
{
	struct job *job = &reload->job;
	const char *why = job->err == -EINVAL ? "has errors" : "cannot be read";

	reload->counters.refused += !(reload->flags & RELOAD_PLAN);
	configuration_log(job->said);
	if (job->err == -EINVAL)
		log_event(EVENT_CONFIG_WRONG, NULL,
			  "file=%s %s has errors: nothing of it is taken, what "
			  "runs stays as it is",
			  reload->file, reload->file);
	else
		log_event(EVENT_CONFIG_UNREADABLE, NULL,
			  "file=%s %s is not read again: %s", reload->file,
			  reload->file, strerror(-job->err));
	return json_pack("{s:o, s:o}", "error",
			 json_sprintf("%s %s; nothing is changed", reload->file,
				      why),
			 "errors", json_text(job->said ? job->said : ""));
}

static json_t *report_not_taken(struct reload *reload, int err)
{
	const char *why = strerror(-err);

	if (err == -E2BIG)
		why = "more accept-from networks than the kernel's filter "
		      "holds: join them, or raise net.core.optmem_max";
	reload->counters.refused++;
	log_event(EVENT_CONFIG_NOT_TAKEN, NULL,
		  "file=%s %s is good but cannot be taken, what runs stays as "
		  "it is: %s",
		  reload->file, reload->file, why);
	return json_pack("{s:o}", "error",
			 json_sprintf("%s is good but cannot be taken, nothing "
				      "is changed: %s",
				      reload->file, why));
}

static void log_taken(struct reload *reload)
{
	const json_t *changes = reload->job.changes;
	size_t count = json_array_size(changes);
	size_t restart = reload_count(changes, "restart");

	configuration_log(reload->job.said);
	reload_log_changes(changes);
	if (!count)
		log_event(EVENT_CONFIG_GOOD, NULL,
			  "file=%s changes=0 %s is good and is what runs",
			  reload->file, reload->file);
	else if (restart)
		log_event(EVENT_CONFIG_GOOD, NULL,
			  "file=%s changes=%zu %s is taken; blocks that have "
			  "changed: %zu, of which need a restart: %zu",
			  reload->file, count, reload->file, count, restart);
	else
		log_event(EVENT_CONFIG_GOOD, NULL,
			  "file=%s changes=%zu %s is taken; blocks that have "
			  "changed: %zu",
			  reload->file, count, reload->file, count);
}

static json_t *report_good(struct reload *reload, bool plan)
{
	struct job *job = &reload->job;
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "file", json_text(reload->file), &lost);
	json_put(object, "plan", json_boolean(plan), &lost);
	json_put(object, "taken", json_boolean(!plan), &lost);
	json_put(object, "changes", json_incref(job->changes), &lost);
	json_put(object, "waiting",
		 waiting_spans(reload, !plan && reload->flags & RELOAD_DRAIN),
		 &lost);
	json_put(object, "warnings", json_text(job->said ? job->said : ""),
		 &lost);
	json_put(object, "read_ms", json_integer(reload->counters.read_ms),
		 &lost);
	return json_whole(object, lost);
}

static json_t *finish(struct reload *reload)
{
	struct job *job = &reload->job;
	int err;

	reload->counters.read_ms = (uint32_t)(job->ns / NS_PER_MS);
	if (!(reload->flags & RELOAD_PLAN))
		reload->counters.wrong = true; /* until it is taken */
	if (job->err < 0)
		return report_wrong(reload);
	if (reload->flags & RELOAD_PLAN)
		return report_good(reload, true);
	if (reload->gw->phase != GATEWAY_RUNNING)
		return json_pack("{s:s}", "error", "the gateway stops");
	err = take(reload);
	if (err < 0)
		return report_not_taken(reload, err);
	reload->counters.taken++;
	reload->counters.wrong = false;
	reload->counters.restart =
		(unsigned)reload_count(job->changes, "restart");
	log_taken(reload);
	return report_good(reload, false);
}

/* With the freeing of what ran before, when no call has it. */
static void note_time(struct reload_counters *counters, uint64_t begun_ns)
{
	counters->swap_us = (uint32_t)((clock_now_ns() - begun_ns) / 1000);
	if (counters->swap_us > counters->swap_max_us)
		counters->swap_max_us = counters->swap_us;
}

static void done(void *arg, unsigned ready)
{
	struct reload *reload = arg;
	uint64_t count, begun_ns = clock_now_ns();
	json_t *report;

	(void)ready;
	if (read(reload->wake, &count, sizeof count) < 0)
		return;
	pthread_join(reload->thread, NULL);
	report = finish(reload);
	if (!(reload->flags & RELOAD_PLAN))
		watchdog_reloaded(reload->gw->watchdog);
	control_answer(reload->later,
		       report ? json_dumps(report, JSON_INDENT(2)) : NULL);
	json_decref(report);
	clear_job(reload);
	note_time(&reload->counters, begun_ns);
	if (!reload->again)
		return;
	reload->again = false;
	reload_signal(reload);
}

/* Begin and end */

int reload_start(struct reload *reload, unsigned flags,
		 struct control_later *later)
{
	int err;

	if (reload->busy)
		return -EALREADY;
	reload->before = running_conf_use(reload->gw->running);
	reload->job = (struct job){
		.file = reload->file,
		.before = running_conf_get(reload->before),
		.wake = reload->wake,
	};
	err = start_thread(reload);
	if (err < 0) {
		clear_job(reload);
		return err;
	}
	reload->busy = true;
	reload->flags = flags;
	reload->later = later;
	if (!(flags & RELOAD_PLAN))
		watchdog_reloading(reload->gw->watchdog);
	return 0;
}

void reload_signal(struct reload *reload)
{
	int err = reload_start(reload, 0, NULL);

	if (err == -EALREADY)
		reload->again = true;
	else if (err < 0)
		log_event(EVENT_CONFIG_UNREADABLE, NULL,
			  "file=%s %s is not read again: %s", reload->file,
			  reload->file, strerror(-err));
}

void reload_counters(const struct reload *reload, struct reload_counters *out)
{
	*out = reload->counters;
}

const char *reload_file(const struct reload *reload)
{
	return reload->file;
}

int reload_new(struct reload **out, struct gateway *gw, const char *file)
{
	struct reload *reload = calloc(1, sizeof *reload);
	int err;

	if (!reload)
		return -ENOMEM;
	reload->gw = gw;
	reload->file = file;
	timer_init(&reload->drain_look, "reload", look_at_drained, reload);
	reload->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = reload->wake < 0 ? -errno
			       : loop_fd_add(gw->loop, reload->wake, LOOP_IN,
					     done, reload, &reload->watch);
	if (err < 0) {
		reload_free(reload);
		return err;
	}
	*out = reload;
	return 0;
}

void reload_free(struct reload *reload)
{
	if (!reload)
		return;
	if (reload->busy) {
		pthread_join(reload->thread, NULL);
		control_answer(reload->later, NULL);
		clear_job(reload);
	}
	timer_stop(&reload->drain_look);
	loop_fd_del(reload->watch);
	if (reload->wake >= 0)
		close(reload->wake);
	free(reload);
}
