/* The call's state table, walked whole, and calls played through it. */
#include "call_rig.h"

#include "gateway/call_media.h"

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
	{ "+49301", -EACCES, 0, 0, 0, 0, 34, "a:release(34)" },
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
	for (int which = 0; which < 2; which++) {
		struct test_leg *a;

		setup(NULL);
		media_error = which == 0 ? -ENOTSUP : 0;
		bridge_error = which == 1 ? -EADDRINUSE : 0;
		a = dial("+49301");
		assert_int_equal(last_release.q850, which == 0 ? 65 : 47);
		assert_non_null(strstr(orders, "b:release"));
		raise_event(called, LEG_RELEASED, false, 0);
		raise_event(a, LEG_RELEASED, false, 0);
		assert_over();
	}
}

/* In words that say what to change. */
static void test_refused_for_want_of_voice(void **state)
{
	static const struct {
		int err;
		const char *text;
		unsigned no_port;
	} vectors[] = {
		{ -EADDRINUSE,
		  "no RTP port is free (rtp-ports 17600-17611: all 6 are used)",
		  1 },
		{ -ENOMEM, "no voice for the call: there is no memory for it",
		  0 },
		{ -EMFILE, "no voice for the call: too many files are open",
		  0 },
		{ -EADDRNOTAVAIL,
		  "no voice for the call: the address to listen on is not this "
		  "machine's",
		  0 },
		{ -EIO, "no voice for the call: Input/output error", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		struct test_leg *a;

		setup(NULL);
		bridge_error = vectors[i].err;
		a = dial("+49301");
		assert_int_equal(last_release.q850, 47);
		assert_string_equal(last_release.text, vectors[i].text);
		assert_int_equal(gateway.counters.no_port, vectors[i].no_port);
		raise_event(called, LEG_RELEASED, false, 0);
		raise_event(a, LEG_RELEASED, false, 0);
		assert_over();
	}
}

/* Nothing was sent: the called leg goes without a word. */
static void test_setup_fails(void **state)
{
	(void)state;
	setup_error = -EIO;
	dial("+49301");
	assert_string_equal(orders, "b:setup a:release(41)");
	raise_event((struct test_leg *)the_call()->a, LEG_RELEASED, false, 0);
	assert_over();
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

/* The limit of a peer is asked before its routes are. */
static void test_caller_over_its_limit(void **state)
{
	static const char *const numbers[] = { "+49301", "+49900", "+1" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct test_leg *a = leg_new(false);
		struct leg_setup s = { .from = "phones",
				       .over_limit = true,
				       .refuse = { .q850 = 42 } };

		orders[0] = '\0';
		records = 0;
		a->release_at_once = true;
		s.called.present = true;
		strcpy(s.called.digits, numbers[i]);
		call_incoming(&gateway, &a->leg, &s);
		assert_string_equal(orders, "a:release(42)");
		assert_int_equal(gateway.counters.peer_limit, i + 1);
		assert_over();
	}
}

/* One that comes while the gateway stops would keep it from stopping. */
static void test_gateway_stops(void **state)
{
	struct test_leg *a;

	(void)state;
	gateway.phase = GATEWAY_STOPPING;
	a = dial("+49301");
	gateway.phase = GATEWAY_RUNNING;
	assert_string_equal(orders, "a:release(34)");
	raise_event(a, LEG_RELEASED, false, 0);
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

static void random_of_called(struct test_leg *leg)
{
	static const enum leg_event_type events[] = {
		LEG_PROCEEDING, LEG_PROGRESS,	LEG_ALERTING,
		LEG_ANSWER,	LEG_DISCONNECT, LEG_RELEASED,
	};
	static const uint8_t causes[] = { 16, 34, 44 };

	raise_event(leg, events[random() % 6], random() % 2,
		    causes[random() % 3]);
}

/* Of the SIP leg only what comes after an answer. */
static void random_of_answered(struct test_leg *leg, bool calling)
{
	leg->send = random() % 2;
	leg->receive = random() % 2;
	if (!leg->isdn)
		raise_event(leg, LEG_MEDIA, false, 0);
	else if (calling)
		raise_event(leg, LEG_CONFIRMED, false, 0);
}

static void random_step(struct call *call)
{
	struct test_leg *a = (struct test_leg *)call->a;
	struct test_leg *b = (struct test_leg *)call->b;

	media_error = random() % 8 ? 0 : -ENOTSUP;
	bridge_error = random() % 8 ? 0 : -EADDRINUSE;
	isdn_error = random() % 4 ? 0 : -EBUSY;
	if (a)
		a->release_at_once = random() % 2;
	if (b)
		b->release_at_once = random() % 2;
	switch (random() % 16) {
	case 0: call_hangup(call); break;
	case 1: now_ms += CALL_ANNOUNCEMENT_MS; break;
	case 2:
		if (call->end_ms)
			call_force_over(call);
		break;
	case 3:
		if (a)
			raise_event(a, LEG_DISCONNECT, false, 16);
		break;
	case 4:
		if (a)
			raise_event(a, LEG_RELEASED, false, 16);
		break;
	case 5:
		if (a && call->answer_ms)
			raise_event(a, LEG_CONFIRMED, false, 0);
		break;
	case 6:
		if (a && call->answer_ms)
			random_of_answered(a, true);
		break;
	case 7:
		if (b && call->answer_ms)
			random_of_answered(b, false);
		break;
	default:
		if (b)
			random_of_called(b);
		break;
	}
	loop_step(loop, 0);
}

/* Legs of random but lawful behaviour, failures on every way and an operator
 * never bring the call into an illegal pair, and it always ends with one
 * record. */
static void test_random_calls(void **state)
{
	static const char *const called_numbers[] = { "+49301", "+497712" };
	uint64_t illegal = fsm_illegal_count();

	(void)state;
	srandom(20261120);
	log_set_level(LOG_CRIT);
	for (unsigned n = 0; n < 20000; n++) {
		struct call *call;

		setup(NULL);
		sip_agreed = random() % 4;
		if (n % 3)
			dial(called_numbers[n % 2]);
		else
			call_from("city", true, "+49301");
		for (unsigned i = 0; i < 1000 && (call = the_call()); i++)
			random_step(call);
		assert_over();
	}
	log_set_level(LOG_ERR);
	assert_int_equal(fsm_illegal_count(), illegal);
}

/* DISCONNECT with a tone: heard, until caller, network or T306 ends it, and
 * what the network said is why. */
static void test_announcement(void **state)
{
	(void)state;
	for (int who = 0; who < 3; who++) {
		struct test_leg *a;

		setup(NULL);
		a = dial("+49301");
		raise_event(called, LEG_PROCEEDING, false, 0);
		raise_event(called, LEG_DISCONNECT, true, 1);
		assert_string_equal(orders, "b:setup a:proceeding a:progress+");
		assert_int_equal(path_now, BRIDGE_TO_RTP);
		if (who == 0)
			raise_event(a, LEG_RELEASED, false, 16);
		else if (who == 1)
			raise_event(called, LEG_RELEASED, false, 1);
		else
			now_ms += CALL_ANNOUNCEMENT_MS;
		loop_step(loop, 0);
		assert_int_equal(last_release.q850, 1);
		assert_int_equal(the_call()->released_by, CALL_BY_CALLEE);
		assert_int_equal(bridges_alive, 0);
		if (who != 0)
			raise_event(a, LEG_RELEASED, false, 1);
		if (who != 1)
			raise_event(called, LEG_RELEASED, false, 1);
		assert_over();
	}
}

/* A caller that could not hear it is told at once, and of the network's cause:
 * its offer is delayed, it takes no audio, or its media cannot be had. */
static void test_announcement_unheard(void **state)
{
	(void)state;
	for (int why = 0; why < 3; why++) {
		struct test_leg *a;

		setup(NULL);
		sip_agreed = why != 0;
		a = dial("+49301");
		a->release_at_once = called->release_at_once = true;
		a->send = why != 1;
		media_error = why == 2 ? -EADDRNOTAVAIL : 0;
		raise_event(called, LEG_DISCONNECT, true, 1);
		assert_string_equal(orders, "b:setup b:release(1) "
					    "a:release(1)");
		assert_over();
	}
}

/* After the answer the caller would pay for it. */
static void test_no_announcement_after_answer(void **state)
{
	struct test_leg *a = dial("+49301");

	(void)state;
	a->release_at_once = called->release_at_once = true;
	raise_event(called, LEG_ANSWER, false, 0);
	raise_event(called, LEG_DISCONNECT, true, 16);
	assert_string_equal(orders, "b:setup a:answer b:release(16) "
				    "a:release(16)");
	assert_over();
}

static void test_hold(void **state)
{
	struct test_leg *a = dial("+49301");

	(void)state;
	a->release_at_once = called->release_at_once = true;
	raise_event(called, LEG_ANSWER, false, 0);
	raise_event(a, LEG_CONFIRMED, false, 0);
	a->send = false; /* the peer sends music, and hears nothing */
	raise_event(a, LEG_MEDIA, false, 0);
	assert_true(call_media_held(the_call()));
	assert_int_equal(path_now, BRIDGE_TO_TDM);
	a->receive = false;
	raise_event(a, LEG_MEDIA, false, 0);
	assert_int_equal(path_now, BRIDGE_CLOSED);
	assert_int_equal(tone_now, BRIDGE_TONE_NONE);
	a->send = a->receive = true;
	raise_event(a, LEG_MEDIA, false, 0);
	assert_int_equal(path_now, BRIDGE_BOTH);
	/* The line is given a tone where the peer is to be waited for so. */
	peer.hold = CONF_HOLD_TONE;
	a->receive = false;
	raise_event(a, LEG_MEDIA, false, 0);
	assert_int_equal(tone_now, BRIDGE_TONE_HOLD);
	a->receive = true;
	raise_event(a, LEG_MEDIA, false, 0);
	assert_int_equal(tone_now, BRIDGE_TONE_NONE);
	media_error = -ENOTSUP;
	raise_event(a, LEG_MEDIA, false, 0);
	assert_int_equal(last_release.q850, 65);
	assert_over();
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
		cmocka_unit_test_setup(test_refused_for_want_of_voice, setup),
		cmocka_unit_test_setup(test_setup_fails, setup),
		cmocka_unit_test_setup(test_caller_refused_by_its_leg, setup),
		cmocka_unit_test_setup(test_caller_over_its_limit, setup),
		cmocka_unit_test_setup(test_both_hang_up, setup),
		cmocka_unit_test_setup(test_gateway_stops, setup),
		cmocka_unit_test_setup(test_cancel_in_each_phase, setup),
		cmocka_unit_test_setup(test_operator_hangs_up, setup),
		cmocka_unit_test_setup(test_announcement, setup),
		cmocka_unit_test_setup(test_announcement_unheard, setup),
		cmocka_unit_test_setup(test_no_announcement_after_answer,
				       setup),
		cmocka_unit_test_setup(test_hold, setup),
		cmocka_unit_test_setup(test_random_calls, setup),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
