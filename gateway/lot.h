/* The lot that a call draws among targets that share. */
#ifndef TOLLGATE_LOT_H
#define TOLLGATE_LOT_H

#include <stdint.h>

/* Any number, each as likely as the others. */
uint32_t lot_draw(void);

/* Replaces where they come from; NULL restores it. Tests only. */
void lot_set_source(uint32_t (*source)(void));

#endif
