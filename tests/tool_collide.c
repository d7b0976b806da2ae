/* Calls that both sides end in the same moment.
 *
 *   tool_collide LOCAL-IP:PORT REMOTE-IP:PORT PREFIX OUT IN SEED WAY-MS PID...
 *
 * Places OUT calls to the test numbers behind PREFIX, RATE a second, and takes
 * IN calls, as the phone at LOCAL. Each is of one of the kinds below: its end
 * is aimed at the moment when the exchange ends it, or answers, give or take
 * some ms, or follows the gateway's own message before that is answered. The
 * last digit of the number that an incoming call is for names its kind.
 *
 *   caller                gateway                exchange
 *     |------ BYE ------\  /------ BYE ---\  /-- DISCONNECT ---|
 *     |<-----------------\/-----\  /-------\/----------------->|
 *
 * A message takes WAY-MS over the D channel. What is drawn follows SEED, so a
 * failure can be run again. Each PID, gateway and exchange, is stopped for some
 * ms now and then: what arrives meanwhile has crossed for certain what it does
 * next.
 *
 * Prints what was tried and how often it crossed on the SIP side; exit status 0
 * when every call came to its proper end and nothing is unanswered. */
#include "tests/bare_sip.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define CALLS_MAX 4000 /* of each direction */
/* With those that come as many again: a D channel of 64 kbit/s carries some 45
 * calls a second, and one of the two spans gets most of them. */
#define RATE 28
#define GIVE_UP_US 15000000
#define RETRANSMIT_US 500000
#define STALL_EVERY_US 60000 /* on average */
#define STALL_MAX_US 12000
#define NOT_DUE INT64_MAX
#define STEPS 2

enum moment {
	NEVER,
	ON_INVITE,  /* it was sent, or came */
	ON_RINGING, /* 180 came */
	ON_ANSWER,  /* 200 came, before its ACK */
	ON_ACK,	    /* it was sent, or came */
	ON_CANCEL,  /* it came, before its answer */
	ON_BYE,	    /* it came, before its answer */
};

enum deed { CANCEL, BYE, ANSWER, REFUSE };

/* What the deed is aimed at. */
enum aim {
	NOW,
	NUMBER_HOLDS,	/* the end of 17MMM */
	EXCHANGE_HOLDS, /* that of a call from there, after 0.1 s */
};
#define EXCHANGE_HOLDS_US 100000

/* Between the two before or after the aim, on a D channel that takes 4 ms;
 * wider on one that takes longer. */
struct step {
	enum moment on;
	enum deed does;
	int min_us, max_us;
	enum aim aim;
};
#define WAY_MS 4

struct kind {
	const char *name;
	const char *number; /* "17": 17MMM with a drawn time; NULL: incoming */
	struct step step[STEPS];
};

static const struct kind out_kinds[] = {
	{ "CANCEL at once", "110", { { ON_INVITE, CANCEL, 0, 0, NOW } } },
	{ "CANCEL or 200", "1200", { { ON_INVITE, CANCEL, 0, 10000, NOW } } },
	{ "CANCEL after 200", "1200", { { ON_ANSWER, CANCEL, 0, 0, NOW } } },
	{ "CANCEL or DISCONNECT",
	  "14017",
	  { { ON_INVITE, CANCEL, 0, 10000, NOW } } },
	{ "CANCEL or RELEASE",
	  "14026",
	  { { ON_INVITE, CANCEL, 0, 10000, NOW } } },
	{ "CANCEL or RELEASE COMPLETE",
	  "14081",
	  { { ON_INVITE, CANCEL, 0, 10000, NOW } } },
	{ "BYE while it rings", "1200", { { ON_RINGING, BYE, 0, 0, NOW } } },
	{ "BYE at once", "1200", { { ON_ACK, BYE, 0, 0, NOW } } },
	{ "BYE or DISCONNECT",
	  "17",
	  { { ON_ACK, BYE, -9000, 2000, NUMBER_HOLDS } } },
	{ "BYE or DISCONNECT, close",
	  "17",
	  { { ON_ACK, BYE, -1000, 1000, NUMBER_HOLDS } } },
	{ "BYE after BYE", "17", { { ON_BYE, BYE, 0, 0, NOW } } },
};

