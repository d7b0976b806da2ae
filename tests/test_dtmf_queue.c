/* Key presses out of telephone-event packets, as an exchange hears them. */
#include "media/dtmf_out.h"
#include "media/dtmf_queue.h"
#include "tests/dtmf_rig.h"

#include <errno.h>
#include <stdio.h>

#define DELAY 480 /* of the jitter buffer's playing, samples */

struct line {
	struct dtmf_queue queue;
	struct dtmf_out out;
	struct receiver *receiver;
	uint32_t play; /* timestamp that is played next */
	unsigned replaced;
	unsigned verdict[4];
};

static struct line *line_new(uint32_t timestamp)
{
	struct line *line = calloc(1, sizeof *line);

	dtmf_queue_init(&line->queue);
	dtmf_out_init(&line->out, G711_ALAW);
	line->receiver = receiver_new();
	line->play = timestamp - DELAY;
	return line;
}

static void line_free(struct line *line)
{
	receiver_free(line->receiver);
	free(line);
}

static void pass(struct line *line, unsigned blocks)
{
	uint8_t samples[BLOCK];

	while (blocks--) {
		memset(samples, g711_idle(G711_ALAW), sizeof samples);
		line->replaced +=
			(unsigned)dtmf_out_play(&line->out, &line->queue,
						samples, sizeof samples);
		receiver_hear(line->receiver, samples, sizeof samples);
		line->play += BLOCK;
	}
}

static void put(struct line *line, struct dtmf_packet packet)
{
	uint32_t lead = packet.timestamp - line->play;

	packet.lead = lead <= 2 * DELAY ? lead : 0;
	line->verdict[dtmf_queue_put(&line->queue, &packet)]++;
}

/* A word each, 10 ms apart unless `+` follows:
 * [M]digit,seq/timestamp/duration[E]   a packet, M: marker, E: end, F: flash
 * ~seq                                  20 ms of audio
 * S                                     SSRC changes
 * .ms                                   time passes */
static void run_word(struct line *line, const char *word)
{
	struct dtmf_packet packet = { .event.volume = 10 };
	unsigned seq = 0, timestamp, duration;
	char end = 0;

	if (*word == '.') {
		pass(line, (unsigned)atoi(word + 1) / 10);
		return;
	}
	if (*word == 'S') {
		dtmf_queue_restart(&line->queue);
		return;
	}
	if (word[0] == '~') {
		dtmf_queue_audio(&line->queue, (uint16_t)atoi(word + 1), 160);
		pass(line, 2);
		return;
	}
	packet.marker = *word == 'M';
	word += packet.marker;
	packet.event.code =
		*word == 'F' ? 16 : (uint8_t)telephone_event_code(*word);
	assert_true(sscanf(word + 1, "%u/%u/%u%c", &seq, &timestamp, &duration,
			   &end) >= 3);
	packet.seq = (uint16_t)seq;
	packet.timestamp = timestamp;
	packet.event.duration = (uint16_t)duration;
	packet.event.end = end == 'E';
	put(line, packet);
	if (word[strlen(word) - 1] != '+')
		pass(line, 1);
}

