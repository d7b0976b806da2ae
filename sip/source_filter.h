/* Strangers get nothing: a kernel filter on the SIP socket.
 *
 * Sofia-SIP answers much by itself (100 and 480 to an INVITE, 500 to OPTIONS,
 * 481 to a BYE, 400 to garbage) before the application is asked, so whoever
 * scans the port learns that something lives there. A classic BPF program that
 * holds every accept-from lets no packet of a stranger reach the stack: total
 * silence, no work, and the kernel counts the drops. */
#ifndef TOLLGATE_SOURCE_FILTER_H
#define TOLLGATE_SOURCE_FILTER_H

#include "conf/conf.h"

#include <linux/filter.h>

/* Writes the program that passes packets whose IPv4 or IPv6 source is in one of
 * `networks` and drops all others, and those that are STUN or empty, for a UDP
 * socket of either family. Networks inside others are left out; IPv4-mapped
 * ones count as IPv4. 0 and the length in instructions; -E2BIG when it does not
 * fit into `max`. */
int source_filter_build(const struct conf_network *networks, size_t count,
			struct sock_filter *program, size_t max,
			size_t *length);

/* Sources whose new calls are dropped: packets that begin with an INVITE whose
 * Request-URI is not our own Contact. Inside a dialog it is that URI
 * (RFC 3261 12.2.1.1), outside it has a number in it. */
struct source_filter_storm {
	const struct conf_network *networks;
	size_t count;
	const char *contact; /* "sip:192.0.2.1:5060" */
};

/* The same with a storm in front; the rest of what these sources send is looked
 * at as ever. */
int source_filter_build_storm(const struct conf_network *networks, size_t count,
			      const struct source_filter_storm *storm,
			      struct sock_filter *program, size_t max,
			      size_t *length);

/* Attaches a filter that drops new calls of each peer of `conf` whose `storm`
 * is true, in place of the one before; none true: as source_filter_attach. A
 * network that holds one of another peer is left out. What has arrived stays.
 * Errors as of attach. */
int source_filter_shed(int fd, const struct conf *conf, const bool *storm,
		       const char *contact);

/* Builds it from every accept-from of `conf`, attaches it to `fd` in place of
 * the one before, and throws away what arrived earlier. 0; -E2BIG: too many
 * networks for the kernel (net.core.optmem_max); -errno. */
int source_filter_attach(int fd, const struct conf *conf);

/* Packets that the socket dropped since it was made: by the filter, and for
 * want of room in its receive buffer. */
uint64_t source_filter_drops(int fd);

/* Finds the descriptors of this process that are bound to `address` with socket
 * type `type` (SOCK_DGRAM): the stack does not give its own away. For 0.0.0.0
 * and [::] all that have the port, because the stack opens one for each address
 * of the machine. Returns how many there are, which may be more than the `max`
 * written to `fds`; or -errno. */
int source_filter_find_sockets(const struct sockaddr_storage *address, int type,
			       int *fds, size_t max);

/* Finds the stack's UDP sockets by the listen address of `conf`, bounds their
 * buffers and attaches the filter to each. Returns how many there are, in
 * `fds`; -EADDRNOTAVAIL: none, or more than `max`; -errno as of attach. Says in
 * the log what is wrong. */
int source_filter_guard(const struct conf *conf, int *fds, size_t max);

#endif
