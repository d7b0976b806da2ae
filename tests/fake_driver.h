/* A D channel without a socket, and a clock that tests move by hand. */
#ifndef TOLLGATE_FAKE_DRIVER_H
#define TOLLGATE_FAKE_DRIVER_H

#include "dahdi/driver.h"

#include <stdbool.h>

/* Starts the hand-moved clock (clock_set_source) at one hour. */
void fake_time_start(void);
void fake_time_advance(uint64_t ms);

/* Two ends, 0 and 1, and the frames on their way between them. */
struct fake_line;

typedef void (*fake_frame_fn)(void *ctx, const uint8_t *frame, size_t len);
/* Sees a frame before it is delivered from end `from`; may change it in place
 * (it has room for DCHANNEL_FRAME_MAX), or drop it by returning false. */
typedef bool (*fake_filter_fn)(void *ctx, unsigned from, uint8_t *frame,
			       size_t *len);

struct fake_line *fake_line_new(void);
void fake_line_free(struct fake_line *line);

/* What receives at `end`. */
void fake_line_attach(struct fake_line *line, unsigned end, fake_frame_fn fn,
		      void *ctx);
void fake_line_filter(struct fake_line *line, fake_filter_fn fn, void *ctx);
/* 0, or -ENOTCONN while cut: queued frames are lost too. */
int fake_line_write(struct fake_line *line, unsigned end, const uint8_t *frame,
		    size_t len);
void fake_line_cut(struct fake_line *line, bool cut);
/* Delivers until nothing is on its way; returns how many were. */
unsigned fake_line_deliver(struct fake_line *line);

/* End `end` as a driver. */
int fake_driver_new(struct driver **out, struct fake_line *line, unsigned end,
		    const struct driver_events *events, void *ctx);
/* Hardware comes (with a voice that nobody plays) and goes. Frames pass only
 * while it is up. */
void fake_driver_up(struct driver *drv, enum g711_law law);
void fake_driver_down(struct driver *drv, const char *why);
void fake_driver_alarm(struct driver *drv, unsigned alarms);

#endif
