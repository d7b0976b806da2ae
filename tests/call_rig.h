/* For the tests of a call: a gateway without wires, and two legs that write
 * down what they are asked. */
#ifndef TOLLGATE_TESTS_CALL_RIG_H
#define TOLLGATE_TESTS_CALL_RIG_H

#include "gateway/call.h"

#include "gateway/call_fsm.h"
#include "gateway/cause.h"
#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/log.h"
#include "tests/sample_route.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A leg that writes down its orders. */
struct test_leg {
	struct leg leg;
	bool isdn;
	bool release_at_once; /* RELEASED inside release() */
	unsigned channel;
	const char *peer;   /* NULL: "city" or "phones" */
	bool send, receive; /* SIP: as its SDP says */
};

static char orders[512];
static struct gateway gateway;
static struct loop *loop;
static unsigned records, legs_alive;
static int isdn_error, media_error, bridge_error, setup_error;
static unsigned next_channel;
static struct test_leg *called;
static const char *seized_in;
static bool wished_emergency;
static unsigned idle_channels; /* of any trunk group */
static enum bridge_path path_now;
static enum bridge_tone tone_now;
static unsigned bridges_alive;
static struct leg_cause last_release;
static uint64_t now_ms = 1000, packets_heard;

static void order(const struct test_leg *leg, const char *what)
{
	size_t len = strlen(orders);

	snprintf(orders + len, sizeof orders - len, "%s%s:%s", len ? " " : "",
		 leg->isdn ? "b" : "a", what);
}

static void raise_event(struct test_leg *leg, enum leg_event_type type,
			bool inband, uint8_t q850)
{
	struct leg_event event = {
		.type = type,
		.inband = inband,
		.cause = { .q850 = q850, .origin = LEG_ORIGIN_PEER },
	};

	leg->leg.sink->event(&leg->leg, &event);
}

static int op_setup(struct leg *leg, const struct leg_setup *setup)
{
	(void)setup;
	order((struct test_leg *)leg, "setup");
	return setup_error;
}

static void op_proceeding(struct leg *leg)
{
	order((struct test_leg *)leg, "proceeding");
}

static void op_progress(struct leg *leg, bool inband)
{
	order((struct test_leg *)leg, inband ? "progress+" : "progress");
}

static void op_alerting(struct leg *leg, bool inband)
{
	order((struct test_leg *)leg, inband ? "alerting+" : "alerting");
}

static void op_answer(struct leg *leg, const struct leg_number *connected)
{
	(void)connected;
	order((struct test_leg *)leg, "answer");
}

static void op_release(struct leg *leg, const struct leg_cause *cause)
{
	struct test_leg *t = (struct test_leg *)leg;
	char what[24];

	last_release = *cause;
	snprintf(what, sizeof what, "release(%u)", cause->q850);
	order(t, what);
	if (t->release_at_once)
		raise_event(t, LEG_RELEASED, false, cause->q850);
}

/* A called SIP leg has agreed once its peer has answered its offer. */
static bool sip_agreed;

static int op_media(struct leg *leg, const struct leg_media_local *local,
		    struct leg_media *out)
{
	struct test_leg *t = (struct test_leg *)leg;

	*out = (struct leg_media){ .kind = LEG_MEDIA_RTP,
				   .send = t->send,
				   .receive = t->receive,
				   .ptime_ms = 20 };
	if (t->isdn)
		*out = (struct leg_media){ .kind = LEG_MEDIA_TDM,
					   .span = 1,
					   .timeslot = t->channel };
	else
		assert_non_null(local);
	if (!t->isdn && !sip_agreed)
		out->kind = LEG_MEDIA_NONE;
	return t->isdn ? 0 : media_error;
}

static void op_describe(const struct leg *leg, struct leg_info *info)
{
	const struct test_leg *t = (const struct test_leg *)leg;

	memset(info, 0, sizeof *info);
	snprintf(info->peer, sizeof info->peer, "%s",
		 t->peer   ? t->peer
		 : t->isdn ? "city"
			   : "phones");
	if (t->isdn) {
		info->span = 1;
		info->channel = t->channel;
	}
}

static void op_free(struct leg *leg)
{
	legs_alive--;
	free(leg);
}

static const struct leg_ops sip_ops = {
	.kind = "sip",
	.setup = op_setup,
	.proceeding = op_proceeding,
	.progress = op_progress,
	.alerting = op_alerting,
	.answer = op_answer,
	.release = op_release,
	.media = op_media,
	.describe = op_describe,
	.free = op_free,
};

