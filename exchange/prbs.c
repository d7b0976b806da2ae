#include "exchange/prbs.h"

#define STATE 0x7fff /* 15 stages */
/* 64 bits that follow by chance: once in 2^64. */
#define LOCK_OCTETS 8
/* 20 % of 1000 bits. A slip shows 50 % and is seen within 400 bits or so; no
 * line that carries a call at all has 20 %. */
#define WINDOW_OCTETS 125
#define WINDOW_ERRORS_MAX 200

/* b[n] = b[n-15] ^ b[n-14]: the taps are far enough back that eight bits follow
 * from the history in one step. */
static uint8_t next_octet(uint16_t history)
{
	return (uint8_t)((history >> 7) ^ (history >> 6));
}

static uint16_t shift_in(uint16_t history, uint8_t octet)
{
	return (uint16_t)((history << 8 | octet) & STATE);
}

void prbs_sender_init(struct prbs_sender *sender)
{
	sender->history = STATE;
}

void prbs_send(struct prbs_sender *sender, uint8_t *out, size_t count)
{
	uint16_t history = sender->history;

	for (size_t i = 0; i < count; i++) {
		uint8_t octet = next_octet(history);

		history = shift_in(history, octet);
		out[i] = (uint8_t)~octet;
	}
	sender->history = history;
}

void prbs_checker_init(struct prbs_checker *checker)
{
	*checker = (struct prbs_checker){ 0 };
}

/* All zeros follow the polynomial too, but are no sequence: an idle channel of
 * all ones would lock. */
static void hunt(struct prbs_checker *checker, uint8_t octet)
{
	bool fits = checker->history && next_octet(checker->history) == octet;

	checker->good = fits ? checker->good + 1 : 0;
	checker->history = shift_in(checker->history, octet);
	if (checker->was_locked)
		checker->bits_unlocked += 8;
	if (checker->good < LOCK_OCTETS)
		return;
	checker->locked = checker->was_locked = true;
	checker->window_octets = checker->window_errors = 0;
}

/* The generator runs on its own here: fed with what is received, it would count
 * each wrong bit three times. */
static void compare(struct prbs_checker *checker, uint8_t octet)
{
	uint8_t want = next_octet(checker->history);
	unsigned errors = (unsigned)__builtin_popcount(want ^ octet);

	checker->history = shift_in(checker->history, want);
	checker->bits_compared += 8;
	checker->bit_errors += errors;
	checker->window_errors += errors;
	if (checker->window_errors > WINDOW_ERRORS_MAX) {
		checker->sync_losses++;
		checker->locked = false;
		checker->good = 0;
		return;
	}
	if (++checker->window_octets == WINDOW_OCTETS)
		checker->window_octets = checker->window_errors = 0;
}

void prbs_check(struct prbs_checker *checker, const uint8_t *in, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t octet = (uint8_t)~in[i];

		if (checker->locked)
			compare(checker, octet);
		else
			hunt(checker, octet);
	}
}
