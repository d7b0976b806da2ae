#include "dahdi/q931_tap.h"

#include "dahdi/driver.h"
#include "dahdi/q931_message.h"
#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/log.h"

#include <errno.h>
#include <libpri.h>
#include <stdlib.h>
#include <string.h>

#define FCS_OCTETS 2
#define I_HEADER 4
#define U_FRAME 3
#define MODULO 128
/* k, outstanding I-frames (Q.921 5.9.5): libpri's default is 7. */
#define WINDOW 8
/* N201 (Q.921 5.9.3): octets of an information field. */
#define INFORMATION_MAX 260
#define PROGRESS_IE_OCTETS 4

#define STORE_MAX Q931_REFERENCES_MAX
#define PROGRESS_RULES 2
#define MINUTE_MS 60000
/* Of libpri's error lines; the rest of the minute's go to the debug log. */
#define ERRORS_PER_MINUTE 5
/* Both ways on a primary rate, and the peer's thinking, take less. */
#define SABME_UNHEARD_MS 100

/* Unnumbered frames without their P/F bit (Q.921 table 5). */
enum u_frame {
	U_DM = 0x0f,
	U_DISC = 0x43,
	U_UA = 0x63,
	U_SABME = 0x6f,
	U_FRMR = 0x87,
};
#define PF_BIT 0x10
#define CALL_STATE_ACTIVE 10 /* Q.931 4.5.7: U10 and N10 */

struct progress_rule {
	uint8_t type; /* message it waits for, 0: none */
	uint8_t pi, location;
};

/* What is known of one call reference. */
struct reference {
	bool used, ours, over;
	unsigned call;
	uint64_t touched; /* order of last use */
	bool heard;	  /* something was received */
	struct q931_received received;
	bool has_location;
	uint8_t location;
	uint8_t release_cause; /* 0: libpri's */
	bool enquire;	       /* by NOTIFY */
	struct progress_rule progress[PROGRESS_RULES];
};

/* An I-frame of ours as it went out, until the peer acknowledges it: libpri
 * repeats the frame as it wrote it, and the line must see the same octets. */
struct sent_frame {
	uint8_t ns;
	size_t len;
	uint8_t octets[DCHANNEL_FRAME_MAX + PROGRESS_IE_OCTETS];
};

struct q931_tap {
	struct q931_tap_config cfg;
	struct pri *pri;
	struct q931_tap_counters counters;

	/* The frame that libpri reads next, with room for the FCS. */
	uint8_t waiting[DCHANNEL_FRAME_MAX + FCS_OCTETS];
	size_t waiting_len;

	/* Q.921 as seen from here: enough to tell a new frame from a repeated
	 * one, never to decide anything. */
	bool link_up, peer_up, sabme_sent, disc_received;
	unsigned resets;
	uint8_t sabme[U_FRAME];	 /* the last that libpri sent */
	uint64_t sabme_ms;	 /* when */
	uint8_t unsent[U_FRAME]; /* a SABME that found no line, else zeros */
	uint8_t vr, va, vs;
	struct sent_frame sent[WINDOW];

	struct reference store[STORE_MAX];
	uint64_t touch_count;
	struct log_limit libpri_limit;
};

/* The peer can cause these lines at will. */
static void complain(struct q931_tap *tap, const char *what)
{
	tap->counters.malformed_in++;
	log_event(EVENT_DCHANNEL_MALFORMED, tap->cfg.object,
		  "count=%llu D channel: %s (%llu malformed since start)",
		  (unsigned long long)tap->counters.malformed_in, what,
		  (unsigned long long)tap->counters.malformed_in);
}

static struct reference *store_find(const struct q931_tap *tap, unsigned call,
				    bool ours)
{
	for (size_t i = 0; i < STORE_MAX; i++) {
		const struct reference *ref = &tap->store[i];

		if (ref->used && ref->call == call && ref->ours == ours)
			return (struct reference *)ref;
	}
	return NULL;
}

/* A free place, else the one whose call is over and was longest untouched,
 * else the longest untouched of all. */
static struct reference *store_victim(struct q931_tap *tap)
{
	struct reference *victim = NULL;

