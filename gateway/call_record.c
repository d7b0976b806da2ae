#include "gateway/call_record.h"

#include "gateway/call.h"
#include "gateway/clock.h"
#include "gateway/json_text.h"
#include "media/media.h"

#include <stdio.h>
#include <string.h>

#define SAMPLES_PER_MS 8
#define STEP_NS NS_PER_S

static const char *type_name(uint8_t type)
{
	switch (type) {
	case 0: return "unknown";
	case 1: return "international";
	case 2: return "national";
	case 3: return "network";
	case 4: return "subscriber";
	case 6: return "abbreviated";
	default: return "reserved";
	}
}

static const char *plan_name(uint8_t plan)
{
	switch (plan) {
	case 0: return "unknown";
	case 1: return "isdn";
	case 8: return "national";
	case 9: return "private";
	default: return "reserved";
	}
}

const char *call_record_direction(const struct call_view *view)
{
	if (view->b->span)
		return "out";
	if (view->a->span)
		return "in";
	/* No called leg was made. */
	return "out";
}

void call_record_release_by(const struct call *call, char out[112])
{
	const char *name = call_released_by_name(call->released_by);

	out[0] = '\0';
	if (!call->end_ms)
		return;
	if (call->released_by == CALL_BY_TIMER && call->cause.text[0])
		snprintf(out, 112, "%s:%s", name, call->cause.text);
	else
		snprintf(out, 112, "%s", name);
}

/* A moment of the monotonic clock in calendar time. Counted from the start of
 * the call, so that a step of the calendar does not change durations. */
static json_t *utc(const struct call *call, uint64_t at_ms)
{
	char text[32];

	if (!at_ms)
		return json_null();
	clock_format_utc(call->start_utc_ns +
				 (at_ms - call->start_ms) * NS_PER_MS,
			 text);
	return json_string(text);
}

static bool clock_stepped(const struct call *call)
{
	uint64_t expected_ns = call->start_utc_ns +
			       (clock_now_ms() - call->start_ms) * NS_PER_MS;
	uint64_t now_ns = clock_calendar_ns();

	return now_ns > expected_ns ? now_ns - expected_ns > STEP_NS
				    : expected_ns - now_ns > STEP_NS;
}

static json_t *span_of_time(uint64_t from_ms, uint64_t to_ms)
{
	return json_integer(
		(json_int_t)(to_ms > from_ms ? to_ms - from_ms : 0));
}

/* setup_ms + alert_ms + duration_ms are the whole call. */
static void put_times(json_t *object, const struct call *call, bool *lost)
{
	uint64_t end_ms = call->end_ms ? call->end_ms : clock_now_ms();
	uint64_t answer_ms = call->answer_ms ? call->answer_ms : end_ms;
	uint64_t alerting_ms =
		call->alerting_ms ? call->alerting_ms : answer_ms;

	json_put(object, "start_utc", utc(call, call->start_ms), lost);
	json_put(object, "answer_utc", utc(call, call->answer_ms), lost);
	json_put(object, "end_utc", utc(call, call->end_ms), lost);
	json_put(object, "setup_ms", span_of_time(call->start_ms, alerting_ms),
		 lost);
	json_put(object, "alert_ms", span_of_time(alerting_ms, answer_ms),
		 lost);
	json_put(object, "duration_ms", span_of_time(answer_ms, end_ms), lost);
	json_put(object, "clock_stepped", json_boolean(clock_stepped(call)),
		 lost);
}

static json_t *when(bool known, const char *text)
{
	return known ? json_text(text) : json_null();
}

static const char *redirect_reason(uint8_t reason)
{
	switch (reason) {
	case 1: return "busy";
	case 2: return "no-answer";
	case 4: return "deflection";
	case 9: return "out-of-order";
	case 10: return "by-equipment";
	case 15: return "unconditional";
	default: return "unknown";
	}
}

