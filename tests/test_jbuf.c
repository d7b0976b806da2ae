#include "media/jbuf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IDLE 0xd5
#define BLOCK 80
#define MS 8 /* samples */
#define PLAYED_MAX (70 * 8000)

/* What the sender says at a timestamp: never the idle code, no short period,
 * so that a sample at a wrong place shows. */
static uint8_t voice(uint32_t timestamp)
{
	uint32_t v = timestamp * 2654435761u;

	v = v >> 24 ^ v >> 13;
	return (uint8_t)v == IDLE ? IDLE ^ 1 : (uint8_t)v;
}

/* A listener on the B channel: what was played, and the timestamp of each
 * sample as if nothing had ever jumped. */
struct line {
	struct jbuf *jb;
	unsigned now_ms;
	uint8_t played[PLAYED_MAX];
	unsigned count;
	size_t concealed;
};

static struct line *line_new(unsigned delay_ms)
{
	struct line *line = calloc(1, sizeof *line);

	assert_int_equal(jbuf_new(&line->jb, delay_ms, IDLE), 0);
	return line;
}

static void line_free(struct line *line)
{
	jbuf_free(line->jb);
	free(line);
}

static void play_blocks(struct line *line, unsigned blocks)
{
	while (blocks--) {
		assert_true(line->count + BLOCK <= PLAYED_MAX);
		line->concealed +=
			jbuf_get(line->jb, line->played + line->count, BLOCK);
		line->count += BLOCK;
		line->now_ms += 10;
	}
}

static enum jbuf_verdict put(struct line *line, uint16_t seq, uint32_t ts,
			     size_t count, bool marker)
{
	uint8_t samples[JBUF_PACKET_MAX];
	struct jbuf_packet packet = { .samples = samples,
				      .count = count,
				      .timestamp = ts,
				      .seq = seq,
				      .marker = marker,
				      .arrival = line->now_ms * MS };

	for (size_t i = 0; i < count && i < sizeof samples; i++)
		samples[i] = voice(ts + (uint32_t)i);
	return jbuf_put(line->jb, &packet);
}

/* Sample `at` of what was played is what the sender said at `ts`, and so are
 * all of the `count` after it. */
static void assert_voice(const struct line *line, unsigned at, uint32_t ts,
			 unsigned count)
{
	assert_true(at + count <= line->count);
	for (unsigned i = 0; i < count; i++)
		if (line->played[at + i] != voice(ts + i))
			fail_msg("sample %u is not that of timestamp %u",
				 at + i, ts + i);
}

static void assert_idle(const struct line *line, unsigned at, unsigned count)
{
	assert_true(at + count <= line->count);
	for (unsigned i = 0; i < count; i++)
		if (line->played[at + i] != IDLE)
			fail_msg("sample %u is not idle", at + i);
}

static void test_limits(void **state)
{
	struct line *line = line_new(60);
	struct jbuf *jb;

	(void)state;
	assert_int_equal(jbuf_new(&jb, JBUF_DELAY_MAX_MS + 1, IDLE), -EINVAL);
	jbuf_free(NULL);
	play_blocks(line, 5);
	assert_idle(line, 0, 400);
	assert_int_equal(line->concealed, 0);
	assert_int_equal(put(line, 1, 0, 0, false), JBUF_STORED);
	assert_int_equal(jbuf_depth(line->jb), 0);
	assert_int_equal(put(line, 1, 0, JBUF_PACKET_MAX + 1, false),
			 JBUF_REFUSED);
	assert_int_equal(jbuf_counters(line->jb)->refused, 1);
	assert_int_equal(put(line, 2, 0, JBUF_PACKET_MAX, false), JBUF_STORED);
	line_free(line);
}

/* Packets in order and in time, of any size and from any start: after the
 * delay every byte comes out once, in order, nothing concealed. */
static const struct {
	unsigned samples, delay_ms;
	uint16_t seq;
	uint32_t timestamp;
} steady[] = {
	{ 80, 60, 0, 0 },
	{ 160, 60, 65530, 0xffffff00 },
	{ 160, 20, 1, 0x7fffff80 },
	{ 240, 40, 65535, 0xfffffff1 },
	{ 320, 100, 3, 77 },
	{ 480, 60, 4, 1 },
	{ 1, 20, 5, 0 },
	{ 37, 20, 65000, 0xffffffff },
	{ 163, 30, 6, 0xfffff001 },
	{ 959, 150, 7, 12345 },
	{ 960, 150, 7, 12345 },
	{ 160, 1000, 8, 0 },
	{ 160, 0, 8, 0 },
};

