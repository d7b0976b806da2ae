/* One call at the exchange: network side of Q.931 by libpri, the plan of its
 * test number, what its B channel carries, and the record of it all. */
#ifndef TOLLGATE_EXCHANGE_CALL_H
#define TOLLGATE_EXCHANGE_CALL_H

#include "dahdi/q931_tap.h"
#include "exchange/identity.h"
#include "exchange/sound.h"
#include "gateway/fsm.h"
#include "gateway/timer.h"

struct q931_call; /* libpri's */
struct exchange_call;
struct loop;

enum exchange_call_state {
	CALL_PRESENT,	 /* SETUP has no answer yet */
	CALL_PROCEEDING, /* CALL PROCEEDING is sent */
	CALL_PROGRESS,	 /* PROGRESS is, and in-band information with it */
	CALL_ALERTING,
	CALL_ACTIVE,
	CALL_CLEARING,	/* our DISCONNECT, the user's RELEASE is awaited */
	CALL_RELEASING, /* our RELEASE, its RELEASE COMPLETE is awaited */
	CALL_OVER,
	CALL_STATES
};

enum exchange_call_event {
	/* The plan's; of a call to the user its messages. */
	CALL_EV_PROCEED,
	CALL_EV_PROGRESS,
	CALL_EV_ALERT,
	CALL_EV_ANSWER,
	CALL_EV_CLEAR,	    /* the plan's */
	CALL_EV_DISCONNECT, /* the user's message */
	CALL_EV_RELEASE,    /* it too, or libpri gave the call up */
	CALL_EV_RELEASED,   /* nothing of it is left in libpri */
	CALL_EV_RESTART,    /* the user restarts the channel */
	CALL_EVENTS
};

/* Calls from the user and, in origin.c, to it. */
extern const struct fsm_desc exchange_call_desc, exchange_origin_desc;

/* Who ended a call. */
enum call_end {
	CALL_END_NONE,
	CALL_END_USER,
	CALL_END_EXCHANGE, /* the plan, or a SETUP that could not be taken */
	CALL_END_RESTART,
	CALL_END_LINK, /* the D channel was lost for too long */
};

/* What is told of a call while it lives and afterwards. */
struct call_record {
	unsigned id;  /* counts SETUPs from 1 */
	bool to_user; /* the exchange made it */
	unsigned span, channel;
	unsigned cref;
	struct call_identity identity;
	const char *test; /* struct test_plan's */
	enum exchange_call_state state;
	uint64_t setup_utc_ns;
	uint64_t setup_ms; /* monotonic, as those below; 0: did not happen */
	uint64_t proceeding_ms, progress_ms;
	uint64_t alerting_ms, answer_ms, clear_ms, end_ms;
	uint16_t indicators; /* bit n: progress indicator n came */
	enum call_end ended_by;
	uint8_t cause, location;
	bool bit_error_test;
	struct prbs_checker bits;
	bool readback;
	struct readback_digits dtmf;
};

struct exchange_call_config {
	struct q931_tap *tap;
	struct timers *timers;
	const struct sound_tones *tones;
	enum g711_law law;		  /* of the line, and of the tones */
	struct q931_call *libpri_call;	  /* NULL: a call to the user */
	const struct test_plan *plan;	  /* copied */
	const struct call_record *record; /* copied: id ... setup_ms */
	/* It used libpri outside of any event of libpri's. */
	void (*acted)(void *ctx);
	/* It is over: to be unlinked and retired. The last call. */
	void (*over)(void *ctx, struct exchange_call *call);
	void *ctx;
};

/* Takes the call and starts the plan, mostly with CALL PROCEEDING. 0, -ENOMEM
 * (and nothing was sent). */
int exchange_call_new(struct exchange_call **out,
		      const struct exchange_call_config *cfg);

/* What a call to the user asks for. */
struct call_order {
	struct call_identity identity;
	int bearer;	    /* libpri's transfer capability */
	int32_t hold_ms;    /* after CONNECT */
	int32_t give_up_ms; /* after SETUP, unless answered; NEVER */
	enum test_sound sound;
};

/* Sends SETUP for `order` on the record's channel, preferred, and fills in the
 * call reference; cfg->plan is unused. 0, -ENOMEM, or -EIO when libpri does not
 * take it. */
int exchange_call_originate(struct exchange_call **out,
			    const struct exchange_call_config *cfg,
			    const struct call_order *order);
/* The user's answer to it: CALL_EV_PROCEED, _PROGRESS, _ALERT or _ANSWER.
 * Nothing for a call from the user. */
void exchange_call_answered(struct exchange_call *call, uint8_t event);
/* What its CONNECT says of who answered, before it. */
void exchange_call_connected(struct exchange_call *call,
			     const struct leg_number *connected);
/* The first answer fixes the channel (Q.931 5.2.3): true once, for it. */
bool exchange_call_fixes_channel(struct exchange_call *call);
/* It goes on over another channel. */
void exchange_call_move(struct exchange_call *call, unsigned channel);
/* The user named a channel that it cannot have: cause 44. */
void exchange_call_reject_channel(struct exchange_call *call);

/* Silent, for the end of the program. NULL is fine. */
void exchange_call_free(struct exchange_call *call);
/* Frees it once the current event is done; for `over`. */
void exchange_call_retire(struct exchange_call *call, struct loop *loop);

bool exchange_call_is(const struct exchange_call *call,
		      const struct q931_call *libpri_call);
/* A message of the user's: CALL_EV_DISCONNECT, _RELEASE or _RELEASED with the
 * cause that libpri tells. `link_down`: the D channel is not there. */
void exchange_call_message(struct exchange_call *call,
			   enum exchange_call_event event, int cause,
			   bool link_down);
void exchange_call_restart(struct exchange_call *call);
/* One block of its channel. */
void exchange_call_voice(struct exchange_call *call, const uint8_t *in,
			 uint8_t *out);
void exchange_call_record(const struct exchange_call *call,
			  struct call_record *out);

#endif
