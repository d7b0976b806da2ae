/* The ladder of one call: what went over each wire, and when.
 *
 * Kept for every call, cheap enough to be always on, so that the call of five
 * minutes ago can still be looked at. */
#ifndef TOLLGATE_TRACE_H
#define TOLLGATE_TRACE_H

#include "gateway/leg.h"

#include <stdint.h>

#define TRACE_ROWS_MAX 48
#define TRACE_TEXT_MAX 40

enum trace_side { TRACE_CALLING, TRACE_CALLED, TRACE_GATEWAY };

struct trace_row {
	uint32_t at_ms; /* since the call began */
	uint8_t side;	/* enum trace_side */
	uint8_t dir;	/* enum leg_direction; unused for the gateway's notes */
	char text[TRACE_TEXT_MAX];
};

struct trace {
	uint64_t start_ms; /* clock_now_ms() */
	unsigned count;
	unsigned dropped; /* rows past the end */
	struct trace_row row[TRACE_ROWS_MAX];
};

void trace_start(struct trace *trace);
/* Adds a row; text that does not fit is cut and ends with "..", rows past the
 * end are counted. */
void trace_add(struct trace *trace, enum trace_side side,
	       enum leg_direction dir, const char *text);

#endif
