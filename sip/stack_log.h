/* What the SIP stack says of itself, and what can be learnt from that. */
#ifndef TOLLGATE_STACK_LOG_H
#define TOLLGATE_STACK_LOG_H

/* Takes the stack's log lines: to our log at debug; and since it has no other
 * way to tell, `malformed` is called with a line about each message that it
 * drops or refuses before any of it reaches us. NULL stops that. The stack's
 * log is one for the process. */
void stack_log_start(void (*malformed)(void *ctx, const char *line), void *ctx);

#endif