static const struct leg_ops isdn_ops = {
	.kind = "isdn",
	.setup = op_setup,
	.proceeding = op_proceeding,
	.progress = op_progress,
	.alerting = op_alerting,
	.answer = op_answer,
	.release = op_release,
	.media = op_media,
	.describe = op_describe,
	.free = op_free,
};

static struct test_leg *leg_new(bool isdn)
{
	struct test_leg *leg = calloc(1, sizeof *leg);

	assert_non_null(leg);
	leg->leg.ops = isdn ? &isdn_ops : &sip_ops;
	leg->leg.sink = &call_leg_sink;
	leg->isdn = isdn;
	leg->send = leg->receive = true;
	strcpy(leg->leg.name, isdn ? "span=1/1" : "sip=abc");
	legs_alive++;
	return leg;
}

static struct conf_trunk city = { .name = "city",
				  .limits.name = "trunk-group city" };
static struct conf_trunk overflow = { .name = "overflow" };

/* What call_*.c ask of the other folders. */
int isdn_leg_new(struct isdn *isdn, const struct conf_trunk *trunk,
		 const struct isdn_wish *wish, struct leg **out)
{
	(void)isdn;
	wished_emergency = wish->emergency;
	seized_in = trunk->name;
	if (isdn_error && trunk != &overflow)
		return isdn_error;
	called = leg_new(true);
	called->channel = ++next_channel;
	called->peer = trunk->name;
	*out = &called->leg;
	return 0;
}

unsigned isdn_idle_channels(const struct isdn *isdn,
			    const struct conf_trunk *trunk, bool drained_too)
{
	(void)isdn;
	(void)drained_too;
	(void)trunk;
	return idle_channels;
}

int sip_agent_leg_new(struct sip_agent *agent, const struct conf_peer *peer,
		      bool emergency, struct leg **out)
{
	(void)agent;
	wished_emergency = emergency;
	if (peer->server.ss_family == AF_UNSPEC)
		return -EHOSTUNREACH;
	called = leg_new(false);
	*out = &called->leg;
	return 0;
}

int bridge_new(struct bridge **out, struct media *media,
	       const struct bridge_config *cfg)
{
	(void)media;
	(void)cfg;
	if (bridge_error)
		return bridge_error;
	*out = malloc(1);
	bridges_alive++;
	return 0;
}

void bridge_free(struct bridge *bridge)
{
	if (!bridge)
		return;
	bridges_alive--;
	path_now = BRIDGE_CLOSED;
	free(bridge);
}

void bridge_local(const struct bridge *bridge, struct sockaddr_storage *out)
{
	assert_non_null(bridge);
	memset(out, 0, sizeof *out);
}

int bridge_rtp(struct bridge *bridge, const struct bridge_side_rtp *rtp)
{
	assert_non_null(bridge);
	assert_int_equal(rtp->ptime_ms, 20);
	return 0;
}

void bridge_path(struct bridge *bridge, enum bridge_path path)
{
	assert_non_null(bridge);
	path_now = path;
}

void bridge_tone(struct bridge *bridge, enum bridge_tone tone)
{
	assert_non_null(bridge);
	tone_now = tone;
}

void bridge_stats(const struct bridge *bridge, struct bridge_stats *out)
{
	assert_non_null(bridge);
	memset(out, 0, sizeof *out);
	out->rtp_sent = 7;
	out->rtp_received = packets_heard;
}

void gateway_call_over(struct gateway *gw, struct call *call)
{
	assert_ptr_equal(gw, &gateway);
	TAILQ_REMOVE(&gw->calls, call, link);
	gw->call_count--;
	TAILQ_INSERT_TAIL(&gw->history, call, link);
	records++;
}

static struct conf_peer peer = { .name = "phones" };
static struct conf_peer pbx = { .name = "pbx", .server.ss_family = AF_INET };
/* Tests set what they limit. */
static struct conf_limits rule_limits = { .name = "route phones +4988" };
static struct conf_number premium_numbers[] = {
	{ .form = CONF_NUMBER_PREFIX, .first = "+4988900" },
};
static struct conf_class premium = { .name = "premium",
				     .numbers = premium_numbers,
				     .number_count = 1,
				     .limits.name = "number-class premium" };
