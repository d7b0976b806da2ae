#include "media/sock.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include <unistd.h>

/* DSCP EF: voice (RFC 3246, RFC 4594 4.1). */
#define TOS_EF 0xb8

/* A hostile peer must not keep us flushing. */
#define FLUSH_MAX 4096

socklen_t sock_address_size(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					      : sizeof(struct sockaddr_in);
}

void sock_set_port(struct sockaddr_storage *address, uint16_t port)
{
	if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)address)->sin_port = htons(port);
}

bool sock_is_any(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *in6 = (const void *)address;
	const struct sockaddr_in *in = (const void *)address;

	if (address->ss_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
	return in->sin_addr.s_addr == htonl(INADDR_ANY);
}

int sock_check_remote(const struct sockaddr_storage *remote)
{
	/* the port is at the same place in both families */
	const struct sockaddr_in *in = (const void *)remote;

	if (remote->ss_family != AF_INET && remote->ss_family != AF_INET6)
		return -EAFNOSUPPORT;
	return in->sin_port && !sock_is_any(remote) ? 0 : -EINVAL;
}

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) < 0 ? -errno
								     : 0;
}

static int open_bound(const struct sockaddr_storage *local, int *out)
{
	int fd = socket(local->ss_family,
			SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)local, sock_address_size(local)) <
	    0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	*out = fd;
	return 0;
}

static int open_shield(const struct sockaddr_storage *local, int *out)
{
	struct sock_filter drop_all[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog program = { .len = 1, .filter = drop_all };
	int fd = socket(local->ss_family,
			SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		       sizeof program) < 0 ||
	    set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0 ||
	    bind(fd, (const struct sockaddr *)local, sock_address_size(local)) <
		    0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	*out = fd;
	return 0;
}

int sock_open(struct sock *sock, const struct sockaddr_storage *local)
{
	int rc;

	*sock = (struct sock)SOCK_CLOSED;
	/* The first socket is bound alone, so that a port somebody else has is
	 * found taken; the address is opened to reuse for the shield only. */
	rc = open_bound(local, &sock->fd);
	if (!rc)
		rc = set_int(sock->fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!rc)
		rc = open_shield(local, &sock->shield);
	if (!rc)
		rc = set_int(sock->fd, SOL_SOCKET, SO_REUSEADDR, 0);
	if (!rc)
		rc = set_int(sock->shield, SOL_SOCKET, SO_REUSEADDR, 0);
	if (!rc)
		rc = set_int(sock->fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	if (rc) {
		sock_close(sock);
		return rc;
	}
	/* A mark that cannot be set costs quality on a busy net, no call. */
	if (local->ss_family == AF_INET6)
		set_int(sock->fd, IPPROTO_IPV6, IPV6_TCLASS, TOS_EF);
	else
		set_int(sock->fd, IPPROTO_IP, IP_TOS, TOS_EF);
	return 0;
}

void sock_close(struct sock *sock)
{
	if (sock->shield >= 0)
		close(sock->shield);
	if (sock->fd >= 0)
		close(sock->fd);
	*sock = (struct sock)SOCK_CLOSED;
}

static uint64_t flush(int fd)
{
	uint64_t packets = 0;
	char byte;

	while (packets < FLUSH_MAX && recv(fd, &byte, 1, MSG_TRUNC) >= 0)
		packets++;
	return packets;
}

int sock_connect(struct sock *sock, const struct sockaddr_storage *remote,
		 uint64_t *flushed)
{
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	int rc = 0;

	/* Bound to any address, the socket took the one its first route gave
	 * it; only a socket without a peer chooses again. */
	connect(sock->fd, &nobody, sizeof nobody);
	if (connect(sock->fd, (const struct sockaddr *)remote,
		    sock_address_size(remote)) < 0)
		rc = -errno;
	*flushed += flush(sock->fd);
	return rc;
}

uint32_t sock_refused(const struct sock *sock)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof info;

	if (getsockopt(sock->shield, SOL_SOCKET, SO_MEMINFO, info, &size) < 0)
		return 0;
	return info[SK_MEMINFO_DROPS];
}
