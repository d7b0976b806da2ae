/* Calls that are made one after the other: an order and how far it is. */
#ifndef TOLLGATE_BATCH_H
#define TOLLGATE_BATCH_H

#include "exchange/exchange_span.h"
#include "exchange/order.h"

struct batches;

/* `spans` are 1..`count`, kept. 0, -ENOMEM. */
int batches_new(struct batches **out, struct timers *timers,
		struct exchange_span *const *spans, unsigned count);
/* Makes no call any more. NULL is fine. */
void batches_free(struct batches *batches);

/* Makes the first call now and the others at the order's rate. Its result is
 * returned, as exchange_span_originate's, with its record; the others are made
 * whatever becomes of it. -ENOMEM: none is made. */
int batch_start(struct batches *batches, const struct order *order,
		struct call_record *first);

/* Calls still to be made, of all batches. */
unsigned batches_left(const struct batches *batches);

#endif