static void test_steady(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof steady / sizeof *steady; i++) {
		struct line *line = line_new(steady[i].delay_ms);
		uint32_t sent = 0, ts = steady[i].timestamp;
		unsigned delay = steady[i].delay_ms * MS;

		/* a packet comes when its first sample's time is there */
		for (int block = 0; block < 1500; block++) {
			while (sent <= (unsigned)block * BLOCK) {
				put(line,
				    (uint16_t)(steady[i].seq +
					       sent / steady[i].samples),
				    ts + sent, steady[i].samples, sent == 0);
				sent += steady[i].samples;
			}
			play_blocks(line, 1);
		}
		assert_idle(line, 0, delay);
		assert_voice(line, delay, ts, line->count - delay);
		assert_int_equal(line->concealed, 0);
		assert_int_equal(jbuf_counters(line->jb)->late, 0);
		assert_int_equal(jbuf_counters(line->jb)->recentres, 0);
		line_free(line);
	}
}

/* Packet n (20 ms, timestamp 160 n) comes at the given time. Delay 60 ms: its
 * time to be played is 60 + 20 n. */
struct arrival {
	unsigned at_ms;
	uint16_t n;
	bool marker;
};

static const struct {
	const char *name;
	struct arrival packets[24];
	unsigned count;
	unsigned run_ms;
	/* expected: idle from..to in ms after the start of play of packet 0,
	 * up to three gaps; the rest is voice in its place */
	struct {
		unsigned from, to;
	} gaps[3];
	size_t concealed;
	unsigned late, duplicate, recentres, resyncs;
} schedules[] = {
	{ "no loss",
	  { { 0, 0, true }, { 20, 1, 0 }, { 40, 2, 0 }, { 60, 3, 0 } },
	  4,
	  140,
	  { { 0, 0 } },
	  0,
	  0,
	  0,
	  0,
	  0 },
	{ "one lost",
	  { { 0, 0, true }, { 40, 2, 0 }, { 60, 3, 0 } },
	  3,
	  140,
	  { { 20, 40 } },
	  160,
	  0,
	  0,
	  0,
	  0 },
	{ "two lost in a row",
	  { { 0, 0, true }, { 60, 3, 0 }, { 80, 4, 0 } },
	  3,
	  160,
	  { { 20, 60 } },
	  320,
	  0,
	  0,
	  0,
	  0 },
	{ "reordered within the delay",
	  { { 0, 0, true }, { 30, 2, 0 }, { 50, 1, 0 }, { 60, 3, 0 } },
	  4,
	  140,
	  { { 0, 0 } },
	  0,
	  0,
	  0,
	  0,
	  0 },
	{ "duplicates, at once and late",
	  { { 0, 0, true },
	    { 0, 0, true },
	    { 20, 1, 0 },
	    { 40, 2, 0 },
	    { 60, 3, 0 },
	    { 60, 2, 0 },
	    { 120, 0, true } },
	  7,
	  140,
	  { { 0, 0 } },
	  0,
	  0,
	  3,
	  0,
	  0 },
	{ "as late as the delay allows",
	  { { 0, 0, true }, { 80, 1, 0 }, { 100, 2, 0 }, { 120, 3, 0 } },
	  4,
	  140,
	  { { 0, 0 } },
	  0,
	  0,
	  0,
	  0,
	  0 },
	{ "half of it too late",
	  { { 0, 0, true }, { 90, 1, 0 }, { 90, 2, 0 }, { 90, 3, 0 } },
	  4,
	  140,
	  { { 20, 30 } },
	  80,
	  1,
	  0,
	  0,
	  0 },
	{ "all of it too late",
	  { { 0, 0, true }, { 40, 2, 0 }, { 60, 3, 0 }, { 110, 1, 0 } },
	  4,
	  140,
	  { { 20, 40 } },
	  160,
	  1,
	  0,
	  0,
	  0 },
	{ "talk spurt after 300 ms, in time",
	  { { 0, 0, true }, { 20, 1, 0 }, { 320, 16, true }, { 340, 17, 0 } },
	  4,
	  420,
	  { { 40, 320 } },
	  220 * MS,
	  0,
	  0,
	  0,
	  0 },
};

