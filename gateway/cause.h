/* Q.850 cause <-> SIP status: two tables and the rules beside them.
 *
 * The tables are generated at build time from gateway/cause_to_sip.csv and
 * gateway/sip_to_cause.csv (RFC 4497 8.4.1, 8.4.4; RFC 3398 where it is
 * silent). Pure. */
#ifndef TOLLGATE_CAUSE_H
#define TOLLGATE_CAUSE_H

#include "gateway/leg.h"

#define CAUSE_REASON_MAX 256

struct cause_sip {
	uint16_t status;
	const char *phrase; /* static */
	bool retry_after;   /* RFC 3398 7.2.4.1: resource unavailable */
};

/* The final SIP status for an unanswered call that ends with `cause`: the
 * rows with conditions (21 by location, 22 without diagnostic), T301 -> 480,
 * other timers -> 408, protocol error -> 500 (RFC 4497 8.4.5), 44 -> 503 when
 * it could not be retried. Unknown causes: 500. A failure that already is a
 * SIP status (cause->sip_status 400..699: a `reject` rule, another SIP leg)
 * keeps it, but for challenges (401, 407): their headers are not passed on. */
struct cause_sip cause_to_sip(const struct leg_cause *cause);

/* The same for a cause 22 whose diagnostic holds the new number in a form that
 * can be a Contact: 301. */
struct cause_sip cause_to_sip_moved(const struct leg_cause *cause);

/* The cause and location for SIP failure `status` (300..699; 3xx: 31 until
 * redirection is followed). Unknown: 31. Location: user for 6xx, else private
 * network serving the remote user (RFC 4497 8.4.4). */
struct leg_cause cause_from_sip(uint16_t status);

/* The same for a failure with a Warning header (RFC 3261 20.43): 488 and 606
 * are 65 when `warn_code` (304 media type, 305 media format) tells that another
 * bearer capability could pass (RFC 4497 8.4.4 note 8), else 31. */
struct leg_cause cause_from_sip_warning(uint16_t status, uint16_t warn_code);

/* What else ends or refuses a call on the SIP side, or before it got there. */
enum cause_event {
	CAUSE_EVENT_BYE,		/* RFC 4497 8.4.2 */
	CAUSE_EVENT_CANCEL,		/* 8.4.3 */
	CAUSE_EVENT_SIP_TIMER,		/* 8.4.5: no final response, no ACK */
	CAUSE_EVENT_SIP_PROTOCOL_ERROR, /* 8.4.5 */
	CAUSE_EVENT_NO_CHANNEL,		/* 8.3.1 */
	CAUSE_EVENT_ADDRESS_INCOMPLETE, /* 8.2.1.1 */
	CAUSE_EVENTS
};

struct leg_cause cause_from_event(enum cause_event event);

/* Channel-local: a SETUP on another channel may succeed (6, 44, 82). */
bool cause_is_channel_local(uint8_t q850);

/* "User busy"; "cause 12" for a value without a name. Static or `buf`. */
const char *cause_name(uint8_t q850, char buf[16]);

/* RFC 8606's short name of a Q.850 location code: "U", "LN", "BI", "LOC-6";
 * "?" above 15. Static. */
const char *cause_location_name(uint8_t location);

/* Writes the value of a Reason header (RFC 3326, RFC 6432, location by
 * RFC 8606): Q.850;cause=17;text="User busy";location=LN. A text that is to be
 * told, that of a reject rule, stands in the place of the cause's name.
 * Cause 0 (none given): the empty string, no header is to be sent. */
void cause_format_reason(const struct leg_cause *cause,
			 char out[CAUSE_REASON_MAX]);

/* Reads a Reason header's value (several may be listed, comma-separated; the
 * first of Q.850 counts). 0 and the Q.850 cause in *out, location RPN when none
 * was given; -ENOENT: none for Q.850; -EBADMSG: not a Reason header, or longer
 * than 1 KiB. *out is left alone on errors. */
int cause_parse_reason(const char *value, struct leg_cause *out);

/* The cause for a received SIP failure: a Reason of Q.850 wins over the table
 * unless it is cause 16 on a failure response. `reason` may be NULL. */
struct leg_cause cause_from_sip_response(uint16_t status, const char *reason);

#endif
