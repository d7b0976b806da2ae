/* What we tell the service manager: sd_notify(3)'s protocol, datagrams to the
 * socket that NOTIFY_SOCKET names.
 *
 * libsystemd's own sd_notify waits when nobody reads that socket, and it fills
 * up after a dozen datagrams where its backlog is the kernel's default: a
 * service manager that hangs would stop every call. This one never waits.
 */
#ifndef TOLLGATE_NOTIFY_H
#define TOLLGATE_NOTIFY_H

#include <stdint.h>

struct notify;

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Without the first there
 * is no service manager: nothing is sent and all is well. 0 or -errno. */
int notify_new(struct notify **out);
/* NULL is fine. */
void notify_free(struct notify *notify);

/* How often it wants to hear that we live, in ms; 0: it does not ask. */
uint32_t notify_watchdog_ms(const struct notify *notify);

/* Sends one or more assignments ("READY=1\nSTATUS=..."). 0; -EAGAIN: nobody
 * reads, say it again later; or -errno. */
int notify_send(const struct notify *notify, const char *text);

#endif