static void run_schedule(size_t index)
{
	struct line *line = line_new(60);
	const struct jbuf_counters *counters = jbuf_counters(line->jb);
	unsigned next = 0;

	while (line->now_ms < schedules[index].run_ms) {
		const struct arrival *a = &schedules[index].packets[next];

		if (next < schedules[index].count && a->at_ms == line->now_ms) {
			put(line, a->n, 160u * a->n, 160, a->marker);
			next++;
		} else {
			play_blocks(line, 1);
		}
	}
	for (unsigned at = 60 * MS; at < line->count; at++) {
		unsigned ms = at / MS - 60;
		bool gap = false;

		for (int g = 0; g < 3; g++)
			gap = gap || (ms >= schedules[index].gaps[g].from &&
				      ms < schedules[index].gaps[g].to);
		if (gap)
			assert_idle(line, at, 1);
		else
			assert_voice(line, at, at - 60 * MS, 1);
	}
	if (line->concealed != schedules[index].concealed ||
	    counters->late != schedules[index].late ||
	    counters->duplicate != schedules[index].duplicate ||
	    counters->recentres != schedules[index].recentres ||
	    counters->resyncs != schedules[index].resyncs)
		fail_msg("concealed %zu late %llu duplicate %llu",
			 line->concealed, (unsigned long long)counters->late,
			 (unsigned long long)counters->duplicate);
	line_free(line);
}

static void test_schedules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof schedules / sizeof *schedules; i++) {
		print_message("  %s\n", schedules[i].name);
		run_schedule(i);
	}
}

/* The network holds everything back for 200 ms: what comes then and is still in
 * time plays in its place. Seven late packets in one burst, but the next are in
 * time: the delay is right as it is. */
static void test_burst_after_silence(void **state)
{
	struct line *line = line_new(60);

	(void)state;
	for (uint16_t n = 0; n < 10; n++) {
		put(line, n, 160u * n, 160, false);
		play_blocks(line, 2);
	}
	play_blocks(line, 20);
	for (uint16_t n = 10; n < 20; n++)
		put(line, n, 160u * n, 160, false);
	for (uint16_t n = 20; n < 40; n++) {
		put(line, n, 160u * n, 160, false);
		play_blocks(line, 2);
	}
	assert_int_equal(jbuf_counters(line->jb)->late, 7);
	assert_int_equal(jbuf_counters(line->jb)->recentres, 0);
	assert_int_equal(line->concealed, 140 * MS);
	assert_voice(line, 60 * MS, 0, 1600);
	assert_idle(line, 60 * MS + 1600, 140 * MS);
	assert_voice(line, 400 * MS, 340 * MS, line->count - 400 * MS);
	line_free(line);
}

/* The path gets 200 ms longer for good: five late packets, then it plays again
 * with the full delay. */
static void test_persistent_lateness(void **state)
{
	struct line *line = line_new(60);
	const struct jbuf_counters *counters = jbuf_counters(line->jb);
	unsigned from;

	(void)state;
	for (uint16_t n = 0; n < 50; n++) {
		put(line, n, 160u * n, 160, false);
		play_blocks(line, 2);
	}
	play_blocks(line, 20);
	for (uint16_t n = 50; n < 54; n++) {
		assert_int_equal(put(line, n, 160u * n, 160, false), JBUF_LATE);
		play_blocks(line, 2);
	}
	from = line->count;
	assert_int_equal(put(line, 54, 160u * 54, 160, false), JBUF_STORED);
	play_blocks(line, 2);
	for (uint16_t n = 55; n < 100; n++) {
		put(line, n, 160u * n, 160, false);
		play_blocks(line, 2);
	}
	assert_int_equal(counters->late, 5);
	assert_int_equal(counters->recentres, 1);
	assert_idle(line, from, 60 * MS);
	assert_voice(line, from + 60 * MS, 160u * 54,
		     line->count - from - 60 * MS);
	line_free(line);
}

/* One packet now and then too late changes nothing but itself. */
static void test_single_late_packets(void **state)
{
	struct line *line = line_new(60);

	(void)state;
	for (uint16_t n = 0; n < 400; n++) {
		if (n % 5)
			put(line, n, 160u * n, 160, false);
		if (n >= 9 && n % 5 == 4)
			assert_int_equal(put(line, n - 9, 160u * (n - 9), 160,
					     false),
					 JBUF_LATE);
		play_blocks(line, 2);
	}
	assert_int_equal(jbuf_counters(line->jb)->recentres, 0);
	assert_int_equal(jbuf_counters(line->jb)->late, 79);
	assert_voice(line, line->count - 160, line->count - 160 - 60 * MS, 160);
	line_free(line);
}

/* The reader sleeps and then takes all it missed at once: nothing is lost. */
static void test_reader_stall(void **state)
{
	struct line *line = line_new(60);
	uint16_t n = 0;

	(void)state;
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 20; i++, n++) {
			put(line, n, 160u * n, 160, false);
			play_blocks(line, 2);
		}
		for (int i = 0; i < 10; i++, n++)
			put(line, n, 160u * n, 160, false);
		play_blocks(line, 20);
	}
	assert_int_equal(line->concealed, 0);
	assert_int_equal(jbuf_counters(line->jb)->recentres, 0);
	assert_voice(line, 60 * MS, 0, line->count - 60 * MS);
	line_free(line);
}

