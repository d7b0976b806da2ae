/* RESTART of channels and of the whole interface, in both directions (Q.931
 * 5.5).
 */
#include "dahdi/pri_leg.h"
#include "dahdi/span_parts.h"
#include "gateway/event.h"

#include <errno.h>
#include <libpri.h>

/* Each channel has a RESTART of its own, never the interface: every exchange
 * knows that one, each channel is in service when its own answer comes, and a
 * silent one leaves the others alone. Thirty go out within the time of a call
 * setup.
 *
 * Q.931 table 9-2. The standard gives up after N316; a channel that is lost for
 * good is worse than a RESTART every two minutes. */
#define T316_MS 120000
#define N316 2

/* Q.931 5.5.2: the calls are gone, without a clearing message. */
void span_restart(struct span *span, unsigned channel)
{
	if (channel)
		log_event(EVENT_RESTARTED_CHANNEL, span->name,
			  "ch=%u the exchange restarted channel %u", channel,
			  channel);
	else
		log_event(EVENT_RESTARTED_SPAN, span->name,
			  "the exchange restarted the interface");
	for (size_t i = 0; i < LEGS_MAX; i++) {
		struct pri_leg *leg = span->legs[i];
		const struct channel *has = leg ? pri_leg_channel(leg) : NULL;

		if (leg && (!channel || (has && has->number == channel)))
			pri_leg_restart(leg);
	}
	/* It has it free: that is what our own RESTART would ask. */
	span_restarted(span, channel);
}

static void send_restart(struct span *span, struct channel *channel)
{
	channel->restarts++;
	pri_reset(span_pri(span), (int)channel->number);
	if (!timer_running(&span->t316))
		timer_start(span->timers, &span->t316, T316_MS);
}

void span_restart_owed(struct span *span)
{
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++) {
		struct channel *channel = &span->channels[n];

		if (channel->fsm.state != CHANNEL_OWED)
			continue;
		channel_event(channel, CHANNEL_RESTART);
		send_restart(span, channel);
	}
}

void span_restart_repeat(struct span *span)
{
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
		if (span->channels[n].fsm.state == CHANNEL_RESTARTING)
			pri_reset(span_pri(span), (int)n);
	span_pump(span);
}

unsigned span_restarts_pending(const struct span *span)
{
	unsigned count = 0;

	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
		count += span->channels[n].fsm.state == CHANNEL_RESTARTING;
	return count;
}

static void answered(struct span *span)
{
	if (!span_restarts_pending(span))
		timer_stop(&span->t316);
	span_check_settled(span);
}

void span_restart_setup(struct span *span, unsigned number)
{
	struct channel *channel = span_channel(span, number);

	if (!channel || channel->fsm.state != CHANNEL_RESTARTING ||
	    ++channel->setups < 2)
		return;
	log_event(EVENT_RESTART_PRESUMED, channel->name,
		  "the exchange never answered RESTART but sends calls here: "
		  "it has the channel idle, which is in service again");
	channel_event(channel, CHANNEL_RESTARTED);
	answered(span);
}

static void t316_expired(void *arg)
{
	struct span *span = arg;

	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++) {
		struct channel *channel = &span->channels[n];

		if (channel->fsm.state != CHANNEL_RESTARTING)
			continue;
		if (channel->restarts == N316)
			log_event(EVENT_RESTART_UNANSWERED, channel->name,
				  "the exchange does not answer RESTART; the "
				  "channel stays out of service and is asked "
				  "for every %u s",
				  T316_MS / 1000);
		send_restart(span, channel);
	}
	span_pump(span);
}

void span_restart_channel(struct span *span, struct channel *channel)
{
	channel_event(channel, CHANNEL_RESTART);
	if (channel->fsm.state != CHANNEL_RESTARTING)
		return;
	send_restart(span, channel);
	span_pump(span);
}

int span_restart_by_hand(struct span *span, unsigned number)
{
	struct channel *channel = span_channel(span, number);

	if (!channel)
		return -EINVAL;
	if (channel->fsm.state == CHANNEL_OUT ||
	    channel->fsm.state == CHANNEL_OWED)
		return -ENETDOWN;
	if (channel->fsm.state != CHANNEL_IDLE &&
	    channel->fsm.state != CHANNEL_RESTARTING)
		return -EBUSY;
	log_event(EVENT_RESTART_SENT, channel->name,
		  "RESTART sent to the exchange by the operator's will");
	if (channel->fsm.state == CHANNEL_IDLE) {
		span_restart_channel(span, channel);
		return 0;
	}
	send_restart(span, channel);
	span_pump(span);
	return 0;
}

void span_restarted(struct span *span, unsigned channel)
{
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
		if ((span->conf->channels & 1U << n) &&
		    (!channel || n == channel))
			channel_event(&span->channels[n], CHANNEL_RESTARTED);
	answered(span);
}

void span_restart_channels(struct span *span, uint32_t before)
{
	uint32_t now = span->conf->channels;

	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++) {
		struct channel *channel = &span->channels[n];
		bool blocked = channel->blocked;

		if (!((now ^ before) >> n & 1))
			continue;
		channel_init(channel, span->conf->number, n);
		channel->blocked = blocked; /* until the operator says so */
		if (span->conf->restart_first_up && now >> n & 1)
			channel_event(channel, CHANNEL_OWE);
	}
}

void span_restart_init(struct span *span)
{
	timer_init(&span->t316, "T316", t316_expired, span);
	timer_of(&span->t316, span->name);
	span_restart_channels(span, 0);
}

void span_restart_stop(struct span *span)
{
	timer_stop(&span->t316);
}
