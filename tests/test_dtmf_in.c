/* In-band digits of a telephone, found, sent as events, and played again. */
#include "media/dtmf_in.h"
#include "media/dtmf_out.h"
#include "media/dtmf_sender.h"
#include "tests/dtmf_rig.h"

#include <math.h>

/* From the B channel of one gateway to that of another. */
struct path {
	struct dtmf_in *in;
	struct dtmf_sender sender;
	struct dtmf_queue queue;
	struct dtmf_out out;
	struct receiver *receiver;
	uint32_t now;
	uint16_t seq;
	unsigned begun;
	uint8_t volume;
	/* of each press, in samples: what was reported */
	uint32_t begin[HEARD_DIGITS_MAX], duration[HEARD_DIGITS_MAX];
};

static struct path *path_new(void)
{
	struct path *path = calloc(1, sizeof *path);

	assert_int_equal(dtmf_in_new(&path->in, G711_ALAW), 0);
	dtmf_queue_init(&path->queue);
	dtmf_out_init(&path->out, G711_ALAW);
	path->receiver = receiver_new();
	return path;
}

static void path_free(struct path *path)
{
	dtmf_in_free(path->in);
	receiver_free(path->receiver);
	free(path);
}

static void find(struct path *path, const uint8_t block[BLOCK])
{
	struct dtmf_sender *sender = &path->sender;
	struct dtmf_heard heard;
	uint32_t sure;

	dtmf_in_hear(path->in, block, &heard);
	path->now += BLOCK;
	sure = path->now - heard.age;
	if (dtmf_sender_down(sender) && heard.code != sender->press.code)
		dtmf_sender_end(sender, sure - DTMF_IN_DELAY_END);
	if (heard.code == DTMF_IN_NONE || dtmf_sender_down(sender))
		return;
	path->begun++;
	path->volume = heard.volume;
	dtmf_sender_begin(sender, (uint8_t)heard.code, heard.volume,
			  sure - DTMF_IN_DELAY_BEGIN);
}

static void pass_on(struct path *path)
{
	struct telephone_event event[TELEPHONE_EVENT_REPORTS_MAX];
	struct dtmf_to_send sent;

	while (dtmf_sender_packet(&path->sender, path->now,
				  path->now - DTMF_IN_DELAY_BEGIN, &sent)) {
		struct dtmf_packet packet = { .seq = path->seq++,
					      .timestamp = sent.timestamp,
					      .marker = sent.marker };
		int32_t lead = (int32_t)(sent.timestamp + 480 - path->now);

		telephone_event_parse(event, sent.payload, sizeof sent.payload);
		packet.event = event[0];
		packet.lead = lead > 0 ? (uint32_t)lead : 0;
		assert_true(dtmf_queue_put(&path->queue, &packet) <=
			    DTMF_KNOWN);
		path->begin[path->begun - 1] = sent.timestamp;
		path->duration[path->begun - 1] = event->duration;
	}
}

static void block(struct path *path, const uint8_t in[BLOCK])
{
	uint8_t out[BLOCK];

	memset(out, g711_idle(G711_ALAW), sizeof out);
	find(path, in);
	pass_on(path);
	dtmf_out_play(&path->out, &path->queue, out, sizeof out);
	receiver_hear(path->receiver, out, sizeof out);
}

static void press(struct path *path, struct keypad pad)
{
	uint8_t samples[BLOCK];

	while (keypad_block(&pad, samples))
		block(path, samples);
	memset(samples, g711_idle(G711_ALAW), sizeof samples);
	for (int i = 0; i < 40; i++)
		block(path, samples);
}

/* Levels of the stronger tone; twist is high against low, in dB. Q.24 asks for
 * less of both, spandsp takes 8 dB one way and 4 dB the other. */
static const double levels[] = { -3, -6, -10, -15, -20, -25 };
static const double twists[] = { 0, 3, -6 };

static void test_all_digits_at_all_levels(void **state)
{
	(void)state;
	for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
		for (size_t t = 0; t < sizeof twists / sizeof *twists; t++) {
			double twist = twists[t];
			struct keypad pad = {
				.digits = ALL_DIGITS "00" ALL_DIGITS,
				.on = 400,
				.off = 400,
				.at = (unsigned)(17 * l + 5 * t),
				.low_dbm0 = levels[l] - (twist > 0 ? twist : 0),
				.high_dbm0 =
					levels[l] + (twist < 0 ? twist : 0),
			};
			struct path *path = path_new();

			press(path, pad);
			if (strcmp(path->receiver->heard, pad.digits))
				fail_msg("%g dBm0, twist %g: heard %s",
					 levels[l], twist,
					 path->receiver->heard);
			path_free(path);
		}
	}
}