	for (size_t i = 0; i < STORE_MAX; i++) {
		struct reference *ref = &tap->store[i];

		if (!ref->used)
			return ref;
		if (!victim || ref->over > victim->over ||
		    (ref->over == victim->over &&
		     ref->touched < victim->touched))
			victim = ref;
	}
	tap->counters.store_full++;
	return victim;
}

static struct reference *store_get(struct q931_tap *tap, unsigned call,
				   bool ours)
{
	struct reference *ref = store_find(tap, call, ours);

	if (!ref) {
		ref = store_victim(tap);
		*ref = (struct reference){
			.used = true,
			.call = call,
			.ours = ours,
			.received = { .call_state = 0xff },
		};
	}
	ref->touched = ++tap->touch_count;
	return ref;
}

static bool clears(uint8_t type)
{
	return type == Q931_DISCONNECT || type == Q931_RELEASE ||
	       type == Q931_RELEASE_COMPLETE;
}

/* The first clearing message says why the call ends (Q.931 5.3.3 note); a
 * STATUS that crosses it must not overwrite that. */
static void store_cause(struct q931_received *out, uint8_t type,
			const struct q931_ie *ie)
{
	uint8_t value;

	if (ie->len < 2 || (!(ie->data[0] & 0x80) && ie->len < 3))
		return;
	if (out->cause && clears(out->message))
		return;
	value = ie->data[ie->data[0] & 0x80 ? 1 : 2] & 0x7f;
	out->message = type;
	out->cause = value;
	out->cause_location = ie->data[0] & 0x0f;
}

static void store_elements(struct q931_received *out, uint8_t type,
			   const uint8_t *ies, size_t len)
{
	struct q931_walk walk;
	struct q931_ie ie;

	out->progress = 0;
	q931_walk_start(&walk, ies, len);
	while (q931_walk_next(&walk, &ie) > 0) {
		if (ie.codeset != 0 || !ie.data)
			continue;
		if (ie.id == Q931_IE_CAUSE)
			store_cause(out, type, &ie);
		else if (ie.id == Q931_IE_CALL_STATE && ie.len >= 1)
			out->call_state = ie.data[0] & 0x3f;
		else if (ie.id == Q931_IE_PROGRESS && ie.len >= 2 &&
			 (ie.data[1] & 0x7f) < 16)
			out->progress |= (uint16_t)(1U << (ie.data[1] & 0x7f));
	}
}

static void report(struct q931_tap *tap, enum leg_direction dir,
		   const struct q931_header *header, const uint8_t *ies,
		   size_t len)
{
	struct q931_seen seen = {
		.dir = dir,
		.call = header->call,
		.ours = header->from_origin == (dir == LEG_OUT),
		.type = header->type,
		.ies = ies,
		.ies_len = len,
	};

	if (tap->cfg.seen)
		tap->cfg.seen(tap->cfg.ctx, &seen);
}

static void link_reset(struct q931_tap *tap, bool up)
{
	tap->link_up = up;
	tap->vr = tap->va = tap->vs = 0;
}

static uint8_t distance(uint8_t from, uint8_t to)
{
	return (uint8_t)((to - from) & (MODULO - 1));
}

/* N(R) of the peer: our frames before it have arrived. */
static void acknowledged(struct q931_tap *tap, uint8_t nr)
{
	if (distance(tap->va, nr) <= distance(tap->va, tap->vs))
		tap->va = nr;
}

/* A new message of the peer's, on its way to libpri. */
static void message_in(struct q931_tap *tap, const struct q931_header *header,
		       const uint8_t *ies, size_t len)
{
	tap->counters.messages_in++;
	if (header->call) {
		struct reference *ref =
			store_get(tap, header->call, !header->from_origin);

		ref->heard = true;
		ref->over |= header->type == Q931_RELEASE_COMPLETE;
		store_elements(&ref->received, header->type, ies, len);
	}
	report(tap, LEG_IN, header, ies, len);
}

/* The global call reference (Q.931 4.3) is no call's: libpri would ring for a
 * SETUP on it, and neither clearing nor the loss of the link would ever end
 * that call. */
static bool belongs_there(const struct q931_header *header)
{
	if (header->dummy || header->call)
		return true;
	return header->type == Q931_RESTART ||
	       header->type == Q931_RESTART_ACK || header->type == Q931_STATUS;
}

