/* What is wrong now, and what was: alarms that begin and end.
 *
 * The log tells each change; this is the list of what holds. Alarms are raised
 * in rounds: whoever looks at the gateway raises what it finds, again in every
 * round, and what nobody raised is over when the round ends. Nothing has to
 * remember to clear what is configured no more. */
#ifndef TOLLGATE_ALARM_H
#define TOLLGATE_ALARM_H

#include "gateway/event.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#define ALARM_PAST_MAX 200 /* that are over */

enum alarm_kind {
	ALARM_MEDIA,
	ALARM_NO_LINE,
	ALARM_LINE,
	ALARM_DCHANNEL,
	ALARM_BLOCKED,
	ALARM_PEER,
	ALARM_DRAIN,
	ALARM_CLASS_OUTDATED,
	ALARM_CLASS_DUE,
	ALARM_CONFIG,
	ALARM_RESTART,
	ALARM_WAITS,
	ALARM_PORTS,
	ALARM_RECORDS_WAIT,
	ALARM_RECORDS,
	ALARM_LOG,
	ALARM_STEPS,
	ALARM_AUDIT,
	ALARM_KINDS
};

enum alarm_severity {
	ALARM_MAJOR,  /* calls fail */
	ALARM_MINOR,  /* something is lost, or kept from calls on purpose */
	ALARM_NOTICE, /* will be one */
	ALARM_SEVERITIES
};

struct alarm_info {
	const char *name; /* "d-channel-down" */
	enum alarm_severity severity;
	enum event event;   /* that the log has of it */
	const char *remedy; /* NULL: there is nothing to do */
};

struct alarm {
	TAILQ_ENTRY(alarm) link;
	enum alarm_kind kind;
	char object[80], text[200];
	uint64_t begin_ms, end_ms; /* clock_now_ms(); 0: it holds */
	uint64_t begin_utc_ns;
	bool raised; /* in this round */
};

TAILQ_HEAD(alarm_list, alarm);

struct alarms {
	struct alarm_list now;	/* oldest first */
	struct alarm_list past; /* the last to end first */
	unsigned past_count;
	uint64_t begun; /* since the start */
};

void alarm_init(struct alarms *alarms);
void alarm_free(struct alarms *alarms);

/* It holds, `fmt` says what to people; another text of one that held already
 * takes the place of its old one. For want of memory it is not listed. */
void alarm_raise(struct alarms *alarms, enum alarm_kind kind,
		 const char *object, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* What was not raised since the last call is over. */
void alarm_end_round(struct alarms *alarms);

struct alarm_info alarm_info(enum alarm_kind kind);
/* "major" */
const char *alarm_severity_name(enum alarm_severity severity);

#endif
