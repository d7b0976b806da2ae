#include "media/bridge.h"

#include "gateway/clock.h"
#include "media/tones.h"

#include <errno.h>
#include <string.h>

#define SAMPLE_NS 125000 /* 8 kHz */
#define SAMPLE_US 125

/* Larger than any datagram that can be accepted; a longer one is cut by the
 * kernel, which says so. */
#define DATAGRAM_MAX 2048
/* Per sweep: a flood by the peer must not starve the other calls. */
#define RTP_SWEEP_MAX 64
#define RTCP_SWEEP_MAX 4

/* Of so many sweeps that could be spared one is done, or a stream whose packets
 * once came late would be read late for ever. */
#define SPARED_IN_A_ROW 16

#define PAYLOAD_COMFORT_NOISE 13 /* RFC 3389 */
/* What stands for audio and the audio after it are this far apart at most. */
#define EXCUSED_AFTER (60 * 8)

#define SAMPLES_MAX (BRIDGE_PAYLOAD_MAX + BRIDGE_HELD_BLOCKS * TDM_BLOCK_BYTES)

_Static_assert(DTMF_IN_BLOCK == TDM_BLOCK_BYTES, "one block at a time");

#define RTCP_INTERVAL_TICKS (5000 / TDM_BLOCK_MS) /* RFC 3550 6.2 */
/* The RTCP socket is almost always empty: it is read ten times a second. The
 * kernel's time stamps keep the round-trip figures right all the same. */
#define RTCP_SWEEP_TICKS 10

/* One thread writes, so a plain load and store do, without a locked add. */
static void count_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter,
			      atomic_load_explicit(counter,
						   memory_order_relaxed) +
				      n,
			      memory_order_relaxed);
}

static void count_set(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, n, memory_order_relaxed);
}

/* xorshift32: spreads report times, nothing that must not be guessed. */
static uint32_t next_random(struct bridge *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 17;
	b->random ^= b->random << 5;
	return b->random;
}

/* Half to one and a half of the interval, so that calls that begin together do
 * not report together (RFC 3550 6.3.1). */
static void rtcp_schedule(struct bridge *b)
{
	b->rtcp_ticks =
		RTCP_INTERVAL_TICKS / 2 + next_random(b) % RTCP_INTERVAL_TICKS;
}

void bridge_begin(struct bridge *b, const uint32_t random[4])
{
	b->ssrc = random[0];
	b->timestamp = random[1];
	b->seq = (uint16_t)random[2];
	b->random = random[3] ? random[3] : 1;
	b->marker = true;
	dtmf_queue_init(&b->dtmf_queue);
	dtmf_out_init(&b->dtmf_out, b->tdm_law);
	dtmf_sender_reset(&b->dtmf_sender);
	b->rtcp_sweep = 1 + random[3] % RTCP_SWEEP_TICKS;
	rtcp_schedule(b);
}

void bridge_set_format(struct bridge *b, const struct bridge_format *format)
{
	/* Held without an address, nobody is listened to. */
	if (b->format.set && !format->set) {
		rtp_source_stop(&b->source);
		jbuf_restart(b->jbuf);
		dtmf_queue_restart(&b->dtmf_queue);
	}
	b->format = *format;
}

/* Receives one datagram with the kernel's calendar time of its arrival: it may
 * have waited a tick, which would be read as jitter. Returns its length, or
 * -errno. */
static ssize_t receive(int fd, uint8_t *datagram, size_t size,
		       uint64_t *arrival_ns)
{
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(sizeof(struct timespec))];
	struct iovec iov = { .iov_base = datagram, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof control };
	ssize_t bytes = recvmsg(fd, &msg, MSG_TRUNC);
	struct cmsghdr *cmsg;
	struct timespec at;

	if (bytes < 0)
		return -errno;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_level == SOL_SOCKET &&
	    cmsg->cmsg_type == SCM_TIMESTAMPNS) {
		memcpy(&at, CMSG_DATA(cmsg), sizeof at);
		*arrival_ns =
			(uint64_t)at.tv_sec * NS_PER_S + (uint64_t)at.tv_nsec;
	} else {
		*arrival_ns = clock_calendar_ns();
	}
	return bytes;
}

