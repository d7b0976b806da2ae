/* RTP packets as bytes (RFC 3550 5.1): parse and build, nothing kept. */
#ifndef TOLLGATE_RTP_H
#define TOLLGATE_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEADER_BYTES 12

struct rtp_header {
	bool marker;
	uint8_t payload_type; /* 0..127 */
	uint16_t seq;
	uint32_t timestamp;
	uint32_t ssrc;
};

struct rtp_packet {
	struct rtp_header header;
	const uint8_t *payload; /* inside the datagram, without padding */
	size_t payload_bytes;	/* may be 0: a keep-alive (RFC 6263 4.1) */
};

/* Checks the version and every length the datagram claims: CSRC list, header
 * extension, padding (RFC 3550 A.1). 0 or -EBADMSG. */
int rtp_parse(struct rtp_packet *out, const uint8_t *datagram, size_t bytes);

/* Writes a header without CSRC, extension or padding. */
void rtp_build_header(uint8_t out[RTP_HEADER_BYTES],
		      const struct rtp_header *header);

#endif
