#include "media/rtcp.h"

#include "media/wire.h"

#include <errno.h>
#include <string.h>

#define VERSION_2 0x80
#define VERSION_MASK 0xc0
#define PADDING 0x20
#define COUNT_MASK 0x1f

#define TYPE_SR 200
#define TYPE_RR 201
#define TYPE_SDES 202
#define TYPE_BYE 203

#define SDES_CNAME 1

#define HEADER_BYTES 8 /* with the reporter's SSRC */
#define SENDER_BYTES 20
#define BLOCK_BYTES 24

#define NTP_EPOCH_OFFSET_S 2208988800ULL
#define NS_IN_S 1000000000ULL

uint64_t rtcp_ntp(uint64_t ns)
{
	uint64_t seconds = ns / NS_IN_S + NTP_EPOCH_OFFSET_S;

	return seconds << 32 | (ns % NS_IN_S << 32) / NS_IN_S;
}

static void put_header(uint8_t *p, unsigned count, unsigned type, size_t bytes)
{
	p[0] = (uint8_t)(VERSION_2 | count);
	p[1] = (uint8_t)type;
	wire_put16(p + 2, (uint16_t)(bytes / 4 - 1));
}

static uint8_t *put_sender(uint8_t *p, const struct rtcp_sender *sender)
{
	wire_put32(p, (uint32_t)(sender->ntp >> 32));
	wire_put32(p + 4, (uint32_t)sender->ntp);
	wire_put32(p + 8, sender->rtp_timestamp);
	wire_put32(p + 12, sender->packets);
	wire_put32(p + 16, sender->octets);
	return p + SENDER_BYTES;
}

static uint8_t *put_block(uint8_t *p, const struct rtcp_block *block)
{
	const struct rtp_reception *r = &block->reception;

	wire_put32(p, block->ssrc);
	wire_put32(p + 4, (uint32_t)r->fraction_lost << 24 |
				  ((uint32_t)r->cumulative_lost & 0xffffff));
	wire_put32(p + 8, r->highest_seq);
	wire_put32(p + 12, r->jitter);
	wire_put32(p + 16, block->last_sr);
	wire_put32(p + 20, block->delay_since_sr);
	return p + BLOCK_BYTES;
}

/* One chunk; its items end with at least one zero, up to a multiple of 4
 * (6.5). */
static uint8_t *put_sdes(uint8_t *p, uint32_t ssrc, const char *cname)
{
	size_t len = strnlen(cname, RTCP_CNAME_MAX);
	size_t bytes = (HEADER_BYTES + 2 + len + 1 + 3) & ~(size_t)3;

	memset(p, 0, bytes);
	put_header(p, 1, TYPE_SDES, bytes);
	wire_put32(p + 4, ssrc);
	p[8] = SDES_CNAME;
	p[9] = (uint8_t)len;
	memcpy(p + 10, cname, len);
	return p + bytes;
}

size_t rtcp_build(uint8_t out[RTCP_REPORT_MAX],
		  const struct rtcp_report *report, const char *cname)
{
	uint8_t *p = out + HEADER_BYTES;

	if (report->is_sender)
		p = put_sender(p, &report->sender);
	if (report->has_block)
		p = put_block(p, &report->block);
	put_header(out, report->has_block,
		   report->is_sender ? TYPE_SR : TYPE_RR, (size_t)(p - out));
	wire_put32(out + 4, report->ssrc);
	p = put_sdes(p, report->ssrc, cname);
	return (size_t)(p - out);
}

static void get_sender(struct rtcp_sender *out, const uint8_t *p)
{
	out->ntp = (uint64_t)wire_get32(p) << 32 | wire_get32(p + 4);
	out->rtp_timestamp = wire_get32(p + 8);
	out->packets = wire_get32(p + 12);
	out->octets = wire_get32(p + 16);
}

static void get_block(struct rtcp_block *out, const uint8_t *p)
{
	uint32_t lost = wire_get32(p + 4) & 0xffffff;

	out->ssrc = wire_get32(p);
	out->reception.fraction_lost = p[4];
	out->reception.cumulative_lost =
		lost & 0x800000 ? (int32_t)lost - 0x1000000 : (int32_t)lost;
	out->reception.highest_seq = wire_get32(p + 8);
	out->reception.jitter = wire_get32(p + 12);
	out->last_sr = wire_get32(p + 16);
	out->delay_since_sr = wire_get32(p + 20);
}

static int get_report(struct rtcp_report *out, const uint8_t *p, size_t bytes,
		      uint32_t own_ssrc)
{
	unsigned count = p[0] & COUNT_MASK;
	bool is_sender = p[1] == TYPE_SR;
	size_t at = HEADER_BYTES + (is_sender ? SENDER_BYTES : 0);

	if (bytes < at + count * BLOCK_BYTES)
		return -EBADMSG;
	if (is_sender) {
		out->is_sender = true;
		get_sender(&out->sender, p + HEADER_BYTES);
	}
	for (unsigned i = 0; i < count; i++, at += BLOCK_BYTES) {
		if (wire_get32(p + at) != own_ssrc)
			continue;
		out->has_block = true;
		get_block(&out->block, p + at);
	}
	return 0;
}

/* The packet at the head of what is left, header and padding checked. */
static int check_packet(const uint8_t *p, size_t left, size_t *bytes)
{
	if (left < 4 || (p[0] & VERSION_MASK) != VERSION_2)
		return -EBADMSG;
	*bytes = 4u * (wire_get16(p + 2) + 1u);
	if (*bytes > left)
		return -EBADMSG;
	if (!(p[0] & PADDING))
		return 0;
	if (*bytes != left || !p[left - 1] || p[left - 1] % 4 ||
	    p[left - 1] > *bytes - 4)
		return -EBADMSG;
	*bytes -= p[left - 1];
	return 0;
}

int rtcp_parse(struct rtcp_report *out, const uint8_t *datagram, size_t bytes,
	       uint32_t own_ssrc)
{
	size_t at = 0;

	if (bytes < HEADER_BYTES ||
	    (datagram[1] != TYPE_SR && datagram[1] != TYPE_RR))
		return -EBADMSG;
	*out = (struct rtcp_report){ .ssrc = wire_get32(datagram + 4) };
	while (at < bytes) {
		const uint8_t *p = datagram + at;
		size_t size, used;

		if (check_packet(p, bytes - at, &used) < 0)
			return -EBADMSG;
		size = 4u * (wire_get16(p + 2) + 1u);
		if ((p[1] == TYPE_SR || p[1] == TYPE_RR) &&
		    (used < HEADER_BYTES ||
		     get_report(out, p, used, own_ssrc) < 0))
			return -EBADMSG;
		if (p[1] == TYPE_BYE)
			out->bye = true;
		at += size;
	}
	return 0;
}
