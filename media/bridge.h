/* One call's voice, as its worker sees it: 10 ms blocks of the B channel on
 * one side, RTP and RTCP sockets on the other. media.h has the signalling
 * thread's view.
 *
 * The worker calls everything here, and nothing here allocates, locks, logs or
 * blocks. Each block is bridge_receive, then bridge_tick, so that after a stall
 * the packets that waited are in the buffer before a block that waited asks for
 * them.
 */
#ifndef TOLLGATE_BRIDGE_H
#define TOLLGATE_BRIDGE_H

#include "media/dtmf_in.h"
#include "media/dtmf_out.h"
#include "media/dtmf_queue.h"
#include "media/dtmf_sender.h"
#include "media/gain.h"
#include "media/jbuf.h"
#include "media/media.h"
#include "media/rtcp.h"
#include "media/rtp.h"
#include "media/rtp_source.h"
#include "media/sock.h"

#include <stdatomic.h>
#include <sys/queue.h>

#define BRIDGE_PTIME_MIN_MS 10
#define BRIDGE_PTIME_MAX_MS 60
#define BRIDGE_PAYLOAD_MAX (BRIDGE_PTIME_MAX_MS * 8)
/* Blocks that are kept back at most while a digit may have begun. */
#define BRIDGE_HELD_BLOCKS 2
#define BRIDGE_OBJECT_MAX 64

struct cadence;
struct worker_span;

/* Written by the worker, read by any, relaxed. */
struct bridge_counters {
	_Atomic uint64_t rtp_sent, rtp_received, rtp_lost, rtp_late;
	_Atomic uint64_t rtp_duplicate, rtp_malformed, rtp_wrong_payload;
	_Atomic uint64_t rtp_send_errors, concealed_samples, rtp_comfort_noise;
	_Atomic uint64_t dtmf_events, dtmf_ignored, dtmf_dropped;
	_Atomic uint64_t dtmf_to_tdm, dtmf_to_rtp;
	_Atomic uint64_t rtcp_sent, rtcp_received, rtcp_malformed;
	_Atomic uint64_t rtp_other_source, ssrc_changes, buffer_jumps;
	_Atomic uint32_t jitter_us, jitter_max_us, buffer_ms;
};

/* What of struct bridge_side_rtp the worker needs. */
struct bridge_format {
	bool set;
	bool rtcp; /* the RTCP socket has a peer */
	uint8_t payload_type;
	bool both_laws;
	uint8_t other_payload_type;
	int dtmf_payload_type;
	enum g711_law law;
	unsigned payload_bytes; /* of a packet we send */
};

struct bridge {
	/* The signalling thread's alone. */
	LIST_ENTRY(bridge) link;
	struct media *media;
	char object[BRIDGE_OBJECT_MAX];
	struct sockaddr_storage local;
	struct sockaddr_storage remote, remote_rtcp; /* AF_UNSPEC: none yet */
	uint16_t port;
	uint64_t flushed;   /* packets that came before the peer was named */
	bool echo, echo_on; /* a canceller is wanted; is asked for */
	bool leaving;
	uint64_t leaving_ms; /* since then */

	/* Constant once the worker has it. */
	struct worker_span *span;
	unsigned timeslot;
	enum g711_law tdm_law;
	struct sock rtp, rtcp;
	uint32_t ssrc;
	char cname[RTCP_CNAME_MAX + 1];
	const struct cadence *hold;	 /* the media engine's */
	struct gain *receive, *transmit; /* NULL: 0 dB */

	/* Both threads'. */
	_Atomic int path; /* enum bridge_path, the signalling thread's word */
	_Atomic int tone; /* enum bridge_tone, likewise */
	struct bridge_counters count;

	/* The worker's alone. */
	struct bridge_format format;
	struct jbuf *jbuf;
	struct rtp_source source;
	bool in_step;	 /* the last sweep found one packet of two blocks */
	unsigned spared; /* sweeps that could be */
	uint16_t seq;
	uint32_t timestamp; /* of the next sample from the B channel */
	bool marker;	    /* on the next packet */
	/* Samples not sent yet, after room for a header: a packet's, and more
	 * while they are kept back. */
	unsigned filled;
	uint8_t packet[RTP_HEADER_BYTES + BRIDGE_PAYLOAD_MAX +
		       BRIDGE_HELD_BLOCKS * TDM_BLOCK_BYTES];
	struct dtmf_in *dtmf_in;
	bool listening; /* it has heard the block before */
	struct dtmf_sender dtmf_sender;
	struct dtmf_queue dtmf_queue;
	struct dtmf_out dtmf_out;
	int tone_playing;	/* enum bridge_tone */
	unsigned tone_position; /* of its cadence */
	/* Samples for which nothing is missed: the peer sent digits or comfort
	 * noise in place of audio. */
	uint32_t excused;
	uint64_t sent_octets;
	uint64_t sent_at_report[2]; /* packets, at the last two reports */
	unsigned rtcp_ticks;	    /* until the next report */
	unsigned rtcp_sweep;	    /* ticks until the socket is read */
	uint32_t last_sr;	    /* middle of the peer's NTP time; 0: none */
	uint64_t last_sr_ns;	    /* when it came, calendar */
	uint32_t random;	    /* state of a small generator */
};

/* Sets the worker's start values, once law and jitter buffer are there; the
 * signalling thread, before the worker has the bridge. */
void bridge_begin(struct bridge *b, const uint32_t random[4]);

void bridge_set_format(struct bridge *b, const struct bridge_format *format);

/* Takes in what waits at the sockets. */
void bridge_receive(struct bridge *b);

/* One block each way. */
void bridge_tick(struct bridge *b, const uint8_t in[TDM_BLOCK_BYTES],
		 uint8_t out[TDM_BLOCK_BYTES]);

/* A block's time passes while the span does not tick: nothing is sent. */
void bridge_idle_tick(struct bridge *b);

#endif