/* Makes the message within `frame` fit for libpri and takes note of it. One
 * that is to be ignored keeps its frame, emptied: Q.921 has to count it.
 * Returns the frame's new length. */
static size_t information_in(struct q931_tap *tap, uint8_t *frame, size_t len)
{
	bool fresh = tap->link_up && frame[2] >> 1 == tap->vr;
	struct q931_header header;
	unsigned removed;
	uint8_t *ies;
	size_t ies_len;

	acknowledged(tap, frame[3] >> 1);
	if (fresh)
		tap->vr = (tap->vr + 1) & (MODULO - 1);
	if (q931_header_parse(frame + I_HEADER, len - I_HEADER, &header) < 0) {
		complain(tap, "a message without a Q.931 header was ignored");
		return I_HEADER;
	}
	if (!belongs_there(&header)) {
		complain(tap, "a message that is none for the global call "
			      "reference was ignored");
		return I_HEADER;
	}
	ies = frame + I_HEADER + header.ies_at;
	ies_len = q931_sanitize(ies, (size_t)(frame + len - ies), &removed);
	if (removed)
		complain(tap, "an element that does not parse was cut out");
	if (fresh)
		message_in(tap, &header, ies, ies_len);
	return (size_t)(ies + ies_len - frame);
}

static void link_note_in(struct q931_tap *tap, uint8_t control)
{
	switch (control & ~PF_BIT) {
	case U_SABME:
		tap->disc_received = false;
		tap->resets += tap->link_up;
		break;
	case U_DISC: tap->disc_received = true; break;
	case U_UA:
		if (!(control & PF_BIT) || !tap->sabme_sent)
			break;
		tap->sabme_sent = tap->disc_received = false;
		link_reset(tap, true);
		break;
	default: break;
	}
}

/* Only the frames of a point-to-point link: SAPI 0, TEI 0, no UI frames and no
 * TEI management, which do not exist on a primary rate (Q.921 annex A). */
static bool frame_is_ours(const uint8_t *frame, size_t len)
{
	if (len < 3 || len > DCHANNEL_FRAME_MAX)
		return false;
	if ((frame[0] & 0xfd) != 0x00 || frame[1] != 0x01)
		return false;
	if ((frame[2] & 0x03) != 0x03)
		return len >= I_HEADER;
	switch (frame[2] & ~PF_BIT) {
	case U_DM:
	case U_DISC:
	case U_UA:
	case U_SABME:
	case U_FRMR: return true;
	default: return false;
	}
}

int q931_tap_frame_in(struct q931_tap *tap, const uint8_t *frame, size_t len)
{
	uint8_t control;

	if (!frame_is_ours(frame, len)) {
		complain(tap, "a frame that is none of Q.921's was dropped");
		return -EBADMSG;
	}
	tap->counters.frames_in++;
	memcpy(tap->waiting, frame, len);
	control = frame[2];
	tap->peer_up |= tap->link_up && (control & 0x03) != 0x03;
	if (!(control & 0x01))
		len = information_in(tap, tap->waiting, len);
	else if ((control & 0x03) == 0x01)
		acknowledged(tap, frame[3] >> 1);
	else
		link_note_in(tap, control);
	tap->waiting_len = len;
	return 0;
}

void q931_tap_link_lost(struct q931_tap *tap)
{
	/* DISC, command with P, from the peer. */
	const uint8_t from = tap->cfg.network_side ? 0x00 : 0x02;
	const uint8_t disc[] = { from, 0x01, U_DISC | PF_BIT };

	memcpy(tap->waiting, disc, sizeof disc);
	tap->waiting_len = sizeof disc;
	link_note_in(tap, disc[2]);
}

static int libpri_read(struct pri *pri, void *buf, int size)
{
	struct q931_tap *tap = pri_get_userdata(pri);
	size_t len = tap->waiting_len;

	if (!len || size < (int)(len + FCS_OCTETS))
		return 0;
	/* libpri takes two octets off as FCS and looks at none of them. */
	memset(tap->waiting + len, 0, FCS_OCTETS);
	memcpy(buf, tap->waiting, len + FCS_OCTETS);
	tap->waiting_len = 0;
	return (int)(len + FCS_OCTETS);
}

static bool is_sabme(const uint8_t *frame)
{
	return (frame[2] & ~PF_BIT) == U_SABME;
}