/* Who diverted the call here, and who answered it. */
static void put_others(json_t *object, const struct call *call, bool *lost)
{
	const struct leg_redirecting *diverted = &call->setup.redirecting;
	const struct leg_number *connected = &call->connected;

	json_put(object, "redirecting",
		 when(diverted->number.present, diverted->number.digits), lost);
	json_put(object, "redirect_reason",
		 when(diverted->number.present,
		      redirect_reason(diverted->reason)),
		 lost);
	json_put(object, "connected",
		 when(connected->present, connected->digits), lost);
}

/* SIP has no types of number, and a plan only: that of telephones. */
static void put_type(json_t *object, const char *ton, const char *npi,
		     const struct leg_number *number, bool isdn, bool *lost)
{
	uint8_t type = isdn ? number->type : 0;
	uint8_t plan = isdn ? number->plan : 1;

	json_put(object, ton, when(number->present, type_name(type)), lost);
	json_put(object, npi, when(number->present, plan_name(plan)), lost);
}

static json_t *screening_of(const struct leg_number *number)
{
	return number->present ? json_integer(number->screening) : json_null();
}

static void put_numbers(json_t *object, const struct call_view *view,
			bool *lost)
{
	const struct call *call = view->call;
	const struct call_sent *sent = &call->sent;
	const struct leg_number *calling = &call->setup.calling;
	bool in = !strcmp(call_record_direction(view), "in");
	const struct leg_number *called =
		in ? &call->setup.called : &sent->called;
	bool told = *called->digits && (in || sent->any);

	json_put(object, "caller", json_text(calling->digits), lost);
	json_put(object, "caller_core", json_text(call->route.calling), lost);
	put_type(object, "caller_ton", "caller_npi", calling, in, lost);
	json_put(object, "clir", json_boolean(calling->presentation == 1),
		 lost);
	json_put(object, "screening", screening_of(calling), lost);
	json_put(object, "called", json_text(call->setup.called.digits), lost);
	json_put(object, "called_core", json_text(call->route.called), lost);
	json_put(object, "called_sent", json_text(sent->called.digits), lost);
	json_put(object, "called_ton", when(told, type_name(called->type)),
		 lost);
	json_put(object, "called_npi", when(told, plan_name(called->plan)),
		 lost);
	put_others(object, call, lost);
}

static void put_told(json_t *object, const char *what, const char *by,
		     const struct call_sent_number *number, bool *lost)
{
	json_put(object, what,
		 when(number->verdict != NUMBERING_NONE,
		      numbering_verdict_name(number->verdict)),
		 lost);
	json_put(object, by, json_text(number->by), lost);
}

/* The numbers that went out beside the called one. */
static void put_sent(json_t *object, const struct call_view *view, bool *lost)
{
	const struct call_sent *sent = &view->call->sent;
	const struct leg_number *calling = &sent->calling.number;
	const struct leg_number *redirecting = &sent->redirecting.number;
	bool isdn = !strcmp(call_record_direction(view), "out");

	json_put(object, "caller_sent", when(calling->present, calling->digits),
		 lost);
	put_type(object, "caller_sent_ton", "caller_sent_npi", calling, isdn,
		 lost);
	json_put(object, "caller_sent_clir",
		 sent->any ? json_boolean(calling->presentation == 1)
			   : json_null(),
		 lost);
	json_put(object, "caller_sent_screening", screening_of(calling), lost);
	put_told(object, "caller_told", "caller_told_by", &sent->calling, lost);
	json_put(object, "redirecting_sent",
		 when(redirecting->present, redirecting->digits), lost);
	put_told(object, "redirecting_told", "redirecting_told_by",
		 &sent->redirecting, lost);
}

