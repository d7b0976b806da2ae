/* A gateway made by hand, with stand-ins for spans, SIP and media, for the
 * tests of the operator's commands. Include it once. */
#ifndef TOLLGATE_SAMPLE_GATEWAY_H
#define TOLLGATE_SAMPLE_GATEWAY_H

#include "gateway/gateway.h"
#include "gateway/reload.h"
#include "gateway/show.h"
#include "tests/sample_call.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#define SAMPLE_SPANS_MAX 2
#define SAMPLE_PEERS_MAX 2

static struct span_info sample_spans[SAMPLE_SPANS_MAX];
static size_t sample_span_count;
static struct conf_peer sample_peer_confs[SAMPLE_PEERS_MAX];
static struct sip_peer_info sample_peers[SAMPLE_PEERS_MAX];
static size_t sample_peer_count;
static struct audit_report sample_audit;
static struct call *sample_hung_up;

/* The real ones are of dahdi/, sip/, media/, conf/ and call.c. */
size_t isdn_span_count(const struct isdn *isdn)
{
	(void)isdn;
	return sample_span_count;
}

void isdn_span_info(const struct isdn *isdn, size_t index,
		    struct span_info *out)
{
	(void)isdn;
	*out = sample_spans[index];
}

unsigned isdn_idle_channels(const struct isdn *isdn,
			    const struct conf_trunk *trunk, bool drained_too)
{
	unsigned idle = 0;

	(void)isdn;
	(void)drained_too;
	for (size_t i = 0; i < sample_span_count; i++)
		for (size_t m = 0; m < trunk->member_count; m++)
			if (trunk->members[m]->number == sample_spans[i].number)
				idle += sample_spans[i].idle;
	return idle;
}

void media_span_stats(struct media *media, unsigned span,
		      struct media_span_stats *out)
{
	(void)media;
	*out = (struct media_span_stats){ .attached = true,
					  .blocks_in = 72000 + span,
					  .blocks_out = 72000,
					  .slips_in = span == 2 ? 3 : 0 };
}

void sip_agent_counters(const struct sip_agent *agent, struct sip_counters *out)
{
	(void)agent;
	*out = (struct sip_counters){ .invites = 7,
				      .options = 2,
				      .strangers_dropped = 12 };
}

size_t sip_agent_peer_count(const struct sip_agent *agent)
{
	(void)agent;
	return sample_peer_count;
}

void sip_agent_peer_info(const struct sip_agent *agent, size_t index,
			 struct sip_peer_info *out)
{
	(void)agent;
	*out = sample_peers[index];
}

int reload_start(struct reload *reload, unsigned flags,
		 struct control_later *later)
{
	(void)reload;
	(void)flags;
	(void)later;
	return -EALREADY;
}

const char *reload_file(const struct reload *reload)
{
	(void)reload;
	return "/etc/tollgate/tollgate.conf";
}

void reload_counters(const struct reload *reload, struct reload_counters *out)
{
	(void)reload;
	*out = (struct reload_counters){ .taken = 2, .refused = 1 };
}

void audit_run(struct audit *audit)
{
	audit->last = sample_audit;
	audit->runs++;
	audit->faults += sample_audit.faults;
	audit->repaired += sample_audit.repaired;
}

static unsigned sample_blocked; /* channels of span 1 */
static int sample_restart_error;
static unsigned sample_busy_channel; /* with a call, as restart finds it */

int isdn_block(struct isdn *isdn, unsigned span, unsigned channel, bool blocked)
{
	uint32_t bit = 1U << (channel & 31);

	(void)isdn;
	if (span != 1)
		return -ENODEV;
	if (channel < 1 || channel > 31 || channel == 16)
		return -EINVAL;
	if (!!(sample_blocked & bit) == blocked)
		return -EALREADY;
	sample_blocked ^= bit;
	return 0;
}

int isdn_restart(struct isdn *isdn, unsigned span, unsigned channel)
{
	(void)isdn;
	if (span != 1)
		return -ENODEV;
	return channel == sample_busy_channel ? -EBUSY : sample_restart_error;
}

