#include "gateway/fsm.h"

#include "gateway/log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

enum { RED, GREEN, OFF, STATES };
enum { GO, STOP, CUT, EVENTS };

static const char *const states[STATES] = { "RED", "GREEN", "OFF" };
static const char *const events[EVENTS] = { "GO", "STOP", "CUT" };

struct lamp {
	struct fsm fsm;
	unsigned actions;
	uint8_t state_in_action;
	const void *arg;
};

static void note(void *obj, const void *arg)
{
	struct lamp *lamp = obj;

	lamp->actions++;
	lamp->state_in_action = lamp->fsm.state;
	lamp->arg = arg;
}

static void cut_at_once(void *obj, const void *arg)
{
	struct lamp *lamp = obj;

	note(obj, arg);
	assert_int_equal(fsm_dispatch(&lamp->fsm, CUT, arg), 0);
}

static const struct fsm_row good_rows[] = {
	FSM_ROW(RED, GO, GREEN, note),
	FSM_IGNORED(GREEN, GO),
	FSM_NEVER(OFF, GO),
	FSM_ROW(FSM_ANY, STOP, RED, NULL),
	FSM_STAY(OFF, STOP, note),
	FSM_ROW(FSM_ANY, CUT, OFF, note),
};

static struct fsm_desc lamp_desc(const struct fsm_row *rows, size_t count)
{
	return (struct fsm_desc){ .name = "lamp",
				  .state_names = states,
				  .event_names = events,
				  .state_count = STATES,
				  .event_count = EVENTS,
				  .rows = rows,
				  .row_count = count };
}

static int setup(void **state)
{
	(void)state;
	log_set_level(LOG_CRIT);
	return 0;
}

static void events_move_the_state(void **state)
{
	const struct fsm_desc desc = lamp_desc(good_rows, 6);
	struct lamp lamp = { .actions = 0 };
	int arg;

	(void)state;
	fsm_init(&lamp.fsm, &desc, RED, "lamp=1", &lamp);
	assert_string_equal(fsm_state_name(&lamp.fsm), "RED");
	assert_int_equal(fsm_dispatch(&lamp.fsm, GO, &arg), 0);
	assert_string_equal(fsm_state_name(&lamp.fsm), "GREEN");
	/* The action finds the new state, its owner and what came along. */
	assert_int_equal(lamp.actions, 1);
	assert_int_equal(lamp.state_in_action, GREEN);
	assert_ptr_equal(lamp.arg, &arg);
	/* Ignored: nothing happens. */
	assert_int_equal(fsm_dispatch(&lamp.fsm, GO, NULL), 0);
	assert_int_equal(lamp.fsm.state, GREEN);
	assert_int_equal(lamp.actions, 1);
	/* A row for any state. */
	assert_int_equal(fsm_dispatch(&lamp.fsm, STOP, NULL), 0);
	assert_int_equal(lamp.fsm.state, RED);
	assert_int_equal(fsm_dispatch(&lamp.fsm, CUT, NULL), 0);
	assert_int_equal(lamp.fsm.state, OFF);
	/* A state's own row goes before that for any. */
	assert_int_equal(fsm_dispatch(&lamp.fsm, STOP, NULL), 0);
	assert_int_equal(lamp.fsm.state, OFF);
	assert_int_equal(lamp.actions, 3);
}

static void illegal_events_are_counted(void **state)
{
	const struct fsm_desc desc = lamp_desc(good_rows, 6);
	const struct fsm_desc partial = lamp_desc(good_rows, 1);
	struct lamp lamp = { .actions = 0 };
	uint64_t before = fsm_illegal_count();

	(void)state;
	fsm_init(&lamp.fsm, &desc, OFF, "lamp=1", &lamp);
	assert_int_equal(fsm_dispatch(&lamp.fsm, GO, NULL), -EPROTO);
	assert_int_equal(lamp.fsm.state, OFF);
	assert_int_equal(lamp.actions, 0);
	assert_int_equal(fsm_illegal_count(), before + 1);
	/* A pair that no row decides. */
	fsm_init(&lamp.fsm, &partial, GREEN, "lamp=1", &lamp);
	assert_int_equal(fsm_dispatch(&lamp.fsm, STOP, NULL), -EPROTO);
	assert_int_equal(lamp.fsm.state, GREEN);
	assert_int_equal(fsm_illegal_count(), before + 2);
}

static void action_may_dispatch(void **state)
{
	static const struct fsm_row rows[] = {
		FSM_ROW(RED, GO, GREEN, cut_at_once),
		FSM_ROW(GREEN, CUT, OFF, note),
	};
	const struct fsm_desc desc = lamp_desc(rows, 2);
	struct lamp lamp = { .actions = 0 };

	(void)state;
	fsm_init(&lamp.fsm, &desc, RED, NULL, &lamp);
	assert_int_equal(fsm_dispatch(&lamp.fsm, GO, NULL), 0);
	assert_int_equal(lamp.fsm.state, OFF);
	assert_int_equal(lamp.actions, 2);
}

