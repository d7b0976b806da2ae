/* The D channel: the tap with libpri behind it, as the user or the network
 * side, against a peer that sends what the input says.
 *
 * The input is one byte (bit 0: we are the network) and then steps: a kind, a
 * length, and that many bytes. The link is up before the first of them, and
 * time passes only where a step says so.
 *
 * libpri has no pri_free, so each side is made once and brought back between
 * inputs: calls hung up, the line lost, T309 passed. That no call of either
 * side's SETUP outlives this, and that the link then comes up again, is checked
 * as well. libpri does keep a record for a call reference that came in some
 * other message (a STATUS without its call state, say) until a RELEASE COMPLETE
 * comes on it, which is why the peer sends one on each before the next input.
 *
 * Debian's libpri is not instrumented: a read beyond an element is only seen
 * where it leaves the page or ends in one of libc's functions. With a libpri
 * built by clang with -g -fsanitize=address,fuzzer-no-link all is seen, and the
 * fuzzer finds its way in it; in a build-fuzz of its own:
 * make fuzz LIBPRI=.../libpri.a */
#include "dahdi/driver.h"
#include "dahdi/pri_options.h"
#include "dahdi/q931_tap.h"
#include "gateway/log.h"
#include "tests/fake_driver.h"
#include "tests/fake_network.h"
#include "tests/fuzz/fuzz.h"

#include <libpri.h>
#include <string.h>

#define USER 0
#define NETWORK 1

#define STEP_BYTES 2
#define STEPS_MAX 64
#define CALLS_MAX 32
#define REPLIES_MAX 8
/* Events and timers in one go; more is an endless loop. */
#define EVENTS_MAX 2000
#define WAIT_UNIT_MS 250
/* Longer than any timer of libpri's. */
#define LONG_MS 300000

#define SABME_P 0x7f
#define DISC_P 0x53
#define UA_F 0x73
#define PF_BIT 0x10

enum step {
	STEP_MESSAGE, /* from the protocol discriminator on, next I-frame */
	STEP_ON_CALL, /* from the message type on, on our latest call */
	STEP_FRAME,   /* as it is */
	STEP_WAIT,    /* in WAIT_UNIT_MS */
	STEP_CALL,    /* channel, digits */
	STEP_ACT,     /* enum act, cause or progress, on a call */
	STEP_AGAIN,   /* the latest I-frame once more */
	STEP_LINE,    /* 0: lost, 1: found, 2: reset by the peer */
	STEPS
};

enum act {
	ACT_PROCEEDING,
	ACT_ALERTING,
	ACT_PROGRESS,
	ACT_ANSWER,
	ACT_HANGUP,
	ACT_LOCATION,
	ACT_INDICATOR,
	ACT_RESTART,
	ACTS
};

struct one_call {
	q931_call *call; /* NULL: place is free */
	unsigned reference;
	bool ours;
	enum act stage; /* what it got last: never backwards */
};

/* A call reference that the peer used. */
struct reference {
	unsigned call;
	bool ours;
};

/* What the peer's Q.921 owes. Within libpri's write nothing can be sent. */
struct reply {
	uint8_t octets[4];
	size_t len;
};

struct side {
	bool network;
	struct q931_tap *tap;
	struct pri *pri;
	unsigned ups;
	struct one_call call[CALLS_MAX];
	unsigned latest, latest_ours; /* indices */
	struct reference used[STEPS_MAX];
	unsigned used_count;
	/* the peer */
	bool silent; /* answers nothing */
	uint8_t vs, vr;
	struct reply reply[REPLIES_MAX];
	unsigned replies;
	uint8_t again[DCHANNEL_FRAME_MAX];
	size_t again_len;
};

static struct side sides[2];

/* C/R bit of the peer's commands; that of its responses is the other. */
static uint8_t command(const struct side *side)
{
	return side->network ? 0x00 : 0x02;
}

static void owe(struct side *side, uint8_t a, uint8_t b, size_t len)
{
	struct reply *reply = &side->reply[side->replies];

	if (side->silent || side->replies == REPLIES_MAX)
		return;
	*reply = (struct reply){
		.octets = { command(side) ^ 0x02, 0x01, a, b },
		.len = len,
	};
	side->replies++;
}

