/* What a DAHDI channel tells besides its data.
 *
 * While an event waits, read and write of the channel fail with ELAST and poll
 * reports POLLPRI; DAHDI_GETEVENT takes it.
 */
#ifndef TOLLGATE_DAHDI_EVENT_H
#define TOLLGATE_DAHDI_EVENT_H

#include "dahdi/dahdi_kernel.h"

enum dahdi_event_kind {
	DAHDI_KIND_NONE,     /* the queue is empty */
	DAHDI_KIND_LINE,     /* alarms came or went: ask for the span's state */
	DAHDI_KIND_HDLC,     /* a D channel frame was spoilt */
	DAHDI_KIND_OVERRUN,  /* we read too late: something is lost */
	DAHDI_KIND_UNDERRUN, /* we wrote too late: idle was sent */
	DAHDI_KIND_REMOVED,  /* the card, or its span, has gone */
	DAHDI_KIND_DATA,     /* a fax or modem answers: no echo canceller */
	DAHDI_KIND_FOREIGN,  /* of analogue lines, tones, timers: not for us */
};

struct dahdi_event {
	enum dahdi_event_kind kind;
	const char *name;
};

/* What event `number` of DAHDI's means. Never NULL: what DAHDI may invent later
 * is foreign. */
const struct dahdi_event *dahdi_event_find(int number);

/* How many a channel can hold: who takes so many has them all. */
#define DAHDI_EVENTS_MAX 64

/* Takes the next event of a channel. An error says that the channel has gone,
 * which is what it returns. Never NULL. */
const struct dahdi_event *dahdi_event_take(const struct dahdi_kernel *kernel,
					   int fd);

#endif
