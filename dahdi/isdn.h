/* All spans of the gateway and the ISDN legs on them. What gateway/ sees of
 * dahdi/. */
#ifndef TOLLGATE_ISDN_H
#define TOLLGATE_ISDN_H

#include "conf/conf.h"
#include "dahdi/driver.h"
#include "dahdi/q931_tap.h"
#include "gateway/leg.h"

struct isdn;
struct loop;

/* Told to the gateway, in the signalling thread. */
struct isdn_events {
	/* A span's voice is there (the receiver owns `tdm`) or gone. */
	void (*tdm_up)(void *ctx, unsigned span, struct tdm *tdm,
		       enum g711_law law);
	void (*tdm_down)(void *ctx, unsigned span);
	/* A span's state or alarms are others now. */
	void (*changed)(void *ctx, unsigned span);
	/* A SETUP from the network. `leg` is the receiver's from now on: it
	 * must release or progress it. */
	void (*incoming)(void *ctx, struct leg *leg,
			 const struct leg_setup *setup);
};

/* Makes every span of `conf` and starts connecting. 0 or -errno. `conf` and
 * `events` must outlive it. */
int isdn_new(struct isdn **out, struct loop *loop, const struct conf *conf,
	     const struct leg_sink *sink, const struct isdn_events *events,
	     void *ctx);

/* The same with drivers of another making (span.h), for tests. */
struct span_drivers;
int isdn_new_over(struct isdn **out, struct loop *loop, const struct conf *conf,
		  const struct leg_sink *sink, const struct isdn_events *events,
		  void *ctx, const struct span_drivers *drivers);

/* Makes all of a configuration's spans and trunk groups that may fail to be
 * made, for isdn_take or isdn_abandon before anything else happens to `isdn`.
 * `conf` must outlive what becomes of it. 0 or -ENOMEM: nothing was changed. */
struct isdn_next;
int isdn_prepare(struct isdn_next **out, struct isdn *isdn,
		 const struct conf *conf);

/* Goes on by it, and frees it, in place of the configuration before, which may
 * go as soon as its calls have. Trunk groups are as it has them at once. Of a
 * span that is in both, what concerns calls is taken at once and what concerns
 * its line when it has no call (span_info.waits). A new one starts; one that is
 * gone takes no calls (span_info.leaving) and is closed after its last one. */
void isdn_take(struct isdn *isdn, struct isdn_next *next);

/* Frees it; all stays as it is. NULL is fine. */
void isdn_abandon(struct isdn *isdn, struct isdn_next *next);

/* Legs must be gone. NULL is fine. */
void isdn_free(struct isdn *isdn);

/* Channels already refused by the far side in this call (cause 44, 6, 82:
 * RFC 4497 8.4.1 note 2): not hunted again. */
struct isdn_tried {
	struct {
		uint16_t span;
		uint8_t channel;
	} channel[3];
	unsigned count;
};

/* For what call a channel is. */
struct isdn_wish {
	const struct isdn_tried *tried; /* NULL: none */
	bool emergency;			/* may have one that is reserved */
};

/* Hunts a free channel in `trunk` and seizes it for a new, idle called leg.
 * 0; -ENETDOWN: no member span is in service; -ESHUTDOWN: those that are, are
 * drained; -EBUSY: every channel is taken, or reserved; -EACCES: those that are
 * free are blocked by the operator; -ENOMEM. */
int isdn_leg_new(struct isdn *isdn, const struct conf_trunk *trunk,
		 const struct isdn_wish *wish, struct leg **out);

/* Channels of `trunk` that a call could have now, the reserved ones too. An
 * emergency call can have those of drained spans besides. */
unsigned isdn_idle_channels(const struct isdn *isdn,
			    const struct conf_trunk *trunk, bool drained_too);

enum channel_state_view {
	CHANNEL_VIEW_NONE, /* not a B channel */
	CHANNEL_VIEW_IDLE,
	CHANNEL_VIEW_BUSY,
	CHANNEL_VIEW_RELEASING,
	CHANNEL_VIEW_OUT,     /* span down, or channel out of service */
	CHANNEL_VIEW_BLOCKED, /* by the operator, without a call */
};

struct span_info {
	unsigned number;
	enum line_type line_type;
	enum line_protocol protocol;
	char state[24]; /* "up", "no exchange", "alarm red", "D channel down" */
	bool in_service; /* takes calls now */
	bool waits;	 /* for its calls to end: its settings have changed */
	bool leaving;	 /* it is configured no more, and has calls */
	bool connected;
	unsigned alarms; /* enum line_alarm */
	unsigned channels, idle, busy;
	unsigned waiting; /* answered calls without a D channel (T309) */
	uint8_t channel[TDM_TIMESLOTS + 1]; /* enum channel_state_view */
	uint32_t blocked;  /* bit t: channel t, be there a call on it or not */
	uint64_t since_ms; /* clock_now_ms() when the state began */
	struct q931_tap_counters tap;
	struct line_counters line;
	uint64_t calls;	  /* SETUPs sent and received */
	uint64_t refused; /* of those received: no channel for them */
};

size_t isdn_span_count(const struct isdn *isdn);
/* `index` counts from 0 in order of configuration; those that leave come last.
 */
void isdn_span_info(const struct isdn *isdn, size_t index,
		    struct span_info *out);
/* What an audit of the spans found, and mended. A fault is repaired when two
 * audits in a row have seen it: one alone may be a call on its way. */
struct isdn_audit {
	unsigned legs; /* Q.931 calls of ours, for the caller's own count */
	unsigned references;   /* call references that the tap keeps */
	unsigned libpri_calls; /* records that libpri has */
	/* found, and of these repaired */
	unsigned channel_without_call, call_without_channel;
	unsigned leg_without_libpri_call;
	unsigned stray_references, stray_libpri_calls, stuck_releasing;
	unsigned repaired;
};

/* Compares channels, legs, call references and libpri's records with each
 * other, logs and repairs what does not fit. To be called each 30 s and at the
 * operator's will. */
void isdn_audit(struct isdn *isdn, struct isdn_audit *out);

/* True when every exchange has acknowledged all that was sent to it. A card
 * that is closed before loses what still waits in its driver. */
bool isdn_flushed(const struct isdn *isdn);

/* A drained span is hunted no more, and still takes what the exchange sends.
 * Unknown spans are no matter. */
void isdn_drain(struct isdn *isdn, unsigned span, bool drained);

/* Takes B channel `channel` of a span out of service, or back, by the
 * operator's will: for new calls, the one on it stays. 0; -ENODEV: no such
 * span; -EINVAL: no B channel of it; -EALREADY. */
int isdn_block(struct isdn *isdn, unsigned span, unsigned channel,
	       bool blocked);

/* Asks the exchange to make an idle channel idle there too, by RESTART (Q.931
 * 5.5.1); it carries no call before the answer. 0; -ENODEV and -EINVAL as
 * above; -ENETDOWN: the D channel is down; -EBUSY: a call is on it. */
int isdn_restart(struct isdn *isdn, unsigned span, unsigned channel);

/* True when at least one span takes calls, and is not drained. */
bool isdn_in_service(const struct isdn *isdn);

#endif
