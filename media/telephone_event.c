#include "media/telephone_event.h"

#include "media/wire.h"

#include <errno.h>
#include <string.h>

#define END 0x80
#define VOLUME 0x3f

static const char digits[] = "0123456789*#ABCD";

int telephone_event_parse(
	struct telephone_event out[TELEPHONE_EVENT_REPORTS_MAX],
	const uint8_t *payload, size_t bytes)
{
	int count = 0;

	if (bytes < TELEPHONE_EVENT_BYTES ||
	    bytes > TELEPHONE_EVENT_REPORTS_MAX * TELEPHONE_EVENT_BYTES)
		return -EBADMSG;
	for (; bytes >= TELEPHONE_EVENT_BYTES;
	     bytes -= TELEPHONE_EVENT_BYTES, payload += TELEPHONE_EVENT_BYTES) {
		struct telephone_event event = {
			.code = payload[0],
			.end = payload[1] & END,
			.volume = payload[1] & VOLUME,
			.duration = wire_get16(payload + 2),
		};

		if (count && (!out[count - 1].end || !event.duration))
			break;
		out[count++] = event;
	}
	return count;
}

void telephone_event_build(uint8_t out[TELEPHONE_EVENT_BYTES],
			   const struct telephone_event *event)
{
	out[0] = event->code;
	out[1] = (uint8_t)((event->end ? END : 0) | (event->volume & VOLUME));
	wire_put16(out + 2, event->duration);
}

char telephone_event_digit(uint8_t code)
{
	return digits[code % TELEPHONE_EVENT_DIGITS];
}

int telephone_event_code(char digit)
{
	const char *at = digit ? strchr(digits, digit) : NULL;

	return at ? (int)(at - digits) : -EINVAL;
}
