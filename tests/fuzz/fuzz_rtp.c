/* One RTP stream as a port meets it: datagrams, RTCP, and the ticks that take
 * what they brought. Payload type 101 is telephone-event, all else audio. The
 * input is a first byte for the jitter buffer, then steps of a kind, a length
 * in two bytes and that many bytes. */
#include "media/dtmf_out.h"
#include "media/dtmf_queue.h"
#include "media/jbuf.h"
#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/rtp_source.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

#define STEP_BYTES 3
#define IDLE 0xd5
#define TICK_SAMPLES 80 /* 10 ms */
#define PT_DTMF 101
#define OWN_SSRC 0x11223344
/* A buffer that holds more than its delay, a burst and a packet does not keep
 * its promise of a delay. */
#define DEPTH_MAX(delay_ms) (((delay_ms) + 250) * 8 + JBUF_PACKET_MAX)

enum step { STEP_RTP, STEP_RTCP, STEP_TICKS, STEP_HOLD, STEPS };

struct stream {
	unsigned delay_ms;
	struct jbuf *jb;
	struct rtp_source source;
	uint32_t arrival;
	struct dtmf_queue queue;
	struct dtmf_out out;
	uint64_t presses; /* that the queue took */
};

static void check_header(const struct rtp_header *header)
{
	uint8_t datagram[RTP_HEADER_BYTES];
	struct rtp_packet back;

	rtp_build_header(datagram, header);
	PROMISED("we read what we write",
		 rtp_parse(&back, datagram, sizeof datagram) == 0);
	PROMISED("the header stays",
		 back.header.marker == header->marker &&
			 back.header.payload_type == header->payload_type &&
			 back.header.seq == header->seq &&
			 back.header.timestamp == header->timestamp &&
			 back.header.ssrc == header->ssrc);
	PROMISED("and has no payload", back.payload_bytes == 0);
}

static bool count(struct stream *s, const struct rtp_header *header)
{
	enum rtp_source_verdict verdict =
		rtp_source_take(&s->source, header->ssrc, header->seq);

	PROMISED("what is taken is of the source",
		 (verdict == RTP_SOURCE_UNPROVEN) ==
			 (s->source.ssrc != header->ssrc));
	if (verdict == RTP_SOURCE_CHANGED) {
		jbuf_restart(s->jb);
		dtmf_queue_restart(&s->queue);
	}
	return verdict != RTP_SOURCE_UNPROVEN;
}

static void check_event(const struct telephone_event *event)
{
	uint8_t payload[TELEPHONE_EVENT_BYTES];
	struct telephone_event back[TELEPHONE_EVENT_REPORTS_MAX];

	telephone_event_build(payload, event);
	PROMISED("we read what we write",
		 telephone_event_parse(back, payload, sizeof payload) == 1);
	PROMISED("the event stays", back->code == event->code &&
					    back->end == event->end &&
					    back->volume == event->volume &&
					    back->duration == event->duration);
}

static void events(struct stream *s, const struct rtp_packet *packet)
{
	struct telephone_event event[TELEPHONE_EVENT_REPORTS_MAX];
	uint32_t timestamp = packet->header.timestamp;
	int count = telephone_event_parse(event, packet->payload,
					  packet->payload_bytes);

	for (int i = 0; i < count; timestamp += event[i++].duration) {
		struct dtmf_packet report = {
			.event = event[i],
			.seq = packet->header.seq,
			.timestamp = timestamp,
			.marker = packet->header.marker && !i,
			.lead = jbuf_lead(s->jb, timestamp),
		};

		check_event(&event[i]);
		s->presses += dtmf_queue_put(&s->queue, &report) == DTMF_NEW;
		PROMISED("the queue is bounded",
			 s->queue.count <= DTMF_QUEUE_MAX);
		PROMISED("so is what is remembered",
			 s->queue.remembered <= DTMF_HISTORY_MAX);
	}
}

static void rtp(struct stream *s, const uint8_t *datagram, size_t bytes)
{
	struct rtp_packet packet;
	struct jbuf_packet put;

	if (rtp_parse(&packet, datagram, bytes) < 0)
		return;
	PROMISED("a payload lies within its datagram",
		 packet.payload >= datagram + RTP_HEADER_BYTES &&
			 packet.payload + packet.payload_bytes <=
				 datagram + bytes);
	check_header(&packet.header);
	if (!count(s, &packet.header))
		return;
	if (packet.header.payload_type == PT_DTMF) {
		events(s, &packet);
		return;
	}
	rtp_source_jitter(&s->source, packet.header.timestamp, s->arrival);
	dtmf_queue_audio(&s->queue, packet.header.seq,
			 (uint32_t)packet.payload_bytes);
	put = (struct jbuf_packet){
		.samples = packet.payload,
		.count = packet.payload_bytes,
		.timestamp = packet.header.timestamp,
		.seq = packet.header.seq,
		.marker = packet.header.marker,
		.arrival = s->arrival,
	};
	if (jbuf_put(s->jb, &put) == JBUF_DUPLICATE)
		rtp_source_duplicate(&s->source);
	PROMISED("the delay is bounded",
		 jbuf_depth(s->jb) <= DEPTH_MAX(s->delay_ms));
}

