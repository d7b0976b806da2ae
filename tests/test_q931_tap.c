#include "dahdi/q931_message.h"
#include "dahdi/q931_tap.h"
#include "tests/fake_driver.h"

#include <errno.h>
#include <libpri.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEN_MAX 1024
#define MUTATIONS 120000
#define USER 0
#define NETWORK 1

/* One end: a struct pri behind its tap, and what it told us. */
struct end {
	struct fake_line *line;
	unsigned number;
	struct q931_tap *tap;
	struct pri *pri;
	q931_call *call; /* the last that rang */
	bool no_line;	 /* the driver is down */
	bool proceeds;	 /* answers each SETUP with CALL PROCEEDING */
	bool waits;	 /* lets a DISCONNECT stand */
	int event_count[32];
	int last_cause;
	struct seen {
		struct q931_seen message;
		uint8_t ies[512];
	} seen[SEEN_MAX];
	unsigned seen_count;
};

struct fixture {
	struct fake_line *line;
	struct end end[2];
	bool raw; /* the test itself plays the network */
};

static int frame_write(void *ctx, const uint8_t *frame, size_t len)
{
	struct end *end = ctx;

	if (end->no_line)
		return -ENOTCONN;
	return fake_line_write(end->line, end->number, frame, len);
}

static void message_seen(void *ctx, const struct q931_seen *message)
{
	struct end *end = ctx;
	struct seen *seen = &end->seen[end->seen_count++ % SEEN_MAX];

	seen->message = *message;
	memcpy(seen->ies, message->ies, message->ies_len);
	seen->message.ies = seen->ies;
}

static void handle(struct end *end, const pri_event *event)
{
	end->event_count[event->e % 32]++;
	switch (event->e) {
	case PRI_EVENT_RING:
		end->call = event->ring.call;
		if (end->proceeds)
			pri_proceeding(end->pri, end->call, event->ring.channel,
				       0);
		break;
	case PRI_EVENT_HANGUP_REQ:
	case PRI_EVENT_HANGUP:
		end->last_cause = event->hangup.cause;
		if (!end->waits || event->e != PRI_EVENT_HANGUP_REQ)
			pri_hangup(end->pri, event->hangup.call,
				   event->hangup.cause);
		break;
	default: break;
	}
}

static void timers(struct end *end)
{
	pri_event *event;

	while ((event = pri_schedule_run(end->pri)))
		handle(end, event);
}

static void frame_arrived(void *ctx, const uint8_t *frame, size_t len)
{
	struct end *end = ctx;
	pri_event *event;

	if (q931_tap_frame_in(end->tap, frame, len) < 0)
		return;
	while ((event = pri_check_event(end->pri)))
		handle(end, event);
	timers(end);
}

static void run(struct fixture *f, unsigned ms)
{
	for (unsigned t = 0; t <= ms; t += 20) {
		timers(&f->end[USER]);
		timers(&f->end[NETWORK]);
		fake_line_deliver(f->line);
		fake_time_advance(20);
	}
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	fake_time_start();
	f->line = fake_line_new();
	for (unsigned i = 0; i < 2; i++) {
		struct end *end = &f->end[i];
		struct q931_tap_config cfg = {
			.network_side = i == NETWORK,
			.object = i == NETWORK ? "network" : "user",
			.frame_write = frame_write,
			.seen = message_seen,
			.ctx = end,
		};

		end->line = f->line;
		end->number = i;
		assert_int_equal(q931_tap_new(&end->tap, &cfg), 0);
		end->pri = q931_tap_pri(end->tap);
		pri_hangup_fix_enable(end->pri, 1);
		fake_line_attach(f->line, i, frame_arrived, end);
	}
	run(f, 3000);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	q931_tap_free(f->end[USER].tap);
	q931_tap_free(f->end[NETWORK].tap);
	fake_line_free(f->line);
	free(f);
	return 0;
}

static void test_link_comes_up(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->end[USER].event_count[PRI_EVENT_DCHAN_UP], 1);
	assert_int_equal(f->end[NETWORK].event_count[PRI_EVENT_DCHAN_UP], 1);
}

static q931_call *call_out(struct end *end, int channel)
{
	struct pri_sr *sr = pri_sr_new();
	q931_call *call = pri_new_call(end->pri);
	char digits[] = "5550100";

	pri_sr_set_channel(sr, channel, 0, 0);
	pri_sr_set_bearer(sr, PRI_TRANS_CAP_3_1K_AUDIO, PRI_LAYER_1_ALAW);
	pri_sr_set_called(sr, digits, 0x41, 1);
	assert_int_equal(pri_setup(end->pri, call, sr), 0);
	pri_sr_free(sr);
	return call;
}

