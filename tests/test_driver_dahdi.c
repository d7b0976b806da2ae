/* The life of a DAHDI span, over a kernel that the test plays. */
#include "dahdi/driver_dahdi.h"
#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/loop.h"
#include "tests/fake_dahdi.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dahdi/user.h>

#define E1_CHANNELS 0xfffefffeu
#define D_TIMESLOT 16

/* What the span was told. */
struct told {
	struct driver *drv;
	struct tdm *tdm;
	enum g711_law law;
	unsigned ups, downs, alarm_calls, alarms, frames;
	char why[256];
	uint8_t frame[DCHANNEL_FRAME_MAX];
	size_t frame_len;
	/* Which callback ends the driver, if any. */
	bool free_on_up, free_on_down, free_on_alarm, free_on_frame;
};

struct fixture {
	struct loop *loop;
	struct told told;
	struct driver_dahdi_config cfg;
};

static uint64_t test_now_ns;

static uint64_t test_clock(void)
{
	return test_now_ns;
}

static void end(struct told *told)
{
	if (told->drv)
		told->drv->ops->free(told->drv);
	told->drv = NULL;
	if (told->tdm)
		told->tdm->ops->close(told->tdm);
	told->tdm = NULL;
}

static void on_up(void *ctx, struct tdm *tdm, enum g711_law law)
{
	struct told *told = ctx;

	assert_null(told->tdm);
	told->tdm = tdm;
	told->law = law;
	told->ups++;
	if (told->free_on_up)
		end(told);
}

static void on_down(void *ctx, const char *why)
{
	struct told *told = ctx;

	snprintf(told->why, sizeof told->why, "%s", why);
	told->downs++;
	if (told->tdm)
		told->tdm->ops->close(told->tdm);
	told->tdm = NULL;
	if (told->free_on_down)
		end(told);
}

static void on_alarm(void *ctx, unsigned alarms)
{
	struct told *told = ctx;

	told->alarms = alarms;
	told->alarm_calls++;
	if (told->free_on_alarm)
		end(told);
}

static void on_frame(void *ctx, const uint8_t *frame, size_t len)
{
	struct told *told = ctx;

	assert_true(len >= 1 && len <= sizeof told->frame);
	memcpy(told->frame, frame, len);
	told->frame_len = len;
	told->frames++;
	if (told->free_on_frame)
		end(told);
}

static const struct driver_events events = { on_up, on_down, on_alarm,
					     on_frame };

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	log_set_level(LOG_CRIT);
	test_now_ns = 3600 * NS_PER_S;
	clock_set_source(test_clock);
	fake_dahdi_reset();
	if (!f || loop_new(&f->loop) < 0)
		return -1;
	f->cfg = (struct driver_dahdi_config){ .span = 1,
					       .channels = E1_CHANNELS,
					       .dchannel = D_TIMESLOT,
					       .law = G711_ALAW,
					       .object = "span=1",
					       .kernel = &fake_dahdi_kernel };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	end(&f->told);
	loop_free(f->loop);
	clock_set_source(NULL);
	free(f);
	fake_dahdi_end();
	return fake_dahdi.fds_open == 0 ? 0 : -1;
}

static void run(struct fixture *f)
{
	for (int i = 0; i < 6; i++)
		loop_step(f->loop, 0);
}

static void run_ms(struct fixture *f, unsigned ms)
{
	for (unsigned i = 0; i < ms; i += 100) {
		test_now_ns += 100 * NS_PER_MS;
		run(f);
	}
}

static void start(struct fixture *f)
{
	assert_int_equal(driver_dahdi_new(&f->told.drv, f->loop, &f->cfg,
					  &events, &f->told),
			 0);
	assert_int_equal(f->told.ups + f->told.downs, 0);
	run(f);
}

static void start_up(struct fixture *f)
{
	start(f);
	assert_string_equal(f->told.why, "");
	assert_int_equal(f->told.ups, 1);
}

static struct fake_channel *channel(unsigned timeslot)
{
	return &fake_dahdi.span[1].channel[timeslot];
}

static struct fake_channel *dchannel(void)
{
	return channel(D_TIMESLOT);
}

static int write_frame(struct fixture *f, const uint8_t *frame, size_t len)
{
	return f->told.drv->ops->frame_write(f->told.drv, frame, len);
}