/* How long ago the sender, now at `ts`, said what was just played. */
static unsigned delay_now(const struct line *line, uint32_t ts)
{
	for (unsigned delay = 0; delay < 8000; delay++) {
		unsigned i = 0;

		while (i < 800 && line->played[line->count - 800 + i] ==
					  voice(ts - delay - 800 + i))
			i++;
		if (i == 800)
			return delay;
	}
	fail_msg("what is played was never said");
	return 0;
}

/* The reader sleeps and never catches up: the newest is kept. */
static void test_overflow(void **state)
{
	static const unsigned lost_packets[] = { 14, 30, 49, 200 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct line *line = line_new(60);
		unsigned from;
		uint16_t n = 0;

		for (; n < 20; n++) {
			put(line, n, 160u * n, 160, false);
			play_blocks(line, 2);
		}
		for (unsigned k = 0; k < lost_packets[i]; k++, n++)
			put(line, n, 160u * n, 160, false);
		assert_true(jbuf_depth(line->jb) <= (60 + 250 + 20) * MS);
		from = line->count;
		for (int k = 0; k < 600; k++, n++) {
			put(line, n, 160u * n, 160, false);
			play_blocks(line, 2);
		}
		assert_true(jbuf_counters(line->jb)->recentres >= 1);
		assert_true(jbuf_counters(line->jb)->dropped_samples > 0);
		/* in the end it plays with the delay it should have, within
		 * what drift is let go */
		assert_in_range(delay_now(line, 160u * n), 60 * MS, 90 * MS);
		assert_int_equal(line->concealed, 0);
		assert_true(line->played[from] != IDLE);
		line_free(line);
	}
}

/* Clocks apart by 1000 ppm either way: recentred now and then, delay kept, and
 * nothing lost but what each recentring skips. */
static void test_drift(void **state)
{
	static const int steps[] = { 1, -1 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct line *line = line_new(60);
		const struct jbuf_counters *counters = jbuf_counters(line->jb);
		uint32_t sent = 0;
		uint16_t seq = 0;
		int32_t low = 0x7fff, high = -0x7fff;

		for (int block = 0; block < 6000; block++) {
			/* the sender's idea of how much time went by */
			int64_t due = (int64_t)block * BLOCK +
				      steps[i] * block * BLOCK / 1000;

			while ((int64_t)sent <= due) {
				put(line, seq++, sent, 160, false);
				sent += 160;
			}
			if (block > 100) {
				int32_t depth = (int32_t)jbuf_depth(line->jb);

				low = depth < low ? depth : low;
				high = depth > high ? depth : high;
			}
			play_blocks(line, 1);
		}
		assert_int_equal(counters->recentres, 1);
		assert_int_equal(counters->late, 0);
		assert_int_equal(counters->resyncs, 0);
		assert_true(low > 10 * MS);
		assert_true(high < 140 * MS);
		if (steps[i] > 0)
			assert_in_range(counters->dropped_samples, 30 * MS,
					45 * MS);
		else
			assert_in_range(line->concealed, 30 * MS, 45 * MS);
		line_free(line);
	}
}

/* A talk spurt on a dry buffer sets the delay anew, for nothing. */
static void test_talk_spurt_recentres(void **state)
{
	struct line *line = line_new(60);
	unsigned at;

	(void)state;
	put(line, 1, 0, 160, true);
	play_blocks(line, 40);
	at = line->count;
	/* 90 ms later than the first packet's delay would have it */
	assert_int_equal(put(line, 2, at - 90 * MS, 160, true), JBUF_STORED);
	play_blocks(line, 8);
	assert_idle(line, at, 60 * MS);
	assert_voice(line, at + 60 * MS, at - 90 * MS, 160);
	assert_int_equal(jbuf_counters(line->jb)->late, 0);
	assert_int_equal(jbuf_counters(line->jb)->recentres, 0);
	line_free(line);
}

/* With sound waiting a marker means nothing. */
static void test_marker_on_every_packet(void **state)
{
	struct line *line = line_new(20);

	(void)state;
	for (uint16_t n = 0; n < 200; n++) {
		put(line, n, 160u * n, 160, true);
		play_blocks(line, 2);
	}
	assert_voice(line, 20 * MS, 0, line->count - 20 * MS);
	line_free(line);
}

