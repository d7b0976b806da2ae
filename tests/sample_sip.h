/* SIP messages as the stack hands them over, made of text, for the tests of
 * what reads them. Include it once. */
#ifndef TOLLGATE_SAMPLE_SIP_H
#define TOLLGATE_SAMPLE_SIP_H

#include "sip/stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static msg_t *sample_message;

static inline const sip_t *sample_parse(const char *start, const char *lines,
					const char *body)
{
	char text[8192];
	int n = snprintf(text, sizeof text,
			 "%s\r\n"
			 "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"
			 "To: <sip:999@elsewhere>\r\n"
			 "CSeq: 1 INVITE\r\n%s"
			 "Content-Length: %zu\r\n\r\n%s",
			 start, lines, strlen(body), body);

	assert_true((size_t)n < sizeof text);
	msg_destroy(sample_message);
	sample_message = msg_make(sip_default_mclass(), 0, text, n);
	assert_non_null(sample_message);
	return sip_object(sample_message);
}

/* An INVITE with these lines in it, From and Call-ID among them. The next one
 * made ends it. */
static inline const sip_t *sample_invite(const char *uri, const char *lines,
					 const char *body)
{
	char start[256];

	snprintf(start, sizeof start, "INVITE %s SIP/2.0", uri);
	return sample_parse(start, lines, body);
}

static inline int sample_setup(void **state)
{
	(void)state;
	su_init();
	sip_update_default_mclass(sip_extend_mclass(NULL));
	return 0;
}

static inline int sample_teardown(void **state)
{
	(void)state;
	msg_destroy(sample_message);
	sample_message = NULL;
	return 0;
}

#endif