static void frame_out(struct q931_tap *tap, const uint8_t *frame, size_t len)
{
	int err = tap->cfg.frame_write(tap->cfg.ctx, frame, len);

	memset(tap->unsent, 0, sizeof tap->unsent);
	if (err == 0) {
		tap->counters.frames_out++;
		return;
	}
	/* Not lost: it waits for the line. */
	if (err == -ENOTCONN && is_sabme(frame))
		memcpy(tap->unsent, frame, sizeof tap->unsent);
	else
		tap->counters.lost_out++;
}

void q931_tap_link_found(struct q931_tap *tap)
{
	const uint8_t frame[U_FRAME] = { tap->unsent[0], tap->unsent[1],
					 tap->unsent[2] };

	if (is_sabme(frame))
		frame_out(tap, frame, sizeof frame);
}

bool q931_tap_flushed(const struct q931_tap *tap)
{
	return !tap->link_up || tap->va == tap->vs;
}

/* Puts the indicator of `rule` in place of libpri's, or adds it. Returns the
 * new length. */
static size_t progress_out(const struct progress_rule *rule, uint8_t *ies,
			   size_t len, size_t room)
{
	size_t pi_len;
	const uint8_t *pi = q931_ie_find(ies, len, Q931_IE_PROGRESS, &pi_len);

	if (pi && pi_len >= 2) {
		ies[pi - ies] = 0x80 | (rule->location & 0x0f);
		ies[pi - ies + 1] = 0x80 | rule->pi;
	} else if (!pi && room >= PROGRESS_IE_OCTETS) {
		len = q931_progress_insert(ies, len, rule->pi, rule->location);
	}
	return len;
}

/* Applies what was asked for this call reference. Returns the new length. */
static size_t elements_out(struct reference *ref,
			   const struct q931_header *header, uint8_t *ies,
			   size_t len, size_t room)
{
	size_t was;

	if (ref->has_location &&
	    (clears(header->type) || header->type == Q931_PROGRESS))
		q931_cause_relocate(ies, len, ref->location);
	if (ref->release_cause && header->type == Q931_RELEASE)
		q931_cause_replace(ies, len, ref->release_cause);
	for (size_t i = 0; i < PROGRESS_RULES; i++) {
		struct progress_rule *rule = &ref->progress[i];

		if (!rule->type || rule->type != header->type)
			continue;
		was = len;
		len = progress_out(rule, ies, len, room);
		room -= len - was;
		rule->type = 0;
	}
	return len;
}

/* libpri sends a STATUS of cause 31 only when the link is back. */
static bool tells_active(const uint8_t *ies, size_t len)
{
	size_t cause_len, state_len;
	const uint8_t *cause =
		q931_ie_find(ies, len, Q931_IE_CAUSE, &cause_len);
	const uint8_t *state =
		q931_ie_find(ies, len, Q931_IE_CALL_STATE, &state_len);

	return cause && cause_len >= 2 && state && state_len >= 1 &&
	       (cause[1] & 0x7f) == PRI_CAUSE_NORMAL_UNSPECIFIED &&
	       (state[0] & 0x3f) == CALL_STATE_ACTIVE;
}

static bool becomes_enquiry(const struct q931_tap *tap,
			    const struct reference *ref,
			    const struct q931_header *header,
			    const uint8_t *ies, size_t len)
{
	if (header->type == Q931_STATUS)
		return tap->cfg.enquires && tells_active(ies, len);
	return header->type == Q931_NOTIFY && ref && ref->enquire;
}

/* A message that libpri sends for the first time. */
static void message_out(struct q931_tap *tap, struct sent_frame *sent)
{
	uint8_t *message = sent->octets + I_HEADER, *ies;
	size_t len = sent->len - I_HEADER, ies_len, room = 0;
	struct q931_header header;
	struct reference *ref;

	if (q931_header_parse(message, len, &header) < 0)
		return;
	tap->counters.messages_out++;
	ies = message + header.ies_at;
	ies_len = len - header.ies_at;
	if (len < INFORMATION_MAX)
		room = INFORMATION_MAX - len;
	ref = store_find(tap, header.call, header.from_origin);
	if (header.call && ref) {
		ies_len = elements_out(ref, &header, ies, ies_len, room);
		ref->over |= header.type == Q931_RELEASE_COMPLETE;
	}
	if (header.call && becomes_enquiry(tap, ref, &header, ies, ies_len)) {
		header.type = message[header.ies_at - 1] = Q931_STATUS_ENQUIRY;
		ies_len = 0;
	}
	sent->len = I_HEADER + header.ies_at + ies_len;
	report(tap, LEG_OUT, &header, ies, ies_len);
}