/* On and off in ms; the beginning of each falls anywhere in a block. */
static const struct {
	double on_ms, off_ms;
} timings[] = {
	{ 40, 40 },	{ 50, 50 },   { 65.125, 41 }, { 45.375, 60.25 },
	{ 100, 70.75 }, { 250, 100 }, { 500, 45 },
};

/* What is reported is what was pressed, give or take a block of spandsp's. */
static void test_times(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof timings / sizeof *timings; i++) {
		unsigned on = (unsigned)(8 * timings[i].on_ms);
		unsigned off = (unsigned)(8 * timings[i].off_ms);
		struct path *path = path_new();
		struct keypad pad = { .digits = ALL_DIGITS "1122",
				      .on = on,
				      .off = off,
				      .low_dbm0 = -10,
				      .high_dbm0 = -8 };

		press(path, pad);
		assert_string_equal(path->receiver->heard, pad.digits);
		assert_in_range(path->volume, 5, 6);
		for (unsigned n = 0; n < path->begun; n++) {
			int begin =
				(int)(path->begin[n] - (off + n * (on + off)));
			int end = begin + (int)path->duration[n] - (int)on;

			if (abs(begin) > 102 || abs(end) > 102)
				fail_msg("%u/%u: digit %u begins %d, ends %d "
					 "samples late",
					 on, off, n, begin, end);
		}
		path_free(path);
	}
}

/* Keys rolled over each other, without a pause. */
static void test_no_pause(void **state)
{
	struct path *path = path_new();
	struct keypad pad = { .digits = "159D2580",
			      .on = 480,
			      .low_dbm0 = -10,
			      .high_dbm0 = -8 };

	(void)state;
	press(path, pad);
	assert_string_equal(path->receiver->heard, pad.digits);
	path_free(path);
}

/* The first block that may be of a digit is told before 23 ms of it are past,
 * and what it was the block after. */
static void test_early_word(void **state)
{
	(void)state;
	for (unsigned offset = 0; offset < 102; offset++) {
		struct keypad pad = { .digits = "5",
				      .on = 800,
				      .off = 800 + offset,
				      .low_dbm0 = -10,
				      .high_dbm0 = -8 };
		uint8_t noise[BLOCK], samples[BLOCK];
		struct dtmf_heard heard = { 0 };
		struct dtmf_in *in;
		unsigned maybe = 0, sure = 0, n = 0;

		assert_int_equal(dtmf_in_new(&in, G711_ALAW), 0);
		/* not idle, or spandsp's blocks would begin with ours */
		for (unsigned i = 0; i < BLOCK; i++)
			noise[i] = (uint8_t)(0xd5 ^ (i * 7919 >> 3 & 0x3f));
		while (keypad_block(&pad, samples)) {
			bool pause = ++n * BLOCK <= 800;

			dtmf_in_hear(in, pause ? noise : samples, &heard);
			if (heard.maybe && !maybe)
				maybe = (n - 1) * BLOCK;
			if (heard.code != DTMF_IN_NONE && !sure)
				sure = n * BLOCK - heard.age;
		}
		dtmf_in_free(in);
		/* What was sent before the block that holds it back. */
		assert_true((int)maybe - (int)(800 + offset) <= 23 * 8);
		assert_in_range(sure - (800 + offset), 185, 292);
	}
}

/* Longer than a duration can say: segments without a gap, each told by its
 * maximum three times and only the last one by an end (RFC 4733 2.5.1.3). */
