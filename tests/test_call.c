/* The call's state table, walked whole, and calls played through it with two
 * legs that record what they are asked. */
#include "gateway/call.h"

#include "gateway/call_fsm.h"
#include "gateway/cause.h"
#include "gateway/gateway.h"
#include "gateway/log.h"

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
};

static char orders[512];
static struct gateway gateway;
static struct loop *loop;
static unsigned records, legs_alive;
static int isdn_error, media_error, bridge_error, setup_error;
static unsigned next_channel;
static struct test_leg *called;
static enum bridge_path path_now;
static unsigned bridges_alive;
static struct leg_cause last_release;

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
				   .send = true,
				   .receive = true,
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
	strcpy(leg->leg.name, isdn ? "span=1/1" : "sip=abc");
	legs_alive++;
	return leg;
}

/* What call_fsm.c asks of the other folders. */
int isdn_leg_new(struct isdn *isdn, const struct conf_trunk *trunk,
		 const struct isdn_tried *tried, struct leg **out)
{
	(void)isdn;
	(void)trunk;
	(void)tried;
	if (isdn_error)
		return isdn_error;
	called = leg_new(true);
	called->channel = ++next_channel;
	*out = &called->leg;
	return 0;
}

int sip_agent_leg_new(struct sip_agent *agent, const struct conf_peer *peer,
		      struct leg **out)
{
	(void)agent;
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

void bridge_stats(const struct bridge *bridge, struct bridge_stats *out)
{
	assert_non_null(bridge);
	memset(out, 0, sizeof *out);
	out->rtp_sent = 7;
}

void gateway_call_over(struct gateway *gw, struct call *call)
{
	assert_ptr_equal(gw, &gateway);
	TAILQ_REMOVE(&gw->calls, call, link);
	gw->call_count--;
	TAILQ_INSERT_TAIL(&gw->history, call, link);
	records++;
}

static struct conf_trunk trunk = { .name = "city" };
static struct conf_route_rule rules[] = {
	{ .prefix = "+49",
	  .targets = { { .trunk = &trunk } },
	  .target_count = 1 },
	{ .prefix = "+49900",
	  .reject_status = 403,
	  .reject_text = "operator" }, /* a text, not who released */
};
static struct conf_peer peer = { .name = "phones" };
static struct conf_peer pbx = { .name = "pbx", .server.ss_family = AF_INET };
static struct conf_route_rule inbound[] = {
	{ .prefix = "+4930",
	  .targets = { { .peer = &pbx } },
	  .target_count = 1 },
	{ .prefix = "+4940",
	  .targets = { { .peer = &peer } },
	  .target_count = 1 },
	{ .prefix = "+4950",
	  .targets = { { .trunk = &trunk } },
	  .target_count = 1 },
};
static struct conf_route routes[] = {
	{ .from = "phones", .rules = rules, .rule_count = 2 },
	{ .from = "city", .rules = inbound, .rule_count = 3 },
};
static const struct conf conf = { .peers = &peer,
				  .peer_count = 1,
				  .trunks = &trunk,
				  .trunk_count = 1,
				  .routes = routes,
				  .route_count = 2 };

static int setup(void **state)
{
	(void)state;
	orders[0] = '\0';
	records = legs_alive = next_channel = bridges_alive = 0;
	isdn_error = media_error = bridge_error = setup_error = 0;
	path_now = BRIDGE_CLOSED;
	sip_agreed = true;
	memset(&gateway, 0, sizeof gateway);
	gateway.conf = &conf;
	gateway.loop = loop;
	TAILQ_INIT(&gateway.calls);
	TAILQ_INIT(&gateway.history);
	return 0;
}

/* Whatever happened: one record, no leg, no bridge, no illegal pair. */
static void assert_over(void)
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

static struct test_leg *dial(const char *digits)
{
	return call_from("phones", false, digits);
}

static struct call *the_call(void)
{
	return TAILQ_FIRST(&gateway.calls);
}

static void test_table(void **state)
{
	char why[128] = "";

	(void)state;
	if (fsm_check(&call_fsm_desc, why, sizeof why) < 0)
		fail_msg("%s", why);
}

static void test_answered(void **state)
{
	struct test_leg *a = dial("+49301");

	(void)state;
	assert_string_equal(orders, "b:setup");
	raise_event(called, LEG_PROCEEDING, false, 0);
	assert_int_equal(path_now, BRIDGE_CLOSED);
	raise_event(called, LEG_ALERTING, true, 0);
	assert_int_equal(path_now, BRIDGE_TO_RTP);
	raise_event(called, LEG_ANSWER, false, 0);
	assert_int_equal(path_now, BRIDGE_BOTH);
	raise_event(a, LEG_CONFIRMED, false, 0);
	assert_int_equal(the_call()->fsm.state, CALL_ACTIVE);
	raise_event(a, LEG_DISCONNECT, false, 16);
	assert_int_equal(bridges_alive, 0);
	assert_int_equal(the_call()->released_by, CALL_BY_CALLER);
	raise_event(called, LEG_RELEASED, false, 16);
	raise_event(a, LEG_RELEASED, false, 16);
	assert_string_equal(orders, "b:setup a:proceeding a:alerting+ a:answer "
				    "b:release(16) a:release(16)");
	assert_int_equal(TAILQ_FIRST(&gateway.history)->media.rtp_sent, 7);
	assert_over();
}

/* From the telephone network: sound of the called SIP side goes to the B
 * channel before the answer, its own way is closed until then. */
static void test_inbound(void **state)
{
	struct test_leg *a;

	(void)state;
	sip_agreed = false;
	a = call_from("city", true, "+49301");
	assert_int_equal(the_call()->rtp_side.kind, LEG_MEDIA_NONE);
	raise_event(called, LEG_ALERTING, false, 0);
	assert_int_equal(path_now, BRIDGE_CLOSED);
	sip_agreed = true;
	raise_event(called, LEG_PROGRESS, true, 0);
	assert_int_equal(path_now, BRIDGE_TO_TDM);
	raise_event(called, LEG_ANSWER, true, 0);
	assert_int_equal(path_now, BRIDGE_BOTH);
	assert_int_equal(the_call()->rtp_side.kind, LEG_MEDIA_RTP);
	raise_event(a, LEG_CONFIRMED, false, 0);
	raise_event(called, LEG_DISCONNECT, false, 16);
	assert_int_equal(the_call()->released_by, CALL_BY_CALLEE);
	raise_event(called, LEG_RELEASED, false, 16);
	raise_event(a, LEG_RELEASED, false, 16);
	assert_string_equal(orders, "a:setup b:alerting b:progress+ b:answer "
				    "a:release(16) b:release(16)");
	assert_over();
}

/* A SIP callee's 44 is not a channel's: there is none to be tried again. */
static void test_inbound_refused(void **state)
{
	struct test_leg *a = call_from("city", true, "+49301");

	(void)state;
	a->release_at_once = true;
	raise_event(called, LEG_RELEASED, false, 44);
	assert_string_equal(orders, "a:setup b:release(44)");
	assert_over();
}

static void test_inbound_nowhere(void **state)
{
	(void)state;
	for (unsigned i = 4; i <= 5; i++) {
		struct test_leg *a;
		char number[16];

		setup(NULL);
		snprintf(number, sizeof number, "+49%u01", 10 * i);
		a = call_from("city", true, number);
		assert_string_equal(orders, "b:release(3)");
		raise_event(a, LEG_RELEASED, false, 3);
		assert_over();
	}
}

static void test_busy(void **state)
{
	struct test_leg *a = dial("+49301");

	(void)state;
	a->release_at_once = true;
	raise_event(called, LEG_DISCONNECT, false, 17);
	assert_int_equal(the_call()->fsm.state, CALL_CLEARING_B);
	raise_event(called, LEG_RELEASED, false, 16);
	assert_string_equal(orders, "b:setup b:release(17) a:release(17)");
	assert_int_equal(TAILQ_FIRST(&gateway.history)->cause.q850, 17);
	assert_int_equal(TAILQ_FIRST(&gateway.history)->released_by,
			 CALL_BY_CALLEE);
	assert_over();
}

/* RELEASE COMPLETE with cause 44: another channel, three times at the most. */
static void test_channel_refused(void **state)
{
	struct test_leg *a = dial("+49301");

	(void)state;
	a->release_at_once = true;
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(called->channel, i);
		raise_event(called, LEG_RELEASED, false, 44);
		assert_int_equal(the_call()->tried.count, i);
	}
	assert_int_equal(called->channel, 4);
	raise_event(called, LEG_RELEASED, false, 44);
	assert_string_equal(orders, "b:setup b:setup b:setup b:setup "
				    "a:release(34)");
	assert_int_equal(gateway.counters.retried, 3);
	assert_over();
}

