/* libpri's events, translated. */
#ifndef TOLLGATE_PRI_EVENT_H
#define TOLLGATE_PRI_EVENT_H

#include <libpri.h>

struct span;

/* Hands one event to the leg or the span that it is about. */
void pri_event_handle(struct span *span, const pri_event *event);

#endif