static const struct {
	const char *name, *words, *heard;
	unsigned tone_ms; /* all tones together; 0: do not look */
} sequences[] = {
	{ "plain", "M51/0/160 52/0/320 53/0/480E 54/0/480E 55/0/480E .300", "5",
	  60 },
	{ "one packet only, without its end", "M51/0/160 .500", "5", 0 },
	{ "one end packet only", "51/0/800E .300", "5", 100 },
	{ "shorter than 40 ms", "M51/0/80E .300", "5", 40 },
	{ "no duration at all", "M51/0/0 52/0/0E .300", "5", 40 },
	{ "as long as it lasts, though packets are late",
	  "M51/0/160 .100 52/0/1600 .100 53/0/1920E .300", "5", 240 },
	{ "start lost", "52/0/320 53/0/480E 54/0/480E 55/0/480E .300", "5",
	  60 },
	{ "end lost, closed by time", "M51/0/160 52/0/320 53/0/480 .500", "5",
	  0 },
	{ "end lost, closed by audio",
	  "M51/0/160 52/0/320 53/0/480 ~54 ~55 ~56 ~57 .200", "5", 60 },
	{ "end lost, closed by the next",
	  "M51/0/160 52/0/320 53/0/480 .80 M67/1600/160 68/1600/320E .300",
	  "56", 0 },
	{ "end lost, closed by the same digit",
	  "M51/0/160 52/0/320 53/0/480 .80 M57/1600/160 58/1600/320E .300",
	  "55", 0 },
	{ "end and start lost, the same digit",
	  "M51/0/160 52/0/320 53/0/480 .80 59/1600/320 510/1600/480E .300",
	  "55", 0 },
	{ "never an end, the same digit",
	  "M51/0/160 52/0/320 .80 M53/1600/160 54/1600/320 .500", "55", 0 },
	{ "old packet after the duration has wrapped",
	  "M51/0/60000 .100 52/0/65440 .100 54/0/64 53/0/65440 55/0/1000E "
	  ".9000",
	  "5", 8317 },
	{ "all twice",
	  "M51/0/160+ M51/0/160 52/0/320+ 52/0/320 53/0/480E+ 53/0/480E "
	  "54/0/480E .300",
	  "5", 60 },
	{ "backwards", "55/0/480E 54/0/480E 53/0/480E 52/0/320 M51/0/160 .300",
	  "5", 60 },
	{ "late end of the one before",
	  "M51/0/160 52/0/320 M66/800/160 53/0/480E 67/800/320E .300", "56",
	  0 },
	{ "late beginning of the one before, not played yet",
	  "M66/480/160+ M51/0/160+ 52/0/320E+ 67/480/320E .400", "56", 0 },
	{ "late beginning, after the one behind it was played",
	  "M66/480/160 67/480/320E .200 M51/0/160 52/0/320E .300", "6", 0 },
	{ "held back end packet, long after",
	  "M51/0/160 52/0/320E .900 53/0/320E .300", "5", 40 },
	{ "two reports of one timestamp with another code",
	  "M51/0/160 52/0/320E .100 M63/0/160 64/0/320E .300", "56", 0 },
	{ "the same timestamp for ever",
	  "M51/0/160 52/0/320E 53/0/320E .100 M54/0/160 55/0/320E .300", "55",
	  0 },
	{ "marker on every packet",
	  "M51/0/160 M52/0/320 M53/0/480E M54/0/480E M55/0/480E .300", "5",
	  60 },
	{ "timestamp that moves with the packets",
	  "M51/0/160 .10 52/160/160 .10 53/320/160 .10 54/480/160E .300", "5",
	  0 },
	{ "timestamp jumps far",
	  "M51/0/160 52/0/320E .200 M63/900000/160 64/900000/320E .100 "
	  "M75/300000/160 76/300000/320E .300",
	  "567", 120 },
	{ "sequence number and timestamp wrap",
	  "M565535/4294967200/160 50/4294967200/320 51/4294967200/480E .100 "
	  "M62/1200/160 63/1200/320E .300",
	  "56", 0 },
	{ "segments",
	  "M51/0/160 .100 52/0/16160 .100 53/0/32000 .100 54/0/65535 .100 "
	  "55/65535/160 .100 56/65535/800E .9000",
	  "5", 8291 },
	{ "segments, with the end of the first lost",
	  "M51/0/160 .100 53/0/65000 .100 56/65535/160 .100 57/65535/800E "
	  ".9000",
	  "5", 8291 },
	{ "duration that wraps",
	  "M51/0/60000 .100 52/0/65440 .100 53/0/64 .100 54/0/1000E .9000", "5",
	  8317 },
	{ "another stream", "M51/0/160 52/0/320 S M69000/70/160 S .300", "56",
	  0 },
	{ "another stream with the same numbers",
	  "M51/0/160 52/0/320E S M51/0/160 52/0/320E .300", "55", 0 },
	{ "not digits", "MF1/0/160 F2/0/320E M53/400/160 54/400/320E .300", "5",
	  40 },
	{ "half the sequence numbers later",
	  "M51/0/160 52/0/320E .700000 M635002/5600000/160 "
	  "635003/5600000/320E .300",
	  "56", 80 },
	{ "nearly all sequence numbers later",
	  "M51/0/160 52/0/320E .1310000 M665500/10480000/160 "
	  "665501/10480000/320E .300",
	  "56", 80 },
	{ "sequence numbers begin anew",
	  "M530000/0/160 530001/0/320E .200 M610000/1600/160 "
	  "610001/1600/320E .300",
	  "56", 80 },
	{ "two at once",
	  "M51/0/320E+ 52/0/320E+ 53/0/320E+ M64/400/320E+ 65/400/320E .300",
	  "56", 0 },
};

