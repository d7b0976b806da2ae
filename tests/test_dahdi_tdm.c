/* The voice of a DAHDI span, over a kernel that the test plays. */
#include "dahdi/dahdi_event.h"
#include "dahdi/dahdi_open.h"
#include "dahdi/dahdi_tdm.h"
#include "dahdi/driver_dahdi.h"
#include "tests/fake_dahdi.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dahdi/user.h>

#define E1_CHANNELS 0xfffefffeu
#define D_TIMESLOT 16
#define PACER 31

struct voice {
	struct tdm *tdm;
	struct fake_channel *channel; /* by timeslot */
};

static struct voice open_voice(uint32_t channels, enum g711_law law)
{
	struct driver_dahdi_config cfg = { .span = 1,
					   .channels = channels,
					   .dchannel = D_TIMESLOT };
	struct dahdi_opened opened;
	char why[DAHDI_WHY_MAX];
	struct voice v = { .channel = fake_dahdi.span[1].channel };

	if (law == G711_ULAW) {
		cfg.line = LINE_TYPE_T1;
		fake_dahdi.span[1].timeslots = 24;
	}
	assert_int_equal(dahdi_open(&opened, &cfg, &fake_dahdi_kernel, why), 0);
	fake_dahdi_kernel.close(opened.dchannel);
	v.tdm = dahdi_tdm_new(&fake_dahdi_kernel, &opened, law, 0);
	assert_non_null(v.tdm);
	return v;
}

static int setup(void **state)
{
	(void)state;
	fake_dahdi_reset();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_dahdi_end();
	return fake_dahdi.fds_open == 0 ? 0 : -1;
}

static bool is_b(unsigned timeslot)
{
	return timeslot != D_TIMESLOT;
}

/* Byte `i` of block `n` of a timeslot. */
static uint8_t byte_of(unsigned n, unsigned timeslot, unsigned i)
{
	return (uint8_t)(n * 7 + i * 13 + timeslot * 31);
}

static void fill(uint8_t bytes[TDM_BLOCK_BYTES], unsigned n, unsigned timeslot)
{
	for (unsigned i = 0; i < TDM_BLOCK_BYTES; i++)
		bytes[i] = byte_of(n, timeslot, i);
}

/* Block `n`, in pieces of `piece` bytes. */
static void receive(struct voice *v, unsigned n, unsigned timeslot,
		    unsigned piece)
{
	uint8_t bytes[TDM_BLOCK_BYTES];

	fill(bytes, n, timeslot);
	for (unsigned at = 0; at < TDM_BLOCK_BYTES; at += piece) {
		unsigned left = TDM_BLOCK_BYTES - at;

		fake_dahdi_receive(&v->channel[timeslot], bytes + at,
				   left < piece ? left : piece);
	}
}

static void receive_all(struct voice *v, unsigned n)
{
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		if (is_b(t))
			receive(v, n, t, TDM_BLOCK_BYTES);
}

static void assert_timeslot(const struct tdm_block *block, unsigned timeslot,
			    unsigned n)
{
	uint8_t want[TDM_BLOCK_BYTES];

	fill(want, n, timeslot);
	assert_memory_equal(block->timeslot[timeslot - 1], want, sizeof want);
}

static void assert_idle(const struct tdm_block *block, unsigned timeslot,
			enum g711_law law)
{
	uint8_t want[TDM_BLOCK_BYTES];

	memset(want, g711_idle(law), sizeof want);
	assert_memory_equal(block->timeslot[timeslot - 1], want, sizeof want);
}

static int read_block(struct voice *v, struct tdm_block *block)
{
	memset(block, 0, sizeof *block);
	return v->tdm->ops->read(v->tdm, block);
}

static uint64_t get(_Atomic uint64_t *counter)
{
	return atomic_load(counter);
}

static void started(struct voice *v)
{
	struct tdm_block block;

	*v = open_voice(E1_CHANNELS, G711_ALAW);
	assert_int_equal(read_block(v, &block), 0);
}

