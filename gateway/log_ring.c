#include "gateway/log_ring.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	_Atomic uint64_t turn;
	struct log_record record;
};

struct log_ring {
	uint64_t slots;
	_Alignas(64) _Atomic uint64_t put; /* position of the next line */
	_Alignas(64) _Atomic uint64_t taken;
	struct slot slot[];
};

int log_ring_new(struct log_ring **out, unsigned slots)
{
	size_t size = sizeof(struct log_ring) + slots * sizeof(struct slot);
	struct log_ring *ring = aligned_alloc(64, (size + 63) / 64 * 64);

	assert(slots > 1 && (slots & (slots - 1)) == 0);
	if (!ring)
		return -ENOMEM;
	ring->slots = slots;
	atomic_init(&ring->put, 0);
	atomic_init(&ring->taken, 0);
	for (uint64_t i = 0; i < slots; i++)
		atomic_init(&ring->slot[i].turn, i);
	*out = ring;
	return 0;
}

void log_ring_free(struct log_ring *ring)
{
	free(ring);
}

unsigned log_ring_used(const struct log_ring *ring)
{
	uint64_t taken = atomic_load(&ring->taken);
	uint64_t put = atomic_load(&ring->put);

	return (unsigned)(put - taken);
}

static struct slot *slot_of(struct log_ring *ring, uint64_t position)
{
	return &ring->slot[position & (ring->slots - 1)];
}

/* A slot that is nobody else's, its position in *position. */
static struct slot *claim(struct log_ring *ring, uint64_t *position)
{
	uint64_t at = atomic_load_explicit(&ring->put, memory_order_relaxed);

	for (;;) {
		struct slot *slot = slot_of(ring, at);
		uint64_t turn =
			atomic_load_explicit(&slot->turn, memory_order_acquire);

		if (turn < at)
			return NULL;
		if (turn > at) {
			at = atomic_load_explicit(&ring->put,
						  memory_order_relaxed);
			continue;
		}
		/* Failing, it has put the present position into `at`. */
		if (atomic_compare_exchange_weak(&ring->put, &at, at + 1)) {
			*position = at;
			return slot;
		}
	}
}

int log_ring_put(struct log_ring *ring, uint64_t calendar_ns, int level,
		 const char *text)
{
	size_t len = strnlen(text, LOG_LINE_MAX - 1);
	uint64_t position;
	struct slot *slot;

	if (level >= LOG_INFO && log_ring_used(ring) >= ring->slots / 4 * 3)
		return -ENOBUFS;
	slot = claim(ring, &position);
	if (!slot)
		return -ENOBUFS;
	slot->record.calendar_ns = calendar_ns;
	slot->record.level = level;
	memcpy(slot->record.text, text, len);
	slot->record.text[len] = '\0';
	atomic_store_explicit(&slot->turn, position + 1, memory_order_release);
	return 0;
}

int log_ring_take(struct log_ring *ring, struct log_record *out)
{
	uint64_t at = atomic_load_explicit(&ring->taken, memory_order_relaxed);
	struct slot *slot = slot_of(ring, at);

	if (atomic_load_explicit(&slot->turn, memory_order_acquire) != at + 1)
		return -EAGAIN;
	out->calendar_ns = slot->record.calendar_ns;
	out->level = slot->record.level;
	strcpy(out->text, slot->record.text);
	atomic_store_explicit(&slot->turn, at + ring->slots,
			      memory_order_release);
	atomic_store(&ring->taken, at + 1);
	return 0;
}
