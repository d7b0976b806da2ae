#include "gateway/gateway.h"

#include "gateway/call_record.h"
#include "gateway/call_watch.h"
#include "gateway/clock.h"
#include "gateway/drain_ops.h"
#include "gateway/event.h"
#include "gateway/reload.h"
#include "gateway/show.h"
#include "gateway/version.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SIP dialogs get 5 s to end; the ISDN side a little more. */
#define STOP_LIMIT_MS 8000
/* An exchange acknowledges a frame within some 50 ms; one that has lost it asks
 * for it, or gets it again, within T200 (Q.921 5.9.1: 1 s). */
#define FLUSH_EVERY_MS 10
#define FLUSH_LIMIT_MS 2000

static void tdm_up(void *ctx, unsigned span, struct tdm *tdm, enum g711_law law)
{
	struct gateway *gw = ctx;

	media_span_attach(gw->media, span, tdm, law);
}

static void tdm_down(void *ctx, unsigned span)
{
	struct gateway *gw = ctx;

	media_span_detach(gw->media, span);
}

static void incoming(void *ctx, struct leg *leg, const struct leg_setup *setup)
{
	call_incoming(ctx, leg, setup);
}

static void span_changed(void *ctx, unsigned span)
{
	struct gateway *gw = ctx;

	(void)span;
	alarm_watch_soon(&gw->alarm_watch);
}

static bool emergency(void *ctx, const struct leg_setup *setup)
{
	const struct gateway *gw = ctx;
	const struct route_moment now = {
		.utc_s = (int64_t)(clock_calendar_ns() / NS_PER_S),
	};
	struct route_result route;

	route_call(gw->conf, setup, &now, &route);
	return route.emergency;
}

static bool in_service(void *ctx, const struct conf_peer *peer)
{
	struct gateway *gw = ctx;

	if (peer && drain_find(&gw->drains, DRAIN_PEER, peer->name))
		return false;
	return gw->phase == GATEWAY_RUNNING &&
	       !drain_find(&gw->drains, DRAIN_ALL, "") &&
	       isdn_in_service(gw->isdn);
}

static void flush(void *arg)
{
	struct gateway *gw = arg;

	if (gw->call_count > 0 || !isdn_flushed(gw->isdn)) {
		timer_start(loop_timers(gw->loop), &gw->flush_timer,
			    FLUSH_EVERY_MS);
		return;
	}
	gw->phase = GATEWAY_STOPPED;
	loop_stop(gw->loop);
}

/* The last RELEASE COMPLETE waits in the driver yet: closing the D channel now
 * would leave the exchange with a call until its T308 has run out. */
static void stop_when_idle(struct gateway *gw)
{
	if (gw->phase != GATEWAY_SIP_DOWN || gw->call_count > 0)
		return;
	gw->phase = GATEWAY_FLUSHING;
	timer_start(loop_timers(gw->loop), &gw->stop_timer, FLUSH_LIMIT_MS);
	flush(gw);
}

static void sip_stopped(void *ctx)
{
	struct gateway *gw = ctx;

	gw->phase = GATEWAY_SIP_DOWN;
	stop_when_idle(gw);
}

static const struct isdn_events isdn_events = {
	.tdm_up = tdm_up,
	.tdm_down = tdm_down,
	.changed = span_changed,
	.incoming = incoming,
};

static const struct sip_agent_events sip_events = {
	.incoming = incoming,
	.emergency = emergency,
	.in_service = in_service,
	.stopped = sip_stopped,
};

static void stop_overdue(void *arg)
{
	struct gateway *gw = arg;

	if (gw->phase == GATEWAY_FLUSHING) {
		log_event(EVENT_STOP_UNACKNOWLEDGED, NULL,
			  "stopping; an exchange has not acknowledged the end "
			  "of its last calls within %u s",
			  FLUSH_LIMIT_MS / 1000);
		/* One that came and was refused meanwhile may still clear: its
		 * record is written as for any call that is cut. */
		if (gw->call_count == 0)
			gw->phase = GATEWAY_STOPPED;
	} else {
		log_event(
			EVENT_STOP_UNRELEASED, NULL,
			"calls=%u stopping; calls not released within %u s: %u",
			gw->call_count, STOP_LIMIT_MS / 1000, gw->call_count);
	}
	loop_stop(gw->loop);
}

