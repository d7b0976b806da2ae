#include "media/dtmf_sender.h"

#define SEGMENT_MAX 0xffff
#define REPEATS 3

static bool is_due(uint32_t when, uint32_t now)
{
	return (int32_t)(now - when) >= 0;
}

void dtmf_sender_reset(struct dtmf_sender *s)
{
	*s = (struct dtmf_sender){ 0 };
}

static void start(struct dtmf_sender *s, const struct dtmf_press *press,
		  uint32_t now)
{
	*s = (struct dtmf_sender){
		.active = true,
		.marker = true,
		.press = *press,
		.segment = press->begin,
		.repeats = REPEATS,
		.next = now,
	};
}

void dtmf_sender_begin(struct dtmf_sender *s, uint8_t code, uint8_t volume,
		       uint32_t begin)
{
	struct dtmf_press press = { .code = code,
				    .volume = volume,
				    .begin = begin };

	if (!s->active) {
		start(s, &press, begin);
		return;
	}
	dtmf_sender_end(s, begin);
	/* The two must not overlap (RFC 4733 2.5.1.2). */
	if ((int32_t)(s->press.begin + s->duration - begin) > 0)
		s->duration = begin - s->press.begin;
	s->waiting = true;
	s->after = press;
}

void dtmf_sender_end(struct dtmf_sender *s, uint32_t end)
{
	if (!s->active || s->ended)
		return;
	s->ended = true;
	s->duration = end - s->press.begin;
	if ((int32_t)s->duration < DTMF_SENDER_MIN)
		s->duration = DTMF_SENDER_MIN;
	/* The end is told at once. */
	s->next = end;
}

bool dtmf_sender_down(const struct dtmf_sender *s)
{
	return s->active && !s->ended;
}

bool dtmf_sender_active(const struct dtmf_sender *s)
{
	return s->active;
}

static void build(struct dtmf_sender *s, struct telephone_event event,
		  struct dtmf_to_send *out)
{
	event.code = s->press.code;
	event.volume = s->press.volume;
	out->marker = s->marker;
	out->timestamp = s->segment;
	telephone_event_build(out->payload, &event);
	s->marker = false;
}

/* A duration that cannot be said: the segment's last packet, which has no end
 * bit, three times in a row, and the next segment begins. */
static void segment(struct dtmf_sender *s, struct dtmf_to_send *out)
{
	struct telephone_event event = { .duration = SEGMENT_MAX };

	build(s, event, out);
	if (--s->repeats)
		return;
	s->repeats = REPEATS;
	s->segment += SEGMENT_MAX;
}

static void end_packet(struct dtmf_sender *s, uint32_t now,
		       struct dtmf_to_send *out)
{
	struct telephone_event event = {
		.end = true,
		.duration =
			(uint16_t)(s->press.begin + s->duration - s->segment),
	};

	build(s, event, out);
	s->next = now + DTMF_SENDER_INTERVAL;
	if (--s->repeats)
		return;
	if (s->waiting) {
		struct dtmf_press after = s->after;

		start(s, &after, now);
	} else {
		s->active = false;
	}
}

bool dtmf_sender_packet(struct dtmf_sender *s, uint32_t now, uint32_t down,
			struct dtmf_to_send *out)
{
	uint32_t up_to = s->ended ? s->press.begin + s->duration : down;
	struct telephone_event event = { .duration = 1 };

	if (!s->active || (!s->waiting && !is_due(s->next, now)))
		return false;
	if ((int32_t)(up_to - s->segment) > SEGMENT_MAX) {
		segment(s, out);
	} else if (s->ended) {
		end_packet(s, now, out);
	} else {
		if ((int32_t)(down - s->segment) > 0)
			event.duration = (uint16_t)(down - s->segment);
		build(s, event, out);
		s->next = now + DTMF_SENDER_INTERVAL;
	}
	return true;
}
