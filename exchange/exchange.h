/* The telephone exchange: its spans, its control socket and what it remembers
 * of its calls. */
#ifndef TOLLGATE_EXCHANGE_H
#define TOLLGATE_EXCHANGE_H

#include "dahdi/line.h"

#include <stdint.h>

#define EXCHANGE_SPANS_MAX 128
#define EXCHANGE_PREFIX_MAX 20 /* digits */
#define EXCHANGE_RECORDS 64
#define EXCHANGE_T309_S 90 /* Q.931 table 9-1 */
#define EXCHANGE_T309_MAX_S 300
#define EXCHANGE_LOSS_MAX_DB 24
#define EXCHANGE_DELAY_MAX_MS 500 /* a half of Q.921's T200 */

struct exchange;
struct loop;

/* One span. All 0: a virtual E1 with EuroISDN. */
struct exchange_line {
	uint8_t dahdi; /* DAHDI's number of it, 0: virtual */
	enum line_type type;
	enum line_protocol protocol;
};

struct exchange_config {
	const char *socket;  /* gateways attach here */
	const char *control; /* `ctl` asks here */
	const char *prefix;  /* of the test numbers */
	unsigned spans;	     /* 1..EXCHANGE_SPANS_MAX */
	struct exchange_line line[EXCHANGE_SPANS_MAX];
	uint32_t delay_ms; /* of each D channel frame, either way */
	uint32_t t309_s;   /* 1..EXCHANGE_T309_MAX_S; 0: EXCHANGE_T309_S */
	uint32_t loss_db;  /* 0..EXCHANGE_LOSS_MAX_DB */
	const char *tones; /* zone of the ring-back tone, tone_zone_known */
};

/* Opens the control socket and, if any span is virtual, that for gateways, and
 * makes the spans. 0, or -errno with the path or object
 * that failed in `*what` (a text of the configuration). The texts of `cfg` are
 * kept, not copied. */
int exchange_new(struct exchange **out, struct loop *loop,
		 const struct exchange_config *cfg, const char **what);
/* Removes the sockets. Gateways see the line go. NULL is fine. */
void exchange_free(struct exchange *exchange);

/* Answers one control command with a JSON document, malloc'ed, or NULL for
 * want of memory: "show", "call NUMBER [OPTION]...", "layer1 down|up SPAN",
 * "dchannel down|up SPAN". */
char *exchange_command(void *exchange, int argc, char *const argv[]);

#endif