/* What leaves libpri, as a peer of good will takes it. */
static int frame_write(void *ctx, const uint8_t *frame, size_t len)
{
	struct side *side = ctx;
	uint8_t *copy = malloc(len);

	PROMISED("memory", copy);
	memcpy(copy, frame, len);
	PROMISED("a frame is one", len >= 3 && len <= DCHANNEL_FRAME_MAX);
	if (!(copy[2] & 1)) {
		PROMISED("an I-frame has its header", len >= 4);
		side->vr = (uint8_t)(copy[2] + 2) & 0xfe;
	} else if ((copy[2] & ~PF_BIT) == (SABME_P & ~PF_BIT)) {
		side->vs = side->vr = 0;
		owe(side, UA_F, 0, 3);
	} else if ((copy[2] & 3) == 1 && len >= 4 && copy[3] & 1 &&
		   copy[0] == (command(side) ^ 0x02)) {
		owe(side, 0x01, side->vr | 1, 4);
	}
	free(copy);
	return 0;
}

static void seen(void *ctx, const struct q931_seen *message)
{
	struct side *side = ctx;
	uint8_t *copy = malloc(message->ies_len ? message->ies_len : 1);
	char name[24];
	size_t len;

	if (message->dir == LEG_IN && message->call &&
	    side->used_count < STEPS_MAX)
		side->used[side->used_count++] = (struct reference){
			.call = message->call,
			.ours = message->ours,
		};
	PROMISED("memory", copy);
	memcpy(copy, message->ies, message->ies_len);
	for (unsigned id = 0; id < 256; id++)
		q931_ie_find(copy, message->ies_len, (uint8_t)id, &len);
	PROMISED("every message has a name",
		 *q931_message_name(message->type, name));
	free(copy);
}

static struct one_call *call_new(struct side *side, q931_call *call, bool ours)
{
	int mode = 0, value = pri_get_crv(side->pri, call, &mode);

	for (unsigned i = 0; i < CALLS_MAX; i++) {
		if (side->call[i].call)
			continue;
		side->call[i] = (struct one_call){
			.call = call,
			.reference = (unsigned)value << 3 | (unsigned)mode,
			.ours = ours,
		};
		side->latest = i;
		if (ours)
			side->latest_ours = i;
		return &side->call[i];
	}
	return NULL;
}

static void call_over(struct side *side, const q931_call *call)
{
	for (unsigned i = 0; i < CALLS_MAX; i++) {
		struct one_call *c = &side->call[i];

		if (!c->call || c->call != call)
			continue;
		q931_tap_received(side->tap, c->reference, c->ours);
		q931_tap_forget(side->tap, c->reference, c->ours);
		c->call = NULL;
	}
}

static void ring(struct side *side, const pri_event_ring *event)
{
	PROMISED("numbers end",
		 strnlen(event->callednum, sizeof event->callednum) <
				 sizeof event->callednum &&
			 strnlen(event->callingnum, sizeof event->callingnum) <
				 sizeof event->callingnum);
	if (!call_new(side, event->call, false))
		pri_hangup(side->pri, event->call, 34);
}

static void handle(struct side *side, const pri_event *event)
{
	switch (event->e) {
	case PRI_EVENT_DCHAN_UP: side->ups++; break;
	case PRI_EVENT_RING: ring(side, &event->ring); break;
	case PRI_EVENT_HANGUP_REQ:
	case PRI_EVENT_HANGUP:
		pri_hangup(side->pri, event->hangup.call, event->hangup.cause);
		break;
	case PRI_EVENT_HANGUP_ACK: call_over(side, event->hangup.call); break;
	default: break;
	}
}

static void pump(struct side *side)
{
	unsigned left = EVENTS_MAX;
	pri_event *event;

	while ((event = pri_check_event(side->pri))) {
		handle(side, event);
		PROMISED("events end", --left);
	}
	while ((event = pri_schedule_run(side->pri))) {
		handle(side, event);
		PROMISED("timers end", --left);
	}
}

static void arrive(struct side *side, const uint8_t *frame, size_t len)
{
	/* Of its own, so that a byte too many is seen. */
	uint8_t *copy = malloc(len ? len : 1);

	PROMISED("memory", copy);
	memcpy(copy, frame, len);
	if (q931_tap_frame_in(side->tap, copy, len) == 0)
		pump(side);
	free(copy);
}

