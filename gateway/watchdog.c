#include "gateway/watchdog.h"

#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/log.h"
#include "gateway/notify.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_MS 1000
#define STUCK_NS (2 * NS_PER_S)
#define STATUS_EVERY_NS (5 * NS_PER_S)
/* Longer than the end takes once no call is waited for. */
#define EXTENDED_US 15000000

struct watchdog {
	struct watchdog_config cfg;
	struct notify *notify;
	struct timer timer;
	uint32_t every_ms;
	uint64_t round_ns;  /* when the last round was */
	uint64_t status_ns; /* when the status was last looked at */
	bool stuck;	    /* a worker is, and the log has it */
	unsigned worker;    /* which */
	bool stopping;
	const char *untold; /* a state that could not be told yet */
	char status[WATCHDOG_STATUS_MAX];
};

/* Nobody is there any more. start-stop-daemon --notify-await listens only until
 * we are ready; who asks for the watchdog has to stay. */
static bool has_left(const struct watchdog *w, int err)
{
	return (err == -ECONNREFUSED || err == -ENOENT) &&
	       !notify_watchdog_ms(w->notify);
}

static bool tell(struct watchdog *w, const char *text)
{
	int err = notify_send(w->notify, text);

	if (err == 0 || has_left(w, err))
		return true;
	log_event(EVENT_NOTIFY_REFUSED, NULL,
		  "the service manager cannot be told \"%.20s\": %s", text,
		  err == -EAGAIN ? "it does not read what it is told"
				 : strerror(-err));
	return false;
}

static void tell_state(struct watchdog *w, const char *state)
{
	w->untold = tell(w, state) ? NULL : state;
}

static void tell_status(struct watchdog *w, uint64_t now_ns)
{
	char text[WATCHDOG_STATUS_MAX], line[WATCHDOG_STATUS_MAX + 8];

	w->status_ns = now_ns;
	w->cfg.status(w->cfg.ctx, text, sizeof text);
	if (!strcmp(text, w->status))
		return;
	snprintf(line, sizeof line, "STATUS=%s", text);
	if (tell(w, line))
		strcpy(w->status, text);
}

/* systemd would kill us after TimeoutStopSec, whatever calls may still go on
 * for. A loop that hangs says nothing, and is killed. */
static void tell_stop_goes_on(struct watchdog *w)
{
	char text[64];

	snprintf(text, sizeof text, "EXTEND_TIMEOUT_USEC=%u", EXTENDED_US);
	tell(w, text);
}

static unsigned long long ms_of(uint64_t ns)
{
	return ns / NS_PER_MS;
}

static bool workers_tick(struct watchdog *w, uint64_t now_ns)
{
	unsigned worker;
	uint64_t ticked_ns = w->cfg.media_ticked_ns(w->cfg.ctx, &worker);
	/* It may have ticked since we looked at the clock. */
	uint64_t behind_ns = ticked_ns < now_ns ? now_ns - ticked_ns : 0;
	bool stuck = behind_ns > STUCK_NS;

	if (stuck && !w->stuck)
		log_event(EVENT_MEDIA_HANGS, NULL,
			  "worker=%u ms=%llu media worker %u hangs: it did not "
			  "come round for %llu ms, its calls hear nothing; %s",
			  worker, ms_of(behind_ns), worker, ms_of(behind_ns),
			  notify_watchdog_ms(w->notify)
				  ? "unless it goes on, the service manager "
				    "restarts us"
				  : "nobody watches us (WatchdogSec)");
	if (!stuck && w->stuck)
		log_event(EVENT_MEDIA_GOES_ON, NULL,
			  "every media worker ticks again");
	w->stuck = stuck;
	w->worker = worker;
	return !stuck;
}

bool watchdog_media_hangs(const struct watchdog *w, unsigned *worker)
{
	if (!w || !w->stuck)
		return false;
	*worker = w->worker;
	return true;
}

/* Whether this very loop came round in time. When it did not, all of us may
 * have been stopped, and the workers are judged in the next round. */
static bool loop_ticks(const struct watchdog *w, uint64_t now_ns)
{
	uint64_t behind_ns = now_ns - w->round_ns;

	if (behind_ns <= STUCK_NS)
		return true;
	log_event(EVENT_HELD_UP, NULL,
		  "ms=%llu signalling was held up for %llu ms: this machine is "
		  "too busy, or it was suspended",
		  ms_of(behind_ns), ms_of(behind_ns));
	return false;
}

static void round_due(void *arg)
{
	struct watchdog *w = arg;
	uint64_t now_ns = clock_now_ns();

	timer_start(loop_timers(w->cfg.loop), &w->timer, w->every_ms);
	if (w->untold)
		tell_state(w, w->untold);
	if (w->stopping)
		tell_stop_goes_on(w);
	if (loop_ticks(w, now_ns) && workers_tick(w, now_ns) &&
	    notify_watchdog_ms(w->notify))
		tell(w, "WATCHDOG=1");
	w->round_ns = now_ns;
	if (now_ns - w->status_ns >= STATUS_EVERY_NS)
		tell_status(w, now_ns);
}

/* Twice in the time that we are given, and not seldom. */
static uint32_t round_ms(uint32_t watchdog_ms)
{
	if (!watchdog_ms || watchdog_ms >= 2 * EVERY_MS)
		return EVERY_MS;
	return watchdog_ms < 2 ? 1 : watchdog_ms / 2;
}

int watchdog_new(struct watchdog **out, const struct watchdog_config *cfg)
{
	struct watchdog *w = calloc(1, sizeof *w);
	int err;

	if (!w)
		return -ENOMEM;
	w->cfg = *cfg;
	timer_init(&w->timer, "watchdog", round_due, w);
	err = notify_new(&w->notify);
	if (err < 0) {
		watchdog_free(w);
		return err;
	}
	w->every_ms = round_ms(notify_watchdog_ms(w->notify));
	w->round_ns = clock_now_ns();
	timer_start(loop_timers(cfg->loop), &w->timer, w->every_ms);
	tell_state(w, "READY=1");
	tell_status(w, w->round_ns);
	*out = w;
	return 0;
}

void watchdog_free(struct watchdog *w)
{
	if (!w)
		return;
	timer_stop(&w->timer);
	notify_free(w->notify);
	free(w);
}

/* systemd from 253 on wants the time, which tells this reload from others. */
void watchdog_reloading(struct watchdog *w)
{
	char text[64];

	if (!w)
		return;
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)clock_now_ns() / 1000);
	tell(w, text);
}

void watchdog_reloaded(struct watchdog *w)
{
	if (w)
		tell_state(w, "READY=1");
}

void watchdog_stopping(struct watchdog *w)
{
	if (!w)
		return;
	w->stopping = true;
	tell_state(w, "STOPPING=1");
	tell_status(w, clock_now_ns());
}
