#include "sip/request.h"

#include "gateway/cause.h"
#include "sip/identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CAUSE_UNALLOCATED 1
#define LOCATION_PRIVATE_LOCAL 1 /* private network serving the local user */
#define BOUNDARY_MAX 70		 /* RFC 2046 5.1.1 */

__attribute__((format(printf, 4, 5))) static int
fault_set(struct request_fault *fault, int status, const char *phrase,
	  const char *fmt, ...)
{
	va_list ap;

	fault->status = status;
	fault->phrase = phrase;
	va_start(ap, fmt);
	vsnprintf(fault->why, sizeof fault->why, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* A host is not looked up here: one that does not exist makes the BYE fail,
 * which the stack survives. */
static bool is_target(const url_t *url)
{
	return (url->url_type == url_sip || url->url_type == url_sips) &&
	       url->url_host && *url->url_host;
}

/* Pitfall: an INVITE whose Contact is tel:, mailto:, urn:, an unknown scheme
 * or `*` is taken by the stack, which then cannot build the BYE for it and
 * calls itself until the stack is used up: a crash from outside, without
 * authentication. A Record-Route of that kind does the same. */
bool request_target_usable(const sip_t *sip, bool initial)
{
	const sip_contact_t *m = sip->sip_contact;
	const sip_record_route_t *r = sip->sip_record_route;

	if (!m && initial)
		return false;
	for (; m; m = m->m_next)
		if (!is_target(m->m_url))
			return false;
	for (; r; r = r->r_next)
		if (!is_target(r->r_url))
			return false;
	return true;
}

int request_check(const sip_t *sip, struct request_fault *fault)
{
	const url_t *url = sip->sip_request->rq_url;

	if (!request_target_usable(sip, true))
		return fault_set(fault, 400, "Bad Contact Header",
				 "Contact or Record-Route is no sip: URI");
	/* sips: promises TLS on every hop; over UDP that cannot be kept. */
	if (url->url_type != url_sip && url->url_type != url_tel)
		return fault_set(fault, SIP_416_UNSUPPORTED_URI,
				 "Request-URI scheme '%.16s'",
				 url->url_scheme ? url->url_scheme : "");
	/* What sends a call on is no end of the line, so that it takes 0 as a
	 * proxy does (RFC 7332). */
	if (sip->sip_max_forwards && sip->sip_max_forwards->mf_count == 0)
		return fault_set(fault, SIP_483_TOO_MANY_HOPS,
				 "Max-Forwards is 0");
	return 0;
}

struct piece {
	const char *at;
	size_t len;
};

static bool piece_find(struct piece in, const char *what, size_t *offset)
{
	const char *found = memmem(in.at, in.len, what, strlen(what));

	if (found)
		*offset = (size_t)(found - in.at);
	return found != NULL;
}

static struct piece piece_from(struct piece p, size_t offset)
{
	return (struct piece){ p.at + offset, p.len - offset };
}

/* True when the headers of a body part name SDP. */
static bool part_is_sdp(struct piece headers)
{
	static const char name[] = "Content-Type:";
	static const char type[] = "application/sdp";

	while (headers.len) {
		const char *end = memchr(headers.at, '\n', headers.len);
		size_t len = end ? (size_t)(end - headers.at) + 1 : headers.len;
		struct piece line = { headers.at, len };

		headers = piece_from(headers, len);
		if (line.len < sizeof name - 1 ||
		    strncasecmp(line.at, name, sizeof name - 1) != 0)
			continue;
		line = piece_from(line, sizeof name - 1);
		while (line.len && (*line.at == ' ' || *line.at == '\t'))
			line = piece_from(line, 1);
		return line.len >= sizeof type - 1 &&
		       !strncasecmp(line.at, type, sizeof type - 1);
	}
	return false;
}

/* Finds the SDP among the parts of a multipart body (RFC 2046 5.1), as a peer
 * that speaks SIP-T sends it beside its ISUP. The stack's own multipart parser
 * asserts on a missing payload; this one reads between two pointers. */
static bool multipart_sdp(struct piece body, const char *boundary,
			  struct piece *out)
{
	char open[BOUNDARY_MAX + 3], stop[BOUNDARY_MAX + 5];
	size_t at;

	snprintf(open, sizeof open, "--%s", boundary);
	snprintf(stop, sizeof stop, "\r\n%s", open);
	if (!piece_find(body, open, &at))
		return false;
	body = piece_from(body, at + strlen(open));
	while (piece_find(body, "\r\n", &at)) {
		struct piece part, headers;

		body = piece_from(body, at);
		if (!piece_find(body, stop, &at))
			return false;
		part = (struct piece){ body.at, at };
		body = piece_from(body, at + strlen(stop));
		if (!piece_find(part, "\r\n\r\n", &at))
			continue;
		headers = (struct piece){ part.at, at + 2 };
		*out = piece_from(part, at + 4);
		if (headers.len > 2 && part_is_sdp(piece_from(headers, 2)))
			return true;
	}
	return false;
}

/* Takes the quotes off a boundary parameter. */
static bool boundary_of(const sip_content_type_t *type,
			char out[BOUNDARY_MAX + 1])
{
	const char *value = msg_params_find(type->c_params, "boundary=");
	size_t len;

	if (!value)
		return false;
	len = strlen(value);
	if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
		value++;
		len -= 2;
	}
	if (len == 0 || len > BOUNDARY_MAX)
		return false;
	memcpy(out, value, len);
	out[len] = '\0';
	return true;
}

/* A body we would have to unpack first. */
static bool is_encoded(const sip_t *sip)
{
	const sip_content_encoding_t *e = sip->sip_content_encoding;

	return e && e->k_items && e->k_items[0] &&
	       strcasecmp(e->k_items[0], "identity") != 0;
}

static int find_sdp(const sip_t *sip, struct piece *body,
		    struct request_fault *fault)
{
	const sip_content_type_t *type = sip->sip_content_type;
	const sip_content_disposition_t *how = sip->sip_content_disposition;
	char boundary[BOUNDARY_MAX + 1];

	if (is_encoded(sip))
		return fault_set(fault, SIP_415_UNSUPPORTED_MEDIA,
				 "Content-Encoding %.32s",
				 sip->sip_content_encoding->k_items[0]);
	/* No Content-Type: old gateways mean SDP. */
	if (!type || !type->c_type ||
	    !strcasecmp(type->c_type, "application/sdp"))
		return 0;
	if (!strncasecmp(type->c_type, "multipart/", 10) &&
	    boundary_of(type, boundary) && multipart_sdp(*body, boundary, body))
		return 0;
	body->len = 0;
	/* RFC 3261 20.11: what may be ignored is ignored. */
	if (how && how->cd_optional)
		return 0;
	return fault_set(fault, SIP_415_UNSUPPORTED_MEDIA, "Content-Type %.48s",
			 type->c_type);
}

int request_sdp(const sip_t *sip, char *out, size_t *len,
		struct request_fault *fault)
{
	const sip_payload_t *payload = sip->sip_payload;
	struct piece body;
	int err;

	*len = 0;
	out[0] = '\0';
	if (!payload || !payload->pl_data || !payload->pl_len)
		return 0;
	body = (struct piece){ payload->pl_data, payload->pl_len };
	err = find_sdp(sip, &body, fault);
	if (err < 0)
		return err;
	if (body.len > SDP_TEXT_MAX)
		return fault_set(fault, SIP_413_REQUEST_TOO_LARGE,
				 "SDP of %zu bytes", body.len);
	if (memchr(body.at, '\0', body.len))
		return fault_set(fault, 400, "Bad Session Description",
				 "SDP with a NUL");
	memcpy(out, body.at, body.len);
	out[body.len] = '\0';
	*len = body.len;
	return 0;
}

/* To names whom the caller wanted, before any redirection. */
void request_called(const sip_t *sip, struct leg_setup *setup)
{
	const char *user = sip->sip_request->rq_url->url_user;
	int err = identity_number(user, setup->called.digits);

	setup->called.present = err == 0;
	if (err == 0)
		return;
	setup->refuse.q850 = CAUSE_UNALLOCATED;
	setup->refuse.location = LOCATION_PRIVATE_LOCAL;
	setup->refuse.origin = LEG_ORIGIN_GATEWAY;
	if (err == -ENOENT)
		snprintf(setup->refuse.text, sizeof setup->refuse.text,
			 "no number in the Request-URI");
	else
		snprintf(setup->refuse.text, sizeof setup->refuse.text,
			 "\"%.48s\" is not a number", user);
}

/* The first Reason header that has a Q.850 cause, as text: the stack takes
 * headers apart, the rules that read a cause want their text. In `home`, NULL
 * when there is none. */
static const char *q850_reason(su_home_t *home, const sip_t *sip,
			       struct leg_cause *given)
{
	const sip_reason_t *re = sip ? sip->sip_reason : NULL;

	for (; re; re = re->re_next) {
		const char *text = sip_header_as_string(
			home, (const sip_header_t *)(const void *)re);

		if (text && cause_parse_reason(text, given) == 0)
			return text;
	}
	return NULL;
}

struct leg_cause request_reason(const sip_t *sip, enum cause_event event)
{
	struct leg_cause cause = cause_from_event(event), given = { 0 };
	const char *method = event == CAUSE_EVENT_CANCEL ? "CANCEL" : "BYE";
	su_home_t home[1] = { SU_HOME_INIT(home) };

	su_home_init(home);
	if (q850_reason(home, sip, &given)) {
		cause.q850 = given.q850;
		cause.location = given.location;
	}
	su_home_deinit(home);
	snprintf(cause.text, sizeof cause.text, "SIP %s", method);
	return cause;
}

struct leg_cause request_failure(int status, const sip_t *sip)
{
	struct leg_cause cause, given = { 0 };
	const char *reason;
	su_home_t home[1] = { SU_HOME_INIT(home) };

	su_home_init(home);
	reason = q850_reason(home, sip, &given);
	if (!reason && sip && sip->sip_warning)
		cause = cause_from_sip_warning(
			(uint16_t)status, (uint16_t)sip->sip_warning->w_code);
	else
		cause = cause_from_sip_response((uint16_t)status, reason);
	su_home_deinit(home);
	return cause;
}

void request_log_name(const sip_t *sip, char out[LEG_NAME_MAX])
{
	const char *id = sip->sip_call_id ? sip->sip_call_id->i_id : "?";

	snprintf(out, LEG_NAME_MAX, "sip=%s", id);
	for (char *c = out + 4; *c; c++)
		if (*c <= ' ' || *c > '~')
			*c = '?';
}
