#include "media/rtp.h"
#include "media/rtp_source.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIXED 0x80, 0x08, 0x12, 0x34, 1, 2, 3, 4, 0xa, 0xb, 0xc, 0xd

static const struct {
	const char *name;
	uint8_t bytes[40];
	size_t len;
	int rc;
	size_t payload_at, payload_bytes;
} vectors[] = {
	{ "plain", { FIXED, 'a', 'b', 'c' }, 15, 0, 12, 3 },
	{ "no payload", { FIXED }, 12, 0, 12, 0 },
	{ "empty datagram", { 0 }, 0, -EBADMSG, 0, 0 },
	{ "version 1", { 0x40, 8 }, 12, -EBADMSG, 0, 0 },
	{ "version 3", { 0xc0, 8 }, 12, -EBADMSG, 0, 0 },
	{ "two CSRC", { [0] = 0x82, [20] = 'x' }, 21, 0, 20, 1 },
	{ "CSRC list longer than datagram", { 0x82 }, 19, -EBADMSG, 0, 0 },
	{ "15 CSRC in 12 bytes", { 0x8f }, 12, -EBADMSG, 0, 0 },
	{ "extension of 1 word",
	  { [0] = 0x90, [15] = 1, [20] = 'x' },
	  21,
	  0,
	  20,
	  1 },
	{ "extension of 0 words", { [0] = 0x90, [16] = 'x' }, 17, 0, 16, 1 },
	{ "extension header cut", { 0x90 }, 15, -EBADMSG, 0, 0 },
	{ "extension longer than datagram",
	  { [0] = 0x90, [15] = 2 },
	  20,
	  -EBADMSG,
	  0,
	  0 },
	{ "extension of 65535 words",
	  { [0] = 0x90, [14] = 0xff, [15] = 0xff },
	  20,
	  -EBADMSG,
	  0,
	  0 },
	{ "padding of 2", { [0] = 0xa0, [12] = 'x', [14] = 2 }, 15, 0, 12, 1 },
	{ "padding only", { [0] = 0xa0, [13] = 2 }, 14, 0, 12, 0 },
	{ "padding of 0", { [0] = 0xa0 }, 14, -EBADMSG, 0, 0 },
	{ "padding over the header",
	  { [0] = 0xa0, [13] = 3 },
	  14,
	  -EBADMSG,
	  0,
	  0 },
	{ "padding without a payload", { 0xa0 }, 12, -EBADMSG, 0, 0 },
	{ "CSRC, extension and padding",
	  { [0] = 0xb1, [19] = 1, [24] = 'x', [25] = 'y', [26] = 1 },
	  27,
	  0,
	  24,
	  2 },
};

/* In memory of its own size, so that a sanitizer sees a read past the end. */
static int parse_copy(struct rtp_packet *out, const uint8_t *bytes, size_t len,
		      size_t *payload_at)
{
	uint8_t *copy = malloc(len ? len : 1);
	int rc;

	memcpy(copy, bytes, len);
	rc = rtp_parse(out, copy, len);
	if (!rc) {
		*payload_at = (size_t)(out->payload - copy);
		assert_true(*payload_at + out->payload_bytes <= len);
	}
	free(copy);
	return rc;
}

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		struct rtp_packet packet;
		size_t at = 0;
		int rc = parse_copy(&packet, vectors[i].bytes, vectors[i].len,
				    &at);

		if (rc != vectors[i].rc)
			fail_msg("%s: %d", vectors[i].name, rc);
		if (rc)
			continue;
		if (at != vectors[i].payload_at ||
		    packet.payload_bytes != vectors[i].payload_bytes)
			fail_msg("%s: %zu bytes at %zu", vectors[i].name,
				 packet.payload_bytes, at);
	}
}

static void test_every_truncation(void **state)
{
	static const uint8_t full[] = { [0] = 0x92, [23] = 2, [32] = 'x' };
	struct rtp_packet packet;
	size_t at;

	(void)state;
	for (size_t len = 0; len <= sizeof full; len++)
		assert_int_equal(parse_copy(&packet, full, len, &at),
				 len < 32 ? -EBADMSG : 0);
}

