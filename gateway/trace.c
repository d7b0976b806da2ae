#include "gateway/trace.h"

#include "gateway/clock.h"

#include <string.h>

#define CUT ".."

void trace_start(struct trace *trace)
{
	memset(trace, 0, sizeof *trace);
	trace->start_ms = clock_now_ms();
}

void trace_add(struct trace *trace, enum trace_side side,
	       enum leg_direction dir, const char *text)
{
	uint64_t at_ms = clock_now_ms() - trace->start_ms;
	struct trace_row *row;
	size_t len;

	if (trace->count == TRACE_ROWS_MAX) {
		trace->dropped++;
		return;
	}
	row = &trace->row[trace->count++];
	row->at_ms = at_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)at_ms;
	row->side = (uint8_t)side;
	row->dir = (uint8_t)dir;
	/* The text may hold a peer's words: no control characters, and no
	 * half of a character at the cut, which shows. */
	for (len = 0; len < TRACE_TEXT_MAX - 1 && text[len]; len++) {
		unsigned char c = (unsigned char)text[len];

		row->text[len] = c < ' ' || c > '~' ? '?' : (char)c;
	}
	row->text[len] = '\0';
	if (text[len])
		memcpy(row->text + len - strlen(CUT), CUT, strlen(CUT));
}
