#include "tests/fake_user.h"

#include "dahdi/pri_number.h"
#include "gateway/clock.h"
#include "gateway/loop.h"

#include <assert.h>
#include <libpri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define CALLS_MAX 256

struct fake_user {
	struct loop *loop;
	struct driver *driver;
	struct q931_tap *tap;
	struct timer due;
	bool up, stalled, deaf, waits;
	bool tells_calling;
	struct call_identity tells, told;
	unsigned alarms;
	struct fake_message messages[FAKE_USER_MESSAGES];
	size_t message_count;
	unsigned setups[FAKE_USER_MESSAGES]; /* their call references */
	size_t setup_count;
	char story[512];
	struct {
		unsigned cref;
		q931_call *call;
	} calls[CALLS_MAX];
	size_t call_count;

	enum fake_user_does does;
	unsigned takes_channel;
	struct fake_ring ring;
	unsigned rang;

	struct tdm *tdm;
	struct loop_fd *watch;
	enum g711_law law;
	enum fake_voice voice[TDM_TIMESLOTS + 1];
	uint8_t counter[TDM_TIMESLOTS + 1];
	void (*filter)(void *ctx, unsigned channel, uint8_t *block);
	void *filter_ctx;
	unsigned listening;
	uint8_t heard[FAKE_USER_HEARD];
	size_t heard_count;
};

static void note(void *ctx, const struct q931_seen *seen)
{
	struct fake_user *user = ctx;
	struct fake_message *m = &user->messages[user->message_count];
	const uint8_t *ie;
	size_t len;

	if (seen->dir == LEG_OUT && seen->type == Q931_SETUP &&
	    user->setup_count < FAKE_USER_MESSAGES)
		user->setups[user->setup_count++] = seen->call;
	if (seen->dir != LEG_IN || user->message_count == FAKE_USER_MESSAGES)
		return;
	user->message_count++;
	*m = (struct fake_message){ .cref = seen->call, .type = seen->type };
	ie = q931_ie_find(seen->ies, seen->ies_len, 0x08, &len);
	if (ie && len >= 2) {
		m->location = ie[0] & 0x0f;
		m->cause = ie[1] & 0x7f;
	}
	ie = q931_ie_find(seen->ies, seen->ies_len, 0x1e, &len);
	if (ie && len >= 2) {
		m->progress_location = ie[0] & 0x0f;
		m->progress = ie[1] & 0x7f;
	}
	ie = q931_ie_find(seen->ies, seen->ies_len, 0x18, &len);
	if (ie && len >= 3)
		m->channel = ie[len - 1] & 0x7f;
}

static void forget(struct fake_user *user, const q931_call *call)
{
	for (size_t i = 0; i < user->call_count; i++)
		if (user->calls[i].call == call)
			user->calls[i].call = NULL;
}

static unsigned remember(struct fake_user *user, q931_call *call)
{
	int mode = 0;
	unsigned cref =
		(unsigned)pri_get_crv(q931_tap_pri(user->tap), call, &mode)
		<< 3;

	cref |= (unsigned)mode;
	assert(user->call_count < CALLS_MAX);
	user->calls[user->call_count].cref = cref;
	user->calls[user->call_count++].call = call;
	return cref;
}

static void answer(struct fake_user *user, q931_call *call, int channel)
{
	struct pri *pri = q931_tap_pri(user->tap);

	pri_connected_put(pri, call, &user->tells.connected);
	pri_answer(pri, call, channel, 0);
}

static void note_ring(struct fake_user *user, const pri_event_ring *ring)
{
	user->ring = (struct fake_ring){
		.called_plan = ring->calledplan,
		.calling_plan = ring->callingplan,
		.presentation = ring->callingpres,
		.bearer = ring->ctype,
		.channel = (unsigned)ring->channel & 0xff,
		.flexible = ring->flexible,
	};
	identity_received(&user->told, ring);
	snprintf(user->ring.called, sizeof user->ring.called, "%.60s",
		 ring->callednum);
	snprintf(user->ring.calling, sizeof user->ring.calling, "%.60s",
		 ring->callingnum);
}