static void test_opens_and_sets_every_channel(void **state)
{
	struct fixture *f = *state;

	f->cfg.span = 2;
	start_up(f);
	assert_int_equal(f->told.law, G711_ALAW);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++) {
		const struct fake_channel *c = &fake_dahdi.span[2].channel[t];

		assert_int_equal(c->opens, 1);
		assert_int_equal(c->buffer_events, 1);
		assert_int_equal(c->policy, DAHDI_POLICY_IMMEDIATE);
		if (t == D_TIMESLOT) {
			assert_int_equal(c->numbufs, 32);
			assert_int_equal(c->bufsize, 1024);
			continue;
		}
		assert_int_equal(c->audio, 1);
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
	struct fixture *f = *state;

	f->cfg.channels = 1 << 1 | 1 << 20;
	f->cfg.dchannel = 31;
	f->cfg.law = G711_ULAW;
	channel(31)->signalling = DAHDI_SIG_HARDHDLC;
	start_up(f);
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
	struct fixture *f = *state;

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
		start(f);
		assert_string_equal(f->told.why, "");
		assert_int_equal(fs->channel[5].opens, before + 1);
		end(&f->told);
	}
}

/* Everything that keeps a span down, and what is said of it. */
static void no_module(struct fixture *f)
{
	(void)f;
	fake_dahdi.ctl_errno = ENOENT;
}

static void dead_module(struct fixture *f)
{
	(void)f;
	fake_dahdi.ctl_errno = ENXIO;
}

static void no_permission(struct fixture *f)
{
	(void)f;
	fake_dahdi.ctl_errno = EACCES;
}

static void no_permission_for_channels(struct fixture *f)
{
	(void)f;
	fake_dahdi.channel_errno = EACCES;
}

static void no_descriptors(struct fixture *f)
{
	(void)f;
	fake_dahdi.ctl_errno = EMFILE;
}

static void no_span(struct fixture *f)
{
	(void)f;
	fake_dahdi.span[1].there = fake_dahdi.span[2].there = false;
}

static void other_spans(struct fixture *f)
{
	(void)f;
	fake_dahdi.span[1].there = false;
	fake_dahdi.span[3].there = true;
}

static void no_description(struct fixture *f)
{
	f->cfg.description = "T9";
}

static void no_location(struct fixture *f)
{
	f->cfg.location = "PCI Bus 99";
}

static void going(struct fixture *f)
{
	(void)f;
	fake_dahdi.span[1].alarms = DAHDI_ALARM_NOTOPEN;
}

static void not_configured(struct fixture *f)
{
	(void)f;
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		channel(t)->signalling = DAHDI_SIG_NONE;
}

static void dchannel_not_configured(struct fixture *f)
{
	(void)f;
	dchannel()->signalling = DAHDI_SIG_NONE;
}

static void bchannel_not_configured(struct fixture *f)
{
	(void)f;
	channel(31)->signalling = DAHDI_SIG_NONE;
}

static void dchannel_is_clear(struct fixture *f)
{
	(void)f;
	dchannel()->signalling = DAHDI_SIG_CLEAR;
}

static void dchannel_is_raw_hdlc(struct fixture *f)
{
	(void)f;
	dchannel()->signalling = DAHDI_SIG_HDLCRAW;
}

static void bchannel_is_cas(struct fixture *f)
{
	(void)f;
	channel(3)->signalling = DAHDI_SIG_CAS;
}

static void bchannel_is_hdlc(struct fixture *f)
{
	(void)f;
	channel(3)->signalling = DAHDI_SIG_HDLCFCS;
}

static void t1_card(struct fixture *f)
{
	(void)f;
	fake_dahdi.span[1].timeslots = 24;
}

static void dchannel_taken(struct fixture *f)
{
	(void)f;
	dchannel()->specify_errno = EBUSY;
}

static void bchannel_taken(struct fixture *f)
{
	(void)f;
	channel(17)->specify_errno = EBUSY;
}

static void channel_breaks(struct fixture *f)
{
	(void)f;
	channel(2)->specify_errno = ENOMEM;
}

static void wrong_law(struct fixture *f)
{
	(void)f;
	channel(9)->law_fixed = true;
}

static void no_law(struct fixture *f)
{
	(void)f;
	channel(9)->ioctl_errno = EINVAL;
	channel(9)->ioctl_fails = DAHDI_SETLAW;
}

