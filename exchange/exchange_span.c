/* Events come from three sides: frames and the line's state from the driver,
 * libpri's timers, and the plans of the calls. Each ends in serve(), which
 * takes from libpri what has become due meanwhile.
 *
 * libpri has no pri_free: span, tap and struct pri live as long as the program,
 * and gateways come and go under them.
 */
#include "exchange/exchange_span.h"

#include "dahdi/driver_dahdi.h"
#include "dahdi/pri_number.h"
#include "exchange/frame_delay.h"
#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/loop.h"
#include "media/gain.h"

#include <errno.h>
#include <libpri.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

/* A card plays what it was given, and idle when it has nothing: two blocks in
 * hand let us be late by as much. */
#define PRIME_BLOCKS 2
#define CHANNEL_OF(libpri_channel) ((unsigned)(libpri_channel)&0xff)
#define CHANNEL_ANY 0xff
#define NO_REFERENCE UINT_MAX

struct exchange_span {
	struct exchange_span_config cfg;
	char object[24];
	struct driver *driver;
	struct q931_tap *tap;
	struct frame_delay from_user, to_user;
	struct timer libpri_due;
	bool attached, layer1_down, dchannel_cut, dchannel_up;
	unsigned alarms;

	struct tdm *tdm;
	struct loop_fd *tick_watch;
	bool primed;
	struct gain *loss;    /* NULL: none */
	struct tdm_block out; /* idle where no call is */

	struct exchange_call *call[TDM_TIMESLOTS + 1];
	uint32_t busy; /* bit n: timeslot n has a call */
	/* The call reference of the RELEASE COMPLETE in the frame that libpri
	 * is reading, or that it answered it with; NO_REFERENCE when there is
	 * none. */
	unsigned completed;
};

static void handle(struct exchange_span *span, pri_event *event);

static const struct line_desc *line_of(const struct exchange_span *span)
{
	return line_desc(span->cfg.line.type);
}

static uint8_t idle_of(const struct exchange_span *span)
{
	return g711_idle(line_of(span)->law);
}

/* libpri's schedule, after every use of it: what is due now, and when to look
 * again. */
static void serve(void *ctx)
{
	struct exchange_span *span = ctx;
	struct pri *pri = q931_tap_pri(span->tap);
	const struct timeval *next;
	uint64_t due_ns, now_ns;
	pri_event *event;

	while ((event = pri_schedule_run(pri)))
		handle(span, event);
	next = pri_schedule_next(pri);
	if (!next) {
		timer_stop(&span->libpri_due);
		return;
	}
	/* On clock_now_ns: libpri's gettimeofday is ours. */
	due_ns = (uint64_t)next->tv_sec * NS_PER_S +
		 (uint64_t)next->tv_usec * 1000;
	now_ns = clock_now_ns();
	timer_start(loop_timers(span->cfg.loop), &span->libpri_due,
		    due_ns <= now_ns
			    ? 0
			    : (uint32_t)((due_ns - now_ns + NS_PER_MS - 1) /
					 NS_PER_MS));
}

/* By libpri's pointer, which is valid until its call is over: a call that is
 * over is not in the table, so a pointer used again finds nobody. */
static struct exchange_call *find(struct exchange_span *span,
				  const q931_call *libpri_call)
{
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
		if (span->call[n] &&
		    exchange_call_is(span->call[n], libpri_call))
			return span->call[n];
	return NULL;
}

/* The timeslot plays idle from the next block on. */
static void leave_channel(struct exchange_span *span, unsigned channel)
{
	span->call[channel] = NULL;
	span->busy &= ~(UINT32_C(1) << channel);
	memset(span->out.timeslot[channel - 1], idle_of(span), TDM_BLOCK_BYTES);
}

static void call_over(void *ctx, struct exchange_call *call)
{
	struct exchange_span *span = ctx;
	struct call_record record;

	exchange_call_record(call, &record);
	leave_channel(span, record.channel);
	span->cfg.ended(span->cfg.ctx, &record);
	exchange_call_retire(call, span->cfg.loop);
}

static bool is_b_channel(const struct exchange_span *span, unsigned n)
{
	return n >= 1 && n <= TDM_TIMESLOTS &&
	       (line_of(span)->channels & UINT32_C(1) << n);
}

/* The channel for a SETUP (Q.931 5.2.3.1): the one that it names, another one
 * when it only prefers that, any when it names none. 0 and the cause. */
