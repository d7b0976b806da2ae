/* `tollgate setup`: what DAHDI's spans look like, and a first configuration for
 * them; or why there are none, and what to do about it. */
#ifndef TOLLGATE_CLI_SETUP_H
#define TOLLGATE_CLI_SETUP_H

#include "dahdi/dahdi_scan.h"
#include "gateway/cli/screen.h"
#include "gateway/cli/setup_machine.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SETUP_WHY_MAX 320
#define SETUP_LIST_MAX 160

/* Whether a span is one that a configuration can name, and as what. */
struct setup_fit {
	bool usable;
	uint32_t channels; /* bit t set: timeslot t is a B channel */
	unsigned dchannel; /* timeslot */
	/* Not usable: the reason as a sentence; and whether lines in DAHDI's
	 * system.conf are the remedy. */
	char why[SETUP_WHY_MAX];
	bool configure;
};

void setup_fit(struct setup_fit *fit, const struct dahdi_scan_span *span);

/* How many spans of `scan`, NULL being none, can be used. */
unsigned setup_usable(const struct dahdi_scan *scan);

/* Timeslots as "1-15 17-31", or channels as "32-46,48-62": `add` to each, and
 * what is put between. */
void setup_list(char out[SETUP_LIST_MAX], uint32_t timeslots, int add,
		char between);

/* Each span as it is. `facts` in the scan's order. */
void setup_report(struct screen *screen, const struct dahdi_scan *scan,
		  const struct setup_span *facts);

/* Why nothing of DAHDI's can be used, and what remedies it. `error` is
 * dahdi_scan_new's, and with 0 `scan` what it gave. */
void setup_explain(struct screen *screen, const struct setup_machine *machine,
		   int error, const struct dahdi_scan *scan);

/* A sentence if the daemon's own user may not open what this one may. */
void setup_warn_daemon(struct screen *screen,
		       const struct setup_machine *machine);

/* A paragraph; and a line to be typed as it stands, however long. */
void setup_say(struct screen *screen, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void setup_type(struct screen *screen, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A configuration for the spans that can be used, of which there is one at
 * least; those that cannot stand in it as comments. It is valid as it is, lines
 * with a guess or a placeholder are marked CHANGE. */
void setup_write(FILE *out, const struct setup_machine *machine,
		 const struct dahdi_scan *scan);

/* One for a virtual span, to which tollgate-exchange leads; nothing in it needs
 * to be edited. */
void setup_write_virtual(FILE *out);

struct setup_options {
	const char *output; /* NULL: the standard output */
	bool virtual_span;
	const char *root;		   /* "", but for tests */
	const struct dahdi_kernel *kernel; /* NULL: the real one */
};

/* The command; returns its exit status. The report goes to `err`. */
int setup_run(const struct setup_options *opt, FILE *out, FILE *err);

#endif
