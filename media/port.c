#include "media/port.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* A queue of the free pairs in a circle of `total` places. */
struct ports {
	unsigned total, available;
	unsigned head; /* the next to be taken */
	uint16_t queue[];
};

int ports_new(struct ports **out, uint16_t first, uint16_t last,
	      uint32_t random)
{
	unsigned even = (first + 1u) & ~1u;
	unsigned total = last > even ? (last - even + 1u) / 2 : 0;
	struct ports *ports;

	if (!total || !even)
		return -EINVAL;
	ports = malloc(sizeof *ports + total * sizeof ports->queue[0]);
	if (!ports)
		return -ENOMEM;
	ports->total = ports->available = total;
	ports->head = 0;
	for (unsigned i = 0; i < total; i++)
		ports->queue[i] =
			(uint16_t)(even + 2 * ((random % total + i) % total));
	*out = ports;
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
	return 0;
}

void ports_give(struct ports *ports, uint16_t rtp_port)
{
	assert(ports->available < ports->total);
	ports->queue[(ports->head + ports->available) % ports->total] =
		rtp_port;
	ports->available++;
}
