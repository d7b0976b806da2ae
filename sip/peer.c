#include "sip/peer.h"

#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/log.h"
#include "sip/rate.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* After the start, so that not all peers are asked in one moment. */
#define FIRST_MS_MAX 500
#define NAME_MAX_LEN (CONF_NAME_MAX + 8)

struct sip_peer {
	const struct conf_peer *conf;
	struct conf_peer last; /* of a peer that has left */
	bool left;
	struct timers *timers;
	sip_peer_ask_fn ask;
	void *ctx;
	char name[NAME_MAX_LEN]; /* in the log: "peer=carrier-a" */
	struct fsm fsm;
	uint64_t since_ms;
	struct timer next, wait; /* wait runs: an OPTIONS is out */
	uint64_t asked_ns;
	unsigned in_row; /* answered or lost, since the last other outcome */
	bool row_lost;
	enum sip_peer_loss loss;
	struct rate rate;
	struct sip_peer_info info; /* counters */
};

/* "43 s", "5 min 3 s", "2 h 10 min", "12 days 3 h" */
static void write_duration(uint64_t ms, char out[32])
{
	unsigned long s = (unsigned long)((ms + 500) / 1000);

	if (s < 60)
		snprintf(out, 32, "%lu s", s);
	else if (s < 3600)
		snprintf(out, 32, "%lu min %lu s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(out, 32, "%lu h %lu min", s / 3600, s / 60 % 60);
	else
		snprintf(out, 32, "%lu days %lu h", s / 86400, s / 3600 % 24);
}

static uint32_t random_word(void)
{
	uint32_t word = 0;

	/* Without entropy, very early after boot, the jitter is the same. */
	if (getrandom(&word, sizeof word, GRND_NONBLOCK) < 0)
		word = 0;
	return word;
}

uint32_t sip_peer_interval_ms(uint32_t ms, uint32_t random)
{
	uint32_t tenth = ms / 10;

	return ms - tenth + random % (2 * tenth + 1);
}

/* Asking */

/* Shorter where it asks so often that answers would meet the next question. */
static uint32_t patience_ms(const struct sip_peer *peer)
{
	uint32_t half = peer->conf->keepalive_ms / 2;

	return half < SIP_PEER_TIMEOUT_MS ? half : SIP_PEER_TIMEOUT_MS;
}

static void ask(struct sip_peer *peer)
{
	timer_start(peer->timers, &peer->next,
		    sip_peer_interval_ms(peer->conf->keepalive_ms,
					 random_word()));
	timer_start(peer->timers, &peer->wait, patience_ms(peer));
	peer->asked_ns = clock_now_ns();
	peer->info.options_sent++;
	peer->ask(peer->ctx);
}

static void next_due(void *arg)
{
	ask(arg);
}

static void lose(struct sip_peer *peer, enum sip_peer_loss why)
{
	peer->loss = why;
	peer->info.options_lost++;
	fsm_dispatch(&peer->fsm, SIP_PEER_LOST, NULL);
}

static void wait_due(void *arg)
{
	lose(arg, SIP_PEER_NO_ANSWER);
}

static unsigned count_in_row(struct sip_peer *peer, bool lost)
{
	if (peer->row_lost != lost)
		peer->in_row = 0;
	peer->row_lost = lost;
	return ++peer->in_row;
}

/* Actions */

static void act_start(void *obj, const void *arg)
{
	struct sip_peer *peer = obj;

	(void)arg;
	timer_start(peer->timers, &peer->next, random_word() % FIRST_MS_MAX);
}

static void act_answered(void *obj, const void *arg)
{
	struct sip_peer *peer = obj;

	(void)arg;
	count_in_row(peer, false);
}

static void act_answered_down(void *obj, const void *arg)
{
	struct sip_peer *peer = obj;

	(void)arg;
	if (count_in_row(peer, false) >= peer->conf->keepalive_up)
		fsm_dispatch(&peer->fsm, SIP_PEER_RECOVERED, NULL);
}

static void act_lost(void *obj, const void *arg)
{
	struct sip_peer *peer = obj;

	(void)arg;
	if (count_in_row(peer, true) >= peer->conf->keepalive_down)
		fsm_dispatch(&peer->fsm, SIP_PEER_FAILED, NULL);
}

static void act_lost_down(void *obj, const void *arg)
{
	(void)arg;
	count_in_row(obj, true);
}

/* One is out already: that will tell. */
static void act_ask_now(void *obj, const void *arg)
{
	struct sip_peer *peer = obj;

	(void)arg;
	if (!timer_running(&peer->wait))
		ask(peer);
}

/* How long the state before has lasted. */
static void begin_state(struct sip_peer *peer, char lasted[32])
{
	uint64_t now_ms = clock_now_ms();

	write_duration(now_ms - peer->since_ms, lasted);
	peer->since_ms = now_ms;
}

static void write_rtt(const struct sip_peer *peer, char out[32])
{
	unsigned us = peer->info.rtt_us;

	if (us < 10000)
		snprintf(out, 32, "%u.%u ms", us / 1000, us / 100 % 10);
	else
		snprintf(out, 32, "%u ms", us / 1000);
}

static void act_first(void *obj, const void *arg)
{
	struct sip_peer *peer = obj;
	char waited[32], rtt[32];

	act_answered(obj, arg);
	begin_state(peer, waited);
	write_rtt(peer, rtt);
	log_event(EVENT_PEER_UP, peer->name, "rtt=%s up, %s", rtt, rtt);
}

static void act_up_again(void *obj, const void *arg)
{
	struct sip_peer *peer = obj;
	char down[32], rtt[32];

	(void)arg;
	begin_state(peer, down);
	write_rtt(peer, rtt);
	log_event(EVENT_PEER_UP, peer->name, "rtt=%s up again after %s, %s",
		  rtt, down, rtt);
}

static void tell_down(const struct sip_peer *peer, const char *before)
{
	static const char *const what[] = {
		[SIP_PEER_NO_ANSWER] = "no answer to",
		[SIP_PEER_UNAVAILABLE] = "503 or no answer to",
		[SIP_PEER_UNREACHABLE] = "nobody there (ICMP) at",
	};
	static const char *const remedy[] = {
		[SIP_PEER_NO_ANSWER] = "Look at the network, and whether it "
				       "knows us and answers OPTIONS",
		[SIP_PEER_UNAVAILABLE] = "It says itself that it is out of "
					 "service",
		[SIP_PEER_UNREACHABLE] = "Look at its `server`, and whether "
					 "its SIP service runs",
	};
	char server[64];

	conf_format_address(&peer->conf->server, server, sizeof server);
	log_event(EVENT_PEER_DOWN, peer->name,
		  "server=%s unanswered=%u down: %s %u OPTIONS to %s; %s. "
		  "Calls go to the next target of their route. %s",
		  server, peer->in_row, what[peer->loss], peer->in_row, server,
		  before, remedy[peer->loss]);
}

static void act_down(void *obj, const void *arg)
{
	char lasted[32], before[48];

	(void)arg;
	begin_state(obj, lasted);
	snprintf(before, sizeof before, "it was up for %s", lasted);
	tell_down(obj, before);
}

static void act_never_up(void *obj, const void *arg)
{
	char lasted[32];

	(void)arg;
	begin_state(obj, lasted);
	tell_down(obj, "never heard since the start");
}

/* What was known is of another server. */
static void act_moved(void *obj, const void *arg)
{
	struct sip_peer *peer = obj;

	(void)arg;
	sip_peer_stop(peer);
	peer->in_row = 0;
	peer->info.rtt_us = 0;
	peer->since_ms = clock_now_ms();
}

static const char *const state_names[SIP_PEER_STATES] = {
	"not watched",
	"unknown",
	"up",
	"down",
};

static const char *const event_names[SIP_PEER_EVENTS] = {
	"START", "ANSWERED", "LOST", "SILENT", "FAILED", "RECOVERED", "MOVED",
};

#define DO(state, event, next, action) \
	FSM_ROW(SIP_PEER_##state, SIP_PEER_##event, SIP_PEER_##next, action)
#define STAY(state, event, action) \
	FSM_STAY(SIP_PEER_##state, SIP_PEER_##event, action)
#define IGNORE(state, event) FSM_IGNORED(SIP_PEER_##state, SIP_PEER_##event)
#define ILLEGAL(state, event) FSM_NEVER(state, SIP_PEER_##event)

static const struct fsm_row rows[] = {
	DO(NOT_WATCHED, START, UNKNOWN, act_start),
	IGNORE(NOT_WATCHED, SILENT), /* there is nothing to ask it by */

	DO(UNKNOWN, ANSWERED, UP, act_first),
	STAY(UNKNOWN, LOST, act_lost),
	STAY(UNKNOWN, SILENT, act_ask_now),
	DO(UNKNOWN, FAILED, DOWN, act_never_up),

	STAY(UP, ANSWERED, act_answered),
	STAY(UP, LOST, act_lost),
	STAY(UP, SILENT, act_ask_now),
	DO(UP, FAILED, DOWN, act_down),

	STAY(DOWN, ANSWERED, act_answered_down),
	STAY(DOWN, LOST, act_lost_down),
	/* an INVITE that went out before; it is asked often enough */
	IGNORE(DOWN, SILENT),
	DO(DOWN, RECOVERED, UP, act_up_again),

	IGNORE(NOT_WATCHED, MOVED),
	DO(UNKNOWN, MOVED, NOT_WATCHED, act_moved),
	DO(UP, MOVED, NOT_WATCHED, act_moved),
	DO(DOWN, MOVED, NOT_WATCHED, act_moved),

	ILLEGAL(FSM_ANY, START),
	ILLEGAL(FSM_ANY, ANSWERED), /* nothing was asked */
	ILLEGAL(FSM_ANY, LOST),
	ILLEGAL(FSM_ANY, FAILED), /* counted only where they can be */
	ILLEGAL(FSM_ANY, RECOVERED),
};

const struct fsm_desc sip_peer_fsm_desc =
	FSM_DESC("sip peer", state_names, event_names, rows);

/* What became of an OPTIONS */

void sip_peer_answered(struct sip_peer *peer)
{
	if (!timer_running(&peer->wait))
		return;
	timer_stop(&peer->wait);
	peer->info.rtt_us =
		(uint32_t)((clock_now_ns() - peer->asked_ns) / 1000);
	fsm_dispatch(&peer->fsm, SIP_PEER_ANSWERED, NULL);
}

void sip_peer_lost(struct sip_peer *peer, enum sip_peer_loss why)
{
	if (!timer_running(&peer->wait))
		return;
	timer_stop(&peer->wait);
	lose(peer, why);
}

void sip_peer_silent(struct sip_peer *peer)
{
	fsm_dispatch(&peer->fsm, SIP_PEER_SILENT, NULL);
}

/* Limits */

static int refuse(struct sip_peer *peer, int err, const char *why,
		  unsigned limit)
{
	log_event(EVENT_PEER_LIMIT, peer->name, "limit=%u call refused: %s %u",
		  limit, why, limit);
	return err;
}

static bool has_all_calls(const struct sip_peer *peer)
{
	uint32_t limit = peer->conf->limit_calls;

	return limit && peer->info.calls >= limit;
}

static int check_calls(struct sip_peer *peer)
{
	if (!has_all_calls(peer))
		return 0;
	peer->info.refused_calls++;
	return refuse(peer, -EBUSY, "it has as many calls as its limit,",
		      peer->conf->limit_calls);
}

bool sip_peer_is_full(const struct sip_peer *peer)
{
	return has_all_calls(peer) || !rate_has(&peer->rate, clock_now_ns());
}

int sip_peer_admit(struct sip_peer *peer, bool emergency)
{
	bool in_time = rate_take(&peer->rate, clock_now_ns());

	if (emergency)
		return 0;
	if (in_time)
		return check_calls(peer);
	peer->info.refused_rate++;
	return refuse(peer, -EAGAIN, "more calls a second than its limit,",
		      peer->conf->limit_rate);
}

int sip_peer_available(struct sip_peer *peer, bool emergency)
{
	if (peer->fsm.state == SIP_PEER_DOWN)
		return -EHOSTDOWN;
	return emergency ? 0 : check_calls(peer);
}

void sip_peer_call_begins(struct sip_peer *peer, bool incoming)
{
	peer->info.calls++;
	if (incoming)
		peer->info.calls_in++;
	else
		peer->info.calls_out++;
}

void sip_peer_call_ends(struct sip_peer *peer)
{
	assert(peer->info.calls > 0);
	peer->info.calls--;
}

/* Life */

int sip_peer_new(struct sip_peer **out, const struct sip_peer_params *params)
{
	struct sip_peer *peer = calloc(1, sizeof *peer);

	if (!peer)
		return -ENOMEM;
	peer->conf = params->conf;
	peer->timers = params->timers;
	peer->ask = params->ask;
	peer->ctx = params->ctx;
	peer->since_ms = clock_now_ms();
	snprintf(peer->name, sizeof peer->name, "peer=%s", peer->conf->name);
	fsm_init(&peer->fsm, &sip_peer_fsm_desc, SIP_PEER_NOT_WATCHED,
		 peer->name, peer);
	timer_init(&peer->next, "OPTIONS", next_due, peer);
	timer_of(&peer->next, peer->name);
	timer_init(&peer->wait, "OPTIONS answer", wait_due, peer);
	timer_of(&peer->wait, peer->name);
	rate_init(&peer->rate, peer->conf->limit_rate, clock_now_ns());
	*out = peer;
	return 0;
}

static bool is_watched(const struct conf_peer *conf)
{
	return conf->keepalive_ms && conf->server.ss_family != AF_UNSPEC;
}

void sip_peer_start(struct sip_peer *peer)
{
	if (is_watched(peer->conf))
		fsm_dispatch(&peer->fsm, SIP_PEER_START, NULL);
}

bool sip_peer_take(struct sip_peer *peer, const struct conf_peer *conf)
{
	const struct conf_peer *before = peer->conf;
	bool moved = peer->left || is_watched(before) != is_watched(conf) ||
		     memcmp(&before->server, &conf->server,
			    sizeof conf->server) != 0;

	if (before->limit_rate != conf->limit_rate)
		rate_init(&peer->rate, conf->limit_rate, clock_now_ns());
	if (before->keepalive_ms != conf->keepalive_ms &&
	    timer_running(&peer->next))
		timer_start(peer->timers, &peer->next,
			    sip_peer_interval_ms(conf->keepalive_ms,
						 random_word()));
	peer->conf = conf;
	peer->left = false;
	if (!moved)
		return false;
	fsm_dispatch(&peer->fsm, SIP_PEER_MOVED, NULL);
	sip_peer_start(peer);
	return true;
}

void sip_peer_leave(struct sip_peer *peer)
{
	/* By value: its configuration may go before its calls do. */
	peer->last = *peer->conf;
	peer->last.accept_from = NULL;
	peer->last.accept_from_count = 0;
	peer->last.numbering = NULL;
	peer->last.place.file = "";
	peer->conf = &peer->last;
	peer->left = true;
	fsm_dispatch(&peer->fsm, SIP_PEER_MOVED, NULL);
}

unsigned sip_peer_calls(const struct sip_peer *peer)
{
	return peer->info.calls;
}

const char *sip_peer_name(const struct sip_peer *peer)
{
	return peer->conf->name;
}

void sip_peer_stop(struct sip_peer *peer)
{
	timer_stop(&peer->next);
	timer_stop(&peer->wait);
}

void sip_peer_free(struct sip_peer *peer)
{
	if (!peer)
		return;
	sip_peer_stop(peer);
	free(peer);
}

void sip_peer_describe(const struct sip_peer *peer, struct sip_peer_info *out)
{
	*out = peer->info;
	out->conf = peer->conf;
	out->state = peer->left ? "removed" : fsm_state_name(&peer->fsm);
	out->since_ms = peer->since_ms;
}