static void on_ring(struct fake_user *user, const pri_event_ring *ring)
{
	struct pri *pri = q931_tap_pri(user->tap);
	q931_call *call = ring->call;
	int channel =
		user->takes_channel ? (int)user->takes_channel : ring->channel;

	note_ring(user, ring);
	user->rang = remember(user, call);
	switch (user->does) {
	case FAKE_SILENT: return;
	case FAKE_REFUSES_AT_ONCE:
		forget(user, call);
		pri_hangup(pri, call, 44);
		return;
	case FAKE_ANSWERS: answer(user, call, channel); return;
	default: pri_proceeding(pri, call, channel, 0); break;
	}
	if (user->does == FAKE_PROGRESSES)
		pri_progress(pri, call, channel, 1);
	if (user->does == FAKE_ALERTS || user->does == FAKE_ANSWERS_ALERTED)
		pri_acknowledge(pri, call, channel, 0);
	if (user->does == FAKE_ANSWERS_ALERTED)
		answer(user, call, channel);
	if (user->does == FAKE_REFUSES)
		pri_hangup(pri, call, 17);
}

static void handle(struct fake_user *user, pri_event *event)
{
	struct pri *pri = q931_tap_pri(user->tap);

	switch (event->e) {
	case PRI_EVENT_RING: on_ring(user, &event->ring); break;
	case PRI_EVENT_ANSWER:
		pri_connected_get(&user->told.connected, event->answer.subcmds);
		break;
	case PRI_EVENT_DCHAN_UP: user->up = true; break;
	case PRI_EVENT_DCHAN_DOWN: user->up = false; break;
	case PRI_EVENT_HANGUP_REQ:
		if (!user->waits)
			pri_hangup(pri, event->hangup.call,
				   event->hangup.cause);
		break;
	case PRI_EVENT_HANGUP:
		forget(user, event->hangup.call);
		pri_hangup(pri, event->hangup.call, event->hangup.cause);
		break;
	case PRI_EVENT_HANGUP_ACK: forget(user, event->hangup.call); break;
	default: break;
	}
}

static void serve(void *arg)
{
	struct fake_user *user = arg;
	struct pri *pri = q931_tap_pri(user->tap);
	const struct timeval *next;
	pri_event *event;
	uint64_t due_ms, now_ms = clock_now_ms();

	while ((event = pri_schedule_run(pri)))
		handle(user, event);
	next = pri_schedule_next(pri);
	if (!next)
		return;
	due_ms = (uint64_t)next->tv_sec * 1000 +
		 (uint64_t)next->tv_usec / 1000 + 1;
	timer_start(loop_timers(user->loop), &user->due,
		    due_ms > now_ms ? (uint32_t)(due_ms - now_ms) : 0);
}

static void on_frame(void *ctx, const uint8_t *frame, size_t len)
{
	struct fake_user *user = ctx;
	pri_event *event;

	if (user->deaf)
		return;
	if (q931_tap_frame_in(user->tap, frame, len) == 0) {
		event = pri_check_event(q931_tap_pri(user->tap));
		if (event)
			handle(user, event);
	}
	serve(user);
}

static int frame_write(void *ctx, const uint8_t *frame, size_t len)
{
	struct fake_user *user = ctx;

	return user->driver->ops->frame_write(user->driver, frame, len);
}

static void listen_to(struct fake_user *user, const uint8_t *block)
{
	if (user->heard_count + TDM_BLOCK_BYTES > FAKE_USER_HEARD)
		return;
	memcpy(user->heard + user->heard_count, block, TDM_BLOCK_BYTES);
	user->heard_count += TDM_BLOCK_BYTES;
}

