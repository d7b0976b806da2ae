#include "tests/fake_exchange.h"

#include "gateway/clock.h"
#include "gateway/control.h"
#include "gateway/fsm.h"
#include "gateway/log.h"
#include "gateway/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 4000

static uint64_t offset_ns;

static uint64_t test_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec +
	       offset_ns;
}

void exchange_run_ms(struct exchange_fixture *f, uint64_t ms)
{
	uint64_t end = clock_now_ms() + ms;

	while (clock_now_ms() < end)
		loop_step(f->loop, 5);
}

void exchange_leap_ms(struct exchange_fixture *f, uint64_t ms)
{
	for (uint64_t done = 0; done < ms; done += 500) {
		offset_ns += 500 * NS_PER_MS;
		for (int i = 0; i < 4; i++)
			loop_step(f->loop, 1);
	}
}

bool exchange_await_up(struct exchange_fixture *f)
{
	uint64_t end = clock_now_ms() + WAIT_MS;

	while (!fake_user_up(f->user) && clock_now_ms() < end)
		loop_step(f->loop, 10);
	return fake_user_up(f->user);
}

void exchange_await_message(struct exchange_fixture *f, unsigned cref,
			    uint8_t type)
{
	uint64_t end = clock_now_ms() + WAIT_MS;
	char name[24];

	while (!fake_user_count(f->user, cref, type) && clock_now_ms() < end)
		loop_step(f->loop, 10);
	if (!fake_user_count(f->user, cref, type))
		fail_msg("no %s for call %u: %s", q931_message_name(type, name),
			 cref, fake_user_story(f->user, cref));
}

json_t *exchange_ask(struct exchange_fixture *f, const char *line)
{
	char copy[256], *words[CONTROL_WORDS_MAX + 1], *save = NULL, *text;
	int count = 0;

	snprintf(copy, sizeof copy, "%s", line);
	for (char *w = strtok_r(copy, " ", &save); w;
	     w = strtok_r(NULL, " ", &save))
		words[count++] = w;
	words[count] = NULL;
	text = exchange_command(f->exchange, count, words);
	assert_non_null(text);
	json_decref(f->shown);
	f->shown = json_loads(text, 0, NULL);
	free(text);
	assert_non_null(f->shown);
	return f->shown;
}

json_t *exchange_calls(struct exchange_fixture *f)
{
	return json_object_get(exchange_ask(f, "show"), "calls");
}

json_t *exchange_first_span(struct exchange_fixture *f)
{
	return json_array_get(json_object_get(exchange_ask(f, "show"), "spans"),
			      0);
}

json_t *exchange_last_call(struct exchange_fixture *f)
{
	json_t *all = exchange_calls(f);

	return json_array_get(all, json_array_size(all) - 1);
}

long long json_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		fail_msg("no %s", key);
	return json_integer_value(value);
}

const char *exchange_text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	assert_non_null(value);
	return value;
}

static bool is_over(struct exchange_fixture *f)
{
	json_t *call = exchange_last_call(f);

	return call && !strcmp(exchange_text(call, "state"), "over");
}

void exchange_await_over(struct exchange_fixture *f, unsigned cref)
{
	uint64_t end = clock_now_ms() + WAIT_MS;

	while (clock_now_ms() < end && !is_over(f))
		loop_step(f->loop, 10);
	if (!is_over(f))
		fail_msg("call %u is not over: %s", cref,
			 fake_user_story(f->user, cref));
	exchange_run_ms(f, 20);
}

static int setup_spans(void **state, unsigned spans)
{
	struct exchange_fixture *f = calloc(1, sizeof *f);
	struct exchange_config cfg = { .prefix = "5550",
				       .spans = spans,
				       .tones = "de" };
	const char *what;

	log_set_level(LOG_ERR);
	clock_set_source(test_clock);
	strcpy(f->dir, "/tmp/tollgate-exchange-XXXXXX");
	if (!mkdtemp(f->dir) || loop_new(&f->loop) < 0)
		return -1;
	snprintf(f->socket, sizeof f->socket, "%s/exchange.sock", f->dir);
	snprintf(f->control, sizeof f->control, "%s/control.sock", f->dir);
	cfg.socket = f->socket;
	cfg.control = f->control;
	if (exchange_new(&f->exchange, f->loop, &cfg, &what) < 0 ||
	    fake_user_new(&f->user, f->loop, f->socket, 1) < 0)
		return -1;
	*state = f;
	return exchange_await_up(f) ? 0 : -1;
}

int exchange_setup(void **state)
{
	return setup_spans(state, 1);
}

int exchange_teardown(void **state)
{
	struct exchange_fixture *f = *state;

	json_decref(f->shown);
	fake_user_free(f->user);
	exchange_free(f->exchange);
	loop_free(f->loop);
	if (rmdir(f->dir) < 0 || fsm_illegal_count())
		return -1;
	free(f);
	return 0;
}

int exchange_setup_full(void **state)
{
	return setup_spans(state, EXCHANGE_SPANS_MAX);
}
