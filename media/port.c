#include "media/port.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS 32768 /* of all ports */
#define WORD_BITS 32

/* A queue of the free pairs in a circle of `total` places. */
struct ports {
	unsigned total, available;
	unsigned head; /* the next to be taken */
	uint16_t lowest;
	/* Taken, also those of a range that was before; by port / 2. */
	uint32_t taken[PAIRS / WORD_BITS];
	uint16_t queue[];
};

static void set_taken(struct ports *ports, uint16_t port, bool taken)
{
	uint32_t bit = 1U << (port / 2 % WORD_BITS);

	if (taken)
		ports->taken[port / 2 / WORD_BITS] |= bit;
	else
		ports->taken[port / 2 / WORD_BITS] &= ~bit;
}

static bool is_taken(const struct ports *ports, unsigned port)
{
	return ports->taken[port / 2 / WORD_BITS] >> (port / 2 % WORD_BITS) & 1;
}

static int make(struct ports **out, uint16_t first, uint16_t last,
		uint32_t random, const struct ports *before)
{
	unsigned even = (first + 1u) & ~1u;
	unsigned total = last > even ? (last - even + 1u) / 2 : 0;
	struct ports *ports;

	if (!total || !even)
		return -EINVAL;
	ports = calloc(1, sizeof *ports + total * sizeof ports->queue[0]);
	if (!ports)
		return -ENOMEM;
	ports->total = total;
	ports->lowest = (uint16_t)even;
	if (before)
		memcpy(ports->taken, before->taken, sizeof ports->taken);
	for (unsigned i = 0; i < total; i++) {
		unsigned port = even + 2 * ((random % total + i) % total);

		if (!is_taken(ports, port))
			ports->queue[ports->available++] = (uint16_t)port;
	}
	*out = ports;
	return 0;
}

int ports_new(struct ports **out, uint16_t first, uint16_t last,
	      uint32_t random)
{
	return make(out, first, last, random, NULL);
}

int ports_change(struct ports **ports, uint16_t first, uint16_t last,
		 uint32_t random)
{
	struct ports *now;
	int err = make(&now, first, last, random, *ports);

	if (err < 0)
		return err;
	ports_free(*ports);
	*ports = now;
	return 0;
}

void ports_free(struct ports *ports)
{
	free(ports);
}

unsigned ports_total(const struct ports *ports)
{
	return ports->total;
}

unsigned ports_available(const struct ports *ports)
{
	return ports->available;
}

int ports_take(struct ports *ports, uint16_t *rtp_port)
{
	if (!ports->available)
		return -EADDRINUSE;
	*rtp_port = ports->queue[ports->head];
	ports->head = (ports->head + 1) % ports->total;
	ports->available--;
	set_taken(ports, *rtp_port, true);
	return 0;
}

void ports_give(struct ports *ports, uint16_t rtp_port)
{
	assert(is_taken(ports, rtp_port));
	set_taken(ports, rtp_port, false);
	if (rtp_port < ports->lowest ||
	    (unsigned)(rtp_port - ports->lowest) / 2 >= ports->total)
		return; /* of a range that was before */
	ports->queue[(ports->head + ports->available) % ports->total] =
		rtp_port;
	ports->available++;
}
