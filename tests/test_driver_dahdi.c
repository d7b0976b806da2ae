/* The life of a DAHDI span, over a kernel that the test plays. */
#include "tests/fake_dahdi_span.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dahdi/user.h>

static int write_frame(struct dahdi_fixture *f, const uint8_t *frame,
		       size_t len)
{
	return f->told.drv->ops->frame_write(f->told.drv, frame, len);
}

static void test_opens_and_sets_every_channel(void **state)
{
	struct dahdi_fixture *f = *state;

	f->cfg.span = 2;
	dahdi_start_up(f);
	assert_int_equal(f->told.law, G711_ALAW);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++) {
		const struct fake_channel *c = &fake_dahdi.span[2].channel[t];

		assert_int_equal(c->opens, 1);
		assert_int_equal(c->buffer_events, 1);
		assert_int_equal(c->policy, DAHDI_POLICY_IMMEDIATE);
		if (t == DAHDI_D_TIMESLOT) {
			assert_int_equal(c->numbufs, 32);
			assert_int_equal(c->bufsize, 1024);
			continue;
		}
		assert_int_equal(c->audio, 0);
		assert_int_equal(c->law, DAHDI_LAW_ALAW);
		assert_int_equal(c->bufsize, TDM_BLOCK_BYTES);
		assert_in_range(c->numbufs, 4, 32);
	}
	/* Neither /dev/dahdi/ctl nor anything of span 1. */
	assert_int_equal(fake_dahdi.fds_open, 31);
	assert_int_equal(channel(1)->opens, 0);
}

static void test_opens_only_what_is_configured(void **state)
{
	struct dahdi_fixture *f = *state;

	f->cfg.channels = 1 << 1 | 1 << 20;
	f->cfg.dchannel = 24;
	f->cfg.line = LINE_TYPE_T1;
	fake_dahdi.span[1].timeslots = 24;
	channel(24)->signalling = DAHDI_SIG_HARDHDLC;
	dahdi_start_up(f);
	assert_int_equal(f->told.law, G711_ULAW);
	assert_int_equal(channel(20)->law, DAHDI_LAW_MULAW);
	assert_int_equal(fake_dahdi.fds_open, 3);
}

static void name_span(unsigned number, const char *location, const char *name,
		      const char *description)
{
	struct fake_span *fs = &fake_dahdi.span[number];

	snprintf(fs->location, sizeof fs->location, "%s", location);
	snprintf(fs->name, sizeof fs->name, "%s", name);
	snprintf(fs->description, sizeof fs->description, "%s", description);
}

static void test_finds_a_span_by_its_names(void **state)
{
	static const struct {
		const char *location, *description;
		unsigned span, found;
	} cases[] = {
		{ "PCI Bus 04", NULL, 1, 1 },
		{ "PCI Bus 04", NULL, 2, 3 },
		{ "PCI Bus 05", NULL, 1, 2 },
		{ NULL, "T4XXP Card 0 Span 2", 0, 3 },
		{ NULL, "TE1/0/1", 0, 2 },
	};
	struct dahdi_fixture *f = *state;

	fake_dahdi.span[3].there = true;
	name_span(1, "PCI Bus 04", "TE4/0/1", "T4XXP Card 0 Span 1");
	name_span(2, "PCI Bus 05", "TE1/0/1", "T1XXP Card 0");
	name_span(3, "PCI Bus 04", "TE4/0/2", "T4XXP Card 0 Span 2");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake_span *fs = &fake_dahdi.span[cases[i].found];
		unsigned before = fs->channel[5].opens;

		memset(&f->told, 0, sizeof f->told);
		f->cfg.location = cases[i].location;
		f->cfg.description = cases[i].description;
		f->cfg.span = cases[i].span;
		dahdi_start(f);
		assert_string_equal(f->told.why, "");
		assert_int_equal(fs->channel[5].opens, before + 1);
		dahdi_end(&f->told);
	}
}

static void test_waits_longer_and_longer(void **state)
{
	static const unsigned pauses_s[] = { 1, 2, 4, 8, 8, 8 };
	struct dahdi_fixture *f = *state;

	fake_dahdi.ctl_errno = ENOENT;
	dahdi_start(f);
	for (unsigned i = 0; i < sizeof pauses_s / sizeof *pauses_s; i++) {
		assert_int_equal(fake_dahdi.ctl_opens, i + 1);
		dahdi_run_ms(f, pauses_s[i] * 1000 - 100);
		assert_int_equal(fake_dahdi.ctl_opens, i + 1);
		dahdi_run_ms(f, 100);
	}
}

