#include "gateway/stats.h"

#include "gateway/call.h"
#include "gateway/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A row and the quarter that its counts are of: rows are turned over when they
 * are touched, so that nothing has to run when nothing happens. */
struct kept_row {
	char name[CONF_NAME_MAX];
	struct stats_row row;
	uint64_t quarter;
};

/* A name that is configured no more stays: it may come back, and a call that
 * began before ends after. */
struct kept_rows {
	struct kept_row *row;
	size_t count;
};

struct stats {
	uint64_t start_ms;
	struct kept_row total;
	struct kept_rows trunks, peers;
	uint64_t causes[STATS_CAUSES];
	struct bridge_stats voice;
};

static struct kept_row *find(const struct kept_rows *rows, const char *name)
{
	for (size_t i = 0; i < rows->count; i++)
		if (!strcmp(rows->row[i].name, name))
			return &rows->row[i];
	return NULL;
}

static int add_name(struct kept_rows *rows, const char *name)
{
	struct kept_row *row;

	if (find(rows, name))
		return 0;
	row = realloc(rows->row, (rows->count + 1) * sizeof *row);
	if (!row)
		return -ENOMEM;
	rows->row = row;
	row = &rows->row[rows->count++];
	*row = (struct kept_row){ .quarter = 0 };
	snprintf(row->name, sizeof row->name, "%s", name);
	return 0;
}

int stats_take(struct stats *stats, const struct conf *conf)
{
	int err = 0;

	for (size_t i = 0; i < conf->trunk_count && err == 0; i++)
		err = add_name(&stats->trunks, conf->trunks[i].name);
	for (size_t i = 0; i < conf->peer_count && err == 0; i++)
		err = add_name(&stats->peers, conf->peers[i].name);
	return err;
}

int stats_new(struct stats **out, const struct conf *conf)
{
	struct stats *stats = calloc(1, sizeof *stats);

	if (!stats)
		return -ENOMEM;
	stats->start_ms = clock_now_ms();
	if (stats_take(stats, conf) < 0) {
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
	free(stats->trunks.row);
	free(stats->peers.row);
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

static void add_named(const struct stats *stats, const struct kept_rows *rows,
		      const char *name, const struct stats_count *call)
{
	struct kept_row *kept = find(rows, name);

	if (kept)
		add(stats, kept, call);
}

/* Both of the call's ends, the called one also when it gave no leg. */
static void add_ends(struct stats *stats, const struct call *call,
		     const struct stats_count *count)
{
	const struct conf_target *target = route_target(&call->route);

	add_named(stats, &stats->trunks, call->setup.from, count);
	add_named(stats, &stats->peers, call->setup.from, count);
	if (target && target->trunk)
		add_named(stats, &stats->trunks, target->trunk->name, count);
	if (target && target->peer)
		add_named(stats, &stats->peers, target->peer->name, count);
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
		.from_network = find(&stats->trunks, call->setup.from) != NULL,
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

static void row_of(const struct stats *stats, const struct kept_rows *rows,
		   const char *name, struct stats_row *out)
{
	struct kept_row *kept = find(rows, name);

	*out = kept ? *turn_over(stats, kept) : (struct stats_row){ 0 };
}

void stats_trunk(struct stats *stats, const char *name, struct stats_row *out)
{
	row_of(stats, &stats->trunks, name, out);
}

void stats_peer(struct stats *stats, const char *name, struct stats_row *out)
{
	row_of(stats, &stats->peers, name, out);
}

uint64_t stats_cause(const struct stats *stats, uint8_t q850)
{
	return stats->causes[q850 % STATS_CAUSES];
}

void stats_voice(const struct stats *stats, struct bridge_stats *out)
{
	*out = stats->voice;
}
