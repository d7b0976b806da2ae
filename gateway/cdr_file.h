/* The file of the call records, for the writer's thread alone. */
#ifndef TOLLGATE_CDR_FILE_H
#define TOLLGATE_CDR_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define CDR_PATH_MAX 512

struct cdr_file {
	char path[CDR_PATH_MAX];
	int fd;	    /* -1: not open */
	bool torn;  /* the last line was cut short and stayed */
	bool begun; /* something was written since it was opened */
};

/* Of no file yet. */
void cdr_file_init(struct cdr_file *file);

/* What is written from now on goes to `path`, which is opened, mode 0640, or
 * made with the next line. */
void cdr_file_aim(struct cdr_file *file, const char *path);

/* Opens it now. 0 or -errno. */
int cdr_file_open(struct cdr_file *file);
void cdr_file_close(struct cdr_file *file);

/* Appends `line`, whole or not at all: what a full disk cut short is taken
 * back. `header` (NULL: none) comes before the first line of an empty file. A
 * file that was renamed (log rotation) is made anew. 0 or -errno. */
int cdr_file_write(struct cdr_file *file, const char *header, const char *line,
		   size_t len);

/* Renames the file to `to` and begins a new one; never over another file. 0;
 * -ENODATA: it is empty or no regular file; another -errno. */
int cdr_file_rotate(struct cdr_file *file, const char *to);

#endif
