/* What an INVITE says, in the gateway's words. Pure but for the parsed message
 * it reads. */
#ifndef TOLLGATE_SIP_REQUEST_H
#define TOLLGATE_SIP_REQUEST_H

#include "gateway/cause.h"
#include "gateway/leg.h"
#include "sip/sdp.h"
#include "sip/stack.h"

/* Why a request is answered without becoming a call. `phrase` is static: the
 * stack keeps the pointer. */
struct request_fault {
	int status;
	const char *phrase;
	char why[LEG_TEXT_MAX]; /* for the log */
};

/* True when every Contact and Record-Route is a sip: or sips: URI with a host:
 * what a request inside the dialog will be sent to. An INVITE with any other,
 * accepted and never acknowledged, makes the stack overflow its own stack 32 s
 * later. `initial`: Contact must be there; later a missing one leaves the
 * target as it is. Also for the answer to a request of ours in the dialog. */
bool request_target_usable(const sip_t *sip, bool initial);

/* Checks what must be right before a call is made of an INVITE: Contact and
 * Record-Route (400), a Request-URI that can name a number (416), Max-Forwards
 * (483). 0 or -EINVAL with the fault. */
int request_check(const sip_t *sip, struct request_fault *fault);

/* Copies the SDP of a request's body into `out` (SDP_TEXT_MAX + 1 bytes, ended
 * by NUL), also from a multipart body. 0, with *len 0 when there is none;
 * -EINVAL with the fault: a body we cannot read (415, RFC 3261 8.2.3), one too
 * long (413), or one with a NUL (400). */
int request_sdp(const sip_t *sip, char *out, size_t *len,
		struct request_fault *fault);

/* Fills in the called number from the Request-URI, never from To (RFC 4497
 * 9.2.1). Without a number to call, setup->refuse says so with cause 1. */
void request_called(const sip_t *sip, struct leg_setup *setup);

/* Why a BYE or CANCEL ends the call: the Q.850 cause of its Reason headers,
 * else the table's for `event`. */
struct leg_cause request_reason(const sip_t *sip, enum cause_event event);

/* Why a request of ours has failed with `status` (300..699): a Q.850 cause of
 * the response's Reason headers, else the table's, which looks at Warning for
 * 488 and 606. `sip` may be NULL. */
struct leg_cause request_failure(int status, const sip_t *sip);

/* "sip=<Call-ID>" for the log, cut, with nothing in it that a grep or a
 * terminal could stumble over. */
void request_log_name(const sip_t *sip, char out[LEG_NAME_MAX]);

#endif