static void test_frames_come_without_fcs(void **state)
{
	struct dahdi_fixture *f = *state;
	uint8_t frame[1024];

	for (unsigned i = 0; i < sizeof frame; i++)
		frame[i] = (uint8_t)(i * 3 + 1);
	dahdi_start_up(f);
	fake_dahdi_receive(dchannel(), frame, 5);
	dahdi_run(f);
	assert_int_equal(f->told.frames, 1);
	assert_int_equal(f->told.frame_len, 3);
	assert_memory_equal(f->told.frame, frame, 3);
	fake_dahdi_receive(dchannel(), frame, DCHANNEL_FRAME_MAX + 2);
	fake_dahdi_receive(dchannel(), frame, 3);
	dahdi_run(f);
	assert_int_equal(f->told.frames, 3);
	/* Nothing but its FCS, not even that, and more than may be. */
	fake_dahdi_receive(dchannel(), frame, 2);
	fake_dahdi_receive(dchannel(), frame, 1);
	fake_dahdi_receive(dchannel(), frame, DCHANNEL_FRAME_MAX + 3);
	fake_dahdi_receive(dchannel(), frame, 1024);
	dahdi_run(f);
	assert_int_equal(f->told.frames, 3);
	assert_int_equal(f->told.drv->line.frames_odd, 4);
}

static void test_frames_go_with_room_for_fcs(void **state)
{
	struct dahdi_fixture *f = *state;
	uint8_t frame[DCHANNEL_FRAME_MAX + 1];
	const struct fake_message *sent = dchannel()->tx.message;

	memset(frame, 0x5a, sizeof frame);
	dahdi_start_up(f);
	assert_int_equal(write_frame(f, frame, 4), 0);
	assert_int_equal(sent[0].len, 6);
	assert_memory_equal(sent[0].bytes, frame, 4);
	assert_int_equal(write_frame(f, frame, DCHANNEL_FRAME_MAX), 0);
	assert_int_equal(sent[1].len, DCHANNEL_FRAME_MAX + 2);
	assert_int_equal(write_frame(f, frame, sizeof frame), -EMSGSIZE);
	assert_int_equal(write_frame(f, frame, 0), -EMSGSIZE);
	dchannel()->tx_room = 2;
	assert_int_equal(write_frame(f, frame, 4), -EAGAIN);
	/* The kernel has smaller buffers than we asked for. */
	dchannel()->tx_room = 3;
	dchannel()->bufsize = 16;
	assert_int_equal(write_frame(f, frame, 40), -EAGAIN);
}

static void test_no_frame_while_down(void **state)
{
	struct dahdi_fixture *f = *state;

	fake_dahdi.ctl_errno = ENOENT;
	dahdi_start(f);
	assert_int_equal(write_frame(f, (const uint8_t *)"ab", 2), -ENOTCONN);
}

static void test_events_before_a_frame(void **state)
{
	struct dahdi_fixture *f = *state;

	dahdi_start_up(f);
	fake_dahdi_receive(dchannel(), "abcde", 5);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_ABORT);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_BADFCS);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_OVERRUN);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_READ_OVERRUN);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_WRITE_UNDERRUN);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_POLARITY);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_DTMFDOWN | '5');
	fake_dahdi_event(dchannel(), 77);
	dahdi_run(f);
	assert_int_equal(f->told.frames, 1);
	assert_int_equal(f->told.drv->line.hdlc_errors, 3);
	assert_int_equal(f->told.drv->line.frames_lost, 1);
	assert_int_equal(dchannel()->event_count, 0);
	assert_int_equal(f->told.downs + f->told.alarm_calls, 0);
}

static void test_write_is_repeated_after_events(void **state)
{
	struct dahdi_fixture *f = *state;

	dahdi_start_up(f);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_ABORT);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_NOALARM);
	assert_int_equal(write_frame(f, (const uint8_t *)"abc", 3), 0);
	assert_int_equal(dchannel()->tx.count, 1);
	assert_int_equal(f->told.drv->line.hdlc_errors, 1);
	/* Without end, it is as good as full. */
	dchannel()->endless_events = true;
	fake_dahdi_event(dchannel(), DAHDI_EVENT_ABORT);
	assert_int_equal(write_frame(f, (const uint8_t *)"abc", 3), -EAGAIN);
	assert_int_equal(dchannel()->tx.count, 1);
	dchannel()->endless_events = false;
}

