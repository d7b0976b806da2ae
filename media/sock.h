/* The UDP sockets of one bridge: RTP and RTCP, and what keeps strangers out.
 *
 * A connected UDP socket takes packets of its peer only, in the kernel and for
 * nothing. But the kernel then answers all others with ICMP "port unreachable"
 * and counts them nowhere near us. So each port has a second socket, the
 * shield: unconnected, so that it gets exactly what the first one does not
 * match, with a kernel filter that drops everything. A stranger gets no answer,
 * wakes nobody, and is counted by the kernel, whatever his rate.
 */
#ifndef TOLLGATE_SOCK_H
#define TOLLGATE_SOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct sock {
	int fd;	    /* non-blocking; SO_TIMESTAMPNS is on */
	int shield; /* never read */
};

#define SOCK_CLOSED                    \
	{                              \
		.fd = -1, .shield = -1 \
	}

/* Opens and binds. 0, -EADDRINUSE, or -errno with nothing left open. */
int sock_open(struct sock *sock, const struct sockaddr_storage *local);
/* Fine on SOCK_CLOSED. */
void sock_close(struct sock *sock);

/* Takes packets from `remote` only from now on, and throws away what came
 * before: `flushed` grows by the packets. 0 or -errno. */
int sock_connect(struct sock *sock, const struct sockaddr_storage *remote,
		 uint64_t *flushed);

/* Packets the shield has dropped; wraps with 32 bits, as the kernel's count. */
uint32_t sock_refused(const struct sock *sock);

/* An address a packet can be sent to: IPv4 or IPv6, neither port nor address
 * zero. */
int sock_check_remote(const struct sockaddr_storage *remote);

/* 0.0.0.0 or ::, whatever the port; the address is IPv4 or IPv6. */
bool sock_is_any(const struct sockaddr_storage *address);

socklen_t sock_address_size(const struct sockaddr_storage *address);
void sock_set_port(struct sockaddr_storage *address, uint16_t port);

#endif
