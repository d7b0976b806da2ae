#include "exchange/batch.h"

#include "gateway/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

/* After a stall no more than this are made in one go. */
#define BURST_MAX 100

struct batch {
	LIST_ENTRY(batch) link;
	struct batches *batches;
	struct order order;
	unsigned done;
	unsigned next_span; /* index, for "all in turn" */
	uint64_t start_ms;
	struct timer timer;
};

struct batches {
	struct timers *timers;
	struct exchange_span *const *spans;
	unsigned span_count;
	LIST_HEAD(, batch) list;
};

static int make_call(struct batch *batch, struct call_record *record)
{
	struct batches *all = batch->batches;
	unsigned index = batch->order.span - 1;

	if (!batch->order.span) {
		index = batch->next_span;
		batch->next_span = (index + 1) % all->span_count;
	}
	batch->done++;
	return exchange_span_originate(all->spans[index], &batch->order.call,
				       record);
}

/* Call n is due n / rate after the first: a late one does not delay those
 * after it. */
static uint64_t due_ms(const struct batch *batch)
{
	return batch->start_ms +
	       (uint64_t)(batch->done * 1000.0 / batch->order.rate);
}

static void batch_free(struct batch *batch)
{
	timer_stop(&batch->timer);
	LIST_REMOVE(batch, link);
	free(batch);
}

/* Frees it after its last call. */
static void wait_for_next(struct batch *batch)
{
	uint64_t due = due_ms(batch), now = clock_now_ms();

	if (batch->done == batch->order.count)
		batch_free(batch);
	else
		timer_start(batch->batches->timers, &batch->timer,
			    due > now ? (uint32_t)(due - now) : 0);
}

static void timer_due(void *arg)
{
	struct batch *batch = arg;
	struct call_record record;

	for (unsigned n = 0; n < BURST_MAX; n++) {
		if (batch->done == batch->order.count ||
		    due_ms(batch) > clock_now_ms())
			break;
		make_call(batch, &record);
	}
	wait_for_next(batch);
}

int batches_new(struct batches **out, struct timers *timers,
		struct exchange_span *const *spans, unsigned count)
{
	struct batches *batches = calloc(1, sizeof *batches);

	if (!batches)
		return -ENOMEM;
	batches->timers = timers;
	batches->spans = spans;
	batches->span_count = count;
	LIST_INIT(&batches->list);
	*out = batches;
	return 0;
}

void batches_free(struct batches *batches)
{
	struct batch *batch;

	if (!batches)
		return;
	while ((batch = LIST_FIRST(&batches->list)))
		batch_free(batch);
	free(batches);
}

int batch_start(struct batches *batches, const struct order *order,
		struct call_record *first)
{
	struct batch *batch = calloc(1, sizeof *batch);
	int err;

	if (!batch)
		return -ENOMEM;
	batch->batches = batches;
	batch->order = *order;
	batch->start_ms = clock_now_ms();
	timer_init(&batch->timer, "batch", timer_due, batch);
	LIST_INSERT_HEAD(&batches->list, batch, link);
	err = make_call(batch, first);
	wait_for_next(batch);
	return err;
}

unsigned batches_left(const struct batches *batches)
{
	const struct batch *batch;
	unsigned left = 0;

	LIST_FOREACH(batch, &batches->list, link)
	left += batch->order.count - batch->done;
	return left;
}