static void test_every_event_is_survived(void **state)
{
	struct dahdi_fixture *f = *state;
	unsigned frames = 0;

	dahdi_start_up(f);
	for (int event = -2; event < 40; event++) {
		if (event == DAHDI_EVENT_REMOVED)
			continue;
		fake_dahdi_event(dchannel(), event);
		fake_dahdi_receive(dchannel(), "abcd", 4);
		frames++;
		dahdi_run(f);
		assert_int_equal(f->told.frames, frames);
	}
	assert_int_equal(f->told.downs, 0);
}

static void test_alarms_by_event(void **state)
{
	static const struct {
		int dahdi;
		unsigned alarms;
	} cases[] = {
		{ DAHDI_ALARM_RED, LINE_RED },
		{ DAHDI_ALARM_YELLOW, LINE_YELLOW },
		{ DAHDI_ALARM_BLUE, LINE_BLUE },
		{ DAHDI_ALARM_LOOPBACK, LINE_LOOPBACK },
		{ DAHDI_ALARM_RECOVER, LINE_RECOVERING },
		{ DAHDI_ALARM_RED | DAHDI_ALARM_YELLOW | DAHDI_ALARM_LOS,
		  LINE_RED | LINE_YELLOW },
		{ DAHDI_ALARM_NOTOPEN, LINE_RED },
		{ DAHDI_ALARM_LFA, LINE_RED },
		{ 1 << 30, LINE_RED },
	};
	struct dahdi_fixture *f = *state;
	unsigned calls = 0;

	dahdi_start_up(f);
	assert_int_equal(f->told.alarm_calls, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fake_dahdi.span[1].alarms = cases[i].dahdi;
		fake_dahdi_event(dchannel(), DAHDI_EVENT_ALARM);
		dahdi_run(f);
		assert_int_equal(f->told.alarm_calls, ++calls);
		assert_int_equal(f->told.alarms, cases[i].alarms);
		fake_dahdi.span[1].alarms = 0;
		fake_dahdi_event(dchannel(), DAHDI_EVENT_NOALARM);
		dahdi_run(f);
		assert_int_equal(f->told.alarm_calls, ++calls);
		assert_int_equal(f->told.alarms, 0);
	}
	assert_int_equal(f->told.downs, 0);
}

/* DAHDI tells nothing when one alarm takes the place of another. */
static void test_alarms_are_also_looked_for(void **state)
{
	struct dahdi_fixture *f = *state;

	dahdi_start_up(f);
	fake_dahdi.span[1].alarms = DAHDI_ALARM_RED;
	dahdi_run_ms(f, 1100);
	assert_int_equal(f->told.alarms, LINE_RED);
	fake_dahdi.span[1].alarms = DAHDI_ALARM_YELLOW;
	dahdi_run_ms(f, 1100);
	assert_int_equal(f->told.alarms, LINE_YELLOW);
	assert_int_equal(f->told.alarm_calls, 2);
	dahdi_run_ms(f, 5000);
	assert_int_equal(f->told.alarm_calls, 2);
}

static void test_alarm_at_the_start_follows_up(void **state)
{
	struct dahdi_fixture *f = *state;

	fake_dahdi.span[1].alarms = DAHDI_ALARM_BLUE;
	dahdi_start_up(f);
	assert_int_equal(f->told.alarm_calls, 1);
	assert_int_equal(f->told.alarms, LINE_BLUE);
}

/* Such a line is in alarm until somebody opens it. */
static void test_line_that_waits_to_be_opened(void **state)
{
	struct dahdi_fixture *f = *state;

	fake_dahdi.span[1].alarms = DAHDI_ALARM_NOTOPEN;
	fake_dahdi.span[1].lineconfig = DAHDI_CONFIG_NOTOPEN;
	dahdi_start_up(f);
	assert_int_equal(f->told.alarms, LINE_RED);
}

static void test_counters_of_the_card(void **state)
{
	struct dahdi_fixture *f = *state;

	fake_dahdi.span[1].bpv = 7;
	dahdi_start_up(f);
	assert_int_equal(f->told.drv->line.bipolar_violations, 7);
	fake_dahdi.span[1].crc4 = 9;
	dahdi_run_ms(f, 1100);
	assert_int_equal(f->told.drv->line.crc4_errors, 9);
}