static unsigned reference(struct end *end, q931_call *call)
{
	int mode, value = pri_get_crv(end->pri, call, &mode);

	assert_true(value >= 0);
	return (unsigned)value << 3 | (unsigned)mode;
}

static const struct seen *last_seen(struct end *end, uint8_t type)
{
	for (unsigned i = end->seen_count; i-- > 0;)
		if (end->seen[i % SEEN_MAX].message.type == type)
			return &end->seen[i % SEEN_MAX];
	return NULL;
}

static unsigned count_seen(struct end *end, uint8_t type,
			   enum leg_direction dir)
{
	unsigned count = 0;

	for (unsigned i = 0; i < end->seen_count; i++)
		count += end->seen[i % SEEN_MAX].message.type == type &&
			 end->seen[i % SEEN_MAX].message.dir == dir;
	return count;
}

/* The value on the wire is libpri's crv << 3 | mode, for every call, and both
 * ends agree on whose it is. */
static void test_call_references(void **state)
{
	struct fixture *f = *state;
	struct end *user = &f->end[USER], *network = &f->end[NETWORK];

	for (unsigned i = 1; i <= 300; i++) {
		q931_call *call = call_out(user, 1 + i % 15);
		const struct seen *setup_out, *setup_in;

		run(f, 20);
		setup_out = last_seen(user, Q931_SETUP);
		setup_in = last_seen(network, Q931_SETUP);
		assert_int_equal(reference(user, call), i);
		assert_int_equal(setup_out->message.call, i);
		assert_int_equal(setup_out->message.dir, LEG_OUT);
		assert_true(setup_out->message.ours);
		assert_int_equal(setup_in->message.call, i);
		assert_int_equal(setup_in->message.dir, LEG_IN);
		assert_false(setup_in->message.ours);
		assert_int_equal(reference(network, network->call), i);
		pri_hangup(user->pri, call, 16);
		run(f, 60);
		q931_tap_forget(user->tap, i, true);
		q931_tap_forget(network->tap, i, false);
	}
	assert_int_equal(q931_tap_counters(user->tap)->store_full, 0);
}

/* Location of the cause, out and in, in both directions; all values. */
static void test_location(void **state)
{
	struct fixture *f = *state;
	struct end *user = &f->end[USER], *network = &f->end[NETWORK];

	for (uint8_t location = 0; location < 16; location++) {
		const struct q931_received *received;
		q931_call *call = call_out(user, 1);
		unsigned ref = reference(user, call);

		run(f, 20);
		pri_proceeding(network->pri, network->call, 1, 0);
		run(f, 20);
		assert_null(last_seen(user, Q931_DISCONNECT));
		q931_tap_send_location(network->tap, ref, false, location);
		pri_hangup(network->pri, network->call, 17);
		run(f, 20);
		received = q931_tap_received(user->tap, ref, true);
		assert_non_null(received);
		assert_int_equal(received->cause, 17);
		assert_int_equal(received->cause_location, location);
		assert_int_equal(received->message, Q931_DISCONNECT);
		run(f, 100);
		q931_tap_forget(user->tap, ref, true);
		q931_tap_forget(network->tap, ref, false);
		assert_null(q931_tap_received(user->tap, ref, true));
		user->seen_count = network->seen_count = 0;
	}
}

/* Elements of codeset 0 stand in ascending order (Q.931 4.5.1). */
static void assert_ascending(const struct seen *seen)
{
	struct q931_walk walk;
	struct q931_ie ie;
	uint8_t last = 0;

	q931_walk_start(&walk, seen->ies, seen->message.ies_len);
	while (q931_walk_next(&walk, &ie) > 0) {
		if (ie.codeset != 0 || !ie.data)
			continue;
		assert_true(ie.id >= last);
		last = ie.id;
	}
}

static const uint8_t *progress_of(const struct seen *seen, size_t *len)
{
	assert_non_null(seen);
	assert_ascending(seen);
	return q931_ie_find(seen->ies, seen->message.ies_len, Q931_IE_PROGRESS,
			    len);
}

