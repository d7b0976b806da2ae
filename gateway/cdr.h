/* Call records: one line a call attempt, exactly one, JSON or CSV.
 *
 * A thread of its own writes the file: a disk that stalls must not stall
 * signalling. While it is full or cannot be written, records wait in memory, up
 * to a bound, and are written in their order as soon as it can be; beyond the
 * bound they go into the log. tollgated(8) lists the fields. */
#ifndef TOLLGATE_CDR_H
#define TOLLGATE_CDR_H

#include "gateway/cdr_file.h"

#include <stdbool.h>
#include <stddef.h>

#define CDR_RETRY_FIRST_MS 100 /* doubled with every failure, up to */
#define CDR_RETRY_LAST_MS 10000

struct cdr;
struct call;

struct cdr_config {
	const char *path; /* "": no records */
	const char *node; /* the gateway's name in each record */
	bool csv;
	unsigned keep; /* records that wait in memory, at most */
};

/* How it stands. */
struct cdr_status {
	char path[CDR_PATH_MAX]; /* absolute; "": no records */
	bool csv;
	unsigned keep, waiting;
	unsigned long written, failures;
	int trouble; /* errno of the last failure while it lasts, else 0 */
};

/* Opens the file for appending, mode 0640, and starts the writer. 0 or
 * -errno. */
int cdr_new(struct cdr **out, const struct cdr_config *cfg);

/* Takes another configuration: records that wait go to the new file, in the new
 * format. Where only the format is another, the file is renamed as by
 * cdr_rotate: no file has lines of both. A file that cannot be opened is
 * logged, and tried again. */
void cdr_take(struct cdr *cdr, const struct cdr_config *cfg);

/* Writes what still waits, or logs it, at the pace of the log but for 5 s of
 * waiting at most, then closes. NULL is fine. */
void cdr_free(struct cdr *cdr);

/* Waits until every record handed over is in the file or logged. Before an
 * end of the process that does not pass cdr_free. */
void cdr_flush(struct cdr *cdr);

/* Writes the record of a call that is over, one write() a record. It does not
 * wait for the disk. A file that was renamed (log rotation) is made anew. A
 * record that can neither be written nor wait is logged, so that it is not
 * lost, and counted. */
void cdr_write(struct cdr *cdr, const struct call *call);

/* Has the writer rename the file and begin a new one. `to` gets the new name,
 * the old one with the time behind it. 0; -ENOENT: there are no records. How it
 * ends is logged. */
int cdr_rotate(struct cdr *cdr, char to[CDR_PATH_MAX]);

void cdr_status(struct cdr *cdr, struct cdr_status *out);

/* Records that could not be written to the file. */
unsigned long cdr_failures(const struct cdr *cdr);

#endif
