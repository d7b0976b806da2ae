/* No screen is wider than a terminal, whatever the gateway answers. */
#include "tests/sample_cli.h"

#include "gateway/cli/grid.h"

#define WIDE 9999999

/* A document of the same shape, with long words and large numbers. */
static void widen(json_t *value, const char *word)
{
	const char *key;
	json_t *item;
	size_t i;

	json_object_foreach(value, key, item) widen(item, word);
	json_array_foreach(value, i, item) widen(item, word);
	if (json_is_string(value))
		json_string_set(value, word);
	else if (json_is_integer(value))
		json_integer_set(value, WIDE);
	else if (json_is_real(value))
		json_real_set(value, WIDE / 10.0);
}

static void check_lines(const char *line, const char *text)
{
	size_t column = 0;

	for (const char *c = text; *c; c++) {
		column = *c == '\n' ? 0 : column + 1;
		if (column <= SCREEN_COLUMNS)
			continue;
		fputs(text, stderr);
		fail_msg("tollgate %s: beyond column %d", line, SCREEN_COLUMNS);
	}
}

static void render_wide(const char *line, const char *name, json_t *answer,
			const char *word)
{
	struct screen screen = { .colour = false };
	size_t len;
	char *text;

	widen(answer, word);
	screen.out = open_memstream(&text, &len);
	render_find(name)(&screen, answer);
	fclose(screen.out);
	check_lines(line, text);
	free(text);
}

static void every_screen_fits(void **state)
{
	static const char *const words[] = {
		"up",
		"a-very-long-name-without-a-blank-of-63-letters-in-all-as-"
		"allowed",
		"many words of a sentence that goes on and on until no screen "
		"could hold it",
	};
	struct fixture *f = *state;
	unsigned seen = 0;

	/* What changes something says so in a sentence, which is wrapped. */
	for (const struct command *c = command_table; c->usage; c++) {
		struct command_syntax syntax;
		char line[200], whole[220];

		command_read_syntax(&syntax, c->usage);
		if (c->flags || !sample_typed(line, sizeof line, c))
			continue;
		snprintf(whole, sizeof whole, "--json %s", line);
		/* Not every part of a gateway is in the sample. */
		if (ask_run(f, whole) != CLI_GOOD)
			continue;
		seen++;
		for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
			json_t *answer = json_loads(f->out, 0, NULL);

			render_wide(line, syntax.name, answer, words[w]);
			json_decref(answer);
		}
	}
	assert_true(seen > 10);
}

static json_t *answer_to(struct fixture *f, const char *command)
{
	char line[100];

	snprintf(line, sizeof line, "--json %s", command);
	assert_int_equal(ask_run(f, line), CLI_GOOD);
	return json_loads(f->out, 0, NULL);
}

static json_t *many(json_t *document, const char *key, int count)
{
	json_t *array = json_object_get(document, key);

	for (int i = 1; i < count; i++)
		json_array_append_new(array,
				      json_deep_copy(json_array_get(array, 0)));
	return document;
}

/* Draws and returns the text; *room is for how many spans there was room. */
static char *draw(const struct monitor_view *view, size_t *room)
{
	struct screen screen = { .colour = false };
	size_t len;
	char *text;

	screen.out = open_memstream(&text, &len);
	*room = monitor_draw(&screen, view);
	fclose(screen.out);
	check_lines("monitor", text);
	return text;
}

static size_t lines_of(const char *text)
{
	size_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n' || !text[1];
	return lines;
}

