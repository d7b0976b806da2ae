/* A ring that one thread fills and another empties, without a lock.
 *
 * Elements are copied in and out. C11 acquire/release atomics order them, so
 * ThreadSanitizer can follow: ck_ring does the same job in inline assembly,
 * which the sanitizer does not see through, and media is only trusted after
 * it has run under it.
 */
#ifndef TOLLGATE_RING_H
#define TOLLGATE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring;

/* `slots` is a power of two. 0, -EINVAL or -ENOMEM. */
int ring_new(struct ring **out, unsigned slots, size_t element_size);
/* NULL is fine. No thread uses it any more. */
void ring_free(struct ring *ring);

/* Producer: copies `element` in. False when the ring is full. */
bool ring_push(struct ring *ring, const void *element);
/* Producer: how many pushes are sure to succeed. */
unsigned ring_room(const struct ring *ring);

/* Consumer: copies the oldest element out. False when the ring is empty. */
bool ring_pop(struct ring *ring, void *element);

#endif
