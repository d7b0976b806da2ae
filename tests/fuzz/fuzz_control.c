/* Bytes on the control socket: what comes in one or two pieces, up to an
 * answer. Commands that change something are read and not obeyed: what is
 * behind them are stand-ins. */
#include "gateway/commands.h"
#include "gateway/control.h"
#include "gateway/log.h"
#include "gateway/loop.h"
#include "tests/fuzz/fuzz.h"
#include "tests/sample_gateway.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define STEPS_MAX 200

static struct sample_gateway sample;
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static unsigned answered;

/* Words that came through are words that can be sent. */
static void check_words(int argc, char *const argv[])
{
	char line[2 * CONTROL_LINE_MAX], *words[CONTROL_WORDS_MAX + 1];
	int err = command_join(line, sizeof line, argc, argv);

	/* A quote within a word is part of it, and cannot be told. */
	if (err == -EINVAL)
		return;
	PROMISED("it is joined", err == 0);
	PROMISED("as many words",
		 command_split(line, words, CONTROL_WORDS_MAX) == argc);
	for (int i = 0; i < argc; i++)
		PROMISED("the same words", strcmp(words[i], argv[i]) == 0);
}

/* As if it had come on the socket for looking only. */
static char *refused(void *ctx, int argc, char *const argv[])
{
	char *text = show_command_read(ctx, argc, argv);

	PROMISED("nothing is changed", strstr(text, "for looking only"));
	return text;
}

static char *answer(void *ctx, int argc, char *const argv[])
{
	char why[COMMAND_WHY_MAX] = "";
	struct command_line line;
	int err;

	answered++;
	check_words(argc, argv);
	err = command_parse(&line, argc, argv, why);
	PROMISED("a refusal has a reason", err == 0 || *why);
	PROMISED("two refusals", !err || err == -ENOENT || err == -EINVAL);
	PROMISED("a command is known", err == -ENOENT || line.command);
	if (!err && line.command->flags & COMMAND_CHANGES)
		return refused(ctx, argc, argv);
	return show_command(ctx, argc, argv);
}

static int set_up(void)
{
	static char dir[] = "/tmp/tollgate-fuzz-XXXXXX";

	log_set_level(LOG_CRIT);
	sample_gateway_fill(&sample);
	PROMISED("a directory", mkdtemp(dir));
	snprintf(address.sun_path, sizeof address.sun_path, "%s/s", dir);
	PROMISED("records", cdr_new(&sample.gw.cdr,
				    &(struct cdr_config){
					    .path = "", .node = "demo" }) == 0);
	PROMISED("a loop", loop_new(&sample.gw.loop) == 0);
	PROMISED("a socket",
		 control_new(&sample.gw.control, sample.gw.loop,
			     address.sun_path, answer, &sample.gw) == 0);
	return 0;
}

/* Reads until the end; true when it has come. */
static bool heard(int fd, char *text, size_t size, size_t *len)
{
	ssize_t n;

	while ((n = recv(fd, text + *len, size - 1 - *len, MSG_DONTWAIT)) > 0)
		*len += (size_t)n;
	text[*len] = '\0';
	return n == 0;
}

static void check_answer(const char *text, size_t len)
{
	json_t *json;

	if (!len)
		return;
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	PROMISED("an answer is a document", json_is_object(json));
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[1 << 20];
	static bool ready;
	size_t first, len = 0;
	unsigned before = answered;
	bool over = false;
	int fd;

	if (!ready)
		ready = set_up() == 0;
	if (size < 1)
		return 0;
	first = data[0] < size - 1 ? data[0] : size - 1;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	PROMISED("it listens",
		 connect(fd, (void *)&address, sizeof address) == 0);
	send(fd, data + 1, first, MSG_NOSIGNAL);
	loop_step(sample.gw.loop, 0);
	send(fd, data + 1 + first, size - 1 - first, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < STEPS_MAX && !over; i++) {
		loop_step(sample.gw.loop, 0);
		over = heard(fd, text, sizeof text, &len);
	}
	PROMISED("it comes to an end", over);
	PROMISED("at most one command", answered - before <= 1);
	check_answer(text, len);
	close(fd);
	return 0;
}