void call_hangup(struct call *call)
{
	sample_hung_up = call;
}

static struct call *sample_find(const struct call_list *list, unsigned id)
{
	struct call *call;

	for (call = TAILQ_FIRST(list); call; call = TAILQ_NEXT(call, link))
		if (call->id == id)
			return call;
	return NULL;
}

struct call *gateway_call_find(const struct gateway *gw, unsigned id)
{
	struct call *call = sample_find(&gw->calls, id);

	return call ? call : sample_find(&gw->history, id);
}

static inline void sample_span(struct span_info *span, unsigned number)
{
	*span = (struct span_info){ .number = number,
				    .in_service = true,
				    .connected = true,
				    .channels = 30,
				    .idle = 29,
				    .busy = 1,
				    .calls = 7,
				    .since_ms = 2000 };
	strcpy(span->state, "up");
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		span->channel[t] =
			t == 16 ? CHANNEL_VIEW_NONE : CHANNEL_VIEW_IDLE;
	span->channel[5] = CHANNEL_VIEW_BUSY;
	span->tap.frames_in = 120;
	span->tap.frames_out = 118;
}

struct sample_gateway {
	struct gateway gw;
	struct conf conf;
	struct conf_span spans[2];
	const struct conf_span *members[2];
	struct call alive, over, refused;
	struct leg legs[2]; /* of the one alive */
};

static inline void sample_ladder(struct call *call)
{
	static const struct {
		unsigned at_ms;
		enum trace_side side;
		enum leg_direction dir;
		const char *text;
	} rows[] = {
		{ 0, TRACE_CALLING, LEG_IN, "INVITE" },
		{ 1, TRACE_CALLING, LEG_OUT, "100 Trying" },
		{ 2, TRACE_CALLED, LEG_OUT, "SETUP ch 5" },
		{ 11, TRACE_CALLED, LEG_IN, "CALL PROCEEDING ch 5" },
		{ 300, TRACE_CALLED, LEG_IN, "ALERTING" },
		{ 301, TRACE_CALLING, LEG_OUT, "180 Ringing" },
		{ 1300, TRACE_CALLED, LEG_IN, "CONNECT" },
		{ 1300, TRACE_GATEWAY, LEG_IN, "answered" },
		{ 1301, TRACE_CALLED, LEG_OUT, "CONNECT ACKNOWLEDGE" },
		{ 1301, TRACE_CALLING, LEG_OUT, "200 OK" },
		{ 1304, TRACE_CALLING, LEG_IN, "ACK" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		sample_now_ms = SAMPLE_START_MS + rows[i].at_ms;
		trace_add(&call->trace, rows[i].side, rows[i].dir,
			  rows[i].text);
	}
}

static inline void sample_address(struct sockaddr_storage *out,
				  const char *host)
{
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)out;

	in->sin_family = AF_INET;
	in->sin_port = htons(5060);
	inet_pton(AF_INET, host, &in->sin_addr);
}

static inline void sample_peer(unsigned index, const char *name)
{
	strcpy(sample_peer_confs[index].name, name);
	sample_peers[index] = (struct sip_peer_info){
		.conf = &sample_peer_confs[index],
		.state = "not watched",
		.since_ms = 0,
		.calls = 1,
		.calls_in = 7,
	};
}

static struct limit_table *sample_limits;
static struct conf_limits sample_rule_limits = {
	.name = "route phones +49900",
	.limit = { { .place = { "tollgate.conf", 58 },
		     .unit = CONF_LIMIT_MINUTES,
		     .per_caller = true,
		     .amount = 60 } },
	.count = 1,
};
static const struct conf_limits *sample_limits_list[] = {
	&sample_trunk.limits,
	&sample_rule_limits,
};

