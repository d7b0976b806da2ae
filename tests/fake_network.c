#include "tests/fake_network.h"

#include "dahdi/pri_leg.h"
#include "dahdi/pri_number.h"
#include "dahdi/span_audit.h"

#include <assert.h>
#include <libpri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MS 10

static int network_write(void *ctx, const uint8_t *frame, size_t len)
{
	struct fake_network *network = ctx;

	return fake_line_write(network->line, 1, frame, len);
}

static void hang_up(struct fake_network *network, q931_call *call,
		    uint8_t cause, uint8_t location)
{
	int mode, value = pri_get_crv(network->pri, call, &mode);

	if (value < 0)
		return;
	q931_tap_send_location(network->tap,
			       (unsigned)value << 3 | (unsigned)mode,
			       call == network->own, location);
	pri_hangup(network->pri, call, cause);
}

static void note_setup(struct fake_network *network, const pri_event_ring *ring)
{
	network->rings++;
	network->call = ring->call;
	/* libpri may have given the new call an old one's place. */
	if (network->own == ring->call)
		network->own = NULL;
	snprintf(network->called, sizeof network->called, "%s",
		 ring->callednum);
	snprintf(network->calling, sizeof network->calling, "%s",
		 ring->callingnum);
	network->called_plan = ring->calledplan;
	network->calling_plan = ring->callingplan;
	network->calling_presentation = ring->callingpres;
	network->bearer = ring->ctype;
	network->layer1 = ring->layer1;
	network->channel = (unsigned)ring->channel & 0xff;
	network->channel_flexible = ring->flexible;
	network->complete = ring->complete;
	pri_redirecting_get(&network->redirecting, ring->subcmds);
}

static void ring(struct fake_network *network, const pri_event_ring *ring_event)
{
	struct pri *pri = network->pri;
	q931_call *call = ring_event->call;
	int channel = ring_event->channel;

	note_setup(network, ring_event);
	if (network->move_to)
		channel = (int)network->move_to;
	switch (network->does) {
	case NETWORK_SILENT: return;
	case NETWORK_ASKS_DIGITS:
		pri_need_more_info(pri, call, channel, 0);
		return;
	case NETWORK_REFUSES_AT_ONCE:
		hang_up(network, call, network->cause, network->location);
		return;
	default: break;
	}
	pri_proceeding(pri, call, channel, 0);
	if (network->does == NETWORK_PROGRESSES)
		pri_progress(pri, call, channel, 1);
	if (network->does == NETWORK_ALERTS ||
	    network->does == NETWORK_ANSWERS ||
	    network->does == NETWORK_REFUSES_ALERTED)
		pri_acknowledge(pri, call, channel, 1);
	if (network->does == NETWORK_ANSWERS) {
		pri_connected_put(pri, call, &network->connected);
		pri_answer(pri, call, channel, 0);
	}
	if (network->does == NETWORK_REFUSES ||
	    network->does == NETWORK_REFUSES_ALERTED)
		hang_up(network, call, network->cause, network->location);
}

static void note_clearing(struct fake_network *network, const pri_event *event)
{
	const pri_event_hangup *hangup = &event->hangup;
	int mode, value = pri_get_crv(network->pri, hangup->call, &mode);
	const struct q931_received *received;

	network->hangups++;
	network->heard_cause = hangup->cause;
	if (value < 0)
		return;
	received = q931_tap_received(network->tap,
				     (unsigned)value << 3 | (unsigned)mode,
				     hangup->call == network->own);
	if (received && received->cause)
		network->heard_location = received->cause_location;
}

static void note_progress(struct fake_network *network, unsigned *count,
			  const pri_event_proceeding *event)
{
	++*count;
	network->channel = (unsigned)event->channel & 0xff;
	network->indicators |= event->progressmask;
}

static void handle(struct fake_network *network, const pri_event *event)
{
	switch (event->e) {
	case PRI_EVENT_PROCEEDING:
		note_progress(network, &network->proceeding,
			      &event->proceeding);
		break;
	case PRI_EVENT_PROGRESS:
		note_progress(network, &network->progress, &event->proceeding);
		break;
	case PRI_EVENT_RINGING:
		network->alerting++;
		network->indicators |= event->ringing.progressmask;
		break;
	case PRI_EVENT_ANSWER:
		network->connect++;
		network->channel = (unsigned)event->answer.channel & 0xff;
		pri_connected_get(&network->connected, event->answer.subcmds);
		break;
	case PRI_EVENT_RING: ring(network, &event->ring); break;
	case PRI_EVENT_HANGUP_REQ:
	case PRI_EVENT_HANGUP:
		note_clearing(network, event);
		if (network->never_releases)
			break;
		pri_hangup(network->pri, event->hangup.call,
			   event->hangup.cause);
		break;
	case PRI_EVENT_RESTART:
		network->restarts++;
		network->restarted = (unsigned)event->restart.channel & 0xff;
		break;
	case PRI_EVENT_HANGUP_ACK:
		network->heard_in_answer = event->hangup.cause;
		break;
	default: break;
	}
}