/* Whether the packet is of the stream that is played. */
static bool take_source(struct bridge *b, const struct rtp_header *header)
{
	switch (rtp_source_take(&b->source, header->ssrc, header->seq)) {
	case RTP_SOURCE_UNPROVEN:
		count_add(&b->count.rtp_other_source, 1);
		return false;
	case RTP_SOURCE_CHANGED:
		count_add(&b->count.ssrc_changes, 1);
		jbuf_restart(b->jbuf);
		dtmf_queue_restart(&b->dtmf_queue);
		return true;
	case RTP_SOURCE_PRESENT: break;
	}
	return true;
}

/* Whether a payload type is of the call's audio, and its law. */
static bool is_audio(const struct bridge_format *format, uint8_t payload_type,
		     enum g711_law *law)
{
	*law = format->law;
	if (payload_type == format->payload_type)
		return true;
	*law = format->law == G711_ALAW ? G711_ULAW : G711_ALAW;
	return format->both_laws && payload_type == format->other_payload_type;
}

static void take_audio(struct bridge *b, const struct rtp_packet *packet,
		       uint8_t *samples, enum g711_law law, uint32_t arrival)
{
	struct jbuf_packet audio = {
		.samples = samples,
		.count = packet->payload_bytes,
		.timestamp = packet->header.timestamp,
		.seq = packet->header.seq,
		.marker = packet->header.marker,
		.arrival = arrival,
	};

	b->in_step = audio.count >= 2 * TDM_BLOCK_BYTES;
	rtp_source_jitter(&b->source, audio.timestamp, arrival);
	dtmf_queue_audio(&b->dtmf_queue, audio.seq, (uint32_t)audio.count);
	if (b->excused > jbuf_delay(b->jbuf) + EXCUSED_AFTER)
		b->excused = jbuf_delay(b->jbuf) + EXCUSED_AFTER;
	if (audio.count <= JBUF_PACKET_MAX)
		g711_convert(samples, audio.count, law, b->tdm_law);
	switch (jbuf_put(b->jbuf, &audio)) {
	case JBUF_REFUSED: count_add(&b->count.rtp_malformed, 1); break;
	case JBUF_DUPLICATE: rtp_source_duplicate(&b->source); break;
	case JBUF_STORED:
	case JBUF_LATE: break;
	}
}

/* Their place in the stream's time is that of the audio they stand for. */
static void take_events(struct bridge *b, const struct rtp_packet *packet)
{
	const struct rtp_header *header = &packet->header;
	struct telephone_event event[TELEPHONE_EVENT_REPORTS_MAX];
	uint32_t timestamp = header->timestamp;
	int count = telephone_event_parse(event, packet->payload,
					  packet->payload_bytes);

	if (count < 0) {
		count_add(&b->count.rtp_malformed, 1);
		return;
	}
	b->excused = jbuf_delay(b->jbuf) + EXCUSED_AFTER;
	for (int i = 0; i < count; timestamp += event[i++].duration) {
		struct dtmf_packet report = {
			.event = event[i],
			.seq = header->seq,
			.timestamp = timestamp,
			.marker = header->marker && !i,
			.lead = jbuf_lead(b->jbuf, timestamp),
		};

		switch (dtmf_queue_put(&b->dtmf_queue, &report)) {
		case DTMF_IGNORED: count_add(&b->count.dtmf_ignored, 1); break;
		case DTMF_DROPPED: count_add(&b->count.dtmf_dropped, 1); break;
		case DTMF_NEW:
		case DTMF_KNOWN: break;
		}
	}
}

/* What is neither of the call's audio nor of its digits. */
static void take_other(struct bridge *b, const struct rtp_header *header)
{
	if (header->payload_type == PAYLOAD_COMFORT_NOISE) {
		count_add(&b->count.rtp_comfort_noise, 1);
		b->excused = UINT32_MAX;
	} else {
		count_add(&b->count.rtp_wrong_payload, 1);
	}
	/* It has its place in the sequence, but begins none. */
	if (b->source.started && b->source.ssrc == header->ssrc)
		rtp_source_seq(&b->source, header->seq);
}

/* Our own SSRC in a packet of the peer's is no collision to be solved
 * (RFC 3550 8.2) but a test set that returns what it hears. */
static void take_rtp(struct bridge *b, uint8_t *datagram, size_t bytes,
		     uint64_t arrival_ns)
{
	struct rtp_packet packet;
	const struct rtp_header *header = &packet.header;
	enum g711_law law;

	if (bytes > DATAGRAM_MAX || rtp_parse(&packet, datagram, bytes) < 0) {
		count_add(&b->count.rtp_malformed, 1);
		return;
	}
	count_add(&b->count.rtp_received, 1);
	if (header->payload_type == b->format.dtmf_payload_type) {
		count_add(&b->count.dtmf_events, 1);
		if (take_source(b, header))
			take_events(b, &packet);
		return;
	}
	if (!is_audio(&b->format, header->payload_type, &law)) {
		take_other(b, header);
		return;
	}
	if (take_source(b, header))
		take_audio(b, &packet, datagram + (packet.payload - datagram),
			   law, (uint32_t)(arrival_ns / SAMPLE_NS));
}

