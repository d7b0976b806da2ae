/* What the code under test says to the log. */
#ifndef TOLLGATE_FAKE_LOG_H
#define TOLLGATE_FAKE_LOG_H

#include <stdbool.h>

/* Keeps what is written to stderr from now on. */
void fake_log_start(void);
/* stderr is again what it was. */
void fake_log_stop(void);
/* Whether a line of `level` ("notice") has `text` in it. */
bool fake_log_has(const char *level, const char *text);

#endif
