/* The voice: bridges between B channels and RTP, in workers of their own.
 *
 * A worker owns whole spans: their TDM descriptors and the RTP sockets of the
 * calls on them. It is woken by its spans' own 10 ms ticks. Commands go in and
 * results come out by single-producer single-consumer rings; inside the tick
 * there is no malloc, no lock and no log call. All functions here are for the
 * signalling thread.
 */
#ifndef TOLLGATE_MEDIA_H
#define TOLLGATE_MEDIA_H

#include "dahdi/driver.h"
#include "media/g711.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct loop;
struct media;
struct bridge;

struct media_config {
	unsigned workers; /* at least 1; spans are dealt out in turn */
	struct sockaddr_storage address; /* RTP sockets are bound to it */
	uint16_t port_first, port_last;	 /* even ports of the range are RTP */
	uint32_t jitter_buffer_ms;
	const char *tones; /* the country whose tones are played: "de"; NULL or
			      unknown: as in "us" */
};

/* What a B channel hears in place of RTP. */
enum bridge_tone { BRIDGE_TONE_NONE, BRIDGE_TONE_HOLD };

/* Which way sound passes. Before the answer only from the PSTN: a caller must
 * not be able to talk for nothing (Q.1912.5 and RFC 3398 7.2.1.1 have the
 * backward path through-connected early, the forward path on answer). */
enum bridge_path {
	BRIDGE_CLOSED = 0,
	BRIDGE_TO_RTP = 1, /* B channel -> RTP */
	BRIDGE_TO_TDM = 2, /* RTP -> B channel */
	BRIDGE_BOTH = 3,
};

struct bridge_side_rtp {
	struct sockaddr_storage remote, remote_rtcp;
	uint8_t payload_type;
	/* The peer may send the other law as well, from packet to packet. */
	bool both_laws;
	uint8_t other_payload_type;
	/* -1: tones stay in the voice both ways. Else digits are carried as
	 * events (RFC 4733): taken out of the B channel's voice, put into what
	 * it hears. */
	int dtmf_payload_type;
	enum g711_law law; /* of payload_type, which is what is sent */
	unsigned ptime_ms; /* 10..60, a multiple of 10 */
};

struct bridge_config {
	const char *object; /* log name, copied */
	unsigned span;
	unsigned timeslot; /* 1..31 */
	enum g711_law tdm_law;
	/* Tenths of a dB, GAIN_MAX_DDB at most: what RTP gets of the B channel,
	 * and the B channel of RTP. */
	int receive_ddb, transmit_ddb;
	bool echo; /* with the timeslot's echo canceller, if it has one */
};

/* Counters of one bridge, as a copy. */
struct bridge_stats {
	uint64_t rtp_sent, rtp_received;  /* packets */
	uint64_t rtp_lost;		  /* sequence gaps */
	uint64_t rtp_late, rtp_duplicate; /* came too late, came twice */
	uint64_t rtp_malformed; /* length, version; timestamp beyond belief */
	uint64_t rtp_wrong_payload;
	uint64_t rtp_other_source;  /* of another SSRC, before it was taken */
	uint64_t rtp_comfort_noise; /* RFC 3389: played as silence */
	uint64_t rtp_stranger; /* RTP and RTCP not from the addresses that SDP
				  named, or from anyone before it named any */
	uint64_t rtp_send_errors;
	uint64_t concealed_samples;	   /* played for want of a packet */
	uint64_t dtmf_events;		   /* RFC 4733 packets, not audio */
	uint64_t dtmf_ignored;		   /* reports of what is no digit */
	uint64_t dtmf_to_tdm, dtmf_to_rtp; /* digits passed on */
	uint64_t dtmf_dropped; /* digits for the B channel that were not played:
				  too many at once, overtaken, way closed */
	uint64_t rtcp_sent, rtcp_received, rtcp_malformed;
	uint64_t ssrc_changes;
	uint32_t jitter_us; /* RFC 3550 A.8 */
	uint32_t jitter_max_us;
	uint32_t buffer_ms; /* jitter buffer depth now */
	uint64_t
		buffer_jumps; /* it recentred: drift, path, overflow, restart */
};

struct media_span_stats {
	bool attached;
	uint64_t blocks_in, blocks_out, slips_in, slips_out, malformed;
	uint64_t overruns, underruns; /* of channels of a card */
	uint64_t late_ticks; /* wake-ups that found more than one block */
};

/* Starts the workers. 0 or -errno. `loop` hears their results. */
int media_new(struct media **out, struct loop *loop,
	      const struct media_config *cfg);
/* Stops the workers and frees everything, bridges included. NULL is fine. */
void media_free(struct media *media);
/* For bridges made from here on: how long received RTP is held, and the range
 * of ports. 0 or -errno as of media_new, then nothing has changed. */
int media_take(struct media *media, uint32_t jitter_buffer_ms,
	       uint16_t port_first, uint16_t port_last);

/* When the worker that is longest behind last came round, on clock.h, and in
 * `index` which one that is, from 0. Each does twice a second or more, also
 * with nothing to do. */
uint64_t media_ticked_ns(const struct media *media, unsigned *index);

/* Gives a span's voice to its worker, which owns `tdm` from now on; what was
 * attached under this number before is closed. Idle timeslots carry the idle
 * code of `law`. */
void media_span_attach(struct media *media, unsigned span, struct tdm *tdm,
		       enum g711_law law);
/* Detaches and closes it; bridges on it stay and are silent. */
void media_span_detach(struct media *media, unsigned span);
void media_span_stats(struct media *media, unsigned span,
		      struct media_span_stats *out);

/* Bridges not freed, and those that their worker has not given back a second
 * after that: for the auditor. */
unsigned media_bridge_count(const struct media *media);

/* Makes a closed bridge with an RTP and an RTCP socket bound to a pair of free
 * ports. 0, -EADDRINUSE when the range is used up, or -errno. */
int bridge_new(struct bridge **out, struct media *media,
	       const struct bridge_config *cfg);
/* Where the peer is to send its RTP. */
void bridge_local(const struct bridge *bridge, struct sockaddr_storage *out);
/* Sets or changes the RTP side and connects the sockets: what comes from any
 * other address is dropped and counted. remote_rtcp of family AF_UNSPEC or port
 * 0: no RTCP. A remote of 0.0.0.0 or :: is on hold (RFC 3264 8.4): nothing is
 * sent or taken until the next call names an address. 0, -EINVAL for a port or
 * ptime that cannot be, or -errno. */
int bridge_rtp(struct bridge *bridge, const struct bridge_side_rtp *rtp);
/* Opens and closes ways. */
void bridge_path(struct bridge *bridge, enum bridge_path path);
/* Plays a tone to the B channel in place of audio until it is set to
 * BRIDGE_TONE_NONE, whatever ways are open; digits from the peer interrupt it.
 * Hold is what an operator expects of "on hold" without music: two short beeps
 * each 5 s, at the pitch of the country's call waiting tone, which nobody takes
 * for a call that is busy, ringing or lost. It begins anew at each call that
 * changes the tone. */
void bridge_tone(struct bridge *bridge, enum bridge_tone tone);
void bridge_stats(const struct bridge *bridge, struct bridge_stats *out);
/* Stops it; the worker gives it back and the loop frees it later. The timeslot
 * carries idle from the next tick. NULL is fine. */
void bridge_free(struct bridge *bridge);

#endif
