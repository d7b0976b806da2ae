/* An exchange and a user on its span 1, in one process. */
#ifndef TOLLGATE_FAKE_EXCHANGE_H
#define TOLLGATE_FAKE_EXCHANGE_H

#include "exchange/exchange.h"
#include "tests/fake_user.h"

#include <jansson.h>

struct exchange_fixture {
	char dir[64], socket[96], control[96];
	struct loop *loop;
	struct exchange *exchange;
	struct fake_user *user;
	json_t *shown; /* the last answer to a command */
};

/* For cmocka: real time that exchange_leap_ms moves on. The teardown fails when
 * a state machine met an illegal event. */
int exchange_setup(void **state);
int exchange_setup_full(void **state); /* all spans */
int exchange_teardown(void **state);

void exchange_run_ms(struct exchange_fixture *f, uint64_t ms);
/* By steps that no protocol timer takes for a silence. */
void exchange_leap_ms(struct exchange_fixture *f, uint64_t ms);
/* Each waits 4 s at the most. */
bool exchange_await_up(struct exchange_fixture *f);
void exchange_await_message(struct exchange_fixture *f, unsigned cref,
			    uint8_t type);
/* The last call is over, and what was sent at its end has arrived. */
void exchange_await_over(struct exchange_fixture *f, unsigned cref);

/* Valid until the next command. */
json_t *exchange_ask(struct exchange_fixture *f, const char *line);
json_t *exchange_calls(struct exchange_fixture *f);
json_t *exchange_last_call(struct exchange_fixture *f);
json_t *exchange_first_span(struct exchange_fixture *f);
/* Fail the test when there is none. */
long long json_number(const json_t *object, const char *key);
const char *exchange_text(const json_t *object, const char *key);

#endif
