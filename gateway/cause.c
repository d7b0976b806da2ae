#include "gateway/cause.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define LOCATION_USER 0
#define LOCATION_RPN 5 /* private network serving the remote user */

#define CAUSE_CALL_REJECTED 21
#define CAUSE_NORMAL_UNSPECIFIED 31
#define CAUSE_CONGESTION 42
#define CAUSE_CHANNEL_NOT_AVAILABLE 44
#define CAUSE_BEARER_NOT_IMPLEMENTED 65

enum condition {
	ALWAYS,
	IF_USER, /* location of the cause */
	IF_NOT_USER,
	IF_DIAGNOSTIC,
	IF_NO_DIAGNOSTIC,
};

struct cause_row {
	uint8_t cause;
	uint8_t condition;
	uint16_t status; /* 0: a rule decides */
	bool retry_after;
	const char *name, *phrase;
};

struct cause_event_row {
	const char *event;
	uint8_t condition;
	uint16_t status;
	bool retry_after;
	const char *name, *phrase;
};

struct status_row {
	uint16_t status;
	uint8_t cause, location;
	const char *phrase;
};

struct status_event_row {
	const char *event;
	uint8_t cause, location;
	const char *name;
};

#include "cause_tables.inc"

static const struct cause_sip internal_error = { 500, "Server Internal Error",
						 false };

static struct cause_sip local_event(const char *event)
{
	for (size_t i = 0; i < COUNT(cause_event_rows); i++) {
		const struct cause_event_row *row = &cause_event_rows[i];

		if (!strcmp(row->event, event))
			return (struct cause_sip){ row->status, row->phrase,
						   row->retry_after };
	}
	return internal_error;
}

static bool holds(uint8_t condition, const struct leg_cause *cause, bool moved)
{
	switch (condition) {
	case IF_USER: return cause->location == LOCATION_USER;
	case IF_NOT_USER: return cause->location != LOCATION_USER;
	case IF_DIAGNOSTIC: return moved;
	case IF_NO_DIAGNOSTIC: return !moved;
	default: return true;
	}
}

static struct cause_sip by_table(const struct leg_cause *cause, uint8_t q850,
				 bool moved)
{
	for (size_t i = 0; i < COUNT(cause_rows); i++) {
		const struct cause_row *row = &cause_rows[i];

		if (row->cause == q850 && holds(row->condition, cause, moved))
			return (struct cause_sip){ row->status, row->phrase,
						   row->retry_after };
	}
	return internal_error;
}

static bool is_timer(const char *text, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(text, name, len) &&
	       !(text[len] >= '0' && text[len] <= '9');
}

static const struct status_row *status_find(uint16_t status)
{
	for (size_t i = 0; i < COUNT(status_rows); i++)
		if (status_rows[i].status == status)
			return &status_rows[i];
	return NULL;
}

static const char *status_phrase(uint16_t status)
{
	const struct status_row *row = status_find(status);

	return row ? row->phrase : "Call Failed";
}

static bool keeps_status(uint16_t status)
{
	return status >= 400 && status <= 699 && status != 401 && status != 407;
}

static struct cause_sip to_sip(const struct leg_cause *cause, bool moved)
{
	if (keeps_status(cause->sip_status))
		return (struct cause_sip){
			cause->sip_status,
			status_phrase(cause->sip_status),
			cause->sip_status == 503 &&
				by_table(cause, cause->q850, moved).retry_after,
		};
	if (cause->protocol_error)
		return local_event("PROTOERR");
	if (cause->origin == LEG_ORIGIN_TIMER)
		return local_event(is_timer(cause->text, "T301")
					   ? "T301"
					   : "T303/T310/T305/T308");
	/* Channel-local and never translated: when no other channel could be
	 * tried either, that is congestion (RFC 4497 8.4.1 note 2). */
	if (cause->q850 == CAUSE_CHANNEL_NOT_AVAILABLE)
		return by_table(cause, CAUSE_CONGESTION, moved);
	return by_table(cause, cause->q850, moved);
}

struct cause_sip cause_to_sip(const struct leg_cause *cause)
{
	return to_sip(cause, false);
}

struct cause_sip cause_to_sip_moved(const struct leg_cause *cause)
{
	return to_sip(cause, true);
}

struct leg_cause cause_from_sip(uint16_t status)
{
	const struct status_row *row = status_find(status);
	struct leg_cause cause = {
		.q850 = row ? row->cause : CAUSE_NORMAL_UNSPECIFIED,
		.location = status >= 600 ? LOCATION_USER : LOCATION_RPN,
		.origin = LEG_ORIGIN_PEER,
		.sip_status = status,
	};

	if (row)
		cause.location = row->location;
	snprintf(cause.text, sizeof cause.text, "SIP %u %s", status,
		 status_phrase(status));
	return cause;
}

struct leg_cause cause_from_sip_warning(uint16_t status, uint16_t warn_code)
{
	struct leg_cause cause = cause_from_sip(status);

	if ((status == 488 || status == 606) &&
	    (warn_code == 304 || warn_code == 305))
		cause.q850 = CAUSE_BEARER_NOT_IMPLEMENTED;
	return cause;
}

struct leg_cause cause_from_event(enum cause_event event)
{
	static const struct {
		const char *row;
		uint8_t origin;
		bool protocol_error;
	} events[CAUSE_EVENTS] = {
		[CAUSE_EVENT_BYE] = { "BYE", LEG_ORIGIN_PEER, false },
		[CAUSE_EVENT_CANCEL] = { "CANCEL", LEG_ORIGIN_PEER, false },
		[CAUSE_EVENT_SIP_TIMER] = { "SIP-TIMER", LEG_ORIGIN_TIMER,
					    false },
		[CAUSE_EVENT_SIP_PROTOCOL_ERROR] = { "SIP-PROTOERR",
						     LEG_ORIGIN_PEER, true },
		[CAUSE_EVENT_NO_CHANNEL] = { "NO-CHANNEL", LEG_ORIGIN_GATEWAY,
					     false },
		[CAUSE_EVENT_ADDRESS_INCOMPLETE] = { "ADDR-INCOMPLETE",
						     LEG_ORIGIN_GATEWAY,
						     false },
	};
	struct leg_cause cause = { .q850 = CAUSE_NORMAL_UNSPECIFIED,
				   .origin = events[event].origin,
				   .protocol_error =
					   events[event].protocol_error };

	for (size_t i = 0; i < COUNT(status_event_rows); i++) {
		const struct status_event_row *row = &status_event_rows[i];

		if (strcmp(row->event, events[event].row) != 0)
			continue;
		cause.q850 = row->cause;
		cause.location = row->location;
	}
	strcpy(cause.text, events[event].row);
	return cause;
}

bool cause_is_channel_local(uint8_t q850)
{
	return q850 == 6 || q850 == CAUSE_CHANNEL_NOT_AVAILABLE || q850 == 82;
}

const char *cause_name(uint8_t q850, char buf[16])
{
	for (size_t i = 0; i < COUNT(cause_rows); i++)
		if (cause_rows[i].cause == q850)
			return cause_rows[i].name;
	snprintf(buf, 16, "cause %u", q850);
	return buf;
}
