/* A caller who gives up at the worst moment.
 *
 *   tool_race LOCAL-IP:PORT REMOTE-IP:PORT NUMBER CALLS MIN-US MAX-US SEED
 *   tool_race LOCAL-IP:PORT REMOTE-IP:PORT NUMBER CALLS cross-cancel
 *   tool_race LOCAL-IP:PORT REMOTE-IP:PORT NUMBER CALLS cross-bye
 *
 * Places CALLS calls, 25 ms apart. Each gives up at a random time (seeded, so a
 * failure can be run again) after the first 100 Trying: by CANCEL when it has
 * no final answer yet, else by BYE. Answers may cross either (RFC 3261 9.1 and
 * 15). On a loopback that is rare, so two words make it certain: the CANCEL
 * goes out after the 200 came, or the BYE after the other BYE, each unanswered.
 *
 *   caller                gateway
 *     |------ CANCEL ---\  /------ 200 (INVITE) ---|   ACK, BYE
 *     |------ BYE ------\  /------ BYE ------------|   200 both ways
 *
 * SIPp cannot do this: what arrives between its timer and its send aborts the
 * call. Prints how the calls ended; exit status 0 when every call came to a
 * proper end within 10 s, nothing unanswered. */
#include "tests/bare_sip.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define CALLS_MAX 200
#define SPACING_US 25000
#define GIVE_UP_US 10000000
#define RETRANSMIT_US 500000
#define TAG_MAX 80

struct caller {
	int64_t start_us;
	int64_t give_up_us; /* 0: no 100 Trying yet */
	int64_t repeat_us;  /* when to repeat the request that waits */
	char tag[TAG_MAX];  /* To tag of the dialog */
	uint16_t final;	    /* to the INVITE */
	bool invited, cancelled, cancel_answered;
	bool bye_sent, bye_answered, bye_received;
};

struct race {
	int fd;
	char local[32], remote[32];
	const char *number;
	bool cross_cancel, cross_bye;
	unsigned count;
	unsigned unexpected;
	struct caller caller[CALLS_MAX];
};

static void send_text(struct race *race, const char *text)
{
	if (send(race->fd, text, strlen(text), 0) < 0)
		perror("send");
}

/* CANCEL and the ACK of a failure belong to the INVITE's transaction and share
 * its branch; every other request has its own (RFC 3261 9.1, 17.1.1.3). */
static void send_request(struct race *race, unsigned i, const char *method)
{
	struct caller *c = &race->caller[i];
	bool invite = !strcmp(method, "INVITE");
	bool same = invite || !strcmp(method, "CANCEL") ||
		    (!strcmp(method, "ACK") && c->final >= 300);
	bool dialog = !invite && strcmp(method, "CANCEL");
	char sdp[256] = "", text[2048];

	if (invite)
		snprintf(sdp, sizeof(sdp),
			 "v=0\r\no=- 1 1 IN IP4 %.*s\r\ns=-\r\n"
			 "c=IN IP4 %.*s\r\nt=0 0\r\n"
			 "m=audio %u RTP/AVP 8\r\n",
			 (int)strcspn(race->local, ":"), race->local,
			 (int)strcspn(race->local, ":"), race->local,
			 40000 + 2 * i);
	snprintf(text, sizeof(text),
		 "%s sip:%s@%s SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP %s;branch=z9hG4bK-race-%d-%u%s%s\r\n"
		 "From: <sip:+49305550199@%s>;tag=race-%u\r\n"
		 "To: <sip:%s@%s>%s%s\r\n"
		 "Call-ID: race-%d-%u\r\nCSeq: %d %s\r\n"
		 "Contact: <sip:phone@%s>\r\nMax-Forwards: 70\r\n"
		 "%sContent-Length: %zu\r\n\r\n%s",
		 method, race->number, race->remote, race->local, getpid(), i,
		 same ? "" : "-", same ? "" : method, race->local, i,
		 race->number, race->remote, dialog && *c->tag ? ";tag=" : "",
		 dialog ? c->tag : "", getpid(), i,
		 strcmp(method, "BYE") ? 1 : 2, method, race->local,
		 invite ? "Content-Type: application/sdp\r\n" : "", strlen(sdp),
		 sdp);
	send_text(race, text);
}