static void publish(struct bridge *b)
{
	const struct jbuf_counters *buffer = jbuf_counters(b->jbuf);

	count_set(&b->count.rtp_lost, rtp_source_lost(&b->source));
	count_set(&b->count.rtp_late, buffer->late);
	count_set(&b->count.rtp_duplicate, buffer->duplicate);
	count_set(&b->count.buffer_jumps, buffer->resyncs + buffer->recentres);
	atomic_store_explicit(&b->count.jitter_us,
			      (b->source.jitter_q4 >> 4) * SAMPLE_US,
			      memory_order_relaxed);
	atomic_store_explicit(&b->count.jitter_max_us,
			      b->source.jitter_max * SAMPLE_US,
			      memory_order_relaxed);
	atomic_store_explicit(&b->count.buffer_ms, jbuf_depth(b->jbuf) / 8,
			      memory_order_relaxed);
}

/* A stream of 20 ms packets has one in every second tick. The sweep after the
 * one that found it would find nothing, and while the buffer has what is played
 * until the next, it would be too early for nothing. */
static bool spare_sweep(struct bridge *b)
{
	bool spare = b->in_step && jbuf_depth(b->jbuf) >= 2 * TDM_BLOCK_BYTES &&
		     ++b->spared % SPARED_IN_A_ROW;

	b->in_step = false;
	return spare;
}

/* Errors of earlier sends come back here too (ECONNREFUSED, ENETUNREACH): they
 * are counted, and what waits behind them is read all the same. */
static void sweep_rtp(struct bridge *b)
{
	uint8_t datagram[DATAGRAM_MAX];
	uint64_t arrival_ns;
	unsigned packets = 0;

	for (int i = 0; i < RTP_SWEEP_MAX; i++) {
		ssize_t bytes = receive(b->rtp.fd, datagram, sizeof datagram,
					&arrival_ns);

		if (bytes == -EAGAIN)
			break;
		if (bytes < 0) {
			count_add(&b->count.rtp_send_errors, 1);
			continue;
		}
		take_rtp(b, datagram, (size_t)bytes, arrival_ns);
		packets++;
	}
	if (packets)
		publish(b);
	if (packets > 1)
		b->in_step = false;
}

static void take_rtcp(struct bridge *b, const uint8_t *datagram, size_t bytes,
		      uint64_t arrival_ns)
{
	struct rtcp_report report;

	if (bytes > DATAGRAM_MAX ||
	    rtcp_parse(&report, datagram, bytes, b->ssrc) < 0) {
		count_add(&b->count.rtcp_malformed, 1);
		return;
	}
	count_add(&b->count.rtcp_received, 1);
	if (report.is_sender) {
		b->last_sr = (uint32_t)(report.sender.ntp >> 16);
		b->last_sr_ns = arrival_ns;
	}
}

static void sweep_rtcp(struct bridge *b)
{
	uint8_t datagram[DATAGRAM_MAX];
	uint64_t arrival_ns;

	for (int i = 0; i < RTCP_SWEEP_MAX; i++) {
		ssize_t bytes = receive(b->rtcp.fd, datagram, sizeof datagram,
					&arrival_ns);

		if (bytes == -EAGAIN)
			return;
		/* A peer without RTCP refuses every report; nothing is lost by
		 * it, so it is not counted as an error of the voice. */
		if (bytes >= 0)
			take_rtcp(b, datagram, (size_t)bytes, arrival_ns);
	}
}

void bridge_receive(struct bridge *b)
{
	if (!b->format.set)
		return;
	if (!spare_sweep(b))
		sweep_rtp(b);
	if (b->format.rtcp && --b->rtcp_sweep == 0) {
		b->rtcp_sweep = RTCP_SWEEP_TICKS;
		sweep_rtcp(b);
	}
}

