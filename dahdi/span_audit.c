/* Each fault is an entry of a list that names exactly what is wrong, so that
 * one found now is repaired only when the last list has the same entry: a call
 * that comes or goes looks like a fault for a moment, but never twice.
 */
#include "dahdi/span_audit.h"

#include "dahdi/pri_cause.h"
#include "dahdi/pri_leg.h"
#include "dahdi/span.h"
#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/log.h"

#include <libpri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer than libpri takes for T305 and T308 with their usual values. */
#define RELEASING_MAX_MS 60000
#define COMPLAIN_EVERY_MS 3600000
/* One of each kind for every channel, and the stores of span and tap. */
#define SUSPECTS_MAX \
	(4 * TDM_TIMESLOTS + 2 * SPAN_CALLS_MAX + Q931_REFERENCES_MAX)

enum fault {
	CHANNEL_WITHOUT_CALL,
	CALL_WITHOUT_CHANNEL,
	LEG_WITHOUT_LIBPRI_CALL,
	STUCK_RELEASING,
	STRAY_LIBPRI_CALL,
	STRAY_LIBPRI_CALL_HUNG_UP, /* that did not help */
	UNKNOWN_LIBPRI_CALLS,
	STRAY_REFERENCE,
};

struct suspect {
	enum fault fault;
	const void *what; /* a name only: it may be freed already */
	uint64_t which;
};

struct suspects {
	struct suspect list[SUSPECTS_MAX];
	size_t count;
};

struct span_audit {
	struct span *span;
	struct suspects last, now;
	struct log_limit unknown_limit;
};

struct span_audit *span_audit_new(struct span *span)
{
	struct span_audit *audit = calloc(1, sizeof *audit);

	if (audit)
		audit->span = span;
	return audit;
}

void span_audit_free(struct span_audit *audit)
{
	free(audit);
}

static bool has(const struct suspects *suspects, const struct suspect *one)
{
	for (size_t i = 0; i < suspects->count; i++)
		if (suspects->list[i].fault == one->fault &&
		    suspects->list[i].what == one->what &&
		    suspects->list[i].which == one->which)
			return true;
	return false;
}

static void note(struct span_audit *audit, enum fault fault, const void *what,
		 uint64_t which)
{
	if (audit->now.count < SUSPECTS_MAX)
		audit->now.list[audit->now.count++] =
			(struct suspect){ fault, what, which };
}

/* Notes a fault. True: it is the second time, and is to be repaired. */
static bool again(struct span_audit *audit, enum fault fault, const void *what,
		  uint64_t which)
{
	const struct suspect one = { fault, what, which };

	if (has(&audit->last, &one))
		return true;
	note(audit, fault, what, which);
	return false;
}

static bool is_held(const struct span *span, const struct channel *channel)
{
	for (size_t i = 0; i < SPAN_LEGS_MAX; i++) {
		const struct pri_leg *leg = span_leg_at(span, i);

		if (leg && pri_leg_channel(leg) == channel)
			return true;
	}
	return false;
}

static void audit_channel(struct span_audit *audit, struct channel *channel,
			  struct isdn_audit *out)
{
	if (!channel_has_call(channel) || is_held(audit->span, channel))
		return;
	out->channel_without_call++;
	if (!again(audit, CHANNEL_WITHOUT_CALL, channel, channel->since_ms))
		return;
	out->repaired++;
	if (channel->fsm.state == CHANNEL_RELEASING) {
		log_event(EVENT_SPAN_REPAIRED, channel->name,
			  "audit: the channel is being released by no call; it "
			  "is restarted");
		span_restart_channel(audit->span, channel);
		return;
	}
	log_event(EVENT_SPAN_REPAIRED, channel->name,
		  "audit: the channel is %s without a call; it is freed",
		  fsm_state_name(&channel->fsm));
	channel_event(channel, CHANNEL_FREE);
}

/* Its pointer may have become another call's. */
static bool is_alive(struct span *span, const struct pri_leg *leg)
{
	int mode = 0,
	    value = pri_get_crv(span_pri(span), pri_leg_call(leg), &mode);

	return value >= 0 && ((unsigned)value << 3 | (unsigned)mode) ==
				     pri_leg_reference(leg);
}

