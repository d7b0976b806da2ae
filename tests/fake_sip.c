#include "tests/fake_sip.h"

#include "gateway/clock.h"
#include "gateway/log.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 2000
#define JUMP_STEP_MS 250

const char fake_offer[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
			  "c=IN IP4 127.0.0.1\r\nt=0 0\r\n"
			  "m=audio 40000 RTP/AVP 8 0 101\r\n"
			  "a=rtpmap:101 telephone-event/8000\r\n";

static uint64_t jumped_ns;

static uint64_t fake_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec +
	       jumped_ns;
}

/* Every byte that is noted is checked to fit. */
static void note(char *notes, const char *mark, const char *text)
{
	size_t used = strlen(notes);

	assert_true(used + strlen(mark) + strlen(text) + 2 < FAKE_NOTES_MAX);
	sprintf(notes + used, "%s%s ", mark, text);
}

static struct fake_gateway *current;

struct free_later {
	struct loop_deferred deferred;
	struct leg *leg;
};

static void free_leg(void *arg)
{
	struct free_later *later = arg;

	if (current->leg == later->leg)
		current->leg = NULL;
	later->leg->ops->free(later->leg);
	free(later);
}

static void free_leg_later(struct leg *leg)
{
	struct free_later *later = malloc(sizeof *later);

	later->leg = leg;
	loop_defer(current->loop, &later->deferred, free_leg, later);
}

static void on_event(struct leg *leg, const struct leg_event *event)
{
	static const char *const names[] = {
		"PROCEEDING", "PROGRESS", "ALERTING",	"ANSWER",
		"CONFIRMED",  "MEDIA",	  "DISCONNECT", "RELEASED",
	};

	note(current->events, "", names[event->type]);
	if (event->type <= LEG_ANSWER)
		current->inband = event->inband;
	if (event->type == LEG_ANSWER)
		current->connected = event->connected;
	if (event->type >= LEG_DISCONNECT)
		current->cause = event->cause;
	if (event->type == LEG_DISCONNECT && current->release_on_disconnect)
		leg->ops->release(leg, &event->cause);
	if (event->type == LEG_MEDIA && current->release_on_media)
		leg->ops->release(leg, &current->release_cause);
	if (event->type == LEG_RELEASED && current->free_on_released)
		free_leg_later(leg);
}

static void on_message(struct leg *leg, enum leg_direction dir,
		       const char *text)
{
	assert_non_null(leg->call);
	note(current->ladder, dir == LEG_IN ? "<" : ">", text);
}

static const struct leg_sink sink = { on_event, on_message };

static void on_incoming(void *ctx, struct leg *leg,
			const struct leg_setup *setup)
{
	struct fake_gateway *g = ctx;

	leg->call = (struct call *)(void *)g;
	g->leg = leg;
	g->setup = *setup;
	g->calls++;
	leg->ops->begin(leg);
	if (setup->refuse.q850)
		leg->ops->release(leg, &setup->refuse);
	else if (g->release_at_once)
		leg->ops->release(leg, &g->release_cause);
}

/* As if 112 had such a rule. */
static bool on_emergency(void *ctx, const struct leg_setup *setup)
{
	(void)ctx;
	return !strcmp(setup->called.digits, "112");
}

static bool on_in_service(void *ctx, const struct conf_peer *peer)
{
	(void)peer;
	return ((struct fake_gateway *)ctx)->in_service;
}

static void on_stopped(void *ctx)
{
	((struct fake_gateway *)ctx)->stopped = true;
}

const struct sip_agent_events fake_agent_events = { on_incoming, on_emergency,
						    on_in_service, on_stopped };

struct sockaddr_storage fake_address(const char *ip, uint16_t port)
{
	struct sockaddr_storage a = { 0 };
	struct sockaddr_in *in = (void *)&a;
	struct sockaddr_in6 *in6 = (void *)&a;

	if (strchr(ip, ':')) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		assert_int_equal(inet_pton(AF_INET6, ip, &in6->sin6_addr), 1);
	} else {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		assert_int_equal(inet_pton(AF_INET, ip, &in->sin_addr), 1);
	}
	return a;
}

static uint16_t free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static void make_agent(struct fake_gateway *g)
{
	assert_int_equal(sip_agent_new(&g->agent, g->loop, &g->conf, &sink,
				       &fake_agent_events, g),
			 0);
}

