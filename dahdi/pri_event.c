#include "dahdi/pri_event.h"

#include "dahdi/pri_leg.h"
#include "dahdi/pri_leg_in.h"
#include "dahdi/pri_number.h"
#include "dahdi/span.h"
#include "gateway/log.h"

#define INBAND (PRI_PROG_CALL_NOT_E2E_ISDN | PRI_PROG_INBAND_AVAILABLE)
#define CHANNEL_ANY 0xff
/* In libpri's call references: we have allocated it. */
#define REFERENCE_FLAG 0x8000U

/* Bits 0-7 of libpri's channel; -1 and 255 name none. */
static unsigned channel_number(int channel)
{
	unsigned number = (unsigned)channel & 0xff;

	return channel < 0 || number == CHANNEL_ANY ? 0 : number;
}

static void to_leg(struct span *span, q931_call *call, enum pri_leg_event event,
		   const struct pri_leg_message *message)
{
	struct pri_leg *leg = span_leg_find(span, call);

	if (leg)
		pri_leg_message(leg, event, message);
}

static void on_progress(struct span *span, const pri_event_proceeding *event,
			enum pri_leg_event type)
{
	const struct pri_leg_message message = {
		.channel = channel_number(event->channel),
		.inband = event->progressmask & INBAND,
	};

	to_leg(span, event->call, type, &message);
}

static void on_ringing(struct span *span, const pri_event_ringing *event)
{
	const struct pri_leg_message message = {
		.channel = channel_number(event->channel),
		.inband = event->progressmask & INBAND,
	};

	to_leg(span, event->call, PRI_LEG_ALERTING, &message);
}

static void on_answer(struct span *span, const pri_event_answer *event)
{
	struct pri_leg_message message = {
		.channel = channel_number(event->channel),
	};

	pri_connected_get(&message.connected, event->subcmds);
	to_leg(span, event->call, PRI_LEG_CONNECT, &message);
}

static void on_setup_ack(struct span *span, const pri_event_setup_ack *event)
{
	const struct pri_leg_message message = {
		.channel = channel_number(event->channel),
	};

	to_leg(span, event->call, PRI_LEG_SETUP_ACK, &message);
}

/* What passed on a call reference after its leg was gone. */
static void forget(struct span *span, const pri_event_hangup *event)
{
	if (pri_get_crv(span_pri(span), event->call, NULL) < 0)
		q931_tap_forget(span_tap(span),
				(unsigned)event->cref & ~REFERENCE_FLAG,
				event->cref & REFERENCE_FLAG);
}

/* DISCONNECT and RELEASE alike want a hang-up in return (libpri then sends what
 * is owed and frees the call). A call without a leg was refused here, or its
 * leg was freed early. */
static void on_hangup(struct span *span, const pri_event_hangup *event,
		      enum pri_leg_event type)
{
	const struct pri_leg_message message = { .cause = event->cause };

	if (span_leg_find(span, event->call)) {
		to_leg(span, event->call, type, &message);
		return;
	}
	pri_hangup(span_pri(span), event->call, PRI_CAUSE_NORMAL_CLEARING);
	forget(span, event);
}

void pri_event_handle(struct span *span, const pri_event *event)
{
	switch (event->e) {
	case PRI_EVENT_DCHAN_UP: span_dchannel(span, true); break;
	case PRI_EVENT_DCHAN_DOWN: span_dchannel(span, false); break;
	case PRI_EVENT_RING: pri_leg_in_ring(span, &event->ring); break;
	case PRI_EVENT_SETUP_ACK: on_setup_ack(span, &event->setup_ack); break;
	case PRI_EVENT_PROCEEDING:
		on_progress(span, &event->proceeding, PRI_LEG_PROCEEDING);
		break;
	case PRI_EVENT_PROGRESS:
		on_progress(span, &event->proceeding, PRI_LEG_PROGRESS);
		break;
	case PRI_EVENT_RINGING: on_ringing(span, &event->ringing); break;
	case PRI_EVENT_ANSWER: on_answer(span, &event->answer); break;
	case PRI_EVENT_HANGUP_REQ:
		on_hangup(span, &event->hangup, PRI_LEG_DISCONNECT);
		break;
	case PRI_EVENT_HANGUP:
		on_hangup(span, &event->hangup, PRI_LEG_RELEASE);
		break;
	case PRI_EVENT_HANGUP_ACK:
		/* libpri has freed the call: the pointer is a name only. */
		to_leg(span, event->hangup.call, PRI_LEG_GONE, NULL);
		forget(span, &event->hangup);
		break;
	case PRI_EVENT_RESTART:
		span_restart(span, channel_number(event->restart.channel));
		break;
	case PRI_EVENT_RESTART_ACK:
		span_restarted(span, channel_number(event->restartack.channel));
		break;
	case PRI_EVENT_CONFIG_ERR: span_same_side(span); break;
	default:
		/* Digits, facilities, hold: nothing that changes a call yet. */
		log_line(LOG_DEBUG, span_name(span), "libpri event %d ignored",
			 event->e);
		break;
	}
}
