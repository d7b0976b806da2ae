#include "sip/sdp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PAYLOAD_TYPES 128
#define PTIME_MAX_MS 1000

/* What a payload type stands for in one m-line. */
enum meaning { UNKNOWN, ALAW, ULAW, DTMF };

/* What may be said at session and at media level. */
struct level {
	bool has_address;
	struct sockaddr_storage address; /* AF_UNSPEC: nothing we can use */
	int direction;			 /* -1: not said */
};

struct reader {
	const char *at, *end;
	unsigned line;
	char *why;
	size_t why_size;
	struct sdp_session *out;
	struct level session, media;
	bool in_media, too_many, origin;
	/* of the current m-line */
	uint8_t order[SDP_FORMATS_MAX];
	size_t format_count;
	uint8_t meaning[PAYLOAD_TYPES];
	unsigned ptime_ms, maxptime_ms;
	uint16_t rtcp_port; /* 0: not said */
	struct sockaddr_storage rtcp_address;
};

/* A piece of a line, without a NUL at its end. */
struct piece {
	const char *at;
	size_t len;
};

__attribute__((format(printf, 2, 3))) static int bad(struct reader *r,
						     const char *fmt, ...)
{
	int used = snprintf(r->why, r->why_size, "SDP line %u: ", r->line);
	va_list ap;

	va_start(ap, fmt);
	if (used > 0 && (size_t)used < r->why_size)
		vsnprintf(r->why + used, r->why_size - (size_t)used, fmt, ap);
	va_end(ap);
	return -EBADMSG;
}

static bool piece_is(struct piece p, const char *text)
{
	return p.len == strlen(text) && !memcmp(p.at, text, p.len);
}

/* Cuts what stands before `stop` off `rest`. */
static struct piece cut(struct piece *rest, char stop)
{
	const char *found = memchr(rest->at, stop, rest->len);
	struct piece head = { rest->at,
			      found ? (size_t)(found - rest->at) : rest->len };
	size_t used = head.len + (found ? 1 : 0);

	rest->at += used;
	rest->len -= used;
	return head;
}

static bool copy(struct piece p, char *out, size_t size)
{
	if (p.len == 0 || p.len >= size)
		return false;
	memcpy(out, p.at, p.len);
	out[p.len] = '\0';
	return true;
}

/* Digits only, up to `max`: strtoul would take blanks, signs and overflow. */
static bool number(struct piece p, unsigned max, unsigned *out)
{
	unsigned value = 0;

	if (p.len == 0)
		return false;
	for (size_t i = 0; i < p.len; i++) {
		if (p.at[i] < '0' || p.at[i] > '9')
			return false;
		value = value * 10 + (unsigned)(p.at[i] - '0');
		if (value > max)
			return false;
	}
	*out = value;
	return true;
}

/* One RTP stream of ours must go to one host: anything else would make the
 * gateway an amplifier. */
static bool address_multicast(const struct sockaddr_storage *a)
{
	const struct sockaddr_in *in = (const void *)a;
	const struct sockaddr_in6 *in6 = (const void *)a;

	if (a->ss_family == AF_INET)
		return IN_MULTICAST(ntohl(in->sin_addr.s_addr)) ||
		       in->sin_addr.s_addr == htonl(INADDR_BROADCAST);
	return IN6_IS_ADDR_MULTICAST(&in6->sin6_addr);
}

static bool address_unspecified(const struct sockaddr_storage *a)
{
	const struct sockaddr_in *in = (const void *)a;
	const struct sockaddr_in6 *in6 = (const void *)a;

	if (a->ss_family == AF_INET)
		return in->sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
}

static void address_set_port(struct sockaddr_storage *a, uint16_t port)
{
	if (a->ss_family == AF_INET)
		((struct sockaddr_in *)(void *)a)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)(void *)a)->sin6_port = htons(port);
}

/* "IN IP4 192.0.2.1/127": a literal unicast address or AF_UNSPEC. A host name
 * is legal (RFC 8866 5.7), but a look-up here would stop the signalling thread
 * and leave the media address to whoever answers DNS. False: not a connection
 * field at all. */
