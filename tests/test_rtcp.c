#include "media/rtcp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OWN_SSRC 0x01020304

#define SR_20                                                                  \
	0x80, 200, 0, 6, 9, 9, 9, 9, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, \
		0x88, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3
#define BLOCK_OWN                                                             \
	1, 2, 3, 4, 64, 0xff, 0xff, 0xfe, 0, 1, 0, 5, 0, 0, 0, 7, 0x33, 0x44, \
		0x55, 0x66, 0, 1, 0, 0
#define BLOCK_OTHER \
	8, 8, 8, 8, 1, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0
#define SDES 0x81, 202, 0, 2, 9, 9, 9, 9, 1, 1, 'x', 0
#define BYE 0x81, 203, 0, 1, 9, 9, 9, 9

static const struct {
	const char *name;
	uint8_t bytes[120];
	size_t len;
	int rc;
	bool is_sender, has_block, bye;
} vectors
	[] = {
		{ "RR alone", { 0x80, 201, 0, 1, 9, 9, 9, 9 }, 8, 0, 0, 0, 0 },
		{ "SR alone", { SR_20 }, 28, 0, 1, 0, 0 },
		{ "SR and SDES", { SR_20, SDES }, 40, 0, 1, 0, 0 },
		{ "RR about us, SDES, BYE",
		  { 0x81, 201, 0, 7, 9, 9, 9, 9, BLOCK_OWN, SDES, BYE },
		  52,
		  0,
		  0,
		  1,
		  1 },
		{ "RR about another and us",
		  { 0x82, 201, 0, 13, 9, 9, 9, 9, BLOCK_OTHER, BLOCK_OWN },
		  56,
		  0,
		  0,
		  1,
		  0 },
		{ "RR about another",
		  { 0x81, 201, 0, 7, 9, 9, 9, 9, BLOCK_OTHER },
		  32,
		  0,
		  0,
		  0,
		  0 },
		{ "unknown type behind RR",
		  { 0x80, 201, 0, 1, 9, 9, 9, 9, 0x80, 207, 0, 1, 9, 9, 9, 9 },
		  16,
		  0,
		  0,
		  0,
		  0 },
		{ "padding on the last packet",
		  { 0x80, 201, 0, 1, 9, 9, 9, 9, 0xa1, 203,
		    0,	  2,   9, 9, 9, 9, 0, 0, 0,    4 },
		  20,
		  0,
		  0,
		  0,
		  1 },
		{ "nothing", { 0 }, 0, -EBADMSG, 0, 0, 0 },
		{ "version 1", { 0x40, 201, 0, 1 }, 8, -EBADMSG, 0, 0, 0 },
		{ "SDES first", { SDES }, 12, -EBADMSG, 0, 0, 0 },
		{ "BYE first", { BYE }, 8, -EBADMSG, 0, 0, 0 },
		{ "RR without its SSRC",
		  { 0x80, 201, 0, 0, 0x80, 201, 0, 0 },
		  8,
		  -EBADMSG,
		  0,
		  0,
		  0 },
		{ "length beyond the datagram",
		  { 0x80, 201, 0, 2, 9, 9, 9, 9 },
		  8,
		  -EBADMSG,
		  0,
		  0,
		  0 },
		{ "length short of the datagram",
		  { 0x80, 201, 0, 1, 9, 9, 9, 9, 1, 2 },
		  10,
		  -EBADMSG,
		  0,
		  0,
		  0 },
		{ "length 65535 words",
		  { 0x80, 201, 0xff, 0xff, 9, 9, 9, 9 },
		  8,
		  -EBADMSG,
		  0,
		  0,
		  0 },
		{ "more blocks than bytes",
		  { 0x82, 201, 0, 7, 9, 9, 9, 9, BLOCK_OWN },
		  32,
		  -EBADMSG,
		  0,
		  0,
		  0 },
		{ "31 blocks in 8 bytes",
		  { 0x9f, 201, 0, 1, 9, 9, 9, 9 },
		  8,
		  -EBADMSG,
		  0,
		  0,
		  0 },
		{ "SR without sender's part",
		  { 0x80, 200, 0, 1, 9, 9, 9, 9 },
		  8,
		  -EBADMSG,
		  0,
		  0,
		  0 },
		{ "padding before the last packet",
		  { 0xa0, 201, 0,    2,	  9, 9, 9, 9, 0, 0,
		    0,	  4,   0x81, 203, 0, 1, 9, 9, 9, 4 },
		  20,
		  -EBADMSG,
		  0,
		  0,
		  0 },
		{ "padding of 0",
		  { 0xa0, 201, 0, 1, 9, 9, 9, 0 },
		  8,
		  -EBADMSG,
		  0,
		  0,
		  0 },
		{ "padding not of 4",
		  { 0xa0, 201, 0, 2, 9, 9, 9, 9, 0, 0, 0, 3 },
		  12,
		  -EBADMSG,
		  0,
		  0,
		  0 },
		{ "padding over the header",
		  { 0xa0, 201, 0, 2, 9, 9, 9, 9, 0, 0, 0, 12 },
		  12,
		  -EBADMSG,
		  0,
		  0,
		  0 },
		{ "padding over the SSRC",
		  { 0xa0, 201, 0, 1, 9, 9, 9, 4 },
		  8,
		  -EBADMSG,
		  0,
		  0,
		  0 },
		{ "second packet of version 0",
		  { 0x80, 201, 0, 1, 9, 9, 9, 9, 0, 202, 0, 0 },
		  12,
		  -EBADMSG,
		  0,
		  0,
		  0 },
	};

