#include "gateway/call_media.h"

#include "gateway/call_fsm.h"
#include "gateway/cause.h"
#include "gateway/event.h"
#include "gateway/gateway.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct leg *isdn_leg(const struct call *call)
{
	return call_leg_is_isdn(call->a) ? call->a : call->b;
}

static struct leg *sip_leg(const struct call *call)
{
	return call_leg_is_isdn(call->a) ? call->b : call->a;
}

enum bridge_path call_media_backward(const struct call *call)
{
	return call_leg_is_isdn(call->a) ? BRIDGE_TO_TDM : BRIDGE_TO_RTP;
}

static int connect_rtp(struct call *call)
{
	const struct leg_media *m = &call->rtp_side;
	struct bridge_side_rtp rtp = {
		.remote = m->remote,
		.remote_rtcp = m->remote_rtcp,
		.payload_type = m->payload_type,
		.both_laws = m->both_laws,
		.other_payload_type = m->other_payload_type,
		.dtmf_payload_type = m->dtmf_payload_type,
		.law = m->law,
		.ptime_ms = m->ptime_ms,
	};

	if (m->kind != LEG_MEDIA_RTP)
		return 0;
	return bridge_rtp(call->bridge, &rtp);
}

/* A calling SIP leg answers its offer with the bridge's address; a called one
 * takes note of where to be answered. */
int call_media_join(struct call *call)
{
	struct bridge_config cfg = { .object = call->name };
	struct leg_media_local local = { .prefer = G711_ALAW };
	struct leg *isdn = isdn_leg(call), *sip = sip_leg(call);
	struct leg_media tdm;
	int err = isdn->ops->media(isdn, NULL, &tdm);

	if (err < 0)
		return err;
	bridge_free(call->bridge);
	call->bridge = NULL;
	cfg.span = tdm.span;
	cfg.timeslot = tdm.timeslot;
	cfg.tdm_law = local.prefer = tdm.law;
	cfg.receive_ddb = tdm.receive_ddb;
	cfg.transmit_ddb = tdm.transmit_ddb;
	cfg.echo = tdm.echo;
	err = bridge_new(&call->bridge, call->gateway->media, &cfg);
	if (err < 0)
		return err;
	bridge_local(call->bridge, &local.address);
	err = sip->ops->media(sip, &local, &call->rtp_side);
	return err < 0 ? err : connect_rtp(call);
}

/* A calling leg whose offer was delayed agrees with its ACK, a called one at
 * each answer of its peer, for forks may move it. */
int call_media_agree(struct call *call)
{
	struct leg_media_local local = { .prefer = G711_ALAW };
	struct leg_media was = call->rtp_side;
	struct leg *sip = sip_leg(call);
	int err;

	bridge_local(call->bridge, &local.address);
	err = sip->ops->media(sip, &local, &call->rtp_side);
	if (err < 0 || !memcmp(&was, &call->rtp_side, sizeof was))
		return err;
	return connect_rtp(call);
}

void call_media_open(struct call *call, enum bridge_path path)
{
	const struct leg_media *m = &call->rtp_side;
	unsigned allowed = (m->send ? BRIDGE_TO_RTP : 0) |
			   (m->receive ? BRIDGE_TO_TDM : 0);

	call->path = path;
	bridge_path(call->bridge, path & allowed);
}

bool call_media_heard(const struct call *call)
{
	const struct leg_media *m = &call->rtp_side;

	return m->kind == LEG_MEDIA_RTP &&
	       (call_leg_is_isdn(call->a) ? m->receive : m->send);
}

bool call_media_held(const struct call *call)
{
	const struct leg_media *m = &call->rtp_side;

	return m->kind == LEG_MEDIA_RTP && !(m->send && m->receive);
}

/* A peer that holds by sendonly may have music for the other side; one that has
 * none, or holds otherwise, may want it to hear a tone. */
static enum bridge_tone hold_tone(const struct call *call, bool music)
{
	const struct leg *sip = sip_leg(call);
	struct leg_info info;
	const struct conf_peer *peer;

	if (!call_media_held(call) || (music && call->rtp_side.receive))
		return BRIDGE_TONE_NONE;
	sip->ops->describe(sip, &info);
	peer = conf_peer_find(call->conf, info.peer);
	return peer && peer->hold == CONF_HOLD_TONE ? BRIDGE_TONE_HOLD
						    : BRIDGE_TONE_NONE;
}

void call_media_hold(struct call *call, bool music)
{
	enum bridge_tone tone = hold_tone(call, music);

	if (tone == call->tone)
		return;
	call->tone = tone;
	bridge_tone(call->bridge, tone);
}

int call_media_change(struct call *call)
{
	bool was_held = call_media_held(call);
	int err = call_media_agree(call);

	if (err < 0)
		return err;
	call_media_open(call, call->path);
	call_media_hold(call, true);
	if (was_held == call_media_held(call))
		return 0;
	trace_add(&call->trace, TRACE_GATEWAY, LEG_OUT,
		  was_held ? "resumed" : "on hold");
	log_event(was_held ? EVENT_CALL_RESUMED : EVENT_CALL_HELD, call->name,
		  "%s by the SIP side", was_held ? "resumed" : "put on hold");
	return 0;
}

/* The range of new calls: that of the call's own configuration may be older. */
static void no_port(struct call *call, char text[LEG_TEXT_MAX])
{
	const struct conf_gateway *conf = &call->gateway->conf->gateway;

	call->gateway->counters.no_port++;
	snprintf(text, LEG_TEXT_MAX,
		 "no RTP port is free (rtp-ports %u-%u: all %u are used)",
		 conf->rtp_port_first, conf->rtp_port_last,
		 conf_rtp_pairs(conf));
	log_event(EVENT_MEDIA_NO_PORT, call->name, "refused: %s", text);
}

static void no_voice(struct call *call, int err, char text[LEG_TEXT_MAX])
{
	const char *why = strerror(-err);

	if (err == -ENOMEM)
		why = "there is no memory for it";
	else if (err == -EMFILE || err == -ENFILE)
		why = "too many files are open";
	else if (err == -EADDRNOTAVAIL)
		why = "the address to listen on is not this machine's";
	snprintf(text, LEG_TEXT_MAX, "no voice for the call: %s", why);
	log_event(EVENT_MEDIA_NO_VOICE, call->name, "refused: %s", text);
}

void call_refuse_media(struct call *call, int err)
{
	struct leg_cause cause = { .q850 = CAUSE_RESOURCE_UNAVAILABLE };
	char text[LEG_TEXT_MAX] = "no codec in common";

	if (err == -ENOTSUP)
		cause.q850 = CAUSE_BEARER_NOT_IMPLEMENTED;
	else if (err == -EADDRINUSE)
		no_port(call, text);
	else
		no_voice(call, err, text);
	cause = call_our_cause(cause, text);
	call_refuse_with(call, &cause);
}

void call_media_end(struct call *call)
{
	if (call->bridge)
		bridge_stats(call->bridge, &call->media);
	bridge_free(call->bridge);
	call->bridge = NULL;
}