/* `block` was heard and becomes what is sent. */
static void speak(struct fake_user *user, unsigned n, uint8_t *block)
{
	switch (user->voice[n]) {
	case FAKE_IDLE:
		memset(block, g711_idle(user->law), TDM_BLOCK_BYTES);
		break;
	case FAKE_COUNT:
		for (unsigned i = 0; i < TDM_BLOCK_BYTES; i++)
			block[i] = user->counter[n]++;
		break;
	case FAKE_CUSTOM: user->filter(user->filter_ctx, n, block); break;
	case FAKE_LOOP: break;
	}
}

static void tick(void *arg, unsigned ready)
{
	struct fake_user *user = arg;
	struct tdm_block block;

	(void)ready;
	while (user->tdm && !user->stalled &&
	       user->tdm->ops->read(user->tdm, &block) == 1) {
		if (user->listening)
			listen_to(user, block.timeslot[user->listening - 1]);
		for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
			speak(user, n, block.timeslot[n - 1]);
		user->tdm->ops->write(user->tdm, &block);
	}
}

static void on_down(void *ctx, const char *why)
{
	struct fake_user *user = ctx;

	(void)why;
	loop_fd_del(user->watch);
	user->watch = NULL;
	if (user->tdm)
		user->tdm->ops->close(user->tdm);
	user->tdm = NULL;
}

static void on_up(void *ctx, struct tdm *tdm, enum g711_law law)
{
	struct fake_user *user = ctx;
	int err;

	user->tdm = tdm;
	user->law = law;
	err = loop_fd_add(user->loop, tdm->fd, LOOP_IN, tick, user,
			  &user->watch);
	assert(!err);
	(void)err;
}

static void on_alarm(void *ctx, unsigned alarms)
{
	((struct fake_user *)ctx)->alarms = alarms;
}

static const struct driver_events events = { on_up, on_down, on_alarm,
					     on_frame };

int fake_user_new(struct fake_user **out, struct loop *loop, const char *path,
		  unsigned span)
{
	struct fake_user *user = calloc(1, sizeof *user);
	const struct driver_virtual_config cfg = { .path = path,
						   .span = span,
						   .object = "user" };
	struct q931_tap_config tap = { .object = "user",
				       .frame_write = frame_write,
				       .seen = note,
				       .ctx = user };
	int err;

	user->loop = loop;
	timer_init(&user->due, "libpri", serve, user);
	err = driver_virtual_new(&user->driver, loop, &cfg, &events, user);
	if (!err)
		err = q931_tap_new(&user->tap, &tap);
	if (err) {
		free(user);
		return err;
	}
	pri_hangup_fix_enable(q931_tap_pri(user->tap), 1);
	serve(user);
	*out = user;
	return 0;
}

void fake_user_free(struct fake_user *user)
{
	if (!user)
		return;
	timer_stop(&user->due);
	on_down(user, "");
	user->driver->ops->free(user->driver);
	q931_tap_free(user->tap);
	free(user);
}

bool fake_user_up(const struct fake_user *user)
{
	return user->up;
}

unsigned fake_user_alarms(const struct fake_user *user)
{
	return user->alarms;
}

unsigned fake_user_call(struct fake_user *user, unsigned channel,
			bool exclusive, const char *called)
{
	struct pri *pri = q931_tap_pri(user->tap);
	q931_call *call = pri_new_call(pri);
	struct pri_sr *sr = pri_sr_new();
	unsigned cref;

	if (channel)
		pri_sr_set_channel(sr, (int)channel, exclusive, 0);
	else
		pri_sr_set_channel(sr, 0xff, 0, 0);
	pri_sr_set_bearer(sr, PRI_TRANS_CAP_3_1K_AUDIO, PRI_LAYER_1_ALAW);
	pri_sr_set_called(sr, (char *)(uintptr_t)called, PRI_LOCAL_ISDN, 1);
	if (user->tells_calling) {
		struct call_identity identity = user->tells;

		identity.called.present = false;
		identity_send(&identity, sr);
	} else {
		pri_sr_set_caller(sr, (char *)(uintptr_t) "4930123456", NULL,
				  PRI_NATIONAL_ISDN,
				  PRES_ALLOWED_USER_NUMBER_NOT_SCREENED);
	}
	pri_setup(pri, call, sr);
	pri_sr_free(sr);
	cref = remember(user, call);
	serve(user);
	return cref;
}

