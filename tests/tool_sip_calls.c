/* Many short calls at a fixed rate, timed to the microsecond.
 *
 *   tool_sip_calls LOCAL-IP GATEWAY-IP:PORT NUMBER CALLS RATE HOLD-MS STAMPS
 *
 * Call n comes from +49307770000n, is answered, held for HOLD-MS and hung up.
 * Its voice is sent to a socket that nobody reads. STAMPS gets a line for each
 * call: the caller's last digits and when its INVITE was sent, in microseconds
 * of the calendar, to be compared with what the far side stamped. SIPp stamps
 * a message some 0.2 ms after it was sent, which is when the call is already at
 * the exchange. The totals are a line of JSON. */
#include "gateway/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 2048
#define RETRY_NS (500 * NS_PER_MS)
#define TRIES_MAX 7
#define STAND_STILL_NS (8 * NS_PER_S) /* after the last was begun */

enum state { CALL_NEW, CALL_INVITED, CALL_HELD, CALL_ENDING, CALL_OVER };

struct call {
	enum state state;
	bool failed;
	int status;
	unsigned tries;
	uint64_t sent_ns, ringing_ns, answered_ns; /* since it was sent */
	uint64_t sent_utc_ns;
	uint64_t due_ns; /* hang up, or send again */
	char to_tag[64];
	char contact[128];
};

struct caller {
	int fd;
	char local[64], gateway[64], number[64];
	unsigned count, rate, hold_ms, port, rtp_port;
	unsigned begun, over, failed, repeated;
	struct call *calls;
};

static char message[MESSAGE_MAX];
static int used;

static void __attribute__((format(printf, 1, 2))) add(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	used += vsnprintf(message + used, sizeof message - (size_t)used, fmt,
			  ap);
	va_end(ap);
}

static void begin_message(const struct caller *c, unsigned n,
			  const char *method, const char *uri, unsigned cseq)
{
	const struct call *call = &c->calls[n];

	used = 0;
	add("%s %s SIP/2.0\r\n", method, uri);
	add("Via: SIP/2.0/UDP %s:%u;branch=z9hG4bK%u-%u-%s\r\n", c->local,
	    c->port, n, cseq, method);
	add("From: <sip:+49307770%05u@%s>;tag=%u\r\n", n, c->local, n);
	add("To: <sip:%s@%s>%s%s\r\n", c->number, c->gateway,
	    call->to_tag[0] ? ";tag=" : "", call->to_tag);
	add("Call-ID: %u@%s-%u\r\n", n, c->local, c->port);
	add("CSeq: %u %s\r\nMax-Forwards: 70\r\n", cseq, method);
}

static void send_message(const struct caller *c)
{
	if (send(c->fd, message, (size_t)used, 0) < 0)
		fprintf(stderr, "tool_sip_calls: %s\n", strerror(errno));
}

static void send_invite(struct caller *c, unsigned n)
{
	char uri[160], sdp[256];
	int bytes = snprintf(sdp, sizeof sdp,
			     "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\n"
			     "c=IN IP4 %s\r\nt=0 0\r\n"
			     "m=audio %u RTP/AVP 8\r\n",
			     c->local, c->local, c->rtp_port);

	snprintf(uri, sizeof uri, "sip:%s@%s", c->number, c->gateway);
	begin_message(c, n, "INVITE", uri, 1);
	add("Contact: <sip:caller@%s:%u>\r\n", c->local, c->port);
	add("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
	    bytes, sdp);
	if (c->calls[n].state == CALL_NEW) {
		c->calls[n].sent_utc_ns = clock_calendar_ns();
		c->calls[n].sent_ns = clock_now_ns();
	}
	send_message(c);
}

static void send_in_dialog(struct caller *c, unsigned n, const char *method,
			   unsigned cseq)
{
	begin_message(c, n, method, c->calls[n].contact, cseq);
	add("Content-Length: 0\r\n\r\n");
	send_message(c);
}

/* A refusal is acknowledged in its own transaction (RFC 3261 17.1.1.3). */
static void acknowledge_refusal(struct caller *c, unsigned n)
{
	char uri[160];

	snprintf(uri, sizeof uri, "sip:%s@%s", c->number, c->gateway);
	used = 0;
	begin_message(c, n, "ACK", uri, 1);
	add("Content-Length: 0\r\n\r\n");
	/* the branch is the INVITE's */
	memcpy(strstr(message, "-1-ACK") + 1, "1-INV", 5);
	send_message(c);
}

