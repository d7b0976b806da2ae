#include "gateway/lot.h"

#include <stddef.h>
#include <stdlib.h>

static uint32_t (*lot_source)(void);

uint32_t lot_draw(void)
{
	return lot_source ? lot_source() : arc4random();
}

void lot_set_source(uint32_t (*source)(void))
{
	lot_source = source;
}