static void no_audio(struct fixture *f)
{
	(void)f;
	channel(1)->ioctl_errno = EINVAL;
	channel(1)->ioctl_fails = DAHDI_AUDIOMODE;
}

static void no_buffers(struct fixture *f)
{
	(void)f;
	dchannel()->ioctl_errno = ENOMEM;
	dchannel()->ioctl_fails = DAHDI_SET_BUFINFO;
}

static void no_parameters(struct fixture *f)
{
	(void)f;
	channel(31)->ioctl_errno = ENODEV;
	channel(31)->ioctl_fails = DAHDI_GET_PARAMS;
}

static const struct {
	void (*breaks)(struct fixture *f);
	const char *says, *remedy;
} failures[] = {
	{ no_module, "there is no /dev/dahdi/ctl", "modprobe dahdi" },
	{ dead_module, "no driver answers", "modprobe dahdi" },
	{ no_permission, "may not open /dev/dahdi/ctl", "udev rule" },
	{ no_permission_for_channels, "may not open /dev/dahdi/channel",
	  "udev rule" },
	{ no_descriptors, "/dev/dahdi/ctl does not open", "Too many" },
	{ no_span, "no span at all", "module is not loaded" },
	{ other_spans, "no span 1, only 2 3:", "dahdi_scan" },
	{ no_description, "\"T9\"", "dahdi_scan" },
	{ no_location, "0 spans at location \"PCI Bus 99\"", "dahdi_scan" },
	{ going, "span 1 is being taken away", "unloaded" },
	{ not_configured, "span 1 is not configured", "dahdi_cfg" },
	{ dchannel_not_configured, "channel 16 (span 1, timeslot 16) is not",
	  "dchan=16" },
	{ bchannel_not_configured, "channel 31 (span 1, timeslot 31) is not",
	  "bchan=31" },
	{ dchannel_is_clear, "no HDLC", "dchan=16" },
	{ dchannel_is_raw_hdlc, "no HDLC", "dchan=16" },
	{ bchannel_is_cas, "channel 3 (span 1, timeslot 3) is no B channel",
	  "bchan=3" },
	{ bchannel_is_hdlc, "no B channel", "bchan=3" },
	{ t1_card, "span 1 (T1) has 24 timeslots, and 25 is asked for", "E1" },
	{ dchannel_taken, "channel 16 (span 1, timeslot 16) is open in another",
	  "stop it" },
	{ bchannel_taken, "channel 17 (span 1, timeslot 17) is open in another",
	  "stop it" },
	{ channel_breaks, "channel 2 (span 1, timeslot 2) does not open",
	  "dmesg" },
	{ wrong_law, "channel 9 (span 1, timeslot 9) does not take A-law",
	  "module options" },
	{ no_law, "refuses its law", "dmesg" },
	{ no_audio, "refuses its audio mode", "dmesg" },
	{ no_buffers, "refuses its buffers", "dmesg" },
	{ no_parameters, "refuses its parameters", "dmesg" },
};

static void undo(struct fixture *f)
{
	unsigned opens = fake_dahdi.ctl_opens;

	assert_int_equal(fake_dahdi.fds_open, 0);
	fake_dahdi_reset();
	fake_dahdi.ctl_opens = opens;
	f->cfg.location = f->cfg.description = NULL;
}

static void test_every_failure_has_its_sentence(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
		memset(&f->told, 0, sizeof f->told);
		failures[i].breaks(f);
		start(f);
		assert_int_equal(f->told.ups, 0);
		assert_int_equal(f->told.downs, 1);
		if (!strstr(f->told.why, failures[i].says) ||
		    !strstr(f->told.why, failures[i].remedy))
			fail_msg("case %zu: %s", i, f->told.why);
		/* Whole, not cut off. */
		assert_true(strlen(f->told.why) < sizeof f->told.why - 1);
		/* Said once, tried again, nothing left open meanwhile. */
		run_ms(f, 3500);
		assert_int_equal(f->told.downs, 1);
		assert_int_equal(fake_dahdi.fds_open, 0);
		end(&f->told);
		run(f);
		undo(f);
	}
}

