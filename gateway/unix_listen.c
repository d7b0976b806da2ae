#include "gateway/unix_listen.h"

#include "gateway/event.h"
#include "gateway/loop.h"
#include "gateway/timer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MODE_DEFAULT 0660
#define MODE_OWNER 0600
#define ACCEPT_PAUSE_MS 1000
/* Bounded: a flood of connects must not keep the loop from calls. */
#define ACCEPTS_PER_WAKE 16

struct unix_listen {
	struct unix_listen_config cfg;
	struct loop *loop;
	struct sockaddr_un address;
	struct stat file; /* of our socket, st_ino 0 before there is one */
	int fd;
	struct loop_fd *watch;
	struct timer pause;
};

static void accept_again(void *arg)
{
	struct unix_listen *listener = arg;

	loop_fd_mask(listener->watch, LOOP_IN);
}

/* Out of descriptors or memory the connection stays in the queue and the
 * descriptor stays readable: without a pause the loop would spin. */
static void accept_failed(struct unix_listen *listener)
{
	log_event(EVENT_ACCEPT_FAILED, listener->cfg.object,
		  "cannot accept: %s; trying again in %d s", strerror(errno),
		  ACCEPT_PAUSE_MS / 1000);
	loop_fd_mask(listener->watch, 0);
	timer_start(loop_timers(listener->loop), &listener->pause,
		    ACCEPT_PAUSE_MS);
}

static void listen_ready(void *arg, unsigned ready)
{
	struct unix_listen *listener = arg;

	(void)ready;
	for (int i = 0; i < ACCEPTS_PER_WAKE; i++) {
		int fd = accept4(listener->fd, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			listener->cfg.accepted(listener->cfg.ctx, fd);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			accept_failed(listener);
			return;
		}
	}
}

static int make_address(struct sockaddr_un *address, const char *path)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof address->sun_path)
		return -ENAMETOOLONG;
	/* bind(2) would make an abstract address of it, with no file. */
	if (!*path)
		return -ENOENT;
	strcpy(address->sun_path, path);
	return 0;
}

static int make_socket(const struct unix_listen *listener)
{
	int fd = socket(AF_UNIX,
			listener->cfg.type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* Whether somebody answers on the socket file: 0 when nobody does. */
static int probe(const struct unix_listen *listener)
{
	const struct sockaddr *address = (const void *)&listener->address;
	int fd = make_socket(listener), err = 0;

	if (fd < 0)
		return fd;
	if (connect(fd, address, sizeof listener->address) < 0)
		err = errno;
	close(fd);
	switch (err) {
	case ECONNREFUSED: return 0;
	case 0:
	case EAGAIN: /* a full queue is somebody's */ return -EADDRINUSE;
	default: return -err; /* EPROTOTYPE is as alive */
	}
}

static int remove_dead(const struct unix_listen *listener)
{
	const char *path = listener->address.sun_path;
	struct stat st;
	int err;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	err = probe(listener);
	if (err == 0 && unlink(path) < 0)
		err = -errno;
	return err;
}

static int bind_file(const struct unix_listen *listener)
{
	const struct sockaddr *address = (const void *)&listener->address;

	return bind(listener->fd, address, sizeof listener->address) < 0
		       ? -errno
		       : 0;
}

static int open_socket(struct unix_listen *listener)
{
	const char *path = listener->address.sun_path;
	int err;

	listener->fd = make_socket(listener);
	if (listener->fd < 0)
		return listener->fd;
	/* The mode of the descriptor bounds that of the file which bind makes,
	 * so it is never open to all; the umask may only have narrowed it. */
	if (fchmod(listener->fd, listener->cfg.mode & MODE_OWNER) < 0)
		return -errno;
	err = bind_file(listener);
	if (err == -EADDRINUSE) {
		err = remove_dead(listener);
		if (err == 0)
			err = bind_file(listener);
	}
	if (err < 0)
		return err;
	if (lstat(path, &listener->file) < 0)
		return -errno;
	/* Before the mode, so that it never is the wrong group's. */
	if (listener->cfg.has_group &&
	    lchown(path, (uid_t)-1, listener->cfg.group) < 0)
		return -errno;
	if (chmod(path, listener->cfg.mode) < 0 ||
	    listen(listener->fd, listener->cfg.backlog) < 0)
		return -errno;
	return 0;
}

int unix_listen_new(struct unix_listen **out, struct loop *loop,
		    const struct unix_listen_config *cfg)
{
	struct unix_listen *listener = calloc(1, sizeof *listener);
	int err;

	if (!listener)
		return -ENOMEM;
	listener->cfg = *cfg;
	if (!listener->cfg.mode)
		listener->cfg.mode = MODE_DEFAULT;
	listener->cfg.path = NULL; /* the caller's; ours is the address */
	listener->loop = loop;
	listener->fd = -1;
	timer_init(&listener->pause, "accept", accept_again, listener);
	err = make_address(&listener->address, cfg->path);
	if (err == 0)
		err = open_socket(listener);
	if (err == 0)
		err = loop_fd_add(loop, listener->fd, LOOP_IN, listen_ready,
				  listener, &listener->watch);
	if (err < 0) {
		unix_listen_free(listener);
		return err;
	}
	*out = listener;
	return 0;
}

static bool file_is_ours(const struct unix_listen *listener)
{
	struct stat now;

	return listener->file.st_ino &&
	       lstat(listener->address.sun_path, &now) == 0 &&
	       now.st_dev == listener->file.st_dev &&
	       now.st_ino == listener->file.st_ino;
}

void unix_listen_free(struct unix_listen *listener)
{
	if (!listener)
		return;
	timer_stop(&listener->pause);
	loop_fd_del(listener->watch);
	/* Before it is closed: until then nobody is given its inode number. */
	if (file_is_ours(listener))
		unlink(listener->address.sun_path);
	if (listener->fd >= 0)
		close(listener->fd);
	free(listener);
}