static void test_long_press(void **state)
{
	static const uint32_t lengths[] = { 65535, 65536, 131070, 150000 };

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		uint32_t begin = 0xffff0000, up = begin + lengths[i];
		uint32_t segment = begin, now = begin, last = 0;
		struct telephone_event event[TELEPHONE_EVENT_REPORTS_MAX];
		struct dtmf_sender sender = { 0 };
		struct dtmf_to_send sent;
		unsigned markers = 0, full = 0, ends = 0;

		dtmf_sender_begin(&sender, 5, 10, begin);
		for (; dtmf_sender_active(&sender); now += BLOCK) {
			if ((int32_t)(now - up) >= 0)
				dtmf_sender_end(&sender, up);
			while (dtmf_sender_packet(&sender, now, now, &sent)) {
				telephone_event_parse(event, sent.payload, 4);
				if (sent.timestamp != segment) {
					assert_int_equal(full, 3);
					assert_int_equal(sent.timestamp,
							 segment + 65535);
					segment = sent.timestamp;
					full = last = 0;
				}
				assert_true(event->duration >= last);
				last = event->duration;
				full += last == 65535 && !event->end;
				markers += sent.marker;
				ends += event->end;
			}
		}
		assert_int_equal(markers, 1);
		assert_int_equal(ends, 3);
		assert_int_equal(segment + last - begin, lengths[i]);
	}
}

/* Quiet blocks are not analysed: all the same nothing is missed of what spandsp
 * hears in the whole, wherever in a block a digit begins after them, at Q.24's
 * shortest and down to spandsp's own limit. */
static void test_after_silence(void **state)
{
	(void)state;
	for (int dbm0 = -10; dbm0 >= -38; dbm0 -= 4) {
		for (unsigned offset = 0; offset < BLOCK; offset += 3) {
			struct keypad pad = { .digits = "5D0",
					      .on = 320,
					      .off = 1600 + offset,
					      .low_dbm0 = dbm0,
					      .high_dbm0 = dbm0 };
			struct receiver *whole = receiver_new();
			struct path *path = path_new();
			uint8_t samples[BLOCK];

			/* the last one is not waited for */
			while (keypad_block(&pad, samples)) {
				find(path, samples);
				pass_on(path);
				receiver_hear(whole, samples, BLOCK);
			}
			if (path->begun < 2 || path->begun < whole->count)
				fail_msg("%d dBm0, %u: %u digits of %s", dbm0,
					 offset, path->begun, whole->heard);
			path_free(path);
			receiver_free(whole);
		}
	}
}

/* Neither a digit nor the suspicion of one. */
static void test_noise_and_silence(void **state)
{
	struct dtmf_heard heard;
	struct dtmf_in *in;
	uint32_t shift = 0x7fff;
	uint8_t samples[BLOCK];

	(void)state;
	assert_int_equal(dtmf_in_new(&in, G711_ALAW), 0);
	for (unsigned n = 0; n < 20000; n++) {
		for (unsigned i = 0; i < BLOCK; i++) {
			/* O.151: 2^15 - 1 */
			for (int bit = 0; bit < 8; bit++)
				shift = shift << 1 |
					((shift >> 13 ^ shift >> 14) & 1);
			samples[i] = n % 1000 < 500 ? (uint8_t)shift : 0xd5;
		}
		dtmf_in_hear(in, samples, &heard);
		assert_false(heard.maybe);
		assert_int_equal(heard.code, DTMF_IN_NONE);
	}
	dtmf_in_free(in);
}

/* After a gap the digit that was heard before it is not heard still. */
static void test_restart(void **state)
{
	struct keypad pad = {
		.digits = "5", .on = 800, .low_dbm0 = -10, .high_dbm0 = -8
	};
	struct dtmf_heard heard;
	uint8_t samples[BLOCK];
	struct dtmf_in *in;

	(void)state;
	assert_int_equal(dtmf_in_new(&in, G711_ALAW), 0);
	for (int i = 0; i < 5; i++) {
		keypad_block(&pad, samples);
		dtmf_in_hear(in, samples, &heard);
	}
	assert_int_equal(heard.code, 5);
	dtmf_in_restart(in);
	/* Loud enough to be looked at. */
	for (unsigned i = 0; i < BLOCK; i++)
		samples[i] = (uint8_t)(0xd5 ^ (i * 7919 >> 3 & 0x3f));
	dtmf_in_hear(in, samples, &heard);
	assert_int_equal(heard.code, DTMF_IN_NONE);
	assert_false(heard.maybe);
	dtmf_in_free(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_digits_at_all_levels),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_no_pause),
		cmocka_unit_test(test_early_word),
		cmocka_unit_test(test_long_press),
		cmocka_unit_test(test_after_silence),
		cmocka_unit_test(test_noise_and_silence),
		cmocka_unit_test(test_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