static unsigned choose_channel(const struct exchange_span *span,
			       const pri_event_ring *ring, uint8_t *cause)
{
	unsigned asked = CHANNEL_OF(ring->channel);
	bool any = ring->channel == -1 || asked == CHANNEL_ANY;

	if (!any && !is_b_channel(span, asked)) {
		*cause = CAUSE_CHANNEL_NOT_EXIST;
		return 0;
	}
	if (!any && !span->call[asked])
		return asked;
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
		if ((any || ring->flexible) && is_b_channel(span, n) &&
		    !span->call[n])
			return n;
	*cause = any || ring->flexible ? CAUSE_NO_CIRCUIT
				       : CAUSE_CHANNEL_NOT_AVAILABLE;
	return 0;
}

/* RELEASE COMPLETE as the first answer (Q.931 5.1.2). */
static void refuse(struct exchange_span *span, q931_call *libpri_call,
		   struct call_record *record, uint8_t cause)
{
	record->state = CALL_OVER;
	record->clear_ms = record->end_ms = record->setup_ms;
	record->ended_by = CALL_END_EXCHANGE;
	record->cause = cause;
	record->location = LOCATION_LOCAL_NETWORK;
	q931_tap_send_location(span->tap, record->cref, false,
			       LOCATION_LOCAL_NETWORK);
	pri_hangup(q931_tap_pri(span->tap), libpri_call, cause);
	q931_tap_forget(span->tap, record->cref, false);
	log_line(LOG_INFO, span->object,
		 "call=%u SETUP for channel %u refused: cause %u", record->id,
		 record->channel, cause);
	span->cfg.ended(span->cfg.ctx, record);
}

static void fill_record(struct exchange_span *span, const pri_event_ring *ring,
			struct call_record *record)
{
	int mode = 0;
	int value = pri_get_crv(q931_tap_pri(span->tap), ring->call, &mode);

	*record = (struct call_record){
		.id = span->cfg.next_id(span->cfg.ctx),
		.span = span->cfg.number,
		.channel = CHANNEL_OF(ring->channel),
		.cref = (unsigned)value << 3 | (unsigned)mode,
		.test = "",
		.setup_utc_ns = clock_calendar_ns(),
		.setup_ms = clock_now_ms(),
	};
	identity_received(&record->identity, ring);
}

static void new_call(struct exchange_span *span, const pri_event_ring *ring)
{
	struct exchange_call *call;
	struct call_record record;
	struct test_plan plan;
	struct exchange_call_config cfg = {
		.tap = span->tap,
		.timers = loop_timers(span->cfg.loop),
		.tones = span->cfg.tones,
		.law = line_of(span)->law,
		.libpri_call = ring->call,
		.plan = &plan,
		.record = &record,
		.acted = serve,
		.over = call_over,
		.ctx = span,
	};
	uint8_t cause = CAUSE_TEMPORARY_FAILURE;
	unsigned channel;

	fill_record(span, ring, &record);
	channel = choose_channel(span, ring, &cause);
	if (!channel) {
		refuse(span, ring->call, &record, cause);
		return;
	}
	record.channel = channel;
	test_plan_make(&plan, span->cfg.prefix, ring->callednum);
	record.test = plan.test;
	if (exchange_call_new(&call, &cfg) < 0) {
		refuse(span, ring->call, &record, cause);
		return;
	}
	span->call[channel] = call;
	span->busy |= UINT32_C(1) << channel;
}

static unsigned highest_free(const struct exchange_span *span)
{
	for (unsigned n = TDM_TIMESLOTS; n > 0; n--)
		if (is_b_channel(span, n) && !span->call[n])
			return n;
	return 0;
}

static int place_call(struct exchange_span *span,
		      const struct call_order *order,
		      struct call_record *record)
{
	struct exchange_call_config cfg = {
		.tap = span->tap,
		.timers = loop_timers(span->cfg.loop),
		.tones = span->cfg.tones,
		.law = line_of(span)->law,
		.record = record,
		.acted = serve,
		.over = call_over,
		.ctx = span,
	};
	struct exchange_call *call;
	int err;

	if (!span->dchannel_up)
		return -ENETDOWN;
	record->channel = highest_free(span);
	if (!record->channel)
		return -EBUSY;
	err = exchange_call_originate(&call, &cfg, order);
	if (err < 0)
		return err;
	span->call[record->channel] = call;
	span->busy |= UINT32_C(1) << record->channel;
	exchange_call_record(call, record);
	return 0;
}

