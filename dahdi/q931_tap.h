/* The tap between libpri and the D channel.
 *
 * libpri always runs by pri_new_cb over this tap, which sees every D-channel
 * frame once in each direction. It owns the FCS bytes that libpri expects, the
 * layer-2 counters, the trace, and a store by call reference of the elements
 * received that libpri's API drops (cause location, progress indicators, the
 * peer's call state). It rewrites or splices elements of outgoing I-frames,
 * the same on a retransmission, and never adds or removes a frame.
 */
#ifndef TOLLGATE_Q931_TAP_H
#define TOLLGATE_Q931_TAP_H

#include "dahdi/line.h"
#include "gateway/leg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pri;
struct q931_tap;

enum q931_message {
	Q931_ALERTING = 0x01,
	Q931_CALL_PROCEEDING = 0x02,
	Q931_PROGRESS = 0x03,
	Q931_SETUP = 0x05,
	Q931_CONNECT = 0x07,
	Q931_SETUP_ACK = 0x0d,
	Q931_CONNECT_ACK = 0x0f,
	Q931_DISCONNECT = 0x45,
	Q931_RESTART = 0x46,
	Q931_RELEASE = 0x4d,
	Q931_RESTART_ACK = 0x4e,
	Q931_RELEASE_COMPLETE = 0x5a,
	Q931_FACILITY = 0x62,
	Q931_NOTIFY = 0x6e,
	Q931_STATUS_ENQUIRY = 0x75,
	Q931_INFORMATION = 0x7b,
	Q931_STATUS = 0x7d,
};

/* One layer-3 message as the tap saw it. `call` is the call reference value
 * (Q.931 4.3), 0 the global or the dummy one; `ours` tells that our side
 * allocated it. libpri has it as pri_get_crv(pri, call, &mode): the value is
 * crv << 3 | mode. */
struct q931_seen {
	enum leg_direction dir;
	unsigned call;
	bool ours;
	uint8_t type; /* enum q931_message */
	const uint8_t *ies;
	size_t ies_len;
};

/* What was last received on a call reference, beyond libpri's API. */
struct q931_received {
	uint8_t message; /* type of the message the cause came in */
	uint8_t cause;	 /* 0: none */
	uint8_t cause_location;
	uint16_t progress; /* bit n: progress indicator n in the last message */
	uint8_t call_state; /* from STATUS, 0xff: none */
};

struct q931_tap_counters {
	uint64_t frames_in, frames_out;
	uint64_t messages_in, messages_out; /* layer 3 */
	uint64_t malformed_in; /* not a frame, or elements that do not parse */
	uint64_t lost_out;     /* the descriptor was full or gone */
	uint64_t store_full;   /* call references forgotten for want of room */
};

struct q931_tap_config {
	bool network_side;
	/* When the link is back, libpri tells the peer the state of each active
	 * call by a STATUS of cause 31. Ask for the peer's instead, by STATUS
	 * ENQUIRY: Q.931 5.8.9 leaves the choice, and only an answer tells
	 * whether both still mean the same call. */
	bool enquires;
	enum line_type line;
	enum line_protocol protocol;
	const char *object; /* span's log name, kept */
	/* Sends a frame without FCS: driver_ops.frame_write. */
	int (*frame_write)(void *ctx, const uint8_t *frame, size_t len);
	/* Every layer-3 message, both directions, once: not its repetitions by
	 * Q.921. Called from within libpri, so it must not call libpri. May be
	 * NULL. */
	void (*seen)(void *ctx, const struct q931_seen *message);
	void *ctx;
};

/* Makes the tap and its struct pri. One for the life of the
 * process: libpri has no pri_free; q931_tap_free frees only the tap and is for
 * the end of the process. 0 or -errno. */
int q931_tap_new(struct q931_tap **out, const struct q931_tap_config *cfg);
void q931_tap_free(struct q931_tap *tap);

struct pri *q931_tap_pri(struct q931_tap *tap);

