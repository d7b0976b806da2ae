#include "gateway/clock.h"
#include "gateway/event.h"
#include "sip/agent_state.h"
#include "sip/source_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void watched_free(struct sip_watched *watched)
{
	if (!watched)
		return;
	sip_peer_free(watched->peer);
	free(watched->networks);
	free(watched->next_networks);
	free(watched);
}

static struct sip_watched *watched_new(struct sip_agent *agent,
				       const struct conf_peer *conf)
{
	struct sip_watched *watched = calloc(1, sizeof *watched);
	struct sip_peer_params params = {
		.conf = conf,
		.timers = loop_timers(agent->loop),
		.ask = sip_keepalive_ask,
		.ctx = watched,
	};

	if (!watched)
		return NULL;
	watched->agent = agent;
	rate_init(&watched->refusals, SIP_REFUSALS_PER_S, clock_now_ns());
	if (sip_peer_new(&watched->peer, &params) < 0) {
		watched_free(watched);
		return NULL;
	}
	return watched;
}

static struct sip_watched *find(const struct sip_agent *agent, const char *name)
{
	for (size_t i = 0; i < agent->peer_count; i++)
		if (!strcmp(sip_peer_name(agent->peers[i]->peer), name))
			return agent->peers[i];
	return NULL;
}

struct sip_watched *sip_agent_watched(const struct sip_agent *agent,
				      const struct conf_peer *conf)
{
	struct sip_watched *watched = find(agent, conf->name);

	return watched && !watched->gone ? watched : NULL;
}

struct sip_peer *sip_agent_peer(const struct sip_agent *agent,
				const struct conf_peer *conf)
{
	struct sip_watched *watched = sip_agent_watched(agent, conf);

	return watched ? watched->peer : NULL;
}

/* Networks */

static bool has_network(const struct conf_network *networks, size_t count,
			const struct conf_network *network)
{
	for (size_t i = 0; i < count; i++)
		if (networks[i].prefix_bits == network->prefix_bits &&
		    !memcmp(&networks[i].address, &network->address,
			    sizeof network->address))
			return true;
	return false;
}

/* What it is to be let in from: as configured (`conf` NULL: nowhere), and what
 * was before as long as there are calls from there. */
static int next_networks(struct sip_watched *watched,
			 const struct conf_peer *conf)
{
	size_t configured = conf ? conf->accept_from_count : 0;
	struct conf_network *all =
		calloc(configured + watched->network_count + 1, sizeof *all);

	if (!all)
		return -ENOMEM;
	if (configured)
		memcpy(all, conf->accept_from, configured * sizeof *all);
	watched->next_networks = all;
	watched->next_count = configured;
	if (!sip_peer_calls(watched->peer))
		return 0;
	for (size_t i = 0; i < watched->network_count; i++)
		if (!has_network(all, configured, &watched->networks[i]))
			all[watched->next_count++] = watched->networks[i];
	return 0;
}

static void take_networks(struct sip_watched *watched, size_t configured)
{
	free(watched->networks);
	watched->networks = watched->next_networks;
	watched->network_count = watched->next_count;
	watched->next_networks = NULL;
	watched->lingers = watched->network_count > configured;
}

int sip_peers_filter(struct sip_agent *agent, struct sip_watched *const *peers,
		     size_t count, bool next)
{
	struct conf_peer *each = calloc(count + 1, sizeof *each);
	bool *storm = calloc(count + 1, sizeof *storm);
	struct conf all = { .peers = each, .peer_count = count };
	char contact[sizeof agent->contact];
	int err = each && storm ? 0 : -ENOMEM;

	if (!agent->udp_count) /* not there yet, or no more */
		count = 0;
	for (size_t i = 0; i < count && err == 0; i++) {
		const struct sip_watched *w = peers[i];

		storm[i] = w->storm;
		each[i].accept_from = next ? w->next_networks : w->networks;
		each[i].accept_from_count =
			next ? w->next_count : w->network_count;
	}
	/* without the angle brackets */
	snprintf(contact, sizeof contact, "%s", agent->contact + 1);
	contact[strcspn(contact, ">")] = '\0';
	for (size_t i = 0; i < agent->udp_count && err == 0; i++)
		err = source_filter_shed(agent->udp[i], &all, storm, contact);
	free(each);
	free(storm);
	return err;
}

/* Taking a configuration: all is made first, then nothing can fail. */

struct peer_list {
	struct sip_watched **at;
	size_t count;
};

static bool holds(const struct peer_list *list, const struct sip_watched *one)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i] == one)
			return true;
	return false;
}