static void end_call(struct caller *c, struct call *call, bool failed)
{
	call->state = CALL_OVER;
	call->failed = failed;
	c->failed += failed;
	c->over++;
}

/* What stands between `before` and the first of `ends`. */
static void copy_value(char *out, size_t size, const char *text,
		       const char *before, const char *ends)
{
	const char *at = text ? strstr(text, before) : NULL;
	size_t len;

	if (!at)
		return;
	at += strlen(before);
	len = strcspn(at, ends);
	snprintf(out, size, "%.*s", (int)len, at);
}

static void take_invite_response(struct caller *c, unsigned n, int status,
				 const char *text)
{
	struct call *call = &c->calls[n];
	uint64_t after_ns = clock_now_ns() - call->sent_ns;

	if (status >= 200 && status < 300 && call->state == CALL_INVITED) {
		call->answered_ns = after_ns;
		copy_value(call->to_tag, sizeof call->to_tag,
			   strstr(text, "\r\nTo:"), ";tag=", ";\r\n");
		copy_value(call->contact, sizeof call->contact,
			   strstr(text, "\r\nContact:"), "<", ">");
		call->state = CALL_HELD;
		call->due_ns = clock_now_ns() + c->hold_ms * NS_PER_MS;
	}
	if (status >= 200 && status < 300) {
		send_in_dialog(c, n, "ACK", 1);
	} else if (status >= 300) {
		copy_value(call->to_tag, sizeof call->to_tag,
			   strstr(text, "\r\nTo:"), ";tag=", ";\r\n");
		acknowledge_refusal(c, n);
		call->status = status;
		if (call->state != CALL_OVER)
			end_call(c, call, true);
	} else if (status == 180 && !call->ringing_ns) {
		call->ringing_ns = after_ns;
	}
}

static void take_response(struct caller *c, const char *text)
{
	const char *id = strstr(text, "\r\nCall-ID: ");
	const char *cseq = strstr(text, "\r\nCSeq: ");
	int status;
	unsigned n;

	if (sscanf(text, "SIP/2.0 %d", &status) != 1 || !id || !cseq ||
	    sscanf(id, "\r\nCall-ID: %u@", &n) != 1 || n >= c->begun)
		return;
	if (strstr(cseq, "1 INVITE"))
		take_invite_response(c, n, status, text);
	else if (status >= 200 && c->calls[n].state == CALL_ENDING)
		end_call(c, &c->calls[n], status >= 300);
}

static void receive_all(struct caller *c)
{
	char text[8192];
	ssize_t bytes;

	while ((bytes = recv(c->fd, text, sizeof text - 1, MSG_DONTWAIT)) > 0) {
		text[bytes] = '\0';
		take_response(c, text);
	}
}

/* Unanswered after half a second: again, or given up. */
static bool try_again(struct caller *c, struct call *call, uint64_t now_ns)
{
	if (++call->tries > TRIES_MAX) {
		end_call(c, call, true);
		return false;
	}
	c->repeated += call->tries > 1;
	call->due_ns = now_ns + RETRY_NS;
	return true;
}

static void step(struct caller *c, unsigned n, uint64_t now_ns)
{
	struct call *call = &c->calls[n];

	if (call->state == CALL_OVER || now_ns < call->due_ns)
		return;
	if (call->state == CALL_HELD)
		call->tries = 0;
	if (!try_again(c, call, now_ns))
		return;
	if (call->state == CALL_HELD || call->state == CALL_ENDING) {
		call->state = CALL_ENDING;
		send_in_dialog(c, n, "BYE", 2);
	} else {
		send_invite(c, n);
		call->state = CALL_INVITED;
	}
}