static void release_all(struct gateway *gw)
{
	struct call *call, *next;

	timer_stop(&gw->drain_timer);
	log_event(EVENT_STOPPING, NULL, "calls=%u stopping; calls to end: %u",
		  gw->call_count, gw->call_count);
	gw->phase = GATEWAY_STOPPING;
	watchdog_stopping(gw->watchdog);
	timer_start(loop_timers(gw->loop), &gw->stop_timer, STOP_LIMIT_MS);
	for (call = TAILQ_FIRST(&gw->calls); call; call = next) {
		/* A call that ends at once moves to the history. */
		next = TAILQ_NEXT(call, link);
		call_shutdown(call);
	}
	sip_agent_stop(gw->sip);
}

static void wait_for_calls(struct gateway *gw)
{
	uint32_t timeout_ms = gw->conf->gateway.drain_timeout_ms;

	log_event(EVENT_STOPPING, NULL,
		  "calls=%u stopping; no new calls, %u may go on for %u s "
		  "more; the same signal again ends them now",
		  gw->call_count, gw->call_count, timeout_ms / 1000);
	gw->phase = GATEWAY_DRAINING;
	watchdog_stopping(gw->watchdog);
	timer_start(loop_timers(gw->loop), &gw->drain_timer, timeout_ms);
}

/* The last call is over, or time is. */
static void drain_over(void *arg)
{
	release_all(arg);
}

static int start_media(struct gateway *gw)
{
	const struct conf_gateway *c = &gw->conf->gateway;
	struct media_config cfg = {
		.workers = c->media_workers,
		.address = c->listen,
		.port_first = c->rtp_port_first,
		.port_last = c->rtp_port_last,
		.jitter_buffer_ms = c->jitter_buffer_ms,
		.tones = c->tones,
	};
	int err = media_new(&gw->media, gw->loop, &cfg);

	if (err < 0)
		log_event(EVENT_MEDIA_FAILED, NULL,
			  "media workers cannot start: %s", strerror(-err));
	return err;
}

static int start_records(struct gateway *gw)
{
	const struct conf_gateway *c = &gw->conf->gateway;
	const struct cdr_config cfg = { .path = c->call_records,
					.node = c->name,
					.csv = c->call_records_csv,
					.keep = c->call_records_keep };
	int err = cdr_new(&gw->cdr, &cfg);

	if (err < 0)
		log_event(EVENT_RECORDS_FAILED, NULL,
			  "file=%s call records cannot be written to %s: %s",
			  c->call_records, c->call_records, strerror(-err));
	return err;
}

static int open_control(struct gateway *gw, struct control **out,
			const char *path, const struct conf_access *access,
			control_fn fn)
{
	const struct control_config cfg = { .path = path,
					    .mode = access->mode,
					    .has_group = access->has_group,
					    .group = access->group,
					    .fn = fn,
					    .ctx = gw };
	int err = control_open(out, gw->loop, &cfg);

	if (err == -EADDRINUSE)
		log_event(EVENT_CONTROL_TAKEN, NULL,
			  "file=%s another tollgated answers on %s", path,
			  path);
	else if (err == -EPROTOTYPE)
		log_event(EVENT_CONTROL_TAKEN, NULL,
			  "file=%s another program's socket answers on %s",
			  path, path);
	else if (err == -EPERM)
		log_event(EVENT_CONTROL_FAILED, NULL,
			  "file=%s control socket %s: its group is none that "
			  "the daemon's user is a member of",
			  path, path);
	else if (err < 0)
		log_event(EVENT_CONTROL_FAILED, NULL,
			  "file=%s control socket %s: %s", path, path,
			  strerror(-err));
	return err;
}

static int start_control(struct gateway *gw)
{
	const struct conf_gateway *c = &gw->conf->gateway;
	int err = open_control(gw, &gw->control, c->control, &c->control_access,
			       show_command);

	if (err == 0 && *c->control_read)
		err = open_control(gw, &gw->control_read, c->control_read,
				   &c->control_read_access, show_command_read);
	return err;
}

static int start_limits(struct gateway *gw)
{
	return limit_table_new(&gw->limits);
}

