#include "dahdi/q931_message.h"

#include "dahdi/q931_tap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CALL_REFERENCE_OCTETS_MAX 2

int q931_header_parse(const uint8_t *message, size_t len,
		      struct q931_header *out)
{
	const uint8_t *reference = message + 2;
	size_t octets;

	if (len < 3 || message[0] != Q931_DISCRIMINATOR)
		return -EBADMSG;
	octets = message[1];
	if (octets > CALL_REFERENCE_OCTETS_MAX || len < 3 + octets)
		return -EBADMSG;
	*out = (struct q931_header){ .dummy = octets == 0,
				     .type = message[2 + octets],
				     .ies_at = 3 + octets };
	if (octets) {
		out->from_origin = !(reference[0] & 0x80);
		out->call = reference[0] & 0x7fU;
	}
	if (octets == 2)
		out->call = out->call << 8 | reference[1];
	return 0;
}

void q931_walk_start(struct q931_walk *walk, const uint8_t *ies, size_t len)
{
	*walk = (struct q931_walk){ .ies = ies, .len = len };
}

static bool is_shift(uint8_t id)
{
	return (id & 0xf0) == 0x90;
}

/* Q.931 4.5.3, 4.5.4. A locking shift to codeset 0 is an error and changes
 * nothing, as in libpri: both must see the same codeset. */
static void shift(struct q931_walk *walk, uint8_t id)
{
	uint8_t codeset = id & 7;

	if (id & 0x08)
		walk->codeset = codeset;
	else if (codeset)
		walk->locked = walk->codeset = codeset;
}

int q931_walk_next(struct q931_walk *walk, struct q931_ie *ie)
{
	const uint8_t *p = walk->ies + walk->at;
	size_t left = walk->len - walk->at;

	if (!left)
		return 0;
	*ie = (struct q931_ie){
		.codeset = walk->codeset, .id = p[0], .at = walk->at, .size = 1
	};
	if (!(p[0] & 0x80)) {
		if (left < 2 || p[1] > left - 2)
			return -EBADMSG;
		ie->data = p + 2;
		ie->len = p[1];
		ie->size = 2 + ie->len;
	}
	walk->at += ie->size;
	if (is_shift(ie->id))
		shift(walk, ie->id);
	else
		walk->codeset = walk->locked;
	return 1;
}

const uint8_t *q931_ie_find(const uint8_t *ies, size_t ies_len, uint8_t id,
			    size_t *len)
{
	struct q931_walk walk;
	struct q931_ie ie;

	q931_walk_start(&walk, ies, ies_len);
	while (q931_walk_next(&walk, &ie) > 0) {
		if (ie.codeset != 0 || ie.id != id || !ie.data)
			continue;
		*len = ie.len;
		return ie.data;
	}
	return NULL;
}

/* libpri looks for the octet with the extension bit without minding the end of
 * the element, then takes the digits after it: what is left may be negative. */
static bool has_extension_end(const struct q931_ie *ie)
{
	for (size_t i = 0; i < ie->len; i++)
		if (ie->data[i] & 0x80)
			return true;
	return false;
}

static bool cause_is_whole(const struct q931_ie *ie)
{
	if (ie->len < 2)
		return false;
	return (ie->data[0] & 0x80) || ie->len >= 3;
}

/* Octet 4.1 follows when the rate is multirate (Q.931 4.5.5). */
static bool bearer_is_whole(const struct q931_ie *ie)
{
	if (ie->len < 2)
		return false;
	return (ie->data[1] & 0x7f) != 0x18 || ie->len >= 3;
}

static bool ie_is_whole(const struct q931_ie *ie)
{
	if (!ie->data)
		return true;
	if (ie->codeset != 0)
		return ie->len >= 1;
	switch (ie->id) {
	case Q931_IE_BEARER: return bearer_is_whole(ie);
	case Q931_IE_CAUSE: return cause_is_whole(ie);
	case Q931_IE_PROGRESS: return ie->len >= 2;
	case Q931_IE_CONNECTED_ADDRESS:
	case Q931_IE_CONNECTED_NUMBER:
	case Q931_IE_CALLING_NUMBER:
	case Q931_IE_ORIGINAL_CALLED:
	case Q931_IE_REDIRECTING_NUMBER:
	case Q931_IE_REDIRECTION_NUMBER: return has_extension_end(ie);
	default:
		/* An element of no contents counts as absent (4.5.1). */
		return ie->len >= 1;
	}
}

