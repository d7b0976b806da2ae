#include "exchange/frame_delay.h"

#include "gateway/clock.h"

#include <stdlib.h>
#include <string.h>

struct delayed_frame {
	STAILQ_ENTRY(delayed_frame) link;
	uint64_t due_ms;
	size_t len;
	uint8_t octets[];
};

/* The receiver may send another one meanwhile, or lose them all. */
static void due(void *arg)
{
	struct frame_delay *delay = arg;
	uint64_t now_ms = clock_now_ms();
	struct delayed_frame *frame;

	while ((frame = STAILQ_FIRST(&delay->frames)) &&
	       frame->due_ms <= now_ms) {
		STAILQ_REMOVE_HEAD(&delay->frames, link);
		delay->arrive(delay->ctx, frame->octets, frame->len);
		free(frame);
	}
	frame = STAILQ_FIRST(&delay->frames);
	if (frame)
		timer_start(delay->timers, &delay->timer,
			    (uint32_t)(frame->due_ms - now_ms));
}

void frame_delay_init(struct frame_delay *delay, struct timers *timers,
		      uint32_t ms, frame_delay_fn arrive, void *ctx)
{
	STAILQ_INIT(&delay->frames);
	delay->timers = timers;
	delay->ms = ms;
	delay->arrive = arrive;
	delay->ctx = ctx;
	timer_init(&delay->timer, "frame delay", due, delay);
}

void frame_delay_send(struct frame_delay *delay, const uint8_t *octets,
		      size_t len)
{
	struct delayed_frame *frame;

	if (!delay->ms) {
		delay->arrive(delay->ctx, octets, len);
		return;
	}
	frame = malloc(sizeof *frame + len);
	if (!frame)
		return;
	frame->due_ms = clock_now_ms() + delay->ms;
	frame->len = len;
	memcpy(frame->octets, octets, len);
	STAILQ_INSERT_TAIL(&delay->frames, frame, link);
	if (!timer_running(&delay->timer))
		timer_start(delay->timers, &delay->timer, delay->ms);
}

void frame_delay_clear(struct frame_delay *delay)
{
	struct delayed_frame *frame;

	timer_stop(&delay->timer);
	while ((frame = STAILQ_FIRST(&delay->frames))) {
		STAILQ_REMOVE_HEAD(&delay->frames, link);
		free(frame);
	}
}