/* A frame arrived from the driver: it is what libpri's next read returns, so
 * pri_check_event must follow before the next frame. Elements that libpri
 * would read beyond their end are cut out, and a message without a Q.931
 * header, or on the global call reference and none of those that belong there
 * (Q.931 5.8.3.2 f), is emptied. -EBADMSG: not a Q.921 frame of this link
 * (SAPI 0, TEI 0, no UI), dropped. All of it is counted in malformed_in. */
int q931_tap_frame_in(struct q931_tap *tap, const uint8_t *frame, size_t len);

/* The hardware below is gone. libpri has no door for a PH-DEACTIVATE indication
 * (Q.921 5.5), so it is given the frame that leaves it in the same state: calls
 * that are not active are cleared at once, active ones wait T309. It is what
 * libpri's next read returns. */
void q931_tap_link_lost(struct q931_tap *tap);

/* The hardware below is there. A SABME that found no line goes out now: left to
 * T200, both ends would repeat theirs in phases of their own, and the later
 * one would reset the link under the first call's SETUP. */
void q931_tap_link_found(struct q931_tap *tap);

/* True when the peer has acknowledged every message that was sent (Q.921
 * 5.6.3), and where there is no link to send one over. */
bool q931_tap_flushed(const struct q931_tap *tap);

/* Whether the peer has shown since its last silence that its own side of the
 * link is up: its SABME was answered, or a frame came that only a link carries.
 * One whose SABME found nobody answers ours, takes no message until its own is
 * repeated and answered, and loses by that repetition what we sent meanwhile
 * (Q.921 5.5.1.2, 5.7.1). */
bool q931_tap_peer_up(const struct q931_tap *tap);

/* Whether the link is down because the peer has ended it (DISC). */
bool q931_tap_released(const struct q931_tap *tap);

/* How often the peer has reset a link that was up: each time messages of ours
 * may have been lost. */
unsigned q931_tap_resets(const struct q931_tap *tap);

/* What was received on a call reference; NULL when nothing was. Valid until
 * the next frame. */
const struct q931_received *q931_tap_received(const struct q931_tap *tap,
					      unsigned call, bool ours);
/* Forgets a call reference: its call is over. */
void q931_tap_forget(struct q931_tap *tap, unsigned call, bool ours);

/* A call reference of the store. */
struct q931_reference {
	unsigned call;
	bool ours;
	bool over; /* RELEASE COMPLETE has passed on it */
};

/* Lists at most `max` of them, which is 128 at the most; returns how many. */
#define Q931_REFERENCES_MAX 128
size_t q931_tap_references(const struct q931_tap *tap,
			   struct q931_reference *out, size_t max);

/* Every cause sent from now on in this call's DISCONNECT, RELEASE, RELEASE
 * COMPLETE or PROGRESS carries this Q.850 location; libpri alone would always
 * say "private network serving the local user". */
void q931_tap_send_location(struct q931_tap *tap, unsigned call, bool ours,
			    uint8_t location);
/* Every RELEASE sent from now on in it carries this cause. That which libpri
 * sends when T305 has run out always has 16, and not that of the DISCONNECT as
 * Q.931 5.3.3 and 5.3.4 have it. */
void q931_tap_send_release_cause(struct q931_tap *tap, unsigned call, bool ours,
				 uint8_t cause);
/* The next message of `type` on it carries progress indicator `pi`, in place of
 * libpri's if there is one (Q.931 4.5.23; location `location`). */
void q931_tap_send_progress(struct q931_tap *tap, unsigned call, bool ours,
			    uint8_t type, uint8_t pi, uint8_t location);

/* Every NOTIFY from now on in it is sent as a STATUS ENQUIRY (Q.931 5.8.10),
 * which libpri cannot send: several may wait for the link at once. */
void q931_tap_send_enquiry(struct q931_tap *tap, unsigned call, bool ours);

const struct q931_tap_counters *q931_tap_counters(const struct q931_tap *tap);

/* "SETUP", "RELEASE COMPLETE", or "message 0x31". Static or `buf`. */
const char *q931_message_name(uint8_t type, char buf[24]);

/* Finds element `id` in `ies`; NULL when absent or malformed. `*len` is that
 * of its contents, the returned pointer is to its first content octet. */
const uint8_t *q931_ie_find(const uint8_t *ies, size_t ies_len, uint8_t id,
			    size_t *len);

#endif
