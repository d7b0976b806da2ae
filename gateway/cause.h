/* Q.850 cause <-> SIP status: two tables and the rules beside them.
 *
 * The tables are generated at build time from gateway/cause_to_sip.csv and
 * gateway/sip_to_cause.csv (RFC 4497 8.4.1, 8.4.4; RFC 3398 where it is
 * silent). Pure. */
#ifndef TOLLGATE_CAUSE_H
#define TOLLGATE_CAUSE_H

#include "gateway/leg.h"

#define CAUSE_REASON_MAX 160

struct cause_sip {
	uint16_t status;
	const char *phrase;
	bool retry_after; /* RFC 3398 7.2.4.1: resource unavailable */
};

/* The final SIP status for an unanswered call that ends with `cause`: the
 * rows with conditions (21 by location, 22 without diagnostic), T301 -> 480,
 * other timers -> 408, protocol error -> 500 (RFC 4497 8.4.5), 44 -> 503 when
 * it could not be retried. Unknown causes: 500. */
struct cause_sip cause_to_sip(const struct leg_cause *cause);

/* The cause and location for SIP failure `status` (300..699; 3xx: 31 until
 * redirection is followed). Unknown: 31. */
struct leg_cause cause_from_sip(uint16_t status);

/* Channel-local: a SETUP on another channel may succeed (6, 44, 82). */
bool cause_is_channel_local(uint8_t q850);

/* "User busy"; "cause 12" for a value without a name. Static or `buf`. */
const char *cause_name(uint8_t q850, char buf[16]);

/* Writes the value of a Reason header (RFC 3326, RFC 6432, location by
 * RFC 8606): Q.850;cause=17;text="User busy";location=LN */
void cause_format_reason(const struct leg_cause *cause,
			 char out[CAUSE_REASON_MAX]);

/* Reads a Reason header's value (several may be listed, comma-separated).
 * 0 and the Q.850 cause in *out; -ENOENT: none for Q.850; -EBADMSG. */
int cause_parse_reason(const char *value, struct leg_cause *out);

/* The cause for a received SIP failure: a Reason of Q.850 wins over the table
 * unless it is cause 16 on a failure response. `reason` may be NULL. */
struct leg_cause cause_from_sip_response(uint16_t status, const char *reason);

#endif
