/* Each command's answer as text. */
#ifndef TOLLGATE_CLI_RENDER_H
#define TOLLGATE_CLI_RENDER_H

#include "gateway/cli/screen.h"

#include <jansson.h>

void render_status(struct screen *screen, const json_t *answer);
void render_spans(struct screen *screen, const json_t *answer);
void render_channels(struct screen *screen, const json_t *answer);
void render_trunks(struct screen *screen, const json_t *answer);
void render_peers(struct screen *screen, const json_t *answer);
void render_stats(struct screen *screen, const json_t *answer);
void render_calls(struct screen *screen, const json_t *answer);
void render_call(struct screen *screen, const json_t *answer);
void render_audit(struct screen *screen, const json_t *answer);
void render_done(struct screen *screen, const json_t *answer);
void render_help(struct screen *screen, const json_t *answer);

/* Calls that ended, ASR and ACD of one window of a document's "counts": 20
 * columns. */
void render_ratio(struct screen *screen, const json_t *counts,
		  const char *window);

/* The ladder of a `show call` document's "call": SIP on the left, Q.931 on the
 * right, milliseconds down the side. */
void render_ladder(struct screen *screen, const json_t *call);

#endif