/* After PROCEEDING the same cause ends the call. */
static void test_channel_cause_later(void **state)
{
	struct test_leg *a = dial("+49301");

	(void)state;
	a->release_at_once = true;
	raise_event(called, LEG_PROCEEDING, false, 0);
	raise_event(called, LEG_RELEASED, false, 44);
	assert_string_equal(orders, "b:setup a:proceeding a:release(44)");
	assert_over();
}

static void test_channel_moved(void **state)
{
	struct test_leg *a = dial("+49301");

	(void)state;
	a->release_at_once = called->release_at_once = true;
	assert_string_equal(the_call()->name, "call=1 sip=abc span=1/1");
	called->channel = 9;
	/* The leg renames the end of what the call made of its name. */
	assert_string_equal(called->leg.name, "call=1 span=1/1");
	strcpy(called->leg.name, "call=1 span=1/9");
	raise_event(called, LEG_PROCEEDING, false, 0);
	assert_string_equal(the_call()->name, "call=1 sip=abc span=1/9");
	assert_int_equal(bridges_alive, 1);
	assert_int_equal(the_call()->info_b.channel, 9);
	call_hangup(the_call());
	assert_over();
}

static const struct {
	const char *number;
	int isdn_error, media_error, bridge_error, setup_error;
	uint8_t refuse_q850;
	uint8_t q850;
	const char *orders;
} refusals[] = {
	{ "+33123", 0, 0, 0, 0, 0, 3, "a:release(3)" },
	{ "12a", 0, 0, 0, 0, 0, 28, "a:release(28)" },
	{ "+49900", 0, 0, 0, 0, 0, 21, "a:release(21)" },
	{ "+49301", -ENETDOWN, 0, 0, 0, 0, 38, "a:release(38)" },
	{ "+49301", -EBUSY, 0, 0, 0, 0, 34, "a:release(34)" },
	{ "+49301", -ENOMEM, 0, 0, 0, 0, 41, "a:release(41)" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		struct test_leg *a;

		setup(NULL);
		isdn_error = refusals[i].isdn_error;
		a = dial(refusals[i].number);
		assert_string_equal(orders, refusals[i].orders);
		assert_int_equal(the_call()->cause.q850, refusals[i].q850);
		assert_int_equal(the_call()->released_by, CALL_BY_GATEWAY);
		raise_event(a, LEG_RELEASED, false, 0);
		assert_over();
	}
}

