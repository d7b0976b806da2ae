/* The whole terminal, for a program that draws on it until it is told to stop;
 * plain ANSI, on the alternate screen, so that what stood there comes back. */
#ifndef TOLLGATE_CLI_TERMINAL_H
#define TOLLGATE_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

enum terminal_key {
	KEY_NONE, /* time is over, or the window has another size */
	KEY_QUIT, /* q, Ctrl-C, a signal that ends programs, or a hang-up */
	KEY_UP,
	KEY_DOWN,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_HOME,
	KEY_END,
	KEY_OTHER,
};

/* Takes the terminal of the standard input and output; -ENOTTY when they are
 * none. Whatever ends the program from here on, also a fault of its own,
 * leaves the terminal as it was. */
int terminal_open(void);
void terminal_close(void);

void terminal_size(size_t *columns, size_t *rows);

/* Waits for a key for at most `timeout_ms`. */
enum terminal_key terminal_key(int timeout_ms);

/* The signal that ended the wait with KEY_QUIT, 0: none did. */
int terminal_signal(void);

/* Puts lines, each ended by a newline, in place of what the screen shows. */
void terminal_show(const char *text, size_t len);

#endif
