#include "dahdi/dahdi_kernel.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int kernel_open(const char *path, int flags)
{
	return open(path, flags);
}

static int kernel_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg);
}

const struct dahdi_kernel dahdi_kernel = { kernel_open, close, kernel_ioctl,
					   read, write };
