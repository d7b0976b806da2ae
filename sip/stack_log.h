/* What the SIP stack says of itself, and what can be learnt from that. */
#ifndef TOLLGATE_STACK_LOG_H
#define TOLLGATE_STACK_LOG_H

#include <stdint.h>

/* Called from inside the stack, which must not be called back. */
struct stack_log_listener {
	/* A line about each message that the stack drops or refuses before any
	 * of it reaches us. */
	void (*malformed)(void *ctx, const char *line);
	/* A response, 100 among them, to an INVITE of ours with this CSeq: the
	 * stack has found its transaction. */
	void (*responded)(void *ctx, uint32_t cseq);
};

/* Takes the stack's log lines: to our log at debug; and since it has no other
 * way to tell, to `listener` what they say. NULL stops that. The stack's log is
 * one for the process. */
void stack_log_start(const struct stack_log_listener *listener, void *ctx);

#endif
