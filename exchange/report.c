/* Keys stay what they are, tests and people's scripts read them. What did not
 * happen is null, what does not apply (bits of an echo call) is not there.
 */
#include "exchange/report.h"

#include "gateway/cause.h"
#include "gateway/clock.h"

static const char *const end_names[] = {
	[CALL_END_NONE] = "",
	[CALL_END_USER] = "user",
	[CALL_END_EXCHANGE] = "exchange",
	[CALL_END_RESTART] = "restart",
	[CALL_END_LINK] = "link lost",
};

/* Milliseconds after SETUP, null for what did not happen. */
static json_t *after_setup(const struct call_record *record, uint64_t at_ms)
{
	if (!at_ms)
		return json_null();
	return json_integer((json_int_t)(at_ms - record->setup_ms));
}

static void put_end(json_t *call, const struct call_record *record)
{
	char name[16];

	if (record->ended_by == CALL_END_NONE)
		return;
	json_object_set_new(call, "ended_by",
			    json_string(end_names[record->ended_by]));
	json_object_set_new(call, "cause", json_integer(record->cause));
	json_object_set_new(call, "cause_name",
			    json_string(cause_name(record->cause, name)));
	json_object_set_new(call, "location", json_integer(record->location));
}

static void put_bits(json_t *call, const struct call_record *record)
{
	const struct prbs_checker *bits = &record->bits;

	if (!record->bit_error_test)
		return;
	json_object_set_new(call, "bits_compared",
			    json_integer((json_int_t)bits->bits_compared));
	json_object_set_new(call, "bit_errors",
			    json_integer((json_int_t)bits->bit_errors));
	json_object_set_new(call, "sync_losses",
			    json_integer((json_int_t)bits->sync_losses));
	json_object_set_new(call, "bits_unlocked",
			    json_integer((json_int_t)bits->bits_unlocked));
	json_object_set_new(call, "in_sync", json_boolean(bits->locked));
}

static void put_digits(json_t *call, const struct call_record *record)
{
	if (!record->readback)
		return;
	json_object_set_new(call, "dtmf", json_string(record->dtmf.text));
	json_object_set_new(call, "dtmf_count",
			    json_integer(record->dtmf.count));
}

/* Of a call that the exchange made: what else it got. */
static void put_origin(json_t *call, const struct call_record *record)
{
	json_t *indicators = json_array();

	for (int n = 0; n < 16; n++)
		if (record->indicators & 1U << n)
			json_array_append_new(indicators, json_integer(n));
	json_object_set_new(call, "progress_indicators", indicators);
}

json_t *report_call(const struct call_record *record)
{
	const struct fsm_desc *desc =
		record->to_user ? &exchange_origin_desc : &exchange_call_desc;
	char utc[32];
	json_t *call;

	clock_format_utc(record->setup_utc_ns, utc);
	call = json_pack("{s:i, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:s}", "id",
			 (int)record->id, "span", (int)record->span, "channel",
			 (int)record->channel, "cref", (int)record->cref,
			 "test", record->test, "called",
			 record->identity.called.digits, "calling",
			 record->identity.calling.digits, "state",
			 desc->state_names[record->state], "setup_utc", utc);
	if (!call)
		return NULL;
	/* To be compared with what others on this machine stamped. */
	json_object_set_new(call, "setup_unix_us",
			    json_integer(
				    (json_int_t)(record->setup_utc_ns / 1000)));
	json_object_set_new(call, "direction",
			    json_string(record->to_user ? "out" : "in"));
	identity_report(&record->identity, call);
	if (record->to_user)
		put_origin(call, record);
	json_object_set_new(call, "proceeding_ms",
			    after_setup(record, record->proceeding_ms));
	json_object_set_new(call, "progress_ms",
			    after_setup(record, record->progress_ms));
	json_object_set_new(call, "alerting_ms",
			    after_setup(record, record->alerting_ms));
	json_object_set_new(call, "answer_ms",
			    after_setup(record, record->answer_ms));
	json_object_set_new(call, "clear_ms",
			    after_setup(record, record->clear_ms));
	json_object_set_new(call, "end_ms",
			    after_setup(record, record->end_ms));
	put_end(call, record);
	put_bits(call, record);
	put_digits(call, record);
	return call;
}

static json_t *voice(const struct exchange_span_info *info)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "blocks_in",
			 (json_int_t)info->blocks_in, "blocks_out",
			 (json_int_t)info->blocks_out, "slips_in",
			 (json_int_t)info->slips_in, "slips_out",
			 (json_int_t)info->slips_out, "overruns",
			 (json_int_t)info->overruns, "underruns",
			 (json_int_t)info->underruns, "malformed",
			 (json_int_t)info->malformed);
}

static json_t *signalling(const struct q931_tap_counters *tap)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "frames_in",
			 (json_int_t)tap->frames_in, "frames_out",
			 (json_int_t)tap->frames_out, "messages_in",
			 (json_int_t)tap->messages_in, "messages_out",
			 (json_int_t)tap->messages_out, "malformed_in",
			 (json_int_t)tap->malformed_in, "lost_out",
			 (json_int_t)tap->lost_out);
}

json_t *report_span(const struct exchange_span_info *info)
{
	const char *layer1 = info->layer1_down	? "down"
			     : info->alarms	? "alarm"
			     : info->gateway	? "up"
			     : info->line.dahdi ? "no line"
						: "no gateway";
	const char *dchannel = info->dchannel_cut  ? "cut"
			       : info->dchannel_up ? "up"
						   : "down";

	return json_pack("{s:i, s:s, s:s, s:b, s:s, s:s, s:i, s:o, s:o}",
			 "span", (int)info->number, "line",
			 line_desc(info->line.type)->name, "protocol",
			 line_protocol_name(info->line.protocol), "gateway",
			 info->gateway, "layer1", layer1, "dchannel", dchannel,
			 "busy", (int)info->busy, "voice", voice(info),
			 "signalling", signalling(&info->tap));
}
