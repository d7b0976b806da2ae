/* A span as hardware, real or virtual.
 *
 * Above this line a span is: one pollable descriptor that delivers the voice
 * of all its timeslots as one 10 ms block, a D channel of HDLC frames, and
 * alarms. One descriptor a timeslot was measured on a Unix socket and refused:
 * 190 us of CPU per channel-second against 9 for one message a span.
 *
 * Two threads meet here: struct driver (D channel, alarms, life) belongs to
 * the signalling thread, struct tdm to whoever attached it, a media worker.
 */
#ifndef TOLLGATE_DRIVER_H
#define TOLLGATE_DRIVER_H

#include "dahdi/line.h"
#include "media/g711.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

#define TDM_TIMESLOTS 31   /* 1..31, T1: 1..24; index is timeslot - 1 */
#define TDM_BLOCK_BYTES 80 /* samples of a timeslot in a block */
#define TDM_BLOCK_MS 10

/* Largest D-channel frame without FCS: Q.921 5.9.3 N201 = 260 and its header,
 * rounded up; longer ones are dropped and counted. */
#define DCHANNEL_FRAME_MAX 512

struct tdm_block {
	uint8_t timeslot[TDM_TIMESLOTS][TDM_BLOCK_BYTES];
};

/* Counters are written by one thread and read by any, relaxed. */
struct tdm_counters {
	_Atomic uint64_t blocks_in, blocks_out;
	_Atomic uint64_t slips_in; /* blocks lost before we read them */
	_Atomic uint64_t
		slips_out; /* our block dropped: receiver's queue full */
	/* Of a card per channel; of a virtual span at the exchange's end. */
	_Atomic uint64_t overruns;  /* queue full: something was lost */
	_Atomic uint64_t underruns; /* queue empty: idle was played */
	_Atomic uint64_t malformed; /* messages of a wrong size */
};

/* The voice of one span. */
struct tdm {
	const struct tdm_ops *ops;
	int fd; /* readable when a block waits (or a tick is due) */
	struct tdm_counters counters;
};

struct tdm_ops {
	/* 1: `block` is filled; 0: none waits; -ENOTCONN: the span is gone.
	 * Never blocks. */
	int (*read)(struct tdm *tdm, struct tdm_block *block);
	/* Hands over one block for each block read. 0 or -errno; a block that
	 * finds no room is dropped and counted. Never blocks. */
	int (*write)(struct tdm *tdm, const struct tdm_block *block);
	/* Closes and frees. */
	void (*close)(struct tdm *tdm);
	/* Puts the timeslot's echo canceller in, or takes it out. 0, also where
	 * it has none, or -errno. Unlike the others for the signalling thread,
	 * who closes too: it may take milliseconds. NULL: there are none. */
	int (*echo)(struct tdm *tdm, unsigned timeslot, bool on);
};

/* Layer 1 alarms, a bit mask (I.431; names as on every card). */
enum line_alarm {
	LINE_RED = 1,	      /* no signal or no framing from the line */
	LINE_YELLOW = 2,      /* the far end does not hear us (RAI) */
	LINE_BLUE = 4,	      /* all ones (AIS): carrier fault or maintenance */
	LINE_ABSENT = 8,      /* no card, no exchange */
	LINE_LOOPBACK = 16,   /* it hears itself: maintenance */
	LINE_RECOVERING = 32, /* clear again, and watched for a while */
};

/* What a card counts; all 0 on a virtual span. The card's own begin with its
 * driver, and wrap. */
struct line_counters {
	uint64_t hdlc_errors; /* D channel frames aborted, of wrong FCS */
	uint64_t frames_lost; /* times that we read the D channel too late */
	uint64_t frames_odd;  /* D channel frames of an impossible length */
	uint32_t bipolar_violations, crc4_errors, e_bits, frame_errors;
	uint32_t errored_seconds, irq_misses;
	uint64_t slips; /* frames dropped or repeated: two clocks on a line */
};

struct driver;

/* Told to the span, in the signalling thread. */
struct driver_events {
	/* The span's hardware is there. `tdm` is the receiver's from now on
	 * (ops->close); law is the law of its timeslots. */
	void (*up)(void *ctx, struct tdm *tdm, enum g711_law law);
	/* It is gone, or a first attempt to reach it failed; the driver retries
	 * by itself (1, 2, 4 s and so on). `why` is a text for people; while it
	 * stays down, told again only when the reason changes. */
	void (*down)(void *ctx, const char *why);
	/* The whole mask of alarms now present. Not called before up. */
	void (*alarm)(void *ctx, unsigned alarms);
	/* A D-channel frame without FCS; `len` >= 1. */
	void (*frame)(void *ctx, const uint8_t *frame, size_t len);
};

struct driver_ops {
	/* Sends one D-channel frame without FCS. 0, -EAGAIN when full (counted
	 * by the tap: Q.921 repeats it), -ENOTCONN while down. */
	int (*frame_write)(struct driver *drv, const uint8_t *frame,
			   size_t len);
	void (*free)(struct driver *drv);
};

struct driver {
	const struct driver_ops *ops;
	struct line_counters line; /* the signalling thread's */
};

struct driver_virtual_config {
	const char *path;    /* the exchange's socket */
	unsigned span;	     /* its number there, 1..128 */
	enum line_type line; /* what it must be */
	const char *object;  /* the span's log name, kept */
};

/* Gateway side of a virtual span: connects to the exchange and asks for a span
 * of its own; retries for ever. 0 or -errno (only for want of memory). */
int driver_virtual_new(struct driver **out, struct loop *loop,
		       const struct driver_virtual_config *cfg,
		       const struct driver_events *events, void *ctx);

#endif