static int start_stats(struct gateway *gw)
{
	return stats_new(&gw->stats, gw->conf);
}

static int start_spans(struct gateway *gw)
{
	int err = isdn_new(&gw->isdn, gw->loop, gw->conf, &call_leg_sink,
			   &isdn_events, gw);

	if (err < 0)
		log_event(EVENT_SPANS_FAILED, NULL, "spans cannot start: %s",
			  strerror(-err));
	return err;
}

/* Calls arrive from here on. */
static int start_sip(struct gateway *gw)
{
	char address[64];
	int err = sip_agent_new(&gw->sip, gw->loop, gw->conf, &call_leg_sink,
				&sip_events, gw);

	conf_format_address(&gw->conf->gateway.listen, address, sizeof address);
	if (err == -EADDRINUSE)
		log_event(
			EVENT_SIP_ADDRESS_TAKEN, NULL,
			"address=%s SIP address %s is taken by another program",
			address, address);
	else if (err < 0)
		log_event(EVENT_SIP_NOT_LISTENING, NULL,
			  "address=%s SIP cannot listen on %s: %s", address,
			  address, strerror(-err));
	return err;
}

static uint64_t media_ticked(void *ctx, unsigned *worker)
{
	const struct gateway *gw = ctx;

	return media_ticked_ns(gw->media, worker);
}

static void status_line(void *ctx, char *text, size_t size)
{
	const struct gateway *gw = ctx;
	size_t spans = isdn_span_count(gw->isdn), up = 0;

	for (size_t i = 0; i < spans; i++) {
		struct span_info span;

		isdn_span_info(gw->isdn, i, &span);
		up += span.in_service;
	}
	if (gw->phase == GATEWAY_DRAINING)
		snprintf(text, size, "draining, %u calls left", gw->call_count);
	else
		snprintf(text, size, "%s%u calls, %zu of %zu spans up",
			 gw->phase == GATEWAY_RUNNING ? "" : "stopping, ",
			 gw->call_count, up, spans);
}

/* Last: it says that all is ready. */
static int start_watchdog(struct gateway *gw)
{
	const struct watchdog_config cfg = {
		.loop = gw->loop,
		.media_ticked_ns = media_ticked,
		.status = status_line,
		.ctx = gw,
	};
	int err = watchdog_new(&gw->watchdog, &cfg);

	if (err == -EINVAL)
		log_event(EVENT_NOTIFY_WRONG, NULL,
			  "NOTIFY_SOCKET=%s in the environment is no address "
			  "of a socket",
			  getenv("NOTIFY_SOCKET"));
	else if (err < 0)
		log_event(EVENT_NOTIFY_WRONG, NULL,
			  "no way to the service manager: %s", strerror(-err));
	return err;
}

int gateway_new(struct gateway **out, struct loop *loop, struct conf *conf,
		const char *file)
{
	static int (*const starts[])(struct gateway *) = {
		start_records, start_limits, start_stats, start_control,
		start_media,   start_spans,  start_sip,	  start_watchdog,
	};
	struct gateway *gw = calloc(1, sizeof *gw);
	int err;

	if (!gw) {
		conf_free(conf);
		return -ENOMEM;
	}
	err = running_conf_new(&gw->running, conf, &gw->confs);
	if (err < 0) {
		free(gw);
		return err;
	}
	gw->conf = conf;
	gw->loop = loop;
	gw->start_ms = clock_now_ms();
	TAILQ_INIT(&gw->calls);
	TAILQ_INIT(&gw->history);
	timer_init(&gw->drain_timer, "drain", drain_over, gw);
	timer_init(&gw->stop_timer, "stop", stop_overdue, gw);
	timer_init(&gw->flush_timer, "flush", flush, gw);
	drain_init(&gw->drains, loop_timers(loop), &gateway_drain_ops, gw);
	call_watch_init(gw);
	audit_init(&gw->audit, gw);
	class_notice_init(&gw->class_notice, gw);
	alarm_watch_init(&gw->alarm_watch, gw);
	for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
		err = starts[i](gw);
		if (err < 0)
			break;
	}
	if (err == 0)
		err = reload_new(&gw->reload, gw, file);
	if (err < 0) {
		gateway_free(gw);
		return err;
	}
	call_watch_start(gw);
	audit_start(&gw->audit);
	class_notice_start(&gw->class_notice);
	alarm_watch_start(&gw->alarm_watch);
	log_event(EVENT_STARTED, NULL,
		  "version=%s spans=%zu peers=%zu gateway %s runs",
		  TOLLGATE_VERSION, conf->span_count, conf->peer_count,
		  conf->gateway.name);
	*out = gw;
	return 0;
}

