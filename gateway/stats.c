#include "gateway/stats.h"

#include "gateway/call.h"
#include "gateway/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A row and the quarter that its counts are of: rows are turned over when they
 * are touched, so that nothing has to run when nothing happens. */
struct kept_row {
	struct stats_row row;
	uint64_t quarter;
};

struct stats {
	const struct conf *conf;
	uint64_t start_ms;
	struct kept_row total;
	struct kept_row *trunks, *peers; /* as in conf */
	uint64_t causes[STATS_CAUSES];
	struct bridge_stats voice;
};

int stats_new(struct stats **out, const struct conf *conf)
{
	struct stats *stats = calloc(1, sizeof *stats);

	if (!stats)
		return -ENOMEM;
	stats->conf = conf;
	stats->start_ms = clock_now_ms();
	stats->trunks = calloc(conf->trunk_count + 1, sizeof *stats->trunks);
	stats->peers = calloc(conf->peer_count + 1, sizeof *stats->peers);
	if (!stats->trunks || !stats->peers) {
		stats_free(stats);
		return -ENOMEM;
	}
	*out = stats;
	return 0;
}

void stats_free(struct stats *stats)
{
	if (!stats)
		return;
	free(stats->trunks);
	free(stats->peers);
	free(stats);
}

static uint64_t age_ms(const struct stats *stats)
{
	return clock_now_ms() - stats->start_ms;
}

uint32_t stats_quarter_ms(const struct stats *stats)
{
	return (uint32_t)(age_ms(stats) % STATS_QUARTER_MS);
}

static struct stats_row *turn_over(const struct stats *stats,
				   struct kept_row *kept)
{
	uint64_t quarter = age_ms(stats) / STATS_QUARTER_MS;
	struct stats_count *window = kept->row.window;

	if (quarter == kept->quarter)
		return &kept->row;
	window[STATS_LAST_QUARTER] = quarter == kept->quarter + 1
					     ? window[STATS_QUARTER]
					     : (struct stats_count){ 0 };
	window[STATS_QUARTER] = (struct stats_count){ 0 };
	kept->quarter = quarter;
	return &kept->row;
}

static void add(const struct stats *stats, struct kept_row *kept,
		const struct stats_count *call)
{
	struct stats_row *row = turn_over(stats, kept);

	for (int w = STATS_ALL; w <= STATS_QUARTER; w++) {
		row->window[w].calls += call->calls;
		row->window[w].answered += call->answered;
		row->window[w].from_network += call->from_network;
		row->window[w].talk_ms += call->talk_ms;
	}
}

static void add_trunk(struct stats *stats, const struct conf_trunk *trunk,
		      const struct stats_count *call)
{
	if (trunk)
		add(stats, &stats->trunks[trunk - stats->conf->trunks], call);
}

static void add_peer(struct stats *stats, const struct conf_peer *peer,
		     const struct stats_count *call)
{
	if (peer)
		add(stats, &stats->peers[peer - stats->conf->peers], call);
}

/* Both of the call's ends, the called one also when it gave no leg. */
static void add_ends(struct stats *stats, const struct call *call,
		     const struct stats_count *count)
{
	const struct conf_target *target = route_target(&call->route);

	add_trunk(stats, conf_trunk_find(stats->conf, call->setup.from), count);
	add_peer(stats, conf_peer_find(stats->conf, call->setup.from), count);
	if (!target)
		return;
	add_trunk(stats, target->trunk, count);
	add_peer(stats, target->peer, count);
}

static void add_voice(struct bridge_stats *sum, const struct bridge_stats *m)
{
	sum->rtp_sent += m->rtp_sent;
	sum->rtp_received += m->rtp_received;
	sum->rtp_lost += m->rtp_lost;
	sum->rtp_late += m->rtp_late;
	sum->rtp_duplicate += m->rtp_duplicate;
	sum->rtp_malformed += m->rtp_malformed;
	sum->rtp_wrong_payload += m->rtp_wrong_payload;
	sum->rtp_other_source += m->rtp_other_source;
	sum->rtp_stranger += m->rtp_stranger;
	sum->rtp_send_errors += m->rtp_send_errors;
	sum->concealed_samples += m->concealed_samples;
	sum->rtp_comfort_noise += m->rtp_comfort_noise;
	sum->dtmf_events += m->dtmf_events;
	sum->dtmf_ignored += m->dtmf_ignored;
	sum->dtmf_dropped += m->dtmf_dropped;
	sum->dtmf_to_tdm += m->dtmf_to_tdm;
	sum->dtmf_to_rtp += m->dtmf_to_rtp;
	sum->rtcp_sent += m->rtcp_sent;
	sum->rtcp_received += m->rtcp_received;
	sum->rtcp_malformed += m->rtcp_malformed;
	sum->ssrc_changes += m->ssrc_changes;
	sum->buffer_jumps += m->buffer_jumps;
	if (m->jitter_max_us > sum->jitter_max_us)
		sum->jitter_max_us = m->jitter_max_us;
}

void stats_call_over(struct stats *stats, const struct call *call)
{
	struct stats_count count = {
		.calls = 1,
		.from_network =
			conf_trunk_find(stats->conf, call->setup.from) != NULL,
	};

	if (call->answer_ms) {
		count.answered = 1;
		count.talk_ms = call->end_ms - call->answer_ms;
	}
	add(stats, &stats->total, &count);
	add_ends(stats, call, &count);
	stats->causes[call->cause.q850 % STATS_CAUSES]++;
	add_voice(&stats->voice, &call->media);
}

void stats_total(struct stats *stats, struct stats_row *out)
{
	*out = *turn_over(stats, &stats->total);
}

void stats_trunk(struct stats *stats, size_t index, struct stats_row *out)
{
	*out = *turn_over(stats, &stats->trunks[index]);
}

void stats_peer(struct stats *stats, size_t index, struct stats_row *out)
{
	*out = *turn_over(stats, &stats->peers[index]);
}

uint64_t stats_cause(const struct stats *stats, uint8_t q850)
{
	return stats->causes[q850 % STATS_CAUSES];
}

void stats_voice(const struct stats *stats, struct bridge_stats *out)
{
	*out = stats->voice;
}
