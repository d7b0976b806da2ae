#include "media/media.h"

#include "gateway/clock.h"
#include "gateway/event.h"
#include "gateway/log.h"
#include "gateway/loop.h"
#include "media/bridge.h"
#include "media/port.h"
#include "media/tones.h"
#include "media/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define SPAN_MAX 128
#define LOG_OBJECT "media"
/* A worker gives a bridge back with its next tick; not doing so by then is a
 * fault. */
#define GIVE_BACK_MS 1000

/* The signalling thread's side of a span. */
struct media_span {
	struct worker_span shared;
	struct tdm *tdm; /* attached now; its counters may be read */
	struct media_span_stats before; /* of what was attached earlier */
};

struct media_worker {
	struct media *media;
	struct worker *worker;
	struct loop_fd *watch;
};

struct media {
	struct media_config cfg;
	struct loop *loop;
	struct ports *ports;
	struct media_worker *workers;
	unsigned next_worker;
	struct cadence *hold[2]; /* by law; constant, workers play it */
	struct media_span *spans[SPAN_MAX + 1];
	LIST_HEAD(, bridge) bridges;
};

static uint64_t relaxed(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void add_tdm_stats(struct media_span_stats *sum, const struct tdm *tdm)
{
	sum->blocks_in += relaxed(&tdm->counters.blocks_in);
	sum->blocks_out += relaxed(&tdm->counters.blocks_out);
	sum->slips_in += relaxed(&tdm->counters.slips_in);
	sum->slips_out += relaxed(&tdm->counters.slips_out);
	sum->malformed += relaxed(&tdm->counters.malformed);
	sum->overruns += relaxed(&tdm->counters.overruns);
	sum->underruns += relaxed(&tdm->counters.underruns);
}

static void bridge_destroy(struct bridge *b)
{
	sock_close(&b->rtp);
	sock_close(&b->rtcp);
	if (b->port)
		ports_give(b->media->ports, b->port);
	jbuf_free(b->jbuf);
	dtmf_in_free(b->dtmf_in);
	free(b->receive);
	free(b->transmit);
	free(b);
}

static void take_result(struct media *media, const struct worker_result *result)
{
	if (result->tdm) {
		struct media_span *span = media->spans[result->span->number];

		add_tdm_stats(&span->before, result->tdm);
		result->tdm->ops->close(result->tdm);
	}
	if (result->bridge) {
		LIST_REMOVE(result->bridge, link);
		bridge_destroy(result->bridge);
	}
}

static void results_ready(void *arg, unsigned ready)
{
	struct media_worker *mw = arg;
	struct worker_result result;
	uint64_t count;

	(void)ready;
	if (read(worker_result_fd(mw->worker), &count, sizeof count) < 0)
		return;
	while (worker_result(mw->worker, &result))
		take_result(mw->media, &result);
}

static int start_worker(struct media *media, unsigned index)
{
	struct media_worker *mw = &media->workers[index];
	int rc;

	mw->media = media;
	rc = worker_new(&mw->worker, index);
	if (rc)
		return rc;
	return loop_fd_add(media->loop, worker_result_fd(mw->worker), LOOP_IN,
			   results_ready, mw, &mw->watch);
}

static void log_start(const struct media *media)
{
	if (worker_is_realtime(media->workers[0].worker))
		log_event(EVENT_MEDIA_READY, LOG_OBJECT,
			  "workers=%u ports=%u workers with real-time "
			  "priority: %u; port pairs: %u",
			  media->cfg.workers, ports_total(media->ports),
			  media->cfg.workers, ports_total(media->ports));
	else
		log_event(EVENT_MEDIA_NO_REALTIME, LOG_OBJECT,
			  "workers=%u ports=%u workers without real-time "
			  "priority: %u; sound may break up when this machine "
			  "is busy; allow it by LimitRTPRIO=10 or "
			  "CAP_SYS_NICE. Port pairs: %u",
			  media->cfg.workers, ports_total(media->ports),
			  media->cfg.workers, ports_total(media->ports));
}

static int make_tones(struct media *media)
{
	const char *zone = media->cfg.tones;

	if (zone && !tone_zone_known(zone))
		log_event(EVENT_MEDIA_NO_TONES, LOG_OBJECT,
			  "tones=%s no such country is known; those of %s are "
			  "played",
			  zone, TONE_ZONE_DEFAULT);
	for (int law = G711_ALAW; law <= G711_ULAW; law++) {
		int rc = cadence_new(&media->hold[law], law, zone, TONE_HOLD);

		if (rc)
			return rc;
	}
	return 0;
}

int media_new(struct media **out, struct loop *loop,
	      const struct media_config *cfg)
{
	struct media *media;
	uint32_t random = 0;
	int rc;

	if (!cfg->workers || cfg->jitter_buffer_ms > JBUF_DELAY_MAX_MS)
		return -EINVAL;
	media = calloc(1, sizeof *media);
	if (!media)
		return -ENOMEM;
	media->cfg = *cfg;
	media->loop = loop;
	LIST_INIT(&media->bridges);
	media->workers = calloc(cfg->workers, sizeof *media->workers);
	rc = media->workers ? 0 : -ENOMEM;
	if (!rc && getrandom(&random, sizeof random, 0) < 0)
		rc = -errno;
	if (!rc)
		rc = ports_new(&media->ports, cfg->port_first, cfg->port_last,
			       random);
	if (!rc)
		rc = make_tones(media);
	for (unsigned i = 0; !rc && i < cfg->workers; i++)
		rc = start_worker(media, i);
	if (rc) {
		media_free(media);
		return rc;
	}
	log_start(media);
	*out = media;
	return 0;
}

static void stop_worker(struct media_worker *mw)
{
	struct worker_command cmd;
	struct worker_result result;

	if (!mw->worker)
		return;
	loop_fd_del(mw->watch);
	worker_stop(mw->worker);
	while (worker_result(mw->worker, &result))
		take_result(mw->media, &result);
	while (worker_command_left(mw->worker, &cmd))
		if (cmd.tdm)
			cmd.tdm->ops->close(cmd.tdm);
	worker_free(mw->worker);
}

int media_take(struct media *media, uint32_t jitter_buffer_ms,
	       uint16_t port_first, uint16_t port_last)
{
	uint32_t random = 0;
	int err = 0;

	/* Without entropy it begins with the first. */
	if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
		random = 0;
	if (port_first != media->cfg.port_first ||
	    port_last != media->cfg.port_last)
		err = ports_change(&media->ports, port_first, port_last,
				   random);
	if (err < 0)
		return err;
	media->cfg.port_first = port_first;
	media->cfg.port_last = port_last;
	media->cfg.jitter_buffer_ms = jitter_buffer_ms;
	return 0;
}

void media_free(struct media *media)
{
	if (!media)
		return;
	for (unsigned i = 0; media->workers && i < media->cfg.workers; i++)
		stop_worker(&media->workers[i]);
	while (!LIST_EMPTY(&media->bridges)) {
		struct bridge *b = LIST_FIRST(&media->bridges);

		LIST_REMOVE(b, link);
		bridge_destroy(b);
	}
	for (unsigned i = 0; i <= SPAN_MAX; i++) {
		struct tdm *tdm =
			media->spans[i] ? media->spans[i]->shared.tdm : NULL;

		if (tdm)
			tdm->ops->close(tdm);
		free(media->spans[i]);
	}
	for (int law = G711_ALAW; law <= G711_ULAW; law++)
		cadence_free(media->hold[law]);
	ports_free(media->ports);
	free(media->workers);
	free(media);
}

/* The span of that number, made at its first mention; NULL: no such number, or
 * no memory. */
static struct media_span *span_get(struct media *media, unsigned number)
{
	struct media_span *span;

	if (number > SPAN_MAX)
		return NULL;
	if (media->spans[number])
		return media->spans[number];
	span = calloc(1, sizeof *span);
	if (!span)
		return NULL;
	span->shared.number = number;
	span->shared.worker = media->workers[media->next_worker].worker;
	media->next_worker = (media->next_worker + 1) % media->cfg.workers;
	media->spans[number] = span;
	return span;
}

static int command(const struct worker_command *cmd)
{
	int rc = worker_command(cmd->span->worker, cmd);

	if (rc)
		log_event(EVENT_MEDIA_WORKER_FULL, LOG_OBJECT,
			  "span=%u span %u: its worker takes no commands",
			  cmd->span->number, cmd->span->number);
	return rc;
}

/* The next call on its channel, which may begin before this one's bridge ends:
 * then the canceller is its. */
static bool has_successor(const struct bridge *b)
{
	const struct bridge *other;

	LIST_FOREACH(other, &b->media->bridges, link)
	if (other != b && other->echo_on && other->span == b->span &&
	    other->timeslot == b->timeslot)
		return true;
	return false;
}

static void set_echo(struct bridge *b, bool on)
{
	struct tdm *tdm = b->media->spans[b->span->number]->tdm;
	int rc;

	if (!tdm || !tdm->ops->echo || (!on && has_successor(b)))
		return;
	rc = tdm->ops->echo(tdm, b->timeslot, on);
	if (rc < 0 && on)
		log_event(EVENT_MEDIA_NO_ECHO, b->object,
			  "has no echo canceller, for that of its channel does "
			  "not begin: %s",
			  strerror(-rc));
}

/* A line that comes back knows nothing of the calls that are still there. */
static void restore_echo(struct media *media, const struct media_span *span)
{
	struct bridge *b;

	LIST_FOREACH(b, &media->bridges, link)
	if (b->span == &span->shared && b->echo_on)
		set_echo(b, true);
}

void media_span_attach(struct media *media, unsigned number, struct tdm *tdm,
		       enum g711_law law)
{
	struct media_span *span = span_get(media, number);
	struct worker_command cmd = { .type = WORKER_SPAN_ATTACH,
				      .tdm = tdm,
				      .law = law };

	if (!span) {
		log_event(EVENT_MEDIA_NO_SPAN, LOG_OBJECT,
			  "span=%u span %u: its voice cannot be taken: %s",
			  number, number,
			  number > SPAN_MAX ? "no such span" : "no memory");
		tdm->ops->close(tdm);
		return;
	}
	cmd.span = &span->shared;
	if (command(&cmd) < 0) {
		tdm->ops->close(tdm);
		return;
	}
	span->tdm = tdm;
	restore_echo(media, span);
}

void media_span_detach(struct media *media, unsigned number)
{
	struct media_span *span = span_get(media, number);
	struct worker_command cmd = { .type = WORKER_SPAN_DETACH };

	if (!span || !span->tdm)
		return;
	cmd.span = &span->shared;
	if (command(&cmd) == 0)
		span->tdm = NULL;
}

void media_span_stats(struct media *media, unsigned number,
		      struct media_span_stats *out)
{
	const struct media_span *span =
		number <= SPAN_MAX ? media->spans[number] : NULL;

	*out = (struct media_span_stats){ 0 };
	if (!span)
		return;
	*out = span->before;
	out->attached = span->tdm != NULL;
	out->late_ticks = relaxed(&span->shared.late_ticks);
	if (span->tdm)
		add_tdm_stats(out, span->tdm);
}

uint64_t media_ticked_ns(const struct media *media, unsigned *index)
{
	uint64_t oldest_ns = worker_ticked_ns(media->workers[0].worker);

	*index = 0;
	for (unsigned i = 1; i < media->cfg.workers; i++) {
		uint64_t ns = worker_ticked_ns(media->workers[i].worker);

		if (ns >= oldest_ns)
			continue;
		oldest_ns = ns;
		*index = i;
	}
	return oldest_ns;
}

unsigned media_bridge_count(const struct media *media)
{
	const struct bridge *b;
	unsigned count = 0;

	LIST_FOREACH(b, &media->bridges, link)
	count += !b->leaving || clock_now_ms() - b->leaving_ms >= GIVE_BACK_MS;
	return count;
}

/* Both sockets on one pair of ports. */
static int open_pair(struct bridge *b, uint16_t port)
{
	struct sockaddr_storage rtcp = b->media->cfg.address;
	int rc;

	b->local = b->media->cfg.address;
	sock_set_port(&b->local, port);
	sock_set_port(&rtcp, (uint16_t)(port + 1));
	rc = sock_open(&b->rtp, &b->local);
	if (rc)
		return rc;
	rc = sock_open(&b->rtcp, &rtcp);
	if (rc)
		sock_close(&b->rtp);
	return rc;
}

/* Pairs that another program has are passed over. */
static int open_sockets(struct bridge *b)
{
	struct ports *ports = b->media->ports;
	unsigned tries = ports_available(ports);

	while (tries--) {
		uint16_t port;
		int rc = ports_take(ports, &port);

		if (rc)
			return rc;
		rc = open_pair(b, port);
		if (!rc) {
			b->port = port;
			return 0;
		}
		ports_give(ports, port);
		if (rc != -EADDRINUSE)
			return rc;
		log_event(EVENT_MEDIA_PORTS_TAKEN, b->object,
			  "port=%u RTP ports %u and %u of the range are in use "
			  "by another program",
			  port, port, port + 1u);
	}
	return -EADDRINUSE;
}

static int bridge_build(struct bridge *b, const struct bridge_config *cfg)
{
	uint32_t random[6];
	int rc;

	snprintf(b->object, sizeof b->object, "%s",
		 cfg->object ? cfg->object : "");
	if (getrandom(random, sizeof random, 0) != sizeof random)
		return -EIO;
	/* Random and only for this call (RFC 7022 4.2). */
	snprintf(b->cname, sizeof b->cname, "%08x%08x", random[4], random[5]);
	rc = jbuf_new(&b->jbuf, b->media->cfg.jitter_buffer_ms,
		      g711_idle(cfg->tdm_law));
	if (!rc)
		rc = dtmf_in_new(&b->dtmf_in, cfg->tdm_law);
	if (!rc)
		rc = gain_new(&b->receive, cfg->tdm_law, cfg->receive_ddb);
	if (!rc)
		rc = gain_new(&b->transmit, cfg->tdm_law, cfg->transmit_ddb);
	if (rc)
		return rc;
	rc = open_sockets(b);
	if (rc)
		return rc;
	bridge_begin(b, random);
	return 0;
}

int bridge_new(struct bridge **out, struct media *media,
	       const struct bridge_config *cfg)
{
	struct media_span *span = span_get(media, cfg->span);
	struct worker_command cmd = { .type = WORKER_BRIDGE_ADD };
	struct bridge *b;
	int rc;

	if (!span || cfg->timeslot < 1 || cfg->timeslot > TDM_TIMESLOTS)
		return -EINVAL;
	b = calloc(1, sizeof *b);
	if (!b)
		return -ENOMEM;
	b->media = media;
	b->span = cmd.span = &span->shared;
	b->timeslot = cfg->timeslot;
	b->tdm_law = cfg->tdm_law;
	b->hold = media->hold[cfg->tdm_law];
	b->echo = cfg->echo;
	b->rtp = b->rtcp = (struct sock)SOCK_CLOSED;
	rc = bridge_build(b, cfg);
	cmd.bridge = b;
	if (!rc)
		rc = command(&cmd);
	if (rc) {
		bridge_destroy(b);
		return rc;
	}
	LIST_INSERT_HEAD(&media->bridges, b, link);
	*out = b;
	return 0;
}

void bridge_local(const struct bridge *b, struct sockaddr_storage *out)
{
	*out = b->local;
}

static bool same_address(const struct sockaddr_storage *a,
			 const struct sockaddr_storage *b)
{
	return a->ss_family == b->ss_family &&
	       !memcmp(a, b, sock_address_size(a));
}

/* Connecting throws away what waits, so a peer that stays is left alone. */
static int connect_to(struct bridge *b, struct sock *sock,
		      struct sockaddr_storage *now,
		      const struct sockaddr_storage *wanted)
{
	int rc;

	if (same_address(now, wanted))
		return 0;
	rc = sock_connect(sock, wanted, &b->flushed);
	if (!rc)
		*now = *wanted;
	return rc;
}

static bool names_nobody(const struct sockaddr_storage *a)
{
	return (a->ss_family == AF_INET || a->ss_family == AF_INET6) &&
	       sock_is_any(a);
}

int bridge_rtp(struct bridge *b, const struct bridge_side_rtp *rtp)
{
	struct worker_command cmd = { .type = WORKER_BRIDGE_FORMAT,
				      .span = b->span,
				      .bridge = b };
	int rc;

	if (rtp->ptime_ms < BRIDGE_PTIME_MIN_MS ||
	    rtp->ptime_ms > BRIDGE_PTIME_MAX_MS ||
	    rtp->ptime_ms % TDM_BLOCK_MS || rtp->payload_type > 127)
		return -EINVAL;
	if (names_nobody(&rtp->remote)) {
		/* Connected anew by the address that ends it, which throws
		 * away what has come meanwhile. */
		b->remote.ss_family = b->remote_rtcp.ss_family = AF_UNSPEC;
		return command(&cmd);
	}
	rc = sock_check_remote(&rtp->remote);
	if (!rc)
		rc = connect_to(b, &b->rtp, &b->remote, &rtp->remote);
	if (rc)
		return rc;
	cmd.format = (struct bridge_format){
		.set = true,
		.rtcp = !sock_check_remote(&rtp->remote_rtcp) &&
			!connect_to(b, &b->rtcp, &b->remote_rtcp,
				    &rtp->remote_rtcp),
		.payload_type = rtp->payload_type,
		.both_laws = rtp->both_laws,
		.other_payload_type = rtp->other_payload_type,
		.dtmf_payload_type = rtp->dtmf_payload_type,
		.law = rtp->law,
		.payload_bytes = rtp->ptime_ms * 8,
	};
	return command(&cmd);
}

/* Only a voice that goes to the line comes back from it. */
void bridge_path(struct bridge *b, enum bridge_path path)
{
	if (path == BRIDGE_BOTH && b->echo && !b->echo_on) {
		b->echo_on = true;
		set_echo(b, true);
	}
	atomic_store_explicit(&b->path, path, memory_order_relaxed);
}

void bridge_tone(struct bridge *b, enum bridge_tone tone)
{
	atomic_store_explicit(&b->tone, tone, memory_order_relaxed);
}

void bridge_stats(const struct bridge *b, struct bridge_stats *out)
{
	const struct bridge_counters *c = &b->count;

	*out = (struct bridge_stats){
		.rtp_sent = relaxed(&c->rtp_sent),
		.rtp_received = relaxed(&c->rtp_received),
		.rtp_lost = relaxed(&c->rtp_lost),
		.rtp_late = relaxed(&c->rtp_late),
		.rtp_duplicate = relaxed(&c->rtp_duplicate),
		.rtp_malformed = relaxed(&c->rtp_malformed),
		.rtp_wrong_payload = relaxed(&c->rtp_wrong_payload),
		.rtp_other_source = relaxed(&c->rtp_other_source),
		.rtp_stranger = b->flushed + sock_refused(&b->rtp) +
				sock_refused(&b->rtcp),
		.rtp_send_errors = relaxed(&c->rtp_send_errors),
		.concealed_samples = relaxed(&c->concealed_samples),
		.rtp_comfort_noise = relaxed(&c->rtp_comfort_noise),
		.dtmf_events = relaxed(&c->dtmf_events),
		.dtmf_ignored = relaxed(&c->dtmf_ignored),
		.dtmf_dropped = relaxed(&c->dtmf_dropped),
		.dtmf_to_tdm = relaxed(&c->dtmf_to_tdm),
		.dtmf_to_rtp = relaxed(&c->dtmf_to_rtp),
		.rtcp_sent = relaxed(&c->rtcp_sent),
		.rtcp_received = relaxed(&c->rtcp_received),
		.rtcp_malformed = relaxed(&c->rtcp_malformed),
		.ssrc_changes = relaxed(&c->ssrc_changes),
		.buffer_jumps = relaxed(&c->buffer_jumps),
		.jitter_us = atomic_load_explicit(&c->jitter_us,
						  memory_order_relaxed),
		.jitter_max_us = atomic_load_explicit(&c->jitter_max_us,
						      memory_order_relaxed),
		.buffer_ms = atomic_load_explicit(&c->buffer_ms,
						  memory_order_relaxed),
	};
}

void bridge_free(struct bridge *b)
{
	struct worker_command cmd = { .type = WORKER_BRIDGE_REMOVE };

	if (!b || b->leaving)
		return;
	b->leaving = true;
	b->leaving_ms = clock_now_ms();
	bridge_path(b, BRIDGE_CLOSED);
	if (b->echo_on) {
		b->echo_on = false;
		set_echo(b, false);
	}
	cmd.span = b->span;
	cmd.bridge = b;
	/* Without an answer the worker may still use it: it is kept until
	 * media_free. */
	command(&cmd);
}