static void rows_are_found(void **state)
{
	const struct fsm_desc desc = lamp_desc(good_rows, 6);
	static const int expected[STATES][EVENTS] = {
		{ 0, 3, 5 },
		{ 1, 3, 5 },
		{ 2, 4, 5 },
	};

	(void)state;
	for (uint8_t s = 0; s < STATES; s++)
		for (uint8_t e = 0; e < EVENTS; e++)
			assert_ptr_equal(fsm_find(&desc, s, e),
					 &good_rows[expected[s][e]]);
	assert_null(fsm_find(&desc, RED, EVENTS));
}

static void good_table_passes(void **state)
{
	const struct fsm_desc desc =
		FSM_DESC("lamp", states, events, good_rows);
	char why[100] = "untouched";

	(void)state;
	assert_int_equal(fsm_check(&desc, why, sizeof why), 0);
	assert_string_equal(why, "untouched");
}

/* The good table with one row changed, or one more, or one fewer. */
static void bad_tables_are_named(void **state)
{
	static const struct {
		size_t at, count;
		struct fsm_row row;
		const char *why;
	} cases[] = {
		{ 6, 5, { 0 }, "lamp: RED on CUT is undecided" },
		{ 0, 6, FSM_ROW(GREEN, GO, RED, NULL),
		  "lamp: RED on GO is undecided" },
		{ 6, 7, FSM_ROW(RED, GO, OFF, NULL),
		  "lamp: RED on GO is decided twice" },
		{ 6, 7, FSM_ROW(FSM_ANY, CUT, RED, NULL),
		  "lamp: RED on CUT is decided twice" },
		{ 6, 7, FSM_ROW(OFF, STOP, RED, NULL),
		  "lamp: OFF on STOP is decided twice" },
		{ 1, 6, FSM_ROW(STATES, GO, RED, NULL),
		  "lamp: row 1 is out of range" },
		{ 1, 6, FSM_ROW(GREEN, EVENTS, RED, NULL),
		  "lamp: row 1 is out of range" },
		{ 1, 6, FSM_ROW(GREEN, GO, STATES, NULL),
		  "lamp: row 1 is out of range" },
		{ 1,
		  6,
		  { GREEN, GO, RED, FSM_IGNORE, NULL },
		  "lamp: row 1 ignores yet acts" },
		{ 1,
		  6,
		  { GREEN, GO, FSM_SAME, FSM_IGNORE, note },
		  "lamp: row 1 ignores yet acts" },
		{ 2,
		  6,
		  { OFF, GO, RED, FSM_ILLEGAL, NULL },
		  "lamp: row 2 ignores yet acts" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fsm_row rows[8];
		struct fsm_desc desc = lamp_desc(rows, cases[i].count);
		char why[100] = "";

		memcpy(rows, good_rows, sizeof good_rows);
		rows[cases[i].at] = cases[i].row;
		assert_int_equal(fsm_check(&desc, why, sizeof why), -EINVAL);
		assert_string_equal(why, cases[i].why);
	}
}

static void forgotten_names_are_found(void **state)
{
	static const char *const two_states[STATES] = { "RED", "GREEN" };
	static const char *const one_event[EVENTS] = { [STOP] = "STOP" };
	const struct fsm_desc no_off =
		FSM_DESC("lamp", two_states, events, good_rows);
	const struct fsm_desc no_go =
		FSM_DESC("lamp", states, one_event, good_rows);
	char why[100] = "";

	(void)state;
	assert_int_equal(fsm_check(&no_off, why, sizeof why), -EINVAL);
	assert_string_equal(why, "lamp: state 2 has no name");
	assert_int_equal(fsm_check(&no_go, why, sizeof why), -EINVAL);
	assert_string_equal(why, "lamp: event 0 has no name");
}

static void reason_is_cut_to_its_buffer(void **state)
{
	const struct fsm_desc desc = lamp_desc(good_rows, 1);
	char why[8] = "xxxxxxx";

	(void)state;
	assert_int_equal(fsm_check(&desc, why, sizeof why), -EINVAL);
	assert_string_equal(why, "lamp: G");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		CASE(events_move_the_state),
		CASE(illegal_events_are_counted),
		CASE(action_may_dispatch),
		CASE(rows_are_found),
		CASE(good_table_passes),
		CASE(bad_tables_are_named),
		CASE(forgotten_names_are_found),
		CASE(reason_is_cut_to_its_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
