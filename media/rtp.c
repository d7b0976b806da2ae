#include "media/rtp.h"

#include "media/wire.h"

#include <errno.h>

#define VERSION_2 0x80
#define VERSION_MASK 0xc0
#define PADDING 0x20
#define EXTENSION 0x10
#define CSRC_COUNT 0x0f
#define MARKER 0x80

int rtp_parse(struct rtp_packet *out, const uint8_t *datagram, size_t bytes)
{
	size_t start, padding = 0;

	if (bytes < RTP_HEADER_BYTES ||
	    (datagram[0] & VERSION_MASK) != VERSION_2)
		return -EBADMSG;
	start = RTP_HEADER_BYTES + 4u * (datagram[0] & CSRC_COUNT);
	if (datagram[0] & EXTENSION) {
		if (bytes < start + 4)
			return -EBADMSG;
		start += 4 + 4u * wire_get16(datagram + start + 2);
	}
	if (bytes < start)
		return -EBADMSG;
	if (datagram[0] & PADDING) {
		/* The count includes itself, so 0 is a lie (RFC 3550 5.1). */
		padding = datagram[bytes - 1];
		if (!padding || padding > bytes - start)
			return -EBADMSG;
	}
	out->header = (struct rtp_header){
		.marker = datagram[1] & MARKER,
		.payload_type = datagram[1] & 0x7f,
		.seq = wire_get16(datagram + 2),
		.timestamp = wire_get32(datagram + 4),
		.ssrc = wire_get32(datagram + 8),
	};
	out->payload = datagram + start;
	out->payload_bytes = bytes - start - padding;
	return 0;
}

void rtp_build_header(uint8_t out[RTP_HEADER_BYTES],
		      const struct rtp_header *header)
{
	out[0] = VERSION_2;
	out[1] = (uint8_t)((header->marker ? MARKER : 0) |
			   (header->payload_type & 0x7f));
	wire_put16(out + 2, header->seq);
	wire_put32(out + 4, header->timestamp);
	wire_put32(out + 8, header->ssrc);
}
