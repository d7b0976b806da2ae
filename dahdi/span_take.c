#include "dahdi/pri_options.h"
#include "dahdi/span_parts.h"
#include "gateway/event.h"

#include <string.h>

/* What each setting is when it is that of a line that must be opened anew. */
static void keep_hardware(struct conf_span *into, const struct conf_span *from)
{
	into->device = from->device;
	memcpy(into->socket, from->socket, sizeof into->socket);
	into->dahdi = from->dahdi;
	memcpy(into->dahdi_text, from->dahdi_text, sizeof into->dahdi_text);
	into->device_span = from->device_span;
	into->channels = from->channels;
	into->dchannel = from->dchannel;
	into->echo_taps = from->echo_taps;
}

static bool same_hardware(const struct conf_span *a, const struct conf_span *b)
{
	return a->device == b->device && !strcmp(a->socket, b->socket) &&
	       a->dahdi == b->dahdi && !strcmp(a->dahdi_text, b->dahdi_text) &&
	       a->device_span == b->device_span && a->channels == b->channels &&
	       a->dchannel == b->dchannel && a->echo_taps == b->echo_taps;
}

void span_take(struct span *span, const struct conf_span *conf,
	       const struct conf_trunk *trunk)
{
	struct conf_span now = *conf;

	now.place.file = "";
	span->next = now;
	span->trunk = trunk;
	span->left = false;
	span->waits = span->closed || !same_hardware(&span->own, &now);
	keep_hardware(&now, &span->own);
	span->own = now;
	pri_timers_apply(span_pri(span), span->conf);
}

void span_stay(struct span *span, const struct conf_trunk *trunk)
{
	span->trunk = trunk;
	span->left = span->waits = false;
}

bool span_waits(const struct span *span)
{
	return span->waits;
}

bool span_is_idle(const struct span *span)
{
	for (size_t i = 0; i < LEGS_MAX; i++)
		if (span->legs[i])
			return false;
	for (unsigned n = 1; n <= TDM_TIMESLOTS; n++)
		if (span->channels[n].fsm.state == CHANNEL_RELEASING)
			return false;
	return true;
}

int span_change(struct span *span)
{
	uint32_t channels = span->own.channels;
	int err;

	span_shut(span, "opened anew with other settings");
	span->own = span->next;
	span_restart_channels(span, channels);
	err = span_open(span);
	if (err < 0)
		return err;
	span->waits = span->closed = false;
	span_pump(span);
	log_event(EVENT_SPAN_SETTINGS, span->name,
		  "has no calls and takes the settings that waited for that");
	return 0;
}

void span_leave(struct span *span)
{
	span->left = true;
	span->waits = false;
	/* Its configuration goes. */
	span->trunk = NULL;
}

bool span_has_left(const struct span *span)
{
	return span->left;
}

void span_close(struct span *span, const char *why)
{
	span_shut(span, why);
	span_line_stop(span);
	span_restart_stop(span);
	timer_stop(&span->libpri_timer);
	span->closed = true;
}