int exchange_span_originate(struct exchange_span *span,
			    const struct call_order *order,
			    struct call_record *out)
{
	int err;

	*out = (struct call_record){
		.id = span->cfg.next_id(span->cfg.ctx),
		.span = span->cfg.number,
		.to_user = true,
		.test = "",
		.setup_utc_ns = clock_calendar_ns(),
		.setup_ms = clock_now_ms(),
	};
	out->identity = order->identity;
	err = place_call(span, order, out);
	if (!err) {
		serve(span);
		return 0;
	}
	out->state = CALL_OVER;
	out->clear_ms = out->end_ms = out->setup_ms;
	out->ended_by = CALL_END_EXCHANGE;
	out->cause = err == -ENETDOWN ? CAUSE_NETWORK_OUT_OF_ORDER
				      : CAUSE_NO_CIRCUIT;
	out->location = LOCATION_LOCAL_NETWORK;
	log_line(LOG_INFO, span->object, "call=%u not made: cause %u", out->id,
		 out->cause);
	span->cfg.ended(span->cfg.ctx, out);
	return err;
}

static void connected(struct exchange_span *span,
		      const pri_event_answer *answer)
{
	struct exchange_call *call = find(span, answer->call);
	struct leg_number number;

	pri_connected_get(&number, answer->subcmds);
	if (call)
		exchange_call_connected(call, &number);
}

/* What the user says to a call of ours. Its first word may name another
 * channel than the preferred one (Q.931 5.2.3.1). */
static void answered(struct exchange_span *span, const q931_call *libpri_call,
		     int libpri_channel, uint8_t event)
{
	struct exchange_call *call = find(span, libpri_call);
	unsigned channel = CHANNEL_OF(libpri_channel);
	struct call_record record;

	if (!call)
		return;
	exchange_call_record(call, &record);
	if (exchange_call_fixes_channel(call) && libpri_channel > 0 &&
	    channel != record.channel) {
		if (!is_b_channel(span, channel) || span->call[channel]) {
			exchange_call_reject_channel(call);
			return;
		}
		leave_channel(span, record.channel);
		exchange_call_move(call, channel);
		span->call[channel] = call;
		span->busy |= UINT32_C(1) << channel;
	}
	exchange_call_answered(call, event);
}

/* DISCONNECT, RELEASE, RELEASE COMPLETE. A call that we do not know, because a
 * restart took it, still has to be ended in libpri or it would stay there. */
static void cleared(struct exchange_span *span, const pri_event_hangup *hangup,
		    enum exchange_call_event event)
{
	struct exchange_call *call = find(span, hangup->call);

	if (call)
		exchange_call_message(call, event, hangup->cause,
				      !span->dchannel_up);
	else if (event != CALL_EV_RELEASED)
		pri_hangup(q931_tap_pri(span->tap), hangup->call,
			   hangup->cause);
}

static bool has_call(const struct exchange_span *span, unsigned channel)
{
	return channel <= TDM_TIMESLOTS && span->call[channel];
}

/* Q.931 5.5. libpri acknowledges. A gateway that has just started restarts each
 * channel: thirty lines would say nothing. */
static void restart(struct exchange_span *span, int libpri_channel)
{
	unsigned channel = CHANNEL_OF(libpri_channel);
	bool all = libpri_channel == -1 || channel == CHANNEL_ANY;

	if (all)
		log_line(LOG_NOTICE, span->object,
			 "the user restarts every channel");
	else
		log_line(has_call(span, channel) ? LOG_NOTICE : LOG_DEBUG,
			 span->object, "the user restarts channel %u", channel);
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
		if (span->call[n] && (all || n == channel))
			exchange_call_restart(span->call[n]);
}

/* libpri clears what is in setup when the link is lost (Q.931 5.8.9), but for
 * calls whose SETUP has no answer: it tells nothing of those. */
static void clear_unanswered(struct exchange_span *span)
{
	struct call_record record;

	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++) {
		if (!span->call[n])
			continue;
		exchange_call_record(span->call[n], &record);
		if (!record.to_user && record.state == CALL_PRESENT)
			exchange_call_message(
				span->call[n], CALL_EV_RELEASED,
				PRI_CAUSE_DESTINATION_OUT_OF_ORDER, true);
	}
}

/* Q.921's word, not layer 1's: the two are kept apart, a short loss of the line
 * is none of the link. */
