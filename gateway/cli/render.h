/* Each command's answer as text. */
#ifndef TOLLGATE_CLI_RENDER_H
#define TOLLGATE_CLI_RENDER_H

#include "gateway/cli/screen.h"

#include <jansson.h>

#define RENDER_USAGE_WIDTH 24

typedef void render_fn(struct screen *screen, const json_t *answer);

/* What shows the answer to the command of that name, NULL: nothing does. */
render_fn *render_find(const char *name);
/* How many there are, for the test that compares them with the table. */
size_t render_count(void);

void render_status(struct screen *screen, const json_t *answer);
void render_spans(struct screen *screen, const json_t *answer);
void render_channels(struct screen *screen, const json_t *answer);
void render_version(struct screen *screen, const json_t *answer);
void render_grid(struct screen *screen, const json_t *answer);
void render_trunks(struct screen *screen, const json_t *answer);
void render_peers(struct screen *screen, const json_t *answer);
void render_limits(struct screen *screen, const json_t *answer);
void render_routes(struct screen *screen, const json_t *answer);
void render_stats(struct screen *screen, const json_t *answer);
void render_calls(struct screen *screen, const json_t *answer);
void render_call(struct screen *screen, const json_t *answer);
void render_alarms(struct screen *screen, const json_t *answer);
void render_timers(struct screen *screen, const json_t *answer);
void render_cdr(struct screen *screen, const json_t *answer);
void render_drains(struct screen *screen, const json_t *answer);
void render_route_explain(struct screen *screen, const json_t *answer);
void render_route_test(struct screen *screen, const json_t *answer);
void render_config(struct screen *screen, const json_t *answer);
void render_reload(struct screen *screen, const json_t *answer);
void render_audit(struct screen *screen, const json_t *answer);
void render_done(struct screen *screen, const json_t *answer);
void render_events(struct screen *screen, const json_t *answer);
void render_event_help(struct screen *screen, const json_t *answer);
void render_log(struct screen *screen, const json_t *answer);
void render_help(struct screen *screen, const json_t *answer);

/* A line of help. */
void render_command(struct screen *screen, const char *usage, const char *help);

/* `before` and "draining, 3 calls left" of a document with "drain"; false, and
 * nothing, when it takes calls. */
bool render_drain(struct screen *screen, const char *before,
		  const json_t *object);

/* Calls that ended, ASR and ACD of one window of a document's "counts": 20
 * columns. */
void render_ratio(struct screen *screen, const json_t *counts,
		  const char *window);

/* The ladder of a `show call` document's "call": SIP on the left, Q.931 on the
 * right, milliseconds down the side. */
void render_ladder(struct screen *screen, const json_t *call);

#endif
