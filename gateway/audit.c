#include "gateway/audit.h"

#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/gateway.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

static unsigned open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		count++;
	closedir(dir);
	/* ".", ".." and the directory itself */
	return count > 3 ? count - 3 : 0;
}

static uint64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long size, resident = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void count_leg(struct audit_report *report, const struct leg *leg)
{
	struct leg_info info;

	if (!leg)
		return;
	leg->ops->describe(leg, &info);
	if (info.span)
		report->isdn_legs++;
	else
		report->sip_legs++;
}

static void count_calls(struct gateway *gw, struct audit_report *report)
{
	struct call *call, *next;

	for (call = TAILQ_FIRST(&gw->calls); call; call = next) {
		/* A call that is forced over moves to the history. */
		next = TAILQ_NEXT(call, link);
		if (call->end_ms &&
		    report->at_ms - call->end_ms >= AUDIT_STUCK_MS) {
			report->stuck_calls++;
			report->faults++;
			report->repaired++;
			call_force_over(call);
			continue;
		}
		report->calls++;
		report->bridges += call->bridge != NULL;
		count_leg(report, call->a);
		count_leg(report, call->b);
	}
}

static unsigned beyond(unsigned there, unsigned ours)
{
	return there > ours ? there - ours : 0;
}

/* As many of them were there in the last audit as well. */
static unsigned lasting(unsigned now, unsigned before)
{
	return now < before ? now : before;
}

static void compare(struct audit_report *now, const struct audit_report *last)
{
	const struct isdn_audit *isdn = &now->isdn;

	now->stray_legs = lasting(beyond(now->isdn.legs, now->isdn_legs),
				  beyond(last->isdn.legs, last->isdn_legs));
	now->stray_bridges = lasting(beyond(now->bridges_kept, now->bridges),
				     beyond(last->bridges_kept, last->bridges));
	if (now->stray_legs)
		log_event(EVENT_AUDIT_STRAY_LEGS, "audit",
			  "count=%u legs on spans that belong to no call: %u",
			  now->stray_legs, now->stray_legs);
	if (now->stray_bridges)
		log_event(EVENT_AUDIT_STRAY_BRIDGES, "audit",
			  "count=%u media bridges that belong to no call: %u",
			  now->stray_bridges, now->stray_bridges);
	if (now->wrong_limits)
		log_event(EVENT_AUDIT_LIMITS, "audit",
			  "count=%u counters of limits that do not fit the "
			  "calls: %u",
			  now->wrong_limits, now->wrong_limits);
	now->faults += now->stray_legs + now->stray_bridges +
		       now->wrong_limits + isdn->channel_without_call +
		       isdn->call_without_channel +
		       isdn->leg_without_libpri_call + isdn->stray_references +
		       isdn->stray_libpri_calls + isdn->stuck_releasing;
	now->repaired += isdn->repaired + now->wrong_limits;
}

void audit_run(struct audit *audit)
{
	struct gateway *gw = audit->gateway;
	struct audit_report now = { .at_ms = clock_now_ms() };

	count_calls(gw, &now);
	now.wrong_limits = call_limit_audit(gw);
	isdn_audit(gw->isdn, &now.isdn);
	now.dialogs = sip_agent_dialog_count(gw->sip);
	now.bridges_kept = media_bridge_count(gw->media);
	now.descriptors = open_descriptors();
	now.heap_bytes = mallinfo2().uordblks;
	now.resident_bytes = resident_bytes();
	compare(&now, &audit->last);
	if (now.faults)
		log_event(EVENT_AUDIT_FAULTS, "audit",
			  "faults=%u repaired=%u faults: %u, repaired: %u",
			  now.faults, now.repaired, now.faults, now.repaired);
	audit->runs++;
	audit->faults += now.faults;
	audit->repaired += now.repaired;
	audit->last = now;
}

static void due(void *arg)
{
	struct audit *audit = arg;

	timer_start(loop_timers(audit->gateway->loop), &audit->timer,
		    AUDIT_EVERY_MS);
	audit_run(audit);
}

void audit_init(struct audit *audit, struct gateway *gw)
{
	*audit = (struct audit){ .gateway = gw };
	timer_init(&audit->timer, "audit", due, audit);
}

void audit_start(struct audit *audit)
{
	timer_start(loop_timers(audit->gateway->loop), &audit->timer,
		    AUDIT_EVERY_MS);
}

void audit_stop(struct audit *audit)
{
	timer_stop(&audit->timer);
}
