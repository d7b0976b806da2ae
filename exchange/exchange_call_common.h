/* What calls from and to the user share; for exchange_call.c and origin.c. */
#ifndef TOLLGATE_EXCHANGE_CALL_COMMON_H
#define TOLLGATE_EXCHANGE_CALL_COMMON_H

#include "exchange/exchange_call.h"
#include "gateway/loop.h"

struct exchange_call {
	struct exchange_call_config cfg;
	struct fsm fsm;
	char object[48];
	struct test_plan plan;	/* of a call to the user: how it is cleared */
	struct timer step;	/* of the plan */
	uint64_t give_up_at_ms; /* of a call to the user; 0: never */
	bool channel_fixed;
	struct sound sound;
	struct call_record record;
	struct loop_deferred free_later;
};

/* What comes with CALL_EV_DISCONNECT, _RELEASE and _RELEASED. */
struct clearing {
	uint8_t cause, location;
	enum call_end ended_by;
};

struct pri *exchange_call_pri(const struct exchange_call *call);
/* A call in its first state, with nothing sent. NULL for want of memory. */
struct exchange_call *
exchange_call_alloc(const struct exchange_call_config *cfg,
		    const struct fsm_desc *desc, uint8_t state,
		    void (*step_due)(void *call));
/* "span=1/31 call=7", after the record's channel has changed. */
void exchange_call_name(struct exchange_call *call);

/* It is answered, and its B channel carries what the plan says. */
void exchange_call_speak(struct exchange_call *call);

/* Actions of both tables. */
void exchange_call_disconnect(void *call, const void *arg);
void exchange_call_release(void *call, const void *clearing);
void exchange_call_release_and_finish(void *call, const void *clearing);
void exchange_call_finish_released(void *call, const void *clearing);
void exchange_call_finish_restarted(void *call, const void *clearing);

#endif
