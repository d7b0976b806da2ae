/* One span: its driver, its D channel with libpri, its B channels.
 *
 * A span lives as long as the process: libpri has no pri_free, so when the
 * hardware goes and comes back, frames just flow again under the same struct
 * pri. Layer 1 alarms block new calls at once but never mark the D channel
 * down: Q.921 decides that, or a short flap would leave it down for ever.
 */
#ifndef TOLLGATE_SPAN_H
#define TOLLGATE_SPAN_H

#include "dahdi/channel.h"
#include "dahdi/hunt.h"
#include "dahdi/isdn.h"
#include "gateway/fsm.h"
#include "gateway/timer.h"

enum span_state {
	SPAN_ABSENT,	 /* no card, no exchange */
	SPAN_DOWN,	 /* line there, Q.921 not established */
	SPAN_ALARM_DOWN, /* alarm, Q.921 not established */
	SPAN_ALARM_UP,	 /* alarm, Q.921 has not noticed yet */
	SPAN_SETTLING,	 /* Q.921 is up here, and soon there */
	SPAN_UP,	 /* takes calls */
	SPAN_STATES
};

enum span_event {
	SPAN_DRIVER_UP,
	SPAN_DRIVER_DOWN, /* arg: const char *, why */
	SPAN_ALARM,	  /* some alarm is present */
	SPAN_ALARM_CLEAR,
	SPAN_DCHANNEL_UP,
	SPAN_DCHANNEL_DOWN,
	SPAN_SETTLED, /* the peer's side is up too, or had T200 for it */
	SPAN_EVENTS
};

extern const struct fsm_desc span_fsm_desc;

struct pri;
struct pri_leg;
struct q931_call;
struct span;

/* Makes the drivers of spans. */
struct span_drivers {
	int (*open)(void *arg, struct driver **out,
		    const struct conf_span *conf, const char *object,
		    const struct driver_events *events, void *ctx);
	void *arg;
};

struct span_config {
	const struct conf_span *conf;
	/* What calls from the network come from; NULL: no trunk group. */
	const struct conf_trunk *trunk;
	struct timers *timers;
	const struct leg_sink *sink;	  /* of the legs made here */
	const struct isdn_events *events; /* may have NULL members */
	void *ctx;			  /* theirs */
	const struct span_drivers *drivers;
	/* Whether no other span takes the calls that this one is for; NULL:
	 * there is none. */
	bool (*alone)(void *arg, const struct conf_span *conf);
	void *alone_arg;
};

/* 0 or -errno. */
int span_new(struct span **out, const struct span_config *cfg);
/* At the end of the process; legs must be gone. NULL is fine. */
void span_free(struct span *span);

/* Another configuration of it, of the same line, protocol and side: what
 * concerns calls is taken now, the rest by span_change; `trunk`, which is kept,
 * is where its calls come from. One that has left or was closed is back. */
void span_take(struct span *span, const struct conf_span *conf,
	       const struct conf_trunk *trunk);
/* It goes on as it is, its calls coming from `trunk`. */
void span_stay(struct span *span, const struct conf_trunk *trunk);
/* There is something for span_change. */
bool span_waits(const struct span *span);
/* No call, and no channel that is being released. */
bool span_is_idle(const struct span *span);
/* Opens its line anew by the settings that wait. It must be idle. 0 or -ENOMEM,
 * to be tried again. */
int span_change(struct span *span);

/* It takes no calls any more: SETUPs get cause 34, which a network hunts on
 * after. */
void span_leave(struct span *span);
/* It has no line from here on; `why` is for people. It must be idle. */
void span_close(struct span *span, const char *why);
bool span_has_left(const struct span *span);

/* As it is in effect. */
const struct conf_span *span_conf(const struct span *span);
const char *span_name(const struct span *span); /* "span=1" */
bool span_in_service(const struct span *span);
/* By Q.921. */
bool span_dchannel_is_up(const struct span *span);
/* Whether our own calls go elsewhere, by the operator's will. */
bool span_is_drained(const struct span *span);
void span_drain(struct span *span, bool drained);
/* Bit t: B channel t is idle and in service. */
uint32_t span_idle_channels(const struct span *span);
/* Its channels as hunting sees them: those that are idle and in service may be
 * taken. */
void span_hunt(const struct span *span, struct hunt_span *out);
/* NULL: not a B channel. */
struct channel *span_channel(struct span *span, unsigned number);
/* B channel `number` for a call that the exchange wants there: idle, or made so
 * by the call of ours that has just asked for it. NULL: it is not to be had. */
struct channel *span_claim_channel(struct span *span, unsigned number);
/* As isdn_block and isdn_restart. */
int span_block_channel(struct span *span, unsigned channel, bool blocked);
int span_restart_by_hand(struct span *span, unsigned channel);
/* What the operator wants is as `from`, which it takes the place of, has it:
 * drained or not, and which channels are blocked. */
void span_obey_as(struct span *span, const struct span *from);
enum g711_law span_law(const struct span *span);
void span_describe(const struct span *span, struct span_info *out);

/* The rest is for the pri_*.c. */

struct pri *span_pri(struct span *span);
struct q931_tap *span_tap(struct span *span);
struct timers *span_timers(struct span *span);
const struct leg_sink *span_sink(struct span *span);

/* Follows every call into libpri: handles what its scheduler has due and
 * re-arms the one timer that wakes it. Safe within an event. */
void span_pump(struct span *span);
/* One event of libpri's about the link itself. */
void span_dchannel(struct span *span, bool up);
/* Q.931 5.5: `channel` 0 means the whole interface. */
void span_restart(struct span *span, unsigned channel);

/* Of ours: no call has `channel` any more, but the exchange may think so. It
 * is idle again when the exchange acknowledges; asked every T316. */
void span_restart_channel(struct span *span, struct channel *channel);
/* The acknowledgement; `channel` 0: of the whole interface. */
void span_restarted(struct span *span, unsigned channel);

/* The exchange has sent a SETUP for `channel`. On one that it was asked to
 * restart, the first is refused, for it may have crossed the RESTART; a second,
 * after that answer, tells as well as an acknowledgement that it is idle. */
void span_restart_setup(struct span *span, unsigned channel);

/* The legs that hold a channel, or wait for one after giving way. */
void span_leg_add(struct span *span, struct pri_leg *leg);
void span_leg_remove(struct span *span, struct pri_leg *leg);
/* Place `index`, 0..SPAN_LEGS_MAX-1; NULL when it is free. */
#define SPAN_LEGS_MAX (2 * TDM_TIMESLOTS)
struct pri_leg *span_leg_at(const struct span *span, size_t index);
/* By libpri's call. */
struct pri_leg *span_leg_find(struct span *span, struct q931_call *call);

/* libpri lists its calls to nobody: each that it gave us is noted, from a SETUP
 * of either side on. span_call_at is NULL where libpri has freed it. */
#define SPAN_CALLS_MAX 128
void span_call_note(struct span *span, struct q931_call *call);
struct q931_call *span_call_at(struct span *span, size_t index);

void span_count_call(struct span *span);
/* A SETUP that was refused: counted, and logged with `why`. */
void span_refused(struct span *span, unsigned channel, int cause,
		  const char *why);
/* Both ends claim to be the user, or both the network (Q.921 3.3.2). */
void span_same_side(struct span *span);
/* Calls from the network have somebody to take them. */
bool span_takes_calls(const struct span *span);
/* Hands a calling leg over. */
void span_incoming(struct span *span, struct leg *leg,
		   const struct leg_setup *setup);
const struct conf_trunk *span_trunk(const struct span *span);

#endif
