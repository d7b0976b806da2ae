/* Digits through a bridge: events of the peer's as tones on the B channel, and
 * the other way round. */
#include "tests/dtmf_rig.h"
#include "tests/media_rig.h"

#define SSRC 7
#define LEAK_MAX (23 * 8) /* samples of a digit that are sent as audio */

/* A peer that presses keys: `packets` of 20 ms so far. */
struct phone {
	struct peer peer;
	uint16_t seq;
	uint32_t timestamp;
	unsigned said; /* packets of audio */
};

static void phone_send(struct phone *phone, struct rtp_header header,
		       const uint8_t *payload, size_t bytes)
{
	uint8_t datagram[RTP_HEADER_BYTES + 480];

	header.seq = phone->seq++;
	header.ssrc = SSRC;
	rtp_build_header(datagram, &header);
	memcpy(datagram + RTP_HEADER_BYTES, payload, bytes);
	bytes += RTP_HEADER_BYTES;
	assert_int_equal(send(phone->peer.rtp, datagram, bytes, 0), bytes);
}

static void phone_say(struct phone *phone)
{
	struct rtp_header header = { .payload_type = PT_ALAW,
				     .timestamp = phone->timestamp };
	uint8_t samples[160];

	for (unsigned i = 0; i < sizeof samples; i++)
		samples[i] = voice(PEER_CHANNEL, phone->timestamp + i);
	phone_send(phone, header, samples, sizeof samples);
}

static void phone_event(struct phone *phone, uint32_t begin, char digit,
			bool end)
{
	struct rtp_header header = { .payload_type = PT_DTMF,
				     .timestamp = begin,
				     .marker = phone->timestamp == begin };
	struct telephone_event event = {
		.code = (uint8_t)telephone_event_code(digit),
		.end = end,
		.volume = 10,
		.duration = (uint16_t)(phone->timestamp - begin),
	};
	uint8_t payload[TELEPHONE_EVENT_BYTES];

	telephone_event_build(payload, &event);
	phone_send(phone, header, payload, sizeof payload);
}

static void talk(struct rig *rig, struct phone *phone, unsigned packets)
{
	while (packets--) {
		phone_say(phone);
		phone->timestamp += 160;
		ticks(rig, 2);
		peer_take(&phone->peer, false);
	}
}

/* Four packets and two more of the end, while it says something or nothing. */
static void dial(struct rig *rig, struct phone *phone, char digit, bool audio)
{
	uint32_t begin = phone->timestamp;

	for (int i = 0; i < 4; i++) {
		if (audio)
			phone_say(phone);
		phone_event(phone, begin, digit, i == 3);
		if (i < 3)
			phone->timestamp += 160;
		ticks(rig, i < 3 ? 2 : 0);
	}
	phone_event(phone, begin, digit, true);
	phone_event(phone, begin, digit, true);
	phone->timestamp += 160;
	ticks(rig, 2);
	peer_take(&phone->peer, false);
}

static struct bridge *begin_call(struct rig *rig, struct phone *phone)
{
	*phone = (struct phone){ .seq = 65500, .timestamp = 0xfffff000 };
	return make_call(rig, 5, &phone->peer, G711_ALAW, 20);
}

static void test_events_become_tones(void **state)
{
	(void)state;
	for (int audio = 0; audio < 2; audio++) {
		struct rig *rig = rig_new(2);
		struct receiver *exchange = receiver_new();
		struct phone phone;
		struct bridge *b = begin_call(rig, &phone);

		for (const char *d = ALL_DIGITS; *d; d++) {
			talk(rig, &phone, 4);
			dial(rig, &phone, *d, audio);
		}
		talk(rig, &phone, 20);
		for (unsigned i = 0; i < rig->heard_blocks; i++)
			receiver_hear(exchange, rig->heard[i].timeslot[4],
				      TDM_BLOCK_BYTES);
		assert_string_equal(exchange->heard, ALL_DIGITS);
		assert_int_equal(stats_of(b).dtmf_to_tdm, 16);
		assert_int_equal(stats_of(b).dtmf_dropped, 0);
		assert_int_equal(stats_of(b).dtmf_events, 16 * 6);
		assert_int_equal(stats_of(b).rtp_lost, 0);
		assert_int_equal(stats_of(b).rtp_malformed, 0);
		assert_int_equal(stats_of(b).concealed_samples, 0);
		assert_int_equal(stats_of(b).dtmf_to_rtp, 0);
		receiver_free(exchange);
		peer_close(&phone.peer);
		rig_free(rig);
	}
}

