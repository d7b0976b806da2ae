/* A call made by hand, for the tests of what is told about calls, and
 * stand-ins for the functions of call.c that these ask. Include it once. */
#ifndef TOLLGATE_SAMPLE_CALL_H
#define TOLLGATE_SAMPLE_CALL_H

#include "gateway/call.h"
#include "gateway/call_media.h"
#include "gateway/clock.h"

#include <stdio.h>
#include <string.h>

#define SAMPLE_START_MS 5000

static uint64_t sample_now_ms;

static uint64_t sample_clock(void)
{
	return sample_now_ms * NS_PER_MS;
}

static struct conf_trunk sample_trunk = { .name = "city" };

static const struct conf_action sample_action = {
	.targets = { { .trunk = &sample_trunk } },
	.target_count = 1,
};
static const struct conf_route_rule sample_rule = {
	.place = { "conf/demo.conf", 58 },
	.called = { .form = CONF_NUMBER_PREFIX, .first = "+49" },
	.action = &sample_action,
};

static const char *sample_state = "ACTIVE";

const char *call_state_name(const struct call *call)
{
	return call->end_ms ? "OVER" : sample_state;
}

const char *call_released_by_name(enum call_released_by by)
{
	static const char *const names[] = { "caller", "callee", "gateway",
					     "span",   "timer",	 "operator" };

	return names[by];
}

bool call_media_held(const struct call *call)
{
	return !call->rtp_side.receive;
}

void call_describe(const struct call *call, struct leg_info *a,
		   struct leg_info *b, struct bridge_stats *media)
{
	*a = call->info_a;
	*b = call->info_b;
	*media = call->media;
}

static inline void sample_number(struct leg_number *number, const char *digits,
				 uint8_t type, uint8_t plan)
{
	snprintf(number->digits, sizeof number->digits, "%s", digits);
	number->type = type;
	number->plan = plan;
	number->present = true;
}

/* SIP -> ISDN, ringing after 300 ms, answered after 1300 ms. The clock stands
 * at the start. */
static inline void sample_call(struct call *call, unsigned id)
{
	memset(call, 0, sizeof *call);
	sample_now_ms = SAMPLE_START_MS;
	clock_set_source(sample_clock);
	call->id = id;
	snprintf(call->name, sizeof call->name, "call=%u sip=a84b span=1/5",
		 id);
	sample_number(&call->setup.called, "+49305550100", 0, 0);
	sample_number(&call->setup.calling, "03012345", 0, 0);
	strcpy(call->setup.from, "phones");
	strcpy(call->route.called, "+49305550100");
	strcpy(call->route.calling, "+493012345");
	call->route.rule = &sample_rule;
	sample_number(&call->route.out.called, "5550100", 4, 1);
	sample_number(&call->route.out.calling, "12345", 4, 1);
	call->attempts = 1;
	call->rtp_side.kind = LEG_MEDIA_RTP;
	call->rtp_side.law = G711_ALAW;
	call->rtp_side.ptime_ms = 20;
	call->rtp_side.send = call->rtp_side.receive = true;
	call->path = BRIDGE_BOTH;
	call->start_ms = SAMPLE_START_MS;
	call->start_utc_ns = clock_calendar_ns();
	trace_start(&call->trace);
	call->alerting_ms = SAMPLE_START_MS + 300;
	call->answer_ms = SAMPLE_START_MS + 1300;
	strcpy(call->info_a.state, "established");
	strcpy(call->info_a.peer, "phones");
	strcpy(call->info_a.sip_call_id, "a84b4c76e66710@pc33.example.com");
	strcpy(call->info_a.sip_remote, "127.0.0.1:5062");
	call->info_a.sip_status = 200;
	strcpy(call->info_b.state, "active");
	strcpy(call->info_b.peer, "city");
	call->info_b.span = 1;
	call->info_b.channel = 5;
	call->info_b.call_reference = 17;
	sample_number(&call->setup.redirecting.number, "030777", 0, 0);
	call->setup.redirecting.reason = 15;
	call->route.out.redirecting = call->setup.redirecting;
	call->route.redirecting_told.verdict = NUMBERING_AS_CAME;
	call->route.calling_told.verdict = NUMBERING_AS_CAME;
	call_sent_take(&call->sent, &call->route);
	sample_number(&call->connected, "5550199", 4, 1);
	call->media.dtmf_to_tdm = 4;
	call->media.dtmf_to_rtp = 3;
	call->media.rtp_sent = 500;
	call->media.rtp_received = 498;
	call->media.rtp_lost = 2;
	call->media.concealed_samples = 320;
	call->media.jitter_max_us = 1500;
}

/* Ends it `ms` after its start by the caller's BYE. */
static inline void sample_end(struct call *call, uint64_t ms)
{
	sample_now_ms = SAMPLE_START_MS + ms;
	call->end_ms = sample_now_ms;
	call->released_by = CALL_BY_CALLER;
	call->cause = (struct leg_cause){ .q850 = 16, .location = 0 };
	strcpy(call->cause.text, "BYE");
}

#endif