void call_record_route(const struct call *call, struct call_told *out)
{
	const struct conf_route_rule *rule = call->route.rule;
	const struct conf_target *target = route_target(&call->route);

	if (!rule) {
		*out = call->told;
		return;
	}
	*out = (struct call_told){ .rule = "" };
	snprintf(out->rule, sizeof out->rule, "%s:%u",
		 rule->place.file ? rule->place.file : "?", rule->place.line);
	if (target && target->trunk)
		snprintf(out->trunk, sizeof out->trunk, "%s",
			 target->trunk->name);
	if (target && target->peer)
		snprintf(out->peer, sizeof out->peer, "%s", target->peer->name);
}

static json_t *positive(unsigned number)
{
	return number ? json_integer(number) : json_null();
}

static void put_ways(json_t *object, const struct call_view *view, bool *lost)
{
	const struct call *call = view->call;
	const struct leg_info *sip = view->a->span ? view->b : view->a;
	const struct leg_info *isdn = view->a->span ? view->a : view->b;
	const char *trunk = isdn->peer, *peer = sip->peer;
	struct call_told told;

	call_record_route(call, &told);
	/* A target that gave no leg is named all the same. */
	if (!*trunk)
		trunk = told.trunk;
	if (!*peer)
		peer = told.peer;
	json_put(object, "from", json_text(call->setup.from), lost);
	json_put(object, "sip_call_id", json_text(sip->sip_call_id), lost);
	json_put(object, "sip_peer", json_text(peer), lost);
	json_put(object, "sip_src", json_text(sip->sip_remote), lost);
	json_put(object, "sip_status", positive(sip->sip_status), lost);
	json_put(object, "route_rule", when(*told.rule, told.rule), lost);
	json_put(object, "trunk_group", json_text(trunk), lost);
	json_put(object, "span", positive(isdn->span), lost);
	json_put(object, "channel", positive(isdn->channel), lost);
	json_put(object, "attempts", json_integer(call->attempts), lost);
}

static void put_end(json_t *object, const struct call *call, bool *lost)
{
	const struct leg_cause *cause = &call->cause;
	bool known = call->end_ms && cause->q850;
	char release_by[112];

	call_record_release_by(call, release_by);
	json_put(object, "q850_cause",
		 known ? json_integer(cause->q850) : json_null(), lost);
	json_put(object, "q850_location",
		 known ? json_integer(cause->location) : json_null(), lost);
	json_put(object, "cause_text",
		 call->end_ms ? json_text(cause->text) : json_null(), lost);
	json_put(object, "release_by", json_text(release_by), lost);
}

static void put_media(json_t *object, const struct call_view *view, bool *lost)
{
	const struct leg_media *side = &view->call->rtp_side;
	const struct bridge_stats *media = view->media;

	json_put(object, "codec",
		 side->kind == LEG_MEDIA_RTP
			 ? json_text(g711_law_name(side->law))
			 : json_null(),
		 lost);
	json_put(object, "rtp_tx", json_count(media->rtp_sent), lost);
	json_put(object, "rtp_rx", json_count(media->rtp_received), lost);
	json_put(object, "rtp_lost", json_count(media->rtp_lost), lost);
	json_put(object, "rtp_late", json_count(media->rtp_late), lost);
	json_put(object, "rtp_stranger", json_count(media->rtp_stranger), lost);
	json_put(object, "rtp_src_changes", json_count(media->ssrc_changes),
		 lost);
	json_put(object, "concealed_ms",
		 json_count(media->concealed_samples / SAMPLES_PER_MS), lost);
	json_put(object, "jitter_ms_max",
		 json_real(media->jitter_max_us / 1000.0), lost);
	json_put(object, "dtmf",
		 json_count(media->dtmf_to_tdm + media->dtmf_to_rtp), lost);
}

void call_record_fields(json_t *object, const struct call_view *view,
			bool *lost)
{
	put_times(object, view->call, lost);
	json_put(object, "direction", json_string(call_record_direction(view)),
		 lost);
	put_numbers(object, view, lost);
	put_ways(object, view, lost);
	put_end(object, view->call, lost);
	put_media(object, view, lost);
	json_put(object, "emergency", json_boolean(view->call->route.emergency),
		 lost);
	put_sent(object, view, lost);
}