static bool read_address(struct piece value, struct sockaddr_storage *out)
{
	struct piece net = cut(&value, ' '), type = cut(&value, ' ');
	struct piece literal = cut(&value, '/');
	struct sockaddr_in *in = (void *)out;
	struct sockaddr_in6 *in6 = (void *)out;
	char text[INET6_ADDRSTRLEN];

	memset(out, 0, sizeof *out);
	if (!net.len || !type.len || !literal.len)
		return false;
	if (!piece_is(net, "IN") || !copy(literal, text, sizeof text))
		return true;
	if (piece_is(type, "IP4") && inet_pton(AF_INET, text, &in->sin_addr))
		out->ss_family = AF_INET;
	else if (piece_is(type, "IP6") &&
		 inet_pton(AF_INET6, text, &in6->sin6_addr))
		out->ss_family = AF_INET6;
	if (out->ss_family != AF_UNSPEC && address_multicast(out))
		out->ss_family = AF_UNSPEC;
	return true;
}

/* Formats of audio over RTP/AVP are payload types; 0 and 8 mean G.711 without
 * an rtpmap (RFC 3551 6). */
static void read_formats(struct reader *r, struct piece formats)
{
	r->format_count = 0;
	memset(r->meaning, UNKNOWN, sizeof r->meaning);
	r->meaning[0] = ULAW;
	r->meaning[8] = ALAW;
	while (formats.len && r->format_count < SDP_FORMATS_MAX) {
		unsigned type;

		if (number(cut(&formats, ' '), PAYLOAD_TYPES - 1, &type))
			r->order[r->format_count++] = (uint8_t)type;
	}
}

/* Keeps the list as written, for a refusal; what does not fit is cut off at a
 * space, as any one format serves in a refused m-line (RFC 3264 6). */
static bool copy_formats(struct piece p, char *out, size_t size)
{
	while (p.len >= size) {
		while (p.len && p.at[p.len - 1] != ' ')
			p.len--;
		while (p.len && p.at[p.len - 1] == ' ')
			p.len--;
	}
	return copy(p, out, size);
}

static int read_media(struct reader *r, struct piece value)
{
	struct piece type, port, protocol;
	struct sdp_media *m;
	unsigned n;

	r->in_media = true;
	r->media = (struct level){ .direction = -1 };
	r->ptime_ms = r->maxptime_ms = 0;
	r->rtcp_port = 0;
	if (r->out->media_count == SDP_MEDIA_MAX) {
		r->too_many = true;
		return 0;
	}
	/* What is refused is sent back: nothing but printable text. */
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] < ' ' || value.at[i] > '~')
			return bad(r, "m= with a character that is no text");
	m = &r->out->media[r->out->media_count];
	type = cut(&value, ' ');
	port = cut(&value, ' ');
	port = cut(&port, '/');
	protocol = cut(&value, ' ');
	if (!copy(type, m->type, sizeof m->type))
		return bad(r, "m= without a media type of sane length");
	if (!number(port, UINT16_MAX, &n))
		return bad(r, "m= without a port number");
	if (!copy(protocol, m->protocol, sizeof m->protocol))
		return bad(r, "m= without a protocol of sane length");
	if (!copy_formats(value, m->formats, sizeof m->formats))
		return bad(r, "m= without a format of sane length");
	m->port = (uint16_t)n;
	read_formats(r, value);
	r->out->media_count++;
	return 0;
}

/* "8 PCMA/8000/1". Names are not case-sensitive (RFC 8866 6.6); another clock
 * or two channels is another format of the same name. An rtpmap overrides what
 * a static number means. */
static void read_rtpmap(struct reader *r, struct piece value)
{
	static const struct {
		const char *name;
		enum meaning meaning;
	} names[] = { { "PCMA", ALAW },
		      { "PCMU", ULAW },
		      { "telephone-event", DTMF } };
	struct piece type = cut(&value, ' '), name = cut(&value, '/');
	struct piece clock = cut(&value, '/');
	unsigned n;

	if (!number(type, PAYLOAD_TYPES - 1, &n))
		return;
	r->meaning[n] = UNKNOWN;
	if (!piece_is(clock, "8000") || (value.len && !piece_is(value, "1")))
		return;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (name.len == strlen(names[i].name) &&
		    !strncasecmp(name.at, names[i].name, name.len))
			r->meaning[n] = (uint8_t)names[i].meaning;
}

