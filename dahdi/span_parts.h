/* What a span consists of. For span.c and those parted from it by their reason:
 * span_line.c (layers 1 and 2) and span_restart.c.
 */
#ifndef TOLLGATE_SPAN_PARTS_H
#define TOLLGATE_SPAN_PARTS_H

#include "dahdi/span.h"
#include "gateway/log.h"

#define LEGS_MAX SPAN_LEGS_MAX

struct span {
	const struct conf_span *conf; /* `own` */
	struct conf_span own, next;
	bool waits; /* for no calls, to become as `next` has it */
	bool left, closed, shutting;
	struct span_drivers drivers;
	const struct conf_trunk *trunk;
	char name[16]; /* "span=1" */
	struct timers *timers;
	const struct leg_sink *sink;
	const struct isdn_events *events;
	void *ctx;
	struct fsm fsm;
	uint64_t since_ms;
	struct driver *driver;
	struct q931_tap *tap;
	struct timer libpri_timer, t316;
	struct timer settling; /* T200 of the peer, as we have it */
	unsigned resets;       /* of the link, that are dealt with */
	bool pumping;
	bool drained;
	unsigned present;   /* alarms, as told by the driver */
	unsigned alarms;    /* those that are acted on */
	uint64_t alarm_ms;  /* when the first of them began */
	uint64_t d_down_ms; /* when the D channel went down, 0: it did not */
	struct timer rai;   /* holds a remote alarm off */
	bool (*alone)(void *arg, const struct conf_span *conf);
	void *alone_arg;
	enum g711_law law;
	struct channel channels[TDM_TIMESLOTS + 1];
	struct pri_leg *legs[LEGS_MAX];
	struct q931_call *libpri_calls[SPAN_CALLS_MAX];
	uint64_t calls, refused;
};

/* Opens its line by its settings. 0 or -ENOMEM. */
int span_open(struct span *span);
/* Closes it. */
void span_shut(struct span *span, const char *why);

/* Applies one event to the span's state. */
void span_dispatch(struct span *span, enum span_event event, const void *arg);
/* The mask of alarms now present. */
void span_alarms(struct span *span, unsigned alarms);
/* Answered ones that T309 runs for. */
unsigned span_waiting_calls(const struct span *span);
/* For people: the gravest of `alarms`. */
const char *span_alarm_name(unsigned alarms);

/* To be called when something may have shown that the peer is ready. */
void span_check_settled(struct span *span);
void span_line_init(struct span *span);
void span_line_stop(struct span *span);

/* Sends the RESTARTs that are owed. */
void span_restart_owed(struct span *span);
/* Repeats those without an answer: the link was reset under them. */
void span_restart_repeat(struct span *span);
/* Channels whose RESTART has no answer yet. */
unsigned span_restarts_pending(const struct span *span);
/* Those that the span has and did not have, or had: they begin anew, and what
 * was owed for one that is gone goes with it. Without calls only. */
void span_restart_channels(struct span *span, uint32_t before);
void span_restart_init(struct span *span);
void span_restart_stop(struct span *span);

#endif