static void dchannel_changed(struct exchange_span *span, bool up)
{
	if (span->dchannel_up == up)
		return;
	span->dchannel_up = up;
	log_line(LOG_NOTICE, span->object, "D channel %s", up ? "up" : "down");
	if (!up)
		clear_unanswered(span);
}

/* The only switch over libpri's events of the exchange. */
static void handle(struct exchange_span *span, pri_event *event)
{
	switch (event->e) {
	case PRI_EVENT_DCHAN_UP: dchannel_changed(span, true); break;
	case PRI_EVENT_DCHAN_DOWN: dchannel_changed(span, false); break;
	case PRI_EVENT_RING: new_call(span, &event->ring); break;
	case PRI_EVENT_PROCEEDING:
		answered(span, event->proceeding.call,
			 event->proceeding.channel, CALL_EV_PROCEED);
		break;
	case PRI_EVENT_PROGRESS:
		answered(span, event->proceeding.call,
			 event->proceeding.channel, CALL_EV_PROGRESS);
		break;
	case PRI_EVENT_RINGING:
		answered(span, event->ringing.call, event->ringing.channel,
			 CALL_EV_ALERT);
		break;
	case PRI_EVENT_ANSWER:
		connected(span, &event->answer);
		answered(span, event->answer.call, event->answer.channel,
			 CALL_EV_ANSWER);
		break;
	case PRI_EVENT_HANGUP_REQ:
		cleared(span, &event->hangup, CALL_EV_DISCONNECT);
		break;
	case PRI_EVENT_HANGUP:
		cleared(span, &event->hangup, CALL_EV_RELEASE);
		break;
	case PRI_EVENT_HANGUP_ACK:
		cleared(span, &event->hangup, CALL_EV_RELEASED);
		break;
	case PRI_EVENT_RESTART: restart(span, event->restart.channel); break;
	default:
		/* INFORMATION, NOTIFY and the like: nothing depends on them. */
		log_line(LOG_DEBUG, span->object, "%s: nothing to do",
			 pri_event2str(event->e));
		break;
	}
}

/* libpri tells nothing of a RELEASE COMPLETE that answers a RELEASE which it
 * sent without a DISCONNECT before it (causes 6, 7 and 26), and nothing of a
 * call that the user clears while its SETUP has no answer. */
static void finish_untold(struct exchange_span *span)
{
	const struct q931_received *received =
		q931_tap_received(span->tap, span->completed, false);
	int cause = received ? received->cause : 0;
	struct call_record record;

	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++) {
		if (!span->call[n])
			continue;
		exchange_call_record(span->call[n], &record);
		if (!record.to_user && record.cref == span->completed)
			exchange_call_message(span->call[n], CALL_EV_RELEASED,
					      cause, false);
	}
}

/* Lets libpri read what the tap holds for it. */
static void read_frame(struct exchange_span *span)
{
	pri_event *event = pri_check_event(q931_tap_pri(span->tap));

	if (event)
		handle(span, event);
	if (span->completed != NO_REFERENCE)
		finish_untold(span);
	serve(span);
}

static void frame_came(void *ctx, const uint8_t *frame, size_t len)
{
	struct exchange_span *span = ctx;

	span->completed = NO_REFERENCE;
	if (q931_tap_frame_in(span->tap, frame, len) == 0)
		read_frame(span);
}

/* A virtual span's driver loses them itself. */
static bool is_lost_on_line(const struct exchange_span *span)
{
	return span->cfg.line.dahdi && span->dchannel_cut;
}

static void on_frame(void *ctx, const uint8_t *frame, size_t len)
{
	struct exchange_span *span = ctx;

	if (!is_lost_on_line(span))
		frame_delay_send(&span->from_user, frame, len);
}

static void stop_voice(struct exchange_span *span)
{
	loop_fd_del(span->tick_watch);
	span->tick_watch = NULL;
	if (span->tdm)
		span->tdm->ops->close(span->tdm);
	span->tdm = NULL;
	span->primed = false;
}

static void prime(struct exchange_span *span)
{
	struct tdm_block idle;

	memset(&idle, idle_of(span), sizeof idle);
	for (int i = 0; span->cfg.line.dahdi && i < PRIME_BLOCKS; i++)
		span->tdm->ops->write(span->tdm, &idle);
	span->primed = true;
}

/* Only channels with a call are touched: a span without calls costs the copy
 * of its blocks. */