static void information_out(struct q931_tap *tap, const uint8_t *frame,
			    size_t len)
{
	uint8_t ns = frame[2] >> 1;
	struct sent_frame *sent = &tap->sent[ns % WINDOW];
	bool repeated = distance(tap->va, ns) < distance(tap->va, tap->vs) &&
			sent->ns == ns;

	if (!repeated) {
		if (ns != tap->vs)
			tap->va = ns;
		tap->vs = (ns + 1) & (MODULO - 1);
		sent->ns = ns;
		sent->len = len;
		memcpy(sent->octets, frame, len);
		message_out(tap, sent);
	}
	/* Address and control fields are always libpri's latest. */
	memcpy(sent->octets, frame, I_HEADER);
	frame_out(tap, sent->octets, sent->len);
}

/* Follows libpri's own view of the link. */
static void link_note_out(struct q931_tap *tap, const uint8_t *frame)
{
	uint8_t control = frame[2];

	if ((control & 0x03) != 0x03) {
		tap->link_up = true;
		tap->vr = frame[3] >> 1;
		return;
	}
	switch (control & ~PF_BIT) {
	case U_SABME:
		tap->link_up = tap->peer_up = false;
		tap->sabme_sent = true;
		memcpy(tap->sabme, frame, sizeof tap->sabme);
		tap->sabme_ms = clock_now_ms();
		break;
	case U_UA:
		/* Answers a DISC, or a SABME. Of two SABMEs that crossed, the
		 * answer to ours comes before the peer's first message; one of
		 * ours that libpri gave up (N200) is never answered. */
		tap->sabme_sent = false;
		link_reset(tap, !tap->disc_received);
		tap->peer_up = tap->link_up;
		break;
	case U_DISC: tap->sabme_sent = false; /* fall through */
	case U_DM: tap->link_up = tap->peer_up = false; break;
	default: break;
	}
}

/* Whether `frame` answers the peer's SABME while ours went unheard: nobody was
 * there. Two that crossed are younger. */
static bool sabme_unheard(const struct q931_tap *tap, const uint8_t *frame)
{
	return (frame[2] & ~PF_BIT) == U_UA && tap->sabme_sent &&
	       clock_now_ms() - tap->sabme_ms >= SABME_UNHEARD_MS;
}

static int libpri_write(struct pri *pri, void *buf, int size)
{
	struct q931_tap *tap = pri_get_userdata(pri);
	const uint8_t *frame = buf;
	size_t len = (size_t)size - FCS_OCTETS;
	bool again;

	if (size < 3 + FCS_OCTETS || len > DCHANNEL_FRAME_MAX) {
		tap->counters.lost_out++;
		return size;
	}
	again = sabme_unheard(tap, frame);
	link_note_out(tap, frame);
	if (!(frame[2] & 0x01) && len >= I_HEADER)
		information_out(tap, frame, len);
	else
		frame_out(tap, frame, len);
	/* The peer is up with that answer, and may send a SETUP before T200
	 * repeats ours, which would reset the link under it. */
	if (again) {
		tap->sabme_sent = true;
		frame_out(tap, tap->sabme, sizeof tap->sabme);
	}
	/* A frame lost here is repeated by Q.921; libpri would only print. */
	return size;
}

/* The peer makes libpri write most of these. */
static int libpri_error_level(struct q931_tap *tap)
{
	bool loud = log_allowed(&tap->libpri_limit, ERRORS_PER_MINUTE,
				MINUTE_MS, NULL);

	return loud ? LOG_WARNING : LOG_DEBUG;
}

