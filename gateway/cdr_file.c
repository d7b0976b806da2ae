#include "gateway/cdr_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

void cdr_file_init(struct cdr_file *file)
{
	*file = (struct cdr_file){ .fd = -1 };
}

void cdr_file_close(struct cdr_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

void cdr_file_aim(struct cdr_file *file, const char *path)
{
	if (!strcmp(file->path, path))
		return;
	cdr_file_close(file);
	snprintf(file->path, sizeof file->path, "%s", path);
}

int cdr_file_open(struct cdr_file *file)
{
	int fd = open(file->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
		      0640);

	if (fd < 0)
		return -errno;
	cdr_file_close(file);
	file->fd = fd;
	file->torn = file->begun = false;
	return 0;
}

/* After log rotation another file, or none, stands at the path. */
static int follow_rename(struct cdr_file *file)
{
	struct stat ours, there;

	if (file->fd >= 0 && stat(file->path, &there) == 0 &&
	    fstat(file->fd, &ours) == 0 && ours.st_dev == there.st_dev &&
	    ours.st_ino == there.st_ino)
		return 0;
	return cdr_file_open(file);
}

/* A line that is cut short must not swallow the next one: the piece is taken
 * back, or, where that cannot be, ended. */
static int undo(struct cdr_file *file, const struct stat *before, ssize_t n)
{
	if (n > 0 && (!S_ISREG(before->st_mode) ||
		      ftruncate(file->fd, before->st_size) < 0))
		file->torn = true;
	/* A write that stops in the middle does not say why. */
	return -ENOSPC;
}

int cdr_file_write(struct cdr_file *file, const char *header, const char *line,
		   size_t len)
{
	struct iovec parts[3];
	struct stat before;
	size_t total = 0;
	int count = 0, err = follow_rename(file);
	ssize_t n;

	if (err < 0)
		return err;
	if (fstat(file->fd, &before) < 0)
		return -errno;
	if (file->torn)
		parts[count++] = (struct iovec){ (char *)"\n", 1 };
	else if (header && !file->begun && !before.st_size)
		parts[count++] =
			(struct iovec){ (char *)header, strlen(header) };
	parts[count++] = (struct iovec){ (char *)line, len };
	for (int i = 0; i < count; i++)
		total += parts[i].iov_len;
	do
		n = writev(file->fd, parts, count);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n < total)
		return undo(file, &before, n);
	file->torn = false;
	file->begun = true;
	return 0;
}

int cdr_file_rotate(struct cdr_file *file, const char *to)
{
	struct stat now;

	if (stat(file->path, &now) < 0)
		return -errno;
	if (!S_ISREG(now.st_mode) || !now.st_size)
		return -ENODATA;
	if (renameat2(AT_FDCWD, file->path, AT_FDCWD, to, RENAME_NOREPLACE) < 0)
		return -errno;
	return cdr_file_open(file);
}
