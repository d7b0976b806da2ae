/* Everything that can be wrong with a DAHDI span, and what is said of it. */
#include "tests/fake_dahdi_span.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dahdi/user.h>

static void no_module(struct dahdi_fixture *f)
{
	(void)f;
	fake_dahdi.ctl_errno = ENOENT;
}

static void dead_module(struct dahdi_fixture *f)
{
	(void)f;
	fake_dahdi.ctl_errno = ENXIO;
}

static void no_permission(struct dahdi_fixture *f)
{
	(void)f;
	fake_dahdi.ctl_errno = EACCES;
}

static void no_permission_for_channels(struct dahdi_fixture *f)
{
	(void)f;
	fake_dahdi.channel_errno = EACCES;
}

static void no_descriptors(struct dahdi_fixture *f)
{
	(void)f;
	fake_dahdi.ctl_errno = EMFILE;
}

static void no_span(struct dahdi_fixture *f)
{
	(void)f;
	fake_dahdi.span[1].there = fake_dahdi.span[2].there = false;
}

static void other_spans(struct dahdi_fixture *f)
{
	(void)f;
	fake_dahdi.span[1].there = false;
	fake_dahdi.span[3].there = true;
}

static void no_description(struct dahdi_fixture *f)
{
	f->cfg.description = "T9";
}

static void no_location(struct dahdi_fixture *f)
{
	f->cfg.location = "PCI Bus 99";
}

static void going(struct dahdi_fixture *f)
{
	(void)f;
	fake_dahdi.span[1].alarms = DAHDI_ALARM_NOTOPEN;
}

static void not_configured(struct dahdi_fixture *f)
{
	(void)f;
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		channel(t)->signalling = DAHDI_SIG_NONE;
}

static void dchannel_not_configured(struct dahdi_fixture *f)
{
	(void)f;
	dchannel()->signalling = DAHDI_SIG_NONE;
}

static void bchannel_not_configured(struct dahdi_fixture *f)
{
	(void)f;
	channel(31)->signalling = DAHDI_SIG_NONE;
}

static void dchannel_is_clear(struct dahdi_fixture *f)
{
	(void)f;
	dchannel()->signalling = DAHDI_SIG_CLEAR;
}

static void dchannel_is_raw_hdlc(struct dahdi_fixture *f)
{
	(void)f;
	dchannel()->signalling = DAHDI_SIG_HDLCRAW;
}

static void bchannel_is_cas(struct dahdi_fixture *f)
{
	(void)f;
	channel(3)->signalling = DAHDI_SIG_CAS;
}

static void bchannel_is_hdlc(struct dahdi_fixture *f)
{
	(void)f;
	channel(3)->signalling = DAHDI_SIG_HDLCFCS;
}

static void t1_card(struct dahdi_fixture *f)
{
	(void)f;
	fake_dahdi.span[1].timeslots = 24;
}

static void e1_card(struct dahdi_fixture *f)
{
	f->cfg.line = LINE_TYPE_T1;
	f->cfg.channels = 0xfffffe;
	f->cfg.dchannel = 24;
}

static void dynamic_t1(struct dahdi_fixture *f)
{
	t1_card(f);
	strcpy(fake_dahdi.span[1].type, "DYNAM");
}

static void few_timeslots(struct dahdi_fixture *f)
{
	(void)f;
	fake_dahdi.span[1].timeslots = 20;
}

static void dchannel_taken(struct dahdi_fixture *f)
{
	(void)f;
	dchannel()->specify_errno = EBUSY;
}

static void bchannel_taken(struct dahdi_fixture *f)
{
	(void)f;
	channel(17)->specify_errno = EBUSY;
}

static void channel_breaks(struct dahdi_fixture *f)
{
	(void)f;
	channel(2)->specify_errno = ENOMEM;
}

static void wrong_law(struct dahdi_fixture *f)
{
	(void)f;
	channel(9)->law_fixed = true;
}