static void test_progress_indicator(void **state)
{
	struct fixture *f = *state;
	struct end *user = &f->end[USER], *network = &f->end[NETWORK];
	q931_call *call = call_out(user, 1);
	unsigned ref = reference(user, call);
	const uint8_t *pi;
	size_t len = 0;

	run(f, 20);
	q931_tap_send_progress(network->tap, ref, false, Q931_CALL_PROCEEDING,
			       1, 2);
	q931_tap_send_progress(network->tap, ref, false, Q931_ALERTING, 2, 4);
	pri_proceeding(network->pri, network->call, 1, 0);
	run(f, 20);
	pi = progress_of(last_seen(user, Q931_CALL_PROCEEDING), &len);
	assert_int_equal(len, 2);
	assert_int_equal(pi[0], 0x82);
	assert_int_equal(pi[1], 0x81);
	assert_int_equal(q931_tap_received(user->tap, ref, true)->progress,
			 1 << 1);
	/* Ours takes the place of libpri's own. */
	pri_acknowledge(network->pri, network->call, 1, 1);
	run(f, 20);
	pi = progress_of(last_seen(user, Q931_ALERTING), &len);
	assert_int_equal(pi[0], 0x84);
	assert_int_equal(pi[1], 0x82);
	assert_int_equal(last_seen(user, Q931_ALERTING)->message.ies_len, 4);
	/* In a DISCONNECT, where libpri never puts one; once only. */
	q931_tap_send_progress(network->tap, ref, false, Q931_DISCONNECT, 8, 2);
	pri_hangup(network->pri, network->call, 1);
	run(f, 100);
	pi = progress_of(last_seen(user, Q931_DISCONNECT), &len);
	assert_non_null(pi);
	assert_int_equal(pi[1], 0x88);
	assert_int_equal(user->last_cause, 1);
	assert_null(progress_of(last_seen(user, Q931_RELEASE_COMPLETE), &len));
}

/* The octets of the I-frames that end NETWORK sends, N(S) by N(S). */
struct capture {
	unsigned lose; /* this many I-frames from NETWORK are lost */
	unsigned frames;
	size_t len[8];
	uint8_t octets[8][300];
};

static bool lose_information(void *ctx, unsigned from, uint8_t *frame,
			     size_t *len)
{
	struct capture *capture = ctx;

	if (from != NETWORK || *len < 5 || frame[2] & 1)
		return true;
	assert_true(capture->frames < 8);
	capture->len[capture->frames] = *len;
	memcpy(capture->octets[capture->frames++], frame, *len);
	if (!capture->lose)
		return true;
	capture->lose--;
	return false;
}

/* What Q.921 repeats is what it sent, octet by octet, and is seen once. */
static void test_retransmission(void **state)
{
	struct fixture *f = *state;
	struct end *user = &f->end[USER], *network = &f->end[NETWORK];
	struct capture capture = { .lose = 2 };
	q931_call *call = call_out(user, 1);
	unsigned ref = reference(user, call);

	run(f, 20);
	pri_proceeding(network->pri, network->call, 1, 0);
	run(f, 20);
	fake_line_filter(f->line, lose_information, &capture);
	q931_tap_send_progress(network->tap, ref, false, Q931_DISCONNECT, 8, 5);
	q931_tap_send_location(network->tap, ref, false, 10);
	pri_hangup(network->pri, network->call, 17);
	/* The rules of a call that is over must not be needed any more. */
	q931_tap_forget(network->tap, ref, false);
	run(f, 5000);
	assert_int_equal(capture.lose, 0);
	assert_true(capture.frames >= 3);
	for (unsigned i = 1; i < 3; i++) {
		assert_int_equal(capture.octets[i][2], capture.octets[0][2]);
		assert_int_equal(capture.len[i], capture.len[0]);
		assert_memory_equal(capture.octets[i] + 4,
				    capture.octets[0] + 4, capture.len[0] - 4);
	}
	assert_int_equal(count_seen(network, Q931_DISCONNECT, LEG_OUT), 1);
	assert_int_equal(count_seen(user, Q931_DISCONNECT, LEG_IN), 1);
	assert_int_equal(
		q931_tap_received(user->tap, ref, true)->cause_location, 10);
}

/* T305 ends in RELEASE with the cause of the DISCONNECT, where libpri has 16
 * (Q.931 5.3.4). Nothing else changes, not the next call's either. */
