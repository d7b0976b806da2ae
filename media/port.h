/* Which RTP/RTCP port pairs are free: an even port and the one above it
 * (RFC 3550 11).
 *
 * Pairs go round in the order they were given back, from a random start: a
 * packet for a call that is over then meets no new call for as long as the
 * range allows.
 */
#ifndef TOLLGATE_PORT_H
#define TOLLGATE_PORT_H

#include <stdint.h>

struct ports;

/* Pairs within `first`..`last`. `random` chooses the start. 0, -EINVAL when no
 * pair fits, or -ENOMEM. */
int ports_new(struct ports **out, uint16_t first, uint16_t last,
	      uint32_t random);
/* Another range in place of the one before; the pairs that are taken are given
 * back all the same. Errors as of ports_new, then nothing has changed. */
int ports_change(struct ports **ports, uint16_t first, uint16_t last,
		 uint32_t random);
/* NULL is fine. */
void ports_free(struct ports *ports);

/* How many pairs there are, and how many are free. */
unsigned ports_total(const struct ports *ports);
unsigned ports_available(const struct ports *ports);

/* Takes the pair that has been free the longest. 0 or -EADDRINUSE. */
int ports_take(struct ports *ports, uint16_t *rtp_port);
/* Gives back what ports_take gave. */
void ports_give(struct ports *ports, uint16_t rtp_port);

#endif