void fake_network_run(struct fake_network *network)
{
	const pri_event *event;

	while ((event = pri_schedule_run(network->pri)))
		handle(network, event);
}

static void network_frame(void *ctx, const uint8_t *frame, size_t len)
{
	struct fake_network *network = ctx;
	const pri_event *event;

	if (q931_tap_frame_in(network->tap, frame, len) < 0)
		return;
	while ((event = pri_check_event(network->pri)))
		handle(network, event);
	fake_network_run(network);
}

static void network_seen(void *ctx, const struct q931_seen *seen)
{
	struct fake_network *network = ctx;

	if (seen->dir != LEG_IN || seen->ies_len > 260)
		return;
	if (seen->type == Q931_SETUP) {
		memcpy(network->setup_ies.octets, seen->ies, seen->ies_len);
		network->setup_ies.len = seen->ies_len;
	} else if (seen->type == Q931_CONNECT) {
		memcpy(network->connect_ies.octets, seen->ies, seen->ies_len);
		network->connect_ies.len = seen->ies_len;
	}
}

struct fake_network *fake_network_new(struct fake_line *line)
{
	struct fake_network *network = calloc(1, sizeof *network);
	struct q931_tap_config cfg = {
		.network_side = true,
		.object = "network",
		.frame_write = network_write,
		.seen = network_seen,
		.ctx = network,
	};
	int err;

	assert(network);
	network->line = line;
	err = q931_tap_new(&network->tap, &cfg);
	assert(err == 0);
	network->pri = q931_tap_pri(network->tap);
	pri_hangup_fix_enable(network->pri, 1);
	fake_line_attach(line, 1, network_frame, network);
	return network;
}

void fake_network_free(struct fake_network *network)
{
	fake_line_attach(network->line, 1, NULL, NULL);
	q931_tap_free(network->tap);
	free(network);
}

void fake_network_answer(struct fake_network *network)
{
	pri_connected_put(network->pri, network->call, &network->connected);
	pri_answer(network->pri, network->call, 0, 0);
}

void fake_network_hangup(struct fake_network *network, uint8_t cause,
			 uint8_t location)
{
	hang_up(network, network->call, cause, location);
}

void fake_network_hangup_inband(struct fake_network *network, uint8_t pi,
				uint8_t cause, uint8_t location)
{
	int mode, value = pri_get_crv(network->pri, network->call, &mode);

	assert(value >= 0);
	q931_tap_send_progress(network->tap,
			       (unsigned)value << 3 | (unsigned)mode,
			       network->call == network->own, Q931_DISCONNECT,
			       pi, location);
	hang_up(network, network->call, cause, location);
}

static void set_calling(struct pri_sr *sr, const struct leg_number *number)
{
	struct pri_party_id party;

	if (!number) {
		pri_sr_set_caller(sr, (char *)(uintptr_t) "301234567", NULL,
				  PRI_NATIONAL_ISDN,
				  PRES_PROHIB_USER_NUMBER_PASSED_SCREEN);
		return;
	}
	memset(&party, 0, sizeof party);
	if (pri_number_put(&party.number, number))
		pri_sr_set_caller_party(sr, &party);
}

void fake_network_call(struct fake_network *network,
		       const struct fake_network_setup *setup)
{
	struct pri_sr *sr = pri_sr_new();

	network->call = network->own = pri_new_call(network->pri);
	assert(sr && network->call);
	network->proceeding = network->progress = network->alerting = 0;
	network->connect = network->hangups = 0;
	network->indicators = network->heard_cause = 0;
	pri_sr_set_channel(sr, setup->channel ? (int)setup->channel : 0xff,
			   setup->exclusive, 0);
	pri_sr_set_bearer(sr, setup->bearer, PRI_LAYER_1_ALAW);
	pri_sr_set_called(sr, (char *)(uintptr_t)setup->called, PRI_LOCAL_ISDN,
			  1);
	set_calling(sr, setup->calling);
	if (setup->redirecting)
		pri_redirecting_put(sr, setup->redirecting);
	pri_setup(network->pri, network->call, sr);
	pri_sr_free(sr);
}

