/* Spans by channels, a letter and a colour each, and what monitor shows with
 * them. */
#ifndef TOLLGATE_CLI_GRID_H
#define TOLLGATE_CLI_GRID_H

#include "gateway/cli/screen.h"

#include <jansson.h>

#define GRID_LEGEND_LINES 2

/* The ruler above the grid, and the rows `first` to `first` + `count` - 1 of
 * a `show grid` document's spans. */
void grid_ruler(struct screen *screen);
void grid_rows(struct screen *screen, const json_t *spans, size_t first,
	       size_t count);
/* What the letters mean: GRID_LEGEND_LINES lines. */
void grid_legend(struct screen *screen);

/* What a screen of `monitor` is made of. */
struct monitor_view {
	const json_t *status, *grid, *peers; /* the answers, NULL: none yet */
	double calls_per_s;		     /* below 0: not known yet */
	const char *trouble;		     /* NULL: the daemon answers */
	size_t rows;			     /* of the terminal, 0: no limit */
	size_t first;			     /* span at the top */
	bool keys;			     /* somebody can press them */
};

/* Draws it; at most view->rows lines, each ended by a newline. Returns how
 * many spans there was room for. */
size_t monitor_draw(struct screen *screen, const struct monitor_view *view);

#endif
