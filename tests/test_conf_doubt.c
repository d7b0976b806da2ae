/* Warnings by exact text: what can be taken, but hardly is meant so. */
#include "conf/conf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GATEWAY "gateway g { listen 127.0.0.1 }\n"
#define SPAN(n) "span " #n " { device virtual s span " #n " }\n"
#define PHONES "sip-peer phones { accept-from 10.1.0.0/16 }\n"
#define ROUTE "route from phones { + -> reject 404 }\n"

static const struct {
	const char *text;
	const char *said; /* "": nothing */
	int err;
} cases[] = {
	{ "gateway g { listen 127.0.0.1\n"
	  "rtp-ports 17600-17611 }\n" SPAN(1) SPAN(2),
	  "t.conf:2:1: warning: 6 pairs of RTP ports for 60 B channels: a call "
	  "beyond 6 at a time is refused\n"
	  "    2 | rtp-ports 17600-17611 }\n"
	  "      | ^^^^^^^^^  (rtp-ports 17600-17719)\n",
	  0 },
	/* There is no room above it. */
	{ "gateway g { listen 127.0.0.1\n"
	  "rtp-ports 65500-65535 }\n" SPAN(1),
	  "t.conf:2:1: warning: 18 pairs of RTP ports for 30 B channels: a "
	  "call beyond 18 at a time is refused\n"
	  "    2 | rtp-ports 65500-65535 }\n"
	  "      | ^^^^^^^^^  (rtp-ports 65476-65535)\n",
	  0 },
	{ "gateway g { listen 127.0.0.1\n"
	  "rtp-ports 17600-17659 }\n" SPAN(1),
	  "", 0 },
	{ GATEWAY SPAN(1) "trunk-group t { members span 1 }\n",
	  "t.conf:3:13: warning: no route takes calls from trunk-group \"t\": "
	  "they are refused\n"
	  "    3 | trunk-group t { members span 1 }\n"
	  "      |             ^  write \"route from t\", or \"direction "
	  "out\"\n",
	  0 },
	{ GATEWAY SPAN(1) "trunk-group t { members span 1  direction in }\n",
	  "t.conf:3:13: warning: no route takes calls from trunk-group \"t\": "
	  "they are refused\n"
	  "    3 | trunk-group t { members span 1  direction in }\n"
	  "      |             ^  write \"route from t\"\n",
	  0 },
	{ GATEWAY SPAN(1) "trunk-group t { members span 1  direction out }\n",
	  "", 0 },
	/* The address of the voice mail is the longer prefix. */
	{ GATEWAY PHONES "sip-peer mail { server 10.1.2.3 5070 }\n" ROUTE,
	  "t.conf:3:17: warning: calls from 10.1.2.3 are of sip-peer \"mail\" "
	  "now, not of sip-peer \"phones\" (line 2), and no route takes them: "
	  "each would get 404\n"
	  "    3 | sip-peer mail { server 10.1.2.3 5070 }\n"
	  "      |                 ^^^^^^  write \"route from mail\"\n",
	  0 },
	/* Of two networks around it the nearer one is meant. */
	{ GATEWAY PHONES "sip-peer far { accept-from 10.0.0.0/8 }\n"
			 "route from far { + -> reject 404 }\n"
			 "sip-peer mail { server 10.1.2.3 }\n" ROUTE,
	  "t.conf:5:17: warning: calls from 10.1.2.3 are of sip-peer \"mail\" "
	  "now, not of sip-peer \"phones\" (line 2), and no route takes them: "
	  "each would get 404\n"
	  "    5 | sip-peer mail { server 10.1.2.3 }\n"
	  "      |                 ^^^^^^  write \"route from mail\"\n",
	  0 },
	{ GATEWAY PHONES "sip-peer mail { server 10.1.2.3 }\n"
			 "route from mail { + -> reject 404 }\n" ROUTE,
	  "", 0 },
	/* It is only called, for all we know. */
	{ GATEWAY PHONES "sip-peer mail { server 10.2.2.3 }\n"
			 "sip-peer six { server 2001:db8::1 }\n" ROUTE,
	  "", 0 },
	/* Its line with "emergency" is the one that is wrong. */
	{ GATEWAY SPAN(1) "sip-peer p { server 10.0.0.1 }\n"
			  "trunk-group t { members span 1  direction out\n"
			  "reserve 1 channel for emergency }\n"
			  "route from p { otherwise -> t\n"
			  "112 -> t emergancy\n}\n",
	  "t.conf:7:10: error: there is no trunk-group or sip-peer "
	  "\"emergancy\"\n"
	  "    7 | 112 -> t emergancy\n"
	  "      |          ^^^^^^^^^  did you mean \"emergency\"?  "
	  "(emergency)\n",
	  -EINVAL },
	{ "gateway g { listen 127.0.0.1\nrtp-ports 1024-1025 }\n", "", 0 },
};

static void every_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *text = cases[i].text;
		struct conf *conf;
		char *said = NULL;
		size_t len;
		FILE *errors = open_memstream(&said, &len);

		assert_int_equal(conf_parse(&conf, "t.conf", text, strlen(text),
					    errors),
				 cases[i].err);
		fclose(errors);
		assert_string_equal(said, cases[i].said);
		free(said);
		conf_free(conf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