/* DAHDI leaves the line out where there were none, and begins anew. */
static void test_slips(void **state)
{
	static const struct {
		const char *proc;
		uint64_t slips;
	} rows[] = {
		{ "Span 1: TE4/0/1 \"T4XXP\" HDB3/CCS/CRC4 \n\n\t   1 TE4 ",
		  0 },
		{ "Span 1: \"T\" \n\tBPV count: 5\n\tTiming slips: 3\n\n", 3 },
		{ "Span 1: \"T\" \n\tTiming slips: 10\n\n", 10 },
		{ NULL, 10 },
		{ "Span 1: \"T\" \n\tTiming slips: 2\n\n", 12 },
		{ "", 12 },
		{ "Timing slips: ", 12 },
	};
	struct dahdi_fixture *f = *state;

	dahdi_start_up(f);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		fake_dahdi.span[1].proc = rows[i].proc;
		dahdi_run_ms(f, 1000);
		assert_int_equal(f->told.drv->line.slips, rows[i].slips);
	}
}

static void expect_removed(struct dahdi_fixture *f)
{
	assert_int_equal(f->told.downs, 1);
	assert_non_null(strstr(f->told.why, "DAHDI span 1 was removed"));
	assert_int_equal(fake_dahdi.fds_open, 0);
	/* It is not there yet, and says so. */
	dahdi_run_ms(f, 1000);
	assert_int_equal(f->told.downs, 2);
	assert_non_null(strstr(f->told.why, "no span 1"));
	fake_dahdi_return(1);
	dahdi_run_ms(f, 2000);
	assert_int_equal(f->told.ups, 2);
	assert_non_null(f->told.tdm);
}

static void test_removal_while_waiting(void **state)
{
	struct dahdi_fixture *f = *state;

	dahdi_start_up(f);
	fake_dahdi_remove(1);
	dahdi_run(f);
	expect_removed(f);
}

static void test_removal_told_by_an_event(void **state)
{
	struct dahdi_fixture *f = *state;

	dahdi_start_up(f);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_REMOVED);
	dahdi_run(f);
	fake_dahdi.span[1].there = false;
	expect_removed(f);
}

/* libpri is in the middle of its write: nothing may be told from inside it. */
static void test_removal_found_by_a_write(void **state)
{
	struct dahdi_fixture *f = *state;

	dahdi_start_up(f);
	dchannel()->write_errno = ENODEV;
	fake_dahdi.spanstat_errno = ENODEV;
	assert_int_equal(write_frame(f, (const uint8_t *)"abc", 3), -ENOTCONN);
	assert_int_equal(f->told.downs, 0);
	dahdi_run(f);
	fake_dahdi.span[1].there = false;
	fake_dahdi.spanstat_errno = 0;
	dchannel()->write_errno = 0;
	expect_removed(f);
}

static void test_removal_event_found_by_a_write(void **state)
{
	struct dahdi_fixture *f = *state;

	dahdi_start_up(f);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_REMOVED);
	write_frame(f, (const uint8_t *)"abc", 3);
	assert_int_equal(f->told.downs, 0);
	dahdi_run(f);
	fake_dahdi.span[1].there = false;
	expect_removed(f);
}

static void test_removal_found_by_looking(void **state)
{
	struct dahdi_fixture *f = *state;

	dahdi_start_up(f);
	fake_dahdi.spanstat_errno = ENODEV;
	dahdi_run_ms(f, 1000);
	fake_dahdi.spanstat_errno = 0;
	fake_dahdi.span[1].there = false;
	expect_removed(f);
}

static void test_dchannel_that_fails_otherwise(void **state)
{
	struct dahdi_fixture *f = *state;

	dahdi_start_up(f);
	dchannel()->read_errno = EIO;
	fake_dahdi_receive(dchannel(), "abcd", 4);
	dahdi_run(f);
	assert_int_equal(f->told.downs, 1);
	assert_non_null(strstr(f->told.why, "D channel of DAHDI span 1 fails"));
	dchannel()->read_errno = 0;
	dahdi_run_ms(f, 1000);
	assert_int_equal(f->told.ups, 2);
}

/* One that was up for long is looked for soon; one that comes and goes is not.
 */