static void test_release_cause(void **state)
{
	static const uint8_t causes[] = { 1, 0, 127 };
	struct fixture *f = *state;
	struct end *user = &f->end[USER], *network = &f->end[NETWORK];

	user->waits = true;
	for (unsigned i = 0; i < sizeof causes; i++) {
		q931_call *call = call_out(user, 1);
		unsigned ref = reference(user, call);

		run(f, 20);
		pri_proceeding(network->pri, network->call, 1, 0);
		if (causes[i])
			q931_tap_send_release_cause(network->tap, ref, false,
						    causes[i]);
		pri_hangup(network->pri, network->call, 34);
		run(f, 29000);
		assert_int_equal(user->last_cause, 34);
		run(f, 2000);
		assert_int_equal(user->last_cause, causes[i] ? causes[i] : 16);
		assert_int_equal(count_seen(user, Q931_RELEASE, LEG_IN), i + 1);
		q931_tap_forget(network->tap, ref, false);
		q931_tap_forget(user->tap, ref, true);
	}
}

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16;
}

/* More calls than the window is wide, with losses, over the modulus. */
static bool lose_some(void *ctx, unsigned from, uint8_t *frame, size_t *len)
{
	unsigned *seed = ctx;

	(void)from;
	(void)frame;
	(void)len;
	return next_random(seed) % 10 != 0;
}

static void test_sequence_numbers(void **state)
{
	struct fixture *f = *state;
	struct end *user = &f->end[USER], *network = &f->end[NETWORK];
	unsigned seed = 3, setups = 0;

	network->proceeds = true;
	/* Recovery takes its time: no SETUP is to be sent a second time. */
	pri_set_timer(user->pri, PRI_TIMER_T303, 60000);
	fake_line_filter(f->line, lose_some, &seed);
	for (unsigned i = 0; i < 40; i++) {
		q931_call *calls[10];

		for (unsigned c = 0; c < 10; c++)
			calls[c] = call_out(user, 1 + (int)c);
		run(f, 20000);
		for (unsigned c = 0; c < 10; c++)
			pri_hangup(user->pri, calls[c], 16);
		run(f, 20000);
		setups += count_seen(network, Q931_SETUP, LEG_IN);
		user->seen_count = network->seen_count = 0;
	}
	assert_int_equal(network->event_count[PRI_EVENT_RING], 400);
	assert_int_equal(setups, 400);
	assert_int_equal(q931_tap_counters(user->tap)->messages_out,
			 q931_tap_counters(network->tap)->messages_in);
	assert_int_equal(q931_tap_counters(network->tap)->messages_out,
			 q931_tap_counters(user->tap)->messages_in);
	assert_int_equal(q931_tap_counters(user->tap)->malformed_in, 0);
}

static void test_hardware_gone(void **state)
{
	struct fixture *f = *state;
	struct end *user = &f->end[USER];
	const pri_event *event;

	call_out(user, 1);
	run(f, 20);
	fake_line_cut(f->line, true);
	q931_tap_link_lost(user->tap);
	while ((event = pri_check_event(user->pri)))
		handle(user, event);
	timers(user);
	assert_int_equal(user->event_count[PRI_EVENT_DCHAN_DOWN], 1);
	assert_int_equal(user->event_count[PRI_EVENT_HANGUP], 1);
	assert_int_equal(user->last_cause, 27);
	fake_line_cut(f->line, false);
	run(f, 10000);
	assert_int_equal(user->event_count[PRI_EVENT_DCHAN_UP], 2);
}

/* Without it the link comes up by T200 alone, each end in its own phase, and
 * the second SABME resets it under what the first one carries already. */
static void test_hardware_found(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 2; i++) {
		struct end *end = &f->end[i];

		end->no_line = true;
		q931_tap_link_lost(end->tap);
		pri_check_event(end->pri);
	}
	run(f, 3460);
	for (unsigned i = 0; i < 2; i++) {
		f->end[i].event_count[PRI_EVENT_DCHAN_UP] = 0;
		f->end[i].no_line = false;
		q931_tap_link_found(f->end[i].tap);
	}
	fake_line_deliver(f->line);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(f->end[i].event_count[PRI_EVENT_DCHAN_UP], 1);
	run(f, 5000);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(f->end[i].event_count[PRI_EVENT_DCHAN_UP], 1);
}

