#include "gateway/cli/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* xterm's; the Linux console does not know 1049 and is not harmed by it. */
#define ENTER "\x1b[?1049h\x1b[?25l\x1b[2J"
#define LEAVE "\x1b[0m\x1b[?25h\x1b[?1049l"
#define ESCAPE_MS 50

/* A signal handler is told nothing but its signal. */
static struct {
	struct termios before, raw;
	volatile sig_atomic_t taken, ended, resized;
} terminal;

static void put(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
}

/* Also from signal handlers: nothing but write(2) and tcsetattr(3). */
static void restore(void)
{
	if (!terminal.taken)
		return;
	terminal.taken = 0;
	put(LEAVE, sizeof LEAVE - 1);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal.before);
}

static void take(void)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal.raw);
	put(ENTER, sizeof ENTER - 1);
	terminal.taken = 1;
}

static void on_end(int signal)
{
	terminal.ended = signal;
}

static void on_resize(int signal)
{
	(void)signal;
	terminal.resized = 1;
}

/* Ctrl-Z: the shell gets its terminal as it was, and gives it back. */
static void on_stop(int signal)
{
	int saved = errno;

	(void)signal;
	restore();
	raise(SIGSTOP);
	take();
	terminal.resized = 1;
	errno = saved;
}

/* A fault of ours; SA_RESETHAND makes the second one deadly. */
static void on_fault(int signal)
{
	restore();
	raise(signal);
}

static const struct {
	int signal;
	void (*handler)(int signal);
	int flags;
} signals[] = {
	{ SIGINT, on_end, 0 },
	{ SIGTERM, on_end, 0 },
	{ SIGHUP, on_end, 0 },
	{ SIGQUIT, on_end, 0 },
	{ SIGPIPE, on_end, 0 },
	{ SIGWINCH, on_resize, 0 },
	{ SIGTSTP, on_stop, 0 },
	{ SIGSEGV, on_fault, (int)SA_RESETHAND },
	{ SIGBUS, on_fault, (int)SA_RESETHAND },
	{ SIGFPE, on_fault, (int)SA_RESETHAND },
	{ SIGABRT, on_fault, (int)SA_RESETHAND },
};

#define SIGNALS (sizeof signals / sizeof *signals)

static struct sigaction old_actions[SIGNALS];

int terminal_open(void)
{
	if (!isatty(STDOUT_FILENO) ||
	    tcgetattr(STDIN_FILENO, &terminal.before) < 0)
		return -ENOTTY;
	terminal.raw = terminal.before;
	terminal.raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	terminal.raw.c_cc[VMIN] = 1;
	terminal.raw.c_cc[VTIME] = 0;
	terminal.ended = terminal.resized = 0;
	for (size_t i = 0; i < SIGNALS; i++) {
		struct sigaction action = { .sa_handler = signals[i].handler,
					    .sa_flags = signals[i].flags };

		sigaction(signals[i].signal, &action, &old_actions[i]);
	}
	take();
	return 0;
}

void terminal_close(void)
{
	restore();
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i].signal, &old_actions[i], NULL);
}

void terminal_size(size_t *columns, size_t *rows)
{
	struct winsize size;

	*columns = 80;
	*rows = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col &&
	    size.ws_row) {
		*columns = size.ws_col;
		*rows = size.ws_row;
	}
}

static bool readable(int timeout_ms)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&in, 1, timeout_ms) > 0;
}

/* The rest of "ESC [ A" or "ESC O A", of which nothing may come: the key Esc
 * alone. */
static enum terminal_key escape_key(void)
{
	static const struct {
		const char *sequence;
		enum terminal_key key;
	} keys[] = {
		{ "[A", KEY_UP },	{ "OA", KEY_UP },
		{ "[B", KEY_DOWN },	{ "OB", KEY_DOWN },
		{ "[5~", KEY_PAGE_UP }, { "[6~", KEY_PAGE_DOWN },
		{ "[H", KEY_HOME },	{ "[1~", KEY_HOME },
		{ "OH", KEY_HOME },	{ "[F", KEY_END },
		{ "[4~", KEY_END },	{ "OF", KEY_END },
	};
	char sequence[8] = "";
	size_t len = 0;

	while (len < sizeof sequence - 1 && readable(ESCAPE_MS) &&
	       read(STDIN_FILENO, &sequence[len], 1) == 1) {
		char c = sequence[len++];

		if (len > 1 && (c == '~' || (c >= 'A' && c <= 'Z')))
			break;
	}
	sequence[len] = '\0';
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!strcmp(keys[i].sequence, sequence))
			return keys[i].key;
	return KEY_OTHER;
}

static enum terminal_key read_key(void)
{
	char c;

	/* The other end of the terminal is gone. */
	if (read(STDIN_FILENO, &c, 1) != 1)
		return errno == EINTR ? KEY_NONE : KEY_QUIT;
	switch (c) {
	case 'q':
	case 'Q':
	case 4: return KEY_QUIT; /* Ctrl-D */
	case 'k': return KEY_UP;
	case 'j': return KEY_DOWN;
	case ' ': return KEY_PAGE_DOWN;
	case 'b': return KEY_PAGE_UP;
	case 'g': return KEY_HOME;
	case 'G': return KEY_END;
	case '\x1b': return escape_key();
	default: return KEY_OTHER;
	}
}

enum terminal_key terminal_key(int timeout_ms)
{
	enum terminal_key key = KEY_NONE;

	if (!terminal.ended && !terminal.resized && readable(timeout_ms))
		key = read_key();
	terminal.resized = 0;
	return terminal.ended ? KEY_QUIT : key;
}

int terminal_signal(void)
{
	return terminal.ended;
}

void terminal_show(const char *text, size_t len)
{
	static const char home[] = "\x1b[H", line_end[] = "\x1b[K",
			  rest[] = "\x1b[J";
	char *frame;
	size_t size;
	FILE *out = open_memstream(&frame, &size);

	if (!out)
		return;
	fputs(home, out);
	for (size_t i = 0; i < len; i++) {
		/* A newline in the last line would scroll. */
		if (text[i] == '\n')
			fputs(line_end, out);
		if (text[i] != '\n' || i + 1 < len)
			putc(text[i], out);
	}
	fputs(line_end, out);
	fputs(rest, out);
	if (fclose(out) == 0)
		put(frame, size);
	free(frame);
}