static void test_comes_up_once_it_is_repaired(void **state)
{
	struct fixture *f = *state;

	channel(17)->specify_errno = EBUSY;
	start(f);
	assert_int_equal(f->told.downs, 1);
	channel(17)->specify_errno = 0;
	dchannel()->signalling = DAHDI_SIG_CLEAR;
	run_ms(f, 1000);
	/* Another reason is news. */
	assert_int_equal(f->told.downs, 2);
	assert_non_null(strstr(f->told.why, "no HDLC"));
	dchannel()->signalling = DAHDI_SIG_HDLCFCS;
	run_ms(f, 2000);
	assert_int_equal(f->told.ups, 1);
	assert_int_equal(f->told.downs, 2);
}

static void test_waits_longer_and_longer(void **state)
{
	static const unsigned pauses_s[] = { 1, 2, 4, 8, 16, 30, 30 };
	struct fixture *f = *state;

	fake_dahdi.ctl_errno = ENOENT;
	start(f);
	for (unsigned i = 0; i < sizeof pauses_s / sizeof *pauses_s; i++) {
		assert_int_equal(fake_dahdi.ctl_opens, i + 1);
		run_ms(f, pauses_s[i] * 1000 - 100);
		assert_int_equal(fake_dahdi.ctl_opens, i + 1);
		run_ms(f, 100);
	}
}

static void test_frames_come_without_fcs(void **state)
{
	struct fixture *f = *state;
	uint8_t frame[1024];

	for (unsigned i = 0; i < sizeof frame; i++)
		frame[i] = (uint8_t)(i * 3 + 1);
	start_up(f);
	fake_dahdi_receive(dchannel(), frame, 5);
	run(f);
	assert_int_equal(f->told.frames, 1);
	assert_int_equal(f->told.frame_len, 3);
	assert_memory_equal(f->told.frame, frame, 3);
	fake_dahdi_receive(dchannel(), frame, DCHANNEL_FRAME_MAX + 2);
	fake_dahdi_receive(dchannel(), frame, 3);
	run(f);
	assert_int_equal(f->told.frames, 3);
	/* Nothing but its FCS, not even that, and more than may be. */
	fake_dahdi_receive(dchannel(), frame, 2);
	fake_dahdi_receive(dchannel(), frame, 1);
	fake_dahdi_receive(dchannel(), frame, DCHANNEL_FRAME_MAX + 3);
	fake_dahdi_receive(dchannel(), frame, 1024);
	run(f);
	assert_int_equal(f->told.frames, 3);
	assert_int_equal(f->told.drv->line.frames_odd, 4);
}

static void test_frames_go_with_room_for_fcs(void **state)
{
	struct fixture *f = *state;
	uint8_t frame[DCHANNEL_FRAME_MAX + 1];
	const struct fake_message *sent = dchannel()->tx.message;

	memset(frame, 0x5a, sizeof frame);
	start_up(f);
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
	struct fixture *f = *state;

	fake_dahdi.ctl_errno = ENOENT;
	start(f);
	assert_int_equal(write_frame(f, (const uint8_t *)"ab", 2), -ENOTCONN);
}

static void test_events_before_a_frame(void **state)
{
	struct fixture *f = *state;

	start_up(f);
	fake_dahdi_receive(dchannel(), "abcde", 5);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_ABORT);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_BADFCS);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_OVERRUN);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_READ_OVERRUN);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_WRITE_UNDERRUN);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_POLARITY);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_DTMFDOWN | '5');
	fake_dahdi_event(dchannel(), 77);
	run(f);
	assert_int_equal(f->told.frames, 1);
	assert_int_equal(f->told.drv->line.hdlc_errors, 3);
	assert_int_equal(f->told.drv->line.frames_lost, 1);
	assert_int_equal(dchannel()->event_count, 0);
	assert_int_equal(f->told.downs + f->told.alarm_calls, 0);
}