static void answer_bye(struct race *race, const char *text)
{
	char via[512], from[512], to[512], id[256], cseq[64], out[2048];

	if (!header(text, "\nVia: ", via, sizeof(via)) ||
	    !header(text, "\nFrom: ", from, sizeof(from)) ||
	    !header(text, "\nTo: ", to, sizeof(to)) ||
	    !header(text, "\nCall-ID: ", id, sizeof(id)) ||
	    !header(text, "\nCSeq: ", cseq, sizeof(cseq))) {
		race->unexpected++;
		return;
	}
	snprintf(out, sizeof(out),
		 "SIP/2.0 200 OK\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\n"
		 "Call-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n",
		 via, from, to, id, cseq);
	send_text(race, out);
}

static void hang_up(struct race *race, unsigned i)
{
	struct caller *c = &race->caller[i];

	c->bye_sent = true;
	c->repeat_us = now_us() + RETRANSMIT_US;
	send_request(race, i, "BYE");
}

static void give_up(struct race *race, unsigned i)
{
	struct caller *c = &race->caller[i];

	c->give_up_us = INT64_MAX;
	if (c->final >= 200 && c->final < 300 && !c->bye_received) {
		hang_up(race, i);
	} else if (!c->final) {
		c->cancelled = true;
		c->repeat_us = now_us() + RETRANSMIT_US;
		send_request(race, i, "CANCEL");
	}
}

static void invite_answered(struct race *race, unsigned i, unsigned status,
			    const char *text)
{
	struct caller *c = &race->caller[i];
	char to[512], *tag;

	if (status < 200) {
		if (!c->give_up_us)
			c->give_up_us = -1; /* main draws the time */
		return;
	}
	if (header(text, "\nTo: ", to, sizeof(to)) &&
	    (tag = strstr(to, ";tag=")))
		snprintf(c->tag, sizeof(c->tag), "%.*s", TAG_MAX - 1, tag + 5);
	if (race->cross_cancel && !c->cancelled)
		give_up(race, i);
	c->final = (uint16_t)status;
	send_request(race, i, "ACK"); /* again for every repetition */
	if (status < 300 && c->cancelled && !c->bye_sent && !c->bye_received)
		hang_up(race, i);
}

static void received(struct race *race, const char *text)
{
	unsigned i, status = 0;
	char id[128], cseq[64];
	struct caller *c;
	int pid;

	if (!header(text, "\nCall-ID: ", id, sizeof(id)) ||
	    sscanf(id, "race-%d-%u", &pid, &i) != 2 || pid != getpid() ||
	    i >= race->count || !header(text, "\nCSeq: ", cseq, sizeof(cseq))) {
		race->unexpected++;
		return;
	}
	c = &race->caller[i];
	if (!strncmp(text, "BYE ", 4)) {
		if (race->cross_bye && !c->bye_sent)
			give_up(race, i);
		c->bye_received = true;
		answer_bye(race, text);
	} else if (sscanf(text, "SIP/2.0 %u", &status) != 1) {
		race->unexpected++;
	} else if (strstr(cseq, "INVITE")) {
		invite_answered(race, i, status, text);
	} else if (strstr(cseq, "CANCEL")) {
		c->cancel_answered = true;
	} else if (strstr(cseq, "BYE")) {
		/* 481: the far side's BYE had ended the dialog. */
		c->bye_answered = status == 200 || status == 481;
	}
}

static bool over(const struct caller *c)
{
	if (!c->final || (c->cancelled && !c->cancel_answered))
		return false;
	if (c->final >= 300)
		return true;
	return c->bye_sent ? c->bye_answered : c->bye_received;
}

/* What is due for one call; the next time to look. */
static void run_due(struct race *race, unsigned i, int64_t now)
{
	struct caller *c = &race->caller[i];

	if (!c->invited) {
		if (now < c->start_us)
			return;
		c->invited = true;
		send_request(race, i, "INVITE");
	} else if (c->give_up_us > 0 && now >= c->give_up_us) {
		give_up(race, i);
	} else if (c->repeat_us && now >= c->repeat_us && !over(c)) {
		c->repeat_us = now + RETRANSMIT_US;
		if (c->bye_sent && !c->bye_answered)
			send_request(race, i, "BYE");
		else if (c->cancelled && !c->cancel_answered)
			send_request(race, i, "CANCEL");
	}
}

