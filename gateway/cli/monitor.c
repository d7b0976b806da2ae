#include "gateway/cli/monitor.h"

#include "gateway/cli/field.h"
#include "gateway/cli/grid.h"
#include "gateway/cli/terminal.h"
#include "gateway/control.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVERY_MS 1000
#define ASK_MS 2000
#define RATE_SECONDS 10 /* what calls a second are averaged over */
#define ROWS_MIN 24

struct monitor {
	const struct cli *cli;
	json_t *status, *grid, *peers;
	/* Attempts and when they were counted, the oldest at `next`. */
	struct {
		long long attempts, at_ms;
	} sample[RATE_SECONDS];
	size_t samples, next;
	long long answered_ms; /* when it last did; 0: never */
	char trouble[160];     /* "": it answers */
	size_t first, shown;   /* span at the top, room for how many */
};

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Replaces *document by the answer, if there is one. 0 or -errno. */
static int ask(const struct monitor *m, const char *command, json_t **document)
{
	char *text = control_ask(m->cli->control, command, ASK_MS);
	json_t *answer;
	int err = errno;

	if (!text)
		return -err;
	answer = json_loads(text, 0, NULL);
	free(text);
	if (!json_is_object(answer)) {
		json_decref(answer);
		return -EPROTO;
	}
	json_decref(*document);
	*document = answer;
	return 0;
}

static void count(struct monitor *m)
{
	const json_t *calls = field_object(m->status, "calls");
	long long attempts = field_number(calls, "attempts");
	size_t last = (m->next + RATE_SECONDS - 1) % RATE_SECONDS;

	/* It was started anew. */
	if (m->samples && attempts < m->sample[last].attempts)
		m->samples = m->next = 0;
	m->sample[m->next].attempts = attempts;
	m->sample[m->next].at_ms = now_ms();
	m->next = (m->next + 1) % RATE_SECONDS;
	if (m->samples < RATE_SECONDS)
		m->samples++;
}

static double rate(const struct monitor *m)
{
	size_t last = (m->next + RATE_SECONDS - 1) % RATE_SECONDS;
	size_t oldest = m->samples < RATE_SECONDS ? 0 : m->next;
	long long took_ms = m->sample[last].at_ms - m->sample[oldest].at_ms;

	if (m->samples < 2 || took_ms <= 0)
		return -1;
	return (double)(m->sample[last].attempts - m->sample[oldest].attempts) *
	       1000 / (double)took_ms;
}

/* 0 or -errno; what is known stays. */
static int look(struct monitor *m)
{
	int err = ask(m, "status", &m->status);

	if (!err)
		err = ask(m, "show grid", &m->grid);
	if (!err)
		err = ask(m, "show peers", &m->peers);
	if (!err) {
		count(m);
		m->answered_ms = now_ms();
		*m->trouble = '\0';
		return 0;
	}
	m->samples = m->next = 0;
	if (m->answered_ms)
		snprintf(m->trouble, sizeof m->trouble,
			 "NO ANSWER from tollgated for %lld s: %s. What was "
			 "last known:",
			 (now_ms() - m->answered_ms) / 1000, strerror(-err));
	else
		snprintf(m->trouble, sizeof m->trouble,
			 "NO ANSWER from tollgated: %s. It is tried again.",
			 strerror(-err));
	return err;
}

static void draw(struct monitor *m, struct screen *screen, size_t rows)
{
	const struct monitor_view view = {
		.status = m->status,
		.grid = m->grid,
		.peers = m->peers,
		.calls_per_s = rate(m),
		.trouble = *m->trouble ? m->trouble : NULL,
		.rows = rows,
		.first = m->first,
		.keys = rows > 0,
	};

	m->shown = monitor_draw(screen, &view);
}

static void show(struct monitor *m)
{
	struct screen screen;
	size_t columns, rows, len;
	char *text;
	FILE *out;

	terminal_size(&columns, &rows);
	screen_open(&screen, m->cli->out);
	out = open_memstream(&text, &len);
	if (!out)
		return;
	screen.out = out;
	if (columns < SCREEN_COLUMNS || rows < ROWS_MIN)
		fprintf(out,
			"monitor needs 80 columns\nand 24 lines; here are\n"
			"%zu and %zu. q leaves\n",
			columns, rows);
	else
		draw(m, &screen, rows);
	if (fclose(out) == 0)
		terminal_show(text, len);
	free(text);
}

static void scroll(struct monitor *m, enum terminal_key key)
{
	size_t spans = json_array_size(field_array(m->grid, "spans"));
	size_t last = spans > m->shown ? spans - m->shown : 0;
	size_t page = m->shown ? m->shown : 1;

	switch (key) {
	case KEY_UP: m->first -= m->first > 0; break;
	case KEY_DOWN: m->first++; break;
	case KEY_PAGE_UP: m->first -= page < m->first ? page : m->first; break;
	case KEY_PAGE_DOWN: m->first += page; break;
	case KEY_HOME: m->first = 0; break;
	case KEY_END: m->first = last; break;
	default: break;
	}
	if (m->first > last)
		m->first = last;
}

static void watch(struct monitor *m)
{
	long long next_ms = now_ms();
	enum terminal_key key = KEY_NONE;

	while (key != KEY_QUIT) {
		long long left_ms = next_ms - now_ms();

		if (left_ms <= 0) {
			look(m);
			next_ms = now_ms() + EVERY_MS;
			left_ms = EVERY_MS;
		}
		show(m);
		key = terminal_key((int)left_ms);
		scroll(m, key);
	}
}

static int once(struct monitor *m)
{
	struct screen screen;

	screen_open(&screen, m->cli->out);
	if (look(m) < 0) {
		cli_refuse(m->cli, m->trouble);
		return CLI_UNREACHABLE;
	}
	draw(m, &screen, 0);
	return CLI_GOOD;
}

int monitor_run(const struct cli *cli, const struct command_line *line)
{
	struct monitor m = { .cli = cli };
	int status = CLI_GOOD, ended = 0;

	if (cli->json)
		return cli_refuse(cli, "monitor has no JSON; 'show grid' and "
				       "'status' have what it shows");
	if (command_get(line, "--once")) {
		status = once(&m);
	} else if (terminal_open() < 0) {
		status = cli_refuse(cli, "monitor needs a terminal; with "
					 "--once it prints one screen");
	} else {
		watch(&m);
		ended = terminal_signal();
		terminal_close();
	}
	json_decref(m.status);
	json_decref(m.grid);
	json_decref(m.peers);
	/* Ctrl-C is a way to leave; of other signals the shell is told. */
	if (ended && ended != SIGINT)
		raise(ended);
	return status;
}