/* The tone lies where its event does in the stream, and the audio around it is
 * what it was. */
static void test_tone_replaces_its_time(void **state)
{
	struct rig *rig = rig_new(2);
	struct phone phone;
	struct bridge *b = begin_call(rig, &phone);
	uint32_t start = phone.timestamp, tone;
	unsigned first = 0;

	(void)state;
	talk(rig, &phone, 10);
	tone = phone.timestamp - start;
	dial(rig, &phone, '5', true);
	talk(rig, &phone, 20);
	while (heard(rig, 5, first) == 0xd5)
		first++;
	for (unsigned i = 0; i < 30 * 160; i++) {
		bool said = heard(rig, 5, first + i) ==
			    voice(PEER_CHANNEL, start + i);

		if ((i < tone || i >= tone + 480) && !said)
			fail_msg("sample %u is not what was said", i);
	}
	assert_int_equal(stats_of(b).dtmf_to_tdm, 1);
	assert_int_equal(stats_of(b).concealed_samples, 0);
	peer_close(&phone.peer);
	rig_free(rig);
}

/* Before the answer nobody is heard who has not been let in, digits neither;
 * and none of them comes later. */
static void test_closed_way(void **state)
{
	struct rig *rig = rig_new(2);
	struct phone phone;
	struct bridge *b = begin_call(rig, &phone);

	(void)state;
	bridge_path(b, BRIDGE_TO_RTP);
	for (int i = 0; i < 3; i++) {
		dial(rig, &phone, '5', false);
		ticks(rig, 20);
	}
	bridge_path(b, BRIDGE_BOTH);
	ticks(rig, 50);
	assert_idle(rig, 5, 0);
	assert_int_equal(stats_of(b).dtmf_to_tdm, 0);
	assert_int_equal(stats_of(b).dtmf_dropped, 3);
	peer_close(&phone.peer);
	rig_free(rig);
}

/* What a peer gets when keys are pressed on the telephone side. */
struct listener {
	struct rig *rig;
	struct keypad pad;
	struct receiver *audio; /* hears only the audio */
	unsigned tone_samples, audio_packets, event_packets;
	unsigned ends, sounds;
	char digits[HEARD_DIGITS_MAX];
	unsigned count;
	uint32_t event_timestamp, first_timestamp, next_audio;
	struct telephone_event last;
	bool any;
};

static void say_keys(void *arg, uint8_t block[TDM_BLOCK_BYTES])
{
	keypad_block(arg, block);
}

static void hear_event(struct listener *l, const struct rtp_packet *packet)
{
	struct telephone_event event[TELEPHONE_EVENT_REPORTS_MAX];
	bool other = !l->event_packets ||
		     packet->header.timestamp != l->event_timestamp;

	assert_int_equal(packet->payload_bytes, TELEPHONE_EVENT_BYTES);
	assert_int_equal(telephone_event_parse(event, packet->payload,
					       packet->payload_bytes),
			 1);
	assert_int_equal(packet->header.marker, other);
	if (other) {
		l->digits[l->count++] = telephone_event_digit(event->code);
	} else {
		assert_int_equal(event->code, l->last.code);
		assert_true(event->duration >= l->last.duration);
		if (l->last.end) {
			assert_true(event->end);
			assert_int_equal(event->duration, l->last.duration);
		}
	}
	l->event_packets++;
	l->ends += event->end;
	l->event_timestamp = packet->header.timestamp;
	l->last = *event;
}

/* Audio is where its timestamp says, and all of it is the telephone's. */
static void hear_audio(struct listener *l, const struct rtp_packet *packet)
{
	receiver_hear(l->audio, packet->payload, packet->payload_bytes);
	for (size_t i = 0; i < packet->payload_bytes; i++)
		l->tone_samples += packet->payload[i] != 0xd5;
	if (l->audio_packets)
		assert_true((int32_t)(packet->header.timestamp -
				      l->next_audio) >= 0);
	/* A gap is marked. */
	assert_int_equal(packet->header.marker,
			 !l->audio_packets ||
				 packet->header.timestamp != l->next_audio);
	l->next_audio =
		packet->header.timestamp + (uint32_t)packet->payload_bytes;
	l->audio_packets++;
}

static void hear_packet(void *arg, const struct rtp_packet *packet)
{
	if (packet->header.payload_type == PT_DTMF)
		hear_event(arg, packet);
	else
		hear_audio(arg, packet);
}