static void monitor_fits(void **state)
{
	static const char word[] = "a-very-long-name-without-a-blank-of-many-"
				   "letters-in-all-or-more";
	struct fixture *f = *state;
	struct monitor_view view = { .calls_per_s = 99999.9, .keys = true };
	json_t *status = answer_to(f, "status");
	json_t *grid = many(answer_to(f, "show grid"), "spans", 32);
	json_t *peers = many(answer_to(f, "show peers"), "peers", 20);
	json_t *warnings = json_object_get(status, "warnings");
	size_t room;

	for (int i = 0; i < 6; i++)
		json_array_append_new(warnings, json_string(word));
	json_array_insert_new(warnings, 0,
			      json_string("span 1 takes no calls: a sentence "
					  "that is longer than there is room "
					  "for in a line"));
	view.status = status;
	view.grid = grid;
	view.peers = peers;
	for (int wide = 0; wide < 2; wide++) {
		for (view.rows = 24; view.rows < 60; view.rows += 5) {
			char *text = draw(&view, &room);

			assert_true(lines_of(text) <= view.rows);
			/* Where all spans have room, so have all alarms. */
			assert_int_equal(room,
					 view.rows -
						 (view.rows < 49 ? 12 : 16));
			assert_true(!strstr(text, " more: 'show alarms'") ==
				    (view.rows >= 49));
			assert_true(!wide ||
				    strstr(text, " a-very-long-name-witho.. "));
			assert_true(wide ||
				    strstr(text, "han there is room f..\n"));
			free(text);
		}
		widen(status, word);
		widen(grid, word);
		widen(peers, word);
	}
	view.trouble = word;
	view.first = 30;
	view.rows = 24;
	free(draw(&view, &room));
	/* Nothing is known yet. */
	view.status = view.grid = view.peers = NULL;
	free(draw(&view, &room));
	assert_int_equal(room, 0);
	json_decref(status);
	json_decref(grid);
	json_decref(peers);
}

static void grid_letters(void **state)
{
	struct fixture *f = *state;

	sample_span_count = 2;
	sample_spans[1].in_service = false;
	strcpy(sample_spans[1].state, "alarm red");
	for (unsigned t = 1; t <= TDM_TIMESLOTS; t++)
		if (t != 16)
			sample_spans[1].channel[t] = CHANNEL_VIEW_OUT;
	sample_spans[0].channel[6] = CHANNEL_VIEW_RELEASING;
	sample_spans[0].channel[7] = CHANNEL_VIEW_BLOCKED;
	/* Not a call's: an answer is on its way. */
	sample_spans[0].channel[8] = CHANNEL_VIEW_BUSY;
	prints(f, "show grid",
	       "SPAN  STATE             1     6     11    16    21    26    31 "
	       "  BUSY\n"
	       "   1  up                ....o rxB.. ..... -.... ..... ..... .  "
	       "   1\n"
	       "   2  alarm red         ##### ##### ##### -#### ##### ##### #  "
	       "   1\n"
	       "\n"
	       "o out   i in   a being set up   r releasing   . free\n"
	       "d drained   x blocked   # out of service   B busy   - no B "
	       "channel\n");
	f->s.alive.answer_ms = 0;
	assert_int_equal(ask_run(f, "show grid"), CLI_GOOD);
	assert_non_null(strstr(f->out, " ....a rxB"));
	/* As `show drains` calls it. */
	f->canned = "{\"spans\": [{\"span\": 1, \"state\": \"up\", "
		    "\"in_service\": true, \"drained\": true, \"busy\": 1, "
		    "\"grid\": \"od\"}, {\"span\": 2, \"state\": \"up\", "
		    "\"in_service\": true, \"drained\": true, \"busy\": 0, "
		    "\"grid\": \"dd\"}]}";
	assert_int_equal(ask_run(f, "show grid"), CLI_GOOD);
	assert_non_null(strstr(f->out, "\n   1  draining          od "));
	assert_non_null(strstr(f->out, "\n   2  drained           dd "));
}

static void monitor_without_a_terminal(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask_run(f, "monitor --once"), CLI_GOOD);
	fits(f->out);
	assert_memory_equal(f->out, "demo  tollgated ", 16);
	assert_non_null(strstr(f->out, "\nCalls   1 now  (0 in, 1 out)"));
	assert_non_null(strstr(f->out, " ....o ....."));
	assert_null(strstr(f->out, "\x1b"));
	assert_int_equal(run(f, "--control /nonexistent monitor --once"),
			 CLI_UNREACHABLE);
	assert_non_null(strstr(f->err, "NO ANSWER from tollgated"));
	assert_int_equal(ask_run(f, "--json monitor --once"), CLI_REFUSED);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(every_screen_fits),
		CASE(monitor_fits),
		CASE(grid_letters),
		CASE(monitor_without_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