static int parse_copy(struct rtcp_report *out, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	int rc;

	memcpy(copy, bytes, len);
	rc = rtcp_parse(out, copy, len, OWN_SSRC);
	free(copy);
	return rc;
}

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		struct rtcp_report r;
		int rc = parse_copy(&r, vectors[i].bytes, vectors[i].len);

		if (rc != vectors[i].rc)
			fail_msg("%s: %d", vectors[i].name, rc);
		if (rc)
			continue;
		assert_int_equal(r.ssrc, 0x09090909);
		if (r.is_sender != vectors[i].is_sender ||
		    r.has_block != vectors[i].has_block ||
		    r.bye != vectors[i].bye)
			fail_msg("%s: sender %d block %d bye %d",
				 vectors[i].name, r.is_sender, r.has_block,
				 r.bye);
	}
}

static void test_contents(void **state)
{
	static const uint8_t bytes[] = { 0x81, 200,  0,	   12,	 9,	   9,
					 9,    9,    0x11, 0x22, 0x33,	   0x44,
					 0x55, 0x66, 0x77, 0x88, 0,	   0,
					 0,    1,    0,	   0,	 0,	   2,
					 0,    0,    0,	   3,	 BLOCK_OWN };
	struct rtcp_report r;

	(void)state;
	assert_int_equal(parse_copy(&r, bytes, sizeof bytes), 0);
	assert_true(r.sender.ntp == 0x1122334455667788);
	assert_int_equal(r.sender.rtp_timestamp, 1);
	assert_int_equal(r.sender.packets, 2);
	assert_int_equal(r.sender.octets, 3);
	assert_int_equal(r.block.ssrc, OWN_SSRC);
	assert_int_equal(r.block.reception.fraction_lost, 64);
	assert_int_equal(r.block.reception.cumulative_lost, -2);
	assert_int_equal(r.block.reception.highest_seq, 0x10005);
	assert_int_equal(r.block.reception.jitter, 7);
	assert_int_equal(r.block.last_sr, 0x33445566);
	assert_int_equal(r.block.delay_since_sr, 0x10000);
}

static void test_every_truncation(void **state)
{
	static const uint8_t full[] = { SR_20, SDES, BYE };
	struct rtcp_report r;

	(void)state;
	for (size_t len = 0; len <= sizeof full; len++) {
		bool whole = len == 28 || len == 40 || len == 48;

		assert_int_equal(parse_copy(&r, full, len),
				 whole ? 0 : -EBADMSG);
	}
}

static void test_random_bytes(void **state)
{
	uint8_t bytes[64];
	uint32_t random = 7;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		struct rtcp_report r;

		for (size_t i = 0; i < sizeof bytes; i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(random >> 24);
		}
		/* mostly plausible, so that the depths are reached */
		bytes[0] = 0x80 | (bytes[0] & 0x3f);
		bytes[1] = 200 + (bytes[1] & 1);
		bytes[2] = 0;
		bytes[3] &= 15;
		parse_copy(&r, bytes, random >> 8 & 63);
	}
}

static void test_build(void **state)
{
	struct rtcp_report in = {
		.ssrc = 0xa0b0c0d0,
		.is_sender = true,
		.sender = { .ntp = 0x0102030405060708, .rtp_timestamp = 160,
			    .packets = 5, .octets = 800 },
		.has_block = true,
		.block = { .ssrc = OWN_SSRC,
			   .reception = { .fraction_lost = 3,
					  .cumulative_lost = -0x800000,
					  .highest_seq = 0x20003,
					  .jitter = 9 },
			   .last_sr = 0x33445566, .delay_since_sr = 77 },
	}, out;
	uint8_t bytes[RTCP_REPORT_MAX];
	size_t len = rtcp_build(bytes, &in, "0123456789abcdef");

	(void)state;
	assert_int_equal(len, 28 + 24 + 28);
	assert_int_equal(parse_copy(&out, bytes, len), 0);
	assert_int_equal(out.ssrc, in.ssrc);
	assert_memory_equal(&out.sender, &in.sender, sizeof in.sender);
	assert_memory_equal(&out.block.reception, &in.block.reception,
			    sizeof in.block.reception);
	assert_int_equal(out.block.last_sr, in.block.last_sr);
	assert_int_equal(out.block.delay_since_sr, in.block.delay_since_sr);
	assert_int_equal(bytes[52], 0x81);
	assert_int_equal(bytes[53], 202);
	assert_memory_equal(bytes + 60,
			    "\1\x10"
			    "0123456789abcdef\0",
			    19);

	in.is_sender = in.has_block = false;
	/* every length of name: the chunk ends in zeros on a multiple of 4 */
	for (size_t n = 0; n <= RTCP_CNAME_MAX + 2; n++) {
		char cname[RTCP_CNAME_MAX + 3];

		memset(cname, 'c', n);
		cname[n] = '\0';
		len = rtcp_build(bytes, &in, cname);
		assert_int_equal(len % 4, 0);
		assert_true(len <= sizeof bytes);
		assert_int_equal(bytes[len - 1], 0);
		assert_int_equal(parse_copy(&out, bytes, len), 0);
		assert_false(out.is_sender || out.has_block);
	}
}

static void test_ntp(void **state)
{
	(void)state;
	assert_true(rtcp_ntp(0) == 2208988800ULL << 32);
	assert_true(rtcp_ntp(500000000) == (2208988800ULL << 32 | 0x80000000));
	assert_int_equal((uint32_t)rtcp_ntp(999999999) >> 8, 0xffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_ntp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
