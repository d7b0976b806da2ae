/* Frames of a D channel on their way, in order, each as long as a real line
 * would keep it. */
#ifndef TOLLGATE_FRAME_DELAY_H
#define TOLLGATE_FRAME_DELAY_H

#include "gateway/timer.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

typedef void (*frame_delay_fn)(void *ctx, const uint8_t *frame, size_t len);

struct delayed_frame;

/* Embedded by its owner; the members are this module's. */
struct frame_delay {
	STAILQ_HEAD(, delayed_frame) frames;
	struct timers *timers;
	struct timer timer;
	uint32_t ms;
	frame_delay_fn arrive;
	void *ctx;
};

/* Frames arrive `ms` after they were sent, 0: at once. */
void frame_delay_init(struct frame_delay *delay, struct timers *timers,
		      uint32_t ms, frame_delay_fn arrive, void *ctx);
/* `arrive` is called for it, at the earliest within this call. A frame for
 * which there is no memory is lost, as on any line. */
void frame_delay_send(struct frame_delay *delay, const uint8_t *frame,
		      size_t len);
/* Loses what is on its way. */
void frame_delay_clear(struct frame_delay *delay);

#endif
