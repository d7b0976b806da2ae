/* The test numbers: one table that number analysis, --help and the manual page
 * share. Pure. */
#ifndef TOLLGATE_NUMBERS_H
#define TOLLGATE_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Q.850 2.2.6, 2.2.7. Locations (Q.850 2.2.3) are those of the exchange that
 * serves the caller and of the one behind it that serves the called test
 * user. */
enum exchange_cause {
	CAUSE_UNALLOCATED = 1,
	CAUSE_NORMAL_CLEARING = 16,
	CAUSE_CALL_REJECTED = 21,
	CAUSE_NO_CIRCUIT = 34,
	CAUSE_NETWORK_OUT_OF_ORDER = 38,
	CAUSE_TEMPORARY_FAILURE = 41,
	CAUSE_CHANNEL_NOT_AVAILABLE = 44,
	CAUSE_CHANNEL_NOT_EXIST = 82,
};

enum exchange_location {
	LOCATION_USER = 0,
	LOCATION_LOCAL_NETWORK = 2,  /* public, serving the local user */
	LOCATION_REMOTE_NETWORK = 4, /* public, serving the remote user */
};

/* What a call's B channel carries. */
enum test_sound {
	SOUND_SILENCE,
	SOUND_ECHO,
	SOUND_MILLIWATT,
	SOUND_BIT_ERROR,
	SOUND_RINGBACK, /* while ALERTING, or by PROGRESS */
	SOUND_ANNOUNCEMENT,
	SOUND_READBACK, /* DTMF */
};

#define NEVER (-1)

/* What happens to a call, step by step after SETUP. */
struct test_plan {
	const char *test;      /* pattern of the number, "" for none of them */
	int32_t proceeding_ms; /* SETUP to CALL PROCEEDING */
	/* SOUND_SILENCE: nothing; another is told by PROGRESS with progress
	 * indicator 8. */
	enum test_sound early;
	bool alert;
	int32_t answer_ms; /* after ALERTING or PROGRESS, or at once; NEVER */
	int32_t clear_ms;  /* after CONNECT, or instead of it; NEVER */
	uint8_t cause, location;
	bool announced; /* DISCONNECT with progress indicator 8 and a tone */
	enum test_sound sound; /* once answered */
};

/* Analyses `called`, digits as they came in SETUP. A number that is none of
 * ours gives a plan too: refused with cause 1. */
void test_plan_make(struct test_plan *out, const char *prefix,
		    const char *called);

struct test_number {
	const char *pattern; /* digits: N of seconds, M of ms, C of a cause */
	const char *help;
};

/* Row `index` of the table, NULL behind the last. */
const struct test_number *test_number_at(size_t index);

#endif
