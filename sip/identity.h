/* Who calls, who answers and who has diverted: SIP's headers in the gateway's
 * words and back (RFC 4497 9, RFC 3323, RFC 3325, RFC 5806). Pure but for the
 * parsed message it reads.
 *
 * Nothing that a telephone network or a peer has said reaches a header but
 * digits, '*', '#' and a leading '+'. */
#ifndef TOLLGATE_SIP_IDENTITY_H
#define TOLLGATE_SIP_IDENTITY_H

#include "gateway/leg.h"
#include "sip/stack.h"

#define IDENTITY_URI_MAX 256
#define IDENTITY_DIVERSION_MAX 384

/* The number that the user part of a URI stands for: percent-decoded, visual
 * separators and the parameters of a telephone-subscriber left out. 0; -ENOENT
 * when empty; -EINVAL when it is no number or longer than LEG_DIGITS_MAX. */
int identity_number(const char *user, char digits[LEG_DIGITS_MAX]);

/* True when `digits` are what identity_number gives: not empty, and nothing
 * that could be taken for more than a number in a header. */
bool identity_is_number(const char digits[LEG_DIGITS_MAX]);

/* Fills in who calls by an INVITE and who has diverted it. From a `trusted`
 * peer the first P-Asserted-Identity with a number is the network's word; From
 * is what the user says (RFC 4497 9.2.2). A number that is withheld and not
 * known has present false and presentation 1; none at all, 2. 0; -EBADMSG: a
 * Privacy, P-Asserted-Identity or Diversion header cannot be read: an
 * unreadable Privacy withholds the number, the others say nothing. */
int identity_read_setup(const sip_t *sip, bool trusted,
			struct leg_setup *setup);

/* The same for who answers, in a 2xx: without P-Asserted-Identity nothing is
 * known, and nothing said (presentation 0) unless it is withheld. */
int identity_read_connected(const sip_t *sip, bool trusted,
			    struct leg_number *connected);

/* Adds the value of one Diversion header to *out, which begins zeroed: headers
 * are given in their order, and the first value of the first one is the last
 * that diverted (RFC 5806 4.3). Only a `trusted` peer's "screen=yes" counts.
 * 0; -EBADMSG: what cannot be read counts as one diversion by nobody known, and
 * what follows it as none. */
int identity_parse_diversion(const char *value, bool trusted,
			     struct leg_redirecting *out);

/* Headers to send; "" or NULL: the message has none. */
struct identity_headers {
	char from[IDENTITY_URI_MAX];		/* of the value, without tag */
	char asserted[IDENTITY_URI_MAX];	/* P-Asserted-Identity */
	const char *privacy;			/* Privacy, static */
	char diversion[IDENTITY_DIVERSION_MAX]; /* with its name before it */
};

/* What our INVITE to a peer says (RFC 4497 9.1.2): a withheld number is told
 * only to one that is `trusted`, nothing is asserted to another. `host` is the
 * gateway's in URIs, bracketed where it is IPv6. */
void identity_write_setup(const struct leg_setup *setup, bool trusted,
			  const char *host, struct identity_headers *out);

/* What our 200 says by `asserted` and `privacy` (RFC 4497 9.1.3). */
void identity_write_connected(const struct leg_number *connected, bool trusted,
			      const char *host, struct identity_headers *out);

#endif
