#include "dahdi/dahdi_event.h"

#include <dahdi/user.h>

_Static_assert(DAHDI_EVENTS_MAX == DAHDI_MAX_EVENTSIZE, "DAHDI's queue");

#define FOREIGN(event, text) [event] = { DAHDI_KIND_FOREIGN, text }

/* Every event of DAHDI's. Those of signalling by loop current, by bits or by
 * tones have no place on a primary rate span, and of the echo canceller's only
 * the answer tones are acted on: for them DAHDI itself stops no more than the
 * suppressor. */
static const struct dahdi_event events[] = {
	[DAHDI_EVENT_NONE] = { DAHDI_KIND_NONE, "none" },
	FOREIGN(DAHDI_EVENT_ONHOOK, "on hook"),
	FOREIGN(DAHDI_EVENT_RINGOFFHOOK, "off hook"),
	FOREIGN(DAHDI_EVENT_WINKFLASH, "wink or flash"),
	[DAHDI_EVENT_ALARM] = { DAHDI_KIND_LINE, "alarm" },
	[DAHDI_EVENT_NOALARM] = { DAHDI_KIND_LINE, "no alarm" },
	[DAHDI_EVENT_ABORT] = { DAHDI_KIND_HDLC, "frame aborted" },
	[DAHDI_EVENT_OVERRUN] = { DAHDI_KIND_HDLC, "frame too long" },
	[DAHDI_EVENT_BADFCS] = { DAHDI_KIND_HDLC, "wrong FCS" },
	FOREIGN(DAHDI_EVENT_DIALCOMPLETE, "dialling complete"),
	FOREIGN(DAHDI_EVENT_RINGERON, "ringer on"),
	FOREIGN(DAHDI_EVENT_RINGEROFF, "ringer off"),
	FOREIGN(DAHDI_EVENT_HOOKCOMPLETE, "hook complete"),
	FOREIGN(DAHDI_EVENT_BITSCHANGED, "CAS bits changed"),
	FOREIGN(DAHDI_EVENT_PULSE_START, "pulse dialling"),
	FOREIGN(DAHDI_EVENT_TIMER_EXPIRED, "timer expired"),
	FOREIGN(DAHDI_EVENT_TIMER_PING, "timer ping"),
	FOREIGN(DAHDI_EVENT_POLARITY, "polarity reversed"),
	FOREIGN(DAHDI_EVENT_RINGBEGIN, "ring begins"),
	FOREIGN(DAHDI_EVENT_EC_DISABLED, "echo canceller disabled"),
	[DAHDI_EVENT_REMOVED] = { DAHDI_KIND_REMOVED, "removed" },
	FOREIGN(DAHDI_EVENT_NEONMWI_ACTIVE, "neon message lamp on"),
	FOREIGN(DAHDI_EVENT_NEONMWI_INACTIVE, "neon message lamp off"),
	[DAHDI_EVENT_TX_CED_DETECTED] = { DAHDI_KIND_DATA,
					  "modem answer tone sent" },
	[DAHDI_EVENT_RX_CED_DETECTED] = { DAHDI_KIND_DATA,
					  "modem answer tone heard" },
	FOREIGN(DAHDI_EVENT_TX_CNG_DETECTED, "fax calling tone sent"),
	FOREIGN(DAHDI_EVENT_RX_CNG_DETECTED, "fax calling tone heard"),
	FOREIGN(DAHDI_EVENT_EC_NLP_DISABLED, "echo suppressor off"),
	FOREIGN(DAHDI_EVENT_EC_NLP_ENABLED, "echo suppressor on"),
	[DAHDI_EVENT_READ_OVERRUN] = { DAHDI_KIND_OVERRUN, "read overrun" },
	[DAHDI_EVENT_WRITE_UNDERRUN] = { DAHDI_KIND_UNDERRUN,
					 "write under-run" },
};

#define EVENT_COUNT (int)(sizeof events / sizeof *events)

const struct dahdi_event *dahdi_event_find(int number)
{
	static const struct dahdi_event digit = { DAHDI_KIND_FOREIGN, "digit" };
	static const struct dahdi_event unknown = { DAHDI_KIND_FOREIGN,
						    "unknown" };
	const int digits = DAHDI_EVENT_PULSEDIGIT | DAHDI_EVENT_DTMFDOWN |
			   DAHDI_EVENT_DTMFUP;

	/* Such an event has the digit in its lower half. */
	if (number > 0 && (number & digits))
		return &digit;
	if (number < 0 || number >= EVENT_COUNT || !events[number].name)
		return &unknown;
	return &events[number];
}

const struct dahdi_event *dahdi_event_take(const struct dahdi_kernel *kernel,
					   int fd)
{
	int number = DAHDI_EVENT_NONE;

	if (kernel->ioctl(fd, DAHDI_GETEVENT, &number) < 0)
		number = DAHDI_EVENT_REMOVED;
	return dahdi_event_find(number);
}
