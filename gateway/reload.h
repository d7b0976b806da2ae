/* The configuration is read again and put in place of the one that runs.
 *
 * Reading, checking and comparing go on in a thread of their own: 100,000 rules
 * take a second, and signalling must not wait for them. The loop then swaps the
 * two in one step. A file with an error, or whose tests fail, changes nothing.
 *
 * What runs goes on: each call keeps the configuration that it began with, a
 * span whose line must be opened anew for it waits until it has no call, and
 * what needs a restart stays as it is. */
#ifndef TOLLGATE_RELOAD_H
#define TOLLGATE_RELOAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct conf;
struct control_later;
struct gateway;
struct reload;

enum reload_flag {
	RELOAD_PLAN = 1,  /* says what it would do, and does not */
	RELOAD_DRAIN = 2, /* spans that wait get no new calls meanwhile */
};

/* `file` is kept. 0 or -errno. */
int reload_new(struct reload **out, struct gateway *gw, const char *file);
/* Waits for a thread that still reads. NULL is fine. */
void reload_free(struct reload *reload);

/* Begins one; `later` gets its report. 0; -EALREADY: one is under way, `later`
 * is still the caller's; -errno. */
int reload_start(struct reload *reload, unsigned flags,
		 struct control_later *later);

/* SIGHUP: the same, with its report in the log only. One that comes while
 * another is under way is done after it. */
void reload_signal(struct reload *reload);

struct reload_counters {
	unsigned long taken, refused;
	bool wrong;	      /* the last one was refused */
	unsigned restart;     /* blocks that wait for a restart */
	uint32_t read_ms;     /* that the last one took to read and compare */
	uint32_t swap_us;     /* that it then held the loop up */
	uint32_t swap_max_us; /* the longest of all */
};

void reload_counters(const struct reload *reload, struct reload_counters *out);
const char *reload_file(const struct reload *reload);

/* For reload.c, in reload_report.c: */

/* What `now` changes of `before`: an array of blocks with their settings. NULL
 * for want of memory. Any thread. */
json_t *reload_changes(const struct conf *before, const struct conf *now);
/* Tells the log of them. */
void reload_log_changes(const json_t *changes);
/* How many of them take effect so ("at once", "idle", "restart"). */
size_t reload_count(const json_t *changes, const char *takes);

#endif