static void fill_reception(struct bridge *b, struct rtcp_block *block,
			   uint64_t now_ns)
{
	uint64_t delay_ns = now_ns - b->last_sr_ns;

	block->ssrc = b->source.ssrc;
	rtp_source_report(&b->source, &block->reception);
	if (!b->last_sr || now_ns < b->last_sr_ns)
		return; /* none, or the calendar was set back */
	block->last_sr = b->last_sr;
	block->delay_since_sr = (uint32_t)((delay_ns << 16) / NS_PER_S);
}

static void send_report(struct bridge *b)
{
	uint64_t now_ns = clock_calendar_ns();
	uint64_t sent =
		atomic_load_explicit(&b->count.rtp_sent, memory_order_relaxed);
	uint8_t datagram[RTCP_REPORT_MAX];
	struct rtcp_report report = { .ssrc = b->ssrc };
	size_t bytes;

	/* A sender is who sent since the report before the last (6.4). */
	report.is_sender = sent > b->sent_at_report[1];
	b->sent_at_report[1] = b->sent_at_report[0];
	b->sent_at_report[0] = sent;
	report.sender = (struct rtcp_sender){
		.ntp = rtcp_ntp(now_ns),
		.rtp_timestamp = b->timestamp,
		.packets = (uint32_t)sent,
		.octets = (uint32_t)b->sent_octets,
	};
	report.has_block = b->source.started;
	if (report.has_block)
		fill_reception(b, &report.block, now_ns);
	bytes = rtcp_build(datagram, &report, b->cname);
	if (send(b->rtcp.fd, datagram, bytes, 0) == (ssize_t)bytes)
		count_add(&b->count.rtcp_sent, 1);
}

/* `datagram` begins with room for the header. */
static void send_rtp(struct bridge *b, uint8_t *datagram, size_t payload_bytes,
		     struct rtp_header *header)
{
	size_t bytes = RTP_HEADER_BYTES + payload_bytes;
	ssize_t sent;

	header->seq = b->seq++;
	header->ssrc = b->ssrc;
	rtp_build_header(datagram, header);
	sent = send(b->rtp.fd, datagram, bytes, 0);
	if (sent < 0 && errno != EAGAIN) {
		/* The error belongs to an earlier packet (ICMP) and this one
		 * was not sent: once more. */
		count_add(&b->count.rtp_send_errors, 1);
		sent = send(b->rtp.fd, datagram, bytes, 0);
	}
	if (sent < 0) {
		count_add(&b->count.rtp_send_errors, 1);
	} else {
		count_add(&b->count.rtp_sent, 1);
		b->sent_octets += payload_bytes;
	}
}

static void send_audio(struct bridge *b)
{
	unsigned bytes = b->format.payload_bytes;
	uint8_t *payload = b->packet + RTP_HEADER_BYTES;

	while (b->filled >= bytes) {
		struct rtp_header header = {
			.marker = b->marker,
			.payload_type = b->format.payload_type,
			.timestamp = b->timestamp - b->filled,
		};

		send_rtp(b, b->packet, bytes, &header);
		b->marker = false;
		b->filled -= bytes;
		memmove(payload, payload + bytes, b->filled);
	}
}

static void send_events(struct bridge *b)
{
	uint8_t datagram[RTP_HEADER_BYTES + TELEPHONE_EVENT_BYTES];
	struct dtmf_to_send event;

	while (dtmf_sender_packet(&b->dtmf_sender, b->timestamp,
				  b->timestamp - DTMF_IN_DELAY_BEGIN, &event)) {
		struct rtp_header header = {
			.marker = event.marker,
			.payload_type = (uint8_t)b->format.dtmf_payload_type,
			.timestamp = event.timestamp,
		};

		memcpy(datagram + RTP_HEADER_BYTES, event.payload,
		       sizeof event.payload);
		send_rtp(b, datagram, sizeof event.payload, &header);
	}
}

/* A digit in the block begins or ends an event, which is sent in place of the
 * audio: who gets both hears the digit twice. Returns whether audio is to be
 * kept back, because a digit may have begun. */
static bool hear_digits(struct bridge *b, const uint8_t in[TDM_BLOCK_BYTES])
{
	struct dtmf_sender *sender = &b->dtmf_sender;
	struct dtmf_heard heard;
	uint32_t sure;
	bool down;

	if (!b->listening)
		dtmf_in_restart(b->dtmf_in);
	b->listening = true;
	dtmf_in_hear(b->dtmf_in, in, &heard);
	sure = b->timestamp - heard.age;
	down = dtmf_sender_down(sender);
	if (heard.code != DTMF_IN_NONE &&
	    (!down || heard.code != sender->press.code)) {
		dtmf_sender_begin(sender, (uint8_t)heard.code, heard.volume,
				  sure - DTMF_IN_DELAY_BEGIN);
		count_add(&b->count.dtmf_to_rtp, 1);
	} else if (heard.code == DTMF_IN_NONE && down) {
		dtmf_sender_end(sender, sure - DTMF_IN_DELAY_END);
	}
	if (!dtmf_sender_active(sender))
		return heard.maybe;
	send_events(b);
	b->filled = 0;
	b->marker = true;
	return false;
}

