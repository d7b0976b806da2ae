/* Each command's answer as text. */
#ifndef TOLLGATE_CLI_RENDER_H
#define TOLLGATE_CLI_RENDER_H

#include "gateway/cli/screen.h"

#include <jansson.h>

void render_status(struct screen *screen, const json_t *answer);
void render_spans(struct screen *screen, const json_t *answer);
void render_calls(struct screen *screen, const json_t *answer);
void render_call(struct screen *screen, const json_t *answer);
void render_done(struct screen *screen, const json_t *answer);
void render_help(struct screen *screen, const json_t *answer);

/* The ladder of a `show call` document's "call": SIP on the left, Q.931 on the
 * right, milliseconds down the side. */
void render_ladder(struct screen *screen, const json_t *call);

#endif