size_t q931_sanitize(uint8_t *ies, size_t len, unsigned *removed)
{
	struct q931_walk walk;
	struct q931_ie ie;
	size_t kept = 0;
	bool shifted = false;
	int more;

	*removed = 0;
	q931_walk_start(&walk, ies, len);
	while ((more = q931_walk_next(&walk, &ie)) > 0) {
		if (!ie_is_whole(&ie)) {
			(*removed)++;
			/* A shift for one element goes with its element. */
			kept -= shifted;
			shifted = false;
			continue;
		}
		memmove(ies + kept, ies + ie.at, ie.size);
		kept += ie.size;
		shifted = (ie.id & 0xf8) == 0x98;
	}
	if (more < 0)
		(*removed)++;
	return kept;
}

/* Octet `n` (from 3) of the first cause, NULL when there is none. */
static uint8_t *cause_octet(uint8_t *ies, size_t len, size_t n)
{
	size_t cause_len;
	const uint8_t *cause =
		q931_ie_find(ies, len, Q931_IE_CAUSE, &cause_len);

	return cause && cause_len > n - 3 ? ies + (cause - ies) + n - 3 : NULL;
}

bool q931_cause_relocate(uint8_t *ies, size_t len, uint8_t location)
{
	uint8_t *octet3 = cause_octet(ies, len, 3);

	if (octet3)
		*octet3 = (uint8_t)((*octet3 & 0xf0) | (location & 0x0f));
	return octet3;
}

/* Without octet 3a: libpri sends none. */
bool q931_cause_replace(uint8_t *ies, size_t len, uint8_t value)
{
	uint8_t *octet4 = cause_octet(ies, len, 4);

	if (octet4)
		*octet4 = (uint8_t)(0x80 | value);
	return octet4;
}

size_t q931_progress_insert(uint8_t *ies, size_t len, uint8_t pi,
			    uint8_t location)
{
	const uint8_t element[4] = { Q931_IE_PROGRESS, 2,
				     (uint8_t)(0x80 | (location & 0x0f)),
				     (uint8_t)(0x80 | pi) };
	struct q931_walk walk;
	struct q931_ie ie;
	size_t at = 0;

	q931_walk_start(&walk, ies, len);
	while (q931_walk_next(&walk, &ie) > 0) {
		if (is_shift(ie.id) || (ie.data && ie.id > Q931_IE_PROGRESS))
			break;
		at = ie.at + ie.size;
	}
	memmove(ies + at + sizeof element, ies + at, len - at);
	memcpy(ies + at, element, sizeof element);
	return len + sizeof element;
}

const char *q931_message_name(uint8_t type, char buf[24])
{
	switch (type) {
	case Q931_ALERTING: return "ALERTING";
	case Q931_CALL_PROCEEDING: return "CALL PROCEEDING";
	case Q931_PROGRESS: return "PROGRESS";
	case Q931_SETUP: return "SETUP";
	case Q931_CONNECT: return "CONNECT";
	case Q931_SETUP_ACK: return "SETUP ACKNOWLEDGE";
	case Q931_CONNECT_ACK: return "CONNECT ACKNOWLEDGE";
	case Q931_DISCONNECT: return "DISCONNECT";
	case Q931_RESTART: return "RESTART";
	case Q931_RELEASE: return "RELEASE";
	case Q931_RESTART_ACK: return "RESTART ACKNOWLEDGE";
	case Q931_RELEASE_COMPLETE: return "RELEASE COMPLETE";
	case Q931_FACILITY: return "FACILITY";
	case Q931_NOTIFY: return "NOTIFY";
	case Q931_STATUS_ENQUIRY: return "STATUS ENQUIRY";
	case Q931_INFORMATION: return "INFORMATION";
	case Q931_STATUS: return "STATUS";
	default: snprintf(buf, 24, "message 0x%02x", type); return buf;
	}
}
