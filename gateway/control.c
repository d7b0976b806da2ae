#include "gateway/control.h"

#include "gateway/commands.h"
#include "gateway/event.h"
#include "gateway/log.h"
#include "gateway/loop.h"
#include "gateway/unix_listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#define OBJECT "control"
#define BACKLOG 16
#define DRAIN_MAX 65536

struct client {
	TAILQ_ENTRY(client) link;
	struct control *control;
	int fd;
	struct loop_fd *watch;
	struct timer timeout;
	char line[CONTROL_LINE_MAX + 2]; /* CR or newline, and NUL */
	size_t line_len;
	char *answer;		     /* NULL until the request is whole */
	struct control_later *later; /* the answer is being made */
	size_t answer_len, sent;
};

struct control_later {
	struct client *client; /* NULL: it has gone */
};

struct control {
	struct client *asking; /* whose command is being asked */
	struct loop *loop;
	control_fn fn;
	void *ctx;
	struct unix_listen *listener;
	TAILQ_HEAD(, client) clients;
	unsigned client_count;
	uint64_t refused, dropped;
};

/* Any local user of the socket's group can cause these. */
static void complain(struct control *control, const char *what)
{
	log_event(EVENT_CONTROL_REFUSED, OBJECT, "refused=%llu dropped=%llu %s",
		  (unsigned long long)control->refused,
		  (unsigned long long)control->dropped, what);
}

static void client_free(struct client *client)
{
	struct control *control = client->control;

	if (client->later)
		client->later->client = NULL;
	TAILQ_REMOVE(&control->clients, client, link);
	control->client_count--;
	timer_stop(&client->timeout);
	loop_fd_del(client->watch);
	close(client->fd);
	free(client->answer);
	free(client);
}

static void client_drop(struct client *client, const char *why)
{
	client->control->dropped++;
	complain(client->control, why);
	client_free(client);
}

static void client_timed_out(void *arg)
{
	struct client *client = arg;

	client_drop(client, client->answer
				    ? "client reads its answer too slowly"
				    : "client sent no whole command in time");
}

/* Closing with bytes unread makes the peer's next read fail with ECONNRESET
 * (unix(7)), which would spoil the end of file after our answer. */
static void drain(int fd)
{
	char waste[4096];
	size_t total = 0;
	ssize_t n;

	while (total < DRAIN_MAX &&
	       (n = recv(fd, waste, sizeof waste, MSG_DONTWAIT)) > 0)
		total += (size_t)n;
}

static void client_write(struct client *client)
{
	while (client->sent < client->answer_len) {
		ssize_t n = send(client->fd, client->answer + client->sent,
				 client->answer_len - client->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			loop_fd_mask(client->watch, LOOP_OUT);
			return;
		}
		if (n < 0) {
			client_drop(client, "client left before its answer");
			return;
		}
		client->sent += (size_t)n;
	}
	drain(client->fd);
	client_free(client);
}

static char *refusal(struct control *control, const char *document)
{
	control->refused++;
	complain(control, "request refused");
	return strdup(document);
}

static bool printable(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((line[i] < ' ' && line[i] != '\t') || line[i] > '~')
			return false;
	return true;
}

static char *answer_line(struct control *control, char *line, size_t len)
{
	char *words[CONTROL_WORDS_MAX + 1];
	int count;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	if (len > CONTROL_LINE_MAX)
		return refusal(control,
			       "{\"error\": \"the command is too long\"}");
	if (!printable(line, len))
		return refusal(control, "{\"error\": \"the command holds "
					"characters that are not ASCII\"}");
	count = command_split(line, words, CONTROL_WORDS_MAX);
	if (count == -E2BIG)
		return refusal(control,
			       "{\"error\": \"the command has too many "
			       "words\"}");
	if (count < 0)
		return refusal(control,
			       "{\"error\": \"a quote of the command has no "
			       "end\"}");
	if (count == 0)
		return refusal(control, "{\"error\": \"no command; 'help' "
					"lists them\"}");
	return control->fn(control->ctx, count, words);
}

bool control_peer(const struct control *control, struct control_peer *out)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (!control || !control->asking ||
	    getsockopt(control->asking->fd, SOL_SOCKET, SO_PEERCRED, &peer,
		       &len) < 0)
		return false;
	*out = (struct control_peer){ .uid = peer.uid,
				      .gid = peer.gid,
				      .pid = peer.pid };
	return true;
}

bool control_is_later(const struct control *control)
{
	return control && control->asking && control->asking->later;
}

static void client_answer(struct client *client, char *answer)
{
	client->answer = answer;
	if (!answer) {
		log_event(EVENT_CONTROL_NO_MEMORY, OBJECT,
			  "no memory for an answer");
		client_drop(client, "client left without an answer");
		return;
	}
	client->answer_len = strlen(answer);
	client_write(client);
}

