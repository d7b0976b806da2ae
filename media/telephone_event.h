/* The payload of telephone-event packets (RFC 4733 2.3): parse and build,
 * nothing kept. */
#ifndef TOLLGATE_TELEPHONE_EVENT_H
#define TOLLGATE_TELEPHONE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TELEPHONE_EVENT_BYTES 4
/* Reports that one packet may pack (RFC 4733 2.5.1.5). More would be seconds of
 * keys in one packet, which nobody presses. */
#define TELEPHONE_EVENT_REPORTS_MAX 16
#define TELEPHONE_EVENT_DIGITS 16 /* 0-9, *, #, A-D (RFC 4733 3.2) */

struct telephone_event {
	uint8_t code;
	bool end;
	uint8_t volume;	   /* 0..63: the tone's power is -volume dBm0 */
	uint16_t duration; /* timestamp units since the event began */
};

/* Reads the reports of a payload. One after another they are contiguous: a
 * second one only counts where the first has ended, so zeros behind a single
 * report, which some phones send, are not digit 0. Returns how many were read,
 * or -EBADMSG for a payload that is none. */
int telephone_event_parse(
	struct telephone_event out[TELEPHONE_EVENT_REPORTS_MAX],
	const uint8_t *payload, size_t bytes);

void telephone_event_build(uint8_t out[TELEPHONE_EVENT_BYTES],
			   const struct telephone_event *event);

/* The digit of a code below TELEPHONE_EVENT_DIGITS, and the code of a digit, or
 * -EINVAL. */
char telephone_event_digit(uint8_t code);
int telephone_event_code(char digit);

#endif