static void cut_all(struct gateway *gw)
{
	log_event(EVENT_STOPPING_NOW, NULL,
		  "calls=%u stopping at once; calls that are cut: %u",
		  gw->call_count, gw->call_count);
	loop_stop(gw->loop);
}

void gateway_stop(struct gateway *gw)
{
	if (gw->phase > GATEWAY_DRAINING)
		cut_all(gw);
	else if (gw->phase == GATEWAY_RUNNING && gw->call_count &&
		 gw->conf->gateway.drain_timeout_ms)
		wait_for_calls(gw);
	else
		release_all(gw);
}

bool gateway_stopped(const struct gateway *gw)
{
	return gw->phase == GATEWAY_STOPPED;
}

void gateway_cut(struct gateway *gw)
{
	struct call *call;

	TAILQ_FOREACH(call, &gw->calls, link)
	cdr_write(gw->cdr, call);
	/* The process ends without cdr_free. */
	cdr_flush(gw->cdr);
}

static void free_list(struct call_list *list)
{
	struct call *call;

	while ((call = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, call, link);
		call_free(call);
	}
}

void gateway_free(struct gateway *gw)
{
	if (!gw)
		return;
	timer_stop(&gw->drain_timer);
	timer_stop(&gw->stop_timer);
	timer_stop(&gw->flush_timer);
	drain_clear(&gw->drains);
	call_watch_stop(gw);
	audit_stop(&gw->audit);
	class_notice_stop(&gw->class_notice);
	alarm_watch_free(&gw->alarm_watch);
	reload_free(gw->reload);
	watchdog_free(gw->watchdog);
	free_list(&gw->calls);
	/* Retired legs of these calls wait in the loop to be freed. */
	loop_step(gw->loop, 0);
	free_list(&gw->history);
	sip_agent_free(gw->sip);
	isdn_free(gw->isdn);
	media_free(gw->media);
	control_free(gw->control);
	control_free(gw->control_read);
	stats_free(gw->stats);
	limit_table_free(gw->limits);
	cdr_free(gw->cdr);
	running_conf_release(gw->running);
	free(gw);
}

static void free_call(void *arg)
{
	call_free(arg);
}

static void let_conf_go(void *arg)
{
	struct call *call = arg;

	call->route.rule = NULL;
	call->conf = NULL;
	running_conf_release(call->held);
	call->held = NULL;
}

void gateway_call_over(struct gateway *gw, struct call *call)
{
	TAILQ_REMOVE(&gw->calls, call, link);
	gw->call_count--;
	cdr_write(gw->cdr, call);
	stats_call_over(gw->stats, call);
	call_record_route(call, &call->told);
	/* Its legs wait in the loop to be freed, and have it too. */
	loop_defer(gw->loop, &call->let_go, let_conf_go, call);
	TAILQ_INSERT_TAIL(&gw->history, call, link);
	gw->history_count++;
	if (gw->history_count > GATEWAY_HISTORY_MAX) {
		struct call *oldest = TAILQ_FIRST(&gw->history);

		TAILQ_REMOVE(&gw->history, oldest, link);
		gw->history_count--;
		/* Its legs may be waiting in the loop still: queue behind. */
		loop_defer(gw->loop, &oldest->free_call, free_call, oldest);
	}
	drain_check(&gw->drains);
	if (gw->phase == GATEWAY_DRAINING && !gw->call_count)
		timer_start(loop_timers(gw->loop), &gw->drain_timer, 0);
	stop_when_idle(gw);
}

struct call *gateway_call_find(const struct gateway *gw, unsigned id)
{
	struct call *call;

	TAILQ_FOREACH(call, &gw->calls, link)
	if (call->id == id)
		return call;
	TAILQ_FOREACH(call, &gw->history, link)
	if (call->id == id)
		return call;
	return NULL;
}