static const struct {
	unsigned ptime_ms;
	double on_ms, off_ms;
} keys[] = { { 20, 50, 50 },	   { 20, 40, 40 },  { 10, 50, 50 },
	     { 30, 50, 50 },	   { 60, 50, 50 },  { 20, 63.875, 71.5 },
	     { 10, 41.25, 43.75 }, { 20, 200, 60 }, { 40, 45.5, 90.125 } };

static void test_tones_become_events(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct rig *rig = rig_new(2);
		struct listener l = {
			.pad = { .digits = ALL_DIGITS "55",
				 .on = (unsigned)(8 * keys[i].on_ms),
				 .off = (unsigned)(8 * keys[i].off_ms),
				 .low_dbm0 = -10,
				 .high_dbm0 = -8 },
		};
		struct peer peer;
		struct bridge *b =
			make_call(rig, 5, &peer, G711_ALAW, keys[i].ptime_ms);

		l.audio = receiver_new();
		peer.each = hear_packet;
		peer.each_arg = &l;
		rig->say_timeslot = 5;
		rig->say = say_keys;
		rig->say_arg = &l.pad;
		while (*l.pad.digits) {
			tick(rig);
			peer_take(&peer, false);
		}
		ticks(rig, 30);
		peer_take(&peer, false);
		assert_string_equal(l.digits, ALL_DIGITS "55");
		assert_string_equal(l.audio->heard, "");
		if (l.tone_samples > 18 * LEAK_MAX)
			fail_msg("%u samples of tones were sent",
				 l.tone_samples);
		assert_int_equal(l.ends, 3 * 18);
		assert_int_equal(stats_of(b).dtmf_to_rtp, 18);
		assert_int_equal(stats_of(b).dtmf_to_tdm, 0);
		assert_int_equal(stats_of(b).rtp_sent,
				 l.audio_packets + l.event_packets);
		receiver_free(l.audio);
		peer_close(&peer);
		rig_free(rig);
	}
}

struct voice_and_key {
	unsigned sample;
};

#define KEY_AT 4000
#define KEY_LENGTH 800

static void say_voice_and_key(void *arg, uint8_t block[TDM_BLOCK_BYTES])
{
	struct voice_and_key *v = arg;

	for (unsigned i = 0; i < TDM_BLOCK_BYTES; i++, v->sample++) {
		unsigned in = v->sample - KEY_AT;

		block[i] =
			in < KEY_LENGTH
				? g711_encode_sample(G711_ALAW,
						     dual_tone(5, in, -10, -8))
				: voice(5, v->sample);
	}
}

/* Timestamps count the samples of the B channel, through event and gap. */
static void check_voice(void *arg, const struct rtp_packet *packet)
{
	struct listener *l = arg;
	uint32_t at;

	if (!l->any)
		l->first_timestamp = packet->header.timestamp;
	l->any = true;
	at = packet->header.timestamp - l->first_timestamp;
	if (packet->header.payload_type == PT_DTMF) {
		assert_in_range(at, KEY_AT - 102, KEY_AT + 102);
		return;
	}
	for (size_t i = 0; i < packet->payload_bytes; i++, at++)
		if (at - KEY_AT >= KEY_LENGTH) {
			assert_int_equal(packet->payload[i], voice(5, at));
			l->sounds++;
		}
}

static void test_timestamps_go_on(void **state)
{
	struct rig *rig = rig_new(2);
	struct voice_and_key said = { 0 };
	struct listener l = { 0 };
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);

	(void)state;
	peer.each = check_voice;
	peer.each_arg = &l;
	rig->say_timeslot = 5;
	rig->say = say_voice_and_key;
	rig->say_arg = &said;
	ticks(rig, 100);
	peer_take(&peer, false);
	assert_int_equal(stats_of(b).dtmf_to_rtp, 1);
	/* No more than a tenth of a second is lost after the key. */
	assert_true(l.sounds >= 8000 - KEY_LENGTH - 800);
	peer_close(&peer);
	rig_free(rig);
}

static void hear_exactly(void *arg, const struct rtp_packet *packet)
{
	struct listener *l = arg;
	uint8_t said[BLOCK];

	hear_packet(l, packet);
	for (size_t i = 0; i < packet->payload_bytes; i += BLOCK) {
		keypad_block(&l->pad, said);
		assert_memory_equal(packet->payload + i, said, BLOCK);
	}
}

