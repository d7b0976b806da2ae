/* The operator's socket: one command line in, one JSON document out.
 *
 * A request is a line of words ("show call 17\n"), at most CONTROL_LINE_MAX
 * long, blanks within "double quotes" belonging to a word; the answer is one
 * JSON document and end of file. The command `tollgate` turns it into tables. A
 * client has CONTROL_CLIENT_MS from connect to the last byte of its answer, so
 * that none can hold a place for ever. */
#ifndef TOLLGATE_CONTROL_H
#define TOLLGATE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CONTROL_LINE_MAX 512 /* bytes before the newline */
#define CONTROL_WORDS_MAX 32
#define CONTROL_CLIENTS_MAX 32
#define CONTROL_CLIENT_MS 10000

struct control;
struct loop;

/* Answers one command: returns JSON text (malloc'ed, the caller frees), or
 * NULL for want of memory. Errors are documents too: {"error": "..."}. `argc`
 * is at least 1, argv[argc] is NULL, every word is printable ASCII. Must not
 * free the struct control. */
typedef char *(*control_fn)(void *ctx, int argc, char *const argv[]);

/* For a control_fn that has its answer later: takes the client whose command it
 * is asked, and returns NULL. Exactly one control_answer is to follow, even
 * after control_free. NULL for want of memory. */
struct control_later;
struct control_later *control_later(struct control *control);
/* It is answered at once after all, by what the control_fn returns. */
void control_not_later(struct control_later *later);
/* `text` is malloc'ed and taken over; NULL: there was no memory for one. The
 * client may have gone: then it is for nobody. `later` may be NULL. */
void control_answer(struct control_later *later, char *text);

/* Who sent the command that is being answered (unix(7), SO_PEERCRED). */
struct control_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

struct control_config {
	const char *path;
	mode_t mode; /* 0: 0660 */
	bool has_group;
	gid_t group; /* of the socket file, with has_group */
	control_fn fn;
	void *ctx;
};

/* Listens on a Unix socket. Returns what unix_listen_new does. */
int control_open(struct control **out, struct loop *loop,
		 const struct control_config *cfg);

/* Within control_fn: whose command it is. False: nobody's, or it cannot be
 * told. NULL is fine. */
bool control_peer(const struct control *control, struct control_peer *out);
/* Within control_fn: its answer comes later. */
bool control_is_later(const struct control *control);

/* The same on `path`, mode 0660. Returns what unix_listen_new does. Also the
 * exchange's control socket is one of these. */
int control_new(struct control **out, struct loop *loop, const char *path,
		control_fn fn, void *ctx);
/* Drops every client and removes the socket, if it is still ours. NULL is
 * fine. */
void control_free(struct control *control);

/* Requests refused with an error: too long, binary, too many words or
 * clients. */
uint64_t control_refused(const struct control *control);

/* Clients dropped without a whole request or answer: too slow, or gone. */
uint64_t control_dropped(const struct control *control);

/* Client side: sends `line` (without its newline), returns the answer
 * (malloc'ed), NULL with errno on failure: ECONNREFUSED or ENOENT, nobody
 * listens; EMSGSIZE, the line or the answer is too long; ETIMEDOUT; EPROTO, an
 * empty answer. Blocks at most `timeout_ms`. */
char *control_ask(const char *path, const char *line, int timeout_ms);

#endif
