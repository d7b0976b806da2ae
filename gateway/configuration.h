/* From a file to a configuration that the gateway can run with. */
#ifndef TOLLGATE_CONFIGURATION_H
#define TOLLGATE_CONFIGURATION_H

#include "conf/conf.h"

/* As conf_load, and checks what conf/ cannot know. 0; -EINVAL: errors, written
 * to `errors` as warnings are; or another -errno: it cannot be read. */
int configuration_load(struct conf **out, const char *file, FILE *errors);

/* Reads the file again and tells the log what is wrong with it, or in which
 * blocks it differs from `running`, which stays as it is: changes are taken by
 * a restart. */
void configuration_review(const struct conf *running, const char *file);

#endif