static void test_not_a_frame(void **state)
{
	static const struct {
		size_t len;
		uint8_t octets[8];
	} frames[] = {
		{ 1, { 0x00 } },
		{ 2, { 0x02, 0x01 } },
		{ 3, { 0x02, 0x01, 0x00 } },	   /* I-frame cut short */
		{ 3, { 0x02, 0x01, 0x01 } },	   /* RR cut short */
		{ 4, { 0x03, 0x01, 0x01, 0x01 } }, /* address too short */
		{ 4, { 0x02, 0x00, 0x01, 0x01 } }, /* address too long */
		{ 4, { 0x42, 0x01, 0x01, 0x01 } }, /* another SAPI */
		{ 4, { 0x02, 0x81, 0x01, 0x01 } }, /* another TEI */
		{ 8, { 0xfe, 0xff, 0x03, 0x0f, 0, 0, 6, 0xff } }, /* TEI mgmt */
		{ 4, { 0x02, 0x01, 0x03, 0x08 } },		  /* UI */
		{ 3, { 0x02, 0x01, 0xbf } },			  /* XID */
	};
	static const uint8_t big[DCHANNEL_FRAME_MAX + 1] = { 0x02, 0x01 };
	struct fixture *f = *state;
	struct q931_tap *tap = f->end[USER].tap;
	size_t count = sizeof frames / sizeof frames[0];

	for (size_t i = 0; i < count; i++)
		assert_int_equal(q931_tap_frame_in(tap, frames[i].octets,
						   frames[i].len),
				 -EBADMSG);
	assert_int_equal(q931_tap_frame_in(tap, big, sizeof big), -EBADMSG);
	assert_int_equal(q931_tap_counters(tap)->malformed_in, count + 1);
	assert_null(pri_check_event(f->end[USER].pri));
}

/* Sends one message, complete from the protocol discriminator on, as the
 * network's next I-frame. */
static void send_raw(struct fixture *f, const uint8_t *message, size_t len)
{
	struct end *user = &f->end[USER];
	uint8_t frame[DCHANNEL_FRAME_MAX];
	static uint8_t ns;

	/* A link of our own: both sequence numbers start at 0. */
	if (!f->raw) {
		const uint8_t sabme[] = { 0x02, 0x01, 0x7f };

		fake_line_cut(f->line, true);
		frame_arrived(user, sabme, sizeof sabme);
		f->raw = true;
		ns = 0;
	}
	frame[0] = 0x02;
	frame[1] = 0x01;
	frame[2] = (uint8_t)(ns++ << 1);
	frame[3] = 0;
	memcpy(frame + 4, message, len);
	frame_arrived(user, frame, len + 4);
}

static void test_store_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct end *user = &f->end[USER];

	for (unsigned i = 1; i <= 1000; i++) {
		/* RELEASE COMPLETE on a reference of theirs, cause 16 */
		const uint8_t message[] = { 0x08,	0x02, (uint8_t)(i >> 8),
					    (uint8_t)i, 0x5a, 0x08,
					    0x02,	0x82, 0x90 };

		send_raw(f, message, sizeof message);
		assert_non_null(q931_tap_received(user->tap, i, false));
	}
	assert_int_equal(q931_tap_counters(user->tap)->store_full, 1000 - 128);
	assert_null(q931_tap_received(user->tap, 1, false));
	assert_null(q931_tap_received(user->tap, 1000, true));
	assert_int_equal(q931_tap_received(user->tap, 1000, false)->cause, 16);
}

/* A STATUS that crosses the clearing says nothing about why it ends. */
static void test_status_is_no_reason(void **state)
{
	static const uint8_t disconnect[] = { 0x08, 0x02, 0x80, 0x07, 0x45,
					      0x08, 0x03, 0x02, 0x81, 0x91 };
	static const uint8_t status[] = { 0x08, 0x02, 0x80, 0x07, 0x7d, 0x08,
					  0x02, 0x85, 0x9e, 0x14, 0x01, 0x0a };
	struct fixture *f = *state;
	struct q931_tap *tap = f->end[USER].tap;
	const struct q931_received *received;

	send_raw(f, status, sizeof status);
	received = q931_tap_received(tap, 7, true);
	assert_int_equal(received->call_state, 10);
	assert_int_equal(received->cause, 30);
	assert_int_equal(received->cause_location, 5);
	send_raw(f, disconnect, sizeof disconnect);
	send_raw(f, status, sizeof status);
	received = q931_tap_received(tap, 7, true);
	assert_int_equal(received->message, Q931_DISCONNECT);
	assert_int_equal(received->cause, 17);
	assert_int_equal(received->cause_location, 2);
}