static void test_flushes_together_and_the_pacer_last(void **state)
{
	struct tdm_block block;
	struct voice v;

	(void)state;
	v = open_voice(E1_CHANNELS, G711_ALAW);
	assert_int_equal(v.tdm->fd, v.channel[PACER].fd);
	/* What waits from before is not ours. */
	receive_all(&v, 9);
	fake_dahdi_event(&v.channel[3], DAHDI_EVENT_READ_OVERRUN);
	assert_int_equal(read_block(&v, &block), 0);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++) {
		assert_int_equal(v.channel[t].flushes, is_b(t));
		if (is_b(t))
			assert_int_equal(v.channel[t].flushed_what,
					 DAHDI_FLUSH_ALL);
	}
	assert_int_equal(v.channel[PACER].flush_order, fake_dahdi.flush_count);
	assert_int_equal(read_block(&v, &block), 0);
	assert_int_equal(get(&v.tdm->counters.overruns), 0);
	v.tdm->ops->close(v.tdm);
}

static void test_one_block_of_thirty_channels(void **state)
{
	struct tdm_block block;
	struct voice v;

	(void)state;
	started(&v);
	for (unsigned n = 0; n < 5; n++) {
		receive_all(&v, n);
		assert_int_equal(read_block(&v, &block), 1);
		for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
			if (is_b(t))
				assert_timeslot(&block, t, n);
		assert_idle(&block, D_TIMESLOT, G711_ALAW);
		assert_int_equal(read_block(&v, &block), 0);
	}
	assert_int_equal(get(&v.tdm->counters.blocks_in), 5);
	assert_int_equal(get(&v.tdm->counters.slips_in), 0);
	v.tdm->ops->close(v.tdm);
}

static void test_several_blocks_wait(void **state)
{
	struct tdm_block block;
	struct voice v;

	(void)state;
	started(&v);
	for (unsigned n = 0; n < 4; n++)
		receive_all(&v, n);
	for (unsigned n = 0; n < 4; n++) {
		assert_int_equal(read_block(&v, &block), 1);
		assert_timeslot(&block, 1, n);
		assert_timeslot(&block, 30, n);
	}
	assert_int_equal(read_block(&v, &block), 0);
	v.tdm->ops->close(v.tdm);
}

static void test_blocks_that_come_in_pieces(void **state)
{
	static const unsigned pieces[] = { 8, 16, 24, 40, 48, 79 };
	struct tdm_block block;
	struct voice v;

	(void)state;
	started(&v);
	for (unsigned n = 0; n < 6; n++) {
		for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
			if (is_b(t))
				receive(&v, n, t, pieces[(n + t) % 6]);
		assert_int_equal(read_block(&v, &block), 1);
		for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
			if (is_b(t))
				assert_timeslot(&block, t, n);
	}
	assert_int_equal(get(&v.tdm->counters.slips_in), 0);
	v.tdm->ops->close(v.tdm);
}

/* Pieces that do not end where blocks do. */
static void test_pieces_across_blocks(void **state)
{
	uint8_t stream[3 * TDM_BLOCK_BYTES];
	struct tdm_block block;
	struct voice v;

	(void)state;
	started(&v);
	for (unsigned n = 0; n < 3; n++)
		fill(stream + n * TDM_BLOCK_BYTES, n, 5);
	for (unsigned at = 0; at < sizeof stream; at += 48)
		fake_dahdi_receive(&v.channel[5], stream + at, 48);
	for (unsigned n = 0; n < 3; n++) {
		receive(&v, n, PACER, TDM_BLOCK_BYTES);
		assert_int_equal(read_block(&v, &block), 1);
		assert_timeslot(&block, 5, n);
	}
	v.tdm->ops->close(v.tdm);
}

static void test_half_a_block_of_the_pacer_is_none(void **state)
{
	uint8_t bytes[TDM_BLOCK_BYTES];
	struct tdm_block block;
	struct voice v;

	(void)state;
	started(&v);
	fill(bytes, 0, PACER);
	fake_dahdi_receive(&v.channel[PACER], bytes, 40);
	assert_int_equal(read_block(&v, &block), 0);
	fake_dahdi_receive(&v.channel[PACER], bytes + 40, 40);
	assert_int_equal(read_block(&v, &block), 1);
	assert_timeslot(&block, PACER, 0);
	v.tdm->ops->close(v.tdm);
}