/* The peer's Q.921 answers. */
static void replies(struct side *side)
{
	for (unsigned rounds = 0; side->replies && rounds < 8; rounds++) {
		struct reply reply[REPLIES_MAX];
		unsigned count = side->replies;

		memcpy(reply, side->reply, sizeof reply);
		side->replies = 0;
		for (unsigned i = 0; i < count; i++)
			arrive(side, reply[i].octets, reply[i].len);
	}
}

static void information(struct side *side, const uint8_t *head, size_t head_len,
			const uint8_t *rest, size_t rest_len)
{
	uint8_t *frame = side->again;

	frame[0] = command(side);
	frame[1] = 0x01;
	frame[2] = side->vs;
	frame[3] = side->vr;
	memcpy(frame + 4, head, head_len);
	memcpy(frame + 4 + head_len, rest, rest_len);
	side->again_len = 4 + head_len + rest_len;
	side->vs = (uint8_t)(side->vs + 2);
	arrive(side, frame, side->again_len);
}

static void place_call(struct side *side, const uint8_t *data, size_t size)
{
	q931_call *call = pri_new_call(side->pri);
	struct pri_sr *sr = pri_sr_new();
	char digits[32] = "5550100";

	PROMISED("memory", call && sr);
	if (size > 1)
		snprintf(digits, sizeof digits, "%.*s", (int)size - 1,
			 (const char *)data + 1);
	pri_sr_set_channel(sr, size ? 1 + data[0] % 30 : 1,
			   size && data[0] & 0x80, 0);
	pri_sr_set_bearer(sr, PRI_TRANS_CAP_3_1K_AUDIO, PRI_LAYER_1_ALAW);
	pri_sr_set_called(sr, digits, 0x41, 1);
	if (!call_new(side, call, true))
		pri_destroycall(side->pri, call);
	else
		pri_setup(side->pri, call, sr);
	pri_sr_free(sr);
}

/* On the latest call of ours; there is one. */
static void on_call(struct side *side, const uint8_t *data, size_t size)
{
	struct one_call *c = &side->call[side->latest_ours];

	if (!c->call || !c->ours)
		place_call(side, NULL, 0);
	c = &side->call[side->latest_ours];
	if (c->call) {
		const uint8_t head[] = { 0x08, 0x02,
					 (uint8_t)(0x80 | c->reference >> 8),
					 (uint8_t)c->reference };

		information(side, head, sizeof head, data, size);
	}
}

/* What a call of the peer's gets, in the order that a gateway keeps. */
static void advance(struct side *side, struct one_call *c, enum act act,
		    uint8_t value)
{
	if (c->ours || act < c->stage || (act == c->stage && act == ACT_ANSWER))
		return;
	c->stage = act;
	switch (act) {
	case ACT_PROCEEDING: pri_proceeding(side->pri, c->call, 1, 0); break;
	case ACT_ALERTING:
		pri_acknowledge(side->pri, c->call, 1, value & 1);
		break;
	case ACT_PROGRESS:
		pri_progress(side->pri, c->call, 1, value & 1);
		break;
	default: pri_answer(side->pri, c->call, 1, 0); break;
	}
}

static void act(struct side *side, const uint8_t *data, size_t size)
{
	enum act act = size ? data[0] % ACTS : ACT_HANGUP;
	uint8_t value = size > 1 ? data[1] : 16;
	struct one_call *c = &side->call[side->latest];

	if (act == ACT_RESTART) {
		pri_reset(side->pri, 1 + value % 30);
		return;
	}
	if (size > 2)
		c = &side->call[data[2] % CALLS_MAX];
	if (!c->call)
		return;
	if (act == ACT_HANGUP) {
		pri_hangup(side->pri, c->call, value & 0x7f);
	} else if (act == ACT_LOCATION) {
		q931_tap_send_location(side->tap, c->reference, c->ours,
				       value & 0x0f);
	} else if (act == ACT_INDICATOR) {
		q931_tap_send_progress(side->tap, c->reference, c->ours,
				       value & 1 ? Q931_DISCONNECT
						 : Q931_ALERTING,
				       value >> 4, 2);
	} else {
		advance(side, c, act, value);
	}
}

static void line(struct side *side, const uint8_t *data, size_t size)
{
	const uint8_t sabme[] = { command(side), 0x01, SABME_P };

	switch (size ? data[0] % 3 : 0) {
	case 0: q931_tap_link_lost(side->tap); break;
	case 1: q931_tap_link_found(side->tap); break;
	default:
		side->vs = side->vr = 0;
		arrive(side, sabme, sizeof sabme);
		break;
	}
}

