/* From a file to a configuration that the gateway can run with. */
#ifndef TOLLGATE_CONFIGURATION_H
#define TOLLGATE_CONFIGURATION_H

#include "conf/conf.h"
#include "gateway/event.h"

/* As conf_load, and checks what conf/ cannot know. 0; -EINVAL: errors, written
 * to `errors` as warnings are; or another -errno: it cannot be read. */
int configuration_load(struct conf **out, const char *file, FILE *errors);

/* Logs what configuration_load() has written (NULL: nothing): an event for each
 * error, and one of level warning for each warning, with its place and remedy.
 * The log shows no excerpts. */
void configuration_log(const char *text);

#endif