/* Who dialled what stands in the log also when no route took it. */
static void test_refused_is_logged(void **state)
{
	FILE *file = tmpfile();
	int terminal = dup(STDERR_FILENO);
	char text[1024] = "";

	(void)state;
	assert_non_null(file);
	log_set_level(LOG_INFO);
	dup2(fileno(file), STDERR_FILENO);
	dial("+33123");
	dup2(terminal, STDERR_FILENO);
	log_set_level(LOG_ERR);
	close(terminal);
	rewind(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	assert_non_null(strstr(text, "from phones (no number) to +33123 via "
				     "no route"));
	raise_event((struct test_leg *)the_call()->a, LEG_RELEASED, false, 0);
	assert_over();
}

/* The called leg was seized and must be released too. */
static void test_refused_after_seizure(void **state)
{
	(void)state;
	for (int which = 0; which < 3; which++) {
		struct test_leg *a;

		setup(NULL);
		media_error = which == 0 ? -ENOTSUP : 0;
		bridge_error = which == 1 ? -EADDRINUSE : 0;
		setup_error = which == 2 ? -EIO : 0;
		a = dial("+49301");
		assert_int_equal(last_release.q850, which == 0	 ? 65
						    : which == 1 ? 47
								 : 41);
		assert_non_null(strstr(orders, "b:release"));
		raise_event(called, LEG_RELEASED, false, 0);
		raise_event(a, LEG_RELEASED, false, 0);
		assert_over();
	}
}

static void test_caller_refused_by_its_leg(void **state)
{
	struct test_leg *a = leg_new(false);
	struct leg_setup s = { .from = "phones",
			       .refuse = { .q850 = 65,
					   .origin = LEG_ORIGIN_GATEWAY } };

	(void)state;
	a->release_at_once = true;
	call_incoming(&gateway, &a->leg, &s);
	assert_string_equal(orders, "a:release(65)");
	assert_over();
}

/* Both sides hang up in the same instant: the first reason stays. */
static void test_both_hang_up(void **state)
{
	struct test_leg *a = dial("+49301");

	(void)state;
	raise_event(called, LEG_ANSWER, false, 0);
	raise_event(a, LEG_CONFIRMED, false, 0);
	raise_event(called, LEG_DISCONNECT, false, 16);
	raise_event(a, LEG_DISCONNECT, false, 31);
	assert_int_equal(the_call()->cause.q850, 16);
	raise_event(a, LEG_RELEASED, false, 16);
	raise_event(called, LEG_RELEASED, false, 16);
	assert_over();
}

static void test_cancel_in_each_phase(void **state)
{
	static const enum leg_event_type before[] = {
		LEG_PROCEEDING, LEG_PROGRESS, LEG_ALERTING, LEG_ANSWER
	};

	(void)state;
	for (size_t phase = 0; phase <= 4; phase++) {
		struct test_leg *a;

		setup(NULL);
		a = dial("+49301");
		for (size_t i = 0; i < phase; i++)
			raise_event(called, before[i], false, 0);
		raise_event(a, LEG_RELEASED, false, 16);
		assert_int_equal(the_call()->fsm.state, CALL_CLEARING_B);
		raise_event(called, LEG_ANSWER, false, 0);
		raise_event(called, LEG_RELEASED, false, 16);
		assert_over();
	}
}

/* A refusal of the delayed answer ends an answered call. */
static void test_operator_hangs_up(void **state)
{
	(void)state;
	dial("+49301")->release_at_once = true;
	called->release_at_once = true;
	raise_event(called, LEG_ALERTING, false, 0);
	call_hangup(the_call());
	assert_int_equal(TAILQ_FIRST(&gateway.history)->released_by,
			 CALL_BY_OPERATOR);
	assert_string_equal(orders, "b:setup a:alerting b:release(16) "
				    "a:release(16)");
	assert_over();
}

/* Legs of random but lawful behaviour never bring the call into an illegal
 * pair, and it always ends with one record. */
static void test_random_calls(void **state)
{
	uint64_t illegal = fsm_illegal_count();

	(void)state;
	srandom(20261120);
	for (unsigned n = 0; n < 20000; n++) {
		struct test_leg *a;
		bool a_gone = false, b_gone = false;

		setup(NULL);
		a = dial("+49301");
		for (unsigned i = 0; i < 12 && !(a_gone || b_gone); i++) {
			static const enum leg_event_type events[] = {
				LEG_PROCEEDING, LEG_PROGRESS,	LEG_ALERTING,
				LEG_ANSWER,	LEG_DISCONNECT, LEG_RELEASED,
			};
			enum leg_event_type e = events[random() % 6];

			if (random() % 4) {
				raise_event(called, e, random() % 2, 16);
				b_gone = e == LEG_RELEASED;
			} else if (e >= LEG_DISCONNECT) {
				raise_event(a, e, false, 16);
				a_gone = e == LEG_RELEASED;
			}
		}
		if (the_call()->fsm.state < CALL_CLEARING)
			call_hangup(the_call());
		if (!b_gone)
			raise_event(called, LEG_RELEASED, false, 16);
		if (!a_gone)
			raise_event(a, LEG_RELEASED, false, 16);
		assert_over();
	}
	assert_int_equal(fsm_illegal_count(), illegal);
}

static int start(void **state)
{
	(void)state;
	log_set_level(LOG_ERR);
	return loop_new(&loop);
}

static int stop(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_table, setup),
		cmocka_unit_test_setup(test_answered, setup),
		cmocka_unit_test_setup(test_inbound, setup),
		cmocka_unit_test_setup(test_inbound_refused, setup),
		cmocka_unit_test_setup(test_inbound_nowhere, setup),
		cmocka_unit_test_setup(test_busy, setup),
		cmocka_unit_test_setup(test_channel_refused, setup),
		cmocka_unit_test_setup(test_channel_cause_later, setup),
		cmocka_unit_test_setup(test_channel_moved, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_refused_is_logged, setup),
		cmocka_unit_test_setup(test_refused_after_seizure, setup),
		cmocka_unit_test_setup(test_caller_refused_by_its_leg, setup),
		cmocka_unit_test_setup(test_both_hang_up, setup),
		cmocka_unit_test_setup(test_cancel_in_each_phase, setup),
		cmocka_unit_test_setup(test_operator_hangs_up, setup),
		cmocka_unit_test_setup(test_random_calls, setup),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
