#include "exchange/prbs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH 20000
/* Octets that pass before the checker can lock: two to fill its register,
 * eight that must fit. */
#define ACQUIRE 10

static uint8_t sequence[LENGTH];

static int setup(void **state)
{
	struct prbs_sender sender;

	(void)state;
	prbs_sender_init(&sender);
	prbs_send(&sender, sequence, sizeof sequence);
	return 0;
}

static unsigned bit(const uint8_t *octets, size_t n)
{
	return octets[n / 8] >> (7 - n % 8) & 1;
}

static void test_known_start(void **state)
{
	/* From a shift register in another language, bit by bit. */
	static const uint8_t want[] = { 0xff, 0xfd, 0xff, 0xf3, 0xff,
					0xd7, 0xff, 0x0f, 0xfd, 0xdf,
					0xf3, 0x3f, 0xd5, 0x7f, 0x00,
					0xfd, 0xfd, 0xf3, 0xf3, 0xd7 };

	(void)state;
	assert_memory_equal(sequence, want, sizeof want);
}

static void test_period_and_runs(void **state)
{
	unsigned ones = 0, run = 0, longest[2] = { 0 };

	(void)state;
	for (size_t n = 0; n < PRBS_PERIOD_BITS; n++) {
		unsigned b = bit(sequence, n);

		assert_int_equal(b, bit(sequence, n + PRBS_PERIOD_BITS));
		/* O.151 2.1: the 15th stage inverted. */
		if (n >= 15)
			assert_int_equal(b ^ 1, bit(sequence, n - 15) ^
							bit(sequence, n - 14));
		ones += b;
		run = n && b == bit(sequence, n - 1) ? run + 1 : 1;
		if (run > longest[b])
			longest[b] = run;
	}
	assert_int_equal(ones, 16383);
	assert_int_equal(longest[0], 15);
	assert_int_equal(longest[1], 14);
}

static void test_pieces_make_the_same_sequence(void **state)
{
	struct prbs_sender sender;
	uint8_t piece[80];

	(void)state;
	prbs_sender_init(&sender);
	for (size_t at = 0; at + sizeof piece <= LENGTH; at += sizeof piece) {
		prbs_send(&sender, piece, sizeof piece);
		assert_memory_equal(piece, sequence + at, sizeof piece);
	}
}

static void test_clean_sequence(void **state)
{
	struct prbs_checker checker;

	(void)state;
	prbs_checker_init(&checker);
	prbs_check(&checker, sequence, LENGTH);
	assert_true(checker.locked);
	assert_int_equal(checker.bits_compared, (LENGTH - ACQUIRE) * 8);
	assert_int_equal(checker.bit_errors, 0);
	assert_int_equal(checker.sync_losses, 0);
	assert_int_equal(checker.bits_unlocked, 0);
}

static void test_any_phase_locks(void **state)
{
	struct prbs_checker checker;

	(void)state;
	for (size_t at = 0; at < 5000; at += 7) {
		prbs_checker_init(&checker);
		prbs_check(&checker, sequence + at, 100);
		assert_true(checker.locked);
		assert_int_equal(checker.bit_errors, 0);
		/* The register's first bits may fit by chance. */
		assert_in_range(checker.bits_compared, (100 - ACQUIRE) * 8,
				(100 - 8) * 8);
	}
}

static void test_idle_before_it_is_no_error(void **state)
{
	static const uint8_t idle[] = { 0xd5, 0xff, 0x7f, 0x00, 0x55, 0xaa };
	struct prbs_checker checker;
	uint8_t block[4000];

	(void)state;
	for (size_t i = 0; i < sizeof idle; i++) {
		prbs_checker_init(&checker);
		memset(block, idle[i], sizeof block);
		prbs_check(&checker, block, sizeof block);
		assert_false(checker.locked);
		assert_int_equal(checker.bits_compared, 0);
		prbs_check(&checker, sequence, 1000);
		assert_true(checker.locked);
		assert_int_equal(checker.bit_errors, 0);
		assert_int_equal(checker.sync_losses, 0);
		assert_in_range(checker.bits_compared, (1000 - ACQUIRE) * 8,
				1000 * 8);
	}
}