static inline void sample_limits_fill(struct conf *conf)
{
	sample_trunk.limits = (struct conf_limits){
		.name = "trunk-group city",
		.limit = { { .place = { "tollgate.conf", 41 },
			     .unit = CONF_LIMIT_CALLS,
			     .amount = 3 } },
		.count = 1,
	};
	conf->limits = sample_limits_list;
	conf->limits_count = 2;
	limit_table_free(sample_limits);
	limit_table_new(&sample_limits);
}

/* Call 17 lives for 10 s, call 16 was answered, call 15 found no route. The
 * clock stands 10 s after their start, uptime is 15 s. */
static inline void sample_gateway_fill(struct sample_gateway *s)
{
	memset(s, 0, sizeof *s);
	strcpy(s->conf.gateway.name, "demo");
	sample_address(&s->conf.gateway.listen, "127.0.0.1");
	memset(sample_peer_confs, 0, sizeof sample_peer_confs);
	sample_peer_count = 1;
	sample_peer(0, "phones");
	sample_peer(1, "carrier-a");
	s->conf.peers = sample_peer_confs;
	s->conf.peer_count = 1;
	s->conf.trunks = &sample_trunk;
	s->conf.trunk_count = 1;
	s->spans[0].number = 1;
	s->spans[1].number = 2;
	s->members[0] = &s->spans[0];
	s->members[1] = &s->spans[1];
	sample_trunk.members = s->members;
	sample_trunk.member_count = 2;
	sample_trunk.hunt = CONF_HUNT_HIGHEST;
	s->gw.conf = &s->conf;
	sample_limits_fill(&s->conf);
	s->gw.limits = sample_limits;
	alarm_watch_init(&s->gw.alarm_watch, &s->gw);
	TAILQ_INIT(&s->gw.calls);
	TAILQ_INIT(&s->gw.history);
	sample_span_count = 1;
	sample_span(&sample_spans[0], 1);
	sample_span(&sample_spans[1], 2);
	sample_hung_up = NULL;

	sample_call(&s->refused, 15);
	memset(&s->refused.route, 0, sizeof s->refused.route);
	memset(&s->refused.sent, 0, sizeof s->refused.sent);
	memset(&s->refused.info_b, 0, sizeof s->refused.info_b);
	s->refused.alerting_ms = s->refused.answer_ms = 0;
	sample_end(&s->refused, 3);
	s->refused.released_by = CALL_BY_GATEWAY;
	s->refused.cause.q850 = 3;
	s->refused.cause.origin = LEG_ORIGIN_GATEWAY;
	strcpy(s->refused.cause.text, "no route takes the number");
	TAILQ_INSERT_TAIL(&s->gw.history, &s->refused, link);

	sample_call(&s->over, 16);
	sample_ladder(&s->over);
	sample_now_ms = SAMPLE_START_MS + 5300;
	trace_add(&s->over.trace, TRACE_CALLING, LEG_IN, "BYE");
	sample_end(&s->over, 5300);
	TAILQ_INSERT_TAIL(&s->gw.history, &s->over, link);
	sample_audit = (struct audit_report){
		.calls = 1,
		.sip_legs = 1,
		.dialogs = 2,
		.isdn_legs = 1,
		.isdn = { .legs = 1, .references = 1, .libpri_calls = 1 },
		.bridges = 1,
		.bridges_kept = 1,
		.descriptors = 31,
		.heap_bytes = 2345678,
		.resident_bytes = 9876543,
	};
	s->gw.history_count = 2;
	sample_now_ms = 0;
	stats_new(&s->gw.stats, &s->conf);
	stats_call_over(s->gw.stats, &s->refused);
	stats_call_over(s->gw.stats, &s->over);

	sample_call(&s->alive, 17);
	sample_ladder(&s->alive);
	s->alive.a = &s->legs[0];
	s->alive.b = &s->legs[1];
	TAILQ_INSERT_TAIL(&s->gw.calls, &s->alive, link);
	s->gw.call_count = 1;
	s->gw.counters = (struct gateway_counters){
		.attempts = 7, .answered = 5, .failed = 1, .no_route = 1
	};
	sample_now_ms = SAMPLE_START_MS + 10000;
}

#endif
