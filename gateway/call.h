/* A call: two legs, one media bridge, one state table.
 *
 * The calling leg is `a`, the called leg `b`. Only call_fsm.c changes the
 * state. A call is unlinked when its last leg is released, writes its one call
 * record then, and stays in the gateway's history for `show call`. */
#ifndef TOLLGATE_CALL_H
#define TOLLGATE_CALL_H

#include "dahdi/isdn.h"
#include "gateway/call_limit.h"
#include "gateway/call_sent.h"
#include "gateway/fsm.h"
#include "gateway/leg.h"
#include "gateway/loop.h"
#include "gateway/route.h"
#include "gateway/running_conf.h"
#include "gateway/timer.h"
#include "gateway/trace.h"
#include "media/media.h"

#include <sys/queue.h>

struct gateway;

/* T306: how long the caller hears a network's announcement at the most (Q.931
 * table 9-1: 30 s). */
#define CALL_ANNOUNCEMENT_MS 30000

enum call_state {
	CALL_IDLE,	 /* made, not yet routed */
	CALL_SETUP,	 /* called leg asked, nothing heard */
	CALL_PROCEEDING, /* called side has the number */
	CALL_REROUTING,	 /* called leg is released for the next target */
	CALL_ALERTING,
	CALL_ANSWERED, /* answered; the calling side has not confirmed */
	CALL_ACTIVE,
	CALL_ANNOUNCEMENT, /* called side has cleared; the caller hears why */
	CALL_CLEARING,	   /* both legs are being released */
	CALL_CLEARING_A,   /* called leg gone */
	CALL_CLEARING_B,   /* calling leg gone */
	CALL_OVER,	   /* both gone, record written */
	CALL_STATES
};

enum call_released_by {
	CALL_BY_CALLER,
	CALL_BY_CALLEE,
	CALL_BY_GATEWAY,
	CALL_BY_SPAN,
	CALL_BY_TIMER, /* cause.text names it */
	CALL_BY_OPERATOR,
};

/* What the SIP side has sent so far, see call_watch.h. */
struct call_hearing {
	uint64_t packets;
	uint64_t since_ms; /* that many */
	bool told;	   /* the log knows of the silence */
};

/* What is told of a route when its configuration may be gone. */
struct call_told {
	char rule[256];		   /* "FILE:LINE"; "": no route */
	char trunk[CONF_NAME_MAX]; /* its target, one of the two; "" both: */
	char peer[CONF_NAME_MAX];  /* no route, or one that rejects */
};

struct call {
	TAILQ_ENTRY(call) link; /* gateway's calls, then its history */
	struct gateway *gateway;
	/* The configuration that it began with: what `route` points into. NULL
	 * once it is over and its legs are gone. */
	const struct conf *conf;
	struct running_conf *held;
	unsigned id;
	char name[160]; /* log name: "call=17 sip=... span=1/5" */
	struct fsm fsm;
	struct leg *a, *b;
	struct bridge *bridge;
	struct leg_setup setup;	   /* as the calling leg had it */
	struct route_result route; /* route.rule is NULL as conf is */
	struct call_sent sent;	   /* to the last leg that was asked */
	struct call_told told;	   /* filled in when the call is over */
	struct leg_number
		connected;	 /* who answered, as the called leg had it */
	struct isdn_tried tried; /* channels the far side refused */
	unsigned attempts;	 /* called legs started */
	struct call_limits limits;
	struct leg_media
		rtp_side;      /* the SIP leg's, kind NONE before it agreed */
	enum bridge_path path; /* as far as the call has come */
	enum bridge_tone tone; /* that the line hears */
	struct call_hearing hearing;
	struct timer announcement;
	struct leg_cause cause; /* why it ended, or is about to */
	enum call_released_by released_by;
	/* clock_now_ms(); 0: has not happened */
	uint64_t start_ms, alerting_ms, answer_ms, end_ms;
	uint64_t start_utc_ns; /* calendar */
	struct trace trace;
	/* As each leg was when it came or took a channel, and when it ended:
	 * for record and history, and for what is asked of every call. */
	struct leg_info info_a, info_b;
	struct bridge_stats media; /* filled in when the call is over */
	struct loop_deferred let_go, free_call;
};

TAILQ_HEAD(call_list, call);

/* The state table, for the engine and for the test that walks it. */
extern const struct fsm_desc call_fsm_desc;

/* What both protocols raise their events into. */
extern const struct leg_sink call_leg_sink;

/* Takes over a calling leg and starts the call. For want of memory the leg is
 * released with cause 41 and freed. */
void call_incoming(struct gateway *gw, struct leg *leg,
		   const struct leg_setup *setup);

/* The operator ends it: cause 16, in any state. */
void call_hangup(struct call *call);

/* Ends it because the gateway stops: cause 31. */
void call_shutdown(struct call *call);

/* Ends it because what it runs over is drained, and its time is over: cause 31.
 */
void call_drained(struct call *call);

/* Ends it because its peer sends nothing, `why` says for how long: cause 41. */
void call_silent(struct call *call, const char *why);

/* Ends it though its legs have not let go: for the auditor. */
void call_force_over(struct call *call);

/* Up-to-date descriptions, also while the legs live. */
void call_describe(const struct call *call, struct leg_info *a,
		   struct leg_info *b, struct bridge_stats *media);

/* Its rule is for emergency calls: no limit, reserve or drain is for it. */
bool call_is_emergency(const struct call *call);

const char *call_state_name(const struct call *call);
const char *call_released_by_name(enum call_released_by by);

/* Frees a call that is over (or half-built). NULL is fine. */
void call_free(struct call *call);

#endif