static const struct conf_action
	limited = { .targets = { { .trunk = &city } },
		    .target_count = 1,
		    .limits = &rule_limits },
	to_city = { .targets = { { .trunk = &city } }, .target_count = 1 },
	at_once = { .targets = { { .trunk = &city } },
		    .target_count = 1,
		    .emergency = true },
	to_peer = { .targets = { { .peer = &peer } }, .target_count = 1 },
	to_pbx = { .targets = { { .peer = &pbx } }, .target_count = 1 },
	barred = { .reject_status = 403,
		   .reject_text = "operator" }, /* not who released */
	to_several = { .targets = { { .trunk = &city },
				    /* back to where it came from */
				    { .peer = &pbx },
				    { .trunk = &overflow } },
		       .target_count = 3 },
	to_shares = { .targets = { { .trunk = &city }, { .trunk = &overflow } },
		      .weight = { 70, 30 },
		      .target_count = 2 };

#define RULE(prefix, what)                                                 \
	{                                                                  \
		.called = { .form = CONF_NUMBER_PREFIX, .first = prefix }, \
		.action = what                                             \
	}
static struct conf_route_rule rules[] = {
	RULE("+49", &to_city),	    RULE("+49900", &barred),
	RULE("+4977", &to_several), RULE("112", &at_once),
	RULE("+4988", &limited),    RULE("+4978", &to_shares),
};
static struct conf_route_rule inbound[] = {
	RULE("+4930", &to_pbx),
	RULE("+4940", &to_peer),
	RULE("+4950", &to_city),
};
static struct conf_route routes[] = {
	{ .from = "phones",
	  .rules = rules,
	  .rule_count = sizeof rules / sizeof *rules },
	{ .from = "city", .rules = inbound, .rule_count = 3 },
};
static const struct conf conf = { .gateway = { .rtp_port_first = 17600,
					       .rtp_port_last = 17611,
					       .rtp_timeout_ms = 30000 },
				  .peers = &peer,
				  .peer_count = 1,
				  .trunks = &city,
				  .trunk_count = 1,
				  .routes = routes,
				  .route_count = 2,
				  .classes = &premium,
				  .class_count = 1 };

static int setup(void **state)
{
	static struct arena *plans;
	static struct limit_table *limits;

	(void)state;
	limit_table_free(limits);
	assert_int_equal(limit_table_new(&limits), 0);
	rule_limits.count = premium.limits.count = city.limits.count = 0;
	if (!plans)
		plans = sample_compile(routes, 2);
	assert_non_null(plans);
	orders[0] = '\0';
	records = legs_alive = next_channel = bridges_alive = 0;
	isdn_error = media_error = bridge_error = setup_error = 0;
	path_now = BRIDGE_CLOSED;
	tone_now = BRIDGE_TONE_NONE;
	peer.hold = CONF_HOLD_SILENCE;
	sip_agreed = true;
	memset(&gateway, 0, sizeof gateway);
	gateway.conf = &conf;
	gateway.loop = loop;
	gateway.limits = limits;
	TAILQ_INIT(&gateway.calls);
	TAILQ_INIT(&gateway.history);
	return 0;
}

/* Whatever happened: one record, no leg, no bridge, no illegal pair. */
static inline void assert_over(void)
{
	struct call *call;

	loop_step(loop, 0);
	assert_true(TAILQ_EMPTY(&gateway.calls));
	assert_int_equal(records, 1);
	assert_int_equal(legs_alive, 0);
	assert_int_equal(bridges_alive, 0);
	while ((call = TAILQ_FIRST(&gateway.history))) {
		assert_int_equal(call->fsm.state, CALL_OVER);
		TAILQ_REMOVE(&gateway.history, call, link);
		call_free(call);
	}
}

static struct test_leg *call_from(const char *from, bool isdn,
				  const char *digits)
{
	struct test_leg *calling = leg_new(isdn);
	struct leg_setup s = { .called.present = true };

	calling->channel = isdn ? 7 : 0;
	snprintf(s.from, sizeof s.from, "%s", from);

	snprintf(s.called.digits, sizeof s.called.digits, "%s", digits);
	call_incoming(&gateway, &calling->leg, &s);
	return calling;
}

static inline struct test_leg *dial(const char *digits)
{
	return call_from("phones", false, digits);
}

static struct call *the_call(void)
{
	return TAILQ_FIRST(&gateway.calls);
}

static uint64_t injected(void)
{
	return now_ms * NS_PER_MS;
}

static int start(void **state)
{
	(void)state;
	log_set_level(LOG_ERR);
	clock_set_source(injected);
	return loop_new(&loop);
}

static int stop(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

#endif