void fake_network_restart(struct fake_network *network, unsigned channel)
{
	pri_reset(network->pri, (int)channel);
}

unsigned fake_libpri_calls(struct pri *pri)
{
	char *info = pri_dump_info_str(pri);
	const char *total = info ? strstr(info, "active-calls:") : NULL;
	unsigned calls = 0;

	int found = total ? sscanf(total, "active-calls:%u", &calls) : 0;

	assert(found == 1);
	free(info);
	return calls;
}

static void sink_event(struct leg *leg, const struct leg_event *event)
{
	struct fake_isdn_call *call = (struct fake_isdn_call *)leg->call;

	assert(!call->released);
	switch (event->type) {
	case LEG_PROCEEDING: call->proceeding++; break;
	case LEG_PROGRESS: call->progress++; break;
	case LEG_ALERTING: call->alerting++; break;
	case LEG_ANSWER:
		call->answer++;
		call->connected = event->connected;
		break;
	case LEG_CONFIRMED: call->confirmed++; break;
	case LEG_DISCONNECT:
		call->disconnect++;
		call->cause = event->cause;
		if (call->answers_release)
			leg->ops->release(leg, &event->cause);
		break;
	case LEG_RELEASED:
		call->released++;
		if (!call->disconnect)
			call->cause = event->cause;
		break;
	default: assert(!"no such event");
	}
	call->inband += event->inband;
}

static void sink_message(struct leg *leg, enum leg_direction dir,
			 const char *text)
{
	struct fake_isdn_call *call = (struct fake_isdn_call *)leg->call;

	if (call->ladder_count == 32)
		return;
	snprintf(call->ladder[call->ladder_count++], 40, "%s %s",
		 dir == LEG_OUT ? ">" : "<", text);
}

const struct leg_sink fake_isdn_call_sink = {
	.event = sink_event,
	.message = sink_message,
};

static void lab_tdm_up(void *ctx, unsigned span, struct tdm *tdm,
		       enum g711_law law)
{
	struct fake_lab *lab = ctx;

	(void)span;
	(void)law;
	lab->tdm_up++;
	tdm->ops->close(tdm);
}

static void lab_tdm_down(void *ctx, unsigned span)
{
	struct fake_lab *lab = ctx;

	(void)span;
	lab->tdm_down++;
}

static void lab_incoming(void *ctx, struct leg *leg,
			 const struct leg_setup *setup)
{
	struct fake_lab *lab = ctx;
	struct fake_incoming *in = lab->incoming;
	struct fake_isdn_call *call = &in->call[in->count];

	assert(in->count < sizeof in->call / sizeof in->call[0]);
	memset(call, 0, sizeof *call);
	call->leg = leg;
	call->answers_release = true;
	leg->call = (struct call *)call;
	in->setup[in->count++] = *setup;
	leg->ops->begin(leg);
	if (setup->refuse.q850)
		leg->ops->release(leg, &setup->refuse);
	else if (in->receive)
		in->receive(call);
}

static const struct isdn_events taking_events = {
	.tdm_up = lab_tdm_up,
	.tdm_down = lab_tdm_down,
	.incoming = lab_incoming,
};

const struct isdn_events fake_lab_events = {
	.tdm_up = lab_tdm_up,
	.tdm_down = lab_tdm_down,
};

static int lab_open(void *arg, struct driver **out,
		    const struct conf_span *conf, const char *object,
		    const struct driver_events *events, void *ctx)
{
	struct fake_lab *lab = arg;
	unsigned i = conf->number - 1;
	int err = fake_driver_new(out, lab->line[i], 0, events, ctx);

	(void)object;
	lab->driver[i] = *out;
	return err;
}

struct span_drivers fake_lab_drivers(struct fake_lab *lab)
{
	return (struct span_drivers){ .open = lab_open, .arg = lab };
}

void fake_lab_start(struct fake_lab *lab, unsigned count)
{
	memset(lab, 0, sizeof *lab);
	fake_time_start();
	lab->timers = &lab->own_timers;
	lab->count = count;
	for (unsigned i = 0; i < count; i++) {
		lab->conf[i] = (struct conf_span){
			.number = i + 1,
			.law = G711_ALAW,
			.channels = 0xfffefffe,
			.dchannel = 16,
			.t301_ms = 180000,
			.t310_ms = 60000,
			.t303_ms = 4000,
			.t305_ms = 30000,
			.t308_ms = 4000,
			.t309_ms = 10000,
			.t200_ms = 1000,
			.t203_ms = 10000,
		};
		lab->line[i] = fake_line_new();
		lab->network[i] = fake_network_new(lab->line[i]);
	}
}