/* It has its block the next time, and from then on always one in hand. */
static void test_channel_that_is_late_is_idle_once(void **state)
{
	struct tdm_block block;
	struct voice v;

	(void)state;
	started(&v);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		if (is_b(t) && t != 7)
			receive(&v, 0, t, TDM_BLOCK_BYTES);
	assert_int_equal(read_block(&v, &block), 1);
	assert_idle(&block, 7, G711_ALAW);
	assert_timeslot(&block, 8, 0);
	assert_int_equal(get(&v.tdm->counters.slips_in), 1);
	receive(&v, 0, 7, TDM_BLOCK_BYTES);
	for (unsigned n = 1; n < 4; n++) {
		receive_all(&v, n);
		assert_int_equal(read_block(&v, &block), 1);
		assert_timeslot(&block, 7, n - 1);
		assert_timeslot(&block, 8, n);
	}
	assert_int_equal(get(&v.tdm->counters.slips_in), 1);
	v.tdm->ops->close(v.tdm);
}

static void test_events_while_reading(void **state)
{
	struct tdm_block block;
	struct voice v;

	(void)state;
	started(&v);
	receive_all(&v, 0);
	fake_dahdi_event(&v.channel[PACER], DAHDI_EVENT_READ_OVERRUN);
	fake_dahdi_event(&v.channel[4], DAHDI_EVENT_ALARM);
	fake_dahdi_event(&v.channel[4], DAHDI_EVENT_NOALARM);
	fake_dahdi_event(&v.channel[5], DAHDI_EVENT_READ_OVERRUN);
	fake_dahdi_event(&v.channel[6], DAHDI_EVENT_EC_DISABLED);
	assert_int_equal(read_block(&v, &block), 1);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		if (is_b(t))
			assert_timeslot(&block, t, 0);
	assert_int_equal(get(&v.tdm->counters.overruns), 2);
	assert_int_equal(get(&v.tdm->counters.underruns), 0);
	v.tdm->ops->close(v.tdm);
}

static void test_events_that_never_end_do_not_hang(void **state)
{
	struct tdm_block block = { 0 };
	struct voice v;

	(void)state;
	started(&v);
	receive_all(&v, 0);
	v.channel[9].endless_events = true;
	fake_dahdi_event(&v.channel[9], DAHDI_EVENT_NOALARM);
	assert_int_equal(read_block(&v, &block), 1);
	assert_idle(&block, 9, G711_ALAW);
	assert_int_equal(v.tdm->ops->write(v.tdm, &block), 0);
	v.tdm->ops->close(v.tdm);
}

static void write_all(struct voice *v, unsigned n)
{
	struct tdm_block block;

	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		fill(block.timeslot[t - 1], n, t);
	assert_int_equal(v->tdm->ops->write(v->tdm, &block), 0);
}

static void test_block_goes_to_thirty_channels(void **state)
{
	uint8_t want[TDM_BLOCK_BYTES];
	struct voice v;

	(void)state;
	started(&v);
	for (unsigned n = 0; n < 3; n++)
		write_all(&v, n);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++) {
		assert_int_equal(v.channel[t].tx.count, is_b(t) ? 3 : 0);
		for (unsigned n = 0; is_b(t) && n < 3; n++) {
			fill(want, n, t);
			assert_int_equal(v.channel[t].tx.message[n].len,
					 sizeof want);
			assert_memory_equal(v.channel[t].tx.message[n].bytes,
					    want, sizeof want);
		}
	}
	assert_int_equal(get(&v.tdm->counters.blocks_out), 3);
	v.tdm->ops->close(v.tdm);
}

static void test_full_channel_drops_its_own_only(void **state)
{
	struct voice v;

	(void)state;
	started(&v);
	v.channel[2].tx_room = 1;
	for (unsigned n = 0; n < 3; n++)
		write_all(&v, n);
	assert_int_equal(v.channel[2].tx.count, 1);
	assert_int_equal(v.channel[3].tx.count, 3);
	assert_int_equal(get(&v.tdm->counters.slips_out), 2);
	v.tdm->ops->close(v.tdm);
}