static void client_request(struct client *client, size_t len)
{
	struct control *control = client->control;
	char *answer;

	control->asking = client;
	answer = answer_line(control, client->line, len);
	control->asking = NULL;
	if (answer || !client->later) {
		client_answer(client, answer);
		return;
	}
	/* Until then its going is all that is listened for. */
	loop_fd_mask(client->watch, 0);
	timer_stop(&client->timeout);
}

struct control_later *control_later(struct control *control)
{
	struct control_later *later =
		control->asking ? calloc(1, sizeof *later) : NULL;

	if (later) {
		later->client = control->asking;
		control->asking->later = later;
	}
	return later;
}

void control_not_later(struct control_later *later)
{
	later->client->later = NULL;
	free(later);
}

void control_answer(struct control_later *later, char *text)
{
	struct client *client = later ? later->client : NULL;

	free(later);
	if (!client) {
		free(text);
		return;
	}
	client->later = NULL;
	timer_start(loop_timers(client->control->loop), &client->timeout,
		    CONTROL_CLIENT_MS);
	client_answer(client, text);
}

static void client_read(struct client *client, bool gone)
{
	size_t room = sizeof client->line - 1 - client->line_len;
	ssize_t n = recv(client->fd, client->line + client->line_len, room,
			 MSG_DONTWAIT);
	char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR) && !gone)
		return;
	if (n <= 0) {
		/* A look at whether we live (control_new does it) is no
		 * fault. */
		if (client->line_len)
			client_drop(client, "client left within its command");
		else
			client_free(client);
		return;
	}
	end = memchr(client->line + client->line_len, '\n', (size_t)n);
	client->line_len += (size_t)n;
	if (end)
		client_request(client, (size_t)(end - client->line));
	else if (client->line_len == sizeof client->line - 1)
		client_request(client, client->line_len);
	else if (gone)
		client_drop(client, "client left within its command");
}

static void client_ready(void *arg, unsigned ready)
{
	struct client *client = arg;

	/* A command that came whole is obeyed, also when its sender does not
	 * wait for the answer. */
	if (client->later)
		client_drop(client, "client left before its answer");
	else if (!client->answer)
		client_read(client, ready & LOOP_ERR);
	else if (ready & LOOP_ERR)
		client_drop(client, "client left before its answer");
	else
		client_write(client);
}

static void refuse_client(struct control *control, int fd)
{
	static const char busy[] =
		"{\"error\": \"too many clients at once, try again\"}";

	control->refused++;
	complain(control, "too many clients at once");
	send(fd, busy, sizeof busy - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	drain(fd);
	close(fd);
}

static void client_new(struct control *control, int fd)
{
	struct client *client = calloc(1, sizeof *client);

	if (!client)
		goto fail;
	client->control = control;
	client->fd = fd;
	if (loop_fd_add(control->loop, fd, LOOP_IN, client_ready, client,
			&client->watch) < 0)
		goto fail;
	timer_init(&client->timeout, "control-client", client_timed_out,
		   client);
	timer_start(loop_timers(control->loop), &client->timeout,
		    CONTROL_CLIENT_MS);
	TAILQ_INSERT_TAIL(&control->clients, client, link);
	control->client_count++;
	return;
fail:
	log_event(EVENT_CONTROL_NO_MEMORY, OBJECT, "no memory for a client");
	control->dropped++;
	free(client);
	close(fd);
}

static void accepted(void *ctx, int fd)
{
	struct control *control = ctx;

	if (control->client_count < CONTROL_CLIENTS_MAX)
		client_new(control, fd);
	else
		refuse_client(control, fd);
}

int control_new(struct control **out, struct loop *loop, const char *path,
		control_fn fn, void *ctx)
{
	const struct control_config cfg = { .path = path,
					    .fn = fn,
					    .ctx = ctx };

	return control_open(out, loop, &cfg);
}

int control_open(struct control **out, struct loop *loop,
		 const struct control_config *config)
{
	struct control *control = calloc(1, sizeof *control);
	struct unix_listen_config cfg = { .path = config->path,
					  .type = SOCK_STREAM,
					  .backlog = BACKLOG,
					  .object = OBJECT,
					  .mode = config->mode,
					  .has_group = config->has_group,
					  .group = config->group,
					  .accepted = accepted,
					  .ctx = control };
	int err;

	if (!control)
		return -ENOMEM;
	control->loop = loop;
	control->fn = config->fn;
	control->ctx = config->ctx;
	TAILQ_INIT(&control->clients);
	err = unix_listen_new(&control->listener, loop, &cfg);
	if (err < 0) {
		control_free(control);
		return err;
	}
	*out = control;
	return 0;
}

void control_free(struct control *control)
{
	struct client *client;

	if (!control)
		return;
	while ((client = TAILQ_FIRST(&control->clients)))
		client_free(client);
	unix_listen_free(control->listener);
	free(control);
}

uint64_t control_refused(const struct control *control)
{
	return control->refused;
}

uint64_t control_dropped(const struct control *control)
{
	return control->dropped;
}