static void tick(void *arg, unsigned ready)
{
	struct exchange_span *span = arg;
	struct tdm_block in;
	int got;

	(void)ready;
	while ((got = span->tdm->ops->read(span->tdm, &in)) == 1) {
		for (uint32_t left = span->busy; left; left &= left - 1) {
			unsigned n = (unsigned)__builtin_ctz(left);

			exchange_call_voice(span->call[n], in.timeslot[n - 1],
					    span->out.timeslot[n - 1]);
			gain_apply(span->loss, span->out.timeslot[n - 1],
				   TDM_BLOCK_BYTES);
		}
		if (!span->primed)
			prime(span);
		got = span->tdm->ops->write(span->tdm, &span->out);
		if (got < 0)
			break;
	}
	/* The driver will say why; until then nothing must spin. */
	if (got < 0)
		stop_voice(span);
}

static void on_up(void *ctx, struct tdm *tdm, enum g711_law law)
{
	struct exchange_span *span = ctx;

	(void)law;
	stop_voice(span);
	span->attached = true;
	span->tdm = tdm;
	if (loop_fd_add(span->cfg.loop, tdm->fd, LOOP_IN, tick, span,
			&span->tick_watch) < 0)
		log_line(LOG_ERR, span->object,
			 "no memory to watch its clock: it carries no voice");
	if (span->cfg.line.dahdi)
		log_line(LOG_NOTICE, span->object, "DAHDI span %u is there",
			 span->cfg.line.dahdi);
	else
		log_line(LOG_NOTICE, span->object, "a gateway is attached");
	q931_tap_link_found(span->tap);
}

static void on_down(void *ctx, const char *why)
{
	struct exchange_span *span = ctx;

	stop_voice(span);
	frame_delay_clear(&span->from_user);
	frame_delay_clear(&span->to_user);
	if (span->dchannel_up) {
		span->completed = NO_REFERENCE;
		q931_tap_link_lost(span->tap);
		read_frame(span);
	}
	span->attached = false;
	span->alarms = 0;
	log_line(LOG_NOTICE, span->object, "%s: %s",
		 span->cfg.line.dahdi ? "no line" : "no gateway", why);
}

/* Of a card only: the network end of a virtual span raises alarms, it receives
 * none. Q.921 decides what becomes of the D channel. */
static void on_alarm(void *ctx, unsigned alarms)
{
	struct exchange_span *span = ctx;

	span->alarms = alarms;
	log_line(LOG_NOTICE, span->object, alarms ? "alarm" : "alarm over");
}

static const struct driver_events driver_events = { on_up, on_down, on_alarm,
						    on_frame };

/* What the driver cannot send now is lost, and Q.921 sends it again. */
static void frame_goes(void *ctx, const uint8_t *frame, size_t len)
{
	struct exchange_span *span = ctx;

	if (!is_lost_on_line(span))
		span->driver->ops->frame_write(span->driver, frame, len);
}

/* The tap must hear that there is no line: it keeps the SABME until there is
 * one. */
static int frame_write(void *ctx, const uint8_t *frame, size_t len)
{
	struct exchange_span *span = ctx;

	if (is_lost_on_line(span))
		return 0;
	if (!span->cfg.delay_ms || !span->attached)
		return span->driver->ops->frame_write(span->driver, frame, len);
	frame_delay_send(&span->to_user, frame, len);
	return 0;
}

static void seen(void *ctx, const struct q931_seen *message)
{
	struct exchange_span *span = ctx;
	char name[24];

	if (message->type == Q931_RELEASE_COMPLETE && !message->ours)
		span->completed = message->call;
	log_line(LOG_DEBUG, span->object, "%s %s, call reference %u%s",
		 message->dir == LEG_IN ? "received" : "sent",
		 q931_message_name(message->type, name), message->call,
		 message->ours ? " (ours)" : "");
}

/* Every setting of libpri is here. */
static void configure(struct pri *pri, uint32_t t309_s)
{
	/* Q.931 5.3.2: a call that got CALL PROCEEDING is cleared by
	 * DISCONNECT, also with the causes 1, 34, 44 and 88. */
	pri_hangup_fix_enable(pri, 1);
	/* The number comes whole in SETUP (Q.931 5.1.1). */
	pri_set_overlapdial(pri, 0);
	/* Q.931 5.8.9: calls outlive a loss of the link by as much. libpri's
	 * 6 s would end those that a gateway still has after a short fault. */
	pri_set_timer(pri, PRI_TIMER_T309, (int)t309_s * 1000);
	/* A diverted call says so by divertingLegInformation2. */
	pri_facility_enable(pri);
}