static void step(struct side *side, uint8_t kind, const uint8_t *data,
		 size_t size)
{
	switch (kind % STEPS) {
	case STEP_MESSAGE: information(side, data, 0, data, size); break;
	case STEP_ON_CALL: on_call(side, data, size); break;
	case STEP_FRAME: arrive(side, data, size); break;
	case STEP_WAIT:
		fake_time_advance(size ? data[0] * WAIT_UNIT_MS : 0);
		break;
	case STEP_CALL: place_call(side, data, size); break;
	case STEP_ACT: act(side, data, size); break;
	case STEP_AGAIN: arrive(side, side->again, side->again_len); break;
	default: line(side, data, size); break;
	}
	pump(side);
	replies(side);
}

/* Until the link stands; each end may have lost it in any state. */
static void bring_up(struct side *side)
{
	const uint8_t sabme[] = { command(side), 0x01, SABME_P };
	unsigned ups = side->ups;

	side->silent = false;
	for (unsigned i = 0; i < 20 && side->ups == ups; i++) {
		arrive(side, sabme, sizeof sabme);
		side->vs = side->vr = 0;
		replies(side);
		fake_time_advance(1000);
		pump(side);
		replies(side);
	}
	PROMISED("the link comes up again", side->ups != ups);
}

static void lose_line(struct side *side)
{
	side->silent = true;
	side->replies = 0;
	q931_tap_link_lost(side->tap);
	/* Each repetition of a timer is one of these. */
	for (unsigned i = 0; i < 10; i++) {
		pump(side);
		fake_time_advance(LONG_MS);
	}
}

static void end_calls(struct side *side)
{
	int mode;

	for (unsigned i = 0; i < CALLS_MAX; i++)
		if (side->call[i].call)
			pri_hangup(side->pri, side->call[i].call, 16);
	pump(side);
	lose_line(side);
	for (unsigned i = 0; i < CALLS_MAX; i++) {
		struct one_call *c = &side->call[i];

		if (!c->call)
			continue;
		PROMISED("a call ends with its line",
			 pri_get_crv(side->pri, c->call, &mode) < 0);
		call_over(side, c->call);
	}
}

/* What libpri holds beside the calls. */
static void end_records(struct side *side)
{
	unsigned count = side->used_count;

	if (fake_libpri_calls(side->pri)) {
		bring_up(side);
		for (unsigned i = 0; i < count; i++) {
			const struct reference *r = &side->used[i];
			const uint8_t message[] = {
				0x08,
				0x02,
				(uint8_t)((r->ours ? 0x80 : 0) | r->call >> 8),
				(uint8_t)r->call,
				Q931_RELEASE_COMPLETE,
			};

			information(side, message, sizeof message, message, 0);
		}
		lose_line(side);
	}
	PROMISED("nothing is left", fake_libpri_calls(side->pri) == 0);
	for (unsigned i = 0; i < side->used_count; i++)
		q931_tap_forget(side->tap, side->used[i].call,
				side->used[i].ours);
	side->used_count = 0;
	side->again_len = 0;
}

static void side_new(struct side *side, bool network)
{
	const struct conf_span conf = { .number = 1 };
	const struct q931_tap_config cfg = {
		.network_side = network,
		.object = network ? "network" : "user",
		.frame_write = frame_write,
		.seen = seen,
		.ctx = side,
	};

	side->network = network;
	PROMISED("memory", q931_tap_new(&side->tap, &cfg) == 0);
	side->pri = q931_tap_pri(side->tap);
	pri_options_apply(side->pri, &conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	struct side *side;

	if (!sides[USER].pri) {
		log_open("fuzz", 0, LOG_EMERG);
		fake_time_start();
		side_new(&sides[USER], false);
		side_new(&sides[NETWORK], true);
	}
	if (!size)
		return 0;
	side = &sides[*data++ & 1];
	bring_up(side);
	for (unsigned i = 0; i < STEPS_MAX && end - data >= STEP_BYTES; i++) {
		uint8_t kind = data[0];
		size_t len = data[1];

		data += STEP_BYTES;
		if (len > (size_t)(end - data))
			len = (size_t)(end - data);
		step(side, kind, data, len);
		data += len;
	}
	end_calls(side);
	end_records(side);
	return 0;
}