/* By the last digit of the called number. */
static const struct kind in_kinds[] = {
	{ "in: 200 or DISCONNECT",
	  NULL,
	  { { ON_INVITE, ANSWER, -9000, 3000, EXCHANGE_HOLDS } } },
	{ "in: 200 after CANCEL", NULL, { { ON_CANCEL, ANSWER, 0, 0, NOW } } },
	{ "in: 486 or DISCONNECT",
	  NULL,
	  { { ON_INVITE, REFUSE, -9000, 3000, EXCHANGE_HOLDS } } },
	{ "in: BYE or DISCONNECT",
	  NULL,
	  { { ON_INVITE, ANSWER, 0, 0, NOW },
	    { ON_ACK, BYE, -2000, 10000, EXCHANGE_HOLDS } } },
	{ "in: BYE after BYE",
	  NULL,
	  { { ON_INVITE, ANSWER, 0, 0, NOW }, { ON_BYE, BYE, 0, 0, NOW } } },
	{ "in: BYE at once",
	  NULL,
	  { { ON_INVITE, ANSWER, 0, 0, NOW }, { ON_ACK, BYE, 0, 0, NOW } } },
};

#define OUT_KINDS (sizeof(out_kinds) / sizeof(out_kinds[0]))
#define IN_KINDS (sizeof(in_kinds) / sizeof(in_kinds[0]))

struct call {
	const struct kind *kind;
	bool incoming;
	char id[128], uri[128];
	char local[256], remote[256]; /* From and To of our requests */
	char via[512], cseq[64];      /* of the INVITE that came */
	int64_t start_us;	      /* to begin, or when it began */
	int64_t aim_us;
	int64_t due_us[STEPS];
	int64_t repeat_us;
	uint16_t final; /* to the INVITE, received or sent */
	bool invited, responded, acked;
	bool cancelled, cancel_answered, cancel_received;
	bool bye_sent, bye_early, bye_answered, bye_received;
};

struct collide {
	int fd;
	char local[32], remote[32];
	const char *prefix;
	struct call out[CALLS_MAX], in[CALLS_MAX];
	unsigned out_count, in_count, in_wanted;
	int way_ms;
	unsigned unexpected;
	pid_t pid[4];
	unsigned pids, stopped; /* stopped: index + 1 */
	unsigned stalls;
	int64_t stall_us;
};

static int64_t aimed_us(const struct call *c, enum aim aim)
{
	switch (aim) {
	case NUMBER_HOLDS: return c->aim_us;
	case EXCHANGE_HOLDS: return EXCHANGE_HOLDS_US;
	default: return 0;
	}
}

static int draw(int min, int max)
{
	return min + (int)(random() % (max - min + 1));
}

static void send_text(struct collide *t, const char *text)
{
	if (send(t->fd, text, strlen(text), 0) < 0)
		perror("send");
}

static void write_sdp(const struct collide *t, char out[256])
{
	int ip = (int)strcspn(t->local, ":");

	snprintf(out, 256,
		 "v=0\r\no=- 1 1 IN IP4 %.*s\r\ns=-\r\nc=IN IP4 %.*s\r\n"
		 "t=0 0\r\nm=audio 40000 RTP/AVP 8\r\n",
		 ip, t->local, ip, t->local);
}

/* CANCEL and the ACK of a failure belong to the INVITE's transaction and share
 * its branch; every other request has its own (RFC 3261 9.1, 17.1.1.3). */
static void send_request(struct collide *t, const struct call *c,
			 const char *method)
{
	bool invite = !strcmp(method, "INVITE");
	bool same = invite || !strcmp(method, "CANCEL") ||
		    (!strcmp(method, "ACK") && c->final >= 300);
	char sdp[256] = "", to[256], text[2048];

	if (invite)
		write_sdp(t, sdp);
	snprintf(to, sizeof(to), "%s", c->remote);
	if (!strcmp(method, "CANCEL")) /* as the INVITE had it */
		to[strcspn(to, ">") + 1] = '\0';
	snprintf(text, sizeof(text),
		 "%s %s SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP %s;branch=z9hG4bK-%s%s%s\r\n"
		 "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n"
		 "Contact: <sip:phone@%s>\r\nMax-Forwards: 70\r\n"
		 "%sContent-Length: %zu\r\n\r\n%s",
		 method, c->uri, t->local, c->id, same ? "" : "-",
		 same ? "" : method, c->local, to, c->id,
		 strcmp(method, "BYE") ? 1 : 2, method, t->local,
		 invite ? "Content-Type: application/sdp\r\n" : "", strlen(sdp),
		 sdp);
	send_text(t, text);
}

