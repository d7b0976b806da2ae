/* A span without a driver: what a test sends, media reads as blocks of the
 * line, and what media writes, the test receives. */
#ifndef TOLLGATE_FAKE_TDM_H
#define TOLLGATE_FAKE_TDM_H

#include "dahdi/driver.h"

#include <stdbool.h>

struct fake_tdm;

/* `tdm` is for media_span_attach, which owns it from then on. 0 or -errno. */
int fake_tdm_new(struct fake_tdm **out, struct tdm **tdm);
/* Hangs up: media's end sees EOF. NULL is fine. */
void fake_tdm_free(struct fake_tdm *fake);

/* One block from the line. 0 or -errno. */
int fake_tdm_send(struct fake_tdm *fake, const struct tdm_block *block);
/* The next block to the line. False: none came in time. */
bool fake_tdm_receive(struct fake_tdm *fake, struct tdm_block *block,
		      int timeout_ms);
/* From now on the thread that reads a block waits first, as if it were not
 * scheduled; until it is released. */
void fake_tdm_hold(struct fake_tdm *fake);
void fake_tdm_release(struct fake_tdm *fake);
/* Media has closed its end. */
bool fake_tdm_is_closed(struct fake_tdm *fake);

#endif