static void no_law(struct dahdi_fixture *f)
{
	(void)f;
	channel(9)->ioctl_errno = EINVAL;
	channel(9)->ioctl_fails = DAHDI_SETLAW;
}

static void no_audio(struct dahdi_fixture *f)
{
	(void)f;
	channel(1)->ioctl_errno = EINVAL;
	channel(1)->ioctl_fails = DAHDI_AUDIOMODE;
}

static void no_buffers(struct dahdi_fixture *f)
{
	(void)f;
	dchannel()->ioctl_errno = ENOMEM;
	dchannel()->ioctl_fails = DAHDI_SET_BUFINFO;
}

static void no_parameters(struct dahdi_fixture *f)
{
	(void)f;
	channel(31)->ioctl_errno = ENODEV;
	channel(31)->ioctl_fails = DAHDI_GET_PARAMS;
}

static const struct {
	void (*breaks)(struct dahdi_fixture *f);
	const char *says, *remedy;
} failures[] = {
	{ no_module, "there is no /dev/dahdi/ctl", "modprobe dahdi" },
	{ dead_module, "no driver answers", "modprobe dahdi" },
	{ no_permission, "may not open /dev/dahdi/ctl", "udevadm trigger" },
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
	{ t1_card, "span 1 (T1) is T1 and 'line' says E1",
	  "default_linemode=e1" },
	{ e1_card, "span 1 (E1) is E1 and 'line' says T1",
	  "default_linemode=t1" },
	{ dynamic_t1, "span 1 (DYNAM) is T1", "'line' to what" },
	{ few_timeslots, "has 20 timeslots, and 21 is asked for",
	  "'channels'" },
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

static void undo(struct dahdi_fixture *f)
{
	unsigned opens = fake_dahdi.ctl_opens;

	assert_int_equal(fake_dahdi.fds_open, 0);
	fake_dahdi_reset();
	fake_dahdi.ctl_opens = opens;
	f->cfg.location = f->cfg.description = NULL;
	f->cfg.line = LINE_TYPE_E1;
	f->cfg.channels = line_desc(LINE_TYPE_E1)->channels;
	f->cfg.dchannel = DAHDI_D_TIMESLOT;
}

static void test_every_failure_has_its_sentence(void **state)
{
	struct dahdi_fixture *f = *state;

	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
		memset(&f->told, 0, sizeof f->told);
		failures[i].breaks(f);
		dahdi_start(f);
		assert_int_equal(f->told.ups, 0);
		assert_int_equal(f->told.downs, 1);
		if (!strstr(f->told.why, failures[i].says) ||
		    !strstr(f->told.why, failures[i].remedy))
			fail_msg("case %zu: %s", i, f->told.why);
		/* Whole, not cut off. */
		assert_true(strlen(f->told.why) < sizeof f->told.why - 1);
		/* Said once, tried again, nothing left open meanwhile. */
		dahdi_run_ms(f, 3500);
		assert_int_equal(f->told.downs, 1);
		assert_int_equal(fake_dahdi.fds_open, 0);
		dahdi_end(&f->told);
		dahdi_run(f);
		undo(f);
	}
}

static void test_comes_up_once_it_is_repaired(void **state)
{
	struct dahdi_fixture *f = *state;

	channel(17)->specify_errno = EBUSY;
	dahdi_start(f);
	assert_int_equal(f->told.downs, 1);
	channel(17)->specify_errno = 0;
	dchannel()->signalling = DAHDI_SIG_CLEAR;
	dahdi_run_ms(f, 1000);
	/* Another reason is news. */
	assert_int_equal(f->told.downs, 2);
	assert_non_null(strstr(f->told.why, "no HDLC"));
	dchannel()->signalling = DAHDI_SIG_HDLCFCS;
	dahdi_run_ms(f, 2000);
	assert_int_equal(f->told.ups, 1);
	assert_int_equal(f->told.downs, 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, dahdi_setup, dahdi_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_every_failure_has_its_sentence),
		T(test_comes_up_once_it_is_repaired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