/* "53020 IN IP4 126.16.64.4" or the port alone (RFC 3605 2.1). */
static void read_rtcp(struct reader *r, struct piece value)
{
	struct piece port = cut(&value, ' ');
	unsigned n;

	if (!number(port, UINT16_MAX, &n) || n == 0)
		return;
	r->rtcp_port = (uint16_t)n;
	if (!read_address(value, &r->rtcp_address))
		memset(&r->rtcp_address, 0, sizeof r->rtcp_address);
}

/* Attributes that are not understood are passed over (RFC 8866 5.13), and so
 * are those understood with a value that is none. */
static void read_attribute(struct reader *r, struct piece value)
{
	static const char *const directions[] = {
		[SDP_INACTIVE] = "inactive",
		[SDP_SENDONLY] = "sendonly",
		[SDP_RECVONLY] = "recvonly",
		[SDP_SENDRECV] = "sendrecv",
	};
	struct level *level = r->in_media ? &r->media : &r->session;
	struct piece name = cut(&value, ':');

	for (int i = SDP_INACTIVE; i <= SDP_SENDRECV; i++)
		if (piece_is(name, directions[i]))
			level->direction = i;
	if (!r->in_media)
		return;
	if (piece_is(name, "rtpmap"))
		read_rtpmap(r, value);
	else if (piece_is(name, "ptime"))
		number(value, PTIME_MAX_MS, &r->ptime_ms);
	else if (piece_is(name, "maxptime"))
		number(value, PTIME_MAX_MS, &r->maxptime_ms);
	else if (piece_is(name, "rtcp"))
		read_rtcp(r, value);
}

/* Where RTCP goes: a=rtcp, else the port above. False: port 65535 has none
 * above. */
static bool rtcp_address(const struct reader *r, uint16_t rtp_port,
			 struct sockaddr_storage *out)
{
	if (r->rtcp_port && r->rtcp_address.ss_family != AF_UNSPEC)
		*out = r->rtcp_address;
	if (!r->rtcp_port && rtp_port == UINT16_MAX)
		return false;
	address_set_port(out, r->rtcp_port ? r->rtcp_port
					   : (uint16_t)(rtp_port + 1));
	return true;
}

/* Each law once, in the order of the m-line, which is the peer's preference
 * (RFC 3264 5.1). */
static size_t find_codecs(const struct reader *r, struct sdp_session *out)
{
	size_t count = 0;

	out->dtmf_payload_type = -1;
	for (size_t i = 0; i < r->format_count; i++) {
		uint8_t type = r->order[i], meaning = r->meaning[type];
		enum g711_law law = meaning == ALAW ? G711_ALAW : G711_ULAW;

		if (meaning == DTMF && out->dtmf_payload_type < 0)
			out->dtmf_payload_type = type;
		if (meaning != ALAW && meaning != ULAW)
			continue;
		if (count == 2 || (count == 1 && out->codec[0].law == law))
			continue;
		out->codec[count].law = law;
		out->codec[count++].payload_type = type;
	}
	return count;
}

/* The m-line is complete: is it the one we use? */
static void finish_media(struct reader *r)
{
	struct sdp_session *out = r->out, candidate = *out;
	struct sdp_media *m = &out->media[out->media_count - 1];
	const struct level *at = r->media.has_address ? &r->media : &r->session;
	int direction = r->media.direction;

	if (strcmp(m->type, "audio") != 0 || strcmp(m->protocol, "RTP/AVP") ||
	    m->port == 0 || at->address.ss_family == AF_UNSPEC)
		return;
	candidate.remote = candidate.remote_rtcp = at->address;
	address_set_port(&candidate.remote, m->port);
	if (!rtcp_address(r, m->port, &candidate.remote_rtcp))
		return;
	m->usable = candidate.media[out->media_count - 1].usable = true;
	/* The one before it serves; or neither does, then the first stays. */
	if (out->audio >= 0 && out->codec_count > 0)
		return;
	candidate.codec_count = find_codecs(r, &candidate);
	if (out->audio >= 0 && candidate.codec_count == 0)
		return;
	if (direction < 0)
		direction = r->session.direction;
	if (direction < 0)
		direction = SDP_SENDRECV;
	/* The old way to hold: nothing may be sent to 0.0.0.0
	 * (RFC 3264 8.4). */
	if (address_unspecified(&at->address))
		direction &= SDP_SENDONLY;
	candidate.direction = (enum sdp_direction)direction;
	candidate.audio = (int)out->media_count - 1;
	candidate.ptime_ms = r->ptime_ms;
	candidate.maxptime_ms = r->maxptime_ms;
	*out = candidate;
}

