#include "sip/agent_state.h"

#include "gateway/event.h"

/* Pitfall: statuses of 900 and more are the stack's own failures, not
 * responses. */
static void count_internal(struct sip_agent *agent, nua_event_t event,
			   int status, const char *phrase)
{
	if (status < 900)
		return;
	agent->counters.internal_errors++;
	log_event(EVENT_SIP_STACK_ERROR, "sip", "stack error %d in %s: %s",
		  status, nua_event_name(event), phrase);
}

void sip_dispatch(nua_event_t event, int status, char const *phrase, nua_t *nua,
		  struct sip_agent *agent, nua_handle_t *nh,
		  struct sip_dialog *d, sip_t const *sip, tagi_t tags[])
{
	(void)nua;
	count_internal(agent, event, status, phrase);
	/* From 200 on the stack has answered by itself. */
	bool open = sip && sip->sip_request && status < 200;

	switch (event) {
	case nua_i_invite:
		if (open && d)
			sip_incoming_in_dialog(agent, nh, d, "INVITE", sip);
		else if (open)
			sip_incoming_invite(agent, nh, sip);
		break;
	case nua_i_update:
		if (open)
			sip_incoming_in_dialog(agent, nh, d, "UPDATE", sip);
		break;
	case nua_i_prack:
		if (open)
			sip_incoming_in_dialog(agent, nh, d, "PRACK", sip);
		break;
	case nua_i_options:
		if (open)
			sip_incoming_options(agent, nh, d);
		break;
	case nua_i_register:
	case nua_i_message:
		if (open)
			sip_incoming_refuse(agent, nh, d, sip);
		else
			sip_incoming_drop(nh, d);
		break;
	case nua_r_options: sip_keepalive_response(agent, nh, status); break;
	case nua_i_state: sip_dialog_state(d, nh, status, phrase, tags); break;
	case nua_r_shutdown: sip_agent_stack_down(agent, status); break;
	default:
		if (d)
			sip_dialog_event(d, event, status, phrase, sip);
		break;
	}
}
