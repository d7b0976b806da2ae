#include "dahdi/pri_cause.h"

#include "dahdi/pri_leg.h"

#include <libpri.h>
#include <stdio.h>

#define LOCATION_PRIVATE_LOCAL 1

struct leg_cause pri_cause_own(uint8_t q850, enum leg_origin origin,
			       const char *text)
{
	struct leg_cause cause = {
		.q850 = q850,
		.location = LOCATION_PRIVATE_LOCAL,
		.origin = (uint8_t)origin,
	};

	snprintf(cause.text, sizeof cause.text, "%s", text);
	return cause;
}

/* A cause may also have come in PROGRESS or STATUS, which end nothing. */
static bool cleared_by_peer(const struct q931_received *received)
{
	if (!received || !received->cause)
		return false;
	return received->message == Q931_DISCONNECT ||
	       received->message == Q931_RELEASE ||
	       received->message == Q931_RELEASE_COMPLETE;
}

struct leg_cause pri_cause_received(const struct q931_received *received,
				    int libpri)
{
	struct leg_cause cause = { .origin = LEG_ORIGIN_PEER };
	char buf[24];

	if (cleared_by_peer(received)) {
		cause.q850 = received->cause;
		cause.location = received->cause_location;
		snprintf(cause.text, sizeof cause.text, "Q.931 %s",
			 q931_message_name(received->message, buf));
		return cause;
	}
	cause.location = LOCATION_PRIVATE_LOCAL;
	/* The peer reports that it has no such call (Q.931 5.8.11 c): the cause
	 * is that of the report, not of an end. */
	if (received && received->message == Q931_STATUS &&
	    (libpri == PRI_CAUSE_RESPONSE_TO_STATUS_ENQUIRY ||
	     libpri == PRI_CAUSE_NORMAL_UNSPECIFIED))
		libpri = PRI_CAUSE_WRONG_CALL_STATE;
	if (libpri <= 0 || libpri > 127) {
		/* Q.931 5.8.6.2: no cause counts as 31. */
		cause.q850 = PRI_CAUSE_NORMAL_UNSPECIFIED;
		snprintf(cause.text, sizeof cause.text, "no cause given");
		return cause;
	}
	cause.q850 = (uint8_t)libpri;
	cause.protocol_error = libpri >= 95 && libpri <= 111;
	snprintf(cause.text, sizeof cause.text, "Q.931 %s",
		 received && received->message == Q931_STATUS ? "STATUS"
							      : "clearing");
	return cause;
}

struct leg_cause pri_cause_hangup(const struct q931_received *received,
				  uint8_t state, int libpri)
{
	bool told = cleared_by_peer(received);

	if (libpri == PRI_CAUSE_NO_USER_RESPONSE && state == PRI_LEG_U1 &&
	    !told)
		return pri_cause_own(PRI_CAUSE_RECOVERY_ON_TIMER_EXPIRE,
				     LEG_ORIGIN_TIMER, "T303");
	if (libpri == PRI_CAUSE_DESTINATION_OUT_OF_ORDER && !told)
		return pri_cause_own(PRI_CAUSE_DESTINATION_OUT_OF_ORDER,
				     LEG_ORIGIN_SPAN,
				     state == PRI_LEG_U10 ? "T309"
							  : "D channel down");
	return pri_cause_received(received, libpri);
}

/* libpri answers some causes with a RELEASE where Q.931 5.3.3 has the clearing
 * user send DISCONNECT. They are a network's anyway. */
int pri_cause_to_send(const struct leg_cause *cause)
{
	switch (cause->q850) {
	case 0:
	case PRI_CAUSE_CHANNEL_UNACCEPTABLE:
	case PRI_CAUSE_CALL_AWARDED_DELIVERED:
	case PRI_CAUSE_NONSELECTED_USER_CLEARING:
	case PRI_CAUSE_INVALID_CALL_REFERENCE:
		return PRI_CAUSE_NORMAL_UNSPECIFIED;
	default: return cause->q850;
	}
}