/* Every channel runs dry before its first block: that is nobody's fault. */
static void test_underruns_count_after_the_first_block(void **state)
{
	struct voice v;

	(void)state;
	started(&v);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		if (is_b(t))
			fake_dahdi_event(&v.channel[t],
					 DAHDI_EVENT_WRITE_UNDERRUN);
	write_all(&v, 0);
	assert_int_equal(get(&v.tdm->counters.underruns), 0);
	assert_int_equal(v.channel[1].tx.count, 1);
	fake_dahdi_event(&v.channel[1], DAHDI_EVENT_WRITE_UNDERRUN);
	fake_dahdi_event(&v.channel[30], DAHDI_EVENT_WRITE_UNDERRUN);
	write_all(&v, 1);
	assert_int_equal(get(&v.tdm->counters.underruns), 2);
	/* Written all the same. */
	assert_int_equal(v.channel[1].tx.count, 2);
	assert_int_equal(v.channel[30].tx.count, 2);
	assert_int_equal(get(&v.tdm->counters.slips_out), 0);
	v.tdm->ops->close(v.tdm);
}

static void test_short_write_is_counted(void **state)
{
	struct voice v;

	(void)state;
	started(&v);
	v.channel[6].bufsize = 40;
	write_all(&v, 0);
	assert_int_equal(get(&v.tdm->counters.malformed), 1);
	v.tdm->ops->close(v.tdm);
}

/* On what has gone each call costs 5 ms: there must be no thirty of them. */
static void test_removal_ends_at_the_first_channel(void **state)
{
	struct tdm_block block = { 0 };
	unsigned reads = 0, writes = 0;
	struct voice v;

	(void)state;
	started(&v);
	receive_all(&v, 0);
	assert_int_equal(read_block(&v, &block), 1);
	write_all(&v, 0);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++) {
		reads -= v.channel[t].reads;
		writes -= v.channel[t].writes;
	}
	fake_dahdi_remove(1);
	assert_int_equal(read_block(&v, &block), -ENOTCONN);
	assert_int_equal(v.tdm->ops->write(v.tdm, &block), -ENOTCONN);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++) {
		reads += v.channel[t].reads;
		writes += v.channel[t].writes;
	}
	assert_int_equal(reads, 1);
	assert_int_equal(writes, 1);
	v.tdm->ops->close(v.tdm);
}

static void test_removal_before_the_first_block(void **state)
{
	struct tdm_block block = { 0 };
	struct voice v;

	(void)state;
	v = open_voice(E1_CHANNELS, G711_ALAW);
	fake_dahdi_remove(1);
	assert_int_equal(read_block(&v, &block), -ENOTCONN);
	assert_int_equal(v.tdm->ops->write(v.tdm, &block), -ENOTCONN);
	v.tdm->ops->close(v.tdm);
}

/* Of one channel among others, by an event before its read fails. */
static void test_removal_by_event(void **state)
{
	struct tdm_block block = { 0 };
	struct voice v;

	(void)state;
	started(&v);
	receive_all(&v, 0);
	fake_dahdi_event(&v.channel[11], DAHDI_EVENT_REMOVED);
	assert_int_equal(read_block(&v, &block), -ENOTCONN);
	v.tdm->ops->close(v.tdm);
}

static void test_failing_channel_ends_it(void **state)
{
	struct tdm_block block = { 0 };
	struct voice v;

	(void)state;
	started(&v);
	receive_all(&v, 0);
	v.channel[12].read_errno = EIO;
	assert_int_equal(read_block(&v, &block), -ENOTCONN);
	v.channel[12].write_errno = EIO;
	assert_int_equal(v.tdm->ops->write(v.tdm, &block), -ENOTCONN);
	v.tdm->ops->close(v.tdm);
}

/* Whoever opens the channels next gets no events that he did not ask for. */
static void test_close_leaves_no_buffer_events(void **state)
{
	struct voice v;

	(void)state;
	started(&v);
	assert_int_equal(v.channel[1].buffer_events, 1);
	v.tdm->ops->close(v.tdm);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		if (is_b(t))
			assert_int_equal(v.channel[t].buffer_events, 0);
	assert_int_equal(fake_dahdi.fds_open, 0);
}

