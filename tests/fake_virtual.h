/* Both ends of a virtual span in one process, and what each was told. */
#ifndef TOLLGATE_FAKE_VIRTUAL_H
#define TOLLGATE_FAKE_VIRTUAL_H

#include "dahdi/driver.h"
#include "dahdi/driver_virtual_exchange.h"
#include "gateway/loop.h"

#define VIRTUAL_TEST_SPANS 4

/* What one end was told. */
struct seen {
	struct driver *drv;
	struct tdm *tdm;
	enum g711_law law;
	unsigned ups, downs, alarm_calls, alarms, frames;
	char why[256];
	uint8_t frame[DCHANNEL_FRAME_MAX];
	size_t frame_len;
};

struct fixture {
	char dir[64], path[96];
	enum line_type line; /* what the gateway wants */
	struct loop *loop;
	struct virtual_exchange *vx;
	struct seen exchange, gateway;
};

extern const struct driver_events seen_events;

/* For cmocka: the clock can be moved forward, the log is quiet. */
int virtual_setup(void **state);
int virtual_teardown(void **state);

void advance_ms(uint64_t ms);
/* Steps the loop until `*counter` reaches `value`; fails after 3 s. */
void await(struct fixture *f, const unsigned *counter, unsigned value);
/* Lets whatever is under way arrive. */
void settle(struct fixture *f);

/* An exchange with VIRTUAL_TEST_SPANS spans, span 1 in service. */
void exchange_start(struct fixture *f, enum line_type line);
void exchange_stop(struct fixture *f);
void gateway_start(struct fixture *f, unsigned number);
void gateway_stop(struct fixture *f);
/* Both, and waits until both are up. */
void attach(struct fixture *f, enum line_type line);
/* Waits for the exchange's next tick. */
void tick(struct fixture *f, struct tdm_block *in);

#endif
