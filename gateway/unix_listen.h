/* A listening Unix socket that takes over from a dead one.
 *
 * A process that was killed leaves its socket file behind, and its successor
 * has to start all the same; but a file on which somebody answers, or that is
 * no socket, is never removed. */
#ifndef TOLLGATE_UNIX_LISTEN_H
#define TOLLGATE_UNIX_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

struct unix_listen;
struct loop;

struct unix_listen_config {
	const char *path;
	int type;	    /* SOCK_STREAM or SOCK_SEQPACKET */
	int backlog;	    /* connections that may wait, as in listen(2) */
	const char *object; /* name in the log, kept not copied */
	mode_t mode;	    /* of the file; 0: 0660 */
	bool has_group;	    /* it is given to this group */
	gid_t group;
	/* Owns `fd` (non-blocking, close-on-exec) from now on. Must not free
	 * the listener. */
	void (*accepted)(void *ctx, int fd);
	void *ctx;
};

/* Listens on the path, with this mode whatever the umask and never more. A
 * socket there on which nobody answers is replaced. 0; -EADDRINUSE: another
 * process answers; -EPROTOTYPE: one does, on a socket of another type;
 * -ENOTSOCK: a file that is no socket stands there; -ENAMETOOLONG; -ENOENT: the
 * path is empty or its folder missing; -EPERM: the group is none of ours; or
 * -errno. */
int unix_listen_new(struct unix_listen **out, struct loop *loop,
		    const struct unix_listen_config *cfg);

/* Removes the socket file, if it is still ours. What was accepted stays. NULL
 * is fine. */
void unix_listen_free(struct unix_listen *listener);

#endif
