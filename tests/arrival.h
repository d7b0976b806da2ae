/* When a datagram came, for tools that look for it only now and then. */
#ifndef TOLLGATE_TESTS_ARRIVAL_H
#define TOLLGATE_TESTS_ARRIVAL_H

#include "gateway/clock.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* The kernel's time of arrival (SO_TIMESTAMPNS) on the monotonic clock; now
 * where `msg` has none. */
static inline uint64_t arrival_ns(struct msghdr *msg)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	struct timespec at;

	if (!cmsg || cmsg->cmsg_type != SCM_TIMESTAMPNS)
		return clock_now_ns();
	memcpy(&at, CMSG_DATA(cmsg), sizeof at);
	return (uint64_t)at.tv_sec * NS_PER_S + (uint64_t)at.tv_nsec -
	       clock_calendar_ns() + clock_now_ns();
}

#endif