static void test_pause_after_a_stable_time(void **state)
{
	struct dahdi_fixture *f = *state;

	dahdi_start_up(f);
	for (unsigned i = 1; i <= 3; i++) {
		unsigned ups = f->told.ups;

		fake_dahdi_remove(1);
		dahdi_run(f);
		fake_dahdi_return(1);
		dahdi_run_ms(f, (1000u << (i - 1)) - 100);
		assert_int_equal(f->told.ups, ups);
		dahdi_run_ms(f, 200);
		assert_int_equal(f->told.ups, ups + 1);
	}
	dahdi_run_ms(f, 6000);
	fake_dahdi_remove(1);
	dahdi_run(f);
	fake_dahdi_return(1);
	dahdi_run_ms(f, 1000);
	assert_int_equal(f->told.ups, 5);
}

/* Another span goes on meanwhile. */
static void test_spans_do_not_share_their_fate(void **state)
{
	struct dahdi_fixture *f = *state;
	struct dahdi_told other = { 0 };
	struct driver_dahdi_config cfg = f->cfg;

	dahdi_start_up(f);
	cfg.span = 2;
	fake_dahdi.span[2].channel[4].specify_errno = EBUSY;
	assert_int_equal(driver_dahdi_new(&other.drv, f->loop, &cfg,
					  &dahdi_told_events, &other),
			 0);
	dahdi_run(f);
	assert_int_equal(other.downs, 1);
	fake_dahdi_receive(dchannel(), "abcde", 5);
	dahdi_run(f);
	assert_int_equal(f->told.frames, 1);
	fake_dahdi.span[2].channel[4].specify_errno = 0;
	dahdi_run_ms(f, 1000);
	assert_int_equal(other.ups, 1);
	fake_dahdi_remove(1);
	dahdi_run(f);
	assert_int_equal(f->told.downs, 1);
	assert_int_equal(other.downs, 1);
	dahdi_end(&other);
	dahdi_run(f);
}

static void test_freed_inside_its_callbacks(void **state)
{
	struct dahdi_fixture *f = *state;

	f->told = (struct dahdi_told){ .free_on_up = true };
	fake_dahdi.span[1].alarms = DAHDI_ALARM_RED;
	dahdi_start(f);
	assert_int_equal(f->told.ups, 1);
	assert_int_equal(f->told.alarm_calls, 0);
	assert_int_equal(fake_dahdi.fds_open, 0);
	f->told = (struct dahdi_told){ .free_on_alarm = true };
	dahdi_start(f);
	assert_int_equal(f->told.alarm_calls, 1);
	assert_int_equal(fake_dahdi.fds_open, 0);
	fake_dahdi.span[1].alarms = 0;
	f->told = (struct dahdi_told){ .free_on_frame = true };
	dahdi_start(f);
	fake_dahdi_receive(dchannel(), "abcde", 5);
	fake_dahdi_receive(dchannel(), "abcde", 5);
	dahdi_run(f);
	assert_int_equal(f->told.frames, 1);
	f->told = (struct dahdi_told){ .free_on_down = true };
	fake_dahdi.ctl_errno = ENOENT;
	dahdi_start(f);
	assert_int_equal(f->told.downs, 1);
	dahdi_run_ms(f, 5000);
	assert_int_equal(f->told.downs, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, dahdi_setup, dahdi_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_opens_and_sets_every_channel),
		T(test_opens_only_what_is_configured),
		T(test_finds_a_span_by_its_names),
		T(test_waits_longer_and_longer),
		T(test_frames_come_without_fcs),
		T(test_frames_go_with_room_for_fcs),
		T(test_no_frame_while_down),
		T(test_events_before_a_frame),
		T(test_write_is_repeated_after_events),
		T(test_every_event_is_survived),
		T(test_alarms_by_event),
		T(test_alarms_are_also_looked_for),
		T(test_alarm_at_the_start_follows_up),
		T(test_line_that_waits_to_be_opened),
		T(test_counters_of_the_card),
		T(test_slips),
		T(test_removal_while_waiting),
		T(test_removal_told_by_an_event),
		T(test_removal_found_by_a_write),
		T(test_removal_event_found_by_a_write),
		T(test_removal_found_by_looking),
		T(test_dchannel_that_fails_otherwise),
		T(test_pause_after_a_stable_time),
		T(test_spans_do_not_share_their_fate),
		T(test_freed_inside_its_callbacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