static void test_sequences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
		struct line *line = line_new(0);
		char words[400], *save, *word;
		unsigned ms;

		snprintf(words, sizeof words, "%s", sequences[i].words);
		for (word = strtok_r(words, " ", &save); word;
		     word = strtok_r(NULL, " ", &save))
			run_word(line, word);
		pass(line, 20);
		if (strcmp(line->receiver->heard, sequences[i].heard))
			fail_msg("%s: heard \"%s\"", sequences[i].name,
				 line->receiver->heard);
		ms = line->replaced / 8;
		if (sequences[i].tone_ms && ms != sequences[i].tone_ms)
			fail_msg("%s: %u ms", sequences[i].name, ms);
		assert_null(dtmf_queue_first(&line->queue));
		line_free(line);
	}
}

/* The tone stands where audio of its timestamp would. */
static void test_time_is_kept(void **state)
{
	static const unsigned offsets[] = { 0, 1, 79, 80, 333 };

	(void)state;
	for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
		struct dtmf_queue queue;
		struct dtmf_out out;
		struct dtmf_packet packet = {
			.event = { .code = 5, .end = true, .duration = 400 },
			.lead = offsets[i],
		};
		uint8_t heard[20 * BLOCK];
		unsigned first = 0, last = sizeof heard;

		dtmf_queue_init(&queue);
		dtmf_out_init(&out, G711_ALAW);
		dtmf_queue_put(&queue, &packet);
		memset(heard, 0x11, sizeof heard);
		for (unsigned n = 0; n < sizeof heard; n += BLOCK)
			dtmf_out_play(&out, &queue, heard + n, BLOCK);
		while (first < sizeof heard && heard[first] == 0x11)
			first++;
		while (last && heard[last - 1] == 0x11)
			last--;
		assert_int_equal(first, offsets[i]);
		assert_int_equal(last, offsets[i] + 400);
	}
}

static const struct {
	uint8_t volume;
	int dbm0;
} volumes[] = { { 0, -3 },   { 3, -3 },	  { 10, -10 },
		{ 20, -20 }, { 22, -22 }, { 63, -22 } };

static void test_volume(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof volumes / sizeof *volumes; i++) {
		struct line *line = line_new(0);
		struct dtmf_packet packet = {
			.event = { .code = 5,
				   .end = true,
				   .volume = volumes[i].volume,
				   .duration = 8000 },
		};
		uint8_t samples[8000];
		double power = 0, dbm0;

		dtmf_queue_put(&line->queue, &packet);
		assert_int_equal(dtmf_out_play(&line->out, &line->queue,
					       samples, sizeof samples),
				 sizeof samples);
		for (size_t n = 0; n < sizeof samples; n++) {
			double v = g711_decode_sample(G711_ALAW, samples[n]);

			power += v * v / sizeof samples;
		}
		dbm0 = 10 * log10(2 * power / (32768.0 * 32768.0)) + 3.14;
		if (fabs(dbm0 - volumes[i].dbm0) > 0.2)
			fail_msg("volume %u: %.2f dBm0", volumes[i].volume,
				 dbm0);
		line_free(line);
	}
}

/* Faster than they can be played, and more than can wait. */
static void test_queue_is_bounded(void **state)
{
	struct line *line = line_new(0);

	(void)state;
	for (unsigned n = 0; n < 100; n++)
		for (unsigned k = 0; k < 3; k++)
			put(line, (struct dtmf_packet){
					  .event = { .code = n % 10,
						     .end = true,
						     .volume = 10,
						     .duration = 80 },
					  .seq = (uint16_t)(3 * n + k),
					  .timestamp = 100 * n,
					  .marker = !k,
				  });
	assert_int_equal(line->verdict[DTMF_NEW], DTMF_QUEUE_MAX);
	assert_int_equal(line->verdict[DTMF_DROPPED], 100 - DTMF_QUEUE_MAX);
	pass(line, DTMF_QUEUE_MAX * 8 + 10);
	assert_string_equal(line->receiver->heard,
			    "01234567890123456789012345678901");
	/* Nothing is repeated after it. */
	pass(line, 100);
	assert_int_equal(line->receiver->count, DTMF_QUEUE_MAX);
	line_free(line);
}