/* A moment to give up; never when there is no range. */
static int64_t draw(int64_t min_us, int64_t max_us)
{
	if (max_us == 0)
		return INT64_MAX;
	return now_us() + min_us + random() % (max_us - min_us + 1);
}

static bool run(struct race *race, int64_t min_us, int64_t max_us)
{
	int64_t end = now_us() + GIVE_UP_US + SPACING_US * race->count;
	static char buf[65536];
	bool all;

	do {
		struct timespec tick = { .tv_nsec = 200000 };
		struct pollfd pfd = { .fd = race->fd, .events = POLLIN };
		ssize_t got;
		unsigned i;

		ppoll(&pfd, 1, &tick, NULL);
		got = recv(race->fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);
		if (got > 0) {
			buf[got] = '\0';
			received(race, buf);
		}
		all = true;
		for (i = 0; i < race->count; i++) {
			struct caller *c = &race->caller[i];

			if (c->give_up_us == -1)
				c->give_up_us = draw(min_us, max_us);
			run_due(race, i, now_us());
			all = all && over(c);
		}
	} while (!all && now_us() < end);
	return all;
}

static int report(const struct race *race)
{
	unsigned cancelled = 0, crossed = 0, hung_up = 0, met = 0, cleared = 0;
	unsigned refused = 0, stuck = 0, i;

	for (i = 0; i < race->count; i++) {
		const struct caller *c = &race->caller[i];

		if (!over(c)) {
			stuck++;
			printf("call %u stuck: final %u cancelled %d/%d "
			       "bye sent %d/%d received %d\n",
			       i, c->final, c->cancelled, c->cancel_answered,
			       c->bye_sent, c->bye_answered, c->bye_received);
		} else if (c->final == 487) {
			cancelled++;
		} else if (c->final >= 300) {
			refused++;
		} else if (c->cancelled) {
			crossed++;
		} else if (c->bye_sent && c->bye_received) {
			met++;
		} else if (c->bye_sent) {
			hung_up++;
		} else {
			cleared++;
		}
	}
	printf("cancelled %u, answer crossed CANCEL %u, caller's BYE %u, "
	       "callee's BYE %u, both %u, refused %u, stuck %u, "
	       "unexpected %u\n",
	       cancelled, crossed, hung_up, cleared, met, refused, stuck,
	       race->unexpected);
	return refused || stuck || race->unexpected ? 1 : 0;
}

int main(int argc, char **argv)
{
	static struct race race;
	struct sockaddr_in local, remote;
	unsigned i;

	race.cross_cancel = argc == 6 && !strcmp(argv[5], "cross-cancel");
	race.cross_bye = argc == 6 && !strcmp(argv[5], "cross-bye");
	if ((argc != 8 && !race.cross_cancel && !race.cross_bye) ||
	    !parse_address(argv[1], &local) ||
	    !parse_address(argv[2], &remote)) {
		fprintf(stderr,
			"usage: %s LOCAL-IP:PORT REMOTE-IP:PORT NUMBER CALLS "
			"MIN-US MAX-US SEED | cross-cancel | cross-bye\n",
			argv[0]);
		return 2;
	}
	snprintf(race.local, sizeof(race.local), "%s", argv[1]);
	snprintf(race.remote, sizeof(race.remote), "%s", argv[2]);
	race.number = argv[3];
	race.count = (unsigned)atoi(argv[4]);
	if (race.count > CALLS_MAX)
		race.count = CALLS_MAX;
	if (argc == 8)
		srandom((unsigned)atoi(argv[7]));
	race.fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (race.fd < 0 ||
	    bind(race.fd, (struct sockaddr *)&local, sizeof(local)) < 0 ||
	    connect(race.fd, (struct sockaddr *)&remote, sizeof(remote)) < 0) {
		perror(argv[1]);
		return 2;
	}
	for (i = 0; i < race.count; i++)
		race.caller[i].start_us = now_us() + (int64_t)i * SPACING_US;
	run(&race, argc == 8 ? atoll(argv[5]) : 0,
	    argc == 8 ? atoll(argv[6]) : 0);
	return report(&race);
}
