/* The kernel calls of the DAHDI driver, in one table: a test can play the
 * kernel where no card is.
 *
 * Each is as in libc: -1 and errno. Waiting for a descriptor is the business
 * of loops, not of the driver.
 */
#ifndef TOLLGATE_DAHDI_KERNEL_H
#define TOLLGATE_DAHDI_KERNEL_H

#include <stddef.h>
#include <sys/types.h>

struct dahdi_kernel {
	int (*open)(const char *path, int flags);
	int (*close)(int fd);
	int (*ioctl)(int fd, unsigned long request, void *arg);
	ssize_t (*read)(int fd, void *buf, size_t len);
	ssize_t (*write)(int fd, const void *buf, size_t len);
};

/* The real one. */
extern const struct dahdi_kernel dahdi_kernel;

#endif