/* Nothing for a second: the stream is over, idle is not counted any more, and
 * the next packet begins anew with the full delay. */
static void test_stream_ends_and_begins(void **state)
{
	struct line *line = line_new(60);
	unsigned at;

	(void)state;
	put(line, 1, 5000, 160, false);
	play_blocks(line, 300);
	assert_in_range(line->concealed, 8000 - 2 * BLOCK, 8000);
	at = line->count;
	put(line, 2, 5160, 160, false);
	play_blocks(line, 8);
	assert_idle(line, at, 60 * MS);
	assert_voice(line, at + 60 * MS, 5160, 160);
	line_free(line);
}

static const struct {
	const char *name;
	uint32_t to;
	bool marker, restart;
	unsigned refused, resyncs;
} jumps[] = {
	{ "forward, no marker", 0x40000000, false, false, 1, 1 },
	{ "backward, no marker", 0x90000000, false, false, 1, 1 },
	{ "forward, marker", 0x40000000, true, false, 0, 1 },
	{ "backward, marker", 0x90000000, true, false, 0, 1 },
	{ "just beyond a second", 50 * 160 + 8000 + 8000, false, false, 1, 1 },
	{ "another SSRC", 0x40000000, false, true, 0, 0 },
	{ "another SSRC, near", 50 * 160 + 400, false, true, 0, 0 },
};

static void test_jumps(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
		struct line *line = line_new(60);
		const struct jbuf_counters *counters = jbuf_counters(line->jb);
		uint16_t n = 0;
		unsigned skipped = jumps[i].refused;

		print_message("  %s\n", jumps[i].name);
		for (; n < 50; n++) {
			put(line, n, 160u * n, 160, false);
			play_blocks(line, 2);
		}
		if (jumps[i].restart)
			jbuf_restart(line->jb);
		for (uint16_t k = 0; k < 50; k++) {
			put(line, (uint16_t)(1000 + k), jumps[i].to + 160u * k,
			    160, jumps[i].marker && !k);
			play_blocks(line, 2);
		}
		assert_int_equal(counters->refused, jumps[i].refused);
		assert_int_equal(counters->resyncs, jumps[i].resyncs);
		assert_voice(line, 50 * 160 + skipped * 160 + 60 * MS,
			     jumps[i].to + 160 * skipped,
			     (50 - skipped) * 160 - 60 * MS);
		line_free(line);
	}
}

/* One packet with a timestamp from nowhere is dropped, the stream goes on. */
static void test_single_wild_timestamp(void **state)
{
	struct line *line = line_new(60);

	(void)state;
	for (uint16_t n = 0; n < 100; n++) {
		if (n % 10 == 5)
			assert_int_equal(put(line, n,
					     0x50000000 + 0x1234567u * n, 160,
					     false),
					 JBUF_REFUSED);
		else
			put(line, n, 160u * n, 160, false);
		play_blocks(line, 2);
	}
	assert_int_equal(jbuf_counters(line->jb)->resyncs, 0);
	assert_int_equal(jbuf_counters(line->jb)->refused, 10);
	assert_int_equal(line->concealed, 10 * 160);
	line_free(line);
}

/* Whatever comes, in whatever order: no read or write out of bounds (a
 * sanitizer tells), and it recovers. */
static void test_random(void **state)
{
	struct line *line = line_new(60);
	uint32_t random = 3;

	(void)state;
	for (int round = 0; round < 300000; round++) {
		random = random * 1664525 + 1013904223;
		if (random >> 30 == 0) {
			line->count = 0;
			play_blocks(line, 1);
		} else {
			uint32_t ts =
				random >> 29 & 1 ? random * 77 : random >> 16;

			put(line, (uint16_t)(random >> 8), ts,
			    random % (JBUF_PACKET_MAX + 2), !(random >> 5 & 7));
		}
		assert_true(jbuf_depth(line->jb) <= 4096);
	}
	line->count = 0;
	for (uint16_t n = 0; n < 400; n++) {
		put(line, n, 160u * n, 160, false);
		play_blocks(line, 2);
	}
	assert_voice(line, line->count - 160, 160u * 399 - 60 * MS, 160);
	line_free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_schedules),
		cmocka_unit_test(test_burst_after_silence),
		cmocka_unit_test(test_persistent_lateness),
		cmocka_unit_test(test_single_late_packets),
		cmocka_unit_test(test_reader_stall),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_talk_spurt_recentres),
		cmocka_unit_test(test_marker_on_every_packet),
		cmocka_unit_test(test_stream_ends_and_begins),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_single_wild_timestamp),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
