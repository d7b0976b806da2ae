/* Call records: one JSON line a call attempt, exactly one. */
#ifndef TOLLGATE_CDR_H
#define TOLLGATE_CDR_H

struct cdr;
struct call;

/* Opens `path` for appending ("" keeps no records). `node` is the gateway's
 * name in each record, kept. 0 or -errno. */
int cdr_new(struct cdr **out, const char *path, const char *node);
void cdr_free(struct cdr *cdr);

/* Writes the record of a call that is over. A failed write is logged with the
 * record itself, so that it is not lost, and counted. */
void cdr_write(struct cdr *cdr, const struct call *call);

/* Records that could not be written to the file. */
unsigned long cdr_failures(const struct cdr *cdr);

#endif