/* The answer repeats it, so it must be nothing but what it should be. */
static bool is_time(struct piece p)
{
	for (size_t i = 0; i < p.len; i++)
		if (p.at[i] != ' ' && (p.at[i] < '0' || p.at[i] > '9'))
			return false;
	return true;
}

/* Some devices end a body with empty lines; inside one they are a fault. */
static bool only_line_ends(const char *at, const char *end)
{
	while (at < end && (*at == '\r' || *at == '\n'))
		at++;
	return at == end;
}

static int read_line(struct reader *r, char type, struct piece value)
{
	struct level *level = r->in_media ? &r->media : &r->session;

	switch (type) {
	case 'o': r->origin = true; return 0;
	case 't':
		if (!r->out->time[0] && is_time(value))
			copy(value, r->out->time, sizeof r->out->time);
		return 0;
	case 'c':
		if (level->has_address) /* several: layers, multicast only */
			return 0;
		level->has_address = true;
		if (!read_address(value, &level->address))
			return bad(r, "c= is not NETTYPE ADDRTYPE ADDRESS");
		return 0;
	case 'a': read_attribute(r, value); return 0;
	case 'm':
		if (r->in_media && !r->too_many)
			finish_media(r);
		return read_media(r, value);
	case 's':
	case 'i':
	case 'u':
	case 'e':
	case 'p':
	case 'b':
	case 'r':
	case 'z':
	case 'k': return 0;
	default: return bad(r, "unknown field '%c='", type);
	}
}

/* RFC 8866 5: a description with a field letter that is not understood, or
 * that does not begin with v=0, is not SDP of any kind we know. */
static int read_next(struct reader *r)
{
	const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	struct piece line = { r->at,
			      (size_t)((newline ? newline : r->end) - r->at) };
	char type;

	r->at = newline ? newline + 1 : r->end;
	r->line++;
	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	if (!line.len && only_line_ends(r->at, r->end)) {
		r->at = r->end;
		return 0;
	}
	if (memchr(line.at, '\0', line.len) || memchr(line.at, '\r', line.len))
		return bad(r, "NUL or bare CR");
	if (line.len < 2 || line.at[1] != '=' || line.at[0] < 'a' ||
	    line.at[0] > 'z')
		return bad(r, "not of the form x=value");
	type = line.at[0];
	line.at += 2;
	line.len -= 2;
	if (r->line == 1)
		return type == 'v' && piece_is(line, "0") ? 0
							  : bad(r, "not v=0");
	return read_line(r, type, line);
}

int sdp_parse(struct sdp_session *out, const char *text, size_t len, char *why,
	      size_t why_size)
{
	struct reader r = { .at = text,
			    .end = text + len,
			    .why = why,
			    .why_size = why_size,
			    .out = out,
			    .session = { .direction = -1 },
			    .media = { .direction = -1 } };
	int err = 0;

	*out = (struct sdp_session){ .audio = -1, .dtmf_payload_type = -1 };
	if (why_size)
		*why = '\0';
	if (len == 0)
		return bad(&r, "no body");
	if (len > SDP_TEXT_MAX)
		return bad(&r, "longer than %d bytes", SDP_TEXT_MAX);
	while (r.at < r.end && err == 0)
		err = read_next(&r);
	if (err < 0)
		return err;
	if (!r.origin)
		return bad(&r, "no o= before the end");
	if (r.in_media && !r.too_many)
		finish_media(&r);
	/* An answer could not name them all. */
	if (r.too_many) {
		out->audio = -1;
		out->codec_count = 0;
	}
	return 0;
}
