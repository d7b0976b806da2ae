/* What the legs of both directions have in common: a libpri call on a channel,
 * and its end. Each direction has a state table of its own (pri_leg.c for
 * calls to the network, pri_leg_in.c for those from it) and calls these from
 * its actions. Only for those two. */
#ifndef TOLLGATE_PRI_LEG_COMMON_H
#define TOLLGATE_PRI_LEG_COMMON_H

#include "dahdi/channel.h"
#include "dahdi/pri_leg.h"
#include "gateway/timer.h"

/* What a direction does with what span.c and pri_event.c tell a leg. */
struct pri_leg_side {
	void (*message)(struct pri_leg *leg, enum pri_leg_event event,
			const struct pri_leg_message *message);
	void (*restart)(struct pri_leg *leg);
	void (*check)(struct pri_leg *leg);
	/* Within libpri: it may only take notes. NULL: nothing. */
	void (*seen)(struct pri_leg *leg, const struct q931_seen *seen);
	/* Of its table. */
	uint8_t active_state;
	uint8_t guard_event, t322_event, differs_event;
};

struct pri_leg {
	struct leg leg;
	const struct pri_leg_side *side;
	struct span *span;
	struct channel *channel; /* NULL once handed back or given away */
	unsigned channel_number; /* for the record */
	const struct conf_trunk *trunk;
	struct q931_call *call;
	unsigned reference;
	bool ours; /* our side allocated the reference */
	struct fsm fsm;
	struct timer guard;
	struct timer t301, t304, t310; /* to the network only */
	/* After a break of the link (pri_enquiry.h). */
	struct timer t322;
	unsigned enquiries;	/* sent, without an answer so far */
	uint8_t peer_state;	/* answered and not yet looked at */
	struct leg_cause cause; /* the first reason for the end */
	bool agreed; /* the first response fixed the channel (Q.931 5.1.2) */
	unsigned releases;  /* RELEASEs sent */
	bool peer_released; /* RELEASE or RELEASE COMPLETE came */

	/* From the network. */
	unsigned asked_channel; /* that the SETUP named, 0: none */
	int libpri_channel;	/* as libpri wants it in our responses */
	bool connect_acked;	/* seen, not yet dispatched */
	bool t313_expired;	/* likewise: libpri hung up by itself */
};

static inline struct pri_leg *pri_leg_of(struct leg *leg)
{
	return (struct pri_leg *)leg;
}

/* An idle leg that has seized `channel`, without timers but the guard. NULL
 * for want of memory. */
struct pri_leg *pri_leg_alloc(const struct pri_leg_side *side,
			      const struct leg_ops *ops, struct span *span,
			      struct channel *channel,
			      const struct conf_trunk *trunk);

/* To its channel, if it has one. */
void pri_leg_channel_event(struct pri_leg *leg, enum channel_event event);
void pri_leg_raise(struct pri_leg *leg, enum leg_event_type type, bool inband);
void pri_leg_stop_timers(struct pri_leg *leg);
void pri_leg_start_timer(struct pri_leg *leg, struct timer *timer, uint32_t ms);
/* NULL: nothing was received on its call reference. */
const struct q931_received *pri_leg_received(const struct pri_leg *leg);
/* The first reason stays: what follows is its consequence. */
void pri_leg_note_cause(struct pri_leg *leg, const struct leg_cause *cause);
/* The last step, once: the channel is free and RELEASED goes up. */
void pri_leg_finish(struct pri_leg *leg);
/* As long as libpri may take by itself, and a little: T305 if it sends
 * DISCONNECT, then T308 twice (Q.931 5.3.4). */
void pri_leg_start_guard(struct pri_leg *leg, bool disconnect);
/* Clears toward the peer. */
void pri_leg_hang_up(struct pri_leg *leg, const struct leg_cause *cause,
		     bool disconnect);
/* libpri has no such call any more. */
bool pri_leg_is_gone(const struct pri_leg *leg);

/* Actions of both tables. */
void pri_leg_on_disconnect(void *leg, const void *message);
void pri_leg_on_collision(void *leg, const void *arg);
void pri_leg_on_release(void *leg, const void *arg);
void pri_leg_on_gone(void *leg, const void *arg);
void pri_leg_on_restart(void *leg, const void *arg);
void pri_leg_on_guard(void *leg, const void *arg);

/* Operations of both. */
int pri_leg_op_media(struct leg *leg, const struct leg_media_local *local,
		     struct leg_media *out);
void pri_leg_op_describe(const struct leg *leg, struct leg_info *info);
void pri_leg_op_free(struct leg *leg);

#endif