static int open_driver(struct exchange_span *span)
{
	const struct exchange_span_config *cfg = &span->cfg;
	struct driver_dahdi_config dahdi = {
		.span = cfg->line.dahdi,
		.channels = line_of(span)->channels,
		.dchannel = line_of(span)->dchannel,
		.line = cfg->line.type,
		.object = span->object,
	};

	if (cfg->line.dahdi)
		return driver_dahdi_new(&span->driver, cfg->loop, &dahdi,
					&driver_events, span);
	return virtual_exchange_driver_new(&span->driver, cfg->vx, cfg->number,
					   cfg->line.type, span->object,
					   &driver_events, span);
}

int exchange_span_new(struct exchange_span **out,
		      const struct exchange_span_config *cfg)
{
	struct exchange_span *span = calloc(1, sizeof *span);
	struct q931_tap_config tap = { .network_side = true,
				       .line = cfg->line.type,
				       .protocol = cfg->line.protocol,
				       .frame_write = frame_write,
				       .seen = seen,
				       .ctx = span };
	int err;

	if (!span)
		return -ENOMEM;
	span->cfg = *cfg;
	snprintf(span->object, sizeof span->object, "span=%u", cfg->number);
	memset(&span->out, idle_of(span), sizeof span->out);
	timer_init(&span->libpri_due, "libpri", serve, span);
	frame_delay_init(&span->from_user, loop_timers(cfg->loop),
			 cfg->delay_ms, frame_came, span);
	frame_delay_init(&span->to_user, loop_timers(cfg->loop), cfg->delay_ms,
			 frame_goes, span);
	tap.object = span->object;
	err = gain_new(&span->loss, line_desc(cfg->line.type)->law,
		       -10 * (int)cfg->loss_db);
	if (!err)
		err = open_driver(span);
	if (!err)
		err = q931_tap_new(&span->tap, &tap);
	if (err < 0) {
		exchange_span_free(span);
		return err;
	}
	configure(q931_tap_pri(span->tap), cfg->t309_s);
	serve(span);
	*out = span;
	return 0;
}

void exchange_span_free(struct exchange_span *span)
{
	if (!span)
		return;
	timer_stop(&span->libpri_due);
	frame_delay_clear(&span->from_user);
	frame_delay_clear(&span->to_user);
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
		exchange_call_free(span->call[n]);
	stop_voice(span);
	if (span->driver)
		span->driver->ops->free(span->driver);
	q931_tap_free(span->tap);
	free(span->loss);
	free(span);
}

int exchange_span_layer1(struct exchange_span *span, bool up)
{
	if (span->cfg.line.dahdi)
		return -ENOTSUP;
	span->layer1_down = !up;
	log_line(LOG_NOTICE, span->object, "layer 1 %s by command",
		 up ? "restored" : "taken down");
	virtual_exchange_alarm(span->driver, up ? 0 : LINE_RED);
	return 0;
}

int exchange_span_dchannel(struct exchange_span *span, bool up)
{
	span->dchannel_cut = !up;
	log_line(LOG_NOTICE, span->object, "D channel %s by command",
		 up ? "restored" : "cut");
	if (!span->cfg.line.dahdi)
		virtual_exchange_cut_dchannel(span->driver, !up);
	return 0;
}

void exchange_span_info(const struct exchange_span *span,
			struct exchange_span_info *out)
{
	*out = (struct exchange_span_info){
		.number = span->cfg.number,
		.line = span->cfg.line,
		.gateway = span->attached,
		.alarms = span->alarms,
		.layer1_down = span->layer1_down,
		.dchannel_cut = span->dchannel_cut,
		.dchannel_up = span->dchannel_up,
		.busy = (unsigned)__builtin_popcount(span->busy),
		.tap = *q931_tap_counters(span->tap),
	};
	if (span->tdm) {
		const struct tdm_counters *c = &span->tdm->counters;

		out->blocks_in = c->blocks_in;
		out->blocks_out = c->blocks_out;
		out->slips_in = c->slips_in;
		out->slips_out = c->slips_out;
		out->overruns = c->overruns;
		out->underruns = c->underruns;
		out->malformed = c->malformed;
	}
}

bool exchange_span_call(const struct exchange_span *span, unsigned timeslot,
			struct call_record *out)
{
	if (timeslot < 1 || timeslot > TDM_TIMESLOTS || !span->call[timeslot])
		return false;
	exchange_call_record(span->call[timeslot], out);
	return true;
}
