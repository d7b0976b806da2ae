/* Call records: one JSON line a call attempt, exactly one.
 *
 * A thread of its own writes the file: a disk that stalls must not stall
 * signalling. tollgated(8) lists the fields. */
#ifndef TOLLGATE_CDR_H
#define TOLLGATE_CDR_H

#define CDR_QUEUE_MAX 10000 /* records that wait for a stalled disk */

struct cdr;
struct call;

/* Opens `path` for appending ("" keeps no records), mode 0640, and starts the
 * writer. `node` is the gateway's name in each record. 0 or -errno. */
int cdr_new(struct cdr **out, const char *path, const char *node);

/* Writes what still waits, then closes. NULL is fine. */
void cdr_free(struct cdr *cdr);

/* Waits until every record handed over is in the file or logged. Before an
 * end of the process that does not pass cdr_free. */
void cdr_flush(struct cdr *cdr);

/* Writes the record of a call that is over, one write() a record. It does not
 * wait for the disk. A file that was renamed (log rotation) is made anew. A
 * failed write is logged with the record itself, so that it is not lost, and
 * counted. */
void cdr_write(struct cdr *cdr, const struct call *call);

/* Records that could not be written to the file. */
unsigned long cdr_failures(const struct cdr *cdr);

#endif
