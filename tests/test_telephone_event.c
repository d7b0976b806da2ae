/* Telephone-event packets as bytes, and when they are sent. */
#include "media/dtmf_sender.h"
#include "media/telephone_event.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *name;
	uint8_t payload[TELEPHONE_EVENT_BYTES * 3];
	size_t bytes;
	int count;
	struct telephone_event first;
} payloads[] = {
	{ "key 5", { 5, 0x0a, 0, 160 }, 4, 1, { 5, false, 10, 160 } },
	{ "its end", { 5, 0x8a, 1, 0x40 }, 4, 1, { 5, true, 10, 320 } },
	{ "the reserved bit",
	  { 5, 0xca, 1, 0x40 },
	  4,
	  1,
	  { 5, true, 10, 320 } },
	{ "largest", { 255, 0xbf, 255, 255 }, 4, 1, { 255, true, 63, 65535 } },
	{ "empty", { 0 }, 0, -EBADMSG, { 0 } },
	{ "cut", { 5, 0x0a, 0 }, 3, -EBADMSG, { 0 } },
	{ "a byte too many",
	  { 5, 0x0a, 0, 160, 7 },
	  5,
	  1,
	  { 5, false, 10, 160 } },
	{ "zeros behind it", { 5, 0x8a, 0, 160 }, 12, 1, { 5, true, 10, 160 } },
	{ "two",
	  { 5, 0x8a, 0, 160, 6, 0x0a, 0, 80 },
	  8,
	  2,
	  { 5, true, 10, 160 } },
	{ "two, the first not over",
	  { 5, 0x0a, 0, 160, 6, 0x0a, 0, 80 },
	  8,
	  1,
	  { 5, false, 10, 160 } },
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
		struct telephone_event out[TELEPHONE_EVENT_REPORTS_MAX];
		const struct telephone_event *want = &payloads[i].first;
		/* Its own, so that a sanitizer sees a byte too many. */
		uint8_t *copy = malloc(payloads[i].bytes + 1);
		int count;

		memcpy(copy, payloads[i].payload, payloads[i].bytes);
		copy = realloc(copy, payloads[i].bytes ? payloads[i].bytes : 1);
		count = telephone_event_parse(out, copy, payloads[i].bytes);
		free(copy);
		if (count != payloads[i].count)
			fail_msg("%s: %d", payloads[i].name, count);
		if (count < 0)
			continue;
		assert_int_equal(out->code, want->code);
		assert_int_equal(out->end, want->end);
		assert_int_equal(out->volume, want->volume);
		assert_int_equal(out->duration, want->duration);
	}
}

static void test_parse_many(void **state)
{
	struct telephone_event out[TELEPHONE_EVENT_REPORTS_MAX];
	uint8_t payload[160];

	(void)state;
	for (size_t i = 0; i < sizeof payload; i += TELEPHONE_EVENT_BYTES)
		memcpy(payload + i, "\x05\x8a\x00\xa0", TELEPHONE_EVENT_BYTES);
	assert_int_equal(telephone_event_parse(out, payload, 64), 16);
	assert_int_equal(telephone_event_parse(out, payload, 65), -EBADMSG);
	assert_int_equal(telephone_event_parse(out, payload, 160), -EBADMSG);
}

static void test_build(void **state)
{
	struct telephone_event event = { 11, true, 10, 0x1234 };
	uint8_t payload[TELEPHONE_EVENT_BYTES];

	(void)state;
	telephone_event_build(payload, &event);
	assert_memory_equal(payload, "\x0b\x8a\x12\x34", sizeof payload);
	event.end = false;
	telephone_event_build(payload, &event);
	assert_memory_equal(payload, "\x0b\x0a\x12\x34", sizeof payload);
}

static void test_digits(void **state)
{
	static const char all[] = "0123456789*#ABCD";

	(void)state;
	for (uint8_t code = 0; code < TELEPHONE_EVENT_DIGITS; code++) {
		assert_int_equal(telephone_event_digit(code), all[code]);
		assert_int_equal(telephone_event_code(all[code]), code);
	}
	assert_int_equal(telephone_event_code('x'), -EINVAL);
	assert_int_equal(telephone_event_code('\0'), -EINVAL);
}

/* What is sent as text: `at` a packet, * with marker, code, timestamp of the
 * press, duration, E with end bit. */
static char sent[4000];