/* What was read is written as a report of ours would be. */
static void check_report(const struct rtcp_report *report)
{
	uint8_t *datagram = malloc(RTCP_REPORT_MAX);
	struct rtcp_report back;
	size_t bytes;

	PROMISED("memory", datagram);
	bytes = rtcp_build(datagram, report, "0123456789012345678901234567890");
	PROMISED("a report has room", bytes <= RTCP_REPORT_MAX);
	PROMISED("we read what we write",
		 rtcp_parse(&back, datagram, bytes, report->block.ssrc) == 0);
	PROMISED("the reporter stays",
		 back.ssrc == report->ssrc &&
			 back.is_sender == report->is_sender &&
			 back.has_block == report->has_block);
	if (back.has_block)
		PROMISED("the block stays",
			 back.block.reception.cumulative_lost ==
					 report->block.reception
						 .cumulative_lost &&
				 back.block.last_sr == report->block.last_sr);
	free(datagram);
}

static void rtcp(struct stream *s, const uint8_t *datagram, size_t bytes)
{
	struct rtcp_report report;

	if (rtcp_parse(&report, datagram, bytes, OWN_SSRC) == 0)
		check_report(&report);
	/* Ours about this stream, whatever became of it. */
	report = (struct rtcp_report){
		.ssrc = OWN_SSRC,
		.has_block = s->source.started,
		.block.ssrc = s->source.ssrc,
	};
	if (report.has_block)
		rtp_source_report(&s->source, &report.block.reception);
	check_report(&report);
}

static void ticks(struct stream *s, unsigned ticks)
{
	uint8_t *out = malloc(TICK_SAMPLES);

	PROMISED("memory", out);
	for (; ticks; ticks--) {
		size_t missing = jbuf_get(s->jb, out, TICK_SAMPLES);

		PROMISED("no more is missing than was taken",
			 missing <= TICK_SAMPLES);
		PROMISED("no more is replaced than there is",
			 dtmf_out_play(&s->out, &s->queue, out, TICK_SAMPLES) <=
				 TICK_SAMPLES);
		PROMISED("no press is played twice",
			 s->out.begun <= s->presses);
		PROMISED("what plays is a press",
			 !s->out.playing || dtmf_queue_first(&s->queue));
		s->arrival += TICK_SAMPLES;
	}
	free(out);
}

static void hold(struct stream *s)
{
	uint64_t lost = rtp_source_lost(&s->source);

	rtp_source_stop(&s->source);
	jbuf_restart(s->jb);
	dtmf_queue_restart(&s->queue);
	PROMISED("nothing is lost by a hold",
		 rtp_source_lost(&s->source) == lost);
}

static void step(struct stream *s, uint8_t kind, const uint8_t *data,
		 size_t size)
{
	/* Of its own, so that a byte too many is seen. */
	uint8_t *copy = malloc(size ? size : 1);

	PROMISED("memory", copy);
	memcpy(copy, data, size);
	switch (kind % STEPS) {
	case STEP_RTP: rtp(s, copy, size); break;
	case STEP_RTCP: rtcp(s, copy, size); break;
	case STEP_TICKS: ticks(s, size ? copy[0] : 1); break;
	default: hold(s); break;
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size;
	struct stream s = { .arrival = 4000000000U };

	if (!size)
		return 0;
	s.delay_ms = *data++ * 4;
	if (jbuf_new(&s.jb, s.delay_ms, IDLE) < 0) {
		PROMISED("only a long delay is refused",
			 s.delay_ms > JBUF_DELAY_MAX_MS);
		return 0;
	}
	dtmf_queue_init(&s.queue);
	dtmf_out_init(&s.out, G711_ALAW);
	while (end - data >= STEP_BYTES) {
		size_t len = (size_t)(data[1] << 8 | data[2]);
		uint8_t kind = data[0];

		data += STEP_BYTES;
		if (len > (size_t)(end - data))
			len = (size_t)(end - data);
		step(&s, kind, data, len);
		data += len;
	}
	jbuf_free(s.jb);
	return 0;
}
