#include "gateway/clock.h"
#include "gateway/event.h"
#include "sip/agent_state.h"
#include "sip/source_filter.h"

#include <string.h>

#define STORM_MS 1000

static uint64_t drops(const struct sip_agent *agent)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < agent->udp_count; i++)
		sum += source_filter_drops(agent->udp[i]);
	return sum;
}

static void begin_second(struct sip_agent *agent)
{
	agent->storm_drops_before = drops(agent);
	timer_start(loop_timers(agent->loop), &agent->storm_timer, STORM_MS);
}

uint64_t sip_storm_dropped(const struct sip_agent *agent)
{
	if (!timer_running(&agent->storm_timer))
		return agent->storm_dropped;
	return agent->storm_dropped + drops(agent) - agent->storm_drops_before;
}

static void storm_over(void *arg)
{
	struct sip_agent *agent = arg;
	int err;

	agent->storm_dropped += drops(agent) - agent->storm_drops_before;
	for (size_t i = 0; i < agent->peer_count; i++)
		agent->peers[i]->storm = false;
	err = sip_peers_filter(agent, agent->peers, agent->peer_count, false);
	if (err < 0) {
		log_event(EVENT_SIP_FILTER_STALE, "sip",
			  "a storm of INVITEs is over, but new calls of its "
			  "peer are still dropped by the kernel, tried again "
			  "in 1 s: %s",
			  strerror(-err));
		begin_second(agent);
		return;
	}
	log_event(EVENT_SIP_STORM, "sip",
		  "dropped=%llu storms of INVITEs over a peer's limit: %llu "
		  "dropped unseen since the start; running calls are served",
		  (unsigned long long)agent->storm_dropped,
		  (unsigned long long)agent->storm_dropped);
}

void sip_storm_refused(struct sip_agent *agent, const struct conf_peer *peer)
{
	struct sip_watched *watched = sip_agent_watched(agent, peer);
	int err;

	if (watched->storm || rate_take(&watched->refusals, clock_now_ns()))
		return;
	watched->storm = true;
	if (!timer_running(&agent->storm_timer))
		begin_second(agent);
	err = sip_peers_filter(agent, agent->peers, agent->peer_count, false);
	/* Then it is refused as before: slower. */
	if (err < 0)
		log_event(EVENT_SIP_FILTER_STALE, "sip",
			  "a storm of INVITEs cannot be dropped by the kernel: "
			  "%s",
			  strerror(-err));
}

void sip_storm_init(struct sip_agent *agent)
{
	timer_init(&agent->storm_timer, "storm", storm_over, agent);
}

void sip_storm_stop(struct sip_agent *agent)
{
	if (!timer_running(&agent->storm_timer))
		return;
	storm_over(agent);
	timer_stop(&agent->storm_timer);
}
