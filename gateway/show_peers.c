#include "gateway/clock.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"
#include "sip/agent.h"

static json_t *server_of(const struct conf_peer *peer)
{
	char server[64];

	if (peer->server.ss_family == AF_UNSPEC)
		return json_null();
	conf_format_address(&peer->server, server, sizeof server);
	return json_text(server);
}

static json_t *peer_of(const struct gateway *gw, size_t index)
{
	struct sip_peer_info peer;
	struct stats_row row;
	json_t *object = json_object();
	bool lost = false;

	sip_agent_peer_info(gw->sip, index, &peer);
	stats_peer(gw->stats, peer.conf->name, &row);
	json_put(object, "peer", json_text(peer.conf->name), &lost);
	json_put(object, "state", json_text(peer.state), &lost);
	json_put(object, "state_ms", json_count(clock_now_ms() - peer.since_ms),
		 &lost);
	json_put(object, "server", server_of(peer.conf), &lost);
	json_put(object, "rtt_ms",
		 peer.rtt_us ? json_real(peer.rtt_us / 1000.0) : json_null(),
		 &lost);
	json_put(object, "calls", json_integer(peer.calls), &lost);
	json_put(object, "limit_calls", json_integer(peer.conf->limit_calls),
		 &lost);
	json_put(object, "limit_rate", json_integer(peer.conf->limit_rate),
		 &lost);
	json_put(object, "calls_in", json_count(peer.calls_in), &lost);
	json_put(object, "calls_out", json_count(peer.calls_out), &lost);
	json_put(object, "refused_calls", json_count(peer.refused_calls),
		 &lost);
	json_put(object, "refused_rate", json_count(peer.refused_rate), &lost);
	json_put(object, "options_sent", json_count(peer.options_sent), &lost);
	json_put(object, "options_lost", json_count(peer.options_lost), &lost);
	show_drain_of(object, gw, DRAIN_PEER, peer.conf->name, &lost);
	json_put(object, "counts", show_counts(&row), &lost);
	return json_whole(object, lost);
}

json_t *show_peers(struct gateway *gw, const struct command_line *line)
{
	static const struct show_filter filter = { "PEER", "peers", "peer",
						   "sip-peer" };
	json_t *array = json_array();
	size_t peers = sip_agent_peer_count(gw->sip);

	for (size_t i = 0; i < peers; i++)
		json_array_append_new(array, peer_of(gw, i));
	return show_only(json_pack("{s:o}", "peers", array), line, &filter);
}