void fake_user_tells(struct fake_user *user,
		     const struct call_identity *identity)
{
	user->tells_calling = true;
	user->tells = *identity;
	pri_facility_enable(q931_tap_pri(user->tap));
}

const struct call_identity *fake_user_told(const struct fake_user *user)
{
	return &user->told;
}

void fake_user_waits(struct fake_user *user)
{
	user->waits = true;
}

void fake_user_takes(struct fake_user *user, enum fake_user_does does,
		     unsigned channel)
{
	user->does = does;
	user->takes_channel = channel;
}

unsigned fake_user_rang(const struct fake_user *user, struct fake_ring *out)
{
	if (out)
		*out = user->ring;
	return user->rang;
}

void fake_user_answer(struct fake_user *user, unsigned cref)
{
	for (size_t i = 0; i < user->call_count; i++)
		if (user->calls[i].cref == cref && user->calls[i].call)
			answer(user, user->calls[i].call, 0);
	serve(user);
}

void fake_user_clear(struct fake_user *user, unsigned cref, uint8_t cause)
{
	for (size_t i = 0; i < user->call_count; i++)
		if (user->calls[i].cref == cref && user->calls[i].call)
			pri_hangup(q931_tap_pri(user->tap), user->calls[i].call,
				   cause);
	serve(user);
}

void fake_user_hangup(struct fake_user *user, unsigned cref)
{
	fake_user_clear(user, cref, 16);
}

void fake_user_restart(struct fake_user *user, unsigned channel)
{
	pri_reset(q931_tap_pri(user->tap), channel ? (int)channel : -1);
	serve(user);
}

size_t fake_user_count(const struct fake_user *user, unsigned cref,
		       uint8_t type)
{
	size_t count = 0;

	for (size_t i = 0; i < user->message_count; i++)
		count += user->messages[i].cref == cref &&
			 user->messages[i].type == type;
	return count;
}

size_t fake_user_setups(const struct fake_user *user, unsigned cref)
{
	size_t count = 0;

	for (size_t i = 0; i < user->setup_count; i++)
		count += user->setups[i] == cref;
	return count;
}

const struct fake_message *fake_user_message(const struct fake_user *user,
					     unsigned cref, uint8_t type)
{
	for (size_t i = 0; i < user->message_count; i++)
		if (user->messages[i].cref == cref &&
		    user->messages[i].type == type)
			return &user->messages[i];
	return NULL;
}

const char *fake_user_story(struct fake_user *user, unsigned cref)
{
	size_t used = 0;
	char name[24];

	user->story[0] = 0;
	for (size_t i = 0; i < user->message_count; i++) {
		const struct fake_message *m = &user->messages[i];

		if (m->cref != cref || used >= sizeof user->story)
			continue;
		used += (size_t)snprintf(user->story + used,
					 sizeof user->story - used, "%s%s",
					 used ? ", " : "",
					 q931_message_name(m->type, name));
	}
	return user->story;
}

void fake_user_voice(struct fake_user *user, unsigned channel,
		     enum fake_voice voice)
{
	user->voice[channel] = voice;
}

void fake_user_filter(struct fake_user *user,
		      void (*fn)(void *ctx, unsigned channel, uint8_t *block),
		      void *ctx)
{
	user->filter = fn;
	user->filter_ctx = ctx;
}

void fake_user_listen(struct fake_user *user, unsigned channel)
{
	user->listening = channel;
	user->heard_count = 0;
}

size_t fake_user_heard(const struct fake_user *user, const uint8_t **out)
{
	*out = user->heard;
	return user->heard_count;
}

void fake_user_stall(struct fake_user *user, bool stall)
{
	user->stalled = stall;
}

void fake_user_deaf(struct fake_user *user, bool deaf)
{
	user->deaf = deaf;
}
