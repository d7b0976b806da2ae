/* What gateway and exchange say to each other over a virtual span.
 *
 * The gateway connects to the exchange's SOCK_SEQPACKET Unix socket and asks
 * for one span (struct virtual_hello). The exchange grants it with two more
 * sockets (SCM_RIGHTS, in this order: TDM, D channel) or refuses it with a text
 * for people. The connection then stays: alarms come over it, and its end is
 * the end of the span.
 *
 *   TDM        one struct virtual_tdm per 10 ms and direction; a T1 uses the
 *              first 24 timeslots
 *   D channel  one frame without FCS per message
 *
 * Both ends run on one machine, so numbers are in host order. The first eight
 * bytes of each message and the text of a refusal stay as they are in every
 * version: two ends of different versions can still say so.
 */
#ifndef TOLLGATE_VIRTUAL_PROTOCOL_H
#define TOLLGATE_VIRTUAL_PROTOCOL_H

#include "dahdi/driver.h"
#include "gateway/log.h"
#include "gateway/loop.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

#define VIRTUAL_MAGIC 0x54474531u /* "TGE1" */
#define VIRTUAL_VERSION 2
#define VIRTUAL_SPANS_MAX 128
#define VIRTUAL_TEXT_MAX 160
#define VIRTUAL_HELLO_MS 5000 /* either end waits no longer for the other */

struct virtual_hello {
	uint32_t magic;
	uint16_t version;
	uint16_t span; /* 1.. */
};

enum virtual_notice_type {
	VIRTUAL_GRANTED = 1, /* two descriptors come with it; line */
	VIRTUAL_REFUSED = 2, /* text; the connection ends */
	VIRTUAL_ALARM = 3,   /* alarms: the whole mask (enum line_alarm) */
};

struct virtual_notice {
	uint32_t magic;
	uint16_t version;
	uint16_t type;
	char text[VIRTUAL_TEXT_MAX];
	uint32_t line; /* enum line_type */
	uint32_t alarms;
};

enum virtual_tdm_flag {
	VIRTUAL_TDM_NO_SIGNAL = 1, /* layer 1 is down: the content is idle */
};

struct virtual_tdm {
	uint32_t sequence; /* counts every block, the dropped ones too */
	uint32_t flags;
	struct tdm_block block;
};

_Static_assert(sizeof(struct virtual_hello) == 8, "hello is packed");
_Static_assert(sizeof(struct virtual_notice) == 16 + VIRTUAL_TEXT_MAX,
	       "notice is packed");
_Static_assert(sizeof(struct virtual_tdm) ==
		       8 + TDM_TIMESLOTS * TDM_BLOCK_BYTES,
	       "TDM message is packed");

/* One end of a TDM socket; the thread that owns the struct tdm uses it. */
struct virtual_tdm_end {
	int fd;
	uint32_t out_sequence, in_sequence;
	bool in_started;
	struct tdm_counters *counters;
};

/* Sends a block. 0 (also when it was dropped and counted for want of room) or
 * -ENOTCONN. */
int virtual_tdm_send(struct virtual_tdm_end *end, uint32_t flags,
		     const struct tdm_block *block);
/* Takes the next message of the right size; wrong ones and sequence gaps are
 * counted. 1, 0 when none waits, -ENOTCONN. */
int virtual_tdm_receive(struct virtual_tdm_end *end, struct virtual_tdm *msg);

/* One end of a D channel, on the signalling loop. */
struct virtual_dchannel {
	int fd; /* -1 while closed */
	struct loop_fd *watch;
	const char *object;
	uint64_t oversize; /* frames over DCHANNEL_FRAME_MAX, dropped */
	/* A frame came. May close the channel. */
	void (*frame)(void *ctx, const uint8_t *frame, size_t len);
	/* The other end is gone; the channel is off the loop. */
	void (*gone)(void *ctx);
	void *ctx;
};

/* Starts on `fd`, owned by the channel from now on even on failure. The
 * callbacks, ctx and object are set by the caller. 0 or -errno. */
int virtual_dchannel_open(struct virtual_dchannel *dc, struct loop *loop,
			  int fd);
void virtual_dchannel_close(struct virtual_dchannel *dc);
/* 0, -EAGAIN when the socket is full, -EMSGSIZE, -ENOTCONN. */
int virtual_dchannel_send(struct virtual_dchannel *dc, const uint8_t *frame,
			  size_t len);

/* Fills in the address of a socket file. 0 or -ENAMETOOLONG. */
int virtual_address(struct sockaddr_un *addr, const char *path);

#endif
