/* Tells the service manager that we live, as long as we do.
 *
 * It is fed once a second from the signalling loop, and only while this loop
 * and every media worker came round within the last two: a process that hangs
 * in any of them is restarted. Spans and calls are not looked at; a line that
 * is down is no reason to restart.
 */
#ifndef TOLLGATE_WATCHDOG_H
#define TOLLGATE_WATCHDOG_H

#include "gateway/loop.h"

#include <stdbool.h>
#include <stddef.h>

#define WATCHDOG_STATUS_MAX 128

struct watchdog;

struct watchdog_config {
	struct loop *loop;
	/* When the media worker that is longest behind came round, on
	 * clock.h, and which one it is. */
	uint64_t (*media_ticked_ns)(void *ctx, unsigned *worker);
	/* One line for people: what the service does. */
	void (*status)(void *ctx, char *text, size_t size);
	void *ctx;
};

/* Begins to watch, and says that the service is ready. 0 or -errno. Without a
 * service manager, or one that asks for nothing, a worker that hangs is still
 * logged. */
int watchdog_new(struct watchdog **out, const struct watchdog_config *cfg);
/* NULL is fine. */
void watchdog_free(struct watchdog *watchdog);

/* Whether a media worker hangs, and which. NULL is fine. */
bool watchdog_media_hangs(const struct watchdog *watchdog, unsigned *worker);
/* It reads its configuration again; it has. NULL is fine. */
void watchdog_reloading(struct watchdog *watchdog);
void watchdog_reloaded(struct watchdog *watchdog);
/* It is to stop: it is still fed, and asks for time. NULL is fine. */
void watchdog_stopping(struct watchdog *watchdog);

#endif
