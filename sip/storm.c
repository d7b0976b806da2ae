#include "gateway/clock.h"
#include "sip/agent_state.h"
#include "sip/source_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Refusals a second that a peer gets through the stack. Each keeps 10 KB of it
 * for 5 s when it is acknowledged and for 32 s when not; worse, the stack looks
 * through all that it may have to repeat whenever it repeats one: 20,000 of
 * them took half a processor for as long. */
#define REFUSALS_PER_S 200
#define STORM_MS 1000
#define LINE_MS 10000

static uint64_t drops(const struct sip_agent *agent)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < agent->udp_count; i++)
		sum += source_filter_drops(agent->udp[i]);
	return sum;
}

static int set_filters(struct sip_agent *agent)
{
	bool *storm = calloc(agent->peer_count + 1, sizeof *storm);
	char contact[sizeof agent->contact];
	int err = storm ? 0 : -ENOMEM;

	/* without the angle brackets */
	snprintf(contact, sizeof contact, "%.*s",
		 (int)strlen(agent->contact) - 2, agent->contact + 1);
	for (size_t i = 0; i < agent->peer_count && storm; i++)
		storm[i] = agent->peers[i].storm;
	for (size_t i = 0; i < agent->udp_count && err == 0; i++)
		err = source_filter_shed(agent->udp[i], agent->conf, storm,
					 contact);
	free(storm);
	return err;
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
	unsigned left_out;
	int err;

	agent->storm_dropped += drops(agent) - agent->storm_drops_before;
	for (size_t i = 0; i < agent->peer_count; i++)
		agent->peers[i].storm = false;
	err = set_filters(agent);
	if (err < 0) {
		sip_agent_complain(agent, "sip",
				   "a storm of INVITEs is over, but new calls "
				   "of its peer are still dropped by the "
				   "kernel, tried again in 1 s: %s",
				   strerror(-err));
		begin_second(agent);
		return;
	}
	if (log_allowed(&agent->storm_lines, 1, LINE_MS, &left_out))
		log_line(LOG_WARNING, "sip",
			 "storms of INVITEs over a peer's limit: %llu dropped "
			 "unseen since the start; running calls are served",
			 (unsigned long long)agent->storm_dropped);
}

void sip_storm_refused(struct sip_agent *agent, const struct conf_peer *peer)
{
	struct sip_watched *watched = &agent->peers[peer - agent->conf->peers];
	int err;

	if (watched->storm || rate_take(&watched->refusals, clock_now_ns()))
		return;
	watched->storm = true;
	if (!timer_running(&agent->storm_timer))
		begin_second(agent);
	err = set_filters(agent);
	/* Then it is refused as before: slower. */
	if (err < 0)
		sip_agent_complain(agent, "sip",
				   "a storm of INVITEs cannot be dropped by "
				   "the kernel: %s",
				   strerror(-err));
}

void sip_storm_init(struct sip_agent *agent)
{
	timer_init(&agent->storm_timer, "storm", storm_over, agent);
	for (size_t i = 0; i < agent->peer_count; i++)
		rate_init(&agent->peers[i].refusals, REFUSALS_PER_S,
			  clock_now_ns());
}

void sip_storm_stop(struct sip_agent *agent)
{
	if (!timer_running(&agent->storm_timer))
		return;
	storm_over(agent);
	timer_stop(&agent->storm_timer);
}
