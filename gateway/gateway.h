/* The owner of everything: configuration, spans, SIP agent, media, calls.
 * There are no other globals. */
#ifndef TOLLGATE_GATEWAY_H
#define TOLLGATE_GATEWAY_H

#include "conf/conf.h"
#include "gateway/alarm_watch.h"
#include "gateway/audit.h"
#include "gateway/call.h"
#include "gateway/cdr.h"
#include "gateway/class_notice.h"
#include "gateway/control.h"
#include "gateway/drain.h"
#include "gateway/limit_clock.h"
#include "gateway/loop.h"
#include "gateway/running_conf.h"
#include "gateway/stats.h"
#include "gateway/watchdog.h"
#include "sip/agent.h"

#define GATEWAY_HISTORY_MAX 200 /* calls kept for `show call` */

struct gateway_counters {
	uint64_t attempts, answered, failed; /* calls since start */
	/* Calls that were refused, for want of a target that takes them: the
	 * reason is that of the last one. */
	uint64_t no_route, no_channel, span_down;
	uint64_t no_port; /* every RTP port of the range was used */
	uint64_t peer_down, peer_limit, limited, drained;
	uint64_t retried;    /* another channel after cause 44, 6 or 82 */
	uint64_t overflowed; /* another target: one was full, or drained */
	uint64_t rerouted;   /* another target: one failed */
	uint64_t silent;     /* released because their peer sent no RTP */
};

enum gateway_phase {
	GATEWAY_RUNNING,
	GATEWAY_DRAINING, /* is to stop; calls may go to their end yet */
	GATEWAY_STOPPING, /* calls are being ended, SIP still speaks */
	GATEWAY_SIP_DOWN, /* the last ISDN calls are being released */
	GATEWAY_FLUSHING, /* no call is left; exchanges have to hear it */
	GATEWAY_STOPPED,
};

struct gateway {
	const struct conf *conf; /* of new calls: that of `running` */
	struct running_conf *running;
	struct running_conf_count confs;
	struct loop *loop;
	struct isdn *isdn;
	struct sip_agent *sip;
	struct media *media;
	struct cdr *cdr;
	struct control *control;
	struct control *control_read; /* NULL: none */
	struct stats *stats;
	struct watchdog *watchdog;
	struct reload *reload;
	struct limit_table *limits;
	struct limit_clock limit_clock;
	struct audit audit;
	struct class_notice class_notice;
	struct alarm_watch alarm_watch;
	struct call_list calls;	  /* alive, oldest first */
	struct call_list history; /* over, oldest first */
	unsigned call_count, history_count;
	unsigned next_call_id;
	struct gateway_counters counters;
	struct drain_set drains;
	uint64_t start_ms;
	enum gateway_phase phase;
	struct timer drain_timer, stop_timer, flush_timer, watch_timer;
};

/* Builds and starts the whole gateway; takes `conf` over, also when it fails.
 * `file`, kept, not copied, is what it was read from and a reload reads again.
 * 0 or -errno, the reason logged with its remedy. */
int gateway_new(struct gateway **out, struct loop *loop, struct conf *conf,
		const char *file);
/* Takes no new calls, waits drain-timeout for those that run, ends what is left
 * of them, then everything, then stops the loop. Called again it waits no more;
 * and again, while calls are being ended, it cuts them. */
void gateway_stop(struct gateway *gw);
/* True when every call and the SIP stack ended in order and every exchange
 * knows of it. */
bool gateway_stopped(const struct gateway *gw);
/* Writes the records of the calls still alive, for a process that ends now. */
void gateway_cut(struct gateway *gw);
/* After the loop has returned and gateway_stopped. NULL is fine. */
void gateway_free(struct gateway *gw);

/* A call is over: writes its record and moves it to the history. For
 * call_fsm.c only. */
void gateway_call_over(struct gateway *gw, struct call *call);

/* Alive or in the history; NULL: unknown. */
struct call *gateway_call_find(const struct gateway *gw, unsigned id);

#endif