static void send_invite_response(struct collide *t, const struct call *c,
				 unsigned status)
{
	char sdp[256] = "", text[2048];

	if (status == 200)
		write_sdp(t, sdp);
	snprintf(text, sizeof(text),
		 "SIP/2.0 %u %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\n"
		 "Call-ID: %s\r\nCSeq: %s\r\nContact: <sip:phone@%s>\r\n"
		 "%sContent-Length: %zu\r\n\r\n%s",
		 status,
		 status == 180	 ? "Ringing"
		 : status == 200 ? "OK"
		 : status == 486 ? "Busy Here"
				 : "Request Terminated",
		 c->via, c->remote, c->local, c->id, c->cseq, t->local,
		 *sdp ? "Content-Type: application/sdp\r\n" : "", strlen(sdp),
		 sdp);
	send_text(t, text);
}

/* 200 to a BYE or CANCEL. */
static void answer_request(struct collide *t, const char *text)
{
	char via[512], from[512], to[512], id[256], cseq[64], out[2048];

	if (!header(text, "\nVia: ", via, sizeof(via)) ||
	    !header(text, "\nFrom: ", from, sizeof(from)) ||
	    !header(text, "\nTo: ", to, sizeof(to)) ||
	    !header(text, "\nCall-ID: ", id, sizeof(id)) ||
	    !header(text, "\nCSeq: ", cseq, sizeof(cseq))) {
		t->unexpected++;
		return;
	}
	snprintf(out, sizeof(out),
		 "SIP/2.0 200 OK\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\n"
		 "Call-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n",
		 via, from, to, id, cseq);
	send_text(t, out);
}

static void hang_up(struct collide *t, struct call *c)
{
	if (c->bye_sent)
		return;
	c->bye_sent = true;
	c->bye_early = !c->final;
	c->repeat_us = now_us() + RETRANSMIT_US;
	send_request(t, c, "BYE");
}

static void answer_invite(struct collide *t, struct call *c, unsigned status)
{
	if (c->final)
		return;
	c->final = (uint16_t)status;
	c->repeat_us = now_us() + RETRANSMIT_US;
	send_invite_response(t, c, status);
}

static void do_step(struct collide *t, struct call *c, const struct step *step)
{
	switch (step->does) {
	case CANCEL:
		if (c->final >= 300 || c->cancelled)
			break;
		/* Too late for it, unless that is what is tried. */
		if (c->final && step->on != ON_ANSWER) {
			if (!c->bye_received)
				hang_up(t, c);
			break;
		}
		c->cancelled = true;
		c->repeat_us = now_us() + RETRANSMIT_US;
		send_request(t, c, "CANCEL");
		break;
	case BYE:
		if (c->final < 300 && (!c->bye_received || step->on == ON_BYE))
			hang_up(t, c);
		break;
	case ANSWER: answer_invite(t, c, 200); break;
	case REFUSE: answer_invite(t, c, 486); break;
	}
}

/* What follows at once is done at once. */
static void reached(struct collide *t, struct call *c, enum moment moment)
{
	for (unsigned i = 0; i < STEPS; i++) {
		const struct step *step = &c->kind->step[i];

		if (step->on != moment || c->due_us[i])
			continue;
		c->due_us[i] = NOT_DUE;
		if (!step->max_us)
			do_step(t, c, step);
		else
			c->due_us[i] = now_us() + aimed_us(c, step->aim) +
				       draw(step->min_us, step->max_us) *
					       t->way_ms / WAY_MS;
	}
}