static bool is_stuck(const struct pri_leg *leg)
{
	const struct channel *channel = pri_leg_channel(leg);

	return channel && channel->fsm.state == CHANNEL_RELEASING &&
	       clock_now_ms() - channel->since_ms > RELEASING_MAX_MS &&
	       !pri_leg_guarded(leg);
}

/* These three may free the leg, and tell whether there was a fault. */
static bool audit_leg_call(struct span_audit *audit, struct pri_leg *leg,
			   struct isdn_audit *out)
{
	if (is_alive(audit->span, leg))
		return false;
	out->leg_without_libpri_call++;
	if (!again(audit, LEG_WITHOUT_LIBPRI_CALL, leg, pri_leg_reference(leg)))
		return true;
	out->repaired++;
	log_event(EVENT_SPAN_REPAIRED, pri_leg_leg(leg)->name,
		  "audit: libpri has no such call; it is ended");
	pri_leg_message(leg, PRI_LEG_GONE, NULL);
	return true;
}

static bool audit_leg_channel(struct span_audit *audit, struct pri_leg *leg,
			      struct isdn_audit *out)
{
	const struct channel *channel = pri_leg_channel(leg);

	/* Without any: it gave way, and libpri's T303 watches over it. */
	if (!channel || channel_has_call(channel))
		return false;
	out->call_without_channel++;
	if (!again(audit, CALL_WITHOUT_CHANNEL, leg, pri_leg_reference(leg)))
		return true;
	out->repaired++;
	log_event(EVENT_SPAN_REPAIRED, pri_leg_leg(leg)->name,
		  "audit: its channel is %s; the call is ended",
		  fsm_state_name(&channel->fsm));
	pri_leg_abandon(leg);
	return true;
}

static bool audit_leg_release(struct span_audit *audit, struct pri_leg *leg,
			      struct isdn_audit *out)
{
	if (!is_stuck(leg))
		return false;
	out->stuck_releasing++;
	if (!again(audit, STUCK_RELEASING, leg, pri_leg_channel(leg)->since_ms))
		return true;
	out->repaired++;
	log_event(EVENT_SPAN_REPAIRED, pri_leg_leg(leg)->name,
		  "audit: its release does not come to an end; it is forced");
	pri_leg_force_release(leg);
	return true;
}

/* A leg without a call has not sent its SETUP: it is its call's to start or to
 * free. */
static void audit_leg(struct span_audit *audit, struct pri_leg *leg,
		      struct isdn_audit *out)
{
	if (!pri_leg_call(leg))
		return;
	out->legs++;
	if (!audit_leg_call(audit, leg, out) &&
	    !audit_leg_channel(audit, leg, out))
		audit_leg_release(audit, leg, out);
}

/* libpri knows its calls but lists them to nobody. */
static unsigned libpri_count(struct span *span)
{
	static const char key[] = "Total active-calls:";
	char *info = pri_dump_info_str(span_pri(span));
	const char *total = info ? strstr(info, key) : NULL;
	unsigned long count =
		total ? strtoul(total + sizeof key - 1, NULL, 10) : 0;

	free(info);
	return (unsigned)count;
}

static bool has_owner(struct span *span, const struct q931_reference *reference)
{
	for (size_t i = 0; i < SPAN_LEGS_MAX; i++) {
		const struct pri_leg *leg = span_leg_at(span, i);

		if (leg && pri_leg_call(leg) &&
		    pri_leg_has_reference(leg, reference->call,
					  reference->ours))
			return true;
	}
	for (size_t i = 0; i < SPAN_CALLS_MAX; i++) {
		struct q931_call *call = span_call_at(span, i);
		int mode = 0, value;

		if (!call)
			continue;
		value = pri_get_crv(span_pri(span), call, &mode);
		if (((unsigned)value << 3 | (unsigned)mode) == reference->call)
			return true;
	}
	return false;
}

/* libpri does not say which side allocated it. */
static void forget_both(struct span *span, unsigned call)
{
	for (unsigned ours = 0; ours < 2; ours++) {
		const struct q931_reference one = { .call = call,
						    .ours = ours };

		if (!has_owner(span, &one))
			q931_tap_forget(span_tap(span), call, ours);
	}
}

