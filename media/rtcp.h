/* RTCP as bytes (RFC 3550 6): one report with its SDES CNAME, built or read.
 * Nothing is kept. */
#ifndef TOLLGATE_RTCP_H
#define TOLLGATE_RTCP_H

#include "media/rtp_source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTCP_CNAME_MAX 31
/* SR with one block, SDES with one CNAME. */
#define RTCP_REPORT_MAX (8 + 20 + 24 + 12 + ((RTCP_CNAME_MAX + 3) & ~3) + 4)

/* The sender's part of an SR (6.4.1). */
struct rtcp_sender {
	uint64_t ntp;		/* seconds since 1900 << 32 | fraction */
	uint32_t rtp_timestamp; /* the same instant */
	uint32_t packets, octets;
};

struct rtcp_block {
	uint32_t ssrc; /* whose stream is reported */
	struct rtp_reception reception;
	uint32_t last_sr;	 /* middle 32 bits of its NTP time, 0: none */
	uint32_t delay_since_sr; /* 1/65536 s */
};

struct rtcp_report {
	uint32_t ssrc;	/* who reports */
	bool is_sender; /* SR, else RR */
	struct rtcp_sender sender;
	bool has_block;
	struct rtcp_block block;
	bool bye; /* the compound packet ends the source (6.6) */
};

/* NTP time of calendar time `ns` since 1970. */
uint64_t rtcp_ntp(uint64_t ns);

/* Writes SR or RR and SDES with `cname` (at most RTCP_CNAME_MAX characters, cut
 * if longer). Returns the length. */
size_t rtcp_build(uint8_t out[RTCP_REPORT_MAX],
		  const struct rtcp_report *report, const char *cname);

/* Reads a compound packet as RFC 3550 A.2 demands: version 2 throughout, SR or
 * RR first, padding at most on the last packet, lengths that add up. Of the
 * report blocks the one about `own_ssrc` is returned. Packets of other types
 * are passed over. 0 or -EBADMSG. */
int rtcp_parse(struct rtcp_report *out, const uint8_t *datagram, size_t bytes,
	       uint32_t own_ssrc);

#endif
