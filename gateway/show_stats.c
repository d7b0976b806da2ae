#include "gateway/cause.h"
#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"

/* Answer-seizure ratio and average call duration (ITU-T E.411); null while
 * there is nothing to take them of. */
static json_t *window_of(const struct stats_count *n)
{
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "calls", json_count(n->calls), &lost);
	json_put(object, "in", json_count(n->from_network), &lost);
	json_put(object, "out", json_count(n->calls - n->from_network), &lost);
	json_put(object, "answered", json_count(n->answered), &lost);
	json_put(object, "talk_s", json_count(n->talk_ms / 1000), &lost);
	json_put(object, "asr_percent",
		 n->calls ? json_count((n->answered * 100 + n->calls / 2) /
				       n->calls)
			  : json_null(),
		 &lost);
	json_put(object, "acd_s",
		 n->answered
			 ? json_count((n->talk_ms / n->answered + 500) / 1000)
			 : json_null(),
		 &lost);
	return json_whole(object, lost);
}

json_t *show_counts(const struct stats_row *row)
{
	static const char *const names[STATS_WINDOWS] = {
		[STATS_ALL] = "since_start",
		[STATS_QUARTER] = "quarter",
		[STATS_LAST_QUARTER] = "last_quarter",
	};
	json_t *object = json_object();
	bool lost = false;

	for (int w = 0; w < STATS_WINDOWS; w++)
		json_put(object, names[w], window_of(&row->window[w]), &lost);
	return json_whole(object, lost);
}

static json_t *causes_of(const struct stats *stats)
{
	json_t *array = json_array();
	char buf[16];

	for (uint8_t q850 = 0; q850 < STATS_CAUSES; q850++) {
		uint64_t n = stats_cause(stats, q850);

		if (n)
			json_array_append_new(
				array,
				json_pack("{s:i, s:s, s:I}", "q850", (int)q850,
					  "name", cause_name(q850, buf),
					  "calls", (json_int_t)n));
	}
	return array;
}

static json_t *voice_of(const struct stats *stats)
{
	struct bridge_stats m;
	json_t *object = json_object();
	bool lost = false;

	stats_voice(stats, &m);
	json_put(object, "rtp_tx", json_count(m.rtp_sent), &lost);
	json_put(object, "rtp_rx", json_count(m.rtp_received), &lost);
	json_put(object, "rtp_lost", json_count(m.rtp_lost), &lost);
	json_put(object, "rtp_late", json_count(m.rtp_late), &lost);
	json_put(object, "rtp_duplicate", json_count(m.rtp_duplicate), &lost);
	json_put(object, "rtp_malformed", json_count(m.rtp_malformed), &lost);
	json_put(object, "rtp_wrong_payload", json_count(m.rtp_wrong_payload),
		 &lost);
	json_put(object, "rtp_other_source", json_count(m.rtp_other_source),
		 &lost);
	json_put(object, "rtp_stranger", json_count(m.rtp_stranger), &lost);
	json_put(object, "rtp_send_errors", json_count(m.rtp_send_errors),
		 &lost);
	json_put(object, "ssrc_changes", json_count(m.ssrc_changes), &lost);
	json_put(object, "concealed_ms", json_count(m.concealed_samples / 8),
		 &lost);
	json_put(object, "buffer_jumps", json_count(m.buffer_jumps), &lost);
	json_put(object, "jitter_ms_max", json_real(m.jitter_max_us / 1000.0),
		 &lost);
	json_put(object, "rtp_comfort_noise", json_count(m.rtp_comfort_noise),
		 &lost);
	json_put(object, "dtmf_ignored", json_count(m.dtmf_ignored), &lost);
	json_put(object, "dtmf_dropped", json_count(m.dtmf_dropped), &lost);
	json_put(object, "dtmf_to_tdm", json_count(m.dtmf_to_tdm), &lost);
	json_put(object, "dtmf_to_rtp", json_count(m.dtmf_to_rtp), &lost);
	return json_whole(object, lost);
}

json_t *show_stats(struct gateway *gw, const struct command_line *line)
{
	json_t *object = json_object();
	struct stats_row row;
	bool lost = false;

	(void)line;
	stats_total(gw->stats, &row);
	json_put(object, "uptime_ms", json_count(clock_now_ms() - gw->start_ms),
		 &lost);
	json_put(object, "quarter_ms",
		 json_integer(stats_quarter_ms(gw->stats)), &lost);
	json_put(object, "calls", show_counts(&row), &lost);
	json_put(object, "causes", causes_of(gw->stats), &lost);
	json_put(object, "voice", voice_of(gw->stats), &lost);
	return json_whole(object, lost);
}