static void test_random_bytes(void **state)
{
	uint8_t bytes[64];
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		struct rtp_packet packet;
		size_t at, len;

		for (size_t i = 0; i < sizeof bytes; i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(random >> 24);
		}
		len = random >> 8 & 63;
		if (round & 1)
			bytes[0] = 0x80 | (bytes[0] & 0x3f);
		parse_copy(&packet, bytes, len, &at);
	}
}

static void test_build_and_parse(void **state)
{
	static const struct rtp_header headers[] = {
		{ false, 0, 0, 0, 0 },
		{ true, 127, 0xffff, 0xffffffff, 0xffffffff },
		{ true, 8, 0x1234, 0x89abcdef, 0xfedcba98 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		uint8_t bytes[RTP_HEADER_BYTES];
		struct rtp_packet packet;

		rtp_build_header(bytes, &headers[i]);
		assert_int_equal(rtp_parse(&packet, bytes, sizeof bytes), 0);
		assert_int_equal(packet.header.marker, headers[i].marker);
		assert_int_equal(packet.header.payload_type,
				 headers[i].payload_type);
		assert_int_equal(packet.header.seq, headers[i].seq);
		assert_int_equal(packet.header.timestamp, headers[i].timestamp);
		assert_int_equal(packet.header.ssrc, headers[i].ssrc);
	}
}

static const struct {
	const char *name;
	uint16_t seq[12];
	int count;
	uint64_t lost;
	uint32_t highest; /* extended */
} sequences[] = {
	{ "in order", { 5, 6, 7, 8 }, 4, 0, 8 },
	{ "one lost", { 5, 6, 8, 9 }, 4, 1, 9 },
	{ "reordered", { 5, 7, 6, 8 }, 4, 0, 8 },
	{ "first reordered", { 5, 4, 6 }, 3, 0, 6 },
	{ "wrap-around", { 65534, 65535, 0, 1 }, 4, 0, 0x10001 },
	{ "begins at 0", { 0, 1, 2 }, 3, 0, 2 },
	{ "begins at 0, one before it late", { 0, 65535, 1 }, 3, 0, 1 },
	{ "loss over the wrap-around", { 65534, 1, 2 }, 3, 2, 0x10002 },
	{ "reorder over the wrap-around",
	  { 65534, 0, 65535, 1 },
	  4,
	  0,
	  0x10001 },
	{ "jump, stays on probation", { 5, 30000, 6, 7 }, 4, 0, 7 },
	{ "jump, confirmed", { 5, 6, 30000, 30001, 30002 }, 5, 0, 30002 },
	{ "jump back to 0, confirmed", { 40000, 0, 1, 2 }, 4, 0, 2 },
};

static void test_sequence(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
		struct rtp_source src = { 0 };
		struct rtp_reception report;

		rtp_source_restart(&src, 1, sequences[i].seq[0]);
		for (int n = 0; n < sequences[i].count; n++)
			rtp_source_seq(&src, sequences[i].seq[n]);
		rtp_source_report(&src, &report);
		if (rtp_source_lost(&src) != sequences[i].lost ||
		    report.highest_seq != sequences[i].highest)
			fail_msg("%s: lost %llu highest %x", sequences[i].name,
				 (unsigned long long)rtp_source_lost(&src),
				 report.highest_seq);
	}
}

/* A letter is the SSRC; verdicts are `.` present, `!` changed, `x` unproven. */
static const struct {
	const char *name, *ssrc;
	uint16_t seq[10];
	const char *verdicts;
	uint64_t lost;
} sources[] = {
	{ "one", "aaa", { 65534, 65535, 0 }, "...", 0 },
	{ "another", "aabbb", { 1, 2, 700, 701, 702 }, "..x!.", 0 },
	{ "one packet of another", "aabaa", { 1, 2, 700, 3, 4 }, "..x..", 0 },
	{ "in turn",
	  "abababab",
	  { 1, 701, 2, 702, 3, 703, 4, 704 },
	  ".x.x.x.x",
	  0 },
	{ "another with a gap",
	  "abbbb",
	  { 1, 700, 702, 703, 704 },
	  ".xx!.",
	  0 },
	{ "another twice the same", "abbb", { 1, 700, 700, 701 }, ".xx!", 0 },
	{ "two others", "abcbc", { 1, 2, 3, 3, 4 }, ".xxxx", 0 },
	{ "another whose numbers wrap", "abb", { 1, 65535, 0 }, ".x!", 0 },
	{ "and back, late",
	  "abbabaa",
	  { 1, 700, 701, 2, 702, 3, 4 },
	  ".x!x.x!",
	  0 },
	{ "losses of both", "aabbb", { 1, 3, 700, 701, 703 }, "..x!.", 2 },
};