void fake_gateway_start(struct fake_gateway *g)
{
	memset(g, 0, sizeof *g);
	current = g;
	clock_set_source(fake_clock);
	log_set_level(getenv("FAKE_SIP_DEBUG") ? LOG_DEBUG : LOG_CRIT);
	g->port = free_port();
	g->conf.gateway.listen = fake_address("127.0.0.1", g->port);
	g->conf.gateway.advertise = g->conf.gateway.listen;
	g->conf.gateway.retry_after_s = 10;
	g->network.address = fake_address("127.0.0.0", 0);
	g->network.prefix_bits = 29;
	g->peer = (struct conf_peer){
		.name = "phones",
		.accept_from = &g->network,
		.accept_from_count = 1,
		.codecs = { G711_ALAW, G711_ULAW },
		.codec_count = 2,
		.ptime_ms = 20,
	};
	g->conf.peers = &g->peer;
	g->conf.peer_count = 1;
	g->in_service = g->release_on_disconnect = g->free_on_released = true;
	assert_int_equal(loop_new(&g->loop), 0);
	make_agent(g);
}

void fake_gateway_restart(struct fake_gateway *g)
{
	sip_agent_stop(g->agent);
	for (int i = 0; i < 100 && !g->stopped; i++)
		fake_run(g, 5);
	assert_true(g->stopped);
	sip_agent_free(g->agent);
	g->stopped = false;
	make_agent(g);
}

static uint64_t real_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void fake_run(struct fake_gateway *g, int ms)
{
	uint64_t end = real_ms() + (uint64_t)ms;

	do
		loop_step(g->loop, 2);
	while (real_ms() < end);
}

void fake_jump(struct fake_gateway *g, unsigned ms)
{
	while (ms) {
		unsigned step = ms < JUMP_STEP_MS ? ms : JUMP_STEP_MS;

		jumped_ns += step * NS_PER_MS;
		ms -= step;
		for (int i = 0; i < 4; i++)
			loop_step(g->loop, 0);
	}
}

void fake_peer_open(struct fake_peer *p, struct fake_gateway *g, const char *ip)
{
	socklen_t size = sizeof p->address;

	memset(p, 0, sizeof *p);
	p->gateway = g;
	p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	p->address.sin_family = AF_INET;
	assert_int_equal(inet_pton(AF_INET, ip, &p->address.sin_addr), 1);
	assert_int_equal(bind(p->fd, (struct sockaddr *)&p->address, size), 0);
	assert_int_equal(getsockname(p->fd, (struct sockaddr *)&p->address,
				     &size),
			 0);
}

void fake_peer_close(struct fake_peer *p)
{
	close(p->fd);
}

void fake_send_raw(struct fake_peer *p, const void *data, size_t len)
{
	assert_int_equal(sendto(p->fd, data, len, 0,
				(const struct sockaddr *)(void *)&p->gateway
					->conf.gateway.listen,
				sizeof(struct sockaddr_in)),
			 (ssize_t)len);
}

static const char *or_else(const char *text, const char *other)
{
	return text ? text : other;
}