static void send_due(struct dtmf_sender *sender, uint32_t now, uint32_t down)
{
	struct dtmf_to_send out;
	unsigned count = 0;

	while (dtmf_sender_packet(sender, now, down, &out)) {
		struct telephone_event event[TELEPHONE_EVENT_REPORTS_MAX];
		size_t at = strlen(sent);

		assert_true(++count < 20);
		assert_int_equal(telephone_event_parse(event, out.payload,
						       sizeof out.payload),
				 1);
		snprintf(sent + at, sizeof sent - at, "%s%u:%s%c@%u+%u%s",
			 at ? " " : "", now, out.marker ? "*" : "",
			 telephone_event_digit(event->code), out.timestamp,
			 event->duration, event->end ? "E" : "");
	}
}

/* Key `code` from `begin` to `end`, known 200 samples later, in ticks of 80. */
struct stroke {
	uint8_t code;
	uint32_t begin, end;
};

static void run_strokes(const struct stroke *stroke, unsigned count,
			uint32_t until)
{
	struct dtmf_sender sender;
	unsigned begun = 0, ended = 0;

	dtmf_sender_reset(&sender);
	sent[0] = '\0';
	for (uint32_t now = 80; now <= until; now += 80) {
		if (ended < begun && now >= stroke[ended].end + 200)
			dtmf_sender_end(&sender, stroke[ended++].end);
		if (begun < count && now >= stroke[begun].begin + 200) {
			dtmf_sender_begin(&sender, stroke[begun].code, 10,
					  stroke[begun].begin);
			ended = begun++;
		}
		send_due(&sender, now, now - 200);
	}
	assert_false(dtmf_sender_active(&sender));
	assert_false(dtmf_sender_down(&sender));
}

static const struct {
	const char *name;
	struct stroke stroke[3];
	unsigned count;
	const char *sent;
} strokes[] = {
	{ "one key",
	  { { 5, 40, 540 } },
	  1,
	  "240:*5@40+1 400:5@40+160 560:5@40+320 720:5@40+480 "
	  "800:5@40+500E 960:5@40+500E 1120:5@40+500E" },
	{ "a short one is as long as a digit must be",
	  { { 5, 40, 240 } },
	  1,
	  "240:*5@40+1 400:5@40+160 480:5@40+320E 640:5@40+320E "
	  "800:5@40+320E" },
	{ "the next does not wait for the end packets",
	  { { 5, 40, 540 }, { 6, 700, 1100 } },
	  2,
	  "240:*5@40+1 400:5@40+160 560:5@40+320 720:5@40+480 "
	  "800:5@40+500E 960:5@40+500E 960:5@40+500E 960:*6@700+60 "
	  "1120:6@700+220 1280:6@700+380 1360:6@700+400E 1520:6@700+400E "
	  "1680:6@700+400E" },
	{ "no pause at all",
	  { { 5, 40, 9999 }, { 6, 520, 1000 } },
	  2,
	  "240:*5@40+1 400:5@40+160 560:5@40+320 720:5@40+480E 720:5@40+480E "
	  "720:5@40+480E 720:*6@520+1 880:6@520+160 1040:6@520+320 "
	  "1200:6@520+480E 1360:6@520+480E 1520:6@520+480E" },
};

static void test_strokes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof strokes / sizeof *strokes; i++) {
		run_strokes(strokes[i].stroke, strokes[i].count, 6000);
		if (strcmp(sent, strokes[i].sent))
			fail_msg("%s: %s", strokes[i].name, sent);
	}
}

/* Longer than a duration can say: 10 s, in two segments (RFC 4733 2.5.1.3). */
static void test_segments(void **state)
{
	struct dtmf_sender sender;
	struct dtmf_to_send out;
	struct telephone_event event[TELEPHONE_EVENT_REPORTS_MAX];
	unsigned full = 0, ends = 0, markers = 0;
	uint32_t last = 0;

	(void)state;
	dtmf_sender_reset(&sender);
	dtmf_sender_begin(&sender, 5, 10, 0xffffff00);
	for (uint32_t t = 80; t < 81000; t += 80) {
		if (t == 80000)
			dtmf_sender_end(&sender, 0xffffff00 + t);
		while (dtmf_sender_packet(&sender, 0xffffff00 + t,
					  0xffffff00 + t, &out)) {
			telephone_event_parse(event, out.payload, 4);
			markers += out.marker;
			full += event->duration == 0xffff;
			ends += event->end;
			assert_true(!event->end || t >= 80000);
			/* Contiguous and growing, over the segments. */
			assert_true((int32_t)(out.timestamp + event->duration -
					      0xffffff00 - last) >= 0);
			last = out.timestamp + event->duration - 0xffffff00;
		}
	}
	assert_int_equal(markers, 1);
	assert_int_equal(full, 3);
	assert_int_equal(ends, 3);
	assert_int_equal(last, 80000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_many),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_strokes),
		cmocka_unit_test(test_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
