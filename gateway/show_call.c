#include "gateway/call.h"
#include "gateway/call_media.h"
#include "gateway/call_record.h"
#include "gateway/cause.h"
#include "gateway/clock.h"
#include "gateway/json_text.h"
#include "gateway/show.h"

#include <ctype.h>
#include <stdio.h>

struct view_store {
	struct leg_info a, b;
	struct bridge_stats media;
	struct call_view view;
};

static const struct call_view *look(const struct call *call,
				    struct view_store *store)
{
	call_describe(call, &store->a, &store->b, &store->media);
	store->view =
		(struct call_view){ call, &store->a, &store->b, &store->media };
	return &store->view;
}

static json_t *state_of(const struct call *call)
{
	char name[32];
	size_t i;

	if (call->fsm.state == CALL_ACTIVE && call_media_held(call))
		return json_string("on hold");
	snprintf(name, sizeof name, "%s", call_state_name(call));
	for (i = 0; name[i]; i++)
		name[i] = (char)tolower((unsigned char)name[i]);
	return json_text(name);
}

static json_t *leg_of(const struct leg_info *leg)
{
	json_t *object;
	bool lost = false;

	if (!leg->span && !leg->sip_call_id[0] && !leg->sip_remote[0])
		return json_null();
	object = json_object();
	json_put(object, "kind", json_string(leg->span ? "isdn" : "sip"),
		 &lost);
	json_put(object, "state", json_text(leg->state), &lost);
	json_put(object, "peer", json_text(leg->peer), &lost);
	if (leg->span) {
		json_put(object, "span", json_integer(leg->span), &lost);
		json_put(object, "channel", json_integer(leg->channel), &lost);
		json_put(object, "call_reference",
			 json_integer(leg->call_reference), &lost);
	} else {
		json_put(object, "call_id", json_text(leg->sip_call_id), &lost);
		json_put(object, "remote", json_text(leg->sip_remote), &lost);
		json_put(object, "status", json_integer(leg->sip_status),
			 &lost);
	}
	return json_whole(object, lost);
}

static json_t *cause_of(const struct call *call)
{
	static const char *const origins[] = {
		[LEG_ORIGIN_PEER] = "peer",
		[LEG_ORIGIN_GATEWAY] = "gateway",
		[LEG_ORIGIN_TIMER] = "timer",
		[LEG_ORIGIN_SPAN] = "span",
		[LEG_ORIGIN_OPERATOR] = "operator",
	};
	const struct leg_cause *cause = &call->cause;
	json_t *object;
	char buf[16];
	bool lost = false;

	if (!call->end_ms)
		return json_null();
	object = json_object();
	json_put(object, "q850", json_integer(cause->q850), &lost);
	json_put(object, "name", json_text(cause_name(cause->q850, buf)),
		 &lost);
	json_put(object, "location",
		 json_text(cause_location_name(cause->location)), &lost);
	json_put(object, "origin",
		 cause->origin < sizeof origins / sizeof *origins
			 ? json_text(origins[cause->origin])
			 : json_null(),
		 &lost);
	json_put(object, "text", json_text(cause->text), &lost);
	return json_whole(object, lost);
}

static const char *path_name(enum bridge_path path)
{
	switch (path) {
	case BRIDGE_TO_RTP: return "to-sip";
	case BRIDGE_TO_TDM: return "to-span";
	case BRIDGE_BOTH: return "both";
	default: return "closed";
	}
}

