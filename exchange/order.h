/* "call NUMBER [--span N] ...": what calls the exchange is to make. Pure. */
#ifndef TOLLGATE_ORDER_H
#define TOLLGATE_ORDER_H

#include "exchange/exchange_call.h"

#define ORDER_CALLS_MAX 1000000
#define ORDER_RATE_MAX 1000  /* calls a second */
#define ORDER_HOLD_MAX 86400 /* seconds */

struct order {
	struct call_order call;
	unsigned span; /* 0: all in turn */
	unsigned count;
	double rate; /* calls a second */
};

/* Reads the words after "call". 0, or -EINVAL with what is wrong in `why`. */
int order_parse(struct order *out, int argc, char *const argv[], char *why,
		size_t size);

#endif