static void invite_answered(struct collide *t, struct call *c, unsigned status,
			    const char *text)
{
	char to[256];

	c->responded = true;
	if (status > 100 && header(text, "\nTo: ", to, sizeof(to)))
		snprintf(c->remote, sizeof(c->remote), "%s", to);
	if (status == 180)
		reached(t, c, ON_RINGING);
	if (status < 200)
		return;
	if (!c->final && status < 300) {
		c->final = (uint16_t)status;
		reached(t, c, ON_ANSWER);
	}
	c->final = (uint16_t)status;
	send_request(t, c, "ACK"); /* again for every repetition */
	if (status < 300 && c->cancelled)
		hang_up(t, c);
	if (!c->acked && status < 300)
		reached(t, c, ON_ACK);
	c->acked = true;
}

static struct call *find(struct collide *t, const char *id)
{
	for (unsigned i = 0; i < t->in_count; i++)
		if (!strcmp(t->in[i].id, id))
			return &t->in[i];
	for (unsigned i = 0; i < t->out_count; i++)
		if (!strcmp(t->out[i].id, id))
			return &t->out[i];
	return NULL;
}

static void invited(struct collide *t, const char *text, const char *id)
{
	struct call *c = &t->in[t->in_count];
	char to[200];
	int user = 0;

	if (t->in_count == CALLS_MAX ||
	    sscanf(text, "INVITE sip:+%*[0-9]%n", &user) || !user ||
	    !header(text, "\nVia: ", c->via, sizeof(c->via)) ||
	    !header(text, "\nFrom: ", c->remote, sizeof(c->remote)) ||
	    !header(text, "\nTo: ", to, sizeof(to)) ||
	    !header(text, "\nCSeq: ", c->cseq, sizeof(c->cseq))) {
		t->unexpected++;
		return;
	}
	c->kind = &in_kinds[(unsigned)(text[user - 1] - '0') % IN_KINDS];
	c->incoming = c->invited = true;
	c->start_us = now_us();
	snprintf(c->id, sizeof(c->id), "%s", id);
	snprintf(c->uri, sizeof(c->uri), "sip:%s", t->remote);
	snprintf(c->local, sizeof(c->local), "%s;tag=in-%u", to, t->in_count);
	t->in_count++;
	send_invite_response(t, c, 180);
	reached(t, c, ON_INVITE);
}

static void cancel_received(struct collide *t, struct call *c, const char *text)
{
	c->cancel_received = true;
	reached(t, c, ON_CANCEL);
	answer_request(t, text);
	answer_invite(t, c, 487);
}

static void request_received(struct collide *t, struct call *c,
			     const char *text, const char *id)
{
	if (!strncmp(text, "INVITE ", 7)) {
		if (!c)
			invited(t, text, id);
		else if (c->final)
			send_invite_response(t, c, c->final);
	} else if (!c) {
		t->unexpected++;
	} else if (!strncmp(text, "BYE ", 4)) {
		reached(t, c, ON_BYE);
		c->bye_received = true;
		answer_request(t, text);
	} else if (!strncmp(text, "CANCEL ", 7)) {
		cancel_received(t, c, text);
	} else if (!strncmp(text, "ACK ", 4)) {
		if (!c->acked && c->final < 300)
			reached(t, c, ON_ACK);
		c->acked = true;
	} else {
		t->unexpected++;
	}
}

static void received(struct collide *t, const char *text)
{
	char id[128], cseq[64];
	unsigned status = 0;
	struct call *c;

	if (!header(text, "\nCall-ID: ", id, sizeof(id)) ||
	    !header(text, "\nCSeq: ", cseq, sizeof(cseq))) {
		t->unexpected++;
		return;
	}
	c = find(t, id);
	if (sscanf(text, "SIP/2.0 %u", &status) != 1)
		request_received(t, c, text, id);
	else if (!c)
		t->unexpected++;
	else if (strstr(cseq, "INVITE"))
		invite_answered(t, c, status, text);
	else if (strstr(cseq, "CANCEL"))
		c->cancel_answered = true;
	else if (strstr(cseq, "BYE") && status >= 200)
		/* 481: the far side's BYE had ended the dialog. */
		c->bye_answered = status == 200 || status == 481;
}

static bool over(const struct call *c)
{
	if (!c->final || !c->acked || (c->cancelled && !c->cancel_answered) ||
	    (c->bye_sent && !c->bye_answered))
		return false;
	return c->final >= 300 || c->bye_sent || c->bye_received;
}