static void test_sources(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		struct rtp_source src = { 0 };
		char verdicts[11] = { 0 };

		for (size_t n = 0; sources[i].ssrc[n]; n++)
			verdicts[n] = ".!x"[rtp_source_take(
				&src, (uint32_t)sources[i].ssrc[n],
				sources[i].seq[n])];
		if (strcmp(verdicts, sources[i].verdicts) ||
		    rtp_source_lost(&src) != sources[i].lost)
			fail_msg("%s: %s, lost %llu", sources[i].name, verdicts,
				 (unsigned long long)rtp_source_lost(&src));
	}
}

static void test_duplicates_hide_no_loss(void **state)
{
	struct rtp_source src = { 0 };
	struct rtp_reception report;

	(void)state;
	assert_int_equal(rtp_source_lost(&src), 0);
	rtp_source_restart(&src, 1, 10);
	rtp_source_seq(&src, 10);
	rtp_source_seq(&src, 10);
	rtp_source_duplicate(&src);
	rtp_source_seq(&src, 12);
	assert_int_equal(rtp_source_lost(&src), 1);
	rtp_source_report(&src, &report);
	/* RFC 3550 6.4.1: there they do */
	assert_int_equal(report.cumulative_lost, 0);
	rtp_source_restart(&src, 2, 100);
	rtp_source_seq(&src, 100);
	assert_int_equal(rtp_source_lost(&src), 1);
}

static void test_report_intervals(void **state)
{
	struct rtp_source src = { 0 };
	struct rtp_reception report;

	(void)state;
	rtp_source_restart(&src, 1, 0);
	for (uint16_t seq = 0; seq < 100; seq++)
		if (seq % 4)
			rtp_source_seq(&src, seq);
	rtp_source_report(&src, &report);
	assert_int_equal(report.cumulative_lost, 25);
	assert_int_equal(report.fraction_lost, 64);
	for (uint16_t seq = 100; seq < 200; seq++)
		rtp_source_seq(&src, seq);
	rtp_source_report(&src, &report);
	assert_int_equal(report.cumulative_lost, 25);
	assert_int_equal(report.fraction_lost, 0);
	rtp_source_report(&src, &report);
	assert_int_equal(report.fraction_lost, 0);
	/* duplicates beyond measure: lost goes below zero */
	for (int i = 0; i < 50; i++)
		rtp_source_seq(&src, 199);
	rtp_source_report(&src, &report);
	assert_int_equal(report.cumulative_lost, -25);
	assert_int_equal(report.fraction_lost, 0);
	/* all but one of a thousand */
	rtp_source_seq(&src, 1199);
	rtp_source_report(&src, &report);
	assert_int_equal(report.fraction_lost, 255);
}

/* A.8: the estimate runs towards the mean difference, 1/16 a packet. */
static void test_jitter(void **state)
{
	struct rtp_source src = { 0 };
	struct rtp_reception report;

	(void)state;
	rtp_source_restart(&src, 1, 0);
	for (uint32_t n = 0; n < 500; n++)
		rtp_source_jitter(&src, n * 160, n * 160 + 12345);
	rtp_source_report(&src, &report);
	assert_int_equal(report.jitter, 0);
	/* every other packet 40 samples (5 ms) late: mean difference 40 */
	for (uint32_t n = 0; n < 500; n++)
		rtp_source_jitter(&src, n * 160, n * 160 + (n & 1) * 40);
	rtp_source_report(&src, &report);
	assert_in_range(report.jitter, 39, 40);
	/* another timestamp base, and a step of the clock, are no jitter */
	rtp_source_jitter(&src, 0x80000000, 0);
	rtp_source_jitter(&src, 0x800000a0, 160);
	assert_in_range(src.jitter_q4 >> 4, 34, 40);
	assert_in_range(src.jitter_max, 39, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_build_and_parse),
		cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_duplicates_hide_no_loss),
		cmocka_unit_test(test_report_intervals),
		cmocka_unit_test(test_jitter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