/* A peer that knows no events hears the tones themselves, bit for bit. */
static void test_tones_stay_without_events(void **state)
{
	struct rig *rig = rig_new(2);
	struct keypad pad = { .digits = ALL_DIGITS,
			      .on = 400,
			      .off = 400,
			      .low_dbm0 = -10,
			      .high_dbm0 = -8 };
	struct peer peer;
	struct bridge *b = make_bridge(rig, 5, &peer);
	struct bridge_side_rtp rtp = side(&peer, G711_ALAW, 20);
	struct receiver *audio = receiver_new();
	struct listener l = { .audio = audio, .pad = pad };

	(void)state;
	rtp.dtmf_payload_type = -1;
	assert_int_equal(bridge_rtp(b, &rtp), 0);
	bridge_path(b, BRIDGE_BOTH);
	peer.each = hear_exactly;
	peer.each_arg = &l;
	rig->say_timeslot = 5;
	rig->say = say_keys;
	rig->say_arg = &pad;
	while (*pad.digits) {
		tick(rig);
		peer_take(&peer, true);
	}
	ticks(rig, 20);
	peer_take(&peer, false);
	assert_string_equal(audio->heard, ALL_DIGITS);
	assert_int_equal(l.event_packets, 0);
	assert_int_equal(stats_of(b).dtmf_to_rtp, 0);
	receiver_free(audio);
	peer_close(&peer);
	rig_free(rig);
}

/* Through the gateway to an echo and back, while events come and go in either
 * direction at once. */
static void test_echoed_digits(void **state)
{
	struct rig *rig = rig_new(2);
	struct receiver *telephone = receiver_new();
	struct keypad pad = { .digits = ALL_DIGITS,
			      .on = 400,
			      .off = 400,
			      .low_dbm0 = -10,
			      .high_dbm0 = -8 };
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);

	(void)state;
	rig->say_timeslot = 5;
	rig->say = say_keys;
	rig->say_arg = &pad;
	while (*pad.digits) {
		tick(rig);
		peer_take(&peer, true);
	}
	for (int i = 0; i < 50; i++) {
		tick(rig);
		peer_take(&peer, true);
	}
	for (unsigned i = 0; i < rig->heard_blocks; i++)
		receiver_hear(telephone, rig->heard[i].timeslot[4],
			      TDM_BLOCK_BYTES);
	assert_string_equal(telephone->heard, ALL_DIGITS);
	assert_int_equal(stats_of(b).dtmf_to_rtp, 16);
	assert_int_equal(stats_of(b).dtmf_to_tdm, 16);
	receiver_free(telephone);
	peer_close(&peer);
	rig_free(rig);
}

/* A way that closes in the middle of a digit, and opens long after it. */
static void test_digit_and_way_closed(void **state)
{
	struct rig *rig = rig_new(2);
	struct keypad pad = { .digits = "5",
			      .on = 1600,
			      .off = 800,
			      .low_dbm0 = -10,
			      .high_dbm0 = -8 };
	struct listener l = { .audio = receiver_new() };
	struct peer peer;
	struct bridge *b = make_call(rig, 5, &peer, G711_ALAW, 20);

	(void)state;
	peer.each = hear_packet;
	peer.each_arg = &l;
	rig->say_timeslot = 5;
	rig->say = say_keys;
	rig->say_arg = &pad;
	ticks(rig, 20);
	bridge_path(b, BRIDGE_TO_TDM);
	tick(rig);
	peer_take(&peer, false);
	assert_string_equal(l.digits, "5");
	ticks(rig, 100);
	assert_int_equal(peer_take(&peer, false), 0);
	rig->say = NULL;
	bridge_path(b, BRIDGE_BOTH);
	ticks(rig, 50);
	peer_take(&peer, false);
	assert_string_equal(l.digits, "5");
	assert_int_equal(stats_of(b).dtmf_to_rtp, 1);
	receiver_free(l.audio);
	peer_close(&peer);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_become_tones),
		cmocka_unit_test(test_tone_replaces_its_time),
		cmocka_unit_test(test_closed_way),
		cmocka_unit_test(test_tones_become_events),
		cmocka_unit_test(test_timestamps_go_on),
		cmocka_unit_test(test_tones_stay_without_events),
		cmocka_unit_test(test_echoed_digits),
		cmocka_unit_test(test_digit_and_way_closed),
	};

	return cmocka_run_group_tests(tests, open_loop, close_loop);
}