static json_t *media_of(const struct call_view *view)
{
	const struct bridge_stats *m = view->media;
	const struct leg_media *side = &view->call->rtp_side;
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "path", json_string(path_name(view->call->path)),
		 &lost);
	json_put(object, "ptime_ms", json_integer(side->ptime_ms), &lost);
	json_put(object, "rtp_duplicate", json_count(m->rtp_duplicate), &lost);
	json_put(object, "rtp_malformed", json_count(m->rtp_malformed), &lost);
	json_put(object, "rtp_wrong_payload", json_count(m->rtp_wrong_payload),
		 &lost);
	json_put(object, "rtp_other_source", json_count(m->rtp_other_source),
		 &lost);
	json_put(object, "rtp_send_errors", json_count(m->rtp_send_errors),
		 &lost);
	json_put(object, "rtp_comfort_noise", json_count(m->rtp_comfort_noise),
		 &lost);
	json_put(object, "dtmf_events", json_count(m->dtmf_events), &lost);
	json_put(object, "dtmf_ignored", json_count(m->dtmf_ignored), &lost);
	json_put(object, "dtmf_dropped", json_count(m->dtmf_dropped), &lost);
	json_put(object, "dtmf_to_tdm", json_count(m->dtmf_to_tdm), &lost);
	json_put(object, "dtmf_to_rtp", json_count(m->dtmf_to_rtp), &lost);
	json_put(object, "rtcp_tx", json_count(m->rtcp_sent), &lost);
	json_put(object, "rtcp_rx", json_count(m->rtcp_received), &lost);
	json_put(object, "rtcp_malformed", json_count(m->rtcp_malformed),
		 &lost);
	json_put(object, "jitter_ms", json_real(m->jitter_us / 1000.0), &lost);
	json_put(object, "buffer_ms", json_integer(m->buffer_ms), &lost);
	return json_whole(object, lost);
}

static json_t *ladder_row(const struct trace_row *row)
{
	static const char *const sides[] = {
		[TRACE_CALLING] = "calling",
		[TRACE_CALLED] = "called",
		[TRACE_GATEWAY] = "gateway",
	};
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "ms", json_integer(row->at_ms), &lost);
	json_put(object, "side", json_string(sides[row->side]), &lost);
	if (row->side != TRACE_GATEWAY)
		json_put(object, "direction",
			 json_string(row->dir == LEG_IN ? "in" : "out"), &lost);
	json_put(object, "text", json_text(row->text), &lost);
	return json_whole(object, lost);
}

static json_t *ladder_of(const struct trace *trace)
{
	json_t *rows = json_array();

	for (unsigned i = 0; i < trace->count; i++)
		json_array_append_new(rows, ladder_row(&trace->row[i]));
	return rows;
}

json_t *show_call_whole(const struct call *call)
{
	struct view_store store;
	const struct call_view *view = look(call, &store);
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "id", json_integer(call->id), &lost);
	json_put(object, "state", state_of(call), &lost);
	call_record_fields(object, view, &lost);
	json_put(object, "calling_leg", leg_of(view->a), &lost);
	json_put(object, "called_leg", leg_of(view->b), &lost);
	json_put(object, "media", media_of(view), &lost);
	json_put(object, "cause", cause_of(call), &lost);
	json_put(object, "ladder", ladder_of(&call->trace), &lost);
	json_put(object, "ladder_dropped", json_integer(call->trace.dropped),
		 &lost);
	return json_pack("{s:o}", "call", json_whole(object, lost));
}

/* The core's form of a number; as it came when routing never saw it. */
static json_t *shown_number(const char *core, const struct leg_number *number)
{
	return json_text(*core ? core : number->digits);
}

json_t *show_call_row(const struct call *call)
{
	struct view_store store;
	const struct call_view *view = look(call, &store);
	const struct leg_info *isdn = view->a->span ? view->a : view->b;
	uint64_t now_ms = call->end_ms ? call->end_ms : clock_now_ms();
	json_t *object = json_object();
	char release_by[112];
	bool lost = false;

	call_record_release_by(call, release_by);
	json_put(object, "id", json_integer(call->id), &lost);
	json_put(object, "state", state_of(call), &lost);
	json_put(object, "direction", json_string(call_record_direction(view)),
		 &lost);
	json_put(object, "from", json_text(call->setup.from), &lost);
	json_put(object, "to", json_text(view->b->peer), &lost);
	json_put(object, "caller",
		 shown_number(call->route.calling, &call->setup.calling),
		 &lost);
	json_put(object, "called",
		 shown_number(call->route.called, &call->setup.called), &lost);
	json_put(object, "span", json_integer(isdn->span), &lost);
	json_put(object, "channel", json_integer(isdn->channel), &lost);
	json_put(object, "age_ms", json_count(now_ms - call->start_ms), &lost);
	json_put(object, "talk_ms",
		 call->answer_ms ? json_count(now_ms - call->answer_ms)
				 : json_null(),
		 &lost);
	json_put(object, "cause", cause_of(call), &lost);
	json_put(object, "release_by", json_text(release_by), &lost);
	return json_whole(object, lost);
}
