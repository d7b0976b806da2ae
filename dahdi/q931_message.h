/* Reading and rewriting the octets of a Q.931 message.
 *
 * Pure functions over untrusted bytes, used by the tap only. Bounds are
 * strict: what does not fit into its message does not exist.
 */
#ifndef TOLLGATE_Q931_MESSAGE_H
#define TOLLGATE_Q931_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define Q931_DISCRIMINATOR 0x08

/* Information elements of codeset 0 (Q.931 4.5). */
enum q931_ie_id {
	Q931_IE_BEARER = 0x04,
	Q931_IE_CAUSE = 0x08,
	Q931_IE_CONNECTED_ADDRESS = 0x0c,
	Q931_IE_CALL_STATE = 0x14,
	Q931_IE_CHANNEL = 0x18,
	Q931_IE_FACILITY = 0x1c,
	Q931_IE_PROGRESS = 0x1e,
	Q931_IE_NOTIFICATION = 0x27,
	Q931_IE_DISPLAY = 0x28,
	Q931_IE_KEYPAD = 0x2c,
	Q931_IE_REVERSE_CHARGE = 0x4a,
	Q931_IE_CONNECTED_NUMBER = 0x4c,
	Q931_IE_CONNECTED_SUBADDRESS = 0x4d,
	Q931_IE_CALLING_NUMBER = 0x6c,
	Q931_IE_CALLING_SUBADDRESS = 0x6d,
	Q931_IE_CALLED_NUMBER = 0x70,
	Q931_IE_CALLED_SUBADDRESS = 0x71,
	Q931_IE_ORIGINAL_CALLED = 0x73,
	Q931_IE_REDIRECTING_NUMBER = 0x74,
	Q931_IE_REDIRECTION_NUMBER = 0x76,
	Q931_IE_RESTART_INDICATOR = 0x79,
	Q931_IE_USER_USER = 0x7e,
};

struct q931_header {
	bool dummy;	  /* call reference of no octets (Q.932 6.1) */
	bool from_origin; /* flag 0: sent by the side that allocated it */
	unsigned call;	  /* value; 0: global, or dummy */
	uint8_t type;
	size_t ies_at; /* offset of the first element */
};

/* Reads protocol discriminator, call reference and message type. -EBADMSG:
 * to be ignored (Q.931 5.8.1, 5.8.2, 5.8.3.1). */
int q931_header_parse(const uint8_t *message, size_t len,
		      struct q931_header *out);

/* One element: `data`/`len` its contents, `at`/`size` the whole of it within
 * the message. A single-octet element has no contents. */
struct q931_ie {
	uint8_t codeset, id;
	const uint8_t *data;
	size_t len;
	size_t at, size;
};

struct q931_walk {
	const uint8_t *ies;
	size_t len, at;
	uint8_t locked, codeset;
};

void q931_walk_start(struct q931_walk *walk, const uint8_t *ies, size_t len);

/* 1: *ie is the next element (shifts are elements too, id 0x90..0x9f);
 * 0: the end; -EBADMSG: the rest is cut off. */
int q931_walk_next(struct q931_walk *walk, struct q931_ie *ie);

/* Removes from `ies` what libpri would read beyond its end: a tail that is cut
 * off, and elements shorter than their mandatory octets. Returns the length
 * left; *removed counts the elements. */
size_t q931_sanitize(uint8_t *ies, size_t len, unsigned *removed);

/* Sets the location of the first cause in `ies`. False: there is none. */
bool q931_cause_relocate(uint8_t *ies, size_t len, uint8_t location);

/* Sets the value of the first cause in `ies`. False: there is none. */
bool q931_cause_replace(uint8_t *ies, size_t len, uint8_t value);

/* Inserts a progress indicator at its place by ascending identifier (Q.931
 * 4.5.1). `ies` must have room for 4 octets more. Returns the new length. */
size_t q931_progress_insert(uint8_t *ies, size_t len, uint8_t pi,
			    uint8_t location);

#endif
