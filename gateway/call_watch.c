#include "gateway/call_watch.h"

#include "gateway/call_media.h"
#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/gateway.h"

#include <stdio.h>

#define EVERY_MS 1000
/* The log tells of a silence before it ends the call. */
#define TELL_MS 5000

static void restart(struct call_hearing *hearing, uint64_t packets,
		    uint64_t now_ms)
{
	*hearing =
		(struct call_hearing){ .packets = packets, .since_ms = now_ms };
}

static void give_up(struct call *call, uint64_t silent_ms)
{
	char why[LEG_TEXT_MAX];

	snprintf(why, sizeof why, "no RTP for %llu s",
		 (unsigned long long)silent_ms / 1000);
	call->gateway->counters.silent++;
	call_silent(call, why);
}

static void look_at(struct call *call, uint64_t now_ms)
{
	uint32_t limit_ms = call->conf->gateway.rtp_timeout_ms;
	struct call_hearing *hearing = &call->hearing;
	struct bridge_stats stats;
	uint64_t packets, silent_ms;

	if (call->fsm.state != CALL_ACTIVE || !call->bridge)
		return;
	bridge_stats(call->bridge, &stats);
	packets = stats.rtp_received + stats.rtcp_received;
	if (call_media_held(call))
		call_media_hold(call, packets != hearing->packets);
	/* Also the first look, and a peer that may be silent. */
	if (!hearing->since_ms || packets != hearing->packets ||
	    call_media_held(call)) {
		if (hearing->told && packets != hearing->packets)
			log_event(EVENT_CALL_RTP_AGAIN, call->name,
				  "RTP comes again");
		restart(hearing, packets, now_ms);
		return;
	}
	silent_ms = now_ms - hearing->since_ms;
	if (silent_ms >= TELL_MS && !hearing->told) {
		hearing->told = true;
		log_event(EVENT_CALL_NO_RTP, call->name,
			  "dur=%u %s from the SIP side for %u s",
			  TELL_MS / 1000, packets ? "no more RTP" : "no RTP",
			  TELL_MS / 1000);
	}
	if (limit_ms && silent_ms >= limit_ms)
		give_up(call, silent_ms);
}

static void look(void *arg)
{
	struct gateway *gw = arg;
	uint64_t now_ms = clock_now_ms();
	struct call *call, *next;

	timer_start(loop_timers(gw->loop), &gw->watch_timer, EVERY_MS);
	for (call = TAILQ_FIRST(&gw->calls); call; call = next) {
		/* A call that ends at once moves to the history. */
		next = TAILQ_NEXT(call, link);
		look_at(call, now_ms);
	}
}

void call_watch_init(struct gateway *gw)
{
	timer_init(&gw->watch_timer, "call watch", look, gw);
}

void call_watch_start(struct gateway *gw)
{
	timer_start(loop_timers(gw->loop), &gw->watch_timer, EVERY_MS);
}

void call_watch_stop(struct gateway *gw)
{
	timer_stop(&gw->watch_timer);
}