static void stop_listening(struct bridge *b)
{
	b->listening = false;
	dtmf_sender_reset(&b->dtmf_sender);
}

/* While closed, time goes on all the same: the timestamp of the first packet
 * after it tells the peer how long the silence was. */
static void from_tdm(struct bridge *b, const uint8_t in[TDM_BLOCK_BYTES],
		     int path)
{
	uint8_t *payload = b->packet + RTP_HEADER_BYTES + b->filled;

	b->timestamp += TDM_BLOCK_BYTES;
	if (!(path & BRIDGE_TO_RTP) || !b->format.set) {
		b->filled = 0;
		b->marker = true;
		stop_listening(b);
		return;
	}
	memcpy(payload, in, TDM_BLOCK_BYTES);
	gain_apply(b->receive, payload, TDM_BLOCK_BYTES);
	g711_convert(payload, TDM_BLOCK_BYTES, b->tdm_law, b->format.law);
	b->filled += TDM_BLOCK_BYTES;
	/* Digits are heard as the line has them, at whatever level. */
	if (b->format.dtmf_payload_type < 0)
		stop_listening(b);
	else if (hear_digits(b, in) &&
		 b->filled + TDM_BLOCK_BYTES <= SAMPLES_MAX)
		return;
	send_audio(b);
}

/* Whether the samples are the tone's. */
static bool play_tone(struct bridge *b, uint8_t out[TDM_BLOCK_BYTES])
{
	int tone = atomic_load_explicit(&b->tone, memory_order_relaxed);

	if (tone != b->tone_playing)
		b->tone_position = 0;
	b->tone_playing = tone;
	if (tone == BRIDGE_TONE_NONE)
		return false;
	b->tone_position =
		cadence_play(b->hold, b->tone_position, out, TDM_BLOCK_BYTES);
	return true;
}

/* Buffer and digits run while the way is closed too, so that they are in step
 * when it opens; the digits are dropped. */
static void to_tdm(struct bridge *b, uint8_t out[TDM_BLOCK_BYTES], int path)
{
	size_t concealed = jbuf_get(b->jbuf, out, TDM_BLOCK_BYTES);
	uint64_t begun = b->dtmf_out.begun;
	bool open = path & BRIDGE_TO_TDM;
	size_t replaced = dtmf_out_play(&b->dtmf_out, &b->dtmf_queue, out,
					TDM_BLOCK_BYTES);

	begun = b->dtmf_out.begun - begun;
	if (begun)
		count_add(open ? &b->count.dtmf_to_tdm : &b->count.dtmf_dropped,
			  begun);
	if (!(open && replaced) && !play_tone(b, out)) {
		if (!open)
			memset(out, g711_idle(b->tdm_law), TDM_BLOCK_BYTES);
		else if (concealed && !b->excused)
			count_add(&b->count.concealed_samples, concealed);
	}
	/* All that is heard, digits and tones too. */
	if (open || b->tone_playing != BRIDGE_TONE_NONE)
		gain_apply(b->transmit, out, TDM_BLOCK_BYTES);
	b->excused -=
		b->excused < TDM_BLOCK_BYTES ? b->excused : TDM_BLOCK_BYTES;
}

void bridge_tick(struct bridge *b, const uint8_t in[TDM_BLOCK_BYTES],
		 uint8_t out[TDM_BLOCK_BYTES])
{
	int path = atomic_load_explicit(&b->path, memory_order_relaxed);

	from_tdm(b, in, path);
	to_tdm(b, out, path);
	if (path == BRIDGE_CLOSED || !b->format.rtcp || --b->rtcp_ticks)
		return;
	rtcp_schedule(b);
	send_report(b);
}

void bridge_idle_tick(struct bridge *b)
{
	uint8_t nowhere[TDM_BLOCK_BYTES];

	from_tdm(b, nowhere, BRIDGE_CLOSED);
	to_tdm(b, nowhere, BRIDGE_CLOSED);
}