static void repeat(struct collide *t, struct call *c)
{
	c->repeat_us = now_us() + RETRANSMIT_US;
	if (c->incoming && c->final && !c->acked)
		send_invite_response(t, c, c->final);
	else if (!c->incoming && !c->responded)
		send_request(t, c, "INVITE");
	if (c->cancelled && !c->cancel_answered)
		send_request(t, c, "CANCEL");
	if (c->bye_sent && !c->bye_answered)
		send_request(t, c, "BYE");
}

/* What is due for one call; when to look again. */
static int64_t run_due(struct collide *t, struct call *c, int64_t now)
{
	int64_t next = c->start_us;

	if (!c->invited && now < c->start_us)
		return next;
	if (!c->invited) {
		c->invited = true;
		c->repeat_us = now + RETRANSMIT_US;
		send_request(t, c, "INVITE");
		reached(t, c, ON_INVITE);
	}
	next = NOT_DUE;
	for (unsigned i = 0; i < STEPS; i++) {
		if (c->due_us[i] && c->due_us[i] <= now) {
			c->due_us[i] = NOT_DUE;
			do_step(t, c, &c->kind->step[i]);
		}
		if (c->due_us[i] && c->due_us[i] < next)
			next = c->due_us[i];
	}
	if (over(c))
		return next;
	if (c->repeat_us && now >= c->repeat_us)
		repeat(t, c);
	return c->repeat_us && c->repeat_us < next ? c->repeat_us : next;
}

static void stall(struct collide *t, int64_t now)
{
	if (!t->pids || now < t->stall_us)
		return;
	if (t->stopped) {
		kill(t->pid[t->stopped - 1], SIGCONT);
		t->stopped = 0;
		t->stall_us = now + draw(0, 2 * STALL_EVERY_US);
	} else {
		t->stopped = 1 + (unsigned)random() % t->pids;
		t->stalls += !kill(t->pid[t->stopped - 1], SIGSTOP);
		t->stall_us = now + draw(1000, STALL_MAX_US);
	}
}

static void wait_for_message(struct collide *t, int64_t until_us)
{
	int64_t us = until_us - now_us();
	struct timespec timeout = { 0 };
	struct pollfd pfd = { .fd = t->fd, .events = POLLIN };
	static char buf[65536];
	ssize_t got;

	if (us > 0)
		timeout =
			(struct timespec){ us / 1000000, us % 1000000 * 1000 };
	ppoll(&pfd, 1, &timeout, NULL);
	while ((got = recv(t->fd, buf, sizeof(buf) - 1, MSG_DONTWAIT)) > 0) {
		buf[got] = '\0';
		received(t, buf);
	}
}

static void run(struct collide *t)
{
	int64_t end =
		now_us() + GIVE_UP_US + (int64_t)t->out_count * 1000000 / RATE;
	bool all;

	do {
		int64_t now = now_us(), next = now + 100000;

		stall(t, now);
		if (t->pids && t->stall_us < next)
			next = t->stall_us;
		all = t->in_count >= t->in_wanted;
		for (unsigned i = 0; i < t->out_count + t->in_count; i++) {
			struct call *c = i < t->out_count
						 ? &t->out[i]
						 : &t->in[i - t->out_count];
			int64_t due = run_due(t, c, now);

			if (due < next)
				next = due;
			all = all && over(c);
		}
		if (!all)
			wait_for_message(t, next);
	} while (!all && now_us() < end);
	if (t->stopped)
		kill(t->pid[t->stopped - 1], SIGCONT);
}

/* Neither knew of the other's message when it sent its own. */
static bool crossed(const struct call *c)
{
	if (c->bye_sent &&
	    (c->bye_received || (c->bye_early && c->final < 300)))
		return true;
	return c->incoming ? c->cancel_received && c->final != 487
			   : c->cancelled && c->final != 487;
}

static void report_kind(const struct kind *kind, const struct call *calls,
			unsigned count)
{
	unsigned tried = 0, met = 0;

	for (unsigned i = 0; i < count; i++) {
		tried += calls[i].kind == kind;
		met += calls[i].kind == kind && crossed(&calls[i]);
	}
	printf("%-28s %5u tried, %5u crossed\n", kind->name, tried, met);
}

