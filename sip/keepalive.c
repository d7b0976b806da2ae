#include "sip/address.h"
#include "sip/agent_state.h"

#include <stdio.h>

/* Pitfall: the stack goes on with an OPTIONS for 32 s, whoever still waits for
 * it. Its handle may go before: what comes later is for nobody. */
void sip_keepalive_forget(struct sip_watched *watched)
{
	if (watched->asked)
		nua_handle_destroy(watched->asked);
	watched->asked = NULL;
}

void sip_keepalive_ask(void *ctx)
{
	struct sip_watched *watched = ctx;
	struct sip_agent *agent = watched->agent;
	struct sip_peer_info peer;
	struct sockaddr_storage us =
		sip_address_advertised(&agent->conf->gateway);
	char host[64], server[64], from[80], to[80], url[72];

	sip_keepalive_forget(watched);
	sip_address_host(&us, host, sizeof host);
	sip_peer_describe(watched->peer, &peer);
	conf_format_address(&peer.conf->server, server, sizeof server);
	snprintf(from, sizeof from, "<sip:%s>", host);
	snprintf(to, sizeof to, "<sip:%s>", server);
	snprintf(url, sizeof url, "sip:%s", server);
	watched->asked = nua_handle(agent->nua, NULL, SIPTAG_FROM_STR(from),
				    SIPTAG_TO_STR(to), TAG_END());
	if (!watched->asked)
		return; /* it is lost */
	nua_set_hparams(watched->asked, SIPTAG_ALLOW_STR(SIP_AGENT_ALLOW),
			TAG_END());
	nua_options(watched->asked, NUTAG_URL(url),
		    SIPTAG_CONTACT_STR(agent->contact), TAG_END());
}

static struct sip_watched *find(const struct sip_agent *agent,
				const nua_handle_t *nh)
{
	for (size_t i = 0; i < agent->peer_count; i++)
		if (agent->peers[i]->asked == nh)
			return agent->peers[i];
	return NULL;
}

void sip_keepalive_response(struct sip_agent *agent, nua_handle_t *nh,
			    int status)
{
	struct sip_watched *watched = find(agent, nh);
	struct sockaddr_storage from;

	if (!watched || status < 200)
		return;
	sip_incoming_source(agent, &from);
	sip_keepalive_forget(watched);
	if (from.ss_family == AF_UNSPEC)
		sip_peer_lost(watched->peer, status == 408
						     ? SIP_PEER_NO_ANSWER
						     : SIP_PEER_UNREACHABLE);
	else if (status == 503)
		sip_peer_lost(watched->peer, SIP_PEER_UNAVAILABLE);
	else
		sip_peer_answered(watched->peer);
}

void sip_keepalive_start(struct sip_agent *agent)
{
	for (size_t i = 0; i < agent->peer_count; i++)
		sip_peer_start(agent->peers[i]->peer);
}

void sip_keepalive_stop(struct sip_agent *agent)
{
	for (size_t i = 0; i < agent->peer_count; i++) {
		sip_peer_stop(agent->peers[i]->peer);
		sip_keepalive_forget(agent->peers[i]);
	}
}
