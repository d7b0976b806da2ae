/* The operator's socket: one command line in, one JSON document out.
 *
 * A request is a line of words ("show call 17\n"), at most CONTROL_LINE_MAX
 * long; the answer is one JSON document and end of file. The command
 * `tollgate` turns it into tables. */
#ifndef TOLLGATE_CONTROL_H
#define TOLLGATE_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#define CONTROL_LINE_MAX 512
#define CONTROL_WORDS_MAX 16
#define CONTROL_CLIENTS_MAX 32

struct control;
struct loop;

/* Answers one command: returns JSON text (malloc'ed, the caller frees), or
 * NULL for want of memory. Errors are documents too: {"error": "..."}. */
typedef char *(*control_fn)(void *ctx, int argc, char *const argv[]);

/* Listens on Unix socket `path` (mode 0660; a dead one is replaced,
 * -EADDRINUSE when another process answers on it). 0 or -errno. Also the
 * exchange's control socket is one of these. */
int control_new(struct control **out, struct loop *loop, const char *path,
		control_fn fn, void *ctx);
void control_free(struct control *control);

/* Requests refused: too long, binary, too many clients. */
uint64_t control_refused(const struct control *control);

/* Client side: sends `line`, returns the answer (malloc'ed), NULL with errno
 * on failure. Blocks at most `timeout_ms`. */
char *control_ask(const char *path, const char *line, int timeout_ms);

#endif