static void test_held_key_is_capped(void **state)
{
	struct line *line = line_new(0);

	(void)state;
	for (unsigned n = 0; n < 3000; n++) {
		put(line, (struct dtmf_packet){
				  .event = { .code = 5, .duration = 0xffff },
				  .seq = (uint16_t)n,
				  .marker = !n,
			  });
		pass(line, 1);
	}
	assert_int_equal(line->replaced, 8 * DTMF_OUT_TONE_MAX_MS);
	assert_string_equal(line->receiver->heard, "5");
	line_free(line);
}

/* A generator of which a failure can be told by its seed. */
static uint32_t seed;
static unsigned below(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

struct arrival {
	unsigned at; /* block */
	struct dtmf_packet packet;
};

/* The packets of one press, on the way. Of the three that end it, one arrives
 * at least, or any before them. */
static unsigned press(struct arrival *out, uint8_t code, uint32_t timestamp,
		      unsigned duration, uint16_t *seq)
{
	unsigned updates = duration / 160, lost = 0, count = 0;

	for (unsigned k = 0; k < updates + 3; k++) {
		bool end = k >= updates;
		unsigned sent =
			end ? duration + (k - updates) * 160 : (k + 1) * 160;
		struct arrival a = {
			.at = (timestamp + sent) / BLOCK + below(4),
			.packet = { .event = { .code = code,
					       .end = end,
					       .volume = 10,
					       .duration =
						       (uint16_t)(end ? duration
								      : sent) },
				    .seq = (*seq)++,
				    .timestamp = timestamp,
				    .marker = !k },
		};

		if (end ? lost < 2 && below(2) : !below(3)) {
			lost += end;
			continue;
		}
		out[count++] = a;
		if (!below(8)) {
			a.at += below(3);
			out[count++] = a;
		}
	}
	return count;
}

static int by_arrival(const void *a, const void *b)
{
	return (int)((const struct arrival *)a)->at -
	       (int)((const struct arrival *)b)->at;
}

static void run_random(void)
{
	struct arrival arrivals[40 * 16];
	char digits[41] = { 0 };
	unsigned count = 0, next = 0, total = 1 + below(40);
	uint32_t timestamp = 800;
	uint16_t seq = (uint16_t)below(65536);
	struct line *line = line_new(0);

	for (unsigned i = 0; i < total; i++) {
		unsigned duration = 160 + below(1200);
		uint8_t code =
			below(3) || !i
				? (uint8_t)below(16)
				: (uint8_t)telephone_event_code(digits[i - 1]);

		digits[i] = telephone_event_digit(code);
		count += press(arrivals + count, code, timestamp, duration,
			       &seq);
		timestamp += duration + 160 + below(1200);
		seq = (uint16_t)(seq + below(5)); /* audio between them */
	}
	/* Mergesort in glibc: what arrives in one block keeps its order. */
	qsort(arrivals, count, sizeof *arrivals, by_arrival);
	for (unsigned block = 0; block < timestamp / BLOCK + 200; block++) {
		while (next < count && arrivals[next].at == block)
			put(line, arrivals[next++].packet);
		pass(line, 1);
	}
	if (strcmp(digits, line->receiver->heard))
		fail_msg("pressed %s, heard %s", digits, line->receiver->heard);
	line_free(line);
}

static void test_any_digits_at_any_speed(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 400; n++) {
		uint32_t first = seed = n * 7919;

		run_random();
		if (n % 100 == 99)
			print_message("up to seed %u\n", first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_time_is_kept),
		cmocka_unit_test(test_volume),
		cmocka_unit_test(test_queue_is_bounded),
		cmocka_unit_test(test_held_key_is_capped),
		cmocka_unit_test(test_any_digits_at_any_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
