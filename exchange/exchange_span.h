/* One span of the exchange: the network side of a line, its D channel, its
 * calls and their voice. */
#ifndef TOLLGATE_EXCHANGE_SPAN_H
#define TOLLGATE_EXCHANGE_SPAN_H

#include "dahdi/driver_virtual_exchange.h"
#include "exchange/exchange.h"
#include "exchange/exchange_call.h"

struct exchange_span;
struct loop;

struct exchange_span_config {
	struct loop *loop;
	struct exchange_line line;
	struct virtual_exchange *vx;	 /* NULL without virtual spans */
	const struct sound_tones *tones; /* of the line's law */
	const char *prefix;		 /* of the test numbers, kept */
	unsigned number;
	uint32_t delay_ms; /* of each D channel frame, either way */
	uint32_t t309_s;   /* answered calls outlive a loss of the link */
	uint32_t loss_db;  /* of all that callers hear */
	/* The number of the next call. */
	unsigned (*next_id)(void *ctx);
	/* A call is over, or a SETUP was refused: its last record. */
	void (*ended)(void *ctx, const struct call_record *record);
	void *ctx;
};

/* 0 or -errno. */
int exchange_span_new(struct exchange_span **out,
		      const struct exchange_span_config *cfg);
void exchange_span_free(struct exchange_span *span);

/* Calls the user on the highest free channel: it hunts from the other end.
 * The record is complete with channel and call reference, or for a call that
 * could not be made with its end. 0, -ENETDOWN without a D channel, -EBUSY
 * without a free channel, -ENOMEM, -EIO. */
int exchange_span_originate(struct exchange_span *span,
			    const struct call_order *order,
			    struct call_record *out);

/* Takes layer 1 or the D channel alone away, or gives it back. 0, or -ENOTSUP:
 * the line of a DAHDI span is not ours to cut. */
int exchange_span_layer1(struct exchange_span *span, bool up);
int exchange_span_dchannel(struct exchange_span *span, bool up);

struct exchange_span_info {
	unsigned number;
	struct exchange_line line;
	bool gateway;			/* one is attached, or a card there */
	unsigned alarms;		/* of a card, enum line_alarm */
	bool layer1_down, dchannel_cut; /* by command */
	bool dchannel_up;		/* Q.921 */
	unsigned busy;			/* channels with a call */
	/* Of the voice of the gateway attached now. */
	uint64_t blocks_in, blocks_out, slips_in, slips_out;
	uint64_t overruns, underruns, malformed;
	struct q931_tap_counters tap;
};

void exchange_span_info(const struct exchange_span *span,
			struct exchange_span_info *out);
/* The record of the call on `timeslot`; false when it is idle. */
bool exchange_span_call(const struct exchange_span *span, unsigned timeslot,
			struct call_record *out);

#endif