/* libpri ends its lines itself, and may write several at once. */
static void libpri_log(struct pri *pri, int level, const char *text)
{
	const struct q931_tap *tap = pri_get_userdata(pri);
	const char *object = tap ? tap->cfg.object : NULL;
	size_t len = strlen(text);

	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	if (len && level == LOG_WARNING)
		log_event(EVENT_LIBPRI_ERROR, object, "libpri: %.*s", (int)len,
			  text);
	else if (len)
		log_line(level, object, "libpri: %.*s", (int)len, text);
}

static void libpri_message(struct pri *pri, char *text)
{
	libpri_log(pri, LOG_DEBUG, text);
}

static void libpri_error(struct pri *pri, char *text)
{
	struct q931_tap *tap = pri_get_userdata(pri);

	libpri_log(pri, tap ? libpri_error_level(tap) : LOG_WARNING, text);
}

static int libpri_switch(const struct q931_tap_config *cfg)
{
	if (cfg->protocol == LINE_NI2)
		return PRI_SWITCH_NI2;
	return cfg->line == LINE_TYPE_T1 ? PRI_SWITCH_EUROISDN_T1
					 : PRI_SWITCH_EUROISDN_E1;
}

int q931_tap_new(struct q931_tap **out, const struct q931_tap_config *cfg)
{
	struct q931_tap *tap = calloc(1, sizeof *tap);

	if (!tap)
		return -ENOMEM;
	tap->cfg = *cfg;
	pri_set_message(libpri_message);
	pri_set_error(libpri_error);
	tap->pri =
		pri_new_cb(-1, cfg->network_side ? PRI_NETWORK : PRI_CPE,
			   libpri_switch(cfg), libpri_read, libpri_write, tap);
	if (!tap->pri) {
		q931_tap_free(tap);
		return -ENOMEM;
	}
	*out = tap;
	return 0;
}

void q931_tap_free(struct q931_tap *tap)
{
	free(tap);
}

struct pri *q931_tap_pri(struct q931_tap *tap)
{
	return tap->pri;
}

bool q931_tap_peer_up(const struct q931_tap *tap)
{
	return tap->link_up && tap->peer_up;
}

bool q931_tap_released(const struct q931_tap *tap)
{
	return tap->disc_received;
}

unsigned q931_tap_resets(const struct q931_tap *tap)
{
	return tap->resets;
}

const struct q931_received *q931_tap_received(const struct q931_tap *tap,
					      unsigned call, bool ours)
{
	const struct reference *ref = store_find(tap, call, ours);

	return ref && ref->heard ? &ref->received : NULL;
}

void q931_tap_forget(struct q931_tap *tap, unsigned call, bool ours)
{
	struct reference *ref = store_find(tap, call, ours);

	if (ref)
		ref->used = false;
}

size_t q931_tap_references(const struct q931_tap *tap,
			   struct q931_reference *out, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < STORE_MAX && count < max; i++)
		if (tap->store[i].used)
			out[count++] = (struct q931_reference){
				.call = tap->store[i].call,
				.ours = tap->store[i].ours,
				.over = tap->store[i].over,
			};
	return count;
}

void q931_tap_send_location(struct q931_tap *tap, unsigned call, bool ours,
			    uint8_t location)
{
	struct reference *ref = store_get(tap, call, ours);

	ref->has_location = true;
	ref->location = location;
}

void q931_tap_send_release_cause(struct q931_tap *tap, unsigned call, bool ours,
				 uint8_t cause)
{
	store_get(tap, call, ours)->release_cause = cause;
}

void q931_tap_send_progress(struct q931_tap *tap, unsigned call, bool ours,
			    uint8_t type, uint8_t pi, uint8_t location)
{
	struct reference *ref = store_get(tap, call, ours);
	struct progress_rule *rule = &ref->progress[0];

	/* The same message again replaces; else a free place, else the first.
	 */
	for (size_t i = 0; i < PROGRESS_RULES; i++) {
		if (ref->progress[i].type == type) {
			rule = &ref->progress[i];
			break;
		}
		if (!ref->progress[i].type && rule->type)
			rule = &ref->progress[i];
	}
	*rule = (struct progress_rule){ type, pi, location };
}

void q931_tap_send_enquiry(struct q931_tap *tap, unsigned call, bool ours)
{
	store_get(tap, call, ours)->enquire = true;
}

const struct q931_tap_counters *q931_tap_counters(const struct q931_tap *tap)
{
	return &tap->counters;
}
