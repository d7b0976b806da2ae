/* Exchange side of virtual spans: the listening socket, and each span's clock.
 *
 * It stands in for card and line, so it paces as a card would: one block each
 * way per 10 ms tick. Missed ticks are caught up, never skipped, 2 ms apart so
 * that the gateway can answer each. A block of the gateway's is taken per tick;
 * over a depth of 4 the oldest is dropped (overrun), on an empty queue idle is
 * played (under-run). struct tdm's descriptor is readable when a tick is due,
 * so whoever serves it does not know a virtual span from a card.
 */
#ifndef TOLLGATE_DRIVER_VIRTUAL_EXCHANGE_H
#define TOLLGATE_DRIVER_VIRTUAL_EXCHANGE_H

#include "dahdi/driver.h"

#include <stdbool.h>

struct virtual_exchange;

/* Listens on Unix socket `path` for spans 1..`spans` (at most 128, else
 * -EINVAL). Otherwise returns what unix_listen_new does. */
int virtual_exchange_new(struct virtual_exchange **out, struct loop *loop,
			 const char *path, unsigned spans);
void virtual_exchange_free(struct virtual_exchange *vx);

/* The network end of span `number` as a driver: up when a gateway attaches,
 * down when it leaves. 0 or -errno. Free it before the exchange. */
int virtual_exchange_driver_new(struct driver **out,
				struct virtual_exchange *vx, unsigned number,
				enum line_type line, const char *object,
				const struct driver_events *events, void *ctx);

/* Shows `alarms` (enum line_alarm) to the gateway and, while LINE_RED or
 * LINE_BLUE, carries no blocks' content and no frames. */
void virtual_exchange_alarm(struct driver *drv, unsigned alarms);

/* Cuts (true) or restores the D channel alone: frames are lost both ways. */
void virtual_exchange_cut_dchannel(struct driver *drv, bool cut);

#endif