void fake_send(struct fake_peer *p, const struct fake_request *r)
{
	const char *method = or_else(r->method, "INVITE");
	const char *body = or_else(r->body, "");
	char text[8192], contact[128], branch[64], ip[INET_ADDRSTRLEN];
	unsigned port = ntohs(p->address.sin_port);
	int n;

	inet_ntop(AF_INET, &p->address.sin_addr, ip, sizeof ip);
	if (r->contact)
		snprintf(contact, sizeof contact, "%s%s%s",
			 *r->contact ? "Contact: " : "", r->contact,
			 *r->contact ? "\r\n" : "");
	else
		snprintf(contact, sizeof contact,
			 "Contact: <sip:alice@%s:%u>\r\n", ip, port);
	snprintf(branch, sizeof branch, "z9hG4bK-%u", ++p->branch);
	n = snprintf(text, sizeof text,
		     "%s %s SIP/2.0\r\n"
		     "Via: SIP/2.0/UDP %s:%u;branch=%s\r\n"
		     "Max-Forwards: %d\r\n"
		     "From: %s;tag=from1\r\n"
		     "To: <sip:someone@127.0.0.1>%s%s\r\n"
		     "Call-ID: %s\r\nCSeq: %u %s\r\n%s%s",
		     method, or_else(r->uri, "sip:+49305550100@127.0.0.1"), ip,
		     port, or_else(r->branch, branch),
		     r->max_forwards_off ? 0 : 70,
		     or_else(r->from, "<sip:alice@127.0.0.1>"),
		     r->in_dialog ? ";tag=" : "", r->in_dialog ? p->to_tag : "",
		     or_else(r->call_id, or_else(p->call_id, "call-1")),
		     r->cseq ? r->cseq : 1, method, contact,
		     or_else(r->extra, ""));
	if (*body)
		n += snprintf(text + n, sizeof text - (size_t)n,
			      "Content-Type: %s\r\n",
			      or_else(r->type, "application/sdp"));
	n += snprintf(text + n, sizeof text - (size_t)n,
		      "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	fake_send_raw(p, text, (size_t)n);
}

static bool receive(struct fake_peer *p)
{
	ssize_t n = recv(p->fd, p->got, sizeof p->got - 1, 0);
	const char *tag;

	if (n < 0)
		return false;
	p->got[n] = '\0';
	tag = strstr(p->got, "\r\nTo: ");
	tag = tag ? strstr(tag, ";tag=") : NULL;
	if (tag && !strncmp(p->got, "SIP/2.0", 7))
		snprintf(p->to_tag, sizeof p->to_tag, "%.*s",
			 (int)strcspn(tag + 5, ";\r\n"), tag + 5);
	return true;
}

void fake_expect(struct fake_peer *p, const char *start)
{
	uint64_t end = real_ms() + PATIENCE_MS;

	do {
		loop_step(p->gateway->loop, 2);
		while (receive(p))
			if (!strncmp(p->got, start, strlen(start)))
				return;
	} while (real_ms() < end);
	fail_msg("no \"%s\", the last was: %s", start, p->got);
}

void fake_expect_no_other(struct fake_peer *p, int ms, const char *except)
{
	uint64_t end = real_ms() + (uint64_t)ms;

	do {
		loop_step(p->gateway->loop, 2);
		while (receive(p))
			if (!*except || strncmp(p->got, except, strlen(except)))
				fail_msg("unexpected: %s", p->got);
	} while (real_ms() < end);
}

void fake_expect_silence(struct fake_peer *p, int ms)
{
	fake_expect_no_other(p, ms, "");
}

/* Copies the header lines that a response repeats. */
static void repeat_headers(const char *from, char *out, size_t size)
{
	static const char *const names[] = {
		"Via:", "From:", "To:", "Call-ID:", "CSeq:", "Record-Route:"
	};
	size_t used = 0;
	const char *line = strstr(from, "\r\n");

	while (line && strncmp(line, "\r\n\r\n", 4)) {
		size_t len = strcspn(line + 2, "\r") + 2;

		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (!strncmp(line + 2, names[i], strlen(names[i])))
				used += (size_t)snprintf(out + used,
							 size - used,
							 "%.*s\r\n",
							 (int)len - 2,
							 line + 2);
		line = strstr(line + 2, "\r\n");
	}
}

void fake_respond(struct fake_peer *p, const char *status)
{
	char headers[2048] = "", text[4096];
	int n;

	repeat_headers(p->got, headers, sizeof headers);
	n = snprintf(text, sizeof text,
		     "SIP/2.0 %s\r\n%sContent-Length: 0\r\n\r\n", status,
		     headers);
	fake_send_raw(p, text, (size_t)n);
}

void fake_answer(struct fake_peer *p, const char *request,
		 const struct fake_response *r)
{
	const char *tag = or_else(r->tag, "from1"),
		   *body = or_else(r->body, "");
	char headers[2048] = "", text[8192], contact[128];
	char *to;
	int n;

	snprintf(contact, sizeof contact, "<sip:bob@127.0.0.1:%u>",
		 ntohs(p->address.sin_port));
	if (r->contact)
		snprintf(contact, sizeof contact, "%s", r->contact);
	repeat_headers(request, headers, sizeof headers);
	to = strstr(headers, "To: ");
	to += strcspn(to, "\r");
	n = snprintf(text, sizeof text, "SIP/2.0 %s\r\n%.*s%s%s%s%s%s%s%s",
		     r->status, (int)(to - headers), headers,
		     *tag ? ";tag=" : "", tag, to, *contact ? "Contact: " : "",
		     contact, *contact ? "\r\n" : "", or_else(r->extra, ""));
	if (*body)
		n += snprintf(text + n, sizeof text - (size_t)n,
			      "Content-Type: application/sdp\r\n");
	n += snprintf(text + n, sizeof text - (size_t)n,
		      "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	fake_send_raw(p, text, (size_t)n);
}

bool fake_got(const struct fake_peer *p, const char *text)
{
	return strstr(p->got, text) != NULL;
}

void fake_gateway_stop(struct fake_gateway *g, struct fake_peer *p)
{
	sip_agent_stop(g->agent);
	for (int i = 0; i < 100 && !g->stopped; i++) {
		fake_run(g, 10);
		while (receive(p))
			if (!strncmp(p->got, "BYE", 3))
				fake_respond(p, "200 OK");
	}
	assert_true(g->stopped);
	sip_agent_free(g->agent);
	loop_free(g->loop);
	clock_set_source(NULL);
}
