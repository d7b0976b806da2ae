/* The user side of a virtual span, for tests of the exchange: libpri as a PBX
 * would run it, and what it heard. */
#ifndef TOLLGATE_FAKE_USER_H
#define TOLLGATE_FAKE_USER_H

#include "dahdi/driver.h"
#include "dahdi/q931_tap.h"
#include "exchange/identity.h"

#include <stdbool.h>

struct fake_user;
struct loop;
struct q931_call;

#define FAKE_USER_MESSAGES 1024
#define FAKE_USER_HEARD 65536

/* A message from the exchange. */
struct fake_message {
	unsigned cref;
	uint8_t type;
	uint8_t cause, location;	     /* 0, 0: no cause */
	uint8_t progress, progress_location; /* 0, 0: none */
	uint8_t channel;		     /* 0: not named */
};

/* What the user's side of a channel sends. */
enum fake_voice {
	FAKE_IDLE,
	FAKE_LOOP,   /* what was heard, one block later */
	FAKE_COUNT,  /* octets counting up, so that order shows */
	FAKE_CUSTOM, /* fake_user_filter decides */
};

int fake_user_new(struct fake_user **out, struct loop *loop, const char *path,
		  unsigned span);
void fake_user_free(struct fake_user *user);
/* The layer 2 is there. */
bool fake_user_up(const struct fake_user *user);
unsigned fake_user_alarms(const struct fake_user *user);

/* Sends SETUP; `channel` 0: any. Returns the call reference. */
unsigned fake_user_call(struct fake_user *user, unsigned channel,
			bool exclusive, const char *called);
/* Ends a call with cause 16, in whatever state it is. */
void fake_user_hangup(struct fake_user *user, unsigned cref);
void fake_user_clear(struct fake_user *user, unsigned cref, uint8_t cause);
/* It lets a DISCONNECT stand, to hear what comes with it; fake_user_hangup
 * answers it. */
void fake_user_waits(struct fake_user *user);
/* What it does with a SETUP. */
enum fake_user_does {
	FAKE_SILENT,
	FAKE_PROCEEDS,
	FAKE_PROGRESSES, /* CALL PROCEEDING, PROGRESS with indicator 8 */
	FAKE_ALERTS,
	FAKE_ANSWERS_ALERTED,
	FAKE_ANSWERS,	      /* CONNECT at once */
	FAKE_REFUSES,	      /* CALL PROCEEDING, DISCONNECT cause 17 */
	FAKE_REFUSES_AT_ONCE, /* RELEASE COMPLETE cause 44 */
};

/* `channel`: what the first response names, 0: what the SETUP does. */
void fake_user_takes(struct fake_user *user, enum fake_user_does does,
		     unsigned channel);

/* What its next SETUP (calling, redirecting) and CONNECT (connected) say;
 * copied. Without it a SETUP says 4930123456, national, and a CONNECT nothing.
 */
void fake_user_tells(struct fake_user *user,
		     const struct call_identity *identity);
/* What the last SETUP and the last CONNECT from the exchange said. */
const struct call_identity *fake_user_told(const struct fake_user *user);

/* What a SETUP from the exchange said, by libpri. */
struct fake_ring {
	char called[64], calling[64];
	int called_plan, calling_plan, presentation, bearer;
	unsigned channel;
	bool flexible;
};

/* The call reference of the last SETUP, 0: none came; `out` may be NULL. */
unsigned fake_user_rang(const struct fake_user *user, struct fake_ring *out);
/* Answers it. */
void fake_user_answer(struct fake_user *user, unsigned cref);

/* RESTART of a channel; 0: the whole interface. */
void fake_user_restart(struct fake_user *user, unsigned channel);

size_t fake_user_count(const struct fake_user *user, unsigned cref,
		       uint8_t type);
/* The SETUPs that it sent on a call reference. */
size_t fake_user_setups(const struct fake_user *user, unsigned cref);
/* The first message of `type` of a call, NULL when none came. */
const struct fake_message *fake_user_message(const struct fake_user *user,
					     unsigned cref, uint8_t type);
/* "CALL PROCEEDING, ALERTING": all of a call's messages so far. */
const char *fake_user_story(struct fake_user *user, unsigned cref);

void fake_user_voice(struct fake_user *user, unsigned channel,
		     enum fake_voice voice);
/* Changes blocks that FAKE_CUSTOM sends; they begin as FAKE_LOOP's. */
void fake_user_filter(struct fake_user *user,
		      void (*fn)(void *ctx, unsigned channel, uint8_t *block),
		      void *ctx);
/* Octets heard on a channel since fake_user_listen, at most
 * FAKE_USER_HEARD. */
void fake_user_listen(struct fake_user *user, unsigned channel);
size_t fake_user_heard(const struct fake_user *user, const uint8_t **out);
/* Loses what the exchange sends on the D channel, or hears it again. */
void fake_user_deaf(struct fake_user *user, bool deaf);
/* Stops answering ticks (a stalled gateway) or goes on. */
void fake_user_stall(struct fake_user *user, bool stall);

#endif