/* One of each kind of message that the network sends, elements and all. */
static const struct {
	size_t len;
	uint8_t octets[64];
} messages[] = {
	{ 40, { 0x08, 0x02, 0x00, 0x21, 0x05, 0xa1, 0x04, 0x03, 0x90, 0x90,
		0xa3, 0x18, 0x03, 0xa9, 0x83, 0x89, 0x1e, 0x02, 0x82, 0x83,
		0x28, 0x03, 0xb1, 'A',	'B',  0x6c, 0x05, 0x21, 0x81, '3',
		'0',  '1',  0x70, 0x04, 0x81, '1',  '2',  '3',	0xa1, 0xa1 } },
	{ 39, { 0x08, 0x02, 0x00, 0x22, 0x05, 0x04, 0x03, 0x80, 0x90, 0xa3,
		0x18, 0x03, 0xa1, 0x83, 0x82, 0x1c, 0x08, 0x91, 0xa1, 0x05,
		0x02, 0x01, 0x01, 0x02, 0x01, 0x74, 0x06, 0x21, 0x01, 0x8f,
		'9',  '9',  '9',  0x7e, 0x03, 0x04, 'h',  'i',	0xa1 } },
	{ 14,
	  { 0x08, 0x02, 0x80, 0x01, 0x02, 0x18, 0x03, 0xa9, 0x83, 0x81, 0x1e,
	    0x02, 0x82, 0x88 } },
	{ 13,
	  { 0x08, 0x02, 0x80, 0x01, 0x03, 0x08, 0x02, 0x82, 0xff, 0x1e, 0x02,
	    0x82, 0x81 } },
	{ 11,
	  { 0x08, 0x02, 0x80, 0x01, 0x01, 0x1e, 0x02, 0x82, 0x88, 0x34,
	    0x00 } },
	{ 22,
	  { 0x08, 0x02, 0x80, 0x01, 0x07, 0x18, 0x03, 0xa9, 0x83, 0x81, 0x29,
	    0x03, 0x1a, 0x0b, 0x14, 0x4c, 0x05, 0x21, 0x83, '3',  '0',	'1' } },
	{ 17,
	  { 0x08, 0x02, 0x80, 0x01, 0x45, 0x08, 0x02, 0x82, 0x91, 0x1c, 0x06,
	    0x91, 0xa1, 0x03, 0x02, 0x01, 0x7f } },
	{ 9, { 0x08, 0x02, 0x80, 0x01, 0x4d, 0x08, 0x02, 0x82, 0x90 } },
	{ 9, { 0x08, 0x02, 0x80, 0x01, 0x5a, 0x08, 0x02, 0x82, 0x90 } },
	{ 12,
	  { 0x08, 0x02, 0x80, 0x01, 0x7d, 0x08, 0x02, 0x82, 0x9e, 0x14, 0x01,
	    0x0a } },
	{ 5, { 0x08, 0x02, 0x80, 0x01, 0x75 } },
	{ 13,
	  { 0x08, 0x02, 0x00, 0x00, 0x46, 0x18, 0x03, 0xa9, 0x83, 0x81, 0x79,
	    0x01, 0x80 } },
	{ 8, { 0x08, 0x02, 0x00, 0x00, 0x46, 0x79, 0x01, 0x87 } },
	{ 13,
	  { 0x08, 0x02, 0x80, 0x00, 0x4e, 0x18, 0x03, 0xa9, 0x83, 0x81, 0x79,
	    0x01, 0x80 } },
	{ 10, { 0x08, 0x02, 0x80, 0x01, 0x6e, 0x27, 0x01, 0xfb, 0x76, 0x00 } },
	{ 15,
	  { 0x08, 0x02, 0x80, 0x01, 0x62, 0x1c, 0x08, 0x91, 0xa1, 0x05, 0x02,
	    0x01, 0x01, 0x02, 0x01 } },
	{ 9, { 0x08, 0x02, 0x80, 0x01, 0x7b, 0x2c, 0x02, '1', '#' } },
	{ 10, { 0x08, 0x02, 0x80, 0x01, 0x0d, 0x18, 0x03, 0xa9, 0x83, 0x81 } },
	{ 12,
	  { 0x08, 0x00, 0x62, 0x1c, 0x07, 0x91, 0xa1, 0x04, 0x02, 0x01, 0x01,
	    0x02 } },
};