static void test_fractional_line(void **state)
{
	struct tdm_block block;
	struct voice v;

	(void)state;
	v = open_voice(0x3e, G711_ULAW); /* 1-5 */
	assert_int_equal(v.tdm->fd, v.channel[5].fd);
	assert_int_equal(read_block(&v, &block), 0);
	for (unsigned t = 1; t <= 5; t++)
		receive(&v, 3, t, TDM_BLOCK_BYTES);
	assert_int_equal(read_block(&v, &block), 1);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++) {
		if (t <= 5)
			assert_timeslot(&block, t, 3);
		else
			assert_idle(&block, t, G711_ULAW);
	}
	assert_int_equal(get(&v.tdm->counters.slips_in), 0);
	v.tdm->ops->close(v.tdm);
}

/* DAHDI's header has these and no more; what a later one has is foreign. */
static void test_every_event_is_decided(void **state)
{
	static const struct {
		int number;
		enum dahdi_event_kind kind;
	} want[] = {
		{ DAHDI_EVENT_NONE, DAHDI_KIND_NONE },
		{ DAHDI_EVENT_ALARM, DAHDI_KIND_LINE },
		{ DAHDI_EVENT_NOALARM, DAHDI_KIND_LINE },
		{ DAHDI_EVENT_ABORT, DAHDI_KIND_HDLC },
		{ DAHDI_EVENT_OVERRUN, DAHDI_KIND_HDLC },
		{ DAHDI_EVENT_BADFCS, DAHDI_KIND_HDLC },
		{ DAHDI_EVENT_REMOVED, DAHDI_KIND_REMOVED },
		{ DAHDI_EVENT_TX_CED_DETECTED, DAHDI_KIND_DATA },
		{ DAHDI_EVENT_RX_CED_DETECTED, DAHDI_KIND_DATA },
		{ DAHDI_EVENT_READ_OVERRUN, DAHDI_KIND_OVERRUN },
		{ DAHDI_EVENT_WRITE_UNDERRUN, DAHDI_KIND_UNDERRUN },
	};

	(void)state;
	for (int n = 0; n <= DAHDI_EVENT_WRITE_UNDERRUN; n++) {
		enum dahdi_event_kind kind = DAHDI_KIND_FOREIGN;

		for (size_t i = 0; i < sizeof want / sizeof *want; i++)
			if (want[i].number == n)
				kind = want[i].kind;
		assert_int_equal(dahdi_event_find(n)->kind, kind);
		assert_string_not_equal(dahdi_event_find(n)->name, "unknown");
	}
	assert_string_equal(dahdi_event_find(DAHDI_EVENT_DTMFDOWN | '5')->name,
			    "digit");
	assert_string_equal(
		dahdi_event_find(DAHDI_EVENT_PULSEDIGIT | '5')->name, "digit");
	assert_string_equal(dahdi_event_find(DAHDI_EVENT_DTMFUP | 'A')->name,
			    "digit");
	assert_string_equal(
		dahdi_event_find(DAHDI_EVENT_WRITE_UNDERRUN + 1)->name,
		"unknown");
	assert_string_equal(dahdi_event_find(-1)->name, "unknown");
	assert_int_equal(dahdi_event_find(1000)->kind, DAHDI_KIND_FOREIGN);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_flushes_together_and_the_pacer_last),
		T(test_one_block_of_thirty_channels),
		T(test_several_blocks_wait),
		T(test_blocks_that_come_in_pieces),
		T(test_pieces_across_blocks),
		T(test_half_a_block_of_the_pacer_is_none),
		T(test_channel_that_is_late_is_idle_once),
		T(test_events_while_reading),
		T(test_events_that_never_end_do_not_hang),
		T(test_block_goes_to_thirty_channels),
		T(test_full_channel_drops_its_own_only),
		T(test_underruns_count_after_the_first_block),
		T(test_short_write_is_counted),
		T(test_removal_ends_at_the_first_channel),
		T(test_removal_before_the_first_block),
		T(test_removal_by_event),
		T(test_failing_channel_ends_it),
		T(test_close_leaves_no_buffer_events),
		T(test_fractional_line),
		T(test_every_event_is_decided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