static int list_configured(struct sip_agent *agent, const struct conf *conf,
			   struct peer_list *list)
{
	for (size_t i = 0; i < conf->peer_count; i++) {
		const struct conf_peer *peer = &conf->peers[i];
		struct sip_watched *watched = find(agent, peer->name);

		if (!watched)
			watched = watched_new(agent, peer);
		if (!watched)
			return -ENOMEM;
		list->at[list->count++] = watched;
		if (next_networks(watched, peer) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int list_leaving(struct sip_agent *agent, struct peer_list *list)
{
	for (size_t i = 0; i < agent->peer_count; i++) {
		struct sip_watched *watched = agent->peers[i];

		if (holds(list, watched) || !sip_peer_calls(watched->peer))
			continue;
		list->at[list->count++] = watched;
		if (next_networks(watched, NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void undo(struct sip_agent *agent, struct peer_list *list)
{
	const struct peer_list before = { agent->peers, agent->peer_count };

	for (size_t i = 0; i < list->count; i++) {
		free(list->at[i]->next_networks);
		list->at[i]->next_networks = NULL;
		if (!holds(&before, list->at[i]))
			watched_free(list->at[i]);
	}
	free(list->at);
}

static void take_peer(struct sip_watched *watched, const struct conf_peer *conf)
{
	watched->gone = false;
	if (sip_peer_take(watched->peer, conf))
		sip_keepalive_forget(watched);
	take_networks(watched, conf->accept_from_count);
}

static void leave(struct sip_watched *watched)
{
	if (!watched->gone)
		sip_peer_leave(watched->peer);
	watched->gone = true;
	sip_keepalive_forget(watched);
	take_networks(watched, 0);
}

static void commit(struct sip_agent *agent, const struct conf *conf,
		   struct peer_list *list)
{
	struct peer_list before = { agent->peers, agent->peer_count };

	for (size_t i = 0; i < conf->peer_count; i++) {
		take_peer(list->at[i], &conf->peers[i]);
		if (agent->phase == SIP_SERVING && !holds(&before, list->at[i]))
			sip_peer_start(list->at[i]->peer);
	}
	for (size_t i = conf->peer_count; i < list->count; i++)
		leave(list->at[i]);
	agent->conf = conf;
	agent->peers = list->at;
	agent->peer_count = list->count;
	for (size_t i = 0; i < before.count; i++)
		if (!holds(list, before.at[i])) {
			sip_keepalive_forget(before.at[i]);
			watched_free(before.at[i]);
		}
	free(before.at);
}

int sip_agent_take(struct sip_agent *agent, const struct conf *conf)
{
	struct peer_list list = {
		.at = calloc(conf->peer_count + agent->peer_count + 1,
			     sizeof(struct sip_watched *)),
	};
	int err = list.at ? 0 : -ENOMEM;

	if (err == 0)
		err = list_configured(agent, conf, &list);
	if (err == 0)
		err = list_leaving(agent, &list);
	if (err == 0)
		err = sip_peers_filter(agent, list.at, list.count, true);
	if (err == 0) {
		commit(agent, conf, &list);
		return 0;
	}
	undo(agent, &list);
	/* The first of several sockets may have the new one. */
	sip_peers_filter(agent, agent->peers, agent->peer_count, false);
	return err;
}

/* The end of calls */

static void remove_peer(struct sip_agent *agent, size_t index)
{
	struct sip_watched *watched = agent->peers[index];

	log_event(EVENT_PEER_GONE, "sip",
		  "peer=%s the last call of sip-peer %s, which is configured "
		  "no more, is over",
		  sip_peer_name(watched->peer), sip_peer_name(watched->peer));
	agent->peer_count--;
	memmove(&agent->peers[index], &agent->peers[index + 1],
		(agent->peer_count - index) * sizeof(struct sip_watched *));
	watched_free(watched);
}

void sip_peers_call_over(struct sip_agent *agent, struct sip_peer *peer)
{
	struct sip_watched *watched;
	size_t i = 0;
	int err;

	if (sip_peer_calls(peer))
		return;
	while (i < agent->peer_count && agent->peers[i]->peer != peer)
		i++;
	if (i == agent->peer_count)
		return;
	watched = agent->peers[i];
	if (!watched->gone && !watched->lingers)
		return;
	/* The configured ones stand first. */
	watched->network_count =
		watched->gone ? 0 : agent->conf->peers[i].accept_from_count;
	watched->lingers = false;
	if (watched->gone)
		remove_peer(agent, i);
	err = sip_peers_filter(agent, agent->peers, agent->peer_count, false);
	if (err < 0)
		log_event(EVENT_SIP_FILTER_STALE, "sip",
			  "networks that are configured no more are still let "
			  "in until the next reload: %s",
			  strerror(-err));
}

void sip_peers_free(struct sip_agent *agent)
{
	for (size_t i = 0; i < agent->peer_count; i++)
		watched_free(agent->peers[i]);
	free(agent->peers);
	agent->peers = NULL;
	agent->peer_count = 0;
}