static void test_write_is_repeated_after_events(void **state)
{
	struct fixture *f = *state;

	start_up(f);
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
	struct fixture *f = *state;
	unsigned frames = 0;

	start_up(f);
	for (int event = -2; event < 40; event++) {
		if (event == DAHDI_EVENT_REMOVED)
			continue;
		fake_dahdi_event(dchannel(), event);
		fake_dahdi_receive(dchannel(), "abcd", 4);
		frames++;
		run(f);
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
	struct fixture *f = *state;
	unsigned calls = 0;

	start_up(f);
	assert_int_equal(f->told.alarm_calls, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fake_dahdi.span[1].alarms = cases[i].dahdi;
		fake_dahdi_event(dchannel(), DAHDI_EVENT_ALARM);
		run(f);
		assert_int_equal(f->told.alarm_calls, ++calls);
		assert_int_equal(f->told.alarms, cases[i].alarms);
		fake_dahdi.span[1].alarms = 0;
		fake_dahdi_event(dchannel(), DAHDI_EVENT_NOALARM);
		run(f);
		assert_int_equal(f->told.alarm_calls, ++calls);
		assert_int_equal(f->told.alarms, 0);
	}
	assert_int_equal(f->told.downs, 0);
}

/* DAHDI tells nothing when one alarm takes the place of another. */
static void test_alarms_are_also_looked_for(void **state)
{
	struct fixture *f = *state;

	start_up(f);
	fake_dahdi.span[1].alarms = DAHDI_ALARM_RED;
	run_ms(f, 1100);
	assert_int_equal(f->told.alarms, LINE_RED);
	fake_dahdi.span[1].alarms = DAHDI_ALARM_YELLOW;
	run_ms(f, 1100);
	assert_int_equal(f->told.alarms, LINE_YELLOW);
	assert_int_equal(f->told.alarm_calls, 2);
	run_ms(f, 5000);
	assert_int_equal(f->told.alarm_calls, 2);
}

static void test_alarm_at_the_start_follows_up(void **state)
{
	struct fixture *f = *state;

	fake_dahdi.span[1].alarms = DAHDI_ALARM_BLUE;
	start_up(f);
	assert_int_equal(f->told.alarm_calls, 1);
	assert_int_equal(f->told.alarms, LINE_BLUE);
}

/* Such a line is in alarm until somebody opens it. */
static void test_line_that_waits_to_be_opened(void **state)
{
	struct fixture *f = *state;

	fake_dahdi.span[1].alarms = DAHDI_ALARM_NOTOPEN;
	fake_dahdi.span[1].lineconfig = DAHDI_CONFIG_NOTOPEN;
	start_up(f);
	assert_int_equal(f->told.alarms, LINE_RED);
}

static void test_counters_of_the_card(void **state)
{
	struct fixture *f = *state;

	fake_dahdi.span[1].bpv = 7;
	start_up(f);
	assert_int_equal(f->told.drv->line.bipolar_violations, 7);
	fake_dahdi.span[1].crc4 = 9;
	run_ms(f, 1100);
	assert_int_equal(f->told.drv->line.crc4_errors, 9);
}

static void expect_removed(struct fixture *f)
{
	assert_int_equal(f->told.downs, 1);
	assert_non_null(strstr(f->told.why, "DAHDI span 1 was removed"));
	assert_int_equal(fake_dahdi.fds_open, 0);
	/* It is not there yet, and says so. */
	run_ms(f, 1000);
	assert_int_equal(f->told.downs, 2);
	assert_non_null(strstr(f->told.why, "no span 1"));
	fake_dahdi_return(1);
	run_ms(f, 2000);
	assert_int_equal(f->told.ups, 2);
	assert_non_null(f->told.tdm);
}

static void test_removal_while_waiting(void **state)
{
	struct fixture *f = *state;

	start_up(f);
	fake_dahdi_remove(1);
	run(f);
	expect_removed(f);
}

static void test_removal_told_by_an_event(void **state)
{
	struct fixture *f = *state;

	start_up(f);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_REMOVED);
	run(f);
	fake_dahdi.span[1].there = false;
	expect_removed(f);
}

/* libpri is in the middle of its write: nothing may be told from inside it. */
static void test_removal_found_by_a_write(void **state)
{
	struct fixture *f = *state;

	start_up(f);
	dchannel()->write_errno = ENODEV;
	fake_dahdi.spanstat_errno = ENODEV;
	assert_int_equal(write_frame(f, (const uint8_t *)"abc", 3), -ENOTCONN);
	assert_int_equal(f->told.downs, 0);
	run(f);
	fake_dahdi.span[1].there = false;
	fake_dahdi.spanstat_errno = 0;
	dchannel()->write_errno = 0;
	expect_removed(f);
}

