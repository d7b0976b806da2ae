#include "gateway/timer.h"

#include "gateway/clock.h"

#include <limits.h>
#include <stddef.h>

void timer_init(struct timer *t, const char *name, timer_fn fn, void *arg)
{
	*t = (struct timer){ .name = name, .fn = fn, .arg = arg };
}

void timer_of(struct timer *t, const char *object)
{
	t->object = object;
}

/* Makes the later of two heaps the first child of the earlier one. */
static struct timer *heap_meld(struct timer *a, struct timer *b)
{
	struct timer *first = a, *second = b;

	if (!a || !b)
		return a ? a : b;
	if (b->due_ns < a->due_ns) {
		first = b;
		second = a;
	}
	second->sibling = first->child;
	if (first->child)
		first->child->prev = second;
	second->prev = first;
	first->child = second;
	first->sibling = NULL;
	first->prev = NULL;
	return first;
}

/* Two-pass pairing of a list of siblings, without recursion: a burst of
 * thousands of timers must not grow the stack. */
static struct timer *heap_merge_siblings(struct timer *list)
{
	struct timer *pairs = NULL, *heap = NULL;

	while (list) {
		struct timer *a = list, *b = a->sibling, *pair;

		list = b ? b->sibling : NULL;
		a->sibling = a->prev = NULL;
		if (b)
			b->sibling = b->prev = NULL;
		pair = heap_meld(a, b);
		pair->sibling = pairs;
		pairs = pair;
	}
	while (pairs) {
		struct timer *next = pairs->sibling;

		pairs->sibling = NULL;
		heap = heap_meld(heap, pairs);
		pairs = next;
	}
	return heap;
}

static void heap_remove(struct timers *q, struct timer *t)
{
	struct timer *rest = heap_merge_siblings(t->child);

	if (t == q->root) {
		q->root = rest;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->sibling;
		else
			t->prev->sibling = t->sibling;
		if (t->sibling)
			t->sibling->prev = t->prev;
		q->root = heap_meld(q->root, rest);
	}
	t->child = t->sibling = t->prev = NULL;
	t->queue = NULL;
}

void timer_start(struct timers *q, struct timer *t, uint32_t delay_ms)
{
	timer_stop(t);
	t->due_ns = clock_now_ns() + delay_ms * NS_PER_MS;
	t->queue = q;
	q->root = heap_meld(q->root, t);
}

void timer_stop(struct timer *t)
{
	if (t->queue)
		heap_remove(t->queue, t);
}

bool timer_running(const struct timer *t)
{
	return t->queue != NULL;
}

int timers_next_ms(const struct timers *q)
{
	uint64_t now = clock_now_ns(), ms;

	if (!q->root)
		return -1;
	if (q->root->due_ns <= now)
		return 0;
	ms = (q->root->due_ns - now + NS_PER_MS - 1) / NS_PER_MS;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

unsigned timers_run(struct timers *q)
{
	uint64_t now = clock_now_ns();
	unsigned fired = 0;

	while (q->root && q->root->due_ns <= now) {
		struct timer *t = q->root;

		heap_remove(q, t);
		fired++;
		t->fn(t->arg);
	}
	return fired;
}

const struct timer *timers_first(const struct timers *q)
{
	return q->root;
}

/* Down to the first child, else on to the sibling, else up to an elder that has
 * one; `prev` of a first child is its parent. */
const struct timer *timers_after(const struct timer *t)
{
	if (t->child)
		return t->child;
	while (t && !t->sibling) {
		while (t->prev && t->prev->child != t)
			t = t->prev;
		t = t->prev;
	}
	return t ? t->sibling : NULL;
}

uint64_t timer_left_ms(const struct timer *t)
{
	uint64_t now = clock_now_ns();

	return t->due_ns > now ? (t->due_ns - now + NS_PER_MS - 1) / NS_PER_MS
			       : 0;
}
