/* A limit of so many a second as a token bucket that holds one second's worth.
 * Pure. */
#ifndef TOLLGATE_SIP_RATE_H
#define TOLLGATE_SIP_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
	uint32_t per_s;	 /* 0: no limit */
	uint64_t credit; /* in 1/1e9 of one */
	uint64_t last_ns;
};

/* A full bucket. */
void rate_init(struct rate *rate, uint32_t per_s, uint64_t now_ns);

/* Takes one. False: there is none. A clock that stands or goes back gives no
 * new ones. */
bool rate_take(struct rate *rate, uint64_t now_ns);

/* Whether rate_take would. */
bool rate_has(const struct rate *rate, uint64_t now_ns);

#endif