static void run(struct caller *c)
{
	uint64_t start_ns = clock_now_ns(), now_ns = start_ns;
	uint64_t end_ns = start_ns + c->count * NS_PER_S / c->rate +
			  c->hold_ms * NS_PER_MS + STAND_STILL_NS;
	unsigned first = 0;

	while (c->over < c->count && now_ns < end_ns) {
		struct pollfd pfd = { .fd = c->fd, .events = POLLIN };

		poll(&pfd, 1, 1);
		receive_all(c);
		now_ns = clock_now_ns();
		while (c->begun < c->count &&
		       now_ns >= start_ns + c->begun * NS_PER_S / c->rate)
			step(c, c->begun++, now_ns);
		while (first < c->begun && c->calls[first].state == CALL_OVER)
			first++;
		for (unsigned n = first; n < c->begun; n++)
			step(c, n, now_ns);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void print_times(const struct caller *c, const char *name, bool ringing)
{
	uint64_t *ns = calloc(c->count, sizeof *ns);
	unsigned n = 0;

	for (unsigned i = 0; ns && i < c->count; i++) {
		ns[n] = ringing ? c->calls[i].ringing_ns
				: c->calls[i].answered_ns;
		n += ns[n] != 0;
	}
	if (n) {
		qsort(ns, n, sizeof *ns, by_value);
		printf(",\"%s_p50_ms\":%.3f,\"%s_p99_ms\":%.3f", name,
		       (double)ns[n / 2] / 1e6, name,
		       (double)ns[n * 99 / 100] / 1e6);
	}
	free(ns);
}

static void report(const struct caller *c, uint64_t took_ns, FILE *stamps)
{
	int status = 0;

	for (unsigned i = 0; i < c->count; i++) {
		fprintf(stamps, "7770%05u %llu\n", i,
			(unsigned long long)(c->calls[i].sent_utc_ns / 1000));
		if (c->calls[i].status)
			status = c->calls[i].status;
	}
	printf("{\"calls\":%u,\"over\":%u,\"failed\":%u,\"repeated\":%u,"
	       "\"last_refusal\":%d,\"per_second\":%.1f",
	       c->count, c->over, c->failed + c->count - c->over, c->repeated,
	       status,
	       c->over / ((double)(took_ns - c->hold_ms * NS_PER_MS) / 1e9));
	print_times(c, "ringing", true);
	print_times(c, "answered", false);
	puts("}");
}

/* A socket at `ip`, on any port, which is returned in `port`. */
static int open_at(const char *ip, unsigned *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (inet_pton(AF_INET, ip, &at.sin_addr) != 1 ||
	    bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &size) < 0)
		return -1;
	*port = ntohs(at.sin_port);
	return fd;
}

static bool connect_to(int fd, const char *gateway)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	char ip[64] = "";
	unsigned port = 0;

	if (sscanf(gateway, "%63[^:]:%u", ip, &port) != 2 ||
	    inet_pton(AF_INET, ip, &to.sin_addr) != 1)
		return false;
	to.sin_port = htons((uint16_t)port);
	return connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
}

int main(int argc, char **argv)
{
	struct caller c = { 0 };
	FILE *stamps = argc == 8 ? fopen(argv[7], "w") : NULL;
	uint64_t start_ns = clock_now_ns();
	int buffer = 1 << 20;

	if (!stamps) {
		fputs("usage: tool_sip_calls LOCAL-IP GATEWAY-IP:PORT NUMBER "
		      "CALLS RATE HOLD-MS STAMPS\n",
		      stderr);
		return 2;
	}
	snprintf(c.local, sizeof c.local, "%s", argv[1]);
	snprintf(c.gateway, sizeof c.gateway, "%s", argv[2]);
	snprintf(c.number, sizeof c.number, "%s", argv[3]);
	c.count = (unsigned)atoi(argv[4]);
	c.rate = (unsigned)atoi(argv[5]);
	c.hold_ms = (unsigned)atoi(argv[6]);
	c.calls = calloc(c.count, sizeof *c.calls);
	c.fd = open_at(c.local, &c.port);
	if (!c.rate || !c.calls || c.fd < 0 || !connect_to(c.fd, c.gateway) ||
	    open_at(c.local, &c.rtp_port) < 0) {
		fputs("tool_sip_calls: bad arguments, or no socket\n", stderr);
		return 2;
	}
	setsockopt(c.fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
	run(&c);
	report(&c, clock_now_ns() - start_ns, stamps);
	fclose(stamps);
	free(c.calls);
	return 0;
}