/* A call that nobody holds is cleared as Q.931 wants it; one that outlives that
 * is dropped. */
static void audit_libpri_call(struct span_audit *audit, struct q931_call *call,
			      struct isdn_audit *out)
{
	struct pri *pri = span_pri(audit->span);
	int mode = 0, value = pri_get_crv(pri, call, &mode);
	unsigned reference = (unsigned)value << 3 | (unsigned)mode;
	const struct suspect hung_up = { STRAY_LIBPRI_CALL_HUNG_UP, call,
					 reference };

	out->stray_libpri_calls++;
	if (has(&audit->last, &hung_up)) {
		out->repaired++;
		log_event(EVENT_SPAN_REPAIRED, span_name(audit->span),
			  "cref=%u audit: libpri's call %u is dropped",
			  reference, reference);
		pri_destroycall(pri, call);
		forget_both(audit->span, reference);
		return;
	}
	if (!again(audit, STRAY_LIBPRI_CALL, call, reference))
		return;
	out->repaired++;
	log_event(EVENT_SPAN_REPAIRED, span_name(audit->span),
		  "cref=%u audit: nobody holds libpri's call %u; it is hung up",
		  reference, reference);
	note(audit, STRAY_LIBPRI_CALL_HUNG_UP, call, reference);
	pri_hangup(pri, call, PRI_CAUSE_NORMAL_TEMPORARY_FAILURE);
	span_pump(audit->span);
}

static void audit_libpri(struct span_audit *audit, struct isdn_audit *out)
{
	struct span *span = audit->span;
	unsigned known = 0, count;

	for (size_t i = 0; i < SPAN_CALLS_MAX; i++) {
		struct q931_call *call = span_call_at(span, i);

		if (!call)
			continue;
		if (!span_leg_find(span, call))
			audit_libpri_call(audit, call, out);
		known += span_call_at(span, i) != NULL;
	}
	count = libpri_count(span);
	out->libpri_calls += count;
	if (count <= known)
		return;
	out->stray_libpri_calls += count - known;
	if (again(audit, UNKNOWN_LIBPRI_CALLS, NULL, count - known) &&
	    log_allowed(&audit->unknown_limit, 1, COMPLAIN_EVERY_MS, NULL))
		log_event(EVENT_LIBPRI_KEEPS_CALLS, span_name(span),
			  "count=%u audit: calls that libpri keeps and told "
			  "nobody of: %u",
			  count - known, count - known);
}

/* The peer makes references at will, by messages on calls that are over: those
 * are forgotten here without a word. */
static void audit_references(struct span_audit *audit, struct isdn_audit *out)
{
	struct q931_tap *tap = span_tap(audit->span);
	struct q931_reference list[Q931_REFERENCES_MAX];
	size_t count = q931_tap_references(tap, list, Q931_REFERENCES_MAX);

	for (size_t i = 0; i < count; i++) {
		const struct q931_reference *one = &list[i];
		bool owned = has_owner(audit->span, one);

		if (one->over && !owned) {
			q931_tap_forget(tap, one->call, one->ours);
			continue;
		}
		out->references++;
		if (owned)
			continue;
		out->stray_references++;
		if (!again(audit, STRAY_REFERENCE, tap,
			   (uint64_t)one->call << 1 | one->ours))
			continue;
		out->repaired++;
		log_event(EVENT_SPAN_REPAIRED, span_name(audit->span),
			  "cref=%u audit: call reference %u is no call's; it "
			  "is forgotten",
			  one->call, one->call);
		q931_tap_forget(tap, one->call, one->ours);
	}
}

void span_audit_run(struct span_audit *audit, struct isdn_audit *out)
{
	struct span *span = audit->span;

	audit->now.count = 0;
	for (size_t i = 0; i < SPAN_LEGS_MAX; i++)
		if (span_leg_at(span, i))
			audit_leg(audit, span_leg_at(span, i), out);
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
		if (span_channel(span, n))
			audit_channel(audit, span_channel(span, n), out);
	audit_libpri(audit, out);
	audit_references(audit, out);
	audit->last = audit->now;
}