static unsigned report_stuck(const struct call *calls, unsigned count)
{
	unsigned stuck = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct call *c = &calls[i];

		if (over(c))
			continue;
		stuck++;
		printf("stuck: %s, %s: final %u ack %d cancel %d/%d/%d "
		       "bye %d/%d/%d\n",
		       c->kind->name, c->id, c->final, c->acked, c->cancelled,
		       c->cancel_answered, c->cancel_received, c->bye_sent,
		       c->bye_answered, c->bye_received);
	}
	return stuck;
}

static int report(const struct collide *t)
{
	unsigned stuck;

	for (unsigned k = 0; k < OUT_KINDS; k++)
		report_kind(&out_kinds[k], t->out, t->out_count);
	for (unsigned k = 0; k < IN_KINDS; k++)
		report_kind(&in_kinds[k], t->in, t->in_count);
	stuck = report_stuck(t->out, t->out_count) +
		report_stuck(t->in, t->in_count);
	printf("calls %u, stuck %u, unexpected %u, stalls %u\n",
	       t->out_count + t->in_count, stuck, t->unexpected, t->stalls);
	if (t->in_count != t->in_wanted)
		printf("%u calls came, not %u\n", t->in_count, t->in_wanted);
	return stuck || t->unexpected || t->in_count != t->in_wanted;
}

static void plan(struct collide *t)
{
	int64_t now = now_us();

	for (unsigned i = 0; i < t->out_count; i++) {
		struct call *c = &t->out[i];
		char number[64];
		int aim_ms = draw(20, 200);

		c->kind = &out_kinds[(unsigned)random() % OUT_KINDS];
		c->start_us = now + (int64_t)i * 1000000 / RATE;
		c->aim_us = aim_ms * 1000;
		snprintf(number, sizeof(number), "%s%s", t->prefix,
			 c->kind->number);
		if (!strcmp(c->kind->number, "17"))
			snprintf(number, sizeof(number), "%s17%03d", t->prefix,
				 aim_ms);
		snprintf(c->id, sizeof(c->id), "collide-%d-%u", getpid(), i);
		snprintf(c->uri, sizeof(c->uri), "sip:%s@%s", number,
			 t->remote);
		snprintf(c->local, sizeof(c->local),
			 "<sip:+49305550199@%s>;tag=out-%u", t->local, i);
		snprintf(c->remote, sizeof(c->remote), "<sip:%s@%s>", number,
			 t->remote);
	}
}

static bool open_socket(struct collide *t)
{
	struct sockaddr_in local, remote;
	int size = 4 << 20;

	if (!parse_address(t->local, &local) ||
	    !parse_address(t->remote, &remote))
		return false;
	t->fd = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(t->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return t->fd >= 0 &&
	       !bind(t->fd, (struct sockaddr *)&local, sizeof(local)) &&
	       !connect(t->fd, (struct sockaddr *)&remote, sizeof(remote));
}

int main(int argc, char **argv)
{
	static struct collide t;

	if (argc < 8 || argc > 8 + 4 || atoi(argv[4]) > CALLS_MAX ||
	    atoi(argv[5]) > CALLS_MAX) {
		fprintf(stderr,
			"usage: %s LOCAL-IP:PORT REMOTE-IP:PORT PREFIX OUT IN "
			"SEED WAY-MS [PID...]\n",
			argv[0]);
		return 2;
	}
	snprintf(t.local, sizeof(t.local), "%s", argv[1]);
	snprintf(t.remote, sizeof(t.remote), "%s", argv[2]);
	t.prefix = argv[3];
	t.out_count = (unsigned)atoi(argv[4]);
	t.in_wanted = (unsigned)atoi(argv[5]);
	srandom((unsigned)atoi(argv[6]));
	t.way_ms = atoi(argv[7]);
	for (int i = 8; i < argc; i++)
		t.pid[t.pids++] = (pid_t)atoi(argv[i]);
	if (!open_socket(&t)) {
		perror(argv[1]);
		return 2;
	}
	plan(&t);
	run(&t);
	return report(&t);
}
