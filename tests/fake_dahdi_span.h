/* A DAHDI span's driver over the kernel that fake_dahdi plays, and what it
 * told.
 */
#ifndef TOLLGATE_FAKE_DAHDI_SPAN_H
#define TOLLGATE_FAKE_DAHDI_SPAN_H

#include "dahdi/driver_dahdi.h"
#include "tests/fake_dahdi.h"

#define DAHDI_D_TIMESLOT 16

/* What the span was told. */
struct dahdi_told {
	struct driver *drv;
	struct tdm *tdm;
	enum g711_law law;
	unsigned ups, downs, alarm_calls, alarms, frames;
	char why[256];
	uint8_t frame[DCHANNEL_FRAME_MAX];
	size_t frame_len;
	/* Which callback ends the driver, if any. */
	bool free_on_up, free_on_down, free_on_alarm, free_on_frame;
};

struct dahdi_fixture {
	struct loop *loop;
	struct dahdi_told told;
	struct driver_dahdi_config cfg;
};

extern const struct driver_events dahdi_told_events;

/* For cmocka: span 1 as an E1, its clock moved by hand. The teardown fails when
 * a descriptor is left open. */
int dahdi_setup(void **state);
int dahdi_teardown(void **state);

/* Makes the driver, as f->cfg says, and lets it try once. */
void dahdi_start(struct dahdi_fixture *f);
/* The same, and it must come up. */
void dahdi_start_up(struct dahdi_fixture *f);
/* Frees the driver and closes its voice. */
void dahdi_end(struct dahdi_told *told);
/* Lets what is due happen; the other by steps of 100 ms. */
void dahdi_run(struct dahdi_fixture *f);
void dahdi_run_ms(struct dahdi_fixture *f, unsigned ms);

/* Of span 1. */
struct fake_channel *channel(unsigned timeslot);
struct fake_channel *dchannel(void);

#endif