/* The link and the calls on it still work. */
static void assert_alive(struct fixture *f)
{
	struct end *user = &f->end[USER], *network = &f->end[NETWORK];
	unsigned rings = (unsigned)network->event_count[PRI_EVENT_RING];
	q931_call *call;

	fake_line_cut(f->line, false);
	f->raw = false;
	run(f, 60000);
	call = call_out(user, 1);
	run(f, 100);
	assert_int_equal(network->event_count[PRI_EVENT_RING], rings + 1);
	pri_hangup(user->pri, call, 16);
	run(f, 1000);
}

/* Every message cut off at every octet, in each state a call can be in. */
static void test_truncations(void **state)
{
	struct fixture *f = *state;
	size_t count = sizeof messages / sizeof messages[0];

	for (size_t m = 0; m < count; m++) {
		for (size_t len = 0; len <= messages[m].len; len++) {
			if (len % 8 == 0)
				call_out(&f->end[USER], 1);
			send_raw(f, messages[m].octets, len);
		}
	}
	assert_alive(f);
}

static size_t mutate(unsigned *seed, uint8_t *octets, size_t len)
{
	for (unsigned n = next_random(seed) % 4 + 1; n > 0; n--) {
		size_t at = next_random(seed) % (len + 1);

		switch (next_random(seed) % 5) {
		case 0: /* cut */ len = at; break;
		case 1: /* an octet of any value */
			octets[at] = (uint8_t)next_random(seed);
			break;
		case 2: /* one bit */
			octets[at] ^= (uint8_t)(1U << next_random(seed) % 8);
			break;
		case 3: /* an octet too many */
			memmove(octets + at + 1, octets + at, len - at);
			octets[at] = (uint8_t)next_random(seed);
			len++;
			break;
		default: /* a piece of another message on the end */
			at = next_random(seed) %
			     (sizeof messages / sizeof messages[0]);
			memcpy(octets + len, messages[at].octets + 5, 20);
			len += 20;
			break;
		}
	}
	return len;
}

/* Whatever the far end sends, libpri behind the tap outlives it. */
static void test_mutations(void **state)
{
	struct fixture *f = *state;
	unsigned seed = 7;
	size_t count = sizeof messages / sizeof messages[0];

	for (unsigned i = 0; i < MUTATIONS; i++) {
		uint8_t octets[256] = { 0 };
		size_t m = next_random(&seed) % count;

		memcpy(octets, messages[m].octets, messages[m].len);
		if (i % 16 == 0)
			call_out(&f->end[USER], 1 + (int)(i % 15));
		send_raw(f, octets, mutate(&seed, octets, messages[m].len));
		if (i % 1000 == 0) {
			fake_time_advance(60000);
			timers(&f->end[USER]);
			f->raw = false;
		}
	}
	assert_true(q931_tap_counters(f->end[USER].tap)->malformed_in > 0);
	assert_alive(f);
}

/* The same one layer down: whole frames, headers included. */
static void test_frame_mutations(void **state)
{
	struct fixture *f = *state;
	unsigned seed = 9;

	for (unsigned i = 0; i < MUTATIONS / 4; i++) {
		uint8_t octets[256] = { 0x02, 0x01, 0x00, 0x00 };
		size_t m = next_random(&seed) %
			   (sizeof messages / sizeof messages[0]);

		octets[2] = (uint8_t)next_random(&seed);
		octets[3] = (uint8_t)next_random(&seed);
		memcpy(octets + 4, messages[m].octets, messages[m].len);
		frame_arrived(&f->end[USER], octets,
			      mutate(&seed, octets, messages[m].len + 4));
		if (i % 100 == 0)
			run(f, 100);
	}
	assert_alive(f);
}

#define ON_LINK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_LINK(test_link_comes_up),
		ON_LINK(test_call_references),
		ON_LINK(test_location),
		ON_LINK(test_release_cause),
		ON_LINK(test_progress_indicator),
		ON_LINK(test_retransmission),
		ON_LINK(test_sequence_numbers),
		ON_LINK(test_hardware_gone),
		ON_LINK(test_hardware_found),
		ON_LINK(test_not_a_frame),
		ON_LINK(test_store_is_bounded),
		ON_LINK(test_status_is_no_reason),
		ON_LINK(test_truncations),
		ON_LINK(test_mutations),
		ON_LINK(test_frame_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
