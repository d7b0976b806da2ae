/* What there is of DAHDI: spans, what they are and what they are set to. */
#include "dahdi/dahdi_scan.h"
#include "tests/fake_dahdi.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <dahdi/user.h>

static int setup(void **state)
{
	(void)state;
	fake_dahdi_reset();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_dahdi.fds_open, 0);
	fake_dahdi_end();
	return 0;
}

static struct dahdi_scan *scan(void)
{
	struct dahdi_scan *out = NULL;

	assert_int_equal(dahdi_scan_new(&out, &fake_dahdi_kernel), 0);
	return out;
}

static void test_an_e1(void **state)
{
	struct fake_span *fs = &fake_dahdi.span[2];
	struct dahdi_scan *s;

	(void)state;
	fake_dahdi.span[1].there = false;
	strcpy(fs->name, "TE2/0/2");
	/* No '\0' behind it. */
	memset(fs->description, 'd', sizeof fs->description);
	strcpy(fs->location, "PCI Bus 04 Slot 09");
	fs->sync_source = 1;
	fs->alarms = DAHDI_ALARM_RED | DAHDI_ALARM_LOS;
	s = scan();
	assert_int_equal(s->count, 1);
	assert_int_equal(s->span[0].number, 2);
	assert_int_equal(s->span[0].line, LINE_TYPE_E1);
	assert_string_equal(s->span[0].type, "E1");
	assert_string_equal(s->span[0].name, "TE2/0/2");
	assert_int_equal(strlen(s->span[0].description), 40);
	assert_string_equal(s->span[0].location, "PCI Bus 04 Slot 09");
	assert_int_equal(s->span[0].sync_source, 1);
	assert_int_equal(s->span[0].alarms, LINE_RED);
	assert_int_equal(s->span[0].timeslots, 31);
	assert_int_equal(s->span[0].configured, 31);
	assert_false(s->span[0].going);
	for (int t = 1; t <= TDM_TIMESLOTS; t++) {
		const struct dahdi_timeslot *slot = &s->span[0].timeslot[t - 1];

		assert_int_equal(slot->number, 31 + t);
		assert_int_equal(dahdi_use(slot),
				 t == 16 ? DAHDI_USE_D : DAHDI_USE_B);
	}
	dahdi_scan_free(s);
}

static void test_a_t1_among_others(void **state)
{
	struct dahdi_scan *s;

	(void)state;
	fake_dahdi.span[2].timeslots = 24;
	fake_dahdi.span[3].there = true;
	s = scan();
	assert_int_equal(s->count, 3);
	assert_int_equal(s->span[1].line, LINE_TYPE_T1);
	assert_int_equal(dahdi_use(&s->span[1].timeslot[23]), DAHDI_USE_B);
	assert_int_equal(dahdi_use(&s->span[1].timeslot[24]), DAHDI_USE_ABSENT);
	assert_int_equal(s->span[2].line, LINE_TYPE_E1);
	assert_int_equal(s->span[2].timeslot[0].number, 63);
	dahdi_scan_free(s);
}

static void test_counts_at_a_location(void **state)
{
	static const char *const locations[] = { "A", "B", "A", "A" };
	static const unsigned nth[] = { 1, 1, 2, 3 };
	struct dahdi_scan *s;

	(void)state;
	for (int i = 0; i < 4; i++) {
		fake_dahdi.span[i + 1].there = true;
		strcpy(fake_dahdi.span[i + 1].location, locations[i]);
	}
	s = scan();
	assert_int_equal(s->count, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(s->span[i].nth, nth[i]);
	dahdi_scan_free(s);
}

static void test_kinds_of_line(void **state)
{
	static const struct {
		unsigned timeslots;
		bool analogue;
		const char *type;
		enum line_type line;
	} rows[] = {
		{ 31, false, "DYNAM", LINE_TYPE_E1 },
		{ 24, false, "DYNAM", LINE_TYPE_T1 },
		{ 24, true, "Analo", LINE_TYPES },
		{ 24, false, "J1", LINE_TYPE_T1 },
		{ 3, false, "BRI", LINE_TYPES },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fake_span *fs = &fake_dahdi.span[1];
		struct dahdi_scan *s;

		fs->timeslots = rows[i].timeslots;
		fs->analogue = rows[i].analogue;
		strcpy(fs->type, rows[i].type);
		s = scan();
		assert_int_equal(s->span[0].line, rows[i].line);
		dahdi_scan_free(s);
	}
}

static void test_uses(void **state)
{
	static const struct {
		int signalling;
		enum dahdi_use use;
	} rows[] = {
		{ DAHDI_SIG_NONE, DAHDI_USE_NONE },
		{ DAHDI_SIG_CLEAR, DAHDI_USE_B },
		{ DAHDI_SIG_HDLCFCS, DAHDI_USE_D },
		{ DAHDI_SIG_HARDHDLC, DAHDI_USE_D },
		{ DAHDI_SIG_HDLCRAW, DAHDI_USE_OTHER },
		{ DAHDI_SIG_CAS, DAHDI_USE_OTHER },
		{ DAHDI_SIG_FXSKS, DAHDI_USE_OTHER },
		{ DAHDI_SIG_DACS, DAHDI_USE_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dahdi_timeslot slot = { 7, rows[i].signalling };

		assert_int_equal(dahdi_use(&slot), rows[i].use);
	}
}

static void test_a_span_that_goes(void **state)
{
	struct dahdi_scan *s;

	(void)state;
	fake_dahdi.span[1].alarms = DAHDI_ALARM_NOTOPEN;
	fake_dahdi.span[2].alarms = DAHDI_ALARM_NOTOPEN;
	fake_dahdi.span[2].lineconfig = DAHDI_CONFIG_NOTOPEN;
	s = scan();
	assert_true(s->span[0].going);
	assert_false(s->span[1].going);
	assert_int_equal(s->span[1].alarms, LINE_RED);
	dahdi_scan_free(s);
}

static void test_none(void **state)
{
	struct dahdi_scan *s;

	(void)state;
	fake_dahdi.span[1].there = fake_dahdi.span[2].there = false;
	s = scan();
	assert_int_equal(s->count, 0);
	dahdi_scan_free(s);
	dahdi_scan_free(NULL);
	fake_dahdi.ctl_errno = EACCES;
	s = NULL;
	assert_int_equal(dahdi_scan_new(&s, &fake_dahdi_kernel), -EACCES);
	assert_null(s);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_an_e1),
		T(test_a_t1_among_others),
		T(test_counts_at_a_location),
		T(test_kinds_of_line),
		T(test_uses),
		T(test_a_span_that_goes),
		T(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
