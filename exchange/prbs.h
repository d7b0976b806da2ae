/* The test sequence of O.151 for 64 kbit/s channels, and the counting of what
 * comes back.
 *
 * 2^15 - 1 bits, x^15 + x^14 + 1, inverted (O.151 2.1), sent most significant
 * bit first in every octet of the B channel. Pure: no clock, no I/O.
 */
#ifndef TOLLGATE_PRBS_H
#define TOLLGATE_PRBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRBS_PERIOD_BITS 32767

struct prbs_sender {
	uint16_t history; /* the last 15 bits before inversion, newest lowest */
};

void prbs_sender_init(struct prbs_sender *sender);
void prbs_send(struct prbs_sender *sender, uint8_t *out, size_t count);

/* The checker locks on the received sequence, whatever its phase, once 64 bits
 * in a row follow the polynomial; then its own generator runs free, so that a
 * wrong bit counts once. Nothing before the first lock is an error: a channel
 * is idle until the far end has its voice through. */
struct prbs_checker {
	uint16_t history;
	bool locked, was_locked;
	unsigned good; /* octets in a row that fit, while hunting */
	unsigned window_octets, window_errors;
	uint64_t bits_compared;
	uint64_t bit_errors; /* those of a lost lock's last window included */
	uint64_t bits_unlocked; /* passed after the first lock without one */
	uint64_t sync_losses;	/* more than 20 % wrong in 1000 bits */
};

void prbs_checker_init(struct prbs_checker *checker);
void prbs_check(struct prbs_checker *checker, const uint8_t *in, size_t count);

#endif