static void test_removal_event_found_by_a_write(void **state)
{
	struct fixture *f = *state;

	start_up(f);
	fake_dahdi_event(dchannel(), DAHDI_EVENT_REMOVED);
	write_frame(f, (const uint8_t *)"abc", 3);
	assert_int_equal(f->told.downs, 0);
	run(f);
	fake_dahdi.span[1].there = false;
	expect_removed(f);
}

static void test_removal_found_by_looking(void **state)
{
	struct fixture *f = *state;

	start_up(f);
	fake_dahdi.spanstat_errno = ENODEV;
	run_ms(f, 1000);
	fake_dahdi.spanstat_errno = 0;
	fake_dahdi.span[1].there = false;
	expect_removed(f);
}

static void test_dchannel_that_fails_otherwise(void **state)
{
	struct fixture *f = *state;

	start_up(f);
	dchannel()->read_errno = EIO;
	fake_dahdi_receive(dchannel(), "abcd", 4);
	run(f);
	assert_int_equal(f->told.downs, 1);
	assert_non_null(strstr(f->told.why, "D channel of DAHDI span 1 fails"));
	dchannel()->read_errno = 0;
	run_ms(f, 1000);
	assert_int_equal(f->told.ups, 2);
}

/* One that was up for long is looked for soon; one that comes and goes is not.
 */
static void test_pause_after_a_stable_time(void **state)
{
	struct fixture *f = *state;

	start_up(f);
	for (unsigned i = 1; i <= 3; i++) {
		unsigned ups = f->told.ups;

		fake_dahdi_remove(1);
		run(f);
		fake_dahdi_return(1);
		run_ms(f, (1000u << (i - 1)) - 100);
		assert_int_equal(f->told.ups, ups);
		run_ms(f, 200);
		assert_int_equal(f->told.ups, ups + 1);
	}
	run_ms(f, 6000);
	fake_dahdi_remove(1);
	run(f);
	fake_dahdi_return(1);
	run_ms(f, 1000);
	assert_int_equal(f->told.ups, 5);
}

/* Another span goes on meanwhile. */
static void test_spans_do_not_share_their_fate(void **state)
{
	struct fixture *f = *state;
	struct told other = { 0 };
	struct driver_dahdi_config cfg = f->cfg;

	start_up(f);
	cfg.span = 2;
	fake_dahdi.span[2].channel[4].specify_errno = EBUSY;
	assert_int_equal(driver_dahdi_new(&other.drv, f->loop, &cfg, &events,
					  &other),
			 0);
	run(f);
	assert_int_equal(other.downs, 1);
	fake_dahdi_receive(dchannel(), "abcde", 5);
	run(f);
	assert_int_equal(f->told.frames, 1);
	fake_dahdi.span[2].channel[4].specify_errno = 0;
	run_ms(f, 1000);
	assert_int_equal(other.ups, 1);
	fake_dahdi_remove(1);
	run(f);
	assert_int_equal(f->told.downs, 1);
	assert_int_equal(other.downs, 1);
	end(&other);
	run(f);
}

static void test_freed_inside_its_callbacks(void **state)
{
	struct fixture *f = *state;

	f->told = (struct told){ .free_on_up = true };
	fake_dahdi.span[1].alarms = DAHDI_ALARM_RED;
	start(f);
	assert_int_equal(f->told.ups, 1);
	assert_int_equal(f->told.alarm_calls, 0);
	assert_int_equal(fake_dahdi.fds_open, 0);
	f->told = (struct told){ .free_on_alarm = true };
	start(f);
	assert_int_equal(f->told.alarm_calls, 1);
	assert_int_equal(fake_dahdi.fds_open, 0);
	fake_dahdi.span[1].alarms = 0;
	f->told = (struct told){ .free_on_frame = true };
	start(f);
	fake_dahdi_receive(dchannel(), "abcde", 5);
	fake_dahdi_receive(dchannel(), "abcde", 5);
	run(f);
	assert_int_equal(f->told.frames, 1);
	f->told = (struct told){ .free_on_down = true };
	fake_dahdi.ctl_errno = ENOENT;
	start(f);
	assert_int_equal(f->told.downs, 1);
	run_ms(f, 5000);
	assert_int_equal(f->told.downs, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_opens_and_sets_every_channel),
		T(test_opens_only_what_is_configured),
		T(test_finds_a_span_by_its_names),
		T(test_every_failure_has_its_sentence),
		T(test_comes_up_once_it_is_repaired),
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
