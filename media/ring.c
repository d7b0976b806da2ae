#include "media/ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_LINE 64

/* The indexes run freely and wrap with unsigned; each has a cache line of its
 * own, as each is written by another thread. */
struct ring {
	_Alignas(CACHE_LINE) _Atomic unsigned written;
	_Alignas(CACHE_LINE) _Atomic unsigned read;
	_Alignas(CACHE_LINE) size_t element_size;
	unsigned slots;
	unsigned char *elements;
};

int ring_new(struct ring **out, unsigned slots, size_t element_size)
{
	struct ring *ring;

	if (!slots || (slots & (slots - 1)) || !element_size)
		return -EINVAL;
	ring = aligned_alloc(CACHE_LINE, sizeof *ring);
	if (!ring)
		return -ENOMEM;
	memset(ring, 0, sizeof *ring);
	ring->element_size = element_size;
	ring->slots = slots;
	ring->elements = calloc(slots, element_size);
	if (!ring->elements) {
		ring_free(ring);
		return -ENOMEM;
	}
	*out = ring;
	return 0;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	free(ring->elements);
	free(ring);
}

static unsigned char *element_at(const struct ring *ring, unsigned index)
{
	return ring->elements +
	       (index & (ring->slots - 1)) * ring->element_size;
}

unsigned ring_room(const struct ring *ring)
{
	unsigned written =
		atomic_load_explicit(&ring->written, memory_order_relaxed);
	unsigned read = atomic_load_explicit(&ring->read, memory_order_acquire);

	return ring->slots - (written - read);
}

bool ring_push(struct ring *ring, const void *element)
{
	unsigned written =
		atomic_load_explicit(&ring->written, memory_order_relaxed);

	if (!ring_room(ring))
		return false;
	memcpy(element_at(ring, written), element, ring->element_size);
	atomic_store_explicit(&ring->written, written + 1,
			      memory_order_release);
	return true;
}

bool ring_pop(struct ring *ring, void *element)
{
	unsigned read = atomic_load_explicit(&ring->read, memory_order_relaxed);
	unsigned written =
		atomic_load_explicit(&ring->written, memory_order_acquire);

	if (read == written)
		return false;
	memcpy(element, element_at(ring, read), ring->element_size);
	atomic_store_explicit(&ring->read, read + 1, memory_order_release);
	return true;
}
