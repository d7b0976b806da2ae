/* A kernel with DAHDI in it, for the driver's tests: spans with channels that
 * can be opened, read, written, and broken in every way.
 *
 * Its descriptors are pipes, so that a loop can wait for them: readable while a
 * channel has something, hung up when its span is removed.
 */
#ifndef TOLLGATE_FAKE_DAHDI_H
#define TOLLGATE_FAKE_DAHDI_H

#include "dahdi/dahdi_kernel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_TIMESLOTS 31
#define FAKE_QUEUE 16
#define FAKE_BYTES 1100

struct fake_message {
	size_t len;
	uint8_t bytes[FAKE_BYTES];
};

struct fake_queue {
	unsigned count;
	struct fake_message message[FAKE_QUEUE];
};

struct fake_channel {
	/* Set by a test. */
	int signalling;
	int specify_errno, read_errno, write_errno, ioctl_errno;
	unsigned long ioctl_fails; /* with ioctl_errno; 0: any */
	bool law_fixed;		   /* SETLAW changes nothing */
	bool endless_events;	   /* GETEVENT never empties the queue */
	unsigned tx_room;	   /* messages; above: EAGAIN */
	bool canceller;		   /* echocanceller= names it */
	/* What was done to it. */
	int fd, wake; /* -1 while closed */
	int law, audio, buffer_events, numbufs, bufsize, policy;
	int echo; /* taps of the canceller that is in, 0: none is */
	unsigned echoes, trainings; /* how often it was put in, trained */
	unsigned opens, reads, writes, events_taken;
	unsigned flushes, flush_order, flushed_what;
	struct fake_queue rx, tx;
	unsigned event_count;
	int event[64];
	bool signalled;
};

struct fake_span {
	bool there;
	unsigned timeslots;
	int first; /* channel number of its timeslot 1 */
	char location[40], name[20], description[40];
	char type[6]; /* "": by the timeslots */
	int alarms, lineconfig, bpv, crc4;
	int sync_source;
	bool analogue;
	const char *proc; /* what /proc/dahdi/N says, NULL: not there */
	struct fake_channel channel[FAKE_TIMESLOTS + 1]; /* by timeslot */
};

#define FAKE_SPANS 4

struct fake_dahdi {
	int ctl_errno, channel_errno, spanstat_errno;
	unsigned ctl_opens, fds_open; /* of all kinds */
	unsigned flush_count;
	struct fake_span span[FAKE_SPANS + 1]; /* by number */
};

extern struct fake_dahdi fake_dahdi;
extern const struct dahdi_kernel fake_dahdi_kernel;

/* Spans 1 and 2, E1 with D channel 16, configured by dahdi_cfg; mu-law, as
 * channels without a card are. */
void fake_dahdi_reset(void);
/* Closes what is left open. */
void fake_dahdi_end(void);

void fake_dahdi_event(struct fake_channel *channel, int event);
/* What the channel's next read returns. */
void fake_dahdi_receive(struct fake_channel *channel, const void *bytes,
			size_t len);
/* The span goes while it is open; it is there again with fake_dahdi_return. */
void fake_dahdi_remove(unsigned span);
void fake_dahdi_return(unsigned span);

#endif