static void test_errors_count_exactly(void **state)
{
	static const struct {
		size_t first, count, step; /* bits */
	} bursts[] = {
		{ 1000, 1, 1 },	 { 1007, 1, 1 },    { 1000, 2, 15 },
		{ 5000, 8, 1 },	 { 4003, 100, 1 },  { 3001, 200, 1 },
		{ 999, 120, 7 }, { 2000, 300, 97 },
	};
	struct prbs_checker checker;
	uint8_t copy[LENGTH];

	(void)state;
	for (size_t i = 0; i < sizeof bursts / sizeof *bursts; i++) {
		memcpy(copy, sequence, LENGTH);
		for (size_t k = 0; k < bursts[i].count; k++) {
			size_t n = bursts[i].first + k * bursts[i].step;

			copy[n / 8] ^= (uint8_t)(0x80 >> n % 8);
		}
		prbs_checker_init(&checker);
		prbs_check(&checker, copy, LENGTH);
		assert_int_equal(checker.bit_errors, bursts[i].count);
		assert_int_equal(checker.sync_losses, 0);
		assert_int_equal(checker.bits_compared, (LENGTH - ACQUIRE) * 8);
	}
}

/* One octet left out, or one too many: about half of the bits are wrong until
 * the loss is seen, then it locks again. */
static void test_slips_lose_and_find_the_lock(void **state)
{
	static const int slips[] = { 1, -1, 80, -80 };
	struct prbs_checker checker;

	(void)state;
	for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
		prbs_checker_init(&checker);
		prbs_check(&checker, sequence, 8000);
		assert_int_equal(checker.bit_errors, 0);
		prbs_check(&checker, sequence + 8000 + slips[i], 8000);
		assert_true(checker.locked);
		assert_int_equal(checker.sync_losses, 1);
		assert_in_range(checker.bit_errors, 201, 400);
		assert_int_equal(checker.bits_unlocked, ACQUIRE * 8);
		assert_int_equal(checker.bits_compared + checker.bits_unlocked,
				 (16000 - ACQUIRE) * 8);
	}
}

static void test_silence_in_the_middle(void **state)
{
	struct prbs_checker checker;
	uint8_t idle[800];

	(void)state;
	memset(idle, 0xd5, sizeof idle);
	prbs_checker_init(&checker);
	prbs_check(&checker, sequence, 4000);
	prbs_check(&checker, idle, sizeof idle);
	assert_false(checker.locked);
	assert_int_equal(checker.sync_losses, 1);
	prbs_check(&checker, sequence + 4800, 4000);
	assert_true(checker.locked);
	assert_int_equal(checker.sync_losses, 1);
}

/* 200 wrong bits of a window's 1000 are errors, one more is a loss. */
static void test_where_errors_become_a_loss(void **state)
{
	const size_t first = ACQUIRE * 8 + 3000;
	struct prbs_checker checker;
	uint8_t copy[LENGTH];

	(void)state;
	for (size_t count = 200; count <= 201; count++) {
		memcpy(copy, sequence, LENGTH);
		for (size_t n = first; n < first + count; n++)
			copy[n / 8] ^= (uint8_t)(0x80 >> n % 8);
		prbs_checker_init(&checker);
		prbs_check(&checker, copy, LENGTH);
		assert_int_equal(checker.bit_errors, count);
		assert_int_equal(checker.sync_losses, count - 200);
	}
}

static void test_dense_errors_are_a_loss(void **state)
{
	struct prbs_checker checker;
	uint8_t copy[LENGTH];

	(void)state;
	memcpy(copy, sequence, LENGTH);
	/* Every fourth bit: 25 % of each window. */
	for (size_t i = 4000; i < 4125; i++)
		copy[i] ^= 0x88;
	prbs_checker_init(&checker);
	prbs_check(&checker, copy, LENGTH);
	assert_int_equal(checker.sync_losses, 1);
	assert_true(checker.locked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_start),
		cmocka_unit_test(test_period_and_runs),
		cmocka_unit_test(test_pieces_make_the_same_sequence),
		cmocka_unit_test(test_clean_sequence),
		cmocka_unit_test(test_any_phase_locks),
		cmocka_unit_test(test_idle_before_it_is_no_error),
		cmocka_unit_test(test_errors_count_exactly),
		cmocka_unit_test(test_slips_lose_and_find_the_lock),
		cmocka_unit_test(test_silence_in_the_middle),
		cmocka_unit_test(test_where_errors_become_a_loss),
		cmocka_unit_test(test_dense_errors_are_a_loss),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