void fake_lab_spans(struct fake_lab *lab)
{
	struct span_drivers drivers = fake_lab_drivers(lab);
	struct span_config cfg = {
		.timers = lab->timers,
		.sink = &fake_isdn_call_sink,
		.events = lab->incoming ? &taking_events : &fake_lab_events,
		.trunk = &lab->trunk,
		.ctx = lab,
		.drivers = &drivers,
	};

	for (unsigned i = 0; i < lab->count; i++) {
		int err;

		cfg.conf = &lab->conf[i];
		err = span_new(&lab->span[i], &cfg);
		assert(err == 0);
	}
}

void fake_lab_configure(struct fake_lab *lab)
{
	for (unsigned i = 0; i < lab->count; i++) {
		span_take(lab->span[i], &lab->conf[i], &lab->trunk);
		if (span_waits(lab->span[i]))
			span_change(lab->span[i]);
	}
}

void fake_lab_up(struct fake_lab *lab)
{
	for (unsigned i = 0; i < lab->count; i++)
		fake_driver_up(lab->driver[i], G711_ALAW);
	fake_lab_run(lab, 6000);
}

void fake_lab_run(struct fake_lab *lab, unsigned ms)
{
	for (unsigned t = 0; t <= ms; t += STEP_MS) {
		timers_run(lab->timers);
		for (unsigned i = 0; i < lab->count; i++) {
			fake_network_run(lab->network[i]);
			fake_line_deliver(lab->line[i]);
		}
		if (t < ms)
			fake_time_advance(STEP_MS);
	}
}

void fake_lab_audit(struct fake_lab *lab, struct isdn_audit *out)
{
	struct span_audit *audit = span_audit_new(lab->span[0]);

	assert(audit);
	memset(out, 0, sizeof *out);
	span_audit_run(audit, out);
	span_audit_free(audit);
}

bool fake_lab_is_clean(struct fake_lab *lab)
{
	static const struct isdn_audit clean;
	struct isdn_audit found;

	fake_lab_audit(lab, &found);
	return !memcmp(&found, &clean, sizeof clean);
}

void fake_lab_stop(struct fake_lab *lab)
{
	for (unsigned i = 0; i < lab->count; i++) {
		span_free(lab->span[i]);
		fake_network_free(lab->network[i]);
		fake_line_free(lab->line[i]);
	}
}

int fake_lab_teardown(void **state)
{
	struct fake_lab *lab = *state;
	unsigned long long illegal = fsm_illegal_count();

	fake_lab_stop(lab);
	free(lab);
	if (illegal)
		fprintf(stderr, "%llu illegal transitions\n", illegal);
	return illegal ? -1 : 0;
}

int fake_isdn_call_setup(struct fake_isdn_call *call, struct leg *leg,
			 const char *number)
{
	struct leg_setup setup = {
		.called = { .type = 4, .plan = 1, .present = true },
		.calling = { .digits = "301234",
			     .type = 2,
			     .plan = 1,
			     .presentation = 1,
			     .screening = 3,
			     .present = true },
	};

	call->leg = leg;
	leg->call = (struct call *)call;
	snprintf(setup.called.digits, sizeof setup.called.digits, "%s", number);
	return leg->ops->setup(leg, &setup);
}

void fake_isdn_call_start(struct fake_isdn_call *call, struct fake_lab *lab,
			  unsigned channel)
{
	struct pri_leg *leg;
	int err;

	memset(call, 0, sizeof *call);
	call->answers_release = true;
	err = pri_leg_new(&leg, lab->span[0],
			  span_channel(lab->span[0], channel), NULL);
	assert(err == 0);
	err = fake_isdn_call_setup(call, pri_leg_leg(leg), "5550100");
	assert(err == 0);
}

void fake_isdn_call_release(struct fake_isdn_call *call, uint8_t cause,
			    uint8_t location)
{
	struct leg_cause why = { .q850 = cause, .location = location };

	call->leg->ops->release(call->leg, &why);
}

void fake_isdn_call_free(struct fake_isdn_call *call)
{
	call->leg->ops->free(call->leg);
	call->leg = NULL;
}
