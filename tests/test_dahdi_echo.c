/* The echo cancellers that DAHDI has for the channels of a span. */
#include "gateway/log.h"
#include "tests/fake_dahdi_span.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <dahdi/user.h>

static char said[4096]; /* in the log while the span came up */

static void start_logged(struct dahdi_fixture *f)
{
	int log = memfd_create("log", MFD_CLOEXEC), before = dup(2);
	ssize_t len;

	dup2(log, 2);
	log_set_level(LOG_NOTICE);
	dahdi_start_up(f);
	log_set_level(LOG_CRIT);
	dup2(before, 2);
	len = pread(log, said, sizeof said - 1, 0);
	said[len > 0 ? len : 0] = '\0';
	close(before);
	close(log);
}

static int echo(const struct dahdi_fixture *f, unsigned timeslot, bool on)
{
	return f->told.tdm->ops->echo(f->told.tdm, timeslot, on);
}

static void every_channel_has_one(bool has)
{
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		channel(t)->canceller = has && t != DAHDI_D_TIMESLOT;
}

static void test_in_and_out(void **state)
{
	struct dahdi_fixture *f = *state;

	f->cfg.echo_taps = 256;
	every_channel_has_one(true);
	start_logged(f);
	assert_string_equal(said, "");
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		assert_int_equal(channel(t)->echo, 0);
	assert_int_equal(echo(f, 7, true), 0);
	assert_int_equal(channel(7)->echo, 256);
	assert_int_equal(channel(7)->audio, 1);
	assert_int_equal(channel(8)->echo, 0);
	assert_int_equal(channel(8)->audio, 0);
	/* Training one would be heard. */
	assert_int_equal(channel(7)->trainings, 1);
	assert_int_equal(echo(f, 7, false), 0);
	assert_int_equal(channel(7)->echo, 0);
	assert_int_equal(channel(7)->audio, 0);
	channel(7)->ioctl_fails = DAHDI_ECHOCANCEL;
	channel(7)->ioctl_errno = ENOMEM;
	assert_int_equal(echo(f, 7, true), -ENOMEM);
}

/* As by dahdi_cfg while the span is up. */
static void test_audio_mode_was_taken(void **state)
{
	struct dahdi_fixture *f = *state;

	f->cfg.echo_taps = 256;
	every_channel_has_one(true);
	start_logged(f);
	assert_int_equal(echo(f, 7, true), 0);
	channel(7)->audio = channel(7)->echo = 0;
	assert_int_equal(echo(f, 7, false), 0);
	assert_int_equal(echo(f, 7, true), 0);
	assert_int_equal(channel(7)->echo, 256);
}

/* On either side: who answers sends the tone. */
static void test_data_has_none(void **state)
{
	static const int events[] = { DAHDI_EVENT_TX_CED_DETECTED,
				      DAHDI_EVENT_RX_CED_DETECTED };
	static const uint8_t voice[TDM_BLOCK_BYTES];
	struct dahdi_fixture *f = *state;
	struct tdm_block block;

	f->cfg.echo_taps = 256;
	every_channel_has_one(true);
	start_logged(f);
	f->told.tdm->ops->read(f->told.tdm, &block);
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		assert_int_equal(echo(f, 7, true), 0);
		assert_int_equal(echo(f, 8, true), 0);
		fake_dahdi_event(channel(7), events[i]);
		for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
			if (t != DAHDI_D_TIMESLOT)
				fake_dahdi_receive(channel(t), voice,
						   sizeof voice);
		assert_int_equal(f->told.tdm->ops->read(f->told.tdm, &block),
				 1);
		assert_int_equal(channel(7)->echo, 0);
		assert_int_equal(channel(8)->echo, 256);
	}
}

static void test_off_is_never_tried(void **state)
{
	struct dahdi_fixture *f = *state;

	every_channel_has_one(true);
	start_logged(f);
	assert_string_equal(said, "");
	assert_int_equal(echo(f, 7, true), 0);
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		assert_int_equal(channel(t)->echoes + channel(t)->trainings, 0);
}

/* The span is up all the same. */
static void test_missing_ones_are_named(void **state)
{
	static const struct {
		uint32_t missing;
		const char *channels;
	} rows[] = {
		{ 0xfffefffe, "1-15,17-31" },
		{ 1u << 1, "1" },
		{ 1u << 31 | 1u << 4 | 1u << 5 | 1u << 6, "4-6,31" },
		{ 0xaaaaaaaa, "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31" },
	};
	struct dahdi_fixture *f = *state;
	char want[512];

	f->cfg.echo_taps = 128;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		fake_dahdi_reset();
		memset(&f->told, 0, sizeof f->told);
		every_channel_has_one(true);
		for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
			if (rows[i].missing & 1u << t)
				channel(t)->canceller = false;
		start_logged(f);
		snprintf(want, sizeof want,
			 "msg=\"no echo canceller on DAHDI channels %s: add "
			 "echocanceller=mg2,%s to /etc/dahdi/system.conf and "
			 "run dahdi_cfg, then restart Tollgate; or say 'echo "
			 "off'\"\n",
			 rows[i].channels, rows[i].channels);
		if (!strstr(said, want))
			fail_msg("row %zu: %s", i, said);
		for (unsigned t = 1; t <= TDM_TIMESLOTS; t++) {
			unsigned probed = channel(t)->echoes;
			bool missing = rows[i].missing & 1u << t;

			if (t == DAHDI_D_TIMESLOT)
				continue;
			assert_int_equal(echo(f, t, true), 0);
			assert_int_equal(channel(t)->echoes - probed, !missing);
		}
		dahdi_end(&f->told);
		dahdi_run(f);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, dahdi_setup, dahdi_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_in_and_out),
		T(test_audio_mode_was_taken),
		T(test_data_has_none),
		T(test_off_is_never_tried),
		T(test_missing_ones_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
